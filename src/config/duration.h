#pragma once

#include <chrono>
#include <optional>
#include <string>
#include <string_view>

namespace busguard::config {

/// "90s", "15m", "12h", "7d": a whole number and one unit.
std::optional<std::chrono::seconds> duration_from(std::string_view text);

/// The reverse, in the largest unit that leaves no rest.
std::string duration_text(std::chrono::seconds duration);

}  // namespace busguard::config
