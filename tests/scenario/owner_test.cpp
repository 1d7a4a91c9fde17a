#include "tests/scenario/world.h"

#include <cerrno>

/// Who speaks to a device: hand-over between busguard and platform TSMs, as Linux 7.2 shows them.
namespace busguard::daemon {
namespace {

constexpr auto drive = "0000:01:00.0";
constexpr auto name = "pci/0000:01:00.0";

/// The platform owns the drive if it can; busguard may have it before.
constexpr auto platform_first = R"(
schema = "busguard.policy/1"
default = "deny"
[[rule]]
name = "by the platform"
decide = "allow"
owners = ["tsm", "native"]
[rule.match]
vendor = "1ea5"
owner = ["tsm:tsm0", "tsm:tsm1"]
[[rule]]
name = "by busguard"
decide = "allow"
owners = ["tsm", "native"]
[rule.match]
vendor = "1ea5"
state = "authenticated"
)";
constexpr auto platform_only = R"(
schema = "busguard.policy/1"
default = "deny"
[[rule]]
name = "by the platform"
decide = "allow"
owners = ["tsm:tsm0"]
[rule.match]
vendor = "1ea5"
owner = "tsm:tsm0"
)";

class Owners : public testing::Test {
protected:
    /// With a drive that a TSM could own, and these TSMs from the start.
    void begin(const std::string& policy, std::vector<std::string> tsms = {}) {
        world.emplace(policy);
        world->described(drive).tsm = "";
        world->description.tsms = std::move(tsms);
        auto made = emulate::Machine::make(world->description, {}, world->clock, world->entropy);
        ASSERT_TRUE(made) << made.error().text();
        world->machine = *std::move(made);
        world->sys.emplace(world->machine->tree(), world->fate);
        world->start();
        world->settle();
    }

    std::string connected() const {
        const auto bytes =
            world->machine->tree().read(std::string{"bus/pci/devices/"} + drive + "/tsm/connect");
        const auto text = bytes ? as_text(*bytes) : std::string_view{"nothing"};
        return std::string{text.substr(0, text.find('\n'))};
    }
    Result<void> connect(std::string_view tsm) {
        return world->machine->tree().write(std::string{"bus/pci/devices/"} + drive + "/tsm/connect",
                                            as_bytes(tsm));
    }

    std::optional<World> world;
};

TEST_F(Owners, HandsADeviceToATsmThatComesLate) {
    begin(platform_first);
    EXPECT_EQ(world->at(drive).owner.text(), "native");
    EXPECT_EQ(world->driver(drive), "nvme");
    ASSERT_TRUE(world->machine->pci().add_tsm("tsm0"));
    world->settle();
    EXPECT_EQ(connected(), "tsm0");
    EXPECT_EQ(world->at(drive).owner.text(), "tsm:tsm0");
    EXPECT_EQ(world->at(drive).decision->rule, "by the platform");
    EXPECT_EQ(world->driver(drive), "nvme");
    EXPECT_EQ(world->reason(drive), "owner.tsm");
}

TEST_F(Owners, LeavesTheMailboxOfADeviceAloneThatATsmOwns) {
    begin(platform_first, {"tsm0"});
    ASSERT_EQ(world->at(drive).owner.text(), "tsm:tsm0");
    world->sys->before_open = [](std::string_view path, host::Access access) {
        EXPECT_FALSE(path.contains(drive) && access != host::Access::read) << path;
    };
    EXPECT_TRUE(world->guard->examine(
        name, [](const examine::Visited& visited, const Device&) { EXPECT_FALSE(visited.bundle); }));
    world->guard->woke_up();
    world->settle();
}

TEST_F(Owners, LeavesADeviceAloneThatNobodyIsToSpeakTo) {
    world.emplace(R"(
schema = "busguard.policy/1"
default = "deny"
[[rule]]
name = "its driver asks it"
decide = "allow"
owners = ["none"]
[rule.match]
path = "devices/pci0000:00/0000:00:01.0/0000:01:00.0"
reason = { only = "owner.nobody" }
)");
    world->sys->before_open = [](std::string_view path, host::Access access) {
        EXPECT_FALSE(path.contains(drive) && access != host::Access::read) << path;
    };
    world->start();
    world->settle();
    EXPECT_EQ(world->reason(drive), "owner.nobody");
    EXPECT_EQ(world->driver(drive), "nvme");
    EXPECT_EQ(world->at("0000:01:01.0").standing, Standing::kept_out);
}

TEST_F(Owners, NeverTakesADeviceFromAVanishedTsmByItself) {
    begin(platform_first, {"tsm0"});
    ASSERT_EQ(world->driver(drive), "nvme");
    ASSERT_TRUE(world->machine->pci().remove_tsm("tsm0"));
    world->settle();
    EXPECT_EQ(world->reason(drive), "owner.downgrade");
    EXPECT_EQ(world->driver(drive), "");
    world->start();  // nor after a restart
    world->settle();
    EXPECT_EQ(world->driver(drive), "");
    ASSERT_TRUE(world->guard->claim(name));
    world->settle();
    EXPECT_EQ(world->at(drive).owner.text(), "native");
    EXPECT_EQ(world->driver(drive), "nvme");
    EXPECT_EQ(world->guard->claim(name).error().code, Errc::unexpected);
}

TEST_F(Owners, DoesNotLetAnOperatorClaimWhatATsmHas) {
    begin(platform_first, {"tsm0"});
    EXPECT_EQ(world->guard->claim(name).error().code, Errc::owned);
    EXPECT_EQ(world->guard->claim("pci/0000:09:00.0").error().code, Errc::not_found);
}

TEST_F(Owners, LooksWhoWasFasterWhenTheDeviceIsBusy) {
    begin(platform_first);
    ASSERT_TRUE(world->machine->pci().add_tsm("tsm1"));
    bool raced = false;
    world->sys->before_write = [&](std::string_view path) {
        if (raced || !path.ends_with("tsm/connect")) return;
        raced = true;
        EXPECT_TRUE(connect("tsm1"));  // somebody else, in that moment: ours gets EBUSY
    };
    world->settle();
    ASSERT_TRUE(raced);
    EXPECT_EQ(world->at(drive).owner.text(), "tsm:tsm1");
    EXPECT_FALSE(world->diary.has("owner.connected", drive));
}

TEST_F(Owners, KeepsADeviceOutWhileItsTsmIsNotThere) {
    begin(platform_only);
    EXPECT_EQ(world->reason(drive), "owner.waiting");
    EXPECT_EQ(world->driver(drive), "");
    EXPECT_EQ(world->diary.count("device.let-in", drive), 0U);
    ASSERT_TRUE(world->machine->pci().add_tsm("tsm0"));
    world->settle();
    EXPECT_EQ(world->driver(drive), "nvme");
}

// encryption.md 6.2: Linux 7.2 goes on naming the TSM after a reset in which its session was lost.
TEST_F(Owners, DoesNotBelieveATsmsNameAfterAnError) {
    begin(platform_first, {"tsm0"});
    ASSERT_EQ(world->diary.count("owner.connected", drive), 1U);
    world->recover(drive, true);
    ASSERT_EQ(connected(), "tsm0");
    world->settle();
    EXPECT_EQ(world->diary.count("owner.disconnected", drive), 1U);
    EXPECT_EQ(world->diary.count("owner.connected", drive), 2U);
    EXPECT_EQ(world->at(drive).owner.text(), "tsm:tsm0");
    EXPECT_EQ(world->driver(drive), "nvme");
}

TEST_F(Owners, KeepsADeviceOutWhoseStaleTsmNobodyWants) {
    begin(usual_policy(), {"tsm0"});
    ASSERT_TRUE(connect("tsm0"));
    EXPECT_TRUE(world->guard->examine(name, [](const auto&, const auto&) {}));
    world->settle();
    EXPECT_EQ(world->reason(drive), "owner.tsm");
    world->recover(drive, true);
    world->settle();
    EXPECT_EQ(world->reason(drive), "owner.stale");
    EXPECT_EQ(world->driver(drive), "");
    EXPECT_EQ(connected(), "tsm0");  // it is not ours to take
}

TEST_F(Owners, TouchesNoTsmWhileItObserves) {
    World observing{platform_first, {.enforce = false}};
    observing.described(drive).tsm = "";
    observing.description.tsms = {"tsm0"};
    auto made = emulate::Machine::make(observing.description, {}, observing.clock, observing.entropy);
    ASSERT_TRUE(made);
    observing.machine = *std::move(made);
    observing.sys.emplace(observing.machine->tree(), observing.fate);
    observing.sys->before_write = [](std::string_view path) { ADD_FAILURE() << "wrote " << path; };
    observing.start();
    observing.settle();
    EXPECT_EQ(observing.reason(drive), "owner.waiting");
}

}  // namespace
}  // namespace busguard::daemon
