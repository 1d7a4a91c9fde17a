#pragma once

#include "host/descriptor.h"

#include <atomic>
#include <functional>
#include <memory>
#include <thread>

namespace busguard::host {

/// Work that blocks, in a thread of its own, while a loop goes on with other things.
class Worker {
public:
    /// Begins. Error: system.
    static Result<std::unique_ptr<Worker>> begin(std::function<void()> work);
    Worker(const Worker&) = delete;
    Worker& operator=(const Worker&) = delete;
    ~Worker() = default;  ///< waits for its end

    /// Becomes readable when it is done, and stays so.
    int descriptor() const { return event_.number(); }
    bool done() const { return done_; }

private:
    explicit Worker(Descriptor event) : event_{std::move(event)} {}

    Descriptor event_;
    std::atomic<bool> done_ = false;
    std::jthread thread_;  // the last: it ends before the others
};

}  // namespace busguard::host
