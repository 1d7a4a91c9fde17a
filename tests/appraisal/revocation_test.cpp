#include "crypto/issue.h"
#include "spdm/certificate_chain.h"
#include "tests/appraisal/support.h"
#include "tests/crypto/answer.h"

/// What authorities said of their certificates, by list or by answer.
namespace busguard::appraisal {
namespace {

using crypto::test::ca_spec;
using crypto::test::date;
using crypto::test::make;
using test::genuine;
using test::standard;
using test::why;

/// A list of the authority that issues the devices, or of the root that issues the authority.
Bytes list_of(const crypto::test::Node& by, std::vector<crypto::Certificate> revoked, int next_month = 12) {
    const crypto::RevocationListSpec spec{.this_update = date(2026, 11, 1),
                                          .next_update = date(2026, static_cast<unsigned>(next_month), 2),
                                          .revoked = std::move(revoked),
                                          .extra = {}};
    return *crypto::issue_list(spec, by.certificate, by.key, crypto::Hash::sha_384);
}

crypto::Certificate leaf_of(const evidence::Bundle& bundle) {
    const auto chain = spdm::read_chain_structure(bundle.records.front().chain, 48);
    return crypto::split_chain(chain->certificates)->back();
}

const Check& revocation(const Verdict& verdict) { return *test::find(verdict, "chain.revocation"); }

TEST(Revocation, WithoutListsNobodyLooked) {
    const auto verdict = appraise(genuine(), standard());
    EXPECT_EQ(verdict.state, State::authenticated);
    EXPECT_EQ(revocation(verdict).outcome, Outcome::skipped);
    EXPECT_EQ(revocation(verdict).reason, "chain.revocation-unknown");
}

TEST(Revocation, OfALeafOrOfItsAuthorityIsFound) {
    auto its = standard();
    ASSERT_TRUE(
        its.anchors.add_revocations(list_of(evidence::test::authority(), {leaf_of(genuine())}), "leaf.crl"));
    EXPECT_EQ(why(appraise(genuine(), its)), "chain.revoked");

    its = standard();
    ASSERT_TRUE(its.anchors.add_revocations(
        list_of(evidence::test::root(), {evidence::test::authority().certificate}), "authority.crl"));
    EXPECT_EQ(why(appraise(genuine(), its)), "chain.revoked");
}

TEST(Revocation, IsForTheRightIssuerToSay) {
    auto its = standard();
    // The root lists a serial number that is the leaf's: another certificate of another issuer.
    const auto stranger = make(ca_spec("Authority"), nullptr);
    ASSERT_TRUE(its.anchors.add_revocations(list_of(stranger, {leaf_of(genuine())}), "namesake.crl"));
    const auto verdict = appraise(genuine(), its);
    EXPECT_EQ(verdict.state, State::authenticated);
    EXPECT_EQ(revocation(verdict).reason, "chain.revocation-unknown") << "a list that is not signed is none";
    EXPECT_EQ(revocation(verdict).outcome, Outcome::reported);
}

TEST(Revocation, ByAnotherNameUnderTheSameKeyIsNone) {
    // The authority's key under a second name: what that name revokes are serial numbers of its own.
    const auto& authority = evidence::test::authority();
    const auto der = crypto::issue(ca_spec("Another name"), authority.key.public_key(), nullptr,
                                   authority.key, crypto::Hash::sha_384);
    ASSERT_TRUE(der);
    const auto other = crypto::Certificate::parse(*der);
    ASSERT_TRUE(other);
    const crypto::RevocationListSpec spec{.this_update = date(2026, 11, 1),
                                          .next_update = date(2026, 12, 2),
                                          .revoked = {leaf_of(genuine())},
                                          .extra = {}};
    const auto list = crypto::issue_list(spec, *other, authority.key, crypto::Hash::sha_384);
    ASSERT_TRUE(list);
    auto its = standard();
    ASSERT_TRUE(its.anchors.add_revocations(*list, "other.crl"));
    ASSERT_TRUE(its.anchors.add_revocations(list_of(evidence::test::root(), {}), "authority.crl"));
    its.revocation = Standard::Revocation::require;
    EXPECT_EQ(why(appraise(genuine(), its)), "chain.revocation-unknown");
}

TEST(Revocation, WhereItIsRequiredNeedsAListOfEach) {
    auto its = standard();
    its.revocation = Standard::Revocation::require;
    EXPECT_EQ(why(appraise(genuine(), its)), "chain.revocation-unknown");
    ASSERT_TRUE(its.anchors.add_revocations(list_of(evidence::test::authority(), {}), "leaf.crl"));
    EXPECT_EQ(why(appraise(genuine(), its)), "chain.revocation-unknown") << "of the authority";
    ASSERT_TRUE(its.anchors.add_revocations(list_of(evidence::test::root(), {}), "authority.crl"));
    const auto verdict = appraise(genuine(), its);
    EXPECT_EQ(verdict.state, State::authenticated) << testing::PrintToString(verdict);
    EXPECT_EQ(revocation(verdict).outcome, Outcome::pass);
}

TEST(Revocation, ByAnOldListIsNoLessARevocation) {
    auto its = standard();
    ASSERT_TRUE(its.anchors.add_revocations(list_of(evidence::test::root(), {}), "authority.crl"));
    ASSERT_TRUE(its.anchors.add_revocations(list_of(evidence::test::authority(), {}, 11), "old.crl"));
    auto verdict = appraise(genuine(), its);
    EXPECT_EQ(verdict.state, State::authenticated);
    EXPECT_EQ(revocation(verdict).reason, "chain.revocation-old");
    its.revocation = Standard::Revocation::require;
    EXPECT_EQ(why(appraise(genuine(), its)), "chain.revocation-old");
    its.time_policy = Standard::TimePolicy::ignore;
    EXPECT_EQ(appraise(genuine(), its).state, State::authenticated);

    auto revoking = standard();
    ASSERT_TRUE(revoking.anchors.add_revocations(
        list_of(evidence::test::authority(), {leaf_of(genuine())}, 11), "old.crl"));
    EXPECT_EQ(why(appraise(genuine(), revoking)), "chain.revoked");
}

crypto::test::Answer answer_about(const crypto::Certificate& certificate,
                                  crypto::test::Answer::Status status = crypto::test::Answer::Status::good) {
    return {.about = {{certificate, status}}};
}

TEST(Revocation, ByAnAnswerIsFound) {
    using enum crypto::test::Answer::Status;
    const auto& authority = evidence::test::authority();
    auto its = standard();
    ASSERT_TRUE(
        its.anchors.add_answer(answer(answer_about(leaf_of(genuine()), revoked), authority), "leaf.ors"));
    EXPECT_EQ(why(appraise(genuine(), its)), "chain.revoked");

    its = standard();
    ASSERT_TRUE(its.anchors.add_answer(
        answer(answer_about(authority.certificate, revoked), evidence::test::root()), "authority.ors"));
    EXPECT_EQ(why(appraise(genuine(), its)), "chain.revoked");

    its = standard();
    const auto stranger = make(ca_spec("Authority"), nullptr);
    ASSERT_TRUE(its.anchors.add_answer(answer(answer_about(leaf_of(genuine()), revoked), authority, stranger),
                                       "forged.ors"));
    const auto verdict = appraise(genuine(), its);
    EXPECT_EQ(verdict.state, State::authenticated) << "a stranger's word is none";
    EXPECT_EQ(revocation(verdict).reason, "chain.revocation-unknown");
}

TEST(Revocation, WhereItIsRequiredTakesAnswersToo) {
    using enum crypto::test::Answer::Status;
    const auto& authority = evidence::test::authority();
    auto its = standard();
    its.revocation = Standard::Revocation::require;
    ASSERT_TRUE(its.anchors.add_revocations(list_of(evidence::test::root(), {}), "authority.crl"));
    ASSERT_TRUE(
        its.anchors.add_answer(answer(answer_about(leaf_of(genuine()), unknown), authority), "unknown.ors"));
    EXPECT_EQ(why(appraise(genuine(), its)), "chain.revocation-unknown") << "it does not know either";
    ASSERT_TRUE(its.anchors.add_answer(answer(answer_about(leaf_of(genuine())), authority), "leaf.ors"));
    const auto verdict = appraise(genuine(), its);
    EXPECT_EQ(verdict.state, State::authenticated) << testing::PrintToString(verdict);
    EXPECT_EQ(revocation(verdict).outcome, Outcome::pass);
}

TEST(Revocation, GoesByTheNewestWord) {
    using enum crypto::test::Answer::Status;
    const auto& authority = evidence::test::authority();
    const auto leaf = leaf_of(genuine());
    const auto said = [&](crypto::test::Answer::Status status, unsigned day, unsigned until = 12) {
        auto its = answer_about(leaf, status);
        its.this_update = date(2026, 11, day);
        its.next_update = date(2026, until, 20);
        return answer(its, authority);
    };
    auto its = standard();
    ASSERT_TRUE(its.anchors.add_revocations(list_of(authority, {leaf}), "leaf.crl"));  // of the first
    ASSERT_TRUE(its.anchors.add_answer(said(good, 2), "good.ors"));
    EXPECT_EQ(appraise(genuine(), its).state, State::authenticated) << "taken off the list";
    ASSERT_TRUE(its.anchors.add_answer(said(revoked, 3, 11), "revoked.ors"));
    EXPECT_EQ(why(appraise(genuine(), its)), "chain.revoked") << "old word, but the newest";

    its = standard();
    ASSERT_TRUE(its.anchors.add_revocations(list_of(evidence::test::root(), {}), "authority.crl"));
    ASSERT_TRUE(its.anchors.add_answer(said(good, 2, 11), "old.ors"));
    EXPECT_EQ(revocation(appraise(genuine(), its)).reason, "chain.revocation-old");
}

// A revocation is taken back by newer word that is current, and by nothing else.
TEST(Revocation, IsNotTakenBackByWordThatIsOldOrOfTheFuture) {
    using enum crypto::test::Answer::Status;
    const auto& authority = evidence::test::authority();
    const auto leaf = leaf_of(genuine());
    struct Row {
        std::chrono::sys_seconds from;
        std::optional<std::chrono::sys_seconds> to;
        bool taken_back;
    };
    const auto table = std::to_array<Row>({
        {date(2026, 11, 2), date(2026, 12, 20), true},
        {date(2026, 11, 2), date(2026, 11, 3), false},    // old
        {date(2026, 11, 25), date(2026, 12, 20), false},  // of the future
        {date(2026, 11, 2), std::nullopt, false},         // good for that moment
        {date(2026, 11, 1), date(2026, 12, 20), false},   // of the same moment
    });
    for (const auto& row : table)
        for (const bool list_first : {false, true}) {
            auto answer_of = answer_about(leaf, good);
            answer_of.this_update = row.from;
            answer_of.next_update = row.to;
            auto its = standard();
            const auto add_list = [&] {
                EXPECT_TRUE(its.anchors.add_revocations(list_of(authority, {leaf}), "leaf.crl"));
            };
            if (list_first) add_list();
            ASSERT_TRUE(its.anchors.add_answer(answer(answer_of, authority), "good.ors"));
            if (!list_first) add_list();
            EXPECT_EQ(why(appraise(genuine(), its)) != "chain.revoked", row.taken_back)
                << row.from.time_since_epoch().count();
            auto both = standard();
            auto revoking = answer_about(leaf, revoked);
            revoking.about.push_back({leaf, good});  // one response that says both
            ASSERT_TRUE(both.anchors.add_answer(answer(revoking, authority), "both.ors"));
            EXPECT_EQ(why(appraise(genuine(), both)), "chain.revoked");
        }
}

TEST(Revocation, AnswerWithoutAnEndIsOldAtOnce) {
    using enum crypto::test::Answer::Status;
    auto endless = answer_about(leaf_of(genuine()), good);
    endless.next_update.reset();
    auto its = standard();
    its.revocation = Standard::Revocation::require;
    ASSERT_TRUE(its.anchors.add_revocations(list_of(evidence::test::root(), {}), "authority.crl"));
    ASSERT_TRUE(its.anchors.add_answer(answer(endless, evidence::test::authority()), "leaf.ors"));
    EXPECT_EQ(why(appraise(genuine(), its)), "chain.revocation-old");
    its.time_policy = Standard::TimePolicy::ignore;
    EXPECT_EQ(appraise(genuine(), its).state, State::authenticated);
}

// A delegate whose certificate ran out answers no more; where dates do not count it does.
TEST(Revocation, IsToldByADelegateAsLongAsItIsOne) {
    using enum crypto::test::Answer::Status;
    const auto& authority = evidence::test::authority();
    auto spec = crypto::test::spec("Who answers");
    spec.not_after = date(2026, 11, 10);
    spec.extended_key_usage = {"1.3.6.1.5.5.7.3.9"};
    const auto delegate = make(spec, &authority);
    auto its = standard();
    ASSERT_TRUE(its.anchors.add_answer(answer(answer_about(leaf_of(genuine()), revoked), authority, delegate),
                                       "leaf.ors"));
    EXPECT_EQ(appraise(genuine(), its).state, State::authenticated);
    its.at = date(2026, 11, 9);
    EXPECT_EQ(why(appraise(genuine(), its)), "chain.revoked");
    its.time_policy = Standard::TimePolicy::ignore;
    EXPECT_EQ(why(appraise(genuine(), its)), "chain.revoked");
}

}  // namespace
}  // namespace busguard::appraisal
