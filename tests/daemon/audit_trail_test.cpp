#include "daemon/audit_trail.h"

#include "appraisal/reason.h"

#include <gtest/gtest.h>

/// What the audit trail is told, in the form of the kernel's records.
namespace busguard::daemon {
namespace {

using host::Audit;

class AuditTrailTest : public testing::Test {
protected:
    AuditTrailTest() {
        device_.name = "pci/0000:01:00.0";
        device_.verdict = appraisal::verdict_of(appraisal::reason("chain.revoked"), {});
        device_.decision.emplace();
        device_.decision->rule = "genuine drives";
    }

    std::string said(const Event& event, bool enforcing = true) {
        written_.clear();
        AuditTrail trail{enforcing, [this](Audit::Kind kind, const std::string& message, bool success) {
                             written_ += kind == Audit::Kind::device ? "device: " : "configuration: ";
                             written_ += message + (success ? " res=success" : " res=failed");
                         }};
        trail.happened(event);
        return written_;
    }

    Device device_;
    std::string written_;
};

TEST_F(AuditTrailTest, HasARecordForEachDecision) {
    // The rule has a space: libaudit writes such values in hex digits.
    EXPECT_EQ(said({"device.quarantined", &device_, "chain.revoked", "ignored"}),
              "device: op=quarantined device=\"pci/0000:01:00.0\" rule=67656E75696E6520647269766573 "
              "state=\"failed\" reason=\"chain.revoked\" enforcing=1 res=success");
    EXPECT_EQ(said({"device.let-in", &device_, {}, {}}, false),
              "device: op=let-in device=\"pci/0000:01:00.0\" rule=67656E75696E6520647269766573 "
              "state=\"failed\" enforcing=0 res=success");
    for (const auto* name : {"device.kept-out", "device.released", "device.claimed"})
        EXPECT_NE(said({name, &device_, {}, {}}), "") << name;
}

TEST_F(AuditTrailTest, SaysThatSomethingFailed) {
    EXPECT_TRUE(said({"device.cannot-keep-out", &device_, {}, {}}).ends_with(" res=failed"));
}

TEST_F(AuditTrailTest, HasARecordForAPolicy) {
    EXPECT_EQ(said({"policy.loaded", nullptr, {}, {}}), "configuration: op=policy-loaded res=success");
}

TEST_F(AuditTrailTest, IsNoJournal) {
    for (const auto* name :
         {"device.appeared", "device.gone", "events.lost", "owner.connected", "device.window"})
        EXPECT_EQ(said({name, &device_, {}, {}}), "") << name;
}

TEST_F(AuditTrailTest, LetsNobodyForgeAField) {
    device_.decision->rule = "x\" op=let-in device=\"pci/0000:02:00.0\"\nres=success";
    const auto message = said({"device.kept-out", &device_, {}, {}});
    EXPECT_EQ(message.find("let-in"), std::string::npos) << message;
    EXPECT_EQ(message.find('\n'), std::string::npos) << message;
}

}  // namespace
}  // namespace busguard::daemon
