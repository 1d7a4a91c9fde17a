#include "daemon/audit_trail.h"

#include <algorithm>
#include <array>

namespace busguard::daemon {
namespace {

constexpr std::array of_devices{"device.let-in",   "device.kept-out", "device.quarantined",
                                "device.released", "device.claimed",  "device.cannot-keep-out"};

/// The words of other programs that let devices in and out (audit's dictionary of fields): device= and op=
/// are theirs.
std::string message_of(const Event& event, bool enforcing) {
    const auto field = [](const char* name, std::string_view value) {
        return ' ' + host::Audit::field(name, value);
    };
    std::string message = "op=" + std::string{event.name.substr(event.name.find('.') + 1)};
    if (const auto* device = event.device; device != nullptr) {
        message += field("device", device->name);
        if (device->decision) message += field("rule", device->decision->rule);
        if (device->verdict) message += field("state", name(device->verdict->state));
    }
    if (!event.reason.empty()) message += field("reason", event.reason);
    return message + (enforcing ? " enforcing=1" : " enforcing=0");
}

}  // namespace

void AuditTrail::happened(const Event& event) {
    if (event.name == "policy.loaded") {
        write_(host::Audit::Kind::configuration, "op=policy-loaded", true);
    } else if (std::ranges::find(of_devices, event.name) != of_devices.end()) {
        const bool success = event.name != "device.cannot-keep-out";
        write_(host::Audit::Kind::device, message_of(event, enforcing_), success);
    }
}

}  // namespace busguard::daemon
