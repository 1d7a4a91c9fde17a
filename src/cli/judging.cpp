#include "cli/judging.h"

#include "base/hex.h"
#include "base/parallel.h"
#include "cli/text.h"
#include "cli/time.h"
#include "host/files.h"

#include <CLI/CLI.hpp>
#include <fmt/format.h>

#include <algorithm>
#include <filesystem>

namespace busguard::cli {
namespace {

namespace fs = std::filesystem;

/// The file, or the files in the directory that have one of these endings, sorted.
Tried<std::vector<fs::path>> files_at(const fs::path& path, std::initializer_list<std::string_view> endings) {
    std::error_code why;
    if (!fs::is_directory(path, why)) return std::vector<fs::path>{path};
    std::vector<fs::path> found;
    for (fs::directory_iterator entry{path, why}, end; !why && entry != end; entry.increment(why)) {
        const auto ending = entry->path().extension().string();
        if (entry->is_regular_file(why) && std::ranges::find(endings, ending) != endings.end())
            found.push_back(entry->path());
    }
    if (why)
        return trouble("file",
                       {.where = path, .line = 0, .field = {}, .message = why.message(), .remedy = {}});
    std::ranges::sort(found);
    return found;
}

Tried<void> add_anchors(trust::Anchors& anchors, const fs::path& path) {
    const auto files = TRY(files_at(path, {".pem", ".crt", ".cer", ".der"}));
    for (const auto& file : files) {
        const auto bytes = TRY(or_trouble("file", host::read_file(file)));
        TRY(or_trouble("file", anchors.add(bytes, file, fmt::format("file {}", file.string()))));
    }
    if (!files.empty()) return {};
    return trouble("file", {.where = path,
                            .line = 0,
                            .field = "--anchors",
                            .message = "no certificate in this directory",
                            .remedy = "put root certificates there as .pem, .crt, .cer or .der"});
}

Tried<void> set_time(appraisal::Standard& standard, const std::string& time, const Clock& clock) {
    using Policy = appraisal::Standard::TimePolicy;
    if (time == "ignore") {
        standard.time_policy = Policy::ignore;
    } else if (time == "now") {
        standard.at = clock.calendar();
    } else if (const auto at = parse_time(time)) {
        standard.time_policy = Policy::given;
        standard.at = at;
    } else {
        return usage("--time", fmt::format("no time: {}", time),
                     "say now, ignore, or a time like 2026-01-31T12:00:00Z");
    }
    return {};
}

/// By the device's place and never by the identity that it claims: an impostor must not choose what it is
/// held to.
Tried<void> set_profiles(trust::Profile& all, std::map<std::string, trust::Profile>& single,
                         const std::vector<std::string>& wanted) {
    for (const auto& one : wanted) {
        const auto equals = one.find('=');
        const auto profile = trust::profile_named(equals == std::string::npos ? one : one.substr(equals + 1));
        if (!profile)
            return usage("--profile", fmt::format("no such profile: {}", printable(one)),
                         "say cma, vendor or none");
        if (equals == std::string::npos) {
            all = *profile;
            continue;
        }
        const auto device = device_name(one.substr(0, equals));
        if (!device)
            return usage("--profile", fmt::format("no device name: {}", printable(one.substr(0, equals))),
                         "write it like pci/0000:02:00.0=vendor");
        single[*device] = *profile;
    }
    return {};
}

bool applies(const appraisal::Reference& reference, const std::map<std::string, std::string>& identity) {
    return std::ranges::all_of(reference.applies_to, [&](const auto& wanted) {
        const auto found = identity.find(wanted.first);
        return found != identity.end() && found->second == wanted.second;
    });
}

/// For a command line that names none.
void add_default_anchors(const Session& session, trust::Anchors& anchors,
                         const std::vector<crypto::Certificate>& of_machine) {
    for (const auto& one : of_machine) anchors.add(one, "the emulated machine's description");
    std::error_code ignored;
    if (of_machine.empty() && fs::is_directory(default_anchors, ignored))
        if (auto added = add_anchors(anchors, default_anchors); !added)
            session.say(added.error().problem.text());
    if (anchors.empty())
        session.say(fmt::format(
            "busguard: no root certificate is trusted: name some with --anchors, or put them into {}",
            default_anchors));
}

Tried<std::vector<appraisal::Reference>> read_references(const std::vector<std::string>& paths) {
    std::vector<appraisal::Reference> references;
    for (const auto& path : paths)
        for (const auto& file : TRY(files_at(path, {".json"}))) {
            const auto bytes = TRY(or_trouble("file", host::read_file(file)));
            references.push_back(
                TRY(or_trouble("file", appraisal::reference_from_json(as_text(bytes), file))));
        }
    return references;
}

/// Nothing for an empty text.
Tried<std::optional<spdm::Nonce>> parse_nonce(const std::string& text) {
    if (text.empty()) return std::optional<spdm::Nonce>{};
    const auto bytes = from_hex(text);
    if (!bytes || bytes->size() != spdm::nonce_size)
        return usage("--nonce", "not 64 hex digits", "SPDM nonces have 32 bytes");
    std::optional<spdm::Nonce> nonce{spdm::Nonce{}};
    std::ranges::copy(*bytes, nonce->begin());
    return nonce;
}

}  // namespace

void add_judging_options(CLI::App& app, JudgingOptions& options) {
    const auto* const group = "What is asked of a device";
    app.add_option("--anchors", options.anchors,
                   fmt::format("Root certificates to trust: files, or directories of files (default: {})",
                               default_anchors))
        ->type_name("FILE|DIR")
        ->expected(1)
        ->take_all()
        ->group(group);
    app.add_option("--profile", options.profiles,
                   "What certificates have to say: cma (PCIe CMA, the default), vendor (as GPUs on the "
                   "market do it) or none; "
                   "DEVICE=PROFILE for one device")
        ->type_name("[DEVICE=]PROFILE")
        ->expected(1)
        ->take_all()
        ->group(group);
    app.add_option("--min-version", options.minimum_version,
                   "Refuse SPDM versions below: 1.0, 1.1, 1.2 or 1.3")
        ->type_name("VERSION")
        ->check(CLI::IsMember({"1.0", "1.1", "1.2", "1.3"}))
        ->group(group);
    app.add_option("--time", options.time,
                   "Certificates have to be valid: now, at a time (RFC 3339), or ignore")
        ->type_name("now|ignore|TIME")
        ->group(group);
    app.add_option("--reference", options.references,
                   "Measurements have to equal these: files, or directories of files")
        ->type_name("FILE|DIR")
        ->expected(1)
        ->take_all()
        ->group(group);
    app.add_option("--nonce", options.nonce, "The requester's nonce, 64 hex digits")
        ->type_name("HEX")
        ->group(group);
}

Tried<Judge> Judge::prepare(Session& session, const JudgingOptions& options,
                            const std::vector<crypto::Certificate>& machine_anchors) {
    Judge judge;
    auto& standard = judge.standard_;
    TRY(set_profiles(standard.profile, judge.profiles_, options.profiles));
    if (!options.minimum_version.empty())
        standard.minimum_version = static_cast<spdm::Version>(0x10 + (options.minimum_version.back() - '0'));
    TRY(set_time(standard, options.time, *session.world().clock));

    for (const auto& path : options.anchors) TRY(add_anchors(standard.anchors, path));
    if (options.anchors.empty()) add_default_anchors(session, standard.anchors, machine_anchors);

    judge.references_ = TRY(read_references(options.references));
    standard.require_measurements = !options.references.empty();

    judge.nonce_ = TRY(parse_nonce(options.nonce));
    standard.expected_nonce = judge.nonce_;
    return judge;
}

appraisal::Verdict Judge::operator()(const evidence::Bundle& bundle) const {
    const auto profile = profiles_.find(bundle.circumstances.device);
    if (references_.empty() && profile == profiles_.end())
        return appraisal::appraise(bundle, standard_, cache_.get());
    auto standard = standard_;
    if (profile != profiles_.end()) standard.profile = profile->second;
    if (!references_.empty()) {
        const auto identity = appraisal::identity_of(bundle);
        const auto found =
            std::ranges::find_if(references_, [&](const auto& one) { return applies(one, identity); });
        standard.reference = found != references_.end() ? *found : references_.front();
    }
    return appraisal::appraise(bundle, standard, cache_.get());
}

appraisal::Verdict Judge::operator()(const Visited& visited) const {
    return visited.bundle ? (*this)(*visited.bundle) : *visited.without;
}

std::vector<appraisal::Verdict> Judge::operator()(const std::vector<Visited>& visits) const {
    std::vector<appraisal::Verdict> verdicts(visits.size());
    in_parallel(visits.size(), [&](std::size_t n) { verdicts[n] = (*this)(visits[n]); });
    return verdicts;
}

Exit exit_of(appraisal::State state) {
    switch (state) {
        case appraisal::State::authenticated: return Exit::ok;
        case appraisal::State::failed: return Exit::failed;
        case appraisal::State::unsupported: return Exit::unsupported;
        case appraisal::State::unreachable:
        case appraisal::State::undetermined: return Exit::undetermined;
        case appraisal::State::no_reference: return Exit::no_reference;
        case appraisal::State::bound_before_policy: return Exit::failed;
    }
    return Exit::undetermined;
}

}  // namespace busguard::cli
