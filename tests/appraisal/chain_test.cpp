#include "crypto/issue.h"
#include "crypto/path.h"
#include "spdm/certificate_chain.h"
#include "tests/appraisal/support.h"

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

}  // namespace
}  // namespace busguard::appraisal
