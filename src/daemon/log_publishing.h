#pragma once

#include "daemon/log.h"
#include "drive/loop.h"
#include "tlog/tile.h"

#include <algorithm>

namespace busguard::daemon {

/// Publishes what was appended: once for all that came within `delay`, at most so much later than the first
/// of it. Tidies up whenever a bundle has become full, and every hour. What fails is told once, and tried
/// again.
class LogPublishing final : public drive::Task {
public:
    static constexpr Time retry = std::chrono::seconds{5};
    static constexpr Time tidies = std::chrono::hours{1};
    using Tell = std::function<void(std::string_view event, const Error&)>;

    /// `log` and `loop` outlive it. `retain`: how long entries are kept; nothing: for good.
    LogPublishing(Log& log, drive::Loop& loop, Time delay, std::optional<std::chrono::seconds> retain,
                  Tell tell)
        : log_{&log}, delay_{delay}, retain_{retain}, tell_{std::move(tell)} {
        log.on_growth = [this, &loop] { loop.wake(*this); };
    }
    LogPublishing(const LogPublishing&) = delete;
    LogPublishing& operator=(const LogPublishing&) = delete;
    ~LogPublishing() override { log_->on_growth = nullptr; }

    std::optional<drive::Wake> resume(Time now) override {
        if (due_ && now >= *due_) publish(now);
        if (!due_ && log_->published() != log_->size()) due_ = now + delay_;
        if (now >= tidy_due_ && log_->published()) tidy(now);
        return drive::Wake{std::min(due_.value_or(Time::max()), log_->published() ? tidy_due_ : Time::max()),
                           -1};
    }

private:
    void publish(Time now) {
        const auto before = log_->published().value_or(0);
        const auto done = log_->publish();
        due_.reset();
        if (!done) due_ = now + retry;
        tell_once("log.unpublished", done, failed_to_publish_);
        if (done && before / tlog::tile_width != *log_->published() / tlog::tile_width) tidy_due_ = now;
    }

    void tidy(Time now) {
        tell_once("log.untidy", log_->tidy(retain_), failed_to_tidy_);
        tidy_due_ = now + tidies;
    }

    void tell_once(std::string_view event, const Result<void>& done, bool& failed) const {
        if (!done && !failed) tell_(event, done.error());
        failed = !done;
    }

    Log* log_;
    Time delay_;
    std::optional<std::chrono::seconds> retain_;
    Tell tell_;
    std::optional<Time> due_;
    Time tidy_due_{};
    bool failed_to_publish_ = false, failed_to_tidy_ = false;
};

}  // namespace busguard::daemon
