#pragma once

#include "base/bytes.h"
#include "wire/little_endian.h"

#include <concepts>
#include <cstdint>
#include <utility>

namespace busguard::wire {

/// The mirror of Reader: little-endian, and the first write beyond `limit` fails it for good.
class Writer {
public:
    explicit Writer(std::size_t limit) : limit_{limit} { bytes_.reserve(std::min<std::size_t>(limit, 64)); }

    template <std::unsigned_integral T>
    void put(T value) {
        if (!fits(sizeof(T))) return;
        const auto at = bytes_.size();
        bytes_.resize(at + sizeof(T));
        store(&bytes_[at], value);
    }

    /// The low `width` bytes of `value`, which must hold it.
    void put_number(std::uint64_t value, std::size_t width) {
        if (!fits(width)) return;
        for (std::size_t i = 0; i < width; ++i)
            bytes_.push_back(static_cast<std::byte>(value >> (8 * i) & 0xff));
    }

    void put(ByteView bytes) {
        if (fits(bytes.size())) bytes_.insert(bytes_.end(), bytes.begin(), bytes.end());
    }

    void zeros(std::size_t count) {
        if (fits(count)) bytes_.resize(bytes_.size() + count);
    }

    /// Overwrites what already stands at `offset`: for lengths that are known only at the end.
    template <std::unsigned_integral T>
    void patch(std::size_t offset, T value) {
        if (failed_) return;
        store(&bytes_.at(offset), value);
    }

    bool failed() const { return failed_; }
    std::size_t size() const { return bytes_.size(); }
    Bytes finish() && { return std::move(bytes_); }

private:
    bool fits(std::size_t count) {
        failed_ = failed_ || count > limit_ - bytes_.size();
        return !failed_;
    }

    Bytes bytes_;
    std::size_t limit_;
    bool failed_ = false;
};

}  // namespace busguard::wire
