#include "emulate/pci_tree.h"

#include <algorithm>
#include <cerrno>

// Which driver takes which function (drivers/base/dd.c, drivers/pci/pci-driver.c).
namespace busguard::emulate {

void PciTree::add_driver(const std::string& driver) {
    if (driver.empty() || drivers_.contains(driver)) return;
    const auto directory = drivers_[driver] = tree_->add_directory(drivers_directory_, driver);
    tree_->add_file(directory, "bind",
                    host::command_attribute([this, driver](std::string_view word) -> Result<void> {
                        auto* state = present(word);
                        if (state == nullptr || matching_driver(*state) != driver || !may_probe(*state))
                            return refused(ENODEV, "bind");
                        return bind(*state, driver);
                    }));
    tree_->add_file(directory, "unbind",
                    host::command_attribute([this, driver](std::string_view word) -> Result<void> {
                        auto* state = present(word);
                        if (state == nullptr || state->bound != driver) return refused(ENODEV, "unbind");
                        unbind(*state);
                        return {};
                    }));
}

std::string PciTree::matching_driver(const State& state) const {
    const auto& wanted = state.driver_override.empty() ? state.seen.driver : state.driver_override;
    return drivers_.contains(wanted) ? wanted : std::string{};
}

/// A virtual function's driver has to be named if sriov_drivers_autoprobe is off (pci_device_can_probe()).
bool PciTree::may_probe(const State& state) const {
    if (!state.virtual_function || !state.driver_override.empty()) return true;
    const auto* physical = find(state.virtual_function->physical);
    return physical != nullptr && physical->vf_autoprobe;
}

Result<void> PciTree::bind(State& state, const std::string& driver) {
    if (!state.bound.empty()) return refused(EBUSY, "bind");
    state.bound = driver;
    const auto address = state.seen.address.text();
    tree_->add_link(drivers_.at(driver), address, "../../../../" + state.place);
    std::string up;
    for (auto depth = std::ranges::count(state.place, '/') + 1; depth > 0; --depth) up += "../";
    tree_->add_link(state.directory, "driver", up + "bus/pci/drivers/" + driver);
    say("bind", state);
    return {};
}

/// The driver of a physical function takes the virtual ones away as it goes, as most do. The event does not
/// name it any more.
void PciTree::unbind(State& state) {
    if (state.bound.empty()) return;
    remove_virtual_functions(state);
    if (const auto link = tree_->child(drivers_.at(state.bound), state.seen.address.text()))
        tree_->remove(*link);
    if (const auto link = tree_->child(state.directory, "driver")) tree_->remove(*link);
    state.bound.clear();
    say("unbind", state);
}

void PciTree::probe(State& state) {
    const auto driver = matching_driver(state);
    if (state.bound.empty() && !driver.empty() && may_probe(state)) (void)bind(state, driver);  // not busy
}

}  // namespace busguard::emulate
