#pragma once

#include "base/bytes.h"
#include "base/result.h"
#include "spdm/algorithms.h"

namespace busguard::spdm {

/// DSP0274 "Certificate chain format": Length (u16, of the whole structure), Reserved (u16), RootHash (H
/// bytes, over the root certificate), then the certificates in DER, root first. What DIGESTS and
/// CertChainHash are hashes of.
struct ChainStructure {
    ByteView root_hash;
    ByteView certificates;  ///< DER after DER, not yet looked at
};

/// Views into `structure`. Errors: truncated "CertChain", mismatch "Length", bad_field "Reserved".
Result<ChainStructure> read_chain_structure(ByteView structure, std::size_t hash_size);

/// Makes the structure for certificates in DER, root first. Errors: those of crypto::der_length for the root,
/// too_large.
Result<Bytes> chain_structure(BaseHash hash, ByteView certificates);

}  // namespace busguard::spdm
