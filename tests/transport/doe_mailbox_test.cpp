#include "transport/doe_mailbox.h"

#include "tests/transport/fake_mailbox.h"
#include "tests/transport/hex.h"
#include "transport/doe_channel.h"

#include <gtest/gtest.h>

#include <memory>

namespace busguard::transport {
namespace {

using namespace std::chrono_literals;

constexpr DoeCapability where{.offset = FakeMailbox::at};

Bytes object(std::string_view payload) { return *encode_object(doe_spdm, bytes(payload)); }

struct Exchange {
    Result<DataObject> answer;
    Time took;
    std::size_t polls;
};

// Carries one exchange to its end on the fake's own time, which jumps from poll to poll.
class MailboxTest : public testing::Test {
protected:
    Exchange exchange(std::string_view payload, Time patience = 0s) {
        const auto begin = fake.now;
        if (auto begun = mailbox.begin(doe_spdm, bytes(payload), fake.now, patience); !begun)
            return {fail(begun.error()), 0s, 0};
        for (std::size_t polls = 1;; ++polls) {
            auto progress = mailbox.poll(fake.now);
            if (!progress) return {fail(progress.error()), fake.now - begin, polls};
            if (auto* answer = std::get_if<DataObject>(&*progress)) return {*answer, fake.now - begin, polls};
            const auto until = std::get<Mailbox::Waiting>(*progress).until;
            if (until < fake.now || polls > 10'000)
                return {fail(Errc::system, "spins"), fake.now - begin, polls};
            fake.now = until;
        }
    }

    void expect_recovers() {
        const auto after = exchange("10840000");
        ASSERT_TRUE(after.answer) << after.answer.error().what;
        EXPECT_EQ(after.answer->payload, bytes("10840000"));
    }

    FakeMailbox fake;
    Mailbox mailbox{fake, where, 4096};
};

TEST_F(MailboxTest, CarriesAnObjectThereAndBack) {
    fake.answer = [](ByteView) { return object("1004000000010010"); };
    const auto done = exchange("10840000");
    ASSERT_TRUE(done.answer);
    EXPECT_EQ(to_hex(fake.last_object), "010001000300000010840000");
    EXPECT_EQ(*done.answer, (DataObject{doe_spdm, bytes("1004000000010010")}));
    EXPECT_EQ(done.polls, 1U);
    EXPECT_EQ(fake.aborts, 0U);
}

TEST_F(MailboxTest, TakesAnObjectWithoutPayload) {
    fake.answer = [](ByteView) { return object(""); };
    EXPECT_EQ(exchange("").answer->payload, Bytes{});
}

TEST_F(MailboxTest, AsksRarerTheLongerItTakes) {
    fake.latency = 900ms;
    const auto done = exchange("10840000");
    ASSERT_TRUE(done.answer);
    EXPECT_LT(done.took, 911ms);
    EXPECT_LT(done.polls, 160U);
}

TEST_F(MailboxTest, FindsAQuickAnswerSoon) {
    fake.latency = 500us;
    EXPECT_LE(exchange("10840000").took, 700us);
}

TEST_F(MailboxTest, WaitsASecondForAnAnswerAndThenAborts) {
    fake.latency = 24h;
    const auto done = exchange("10840000");
    EXPECT_EQ(done.answer.error(), (Error{Errc::timeout, "Data Object Ready"}));
    EXPECT_EQ(done.took, 1s);
    EXPECT_EQ(fake.aborts, 1U);
    fake.latency = 0s;
    expect_recovers();
}

TEST_F(MailboxTest, WaitsAsLongAsItsCallerHasPatience) {
    fake.latency = 4s;
    EXPECT_TRUE(exchange("10840000", 5s).answer);
    EXPECT_EQ(exchange("10840000", 3s).took, 3s);
}

TEST_F(MailboxTest, HoldsOneExchangeAtATime) {
    fake.latency = 10ms;
    EXPECT_EQ(mailbox.poll(0s).error().code, Errc::unexpected);
    ASSERT_TRUE(mailbox.begin(doe_spdm, {}, 0s, 0s));
    EXPECT_EQ(mailbox.begin(doe_spdm, {}, 0s, 0s).error().code, Errc::unexpected);
    ASSERT_TRUE(mailbox.poll(0s));
    EXPECT_EQ(mailbox.begin(doe_spdm, {}, 0s, 0s).error().code, Errc::unexpected);
}

TEST_F(MailboxTest, RefusesWhatIsTooLargeToSend) {
    EXPECT_EQ(mailbox.begin(doe_spdm, Bytes(4097), 0s, 0s).error(), (Error{Errc::too_large, "Length"}));
    EXPECT_TRUE(mailbox.begin(doe_spdm, Bytes(4096), 0s, 0s));
}

TEST_F(MailboxTest, MovesALargeObjectInBurstsSoThatOthersHaveTheirTurn) {
    fake.answer = [](ByteView) { return *encode_object(doe_spdm, Bytes(4096, std::byte{5})); };
    ASSERT_TRUE(mailbox.begin(doe_spdm, Bytes(4096), 0s, 0s));
    std::size_t polls = 0;
    for (std::size_t before = 0;; before = fake.writes) {
        auto progress = mailbox.poll(0s);
        ASSERT_TRUE(progress);
        ++polls;
        EXPECT_LE(fake.writes - before, 514U);
        if (auto* answer = std::get_if<DataObject>(&*progress)) {
            EXPECT_EQ(answer->payload, Bytes(4096, std::byte{5}));
            break;
        }
        EXPECT_EQ(std::get<Mailbox::Waiting>(*progress).until, 0s);
    }
    EXPECT_GT(polls, 8U);
}

// defects.md D131, and a real drive: idle status 00000010h.
TEST_F(MailboxTest, D131MasksUndefinedStatusBits) {
    fake.stuck = 0x7fff'fff8;
    EXPECT_TRUE(exchange("10840000").answer);
    EXPECT_EQ(fake.aborts, 0U);
    fake.stuck = 0x10;
    EXPECT_TRUE(exchange("10840000").answer);
    EXPECT_EQ(fake.aborts, 0U);
}

TEST_F(MailboxTest, D131AbortsAMailboxThatIdlesWithAnError) {
    fake.state = FakeMailbox::error;
    fake.abort_takes = 400ms;
    const auto done = exchange("10840000");
    EXPECT_TRUE(done.answer);
    EXPECT_GE(done.took, 400ms);
    EXPECT_EQ(fake.aborts, 1U);
}

TEST_F(MailboxTest, D131AbortsWhenTheErrorBitIsSetInsteadOfAnAnswer) {
    fake.latency = 1h;
    fake.state_on_go = FakeMailbox::error;
    EXPECT_EQ(exchange("10840000").answer.error(), (Error{Errc::transport, "DOE Error"}));
    EXPECT_EQ(fake.aborts, 1U);
    fake.latency = 0s;
    fake.state_on_go = 0;
    expect_recovers();
}

TEST_F(MailboxTest, D131RefusesAnAnswerThatEndsWithTheErrorBit) {
    fake.error_after = 3;
    EXPECT_EQ(exchange("10840000").answer.error(), (Error{Errc::transport, "DOE Error", 12}));
    fake.error_after.reset();
    expect_recovers();
}

TEST_F(MailboxTest, D131AbortsAMailboxThatIsBusyForASecond) {
    fake.state = FakeMailbox::busy;
    const auto done = exchange("10840000");
    EXPECT_TRUE(done.answer);
    EXPECT_EQ(done.took, 1s);
    EXPECT_EQ(fake.aborts, 1U);
}

TEST_F(MailboxTest, D131WaitsWhileAMailboxIsBusyForLess) {
    fake.state = FakeMailbox::busy;
    ASSERT_TRUE(mailbox.begin(doe_spdm, {}, 0s, 0s));
    ASSERT_TRUE(mailbox.poll(0s));
    EXPECT_EQ(fake.goes, 0U);
    fake.state = 0;
    ASSERT_TRUE(mailbox.poll(999ms));
    EXPECT_EQ(fake.goes, 1U);
    EXPECT_EQ(fake.aborts, 0U);
}

TEST_F(MailboxTest, D131DeclaresAMailboxDeadThatIsBusyForEver) {
    fake.stuck = FakeMailbox::busy;
    const auto done = exchange("10840000");
    EXPECT_EQ(done.answer.error(), (Error{Errc::transport, "DOE Abort"}));
    EXPECT_EQ(done.took, 2s);
    EXPECT_LT(done.polls, 400U);  // no spin
    EXPECT_EQ(fake.goes, 0U);
    fake.stuck = 0;
    EXPECT_EQ(exchange("10840000").answer.error(), (Error{Errc::transport, "DOE Abort"}));
    EXPECT_EQ(mailbox.poll(fake.now).error(), (Error{Errc::transport, "DOE Abort"}));
}

TEST_F(MailboxTest, D131DeclaresAMailboxDeadWhoseErrorStays) {
    fake.stuck = FakeMailbox::error;
    const auto done = exchange("10840000");
    EXPECT_EQ(done.answer.error(), (Error{Errc::transport, "DOE Abort"}));
    EXPECT_EQ(done.took, 1s);
}

TEST_F(MailboxTest, D131DoesNotTakeAnAnswerThatNobodyAskedFor) {
    fake.state = FakeMailbox::ready;
    EXPECT_TRUE(exchange("10840000").answer);
    EXPECT_EQ(fake.aborts, 1U);
    fake.state = FakeMailbox::ready;
    fake.abort_heals = false;
    EXPECT_EQ(exchange("10840000").answer.error(), (Error{Errc::transport, "DOE Abort"}));
}

TEST_F(MailboxTest, D131RefusesAnAnswerWhoseReadyBitDropsMidRead) {
    for (std::size_t dwords : {0U, 1U, 2U}) {
        fake.drops_after = dwords;
        const auto done = exchange("10840000");
        if (dwords == 0) {
            EXPECT_EQ(done.answer.error().code, Errc::timeout);
        } else {
            EXPECT_FALSE(done.answer);
        }
        fake.drops_after.reset();
        expect_recovers();
    }
    fake.drops_after = 2;
    EXPECT_EQ(exchange("10840000").answer.error(), (Error{Errc::transport, "Data Object Ready", 12}));
}

TEST_F(MailboxTest, D130RefusesAnAnswerToSomethingElse) {
    fake.answer = [](ByteView) { return bytes("341201000300000010040000"); };
    EXPECT_EQ(exchange("10840000").answer.error(), (Error{Errc::mismatch, "Vendor ID"}));
    fake.answer = [](ByteView) { return bytes("010002000300000010040000"); };
    EXPECT_EQ(exchange("10840000").answer.error(), (Error{Errc::mismatch, "Data Object Type", 2}));
    EXPECT_EQ(fake.aborts, 2U);
    fake.answer = to_bytes;
    expect_recovers();
}

TEST_F(MailboxTest, D130RefusesLengthsThatCannotBe) {
    fake.answer = [](ByteView) { return bytes("010001000100000010040000"); };
    EXPECT_EQ(exchange("10840000").answer.error(), (Error{Errc::bad_field, "Length", 4}));
    fake.answer = [](ByteView) { return bytes("010001000000000010040000"); };  // 2^18 double words
    EXPECT_EQ(exchange("10840000").answer.error(), (Error{Errc::too_large, "Length", 4}));
    fake.answer = [](ByteView) { return bytes("010001000304000010040000"); };  // one more than 4096 bytes
    EXPECT_EQ(exchange("10840000").answer.error(), (Error{Errc::too_large, "Length", 4}));
    fake.answer = to_bytes;
    expect_recovers();
}

TEST_F(MailboxTest, D130RefusesALengthBeyondWhatTheMailboxHolds) {
    fake.answer = [](ByteView) { return bytes("010001000500000010040000"); };
    EXPECT_EQ(exchange("10840000").answer.error(), (Error{Errc::transport, "Data Object Ready", 20}));
    fake.answer = to_bytes;
    expect_recovers();
}

TEST_F(MailboxTest, D130DropsWhatStandsBehindTheLength) {
    fake.answer = [](ByteView) { return bytes("0100010003000000100400001122334455667788"); };
    EXPECT_EQ(exchange("10840000").answer->payload, bytes("10040000"));
    EXPECT_EQ(fake.aborts, 0U);
    fake.answer = to_bytes;
    expect_recovers();  // by an abort, since the rest still stands in the mailbox
    EXPECT_EQ(fake.aborts, 1U);
}

TEST_F(MailboxTest, SaysThatTheDeviceIsGone) {
    fake.latency = 10ms;
    ASSERT_TRUE(mailbox.begin(doe_spdm, {}, 0s, 0s));
    ASSERT_TRUE(mailbox.poll(0s));
    fake.gone = true;
    EXPECT_EQ(mailbox.poll(5ms).error(), (Error{Errc::disconnected, "DOE Status"}));
    EXPECT_EQ(fake.aborts, 0U);
}

TEST(DoeChannel, CarriesSpdmInDataObjectsOfItsType) {
    FakeMailbox fake;
    fake.answer = [](ByteView) { return object("1004000000"); };
    DoeChannel channel{fake, where};
    EXPECT_EQ(channel.name(), "doe");
    ASSERT_TRUE(channel.send(bytes("10840000"), 0s, 0s));
    auto progress = channel.poll(0s);
    ASSERT_TRUE(progress);
    EXPECT_EQ(std::get<Bytes>(*progress), bytes("1004000000000000"));  // with its padding
    EXPECT_EQ(to_hex(fake.last_object), "010001000300000010840000");
}

// Each of 200 mailboxes thinks for 100 ms per answer; one loop, one clock, three exchanges each.
TEST(DoeChannel, RunsTwoHundredSideBySide) {
    struct Device {
        FakeMailbox fake;
        DoeChannel channel{fake, where};
        Time due{};
        int left = 3;
    };
    std::vector<std::unique_ptr<Device>> devices;
    for (int n = 0; n < 200; ++n) {
        devices.push_back(std::make_unique<Device>());
        devices.back()->fake.latency = 100ms;
        ASSERT_TRUE(devices.back()->channel.send(bytes("10840000"), 0s, 0s));
    }
    Time now{};
    std::size_t polls = 0;
    for (bool more = true; more; now += 100us) {
        more = false;
        for (auto& device : devices) {
            if (device->left == 0) continue;
            more = true;
            if (device->due > now) continue;
            device->fake.now = now;
            auto progress = device->channel.poll(now);
            ASSERT_TRUE(progress);
            ++polls;
            if (auto* waiting = std::get_if<Channel::Waiting>(&*progress)) {
                device->due = waiting->until;
            } else if (--device->left > 0) {
                ASSERT_TRUE(device->channel.send(bytes("10840000"), now, 0s));
            }
        }
    }
    EXPECT_LT(now, 340ms);            // one device's latency, not two hundred's
    EXPECT_LT(polls, 200U * 3 * 50);  // and few questions meanwhile
}

}  // namespace
}  // namespace busguard::transport
