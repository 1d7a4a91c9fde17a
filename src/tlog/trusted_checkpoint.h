#pragma once

#include "base/result.h"
#include "tlog/checkpoint.h"
#include "tlog/note.h"
#include "tlog/witness_policy.h"

#include <chrono>
#include <cstddef>
#include <span>
#include <string_view>
#include <utility>
#include <vector>

namespace busguard::tlog {

struct Witnessed {
    std::size_t witness = 0;        ///< its place in the policy's witnesses()
    std::chrono::sys_seconds time;  ///< when it says that it cosigned; of several cosignatures the latest

    friend bool operator==(const Witnessed&, const Witnessed&) = default;
};

/// A checkpoint that its log signed and a quorum of witnesses cosigned. Only trust_checkpoint makes one.
class TrustedCheckpoint {
public:
    const Checkpoint& checkpoint() const { return checkpoint_; }
    /// Those whose cosignatures verified, in the policy's order. Their times are for the caller to judge.
    const std::vector<Witnessed>& witnesses() const { return witnesses_; }

private:
    friend Result<TrustedCheckpoint> trust_checkpoint(std::string_view, std::span<const VerifierKey>,
                                                      const WitnessPolicy&);
    TrustedCheckpoint(Checkpoint checkpoint, std::vector<Witnessed> witnesses)
        : checkpoint_{std::move(checkpoint)}, witnesses_{std::move(witnesses)} {}

    Checkpoint checkpoint_;
    std::vector<Witnessed> witnesses_;
};

/// The checkpoint of a note, if one of `logs` (keys named as the origin; policy.log_keys() for the policy's
/// own) signed it and the policy's witnesses make a quorum. A policy without a quorum ("quorum none") leaves
/// open which of two histories of one log this is: the key can sign both. Errors: as note_from_text, verify
/// and checkpoint_from_text; not_found "log signature" without one by a key of that origin; not_found
/// "quorum of witnesses".
Result<TrustedCheckpoint> trust_checkpoint(std::string_view note, std::span<const VerifierKey> logs,
                                           const WitnessPolicy& policy);

}  // namespace busguard::tlog
