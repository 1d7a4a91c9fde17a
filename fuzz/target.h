#pragma once

#include "base/bytes.h"
#include "wire/reader.h"

#include <algorithm>
#include <cstdio>
#include <cstdlib>
#include <vector>

/// What a fuzz target is made of.
namespace busguard::fuzz {

/// The target: one input, any bytes. It must not crash, hang, leak, or take memory that the input alone
/// decides; what else must hold it says itself by `expect`.
void try_input(ByteView input);

/// Ends the program, as a finding, unless it holds.
inline void expect(bool holds, const char* what) {
    if (holds) return;
    std::fprintf(stderr, "does not hold: %s\n", what);
    std::abort();
}

inline constexpr std::size_t most_frames = 64;

/// An input that stands for several messages: each behind its length, u16 little endian; the last one may be
/// cut short.
inline std::vector<ByteView> frames(ByteView input) {
    std::vector<ByteView> all;
    wire::Reader in{input};
    while (in.left() > 0 && all.size() < most_frames) {
        const std::size_t length = in.left() < 2 ? 0 : in.take<std::uint16_t>();
        if (in.left() == 0) break;
        all.push_back(in.take(std::min(length, in.left())));
    }
    return all;
}

/// The reverse, for seeds.
inline void append_frame(Bytes& input, ByteView frame) {
    input.push_back(static_cast<std::byte>(frame.size() & 0xffU));
    input.push_back(static_cast<std::byte>(frame.size() >> 8U & 0xffU));
    append(input, frame);
}

}  // namespace busguard::fuzz
