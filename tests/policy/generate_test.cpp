#include "policy/generate.h"

#include "policy/warnings.h"
#include "support.h"

namespace busguard::policy {
namespace {

using appraisal::State;

/// By the TSM, say: authenticated, and nobody showed us its certificate.
Subject without_certificate() {
    auto subject = drive();
    subject.device = "pci/0000:02:00.0";
    subject.place = "devices/pci0000:00/0000:00:02.0/0000:02:00.0";
    subject.owner = "tsm:tsm0";
    subject.certificate.clear();
    subject.root.clear();
    subject.slot.reset();
    return subject;
}

TEST(Generate, AllowsEachDeviceThatIsThereAndNoOther) {
    auto failed = drive();
    failed.device = "pci/0000:03:00.0";
    failed.certificate = other_leaf;
    failed.state = State::failed;
    const auto policy = generate(std::vector{drive(), without_certificate(), failed});
    ASSERT_EQ(policy.rules.size(), 2U);
    EXPECT_EQ(policy.otherwise, Ruling::deny);
    EXPECT_EQ(decide(policy, drive()).rule, "pci/0000:01:00.0");
    EXPECT_EQ(decide(policy, drive()).ruling, Ruling::allow);
    EXPECT_EQ(decide(policy, without_certificate()).rule, "pci/0000:02:00.0");
    EXPECT_EQ(decide(policy, failed).rule, implicit);
    failed.state = State::authenticated;
    EXPECT_EQ(decide(policy, failed).ruling, Ruling::deny);
    EXPECT_TRUE(warnings(policy, "p.toml").empty());
}

TEST(Generate, DeniesADeviceThatTookAnothersPlace) {
    const auto policy = generate(std::vector{drive(), without_certificate()});
    auto swapped = drive();
    swapped.certificate = other_leaf;
    EXPECT_EQ(decide(policy, swapped).ruling, Ruling::deny);
    swapped = without_certificate();
    swapped.pci->device = 0x5002;
    EXPECT_EQ(decide(policy, swapped).ruling, Ruling::deny);
    swapped = without_certificate();
    swapped.place = drive().place;
    EXPECT_EQ(decide(policy, swapped).ruling, Ruling::deny);
}

TEST(Generate, KnowsADeviceByItsCertificateWhereverItIs) {
    const auto policy = generate(std::vector{drive()});
    auto moved = drive();
    moved.place = "devices/pci0000:00/0000:00:07.0/0000:07:00.0";
    EXPECT_EQ(decide(policy, moved).ruling, Ruling::allow);
}

TEST(Generate, LeavesADriverThatADeviceHasNow) {
    auto bound = drive();
    bound.bound_before = true;
    const auto policy = generate(std::vector{bound});
    EXPECT_EQ(decide(policy, drive()).ruling, Ruling::allow);
    bound.state = State::bound_before_policy;
    EXPECT_EQ(decide(policy, bound).ruling, Ruling::allow);
    bound.certificate = other_leaf;
    EXPECT_EQ(decide(policy, bound).ruling, Ruling::deny);
    EXPECT_TRUE(warnings(policy, "p.toml").empty());
}

TEST(Generate, DeniesTheSameDeviceOnceItFails) {
    const auto policy = generate(std::vector{drive(), without_certificate()});
    for (auto subject : {drive(), without_certificate()})
        for (auto state : {State::failed, State::unsupported, State::unreachable, State::undetermined,
                           State::no_reference, State::bound_before_policy}) {
            subject.state = state;
            EXPECT_EQ(decide(policy, subject).ruling, Ruling::deny) << appraisal::name(state);
        }
}

TEST(Generate, MakesNoRuleForWhatCannotBeKnownAgain) {
    auto placeless = without_certificate();
    placeless.place.clear();
    auto nameless = without_certificate();
    nameless.pci.reset();
    auto anywhere = without_certificate();
    anywhere.place = "devices/pci0000:00/*";
    auto odd = without_certificate();
    odd.place.clear();
    odd.certificate = "AB";
    EXPECT_TRUE(generate(std::vector{placeless, nameless, anywhere, odd}).rules.empty());
}

TEST(Generate, MakesOneRuleForFunctionsThatShareACertificate) {
    auto second = drive();
    second.device = "pci/0000:01:00.1";
    const auto policy = generate(std::vector{drive(), second});
    EXPECT_EQ(policy.rules.size(), 1U);
    EXPECT_EQ(decide(policy, second).ruling, Ruling::allow);
    EXPECT_TRUE(warnings(policy, "p.toml").empty());
}

TEST(Generate, GivesEveryRuleANameOfItsOwn) {
    std::vector<Subject> subjects;
    for (const auto* device : {"pci/x", "pci/x", "implicit", "", "\x1b[31m\xff", "pci/x 2"}) {
        subjects.push_back(drive());
        subjects.back().device = device;
        subjects.back().certificate.back() = static_cast<char>('0' + subjects.size());
    }
    subjects.push_back(drive());
    subjects.back().device = std::string(200, 'y');
    const auto policy = generate(subjects);
    std::vector<std::string> names;
    for (const auto& rule : policy.rules) {
        EXPECT_TRUE(is_rule_name(rule.name)) << rule.name;
        names.push_back(rule.name);
    }
    EXPECT_EQ(names, (std::vector<std::string>{"pci/x", "pci/x 2", "device", "device 2", "?[31m?", "pci/x?2",
                                               std::string(56, 'y')}));
}

TEST(Generate, CanBeWrittenAndRead) {
    const auto policy = generate(std::vector{drive(), without_certificate()});
    const auto again = policy_from_toml(to_toml(policy), "p.toml");
    ASSERT_TRUE(again) << again.error().text();
    EXPECT_EQ(*again, policy);
}

}  // namespace
}  // namespace busguard::policy
