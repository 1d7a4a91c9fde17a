#pragma once

#include "base/bytes.h"
#include "base/result.h"

#include <array>
#include <cstddef>
#include <optional>

namespace busguard::crypto {

inline constexpr std::size_t widest_order = 66;  // P-521

/// ECDSA-Sig-Value (RFC 3279 2.2.3) in DER, made in place.
class EcdsaDer {
public:
    /// Of r‖s, two halves of the same width, at most widest_order each.
    explicit EcdsaDer(ByteView raw);
    ByteView view() const { return ByteView{bytes_}.first(size_); }

private:
    void integer(ByteView big_endian);
    // SEQUENCE with two length bytes, twice an INTEGER with two and a leading zero
    std::array<std::byte, 3 + (2 * (2 + 1 + widest_order))> bytes_{};
    std::size_t size_ = 3;  // room for the SEQUENCE's header, which is written when its length is known
};

}  // namespace busguard::crypto
