#include "base/parallel.h"

#include <gtest/gtest.h>

#include <stdexcept>

namespace busguard {
namespace {

TEST(InParallel, DoesEachOnce) {
    for (const unsigned workers : {1U, 2U, 7U}) {
        std::vector<int> done(100);
        in_parallel(done.size(), [&](std::size_t n) { ++done[n]; }, workers);
        EXPECT_EQ(done, std::vector<int>(100, 1)) << workers;
    }
    in_parallel(0, [](std::size_t) { FAIL(); });
}

TEST(InParallel, UsesSeveralThreads) {
    // Each waits for the other: one thread alone would never come back.
    std::atomic<int> here{0};
    in_parallel(
        2,
        [&](std::size_t) {
            ++here;
            while (here < 2) std::this_thread::yield();
        },
        2);
    EXPECT_EQ(here, 2);
}

TEST(InParallel, ThrowsWhatWasThrown) {
    std::atomic<int> done{0};
    const auto work = [&](std::size_t n) {
        if (n == 3) throw std::runtime_error{"three"};
        ++done;
    };
    EXPECT_THROW(in_parallel(1000, work, 4), std::runtime_error);
    EXPECT_LT(done, 1000);
}

}  // namespace
}  // namespace busguard
