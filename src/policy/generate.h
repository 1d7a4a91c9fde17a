#pragma once

#include "policy/policy.h"

#include <span>

namespace busguard::policy {

/// Allows each device that is authenticated now, and each that has nothing to prove itself by, as long as
/// that stays so, and denies all others: what failed or could not be found out gets no rule. A device is
/// known again by its certificate; by its identity and its place where it has none. One that has neither gets
/// no rule, nor one that an earlier device's rule is for already.
Policy generate(std::span<const Subject> subjects);

}  // namespace busguard::policy
