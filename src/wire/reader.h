#pragma once

#include "base/bytes.h"
#include "wire/little_endian.h"

#include <concepts>
#include <cstdint>

namespace busguard::wire {

/// A bounds-checked, little-endian walk over bytes that somebody else owns.
///
/// The first read that does not fit fails the Reader for good: that read and every later one gives zero. So a
/// caller reads a whole message straight down and asks `failed()` once.
class Reader {
public:
    constexpr explicit Reader(ByteView bytes) : bytes_{bytes} {}

    template <std::unsigned_integral T>
    T take() {
        const auto bytes = take(sizeof(T));
        return failed_ ? T{} : load<T>(bytes.data());
    }

    /// A number of `width` bytes, 8 at most.
    constexpr std::uint64_t take_number(std::size_t width) {
        std::uint64_t value = 0;
        unsigned shift = 0;
        for (auto byte : take(width)) {
            value |= std::to_integer<std::uint64_t>(byte) << shift;
            shift += 8;
        }
        return value;
    }

    /// The next `count` bytes, or none at all.
    constexpr ByteView take(std::size_t count) {
        if (failed_ || count > left()) {
            failed_ = true;
            return {};
        }
        offset_ += count;
        return bytes_.subspan(offset_ - count, count);
    }

    constexpr bool failed() const { return failed_; }
    constexpr std::size_t offset() const { return offset_; }
    constexpr std::size_t left() const { return bytes_.size() - offset_; }
    constexpr ByteView passed() const { return bytes_.first(offset_); }
    constexpr ByteView rest() const { return bytes_.subspan(offset_); }

private:
    ByteView bytes_;
    std::size_t offset_ = 0;
    bool failed_ = false;
};

}  // namespace busguard::wire
