#include "host/pci.h"

#include "host/guarded_channel.h"
#include "host/posix_tree.h"
#include "tests/host/temporary_directory.h"

#include <array>
#include <cerrno>

namespace busguard::host {
namespace {

constexpr std::string_view address = "0000:01:00.0";

// QEMU's NVMe drive with a mailbox at 100h and a serial number behind it.
Bytes config(std::size_t size) {
    Bytes bytes(4096);
    const auto set = [&](std::size_t at, std::uint32_t value) {
        for (std::size_t n = 0; n < 4; ++n) bytes[at + n] = static_cast<std::byte>(value >> (8 * n) & 0xffU);
    };
    set(0x00, 0x0010'1b36);
    set(0x08, 0x0108'0202);
    set(0x2c, 0x1100'1af4);
    set(0x100, 0x1401'002e);
    set(0x140, 0x0001'0003);
    set(0x144, 0x9abc'def0);
    set(0x148, 0x1234'5678);
    bytes.resize(size);
    return bytes;
}

class PciTest : public testing::Test {
protected:
    void SetUp() override {
        directory.put(in("config"), config(4096));
        directory.put("bus/pci/drivers/nvme/bind", "");
        directory.link(in("driver"), "../../drivers/nvme");
        directory.put(in("doe_features/doe_discovery"), "0001:00\n");
        directory.put(in("doe_features/0001:01"), "0001:01\n");
        directory.put(in("doe_features/what is this"), "");
        auto opened = PosixTree::open_root(directory.path());
        ASSERT_TRUE(opened);
        tree = *std::move(opened);
    }
    static std::string in(std::string_view attribute, std::string_view device = address) {
        return "bus/pci/devices/" + std::string{device} + "/" + std::string{attribute};
    }

    TemporaryDirectory directory;
    std::unique_ptr<PosixTree> tree;
};

TEST_F(PciTest, TellsWhatAFunctionIs) {
    const auto device = pci_device(*tree, address);
    ASSERT_TRUE(device);
    EXPECT_EQ(device->identity.vendor, 0x1b36);
    EXPECT_EQ(device->identity.subsystem, 0x1100);
    EXPECT_EQ(device->identity.serial_number, 0x1234'5678'9abc'def0U);
    EXPECT_EQ(device->driver, "nvme");
    EXPECT_EQ(device->tsm, "");
    EXPECT_EQ(device->doe_features,
              (std::vector<transport::DoeProtocol>{transport::doe_discovery, transport::doe_spdm}));
}

TEST_F(PciTest, ListsFunctionsAndThoseThatCannotBeRead) {
    directory.put(in("config", "0000:00:01.0"), config(256));
    directory.put(in("config", "0000:02:00.0"), Bytes(64, std::byte{0xff}));
    directory.put(in("config", "nonsense"), config(64));
    const auto bus = pci_bus(*tree);
    ASSERT_TRUE(bus);
    ASSERT_EQ(bus->devices.size(), 2U);
    EXPECT_EQ(bus->devices[0].address, "0000:00:01.0");
    EXPECT_EQ(bus->devices[0].driver, "");
    EXPECT_FALSE(bus->devices[0].identity.serial_number);
    ASSERT_EQ(bus->unreadable.size(), 2U);
    EXPECT_EQ(bus->unreadable[0].error, (Error{Errc::disconnected, "Vendor ID"}));
    EXPECT_EQ(bus->unreadable[1].error, (Error{Errc::bad_field, "PCI address"}));
}

TEST_F(PciTest, OpensTheConfigurationSpace) {
    auto space = open_config(*tree, address);
    ASSERT_TRUE(space);
    EXPECT_EQ(*(*space)->read(0), 0x0010'1b36U);
    EXPECT_EQ(*transport::doe_capabilities(**space), (std::vector<transport::DoeCapability>{{0x100, 1}}));
    ASSERT_TRUE((*space)->write(0x110, 0x1234'5678));
    EXPECT_EQ(*(*space)->read(0x110), 0x1234'5678U);
    for (std::size_t offset : {1U, 0x102U, 4096U}) {
        EXPECT_EQ((*space)->read(offset).error(), (Error{Errc::bad_field, "config offset", offset}));
        EXPECT_EQ((*space)->write(offset, 0).error(), (Error{Errc::bad_field, "config offset", offset}));
    }
}

TEST_F(PciTest, NeverOpensAFunctionThatATsmOwns) {
    directory.put(in("tsm/connect"), "\n");
    EXPECT_TRUE(open_config(*tree, address));
    directory.put(in("tsm/connect"), "tsm0\n");
    EXPECT_EQ(open_config(*tree, address).error(), (Error{Errc::owned, "tsm/connect"}));
    EXPECT_EQ(pci_device(*tree, address)->tsm, "tsm0");
    EXPECT_EQ(*tsm_owner(*tree, address), "tsm0");
}

TEST_F(PciTest, TellsMissingPrivilegeFromMissingExtendedSpace) {
    directory.put(in("config"), config(64));
    auto space = open_config(*tree, address);
    ASSERT_TRUE(space);
    EXPECT_EQ((*space)->read(0x100).error(), (Error{Errc::permission, "config", 0x100}));
    EXPECT_EQ(transport::doe_capabilities(**space).error().code, Errc::permission);
    EXPECT_EQ(pci_device(*tree, address)->identity.vendor, 0x1b36);
    directory.put(in("config"), config(256));
    space = open_config(*tree, address);
    ASSERT_TRUE(space);
    EXPECT_EQ((*space)->read(0x100).error(), (Error{Errc::truncated, "config", 0x100}));
    EXPECT_TRUE(transport::doe_capabilities(**space)->empty());
}

// Answers at once.
class EchoChannel final : public transport::Channel {
public:
    Result<void> send(ByteView message, Time, Time) override {
        message_ = to_bytes(message);
        return {};
    }
    Result<Progress> poll(Time) override { return message_; }
    std::size_t largest() const override { return 64; }
    std::string_view name() const override { return "echo"; }

private:
    Bytes message_;
};

TEST_F(PciTest, LooksForAnOwnerAroundEachExchange) {
    GuardedChannel channel{std::make_unique<EchoChannel>(), *tree, std::string{address}};
    EXPECT_EQ(channel.name(), "echo");
    ASSERT_TRUE(channel.send(as_bytes("abc"), {}, {}));
    EXPECT_TRUE(channel.poll({}));
    ASSERT_TRUE(channel.send(as_bytes("abc"), {}, {}));
    directory.put(in("tsm/connect"), "tsm0\n");
    EXPECT_EQ(channel.poll({}).error(), (Error{Errc::owned, "tsm/connect"}));
    EXPECT_EQ(channel.send(as_bytes("abc"), {}, {}).error(), (Error{Errc::owned, "tsm/connect"}));
}

TEST(PciAddress, HasFourParts) {
    for (std::string_view good : {"0000:01:00.0", "10000:e1:1f.7", "abcd:EF:00.3"})
        EXPECT_TRUE(is_pci_address(good)) << good;
    for (std::string_view bad :
         {"", "01:00.0", "0000:01:00", "0000:01:00.8", "0000:01:00.00", "0000:01:0g.0", "0000:01:00,0",
          "../../..:0:0", "0000/01:00.0", "000:01:00.0", "123456789:01:00.0", "0000:01:00.0/x"})
        EXPECT_FALSE(is_pci_address(bad)) << bad;
}

// A config file as the kernel's under lockdown: reading works, writing is refused.
class LockedFile final : public File {
public:
    Result<std::size_t> read_at(std::uint64_t, std::span<std::byte> into) override { return into.size(); }
    Result<std::size_t> write_at(std::uint64_t offset, ByteView) override {
        return fail(Errc::permission, "write", offset, EPERM);
    }
};

TEST(ConfigFile, PassesOnThatLockdownRefusesWriting) {
    ConfigFile space{std::make_unique<LockedFile>()};
    EXPECT_TRUE(space.read(0x100));
    EXPECT_EQ(space.write(0x110, 1).error(), (Error{Errc::permission, "write", 0x110, EPERM}));
}

}  // namespace
}  // namespace busguard::host
