#pragma once

#include "base/check.h"
#include "evidence/bundle.h"

#include <vector>

namespace busguard::evidence {

/// A request and its answer in a transcript: where they stand in its bytes.
struct Exchange {
    spdm::Code request{};
    spdm::Code answer{};
    std::size_t request_at = 0, request_size = 0;
    std::size_t answer_at = 0, answer_size = 0;  ///< without a signature
};

/// What a transcript says, read from its bytes alone.
struct Review {
    std::vector<Exchange> exchanges;
    std::optional<Error> broken;         ///< why the walk stopped before the end; `offset` in the transcript
    std::vector<spdm::Version> offered;  ///< by VERSION
    std::optional<spdm::Agreed> agreed;  ///< out of VERSION to ALGORITHMS; nothing if they are not in it
    std::optional<std::uint8_t> model;   ///< certificate model of the signing slot's CERTIFICATE, since 1.3
    std::vector<spdm::MeasurementBlock> measurements;  ///< of all MEASUREMENTS in it, in order
    Bytes opaque;                                      ///< OpaqueData of the last answer
    /// What the kernel's CMA series v2 and others leave unchecked: a signature covers it, and nobody
    /// compares.
    std::vector<Check> checks;
};

/// Walks a record's transcript. Checks: "transcript.form" (the exchanges that M1 or L1 consists of, nothing
/// else), "transcript.version", "transcript.negotiation" (each selection one bit, and offered),
/// "transcript.slot" (echo), "transcript.context" (RequesterContext echo), "transcript.chain-hash"
/// (CertChainHash), "transcript.digests", "transcript.certificates" (the portions make up the chain),
/// "transcript.nonces" (the record's, and not one nonce on both sides), "transcript.prefix"
/// (combined_spdm_prefix as recorded). Reasons: protocol.malformed, protocol.unexpected,
/// negotiation.incoherent, negotiation.not-offered, protocol.slot, freshness.replayed,
/// freshness.nonce-mismatch, chain.digest-mismatch, chain.not-the-one-sent, signature.prefix,
/// evidence.not-told.
Review review(const Record& record);
/// The same for who has hashed the chain already: `chain` is its hash by the record's, empty without a chain.
Review review(const Record& record, const crypto::Digest& chain);

}  // namespace busguard::evidence
