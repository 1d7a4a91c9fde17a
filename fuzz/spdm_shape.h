#pragma once

#include "spdm/shape.h"

#include <array>

namespace busguard::fuzz {

/// The shape that an input's first byte asks for, so that one target covers every version and size.
inline spdm::Shape shape_of(std::byte chosen) {
    using enum spdm::Version;
    constexpr std::array versions{v1_0, v1_1, v1_2, v1_3};
    constexpr std::array<std::size_t, 4> hashes{0, 32, 48, 64};
    constexpr std::array<std::size_t, 4> signatures{0, 64, 96, 512};
    const auto bits = std::to_integer<unsigned>(chosen);
    return {.version = versions[bits & 3U],
            .hash = hashes[bits >> 2U & 3U],
            .signature = signatures[bits >> 4U & 3U],
            .summary = (bits >> 6U & 1U) != 0};
}

}  // namespace busguard::fuzz
