#include "base/hex.h"

#include <array>
#include <cstdint>

namespace busguard {
namespace {

constexpr std::string_view hex_digits = "0123456789abcdef";
constexpr std::string_view base64_digits = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";

/// Of each character; -1 for one that is no digit.
constexpr auto base64_values = [] {
    std::array<std::int8_t, 256> values{};
    values.fill(-1);
    for (std::size_t value = 0; value < base64_digits.size(); ++value)
        values[static_cast<unsigned char>(base64_digits[value])] = static_cast<std::int8_t>(value);
    return values;
}();

constexpr int hex_value(char digit) {
    if (digit >= '0' && digit <= '9') return digit - '0';
    if (digit >= 'a' && digit <= 'f') return digit - 'a' + 10;
    if (digit >= 'A' && digit <= 'F') return digit - 'A' + 10;
    return -1;
}

constexpr bool is_space(char c) { return c == ' ' || c == '\n' || c == '\t' || c == '\r'; }

/// How many '=' end the last four digits.
std::size_t padding(std::string_view four) {
    if (four[3] != '=') return 0;
    return four[2] == '=' ? 2 : 1;
}

}  // namespace

std::string to_hex(ByteView bytes) {
    std::string text;
    text.reserve(2 * bytes.size());
    for (auto byte : bytes) {
        const auto value = std::to_integer<unsigned>(byte);
        text += hex_digits[value >> 4U];
        text += hex_digits[value & 0xfU];
    }
    return text;
}

Result<Bytes> from_hex(std::string_view text) {
    Bytes bytes;
    bytes.reserve(text.size() / 2);
    int high = -1;
    for (std::size_t at = 0; at < text.size(); ++at) {
        if (high < 0 && is_space(text[at])) continue;
        const int value = hex_value(text[at]);
        if (value < 0) return fail(Errc::bad_field, "hex digit", at);
        if (high < 0) {
            high = value;
        } else {
            bytes.push_back(static_cast<std::byte>((high * 16) + value));
            high = -1;
        }
    }
    if (high >= 0) return fail(Errc::truncated, "hex digit", text.size());
    return bytes;
}

std::string to_base64(ByteView bytes) {
    std::string text;
    text.reserve((bytes.size() + 2) / 3 * 4);
    for (std::size_t at = 0; at < bytes.size(); at += 3) {
        const auto left = bytes.size() - at;
        const auto take = [&](std::size_t n) {
            return n < left ? std::to_integer<std::uint32_t>(bytes[at + n]) : 0U;
        };
        const std::uint32_t group = take(0) << 16U | take(1) << 8U | take(2);
        text += base64_digits[group >> 18U];
        text += base64_digits[group >> 12U & 0x3fU];
        text += left > 1 ? base64_digits[group >> 6U & 0x3fU] : '=';
        text += left > 2 ? base64_digits[group & 0x3fU] : '=';
    }
    return text;
}

Result<Bytes> from_base64(std::string_view text) {
    if (text.size() % 4 != 0) return fail(Errc::truncated, "base64", text.size());
    Bytes bytes;
    bytes.reserve(text.size() / 4 * 3);
    for (std::size_t at = 0; at < text.size(); at += 4) {
        const bool last = at + 4 == text.size();
        const auto pad = last ? padding(text.substr(at)) : 0;
        std::uint32_t group = 0;
        for (std::size_t n = 0; n < 4; ++n) {
            group <<= 6U;
            if (n >= 4 - pad) continue;
            const auto value = base64_values[static_cast<unsigned char>(text[at + n])];
            if (value < 0) return fail(Errc::bad_field, "base64 digit", at + n);
            group |= static_cast<std::uint32_t>(value);
        }
        const std::uint32_t beyond = (1U << (8 * pad)) - 1;  // bits that no byte takes
        if ((group & beyond) != 0) return fail(Errc::bad_field, "base64 digit", at + 3 - pad);
        for (std::size_t n = 0; n < 3 - pad; ++n)
            bytes.push_back(static_cast<std::byte>(group >> (16 - (8 * n)) & 0xffU));
    }
    return bytes;
}

}  // namespace busguard
