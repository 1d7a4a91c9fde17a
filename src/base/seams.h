#pragma once

#include "base/bytes.h"
#include "base/result.h"

#include <chrono>
#include <span>

/// What a test replaces: time and chance. `main` makes the real ones (host/) and hands them down.
namespace busguard {

/// Since an arbitrary start; never jumps, stands still for nobody.
using Time = std::chrono::nanoseconds;

class Clock {
public:
    virtual ~Clock() = default;

    /// Monotonic.
    virtual Time now() const = 0;
    /// The calendar, for validity periods and records; seconds since 1970-01-01 UTC.
    virtual std::chrono::sys_seconds calendar() const = 0;
    /// Sleeps until `until`, or until one of `readable` (file descriptors) has something to read or is
    /// closed. May return early. A test's clock jumps to `until`.
    virtual void wait(Time until, std::span<const int> readable) = 0;
};

class Entropy {
public:
    virtual ~Entropy() = default;

    /// Unpredictable bytes. Errors: system.
    virtual Result<void> fill(std::span<std::byte> bytes) = 0;
};

}  // namespace busguard
