#pragma once

#include "daemon/device.h"
#include "host/audit.h"

#include <functional>
#include <string>

namespace busguard::daemon {

/// Who may have a device, and what decides about it, for the kernel's audit trail: a record for each device
/// that is let in, kept out, quarantined, released or claimed, and for each policy that is loaded.
class AuditTrail final : public Audience {
public:
    /// Writes one record; what comes of it is the callee's to tell.
    using Write = std::function<void(host::Audit::Kind kind, const std::string& message, bool success)>;

    AuditTrail(bool enforcing, Write write) : enforcing_{enforcing}, write_{std::move(write)} {}

    void examined(const Device&, const examine::Visited&, EvidenceIndex) override {}
    void changed(const Device&) override {}
    void gone(const Device&) override {}
    void happened(const Event& event) override;

private:
    bool enforcing_;
    Write write_;
};

}  // namespace busguard::daemon
