#pragma once

#include "base/seams.h"

#include <memory>
#include <optional>
#include <vector>

namespace busguard::drive {

/// When a task wants to be resumed.
struct Wake {
    Time until{};       ///< at the latest
    int readable = -1;  ///< or as soon as this descriptor has something to read; -1 = only time helps
};

/// Something that goes on in steps and waits between them.
class Task {
public:
    virtual ~Task() = default;

    /// Goes as far as it can without waiting. Nothing = finished.
    virtual std::optional<Wake> resume(Time now) = 0;
};

/// Runs many tasks side by side on one thread. All waiting of the program is the one `Clock::wait` in here,
/// so with a test's clock a day passes in a moment.
class Loop {
public:
    explicit Loop(Clock& clock) : clock_{&clock} {}

    /// `task` stays the caller's and must live until it has finished or the Loop is gone.
    void add(Task& task) { waiting_.push_back({.task = &task, .wake = {clock_->now(), -1}}); }

    /// Has a task of this loop resumed once more without waiting for its time; it may say so of itself, or be
    /// told while it is resumed.
    void wake(const Task& task);

    /// Until every task has finished.
    void run() {
        while (!waiting_.empty()) turn();
    }

    /// Resumes what is due, then waits for what comes next; returns at once when nothing is left.
    void turn();

    std::size_t size() const { return waiting_.size(); }

private:
    struct Entry {
        Task* task;
        Wake wake;
        bool woken = false;  // by wake(), since it was resumed last
    };

    Clock* clock_;
    std::vector<Entry> waiting_;
    std::vector<int> descriptors_;  // of turn(), kept for its memory
};

}  // namespace busguard::drive
