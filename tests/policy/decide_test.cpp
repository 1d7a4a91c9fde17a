#include "policy/warnings.h"
#include "support.h"

#include <fstream>
#include <functional>
#include <sstream>

namespace busguard::policy {
namespace {

using appraisal::State;

/// What matches a drive, and what about another device makes it none.
struct Pair {
    std::string match;
    std::function<void(Subject&)> change;
};

std::ostream& operator<<(std::ostream& out, const Pair& pair) { return out << pair.match; }

class DecideEach : public testing::TestWithParam<Pair> {};

TEST_P(DecideEach, FieldMatchesItsDeviceAndNoOther) {
    const auto& [match, change] = GetParam();
    EXPECT_TRUE(is_allowed(match, drive()));
    auto other = drive();
    change(other);
    EXPECT_FALSE(is_allowed(match, other));
}

const std::string pinned_leaf = "certificate = \"" + leaf + "\"";
const std::string pinned_root = "root = \"" + root + "\"";

INSTANTIATE_TEST_SUITE_P(
    Fields, DecideEach,
    testing::Values(
        Pair{R"(bus = "pci")", [](Subject& s) { s.device = "nvme/nvme0"; }},
        Pair{R"(bus = ["nvme", "pci"])", [](Subject& s) { s.device = "scsi/0:0:1:0"; }},
        Pair{R"(bus = "pci")", [](Subject& s) { s.device = "pcix/0"; }},
        Pair{R"(class = "0108")", [](Subject& s) { s.pci->class_code = 0x010602; }},
        Pair{R"(class = "01")", [](Subject& s) { s.pci->class_code = 0x100102; }},
        Pair{R"(class = "010802")", [](Subject& s) { s.pci->class_code = 0x010803; }},
        Pair{R"(class = "0108")", [](Subject& s) { s.pci.reset(); }},
        Pair{R"(vendor = "1ea5")", [](Subject& s) { s.pci->vendor = 0x1ea4; }},
        Pair{R"(vendor = "1ea5")", [](Subject& s) { s.pci.reset(); }},
        Pair{R"(identity = "1ea5:5001")", [](Subject& s) { s.pci->device = 0x5002; }},
        Pair{R"(identity = "1ea5:*:1af4:1100")", [](Subject& s) { s.pci->subsystem = 0x1101; }},
        Pair{R"(path = "devices/pci0000:00/0000:00:01.0/*")", [](Subject& s) { s.place += "/x"; }},
        Pair{R"(path = "devices/pci0000:00/0000:00:01.0/**")",
             [](Subject& s) { s.place = "devices/pci0000:00/0000:00:02.0/0000:01:00.0"; }},
        Pair{R"(path = "devices/pci0000:00/**")", [](Subject& s) { s.place.clear(); }},
        Pair{R"(location = "fixed")", [](Subject& s) { s.location = "removable"; }},
        Pair{R"(location = "fixed")", [](Subject& s) { s.location.clear(); }},
        Pair{"virtual_function = false", [](Subject& s) { s.virtual_function = true; }},
        Pair{"bound_before = false", [](Subject& s) { s.bound_before = true; }},
        Pair{R"(owner = "native")", [](Subject& s) { s.owner = "tsm:tsm0"; }},
        Pair{R"(owner = ["native", "tsm"])", [](Subject& s) { s.owner = "kernel"; }},
        Pair{R"(state = "authenticated")", [](Subject& s) { s.state = State::no_reference; }},
        Pair{R"(state = ["authenticated", "no-reference"])", [](Subject& s) { s.state = State::failed; }},
        Pair{"slot = 0", [](Subject& s) { s.slot = 1; }},
        Pair{"slot = [0, 2]", [](Subject& s) { s.slot = 1; }},
        Pair{"slot = 0", [](Subject& s) { s.slot.reset(); }},
        Pair{pinned_leaf, [](Subject& s) { s.certificate = other_leaf; }},
        Pair{pinned_leaf, [](Subject& s) { s.certificate.clear(); }},
        Pair{pinned_root, [](Subject& s) { s.root = s.certificate; }},
        Pair{"measurement.1 = \"" + digest + "\"", [](Subject& s) { s.measurements["1"] = other_digest; }},
        Pair{"measurement.1 = \"" + digest + "\"", [](Subject& s) { s.measurements.erase("1"); }},
        Pair{"[rule.match.measurement]\n1 = [\"" + digest + "\", \"" + other_digest + "\"]\n2 = \"" +
                 other_digest + "\"",
             [](Subject& s) { s.measurements["2"] = digest; }}));

INSTANTIATE_TEST_SUITE_P(
    NoneOf, DecideEach,
    testing::Values(
        Pair{R"(bus = { none_of = ["ata", "scsi"] })", [](Subject& s) { s.device = "ata/1"; }},
        Pair{R"(class = { none_of = ["02", "03"] })", [](Subject& s) { s.pci->class_code = 0x020000; }},
        Pair{R"(vendor = { none_of = "8086" })", [](Subject& s) { s.pci->vendor = 0x8086; }},
        Pair{R"(identity = { none_of = "1ea5:5002" })", [](Subject& s) { s.pci->device = 0x5002; }},
        Pair{R"(path = { none_of = "devices/pci0000:80/**" })",
             [](Subject& s) { s.place = "devices/pci0000:80/0000:80:00.0"; }},
        Pair{R"(location = { none_of = "removable" })", [](Subject& s) { s.location = "removable"; }},
        Pair{R"(owner = { none_of = "tsm" })", [](Subject& s) { s.owner = "tsm:tsm0"; }},
        Pair{R"(state = { none_of = "failed" })", [](Subject& s) { s.state = State::failed; }},
        Pair{R"(reason = { none_of = "chain.expired" })",
             [](Subject& s) { s.reasons = {"chain.version", "chain.expired"}; }},
        Pair{"slot = { none_of = [1, 2] }", [](Subject& s) { s.slot = 2; }},
        Pair{"certificate = { none_of = \"" + other_leaf + "\" }",
             [](Subject& s) { s.certificate = other_leaf; }},
        Pair{"measurement.1 = { none_of = \"" + other_digest + "\" }",
             [](Subject& s) { s.measurements["1"] = other_digest; }},
        Pair{R"(vendor = { one_of = ["1ea5", "1ea6"], none_of = ["1ea6"] })",
             [](Subject& s) { s.pci->vendor = 0x1ea6; }}));

TEST(Decide, WhatNobodyKnowsIsNoneOfAnything) {
    EXPECT_TRUE(is_allowed(R"(vendor = { none_of = "8086" })", stranger()));
    EXPECT_FALSE(is_allowed(R"(vendor = "8086")", stranger()));
}

TEST(Decide, WeighsSeveralReasonsByTheOperator) {
    auto subject = drive();
    subject.state = State::failed;
    subject.reasons = {"chain.expired", "chain.version"};
    EXPECT_TRUE(is_allowed(R"(reason = "chain.expired")", subject));
    EXPECT_TRUE(is_allowed(R"(reason = { all_of = ["chain.expired", "chain.version"] })", subject));
    EXPECT_FALSE(is_allowed(R"(reason = { all_of = ["chain.expired", "chain.eku"] })", subject));
    EXPECT_TRUE(
        is_allowed(R"(reason = { only = ["chain.version", "chain.expired", "chain.eku"] })", subject));
    EXPECT_FALSE(is_allowed(R"(reason = { only = "chain.expired" })", subject));
    EXPECT_FALSE(is_allowed(R"(reason = { only = "chain.expired" })", drive()));  // has no reason at all
    EXPECT_FALSE(is_allowed(R"(reason = "chain.expired")", drive()));
}

TEST(Decide, LooksIntoGroups) {
    const auto policy = policy_of(R"(
[groups]
makers = ["1ea5", "144d"]
[[rule]]
name = "makers"
decide = "allow"
match.vendor = ["8086", "@makers"]
[[rule]]
name = "no maker"
decide = "quarantine"
match.vendor = { none_of = ["@makers"] }
)");
    auto subject = drive();
    EXPECT_EQ(decide(policy, subject).rule, "makers");
    subject.pci->vendor = 0x8086;
    EXPECT_EQ(decide(policy, subject).rule, "makers");
    subject.pci->vendor = 0x144d;
    EXPECT_EQ(decide(policy, subject).rule, "makers");
    subject.pci->vendor = 0x1022;
    EXPECT_EQ(decide(policy, subject).rule, "no maker");
    EXPECT_EQ(decide(policy, subject).ruling, Ruling::quarantine);
}

TEST(Decide, NeedsAllThatARuleAsks) {
    const auto* match = "vendor = \"1ea5\"\nclass = \"0108\"\nlocation = \"fixed\"";
    EXPECT_TRUE(is_allowed(match, drive()));
    auto subject = drive();
    subject.location = "removable";
    EXPECT_FALSE(is_allowed(match, subject));
}

TEST(Decide, TakesTheFirstRuleThatMatches) {
    const auto policy = policy_of(R"(
default = "quarantine"
[[rule]]
name = "first"
decide = "deny"
match.vendor = "8086"
[[rule]]
name = "second"
decide = "allow"
owners = ["tsm", "native"]
reauthenticate = "90s"
match.class = "01"
[[rule]]
name = "third"
decide = "deny"
match.class = "0108"
)");
    EXPECT_EQ(decide(policy, drive()), (Decision{.ruling = Ruling::allow,
                                                 .rule = "second",
                                                 .owners = {"tsm", "native"},
                                                 .reauthenticate = std::chrono::seconds{90},
                                                 .passed_over = 1,
                                                 .trail = {{"first", "vendor", "1ea5"}}}));
}

TEST(Decide, SaysImplicitWhereNoRuleMatches) {
    const auto policy = policy_of("default = \"quarantine\"\n" + rule_of("vendor = \"8086\""));
    EXPECT_EQ(decide(policy, drive()), (Decision{.ruling = Ruling::quarantine,
                                                 .rule = "implicit",
                                                 .passed_over = 1,
                                                 .trail = {{"r", "vendor", "1ea5"}}}));
}

TEST(Decide, DeniesByDefault) {
    EXPECT_EQ(decide(Policy{}, drive()), Decision{});
    EXPECT_EQ(decide(policy_of(""), drive()).ruling, Ruling::deny);
    EXPECT_EQ(decide(policy_of(""), drive()).rule, implicit);
}

TEST(Decide, ARuleThatAsksNothingMatchesEverything) {
    EXPECT_TRUE(is_allowed("", drive()));
    EXPECT_TRUE(is_allowed("", stranger()));
    EXPECT_EQ(decide(policy_of("[[rule]]\nname = \"all\"\ndecide = \"allow\""), stranger()).rule, "all");
}

TEST(Decide, TellsWhichFieldAndWhatStandsThere) {
    auto subject = drive();
    subject.reasons = {"chain.expired", "chain.version"};
    const auto missed = [&](std::string_view match) {
        const auto trail = decide(policy_of(rule_of(match)), subject).trail;
        return trail.size() == 1 ? trail[0].field + " " + trail[0].has : "matched";
    };
    EXPECT_EQ(missed("class = \"0108\"\nvendor = \"8086\"\nbus = \"pci\""), "vendor 1ea5");
    EXPECT_EQ(missed("measurement.1 = \"" + other_digest + "\""), "measurement.1 " + digest);
    EXPECT_EQ(missed("measurement.7 = \"" + digest + "\""), "measurement.7 ");
    EXPECT_EQ(missed("reason = { only = \"chain.version\" }"), "reason chain.expired, chain.version");
    EXPECT_EQ(missed("identity = \"1ea5:0000\""), "identity 1ea5:5001:1af4:1100");
}

TEST(Decide, KeepsAsMuchOfTheTrailAsIsWanted) {
    std::string rules;
    for (int i = 0; i < 40; ++i)
        rules += "[[rule]]\nname = \"" + std::to_string(i) + "\"\ndecide = \"allow\"\nmatch.class = \"02\"\n";
    const auto policy = policy_of(rules);
    EXPECT_EQ(decide(policy, drive()).trail.size(), usual_trail);
    EXPECT_EQ(decide(policy, drive()).passed_over, 40U);
    const auto whole = decide(policy, drive(), most_rules).trail;
    ASSERT_EQ(whole.size(), 40U);
    EXPECT_EQ(whole.back(), (Missed{"39", "class", "010802"}));
}

TEST(PreferredOwners, AreKnownBeforeTheDeviceHasSpoken) {
    const auto policy = policy_of(R"(
[[rule]]
name = "network"
decide = "allow"
owners = "tsm:tsm1"
match.class = "02"
[[rule]]
name = "bad"
decide = "quarantine"
match.state = "failed"
[[rule]]
name = "drive"
decide = "allow"
owners = ["tsm", "native"]
match.class = "0108"
match.state = "authenticated"
)");
    auto subject = drive();
    subject.state = State::undetermined;
    EXPECT_EQ(preferred_owners(policy, subject), (Preference{.rule = "drive", .owners = {"tsm", "native"}}));
    subject.pci->class_code = 0x030000;
    EXPECT_EQ(preferred_owners(policy, subject), Preference{});
    EXPECT_EQ(preferred_owners(policy, subject).rule, implicit);
}

TEST(PreferredOwners, AreNotThoseOfARuleThatAnotherComesBefore) {
    const auto policy = policy_of(R"(
[[rule]]
name = "fixed"
decide = "allow"
match.location = "fixed"
[[rule]]
name = "drive"
decide = "allow"
owners = "tsm"
match.class = "0108"
)");
    EXPECT_EQ(preferred_owners(policy, drive()), (Preference{.rule = "fixed", .owners = {}}));
    auto subject = drive();
    subject.location = "removable";
    EXPECT_EQ(preferred_owners(policy, subject), (Preference{.rule = "drive", .owners = {"tsm"}}));
}

TEST(PreferredOwners, AreThoseOfTheRuleThatTakesTheRest) {
    const auto policy = policy_of("[[rule]]\nname = \"all\"\ndecide = \"deny\"\nowners = \"tsm\"");
    EXPECT_EQ(preferred_owners(policy, stranger()), (Preference{.rule = "all", .owners = {"tsm"}}));
}

/// The examples that are shipped do what they say.
Policy example(const std::string& name) {
    std::ifstream in{std::string{BUSGUARD_SOURCE_DIR} + "/share/policies/" + name};
    std::ostringstream text;
    text << in.rdbuf();
    auto policy = policy_from_toml(text.str(), name);
    EXPECT_TRUE(policy) << policy.error().text();
    if (policy) {
        EXPECT_TRUE(warnings(*policy, name).empty());
    }
    return policy ? *std::move(policy) : Policy{};
}

TEST(ExampleWatch, StopsWhatIsWrongAndLetsTheRestIn) {
    const auto policy = example("watch.toml");
    auto subject = drive();
    EXPECT_EQ(decide(policy, subject).ruling, Ruling::allow);
    subject.state = State::unsupported;
    EXPECT_EQ(decide(policy, subject).ruling, Ruling::allow);
    subject.location = "removable";
    EXPECT_EQ(decide(policy, subject).rule, "unproven from outside");
    subject.state = State::failed;
    EXPECT_EQ(decide(policy, subject).ruling, Ruling::quarantine);
}

TEST(ExampleStorageServer, LetsInWhatIsListed) {
    const auto policy = example("storage-server.toml");
    auto subject = drive();
    EXPECT_EQ(decide(policy, subject).rule, "drives");
    EXPECT_EQ(preferred_owners(policy, subject).owners,
              (std::vector<std::string>{"native"}));  // may be the boot drive
    subject.measurements["2"] = policy.groups.at("known-bad-firmware").values.front();
    EXPECT_EQ(decide(policy, subject).rule, "firmware with the known hole");
    subject = drive();
    subject.state = State::unsupported;
    EXPECT_EQ(decide(policy, subject).rule, implicit);
    EXPECT_EQ(decide(policy, subject).ruling, Ruling::deny);
    subject.pci = PciIdentity{.vendor = 0x8086, .device = 0x1901, .class_code = 0x060400};
    subject.place = "devices/pci0000:00/0000:00:01.0";
    EXPECT_EQ(decide(policy, subject).rule, "parts of the board");
    subject.state = State::failed;
    EXPECT_EQ(decide(policy, subject).ruling, Ruling::quarantine);
}

TEST(Decide, LetsBridgesInWhereNoRuleMatches) {
    const auto policy = *policy_from_toml("schema = \"busguard.policy/1\"\ndefault = \"deny\"\n", "p.toml");
    auto bridge = drive();
    bridge.pci->class_code = 0x060400;
    EXPECT_EQ(decide(policy, bridge).ruling, Ruling::allow);
    EXPECT_EQ(decide(policy, bridge).rule, implicit_bridge);
    EXPECT_EQ(decide(policy, drive()).ruling, Ruling::deny);
    const auto strict = *policy_from_toml(
        "schema = \"busguard.policy/1\"\n[[rule]]\nname = \"none\"\ndecide = \"deny\"\n", "p.toml");
    EXPECT_EQ(decide(strict, bridge).rule, "none");
}

// Who owns it is what is being asked: a rule that wants a TSM has to count before one is connected.
TEST(PreferredOwners, DoesNotAskWhoOwnsTheDeviceNow) {
    const auto policy = *policy_from_toml(
        "schema = \"busguard.policy/1\"\n[[rule]]\nname = \"platform\"\ndecide = \"allow\"\nowners = "
        "[\"tsm:tsm0\"]\n[rule.match]\nowner = \"tsm:tsm0\"\n",
        "p.toml");
    auto subject = drive();
    subject.owner = "none";
    EXPECT_EQ(preferred_owners(policy, subject).owners, (std::vector<std::string>{"tsm:tsm0"}));
}

}  // namespace
}  // namespace busguard::policy
