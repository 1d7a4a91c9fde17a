#pragma once

#include <algorithm>
#include <cstddef>
#include <span>
#include <string_view>
#include <vector>

namespace busguard {

using Bytes = std::vector<std::byte>;         ///< bytes that the holder owns
using ByteView = std::span<const std::byte>;  ///< bytes that somebody else owns

/// The bytes of a text, without a terminator.
inline ByteView as_bytes(std::string_view text) { return std::as_bytes(std::span{text.data(), text.size()}); }

/// Bytes read as characters; nothing says that they are text.
inline std::string_view as_text(ByteView bytes) {
    // NOLINTNEXTLINE(cppcoreguidelines-pro-type-reinterpret-cast): characters are bytes
    return {reinterpret_cast<const char*>(bytes.data()), bytes.size()};
}

inline Bytes to_bytes(ByteView bytes) { return {bytes.begin(), bytes.end()}; }

inline void append(Bytes& to, ByteView more) { to.insert(to.end(), more.begin(), more.end()); }

/// Are they the same bytes? Not for secrets: it stops at the first difference.
inline bool same(ByteView a, ByteView b) {
    return a.size() == b.size() && std::equal(a.begin(), a.end(), b.begin());
}

}  // namespace busguard
