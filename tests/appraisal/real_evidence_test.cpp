#include "base/hex.h"
#include "evidence/kernel_log.h"
#include "evidence/nvidia.h"
#include "spdm/certificate_chain.h"
#include "tests/appraisal/support.h"
#include "tests/thinned.h"

/// What real hardware and a real kernel signed.
namespace busguard::appraisal {
namespace {

using evidence::test::hopper;
using evidence::test::kernel_files;
using test::why;
namespace nvidia = evidence::nvidia;

Standard gpu_standard(const evidence::test::Hopper& sample) {
    Standard its{.profile = trust::Profile::vendor, .at = crypto::test::date(2026, 11, 22)};
    EXPECT_TRUE(its.anchors.add(as_bytes(sample.root), "verifier_device_root.pem", "the vendor's root"));
    return its;
}

evidence::Bundle bundle_of(const evidence::Record& record) {
    return evidence::bundle_of(record, {.device = "gpu", .transport = "file"});
}

std::optional<evidence::Record> read(const evidence::test::Hopper& sample) {
    auto record = nvidia::read_report(sample.report, "report", sample.chain, "chain");
    return record ? std::optional{*record} : std::nullopt;
}

TEST(HopperReport, IsAcceptedAgainstItsRoot) {
    const auto sample = hopper();
    NEEDS_SHARED_DATA(sample);
    const auto verdict = appraise(bundle_of(*read(*sample)), gpu_standard(*sample));
    EXPECT_EQ(verdict.state, State::authenticated) << testing::PrintToString(verdict);
    EXPECT_EQ(test::find(verdict, "nvidia.fwid")->outcome, Outcome::pass);
    EXPECT_EQ(test::find(verdict, "certificate.device-info")->detail, "NVIDIA:GH100:48B02D92494BADF4");
    EXPECT_EQ(test::find(verdict, "chain.path")->detail, "the vendor's root");
}

TEST(HopperReport, IsNotTrustedWithoutItsRootNorUnderTheStrictProfile) {
    const auto sample = hopper();
    NEEDS_SHARED_DATA(sample);
    const auto bundle = bundle_of(*read(*sample));
    auto its = gpu_standard(*sample);
    its.anchors = {};
    EXPECT_EQ(why(appraise(bundle, its)), "chain.no-anchors");
    its = test::standard(trust::Profile::vendor);
    EXPECT_EQ(why(appraise(bundle, its)), "chain.untrusted-root");
    its = gpu_standard(*sample);
    its.profile = trust::Profile::cma;
    its.expected_identity = test::disk_identity();
    EXPECT_EQ(why(appraise(bundle, its)), "chain.san-missing");
}

/// Of the report, every byte is signed or is the signature: no flip may ever be accepted.
TEST(HopperReport, IsRefusedAfterEveryFlippedByte) {
    const auto sample = hopper();
    NEEDS_SHARED_DATA(sample);
    // The leaf under the certificate above it, which is the anchor: the rest of the chain has its own test.
    const auto chain = *crypto::parse_pem_bundle(sample->chain);
    const auto pem = crypto::to_pem(chain[0]) + crypto::to_pem(chain[1]);
    Standard its{.profile = trust::Profile::vendor, .at = crypto::test::date(2026, 11, 22)};
    its.anchors.add(chain[1], "the leaf's issuer");
    auto report = *from_hex(sample->report);
    ASSERT_EQ(report.size(), 4117U);
    ASSERT_EQ(appraise(bundle_of(*nvidia::read_report(sample->report, "report", pem, "chain")), its).state,
              State::authenticated);
    std::size_t read_all_the_same = 0;
    for (std::size_t at = 0; at < report.size(); at += busguard::test::thinned) {
        const auto good = report[at];
        report[at] ^= static_cast<std::byte>(1U << (at % 8));  // one bit, each of the eight in turn
        if (const auto record = nvidia::read_report(to_hex(report), "report", pem, "chain")) {
            ++read_all_the_same;
            const auto verdict = appraise(bundle_of(*record), its);
            ASSERT_EQ(verdict.state, State::failed) << at;
            ASSERT_EQ(test::find(verdict, "signature")->reason, "signature.invalid") << at;
        }
        report[at] = good;
    }
    EXPECT_GT(read_all_the_same,
              3500U / busguard::test::thinned);  // most flips are seen by the signature alone
}

/// Of the chain structure: Length and Reserved are checked, RootHash is compared, and each certificate is
/// signed by the one above. The root's own signature is signed by nobody, but the root has to be the anchor
/// to the byte.
TEST(HopperReport, IsRefusedAfterEveryFlippedByteOfItsChain) {
    const auto sample = hopper();
    NEEDS_SHARED_DATA(sample);
    const auto its = gpu_standard(*sample);
    auto record = *read(*sample);
    for (std::size_t at = 0; at < record.chain.size(); at += busguard::test::thinned) {
        const auto good = record.chain[at];
        record.chain[at] ^= static_cast<std::byte>(1U << (at % 8));
        const auto verdict = appraise(bundle_of(record), its);
        ASSERT_NE(verdict.state, State::authenticated) << at << testing::PrintToString(verdict);
        ASSERT_NE(verdict.primary, nullptr);
        record.chain[at] = good;
    }
    EXPECT_EQ(appraise(bundle_of(record), its).state, State::authenticated);
}

// nvtrust#66, #144, #151: a reference for another firmware says nothing, and does not say "wrong".
TEST(D123, AReferenceForAnotherFirmwareIsNone) {
    const auto sample = hopper();
    NEEDS_SHARED_DATA(sample);
    const auto bundle = bundle_of(*read(*sample));
    auto its = gpu_standard(*sample);
    auto reference = record_reference(bundle, "1010_0200_882_96009F0001");
    ASSERT_TRUE(reference);
    EXPECT_EQ(reference->applies_to.at("nvidia"), "1010_0200_882_96009F0001");
    EXPECT_EQ(reference->applies_to.at("product"), "NVIDIA:GH100");
    ASSERT_EQ(reference->values.size(), 64U);
    its.reference = *reference;
    EXPECT_EQ(appraise(bundle, its).state, State::authenticated);

    its.reference->applies_to["nvidia"] = "1010_0200_882_96005E0001";
    its.reference->values[1].any_of = {Bytes(48)};
    const auto verdict = appraise(bundle, its);
    EXPECT_EQ(verdict.state, State::no_reference);
    EXPECT_EQ(why(verdict), "measurement.no-reference");
    // All-zero digests are compared like any other.
    its.reference = *reference;
    its.reference->values[63].any_of = {Bytes(48, std::byte{1})};
    EXPECT_EQ(why(appraise(bundle, its)), "measurement.mismatch");
}

TEST(D122, AReportAndAChainOfDifferentDevicesAreRefused) {
    const auto sample = hopper();
    NEEDS_SHARED_DATA(sample);
    auto record = *read(*sample);
    auto its = gpu_standard(*sample);
    its.anchors.add(evidence::test::root().certificate, "the test's root");
    record.chain = *spdm::chain_structure(record.hash, test::Hierarchy{}.der());
    EXPECT_EQ(why(appraise(bundle_of(record), its)), "signature.invalid");
}

Standard kernel_standard(const evidence::Files& files) {
    Standard its{.at = crypto::test::date(2027, 1, 1), .expected_identity = test::disk_identity()};
    const auto chain = crypto::split_chain(files.at("certificates/slot0"));
    EXPECT_TRUE(chain);
    its.anchors.add(chain->front(), "the sample authority");
    return its;
}

TEST(KernelCapture, IsAcceptedInBothEntries) {
    const auto files = kernel_files();
    NEEDS_SHARED_DATA(!files.empty());
    const auto entries = evidence::read_kernel_log(files, "capture");
    ASSERT_TRUE(entries);
    for (const auto& [number, record] : *entries) {
        const auto verdict = appraise(evidence::bundle_of(record, {.device = "nvme", .transport = "file"}),
                                      kernel_standard(files));
        EXPECT_EQ(verdict.state, State::authenticated) << number << testing::PrintToString(verdict);
        EXPECT_EQ(test::find(verdict, "certificate.cma-name")->outcome, Outcome::pass);
    }
}

TEST(KernelCapture, IsRefusedAfterAFlippedByteAnywhere) {
    const auto files = kernel_files();
    NEEDS_SHARED_DATA(!files.empty());
    const auto its = kernel_standard(files);
    const auto entry = evidence::read_kernel_log(files, "capture")->front();
    const auto refused = [&](Bytes evidence::Record::* field, std::size_t step) {
        auto record = entry.record;
        auto& bytes = record.*field;
        for (std::size_t at = 0; at < bytes.size(); at += step * busguard::test::thinned) {
            bytes[at] ^= static_cast<std::byte>(1U << (at % 8));
            const auto verdict = appraise(evidence::bundle_of(record, {}), its);
            ASSERT_NE(verdict.state, State::authenticated) << at << testing::PrintToString(verdict);
            bytes[at] ^= static_cast<std::byte>(1U << (at % 8));
        }
    };
    refused(&evidence::Record::transcript, 17);
    refused(&evidence::Record::signature, 1);
    refused(&evidence::Record::prefix, 3);
    refused(&evidence::Record::chain, 7);
}

// The log keeps nonces beside the transcript.
TEST(D122, ANonceOfTheLogThatIsNotTheTranscriptsIsRefused) {
    const auto files = kernel_files();
    NEEDS_SHARED_DATA(!files.empty());
    const auto its = kernel_standard(files);
    const auto entries = *evidence::read_kernel_log(files, "capture");
    auto record = entries[0].record;
    record.responder_nonce = entries[1].record.responder_nonce;
    EXPECT_EQ(why(appraise(evidence::bundle_of(record, {}), its)), "freshness.nonce-mismatch");
    auto asked = kernel_standard(files);
    asked.expected_nonce = entries[1].record.requester_nonce;
    EXPECT_EQ(why(appraise(evidence::bundle_of(entries[0].record, {}), asked)), "freshness.nonce-mismatch");
    EXPECT_EQ(why(appraise(evidence::bundle_of(entries[1].record, {}), asked)), "");
}

}  // namespace
}  // namespace busguard::appraisal
