#pragma once

#include "base/result.h"
#include "wire/flags.h"

#include <bit>

namespace busguard::spdm {

/// The one bit that the peer selected, if it is one that we offered: the only way from a peer's bits to an
/// algorithm. `name` is the field's. Errors: no_common when nothing is selected, bad_field when two bits are
/// or one that was not offered.
template <class E>
Result<E> chosen(Flags<E> selected, Flags<E> offered, std::string_view name) {
    if (selected.bits() == 0) return fail(Errc::no_common, name);
    if (!selected.is_single() || !offered.has(selected)) return fail(Errc::bad_field, name);
    return static_cast<E>(selected.bits());
}

/// The strongest of what both sides have: the highest common bit, where `order` does not say otherwise.
template <class E>
Flags<E> strongest(Flags<E> a, Flags<E> b) {
    const auto common = (a & b).bits();
    return Flags<E>::from_bits(std::bit_floor(common));
}

}  // namespace busguard::spdm
