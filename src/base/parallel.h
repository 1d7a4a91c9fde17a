#pragma once

#include <algorithm>
#include <atomic>
#include <cstddef>
#include <exception>
#include <mutex>
#include <thread>
#include <vector>

namespace busguard {

/// Calls `work(0)` … `work(count - 1)`, each once, in any order, on as many threads as there are processors
/// (or `workers`), the caller's among them, and returns when all are done. `work` must not touch what another
/// call writes. The first exception is thrown here, after the rest has ended.
template <class Work>
void in_parallel(std::size_t count, const Work& work,
                 unsigned workers = std::max(1U, std::thread::hardware_concurrency())) {
    std::atomic<std::size_t> next{0};
    std::exception_ptr thrown;
    std::mutex mutex;
    const auto take = [&] {
        try {
            for (auto mine = next++; mine < count; mine = next++) work(mine);
        } catch (...) {
            next = count;
            const std::lock_guard lock{mutex};
            if (!thrown) thrown = std::current_exception();
        }
    };
    {
        std::vector<std::jthread> others;
        for (std::size_t n = 1; n < std::min<std::size_t>(workers, count); ++n) others.emplace_back(take);
        take();
    }
    if (thrown) std::rethrow_exception(thrown);
}

}  // namespace busguard
