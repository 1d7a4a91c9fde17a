// Judges what a device signed: a program of somebody else's, on libbusguard.
//
//   judge EVIDENCE ANCHORS      an evidence bundle (busguard authenticate --evidence), and root certificates
//   in PEM or DER
//
// It prints the verdict's state, and each check that failed; exit status 0 if the device is authenticated.

#include <appraisal/appraise.h>
#include <appraisal/reason.h>
#include <evidence/bundle_file.h>
#include <trust/anchors.h>

#include <chrono>
#include <cstdio>
#include <fstream>
#include <iterator>
#include <span>
#include <string>

namespace {

using namespace busguard;

std::string content_of(const char* path) {
    std::ifstream file{path, std::ios::binary};
    return {std::istreambuf_iterator<char>{file}, {}};
}

int refuse(const Problem& problem) {
    std::fprintf(stderr, "%s\n", problem.text().c_str());
    return 2;
}

}  // namespace

int main(int argc, char** argv) {
    if (argc != 3) {
        std::fputs("usage: judge EVIDENCE ANCHORS\n", stderr);
        return 2;
    }
    const std::span arguments{argv, 3};
    const auto bundle = evidence::bundle_from_json(content_of(arguments[1]), arguments[1]);
    if (!bundle) return refuse(bundle.error());

    appraisal::Standard standard;
    const auto roots = content_of(arguments[2]);
    if (const auto added = standard.anchors.add(as_bytes(roots), arguments[2], arguments[2]); !added)
        return refuse(added.error());
    standard.at = std::chrono::floor<std::chrono::seconds>(std::chrono::system_clock::now());

    const auto verdict = appraisal::appraise(*bundle, standard);
    std::printf("%.*s\n", static_cast<int>(name(verdict.state).size()), name(verdict.state).data());
    for (const auto& check : verdict.checks)
        if (check.outcome == Outcome::fail)
            std::printf("  %s: %s\n", std::string{check.reason}.c_str(), check.detail.c_str());
    return verdict.state == appraisal::State::authenticated ? 0 : 1;
}
