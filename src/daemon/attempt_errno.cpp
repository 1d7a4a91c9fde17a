#include "daemon/attempt_errno.h"

#include "spdm/types.h"

#include <algorithm>
#include <cerrno>

namespace busguard::daemon {
namespace {

using spdm::ErrorCode;

/// spdm_err() of the series.
int of_peer_error(std::uint32_t code) {
    switch (static_cast<ErrorCode>(code)) {
        case ErrorCode::busy:
        case ErrorCode::session_limit_exceeded: return EBUSY;
        case ErrorCode::decrypt_error:
        case ErrorCode::message_lost: return EIO;
        case ErrorCode::reset_required:
        case ErrorCode::request_resynch: return ECONNRESET;
        case ErrorCode::large_response: return EMSGSIZE;
        case ErrorCode::response_not_ready: return EINPROGRESS;
        case ErrorCode::no_pending_requests: return ENOENT;
        default: return EINVAL;
    }
}

int of_dialogue(const evidence::Ending& end) {
    const auto told = static_cast<int>(end.detail);
    switch (end.code) {
        case Errc::truncated:
        case Errc::timeout:
        case Errc::disconnected:
        case Errc::transport: return EIO;
        case Errc::trailing_bytes:
        case Errc::bad_field:
        case Errc::mismatch:
        case Errc::unexpected:
        case Errc::no_common: return EPROTO;
        case Errc::too_large: return EMSGSIZE;
        case Errc::unsupported:
            return end.what == "CERT_CAP" || end.what == "CHAL_CAP" ? EPROTONOSUPPORT : EPROTO;
        case Errc::peer_error: return of_peer_error(end.detail);
        case Errc::not_ready: return end.what == "ResponseNotReady" ? EINPROGRESS : EBUSY;
        case Errc::crypto: return EKEYREJECTED;
        case Errc::permission: return told != 0 ? told : EACCES;
        case Errc::owned: return EBUSY;
        case Errc::not_found: return ENODEV;
        case Errc::system: return told != 0 ? told : EIO;
    }
    return EIO;
}

int of_no_dialogue(const appraisal::Verdict& verdict) {
    if (verdict.primary == nullptr) return ENOTTY;
    const auto code = verdict.primary->code;
    if (code.starts_with("owner.")) return EBUSY;
    if (code.starts_with("transport.") || code == "system.error") return EIO;
    if (code == "protocol.not-ready") return EBUSY;
    if (code == "device.not-found") return ENODEV;
    if (code == "device.no-doe" || code == "device.no-cma") return EPROTONOSUPPORT;
    if (code == "access.privilege") return EACCES;
    if (code == "access.lockdown") return EPERM;
    return ENOTTY;
}

bool is_authentic(const appraisal::Verdict& verdict) {
    return verdict.state != appraisal::State::undetermined &&
           std::ranges::all_of(verdict.checks, [](const Check& check) {
               return check.outcome != Outcome::fail ||
                      appraisal::reason(check.reason).state == appraisal::State::bound_before_policy;
           });
}

}  // namespace

int errno_of(const examine::Visited& visited, const appraisal::Verdict& verdict) {
    if (!visited.bundle) return of_no_dialogue(verdict);
    if (visited.bundle->failure) return of_dialogue(*visited.bundle->failure);
    if (is_authentic(verdict)) return 0;
    // Evidence that could not be kept is not the device's fault.
    return verdict.primary != nullptr && verdict.primary->code == "system.error" ? EIO : EKEYREJECTED;
}

}  // namespace busguard::daemon
