#pragma once

#include <cstddef>
#include <cstdint>
#include <string_view>

namespace busguard {

/// Why an operation did not succeed: one flat list for everything below the verdict. Who decides by it
/// switches without a default, so that a new reason is a compiler warning there. Verdicts have reason codes
/// of their own (appraisal/reason.h).
enum class Errc : std::uint8_t {
    truncated,       ///< the bytes end inside a field
    trailing_bytes,  ///< more bytes than any transport pads with
    bad_field,       ///< a field holds a value that the specification forbids
    mismatch,        ///< a field that must repeat another does not
    too_large,       ///< does not fit into the largest message, file or buffer that is taken
    unexpected,      ///< not the message or call that is due now
    no_common,       ///< both sides have nothing in common to choose
    unsupported,     ///< the peer, the library or this machine cannot do it
    peer_error,      ///< the peer answered ERROR; `detail` is its ErrorCode
    not_ready,       ///< the peer asked for patience (Busy, ResponseNotReady) more often than it is given
    timeout,         ///< nothing came in time
    disconnected,    ///< the other end is gone
    transport,       ///< the framing below SPDM was violated, or the mailbox reports an error
    crypto,          ///< a cryptographic operation failed: for a signature, it does not verify
    permission,      ///< the system refuses: privilege, lockdown; `detail` is the errno
    owned,           ///< somebody else (a TSM, another process) owns the device
    not_found,       ///< no such device, file or entry
    system,          ///< a system call failed; `detail` is the errno
};

/// A cheap value: no allocation, no text of its own. `what` names a field or a rule in the specification's
/// own words, and points at a string literal.
struct Error {
    Errc code{};
    std::string_view what;
    std::size_t offset = 0;    ///< where in the bytes, if there is a place
    std::uint32_t detail = 0;  ///< the peer's ErrorCode, or an errno; as the code says

    friend bool operator==(const Error&, const Error&) = default;
};

/// The code's own word, e.g. "bad_field": stable, for logs and JSON.
constexpr std::string_view name(Errc code) {
    switch (code) {
        case Errc::truncated: return "truncated";
        case Errc::trailing_bytes: return "trailing_bytes";
        case Errc::bad_field: return "bad_field";
        case Errc::mismatch: return "mismatch";
        case Errc::too_large: return "too_large";
        case Errc::unexpected: return "unexpected";
        case Errc::no_common: return "no_common";
        case Errc::unsupported: return "unsupported";
        case Errc::peer_error: return "peer_error";
        case Errc::not_ready: return "not_ready";
        case Errc::timeout: return "timeout";
        case Errc::disconnected: return "disconnected";
        case Errc::transport: return "transport";
        case Errc::crypto: return "crypto";
        case Errc::permission: return "permission";
        case Errc::owned: return "owned";
        case Errc::not_found: return "not_found";
        case Errc::system: return "system";
    }
    return "unknown";
}

}  // namespace busguard
