#include "emulate/pci_tree.h"

#include <algorithm>
#include <array>
#include <cerrno>

// What the files of one function do. They are removed before the function's state is.
namespace busguard::emulate {
namespace {

// lib/kobject_uevent.c, kobject_actions
constexpr std::array<std::string_view, 8> actions{"add",    "remove",  "change", "move",
                                                  "online", "offline", "bind",   "unbind"};

/// An attribute that takes "1" and nothing else.
host::NodeTree::Content switch_attribute(std::string_view name, std::function<void()> action) {
    return host::command_attribute([name, action = std::move(action)](std::string_view word) -> Result<void> {
        if (word != "1") return refused(EINVAL, name);
        action();
        return {};
    });
}

}  // namespace

void PciTree::add_files(State& state) {
    if (state.seen.config != nullptr) {
        host::NodeTree::Content config{.mode = 0644, .size = ConfigRegisters::size};
        config.read_at = [&state](std::uint64_t offset, std::size_t length) -> Result<Bytes> {
            if (state.behind.config == nullptr) return refused(ENODEV, "config");
            return state.behind.config->read(static_cast<std::size_t>(offset), length);
        };
        config.write_at = [&state](std::uint64_t offset, ByteView bytes) -> Result<std::size_t> {
            if (state.behind.config == nullptr) return refused(ENODEV, "config");
            return state.behind.config->write(static_cast<std::size_t>(offset), bytes);
        };
        tree_->add_file(state.directory, "config", std::move(config));
    }
    add_uevent_file(state);
    auto override_file = host::command_attribute(
        [&state](std::string_view word) -> Result<void> {
            state.driver_override = word;
            return {};
        },
        0644);
    override_file.text = host::text_attribute([&state] {
                             return state.driver_override.empty() ? "(null)" : state.driver_override;
                         }).text;
    tree_->add_file(state.directory, "driver_override", std::move(override_file));
    tree_->add_file(state.directory, "remove",
                    switch_attribute("remove", [this, &state] { remove(state.seen.address); }));
    if (state.seen.reset)
        tree_->add_file(state.directory, "reset", switch_attribute("reset", [&state] {
                            if (state.behind.reset) state.behind.reset();
                        }));
    if (state.seen.sriov) add_sriov_files(state);
}

void PciTree::add_uevent_file(State& state) {
    auto file = host::command_attribute(
        [this, &state](std::string_view word) -> Result<void> {
            const auto* const action = std::ranges::find(actions, word);
            if (action == actions.end()) return refused(EINVAL, "uevent");
            say(std::string{*action}, state, {{"SYNTH_UUID", "0"}});
            return {};
        },
        0644);
    file.text = host::text_attribute([&state] {
                    std::string lines;
                    for (const auto& [key, value] : event_properties(state.seen, state.bound)) {
                        if (!lines.empty()) lines += "\n";
                        lines += key;
                        lines += "=";
                        lines += value;
                    }
                    return lines;
                }).text;
    tree_->add_file(state.directory, "uevent", std::move(file));
}

void PciTree::add_sriov_files(State& state) {
    tree_->add_file(state.directory, "sriov_totalvfs",
                    host::constant_attribute(std::to_string(state.seen.sriov->total)));
    auto number = host::command_attribute(
        [this, &state](std::string_view word) -> Result<void> {
            const auto count = TRY(numvfs(word, state.seen.sriov->total));
            return set_vfs(state, count);
        },
        0644);
    number.text = host::text_attribute([&state] { return std::to_string(state.vfs); }).text;
    tree_->add_file(state.directory, "sriov_numvfs", std::move(number));
    auto autoprobe = host::command_attribute(
        [&state](std::string_view word) -> Result<void> {
            if (word != "0" && word != "1") return refused(EINVAL, "sriov_drivers_autoprobe");
            state.vf_autoprobe = word == "1";
            return {};
        },
        0644);
    autoprobe.text = host::text_attribute([&state] { return state.vf_autoprobe ? "1" : "0"; }).text;
    tree_->add_file(state.directory, "sriov_drivers_autoprobe", std::move(autoprobe));
}

// drivers/pci/iov.c: sriov_numvfs_store()
Result<void> PciTree::set_vfs(State& physical, std::uint16_t count) {
    if (count == physical.vfs) return {};
    if (physical.bound.empty()) return refused(ENOENT, "sriov_numvfs");
    if (count == 0) {
        remove_virtual_functions(physical);
        return {};
    }
    if (physical.vfs != 0) return refused(EBUSY, "sriov_numvfs");
    for (std::uint16_t number = 0; number < count; ++number) {
        const auto address = virtual_function(physical.seen.address, number);
        if (!address || functions_.contains(*address)) return refused(ENOMEM, "sriov_numvfs");
    }
    for (; physical.vfs < count; ++physical.vfs) add_virtual_function(physical, physical.vfs);
    say("change", physical);
    return {};
}

void PciTree::add_virtual_function(State& physical, std::uint16_t number) {
    const auto& its = physical.seen;
    const auto address = *virtual_function(its.address, number);
    auto identity = its.identity;
    identity.device = its.sriov->vf_device;
    identity.serial_number.reset();
    // PCIe 6.2, 9.3.4.1: Vendor ID and Device ID of a virtual function read as FFFFh. The kernel knows them
    // from the physical one, and shows them in its own files only.
    auto in_config = identity;
    in_config.vendor = in_config.device = 0xffff;

    auto& state = functions_[address];
    auto& made = state.virtual_function.emplace(Virtual{its.address, number, {in_config, {}}});
    state.behind = {.address = address,
                    .under = its.under,
                    .identity = identity,
                    .driver = its.sriov->vf_driver,
                    .config = &made.config};
    appear(state, When::later);
}

void PciTree::link_virtual_function(State& state) {
    const auto& its = *state.virtual_function;
    const auto name = "virtfn" + std::to_string(its.number);
    tree_->add_link(find(its.physical)->directory, name, "../" + state.seen.address.text());
    tree_->add_link(state.directory, "physfn", "../" + its.physical.text());
    say("change", state);
}

void PciTree::remove_virtual_functions(State& physical) {
    for (; physical.vfs > 0; --physical.vfs) {
        const auto number = static_cast<std::uint16_t>(physical.vfs - 1);
        if (const auto link = tree_->child(physical.directory, "virtfn" + std::to_string(number)))
            tree_->remove(*link);
        const auto address = *virtual_function(physical.seen.address, number);
        disappear(*find(address));
        functions_.erase(address);
    }
}

}  // namespace busguard::emulate
