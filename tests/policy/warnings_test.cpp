#include "policy/warnings.h"

#include "support.h"

#include <gmock/gmock.h>

namespace busguard::policy {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;

std::vector<std::string> warned(std::string_view rules) {
    std::vector<std::string> all;
    for (const auto& one : warnings(policy_of(rules), "p.toml")) all.push_back(one.text());
    return all;
}

constexpr auto good = R"([[rule]]
name = "good"
decide = "allow"
match.state = "authenticated"
)";

TEST(Warnings, AreNoneWhereNothingIsOdd) { EXPECT_THAT(warned(good), IsEmpty()); }

TEST(Warnings, NameARuleBehindOneThatTakesEverything) {
    EXPECT_THAT(warned(joined("[[rule]]\nname = \"all\"\ndecide = \"deny\"\n", good)),
                ElementsAre("p.toml:5: rule \"good\": never decides: whatever it matches, \"all\" on line 2 "
                            "matches first (move it up, or delete it)"));
}

TEST(Warnings, NameARuleThatAsksAllThatAnEarlierOneAsks) {
    constexpr auto rules = R"([[rule]]
name = "drives"
decide = "allow"
match = { class = "0108", state = "authenticated" }
[[rule]]
name = "but not from outside"
decide = "deny"
match = { location = "removable", state = "authenticated", class = "0108" }
)";
    EXPECT_THAT(warned(rules),
                ElementsAre("p.toml:6: rule \"but not from outside\": never decides: whatever it "
                            "matches, \"drives\" on line 2 matches first (move it up, or delete it)"));
}

TEST(Warnings, LeaveAloneARuleThatAsksSomethingElse) {
    EXPECT_THAT(warned(joined(good, R"([[rule]]
name = "no driver yet"
decide = "allow"
match = { state = "no-reference", bound_before = false }
[[rule]]
name = "rest"
decide = "quarantine"
)")),
                IsEmpty());
}

TEST(Warnings, NameARuleThatLetsInWhatFailed) {
    EXPECT_THAT(
        warned(rule_of("class = \"0108\"")),
        ElementsAre("p.toml:2: rule \"r\": lets in devices that failed (add state = \"authenticated\", or "
                    "the states that are meant)"));
    EXPECT_THAT(warned(rule_of("certificate = \"" + leaf + "\"")).size(),
                1U);  // anybody can show a certificate
    EXPECT_THAT(warned(rule_of("state = { none_of = \"unsupported\" }")).size(), 1U);
}

TEST(Warnings, TrustARuleThatSaysWhichStatesItMeans) {
    EXPECT_THAT(warned(rule_of("state = \"unsupported\"")), IsEmpty());
    EXPECT_THAT(warned(rule_of("state = [\"failed\", \"authenticated\"]")), IsEmpty());
    EXPECT_THAT(warned(rule_of("state = { none_of = \"failed\" }")), IsEmpty());
    EXPECT_THAT(warned("[groups]\nbad = [\"failed\"]\n" + rule_of("state = { none_of = \"@bad\" }")),
                IsEmpty());
}

TEST(Warnings, NameARuleThatForgivesMoreThanItsReasons) {
    EXPECT_THAT(
        warned(rule_of("state = \"failed\"\nreason = \"chain.expired\"")),
        ElementsAre("p.toml:2: rule \"r\": lets in devices that failed for other reasons as well (write "
                    "reason = { only = [...] })"));
    EXPECT_THAT(warned(rule_of("reason = \"chain.expired\"")).size(), 1U);
    EXPECT_THAT(warned(rule_of("state = \"failed\"\nreason = { only = \"chain.expired\" }")), IsEmpty());
    EXPECT_THAT(warned(rule_of("state = \"no-reference\"\nreason = \"measurement.no-reference\"")),
                IsEmpty());
}

TEST(Warnings, KnowThatAnEarlierRuleTookWhatFailed) {
    constexpr auto bad = "[[rule]]\nname = \"bad\"\ndecide = \"quarantine\"\nmatch.state = \"failed\"\n";
    EXPECT_THAT(warned(bad + rule_of("class = \"0108\"")), IsEmpty());
    EXPECT_THAT(warned(joined("default = \"allow\"\n", bad)), IsEmpty());
    constexpr auto some =
        "[[rule]]\nname = \"bad\"\ndecide = \"quarantine\"\nmatch = { state = \"failed\", bus = \"pci\" }\n";
    EXPECT_THAT(warned(some + rule_of("class = \"0108\"")).size(), 1U);
}

TEST(Warnings, NameADefaultThatLetsInWhatFailed) {
    EXPECT_THAT(
        warned("default = \"allow\""),
        ElementsAre("p.toml: default: lets in devices that failed (add a rule that denies or quarantines "
                    "state = \"failed\")"));
}

TEST(Warnings, NameAGroupThatNobodyUses) {
    EXPECT_THAT(
        warned(std::string{"[groups]\na = [\"1ea5\"]\nb = [\"authenticated\"]\n"} +
               rule_of("state = \"@b\"")),
        ElementsAre(
            "p.toml:3: groups.a: is named by no rule (write \"@a\" where it is meant, or delete it)"));
}

TEST(Warnings, NameAPolicyThatLetsNothingIn) {
    EXPECT_THAT(warned(""),
                ElementsAre("p.toml: lets nothing in: no device will get a driver (add a rule that allows)"));
}

TEST(Warnings, ComeInTheOrderOfTheFile) {
    const auto all = warnings(policy_of("[groups]\na = [\"1ea5\"]\n" + rule_of("class = \"01\"") +
                                        "\n[[rule]]\nname = \"s\"\ndecide = \"allow\"\nmatch.class = \"01\""),
                              "p.toml");
    ASSERT_EQ(all.size(), 4U);
    EXPECT_TRUE(std::ranges::is_sorted(all, {}, &Problem::line));
}

}  // namespace
}  // namespace busguard::policy
