#include "base/hex.h"
#include "emulate/config_registers.h"
#include "tests/emulate/worlds.h"
#include "transport/doe_discovery.h"
#include "transport/doe_mailbox.h"
#include "transport/pci_config.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace busguard::emulate {
namespace {

using namespace std::chrono_literals;
using testing::ElementsAre;
using transport::DoeProtocol;

constexpr transport::PciIdentity drive_identity{.vendor = 0x144d,
                                                .device = 0xa80a,
                                                .class_code = 0x010802,
                                                .revision = 2,
                                                .subsystem_vendor = 0x144d,
                                                .subsystem = 0xa801,
                                                .serial_number = 0x0025385b11c0ffee};

/// Says everything twice.
class SayTwice final : public Endpoint {
public:
    Bytes answer(ByteView request) override {
        auto twice = to_bytes(request);
        append(twice, request);
        return twice;
    }
};

struct RegisterWorld {
    explicit RegisterWorld(const MailboxDescription& description = {}) : mailbox{description, clock, &echo} {}

    Result<Bytes> exchange(transport::Mailbox& host, DoeProtocol protocol, ByteView payload) {
        TRY(host.begin(protocol, payload, clock.now(), 0s));
        for (int turn = 0; turn < 100'000; ++turn) {
            auto progress = TRY(host.poll(clock.now()));
            if (auto* object = std::get_if<transport::DataObject>(&progress)) return object->payload;
            clock.wait(std::get<transport::Channel::Waiting>(progress).until, {});
        }
        return fail(Errc::unexpected, "endless");
    }
    Result<Bytes> ask(ByteView payload) {
        transport::Mailbox host{space, where()};
        return exchange(host, transport::doe_spdm, payload);
    }
    transport::DoeCapability where() const { return {mailbox.description().offset, 2}; }

    CountingClock clock;
    SayTwice echo;
    DoeRegisters mailbox;
    ConfigRegisters registers{drive_identity, {&mailbox}};
    RegisterSpace space{registers};
};

const Bytes request = *from_hex("10840000");

TEST(ConfigRegisters, SayWhoTheDeviceIs) {
    RegisterWorld world;
    const auto identity = transport::read_identity(world.space);
    ASSERT_TRUE(identity);
    EXPECT_EQ(*identity, drive_identity);
}

TEST(ConfigRegisters, ChainTheirCapabilities) {
    RegisterWorld world;
    const auto ordinary = transport::capabilities(world.space);
    ASSERT_TRUE(ordinary);
    ASSERT_EQ(ordinary->size(), 2U);
    EXPECT_EQ((*ordinary)[0].id, 0x01);  // power management
    EXPECT_EQ((*ordinary)[1].id, 0x10);  // PCI Express
    const auto extended = transport::extended_capabilities(world.space);
    ASSERT_TRUE(extended);
    ASSERT_EQ(extended->size(), 3U);
    EXPECT_EQ((*extended)[0].id, 0x0001);
    EXPECT_EQ((*extended)[1].id, 0x0003);
    EXPECT_EQ((*extended)[2].id, 0x002e);
    EXPECT_EQ((*extended)[2].offset, 0x160);
}

TEST(ConfigRegisters, TakeWritesOnlyWhereTheHardwareDoes) {
    RegisterWorld world;
    const auto before = world.registers.read(0, 64);
    world.registers.write(0, Bytes(64, std::byte{0xff}));
    const auto after = world.registers.read(0, 64);
    EXPECT_EQ(to_hex(ByteView{after}.first(4)), to_hex(ByteView{before}.first(4)));  // vendor, device
    EXPECT_EQ(to_hex(ByteView{after}.subspan(4, 2)), "4705");                        // command
    EXPECT_EQ(to_hex(ByteView{after}.subspan(0x10, 4)), "04c0ffff");                 // BAR 0 of 16 KiB
    EXPECT_EQ(to_hex(ByteView{after}.subspan(0x2c, 4)), "4d1401a8");                 // subsystem
}

TEST(ConfigRegisters, EndWhereTheSpaceEnds) {
    RegisterWorld world;
    EXPECT_EQ(world.registers.read(4094, 8).size(), 2U);
    EXPECT_EQ(world.registers.read(4096, 8).size(), 0U);
    EXPECT_EQ(world.registers.write(4095, Bytes(8)), 1U);
    EXPECT_EQ(world.registers.write(9999, Bytes(8)), 0U);
}

TEST(DoeRegisters, AnswerDiscovery) {
    RegisterWorld world;
    transport::Discovery discovery{world.space, world.where()};
    for (;;) {
        auto progress = discovery.poll(world.clock.now());
        ASSERT_TRUE(progress);
        if (auto* found = std::get_if<std::vector<DoeProtocol>>(&*progress)) {
            EXPECT_THAT(*found, ElementsAre(transport::doe_discovery, transport::doe_spdm,
                                            transport::doe_secured_spdm));
            return;
        }
        world.clock.wait(std::get<transport::Channel::Waiting>(*progress).until, {});
    }
}

TEST(DoeRegisters, CarryAMessageAndItsAnswer) {
    RegisterWorld world;
    const auto answer = world.ask(request);
    ASSERT_TRUE(answer);
    EXPECT_EQ(to_hex(*answer), "1084000010840000");
}

TEST(DoeRegisters, TakeTheirTimeAndAreBusyMeanwhile) {
    RegisterWorld world{{.latency = 300ms}};
    ASSERT_TRUE(world.ask(request));
    EXPECT_GE(world.clock.now(), 300ms);
    EXPECT_LT(world.clock.now(), 400ms);
}

TEST(DoeRegisters, AreBusyUntilTheAnswerIsReady) {
    RegisterWorld world{{.latency = 300ms}};
    auto& mailbox = world.mailbox;
    for (auto dword : {0x00010001U, 3U, 0x00008410U}) mailbox.write(0x10, dword);
    mailbox.write(0x08, 1U << 31);
    EXPECT_EQ(mailbox.read(0x0c), 1U) << "busy";
    EXPECT_EQ(mailbox.read(0x14), 0U) << "nothing to read yet";
    world.clock.wait(300ms, {});
    EXPECT_EQ(mailbox.read(0x0c), 1U << 31) << "ready";
    EXPECT_EQ(mailbox.read(0x14), 0x00010001U);

    mailbox.write(0x08, 1);
    for (auto dword : {0x00010001U, 3U, 0x00008410U}) mailbox.write(0x10, dword);
    mailbox.write(0x08, 1U << 31);
    mailbox.write(0x10, 0);
    EXPECT_EQ(mailbox.read(0x0c) & 4U, 4U) << "written to while busy";
}

TEST(DoeRegisters, ServeManyExchangesOverOneMailbox) {
    RegisterWorld world{
        {.offset = 0xd00, .stray_status_bits = 0x10}};  // a real drive sets that undefined bit
    transport::Mailbox host{world.space, world.where()};
    for (std::uint8_t turn = 0; turn < 20; ++turn) {
        const Bytes message(std::size_t{4} * (turn + 1U), std::byte{turn});
        const auto answer = world.exchange(host, transport::doe_spdm, message);
        ASSERT_TRUE(answer) << int{turn};
        EXPECT_EQ(answer->size(), 2 * message.size());
    }
}

// 6.30.2: writes to the mailbox while it works, or reading what is not there, are errors that ABORT mends.
TEST(DoeRegisters, RaiseTheErrorBitAndClearItByAbort) {
    RegisterWorld world;
    auto& mailbox = world.mailbox;
    mailbox.write(0x14, 0);  // nothing to acknowledge
    EXPECT_EQ(mailbox.read(0x0c) & 4U, 4U);
    mailbox.write(0x08, 1);
    EXPECT_EQ(mailbox.read(0x0c), 0U);
    mailbox.write(0x10, 0x00010001);
    mailbox.write(0x10, 7);  // a length that is not what was written
    mailbox.write(0x08, 1U << 31);
    EXPECT_EQ(mailbox.read(0x0c) & 4U, 4U);
    mailbox.write(0x08, 1);
    EXPECT_TRUE(world.ask(request));
}

TEST(DoeRegisters, DiscardWhatTheyDoNotKnow) {
    RegisterWorld world;
    transport::Mailbox host{world.space, world.where()};
    EXPECT_EQ(world.exchange(host, {0x1e98, 2}, request).error().code, Errc::timeout);
    EXPECT_TRUE(world.exchange(host, transport::doe_spdm, request));
}

TEST(DoeRegisters, IgnoreHalfADoubleWord) {
    RegisterWorld world;
    world.registers.write(0x160 + 0x10, Bytes(2));
    world.registers.write(0x160 + 0x12, Bytes(2));
    EXPECT_TRUE(world.ask(request));
    EXPECT_EQ(to_hex(world.registers.read(0x160 + 0x0c, 2)), "0000");
}

// 0xff..ff at GO: the largest length, of which not a word was written.
TEST(DoeRegisters, AreNotFilledBeyondTheLargestObject) {
    RegisterWorld world;
    for (std::uint32_t i = 0; i <= 1U << 18; ++i) world.mailbox.write(0x10, 0xffffffff);
    EXPECT_EQ(world.mailbox.read(0x0c) & 4U, 4U);
}

TEST(DoeRegisters, HangInTheirWays) {
    RegisterWorld busy{{.fault = MailboxFault::busy}};
    EXPECT_EQ(busy.ask(request).error(), (Error{Errc::transport, "DOE Abort"}));
    RegisterWorld silent{{.fault = MailboxFault::silent}};
    EXPECT_EQ(silent.ask(request).error().code, Errc::timeout);
    RegisterWorld error{{.fault = MailboxFault::error}};
    EXPECT_EQ(error.ask(request).error().code, Errc::transport);
}

TEST(DoeRegisters, BabbleButAnswerDiscovery) {
    for (std::uint64_t seed = 1; seed <= 50; ++seed) {
        RegisterWorld world{{.fault = MailboxFault::babble, .seed = seed}};
        transport::Mailbox host{world.space, world.where()};
        const auto listed =
            world.exchange(host, transport::doe_discovery, transport::discovery_request(0, 2));
        ASSERT_TRUE(listed) << seed;
        const auto answer = world.ask(request);
        EXPECT_NE(answer ? to_hex(*answer) : "", "1084000010840000");
        EXPECT_LT(world.clock.now(), 5s);
    }
}

}  // namespace
}  // namespace busguard::emulate
