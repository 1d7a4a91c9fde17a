#pragma once

#include "crypto/hash.h"
#include "manifest/cbor.h"

#include <map>
#include <optional>

namespace busguard::manifest {

/// The algorithm of a digest, by its number in the registry of hash names (RFC 6920) or of COSE, or by name.
/// Nothing for those that SPDM does not have, cut digests among them.
std::optional<crypto::Hash> hash_of(const cbor::Item& algorithm);

/// A digests-type: the algorithms that SPDM has, others are passed over. Errors: bad_field "digests" for what
/// is not of the form, an algorithm twice, a digest that is not as long as its algorithm makes it.
Result<std::map<crypto::Hash, Bytes>> read_digests(const cbor::Item& item);

}  // namespace busguard::manifest
