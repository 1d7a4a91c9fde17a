#include "tests/emulate/hotplug_world.h"

#include <gmock/gmock.h>

#include <cerrno>

namespace busguard::emulate::hotplug {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;

TEST(Tsm, ComesLate) {
    const World world;
    auto& pci = world.machine->pci();
    ASSERT_TRUE(pci.remove_tsm("tsm0"));
    EXPECT_THAT(world.heard(), ElementsAre("remove tsm0"));
    EXPECT_FALSE(world.machine->tree().exists("class/tsm/tsm0"));
    for (const auto* name : {"tsm", "authenticated"})
        EXPECT_FALSE(world.machine->tree().exists(std::string{drive_files} + name)) << name;
    ASSERT_TRUE(world.machine->unplug(drive));
    ASSERT_TRUE(world.machine->plug(drive));
    EXPECT_FALSE(world.machine->tree().exists(std::string{drive_files} + "tsm"));
    (void)world.heard();

    ASSERT_TRUE(pci.add_tsm("tsm1"));
    const auto taken = *world.machine->uevents().take();
    ASSERT_EQ(taken.events.size(), 2U);
    EXPECT_EQ(taken.events[0].action, "add");
    EXPECT_EQ(taken.events[1].action, "change");
    EXPECT_EQ(taken.events[1].subsystem, "tsm");
    EXPECT_EQ(taken.events[1].path, "devices/virtual/tsm/tsm1");
    EXPECT_THAT(*world.machine->tree().list("class/tsm"), ElementsAre("tsm1"));
    EXPECT_THAT(*world.machine->tree().list("class/tsm/tsm1"), IsEmpty());
    EXPECT_EQ(world.read(drive_files, "tsm/connect"), "");
    EXPECT_EQ(world.read(drive_files, "tsm/dsm"), "");
    EXPECT_EQ(world.read(drive_files, "authenticated"), "");
    EXPECT_FALSE(world.machine->tree().exists(std::string{nic_files} + "tsm"));
    EXPECT_EQ(pci.add_tsm("tsm1").error().detail, EEXIST);
    for (const auto* name : {"", "tsm", "tsmx", "tsm1/..", "other"})
        EXPECT_EQ(pci.add_tsm(name).error().detail, EINVAL) << name;
}

TEST(Tsm, GoesAndLeavesItsDevices) {
    const World world;
    auto& pci = world.machine->pci();
    ASSERT_TRUE(pci.add_tsm("tsm1"));
    EXPECT_EQ(world.write(drive_files, "tsm/connect", "tsm1"), 0);
    EXPECT_EQ(world.read(drive_files, "tsm/dsm"), "0000:01:00.0");
    ASSERT_TRUE(pci.remove_tsm("tsm1"));
    EXPECT_EQ(world.read(drive_files, "tsm/connect"), "") << "the directory stays for the other TSM";
    EXPECT_EQ(world.write(drive_files, "tsm/connect", "tsm1"), ENXIO);
    EXPECT_EQ(world.write(drive_files, "tsm/connect", "tsm0"), 0);
    EXPECT_EQ(pci.remove_tsm("tsm1").error().detail, ENXIO);
    ASSERT_TRUE(pci.remove_tsm("tsm0"));
    ASSERT_TRUE(pci.add_tsm("tsm0"));
    EXPECT_EQ(world.read(drive_files, "authenticated"), "");
}

// So it is in Linux 7.2: nothing in tsm.c hears of a reset or an error (encryption.md 6.2).
TEST(Tsm, IsStillNamedAfterAResetButNotAfterARemoval) {
    const World world;
    EXPECT_EQ(world.write(drive_files, "tsm/connect", "tsm0"), 0);
    EXPECT_EQ(world.write(drive_files, "reset", "1"), 0);
    ASSERT_TRUE(world.machine->recover(drive, false));
    world.machine->sleep();
    EXPECT_EQ(world.read(drive_files, "tsm/connect"), "tsm0");
    EXPECT_EQ(world.read(drive_files, "authenticated"), "tsm0");
    EXPECT_EQ(world.write(drive_files, "remove", "1"), 0);
    EXPECT_EQ(world.write("bus/pci/rescan", "1"), 0);
    EXPECT_EQ(world.read(drive_files, "tsm/connect"), "");
    EXPECT_EQ(world.write(drive_files, "tsm/connect", "tsm0"), 0);
    ASSERT_TRUE(world.machine->replace(drive, impostor()));
    EXPECT_EQ(world.read(drive_files, "authenticated"), "tsm0") << "of a device that is another by now";
    EXPECT_EQ(world.write(drive_files, "remove", "1"), 0);
    EXPECT_EQ(world.write("bus/pci/rescan", "1"), 0);
    EXPECT_FALSE(world.machine->tree().exists(std::string{drive_files} + "tsm")) << "the new one has none";
}

}  // namespace
}  // namespace busguard::emulate::hotplug
