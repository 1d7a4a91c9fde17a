#include "appraisal/appraise.h"

#include "base/hex.h"
#include "evidence/bundle_file.h"
#include "tests/appraisal/support.h"

namespace busguard::appraisal {
namespace {

using crypto::Scheme;
using spdm::Version;
using test::genuine;
using test::standard;
using test::why;

TEST(Appraisal, AuthenticatesAGenuineDeviceInEveryVersionAndAlgorithm) {
    for (auto scheme : crypto::all_schemes) {
        if (!crypto::supported(scheme) || scheme == Scheme::rsassa_4096 || scheme == Scheme::rsapss_4096 ||
            scheme == Scheme::rsassa_2048 || scheme == Scheme::rsapss_2048)
            continue;  // the 3072 ones stand for all sizes: keys take seconds
        const test::Hierarchy hierarchy{test::leaf_spec(), scheme};
        for (auto hash : crypto::all_hashes) {
            const auto profile = test::device(hierarchy, scheme, hash);
            const auto version = crypto::hashes_itself(scheme) ? Version::v1_2 : Version::v1_1;
            const auto bundle = test::visit(profile, test::everything(version));
            ASSERT_FALSE(bundle.failure) << crypto::name(scheme);
            const auto verdict = appraise(bundle, standard());
            EXPECT_EQ(verdict.state, State::authenticated)
                << crypto::name(scheme) << crypto::name(hash) << testing::PrintToString(verdict);
        }
    }
}

TEST(Appraisal, GivesTheSameVerdictFromTheFile) {
    for (auto version : evidence::test::versions) {
        const auto back = evidence::bundle_from_json(evidence::to_json(genuine(version)), "bundle");
        ASSERT_TRUE(back);
        const auto one = appraise(genuine(version), standard());
        const auto other = appraise(*back, standard());
        EXPECT_EQ(one.state, other.state);
        EXPECT_EQ(one.checks, other.checks);
    }
}

TEST(Appraisal, RefusesAFlippedByteAnywhereInAStatement) {
    for (auto version : evidence::test::versions) {
        for (std::size_t n : {0U, 1U}) {
            auto bundle = genuine(version);
            auto& record = bundle.records[n];
            for (auto* bytes : {&record.transcript, &record.signature, &record.prefix}) {
                for (std::size_t at = 0; at < bytes->size(); at += bytes == &record.transcript ? 53 : 5) {
                    (*bytes)[at] ^= static_cast<std::byte>(1U << (at % 8));
                    const auto verdict = appraise(bundle, standard());
                    ASSERT_EQ(verdict.state, State::failed) << spdm::name(version) << at;
                    (*bytes)[at] ^= static_cast<std::byte>(1U << (at % 8));
                }
            }
        }
    }
}

TEST(Appraisal, RefusesABadSignature) {
    auto bundle = genuine();
    bundle.records[0].signature[7] ^= std::byte{1};
    const auto verdict = appraise(bundle, standard());
    EXPECT_EQ(why(verdict), "signature.invalid");
    EXPECT_EQ(verdict.detail, "challenge: crypto");
}

// Wycheproof's edge cases of P1363: zero, the order, beyond it, DER in place of raw, short and long
TEST(D121, SignaturesAtTheEdgeAreInvalid) {
    const auto order = *from_hex(
        "ffffffffffffffffffffffffffffffffffffffffffffffffc7634d81f4372ddf581a0db248b0a77aecec196accc52973");
    const auto& raw = genuine().records[0].signature;
    const auto half = [](const Bytes& from, bool second) {
        return to_bytes(ByteView{from}.subspan(second ? 48 : 0, 48));
    };
    const auto joined = [](Bytes r, const Bytes& s) {
        append(r, s);
        return r;
    };
    const auto minus_s =
        [&] {  // n - s also verifies in ECDSA, and is another signature: it has to be in range
            Bytes out(48);
            int borrow = 0;
            for (int at = 47; at >= 0; --at) {
                int digit = std::to_integer<int>(order[static_cast<std::size_t>(at)]) -
                            std::to_integer<int>(raw[48U + static_cast<std::size_t>(at)]) - borrow;
                borrow = digit < 0 ? 1 : 0;
                out[static_cast<std::size_t>(at)] = static_cast<std::byte>(digit & 0xff);
            }
            return out;
        }();
    Bytes longer = raw;
    longer.push_back(std::byte{0});
    std::vector<Bytes> bad{
        joined(Bytes(48), half(raw, true)),
        joined(half(raw, false), Bytes(48)),
        Bytes(96),
        joined(order, half(raw, true)),
        joined(half(raw, false), order),
        joined(Bytes(48, std::byte{0xff}), half(raw, true)),
        joined(half(raw, false), Bytes(48, std::byte{0xff})),
        joined(half(raw, true), half(raw, false)),
        joined(minus_s, half(raw, false)),
        to_bytes(ByteView{raw}.first(95)),
        longer,
        {},
        *from_hex("3006020101020101"),
    };
    for (std::size_t n = 0; n < bad.size(); ++n) {
        auto bundle = genuine();
        bundle.records[0].signature = bad[n];
        EXPECT_EQ(why(appraise(bundle, standard())), "signature.invalid") << n;
    }
}

TEST(D122, EvidenceOfTwoDevicesIsNoEvidence) {
    // Both are genuine, and the profile does not compare names.
    auto mixed = genuine();
    const auto other = test::visit(test::device(test::Hierarchy{}));
    mixed.records[1] = other.records[1];
    mixed.measurements = other.measurements;
    EXPECT_EQ(why(appraise(mixed, standard(trust::Profile::vendor))), "evidence.incoherent");
}

TEST(D122, OnlyOurNonceWillDo) {
    auto its = standard();
    its.expected_nonce = genuine().records[0].requester_nonce;
    EXPECT_EQ(why(appraise(genuine(), its)), "");
    (*its.expected_nonce)[0] ^= std::byte{1};
    EXPECT_EQ(why(appraise(genuine(), its)), "freshness.nonce-mismatch");
    // The record's word alone does not help: the transcript has the old one.
    auto claimed = genuine();
    claimed.records[0].requester_nonce = *its.expected_nonce;
    EXPECT_EQ(why(appraise(claimed, its)), "freshness.nonce-mismatch");
}

// keylime#1534, #1895: what is not configured denies, and what is switched off says so.
TEST(D124, AStandardThatSaysNothingTrustsNothing) {
    const auto verdict = appraise(genuine(), Standard{});
    EXPECT_EQ(verdict.state, State::undetermined);
    EXPECT_EQ(why(verdict), "chain.no-anchors");
    EXPECT_EQ(test::find(verdict, "chain.time")->outcome, Outcome::fail);

    const auto nothing = appraise(evidence::Bundle{}, standard());
    EXPECT_EQ(why(nothing), "signature.missing");

    auto lax = standard(trust::Profile::none);
    lax.time_policy = Standard::TimePolicy::ignore;
    const auto bare = appraise(genuine(), lax);
    EXPECT_EQ(bare.state, State::authenticated);
    for (const auto* rule :
         {"certificate.cma-name", "certificate.key-usage", "certificate.purpose", "chain.time"})
        EXPECT_EQ(test::find(bare, rule)->outcome, Outcome::skipped) << rule;
    // Whatever the profile, the same checks are there.
    const auto strict = appraise(genuine(), standard());
    ASSERT_EQ(strict.checks.size(), bare.checks.size());
    for (std::size_t n = 0; n < strict.checks.size(); ++n)
        EXPECT_EQ(strict.checks[n].name, bare.checks[n].name);
}

TEST(Appraisal, KnowsEveryReasonThatItGives) {
    for (const auto& check : appraise(genuine(), standard()).checks)
        EXPECT_TRUE(check.reason.empty() || find_reason(check.reason) != nullptr) << check.reason;
}

TEST(Appraisal, HoldsTheVersionToTheOldestAllowed) {
    auto its = standard();
    its.minimum_version = Version::v1_2;
    EXPECT_EQ(why(appraise(genuine(Version::v1_1), its)), "negotiation.version-too-old");
    EXPECT_EQ(why(appraise(genuine(Version::v1_2), its)), "");
}

TEST(Appraisal, HoldsTheDeviceToTheOneThatWasExpected) {
    auto its = standard();
    its.expected_identity = test::disk_identity();
    EXPECT_EQ(why(appraise(genuine(), its)), "");
    its.expected_identity->device = 0x0011;
    EXPECT_EQ(why(appraise(genuine(), its)), "device.identity-mismatch");
    // Evidence without an identity of its own: the certificate has to be the expected device's.
    auto anonymous = genuine();
    anonymous.circumstances.pci.reset();
    EXPECT_EQ(why(appraise(anonymous, its)), "chain.san-mismatch");
    its.expected_identity.reset();
    const auto verdict = appraise(anonymous, its);
    EXPECT_EQ(verdict.state, State::authenticated);
    EXPECT_EQ(test::find(verdict, "certificate.cma-name")->reason, "chain.san-unchecked");
}

TEST(Appraisal, RefusesABundleWhoseTermsAreNotTheSignedOnes) {
    auto bundle = genuine();
    bundle.agreed->peer.flags = bundle.agreed->peer.flags | spdm::Cap::mel;
    EXPECT_EQ(why(appraise(bundle, standard())), "evidence.incoherent");
    bundle = genuine();
    bundle.chains.at(0).structure[9] ^= std::byte{1};
    EXPECT_EQ(why(appraise(bundle, standard())), "evidence.incoherent");
}

TEST(Appraisal, NamesADowngradeByTheVersionsThatTheDeviceSigned) {
    auto bundle = genuine(Version::v1_1);
    auto& transcript = bundle.records.front().transcript;
    // After GET_VERSION: VERSION with 1.0 to 1.3, out of which somebody took all but 1.1.
    ASSERT_EQ(to_hex(ByteView{transcript}.subspan(4, 14)), "1004000000040010001100120013");
    const auto rest = to_bytes(ByteView{transcript}.subspan(18));
    transcript.resize(4);
    append(transcript, *from_hex("10040000 0001 0011"));
    append(transcript, rest);
    const auto verdict = appraise(bundle, standard());
    EXPECT_EQ(why(verdict), "negotiation.downgraded") << testing::PrintToString(verdict);
    EXPECT_NE(verdict.detail.find("1.0 to 1.3"), std::string::npos) << verdict.detail;
}

TEST(Appraisal, NamesTheReplayOfAnOldAnswer) {
    const test::Hierarchy hierarchy;
    const auto profile = test::device(hierarchy);
    Bytes old;
    test::visit(profile, test::everything(), [&](unsigned, Bytes& reply) {
        if (reply[1] == std::byte{0x03}) old = reply;
    });
    ASSERT_FALSE(old.empty());
    const auto replay = [&](unsigned, Bytes& reply) {
        if (reply[1] == std::byte{0x03}) reply = old;
    };
    auto bundle = test::visit(profile, test::everything(), replay);
    ASSERT_TRUE(bundle.failure);
    const auto verdict = appraise(bundle, standard());
    EXPECT_EQ(verdict.state, State::failed);
    EXPECT_EQ(why(verdict), "freshness.replayed");
    EXPECT_EQ(test::find(verdict, "signature")->reason, "signature.invalid");

    // Before 1.3 no context is echoed: the signature tells.
    test::visit(profile, test::everything(Version::v1_2), [&](unsigned, Bytes& reply) {
        if (reply[1] == std::byte{0x03}) old = reply;
    });
    bundle = test::visit(profile, test::everything(Version::v1_2), replay);
    EXPECT_EQ(why(appraise(bundle, standard())), "signature.invalid");
}

TEST(Appraisal, OfADialogueThatEndedEarlyIsNeverGood) {
    for (auto code = Errc{}; code <= Errc::system; code = static_cast<Errc>(std::to_underlying(code) + 1)) {
        auto bundle = genuine();
        bundle.failure = evidence::Ending{code, "something"};
        EXPECT_NE(appraise(bundle, standard()).state, State::authenticated);
        evidence::Bundle bare;
        bare.failure = evidence::Ending{code, "something"};
        const auto verdict = appraise(bare, standard());
        EXPECT_NE(verdict.state, State::authenticated);
        EXPECT_EQ(verdict.primary, &reason_of({code, "something"}));
    }
    evidence::Bundle hung{.circumstances = {.device = "pci/0000:02:00.0"}};
    hung.failure = evidence::Ending{Errc::timeout, "Data Object Ready"};
    EXPECT_EQ(appraise(hung, standard()).state, State::unreachable);
}

}  // namespace
}  // namespace busguard::appraisal
