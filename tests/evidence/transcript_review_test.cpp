#include "evidence/transcript_review.h"

#include "tests/evidence/support.h"

namespace busguard::evidence {
namespace {

using spdm::Version;
using test::Hierarchy;

const Check* find(const Review& review, std::string_view rule) {
    for (const auto& check : review.checks)
        if (check.name == rule) return &check;
    return nullptr;
}

/// Reason of the one check that fails; "" if none does, "several" if more.
std::string_view failing(const Review& review) {
    std::string_view found;
    for (const auto& check : review.checks)
        if (check.outcome == Outcome::fail) found = found.empty() ? check.reason : "several";
    return found;
}

const Bundle& visited(Version version) {
    static std::map<Version, Bundle> bundles;
    auto found = bundles.find(version);
    if (found == bundles.end())
        found =
            bundles.emplace(version, test::visit(test::device(Hierarchy{}), test::everything(version))).first;
    return found->second;
}

TEST(TranscriptReview, FindsNothingWrongWithAGenuineDevice) {
    for (auto version : test::versions) {
        const auto& bundle = visited(version);
        ASSERT_EQ(bundle.records.size(), 2U) << spdm::name(version);
        for (const auto& record : bundle.records) {
            const auto seen = review(record);
            EXPECT_FALSE(seen.broken);
            for (const auto& check : seen.checks)
                EXPECT_NE(check.outcome, Outcome::fail)
                    << spdm::name(version) << ' ' << check.name << check.detail;
        }
        EXPECT_EQ(review(bundle.records[1]).measurements, bundle.measurements);
    }
}

TEST(TranscriptReview, ReadsMeasurementsOneByOneInEveryVersion) {
    for (auto version : test::versions) {
        auto plan = test::everything(version);
        plan.measure = spdm::Plan::Measure::one_by_one;
        const auto bundle = test::visit(test::device(Hierarchy{}), plan);
        ASSERT_FALSE(bundle.failure) << spdm::name(version);
        const auto seen = review(bundle.records.back());
        EXPECT_EQ(failing(seen), "");
        for (const auto& block : bundle.measurements)
            EXPECT_NE(std::ranges::find(seen.measurements, block), seen.measurements.end());
    }
}

TEST(TranscriptReview, TellsWhatWasNegotiated) {
    for (auto version : test::versions) {
        const auto& bundle = visited(version);
        const auto seen = review(bundle.records.front());
        ASSERT_TRUE(seen.agreed);
        EXPECT_EQ(seen.agreed->asym, bundle.agreed->asym);
        EXPECT_EQ(seen.agreed->measurement_hash, bundle.agreed->measurement_hash);
        EXPECT_EQ(seen.agreed->peer.flags, bundle.agreed->peer.flags);
        // The negotiation is not in the L1 of the old versions.
        EXPECT_EQ(review(bundle.records.back()).agreed.has_value(), version >= Version::v1_2);
    }
}

/// Changes one byte of an exchange of a record, counted from the message's start.
Record changed(const Record& from, spdm::Code code, std::size_t offset, std::byte value) {
    auto record = from;
    for (const auto& one : review(from).exchanges) {
        if (one.request == code) record.transcript.at(one.request_at + offset) = value;
        if (one.answer == code) record.transcript.at(one.answer_at + offset) = value;
    }
    EXPECT_NE(record.transcript, from.transcript);
    return record;
}

TEST(TranscriptReview, SeesWhatTheKernelLeavesUnchecked) {
    using spdm::Code;
    const auto& challenge = visited(Version::v1_3).records.front();
    const auto reason = [&](Code code, std::size_t offset, std::byte value) {
        return failing(review(changed(challenge, code, offset, value)));
    };
    // CHALLENGE_AUTH: slot echo, slot mask, CertChainHash, nonce, RequesterContext (behind hash, nonce,
    // length)
    EXPECT_EQ(reason(Code::challenge_auth, 2, std::byte{1}), "protocol.slot");
    EXPECT_EQ(reason(Code::challenge_auth, 3, std::byte{2}), "protocol.slot");
    EXPECT_EQ(reason(Code::challenge_auth, 4, ~challenge.transcript[0]), "chain.digest-mismatch");
    EXPECT_EQ(reason(Code::challenge_auth, 4 + 48 + 32 + 2, std::byte{0x5e}), "freshness.replayed");
    // DIGESTS: the digest; CERTIFICATE: a byte of the chain
    EXPECT_EQ(reason(Code::digests, 4, ~challenge.transcript[0]), "chain.digest-mismatch");
    EXPECT_EQ(reason(Code::certificate, 8 + 100, std::byte{0xa5}), "chain.not-the-one-sent");
    // ALGORITHMS: two signature algorithms, one that was not offered; VERSION without this one
    EXPECT_EQ(reason(Code::algorithms, 12, std::byte{0x90}), "negotiation.not-offered");
    EXPECT_EQ(reason(Code::algorithms, 13, std::byte{0x02}), "negotiation.not-offered");
    EXPECT_EQ(reason(Code::algorithms, 6, std::byte{0x03}),
              "negotiation.not-offered");  // measurement specification
    EXPECT_EQ(reason(Code::algorithms, 16, std::byte{0x01}), "negotiation.incoherent");  // another hash
    EXPECT_EQ(reason(Code::capabilities, 1, std::byte{0x7f}), "protocol.unexpected");
    EXPECT_EQ(reason(Code::capabilities, 0, std::byte{0x12}), "negotiation.incoherent");
}

TEST(TranscriptReview, HoldsTheRecordToItsTranscript) {
    const auto& challenge = visited(Version::v1_2).records.front();
    auto record = challenge;
    record.requester_nonce[0] ^= std::byte{1};
    EXPECT_EQ(failing(review(record)), "freshness.nonce-mismatch");
    record = challenge;
    record.responder_nonce[31] ^= std::byte{1};
    EXPECT_EQ(failing(review(record)), "freshness.nonce-mismatch");
    record = challenge;
    record.slot = 1;
    EXPECT_EQ(find(review(record), "transcript.slot")->reason, "protocol.slot");
    record = challenge;
    record.asym = spdm::BaseAsym::ecdsa_p256;
    EXPECT_EQ(failing(review(record)), "negotiation.incoherent");
    record = challenge;
    record.prefix[0] ^= std::byte{1};
    EXPECT_EQ(failing(review(record)), "signature.prefix");
    record = challenge;
    record.prefix.clear();
    EXPECT_EQ(failing(review(record)), "signature.prefix");
    record = challenge;
    record.kind = spdm::SigningContext::responder_measurements;
    EXPECT_EQ(find(review(record), "transcript.form")->reason, "protocol.unexpected");
}

TEST(TranscriptReview, RefusesATranscriptAtEveryLength) {
    for (auto version : test::versions) {
        for (const auto& whole : visited(version).records) {
            auto record = whole;
            for (std::size_t size = 0; size < whole.transcript.size(); ++size) {
                record.transcript.resize(size);
                std::ranges::copy(ByteView{whole.transcript}.first(size), record.transcript.begin());
                ASSERT_TRUE(review(record).broken) << spdm::name(version) << ' ' << size;
            }
            record.transcript = whole.transcript;
            record.transcript.push_back(std::byte{0});
            ASSERT_TRUE(review(record).broken);
        }
    }
}

TEST(TranscriptReview, SurvivesEveryChangedByte) {
    for (const auto& whole : visited(Version::v1_3).records) {
        auto record = whole;
        for (std::size_t at = 0; at < whole.transcript.size(); ++at) {
            record.transcript[at] ^= std::byte{0xff};
            EXPECT_FALSE(review(record).checks.empty());
            record.transcript[at] = whole.transcript[at];
        }
    }
}

TEST(TranscriptReview, SeesOurOwnNonceSentBack) {
    auto record = visited(Version::v1_1).records.front();
    record.responder_nonce = record.requester_nonce;
    const auto answer = review(record).exchanges.back().answer_at;
    std::ranges::copy(record.requester_nonce,
                      record.transcript.begin() + static_cast<std::ptrdiff_t>(answer + 52));
    EXPECT_EQ(failing(review(record)), "freshness.nonce-mismatch");
}

// A device with two slots: the one that does not sign is held to its digest too.
TEST(TranscriptReview, HoldsEverySlotToItsDigest) {
    const Hierarchy first;
    const Hierarchy second;
    auto profile = test::device(first);
    profile.slots.emplace(spdm::SlotId{1}, spdm::ProvisionedSlot{second.der(), *second.key});
    const auto bundle = test::visit(profile);
    ASSERT_FALSE(bundle.failure);
    ASSERT_EQ(bundle.chains.size(), 2U);
    auto record = bundle.records.front();
    EXPECT_EQ(failing(review(record)), "");
    for (const auto& one : review(record).exchanges)
        if (one.answer == spdm::Code::certificate && record.transcript[one.answer_at + 2] == std::byte{1})
            record.transcript[one.answer_at + 100] ^= std::byte{1};
    EXPECT_EQ(failing(review(record)), "chain.digest-mismatch");
}

TEST(TranscriptReview, RefusesOpaqueDataWithoutAFormat) {
    auto profile = test::device(Hierarchy{});
    profile.opaque = Bytes(16, std::byte{7});
    const auto bundle = test::visit(profile);
    ASSERT_FALSE(bundle.failure);
    auto record = bundle.records.back();
    ASSERT_FALSE(review(record).opaque.empty());
    EXPECT_EQ(failing(review(record)), "");
    EXPECT_EQ(failing(review(changed(record, spdm::Code::algorithms, 7, std::byte{0}))),
              "negotiation.incoherent");
}

TEST(TranscriptReview, PutsPortionsOfAChainTogether) {
    auto plan = test::everything();
    plan.offer.largest_message = 400;
    const auto bundle = test::visit(test::device(Hierarchy{}), plan);
    ASSERT_FALSE(bundle.failure) << bundle.failure->what;
    const auto seen = review(bundle.records.front());
    EXPECT_GT(seen.exchanges.size(), 8U);
    EXPECT_EQ(find(seen, "transcript.certificates")->outcome, Outcome::pass);

    // A portion asked for one byte further on, with a remainder that makes up for it
    auto record = bundle.records.front();
    std::optional<Exchange> second;
    for (const auto& one : seen.exchanges)
        if (one.answer == spdm::Code::certificate && record.transcript[one.request_at + 4] != std::byte{0})
            second = one;
    ASSERT_TRUE(second);
    const auto shift = [&](std::size_t at, int by) {
        record.transcript[at] = static_cast<std::byte>(std::to_integer<int>(record.transcript[at]) + by);
    };
    shift(second->request_at + 4, 1);
    shift(second->answer_at + 6, -1);
    EXPECT_EQ(find(review(record), "transcript.certificates")->reason, "protocol.malformed");
}

}  // namespace
}  // namespace busguard::evidence
