#include "daemon/device_view.h"

#include "spdm/certificate_chain.h"
#include "tests/daemon/abi_world.h"

namespace busguard::daemon {
namespace {

using evidence::test::everything;
using evidence::test::Hierarchy;
using spdm::Version;
using Support = DeviceView::Support;

evidence::Bundle bundle(Version version = Version::v1_3, const spdm::test::Meddle& meddle = {}) {
    return evidence::test::visit(evidence::test::device(hierarchy()), everything(version), meddle);
}

DeviceView after(DeviceView view, const Attempt& attempt) {
    take_in(view, attempt.visited, attempt.verdict);
    return view;
}

Attempt without(std::string_view code) {
    return {.visited = {.device = drive}, .verdict = appraisal::verdict_of(appraisal::reason(code), {})};
}

TEST(DeviceView, ShowsWhatAnAttemptBroughtBack) {
    const auto view = after(view_of(drive, Support::unknown), attempt_of(bundle()));
    EXPECT_EQ(view.support, Support::present);
    EXPECT_TRUE(view.authenticated);
    EXPECT_EQ(view.supported_slots, 0x01);
    EXPECT_EQ(view.slots, (std::map<spdm::SlotId, Bytes>{{0, hierarchy().der()}}));
    EXPECT_EQ(view.measurements.size(), 3U);
    EXPECT_TRUE(view.measurements_signed);
    EXPECT_EQ(view.measurement_hash, crypto::Hash::sha_384);
    EXPECT_EQ(view.owner, "native");
}

TEST(DeviceView, HasAllSlotsBeforeVersion13) {
    for (auto version : {Version::v1_0, Version::v1_1, Version::v1_2})
        EXPECT_EQ(after(view_of(drive), attempt_of(bundle(version))).supported_slots, 0xff) << name(version);
}

TEST(DeviceView, KeepsCertificatesOverAFailedAttempt) {
    const auto first = after(view_of(drive), attempt_of(bundle()));
    const auto dead = [](unsigned round, Bytes& reply) {
        if (round == 1) reply.clear();
    };
    const auto failed = attempt_of(bundle(Version::v1_3, dead));
    ASSERT_TRUE(failed.visited.bundle->failure);
    const auto view = after(first, failed);
    EXPECT_FALSE(view.authenticated);
    EXPECT_EQ(view.support, Support::present);
    EXPECT_EQ(view.supported_slots, 0x01);
    EXPECT_EQ(view.slots, first.slots);
    EXPECT_TRUE(view.measurements.empty()) << "of the last attempt";

    // The attempt ended between DIGESTS and CERTIFICATE: the slot is there, and what is known of it.
    const auto half = [](unsigned round, Bytes& reply) {
        if (round == 4) reply.clear();
    };
    EXPECT_EQ(after(first, attempt_of(bundle(Version::v1_3, half))).slots, first.slots);
    EXPECT_TRUE(after(view_of(drive), attempt_of(bundle(Version::v1_3, half))).slots.empty());
}

TEST(DeviceView, ForgetsTheCertificatesOfASlotThatIsEmptyNow) {
    auto view = view_of(drive);
    view.supported_slots = 0x0f;
    view.slots[3] = Bytes(100);
    view = after(view, attempt_of(bundle()));
    EXPECT_EQ(view.supported_slots, 0x01) << "the mask is another now";
    EXPECT_FALSE(view.slots.contains(3));
    EXPECT_TRUE(view.slots.contains(0));
}

TEST(DeviceView, ShowsNoSlotWhoseChainIsNone) {
    auto broken = attempt_of(bundle());
    broken.visited.bundle->chains.at(0).structure.resize(20);
    EXPECT_TRUE(after(view_of(drive), broken).slots.empty());
}

// An attacker who disturbs the device must not make it look like one that cannot be authenticated.
TEST(DeviceView, NeverTakesADisturbedDeviceForOneThatDoesNotDoThis) {
    for (const auto* code :
         {"transport.timeout", "transport.garbage", "access.privilege", "owner.tsm", "system.error"})
        EXPECT_EQ(after(view_of(drive, Support::unknown), without(code)).support, Support::unknown) << code;
    for (const auto* code : {"device.no-doe", "device.no-cma"}) {
        EXPECT_EQ(after(view_of(drive, Support::unknown), without(code)).support, Support::none) << code;
        auto once = view_of(drive);
        once.authenticated = true;
        const auto now = after(once, without(code));
        EXPECT_EQ(now.support, Support::present) << code;
        EXPECT_FALSE(now.authenticated);
    }
    EXPECT_EQ(after(view_of(drive, Support::none), attempt_of(bundle())).support, Support::present)
        << "new firmware";
}

}  // namespace
}  // namespace busguard::daemon
