#pragma once

#include <chrono>
#include <optional>
#include <string>
#include <string_view>

namespace busguard::cli {

/// RFC 3339 with whole seconds, "2026-01-31T12:00:00Z" or with an offset "+01:00", or a date alone (its first
/// second, UTC). Nothing for what is none, or no day of the calendar.
std::optional<std::chrono::sys_seconds> parse_time(std::string_view text);

/// The same form, in UTC.
std::string format_time(std::chrono::sys_seconds time);

}  // namespace busguard::cli
