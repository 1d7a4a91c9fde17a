#pragma once

#include "base/result.h"
#include "emulate/pci_function.h"
#include "emulate/tsm_class.h"
#include "emulate/uevent_queue.h"
#include "host/node_tree.h"

#include <map>
#include <optional>
#include <string>
#include <vector>

namespace busguard::emulate {

/// What is there before any function is.
struct PciPlatform {
    std::vector<std::string> drivers;  ///< beside those that functions name
    std::vector<std::string> tsms;     ///< "tsm0": without one no function shows tsm/
    bool autoprobe = true;             ///< bus/pci/drivers_autoprobe
    /// As from Linux 6.19 on; before, drivers bind to what comes by hotplug or rescan even if autoprobe is
    /// off (commit ea34511aaf75).
    bool autoprobe_holds_for_hotplug = true;
};

/// The PCI part of /sys with the kernel's driver model behind it: bus/pci with its drivers, devices/pci*, and
/// what the files of both do: bind, unbind, drivers_probe, drivers_autoprobe, driver_override, remove,
/// rescan, reset, sriov_numvfs, tsm/connect; and the events that the kernel has for it.
/// Facts: Documentation/ABI/testing/sysfs-bus-pci, sysfs-class-tsm, sysfs-uevent.
class PciTree {
public:
    /// `tree` outlives this, `uevents` too; null: nobody is told.
    PciTree(host::NodeTree& tree, const PciPlatform& platform, UeventQueue* uevents = nullptr);
    PciTree(const PciTree&) = delete;
    PciTree& operator=(const PciTree&) = delete;
    ~PciTree() = default;

    /// What is there at boot, after the bridge above it; with autoprobe its driver binds at once. Not
    /// `present`: its slot is empty until plug().
    void add(PciFunction function, bool present = true);

    // Hotplug. Errors: not_found for an address without a slot; unexpected if the slot is full, or empty.
    /// Puts a function that was there before, or is described, into its slot; what is below comes with it.
    Result<void> plug(PciAddress address);
    /// Puts another one there, or into a new slot.
    Result<void> plug(PciFunction function);
    /// Pulls it out, with all below it. rescan() does not find it.
    Result<void> unplug(PciAddress address);
    /// Another function stands behind the address from now on, and nobody is told: files that were read at
    /// enumeration stay, the driver stays bound; config and reset reach the new one.
    Result<void> replace(PciFunction function);

    // What the kernel does.
    /// Forgets a function and all below it, which rescan() finds again.
    void remove(PciAddress address);
    void rescan();
    /// Says `change` of it and of all below it, with these properties beside its own.
    void change(PciAddress address, const Properties& properties);

    /// A link TSM comes ("tsm0"): class/tsm, with the first one tsm/ of the functions. Errors: those of
    /// TsmClass.
    Result<void> add_tsm(const std::string& tsm);
    /// It goes: what was connected to it no longer is; with the last one the directories go too.
    Result<void> remove_tsm(const std::string& tsm);

    /// Could a function be plugged there?
    bool is_free(PciAddress address) const;
    /// Has the kernel a function there?
    bool is_present(PciAddress address) const;
    /// The driver that is bound; empty if none is.
    std::string bound_driver(PciAddress address) const;

private:
    enum class When : std::uint8_t { boot, later };

    /// What makes a function a virtual one.
    struct Virtual {
        PciAddress physical;
        std::uint16_t number = 0;
        ConfigRegisters config;
    };
    struct State {
        PciFunction behind;  // what stands in the slot
        PciFunction seen;    // what the kernel found there
        bool plugged = true;
        host::NodeTree::Id directory = 0;  // 0: the kernel has none
        std::string place;                 // of the directory, from the root
        std::string bound;
        std::string driver_override;
        std::string connected;  // to this TSM
        std::uint16_t vfs = 0;
        bool vf_autoprobe = true;
        std::optional<Virtual> virtual_function;
    };

    State* find(PciAddress address);
    const State* find(PciAddress address) const;
    State* present(std::string_view address);
    /// Not the virtual functions: these come and go with their physical one.
    std::vector<State*> below(PciAddress bridge);
    void describe(State& state, PciFunction function);

    void appear(State& state, When when);
    void appear_with_all_below(State& state);
    void disappear(State& state);
    std::optional<host::NodeTree::Id> parent_directory(const State& state);
    void say(std::string action, const State& state, const Properties& more = {});

    void add_bus_files(host::NodeTree::Id bus);
    void add_files(State& state);
    void add_uevent_file(State& state);
    void add_sriov_files(State& state);

    void add_driver(const std::string& driver);
    Result<void> bind(State& state, const std::string& driver);
    void unbind(State& state);
    void probe(State& state);
    std::string matching_driver(const State& state) const;
    bool may_probe(const State& state) const;

    Result<void> set_vfs(State& physical, std::uint16_t count);
    void add_virtual_function(State& physical, std::uint16_t number);
    void link_virtual_function(State& state);
    void remove_virtual_functions(State& physical);

    host::NodeTree* tree_;
    UeventQueue* uevents_;
    TsmClass tsms_;
    host::NodeTree::Id devices_ = 0;            // bus/pci/devices
    host::NodeTree::Id drivers_directory_ = 0;  // bus/pci/drivers
    std::map<std::string, host::NodeTree::Id> drivers_;
    bool autoprobe_;
    bool autoprobe_holds_for_hotplug_;
    std::map<PciAddress, State> functions_;
};

}  // namespace busguard::emulate
