#pragma once

#include "base/result.h"

#include <chrono>
#include <string>
#include <string_view>

namespace busguard {

/// "2026-11-22T05:48:00Z" (RFC 3339, UTC, whole seconds), for years 0 to 9999.
std::string to_text(std::chrono::sys_seconds time);
/// The reverse, exactly that form. Error: bad_field "date-time".
Result<std::chrono::sys_seconds> time_from_text(std::string_view text);

}  // namespace busguard
