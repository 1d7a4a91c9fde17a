#pragma once

#include "base/result.h"
#include "host/descriptor.h"

#include <cstdint>
#include <string>
#include <string_view>

namespace busguard::host {

/// The kernel's audit trail (audit(8)), by libaudit.
class Audit {
public:
    enum class Kind : std::uint8_t {
        device,         ///< USER_DEVICE: a device was let in or kept out
        configuration,  ///< USYS_CONFIG: what decides about them is new
    };

    /// Errors: the system's; EPROTONOSUPPORT or ECONNREFUSED where the kernel has no audit or it is another
    /// namespace's. CAP_AUDIT_WRITE is asked for by write() alone.
    static Result<Audit> open();

    /// `message` is "name=value …", each value by field(). Errors: the system's, EPERM without the
    /// capability.
    Result<void> write(Kind kind, const std::string& message, bool success) const;

    /// "name=value": what a stranger chose is in hex digits if it holds anything but plain characters.
    static std::string field(const char* name, std::string_view value);

private:
    explicit Audit(Descriptor socket) : socket_{std::move(socket)} {}
    Descriptor socket_;
};

}  // namespace busguard::host
