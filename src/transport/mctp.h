#pragma once

#include "base/bytes.h"
#include "base/result.h"

#include <cstdint>

/// MCTP messages as far as SPDM needs them (DSP0275, DSP0276): a type byte, then the SPDM message. Packets
/// (DSP0236) are the socket's or the kernel's.
namespace busguard::transport {

inline constexpr std::uint8_t mctp_spdm = 0x05;
inline constexpr std::uint8_t mctp_secured_spdm = 0x06;

Bytes mctp_message(ByteView content, std::uint8_t type = mctp_spdm);

/// What stands behind the type byte: a view into `message`. Errors: truncated "MCTP message type"; bad_field
/// "IC" (an integrity check, which SPDM does not have); mismatch "MCTP message type".
Result<ByteView> mctp_content(ByteView message, std::uint8_t type = mctp_spdm);

}  // namespace busguard::transport
