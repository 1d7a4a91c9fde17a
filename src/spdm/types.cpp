#include "spdm/types.h"

namespace busguard::spdm {

std::string_view name(Code code) {
    switch (code) {
        case Code::digests: return "DIGESTS";
        case Code::certificate: return "CERTIFICATE";
        case Code::challenge_auth: return "CHALLENGE_AUTH";
        case Code::version: return "VERSION";
        case Code::measurements: return "MEASUREMENTS";
        case Code::capabilities: return "CAPABILITIES";
        case Code::algorithms: return "ALGORITHMS";
        case Code::vendor_defined_response: return "VENDOR_DEFINED_RESPONSE";
        case Code::error: return "ERROR";
        case Code::get_digests: return "GET_DIGESTS";
        case Code::get_certificate: return "GET_CERTIFICATE";
        case Code::challenge: return "CHALLENGE";
        case Code::get_version: return "GET_VERSION";
        case Code::get_measurements: return "GET_MEASUREMENTS";
        case Code::get_capabilities: return "GET_CAPABILITIES";
        case Code::negotiate_algorithms: return "NEGOTIATE_ALGORITHMS";
        case Code::vendor_defined_request: return "VENDOR_DEFINED_REQUEST";
        case Code::respond_if_ready: return "RESPOND_IF_READY";
    }
    return {};
}

std::string_view name(ErrorCode code) {
    switch (code) {
        case ErrorCode::invalid_request: return "InvalidRequest";
        case ErrorCode::busy: return "Busy";
        case ErrorCode::unexpected_request: return "UnexpectedRequest";
        case ErrorCode::unspecified: return "Unspecified";
        case ErrorCode::decrypt_error: return "DecryptError";
        case ErrorCode::unsupported_request: return "UnsupportedRequest";
        case ErrorCode::request_in_flight: return "RequestInFlight";
        case ErrorCode::invalid_response_code: return "InvalidResponseCode";
        case ErrorCode::session_limit_exceeded: return "SessionLimitExceeded";
        case ErrorCode::session_required: return "SessionRequired";
        case ErrorCode::reset_required: return "ResetRequired";
        case ErrorCode::response_too_large: return "ResponseTooLarge";
        case ErrorCode::request_too_large: return "RequestTooLarge";
        case ErrorCode::large_response: return "LargeResponse";
        case ErrorCode::message_lost: return "MessageLost";
        case ErrorCode::invalid_policy: return "InvalidPolicy";
        case ErrorCode::version_mismatch: return "VersionMismatch";
        case ErrorCode::response_not_ready: return "ResponseNotReady";
        case ErrorCode::request_resynch: return "RequestResynch";
        case ErrorCode::operation_failed: return "OperationFailed";
        case ErrorCode::no_pending_requests: return "NoPendingRequests";
        case ErrorCode::request_session_terminated: return "RequestSessionTerminated";
        case ErrorCode::invalid_state: return "InvalidState";
        case ErrorCode::vendor_defined: return "VendorDefined";
    }
    return {};
}

}  // namespace busguard::spdm
