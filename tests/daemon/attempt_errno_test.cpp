#include "daemon/attempt_errno.h"

#include "tests/daemon/abi_world.h"

#include <cerrno>

/// Line by line the table "errno of `echo re`" of what is known about the Linux CMA series, by dialogues with
/// devices that behave so.
namespace busguard::daemon {
namespace {

using evidence::test::everything;
using evidence::test::Hierarchy;
using spdm::ErrorCode;
using spdm::Version;

spdm::Profile device() { return evidence::test::device(hierarchy()); }

int errno_of(const Attempt& attempt) { return daemon::errno_of(attempt.visited, attempt.verdict); }

int errno_with(const spdm::Profile& profile, const spdm::test::Meddle& meddle = {}) {
    return errno_of(attempt_of(evidence::test::visit(profile, everything(), meddle)));
}

/// From GET_DIGESTS on the device answers every request with this ERROR.
spdm::test::Meddle always(ErrorCode code, const Bytes& extended = {}) {
    return [code, extended](unsigned round, Bytes& reply) {
        if (round < 3) return;
        reply = {std::byte{0x13}, std::byte{0x7f}, static_cast<std::byte>(code), std::byte{0}};
        append(reply, extended);
    };
}

TEST(AttemptErrno, IsNoneForADeviceThatIsAuthentic) {
    EXPECT_EQ(errno_with(device()), 0);
    auto bound = attempt_of(evidence::test::visit(device()));
    bound.verdict.checks.push_back(
        failed("device.bound-before", "device.bound-before-policy", "nvme had it"));
    bound.verdict = appraisal::concluded(bound.verdict.checks);
    EXPECT_EQ(bound.verdict.state, appraisal::State::bound_before_policy);
    EXPECT_EQ(errno_of(bound), 0) << "it is who it says it is";
}

TEST(AttemptErrno, SaysThatTheKeyIsRejected) {
    EXPECT_EQ(errno_of(attempt_of(evidence::test::visit(device()), false)), EKEYREJECTED) << "no anchors";

    auto strange = evidence::test::leaf_spec();
    strange.other_names[0].utf8 = "Vendor=8086:Device=0001:CC=010802:REV=02:SSVID=1af4:SSID=1100";
    const Hierarchy of_another{strange};
    EXPECT_EQ(errno_with(evidence::test::device(of_another)), EKEYREJECTED) << "SAN";

    const auto forged = [](unsigned, Bytes& reply) {
        if (reply.at(1) == std::byte{0x03}) reply.back() ^= std::byte{1};
    };
    EXPECT_EQ(errno_with(device(), forged), EKEYREJECTED) << "signature";

    auto unmeasured = attempt_of(evidence::test::visit(device()));
    unmeasured.verdict.checks.push_back(failed("measurements", "measurement.no-reference", ""));
    unmeasured.verdict = appraisal::concluded(unmeasured.verdict.checks);
    EXPECT_EQ(errno_of(unmeasured), EKEYREJECTED) << "held to a reference that is not there";
}

TEST(AttemptErrno, TellsWhatIsNotTheProtocol) {
    auto plan = everything(Version::v1_0);
    auto modern = device();
    modern.versions = {Version::v1_3};
    EXPECT_EQ(errno_of(attempt_of(evidence::test::visit(modern, plan))), EPROTO) << "no common version";

    auto narrow = device();
    narrow.largest_message = 41;
    EXPECT_EQ(errno_with(narrow), EPROTO) << "DataTransferSize";

    const auto other_code = [](unsigned round, Bytes& reply) {
        if (round == 3) reply.at(1) = std::byte{0x02};
    };
    EXPECT_EQ(errno_with(device(), other_code), EPROTO);
    const auto no_digests = [](unsigned round, Bytes& reply) {
        if (round == 3) reply = {std::byte{0x13}, std::byte{1}, std::byte{1}, std::byte{0}};
    };
    EXPECT_EQ(errno_with(device(), no_digests), EPROTO) << "no certificate is provisioned";
}

TEST(AttemptErrno, TellsWhatTheDeviceRefused) {
    const auto table = std::to_array<std::pair<ErrorCode, int>>({
        {ErrorCode::invalid_request, EINVAL},
        {ErrorCode::unsupported_request, EINVAL},
        {ErrorCode::unexpected_request, EINVAL},
        {ErrorCode::unspecified, EINVAL},
        {ErrorCode::version_mismatch, EINVAL},
        {ErrorCode::operation_failed, EINVAL},
        {ErrorCode::vendor_defined, EINVAL},
        {ErrorCode{0x99}, EINVAL},
        {ErrorCode::session_limit_exceeded, EBUSY},
        {ErrorCode::decrypt_error, EIO},
        {ErrorCode::message_lost, EIO},
        {ErrorCode::reset_required, ECONNRESET},
        {ErrorCode::request_resynch, ECONNRESET},
        {ErrorCode::large_response, EMSGSIZE},
        {ErrorCode::no_pending_requests, ENOENT},
    });
    for (const auto& [code, error] : table)
        EXPECT_EQ(errno_with(device(), always(code)), error) << "ErrorCode " << static_cast<int>(code);
}

// The kernel gives up at the first of them; we are patient for a while, and then say the same.
TEST(AttemptErrno, TellsWhatTheDeviceAskedPatienceFor) {
    EXPECT_EQ(errno_with(device(), always(ErrorCode::busy)), EBUSY);
    const Bytes when{std::byte{1}, std::byte{0x81}, std::byte{7},
                     std::byte{2}};  // RDTExponent, request, token, RDTM
    EXPECT_EQ(errno_with(device(), always(ErrorCode::response_not_ready, when)), EINPROGRESS);
}

TEST(AttemptErrno, TellsThatCertificateOrChallengeAreMissing) {
    auto silent = device();
    silent.flags = spdm::Cap::cert | spdm::Cap::meas_sig;
    EXPECT_EQ(errno_with(silent), EPROTONOSUPPORT);
    auto nameless = device();
    nameless.flags = Flags{spdm::Cap::meas_no_sig};
    EXPECT_EQ(errno_with(nameless), EPROTONOSUPPORT);
}

TEST(AttemptErrno, TellsThatSomethingBrokeOff) {
    const auto truncated = [](unsigned round, Bytes& reply) {
        if (round == 3) reply.resize(3);
    };
    EXPECT_EQ(errno_with(device(), truncated), EIO);
    auto dead = attempt_of(evidence::test::visit(device()));
    for (auto code : {Errc::timeout, Errc::disconnected, Errc::transport}) {
        dead.visited.bundle->failure = evidence::Ending{.code = code, .what = "Data Object Ready"};
        EXPECT_EQ(errno_of(dead), EIO) << name(code);
    }
}

// What the series cannot tell, for it stands in the kernel.
TEST(AttemptErrno, TellsWhatKeptUsFromTheDevice) {
    const auto without = [](std::string_view code) {
        return daemon::errno_of({.device = drive}, appraisal::verdict_of(appraisal::reason(code), {}));
    };
    EXPECT_EQ(without("owner.tsm"), EBUSY);
    EXPECT_EQ(without("owner.kernel"), EBUSY);
    EXPECT_EQ(without("owner.other"), EBUSY);
    EXPECT_EQ(without("device.not-found"), ENODEV);
    EXPECT_EQ(without("device.no-doe"), EPROTONOSUPPORT);
    EXPECT_EQ(without("device.no-cma"), EPROTONOSUPPORT);
    EXPECT_EQ(without("access.privilege"), EACCES);
    EXPECT_EQ(without("access.lockdown"), EPERM);
    EXPECT_EQ(without("transport.timeout"), EIO);
    EXPECT_EQ(without("transport.disconnected"), EIO);
    EXPECT_EQ(without("system.error"), EIO);
    EXPECT_EQ(without("internal.unsupported"), ENOTTY);
    EXPECT_EQ(daemon::errno_of({.device = drive}, {}), ENOTTY) << "no verdict at all";

    auto lost = attempt_of(evidence::test::visit(device()));
    lost.visited.bundle->failure = evidence::Ending{.code = Errc::owned, .what = "tsm/connect"};
    EXPECT_EQ(errno_of(lost), EBUSY);
    lost.visited.bundle->failure = evidence::Ending{.code = Errc::permission, .detail = EPERM};
    EXPECT_EQ(errno_of(lost), EPERM);
    lost.visited.bundle->failure.reset();
    lost.verdict = appraisal::verdict_of(appraisal::reason("system.error"), "the disk is full");
    EXPECT_EQ(errno_of(lost), EIO);
}

}  // namespace
}  // namespace busguard::daemon
