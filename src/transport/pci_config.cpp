#include "transport/pci_config.h"

#include <bitset>
#include <utility>

namespace busguard::transport {
namespace {

constexpr std::uint32_t all_ones = 0xffff'ffff;  // what a bus reads where nobody answers

// PCIe 7.5.1: Type 0/1 header.
constexpr std::size_t command_status = 0x04;
constexpr std::size_t class_revision = 0x08;
constexpr std::size_t header_type_register = 0x0c;
constexpr std::size_t subsystem_register = 0x2c;
constexpr std::size_t capabilities_pointer = 0x34;
constexpr std::uint32_t capabilities_list = 1U << 20U;  // Status bit 4

constexpr std::size_t first_capability = 0x40;
constexpr std::size_t first_extended = ConfigSpace::conventional_size;

constexpr std::uint16_t serial_number_id = 0x0003;
constexpr std::uint16_t doe_id = 0x002e;
constexpr std::size_t doe_size = 0x18;  // bytes, from the capability's header to the read mailbox's end

std::uint16_t low_half(std::uint32_t value) { return static_cast<std::uint16_t>(value & 0xffffU); }
std::uint16_t high_half(std::uint32_t value) { return static_cast<std::uint16_t>(value >> 16U); }

Result<std::uint64_t> read_serial_number(ConfigSpace& space, std::size_t offset) {
    if (offset + 12 > ConfigSpace::extended_size)
        return fail(Errc::bad_field, "Device Serial Number Capability", offset);
    const std::uint64_t low = TRY(space.read(offset + 4));
    const std::uint64_t high = TRY(space.read(offset + 8));
    return high << 32U | low;
}

}  // namespace

Result<PciIdentity> read_header(ConfigSpace& space) {
    const auto ids = TRY(space.read(0));
    if (low_half(ids) == 0xffff) return fail(Errc::disconnected, "Vendor ID");
    const auto class_and_revision = TRY(space.read(class_revision));
    const auto header = TRY(space.read(header_type_register));
    PciIdentity identity{.vendor = low_half(ids),
                         .device = high_half(ids),
                         .class_code = class_and_revision >> 8U,
                         .revision = static_cast<std::uint8_t>(class_and_revision & 0xffU),
                         .header_type = static_cast<std::uint8_t>(header >> 16U & 0x7fU)};
    if (identity.header_type == 0) {
        const auto subsystem = TRY(space.read(subsystem_register));
        identity.subsystem_vendor = low_half(subsystem);
        identity.subsystem = high_half(subsystem);
    }
    return identity;
}

Result<PciIdentity> read_identity(ConfigSpace& space) {
    auto identity = TRY(read_header(space));
    const auto list = TRY(extended_capabilities(space));
    for (const auto& capability : list) {
        if (capability.id != serial_number_id) continue;
        identity.serial_number = TRY(read_serial_number(space, capability.offset));
        break;
    }
    return identity;
}

Result<std::vector<PciCapability>> capabilities(ConfigSpace& space) {
    std::vector<PciCapability> found;
    if ((TRY(space.read(command_status)) & capabilities_list) == 0) return found;
    std::bitset<ConfigSpace::conventional_size / 4> visited;
    std::string_view pointer = "Capabilities Pointer";
    std::size_t from = capabilities_pointer;
    std::size_t at = TRY(space.read(capabilities_pointer)) & 0xffU;
    while (at != 0) {
        if (at % 4 != 0 || at < first_capability || visited[at / 4])
            return fail(Errc::bad_field, pointer, from, static_cast<std::uint32_t>(at));
        visited.set(at / 4);
        const auto header = TRY(space.read(at));
        if (header == all_ones) return fail(Errc::disconnected, "Capability ID", at);
        found.push_back(
            {.id = static_cast<std::uint16_t>(header & 0xffU), .offset = static_cast<std::uint16_t>(at)});
        pointer = "Next Capability Pointer";
        from = at;
        at = header >> 8U & 0xffU;
    }
    return found;
}

Result<std::vector<PciCapability>> extended_capabilities(ConfigSpace& space) {
    std::vector<PciCapability> found;
    std::bitset<ConfigSpace::extended_size / 4> visited;
    std::size_t at = first_extended;
    while (true) {
        visited.set(at / 4);
        const bool first = at == first_extended;
        auto read = space.read(at);
        if (!read && first && read.error().code == Errc::truncated) return found;
        const auto header = TRY(std::move(read));
        // No extended space reads as all ones, an empty list as zero; further down nothing may vanish.
        if (first && (header == all_ones || header == 0)) return found;
        if (header == all_ones) return fail(Errc::disconnected, "PCI Express Extended Capability ID", at);
        found.push_back({.id = low_half(header),
                         .version = static_cast<std::uint8_t>(header >> 16U & 0xfU),
                         .offset = static_cast<std::uint16_t>(at)});
        const std::size_t next = header >> 20U;
        if (next == 0) return found;
        if (next % 4 != 0 || next < first_extended || visited[next / 4])
            return fail(Errc::bad_field, "Next Capability Offset", at, static_cast<std::uint32_t>(next));
        at = next;
    }
}

Result<std::vector<DoeCapability>> doe_capabilities(ConfigSpace& space) {
    std::vector<DoeCapability> found;
    const auto list = TRY(extended_capabilities(space));
    for (const auto& capability : list) {
        if (capability.id != doe_id) continue;
        if (capability.offset + doe_size > ConfigSpace::extended_size)
            return fail(Errc::bad_field, "DOE Extended Capability", capability.offset);
        found.push_back({.offset = capability.offset, .version = capability.version});
    }
    return found;
}

}  // namespace busguard::transport
