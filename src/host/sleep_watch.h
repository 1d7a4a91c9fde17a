#pragma once

#include "base/seams.h"
#include "host/descriptor.h"

namespace busguard::host {

/// Tells when the machine slept, without anybody's help and without waking up in between. CLOCK_BOOTTIME
/// counts while it sleeps and CLOCK_MONOTONIC does not, and the kernel sets its clock when it wakes up, which
/// ends a timer that asked for that (timerfd_create(2), TFD_TIMER_CANCEL_ON_SET).
class SleepWatch {
public:
    /// Errors: system.
    static Result<SleepWatch> begin();

    /// Has it slept since the last time this was asked?
    bool slept();
    /// Readable when it may have.
    int descriptor() const { return timer_.number(); }

private:
    explicit SleepWatch(Descriptor timer);
    void arm() const;

    Descriptor timer_;
    Time asleep_{};  // so far, since the machine booted
};

}  // namespace busguard::host
