#pragma once

#include "base/problem.h"
#include "emulate/device.h"
#include "emulate/machine_credentials.h"
#include "emulate/machine_description.h"
#include "emulate/pci_tree.h"
#include "emulate/uevent_queue.h"
#include "host/node_tree.h"

#include <filesystem>
#include <memory>
#include <vector>

namespace busguard::emulate {

/// A described machine that lives: a tree of the shape of /sys, to be used in process or mounted
/// (host/fuse.h), and what may happen to it. One thread at a time.
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
    host::NodeTree& tree() { return tree_; }
    PciTree& pci() { return pci_; }
    /// What the kernel says from now on; what was there at boot it does not announce.
    UeventQueue& uevents() { return uevents_; }
    /// Present or not. Null if there is no such device; virtual functions are none.
    Device* device(PciAddress address);
    const std::vector<std::unique_ptr<Device>>& devices() const { return devices_; }
    /// Roots that a verifier of this machine should trust.
    const std::vector<crypto::Certificate>& anchors() const { return anchors_; }

    /// Puts a device into an empty slot, described or not; its keys are not kept. Problems: the slot is not
    /// empty, no such bridge, keys that cannot be made.
    Checked<void> plug(const DeviceDescription& its);
    // Errors of the others: not_found if there is no such device; unexpected if it is there already, or not.
    /// Puts the device back that was unplugged, or described as not present.
    Result<void> plug(PciAddress address);
    /// Pulls it out, with all below it.
    Result<void> unplug(PciAddress address);
    /// The attacker's swap: the device behind an address is another from now on. No event; the driver stays
    /// bound; what the kernel read at enumeration stays. Who has the config file open reaches the new one.
    /// `its.address` and `its.under` are not looked at. The old one lives on for who still speaks with it.
    Checked<void> replace(PciAddress address, DeviceDescription its);

    /// An error, and the recovery from it by a reset (AER, DPC), of the device and all below it: they forget
    /// their SPDM connections, and events tell of the beginning and the outcome (pci_uevent_ers).
    Result<void> recover(PciAddress address, bool succeeds);
    /// Suspend and resume: all devices forget their SPDM connections, and no event tells.
    void sleep();

private:
    Machine(MachineDescription description, MachineCredentials credentials, Clock& clock, Entropy& entropy);

    Device& install(const DeviceDescription& its, ProvisionedSlots slots);
    void reset_with_all_below(PciAddress address);

    MachineDescription description_;
    std::map<std::string, Credential> authorities_;
    std::vector<crypto::Certificate> anchors_;
    Clock* clock_;
    Entropy* entropy_;
    host::NodeTree tree_;
    UeventQueue uevents_;
    PciTree pci_;
    std::vector<std::unique_ptr<Device>> devices_;
    std::vector<std::unique_ptr<Device>> replaced_;
};

}  // namespace busguard::emulate
