#include "crypto/der.h"

#include "crypto/certificate.h"

#include <algorithm>

namespace busguard::crypto {
namespace {

constexpr std::byte tag_sequence{0x30};
constexpr std::byte tag_integer{0x02};

}  // namespace

Result<std::size_t> der_length(ByteView bytes) {
    constexpr std::string_view what = "Certificate";
    if (bytes.size() < 2) return fail(Errc::truncated, what, bytes.size());
    if (bytes[0] != tag_sequence) return fail(Errc::bad_field, what);

    auto length = std::to_integer<std::size_t>(bytes[1]);
    std::size_t header = 2;
    if (length >= 0x80) {  // long form: that many length bytes follow; 0x80 is BER's indefinite form
        const std::size_t count = length - 0x80;
        if (count == 0) return fail(Errc::bad_field, what, 1);
        if (count > 4) return fail(Errc::too_large, what, 1);
        header += count;
        if (bytes.size() < header) return fail(Errc::truncated, what, bytes.size());
        length = 0;
        for (auto byte : bytes.subspan(2, count)) length = length << 8U | std::to_integer<std::size_t>(byte);
        const bool shortest = length >= 0x80 && length >> (8 * (count - 1)) != 0;
        if (!shortest) return fail(Errc::bad_field, what, 1);
    }
    if (length > largest_certificate - header) return fail(Errc::too_large, what, 1);
    if (length > bytes.size() - header) return fail(Errc::truncated, what, bytes.size());
    return header + length;
}

EcdsaDer::EcdsaDer(ByteView raw) {
    const auto half = std::min(raw.size() / 2, widest_order);
    integer(raw.first(half));
    integer(raw.subspan(half, half));

    const auto content = size_ - 3;
    if (content >= 0x80) {
        bytes_[0] = tag_sequence;
        bytes_[1] = std::byte{0x81};
        bytes_[2] = static_cast<std::byte>(content);
    } else {
        bytes_[0] = tag_sequence;
        bytes_[1] = static_cast<std::byte>(content);
        std::copy_n(bytes_.begin() + 3, content, bytes_.begin() + 2);
        --size_;
    }
}

void EcdsaDer::integer(ByteView big_endian) {
    while (big_endian.size() > 1 && big_endian[0] == std::byte{0}) big_endian = big_endian.subspan(1);
    const bool looks_negative = !big_endian.empty() && (big_endian[0] & std::byte{0x80}) != std::byte{0};
    bytes_[size_++] = tag_integer;
    bytes_[size_++] = static_cast<std::byte>(big_endian.size() + (looks_negative ? 1 : 0));
    if (looks_negative) bytes_[size_++] = std::byte{0};
    std::copy_n(big_endian.begin(), big_endian.size(), bytes_.begin() + static_cast<std::ptrdiff_t>(size_));
    size_ += big_endian.size();
}

}  // namespace busguard::crypto
