#pragma once

#include "base/problem.h"
#include "policy/policy.h"

#include <string>
#include <string_view>

namespace busguard::policy {

inline constexpr std::string_view policy_schema = "busguard.policy/1";
inline constexpr std::size_t most_rules = 4096;
inline constexpr std::size_t most_values = 4096;  ///< of one list

/// Reads a policy from TOML (format: docs/man/busguard-policy.5, examples: share/policies). A key that is not
/// known and a value that is none are Problems, with file, line, field and remedy. `file` is how they call
/// it. warnings() says what is legal and hardly meant.
Checked<Policy> policy_from_toml(std::string_view text, const std::string& file);

/// The reverse: policy_from_toml() gives the same policy.
std::string to_toml(const Policy& policy);

}  // namespace busguard::policy
