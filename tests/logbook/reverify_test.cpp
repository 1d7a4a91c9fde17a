#include "logbook/reverify.h"

#include "tests/appraisal/support.h"

#include <algorithm>
#include <set>

namespace busguard::logbook {
namespace {

using appraisal::test::device;
using appraisal::test::everything;
using appraisal::test::Hierarchy;
using appraisal::test::leaf_spec;
using appraisal::test::visit;
using evidence::Bundle;
using spdm::Version;
using std::chrono::sys_seconds;

trust::Anchors anchors() { return appraisal::test::standard().anchors; }
const sys_seconds today = crypto::test::date(2026, 11, 22);

/// Genuine; the device has a key of its own.
Bundle genuine(Version version = Version::v1_3, crypto::Scheme scheme = crypto::Scheme::ecdsa_p384) {
    return visit(device(Hierarchy{leaf_spec(), scheme}, scheme), everything(version));
}

const crypto::EcdsaEight* engine_here() {
    static const auto loaded = crypto::MultiBuffer::load();
    return loaded ? loaded->get() : nullptr;
}

std::vector<Reverified> verified(const std::vector<Bundle>& bundles, std::optional<sys_seconds> at = today,
                                 const crypto::EcdsaEight* engine = engine_here()) {
    Reverifier reverifier{anchors(), engine};
    std::vector<Doubted> all;
    all.reserve(bundles.size());
    for (const auto& bundle : bundles) all.push_back({&bundle, at});
    return reverifier.verify(all);
}

using Faults = std::set<std::pair<std::string_view, std::string_view>>;  // rule, reason
Faults faults_of(const std::vector<Check>& checks) {
    Faults faults;
    for (const auto& check : checks)
        if (check.outcome == Outcome::fail) faults.emplace(check.name, check.reason);
    return faults;
}

/// What appraise() says of the same rules.
Faults appraised(const Bundle& bundle, std::optional<sys_seconds> at) {
    auto standard = appraisal::test::standard(trust::Profile::none);
    using enum appraisal::Standard::TimePolicy;
    standard.time_policy = at ? given : ignore;
    standard.at = at;
    Faults faults;
    for (const auto& [rule, reason] : faults_of(appraisal::appraise(bundle, standard).checks))
        if (rule == "signature")
            faults.emplace(rule, reason == "negotiation.downgraded" ? "signature.invalid" : reason);
        else if (rule.starts_with("chain.") || rule.starts_with("transcript."))
            faults.emplace(rule, reason);
    return faults;
}

TEST(Reverifier, AcceptsWhatGenuineDevicesSigned) {
    std::vector<Bundle> bundles;
    for (const auto version : evidence::test::versions) bundles.push_back(genuine(version));
    for (const auto scheme : {crypto::Scheme::ecdsa_p256, crypto::Scheme::ecdsa_p521, crypto::Scheme::ed25519,
                              crypto::Scheme::rsapss_3072})
        bundles.push_back(genuine(Version::v1_2, scheme));
    for (const auto* engine : {engine_here(), static_cast<const crypto::EcdsaEight*>(nullptr)}) {
        const auto results = verified(bundles, today, engine);
        ASSERT_EQ(results.size(), bundles.size());
        for (std::size_t n = 0; n < results.size(); ++n) {
            EXPECT_EQ(results[n].faults, std::vector<Check>{}) << n;
            EXPECT_EQ(results[n].signatures, bundles[n].records.size()) << n;
            EXPECT_GE(results[n].signatures, 2U) << n;
        }
    }
}

TEST(Reverifier, JudgesAChainOnceAndEverySignature) {
    const auto one = device(Hierarchy{});
    std::vector<Bundle> bundles;
    for (int n = 0; n < 9; ++n) bundles.push_back(visit(one));
    bundles.push_back(genuine());
    Reverifier reverifier{anchors(), engine_here()};
    std::vector<Doubted> all;
    all.reserve(bundles.size());
    for (const auto& bundle : bundles) all.push_back({&bundle, today});
    const auto before = crypto::parse_count();
    (void)reverifier.verify(all);
    EXPECT_EQ(reverifier.counts().chains, 2U);
    EXPECT_EQ(reverifier.counts().signatures, 20U);
    EXPECT_EQ(reverifier.counts().by_engine, engine_here() == nullptr ? 0U : 16U);
    EXPECT_LE(crypto::parse_count() - before, 4U);  // two leaves, and what is above them
    for (const auto& result : reverifier.verify(all)) EXPECT_TRUE(result.faults.empty());
    EXPECT_EQ(reverifier.counts().chains, 2U);
    EXPECT_EQ(reverifier.counts().signatures, 40U);
}

TEST(Reverifier, SaysOfDamageAnywhereWhatAnAppraisalSays) {
    for (const auto version : {Version::v1_1, Version::v1_3}) {
        const auto whole = genuine(version);
        std::vector<Bundle> bundles;
        const auto damaged = [&](auto part) {
            auto bundle = whole;
            part(bundle);
            bundles.push_back(std::move(bundle));
        };
        for (const std::size_t n : {0U, 1U}) {
            for (std::size_t at = 0; at < whole.records[n].transcript.size(); at += 41)
                damaged([&](Bundle& one) { one.records[n].transcript[at] ^= std::byte{0x10}; });
            for (std::size_t at = 0; at < whole.records[n].chain.size(); at += 97)
                damaged([&](Bundle& one) { one.records[n].chain[at] ^= std::byte{0x04}; });
            for (std::size_t at = 0; at < whole.records[n].signature.size(); at += 13)
                damaged([&](Bundle& one) { one.records[n].signature[at] ^= std::byte{0x01}; });
            damaged([&](Bundle& one) { one.records[n].chain.clear(); });
            damaged([&](Bundle& one) { one.records[n].chain.pop_back(); });
            damaged([&](Bundle& one) { one.records[n].transcript.clear(); });
            damaged([&](Bundle& one) { one.records[n].transcript.pop_back(); });
            damaged([&](Bundle& one) { one.records[n].signature.clear(); });
            damaged([&](Bundle& one) { one.records[n].requester_nonce[3] ^= std::byte{1}; });
            damaged([&](Bundle& one) { one.records[n].responder_nonce[3] ^= std::byte{1}; });
            damaged([&](Bundle& one) { one.records[n].prefix = Bytes(100); });
            damaged([&](Bundle& one) { one.records[n].slot = 3; });
            damaged([&](Bundle& one) { one.records[n].hash = spdm::BaseHash::sha_256; });
            damaged([&](Bundle& one) { one.records[n].version = Version::v1_2; });
        }
        // An appraisal holds a chain to its first record's algorithm, and says of a later one that has
        // another that its signature is invalid.
        for (const auto other : {spdm::BaseAsym::ecdsa_p256, spdm::BaseAsym::rsapss_3072})
            damaged([&](Bundle& one) { one.records[0].asym = other; });
        damaged([&](Bundle& one) { std::swap(one.records[0].signature, one.records[1].signature); });
        damaged([&](Bundle& one) { one.records[1].kind = one.records[0].kind; });
        damaged([&](Bundle&) {});
        const auto results = verified(bundles);
        for (std::size_t n = 0; n < bundles.size(); ++n) {
            EXPECT_EQ(faults_of(results[n].faults), appraised(bundles[n], today)) << spdm::name(version) << n;
            EXPECT_EQ(results[n].faults.empty(), n + 1 == bundles.size()) << n;
        }
    }
}

TEST(Reverifier, DamageStaysWithItsOwnBundle) {
    std::vector<Bundle> bundles(24, genuine());
    for (const auto n : {3U, 11U, 12U, 23U}) bundles[n].records[n % 2].signature[5] ^= std::byte{2};
    const auto results = verified(bundles);
    for (unsigned n = 0; n < bundles.size(); ++n) {
        const bool bad = n == 3 || n == 11 || n == 12 || n == 23;
        EXPECT_EQ(results[n].faults.size(), bad ? 1U : 0U) << n;
        EXPECT_EQ(results[n].signatures, bad ? 1U : 2U) << n;
        if (bad) {
            EXPECT_EQ(results[n].faults[0].detail, n % 2 == 0 ? "challenge: crypto" : "measurements: crypto");
        }
    }
}

TEST(Reverifier, HoldsChainsToTheAnchorsThatItHas) {
    const auto bundle = genuine();
    const std::vector<Doubted> all{{&bundle, today}, {&bundle, today}};
    Reverifier none{{}, engine_here()};
    for (const auto& result : none.verify(all)) {
        ASSERT_EQ(result.faults.size(), 1U);  // of a chain that two records have, and the bundle before
        EXPECT_EQ(faults_of(result.faults), (Faults{{"chain.path", "chain.no-anchors"}}));
        EXPECT_EQ(result.signatures, 2U);
    }

    trust::Anchors others;
    others.add(crypto::test::make(crypto::test::ca_spec("Another"), nullptr).certificate, "another");
    Reverifier stranger{others, engine_here()};
    EXPECT_EQ(faults_of(stranger.verify(all)[0].faults), (Faults{{"chain.path", "chain.untrusted-root"}}));
}

// The chain is judged once, and the two devices differ in their vendor.
TEST(Reverifier, HoldsEachBundleToTheVendorsOfItsRoot) {
    auto one = genuine();
    auto other = one;
    ASSERT_TRUE(one.circumstances.pci);
    other.circumstances.pci->vendor ^= 1U;
    trust::Anchors restricted;
    const auto all = anchors();
    for (const auto& each : all.certificates())
        restricted.add(each, "restricted", {one.circumstances.pci->vendor});
    Reverifier reverifier{restricted, engine_here()};
    const std::vector<Doubted> doubted{{&one, today}, {&other, today}};
    const auto results = reverifier.verify(doubted);
    EXPECT_EQ(results[0].faults, std::vector<Check>{});
    EXPECT_EQ(faults_of(results[1].faults), (Faults{{"chain.vendor", "chain.root-of-other-vendors"}}));
}

TEST(Reverifier, HoldsEachBundleToItsOwnTime) {
    auto spec = leaf_spec();
    spec.not_before = crypto::test::date(2026, 1, 1);
    spec.not_after = crypto::test::date(2026, 12, 1);
    const auto bundle = visit(device(Hierarchy{spec}));
    using namespace std::chrono_literals;
    Reverifier reverifier{anchors(), engine_here()};
    for (const auto edge : {spec.not_before, spec.not_after, crypto::test::date(2020, 1, 1),
                            crypto::test::date(2040, 1, 1), crypto::test::date(2060, 1, 1)})
        for (const auto off : {-86'400s, -1s, 0s, 1s, 86'400s}) {
            const std::vector<Doubted> all{{&bundle, edge + off}};
            EXPECT_EQ(faults_of(reverifier.verify(all)[0].faults), appraised(bundle, edge + off))
                << (edge + off).time_since_epoch().count();
        }
    const std::vector<Doubted> all{{&bundle, std::nullopt}, {&bundle, today}};
    for (const auto& result : reverifier.verify(all)) EXPECT_TRUE(result.faults.empty());
    EXPECT_EQ(reverifier.counts().chains, 1U);
}

// A maker that renews its root keeps the key: the chain that leads to the old one leads to the new one too.
TEST(Reverifier, AnAnchorThatExpiredGivesWayToItsSuccessor) {
    using namespace crypto::test;
    auto old = ca_spec("Maker");
    old.not_after = date(2025, 1, 1);
    const auto root = make(old, nullptr);
    const auto authority = make(ca_spec("Authority"), &root);
    auto renewed = ca_spec("Maker");
    renewed.serial = to_bytes(as_bytes("\x02"));
    const auto der = crypto::issue(renewed, root.key.public_key(), nullptr, root.key, crypto::Hash::sha_384);
    ASSERT_TRUE(der);
    const auto successor = crypto::Certificate::parse(*der);
    ASSERT_TRUE(successor);

    Hierarchy hierarchy;
    const auto leaf = make(leaf_spec(), &authority);
    hierarchy.chain = {authority.certificate, leaf.certificate};
    hierarchy.key = leaf.key;
    const auto bundle = visit(device(hierarchy));
    ASSERT_FALSE(bundle.failure);
    for (const bool both : {false, true}) {
        trust::Anchors roots;
        roots.add(root.certificate, "old");
        if (both) roots.add(*successor, "new");
        Reverifier reverifier{roots, engine_here()};
        for (const auto at : {date(2024, 6, 1), today}) {
            auto standard = appraisal::test::standard(trust::Profile::none);
            standard.anchors = roots;
            standard.at = at;
            standard.time_policy = appraisal::Standard::TimePolicy::given;
            Faults expected;
            for (const auto& fault : faults_of(appraisal::appraise(bundle, standard).checks))
                if (fault.first == "chain.time" || fault.first == "chain.path") expected.insert(fault);
            const std::vector<Doubted> all{{&bundle, at}};
            Faults found;
            for (const auto& fault : faults_of(reverifier.verify(all)[0].faults))
                if (fault.first == "chain.time" || fault.first == "chain.path") found.insert(fault);
            EXPECT_EQ(found, expected) << both;
            EXPECT_EQ(found.empty(), both || at < old.not_after) << both;
        }
    }
}

TEST(Reverifier, MissesASignatureWhereTheDialogueCameToItsEnd) {
    Bundle bundle;
    EXPECT_EQ(faults_of(verified({bundle})[0].faults), (Faults{{"signature", "signature.missing"}}));
    bundle.failure = evidence::Ending{.code = Errc::timeout, .what = "DOE"};
    EXPECT_TRUE(verified({bundle})[0].faults.empty());
    EXPECT_TRUE(verified({}).empty());
}

}  // namespace
}  // namespace busguard::logbook
