#pragma once

#include "base/bytes.h"
#include "base/result.h"
#include "tlog/merkle.h"
#include "tlog/trusted_checkpoint.h"

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace busguard::tlog {

inline constexpr std::size_t largest_proof = 1024UL * 1024;  ///< bytes of the text

/// That an entry is in a log, to be checked without the log (C2SP tlog-proof): the line
/// "c2sp.org/tlog-proof@v1", maybe "extra BASE64", "index N", the hashes in base64, an empty line, the
/// checkpoint. Nothing in it is known to be true before verify().
struct Proof {
    std::uint64_t index = 0;       ///< of the entry, from 0; at most 2^63 - 1
    std::vector<TreeHash> hashes;  ///< RFC 6962 section 2.1.1, the leaf's sibling first
    std::string checkpoint;        ///< the note, signatures included, as it was
    std::optional<Bytes> extra;    ///< for the application; authenticated by nothing, even when all verifies

    friend bool operator==(const Proof&, const Proof&) = default;
};

/// The note within is not read. Errors: too_large "proof", or "inclusion proof" for more than 63 hashes;
/// bad_field "proof heading", "extra", "index" or "inclusion proof"; truncated "proof" or "inclusion proof".
Result<Proof> proof_from_text(std::string_view text);
std::string to_text(const Proof& proof);

/// An entry that is known to be in the tree of a trusted checkpoint. Only verify() makes one.
class LoggedEntry {
public:
    std::uint64_t index() const { return index_; }
    const TrustedCheckpoint& checkpoint() const { return checkpoint_; }

private:
    friend Result<LoggedEntry> verify(const Proof&, const TreeHash&, std::span<const VerifierKey>,
                                      const WitnessPolicy&);
    LoggedEntry(std::uint64_t index, TrustedCheckpoint checkpoint)
        : index_{index}, checkpoint_{std::move(checkpoint)} {}

    std::uint64_t index_;
    TrustedCheckpoint checkpoint_;
};

/// Is the entry with this leaf hash (leaf_hash(entry)) in the log, as the proof says? Errors: as
/// trust_checkpoint, whose remark on "quorum none" holds here too, and as verify_inclusion.
Result<LoggedEntry> verify(const Proof& proof, const TreeHash& leaf, std::span<const VerifierKey> logs,
                           const WitnessPolicy& policy);

}  // namespace busguard::tlog
