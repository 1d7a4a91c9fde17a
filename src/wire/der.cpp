#include "wire/der.h"

#include <limits>

namespace busguard::wire {
namespace {

constexpr std::size_t widest_length = 4;  // bytes of a long length: 4 GiB is more than anybody sends
constexpr std::uint8_t long_form = 0x80;
constexpr std::uint8_t high_tag = 0x1f;

std::size_t number(std::byte byte) { return std::to_integer<std::size_t>(byte); }

}  // namespace

std::optional<DerElement> DerReader::next() {
    const auto element = [&]() -> std::optional<DerElement> {
        if (failed_ || rest_.size() < 2) return std::nullopt;
        const auto tag = std::to_integer<std::uint8_t>(rest_[0]);
        if ((tag & high_tag) == high_tag) return std::nullopt;
        auto length = number(rest_[1]);
        std::size_t header = 2;
        if (length >= long_form) {
            const auto width = length - long_form;  // 0 would be the indefinite form, which is no DER
            if (width == 0 || width > widest_length || rest_.size() < header + width) return std::nullopt;
            length = 0;
            for (auto byte : rest_.subspan(header, width)) length = length << 8U | number(byte);
            const auto least = width == 1 ? std::size_t{long_form} : std::size_t{1} << (8 * (width - 1));
            if (length < least) return std::nullopt;  // not the shortest form
            header += width;
        }
        if (length > rest_.size() - header) return std::nullopt;
        return DerElement{tag, rest_.subspan(header, length), rest_.first(header + length)};
    }();
    if (element)
        rest_ = rest_.subspan(element->whole.size());
    else
        failed_ = failed_ || !rest_.empty();
    return element;
}

std::optional<DerElement> DerReader::next(std::uint8_t tag) {
    auto element = next();
    if (element && element->tag == tag) return element;
    failed_ = true;
    return std::nullopt;
}

std::optional<std::string> dotted(ByteView content) {
    std::string text;
    std::uint64_t arc = 0;
    bool inside = false;  // an arc of several bytes
    for (auto byte : content) {
        if (!inside && byte == std::byte{long_form}) return std::nullopt;  // a leading zero
        if (arc > std::numeric_limits<std::uint32_t>::max()) return std::nullopt;
        arc = arc << 7U | (number(byte) & 0x7fU);
        inside = (number(byte) & long_form) != 0;
        if (inside) continue;
        if (text.empty()) {  // X.690 8.19.4: the first two arcs in one number
            const std::uint64_t first = std::min<std::uint64_t>(arc / 40, 2);
            text = std::to_string(first) + '.' + std::to_string(arc - (40 * first));
        } else {
            text += '.' + std::to_string(arc);
        }
        arc = 0;
    }
    if (inside || text.empty()) return std::nullopt;
    return text;
}

}  // namespace busguard::wire
