#include "crypto/issue.h"
#include "crypto/path.h"
#include "spdm/certificate_chain.h"
#include "tests/appraisal/support.h"
#include "tests/crypto/answer.h"

#include <fmt/format.h>

/// Certificates as devices should not have them.
namespace busguard::appraisal {
namespace {

using crypto::CertificateSpec;
using crypto::test::ca_spec;
using crypto::test::date;
using crypto::test::make;
using test::genuine;
using test::standard;
using test::why;

/// A device whose slot holds these certificates, root first, and the last one's key.
evidence::Bundle of_chain(const std::vector<crypto::Certificate>& chain, const crypto::PrivateKey& key,
                          spdm::Version version = spdm::Version::v1_3) {
    Bytes der;
    for (const auto& one : chain) append(der, one.der());
    auto profile = spdm::test::disk();
    profile.slots.clear();
    profile.slots.emplace(spdm::SlotId{0}, spdm::ProvisionedSlot{der, key});
    return test::visit(profile, test::everything(version));
}

evidence::Bundle of_leaf(const CertificateSpec& leaf) {
    return test::visit(test::device(test::Hierarchy{leaf}));
}

/// What the chain of a genuine bundle would be if it were this one; the signature is over the old one.
evidence::Bundle with_chain(evidence::Bundle bundle, const Bytes& chain) {
    for (auto& record : bundle.records) record.chain = chain;
    for (auto& [slot, held] : bundle.chains) held.structure = chain;
    return bundle;
}

TEST(Chain, OfAGenuineDeviceIsTrusted) {
    for (auto version : evidence::test::versions) {
        const auto verdict =
            appraise(test::visit(test::device(test::Hierarchy{}), test::everything(version)), standard());
        EXPECT_EQ(verdict.state, State::authenticated)
            << spdm::name(version) << testing::PrintToString(verdict);
        EXPECT_EQ(test::find(verdict, "chain.path")->detail, "the test's root");
    }
}

TEST(Chain, OfASomebodyElsesRootIsNot) {
    const auto root = make(ca_spec("Root"), nullptr);  // the same name
    const auto leaf = make(test::leaf_spec(), &root);
    const auto bundle = of_chain({root.certificate, leaf.certificate}, leaf.key);
    EXPECT_EQ(why(appraise(bundle, standard())), "chain.untrusted-root");
}

// A root may be trusted for some makers' devices alone: its certificate cannot say so, its trust's owner can.
TEST(Chain, OfARootThatIsTrustedForOtherVendorsIsRefused) {
    auto bundle = genuine();
    const auto judged = [&](const trust::Vendors& vendors) {
        auto its = standard();
        its.anchors = {};
        its.anchors.add(evidence::test::root().certificate, "the test's root", vendors);
        return appraise(bundle, its);
    };
    ASSERT_TRUE(bundle.circumstances.pci);
    const auto vendor = bundle.circumstances.pci->vendor;
    EXPECT_EQ(judged({}).state, State::authenticated);
    EXPECT_EQ(test::find(judged({}), "chain.vendor"), nullptr);
    EXPECT_EQ(judged({0x1111, vendor}).state, State::authenticated);
    const auto refused = judged({0x1111, 0x2222});
    EXPECT_EQ(why(refused), "chain.root-of-other-vendors");
    EXPECT_EQ(test::find(refused, "chain.vendor")->detail,
              fmt::format("the root is trusted for 1111, 2222; the device is of {:04x}", vendor));
    bundle.circumstances.pci.reset();
    EXPECT_EQ(test::find(judged({vendor}), "chain.vendor")->detail,
              fmt::format("the root is trusted for {:04x}; the device is of an unknown vendor", vendor));
}

TEST(Chain, WithAForgedLeafIsRefused) {
    const auto impostor = make(ca_spec("Authority"), nullptr);
    const auto leaf = make(test::leaf_spec(), &impostor);
    // The leaf names the authority and its key identifier may say so; its signature is somebody else's.
    const auto bundle = of_chain(
        {evidence::test::root().certificate, evidence::test::authority().certificate, leaf.certificate},
        leaf.key);
    const auto verdict = appraise(bundle, standard());
    EXPECT_EQ(verdict.state, State::failed);
    EXPECT_TRUE(why(verdict) == "chain.signature-invalid" || why(verdict) == "chain.wrong-issuer")
        << why(verdict);
}

TEST(Chain, OfAnotherDeviceIsRefusedByItsName) {
    auto spec = test::leaf_spec();
    spec.other_names[0].utf8 = "Vendor=8086:Device=0010:CC=010802:REV=02:SSVID=1af4:SSID=1100";
    EXPECT_EQ(why(appraise(of_leaf(spec), standard())), "chain.san-mismatch");
    spec.other_names.clear();
    EXPECT_EQ(why(appraise(of_leaf(spec), standard())), "chain.san-missing");
    EXPECT_EQ(why(appraise(of_leaf(spec), standard(trust::Profile::vendor))), "");
}

TEST(D114, ALeafThatIsACaIsRefused) {
    auto spec = test::leaf_spec();
    spec.ca = true;
    EXPECT_EQ(why(appraise(of_leaf(spec), standard())), "chain.leaf-is-ca");
    spec.ca.reset();
    EXPECT_EQ(why(appraise(of_leaf(spec), standard())), "");
}

// #3277, #3370: what stands first is no root because it stands first.
TEST(D115, AFirstCertificateThatIsNoRootIsNotTrustedAsOne) {
    const auto& root = evidence::test::root();
    // not self-signed, and its issuer is nobody's anchor
    const auto elsewhere = make(ca_spec("Elsewhere"), nullptr);
    const auto middle = make(ca_spec("Middle"), &elsewhere);
    const auto leaf = make(test::leaf_spec(), &middle);
    EXPECT_EQ(why(appraise(of_chain({middle.certificate, leaf.certificate}, leaf.key), standard())),
              "chain.untrusted-root");
    // without CA, although it is an anchor
    for (auto ca : {std::optional<bool>{}, std::optional{false}}) {
        auto spec = crypto::test::spec("Not a CA");
        spec.ca = ca;
        const auto odd = make(spec, nullptr);
        const auto below = make(test::leaf_spec(), &odd);
        auto its = standard();
        its.anchors.add(odd.certificate, "by mistake");
        EXPECT_EQ(why(appraise(of_chain({odd.certificate, below.certificate}, below.key), its)),
                  "chain.not-a-ca");
    }
    // with a BasicConstraints that is cut short
    auto spec = crypto::test::spec("Short");
    spec.extra = {
        {.oid = "2.5.29.19", .critical = true, .value = {std::byte{0x30}, std::byte{0x03}, std::byte{0x01}}}};
    const auto key = crypto::test::key_of(crypto::Scheme::ecdsa_p384);
    const auto der = crypto::issue(spec, key.public_key(), nullptr, key, crypto::Hash::sha_384);
    if (der) {
        auto chain = *der;
        append(chain, test::Hierarchy{}.chain.back().der());
        const auto structure = spdm::chain_structure(spdm::BaseHash::sha_384, chain);
        ASSERT_TRUE(structure);
        const auto verdict = appraise(with_chain(genuine(), *structure), standard());
        EXPECT_EQ(verdict.state, State::failed);
    }
    // a self-signed one below the root
    const auto stray = make(ca_spec("Stray"), nullptr);
    const auto under = make(test::leaf_spec(), &stray);
    EXPECT_EQ(why(appraise(of_chain({root.certificate, stray.certificate, under.certificate}, under.key),
                           standard())),
              "chain.wrong-issuer");
}

// libspdm#657
TEST(D116, ALeafKeyOfAnotherAlgorithmIsRefused) {
    auto bundle = genuine();
    const test::Hierarchy other{test::leaf_spec(), crypto::Scheme::ecdsa_p256};
    bundle = with_chain(bundle, *spdm::chain_structure(spdm::BaseHash::sha_384, other.der()));
    const auto verdict = appraise(bundle, standard());
    EXPECT_EQ(why(verdict), "chain.key-mismatch");
    EXPECT_EQ(test::find(verdict, "signature")->outcome, Outcome::skipped);
}

// spdm-rs#408
TEST(D117, ReservedBytesAndAWrongLengthAreRefused) {
    for (std::size_t at : {0U, 1U, 2U, 3U}) {
        auto chain = genuine().records.front().chain;
        chain[at] ^= std::byte{1};
        EXPECT_EQ(why(appraise(with_chain(genuine(), chain), standard())), "chain.malformed") << at;
    }
    for (const auto& chain : {Bytes(4), Bytes(52), Bytes(1)})
        EXPECT_EQ(why(appraise(with_chain(genuine(), chain), standard())), "chain.malformed") << chain.size();
    EXPECT_EQ(why(appraise(with_chain(genuine(), {}), standard())), "chain.missing");
    auto cut = genuine().records.front().chain;
    for (std::size_t size = 0; size < cut.size(); size += 7)
        EXPECT_EQ(appraise(with_chain(genuine(), to_bytes(ByteView{cut}.first(size))), standard()).state,
                  State::failed);
}

// libspdm#3164, #3752, #2237; spdm-rs#59
TEST(D118, DatesAreHeldToAnExplicitPolicy) {
    using Policy = Standard::TimePolicy;
    const auto judged = [](const evidence::Bundle& bundle, Policy policy,
                           std::optional<std::chrono::sys_seconds> at) {
        auto its = standard();
        its.time_policy = policy;
        its.at = at;
        return appraise(bundle, its);
    };
    const auto& good = genuine();  // 2020 to 2040
    EXPECT_EQ(why(judged(good, Policy::now, date(2030, 1, 1))), "");
    EXPECT_EQ(why(judged(good, Policy::now, date(2041, 1, 1))), "chain.expired");
    EXPECT_EQ(why(judged(good, Policy::given, date(2019, 1, 1))), "chain.not-yet-valid");
    EXPECT_EQ(why(judged(good, Policy::given, date(2021, 1, 1))), "");
    // A clock that was never set, and none at all: not a pass, and not the device's fault.
    EXPECT_EQ(why(judged(good, Policy::now, date(2021, 1, 1))), "chain.clock-implausible");
    EXPECT_EQ(judged(good, Policy::now, date(1970, 1, 1)).state, State::undetermined);
    EXPECT_EQ(why(judged(good, Policy::now, std::nullopt)), "chain.no-clock");
    EXPECT_EQ(why(judged(good, Policy::given, std::nullopt)), "chain.no-clock");
    // Switched off: visible.
    const auto ignored = judged(good, Policy::ignore, std::nullopt);
    EXPECT_EQ(ignored.state, State::authenticated);
    EXPECT_EQ(test::find(ignored, "chain.time")->outcome, Outcome::skipped);
    EXPECT_EQ(test::find(ignored, "chain.time")->reason, "chain.time-ignored");

    using namespace std::chrono;
    auto forever = test::leaf_spec();
    forever.not_after = sys_days{9999y / December / 31} + 23h + 59min + 59s;
    EXPECT_EQ(why(judged(of_leaf(forever), Policy::now, date(2039, 1, 1))), "");
    auto past = test::leaf_spec();
    past.not_after = date(2024, 1, 1);
    EXPECT_EQ(why(judged(of_leaf(past), Policy::now, date(2026, 1, 1))), "chain.expired");
    auto future = test::leaf_spec();
    future.not_before = date(2035, 1, 1);
    EXPECT_EQ(why(judged(of_leaf(future), Policy::now, date(2026, 1, 1))), "chain.not-yet-valid");
}

TEST(D119, TheRootHashHasToBeTheRoots) {
    auto chain = genuine().records.front().chain;
    chain[4] ^= std::byte{1};
    EXPECT_EQ(why(appraise(with_chain(genuine(), chain), standard())), "chain.root-hash-mismatch");

    // The root left out: RootHash is the one of the anchor that issued the first certificate, or of nobody.
    const test::Hierarchy hierarchy;
    const auto structure = [&](const crypto::Certificate& root) {
        Bytes below;
        append(below, hierarchy.chain[1].der());
        append(below, hierarchy.chain[2].der());
        auto made = *spdm::chain_structure(spdm::BaseHash::sha_384, below);
        std::ranges::copy(root.fingerprint(crypto::Hash::sha_384).view(), made.begin() + 4);
        return made;
    };
    const auto judged = [&](const crypto::Certificate& root) {
        return appraise(with_chain(genuine(), structure(root)), standard());
    };
    EXPECT_EQ(test::find(judged(hierarchy.chain[0]), "chain.root-hash")->outcome, Outcome::pass);
    EXPECT_EQ(test::find(judged(hierarchy.chain[2]), "chain.root-hash")->reason, "chain.root-hash-mismatch");
    auto strangers = standard();
    strangers.anchors = {};
    strangers.anchors.add(make(ca_spec("Root"), nullptr).certificate, "another");
    EXPECT_EQ(appraise(with_chain(genuine(), structure(hierarchy.chain[0])), strangers).state, State::failed);
}

TEST(D120, AChainThatWasExchangedIsRefused) {
    // Another chain of the same authority, and the same key's, issued twice
    const auto other = test::Hierarchy{};
    const auto structure = *spdm::chain_structure(spdm::BaseHash::sha_384, other.der());
    const auto verdict = appraise(with_chain(genuine(), structure), standard());
    EXPECT_EQ(verdict.state, State::failed);
    EXPECT_EQ(test::find(verdict, "transcript.chain-hash")->reason, "chain.digest-mismatch");
    EXPECT_EQ(test::find(verdict, "transcript.digests")->reason, "chain.digest-mismatch");
    EXPECT_EQ(test::find(verdict, "transcript.certificates")->reason, "chain.not-the-one-sent");

    // While it is said: the device shows one chain, and CERTIFICATE carries another.
    const test::Hierarchy hierarchy;
    for (auto [round, reason] :
         {std::pair{4U, "chain.digest-mismatch"}, std::pair{3U, "chain.digest-mismatch"}}) {
        const auto bundle =
            test::visit(test::device(hierarchy), test::everything(), [&](unsigned at, Bytes& reply) {
                if (at == round) reply[20] ^= std::byte{1};
            });
        ASSERT_TRUE(bundle.failure);
        EXPECT_EQ(why(appraise(bundle, standard())), reason) << round;
    }
}

// The budget: a certificate is parsed once, and the root was when it became an anchor.
TEST(Chain, IsParsedOnceHoweverOftenItSigned) {
    const auto its = standard();
    ASSERT_EQ(genuine().records.size(), 2U);
    const auto before = crypto::parse_count();
    EXPECT_EQ(appraise(genuine(), its).state, State::authenticated);
    EXPECT_EQ(crypto::parse_count() - before, 2U);
}

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
