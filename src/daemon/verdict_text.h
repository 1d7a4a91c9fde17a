#pragma once

#include "daemon/device.h"

#include <string>

namespace busguard::daemon {

inline constexpr std::string_view verdict_schema = "busguard.verdict/1";

/// All that the guard knows of a device as JSON, `verdict.json` of busguard-files(5): state, standing, every
/// check with its reason, the rule that decided and why those before it did not match.
std::string verdict_json(const Device& device, bool enforcing);

}  // namespace busguard::daemon
