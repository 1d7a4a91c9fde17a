#include "tlog/text.h"

#include "base/hex.h"

#include <algorithm>
#include <array>
#include <charconv>
#include <cstddef>
#include <memory>

namespace busguard::tlog {
namespace {

struct Character {
    char32_t point = 0;
    std::size_t length = 0;  ///< bytes; 0: not UTF-8
};

std::size_t length_of(unsigned lead) {
    if (lead < 0x80) return 1;
    if (lead < 0xc2 || lead > 0xf4) return 0;
    if (lead < 0xe0) return 2;
    return lead < 0xf0 ? 3 : 4;
}

/// The first character of a text that is not empty.
Character first_of(std::string_view text) {
    constexpr std::array<char32_t, 5> least{0, 0, 0x80, 0x800, 0x10000};  // shorter forms are refused
    const auto byte = [&](std::size_t n) { return static_cast<unsigned char>(text[n]); };
    const auto length = length_of(byte(0));
    if (length == 0 || length > text.size()) return {};
    char32_t point = length == 1 ? byte(0) : byte(0) & (0x7fU >> length);
    for (std::size_t n = 1; n < length; ++n) {
        if ((byte(n) & 0xc0U) != 0x80) return {};
        point = point << 6U | (byte(n) & 0x3fU);
    }
    const bool surrogate = point >= 0xd800 && point <= 0xdfff;
    if (point < least[length] || point > 0x10ffff || surrogate) return {};
    return {point, length};
}

/// Is it UTF-8 whose every character `holds`?
bool every_character(std::string_view text, auto holds) {
    while (!text.empty()) {
        const auto [point, length] = first_of(text);
        if (length == 0 || !holds(point)) return false;
        text.remove_prefix(length);
    }
    return true;
}

/// Unicode's White_Space (PropList.txt, unchanged since Unicode 6.3).
bool is_space(char32_t point) {
    if (point >= 0x09 && point <= 0x0d) return true;
    if (point >= 0x2000 && point <= 0x200a) return true;
    constexpr std::u32string_view others = U"\u0020\u0085\u00a0\u1680\u2028\u2029\u202f\u205f\u3000";
    return others.find(point) != std::u32string_view::npos;
}

}  // namespace

Result<std::uint64_t> number_from_text(std::string_view digits, std::string_view what) {
    std::uint64_t number = 0;
    const auto* end = digits.data() + digits.size();
    const auto [stop, error] = std::from_chars(std::to_address(digits.begin()), end, number);
    const bool padded = digits.size() > 1 && digits.front() == '0';
    if (error != std::errc{} || stop != end || padded || number > largest_number)
        return fail(Errc::bad_field, what);
    return number;
}

Result<TreeHash> hash_from_text(std::string_view base64, std::string_view what) {
    constexpr std::size_t digits = 44;  // of 32 bytes
    if (base64.size() != digits) return fail(Errc::bad_field, what);
    const auto bytes = from_base64(base64);
    TreeHash hash{};
    if (!bytes || bytes->size() != hash.size()) return fail(Errc::bad_field, what);
    std::copy(bytes->begin(), bytes->end(), hash.begin());
    return hash;
}

bool is_note_text(std::string_view text) {
    return every_character(text, [](char32_t point) { return point >= 0x20 || point == U'\n'; });
}

bool is_key_name(std::string_view text) {
    return !text.empty() &&
           every_character(text, [](char32_t point) { return !is_space(point) && point != U'+'; });
}

}  // namespace busguard::tlog
