#include "cli/time.h"

#include <fmt/format.h>

namespace busguard::cli {
namespace {

/// Exactly so many digits from the front of `text`.
std::optional<int> take_number(std::string_view& text, std::size_t digits) {
    if (text.size() < digits) return std::nullopt;
    int number = 0;
    for (const char c : text.substr(0, digits)) {
        if (c < '0' || c > '9') return std::nullopt;
        number = number * 10 + (c - '0');
    }
    text.remove_prefix(digits);
    return number;
}

bool take(std::string_view& text, std::string_view any_of) {
    if (text.empty() || any_of.find(text.front()) == std::string_view::npos) return false;
    text.remove_prefix(1);
    return true;
}

}  // namespace

std::optional<std::chrono::sys_seconds> parse_time(std::string_view text) {
    using namespace std::chrono;
    const auto read_year = take_number(text, 4);
    if (!read_year || !take(text, "-")) return std::nullopt;
    const auto read_month = take_number(text, 2);
    if (!read_month || !take(text, "-")) return std::nullopt;
    const auto read_day = take_number(text, 2);
    if (!read_day) return std::nullopt;
    const year_month_day date{year{*read_year}, month{static_cast<unsigned>(*read_month)},
                              day{static_cast<unsigned>(*read_day)}};
    if (!date.ok()) return std::nullopt;
    const sys_seconds midnight{sys_days{date}};
    if (text.empty()) return midnight;

    if (!take(text, "Tt ")) return std::nullopt;
    const auto hour = take_number(text, 2);
    if (!hour || *hour > 23 || !take(text, ":")) return std::nullopt;
    const auto minute = take_number(text, 2);
    if (!minute || *minute > 59 || !take(text, ":")) return std::nullopt;
    const auto second = take_number(text, 2);
    if (!second || *second > 60) return std::nullopt;
    const auto time = midnight + hours{*hour} + minutes{*minute} + seconds{*second};
    if (take(text, "Zz")) return text.empty() ? std::optional{time} : std::nullopt;

    const bool west = text.starts_with('-');
    if (!take(text, "+-")) return std::nullopt;
    const auto zone_hour = take_number(text, 2);
    if (!zone_hour || *zone_hour > 23 || !take(text, ":")) return std::nullopt;
    const auto zone_minute = take_number(text, 2);
    if (!zone_minute || *zone_minute > 59 || !text.empty()) return std::nullopt;
    const auto offset = hours{*zone_hour} + minutes{*zone_minute};
    return west ? time + offset : time - offset;
}

std::string format_time(std::chrono::sys_seconds time) {
    using namespace std::chrono;
    const auto midnight = floor<days>(time);
    const year_month_day date{midnight};
    const hh_mm_ss clock{time - midnight};
    return fmt::format("{:04}-{:02}-{:02}T{:02}:{:02}:{:02}Z", static_cast<int>(date.year()),
                       static_cast<unsigned>(date.month()), static_cast<unsigned>(date.day()),
                       clock.hours().count(), clock.minutes().count(), clock.seconds().count());
}

}  // namespace busguard::cli
