#include "transport/pci_config.h"

#include "tests/transport/fake_mailbox.h"

#include <gtest/gtest.h>

namespace busguard::transport {
namespace {

constexpr std::uint32_t extended(std::uint32_t id, std::uint32_t version, std::uint32_t next) {
    return id | version << 16U | next << 20U;
}

// QEMU's NVMe drive with a serial number, and a DOE mailbox at 100h.
class PciConfig : public testing::Test {
protected:
    PciConfig() {
        set(0x00, 0x0010'1b36);
        set(0x04, 0x0010'0000);
        set(0x08, 0x0108'0202);
        set(0x0c, 0x0080'0000);  // multi-function, type 0
        set(0x2c, 0x1100'1af4);
        set(0x34, 0x40);
        set(0x40, 0x0000'5001);
        set(0x50, 0x0000'0010);
        set(0x100, extended(0x2e, 1, 0x140));
        set(0x140, extended(0x03, 1, 0));
        set(0x144, 0x9abc'def0);
        set(0x148, 0x1234'5678);
    }
    void set(std::size_t offset, std::uint32_t value) { space.dwords.at(offset / 4) = value; }

    FakeSpace space;
};

TEST_F(PciConfig, TellsWhoTheFunctionIs) {
    const auto identity = read_identity(space);
    ASSERT_TRUE(identity);
    EXPECT_EQ(*identity, (PciIdentity{.vendor = 0x1b36,
                                      .device = 0x0010,
                                      .class_code = 0x010802,
                                      .revision = 2,
                                      .header_type = 0,
                                      .subsystem_vendor = 0x1af4,
                                      .subsystem = 0x1100,
                                      .serial_number = 0x1234'5678'9abc'def0}));
}

TEST_F(PciConfig, TakesSubsystemIdsOnlyFromEndpoints) {
    set(0x0c, 0x0001'0000);
    const auto identity = read_header(space);
    ASSERT_TRUE(identity);
    EXPECT_EQ(identity->header_type, 1);
    EXPECT_EQ(identity->subsystem_vendor, 0);
    EXPECT_FALSE(identity->serial_number);
}

TEST_F(PciConfig, SaysThatNobodyAnswers) {
    space.dwords.fill(0xffff'ffff);
    EXPECT_EQ(read_header(space).error(), (Error{Errc::disconnected, "Vendor ID"}));
}

TEST_F(PciConfig, WalksBothLists) {
    EXPECT_EQ(*capabilities(space), (std::vector<PciCapability>{{1, 0, 0x40}, {0x10, 0, 0x50}}));
    EXPECT_EQ(*extended_capabilities(space), (std::vector<PciCapability>{{0x2e, 1, 0x100}, {3, 1, 0x140}}));
    EXPECT_EQ(*doe_capabilities(space), (std::vector<DoeCapability>{{0x100, 1}}));
    set(0x04, 0);
    EXPECT_TRUE(capabilities(space)->empty());
}

TEST_F(PciConfig, FindsSeveralMailboxesAndTheirVersions) {
    set(0x140, extended(0x2e, 2, 0xfe8));
    set(0xfe8, extended(0x2e, 1, 0));
    EXPECT_EQ(*doe_capabilities(space), (std::vector<DoeCapability>{{0x100, 1}, {0x140, 2}, {0xfe8, 1}}));
}

TEST_F(PciConfig, KnowsFunctionsWithoutExtendedSpace) {
    set(0x100, 0);
    EXPECT_TRUE(extended_capabilities(space)->empty());
    set(0x100, 0xffff'ffff);
    EXPECT_TRUE(extended_capabilities(space)->empty());
    space.size = 256;
    EXPECT_TRUE(extended_capabilities(space)->empty());
    EXPECT_FALSE(read_identity(space)->serial_number);
    space.size = 64;
    EXPECT_EQ(read_header(space)->vendor, 0x1b36);
}

TEST_F(PciConfig, RefusesACircleOfCapabilities) {
    set(0x140, extended(3, 1, 0x100));
    EXPECT_EQ(extended_capabilities(space).error(),
              (Error{Errc::bad_field, "Next Capability Offset", 0x140, 0x100}));
    set(0x140, extended(3, 1, 0x140));
    EXPECT_EQ(extended_capabilities(space).error().detail, 0x140U);
    set(0x50, 0x4010);
    EXPECT_EQ(capabilities(space).error(), (Error{Errc::bad_field, "Next Capability Pointer", 0x50, 0x40}));
}

TEST_F(PciConfig, RefusesPointersThatLeadNowhere) {
    for (std::uint32_t next : {0x142U, 0x0fcU, 0x040U, 0x001U, 0xfffU}) {
        set(0x100, extended(0x2e, 1, next));
        EXPECT_EQ(doe_capabilities(space).error(),
                  (Error{Errc::bad_field, "Next Capability Offset", 0x100, next}));
    }
    for (std::uint32_t pointer : {0x41U, 0x3cU, 0x04U}) {
        set(0x34, pointer);
        EXPECT_EQ(capabilities(space).error(),
                  (Error{Errc::bad_field, "Capabilities Pointer", 0x34, pointer}));
    }
}

TEST_F(PciConfig, TakesTheLongestListThereCanBe) {
    for (std::uint32_t at = 0x100; at < 0x1000; at += 4)
        set(at, extended(0x0b, 1, at + 4 < 0x1000 ? at + 4 : 0));
    EXPECT_EQ(extended_capabilities(space)->size(), 960U);
}

TEST_F(PciConfig, RefusesRegistersBeyondTheEnd) {
    set(0x140, extended(0x2e, 1, 0xfec));
    set(0xfec, extended(0x2e, 1, 0));
    EXPECT_EQ(doe_capabilities(space).error(), (Error{Errc::bad_field, "DOE Extended Capability", 0xfec}));
    set(0x140, extended(0x0b, 1, 0xff8));
    set(0xff8, extended(0x03, 1, 0));
    EXPECT_EQ(read_identity(space).error(),
              (Error{Errc::bad_field, "Device Serial Number Capability", 0xff8}));
}

TEST_F(PciConfig, SaysThatTheFunctionVanishedAmidTheWalk) {
    set(0x140, 0xffff'ffff);
    EXPECT_EQ(extended_capabilities(space).error().code, Errc::disconnected);
}

}  // namespace
}  // namespace busguard::transport
