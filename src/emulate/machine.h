#pragma once

#include "base/problem.h"
#include "base/seams.h"
#include "emulate/device.h"
#include "emulate/machine_credentials.h"
#include "emulate/machine_description.h"
#include "emulate/node_tree.h"
#include "emulate/pci_tree.h"

#include <filesystem>
#include <memory>
#include <vector>

namespace busguard::emulate {

/// A described machine that lives: a tree of the shape of /sys, to be used in process or mounted (fuse.h).
/// One thread at a time.
class Machine {
public:
    /// `state`: see provide_credentials. `clock` and `entropy` outlive the machine.
    static Checked<std::unique_ptr<Machine>> make(const MachineDescription& description,
                                                  const std::filesystem::path& state, Clock& clock,
                                                  Entropy& entropy);

    Machine(const Machine&) = delete;
    Machine& operator=(const Machine&) = delete;
    ~Machine() = default;

    /// With the root where /sys is.
    NodeTree& tree() { return tree_; }
    PciTree& pci() { return pci_; }
    /// Null if there is no such device.
    Device* device(PciAddress address);
    const std::vector<std::unique_ptr<Device>>& devices() const { return devices_; }
    /// Roots that a verifier of this machine should trust.
    const std::vector<crypto::Certificate>& anchors() const { return anchors_; }

private:
    Machine(const MachineDescription& description, MachineCredentials credentials, Clock& clock,
            Entropy& entropy);

    NodeTree tree_;
    PciTree pci_;
    std::vector<std::unique_ptr<Device>> devices_;
    std::vector<crypto::Certificate> anchors_;
};

}  // namespace busguard::emulate
