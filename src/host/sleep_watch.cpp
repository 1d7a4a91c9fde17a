#include "host/sleep_watch.h"

#include <sys/timerfd.h>

#include <charconv>
#include <ctime>
#include <limits>
#include <unistd.h>

namespace busguard::host {
namespace {

// The two clocks are not read at one moment; no sleep is as short as this.
constexpr Time shortest_sleep = std::chrono::milliseconds{100};

Time read(clockid_t clock) {
    timespec time{};
    clock_gettime(clock, &time);
    return std::chrono::seconds{time.tv_sec} + std::chrono::nanoseconds{time.tv_nsec};
}

Time asleep() { return read(CLOCK_BOOTTIME) - read(CLOCK_MONOTONIC); }

}  // namespace

Result<SleepWatch> SleepWatch::begin(const FileTree& sys) {
    Descriptor timer{::timerfd_create(CLOCK_REALTIME, TFD_CLOEXEC | TFD_NONBLOCK)};
    if (!timer) return fail_errno("timerfd");
    return SleepWatch{sys, std::move(timer)};
}

SleepWatch::SleepWatch(const FileTree& sys, Descriptor timer)
    : sys_{&sys}, timer_{std::move(timer)}, asleep_{asleep()}, sleeps_{sleeps()} {
    arm();
}

std::optional<std::uint64_t> SleepWatch::sleeps() const {
    const auto text = sys_->read("power/suspend_stats/success", 32);
    if (!text) return std::nullopt;
    const auto digits = as_text(*text);
    std::uint64_t count = 0;
    if (std::from_chars(digits.data(), digits.data() + digits.size(), count).ec != std::errc{})
        return std::nullopt;
    return count;
}

void SleepWatch::arm() const {
    itimerspec never{};
    never.it_value.tv_sec = std::numeric_limits<time_t>::max();
    (void)::timerfd_settime(timer_.number(), TFD_TIMER_ABSTIME | TFD_TIMER_CANCEL_ON_SET, &never, nullptr);
}

bool SleepWatch::slept() {
    std::uint64_t count = 0;
    if (::read(timer_.number(), &count, sizeof count) < 0) arm();  // ECANCELED: the clock was set
    const auto now = asleep();
    const auto sleeps_now = sleeps();
    const bool moved = now - asleep_ >= shortest_sleep;
    const bool counted = sleeps_now && sleeps_ && *sleeps_now != *sleeps_;
    if (moved) asleep_ = now;
    sleeps_ = sleeps_now;
    return moved || counted;
}

}  // namespace busguard::host
