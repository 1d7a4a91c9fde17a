#pragma once

#include "base/check.h"
#include "logbook/entry.h"
#include "tlog/proof_text.h"

#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

/// Is this evidence in the log? Answered from a proof, without the log.
namespace busguard::logbook {

/// A history of the log that somebody already believes: the log as it stands in files, a checkpoint that was
/// remembered.
struct KnownHistory {
    std::string name;  ///< for people
    /// Does it hold this tree, or does this tree hold it? Errors: mismatch "root" if it is another history,
    /// bad_field "size" if that cannot be told; others mean that it is damaged.
    std::function<Result<void>(const tlog::TreeHead& tree)> agrees;
};

/// Whom to believe. Under one key a log can have two histories, and a proof brings its own checkpoint along:
/// witnesses, or what is known already, have to say which of them it is of.
struct LogTrust {
    std::vector<tlog::VerifierKey> keys;        ///< the log's
    std::optional<tlog::WitnessPolicy> policy;  ///< its witnesses; their quorum is demanded
    std::vector<KnownHistory> known;            ///< all of them have to agree
};

/// Checks, in this order: "log.checkpoint" (signed by the log, and by a quorum of the policy's witnesses),
/// "log.history" (which of two histories it is of), "log.inclusion" (the entry is in its tree), "log.entry"
/// (it is this evidence and no other). Reasons: log.checkpoint-untrusted, log.no-quorum, log.forked,
/// log.history-unknown, log.damaged, log.not-included, log.entry-unreadable, log.other-evidence. `entry` are
/// its bytes. Pure but for `trust.known`.
std::vector<Check> check_logged(const evidence::Bundle& bundle, const tlog::Proof& proof,
                                std::string_view entry, const LogTrust& trust);

}  // namespace busguard::logbook
