#include "emulate/pci_tree.h"

#include <fmt/format.h>

#include <algorithm>
#include <cerrno>
#include <span>

namespace busguard::emulate {
namespace {

Failure<Error> refused(int number, std::string_view what) {
    return fail(number == EACCES ? Errc::permission : Errc::system, what, 0,
                static_cast<std::uint32_t>(number));
}

/// "pci:v0000144Dd0000A80Asv0000144Dsd0000A801bc01sc08i02"
std::string modalias(const transport::PciIdentity& its) {
    return fmt::format("pci:v{:08X}d{:08X}sv{:08X}sd{:08X}bc{:02X}sc{:02X}i{:02X}", its.vendor, its.device,
                       its.subsystem_vendor, its.subsystem, its.class_code >> 16, its.class_code >> 8 & 0xff,
                       its.class_code & 0xff);
}

/// Thirteen regions, one 16 KiB BAR among them: lspci wants the file.
std::string resources(const transport::PciIdentity& its) {
    std::string lines;
    for (int region = 0; region < 13; ++region) {
        if (region == 0 && its.header_type == 0)
            lines += "0x0000000000000000 0x0000000000003fff 0x0000000000140204\n";
        else
            lines += "0x0000000000000000 0x0000000000000000 0x0000000000000000\n";
    }
    lines.pop_back();
    return lines;
}

std::string file_name(transport::DoeProtocol feature) {
    if (feature == transport::doe_discovery) return "doe_discovery";
    return fmt::format("{:04x}:{:02x}", feature.vendor, feature.type);
}

NodeTree::Content config_file(ConfigRegisters& config) {
    NodeTree::Content content{.mode = 0644, .size = ConfigRegisters::size};
    content.read_at = [&config](std::uint64_t offset, std::size_t length) -> Result<Bytes> {
        return config.read(static_cast<std::size_t>(offset), length);
    };
    content.write_at = [&config](std::uint64_t offset, ByteView bytes) -> Result<std::size_t> {
        return config.write(static_cast<std::size_t>(offset), bytes);
    };
    return content;
}

}  // namespace

PciTree::PciTree(NodeTree& tree, const std::vector<std::string>& drivers, std::vector<std::string> tsms,
                 bool autoprobe)
    : tree_{&tree}, tsms_{std::move(tsms)}, autoprobe_{autoprobe} {
    const auto pci = tree_->add_directory(tree_->add_directory(NodeTree::root, "bus"), "pci");
    devices_ = tree_->add_directory(pci, "devices");
    drivers_directory_ = tree_->add_directory(pci, "drivers");
    for (const auto& driver : drivers) add_driver(driver);

    auto autoprobe_file = command_attribute(
        [this](std::string_view word) -> Result<void> {
            if (word.empty()) return refused(EINVAL, "drivers_autoprobe");
            autoprobe_ = word.front() != '0';
            return {};
        },
        0644);
    autoprobe_file.read_at = text_attribute([this] { return autoprobe_ ? "1" : "0"; }).read_at;
    tree_->add_file(pci, "drivers_autoprobe", std::move(autoprobe_file));
    tree_->add_file(pci, "drivers_probe", command_attribute([this](std::string_view word) -> Result<void> {
                        auto* state = present(word);
                        if (state == nullptr) return refused(ENODEV, "drivers_probe");
                        probe(*state);
                        return {};
                    }));
    tree_->add_file(pci, "rescan", command_attribute([this](std::string_view word) -> Result<void> {
                        if (word != "1") return refused(EINVAL, "rescan");
                        rescan();
                        return {};
                    }));
    if (tsms_.empty()) return;
    const auto classes = tree_->add_directory(tree_->add_directory(NodeTree::root, "class"), "tsm");
    for (const auto& tsm : tsms_) tree_->add_directory(classes, tsm);
}

void PciTree::add_driver(const std::string& driver) {
    if (driver.empty() || drivers_.contains(driver)) return;
    const auto directory = drivers_[driver] = tree_->add_directory(drivers_directory_, driver);
    tree_->add_file(directory, "bind",
                    command_attribute([this, driver](std::string_view word) -> Result<void> {
                        auto* state = present(word);
                        if (state == nullptr || matching_driver(*state) != driver)
                            return refused(ENODEV, "bind");
                        return bind(*state, driver);
                    }));
    tree_->add_file(directory, "unbind",
                    command_attribute([this, driver](std::string_view word) -> Result<void> {
                        auto* state = present(word);
                        if (state == nullptr || state->bound != driver) return refused(ENODEV, "unbind");
                        unbind(*state);
                        return {};
                    }));
}

PciTree::State* PciTree::present(std::string_view address) {
    const auto parsed = PciAddress::parse(address);
    if (!parsed) return nullptr;
    const auto found = functions_.find(*parsed);
    return found == functions_.end() || found->second.directory == 0 ? nullptr : &found->second;
}

std::string PciTree::matching_driver(const State& state) const {
    const auto& wanted = state.driver_override.empty() ? state.function.driver : state.driver_override;
    return drivers_.contains(wanted) ? wanted : std::string{};
}

Result<void> PciTree::bind(State& state, const std::string& driver) {
    if (!state.bound.empty()) return refused(EBUSY, "bind");
    state.bound = driver;
    const auto address = state.function.address.text();
    tree_->add_link(drivers_.at(driver), address, "../../../../" + state.place);
    std::string up;
    for (auto depth = std::ranges::count(state.place, '/') + 1; depth > 0; --depth) up += "../";
    tree_->add_link(state.directory, "driver", up + "bus/pci/drivers/" + driver);
    return {};
}

void PciTree::unbind(State& state) {
    if (state.bound.empty()) return;
    if (const auto link = tree_->child(drivers_.at(state.bound), state.function.address.text()))
        tree_->remove(*link);
    if (const auto link = tree_->child(state.directory, "driver")) tree_->remove(*link);
    state.bound.clear();
}

void PciTree::probe(State& state) {
    const auto driver = matching_driver(state);
    if (state.bound.empty() && !driver.empty()) (void)bind(state, driver);  // cannot be busy
}

void PciTree::add(PciFunction function) {
    add_driver(function.driver);
    const auto address = function.address;
    auto& state = functions_[address];
    state.function = std::move(function);
    appear(state);
}

void PciTree::remove(PciAddress address) {
    const auto found = functions_.find(address);
    if (found == functions_.end() || found->second.directory == 0) return;
    for (const auto& [below, state] : functions_)
        if (state.function.under == address) remove(below);
    auto& state = found->second;
    unbind(state);
    if (const auto link = tree_->child(devices_, address.text())) tree_->remove(*link);
    tree_->remove(std::exchange(state.directory, 0));
}

void PciTree::rescan() {
    // Bridges first: what is below one has a place only when it is there.
    for (auto bridges : {true, false})
        for (auto& [address, state] : functions_)
            if (state.function.identity.header_type == (bridges ? 1 : 0) && state.directory == 0)
                appear(state);
}

std::string PciTree::bound_driver(PciAddress address) const {
    const auto found = functions_.find(address);
    return found == functions_.end() ? std::string{} : found->second.bound;
}

NodeTree::Id PciTree::parent_directory(const State& state) {
    if (state.function.under) {
        const auto bridge = functions_.find(*state.function.under);
        if (bridge != functions_.end() && bridge->second.directory != 0) return bridge->second.directory;
    }
    const auto& address = state.function.address;
    return tree_->add_directory(tree_->add_directory(NodeTree::root, "devices"),
                                fmt::format("pci{:04x}:{:02x}", address.domain, address.bus));
}

void PciTree::appear(State& state) {
    const auto name = state.function.address.text();
    state.directory = tree_->add_directory(parent_directory(state), name);
    state.place = tree_->path(state.directory);
    state.driver_override.clear();
    tree_->add_link(devices_, name, "../../../" + state.place);
    add_identity(state);
    add_driver_files(state);
    add_features(state);
    add_tsm(state);
    if (autoprobe_) probe(state);
}

void PciTree::add_identity(const State& state) {
    const auto& its = state.function.identity;
    auto constant = [&](const char* name, std::string value) {
        tree_->add_file(state.directory, name, constant_attribute(std::move(value)));
    };
    constant("vendor", fmt::format("0x{:04x}", its.vendor));
    constant("device", fmt::format("0x{:04x}", its.device));
    constant("class", fmt::format("0x{:06x}", its.class_code));
    constant("revision", fmt::format("0x{:02x}", its.revision));
    constant("subsystem_vendor", fmt::format("0x{:04x}", its.subsystem_vendor));
    constant("subsystem_device", fmt::format("0x{:04x}", its.subsystem));
    constant("modalias", modalias(its));
    constant("irq", "0");
    constant("resource", resources(its));
    if (its.serial_number) {
        std::string pairs;
        for (int shift = 56; shift >= 0; shift -= 8)
            pairs += fmt::format("{}{:02x}", pairs.empty() ? "" : "-", *its.serial_number >> shift & 0xff);
        constant("serial_number", pairs);
    }
    if (state.function.config != nullptr)
        tree_->add_file(state.directory, "config", config_file(*state.function.config));
}

std::string PciTree::uevent(const State& state) {
    const auto& its = state.function.identity;
    auto text = state.bound.empty() ? std::string{} : "DRIVER=" + state.bound + "\n";
    text += fmt::format(
        "PCI_CLASS={:X}\nPCI_ID={:04X}:{:04X}\nPCI_SUBSYS_ID={:04X}:{:04X}\nPCI_SLOT_NAME={}\nMODALIAS={}",
        its.class_code, its.vendor, its.device, its.subsystem_vendor, its.subsystem,
        state.function.address.text(), modalias(its));
    return text;
}

void PciTree::add_driver_files(State& state) {
    tree_->add_file(state.directory, "uevent", text_attribute([&state] { return uevent(state); }));
    auto override_file = command_attribute(
        [&state](std::string_view word) -> Result<void> {
            state.driver_override = word;
            return {};
        },
        0644);
    override_file.read_at = text_attribute([&state] {
                                return state.driver_override.empty() ? "(null)" : state.driver_override;
                            }).read_at;
    tree_->add_file(state.directory, "driver_override", std::move(override_file));
    tree_->add_file(state.directory, "remove",
                    command_attribute([this, &state](std::string_view word) -> Result<void> {
                        if (word != "1") return refused(EINVAL, "remove");
                        remove(state.function.address);
                        return {};
                    }));
}

void PciTree::add_features(const State& state) {
    if (state.function.features.empty()) return;
    const auto directory = tree_->add_directory(state.directory, "doe_features");
    for (auto feature : state.function.features)
        tree_->add_file(directory, file_name(feature),
                        constant_attribute(fmt::format("{:04x}:{:02x}", feature.vendor, feature.type)));
}

void PciTree::add_tsm(State& state) {
    if (tsms_.empty() || !state.function.tsm) return;
    const auto directory = tree_->add_directory(state.directory, "tsm");
    auto& connected = *state.function.tsm;
    auto connect = command_attribute(
        [this, &connected](std::string_view word) -> Result<void> {
            if (!word.starts_with("tsm")) return refused(EINVAL, "tsm/connect");
            if (!connected.empty()) return refused(EBUSY, "tsm/connect");
            if (std::ranges::find(tsms_, word) == tsms_.end()) return refused(ENXIO, "tsm/connect");
            connected = word;
            return {};
        },
        0644);
    connect.read_at = text_attribute([&connected] { return connected; }).read_at;
    tree_->add_file(directory, "connect", std::move(connect));
    tree_->add_file(directory, "disconnect",
                    command_attribute([&connected](std::string_view word) -> Result<void> {
                        if (connected.empty()) return refused(ENXIO, "tsm/disconnect");
                        if (word != connected) return refused(EINVAL, "tsm/disconnect");
                        connected.clear();
                        return {};
                    }));
    tree_->add_file(directory, "dsm", constant_attribute(state.function.address.text()));
    // Mainline's: the connected TSM's name, not the 0 or 1 of the CMA series (kernel-abi.md 6).
    tree_->add_file(state.directory, "authenticated", text_attribute([&connected] { return connected; }));
}

}  // namespace busguard::emulate
