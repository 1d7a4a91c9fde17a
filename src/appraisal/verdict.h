#pragma once

#include "appraisal/reason.h"
#include "base/check.h"

#include <vector>

namespace busguard::appraisal {

/// What follows from evidence.
struct Verdict {
    State state = State::undetermined;
    std::vector<Check> checks;  ///< in the order in which they were made; none is left out
    /// Why the state is not `authenticated`: the check that decided. Null when it is.
    const Reason* primary = nullptr;
    std::string detail;  ///< of that check; for people
};

/// What checks amount to: authenticated if none failed, else the state of the weightiest reason, the first of
/// its weight.
Verdict concluded(std::vector<Check> checks);

/// A verdict where no evidence could be had at all: a device without a mailbox, a TSM that owns it.
Verdict verdict_of(const Reason& reason, std::string detail);

}  // namespace busguard::appraisal
