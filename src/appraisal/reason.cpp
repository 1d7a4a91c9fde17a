#include "appraisal/reason.h"

#include <algorithm>
#include <array>

namespace busguard::appraisal {
namespace {

constexpr std::array states{State::authenticated,      State::failed,       State::unsupported,
                            State::unreachable,        State::undetermined, State::no_reference,
                            State::bound_before_policy};

constexpr std::uint32_t version_mismatch = 0x41;  // ErrorCode, DSP0274

bool is(const Error& error, std::initializer_list<std::string_view> fields) {
    return std::ranges::find(fields, error.what) != fields.end();
}

bool names_a_selection(const Error& error) {
    return is(error, {"BaseAsymSel", "BaseHashSel", "MeasurementHashAlgo", "MeasurementSpecificationSel",
                      "OtherParamsSelection", "RespAlgStruct", "ExtAsymSelCount", "ExtHashSelCount"});
}

bool names_a_capability(const Error& error) {
    return error.what.ends_with("_CAP") || is(error, {"DataTransferSize", "MaxSPDMmsgSize"});
}

// A message was read, and a field of it is wrong. The words are those of spdm/authentication.cpp.
std::string_view of_a_field(const Error& error) {
    if (is(error, {"RequesterContext"})) return "freshness.replayed";
    if (is(error, {"Nonce"})) return "freshness.nonce-mismatch";
    if (is(error, {"CertChainHash", "Digest"})) return "chain.digest-mismatch";
    if (is(error, {"SlotID", "SlotMask"})) return "protocol.slot";
    if (is(error, {"CertChain"})) return "chain.malformed";
    if (names_a_selection(error)) return "negotiation.not-offered";
    if (names_a_capability(error)) return "negotiation.incoherent";
    return "protocol.malformed";
}

std::string_view code_of(const Error& error) {
    switch (error.code) {
        case Errc::truncated:
        case Errc::trailing_bytes: return "protocol.malformed";
        case Errc::bad_field:
        case Errc::mismatch:
        case Errc::too_large: return of_a_field(error);
        case Errc::unexpected: return "protocol.unexpected";
        case Errc::no_common:
            if (is(error, {"VersionNumberEntry"})) return "negotiation.no-common-version";
            if (is(error, {"ProvisionedSlotMask", "SlotID"})) return "device.no-certificate";
            return "negotiation.no-common-algorithm";
        case Errc::unsupported:
            if (is(error, {"CHAL_CAP", "CERT_CAP"})) return "device.no-challenge";
            if (is(error, {"BasicMutAuthReq"})) return "negotiation.incoherent";
            if (is(error, {"CMA"})) return "device.no-cma";
            if (is(error, {"DOE"})) return "device.no-doe";
            // "Cannot do it" of unknown origin says nothing about the device.
            return "internal.unsupported";
        case Errc::peer_error:
            return error.detail == version_mismatch ? "negotiation.no-common-version" : "protocol.peer-error";
        case Errc::not_ready: return "protocol.not-ready";
        case Errc::timeout: return "transport.timeout";
        case Errc::disconnected: return "transport.disconnected";
        case Errc::transport: return "transport.garbage";
        case Errc::crypto: return is(error, {"signature"}) ? "signature.invalid" : "system.error";
        case Errc::permission: return is(error, {"lockdown"}) ? "access.lockdown" : "access.privilege";
        case Errc::owned:
            if (is(error, {"tsm", "tsm/connect"})) return "owner.tsm";
            return is(error, {"kernel"}) ? "owner.kernel" : "owner.other";
        case Errc::not_found: return "device.not-found";
        case Errc::system: return "system.error";
    }
    return "internal.unknown-reason";
}

}  // namespace

std::string_view name(State state) {
    switch (state) {
        case State::authenticated: return "authenticated";
        case State::failed: return "failed";
        case State::unsupported: return "unsupported";
        case State::unreachable: return "unreachable";
        case State::undetermined: return "undetermined";
        case State::no_reference: return "no-reference";
        case State::bound_before_policy: return "bound-before-policy";
    }
    return "unknown";
}

std::optional<State> state_named(std::string_view wanted) {
    for (auto state : states)
        if (name(state) == wanted) return state;
    return std::nullopt;
}

const Reason* find_reason(std::string_view code) {
    const auto all = all_reasons();
    const auto found = std::ranges::lower_bound(all, code, {}, &Reason::code);
    return found != all.end() && found->code == code ? &*found : nullptr;
}

const Reason& reason(std::string_view code) {
    if (const auto* found = find_reason(code)) return *found;
    static constexpr Reason unknown{
        "internal.unknown-reason", State::undetermined, "A check ended for a reason that is not in the list.",
        "The verdict cannot be trusted to be complete.", "Report this as a defect of busguard."};
    return unknown;
}

const Reason& reason_of(const Error& error) { return reason(code_of(error)); }

}  // namespace busguard::appraisal
