#include "crypto/path.h"
#include "drive/errand.h"
#include "host/pci.h"
#include "spdm/algorithms.h"
#include "spdm/authentication.h"
#include "spdm/certificate_chain.h"
#include "tests/emulate/hotplug_world.h"
#include "transport/doe_channel.h"

#include <gmock/gmock.h>

#include <cerrno>

namespace busguard::emulate::hotplug {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;

/// A requester at the mailbox, by the config file as a program opens it.
class Requester {
public:
    Requester(World& world, PciAddress address)
        : world_{&world}, config_{*host::open_config(world.machine->tree(), address.text())} {}

    /// The answer's code, 7Fh for an ERROR.
    int ask(std::initializer_list<unsigned> request) {
        Bytes message;
        for (const auto byte : request) message.push_back(static_cast<std::byte>(byte));
        auto done = channel_.send(message, world_->clock.now(), std::chrono::seconds{1});
        while (done) {
            const auto progress = channel_.poll(world_->clock.now());
            if (!progress) break;
            if (const auto* answer = std::get_if<Bytes>(&*progress))
                return std::to_integer<int>((*answer)[1]);
            world_->clock.wait(std::get<transport::Channel::Waiting>(*progress).until, {});
        }
        return -1;
    }
    int get_version() { return ask({0x10, 0x84, 0, 0}); }
    int get_capabilities() { return ask({0x11, 0xe1, 0, 0, 0, 14, 0, 0, 0, 0, 0, 0}); }
    std::uint32_t vendor_and_device() { return config_->read(0).operator bool() ? *config_->read(0) : 0; }

    /// A whole dialogue; the root of the chain that it brought, in DER.
    Bytes root() {
        spdm::Visit visit{{spdm::Plan{}, world_->entropy}};
        const auto done = drive::carry(visit, channel_, world_->clock);
        if (!done) return to_bytes(as_bytes(done.error().what));
        const auto& found = visit.rules().found();
        const auto structure =
            spdm::read_chain_structure(found.chains.at(0).structure, spdm::size(found.agreed->hash));
        return to_bytes(crypto::split_chain(structure->certificates)->front().der());
    }

private:
    World* world_;
    std::unique_ptr<host::ConfigFile> config_;
    transport::DoeChannel channel_{*config_, transport::doe_capabilities(*config_)->front()};
};

constexpr int version = 0x04;
constexpr int capabilities = 0x61;
constexpr int error = 0x7f;

TEST(UeventQueue, DropsWhatNobodyTakesAndSaysSoOnce) {
    UeventQueue queue{2};
    for (int n = 0; n < 5; ++n) queue.say({.action = "add", .path = "a", .subsystem = "pci"});
    EXPECT_EQ(queue.descriptor(), -1);
    auto taken = queue.take();
    ASSERT_TRUE(taken);
    EXPECT_TRUE(taken->lost);
    ASSERT_EQ(taken->events.size(), 2U);
    EXPECT_EQ(taken->events[1].property("SEQNUM"), "2");
    queue.say({.action = "remove", .path = "a", .subsystem = "pci"});
    taken = queue.take();
    EXPECT_FALSE(taken->lost);
    ASSERT_EQ(taken->events.size(), 1U);
    EXPECT_EQ(taken->events[0].property("SEQNUM"), "6") << "the dropped ones are counted";
    EXPECT_TRUE(queue.take()->events.empty());
}

TEST(Hotplug, SaysNothingOfWhatWasThereAtBoot) {
    const World world;
    EXPECT_THAT(world.heard(), IsEmpty());
    EXPECT_TRUE(world.is_there("0000:01:00.0"));
    EXPECT_FALSE(world.is_there("0000:02:01.0")) << "not present";
}

TEST(Hotplug, SaysWhatTheKernelSays) {
    const World world;
    ASSERT_TRUE(world.machine->unplug(drive));
    ASSERT_TRUE(world.machine->plug(drive));
    const auto taken = *world.machine->uevents().take();
    ASSERT_EQ(taken.events.size(), 4U);
    const auto& unbind = taken.events[0];
    EXPECT_EQ(unbind.action, "unbind");
    EXPECT_EQ(unbind.property("DRIVER"), "") << "it is gone by then";
    EXPECT_EQ(taken.events[1].action, "remove");
    const auto& add = taken.events[2];
    EXPECT_EQ(add.action, "add");
    EXPECT_EQ(add.path, "devices/pci0000:00/0000:00:01.0/0000:01:00.0");
    EXPECT_EQ(add.subsystem, "pci");
    EXPECT_EQ(add.property("DRIVER"), "");
    EXPECT_EQ(add.property("PCI_CLASS"), "10802");
    EXPECT_EQ(add.property("PCI_ID"), "1EA5:0001");
    EXPECT_EQ(add.property("PCI_SUBSYS_ID"), "0000:0000");
    EXPECT_EQ(add.property("PCI_SLOT_NAME"), "0000:01:00.0");
    EXPECT_EQ(add.property("MODALIAS"), "pci:v00001EA5d00000001sv00000000sd00000000bc01sc08i02");
    EXPECT_EQ(taken.events[3].action, "bind");
    EXPECT_EQ(taken.events[3].property("DRIVER"), "nvme");
}

TEST(Hotplug, PullsADeviceOutForGood) {
    const World world;
    auto file = world.machine->tree().open(std::string{drive_files} + "config", host::Access::read_write);
    ASSERT_TRUE(file);
    ASSERT_TRUE(world.machine->unplug(drive));
    EXPECT_THAT(world.heard(), ElementsAre("unbind 0000:01:00.0", "remove 0000:01:00.0"));
    EXPECT_EQ(world.write("bus/pci/rescan", "1"), 0);
    EXPECT_FALSE(world.is_there("0000:01:00.0")) << "there is nothing to be found";
    std::array<std::byte, 4> dword{};
    EXPECT_EQ((*file)->read_at(0, dword).error().code, Errc::disconnected);
    EXPECT_EQ(world.machine->unplug(drive).error().code, Errc::unexpected);
    EXPECT_EQ(world.machine->unplug({0, 9, 0, 0}).error().code, Errc::not_found);
    ASSERT_TRUE(world.machine->plug(drive));
    EXPECT_EQ(world.machine->plug(drive).error().code, Errc::unexpected);
    EXPECT_EQ(world.machine->plug(PciAddress{0, 9, 0, 0}).error().code, Errc::not_found);
    EXPECT_FALSE((*file)->read_at(0, dword)) << "an old file stays dead";
}

TEST(Hotplug, PlugsABridgeWithAllBelow) {
    const World world;
    ASSERT_TRUE(world.machine->unplug(port));
    EXPECT_THAT(world.heard(),
                ElementsAre("unbind 0000:01:00.0", "remove 0000:01:00.0", "remove 0000:00:01.0"));
    EXPECT_EQ(world.machine->plug(impostor()).error().message, "there is a device already")
        << "it sits in its slot below the bridge";
    ASSERT_TRUE(world.machine->plug(port));
    EXPECT_THAT(world.heard(),
                ElementsAre("add 0000:00:01.0", "add 0000:01:00.0", "bind 0000:01:00.0 DRIVER=nvme"));
}

TEST(Hotplug, PlugsWhatIsDescribedAsNotPresent) {
    const World world;
    EXPECT_EQ(world.write("bus/pci/rescan", "1"), 0);
    EXPECT_THAT(world.heard(), IsEmpty());
    EXPECT_NE(world.machine->device(late), nullptr);
    ASSERT_TRUE(world.machine->plug(late));
    EXPECT_THAT(world.heard(), ElementsAre("add 0000:02:01.0", "bind 0000:02:01.0 DRIVER=nvme"));
}

TEST(Hotplug, PlugsADeviceThatNobodyDescribed) {
    World world;
    auto another = impostor();
    another.address = {0, 1, 1, 0};
    ASSERT_TRUE(world.machine->plug(another));
    EXPECT_THAT(world.heard(), ElementsAre("add 0000:01:01.0", "bind 0000:01:01.0 DRIVER=nvme"));
    EXPECT_EQ(world.read("bus/pci/devices/0000:01:01.0/vendor"), "0xbad0");
    EXPECT_EQ((Requester{world, another.address}.root()), to_bytes(world.machine->anchors()[0].der()))
        << "issued by the machine's own authority";
    EXPECT_EQ(world.machine->plug(another).error().text(), "device 0000:01:01.0: there is a device already");
}

TEST(Hotplug, RefusesToPlugWhatHasNoPlaceOrNoKeys) {
    const World world;
    auto its = impostor();
    its.address = {0, 7, 0, 0};
    its.under = PciAddress{0, 0, 7, 0};
    EXPECT_EQ(world.machine->plug(its).error().message, "there is no bridge 0000:00:07.0");
    its.under = drive;
    EXPECT_EQ(world.machine->plug(its).error().message, "there is no bridge 0000:01:00.0");
    its.under = its.address;
    EXPECT_FALSE(world.machine->plug(its));
    its.under = port;
    its.spdm->slots[0].issuer = "nobody";
    EXPECT_EQ(world.machine->plug(its).error().message, "is issued by nobody here");
    its.spdm->slots[0].issuer = "acme";
    its.spdm->slots[0].cma_name_of = PciAddress{0, 8, 0, 0};
    EXPECT_EQ(world.machine->plug(its).error().message, "0000:08:00.0 is not described");
    EXPECT_EQ(world.machine->replace({0, 8, 0, 0}, impostor()).error().message, "there is no such device");
    EXPECT_EQ(world.machine->device(its.address), nullptr);
    EXPECT_THAT(world.heard(), IsEmpty());
}

TEST(Hotplug, SwapsADeviceWithoutAWord) {
    World world;
    Requester requester{world, drive};
    EXPECT_EQ(requester.vendor_and_device(), 0x00011ea5U);
    EXPECT_EQ(requester.get_version(), version);
    ASSERT_TRUE(world.machine->replace(drive, impostor()));

    EXPECT_THAT(world.heard(), IsEmpty());
    EXPECT_EQ(world.machine->pci().bound_driver(drive), "nvme");
    EXPECT_EQ(world.read(drive_files, "vendor"), "0x1ea5") << "the kernel read it at enumeration";
    EXPECT_NE(world.read(drive_files, "uevent").find("PCI_ID=1EA5:0001"), std::string::npos);
    EXPECT_EQ(requester.vendor_and_device(), 0xbad1bad0U) << "by the file that was open before";
    EXPECT_EQ(requester.get_capabilities(), error) << "the new device was never asked for its version";
    EXPECT_EQ(requester.get_version(), version);
    EXPECT_EQ(world.machine->device(drive)->description().identity.vendor, 0xbad0);

    EXPECT_EQ(world.write(drive_files, "remove", "1"), 0);
    EXPECT_EQ(world.write("bus/pci/rescan", "1"), 0);
    EXPECT_EQ(world.read(drive_files, "vendor"), "0xbad0") << "now it was looked at again";
}

TEST(Hotplug, SwapsABridgeAndKeepsItsBuses) {
    const World world;
    auto its = world.machine->device(port)->description();
    its.identity.device = 0xbad2;
    its.under = drive;  // nonsense, not looked at
    ASSERT_TRUE(world.machine->replace(port, its));
    const auto config = *world.machine->tree().read("bus/pci/devices/0000:00:01.0/config");
    EXPECT_EQ(std::to_integer<int>(config[0x02]), 0xd2);
    EXPECT_EQ(std::to_integer<int>(config[0x19]), 1) << "the bus behind it";
    ASSERT_TRUE(world.machine->unplug(port));
    EXPECT_FALSE(world.is_there("0000:01:00.0"));
    ASSERT_TRUE(world.machine->plug(port));
    EXPECT_TRUE(world.is_there("0000:01:00.0"));
}

TEST(Hotplug, ResetsADeviceByItsFile) {
    World world;
    Requester requester{world, drive};
    EXPECT_EQ(requester.get_version(), version);
    EXPECT_EQ(requester.get_capabilities(), capabilities);
    EXPECT_EQ(world.write(drive_files, "reset", "0"), EINVAL);
    EXPECT_EQ(requester.get_version(), version) << "not reset";
    // Half an object in the mailbox, and too much acknowledged: an error until somebody aborts or resets.
    RegisterSpace space{world.machine->device(drive)->config()};
    ASSERT_TRUE(space.write(0x160 + 0x14, 0));
    EXPECT_EQ(*space.read(0x160 + 0x0c), 4U) << "DOE Error";
    EXPECT_EQ(world.write(drive_files, "reset", "1\n"), 0);
    EXPECT_EQ(*space.read(0x160 + 0x0c), 0U);
    EXPECT_EQ(requester.get_capabilities(), error);
    EXPECT_EQ(requester.get_version(), version);
    EXPECT_THAT(world.heard(), IsEmpty());
    EXPECT_EQ(world.machine->pci().bound_driver(drive), "nvme");
    EXPECT_FALSE(world.machine->tree().exists("bus/pci/devices/0000:00:01.0/reset")) << "a bridge";
}

TEST(Hotplug, RecoversFromAnErrorOrFails) {
    World world;
    Requester requester{world, drive};
    EXPECT_EQ(requester.get_version(), version);
    ASSERT_TRUE(world.machine->recover(drive, true));
    EXPECT_THAT(
        world.heard(),
        ElementsAre("change 0000:01:00.0 DRIVER=nvme ERROR_EVENT=BEGIN_RECOVERY DEVICE_ONLINE=0",
                    "change 0000:01:00.0 DRIVER=nvme ERROR_EVENT=SUCCESSFUL_RECOVERY DEVICE_ONLINE=1"));
    EXPECT_EQ(requester.get_capabilities(), error);

    EXPECT_EQ(requester.get_version(), version);
    ASSERT_TRUE(world.machine->recover(port, false));
    EXPECT_THAT(world.heard(),
                ElementsAre("change 0000:00:01.0 ERROR_EVENT=BEGIN_RECOVERY DEVICE_ONLINE=0",
                            "change 0000:01:00.0 DRIVER=nvme ERROR_EVENT=BEGIN_RECOVERY DEVICE_ONLINE=0",
                            "change 0000:00:01.0 ERROR_EVENT=FAILED_RECOVERY DEVICE_ONLINE=0",
                            "change 0000:01:00.0 DRIVER=nvme ERROR_EVENT=FAILED_RECOVERY DEVICE_ONLINE=0"));
    EXPECT_EQ(requester.get_capabilities(), error) << "what is below was reset too";
    EXPECT_EQ(world.machine->recover({0, 9, 0, 0}, true).error().code, Errc::not_found);
    EXPECT_EQ(world.machine->recover(late, true).error().code, Errc::unexpected);
}

TEST(Hotplug, SleepsAndForgets) {
    World world;
    Requester requester{world, drive};
    EXPECT_EQ(requester.get_version(), version);
    world.machine->sleep();
    EXPECT_EQ(requester.get_capabilities(), error);
    EXPECT_THAT(world.heard(), IsEmpty());
}

TEST(Hotplug, LosesItsConnectionWithItsPower) {
    World world;
    EXPECT_EQ((Requester{world, drive}.get_version()), version);
    ASSERT_TRUE(world.machine->unplug(port));
    ASSERT_TRUE(world.machine->plug(port));
    EXPECT_EQ((Requester{world, drive}.get_capabilities()), error);
}

TEST(Hotplug, KeepsDriversOffWhenAutoprobeIsOff) {
    const World world{"autoprobe = false\n"};
    EXPECT_EQ(world.machine->pci().bound_driver(drive), "");
    ASSERT_TRUE(world.machine->unplug(drive));
    ASSERT_TRUE(world.machine->plug(drive));
    EXPECT_EQ(world.write(drive_files, "remove", "1"), 0);
    EXPECT_EQ(world.write("bus/pci/rescan", "1"), 0);
    EXPECT_EQ(world.machine->pci().bound_driver(drive), "");
    EXPECT_EQ(world.write("bus/pci/drivers_probe", "0000:01:00.0"), 0);
    EXPECT_EQ(world.machine->pci().bound_driver(drive), "nvme");
}

// Before Linux 6.19: commit ea34511aaf75.
TEST(Hotplug, BindsAllTheSameOnAnOldKernel) {
    const World world{"autoprobe = false\nautoprobe_holds_for_hotplug = false\n"};
    EXPECT_EQ(world.machine->pci().bound_driver(drive), "") << "it was there at boot";
    ASSERT_TRUE(world.machine->unplug(drive));
    ASSERT_TRUE(world.machine->plug(drive));
    EXPECT_EQ(world.machine->pci().bound_driver(drive), "nvme");
    EXPECT_EQ(world.write(nic_files, "remove", "1"), 0);
    EXPECT_EQ(world.write("bus/pci/rescan", "1"), 0);
    EXPECT_EQ(world.machine->pci().bound_driver(nic), "nic");
}

TEST(Hotplug, SaysWhatRootHasItSay) {
    const World world;
    EXPECT_EQ(world.write(drive_files, "uevent", "remove\n"), 0);
    EXPECT_THAT(world.heard(), ElementsAre("remove 0000:01:00.0 DRIVER=nvme SYNTH_UUID=0"));
    EXPECT_TRUE(world.is_there("0000:01:00.0")) << "not true";
    EXPECT_EQ(world.write(drive_files, "uevent", "explode"), EINVAL);
    EXPECT_EQ(world.write(drive_files, "uevent", ""), EINVAL);
    EXPECT_THAT(world.heard(), IsEmpty());
}

TEST(Hotplug, TellsWhereADeviceSits) {
    const World world;
    EXPECT_EQ(world.read(drive_files, "removable"), "removable");
    EXPECT_EQ(world.read(nic_files, "removable"), "errno " + std::to_string(ENOENT));
}

}  // namespace
}  // namespace busguard::emulate::hotplug
