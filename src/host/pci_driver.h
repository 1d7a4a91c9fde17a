#pragma once

#include "host/file_tree.h"

#include <string>
#include <string_view>

/// Who decides which driver gets a PCI function, as /sys has it (Documentation/ABI/testing/sysfs-bus-pci).
/// Errors of all: those of FileTree, `detail` the errno; bad_field "PCI address".
namespace busguard::host {

/// Do drivers bind to functions by themselves? Kernels before 6.19 do so on hotplug even if this is off.
Result<bool> autoprobe(const FileTree& sys);
Result<void> set_autoprobe(FileTree& sys, bool on);

/// The driver that is bound; empty if none is.
std::string bound_driver(const FileTree& sys, std::string_view address);
/// Takes the driver away, if there is one.
Result<void> unbind(FileTree& sys, std::string_view address);
/// Lets the kernel look for a driver. That there is none is no error: bound_driver() tells.
Result<void> probe(FileTree& sys, std::string_view address);

/// The only driver that may take the function; empty: any.
Result<std::string> driver_override(const FileTree& sys, std::string_view address);
Result<void> set_driver_override(FileTree& sys, std::string_view address, std::string_view driver);

/// May virtual functions of this one bind by themselves? A function without SR-IOV has none: false, and
/// nothing to do.
Result<bool> virtual_autoprobe(const FileTree& sys, std::string_view address);
Result<void> set_virtual_autoprobe(FileTree& sys, std::string_view address, bool on);
/// The physical function of a virtual one; empty for every other.
std::string physical_function(const FileTree& sys, std::string_view address);

/// Where the function is below the root of the tree, "devices/pci0000:00/0000:00:01.0"; empty if nobody
/// knows.
std::string place_of(const FileTree& sys, std::string_view address);
/// "fixed", "removable" or "unknown" (the attribute `removable`).
std::string location_of(const FileTree& sys, std::string_view address);

}  // namespace busguard::host
