#pragma once

#include "host/file_tree.h"
#include "transport/doe.h"
#include "transport/pci_config.h"

/// PCI functions as /sys shows them (bus/pci/devices), in a FileTree that may be an emulated machine's.
namespace busguard::host {

/// A configuration space behind an open `config` file, accessed in aligned double words as DOE needs it.
class ConfigFile final : public transport::ConfigSpace {
public:
    explicit ConfigFile(std::unique_ptr<File> file) : file_{std::move(file)} {}

    /// Errors, beyond ConfigSpace's: permission where the kernel shows the first 64 bytes only (no
    /// CAP_SYS_ADMIN).
    Result<std::uint32_t> read(std::size_t offset) override;
    /// Errors, beyond ConfigSpace's: permission with EPERM also under kernel lockdown.
    Result<void> write(std::size_t offset, std::uint32_t value) override;

private:
    std::unique_ptr<File> file_;
};

struct PciDevice {
    std::string address;              ///< domain:bus:device.function, e.g. "0000:01:00.0"
    transport::PciIdentity identity;  ///< without privilege the serial number stays empty
    std::string driver;               ///< the one that is bound; empty if none
    std::string tsm;                  ///< who owns it by tsm/connect, e.g. "tsm0"; empty if nobody
    std::vector<transport::DoeProtocol> doe_features;  ///< as far as the kernel lists them
};

/// A function that is there and cannot be read.
struct UnreadablePciDevice {
    std::string address;
    Error error;
};

struct PciBus {
    std::vector<PciDevice> devices;  ///< sorted by address
    std::vector<UnreadablePciDevice> unreadable;
};

/// Is it of the form domain:bus:device.function?
bool is_pci_address(std::string_view address);

/// "0000:01:00.0" out of the device's stable name "pci/0000:01:00.0".
std::string_view address_of(std::string_view device);

/// "bus/pci/devices/0000:01:00.0/NAME": a function's file in the tree.
std::string pci_file(std::string_view address, std::string_view name);

/// Every function. Errors: those of FileTree::list().
Result<PciBus> pci_bus(FileTree& tree);

/// One function. Errors: bad_field "PCI address"; those of FileTree, ConfigFile and read_header().
Result<PciDevice> pci_device(FileTree& tree, std::string_view address);

/// Who owns the function now by its tsm/connect; empty if nobody does. Errors: those of FileTree.
Result<std::string> tsm_owner(const FileTree& tree, std::string_view address);

/// Opens a function's configuration space for reading and writing. Errors: owned "tsm/connect" while a TSM
/// owns it (speaking to its mailbox would break into the TSM's session); bad_field "PCI address"; those of
/// FileTree::open().
Result<std::unique_ptr<ConfigFile>> open_config(FileTree& tree, std::string_view address);

}  // namespace busguard::host
