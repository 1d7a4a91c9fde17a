#include "config/duration.h"

#include <algorithm>
#include <array>
#include <cstdint>

namespace busguard::config {
namespace {

struct Unit {
    char letter;
    std::chrono::seconds length;
};

constexpr std::array units{Unit{'d', std::chrono::days{1}}, Unit{'h', std::chrono::hours{1}},
                           Unit{'m', std::chrono::minutes{1}}, Unit{'s', std::chrono::seconds{1}}};
constexpr std::size_t most_digits = 9;  // so many of the longest unit are far from an overflow

}  // namespace

std::optional<std::chrono::seconds> duration_from(std::string_view text) {
    if (text.size() < 2 || text.size() > most_digits + 1) return std::nullopt;
    const auto* unit = std::ranges::find(units, text.back(), &Unit::letter);
    if (unit == units.end()) return std::nullopt;
    text.remove_suffix(1);
    std::int64_t count = 0;
    for (const char digit : text) {
        if (digit < '0' || digit > '9') return std::nullopt;
        count = count * 10 + (digit - '0');
    }
    return count * unit->length;
}

std::string duration_text(std::chrono::seconds duration) {
    const auto* unit = std::ranges::find_if(units, [&](const Unit& one) {
        return duration.count() != 0 && duration % one.length == std::chrono::seconds{0};
    });
    if (unit == units.end()) return "0s";
    return std::to_string(duration / unit->length) + unit->letter;
}

}  // namespace busguard::config
