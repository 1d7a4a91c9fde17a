#include "host/fuse.h"

#include "emulate/pci_tree.h"
#include "host/clock.h"
#include "host/pci.h"
#include "host/posix_tree.h"
#include "tests/emulate/worlds.h"
#include "transport/doe_mailbox.h"

#include <gtest/gtest.h>

#include <array>
#include <cerrno>
#include <cstdlib>
#include <fcntl.h>
#include <filesystem>
#include <fstream>
#include <thread>
#include <unistd.h>

namespace busguard::emulate {
namespace {

namespace fs = std::filesystem;
using namespace std::chrono_literals;

class Echo final : public Endpoint {
public:
    Bytes answer(ByteView request) override { return to_bytes(request); }
};

bool is_mounted(const std::string& directory) {
    std::ifstream mounts{"/proc/self/mounts"};
    for (std::string line; std::getline(mounts, line);)
        if (line.find(" " + directory + " ") != std::string::npos) return true;
    return false;
}

/// A mounted tree with one device, served by a thread until the end of the test.
class Fuse : public testing::Test {
protected:
    void SetUp() override {
        std::string name = testing::TempDir() + "busguard-fuse-XXXXXX";
        ASSERT_NE(mkdtemp(name.data()), nullptr);
        directory_ = name;
        auto mount = host::FuseMount::at(directory_, tree_);
        if (!mount) GTEST_SKIP() << "NOT TESTED: no FUSE here: " << mount.error().text();
        mount_ = *std::move(mount);
        server_ = std::thread{[this] { mount_->serve(clock_, stop_); }};
    }
    void TearDown() override {
        stop_ = true;
        if (server_.joinable()) server_.join();
        mount_.reset();
        EXPECT_FALSE(is_mounted(directory_)) << "a mount is left over";
        std::error_code error;
        EXPECT_TRUE(fs::remove(directory_, error)) << error.message();
    }
    std::string path(std::string_view below) const { return directory_ + "/" + std::string{below}; }
    static std::string contents(const std::string& file) {
        std::ifstream in{file};
        return {std::istreambuf_iterator<char>{in}, {}};
    }

    host::SystemClock clock_;
    Echo echo_;
    DoeRegisters mailbox_{{}, clock_, &echo_};
    ConfigRegisters registers_{{.vendor = 0x144d, .device = 0xa80a, .class_code = 0x010802}, {&mailbox_}};
    host::NodeTree tree_;
    PciTree pci_{tree_, {}};
    std::string directory_;
    std::unique_ptr<host::FuseMount> mount_;
    std::atomic<bool> stop_ = false;
    std::thread server_;
};

const PciAddress mounted_drive{0, 0, 3, 0};
constexpr auto device = "bus/pci/devices/0000:00:03.0/";

class FuseWithDevice : public Fuse {
protected:
    void SetUp() override {
        pci_.add({.address = mounted_drive,
                  .identity = {.vendor = 0x144d, .device = 0xa80a, .class_code = 0x010802},
                  .driver = "nvme",
                  .features = {transport::doe_discovery},
                  .config = &registers_});
        Fuse::SetUp();
    }
};

TEST_F(FuseWithDevice, ShowsTheTreeAsFiles) {
    EXPECT_EQ(contents(path(device) + "vendor"), "0x144d\n");
    EXPECT_EQ(contents(path(device) + "doe_features/doe_discovery"), "0001:00\n");
    EXPECT_EQ(fs::read_symlink(path(device) + "driver"), "../../../bus/pci/drivers/nvme");
    EXPECT_EQ(fs::canonical(path(device) + "driver"), fs::canonical(path("bus/pci/drivers/nvme")));
    std::vector<std::string> names;
    for (const auto& entry : fs::directory_iterator{path("bus/pci")})
        names.push_back(entry.path().filename());
    std::ranges::sort(names);
    EXPECT_EQ(names, (std::vector<std::string>{"devices", "drivers", "drivers_autoprobe", "drivers_probe",
                                               "rescan"}));
    EXPECT_EQ(fs::file_size(path(device) + "config"), 4096U);
    EXPECT_FALSE(fs::exists(path("bus/pci/devices/0000:00:04.0")));
}

TEST_F(FuseWithDevice, TakesAWholeDoeExchangeThroughConfig) {
    const auto file = ::open((path(device) + "config").c_str(), O_RDWR | O_CLOEXEC);
    ASSERT_GE(file, 0);
    auto write = [&](off_t offset, std::uint32_t value) { EXPECT_EQ(pwrite(file, &value, 4, offset), 4); };
    auto read = [&](off_t offset) {
        std::uint32_t value = 0;
        EXPECT_EQ(pread(file, &value, 4, offset), 4);
        return value;
    };
    EXPECT_EQ(read(0), 0xa80a144dU);
    write(0x170, 0x00010001);
    write(0x170, 3);
    write(0x170, 0x00008410);
    write(0x168, 1U << 31);
    EXPECT_EQ(read(0x16c), 1U << 31);
    for (auto expected : {0x00010001U, 3U, 0x00008410U}) {
        EXPECT_EQ(read(0x174), expected);
        EXPECT_EQ(read(0x174), expected) << "the kernel has kept a copy";
        write(0x174, 0);
    }
    EXPECT_EQ(read(0x16c), 0U);
    std::array<char, 8192> all{};
    EXPECT_EQ(pread(file, all.data(), all.size(), 0), 4096);
    EXPECT_EQ(pread(file, all.data(), 8, 4096), 0);
    close(file);
}

// As busguard itself comes: the mount as a FileTree, config as a configuration space, the mailbox over it.
TEST_F(FuseWithDevice, IsReachedThroughTheHostsOwnSeams) {
    const auto sys = host::PosixTree::open_root(directory_);
    ASSERT_TRUE(sys);
    const auto bus = host::pci_bus(**sys);
    ASSERT_TRUE(bus);
    ASSERT_EQ(bus->devices.size(), 1U);
    EXPECT_EQ(bus->devices[0].driver, "nvme");
    EXPECT_EQ(bus->devices[0].identity.class_code, 0x010802U);
    const auto config = host::open_config(**sys, "0000:00:03.0");
    ASSERT_TRUE(config);
    const auto mailboxes = transport::doe_capabilities(**config);
    ASSERT_TRUE(mailboxes);
    ASSERT_EQ(mailboxes->size(), 1U);
    transport::Mailbox mailbox{**config, mailboxes->front()};
    const Bytes request(16, std::byte{7});
    ASSERT_TRUE(mailbox.begin(transport::doe_spdm, request, clock_.now(), 1s));
    for (;;) {
        auto progress = mailbox.poll(clock_.now());
        ASSERT_TRUE(progress) << progress.error().what;
        if (auto* object = std::get_if<transport::DataObject>(&*progress)) {
            EXPECT_EQ(object->payload, request);
            break;
        }
        clock_.wait(std::get<transport::Channel::Waiting>(*progress).until, {});
    }
}

TEST_F(FuseWithDevice, ActsOnWritesAndGivesTheErrno) {
    {
        std::ofstream unbind{path("bus/pci/drivers/nvme/unbind")};
        unbind << "0000:00:03.0\n" << std::flush;
        EXPECT_TRUE(unbind);
    }
    EXPECT_FALSE(fs::exists(path(device) + "driver"));
    const auto probe = ::open(path("bus/pci/drivers_probe").c_str(), O_WRONLY | O_TRUNC | O_CLOEXEC);
    ASSERT_GE(probe, 0);
    EXPECT_EQ(::write(probe, "0000:09:00.0", 12), -1);
    EXPECT_EQ(errno, ENODEV);
    EXPECT_EQ(::write(probe, "0000:00:03.0", 12), 12);
    close(probe);
    EXPECT_TRUE(fs::exists(path(device) + "driver"));
    const auto vendor = ::open((path(device) + "vendor").c_str(), O_WRONLY | O_CLOEXEC);
    EXPECT_EQ(::write(vendor, "0", 1), -1);
    EXPECT_EQ(errno, EACCES);
    close(vendor);
}

TEST_F(FuseWithDevice, TellsWhoeverHoldsARemovedDeviceThatItIsGone) {
    const auto config = ::open((path(device) + "config").c_str(), O_RDWR | O_CLOEXEC);
    ASSERT_GE(config, 0);
    {
        std::ofstream remove{path(device) + "remove"};
        remove << "1" << std::flush;
        EXPECT_TRUE(remove);
    }
    EXPECT_FALSE(fs::exists(path(device)));
    char byte = 0;
    EXPECT_EQ(pread(config, &byte, 1, 0), -1);
    EXPECT_EQ(errno, ENODEV);
    close(config);
}

TEST(FuseMount, NamesWhatIsInTheWay) {
    host::NodeTree tree;
    const auto mount = host::FuseMount::at("/nowhere/at/all", tree);
    ASSERT_FALSE(mount);
    if (fs::exists("/dev/fuse"))
        EXPECT_EQ(mount.error().text(), "/nowhere/at/all: is not a directory (mkdir -p /nowhere/at/all)");
    else
        EXPECT_EQ(mount.error().where, "/dev/fuse");
}

}  // namespace
}  // namespace busguard::emulate
