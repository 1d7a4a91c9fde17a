#include "tests/scenario/world.h"

/// What the guard writes into the log, and what follows if it cannot.
namespace busguard::daemon {
namespace {

constexpr auto genuine_drive = "0000:01:00.0";
constexpr auto forger = "0000:01:03.0";

struct Read {
    std::vector<logbook::Verdict> verdicts;
    std::vector<logbook::Change> changes;
    std::map<std::uint64_t, std::string> evidence;  // index → device
};

Read read(World& world) {
    Read all;
    const auto entries = world.entries();
    for (std::size_t n = 0; n < entries.size(); ++n) {
        const auto& what = entries[n].what;
        if (const auto* its = std::get_if<logbook::Verdict>(&what)) all.verdicts.push_back(*its);
        if (const auto* its = std::get_if<logbook::Change>(&what)) all.changes.push_back(*its);
        if (const auto* its = std::get_if<logbook::Evidence>(&what))
            all.evidence[n] = its->bundle.circumstances.device;
    }
    return all;
}

std::vector<std::string> names(const Read& all) {
    std::vector<std::string> said;
    said.reserve(all.changes.size());
    for (const auto& change : all.changes) said.push_back(change.what);
    return said;
}

TEST(GuardLog, HasEvidenceAndVerdictOfEachExamination) {
    World world;
    world.start();
    world.settle();
    const auto all = read(world);
    EXPECT_EQ(all.evidence.size(), world.diary.kept);
    const auto failed = std::ranges::find(all.verdicts, "pci/0000:01:03.0", &logbook::Verdict::device);
    ASSERT_NE(failed, all.verdicts.end());
    EXPECT_EQ(failed->state, "failed");
    EXPECT_EQ(failed->reason, "signature.invalid");
    EXPECT_EQ(failed->cause, "start");
    EXPECT_EQ(failed->owner, "native");
    EXPECT_EQ(failed->ruling, "quarantine");
    EXPECT_TRUE(failed->enforcing);
    EXPECT_NE(std::ranges::find(failed->failed, "signature.invalid"), failed->failed.end());
    // Each verdict leads to evidence of its own device; one without evidence is of a device without a voice.
    for (const auto& verdict : all.verdicts) {
        if (!verdict.evidence) {
            EXPECT_EQ(verdict.state, "unsupported") << verdict.device;
            continue;
        }
        ASSERT_TRUE(all.evidence.contains(*verdict.evidence));
        EXPECT_EQ(all.evidence.at(*verdict.evidence), verdict.device);
    }
    // A driver got it, so it was looked at once more.
    EXPECT_EQ(std::ranges::count(all.verdicts, "pci/0000:01:00.0", &logbook::Verdict::device), 2);
}

TEST(GuardLog, TellsWhatChanged) {
    World world;
    world.start();
    world.settle();
    world.guard->adopt(World::policy(usual_policy()), world.judge(),
                       {.policy = {std::byte{7}}, .anchors = {}});
    world.settle();
    ASSERT_TRUE(world.guard->release("pci/0000:01:03.0"));
    world.settle();
    world.guard->stop();
    EXPECT_EQ(names(read(world)), (std::vector<std::string>{"guard.started", "policy.loaded", "policy.loaded",
                                                            "device.released", "guard.stopped"}));
    EXPECT_EQ(read(world).changes[0].detail, "enforcing");
    EXPECT_EQ(read(world).changes[3].device, "pci/0000:01:03.0");
    const auto entries = world.entries();
    EXPECT_EQ(entries.front().policy, tlog::TreeHash{});
    EXPECT_EQ(entries.back().policy, (tlog::TreeHash{std::byte{7}}));
    EXPECT_EQ(entries.back().origin, "scenario.example/log");
}

TEST(GuardLog, VerdictsAreThereBeforeAnythingFollowsFromThem) {
    World world;
    bool bound = false;
    bool noted = false;
    world.start();
    world.memory->after_note = [&] { noted = true; };
    world.sys->before_write = [&](std::string_view path) {
        if (path != "bus/pci/drivers_probe") return;
        bound = true;
        EXPECT_TRUE(noted);
    };
    world.settle();
    EXPECT_TRUE(bound);
}

TEST(GuardLog, NobodyIsLetInByAVerdictThatIsNotWrittenDown) {
    World world;
    world.start();
    world.memory->takes_no_notes = true;
    world.settle();
    world.pass(std::chrono::minutes{1});
    EXPECT_EQ(world.driver(genuine_drive), "");
    EXPECT_EQ(world.reason(genuine_drive), "store.failed");
    EXPECT_EQ(world.at(genuine_drive).decision->rule, "implicit-not-kept");
    EXPECT_TRUE(world.at(genuine_drive).evidence) << "it was kept all the same";
    EXPECT_TRUE(world.diary.has("store.failed", ""));
    world.memory->takes_no_notes = false;
    ASSERT_TRUE(world.guard->examine("pci/0000:01:00.0", [](const auto&, const auto&) {}));
    world.settle();
    EXPECT_EQ(world.driver(genuine_drive), "nvme");
}

TEST(GuardLog, AFullDiskLetsNobodyInWhateverThePolicySays) {
    World world{"schema = \"busguard.policy/1\"\ndefault = \"allow\"\n"};
    world.start();
    world.memory->takes_no_notes = true;
    world.settle();
    EXPECT_EQ(world.driver(genuine_drive), "");
    EXPECT_EQ(world.driver(forger), "");
}

TEST(GuardLog, AQuarantineStaysOverAVerdictThatIsNotWrittenDown) {
    World world;
    world.start();
    world.settle();
    ASSERT_EQ(world.at(forger).standing, Standing::quarantined);
    world.memory->takes_no_notes = true;
    ASSERT_TRUE(world.guard->examine("pci/0000:01:03.0", [](const auto&, const auto&) {}));
    world.settle();
    EXPECT_EQ(world.at(forger).standing, Standing::quarantined);
    EXPECT_EQ(world.at(forger).decision->rule, "implicit-quarantined");
}

TEST(GuardLog, AReleaseThatCannotBeWrittenDownIsNone) {
    World world;
    world.start();
    world.settle();
    world.memory->takes_no_notes = true;
    EXPECT_FALSE(world.guard->release("pci/0000:01:03.0"));
    EXPECT_EQ(world.at(forger).standing, Standing::quarantined);
    EXPECT_FALSE(world.at(forger).remembered.quarantine.empty());
}

TEST(GuardLog, IsPublishedSoonAfterAnEntryAndOnceForMany) {
    World world;
    world.start();
    world.pass(world.settings.publish + std::chrono::milliseconds{1});
    EXPECT_EQ(world.log->published(), world.log->size());
    world.settle();
    world.pass(std::chrono::milliseconds{250});
    EXPECT_EQ(world.log->published(), world.log->size());
    EXPECT_TRUE(world.looked_through().clean());
}

/// No device is looked at again by itself: days pass in a moment.
constexpr auto nothing_is_due = "schema = \"busguard.policy/1\"\ndefault = \"deny\"\n";

// Entries go by whole bundles of 256, and never the tree over them.
TEST(GuardLog, KeepsEntriesForAsLongAsItIsTold) {
    World world{nothing_is_due};
    SocketEvents events{world.machine->uevents()};
    world.events = &events;
    world.retain = std::chrono::days{2};
    world.start();
    world.settle();
    const auto fill = [&](int entries) {
        for (int n = 0; n < entries; ++n)
            ASSERT_TRUE(
                world.log->write_down(std::vector<Note>{logbook::Change{"policy.loaded", {}, {}, {}}}));
        world.pass(std::chrono::seconds{1});
    };
    fill(300);
    world.pass(std::chrono::days{1});
    fill(300);
    EXPECT_EQ(world.first_kept(), 0U) << "nothing is old enough";
    const auto second = world.log->size();
    world.pass(std::chrono::days{1} + std::chrono::hours{2});
    EXPECT_EQ(world.first_kept(), 256U) << "of the first day, what fills a bundle";
    EXPECT_TRUE(world.looked_through(256).clean());
    EXPECT_FALSE(world.looked_through().clean()) << "what is gone is gone";
    EXPECT_GE(world.log->size(), second);
    world.pass(std::chrono::days{2});
    EXPECT_GE(world.first_kept(), 512U);
    EXPECT_TRUE(world.looked_through(world.first_kept()).clean());
    world.start();  // and goes on from there
    world.settle();
    EXPECT_TRUE(world.looked_through(world.first_kept()).clean());
}

TEST(GuardLog, KeepsEverythingUnlessItIsTold) {
    World world{nothing_is_due};
    SocketEvents events{world.machine->uevents()};
    world.events = &events;
    world.start();
    world.settle();
    for (int n = 0; n < 300; ++n)
        ASSERT_TRUE(world.log->write_down(std::vector<Note>{logbook::Change{"policy.loaded", {}, {}, {}}}));
    world.pass(std::chrono::days{3});
    EXPECT_EQ(world.first_kept(), 0U);
    EXPECT_TRUE(world.looked_through().clean());
}

TEST(GuardLog, EquallyCertifiedDevicesShareTheirBlobs) {
    World world;
    world.start();
    world.settle();
    const auto before = world.looked_through();
    for (int n = 0; n < 5; ++n) {
        ASSERT_TRUE(world.guard->examine("pci/0000:01:00.0", [](const auto&, const auto&) {}));
        world.settle();
    }
    const auto after = world.looked_through();
    EXPECT_GT(after.entries, before.entries);
    EXPECT_EQ(after.blobs, before.blobs);
}

}  // namespace
}  // namespace busguard::daemon
