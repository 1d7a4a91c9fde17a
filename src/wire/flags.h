#pragma once

#include <bit>
#include <type_traits>
#include <utility>

namespace busguard {

/// A set of enumerators of E, each of which is one bit.
template <class E>
    requires std::is_enum_v<E>
class Flags {
public:
    using Bits = std::underlying_type_t<E>;

    constexpr Flags() = default;
    constexpr Flags(E one) : bits_{std::to_underlying(one)} {}  // an enumerator is a set of one
    static constexpr Flags from_bits(Bits bits) {
        Flags set;
        set.bits_ = bits;
        return set;
    }

    constexpr Bits bits() const { return bits_; }
    constexpr bool has(Flags all) const { return (bits_ & all.bits_) == all.bits_; }
    constexpr bool is_single() const { return std::has_single_bit(bits_); }

    friend constexpr Flags operator|(Flags a, Flags b) { return from_bits(a.bits_ | b.bits_); }
    friend constexpr Flags operator&(Flags a, Flags b) { return from_bits(a.bits_ & b.bits_); }
    friend constexpr bool operator==(Flags, Flags) = default;

private:
    Bits bits_{};
};

}  // namespace busguard
