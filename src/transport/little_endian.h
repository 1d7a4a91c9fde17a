#pragma once

#include "base/bytes.h"

#include <cstdint>

/// Double words of registers and their bytes.
namespace busguard::transport {

/// The four bytes at `offset`, which must be there.
constexpr std::uint32_t dword_at(ByteView bytes, std::size_t offset) {
    const auto byte = [&](std::size_t n) { return std::to_integer<std::uint32_t>(bytes[offset + n]); };
    return byte(0) | byte(1) << 8U | byte(2) << 16U | byte(3) << 24U;
}

inline void append_dword(Bytes& to, std::uint32_t value) {
    for (unsigned shift = 0; shift < 32; shift += 8)
        to.push_back(static_cast<std::byte>(value >> shift & 0xffU));
}

}  // namespace busguard::transport
