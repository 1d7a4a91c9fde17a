#include "logbook/audit.h"

#include "tlog/note_signer.h"

#include <gmock/gmock.h>

namespace busguard::logbook {
namespace {

constexpr std::string_view origin = "log.example/host-1";

Entry entry(decltype(Entry::what) what) { return {.origin = std::string{origin}, .what = std::move(what)}; }
Entry evidence_of(std::string device) {
    Evidence its;
    its.bundle.circumstances.device = std::move(device);
    return entry(std::move(its));
}
Entry verdict_on(std::string device, std::optional<std::uint64_t> index, std::string state) {
    Verdict its;
    its.device = std::move(device);
    its.evidence = index;
    its.state = std::move(state);
    return entry(std::move(its));
}

class AuditTest : public testing::Test {
protected:
    AuditTest() {
        EXPECT_TRUE(audit.take(0, evidence_of("a"), Again::verifies).empty());
        EXPECT_TRUE(audit.take(1, evidence_of("b"), Again::refused).empty());
        EXPECT_TRUE(audit.take(2, evidence_of("a"), Again::open).empty());
    }
    /// The reason of the one finding; empty: none.
    std::string_view reason(std::uint64_t index, const Entry& one) {
        const auto found = audit.take(index, one);
        EXPECT_LE(found.size(), 1U);
        for (const auto& finding : found) EXPECT_EQ(finding.index, index);
        return found.empty() ? std::string_view{} : found.front().reason;
    }

    Audit audit{std::string{origin}};
};

TEST_F(AuditTest, TakesVerdictsOnEarlierEvidenceOfTheSameDevice) {
    EXPECT_EQ(reason(3, verdict_on("a", 0, "authenticated")), "");
    EXPECT_EQ(reason(4, verdict_on("b", 1, "failed")), "");
    EXPECT_EQ(reason(5, verdict_on("c", std::nullopt, "unsupported")), "");
    EXPECT_EQ(audit.open(), 0U);
}

TEST_F(AuditTest, RefusesVerdictsOnWhatIsNotThere) {
    EXPECT_EQ(reason(3, verdict_on("a", 1, "failed")), "log.incoherent");  // another device's
    EXPECT_EQ(reason(4, verdict_on("a", 3, "failed")), "log.incoherent");  // a verdict
    EXPECT_EQ(reason(5, verdict_on("a", 5, "failed")), "log.incoherent");  // itself
    EXPECT_EQ(reason(6, verdict_on("a", 9, "failed")), "log.incoherent");  // later
    EXPECT_EQ(reason(7, verdict_on("x", 0, "failed")), "log.incoherent");  // of a device that never spoke
    EXPECT_EQ(reason(8, verdict_on("a", std::nullopt, "authenticated")), "log.incoherent");
}

TEST_F(AuditTest, SeesAVerdictThatTheEvidenceContradicts) {
    EXPECT_EQ(reason(3, verdict_on("b", 1, "authenticated")), "log.verdict-contradicted");
    EXPECT_EQ(audit.open(), 0U);
    EXPECT_EQ(reason(4, verdict_on("a", 2, "authenticated")), "");
    EXPECT_EQ(audit.open(), 1U);
}

TEST_F(AuditTest, RefusesAnotherLogsEntryAndKey) {
    auto foreign = evidence_of("a");
    foreign.origin = "other.example";
    EXPECT_EQ(reason(3, foreign), "log.incoherent");
    const auto key_of = [](const char* name) {
        return tlog::NoteSigner::make(name, *crypto::PrivateKey::generate(crypto::Scheme::ed25519))
            ->verifier()
            .to_text();
    };
    EXPECT_EQ(reason(4, entry(NewKey{key_of("other.example")})), "log.incoherent");
    EXPECT_EQ(reason(5, entry(NewKey{"none"})), "log.incoherent");
    EXPECT_EQ(reason(6, entry(NewKey{key_of(origin.data())})), "");
}

TEST(AuditOfAPart, AsksForEvidenceBeforeIt) {
    Audit audit{std::string{origin}, [](std::uint64_t index) -> std::optional<std::string> {
                    if (index == 7) return "a";
                    return std::nullopt;
                }};
    EXPECT_TRUE(audit.take(10, verdict_on("a", 7, "authenticated")).empty());
    EXPECT_EQ(audit.open(), 1U);  // nobody verified it
    EXPECT_EQ(audit.take(11, verdict_on("b", 7, "failed")).size(), 1U);
    EXPECT_EQ(audit.take(12, verdict_on("a", 8, "failed")).size(), 1U);
}

}  // namespace
}  // namespace busguard::logbook
