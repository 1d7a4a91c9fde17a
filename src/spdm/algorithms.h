#pragma once

#include "crypto/hash.h"
#include "crypto/key.h"
#include "spdm/types.h"

#include <optional>

/// What DSP0274's algorithm bits mean, as cryptography knows it.
namespace busguard::spdm {

crypto::Hash hash_of(BaseHash hash);
BaseHash base_hash_of(crypto::Hash hash);

crypto::Scheme scheme_of(BaseAsym asym);
BaseAsym base_asym_of(crypto::Scheme scheme);

/// Nothing for raw_only.
std::optional<crypto::Hash> hash_of(MeasurementHash hash);
MeasurementHash measurement_hash_of(crypto::Hash hash);

inline std::size_t size(BaseHash hash) { return crypto::size(hash_of(hash)); }
inline std::size_t signature_size(BaseAsym asym) { return crypto::signature_size(scheme_of(asym)); }

/// All that DSP0274 1.3 names and this code knows.
inline constexpr auto every_asym = Flags<BaseAsym>::from_bits(0x0dff);
inline constexpr auto every_hash = Flags<BaseHash>::from_bits(0x003f);
inline constexpr auto every_measurement_hash = Flags<MeasurementHash>::from_bits(0x007f);

/// Of those, what the OpenSSL of this machine can do (Ed448 with a context since OpenSSL 3.2).
Flags<BaseAsym> supported_asym();

}  // namespace busguard::spdm
