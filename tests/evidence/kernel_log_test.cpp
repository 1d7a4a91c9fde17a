#include "evidence/kernel_log.h"

#include "evidence/transcript_review.h"
#include "tests/evidence/support.h"

namespace busguard::evidence {
namespace {

using spdm::Code;
using test::kernel_files;

TEST(KernelLog, ReadsTheCaptureOfARealKernel) {
    const auto files = kernel_files();
    NEEDS_SHARED_DATA(!files.empty());
    EXPECT_TRUE(is_kernel_log(files));
    const auto entries = read_kernel_log(files, "capture");
    ASSERT_TRUE(entries) << entries.error().text();
    ASSERT_EQ(entries->size(), 2U);
    for (const auto& [number, record] : *entries) {
        EXPECT_EQ(record.version, spdm::Version::v1_3);
        EXPECT_EQ(record.asym, spdm::BaseAsym::ecdsa_p384);
        EXPECT_EQ(record.hash, spdm::BaseHash::sha_384);
        EXPECT_EQ(record.slot, 0);
        EXPECT_EQ(record.chain.size(), 4U + 48U + 1522U);  // with the header that the kernel leaves out
    }
}

// Offsets as the capture's description gives them.
TEST(KernelLog, TellsTheExchangesOfTheCapture) {
    const auto files = kernel_files();
    NEEDS_SHARED_DATA(!files.empty());
    const auto entries = read_kernel_log(files, "capture");
    ASSERT_TRUE(entries);
    for (const auto& entry : *entries) {
        const auto seen = review(entry.record);
        EXPECT_FALSE(seen.broken);
        std::vector<std::size_t> at;
        for (const auto& one : seen.exchanges) {
            at.push_back(one.request_at);
            at.push_back(one.answer_at);
        }
        EXPECT_EQ(
            at, (std::vector<std::size_t>{0, 4, 12, 32, 52, 84, 120, 124, 224, 232, 1814, 1822, 3421, 3465}));
        EXPECT_EQ(seen.exchanges.back().answer, Code::challenge_auth);
        ASSERT_TRUE(seen.agreed);
        EXPECT_EQ(seen.agreed->peer.flags.bits(), 0x399afbf7U);
        for (const auto& check : seen.checks)
            EXPECT_EQ(check.outcome, Outcome::pass)
                << check.name << ' ' << check.reason << ' ' << check.detail;
    }
}

TEST(KernelLog, FollowsTheLinkAlsoWhereItWasFollowedAlready) {
    auto files = kernel_files();
    NEEDS_SHARED_DATA(!files.empty());
    const auto linked = read_kernel_log(files, "capture");
    files["signatures/0_certificate_chain"] = files["certificates/slot0"];
    const auto followed = read_kernel_log(files, "capture");
    ASSERT_TRUE(linked && followed);
    EXPECT_EQ(linked->front().record, followed->front().record);
}

TEST(KernelLog, NamesTheFileThatIsMissingOrWrong) {
    const auto files = kernel_files();
    NEEDS_SHARED_DATA(!files.empty());
    for (const auto* stem : {"_signature", "_requester_nonce", "_responder_nonce", "_hash_algorithm",
                             "_combined_spdm_prefix", "_type", "_certificate_chain"}) {
        const auto name = std::string{"signatures/0"} + stem;
        auto without = files;
        without.erase(name);
        const auto missing = read_kernel_log(without, "capture");
        ASSERT_FALSE(missing) << name;
        EXPECT_EQ(missing.error().field, name);
    }
    for (const auto* stem :
         {"_requester_nonce", "_hash_algorithm", "_type", "_certificate_chain", "_transcript"}) {
        auto wrong = files;
        const auto name = std::string{"signatures/0"} + stem;
        wrong[name] = to_bytes(as_bytes("nonsense"));
        const auto refused = read_kernel_log(wrong, "capture");
        ASSERT_FALSE(refused) << name;
        EXPECT_EQ(refused.error().field, name);
    }
    EXPECT_FALSE(is_kernel_log({{"signatures/next_requester_nonce", {}}}));
    EXPECT_FALSE(read_kernel_log({}, "nothing"));
}

// The kernel publishes what a device said in each version; ours is a device too.
TEST(KernelLog, ReadsEveryVersionAsTheKernelWritesIt) {
    const test::Hierarchy hierarchy;
    for (auto version : test::versions) {
        const auto bundle = test::visit(test::device(hierarchy), test::everything(version));
        ASSERT_FALSE(bundle.failure);
        Files files{{"certificates/slot0", hierarchy.der()}};
        unsigned number = 0;
        for (const auto& record : bundle.records) {
            const auto stem = "signatures/" + std::to_string(number++);
            files[stem + "_transcript"] = record.transcript;
            files[stem + "_signature"] = record.signature;
            files[stem + "_combined_spdm_prefix"] = record.prefix;
            files[stem + "_requester_nonce"] = to_bytes(record.requester_nonce);
            files[stem + "_responder_nonce"] = to_bytes(record.responder_nonce);
            files[stem + "_hash_algorithm"] = to_bytes(as_bytes("sha384\n"));
            files[stem + "_type"] = to_bytes(as_bytes(std::string{spdm::text(record.kind)} + "\n"));
            files[stem + "_certificate_chain"] = to_bytes(as_bytes("../certificates/slot0"));
        }
        const auto entries = read_kernel_log(files, "ours");
        ASSERT_TRUE(entries) << entries.error().text();
        ASSERT_EQ(entries->size(), bundle.records.size());
        for (std::size_t n = 0; n < entries->size(); ++n)
            EXPECT_EQ((*entries)[n].record, bundle.records[n]) << spdm::name(version) << ' ' << n;
    }
}

}  // namespace
}  // namespace busguard::evidence
