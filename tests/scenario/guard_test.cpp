#include "tests/scenario/world.h"
#include "tests/thinned.h"

/// The guard's whole story on an emulated machine, in virtual time.
namespace busguard::daemon {
namespace {

constexpr auto port = "0000:00:01.0";
constexpr auto drive_1 = "0000:01:00.0";
constexpr auto drive_2 = "0000:01:01.0";
constexpr auto stranger = "0000:01:02.0";
constexpr auto impostor = "0000:01:03.0";
constexpr auto card = "0000:01:04.0";

emulate::PciAddress address(std::string_view text) { return *emulate::PciAddress::parse(text); }

TEST(Guard, LetsTheGenuineInAndKeepsImpostorsOut) {
    World world;
    world.start();
    for (const auto* each : {drive_1, drive_2, stranger, impostor, card}) EXPECT_EQ(world.driver(each), "");
    world.settle();
    EXPECT_EQ(world.driver(drive_1), "nvme");
    EXPECT_EQ(world.driver(drive_2), "nvme");
    EXPECT_EQ(world.driver(card), "e1000e");
    EXPECT_EQ(world.driver(port), "pcieport");
    EXPECT_EQ(world.driver(stranger), "");
    EXPECT_EQ(world.driver(impostor), "");
    EXPECT_EQ(world.at(stranger).standing, Standing::quarantined);
    EXPECT_EQ(world.reason(stranger), "chain.untrusted-root");
    EXPECT_EQ(world.reason(impostor), "signature.invalid");
    EXPECT_EQ(world.at(drive_1).decision->rule, "genuine");
    EXPECT_EQ(world.at(port).decision->rule, "implicit-bridge");
}

TEST(Guard, TouchesNoDriverWhileItObserves) {
    World world{usual_policy(), {.enforce = false}};
    world.sys->before_write = [](std::string_view path) { ADD_FAILURE() << "wrote " << path; };
    world.start();
    world.settle();
    EXPECT_EQ(world.at(drive_1).standing, Standing::let_in);
    EXPECT_EQ(world.at(impostor).standing, Standing::quarantined);
    EXPECT_EQ(world.driver(drive_1), "");
}

// No rule of this policy takes what had a driver before anybody could look, genuine or not: it has to show
// who it is without one.
TEST(Guard, ReportsWhatWasBoundBeforeItCouldLookAndBeginsAnew) {
    World world;
    ASSERT_TRUE(world.machine->tree().write("bus/pci/drivers_probe", as_bytes(drive_1)));
    ASSERT_TRUE(world.machine->tree().write("bus/pci/drivers_probe", as_bytes(impostor)));
    world.start();
    EXPECT_EQ(world.driver(drive_1), "nvme");
    world.settle();
    const auto told = std::ranges::find_if(world.diary.entries, [](const Diary::Entry& one) {
        return one.event == "device.kept-out" && one.device == drive_1;
    });
    ASSERT_NE(told, world.diary.entries.end());
    EXPECT_EQ(told->reason, "device.bound-before-policy");
    EXPECT_EQ(world.at(drive_1).verdict->state, appraisal::State::authenticated);
    EXPECT_EQ(world.driver(drive_1), "nvme");
    EXPECT_FALSE(world.at(drive_1).bound_before);
    EXPECT_EQ(world.driver(impostor), "");
}

const std::string it_was_there =
    "[[rule]]\nname = \"it was there\"\ndecide = \"allow\"\n[rule.match]\nstate = \"bound-before-policy\"\n";

// A rule that an operator wrote for such devices holds.
TEST(Guard, KeepsOutWhatARuleDeniesForHavingHadADriver) {
    World world{
        "schema = \"busguard.policy/1\"\n[[rule]]\nname = \"too late\"\ndecide = "
        "\"deny\"\n[rule.match]\nstate "
        "= \"bound-before-policy\"\n[[rule]]\nname = \"genuine\"\ndecide = \"allow\"\n[rule.match]\nstate = "
        "\"authenticated\"\n"};
    ASSERT_TRUE(world.machine->tree().write("bus/pci/drivers_probe", as_bytes(drive_1)));
    world.start();
    world.settle();
    EXPECT_EQ(world.at(drive_1).decision->rule, "too late");
    EXPECT_EQ(world.driver(drive_1), "");
}

// A drive with the system on it does not lose its driver because the first question went unanswered.
TEST(Guard, LeavesADriverWhileItTriesAgain) {
    World world{usual_policy() + it_was_there};
    auto silent = world.described(drive_1);
    silent.mailbox->fault = emulate::MailboxFault::silent;
    world.replace(drive_1, silent);
    ASSERT_TRUE(world.machine->tree().write("bus/pci/drivers_probe", as_bytes(drive_1)));
    const auto genuine = world.described(drive_1);
    world.start();
    world.pass(std::chrono::seconds{4});
    ASSERT_TRUE(world.at(drive_1).verdict);
    EXPECT_EQ(world.at(drive_1).verdict->state, appraisal::State::unreachable);
    EXPECT_EQ(world.driver(drive_1), "nvme");
    world.pass(std::chrono::hours{1});
    EXPECT_EQ(world.driver(drive_1), "") << "in the end the policy decides";
}

// By new demands what was accepted may fail, and that is for the policy: nobody has to release it.
TEST(Guard, DoesNotQuarantineWhatFailsByNewDemandsAlone) {
    World world{usual_policy().substr(0, usual_policy().find("[[rule]]\nname = \"impostors\"")) +
                it_was_there};
    ASSERT_TRUE(world.machine->tree().write("bus/pci/drivers_probe", as_bytes(drive_1)));
    world.start();
    world.settle();
    ASSERT_EQ(world.at(drive_1).standing, Standing::let_in);
    ASSERT_TRUE(world.at(drive_1).bound_before);
    examine::Demands nobody;
    nobody.standard.at = world.clock.calendar();
    world.guard->adopt(
        World::policy(usual_policy().substr(0, usual_policy().find("[[rule]]\nname = \"impostors\""))),
        examine::Judge{std::move(nobody)});
    world.settle();
    EXPECT_EQ(world.at(drive_1).standing, Standing::kept_out);
    world.guard->adopt(World::policy(usual_policy()), world.judge());
    world.settle();
    EXPECT_EQ(world.at(drive_1).standing, Standing::let_in);
    EXPECT_EQ(world.driver(drive_1), "nvme");
}

TEST(Guard, LeavesADriverThatThePolicyLeaves) {
    World world{usual_policy() + it_was_there};
    ASSERT_TRUE(world.machine->tree().write("bus/pci/drivers_probe", as_bytes(drive_1)));
    bool lost = false;
    world.sys->after_write = [&] { lost = lost || world.driver(drive_1).empty(); };
    world.start();
    world.settle();
    EXPECT_FALSE(lost);
    EXPECT_EQ(world.at(drive_1).decision->rule, "it was there");
    EXPECT_TRUE(world.at(drive_1).bound_before);
}

TEST(Guard, TakesBackWhatWasBoundBeforeAndLetsItInAgain) {
    World world{usual_policy(), {.enforce = true, .take_back = true}};
    ASSERT_TRUE(world.machine->tree().write("bus/pci/drivers_probe", as_bytes(drive_1)));
    world.start();
    EXPECT_EQ(world.driver(drive_1), "");
    world.settle();
    EXPECT_EQ(world.at(drive_1).verdict->state, appraisal::State::authenticated);
    EXPECT_EQ(world.driver(drive_1), "nvme");
}

TEST(Guard, CatchesASwapBetweenExaminationAndBindingByItsIdentity) {
    World world;
    bool swapped = false;
    // The attacker's moment: the verdict is made, the driver not yet bound.
    world.sys->before_write = [&](std::string_view path) {
        if (swapped || path != "bus/pci/drivers_probe") return;
        swapped = true;
        world.replace(drive_2, world.disguised(drive_2, impostor));
    };
    world.start();
    world.settle();
    ASSERT_TRUE(swapped);
    EXPECT_EQ(world.driver(drive_2), "");
    EXPECT_EQ(world.at(drive_2).standing, Standing::quarantined);
}

/// Nobody tells of what happens meanwhile.
class MutedEvents final : public host::UeventSource {
public:
    explicit MutedEvents(emulate::UeventQueue& below) : below_{&below} {}
    bool muted = false;
    bool lost = false;  ///< some were: told once

    Result<host::Uevents> take() override {
        auto taken = below_->take();
        if (std::exchange(lost, false)) return host::Uevents{.events = {}, .lost = true};
        return muted ? Result<host::Uevents>{host::Uevents{}} : std::move(taken);
    }
    int descriptor() const override { return below_->descriptor(); }

private:
    emulate::UeventQueue* below_;
};

/// drive_2 is exchanged between its verdict and its driver. Did a driver have what came, be it for a moment?
bool bound_after_exchange(World& world, const std::function<void()>& exchange) {
    bool exchanged = false, bound = false;
    world.start();
    world.memory->after_note = [&] {
        if (exchanged || !world.at(drive_2).verdict) return;
        exchanged = true;
        exchange();
    };
    world.sys->after_write = [&] { bound = bound || (exchanged && !world.driver(drive_2).empty()); };
    world.settle();
    EXPECT_TRUE(exchanged);
    EXPECT_EQ(world.driver(drive_2), "");
    EXPECT_EQ(world.at(drive_2).standing, Standing::quarantined);
    return bound;
}

// The copy has the same identity: that something happened is all there is to see before it is asked.
TEST(Guard, BindsNothingToWhichSomethingHappenedSinceItsVerdict) {
    World world;
    EXPECT_FALSE(bound_after_exchange(world, [&] {
        auto copy = world.described(drive_2);
        copy.lies.bad_signature = true;
        world.unplug(drive_2);
        world.plug(copy);
    }));
}

TEST(Guard, LooksAtTheIdentityOnceMoreWhenNobodyTells) {
    World world;
    MutedEvents events{world.machine->uevents()};
    world.events = &events;
    EXPECT_FALSE(bound_after_exchange(world, [&] {
        events.muted = true;
        world.replace(drive_2, world.disguised(drive_2, impostor));
    }));
    EXPECT_TRUE(world.diary.has("device.swapped", drive_2));
}

// The rules are for newcomers: here something was accepted, and this is not it.
TEST(Guard, QuarantinesAnotherDeviceWhateverThePolicySays) {
    World world{"schema = \"busguard.policy/1\"\ndefault = \"allow\"\n"};
    world.start();
    world.settle();
    ASSERT_EQ(world.driver(drive_1), "nvme");
    world.machine->sleep();
    world.replace(drive_1, world.disguised(drive_1, drive_2));
    world.guard->woke_up();
    world.settle();
    EXPECT_EQ(world.at(drive_1).decision->rule, "implicit-same-device");
    EXPECT_EQ(world.at(drive_1).standing, Standing::quarantined);
    EXPECT_EQ(world.driver(drive_1), "");
}

TEST(Guard, CatchesAPerfectCopyThatDoesNotHaveTheKey) {
    World world;
    bool swapped = false;
    world.sys->before_write = [&](std::string_view path) {
        if (swapped || path != "bus/pci/drivers_probe") return;
        swapped = true;
        auto copy = world.described(drive_2);
        copy.lies.bad_signature = true;  // same identity, same certificates, no key
        world.replace(drive_2, copy);
    };
    world.start();
    world.settle();
    ASSERT_TRUE(swapped);
    EXPECT_EQ(world.driver(drive_2), "");
    EXPECT_EQ(world.at(drive_2).standing, Standing::quarantined);
}

TEST(Guard, CatchesADeviceThatChangedWhileTheMachineSlept) {
    World world;
    world.start();
    world.settle();
    ASSERT_EQ(world.driver(drive_1), "nvme");
    world.machine->sleep();
    world.replace(drive_1, world.disguised(drive_1, drive_2));  // genuine, but another
    world.guard->woke_up();
    world.settle();
    EXPECT_EQ(world.driver(drive_1), "");
    EXPECT_EQ(world.at(drive_1).standing, Standing::quarantined);
    EXPECT_EQ(world.reason(drive_1), "device.changed");
    EXPECT_EQ(world.driver(drive_2), "nvme");
}

// Its maker would certify as many as it likes: the same name, and not the device that was accepted.
TEST(Guard, CatchesAnotherKeyUnderTheSameName) {
    World world;
    world.start();
    world.settle();
    ASSERT_EQ(world.driver(drive_1), "nvme");
    const auto key = world.at(drive_1).signer->key;
    world.replace(drive_1, world.described(drive_1));
    world.guard->woke_up();
    world.settle();
    ASSERT_NE(world.at(drive_1).signer->key, key);
    EXPECT_EQ(world.reason(drive_1), "device.changed");
    EXPECT_EQ(world.at(drive_1).standing, Standing::quarantined);
    EXPECT_EQ(world.driver(drive_1), "");
}

TEST(Guard, KeepsAQuarantineUntilSomebodyReleasesIt) {
    World world;
    world.start();
    world.settle();
    const auto genuine = world.described(drive_1);
    world.replace(drive_1, world.disguised(drive_1, impostor));
    world.guard->woke_up();
    world.settle();
    ASSERT_EQ(world.at(drive_1).standing, Standing::quarantined);
    world.replace(drive_1, genuine);
    EXPECT_TRUE(world.guard->examine("pci/0000:01:00.0", [](const auto&, const auto&) {}));
    world.settle();
    EXPECT_EQ(world.driver(drive_1), "");
    world.start();
    world.settle();
    EXPECT_EQ(world.driver(drive_1), "");
    EXPECT_FALSE(world.guard->release("pci/0000:01:01.0"));
    EXPECT_TRUE(world.guard->release("pci/0000:01:00.0"));
    world.settle();
    EXPECT_EQ(world.driver(drive_1), "nvme");
}

TEST(Guard, ExaminesAHotpluggedDeviceBeforeItsDriverGetsIt) {
    World world;
    world.start();
    world.settle();
    world.unplug(drive_2);
    world.settle();
    EXPECT_FALSE(world.guard->devices().contains("pci/0000:01:01.0"));
    world.plug(world.disguised(drive_2, impostor));
    EXPECT_EQ(world.driver(drive_2), "");
    world.settle();
    EXPECT_EQ(world.at(drive_2).standing, Standing::quarantined);
    EXPECT_EQ(world.driver(drive_2), "");
}

TEST(Guard, ComesToRestAfterAStormOfResets) {
    World world;
    world.start();
    world.settle();
    const auto before = world.diary.kept;
    for (int n = 0; n < 1000; ++n) {
        world.recover(drive_1, true);
        world.pass(std::chrono::milliseconds{10});
    }
    world.settle();
    EXPECT_EQ(world.driver(drive_1), "nvme");
    // 10 s of storm, one look each 2 s at most: the storm costs neither the device nor the machine.
    EXPECT_LE(world.diary.kept - before, 6U);
    EXPECT_GE(world.diary.kept - before, 1U);
}

TEST(Guard, LooksAtEverythingWhenEventsWereLost) {
    World world;
    world.start();
    world.settle();
    for (int n = 0; n < 10000; ++n) world.recover(drive_1, true);
    world.unplug(drive_2);
    world.settle();
    EXPECT_TRUE(world.diary.has("events.lost", ""));
    EXPECT_FALSE(world.guard->devices().contains("pci/0000:01:01.0"));
    EXPECT_EQ(world.driver(drive_1), "nvme");
}

// What was lost may have been about any of them.
TEST(Guard, ExaminesEverybodyWhenEventsWereLost) {
    World world;
    MutedEvents events{world.machine->uevents()};
    world.events = &events;
    world.start();
    world.settle();
    ASSERT_EQ(world.driver(drive_2), "nvme");
    auto copy = world.described(drive_2);
    copy.lies.bad_signature = true;
    events.muted = events.lost = true;
    world.replace(drive_2, copy);
    world.settle();
    EXPECT_EQ(world.at(drive_2).standing, Standing::quarantined);
    EXPECT_EQ(world.driver(drive_2), "");
}

TEST(Guard, ClosesTheGateAndBarsWhoIsKeptOut) {
    World world;
    auto& tree = world.machine->tree();
    ASSERT_TRUE(tree.write("bus/pci/drivers_autoprobe", as_bytes("1")));
    world.start();
    EXPECT_EQ(as_text(*tree.read("bus/pci/drivers_autoprobe", 8)).front(), '0');
    world.settle();
    const std::string files = "bus/pci/devices/0000:01:03.0/";
    EXPECT_EQ(as_text(*tree.read(files + "driver_override", 64)), "busguard-keeps-out\n");
    ASSERT_TRUE(tree.write("bus/pci/drivers_probe", as_bytes(impostor)));
    EXPECT_EQ(world.driver(impostor), "") << "by hand neither";
}

TEST(Guard, SaysWhenADriverDoesNotLetGo) {
    World world{"schema = \"busguard.policy/1\"\ndefault = \"deny\"\n"};
    ASSERT_TRUE(world.machine->tree().write("bus/pci/drivers_probe", as_bytes(drive_1)));
    world.sys->swallows = [](std::string_view path) { return path.ends_with("unbind"); };
    world.start();
    world.settle();
    EXPECT_EQ(world.driver(drive_1), "nvme");
    EXPECT_TRUE(world.diary.has("device.cannot-keep-out", drive_1));
}

// A question that goes unanswered now and then is no other device.
TEST(Guard, KeepsADeviceInUseThatDoesNotAnswerOnce) {
    World world;
    world.start();
    world.settle();
    auto silent = world.described(drive_1);
    silent.mailbox->fault = emulate::MailboxFault::silent;
    world.replace(drive_1, silent);
    ASSERT_TRUE(world.guard->examine("pci/0000:01:00.0", [](const auto&, const auto&) {}));
    world.pass(std::chrono::seconds{4});
    EXPECT_EQ(world.at(drive_1).verdict->state, appraisal::State::unreachable);
    EXPECT_EQ(world.at(drive_1).standing, Standing::let_in);
    EXPECT_EQ(world.driver(drive_1), "nvme");
}

// Of what has no key its identity is all that can be held to.
TEST(Guard, CatchesAnotherIdentityWithoutAKey) {
    World world{"schema = \"busguard.policy/1\"\ndefault = \"allow\"\n"};
    world.start();
    world.settle();
    ASSERT_EQ(world.driver(card), "e1000e");
    auto other = world.described(card);
    other.identity.device = 0x10d4;
    world.replace(card, other);
    world.guard->woke_up();
    world.settle();
    EXPECT_EQ(world.reason(card), "device.changed");
    EXPECT_EQ(world.at(card).standing, Standing::quarantined);
}

TEST(Guard, ExaminesAgainWhenThePolicyIsNew) {
    World world;
    world.start();
    world.settle();
    world.guard->adopt(World::policy("schema = \"busguard.policy/1\"\ndefault = \"deny\"\n"), world.judge());
    world.settle();
    EXPECT_EQ(world.driver(drive_1), "");
    EXPECT_EQ(world.at(drive_1).decision->rule, "implicit");
    const auto before = world.diary.kept;
    world.guard->adopt(World::policy(usual_policy()), world.judge());
    world.settle();
    EXPECT_EQ(world.driver(drive_1), "nvme");
    EXPECT_GT(world.diary.kept, before);  // not by an old verdict
    EXPECT_EQ(world.driver(impostor), "");
}

TEST(Guard, ExaminesOnScheduleWithJitter) {
    World world{usual_policy(), {.enforce = true, .rescan = std::chrono::minutes{1}}};
    world.start();
    world.settle();
    const auto before = world.diary.kept;
    world.pass(std::chrono::minutes{50});
    EXPECT_EQ(world.diary.kept, before);
    world.pass(std::chrono::minutes{20});
    EXPECT_EQ(world.diary.kept, before + 2);
}

TEST(Guard, LetsNobodyInWhenEvidenceCannotBeKept) {
    World world;
    world.disk_is_full = true;
    world.start();
    world.settle();
    world.pass(std::chrono::minutes{5});
    EXPECT_EQ(world.driver(drive_1), "");
    EXPECT_EQ(world.reason(drive_1), "store.failed");
    EXPECT_TRUE(world.diary.has("store.failed", ""));
}

// Evidence first: what nobody can look at again lets nobody in.
TEST(Guard, LetsNobodyInWhoseEvidenceIsNotKept) {
    World world;
    world.start();
    world.memory->keeps_nothing = true;
    world.settle();
    EXPECT_EQ(world.driver(drive_1), "");
    EXPECT_EQ(world.reason(drive_1), "store.failed");
}

// Who is killed directly afterwards would not know that it let it in.
TEST(Guard, LetsNobodyInWhomItCouldNotRemember) {
    World world;
    world.start();
    world.memory->remembers_nothing = true;
    bool bound = false;
    world.sys->after_write = [&] { bound = bound || !world.driver(drive_1).empty(); };
    world.settle();
    EXPECT_FALSE(bound);
    EXPECT_EQ(world.reason(drive_1), "store.failed");
}

// What somebody bound while no guard ran counts as let in only if it was let in at last.
TEST(Guard, RemembersThatItTookADeviceAway) {
    World world;
    world.start();
    world.settle();
    world.guard->adopt(World::policy("schema = \"busguard.policy/1\"\ndefault = \"deny\"\n"), world.judge());
    world.settle();
    ASSERT_EQ(world.driver(drive_1), "");
    world.guard.reset();
    auto& tree = world.machine->tree();
    ASSERT_TRUE(tree.write("bus/pci/devices/0000:01:00.0/driver_override", as_bytes("\n")));
    ASSERT_TRUE(tree.write("bus/pci/drivers_probe", as_bytes(drive_1)));
    world.start();
    EXPECT_TRUE(world.at(drive_1).bound_before);
}

// What was accepted counts for one boot: whoever had the machine meanwhile may have exchanged everything.
TEST(Guard, BeginsAnewAfterAReboot) {
    World world;
    world.start();
    world.settle();
    ASSERT_EQ(world.driver(drive_1), "nvme");
    world.guard.reset();
    world.boot = "second boot";
    world.replace(drive_2, world.disguised(drive_2, drive_1));  // genuine, and another
    world.start();
    EXPECT_TRUE(world.at(drive_1).bound_before) << "by whom nobody knows";
    world.settle();
    EXPECT_EQ(world.driver(drive_1), "nvme");
    EXPECT_EQ(world.at(drive_2).standing, Standing::let_in);
}

// It was pulled while no guard ran, so that nobody forgot what was accepted there.
TEST(Guard, HoldsNobodyToWhatWasInItsSlotBefore) {
    World world;
    world.start();
    world.settle();
    world.guard.reset();
    world.unplug(drive_2);
    world.start();
    world.settle();
    world.plug(world.disguised(drive_2, drive_1));  // genuine, and another
    world.settle();
    EXPECT_EQ(world.at(drive_2).standing, Standing::let_in);
    EXPECT_EQ(world.driver(drive_2), "nvme");
}

TEST(Guard, TakesADeviceAwayThatAnOldKernelBoundByItself) {
    World world;
    world.description.autoprobe_holds_for_hotplug = false;
    auto made = emulate::Machine::make(world.description, {}, world.clock, world.entropy);
    ASSERT_TRUE(made);
    world.machine = *std::move(made);
    world.sys.emplace(world.machine->tree(), world.fate);
    world.start();
    world.settle();
    world.unplug(drive_2);
    world.settle();
    world.plug(world.disguised(drive_2, impostor));
    ASSERT_EQ(world.driver(drive_2), "nvme");  // the gate is closed, and it binds
    world.settle();
    EXPECT_EQ(world.driver(drive_2), "");
    EXPECT_TRUE(world.diary.has("device.window", drive_2));
    EXPECT_EQ(world.at(drive_2).standing, Standing::quarantined);
}

// A strict examination that times out takes the driver away, and does not make the next device a newcomer.
TEST(Guard, HoldsADeviceToWhatItWasAfterATimeOutToo) {
    World world;
    world.start();
    world.settle();
    ASSERT_EQ(world.driver(drive_1), "nvme");
    auto silent = world.described(drive_1);
    silent.mailbox->fault = emulate::MailboxFault::silent;
    world.machine->sleep();
    world.replace(drive_1, silent);
    world.guard->woke_up();
    world.pass(std::chrono::seconds{4});
    EXPECT_EQ(world.driver(drive_1), "");
    world.replace(drive_1, world.disguised(drive_1, drive_2));  // genuine, and not the one that was accepted
    world.pass(std::chrono::minutes{1});
    EXPECT_EQ(world.driver(drive_1), "");
    EXPECT_EQ(world.at(drive_1).standing, Standing::quarantined);
    EXPECT_EQ(world.reason(drive_1), "device.changed");
}

// Who has to show that it is the same is not let off because somebody asks for less in the meantime.
TEST(Guard, IsNoLessStrictBecauseSomebodyAsksToo) {
    World world;
    world.start();
    world.settle();
    auto silent = world.described(drive_1);
    silent.mailbox->fault = emulate::MailboxFault::silent;
    world.replace(drive_1, silent);
    world.guard->woke_up();
    ASSERT_TRUE(world.guard->examine("pci/0000:01:00.0", [](const auto&, const auto&) {}));
    world.pass(std::chrono::seconds{4});
    EXPECT_EQ(world.driver(drive_1), "");
}

// It was taken out of the socket while somebody was let in: nothing tells a second time that it is there.
TEST(Guard, ForgetsNoEventThatCameWhileItLetSomebodyIn) {
    World world;
    SocketEvents events{world.machine->uevents()};
    world.events = &events;
    world.start();
    world.settle();
    world.memory->after_keep = [&] {
        world.memory->after_keep = nullptr;
        world.unplug(card);
    };
    const auto before = world.clock.now();
    ASSERT_TRUE(world.guard->examine("pci/0000:01:00.0", [](const auto&, const auto&) {}));
    world.settle();
    EXPECT_FALSE(world.guard->devices().contains("pci/0000:01:04.0"));
    EXPECT_LT(world.clock.now() - before, std::chrono::minutes{1});
}

/// When the first driver was bound, by examinations that had begun when `then` came.
Time first_bound(const std::function<void(World&)>& then) {
    World world;
    world.start();
    world.loop->turn();
    world.loop->turn();  // they are asked
    then(world);
    auto bound = Time::max();
    world.sys->before_write = [&](std::string_view path) {
        if (path.ends_with("drivers_probe")) bound = std::min(bound, world.clock.now());
    };
    world.settle();
    EXPECT_EQ(world.driver(drive_1), "nvme");
    return bound;
}

// What it said before the machine slept says nothing of what is there afterwards.
TEST(Guard, LetsNobodyInByAnExaminationThatBeganBeforeASleep) {
    const auto usually = first_bound([](World&) {});
    const auto after_sleep = first_bound([](World& world) { world.guard->falls_asleep(); });
    EXPECT_GE(after_sleep, usually + Settings{}.quiet);
}

TEST(Guard, LooksForItselfWhileEventsFail) {
    World world;
    SocketEvents events{world.machine->uevents()};
    world.events = &events;
    world.start();
    world.settle();
    events.broken = true;
    world.settle();
    world.unplug(drive_2);
    world.pass(std::chrono::seconds{3});
    EXPECT_FALSE(world.guard->devices().contains("pci/0000:01:01.0"));
    EXPECT_EQ(world.diary.count("events.failed", ""), 1U);  // said once, however long it lasts
    EXPECT_EQ(world.driver(drive_1), "nvme");
    events.broken = false;
    world.plug(world.described(drive_2));
    world.pass(std::chrono::seconds{3});
    EXPECT_EQ(world.driver(drive_2), "nvme");
}

TEST(Guard, ExaminesANewDeviceWhileTheOneBeforeIsStillAsked) {
    World world;
    world.start();
    world.settle();
    ASSERT_TRUE(world.guard->examine("pci/0000:01:01.0", [](const auto&, const auto&) {}));
    world.loop->turn();
    world.loop->turn();
    world.unplug(drive_2);
    world.plug(world.disguised(drive_2, impostor));
    world.settle();
    EXPECT_EQ(world.at(drive_2).standing, Standing::quarantined);
    EXPECT_EQ(world.driver(drive_2), "");
}

constexpr std::size_t quarters = 4;

/// Everything that happens to a machine, one thing after the other. `bad`: what must not be bound, from when
/// on that is so.
void play(World& world, std::set<std::string>& bad) {
    const auto genuine = world.described(drive_1);
    bool swapped = false;
    world.sys->before_write = [&](std::string_view path) {
        if (!path.ends_with("drivers_probe") || std::exchange(swapped, true)) return;
        auto copy = world.described(drive_2);
        copy.lies.bad_signature = true;
        world.replace(drive_2, copy);
    };
    world.settle();
    world.sys->before_write = nullptr;
    ASSERT_TRUE(swapped);
    ASSERT_EQ(world.at(drive_2).standing, Standing::quarantined);
    bad.insert(drive_2);
    for (int n = 0; n < 5; ++n) world.recover(drive_1, true);
    world.settle();
    ASSERT_EQ(world.driver(drive_1), "nvme");
    world.reload("schema = \"busguard.policy/1\"\ndefault = \"deny\"\n");
    ASSERT_EQ(world.driver(drive_1), "");
    world.reload(usual_policy());
    ASSERT_EQ(world.driver(drive_1), "nvme");
    world.unplug(drive_2);
    world.settle();
    world.plug(world.disguised(drive_2, impostor));
    world.settle();
    world.machine->sleep();
    world.replace(drive_1, world.disguised(drive_1, impostor));
    if (world.guard) world.guard->woke_up();
    world.settle();
    ASSERT_EQ(world.at(drive_1).standing, Standing::quarantined);
    world.replace(drive_1, genuine);
    for (int tries = 0; tries < 3 && world.at(drive_1).standing == Standing::quarantined; ++tries) {
        try {
            (void)world.guard->release("pci/0000:01:00.0");
        } catch (const Killed&) {
            ++world.killed;
            world.guard.reset();
        }
        world.settle();
    }
}

// Issue 3: "daemon killed with SIGKILL at every step and restarted: nothing that failed is ever bound,
// nothing lost". A quarter of the steps each.
class KilledGuard : public testing::TestWithParam<std::size_t> {};

TEST_P(KilledGuard, SurvivesAtEveryStep) {
    std::size_t total = 0;
    {
        World world;
        std::set<std::string> bad;
        play(world, bad);
        total = world.fate.steps();
    }
    ASSERT_GT(total, 40U);
    std::size_t deaths = 0;
    std::size_t tried = 0;
    for (std::size_t step = 1 + GetParam(); step <= total; step += quarters * busguard::test::thinned) {
        ++tried;
        SCOPED_TRACE("killed at step " + std::to_string(step));
        World world;
        std::set<std::string> bad{stranger, impostor};
        world.sys->after_write = [&] {
            for (const auto& each : bad)
                EXPECT_EQ(world.machine->pci().bound_driver(address(each)), "") << each;
        };
        world.fate.kill_at(step);
        play(world, bad);
        deaths += world.killed;
        if (testing::Test::HasFatalFailure()) return;
        EXPECT_EQ(world.driver(drive_1), "nvme");
        EXPECT_EQ(world.driver(drive_2), "");  // an impostor by now
        EXPECT_EQ(world.at(drive_2).standing, Standing::quarantined);
        EXPECT_EQ(world.at(stranger).standing, Standing::quarantined);
        EXPECT_EQ(world.driver(card), "e1000e");
        // What was acknowledged is there for everybody, in its place; nothing was given a place twice.
        const auto found = world.looked_through();
        EXPECT_TRUE(found.clean()) << found.problems.size();
        const auto entries = world.entries();
        EXPECT_FALSE(world.acknowledged.empty());
        for (const auto& [index, device] : world.acknowledged) {
            ASSERT_LT(index, entries.size());
            const auto* const its = std::get_if<logbook::Evidence>(&entries[index].what);
            ASSERT_NE(its, nullptr) << index;
            EXPECT_EQ(its->bundle.circumstances.device, device) << index;
        }
    }
    EXPECT_EQ(deaths, tried);
}

INSTANTIATE_TEST_SUITE_P(Quarter, KilledGuard, testing::Range(std::size_t{0}, quarters));

}  // namespace
}  // namespace busguard::daemon
