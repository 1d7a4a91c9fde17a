#include "daemon/device.h"

namespace busguard::daemon {

std::string_view name(Cause cause) {
    switch (cause) {
        case Cause::start: return "start";
        case Cause::appeared: return "appeared";
        case Cause::changed: return "changed";
        case Cause::bound: return "bound";
        case Cause::resumed: return "resumed";
        case Cause::recovered: return "recovered";
        case Cause::requested: return "requested";
        case Cause::scheduled: return "scheduled";
        case Cause::reloaded: return "reloaded";
        case Cause::owner: return "owner";
        case Cause::retried: return "retried";
    }
    return "unknown";
}

bool is_bridge(const Device& device) { return device.pci && device.pci->class_code >> 16U == 0x06; }

bool is_strict(Cause cause) {
    return cause == Cause::bound || cause == Cause::resumed || cause == Cause::recovered;
}

bool is_transient(const appraisal::Verdict& verdict) {
    using appraisal::State;
    if (verdict.state != State::unreachable && verdict.state != State::undetermined) return false;
    // What the owner or the settings say stays until something changes there, and that has events of its own.
    const auto code = verdict.primary == nullptr ? std::string_view{} : verdict.primary->code;
    return code == "owner.other" || code.starts_with("transport.") || code.starts_with("protocol.") ||
           code == "store.failed";
}

bool is_of_owner(const appraisal::Verdict& verdict) {
    return verdict.primary != nullptr && verdict.primary->code.starts_with("owner.") &&
           verdict.primary->code != "owner.other";
}

bool was_accepted(const Remembered& remembered) {
    return !remembered.identity.empty() || !remembered.key.empty();
}

void forget_acceptance(Remembered& remembered) {
    remembered.let_in = remembered.bound_before = false;
    remembered.key.clear();
    remembered.identity.clear();
}

}  // namespace busguard::daemon
