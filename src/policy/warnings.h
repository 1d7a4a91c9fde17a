#pragma once

#include "base/problem.h"
#include "policy/policy.h"

#include <string>
#include <vector>

namespace busguard::policy {

/// What is legal and hardly meant, by line; `file` is how the Problems call it: rules that can never decide
/// because an earlier one matches first, rules (or the default) that let devices in whose verdict is `failed`
/// without saying so, groups that no rule names, a policy that lets nothing in.
std::vector<Problem> warnings(const Policy& policy, const std::string& file);

}  // namespace busguard::policy
