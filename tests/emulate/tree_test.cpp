#include "emulate/pci_tree.h"
#include "host/node_tree.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cerrno>

namespace busguard::emulate {
namespace {

using testing::Contains;
using testing::ElementsAre;
using testing::Not;

const PciAddress port{0, 0, 1, 0};
const PciAddress tree_drive{0, 1, 0, 0};

struct TreeWorld {
    explicit TreeWorld(std::vector<std::string> tsms = {})
        : pci{tree, {.drivers = {"vfio-pci"}, .tsms = std::move(tsms)}, &uevents} {
        pci.add({.address = port,
                 .identity = {.vendor = 0x8086, .device = 0x1901, .class_code = 0x060400, .header_type = 1},
                 .driver = "pcieport"});
        pci.add({.address = tree_drive,
                 .under = port,
                 .identity = {.vendor = 0x144d,
                              .device = 0xa80a,
                              .class_code = 0x010802,
                              .revision = 2,
                              .subsystem_vendor = 0x144d,
                              .subsystem = 0xa801,
                              .serial_number = 0x0025385b11c0ffee},
                 .driver = "nvme",
                 .features = {transport::doe_discovery, transport::doe_spdm},
                 .tsm = "",
                 .config = &registers});
    }

    std::string read(std::string_view path) const {
        const auto bytes = tree.read(path, 4096);
        return bytes ? std::string{as_text(*bytes)}
                     : "errno " + std::to_string(host::to_errno(bytes.error()));
    }
    int write(std::string_view path, std::string_view text) {
        const auto done = tree.write(path, as_bytes(text));
        return done ? 0 : host::to_errno(done.error());
    }

    host::NodeTree tree;
    UeventQueue uevents;
    ConfigRegisters registers{{.vendor = 0x144d, .device = 0xa80a}, {}};
    PciTree pci;
};

TEST(NodeTree, FollowsLinksInThePathAndShowsThemAtItsEnd) {
    TreeWorld world;
    EXPECT_EQ(world.read("bus/pci/devices/0000:01:00.0/vendor"), "0x144d\n");
    EXPECT_EQ(*world.tree.link("bus/pci/devices/0000:01:00.0"),
              "../../../devices/pci0000:00/0000:00:01.0/0000:01:00.0");
    EXPECT_EQ(*world.tree.link("bus/pci/devices/0000:01:00.0/driver"), "../../../../bus/pci/drivers/nvme");
    EXPECT_EQ(world.read("bus/pci/drivers/nvme/0000:01:00.0/device"), "0xa80a\n");
    EXPECT_THAT(*world.tree.list("bus/pci/devices"), ElementsAre("0000:00:01.0", "0000:01:00.0"));
}

TEST(NodeTree, RefusesPathsThatAreNoneAndCirclesOfLinks) {
    TreeWorld world;
    for (const auto* path : {"/bus", "bus/", "bus//pci", "bus/../bus", "."})
        EXPECT_EQ(world.tree.read(path, 9).error().code, Errc::bad_field) << path;
    EXPECT_EQ(world.read("bus/pci/nothing"), "errno " + std::to_string(ENOENT));
    EXPECT_EQ(world.read("bus/pci"), "errno " + std::to_string(EISDIR));
    world.tree.add_link(host::NodeTree::root, "round", "round");
    EXPECT_EQ(world.read("round/x"), "errno " + std::to_string(ELOOP));
    EXPECT_TRUE(world.tree.exists(""));
}

TEST(NodeTree, RefusesTheAccessThatAFileDoesNotHave) {
    TreeWorld world;
    EXPECT_EQ(world.write("bus/pci/devices/0000:01:00.0/vendor", "0x1234"), EACCES);
    EXPECT_EQ(world.read("bus/pci/drivers_probe"), "errno " + std::to_string(EACCES));
    EXPECT_EQ(world.tree.open("bus/pci/drivers_probe", host::Access::read).error().code, Errc::permission);
    EXPECT_EQ(world.tree.read("bus/pci/devices/0000:01:00.0/uevent", 10).error().code, Errc::too_large);
}

TEST(PciTree, ShowsWhatTheKernelShows) {
    TreeWorld world;
    const std::string device = "bus/pci/devices/0000:01:00.0/";
    EXPECT_EQ(world.read(device + "class"), "0x010802\n");
    EXPECT_EQ(world.read(device + "revision"), "0x02\n");
    EXPECT_EQ(world.read(device + "subsystem_vendor"), "0x144d\n");
    EXPECT_EQ(world.read(device + "subsystem_device"), "0xa801\n");
    EXPECT_EQ(world.read(device + "serial_number"), "00-25-38-5b-11-c0-ff-ee\n");
    EXPECT_EQ(world.read(device + "modalias"), "pci:v0000144Dd0000A80Asv0000144Dsd0000A801bc01sc08i02\n");
    EXPECT_EQ(world.read(device + "uevent"),
              "DRIVER=nvme\nPCI_CLASS=10802\nPCI_ID=144D:A80A\nPCI_SUBSYS_ID=144D:A801\n"
              "PCI_SLOT_NAME=0000:01:00.0\nMODALIAS=pci:v0000144Dd0000A80Asv0000144Dsd0000A801bc01sc08i02\n");
    EXPECT_THAT(*world.tree.list(device + "doe_features"), ElementsAre("0001:01", "doe_discovery"));
    EXPECT_EQ(world.read(device + "doe_features/doe_discovery"), "0001:00\n");
    EXPECT_EQ(world.tree.read(device + "config", 4096)->size(), 4096U);
    EXPECT_FALSE(world.tree.exists(device + "tsm")) << "there is no TSM on this platform";
}

TEST(PciTree, UnbindsBindsAndProbes) {
    TreeWorld world;
    const std::string device = "bus/pci/devices/0000:01:00.0/";
    EXPECT_EQ(world.write("bus/pci/drivers/vfio-pci/unbind", "0000:01:00.0"), ENODEV) << "not its driver";
    EXPECT_EQ(world.write("bus/pci/drivers/nvme/unbind", "0000:01:00.0\n"), 0);
    EXPECT_FALSE(world.tree.exists(device + "driver"));
    EXPECT_EQ(world.write("bus/pci/drivers/vfio-pci/bind", "0000:01:00.0"), ENODEV) << "does not match";
    EXPECT_EQ(world.write(device + "driver_override", "vfio-pci\n"), 0);
    EXPECT_EQ(world.read(device + "driver_override"), "vfio-pci\n");
    EXPECT_EQ(world.write("bus/pci/drivers_probe", "0000:01:00.0"), 0);
    EXPECT_EQ(world.pci.bound_driver(tree_drive), "vfio-pci");
    EXPECT_EQ(world.write("bus/pci/drivers/vfio-pci/bind", "0000:01:00.0"), EBUSY);
    EXPECT_EQ(world.write("bus/pci/drivers/vfio-pci/unbind", "0000:01:00.0"), 0);
    EXPECT_EQ(world.write(device + "driver_override", "\n"), 0);
    EXPECT_EQ(world.read(device + "driver_override"), "(null)\n");
    EXPECT_EQ(world.write("bus/pci/drivers/nvme/bind", "0000:01:00.0"), 0);
    EXPECT_EQ(world.pci.bound_driver(tree_drive), "nvme");
    EXPECT_EQ(world.write("bus/pci/drivers_probe", "0000:99:00.0"), ENODEV);
}

TEST(PciTree, RemovesAndRescansWithoutABindingWhenAutoprobeIsOff) {
    TreeWorld world;
    auto file = world.tree.open("bus/pci/devices/0000:01:00.0/config", host::Access::read_write);
    ASSERT_TRUE(file);
    EXPECT_EQ(world.write("bus/pci/drivers_autoprobe", "0\n"), 0);
    EXPECT_EQ(world.read("bus/pci/drivers_autoprobe"), "0\n");
    EXPECT_EQ(world.write("bus/pci/devices/0000:00:01.0/remove", "1\n"), 0)
        << "the port, and the drive with it";
    EXPECT_THAT(*world.tree.list("bus/pci/devices"), ElementsAre());
    EXPECT_THAT(*world.tree.list("bus/pci/drivers/nvme"), Not(Contains("0000:01:00.0")));
    std::array<std::byte, 4> dword{};
    EXPECT_EQ((*file)->read_at(0, dword).error().code, Errc::disconnected);
    EXPECT_EQ(world.write("bus/pci/rescan", "1"), 0);
    EXPECT_THAT(*world.tree.list("bus/pci/devices"), ElementsAre("0000:00:01.0", "0000:01:00.0"));
    EXPECT_EQ(world.read("bus/pci/devices/0000:01:00.0/vendor"), "0x144d\n");
    EXPECT_EQ(world.pci.bound_driver(tree_drive), "");
    EXPECT_FALSE((*file)->read_at(0, dword)) << "an old file stays dead";
}

// Documentation/ABI/testing/sysfs-bus-pci, tsm/
TEST(PciTree, ConnectsATsm) {
    TreeWorld world{{"tsm0"}};
    const std::string device = "bus/pci/devices/0000:01:00.0/";
    EXPECT_EQ(world.read(device + "tsm/connect"), "\n");
    EXPECT_EQ(world.write(device + "tsm/connect", "nonsense"), EINVAL);
    EXPECT_EQ(world.write(device + "tsm/connect", "tsm7"), ENXIO);
    EXPECT_EQ(world.write(device + "tsm/connect", "tsm0\n"), 0);
    EXPECT_EQ(world.read(device + "tsm/connect"), "tsm0\n");
    EXPECT_EQ(world.read(device + "authenticated"), "tsm0\n");
    EXPECT_EQ(world.write(device + "tsm/connect", "tsm0"), EBUSY);
    EXPECT_EQ(world.write(device + "tsm/disconnect", "tsm1"), EINVAL);
    EXPECT_EQ(world.write(device + "tsm/disconnect", "tsm0"), 0);
    EXPECT_EQ(world.write(device + "tsm/disconnect", "tsm0"), ENXIO);
    EXPECT_TRUE(world.tree.exists("class/tsm/tsm0"));
    EXPECT_FALSE(world.tree.exists("bus/pci/devices/0000:00:01.0/tsm"));
}

TEST(PciTree, ReplacesWhatStandsBehindAnAddress) {
    TreeWorld world;
    ConfigRegisters other{{.vendor = 0xbad0, .device = 0xbad1}, {}};
    ASSERT_TRUE(world.pci.replace({.address = tree_drive, .identity = {.vendor = 0xbad0}, .config = &other}));
    const std::string device = "bus/pci/devices/0000:01:00.0/";
    EXPECT_EQ(world.tree.read(device + "config", 4096)->front(), std::byte{0xd0});
    EXPECT_EQ(world.read(device + "vendor"), "0x144d\n");
    ASSERT_TRUE(world.pci.replace({.address = tree_drive, .identity = {.vendor = 0xbad0}}));
    EXPECT_EQ(world.read(device + "config"), "errno " + std::to_string(ENODEV)) << "nothing answers";
    EXPECT_EQ(world.pci.replace({.address = {0, 9, 0, 0}}).error().code, Errc::not_found);
    EXPECT_EQ(world.uevents.take()->events.size(), 4U) << "add and bind of both, at boot";
    world.pci.remove(port);
    world.pci.rescan();
    EXPECT_EQ(*world.tree.link("bus/pci/devices/0000:01:00.0"),
              "../../../devices/pci0000:00/0000:00:01.0/0000:01:00.0")
        << "it is below the same bridge";
    EXPECT_EQ(world.read(device + "vendor"), "0xbad0\n");
    EXPECT_FALSE(world.tree.exists(device + "config"));
}

TEST(PciAddress, IsReadAndWrittenAsTheKernelDoes) {
    EXPECT_EQ(PciAddress::parse("0000:01:00.0"), tree_drive);
    EXPECT_EQ(PciAddress::parse("00Ab:ff:1f.7")->text(), "00ab:ff:1f.7");
    for (const auto* text :
         {"", "01:00.0", "0000:01:20.0", "0000:01:00.8", "0000:01:00.0 ", "0000.01:00.0", "-000:01:00.0"})
        EXPECT_FALSE(PciAddress::parse(text)) << text;
}

}  // namespace
}  // namespace busguard::emulate
