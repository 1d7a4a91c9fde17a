#include "daemon/memory_trim.h"

#include <gtest/gtest.h>

namespace busguard::daemon {
namespace {

using namespace std::chrono_literals;

/// Where waiting is over at once.
class Leaping final : public Clock {
public:
    Time now() const override { return now_; }
    std::chrono::sys_seconds calendar() const override { return {}; }
    void wait(Time until, std::span<const int> /*descriptors*/) override {
        if (until != Time::max()) now_ = until;
    }

private:
    Time now_{};
};

TEST(MemoryTrim, OnceForAllThatEndedWithinASecond) {
    Leaping clock;
    drive::Loop loop{clock};
    int trims = 0;
    MemoryTrim trim{loop, [&] { ++trims; }};
    const auto wake = [&](std::chrono::milliseconds at) { return trim.resume(Time{at})->until; };
    EXPECT_EQ(wake(0ms), Time::max()) << "it has nothing to wait for";

    for (int n = 0; n < 3; ++n) trim.examined({}, {}, {});
    EXPECT_EQ(wake(10ms), Time{1010ms});
    trim.examined({}, {}, {});
    EXPECT_EQ(wake(900ms), Time{1010ms}) << "put off by who comes later";
    EXPECT_EQ(trims, 0);
    EXPECT_EQ(wake(1010ms), Time::max());
    EXPECT_EQ(trims, 1);

    trim.examined({}, {}, {});
    EXPECT_EQ(wake(2000ms), Time{3000ms});
    EXPECT_EQ(wake(3000ms), Time::max());
    EXPECT_EQ(trims, 2);
}

TEST(MemoryTrim, IsWokenByAnExamination) {
    Leaping clock;
    drive::Loop loop{clock};
    int trims = 0;
    MemoryTrim trim{loop, [&] { ++trims; }};
    loop.add(trim);
    loop.turn();
    trim.examined({}, {}, {});
    loop.turn();  // waits for the second to be over
    loop.turn();
    EXPECT_EQ(trims, 1);
}

}  // namespace
}  // namespace busguard::daemon
