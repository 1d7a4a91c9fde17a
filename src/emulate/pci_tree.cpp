#include "emulate/pci_tree.h"

#include <fmt/format.h>

#include <algorithm>
#include <cerrno>

namespace busguard::emulate {
namespace {

Failure<Error> no_slot() { return fail(Errc::not_found, "PCI address"); }

}  // namespace

PciTree::PciTree(host::NodeTree& tree, const PciPlatform& platform, UeventQueue* uevents)
    : tree_{&tree},
      uevents_{uevents},
      tsms_{tree, uevents},
      autoprobe_{platform.autoprobe},
      autoprobe_holds_for_hotplug_{platform.autoprobe_holds_for_hotplug} {
    const auto bus = tree_->add_directory(tree_->add_directory(host::NodeTree::root, "bus"), "pci");
    devices_ = tree_->add_directory(bus, "devices");
    drivers_directory_ = tree_->add_directory(bus, "drivers");
    for (const auto& driver : platform.drivers) add_driver(driver);
    add_bus_files(bus);
    for (const auto& tsm : platform.tsms) (void)add_tsm(tsm);  // machine_file.cpp looked at the names
}

void PciTree::add_bus_files(host::NodeTree::Id bus) {
    auto autoprobe_file = host::command_attribute(
        [this](std::string_view word) -> Result<void> {
            if (word.empty()) return refused(EINVAL, "drivers_autoprobe");
            autoprobe_ = word.front() != '0';
            return {};
        },
        0644);
    autoprobe_file.text = host::text_attribute([this] { return autoprobe_ ? "1" : "0"; }).text;
    tree_->add_file(bus, "drivers_autoprobe", std::move(autoprobe_file));
    tree_->add_file(bus, "drivers_probe",
                    host::command_attribute([this](std::string_view word) -> Result<void> {
                        auto* state = present(word);
                        if (state == nullptr) return refused(ENODEV, "drivers_probe");
                        probe(*state);
                        return {};
                    }));
    tree_->add_file(bus, "rescan", host::command_attribute([this](std::string_view word) -> Result<void> {
                        if (word != "1") return refused(EINVAL, "rescan");
                        rescan();
                        return {};
                    }));
}

PciTree::State* PciTree::find(PciAddress address) {
    const auto found = functions_.find(address);
    return found == functions_.end() ? nullptr : &found->second;
}

const PciTree::State* PciTree::find(PciAddress address) const {
    const auto found = functions_.find(address);
    return found == functions_.end() ? nullptr : &found->second;
}

PciTree::State* PciTree::present(std::string_view address) {
    const auto parsed = PciAddress::parse(address);
    auto* state = parsed ? find(*parsed) : nullptr;
    return state == nullptr || state->directory == 0 ? nullptr : state;
}

std::vector<PciTree::State*> PciTree::below(PciAddress bridge) {
    std::vector<State*> all;
    for (auto& [address, state] : functions_)
        if (state.behind.under == bridge && !state.virtual_function) all.push_back(&state);
    return all;
}

bool PciTree::is_free(PciAddress address) const {
    const auto* state = find(address);
    return state == nullptr || (!state->plugged && !state->virtual_function);
}

bool PciTree::is_present(PciAddress address) const {
    const auto* state = find(address);
    return state != nullptr && state->directory != 0;
}

std::string PciTree::bound_driver(PciAddress address) const {
    const auto* state = find(address);
    return state == nullptr ? std::string{} : state->bound;
}

void PciTree::describe(State& state, PciFunction function) {
    const auto& tsm = function.tsm;
    state.connected = tsm && tsms_.has(*tsm) ? *tsm : std::string{};
    state.behind = std::move(function);
}

void PciTree::add(PciFunction function, bool present) {
    auto& state = functions_[function.address];
    describe(state, std::move(function));
    state.plugged = present;
    appear(state, When::boot);
}

Result<void> PciTree::plug(PciAddress address) {
    auto* state = find(address);
    if (state == nullptr || state->virtual_function) return no_slot();
    if (state->plugged) return fail(Errc::unexpected, "plug");
    state->plugged = true;
    appear_with_all_below(*state);
    return {};
}

Result<void> PciTree::plug(PciFunction function) {
    const auto address = function.address;
    if (!is_free(address)) return fail(Errc::unexpected, "plug");
    auto& state = functions_[address];
    describe(state, std::move(function));
    state.plugged = false;
    return plug(address);
}

Result<void> PciTree::unplug(PciAddress address) {
    auto* state = find(address);
    if (state == nullptr || state->virtual_function) return no_slot();
    if (!state->plugged) return fail(Errc::unexpected, "unplug");
    disappear(*state);
    state->plugged = false;
    return {};
}

Result<void> PciTree::replace(PciFunction function) {
    auto* state = find(function.address);
    if (state == nullptr || state->virtual_function) return no_slot();
    function.under = state->behind.under;
    state->behind = std::move(function);
    return {};
}

void PciTree::remove(PciAddress address) {
    if (auto* state = find(address)) disappear(*state);
}

void PciTree::rescan() {
    // A virtual function answers no scan: its Vendor ID is FFFFh.
    for (auto& [address, state] : functions_)
        if (!state.behind.under && !state.virtual_function) appear_with_all_below(state);
}

void PciTree::change(PciAddress address, const Properties& properties) {
    const auto* state = find(address);
    if (state == nullptr || state->directory == 0) return;
    say("change", *state, properties);
    for (const auto* one : below(address)) change(one->seen.address, properties);
}

Result<void> PciTree::add_tsm(const std::string& tsm) {
    const bool first = tsms_.size() == 0;
    TRY(tsms_.add(tsm));
    for (auto& [address, state] : functions_)
        if (first && state.directory != 0 && state.seen.tsm)
            tsms_.show(state.directory, address, state.connected);
    tsms_.open(tsm);
    return {};
}

Result<void> PciTree::remove_tsm(const std::string& tsm) {
    if (!tsms_.has(tsm)) return refused(ENXIO, "tsm");
    const bool last = tsms_.size() == 1;
    for (auto& [address, state] : functions_) {
        if (state.connected == tsm) state.connected.clear();
        if (last && state.directory != 0) tsms_.hide(state.directory);
    }
    return tsms_.remove(tsm);
}

std::optional<host::NodeTree::Id> PciTree::parent_directory(const State& state) {
    if (state.behind.under) {
        const auto* bridge = find(*state.behind.under);
        if (bridge == nullptr || bridge->directory == 0) return std::nullopt;
        return bridge->directory;
    }
    const auto& address = state.behind.address;
    return tree_->add_directory(tree_->add_directory(host::NodeTree::root, "devices"),
                                fmt::format("pci{:04x}:{:02x}", address.domain, address.bus));
}

void PciTree::appear(State& state, When when) {
    const auto parent = parent_directory(state);
    if (!state.plugged || state.directory != 0 || !parent) return;
    state.seen = state.behind;
    const auto name = state.seen.address.text();
    state.directory = tree_->add_directory(*parent, name);
    state.place = tree_->path(state.directory);
    state.driver_override.clear();
    state.vf_autoprobe = true;
    add_driver(state.seen.driver);
    tree_->add_link(devices_, name, "../../../" + state.place);
    add_identity_files(*tree_, state.directory, state.seen);
    add_files(state);
    if (state.seen.tsm) tsms_.show(state.directory, state.seen.address, state.connected);
    say("add", state);
    if (state.virtual_function) link_virtual_function(state);
    if (autoprobe_ || (when == When::later && !autoprobe_holds_for_hotplug_)) probe(state);
}

void PciTree::appear_with_all_below(State& state) {
    appear(state, When::later);
    if (state.directory == 0) return;
    for (auto* one : below(state.seen.address)) appear_with_all_below(*one);
}

void PciTree::disappear(State& state) {
    if (state.directory == 0) return;
    remove_virtual_functions(state);
    for (auto* one : below(state.seen.address)) disappear(*one);
    unbind(state);
    state.connected.clear();
    if (const auto link = tree_->child(devices_, state.seen.address.text())) tree_->remove(*link);
    tree_->remove(std::exchange(state.directory, 0));
    say("remove", state);
}

void PciTree::say(std::string action, const State& state, const Properties& more) {
    if (uevents_ == nullptr) return;
    host::Uevent event{.action = std::move(action), .path = state.place, .subsystem = "pci"};
    for (const auto& all : {event_properties(state.seen, state.bound), more})
        for (const auto& [key, value] : all) event.properties.insert_or_assign(key, value);
    uevents_->say(std::move(event));
}

}  // namespace busguard::emulate
