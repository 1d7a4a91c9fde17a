#include "tlog/key_text.h"

#include "base/hex.h"
#include "crypto/entropy.h"
#include "tlog/big_endian.h"
#include "tlog/text.h"

#include <array>
#include <optional>

namespace busguard::tlog {
namespace {

constexpr std::size_t largest_text = 8192;
constexpr std::size_t id_digits = 8;

std::optional<SignatureType> type_from(std::byte byte) {
    for (const auto type : all_signature_types)
        if (static_cast<std::byte>(type) == byte) return type;
    return std::nullopt;
}

Result<std::uint32_t> id_from_text(std::string_view digits) {
    const bool lower = digits.find_first_not_of("0123456789abcdef") == std::string_view::npos;
    if (digits.size() != id_digits || !lower) return fail(Errc::bad_field, "key ID");
    const auto bytes = TRY(from_hex(digits));
    return load_big<std::uint32_t>(bytes);
}

}  // namespace

std::size_t public_key_size(SignatureType type) {
    return type == SignatureType::ml_dsa_44_cosignature ? 1312 : 32;
}
std::size_t seed_size(SignatureType) { return 32; }

Result<KeyText> KeyText::from_text(std::string_view text, std::string_view what, Size size) {
    if (text.size() > largest_text) return fail(Errc::too_large, what);
    const auto plus = text.find('+');
    const auto next = plus == std::string_view::npos ? plus : text.find('+', plus + 1);
    if (next == std::string_view::npos) return fail(Errc::bad_field, what);  // base64 may hold a '+' too

    KeyText read{.name = std::string{text.substr(0, plus)}};
    if (!is_key_name(read.name)) return fail(Errc::bad_field, "key name");
    read.id = TRY(id_from_text(text.substr(plus + 1, next - plus - 1)));

    auto typed = from_base64(text.substr(next + 1));
    if (!typed || typed->empty()) return fail(Errc::bad_field, what);
    const auto type = type_from(typed->front());
    if (!type) return fail(Errc::unsupported, "signature type");
    if (typed->size() != 1 + size(*type)) return fail(Errc::bad_field, what);
    read.type = *type;
    read.key.assign(typed->begin() + 1, typed->end());
    crypto::wipe(*typed);
    return read;
}

std::string KeyText::to_text() const {
    Bytes id_bytes;
    append_big(id_bytes, id);
    Bytes typed{static_cast<std::byte>(type)};
    append(typed, key);
    std::string text = name;
    text.append("+").append(to_hex(id_bytes)).append("+").append(to_base64(typed));
    crypto::wipe(typed);
    return text;
}

}  // namespace busguard::tlog
