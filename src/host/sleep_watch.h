#pragma once

#include "base/seams.h"
#include "host/descriptor.h"
#include "host/file_tree.h"

#include <cstdint>
#include <optional>

namespace busguard::host {

/// Tells when the machine slept, without anybody's help and without waking up in between. CLOCK_BOOTTIME
/// counts while it sleeps and CLOCK_MONOTONIC does not, and the kernel sets its clock when it wakes up, which
/// ends a timer that asked for that (timerfd_create(2), TFD_TIMER_CANCEL_ON_SET).
///
/// A suspend to idle on a machine without a cpuidle driver moves no clock: the kernel counts it all the same
/// (Documentation/ABI/testing/sysfs-power, suspend_stats/success), but tells nobody. Ask now and then too.
class SleepWatch {
public:
    /// `sys` is the machine's /sys and outlives this. Errors: system.
    static Result<SleepWatch> begin(const FileTree& sys);

    /// Has it slept since the last time this was asked?
    bool slept();
    /// Readable when it may have.
    int descriptor() const { return timer_.number(); }

private:
    SleepWatch(const FileTree& sys, Descriptor timer);
    void arm() const;
    /// How often it slept since it booted; nothing where the kernel does not count.
    std::optional<std::uint64_t> sleeps() const;

    const FileTree* sys_;
    Descriptor timer_;
    Time asleep_{};  // so far, since the machine booted
    std::optional<std::uint64_t> sleeps_;
};

}  // namespace busguard::host
