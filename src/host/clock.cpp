#include "host/clock.h"

#include <algorithm>
#include <poll.h>
#include <vector>

namespace busguard::host {

Time SystemClock::now() const { return std::chrono::steady_clock::now().time_since_epoch(); }

std::chrono::sys_seconds SystemClock::calendar() const {
    return std::chrono::floor<std::chrono::seconds>(std::chrono::system_clock::now());
}

void SystemClock::wait(Time until, std::span<const int> readable) {
    const auto left = std::max(until - now(), Time{0});
    const auto seconds = std::chrono::floor<std::chrono::seconds>(left);
    const timespec limit{.tv_sec = seconds.count(), .tv_nsec = (left - seconds).count()};
    std::vector<pollfd> files;
    files.reserve(readable.size());
    for (const int file : readable) files.push_back({.fd = file, .events = POLLIN, .revents = 0});
    // An interruption is an early return, which the caller reckons with.
    static_cast<void>(::ppoll(files.data(), files.size(), &limit, nullptr));
}

}  // namespace busguard::host
