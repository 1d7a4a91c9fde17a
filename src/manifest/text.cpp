#include "manifest/text.h"

#include "base/hex.h"

#include <algorithm>
#include <array>
#include <cstdint>

namespace busguard::manifest {
namespace {

constexpr std::size_t longest_shown = 128;

struct Form {
    std::uint8_t mask, lead;  // of the first byte
    std::size_t size;
    std::uint32_t least;  // a smaller code point has a shorter form
};
// RFC 3629 section 3.
constexpr std::array forms{Form{0x80, 0x00, 1, 0x00}, Form{0xe0, 0xc0, 2, 0x80}, Form{0xf0, 0xe0, 3, 0x800},
                           Form{0xf8, 0xf0, 4, 0x10000}};

bool allowed(std::uint32_t point, const Form& form) {
    const bool surrogate = point >= 0xd800 && point <= 0xdfff;
    const bool control = point < 0x20 || (point >= 0x7f && point < 0xa0);
    // Marks that turn the direction of a line around: what is shown is not what stands there.
    const bool turns = (point >= 0x202a && point <= 0x202e) || (point >= 0x2066 && point <= 0x2069) ||
                       point == 0x200e || point == 0x200f || point == 0x2028 || point == 0x2029;
    return point >= form.least && point <= 0x10ffff && !surrogate && !control && !turns;
}

/// Bytes of the character at the front; 0 if it is none that may be shown.
std::size_t character(std::string_view text) {
    const auto byte = [&](std::size_t at) { return static_cast<std::uint8_t>(text[at]); };
    const auto* const form =
        std::ranges::find_if(forms, [&](const Form& one) { return (byte(0) & one.mask) == one.lead; });
    if (form == forms.end() || form->size > text.size()) return 0;
    auto point = static_cast<std::uint32_t>(byte(0) & static_cast<std::uint8_t>(~form->mask));
    for (std::size_t at = 1; at < form->size; ++at) {
        if ((byte(at) & 0xc0U) != 0x80U) return 0;
        point = point << 6U | (byte(at) & 0x3fU);
    }
    return allowed(point, *form) ? form->size : 0;
}

}  // namespace

bool printable(std::string_view text) {
    while (!text.empty()) {
        const auto size = character(text);
        if (size == 0) return false;
        text.remove_prefix(size);
    }
    return true;
}

std::string shown(std::string_view text) {
    if (!printable(text)) {
        const auto some = text.substr(0, longest_shown / 2);
        return to_hex(std::as_bytes(std::span{some.data(), some.size()})) +
               (some.size() < text.size() ? "…" : "");
    }
    if (text.size() <= longest_shown) return std::string{text};
    std::size_t end = 0;
    while (end < longest_shown) end += character(text.substr(end));
    return std::string{text.substr(0, end)} + "…";
}

}  // namespace busguard::manifest
