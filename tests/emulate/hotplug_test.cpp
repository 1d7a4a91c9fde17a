#include "crypto/path.h"
#include "drive/errand.h"
#include "emulate/machine.h"
#include "emulate/machine_file.h"
#include "host/pci.h"
#include "spdm/algorithms.h"
#include "spdm/authentication.h"
#include "spdm/certificate_chain.h"
#include "tests/emulate/worlds.h"
#include "transport/doe_channel.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cerrno>

namespace busguard::emulate {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;

constexpr std::string_view machine_text = R"(
drivers = ["vfio-pci"]
tsms = ["tsm0"]

[authority.acme]
subject = "Acme"
algorithm = "ecdsa-p256"

[[device]]
address = "0000:00:01.0"
bridge = true
vendor = 0x8086
device = 0x352a
class = 0x060400

[[device]]
address = "0000:01:00.0"
under = "0000:00:01.0"
vendor = 0x1ea5
device = 0x0001
class = 0x010802
driver = "nvme"
tsm = ""
removable = "removable"
[device.spdm]
versions = ["1.1"]
algorithm = "ecdsa-p256"
hash = "sha256"
[[device.spdm.slot]]
number = 0
issuer = "acme"

[[device]]
address = "0000:00:02.0"
bridge = true
vendor = 0x8086
device = 0x352b
class = 0x060400

[[device]]
address = "0000:02:00.0"
under = "0000:00:02.0"
vendor = 0x1ea5
device = 0x0010
class = 0x020000
serial_number = "0011223344556677"
driver = "nic"
[device.sriov]
vfs = 4
vf_device = 0x0011

[[device]]
address = "0000:02:01.0"
under = "0000:00:02.0"
present = false
vendor = 0x1ea5
device = 0x0002
class = 0x010802
driver = "nvme"
)";

const PciAddress port{0, 0, 1, 0};
const PciAddress hot_drive{0, 1, 0, 0};
const PciAddress nic{0, 2, 0, 0};
const PciAddress late{0, 2, 1, 0};
constexpr std::string_view functions = "bus/pci/devices/";
constexpr std::string_view drive_files = "bus/pci/devices/0000:01:00.0/";
constexpr std::string_view nic_files = "bus/pci/devices/0000:02:00.0/";

struct HotplugWorld {
    explicit HotplugWorld(const std::string& first_lines = {}) {
        auto description = parse_machine(first_lines + std::string{machine_text}, "machine.toml");
        EXPECT_TRUE(description) << description.error().text();
        auto made = Machine::make(*description, {}, clock, entropy);
        EXPECT_TRUE(made) << made.error().text();
        machine = *std::move(made);
    }

    std::string read(const std::string& path) const {
        const auto bytes = machine->tree().read(path);
        if (!bytes) return "errno " + std::to_string(host::to_errno(bytes.error()));
        return std::string{as_text(ByteView{*bytes}.first(bytes->empty() ? 0 : bytes->size() - 1))};
    }
    std::string read(std::string_view files, const std::string& name) const {
        return read(std::string{files} + name);
    }
    int write(const std::string& path, std::string_view text) const {
        const auto done = machine->tree().write(path, as_bytes(text));
        return done ? 0 : host::to_errno(done.error());
    }
    int write(std::string_view files, const std::string& name, std::string_view text) const {
        return write(std::string{files} + name, text);
    }
    bool is_there(std::string_view address) const {
        return machine->tree().exists(std::string{functions} + std::string{address});
    }

    /// "action name", and the properties that are not always there.
    std::vector<std::string> heard() const {
        std::vector<std::string> lines;
        auto taken = *machine->uevents().take();
        for (const auto& event : taken.events) {
            auto line = event.action + " " + std::string{event.name()};
            for (const auto* key : {"DRIVER", "ERROR_EVENT", "DEVICE_ONLINE", "SYNTH_UUID"})
                if (!event.property(key).empty())
                    line += " " + std::string{key} + "=" + std::string{event.property(key)};
            lines.push_back(line);
        }
        if (taken.lost) lines.emplace_back("lost");
        return lines;
    }

    CountingClock clock;
    CountingEntropy entropy;
    std::unique_ptr<Machine> machine;
};

/// A requester at the mailbox, by the config file as a program opens it.
class Requester {
public:
    Requester(HotplugWorld& world, PciAddress address)
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
    HotplugWorld* world_;
    std::unique_ptr<host::ConfigFile> config_;
    transport::DoeChannel channel_{*config_, transport::doe_capabilities(*config_)->front()};
};

constexpr int version = 0x04;
constexpr int capabilities = 0x61;
constexpr int error = 0x7f;

DeviceDescription impostor() {
    DeviceDescription its{.address = hot_drive,
                          .under = port,
                          .identity = {.vendor = 0xbad0, .device = 0xbad1, .class_code = 0x010802},
                          .driver = "nvme",
                          .mailbox = MailboxDescription{}};
    its.spdm = SpdmDescription{.versions = {spdm::Version::v1_1},
                               .scheme = crypto::Scheme::ecdsa_p256,
                               .hash = crypto::Hash::sha_256};
    its.spdm->slots.push_back({.number = 0, .issuer = "acme", .presents = "acme"});
    return its;
}

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
    const HotplugWorld world;
    EXPECT_THAT(world.heard(), IsEmpty());
    EXPECT_TRUE(world.is_there("0000:01:00.0"));
    EXPECT_FALSE(world.is_there("0000:02:01.0")) << "not present";
}

TEST(Hotplug, SaysWhatTheKernelSays) {
    const HotplugWorld world;
    ASSERT_TRUE(world.machine->unplug(hot_drive));
    ASSERT_TRUE(world.machine->plug(hot_drive));
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
    const HotplugWorld world;
    auto file = world.machine->tree().open(std::string{drive_files} + "config", host::Access::read_write);
    ASSERT_TRUE(file);
    ASSERT_TRUE(world.machine->unplug(hot_drive));
    EXPECT_THAT(world.heard(), ElementsAre("unbind 0000:01:00.0", "remove 0000:01:00.0"));
    EXPECT_EQ(world.write("bus/pci/rescan", "1"), 0);
    EXPECT_FALSE(world.is_there("0000:01:00.0")) << "there is nothing to be found";
    std::array<std::byte, 4> dword{};
    EXPECT_EQ((*file)->read_at(0, dword).error().code, Errc::disconnected);
    EXPECT_EQ(world.machine->unplug(hot_drive).error().code, Errc::unexpected);
    EXPECT_EQ(world.machine->unplug({0, 9, 0, 0}).error().code, Errc::not_found);
    ASSERT_TRUE(world.machine->plug(hot_drive));
    EXPECT_EQ(world.machine->plug(hot_drive).error().code, Errc::unexpected);
    EXPECT_EQ(world.machine->plug(PciAddress{0, 9, 0, 0}).error().code, Errc::not_found);
    EXPECT_FALSE((*file)->read_at(0, dword)) << "an old file stays dead";
}

TEST(Hotplug, PlugsABridgeWithAllBelow) {
    const HotplugWorld world;
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
    const HotplugWorld world;
    EXPECT_EQ(world.write("bus/pci/rescan", "1"), 0);
    EXPECT_THAT(world.heard(), IsEmpty());
    EXPECT_NE(world.machine->device(late), nullptr);
    ASSERT_TRUE(world.machine->plug(late));
    EXPECT_THAT(world.heard(), ElementsAre("add 0000:02:01.0", "bind 0000:02:01.0 DRIVER=nvme"));
}

TEST(Hotplug, PlugsADeviceThatNobodyDescribed) {
    HotplugWorld world;
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
    const HotplugWorld world;
    auto its = impostor();
    its.address = {0, 7, 0, 0};
    its.under = PciAddress{0, 0, 7, 0};
    EXPECT_EQ(world.machine->plug(its).error().message, "there is no bridge 0000:00:07.0");
    its.under = hot_drive;
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
    HotplugWorld world;
    Requester requester{world, hot_drive};
    EXPECT_EQ(requester.vendor_and_device(), 0x00011ea5U);
    EXPECT_EQ(requester.get_version(), version);
    ASSERT_TRUE(world.machine->replace(hot_drive, impostor()));

    EXPECT_THAT(world.heard(), IsEmpty());
    EXPECT_EQ(world.machine->pci().bound_driver(hot_drive), "nvme");
    EXPECT_EQ(world.read(drive_files, "vendor"), "0x1ea5") << "the kernel read it at enumeration";
    EXPECT_NE(world.read(drive_files, "uevent").find("PCI_ID=1EA5:0001"), std::string::npos);
    EXPECT_EQ(requester.vendor_and_device(), 0xbad1bad0U) << "by the file that was open before";
    EXPECT_EQ(requester.get_capabilities(), error) << "the new device was never asked for its version";
    EXPECT_EQ(requester.get_version(), version);
    EXPECT_EQ(world.machine->device(hot_drive)->description().identity.vendor, 0xbad0);

    EXPECT_EQ(world.write(drive_files, "remove", "1"), 0);
    EXPECT_EQ(world.write("bus/pci/rescan", "1"), 0);
    EXPECT_EQ(world.read(drive_files, "vendor"), "0xbad0") << "now it was looked at again";
}

TEST(Hotplug, SwapsABridgeAndKeepsItsBuses) {
    const HotplugWorld world;
    auto its = world.machine->device(port)->description();
    its.identity.device = 0xbad2;
    its.under = hot_drive;  // nonsense, not looked at
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
    HotplugWorld world;
    Requester requester{world, hot_drive};
    EXPECT_EQ(requester.get_version(), version);
    EXPECT_EQ(requester.get_capabilities(), capabilities);
    EXPECT_EQ(world.write(drive_files, "reset", "0"), EINVAL);
    EXPECT_EQ(requester.get_version(), version) << "not reset";
    // Half an object in the mailbox, and too much acknowledged: an error until somebody aborts or resets.
    RegisterSpace space{world.machine->device(hot_drive)->config()};
    ASSERT_TRUE(space.write(0x160 + 0x14, 0));
    EXPECT_EQ(*space.read(0x160 + 0x0c), 4U) << "DOE Error";
    EXPECT_EQ(world.write(drive_files, "reset", "1\n"), 0);
    EXPECT_EQ(*space.read(0x160 + 0x0c), 0U);
    EXPECT_EQ(requester.get_capabilities(), error);
    EXPECT_EQ(requester.get_version(), version);
    EXPECT_THAT(world.heard(), IsEmpty());
    EXPECT_EQ(world.machine->pci().bound_driver(hot_drive), "nvme");
    EXPECT_FALSE(world.machine->tree().exists("bus/pci/devices/0000:00:01.0/reset")) << "a bridge";
}

TEST(Hotplug, RecoversFromAnErrorOrFails) {
    HotplugWorld world;
    Requester requester{world, hot_drive};
    EXPECT_EQ(requester.get_version(), version);
    ASSERT_TRUE(world.machine->recover(hot_drive, true));
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
    HotplugWorld world;
    Requester requester{world, hot_drive};
    EXPECT_EQ(requester.get_version(), version);
    world.machine->sleep();
    EXPECT_EQ(requester.get_capabilities(), error);
    EXPECT_THAT(world.heard(), IsEmpty());
}

TEST(Hotplug, LosesItsConnectionWithItsPower) {
    HotplugWorld world;
    EXPECT_EQ((Requester{world, hot_drive}.get_version()), version);
    ASSERT_TRUE(world.machine->unplug(port));
    ASSERT_TRUE(world.machine->plug(port));
    EXPECT_EQ((Requester{world, hot_drive}.get_capabilities()), error);
}

TEST(Hotplug, KeepsDriversOffWhenAutoprobeIsOff) {
    const HotplugWorld world{"autoprobe = false\n"};
    EXPECT_EQ(world.machine->pci().bound_driver(hot_drive), "");
    ASSERT_TRUE(world.machine->unplug(hot_drive));
    ASSERT_TRUE(world.machine->plug(hot_drive));
    EXPECT_EQ(world.write(drive_files, "remove", "1"), 0);
    EXPECT_EQ(world.write("bus/pci/rescan", "1"), 0);
    EXPECT_EQ(world.machine->pci().bound_driver(hot_drive), "");
    EXPECT_EQ(world.write("bus/pci/drivers_probe", "0000:01:00.0"), 0);
    EXPECT_EQ(world.machine->pci().bound_driver(hot_drive), "nvme");
}

// Before Linux 6.19: commit ea34511aaf75.
TEST(Hotplug, BindsAllTheSameOnAnOldKernel) {
    const HotplugWorld world{"autoprobe = false\nautoprobe_holds_for_hotplug = false\n"};
    EXPECT_EQ(world.machine->pci().bound_driver(hot_drive), "") << "it was there at boot";
    ASSERT_TRUE(world.machine->unplug(hot_drive));
    ASSERT_TRUE(world.machine->plug(hot_drive));
    EXPECT_EQ(world.machine->pci().bound_driver(hot_drive), "nvme");
    EXPECT_EQ(world.write(nic_files, "remove", "1"), 0);
    EXPECT_EQ(world.write("bus/pci/rescan", "1"), 0);
    EXPECT_EQ(world.machine->pci().bound_driver(nic), "nic");
}

TEST(Hotplug, SaysWhatRootHasItSay) {
    const HotplugWorld world;
    EXPECT_EQ(world.write(drive_files, "uevent", "remove\n"), 0);
    EXPECT_THAT(world.heard(), ElementsAre("remove 0000:01:00.0 DRIVER=nvme SYNTH_UUID=0"));
    EXPECT_TRUE(world.is_there("0000:01:00.0")) << "not true";
    EXPECT_EQ(world.write(drive_files, "uevent", "explode"), EINVAL);
    EXPECT_EQ(world.write(drive_files, "uevent", ""), EINVAL);
    EXPECT_THAT(world.heard(), IsEmpty());
}

TEST(Hotplug, TellsWhereADeviceSits) {
    const HotplugWorld world;
    EXPECT_EQ(world.read(drive_files, "removable"), "removable");
    EXPECT_EQ(world.read(nic_files, "removable"), "errno " + std::to_string(ENOENT));
}

TEST(Sriov, PlacesVirtualFunctionsOnTheBus) {
    EXPECT_EQ(virtual_function(nic, 0)->text(), "0000:02:10.0");
    EXPECT_EQ(virtual_function(nic, 62)->text(), "0000:02:1f.4");
    EXPECT_EQ(virtual_function({0, 2, 0, 1}, 1)->text(), "0000:02:10.3") << "the second port";
    EXPECT_FALSE(virtual_function(nic, 64));
    EXPECT_FALSE(virtual_function({0, 0, 0x1f, 0}, 4));
}

TEST(Sriov, MakesVirtualFunctionsAndTakesThemAway) {
    const HotplugWorld world;
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
    const HotplugWorld world;
    ASSERT_EQ(world.write(nic_files, "sriov_numvfs", "1"), 0);
    const auto config = *world.machine->tree().read("bus/pci/devices/0000:02:10.0/config");
    ASSERT_EQ(config.size(), 4096U);
    for (std::size_t at = 0; at < 4; ++at) EXPECT_EQ(config[at], std::byte{0xff});
    EXPECT_EQ(config[0x0b], std::byte{0x02}) << "the class is the physical function's";
}

TEST(Sriov, RefusesWhatTheKernelRefuses) {
    const HotplugWorld world;
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
    const HotplugWorld world;
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
    const auto unbind = [](const HotplugWorld& world) {
        return world.write("bus/pci/drivers/nic/unbind", "0000:02:00.0") == 0;
    };
    const auto remove = [](const HotplugWorld& world) { return world.write(nic_files, "remove", "1") == 0; };
    const auto remove_the_bridge = [](const HotplugWorld& world) {
        return world.write("bus/pci/devices/0000:00:02.0/remove", "1") == 0;
    };
    const auto unplug = [](const HotplugWorld& world) { return world.machine->unplug(nic).operator bool(); };
    using Way = std::pair<const char*, bool (*)(const HotplugWorld&)>;
    for (const auto& [name, way] : {Way{"unbind", unbind}, Way{"remove", remove},
                                    Way{"remove the bridge", remove_the_bridge}, Way{"unplug", unplug}}) {
        const HotplugWorld world;
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
    const HotplugWorld world;
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

TEST(Tsm, ComesLate) {
    const HotplugWorld world;
    auto& pci = world.machine->pci();
    ASSERT_TRUE(pci.remove_tsm("tsm0"));
    EXPECT_THAT(world.heard(), ElementsAre("remove tsm0"));
    EXPECT_FALSE(world.machine->tree().exists("class/tsm/tsm0"));
    for (const auto* name : {"tsm", "authenticated"})
        EXPECT_FALSE(world.machine->tree().exists(std::string{drive_files} + name)) << name;
    ASSERT_TRUE(world.machine->unplug(hot_drive));
    ASSERT_TRUE(world.machine->plug(hot_drive));
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
    const HotplugWorld world;
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
    const HotplugWorld world;
    EXPECT_EQ(world.write(drive_files, "tsm/connect", "tsm0"), 0);
    EXPECT_EQ(world.write(drive_files, "reset", "1"), 0);
    ASSERT_TRUE(world.machine->recover(hot_drive, false));
    world.machine->sleep();
    EXPECT_EQ(world.read(drive_files, "tsm/connect"), "tsm0");
    EXPECT_EQ(world.read(drive_files, "authenticated"), "tsm0");
    EXPECT_EQ(world.write(drive_files, "remove", "1"), 0);
    EXPECT_EQ(world.write("bus/pci/rescan", "1"), 0);
    EXPECT_EQ(world.read(drive_files, "tsm/connect"), "");
    EXPECT_EQ(world.write(drive_files, "tsm/connect", "tsm0"), 0);
    ASSERT_TRUE(world.machine->replace(hot_drive, impostor()));
    EXPECT_EQ(world.read(drive_files, "authenticated"), "tsm0") << "of a device that is another by now";
    EXPECT_EQ(world.write(drive_files, "remove", "1"), 0);
    EXPECT_EQ(world.write("bus/pci/rescan", "1"), 0);
    EXPECT_FALSE(world.machine->tree().exists(std::string{drive_files} + "tsm")) << "the new one has none";
}

}  // namespace
}  // namespace busguard::emulate
