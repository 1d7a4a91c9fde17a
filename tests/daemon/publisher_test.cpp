#include "daemon/publisher.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace busguard::daemon {
namespace {

using testing::Contains;
using testing::ElementsAre;
using testing::Not;
using testing::StartsWith;

TEST(Publisher, GivesTheJournalFields) {
    Device device{.name = "pci/0000:01:00.0", .driver = "nvme"};
    device.standing = Standing::let_in;
    device.decision.emplace().rule = "genuine";
    device.verdict.emplace().state = appraisal::State::authenticated;
    EXPECT_THAT(
        fields_of({.name = "device.let-in", .device = &device, .reason = {}, .detail = {}}),
        ElementsAre(
            "MESSAGE=device.let-in pci/0000:01:00.0 rule=\"genuine\" state=authenticated driver=\"nvme\"",
            "PRIORITY=5", "BUSGUARD_EVENT=device.let-in", "BUSGUARD_DEVICE=pci/0000:01:00.0",
            "BUSGUARD_STANDING=let-in", "BUSGUARD_RULE=genuine", "BUSGUARD_STATE=authenticated",
            "BUSGUARD_OWNER=none", "BUSGUARD_DRIVER=nvme"));
}

TEST(Publisher, LeavesOutWhatIsNotKnown) {
    const auto fields =
        fields_of({.name = "store.failed", .device = nullptr, .reason = "store.failed", .detail = "a\nb=c"});
    EXPECT_THAT(fields, ElementsAre("MESSAGE=store.failed reason=store.failed detail=\"a\\x0ab=c\"",
                                    "PRIORITY=3", "BUSGUARD_EVENT=store.failed",
                                    "BUSGUARD_REASON=store.failed", "BUSGUARD_DETAIL=a\nb=c"));
    EXPECT_THAT(fields, Not(Contains(StartsWith("BUSGUARD_DEVICE"))));
}

}  // namespace
}  // namespace busguard::daemon
