#pragma once

#include "emulate/pci_address.h"
#include "emulate/uevent_queue.h"
#include "host/node_tree.h"

#include <map>
#include <string>
#include <string_view>

namespace busguard::emulate {

/// "tsm0": the kernel's form.
bool is_tsm_name(std::string_view name);

/// The platform's TSMs (class/tsm), and what a function shows while there is one (drivers/pci/tsm.c of Linux
/// 6.19 and later): tsm/ with connect, disconnect and dsm, and `authenticated`.
class TsmClass {
public:
    /// `tree` outlives this, `uevents` too; null: nobody is told.
    TsmClass(host::NodeTree& tree, UeventQueue* uevents) : tree_{&tree}, uevents_{uevents} {}
    TsmClass(const TsmClass&) = delete;
    TsmClass& operator=(const TsmClass&) = delete;
    ~TsmClass() = default;

    std::size_t size() const { return tsms_.size(); }
    bool has(std::string_view tsm) const { return tsms_.contains(tsm); }

    /// "tsm0"; says `add`. Error: system with EINVAL for another form, EEXIST.
    Result<void> add(const std::string& tsm);
    /// Says `change`: it can take devices from now on.
    void open(const std::string& tsm);
    /// Says `remove`. Error: system with ENXIO if there is none.
    Result<void> remove(const std::string& tsm);

    /// A function's files; not if there is no TSM. `connected` is who has the function, empty for nobody; it
    /// outlives the files.
    void show(host::NodeTree::Id function, const PciAddress& address, std::string& connected);
    void hide(host::NodeTree::Id function);

private:
    void say(const char* action, const std::string& tsm);

    host::NodeTree* tree_;
    UeventQueue* uevents_;
    std::map<std::string, host::NodeTree::Id, std::less<>> tsms_;  // its directory
};

}  // namespace busguard::emulate
