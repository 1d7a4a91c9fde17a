#pragma once

#include "base/bytes.h"
#include "base/result.h"

#include <cstdint>

/// SPDM over storage commands (DSP0286), the target's side as far as QEMU's NVMe device forwards it: Security
/// Send and Receive arrive as a packed header of seven bytes, then the data.
namespace busguard::transport {

inline constexpr std::uint8_t storage_spdm = 0xe8;  ///< the security protocol

/// Numbers of the wire; unknown ones survive decoding.
enum class StorageOperation : std::uint8_t {
    discovery = 1,
    pending_info = 2,
    message = 5,
    secured_message = 6
};

struct StorageCommand {
    std::uint8_t protocol = 0;     ///< security protocol
    StorageOperation operation{};  ///< SP specific, bits 7:2
    std::uint8_t connection = 0;   ///< SP specific, bits 1:0
    std::uint32_t length = 0;      ///< bytes of data behind the header, or that a receive has room for
};

inline constexpr std::size_t storage_header_size = 7;  ///< bytes

/// Reads the header. Errors: truncated "security protocol header"; bad_field "SP specific" (SPSP1 not zero).
Result<StorageCommand> storage_command(ByteView payload);

/// The answer to operation 1: one connection; discovery, pending info and messages.
Bytes storage_discovery();

/// The answer to operation 2: `size` bytes of an answer are there to be received; 0 = none.
Bytes storage_pending_info(std::uint32_t size);

}  // namespace busguard::transport
