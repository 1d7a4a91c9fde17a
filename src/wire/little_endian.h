#pragma once

#include <bit>
#include <concepts>
#include <cstddef>
#include <cstring>
#include <utility>

namespace busguard::wire {

/// The number that stands at `from` in little-endian order, wherever it stands.
template <std::unsigned_integral T>
T load(const std::byte* from) {
    T value;
    std::memcpy(&value, from, sizeof value);
    if constexpr (std::endian::native == std::endian::big) value = std::byteswap(value);
    return value;
}

template <std::unsigned_integral T>
void store(std::byte* to, T value) {
    if constexpr (std::endian::native == std::endian::big) value = std::byteswap(value);
    std::memcpy(to, &value, sizeof value);
}

}  // namespace busguard::wire
