#include "drive/loop.h"

#include <algorithm>

namespace busguard::drive {

void Loop::wake(const Task& task) {
    for (auto& entry : waiting_)
        if (entry.task == &task) entry.woken = true;
}

void Loop::turn() {
    auto now = clock_->now();
    // By index: a task may add others while it is resumed. NOLINTNEXTLINE(modernize-loop-convert)
    for (std::size_t i = 0; i < waiting_.size(); ++i) {
        // A descriptor may be ready, and asking its task is cheaper than finding out which.
        if (waiting_[i].wake.until > now && waiting_[i].wake.readable < 0 && !waiting_[i].woken) continue;
        waiting_[i].woken = false;
        const auto wake = waiting_[i].task->resume(now);
        if (wake)
            waiting_[i].wake = *wake;
        else
            waiting_[i].task = nullptr;
        now = clock_->now();
    }
    std::erase_if(waiting_, [](const Entry& entry) { return entry.task == nullptr; });
    if (waiting_.empty()) return;

    auto next = waiting_.front().wake.until;
    descriptors_.clear();
    for (const auto& entry : waiting_) {
        next = entry.woken ? now : std::min(next, entry.wake.until);
        if (entry.wake.readable >= 0) descriptors_.push_back(entry.wake.readable);
    }
    if (next > now) clock_->wait(next, descriptors_);
}

}  // namespace busguard::drive
