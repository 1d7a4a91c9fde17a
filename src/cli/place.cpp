#include "cli/place.h"

#include "cli/version.h"
#include "emulate/machine_file.h"
#include "host/device_lock.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cctype>

namespace busguard::cli {

void add_place_options(Command command, PlaceOptions& options) {
    const auto* const group = "Where the devices are";
    auto sysfs = command.option("--sysfs", options.sysfs, "A directory of the shape of /sys")
                     .shown_as("DIR")
                     .in_group(group);
    const auto machine = command
                             .option("--machine", options.machine,
                                     "A described machine, emulated in this process (busguard-machine(5))")
                             .shown_as("FILE")
                             .in_group(group);
    command.option("--state", options.state, "Where the emulated machine's keys are kept from run to run")
        .shown_as("DIR")
        .needs(machine)
        .in_group(group);
    sysfs.excludes(machine);
}

Tried<Place> Place::open(Session& session, const PlaceOptions& options) {
    Place place;
    auto& world = session.world();
    if (!options.machine.empty()) {
        const auto description = TRY(or_trouble("machine", emulate::read_machine(options.machine)));
        session.detail(fmt::format("emulating {} in process", options.machine));
        place.machine_ = TRY(or_trouble(
            "machine", emulate::Machine::make(description, options.state, *world.clock, *world.entropy)));
        place.tree_ = &place.machine_->tree();
        return place;
    }
    auto tree = world.tree(options.sysfs);
    if (!tree) return Failure<Trouble>{trouble_of(tree.error(), options.sysfs)};
    place.owned_ = *std::move(tree);
    place.tree_ = place.owned_.get();
    place.this_machine_ = options.sysfs == "/sys";
    return place;
}

std::vector<crypto::Certificate> Place::anchors() const {
    if (machine_) return machine_->anchors();
    return {};
}

examine::Surroundings surroundings(const Session& session) {
    const auto& world = session.world();
    return {.tree = nullptr,
            .clock = world.clock,
            .entropy = world.entropy,
            .locks = {},
            .recorded_by = fmt::format("busguard {}", version)};
}

examine::Surroundings surroundings(const Session& session, const Place& place) {
    auto around = surroundings(session);
    around.tree = &place.tree();
    if (place.is_this_machine()) around.locks = host::lock_directory(session.world().runtime_directory);
    return around;
}

std::optional<std::string> device_name(std::string_view text) {
    if (text.starts_with("pci/")) text.remove_prefix(4);
    std::string address{text};
    std::ranges::transform(address, address.begin(),
                           [](unsigned char c) { return static_cast<char>(std::tolower(c)); });
    if (std::ranges::count(address, ':') == 1) address.insert(0, "0000:");
    if (!host::is_pci_address(address)) return std::nullopt;
    return "pci/" + address;
}

std::string_view class_name(std::uint32_t class_code) {
    struct Class {
        std::uint32_t code;  ///< base class and sub-class, and the programming interface where `whole`
        bool whole;
        std::string_view name;
    };
    // PCI Code and ID Assignment, section 1: the common ones.
    constexpr std::array classes{
        Class{0x010802, true, "NVMe controller"},
        Class{0x010601, true, "SATA controller"},
        Class{0x0c0330, true, "USB controller"},
        Class{0x0c0340, true, "USB4 controller"},
        Class{0x0100, false, "SCSI controller"},
        Class{0x0101, false, "IDE controller"},
        Class{0x0104, false, "RAID controller"},
        Class{0x0106, false, "SATA controller"},
        Class{0x0107, false, "SAS controller"},
        Class{0x0108, false, "storage controller"},
        Class{0x0200, false, "Ethernet controller"},
        Class{0x0207, false, "InfiniBand controller"},
        Class{0x0280, false, "network controller"},
        Class{0x0300, false, "VGA controller"},
        Class{0x0302, false, "3D controller"},
        Class{0x0403, false, "audio device"},
        Class{0x0502, false, "CXL memory"},
        Class{0x0600, false, "host bridge"},
        Class{0x0601, false, "ISA bridge"},
        Class{0x0604, false, "PCI bridge"},
        Class{0x0800, false, "interrupt controller"},
        Class{0x0806, false, "IOMMU"},
        Class{0x0880, false, "system peripheral"},
        Class{0x1000, false, "encryption controller"},
        Class{0x0b40, false, "co-processor"},
        Class{0x0c03, false, "USB controller"},
        Class{0x0c05, false, "SMBus"},
        Class{0x1080, false, "encryption controller"},
        Class{0x1180, false, "signal processor"},
        Class{0x1200, false, "processing accelerator"},
    };
    for (const auto& one : classes)
        if (one.code == (one.whole ? class_code : class_code >> 8U)) return one.name;
    return {};
}

std::string describe(const PciIdentity& identity) {
    const auto name = class_name(identity.class_code);
    return fmt::format("{:04x}:{:04x} {}", identity.vendor, identity.device,
                       name.empty() ? fmt::format("class {:06x}", identity.class_code) : std::string{name});
}

}  // namespace busguard::cli
