#pragma once

#include "appraisal/verdict.h"
#include "examine/visit.h"

namespace busguard::daemon {

/// What writing `re` to `authenticated` gives: 0, or the errno by which the Linux CMA series (v2 of
/// 2024-06-30) tells how the attempt ended. Where that knows no such end: EBUSY if somebody else owns the
/// device, ENODEV if it is gone, EACCES or EPERM if the system refuses, ENOTTY if nothing could be found out.
///
/// 0 exactly if no check failed, but for a driver that had the device before anybody looked: then it is
/// authentic all the same. A device without the reference values that it is held to is not.
int errno_of(const examine::Visited& visited, const appraisal::Verdict& verdict);

}  // namespace busguard::daemon
