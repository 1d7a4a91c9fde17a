#include "cli/log_proof.h"
#include "cli/report.h"
#include "evidence/bundle_file.h"
#include "evidence/kernel_log.h"
#include "evidence/nvidia.h"
#include "host/files.h"

#include <fmt/format.h>

#include <algorithm>
#include <filesystem>
#include <iterator>
#include <memory>

namespace busguard::cli {
namespace {

namespace fs = std::filesystem;

struct VerifyOptions {
    std::string path;
    std::string chain;
    JudgingOptions judging;
    LogProofOptions log;
};

/// Evidence as it was found, with a name for people.
struct Piece {
    std::string name;
    evidence::Bundle bundle;
};

Failure<Trouble> no_evidence(const fs::path& path, std::string message, std::string remedy) {
    return trouble(
        "file",
        {.where = path, .line = 0, .field = {}, .message = std::move(message), .remedy = std::move(remedy)});
}

evidence::Circumstances from_file(const fs::path& path) {
    return {.device = path.string(), .transport = "file", .pci = {}, .when = {}, .recorded_by = {}};
}

/// The content of a file, or the text of a symbolic link as it is in sysfs.
Tried<Bytes> content(const fs::path& path) {
    std::error_code why;
    if (fs::is_symlink(path, why)) {
        const auto target = fs::read_symlink(path, why).string();
        return to_bytes(as_bytes(target));
    }
    return or_trouble("file", host::read_file(path));
}

/// Files below the directory's `signatures` and `certificates`.
Tried<evidence::Files> kernel_files(const fs::path& directory) {
    constexpr std::size_t most_files = 4096;
    evidence::Files files;
    for (const auto* part : {"signatures", "certificates"}) {
        std::error_code why;
        for (fs::directory_iterator entry{directory / part, why}, end; !why && entry != end;
             entry.increment(why)) {
            const auto name = entry->path().filename().string();
            if (name == "next_requester_nonce") continue;  // write-only
            if (files.size() == most_files)
                return no_evidence(directory, "more files than any kernel's log has", {});
            files[fmt::format("{}/{}", part, name)] = TRY(content(entry->path()));
        }
    }
    return files;
}

Tried<std::vector<Piece>> from_kernel_log(const fs::path& directory, const evidence::Files& files) {
    auto entries = TRY(or_trouble("file", evidence::read_kernel_log(files, directory)));
    std::vector<Piece> pieces;
    pieces.reserve(entries.size());
    for (auto& entry : entries)
        pieces.push_back({fmt::format("{}#{}", directory.string(), entry.number),
                          evidence::bundle_of(std::move(entry.record), from_file(directory))});
    return pieces;
}

Tried<std::vector<Piece>> from_text(const VerifyOptions& options, const fs::path& path) {
    const auto bytes = TRY(or_trouble("file", host::read_file(path, evidence::largest_bundle)));
    const auto text = as_text(bytes);
    std::vector<Piece> pieces;
    if (evidence::nvidia::is_collection(text)) {
        auto elements = TRY(or_trouble("file", evidence::nvidia::read_collection(text, path)));
        for (std::size_t i = 0; i < elements.size(); ++i)
            pieces.push_back({fmt::format("{}[{}]", path.string(), i),
                              evidence::bundle_of(std::move(elements[i].record), from_file(path))});
        return pieces;
    }
    if (evidence::nvidia::is_report(text)) {
        if (options.chain.empty())
            return usage("--chain", "this report needs its certificate chain",
                         "name the file (PEM) with --chain");
        const auto pem = TRY(or_trouble("file", host::read_file(options.chain)));
        auto record =
            TRY(or_trouble("file", evidence::nvidia::read_report(text, path, as_text(pem), options.chain)));
        pieces.push_back({path.string(), evidence::bundle_of(std::move(record), from_file(path))});
        return pieces;
    }
    pieces.push_back({path.string(), TRY(or_trouble("file", evidence::bundle_from_json(text, path)))});
    return pieces;
}

Tried<std::vector<Piece>> from_directory(const VerifyOptions& options, const fs::path& directory) {
    const auto files = TRY(kernel_files(directory));
    if (evidence::is_kernel_log(files)) return from_kernel_log(directory, files);
    std::vector<fs::path> bundles;
    std::error_code why;
    for (fs::directory_iterator entry{directory, why}, end; !why && entry != end; entry.increment(why))
        if (entry->path().extension() == ".json") bundles.push_back(entry->path());
    if (why) return no_evidence(directory, why.message(), {});
    std::ranges::sort(bundles);
    std::vector<Piece> pieces;
    for (const auto& file : bundles)
        for (auto& piece : TRY(from_text(options, file))) pieces.push_back(std::move(piece));
    if (!pieces.empty()) return pieces;
    return no_evidence(
        directory, "no evidence in this directory",
        "expected signatures/ and certificates/ of a kernel, or evidence files (.json) of busguard");
}

Tried<Exit> verify(Session& session, const VerifyOptions& options) {
    std::error_code ignored;
    auto pieces = TRY(fs::is_directory(options.path, ignored) ? from_directory(options, options.path)
                                                              : from_text(options, options.path));
    const auto judge = TRY(judge_of(session, options.judging, {}));
    const auto proof = TRY(LogProof::open(session, options.log));
    if (proof && pieces.size() != 1)
        return usage("--proof", "a proof is of one bundle of evidence", "name the file of that one");

    std::vector<Judged> all;
    for (auto& piece : pieces) {
        auto verdict = judge(piece.bundle);
        if (proof) {
            std::ranges::move(proof->checks(piece.bundle), std::back_inserter(verdict.checks));
            verdict = appraisal::concluded(std::move(verdict.checks));
        }
        examine::Visited visited{.device = std::move(piece.name),
                                 .pci = piece.bundle.circumstances.pci,
                                 .driver = {},
                                 .bundle = std::move(piece.bundle),
                                 .without = {}};
        all.push_back({std::move(visited), std::move(verdict), options.path});
    }
    if (session.json() || !session.common().verbose) {
        print_verdicts(session, all);
    } else {
        for (const auto& one : all) session.print(report_text(one, session.colour()) + "\n");
    }
    if (!session.json() && !session.common().verbose && all.size() == 1 && !session.common().quiet)
        for (const auto& part : {vendor_fields_text(all.front(), session.colour()),
                                 measurements_text(all.front(), session.colour())})
            if (!part.empty()) session.print("\n" + part);
    return exit_of(all, true);
}

}  // namespace

void add_verify(Command program, Chosen& chosen) {
    auto command = program.command(
        "verify", "Judge evidence again, offline: a bundle, a kernel's signatures/, an NVIDIA report");
    auto options = std::make_shared<VerifyOptions>();
    command.option("PATH", options->path, "Evidence file, or a directory with signatures/ and certificates/")
        .required();
    command.option("--chain", options->chain, "The certificate chain (PEM) of an NVIDIA report in hex")
        .shown_as("FILE");
    add_judging_options(command, options->judging);
    add_log_proof_options(command, options->log);
    command.then([&chosen, options] {
        chosen.action = [options](Session& session) { return verify(session, *options); };
    });
}

}  // namespace busguard::cli
