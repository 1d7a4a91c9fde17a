#pragma once

#include "base/bytes.h"

#include <concepts>
#include <cstddef>

/// Numbers in network byte order. For this folder.
namespace busguard::tlog {

/// The first sizeof(T) bytes, which have to be there.
template <std::unsigned_integral T>
T load_big(ByteView bytes) {
    T value = 0;
    for (const auto byte : bytes.first(sizeof(T)))
        value = static_cast<T>(value << 8U | std::to_integer<unsigned>(byte));
    return value;
}

template <std::unsigned_integral T>
void append_big(Bytes& to, T value) {
    for (std::size_t left = sizeof(T); left-- > 0;)
        to.push_back(static_cast<std::byte>(value >> 8 * left & 0xffU));
}

}  // namespace busguard::tlog
