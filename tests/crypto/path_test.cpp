#include "base/hex.h"
#include "tests/crypto/support.h"

namespace busguard::crypto {
namespace {

using test::ca_spec;
using test::date;
using test::make;
using test::Node;
using test::plain;
using test::spec;

/// Root, middle, leaf; and what tests do with them.
class Path : public testing::Test {
protected:
    static PathPolicy in_2030() { return {.at = date(2030, 1, 1)}; }

    static PathResult verify(const std::vector<Certificate>& path, const std::vector<Certificate>& anchors,
                             const PathPolicy& policy = in_2030()) {
        return verify_path(path, anchors, policy);
    }
    /// Refused, for this reason and at this certificate.
    static void expect_fault(const PathResult& result, PathFault fault,
                             std::optional<std::size_t> certificate) {
        ASSERT_FALSE(result) << "accepted, wanted " << name(fault);
        EXPECT_EQ(result.error().fault, fault) << name(result.error().fault) << ": " << result.error().detail;
        EXPECT_EQ(result.error().certificate, certificate);
        EXPECT_FALSE(result.error().detail.empty());
    }
    /// The certificate with its last byte, part of the signature's value, altered.
    static Certificate broken(const Certificate& certificate) {
        auto der = to_bytes(certificate.der());
        der.back() ^= std::byte{1};
        return *Certificate::parse(der);
    }

    Node root = make(ca_spec("Root"), nullptr);
    Node middle = make(ca_spec("Middle"), &root);
    Node leaf = make(spec("Leaf"), &middle);
    Node stranger = make(ca_spec("Stranger"), nullptr);
    std::vector<Certificate> whole{root.certificate, middle.certificate, leaf.certificate};
};

TEST_F(Path, LeadsToTheAnchorThatIsItsRoot) {
    const auto result = verify(whole, {stranger.certificate, root.certificate});
    ASSERT_TRUE(result) << result.error().detail;
    EXPECT_EQ(*result, 1U);
}

TEST_F(Path, MayBeginBelowTheAnchor) {
    const auto result =
        verify({middle.certificate, leaf.certificate}, {stranger.certificate, root.certificate});
    ASSERT_TRUE(result) << result.error().detail;
    EXPECT_EQ(*result, 1U);
    EXPECT_TRUE(verify({leaf.certificate}, {middle.certificate})) << "the anchor need not be a root";
}

TEST_F(Path, MayHoldTheAnchorAnywhere) {
    EXPECT_TRUE(verify(whole, {middle.certificate}));
    EXPECT_TRUE(verify(whole, {leaf.certificate}));
    EXPECT_TRUE(verify({leaf.certificate}, {leaf.certificate}));
    EXPECT_TRUE(verify({root.certificate}, {root.certificate}));
}

TEST_F(Path, FindsTheAnchorAmongNamesakes) {
    auto other = ca_spec("Root");
    const auto namesake = make(other, nullptr);
    const auto result =
        verify({middle.certificate, leaf.certificate}, {namesake.certificate, root.certificate});
    ASSERT_TRUE(result) << result.error().detail;
    EXPECT_EQ(*result, 1U);
}

TEST_F(Path, OfAStrangerIsUntrusted) {
    expect_fault(verify(whole, {stranger.certificate}), PathFault::untrusted_root, 0);
    expect_fault(verify(whole, {}), PathFault::untrusted_root, 0);
    expect_fault(verify({middle.certificate, leaf.certificate}, {stranger.certificate}),
                 PathFault::untrusted_root, 0);
    expect_fault(verify({leaf.certificate}, {root.certificate}), PathFault::untrusted_root, 0);
}

TEST_F(Path, OfAnImpostorWithTheSameNamesIsUntrusted) {
    const auto false_root = make(ca_spec("Root"), nullptr);
    const auto false_middle = make(ca_spec("Middle"), &false_root);
    const auto false_leaf = make(spec("Leaf"), &false_middle);
    expect_fault(verify({false_root.certificate, false_middle.certificate, false_leaf.certificate},
                        {root.certificate}),
                 PathFault::untrusted_root, 0);
    // His certificates below the true root: the key identifier gives him away
    expect_fault(
        verify({root.certificate, false_middle.certificate, false_leaf.certificate}, {root.certificate}),
        PathFault::wrong_issuer, 1);
}

TEST_F(Path, WithABrokenSignatureIsInvalidWhoeverIsTrusted) {
    for (const auto& anchors : {std::vector{root.certificate}, std::vector{stranger.certificate}}) {
        expect_fault(verify({root.certificate, broken(middle.certificate), leaf.certificate}, anchors),
                     PathFault::signature_invalid, 1);
        expect_fault(verify({root.certificate, middle.certificate, broken(leaf.certificate)}, anchors),
                     PathFault::signature_invalid, 2);
    }
    expect_fault(verify({broken(middle.certificate), leaf.certificate}, {root.certificate}),
                 PathFault::signature_invalid, 0);
    EXPECT_FALSE(verify({broken(root.certificate), middle.certificate, leaf.certificate}, {root.certificate}))
        << "a root that is not the anchor's bytes";
}

TEST_F(Path, IsTakenInTheOrderInWhichItCame) {
    expect_fault(verify({middle.certificate, root.certificate, leaf.certificate}, {root.certificate}),
                 PathFault::wrong_issuer, 1);
    expect_fault(verify({leaf.certificate, middle.certificate, root.certificate}, {root.certificate}),
                 PathFault::wrong_issuer, 1);
    expect_fault(verify({root.certificate, leaf.certificate}, {root.certificate}), PathFault::wrong_issuer,
                 1);
    expect_fault(verify({root.certificate, root.certificate, middle.certificate, leaf.certificate},
                        {root.certificate}),
                 PathFault::malformed, 1);
    EXPECT_FALSE(verify({root.certificate, stranger.certificate, leaf.certificate}, {root.certificate}));
}

TEST_F(Path, HasToExist) {
    expect_fault(verify({}, {root.certificate}), PathFault::malformed, std::nullopt);
    expect_fault(verify(std::vector(most_in_chain + 1, root.certificate), {root.certificate}),
                 PathFault::path_too_long, most_in_chain);
}

TEST_F(Path, HasItsTime) {
    const std::vector anchors{root.certificate};
    expect_fault(verify(whole, anchors, {.at = date(2019, 12, 31)}), PathFault::not_yet_valid, 0);
    expect_fault(verify(whole, anchors, {.at = date(2041, 1, 1)}), PathFault::expired, 0);
    EXPECT_TRUE(verify(whole, anchors, {.at = date(2041, 1, 1), .time = PathPolicy::Time::ignore}));
    EXPECT_TRUE(verify(whole, anchors, {.at = date(2020, 1, 1)})) << "both ends belong to it";
    EXPECT_TRUE(verify(whole, anchors, {.at = date(2039, 12, 31)}));

    auto short_lived = spec("Leaf");
    short_lived.not_after = date(2025, 1, 1);
    const auto old_leaf = make(short_lived, &middle).certificate;
    expect_fault(verify({root.certificate, middle.certificate, old_leaf}, anchors), PathFault::expired, 2);
    expect_fault(verify({middle.certificate, old_leaf}, anchors), PathFault::expired, 1);
    expect_fault(verify({middle.certificate, leaf.certificate}, anchors, {.at = date(2041, 1, 1)}),
                 PathFault::expired, std::nullopt);
    expect_fault(verify({root.certificate, middle.certificate, broken(old_leaf)}, anchors),
                 PathFault::signature_invalid, 2);
    expect_fault(verify({root.certificate, middle.certificate, old_leaf}, {stranger.certificate}),
                 PathFault::untrusted_root, 0);
    expect_fault(verify({root.certificate, middle.certificate, broken(leaf.certificate)}, anchors,
                        {.at = date(2041, 1, 1)}),
                 PathFault::signature_invalid, 2);
}

TEST_F(Path, HasNoEndIn9999AndMayBeginBefore1970) {
    auto ageless = [](CertificateSpec made) {
        made.not_before = date(1955, 1, 1);
        made.not_after = date(9999, 12, 31) + std::chrono::seconds{86399};
        return made;
    };
    const auto old_root = make(ageless(ca_spec("Old")), nullptr);
    const auto old_leaf = make(ageless(spec("Leaf")), &old_root);
    const std::vector path{old_root.certificate, old_leaf.certificate};
    for (const int year : {1960, 1970, 2030, 2040, 2110, 9999})
        EXPECT_TRUE(verify(path, {old_root.certificate}, {.at = date(year, 6, 1)})) << year;
    expect_fault(verify(path, {old_root.certificate}, {.at = date(1950, 1, 1)}), PathFault::not_yet_valid, 0);
}

// Defect D115: what is above others has to be a CA, the anchor included.
TEST_F(Path, D115IsIssuedByCertificateAuthoritiesAlone) {
    for (auto ca : {std::optional<bool>{false}, std::optional<bool>{}}) {
        auto wanted = spec("No CA");
        wanted.ca = ca;
        const auto no_ca = make(wanted, &root);
        const auto below = make(spec("Leaf"), &no_ca);
        expect_fault(verify({root.certificate, no_ca.certificate, below.certificate}, {root.certificate}),
                     PathFault::not_a_ca, 1);
        expect_fault(verify({below.certificate}, {no_ca.certificate}), PathFault::not_a_ca, std::nullopt);
        const auto bad_root = make(wanted, nullptr);
        const auto under = make(spec("Leaf"), &bad_root);
        expect_fault(verify({bad_root.certificate, under.certificate}, {bad_root.certificate}),
                     PathFault::not_a_ca, 0);
    }
    auto usage = ca_spec("Wrong use");
    usage.key_usage = KeyUsage::digital_signature;
    const auto wrong_use = make(usage, &root);
    const auto below = make(spec("Leaf"), &wrong_use);
    expect_fault(verify({root.certificate, wrong_use.certificate, below.certificate}, {root.certificate}),
                 PathFault::key_usage, 1);
    auto silent = ca_spec("No key usage");
    silent.key_usage.reset();
    const auto no_usage = make(silent, &root);
    EXPECT_TRUE(verify({root.certificate, no_usage.certificate, make(spec("Leaf"), &no_usage).certificate},
                       {root.certificate}));
}

TEST_F(Path, LeavesTheLeafsBasicConstraintsToTheProfile) {
    auto wanted = spec("Leaf");
    wanted.ca = false;
    EXPECT_TRUE(verify({root.certificate, make(wanted, &root).certificate}, {root.certificate}));
    EXPECT_TRUE(verify({root.certificate, middle.certificate}, {root.certificate})) << "CA:TRUE";
}

TEST_F(Path, KeepsItsLength) {
    auto wanted = ca_spec("Root");
    wanted.path_length = 0;
    const auto narrow = make(wanted, nullptr);
    const auto direct = make(spec("Leaf"), &narrow);
    EXPECT_TRUE(verify({narrow.certificate, direct.certificate}, {narrow.certificate}));
    const auto between = make(ca_spec("Middle"), &narrow);
    const auto far = make(spec("Leaf"), &between);
    expect_fault(verify({narrow.certificate, between.certificate, far.certificate}, {narrow.certificate}),
                 PathFault::path_too_long, 0);
    expect_fault(verify({between.certificate, far.certificate}, {narrow.certificate}),
                 PathFault::path_too_long, std::nullopt);
}

TEST_F(Path, HasNoUnknownCriticalExtensionUnlessTolerated) {
    auto wanted = spec("Leaf");
    wanted.extra = {{"1.3.6.1.4.1.412.274.6", true, Bytes{std::byte{5}, std::byte{0}}}};
    const std::vector path{root.certificate, make(wanted, &root).certificate};
    const std::vector anchors{root.certificate};
    expect_fault(verify(path, anchors), PathFault::unknown_critical, 1);
    auto policy = in_2030();
    policy.tolerate = {"1.2.3", "1.3.6.1.4.1.412.274.6"};
    EXPECT_TRUE(verify(path, anchors, policy));
    policy.tolerate = {"1.3.6.1.4.1.412.274"};
    expect_fault(verify(path, anchors, policy), PathFault::unknown_critical, 1);

    wanted.extra.push_back({"1.2.3.4", true, Bytes{std::byte{5}, std::byte{0}}});
    policy.tolerate = {"1.3.6.1.4.1.412.274.6"};
    expect_fault(verify({root.certificate, make(wanted, &root).certificate}, anchors, policy),
                 PathFault::unknown_critical, 1);
    wanted.extra = {{"1.2.3.4", false, Bytes{std::byte{5}, std::byte{0}}}};
    EXPECT_TRUE(verify({root.certificate, make(wanted, &root).certificate}, anchors)) << "not critical";
}

TEST_F(Path, ToleratesNothingElseAlongWithAnExtension) {
    auto wanted = spec("Leaf");
    wanted.extra = {{"1.2.3.4", true, Bytes{std::byte{5}, std::byte{0}}}};
    auto policy = in_2030();
    policy.tolerate = {"1.2.3.4"};
    const auto marked = make(wanted, &root).certificate;
    expect_fault(verify({root.certificate, broken(marked)}, {root.certificate}, policy),
                 PathFault::signature_invalid, 1);
    wanted.not_after = date(2021, 1, 1);
    expect_fault(verify({root.certificate, make(wanted, &root).certificate}, {root.certificate}, policy),
                 PathFault::expired, 1);
}

TEST_F(Path, TellsNamesakesApartByTheirOrder) {
    const auto twin = make(ca_spec("Middle"), &root);
    const auto below = make(spec("Leaf"), &twin);
    EXPECT_TRUE(verify({root.certificate, twin.certificate, below.certificate}, {root.certificate}));
    expect_fault(verify({root.certificate, middle.certificate, below.certificate}, {root.certificate}),
                 PathFault::wrong_issuer, 2);
}

TEST_F(Path, TellsNamesakesWithoutKeyIdentifiersApartByTheirOrder) {
    // X issues Y, Y issues another X, that one the leaf: by names alone the first X might have, too.
    const auto top = make(plain(ca_spec("Root")), nullptr);
    const auto first = make(plain(ca_spec("X")), &top);
    const auto between = make(plain(ca_spec("Y")), &first);
    const auto second = make(plain(ca_spec("X")), &between);
    const auto end = make(plain(spec("Leaf")), &second);
    const auto result =
        verify({top.certificate, first.certificate, between.certificate, second.certificate, end.certificate},
               {top.certificate});
    EXPECT_TRUE(result) << result.error().detail;
    const auto other_end = make(plain(spec("Leaf")), &first);
    expect_fault(verify({top.certificate, first.certificate, between.certificate, second.certificate,
                         other_end.certificate},
                        {top.certificate}),
                 PathFault::signature_invalid, 4);
}

TEST_F(Path, OfAnImpostorIsUntrustedWithoutKeyIdentifiersToo) {
    const auto true_root = make(plain(ca_spec("Root")), nullptr);
    const auto false_root = make(plain(ca_spec("Root")), nullptr);
    const auto false_leaf = make(plain(spec("Leaf")), &false_root);
    const std::vector anchors{true_root.certificate};
    expect_fault(verify({false_root.certificate, false_leaf.certificate}, anchors), PathFault::untrusted_root,
                 0);
    expect_fault(verify({true_root.certificate, false_leaf.certificate}, anchors),
                 PathFault::signature_invalid, 1);
    expect_fault(verify({false_leaf.certificate}, anchors), PathFault::signature_invalid, 0);
}

TEST_F(Path, BelowOneOfTwoNamesakesFailsForItsOwnReason) {
    const auto one = make(plain(ca_spec("Root")), nullptr);
    const auto two = make(plain(ca_spec("Root")), nullptr);
    auto wanted = plain(spec("Leaf"));
    wanted.not_after = date(2025, 1, 1);
    const auto old_leaf = make(wanted, &one);
    for (const auto& anchors :
         {std::vector{one.certificate, two.certificate}, {two.certificate, one.certificate}})
        expect_fault(verify({old_leaf.certificate}, anchors), PathFault::expired, 0);
}

TEST_F(Path, WithAKeyThatNobodyKnowsIsUnsupported) {
    auto der = to_bytes(middle.certificate.der());
    const auto known = *from_hex("06072a8648ce3d0201");  // id-ecPublicKey (RFC 5480)
    const auto at = std::ranges::search(der, known).begin();
    ASSERT_NE(at, der.end());
    *(at + 8) = std::byte{0x7f};
    const auto strange = Certificate::parse(der);
    ASSERT_TRUE(strange) << "the rest of it can be shown";
    EXPECT_EQ(strange->public_key().error(), (Error{Errc::unsupported, "subjectPublicKey"}));
    expect_fault(verify({root.certificate, *strange, leaf.certificate}, {root.certificate}),
                 PathFault::unsupported_algorithm, 2);
}

TEST_F(Path, MayHoldARootThatChangedItsKey) {
    const auto renewed = make(ca_spec("Root"), &root);
    EXPECT_TRUE(renewed.certificate.self_issued());
    const auto below = make(spec("Leaf"), &renewed);
    EXPECT_TRUE(verify({root.certificate, renewed.certificate, below.certificate}, {root.certificate}));
    EXPECT_TRUE(verify({renewed.certificate, below.certificate}, {root.certificate}));
    EXPECT_TRUE(verify({renewed.certificate, below.certificate}, {renewed.certificate}));
    expect_fault(verify({renewed.certificate, below.certificate}, {stranger.certificate}),
                 PathFault::untrusted_root, 0);
}

TEST_F(Path, OfAWeakKeyOrHashIsWeak) {
    if (!test::have_openssl()) GTEST_SKIP() << "SKIPPED: no openssl program";
    const test::Scratch scratch;
    ASSERT_TRUE(test::openssl("req -x509 -newkey rsa:1024 -nodes -sha256 -days 3650 -subj /CN=Weak -keyout " +
                              scratch.path("key.pem") + " -out " + scratch.path("weak.pem")));
    const auto weak = (*parse_pem_bundle(as_text(scratch.read("weak.pem"))))[0];
    const auto key = *PrivateKey::from_pem(as_text(scratch.read("key.pem")));
    const auto der = issue(spec("Leaf"), test::other_key().public_key(), &weak, key, Hash::sha_256);
    ASSERT_TRUE(der);
    expect_fault(verify({weak, *Certificate::parse(*der)}, {weak}, {.time = PathPolicy::Time::ignore}),
                 PathFault::weak_algorithm, 0);
}

// What a real GPU sends: leaf without BasicConstraints, 9999-12-31.
TEST_F(Path, OfARealGpuLeadsToItsVendor) {
    const auto data = test::shared_data();
    if (data.empty()) GTEST_SKIP() << "SKIPPED: no shared data";
    auto chain = *parse_pem_bundle(as_text(test::read_file(data / "nvidia-hopper" / "hopperCertChain.txt")));
    const auto anchors =
        *parse_pem_bundle(as_text(test::read_file(data / "nvidia-hopper" / "verifier_device_root.pem")));
    ASSERT_EQ(chain.size(), 5U);
    std::ranges::reverse(chain);
    const auto result = verify(chain, anchors);
    ASSERT_TRUE(result) << name(result.error().fault) << " " << result.error().detail;
    EXPECT_TRUE(verify({chain.begin() + 1, chain.end()}, anchors));
    expect_fault(verify(chain, {stranger.certificate}), PathFault::untrusted_root, 0);

    const auto& gpu = chain.back();
    EXPECT_EQ(gpu.not_after(), date(9999, 12, 31) + std::chrono::seconds{86399});
    EXPECT_EQ(gpu.basic_constraints_ca(), std::nullopt);
    ASSERT_EQ(gpu.other_names().size(), 1U);
    EXPECT_EQ(gpu.other_names()[0].oid, "1.3.6.1.4.1.412.274.1");
    EXPECT_EQ(to_hex(anchors[0].fingerprint(Hash::sha_256)),
              "102bf659d5419614c9d8e6aecebc80454eb26b1df6a769ac720b9a690b167b48");

    // SPDM 1.1: the signature covers the request and the answer before it (reference/evidence.md 1.2)
    const auto report =
        *from_hex(as_text(test::read_file(data / "nvidia-hopper" / "hopperAttestationReport.txt")));
    const ByteView bytes{report};
    const auto key = *gpu.public_key();
    EXPECT_TRUE(
        key.verify(Scheme::ecdsa_p384, Hash::sha_384, bytes.first(bytes.size() - 96), bytes.last(96)));
    EXPECT_FALSE(
        key.verify(Scheme::ecdsa_p384, Hash::sha_384, bytes.first(bytes.size() - 97), bytes.last(96)));
}

TEST_F(Path, OfAKernelsSlotVerifies) {
    const auto data = test::shared_data();
    if (data.empty()) GTEST_SKIP() << "SKIPPED: no shared data";
    const auto chain =
        split_chain(test::read_file(data / "kernel-captures" / "spdm-1.3-p384" / "certificates" / "slot0"));
    ASSERT_TRUE(chain);
    ASSERT_GE(chain->size(), 2U);
    const auto result = verify_path(*chain, {&chain->front(), 1}, {.time = PathPolicy::Time::ignore});
    EXPECT_TRUE(result) << name(result.error().fault) << " " << result.error().detail;
}

}  // namespace
}  // namespace busguard::crypto
