#include "drive/errand.h"
#include "tests/spdm/device.h"

#include <deque>
#include <functional>

namespace busguard::drive {
namespace {

using namespace std::chrono_literals;
using spdm::test::Counting;
using spdm::test::disk;

/// Jumps to what it is asked to wait for.
struct Jumping final : Clock {
    Time now() const override { return time; }
    std::chrono::sys_seconds calendar() const override { return {}; }
    void wait(Time until, std::span<const int>) override { time = std::max(time, until); }
    Time time{1s};
};

/// A responder that thinks for `latency` about each answer, and may fall silent.
struct Thinking final : transport::Channel {
    Thinking(const spdm::Profile& profile, Entropy& entropy, Time thinks)
        : responder{profile, entropy}, latency{thinks} {}

    Result<void> send(ByteView message, Time now, Time patience) override {
        answer = responder.reply(message).message;
        ready = now + latency;
        deadline = now + patience;
        ++sent;
        return {};
    }
    Result<Progress> poll(Time now) override {
        if (now >= deadline) return fail(Errc::timeout, "answer");
        if (now < ready || sent > silent_after)
            return Waiting{std::min(silent_after < sent ? deadline : ready, deadline), -1};
        return answer;
    }
    std::size_t largest() const override { return 0x1200; }
    std::string_view name() const override { return "test"; }

    spdm::Responder responder;
    Time latency;
    Bytes answer;
    Time ready{};
    Time deadline{};
    unsigned sent = 0;
    unsigned silent_after = 1000;
};

TEST(Errand, CarriesAVisitToItsEnd) {
    Jumping clock;
    Counting entropy;
    const auto device = disk();
    Thinking channel{device, entropy, 10ms};
    spdm::Visit visit{{{}, entropy}};
    ASSERT_TRUE(carry(visit, channel, clock));
    EXPECT_EQ(visit.rules().found().statements.size(), 1U);
    EXPECT_EQ(clock.time - 1s, 6 * 10ms);
}

TEST(Errand, GivesUpOnADeviceThatFallsSilent) {
    Jumping clock;
    Counting entropy;
    const auto device = disk();
    Thinking channel{device, entropy, 10ms};
    channel.silent_after = 4;
    spdm::Visit visit{{{}, entropy}};
    const auto outcome = carry(visit, channel, clock);
    ASSERT_FALSE(outcome);
    EXPECT_EQ(outcome.error().code, Errc::timeout);
    EXPECT_LT(clock.time, 10s);
}

TEST(Loop, ManyDevicesCostTheLatencyOfOne) {
    Jumping clock;
    Counting entropy;
    const auto device = disk(crypto::Scheme::ecdsa_p256, crypto::Hash::sha_256);
    std::deque<Thinking> channels;
    std::deque<spdm::Visit> visits;
    std::deque<Errand> errands;
    Loop loop{clock};
    for (int i = 0; i < 200; ++i) {
        auto& channel = channels.emplace_back(device, entropy, 100ms);
        auto& visit = visits.emplace_back(spdm::Authentication{{}, entropy});
        loop.add(errands.emplace_back(visit, channel));
    }
    loop.run();
    for (const auto& errand : errands) EXPECT_TRUE(errand.outcome());
    EXPECT_EQ(clock.time - 1s, 6 * 100ms);
}

TEST(Loop, WaitsOutThePauseThatADialogueAsksFor) {
    struct Pausing final : spdm::Dialogue {
        Result<spdm::Step> start() override { return spdm::Step{spdm::Send{Bytes(4), 300ms, 1s}}; }
        Result<spdm::Step> answer(ByteView) override { return spdm::Step{spdm::Done{}}; }
    } dialogue;
    Jumping clock;
    Counting entropy;
    const auto device = disk();
    Thinking channel{device, entropy, 0ms};
    ASSERT_TRUE(carry(dialogue, channel, clock));
    EXPECT_EQ(clock.time - 1s, 300ms);
}

/// Sleeps for an hour each time, and does something when it is resumed.
struct Sleeper final : Task {
    std::optional<Wake> resume(Time now) override {
        ++resumed;
        if (then) then();
        return Wake{now + 1h, -1};
    }
    std::function<void()> then;
    int resumed = 0;
};

TEST(Loop, ResumesAWokenTaskWithoutWaiting) {
    Jumping clock;
    Loop loop{clock};
    Sleeper woken;
    Sleeper waker;
    loop.add(woken);
    loop.add(waker);
    waker.then = [&] { loop.wake(woken); };
    loop.turn();
    EXPECT_EQ(clock.time, 1s);  // and not an hour later
    waker.then = nullptr;
    loop.turn();
    EXPECT_EQ(woken.resumed, 2);
    EXPECT_EQ(waker.resumed, 1);
}

TEST(Loop, ResumesATaskOnceMoreThatWokeItself) {
    Jumping clock;
    Loop loop{clock};
    Sleeper task;
    loop.add(task);
    task.then = [&] {
        if (task.resumed == 1) loop.wake(task);
    };
    loop.turn();
    EXPECT_EQ(clock.time, 1s);
    loop.turn();
    EXPECT_EQ(task.resumed, 2);
    EXPECT_EQ(clock.time, 1s + 1h);
}

}  // namespace
}  // namespace busguard::drive
