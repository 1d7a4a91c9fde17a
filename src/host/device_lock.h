#pragma once

#include "host/descriptor.h"

#include <string>

namespace busguard::host {

/// Keeps other processes that ask for it off a device, while it lives: two dialogues on one mailbox destroy
/// each other. An advisory lock (flock) on a file of the device's name.
class DeviceLock {
public:
    /// `directory` is made if it is missing; `device` is the stable name, e.g. "pci/0000:01:00.0". Does not
    /// wait. Errors: owned "device lock" if another holds it; bad_field for a name that cannot be a file's;
    /// permission if the directory is not this user's own; not_found, system.
    static Result<DeviceLock> take(const std::string& directory, std::string_view device);

private:
    explicit DeviceLock(Descriptor file) : file_{std::move(file)} {}

    Descriptor file_;
};

/// /run/lock/busguard for root, else busguard/ in `runtime_directory` ($XDG_RUNTIME_DIR), else in /tmp with
/// the user's number.
std::string lock_directory(std::string_view runtime_directory);

}  // namespace busguard::host
