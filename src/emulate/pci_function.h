#pragma once

#include "emulate/config_registers.h"
#include "emulate/pci_address.h"
#include "emulate/sriov.h"
#include "host/node_tree.h"
#include "transport/doe.h"
#include "transport/pci_config.h"

#include <functional>
#include <optional>
#include <string>
#include <utility>
#include <vector>

namespace busguard::emulate {

/// A PCI function as a kernel comes to know it.
struct PciFunction {
    PciAddress address;
    std::optional<PciAddress> under;  ///< the bridge above it; none: on the root bus
    transport::PciIdentity identity;
    std::string driver;                            ///< the one that would take it; empty: none does
    std::vector<transport::DoeProtocol> features;  ///< that the kernel found at enumeration: doe_features/
    std::optional<std::string> tsm;         ///< it can have a tsm/; who is connected at first, empty: nobody
    ConfigRegisters* config = nullptr;      ///< stays the caller's
    std::function<void()> reset;            ///< what its `reset` file does; none: there is no such file
    std::optional<SriovDescription> sriov;  ///< it is a physical function
    std::string removable;  ///< "fixed", "removable" or "unknown"; empty: there is no such file
};

using Properties = std::vector<std::pair<std::string, std::string>>;

/// What an event says of the function, in the kernel's order (pci_uevent): DRIVER if one is bound, PCI_CLASS
/// … MODALIAS.
Properties event_properties(const PciFunction& function, const std::string& bound_driver);

/// The files that never change: vendor … serial_number, removable, doe_features/.
void add_identity_files(host::NodeTree& tree, host::NodeTree::Id directory, const PciFunction& function);

/// As the kernel refuses a write: `number` is the errno.
Failure<Error> refused(int number, std::string_view what);

}  // namespace busguard::emulate
