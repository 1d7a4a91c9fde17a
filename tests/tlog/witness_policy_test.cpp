#include "tlog/witness_policy.h"

#include "tests/tlog/golden_notes.h"
#include "tests/tlog/note_support.h"
#include "tlog/trusted_checkpoint.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace busguard::tlog {
namespace {

using testing::HasSubstr;

const std::string log_line = "log " + std::string{golden::log_vkey} + "\n";

std::string witness_vkey(unsigned n) {
    return test::cosigner("w" + std::to_string(n), 100 + n).verifier().to_text();
}
/// "witness W<n> VKEY" for n in [first, last].
std::string witnesses(unsigned first, unsigned last) {
    std::string text;
    for (auto n = first; n <= last; ++n)
        text += "witness W" + std::to_string(n) + " " + witness_vkey(n) + "\n";
    return text;
}

Checked<WitnessPolicy> read(const std::string& text) { return WitnessPolicy::from_text(text, "trust"); }

std::string problem(const std::string& text) {
    const auto policy = read(text);
    return policy ? "none" : policy.error().text();
}

/// Which of the witnesses 1 to 6 cosigned, as digits: is that a quorum?
bool quorum(const WitnessPolicy& policy, std::string_view digits) {
    std::vector<bool> did(policy.witnesses().size());
    for (const char digit : digits) did[static_cast<std::size_t>(digit - '1')] = true;
    return policy.satisfied_by(did);
}

const std::string two_levels = log_line + "\n# X\n" + witnesses(1, 3) + "group X 2 W1 W2 W3\n\t# Y\n" +
                               witnesses(4, 6) + "group Y any W4 W5 W6\n\ngroup both all X Y\nquorum both\n";

TEST(WitnessPolicy, ReadsTwoLevelsOfGroups) {
    const auto policy = read(two_levels);
    ASSERT_TRUE(policy) << problem(two_levels);
    ASSERT_EQ(policy->logs().size(), 1U);
    EXPECT_EQ(policy->logs()[0].key.to_text(), golden::log_vkey);
    EXPECT_EQ(policy->logs()[0].url, "");
    EXPECT_EQ(policy->witnesses().size(), 6U);
    EXPECT_EQ(policy->log_keys(), std::vector{test::vkey(golden::log_vkey)});
    for (const auto* yes : {"124", "135", "236", "123456", "1236"}) EXPECT_TRUE(quorum(*policy, yes)) << yes;
    for (const auto* no : {"", "12", "4", "14", "456", "3456", "123"})
        EXPECT_FALSE(quorum(*policy, no)) << no;
}

TEST(WitnessPolicy, CountsToTheThreshold) {
    for (const unsigned k : {1U, 2U, 3U, 4U}) {
        const auto policy =
            read(witnesses(1, 4) + "group g " + std::to_string(k) + " W1 W2 W3 W4\nquorum g\n");
        ASSERT_TRUE(policy);
        EXPECT_EQ(quorum(*policy, "1"), k <= 1);
        EXPECT_EQ(quorum(*policy, "24"), k <= 2);
        EXPECT_EQ(quorum(*policy, "234"), k <= 3);
        EXPECT_TRUE(quorum(*policy, "1234"));
    }
}

TEST(WitnessPolicy, AWitnessCanBeTheQuorum) {
    const auto policy = read(witnesses(1, 2) + "quorum W2\n");
    ASSERT_TRUE(policy);
    EXPECT_TRUE(quorum(*policy, "2"));
    EXPECT_FALSE(quorum(*policy, "1"));
    EXPECT_TRUE(quorum(*read(witnesses(1, 2) + "quorum none\n"), ""));
}

TEST(WitnessPolicy, TakesUrlsBlanksAndOpaqueNames) {
    const auto policy =
        read("\t log\t" + std::string{golden::log_vkey} + "  https://log.example/ \n \t\n  # note\n" +
             "witness \xe2\x84\xaa " + witness_vkey(1) + " http://w.example/#x\nwitness K " +
             witness_vkey(2) + "\nquorum \xe2\x84\xaa\t\n" + witnesses(3, 3));
    ASSERT_TRUE(policy);
    EXPECT_EQ(policy->logs()[0].url, "https://log.example/");
    EXPECT_EQ(policy->witnesses()[0].url, "http://w.example/#x");
    EXPECT_TRUE(quorum(*policy, "1"));
    EXPECT_FALSE(quorum(*policy, "2"));
}

TEST(WitnessPolicy, SaysWhichLineIsWrong) {
    EXPECT_EQ(problem(log_line + "\nfrob\nquorum none\n"),
              "trust:3: begins with a word that is not known (log, witness, group, quorum or #)");
    EXPECT_EQ(problem(log_line + "log x\n"),
              "trust:2: log: has a vkey that cannot be taken: vkey has a value that is not allowed");
    EXPECT_EQ(problem(log_line), "trust: quorum: is missing (for no witnesses say: quorum none)");
    EXPECT_EQ(problem(""), "trust: quorum: is missing (for no witnesses say: quorum none)");
    EXPECT_EQ(problem("quorum none\nquorum none\n"), "trust:2: quorum: is there twice");
    EXPECT_EQ(problem(witnesses(1, 1) + "quorum W1"),
              "trust:2: the last line has no newline (end it; or was the file cut off?)");
}

TEST(WitnessPolicy, RefusesLinesOfAnotherShape) {
    for (const auto& line : {std::string{"log"}, "log " + std::string{golden::log_vkey} + " url more",
                             std::string{"witness a"}, "witness a " + witness_vkey(9) + " url more",
                             std::string{"quorum"}, std::string{"quorum none none"},
                             std::string{"group g any"}, std::string{"group g"}, std::string{"LOG x"}})
        EXPECT_THAT(problem(line + "\nquorum none\n"), HasSubstr("trust:1: ")) << line;
    for (const auto* bad : {"\r", "\x7f", "\x01", "\v"})
        EXPECT_EQ(problem("# " + std::string{bad} + "\nquorum none\n"), "trust:1: has a control character");
    EXPECT_EQ(problem(std::string(WitnessPolicy::largest + 1, '\n')), "trust: is too large for a policy");
}

TEST(WitnessPolicy, HoldsNamesToOneMeaning) {
    EXPECT_THAT(problem(witnesses(1, 1) + "witness W1 " + witness_vkey(2) + "\n"),
                HasSubstr("trust:2: witness: \"W1\" is taken"));
    EXPECT_THAT(problem(witnesses(1, 1) + "group W1 any W1\n"), HasSubstr("trust:2: group: \"W1\" is taken"));
    EXPECT_THAT(problem(witnesses(1, 1) + "group g any W1\nwitness g " + witness_vkey(2) + "\n"),
                HasSubstr("trust:3: witness: \"g\" is taken"));
    EXPECT_THAT(problem("witness none " + witness_vkey(1) + "\n"),
                HasSubstr("trust:1: witness: is called none"));
    EXPECT_THAT(problem(witnesses(1, 1) + "group none any W1\n"),
                HasSubstr("trust:2: group: is called none"));
}

TEST(WitnessPolicy, GroupsHaveMembersDefinedBeforeAndOnce) {
    const auto one = witnesses(1, 2);
    EXPECT_THAT(problem(one + "group g any W3\n"),
                HasSubstr("trust:3: group: \"W3\" is defined by no line before"));
    EXPECT_THAT(problem(one + "group g any g\n"), HasSubstr("\"g\" is defined by no line before"));
    EXPECT_THAT(problem(one + "group g any none\n"), HasSubstr("\"none\" is defined by no line before"));
    EXPECT_THAT(problem("group g any W1\n" + one), HasSubstr("trust:1: group: \"W1\" is defined"));
    EXPECT_THAT(problem("quorum W1\n" + one), HasSubstr("trust:1: quorum: \"W1\" is defined"));
    EXPECT_THAT(problem(one + "group g 2 W1 W1\n"),
                HasSubstr("trust:3: group: \"W1\" is a member of a group already"));
    EXPECT_THAT(problem(one + "group g any W1\ngroup h any W1\n"),
                HasSubstr("trust:4: group: \"W1\" is a member"));
    EXPECT_THAT(problem(one + "group g any \x9b\xff\n"),
                HasSubstr("group: \"??\" is defined by no line before"));
    for (const auto* k : {"0", "3", "-1", "02", "+1", "1x", "ANY", "18446744073709551617"})
        EXPECT_THAT(problem(one + "group g " + k + " W1 W2\n"), HasSubstr("trust:3: group: has a threshold"))
            << k;
}

TEST(WitnessPolicy, RefusesTheSameKeyTwice) {
    const auto again = test::signer("example.com/elsewhere", 3).verifier().to_text();
    EXPECT_THAT(
        problem("log " + test::signer("example.com/log", 3).verifier().to_text() + "\nlog " + again + "\n"),
        HasSubstr("trust:2: log: has a key that another log has"));
    EXPECT_THAT(problem(witnesses(1, 1) + "witness other " +
                        test::cosigner("another-name", 101).verifier().to_text() + "\n"),
                HasSubstr("trust:2: witness: has a key that another witness has"));
    EXPECT_THAT(problem("witness w " + std::string{golden::log_vkey} + "\n"),
                HasSubstr("trust:1: witness: has a key that is not for cosignatures"));
}

TEST(WitnessPolicy, Supports32OfEach) {
    std::string text;
    for (unsigned n = 0; n < 32; ++n)
        text += "log " + test::signer("l" + std::to_string(n), n).verifier().to_text() + "\n";
    const auto logs = text;
    text += witnesses(1, 32);
    std::string groups;
    std::string names;
    for (unsigned n = 1; n < 32; ++n) {
        groups += "group G" + std::to_string(n) + " any W" + std::to_string(n) + "\n";
        names += " G" + std::to_string(n);
    }
    const auto full = text + groups + "group all all" + names + " W32\n";
    const auto policy = read(full + "quorum all\n");
    ASSERT_TRUE(policy);
    std::vector<bool> did(32, true);
    EXPECT_TRUE(policy->satisfied_by(did));
    for (std::size_t n = 0; n < 32; ++n) {
        did[n] = false;
        EXPECT_FALSE(policy->satisfied_by(did)) << n;
        did[n] = true;
    }
    EXPECT_THAT(problem(logs + "log " + test::signer("l", 32).verifier().to_text() + "\n"),
                HasSubstr("trust:33: log: is one more"));
    EXPECT_THAT(problem(witnesses(1, 33)), HasSubstr("trust:33: witness: is one more"));
    EXPECT_THAT(problem(full + "group more any all\n"), HasSubstr("group: is one more"));
}

const std::vector log_keys{test::vkey(golden::log_vkey)};

WitnessPolicy golden_policy() {
    return *read("witness w " + std::string{golden::witness_vkey} + "\nquorum w\n");
}

TEST(TrustedCheckpoint, IsSignedByItsLogAndAQuorum) {
    const auto trusted = trust_checkpoint(golden::cosigned(), log_keys, golden_policy());
    ASSERT_TRUE(trusted) << trusted.error().what;
    EXPECT_EQ(trusted->checkpoint().head, test::SmallTree{7}.head(7));
    EXPECT_EQ(trusted->witnesses(), (std::vector<Witnessed>{{0, test::at(golden::cosigned_at)}}));
    EXPECT_EQ(trust_checkpoint(golden::checkpoint(), log_keys, golden_policy()).error(),
              (Error{Errc::not_found, "quorum of witnesses"}));
    EXPECT_TRUE(trust_checkpoint(golden::checkpoint(), log_keys, *read("quorum none\n")));
}

TEST(TrustedCheckpoint, NeedsTheSignatureOfItsOwnOriginsKey) {
    const auto cosignature_alone = golden::note(golden::checkpoint_text, golden::cosignature_line);
    const Error no_log{Errc::not_found, "log signature"};
    EXPECT_EQ(trust_checkpoint(cosignature_alone, log_keys, golden_policy()).error(), no_log);
    EXPECT_EQ(trust_checkpoint(golden::cosigned(), {}, golden_policy()).error(), no_log);

    // A trusted log signs the checkpoint of another origin.
    const auto other = test::signer("example.com/other", 5);
    const std::vector both{log_keys[0], other.verifier()};
    Note note{std::string{golden::checkpoint_text}, {*other.sign(golden::checkpoint_text)}};
    EXPECT_EQ(trust_checkpoint(to_text(note), both, *read("quorum none\n")).error(), no_log);
}

TEST(TrustedCheckpoint, AKeyOfALogThatThePolicyNamesIsNotTakenUnasked) {
    const auto policy = read(log_line + "quorum none\n");
    EXPECT_EQ(trust_checkpoint(golden::checkpoint(), {}, *policy).error(),
              (Error{Errc::not_found, "known signature"}));
    EXPECT_TRUE(trust_checkpoint(golden::checkpoint(), policy->log_keys(), *policy));
}

TEST(TrustedCheckpoint, CountsAWitnessOnceAndTellsItsLatestTime) {
    const auto policy = read(witnesses(1, 2) + "group g 2 W1 W2\nquorum g\n");
    const auto w1 = test::cosigner("w1", 101);
    const auto w2 = test::cosigner("w2", 102);
    const std::string text{golden::checkpoint_text};
    Note note{text,
              {*test::golden_signer().sign(text), *w1.cosign(text, test::at(5)),
               *w1.cosign(text, test::at(9)), *w1.cosign(text, test::at(7))}};
    EXPECT_EQ(trust_checkpoint(to_text(note), log_keys, *policy).error(),
              (Error{Errc::not_found, "quorum of witnesses"}));
    note.signatures.push_back(*w2.cosign(text, test::at(1)));
    const auto trusted = trust_checkpoint(to_text(note), log_keys, *policy);
    ASSERT_TRUE(trusted);
    EXPECT_EQ(trusted->witnesses(), (std::vector<Witnessed>{{0, test::at(9)}, {1, test::at(1)}}));
}

TEST(TrustedCheckpoint, OneBadCosignatureRefusesIt) {
    auto note = *note_from_text(golden::cosigned());
    note.signatures[1].signature.back() ^= std::byte{1};
    EXPECT_EQ(trust_checkpoint(to_text(note), log_keys, golden_policy()).error(),
              (Error{Errc::crypto, "signature"}));
    EXPECT_TRUE(trust_checkpoint(to_text(note), log_keys,
                                 *read("quorum none\n")));  // by a key that is not known there
}

}  // namespace
}  // namespace busguard::tlog
