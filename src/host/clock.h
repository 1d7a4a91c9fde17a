#pragma once

#include "base/seams.h"

namespace busguard::host {

/// This machine's time.
class SystemClock final : public Clock {
public:
    Time now() const override;
    std::chrono::sys_seconds calendar() const override;
    void wait(Time until, std::span<const int> readable) override;
};

}  // namespace busguard::host
