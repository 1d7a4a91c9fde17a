#include "tlog/trusted_checkpoint.h"

#include "tlog/cosignature.h"

#include <algorithm>
#include <optional>

namespace busguard::tlog {
namespace {

using Times = std::vector<std::optional<std::chrono::sys_seconds>>;  ///< by the witness' place in the policy

std::vector<bool> have_witnessed(const Times& times) {
    std::vector<bool> did;
    for (const auto& time : times) did.push_back(time.has_value());
    return did;
}

std::vector<Witnessed> list_of(const Times& times) {
    std::vector<Witnessed> all;
    for (std::size_t n = 0; n < times.size(); ++n)
        if (times[n]) all.push_back({n, *times[n]});
    return all;
}

}  // namespace

Result<TrustedCheckpoint> trust_checkpoint(std::string_view note, std::span<const VerifierKey> logs,
                                           const WitnessPolicy& policy) {
    const auto read = TRY(note_from_text(note));
    std::vector<VerifierKey> known{logs.begin(), logs.end()};
    for (const auto& witness : policy.witnesses()) known.push_back(witness.key);
    const auto matches = TRY(verify(read, known));
    auto checkpoint = TRY(checkpoint_from_text(read.text));

    bool by_log = false;
    Times times(policy.witnesses().size());
    for (const auto& match : matches) {
        if (match.key < logs.size()) {
            by_log = by_log || logs[match.key].name() == checkpoint.origin;
            continue;
        }
        auto& latest = times[match.key - logs.size()];
        latest = std::max(latest,
                          std::optional{TRY(cosignature_time(read.signatures[match.signature].signature))});
    }
    if (!by_log) return fail(Errc::not_found, "log signature");
    if (!policy.satisfied_by(have_witnessed(times))) return fail(Errc::not_found, "quorum of witnesses");
    return TrustedCheckpoint{std::move(checkpoint), list_of(times)};
}

}  // namespace busguard::tlog
