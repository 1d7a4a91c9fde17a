#include "tests/emulate/hotplug_world.h"

#include <gmock/gmock.h>

#include <cerrno>

namespace busguard::emulate::hotplug {
namespace {

using testing::ElementsAre;

TEST(Sriov, PlacesVirtualFunctionsOnTheBus) {
    EXPECT_EQ(virtual_function(nic, 0)->text(), "0000:02:10.0");
    EXPECT_EQ(virtual_function(nic, 62)->text(), "0000:02:1f.4");
    EXPECT_EQ(virtual_function({0, 2, 0, 1}, 1)->text(), "0000:02:10.3") << "the second port";
    EXPECT_FALSE(virtual_function(nic, 64));
    EXPECT_FALSE(virtual_function({0, 0, 0x1f, 0}, 4));
}

TEST(Sriov, MakesVirtualFunctionsAndTakesThemAway) {
    const World world;
    EXPECT_EQ(world.read(nic_files, "sriov_totalvfs"), "4");
    EXPECT_EQ(world.read(nic_files, "sriov_numvfs"), "0");
    EXPECT_EQ(world.write(nic_files, "sriov_numvfs", "2\n"), 0);
    EXPECT_THAT(world.heard(),
                ElementsAre("add 0000:02:10.0", "change 0000:02:10.0", "bind 0000:02:10.0 DRIVER=nic",
                            "add 0000:02:10.2", "change 0000:02:10.2", "bind 0000:02:10.2 DRIVER=nic",
                            "change 0000:02:00.0 DRIVER=nic"));
    EXPECT_EQ(world.read(nic_files, "sriov_numvfs"), "2");
    EXPECT_EQ(*world.machine->tree().link(std::string{nic_files} + "virtfn1"), "../0000:02:10.2");
    const std::string vf = "bus/pci/devices/0000:02:10.2/";
    EXPECT_EQ(*world.machine->tree().link(vf + "physfn"), "../0000:02:00.0");
    EXPECT_EQ(world.read(vf + "physfn/device"), "0x0010");
    EXPECT_EQ(world.read(vf + "vendor"), "0x1ea5");
    EXPECT_EQ(world.read(vf + "device"), "0x0011");
    EXPECT_EQ(world.read(vf + "class"), "0x020000");
    for (const auto* name : {"serial_number", "doe_features", "sriov_totalvfs", "tsm", "reset"})
        EXPECT_FALSE(world.machine->tree().exists(vf + name)) << name;

    EXPECT_EQ(world.write(nic_files, "sriov_numvfs", "0"), 0);
    EXPECT_THAT(world.heard(), ElementsAre("unbind 0000:02:10.2", "remove 0000:02:10.2",
                                           "unbind 0000:02:10.0", "remove 0000:02:10.0"));
    EXPECT_FALSE(world.is_there("0000:02:10.0"));
    EXPECT_FALSE(world.machine->tree().exists(std::string{nic_files} + "virtfn0"));
    EXPECT_EQ(world.write(nic_files, "sriov_numvfs", "4"), 0) << "and again";
}

// PCIe 6.2, 9.3.4.1: who wants to know a virtual function asks sysfs, not its configuration space.
TEST(Sriov, HasNoIdentityInConfigurationSpace) {
    const World world;
    ASSERT_EQ(world.write(nic_files, "sriov_numvfs", "1"), 0);
    const auto config = *world.machine->tree().read("bus/pci/devices/0000:02:10.0/config");
    ASSERT_EQ(config.size(), 4096U);
    for (std::size_t at = 0; at < 4; ++at) EXPECT_EQ(config[at], std::byte{0xff});
    EXPECT_EQ(config[0x0b], std::byte{0x02}) << "the class is the physical function's";
}

TEST(Sriov, RefusesWhatTheKernelRefuses) {
    const World world;
    for (const auto* text : {"", "x", "1x", "-1", "70000"})
        EXPECT_EQ(world.write(nic_files, "sriov_numvfs", text), EINVAL) << text;
    EXPECT_EQ(world.write(nic_files, "sriov_numvfs", "5"), ERANGE);
    EXPECT_EQ(world.write(nic_files, "sriov_numvfs", "2"), 0);
    EXPECT_EQ(world.write(nic_files, "sriov_numvfs", "2"), 0) << "as it is";
    EXPECT_EQ(world.write(nic_files, "sriov_numvfs", "3"), EBUSY);
    EXPECT_EQ(world.write(nic_files, "sriov_numvfs", "0"), 0);
    EXPECT_EQ(world.write("bus/pci/drivers/nic/unbind", "0000:02:00.0"), 0);
    EXPECT_EQ(world.write(nic_files, "sriov_numvfs", "1"), ENOENT) << "no driver";

    EXPECT_EQ(world.write("bus/pci/drivers/nic/bind", "0000:02:00.0"), 0);
    auto squatter = impostor();
    squatter.address = {0, 2, 0x10, 2};
    squatter.under = PciAddress{0, 0, 2, 0};
    ASSERT_TRUE(world.machine->plug(squatter));
    EXPECT_EQ(world.write(nic_files, "sriov_numvfs", "2"), ENOMEM) << "its address is taken";
    EXPECT_EQ(world.write(nic_files, "sriov_numvfs", "1"), 0);
    squatter.address = {0, 2, 0x10, 0};
    EXPECT_FALSE(world.machine->plug(squatter)) << "a virtual function's";
    EXPECT_FALSE(world.machine->unplug(squatter.address));
}

TEST(Sriov, HoldsDriversOffVirtualFunctions) {
    const World world;
    EXPECT_EQ(world.read(nic_files, "sriov_drivers_autoprobe"), "1");
    EXPECT_EQ(world.write(nic_files, "sriov_drivers_autoprobe", "2"), EINVAL);
    EXPECT_EQ(world.write(nic_files, "sriov_drivers_autoprobe", "0\n"), 0);
    EXPECT_EQ(world.write(nic_files, "sriov_numvfs", "1"), 0);
    const PciAddress vf{0, 2, 0x10, 0};
    EXPECT_EQ(world.machine->pci().bound_driver(vf), "");
    EXPECT_EQ(world.write("bus/pci/drivers_probe", "0000:02:10.0"), 0);
    EXPECT_EQ(world.machine->pci().bound_driver(vf), "");
    EXPECT_EQ(world.write("bus/pci/drivers/nic/bind", "0000:02:10.0"), ENODEV);
    EXPECT_EQ(world.write("bus/pci/devices/0000:02:10.0/driver_override", "vfio-pci\n"), 0);
    EXPECT_EQ(world.write("bus/pci/drivers_probe", "0000:02:10.0"), 0);
    EXPECT_EQ(world.machine->pci().bound_driver(vf), "vfio-pci");
}

TEST(Sriov, GoesWithThePhysicalFunction) {
    const auto unbind = [](const World& world) {
        return world.write("bus/pci/drivers/nic/unbind", "0000:02:00.0") == 0;
    };
    const auto remove = [](const World& world) { return world.write(nic_files, "remove", "1") == 0; };
    const auto remove_the_bridge = [](const World& world) {
        return world.write("bus/pci/devices/0000:00:02.0/remove", "1") == 0;
    };
    const auto unplug = [](const World& world) { return world.machine->unplug(nic).operator bool(); };
    using Way = std::pair<const char*, bool (*)(const World&)>;
    for (const auto& [name, way] : {Way{"unbind", unbind}, Way{"remove", remove},
                                    Way{"remove the bridge", remove_the_bridge}, Way{"unplug", unplug}}) {
        const World world;
        EXPECT_EQ(world.write(nic_files, "sriov_numvfs", "4"), 0);
        EXPECT_TRUE(way(world)) << name;
        for (const auto* vf : {"0000:02:10.0", "0000:02:10.2", "0000:02:10.4", "0000:02:10.6"})
            EXPECT_FALSE(world.is_there(vf)) << name;
        EXPECT_EQ(world.write("bus/pci/rescan", "1"), 0);
        EXPECT_FALSE(world.is_there("0000:02:10.0")) << name;
        EXPECT_EQ(world.is_there("0000:02:00.0"), std::string_view{name} != "unplug") << name;
    }
}

TEST(Sriov, IsNotFoundByARescanOnceItWasRemoved) {
    const World world;
    auto integrated = world.machine->device(nic)->description();
    integrated.address = {0, 0, 3, 0};
    integrated.under.reset();
    ASSERT_TRUE(world.machine->plug(integrated));
    for (const auto& [physical, vf] :
         {std::pair{"0000:02:00.0", "0000:02:10.0"}, {"0000:00:03.0", "0000:00:13.0"}}) {
        const auto number = std::string{functions} + physical + "/sriov_numvfs";
        EXPECT_EQ(world.write(number, "1"), 0);
        EXPECT_TRUE(world.is_there(vf)) << vf;
        EXPECT_EQ(world.write(std::string{functions} + vf + "/remove", "1"), 0);
        EXPECT_EQ(world.write("bus/pci/rescan", "1"), 0);
        EXPECT_FALSE(world.is_there(vf)) << vf;
        EXPECT_EQ(world.write(number, "0"), 0);
        EXPECT_EQ(world.write(number, "1"), 0);
        EXPECT_TRUE(world.is_there(vf)) << vf;
    }
}

}  // namespace
}  // namespace busguard::emulate::hotplug
