#pragma once

#include "manifest/cbor.h"
#include "manifest/manifest.h"

#include <string>

namespace busguard::manifest {

/// What a COSE_Sign1 (RFC 9052 4.2) holds, after its signature was verified as far as it can be.
struct Signed {
    ByteView payload;
    std::size_t offset = 0;  ///< where it begins in the file
    std::string standing;    ///< who signed it, as a remark
};

/// `item` is what tag 18 is on. The key is that of x5chain (RFC 9360) or, without, of one of the anchors.
/// Refused: a signature that does not verify, one that cannot be verified although there are anchors,
/// critical headers, a payload that is elsewhere or is a hash only, a manifest outside its dates.
Checked<Signed> open_sign1(const cbor::Item& item, const Signers& signers, const std::string& where);

/// A moment: an integer, also behind tag 1 (RFC 8949 3.4.2); for times of year 0 to 9999.
Result<std::chrono::sys_seconds> read_time(const cbor::Item& item, std::string_view what);

}  // namespace busguard::manifest
