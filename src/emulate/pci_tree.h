#pragma once

#include "base/result.h"
#include "emulate/config_registers.h"
#include "emulate/doe_registers.h"
#include "emulate/node_tree.h"
#include "emulate/pci_address.h"
#include "transport/pci_config.h"

#include <map>
#include <optional>
#include <string>
#include <vector>

namespace busguard::emulate {

/// A function as the tree shows it.
struct PciFunction {
    PciAddress address;
    std::optional<PciAddress> under;  ///< the bridge above it; none: on the root bus
    transport::PciIdentity identity;
    std::string driver;                            ///< the one that would take it; empty: none does
    std::vector<transport::DoeProtocol> features;  ///< that the kernel found at enumeration: doe_features/
    std::optional<std::string> tsm;     ///< tsm/: who is connected; empty: nobody. None: there is no tsm/
    ConfigRegisters* config = nullptr;  ///< stays the caller's
};

/// The PCI part of /sys with the kernel's driver model behind it: bus/pci with its drivers, devices/pci*, and
/// what the files of both do: bind, unbind, drivers_probe, drivers_autoprobe, driver_override, remove,
/// rescan, tsm/connect. Facts: Documentation/ABI/testing/sysfs-bus-pci, sysfs-class-tsm.
class PciTree {
public:
    /// `tree` outlives this. `tsms` are the platform's TSMs ("tsm0"): without one no device shows tsm/.
    PciTree(NodeTree& tree, const std::vector<std::string>& drivers, std::vector<std::string> tsms,
            bool autoprobe);
    PciTree(const PciTree&) = delete;
    PciTree& operator=(const PciTree&) = delete;
    ~PciTree() = default;

    /// Plugs a function in, after the bridge above it; with autoprobe its driver binds at once.
    void add(PciFunction function);
    /// Pulls a function out, with all below it. rescan() plugs it in again.
    void remove(PciAddress address);
    void rescan();

    /// The driver that is bound; empty if none is.
    std::string bound_driver(PciAddress address) const;

private:
    struct State {
        PciFunction function;
        NodeTree::Id directory = 0;  // 0: removed
        std::string place;           // of the directory, from the root
        std::string bound;
        std::string driver_override;
    };

    void appear(State& state);
    void add_identity(const State& state);
    void add_driver_files(State& state);
    void add_features(const State& state);
    void add_tsm(State& state);
    static std::string uevent(const State& state);
    NodeTree::Id parent_directory(const State& state);

    void add_driver(const std::string& driver);
    State* present(std::string_view address);
    Result<void> bind(State& state, const std::string& driver);
    void unbind(State& state);
    void probe(State& state);
    std::string matching_driver(const State& state) const;

    NodeTree* tree_;
    NodeTree::Id devices_;            // bus/pci/devices
    NodeTree::Id drivers_directory_;  // bus/pci/drivers
    std::map<std::string, NodeTree::Id> drivers_;
    std::vector<std::string> tsms_;
    bool autoprobe_;
    std::map<PciAddress, State> functions_;
};

}  // namespace busguard::emulate
