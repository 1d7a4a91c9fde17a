#include "cli/judging.h"

#include "base/hex.h"
#include "cli/text.h"
#include "cli/time.h"
#include "examine/anchor_sources.h"

#include <fmt/format.h>

#include <algorithm>
#include <filesystem>
#include <iterator>
#include <map>

namespace busguard::cli {
namespace {

namespace fs = std::filesystem;

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

/// For a command line that names none.
void add_default_anchors(const Session& session, trust::Anchors& anchors,
                         const std::vector<crypto::Certificate>& of_machine) {
    for (const auto& one : of_machine) anchors.add(one, "the emulated machine's description");
    std::error_code ignored;
    if (of_machine.empty() && fs::is_directory(default_anchors, ignored))
        if (auto added = examine::add_anchors(anchors, default_anchors); !added)
            session.say(added.error().text());
    if (anchors.empty())
        session.say(fmt::format(
            "busguard: no root certificate is trusted: name some with --anchors, or put them into {}",
            default_anchors));
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

void add_judging_options(Command command, JudgingOptions& options) {
    const auto* const group = "What is asked of a device";
    command
        .option("--anchors", options.anchors,
                fmt::format("Root certificates to trust: files, or directories of files (default: {})",
                            default_anchors))
        .shown_as("FILE|DIR")
        .repeatable()
        .in_group(group);
    command
        .option("--profile", options.profiles,
                "What certificates have to say: cma (PCIe CMA, the default), vendor (as GPUs on the "
                "market do it) or none; "
                "DEVICE=PROFILE for one device")
        .shown_as("[DEVICE=]PROFILE")
        .repeatable()
        .in_group(group);
    command
        .option("--min-version", options.minimum_version, "Refuse SPDM versions below: 1.0, 1.1, 1.2 or 1.3")
        .shown_as("VERSION")
        .one_of({"1.0", "1.1", "1.2", "1.3"})
        .in_group(group);
    command
        .option("--revocation", options.revocation,
                "Revocation lists and OCSP responses (.crl and .ors files among the anchors): check those "
                "that are there, or require current word of every certificate")
        .shown_as("check|require")
        .one_of({"check", "require"})
        .in_group(group);
    command
        .option("--time", options.time, "Certificates have to be valid: now, at a time (RFC 3339), or ignore")
        .shown_as("now|ignore|TIME")
        .in_group(group);
    command
        .option("--reference", options.references,
                "Measurements have to equal these: files, or directories of files")
        .shown_as("FILE|DIR")
        .repeatable()
        .in_group(group);
    command.option("--nonce", options.nonce, "The requester's nonce, 64 hex digits")
        .shown_as("HEX")
        .in_group(group);
}

Tried<examine::Judge> judge_of(Session& session, const JudgingOptions& options,
                               const std::vector<crypto::Certificate>& machine_anchors) {
    examine::Demands demands;
    auto& standard = demands.standard;
    TRY(set_profiles(standard.profile, demands.profiles, options.profiles));
    if (!options.minimum_version.empty())
        standard.minimum_version = static_cast<spdm::Version>(0x10 + (options.minimum_version.back() - '0'));
    if (options.revocation == "require") standard.revocation = appraisal::Standard::Revocation::require;
    TRY(set_time(standard, options.time, *session.world().clock));

    for (const auto& path : options.anchors)
        if (auto added = examine::add_anchors(standard.anchors, path); !added) {
            auto problem = added.error();
            if (problem.field.empty()) problem.field = "--anchors";
            return trouble("file", std::move(problem));
        }
    if (options.anchors.empty()) add_default_anchors(session, standard.anchors, machine_anchors);

    for (const auto& path : options.references) {
        auto read = TRY(or_trouble("file", examine::read_references(path, standard.anchors)));
        std::ranges::move(read.references, std::back_inserter(demands.references));
        for (const auto& remark : read.remarks) session.say("busguard: " + remark);
    }
    standard.require_measurements = !options.references.empty();

    standard.expected_nonce = TRY(parse_nonce(options.nonce));
    return examine::Judge{std::move(demands)};
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
