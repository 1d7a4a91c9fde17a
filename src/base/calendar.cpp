#include "base/calendar.h"

namespace busguard {
namespace {

using namespace std::chrono;

std::string digits(unsigned value, std::size_t width) {
    auto text = std::to_string(value);
    return std::string(width - std::min(width, text.size()), '0') + text;
}

}  // namespace

std::string to_text(sys_seconds time) {
    const auto day = floor<days>(time);
    const year_month_day date{day};
    const hh_mm_ss clock{time - day};
    return digits(static_cast<unsigned>(static_cast<int>(date.year())), 4) + '-' +
           digits(static_cast<unsigned>(date.month()), 2) + '-' +
           digits(static_cast<unsigned>(date.day()), 2) + 'T' +
           digits(static_cast<unsigned>(clock.hours().count()), 2) + ':' +
           digits(static_cast<unsigned>(clock.minutes().count()), 2) + ':' +
           digits(static_cast<unsigned>(clock.seconds().count()), 2) + 'Z';
}

Result<sys_seconds> time_from_text(std::string_view text) {
    constexpr std::string_view form = "0000-00-00T00:00:00Z";
    const auto wrong = fail(Errc::bad_field, "date-time");
    if (text.size() != form.size()) return wrong;
    for (std::size_t n = 0; n < form.size(); ++n) {
        const bool digit = text[n] >= '0' && text[n] <= '9';
        if (form[n] == '0' ? !digit : text[n] != form[n]) return wrong;
    }
    const auto number = [&](std::size_t from, std::size_t count) {
        unsigned value = 0;
        for (const char c : text.substr(from, count)) value = value * 10 + static_cast<unsigned>(c - '0');
        return value;
    };
    const year_month_day date{year{static_cast<int>(number(0, 4))}, month{number(5, 2)}, day{number(8, 2)}};
    const hours hour{number(11, 2)};
    const minutes minute{number(14, 2)};
    const seconds second{number(17, 2)};
    if (!date.ok() || hour.count() > 23 || minute.count() > 59 || second.count() > 59) return wrong;
    return sys_days{date} + hour + minute + second;
}

}  // namespace busguard
