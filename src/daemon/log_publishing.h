#pragma once

#include "daemon/log.h"
#include "drive/loop.h"

namespace busguard::daemon {

/// Publishes what was appended: once for all that came within `delay`, at most so much later than the first
/// of it. What fails is told once, and tried again.
class LogPublishing final : public drive::Task {
public:
    static constexpr Time retry = std::chrono::seconds{5};
    using Tell = std::function<void(const Error&)>;

    /// `log` and `loop` outlive it.
    LogPublishing(Log& log, drive::Loop& loop, Time delay, Tell tell)
        : log_{&log}, delay_{delay}, tell_{std::move(tell)} {
        log.on_growth = [this, &loop] { loop.wake(*this); };
    }
    LogPublishing(const LogPublishing&) = delete;
    LogPublishing& operator=(const LogPublishing&) = delete;
    ~LogPublishing() override { log_->on_growth = nullptr; }

    std::optional<drive::Wake> resume(Time now) override {
        if (due_ && now >= *due_) publish(now);
        if (!due_ && log_->published() != log_->size()) due_ = now + delay_;
        return drive::Wake{due_.value_or(Time::max()), -1};
    }

private:
    void publish(Time now) {
        const auto done = log_->publish();
        due_.reset();
        if (!done) due_ = now + retry;
        if (!done && !failing_) tell_(done.error());
        failing_ = !done;
    }

    Log* log_;
    Time delay_;
    Tell tell_;
    std::optional<Time> due_;
    bool failing_ = false;
};

}  // namespace busguard::daemon
