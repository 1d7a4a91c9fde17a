#include "emulate/config_registers.h"

#include <algorithm>

namespace busguard::emulate {
namespace {

// PCIe base specification 7.5.1 and 7.5.2; the capabilities at places that real devices like.
constexpr std::size_t power_management = 0x40;
constexpr std::size_t pci_express = 0x70;
constexpr std::size_t error_reporting = 0x100;
constexpr std::size_t serial_number = 0x148;

constexpr std::uint32_t extended(std::uint16_t id, std::uint8_t version, std::uint16_t next) {
    return std::uint32_t{id} | std::uint32_t{version} << 16 | std::uint32_t{next} << 20;
}

}  // namespace

ConfigRegisters::ConfigRegisters(const transport::PciIdentity& identity, std::vector<DoeRegisters*> mailboxes)
    : mailboxes_{std::move(mailboxes)} {
    lay_header(identity);
    lay_capabilities(identity);
    lay_extended(identity);
}

void ConfigRegisters::put16(std::size_t at, std::uint16_t value) {
    put8(at, static_cast<std::uint8_t>(value & 0xff));
    put8(at + 1, static_cast<std::uint8_t>(value >> 8));
}

void ConfigRegisters::put32(std::size_t at, std::uint32_t value) {
    put16(at, static_cast<std::uint16_t>(value & 0xffff));
    put16(at + 2, static_cast<std::uint16_t>(value >> 16));
}

void ConfigRegisters::writable(std::size_t at, std::uint32_t mask) {
    for (std::size_t i = 0; i < 4; ++i) writable_[at + i] |= static_cast<std::byte>(mask >> 8 * i & 0xff);
}

void ConfigRegisters::lay_header(const transport::PciIdentity& identity) {
    put16(0x00, identity.vendor);
    put16(0x02, identity.device);
    put16(0x04, 0x0006);  // memory space, bus master
    put16(0x06, 0x0010);  // has a capabilities list
    put32(0x08, identity.class_code << 8 | identity.revision);
    put8(0x0e, identity.header_type == 1 ? 0x01 : 0x00);
    put8(0x34, power_management);
    put8(0x3d, 0x01);            // INTA
    writable(0x04, 0x0547);      // command
    writable(0x0c, 0x000000ff);  // cache line size
    writable(0x3c, 0x000000ff);  // interrupt line
    if (identity.header_type == 1) {
        writable(0x18, 0x00ffffff);  // bus numbers
        writable(0x20, 0xfff0fff0);  // memory window
        writable(0x24, 0xfff0fff0);
        return;
    }
    put32(0x10, 0x00000004);  // 64-bit memory BAR of 16 KiB
    writable(0x10, 0xffffc000);
    writable(0x14, 0xffffffff);
    put16(0x2c, identity.subsystem_vendor);
    put16(0x2e, identity.subsystem);
}

void ConfigRegisters::lay_capabilities(const transport::PciIdentity& identity) {
    put8(power_management, 0x01);
    put8(power_management + 1, pci_express);
    put16(power_management + 2, 0x0003);  // version 1.2
    put16(power_management + 4, 0x0008);  // no soft reset

    put8(pci_express, 0x10);
    put16(pci_express + 2,
          identity.header_type == 1 ? 0x0142 : 0x0002);  // version 2; root port with slot, or endpoint
    put32(pci_express + 4, 0x10008001);                  // function level reset, 256 byte payload
    put32(pci_express + 12, 0x00000044);                 // link: x4, 16 GT/s
    put16(pci_express + 18, 0x0044);
    put32(pci_express + 44, 0x0000001e);  // link capabilities 2: 2.5 to 16 GT/s
}

void ConfigRegisters::lay_extended(const transport::PciIdentity& identity) {
    std::vector<std::size_t> places{error_reporting};
    if (identity.serial_number) places.push_back(serial_number);
    for (const auto* mailbox : mailboxes_) places.push_back(mailbox->description().offset);
    auto next_after = [&](std::size_t place) {
        const auto next = std::ranges::upper_bound(places, place);
        return next == places.end() ? std::uint16_t{0} : static_cast<std::uint16_t>(*next);
    };
    put32(error_reporting, extended(0x0001, 2, next_after(error_reporting)));
    if (identity.serial_number) {
        put32(serial_number, extended(0x0003, 1, next_after(serial_number)));
        put32(serial_number + 4, static_cast<std::uint32_t>(*identity.serial_number & 0xffffffff));
        put32(serial_number + 8, static_cast<std::uint32_t>(*identity.serial_number >> 32));
    }
    for (const auto* mailbox : mailboxes_) {
        const auto& its = mailbox->description();
        put32(its.offset, extended(DoeRegisters::capability_id, its.version, next_after(its.offset)));
    }
}

void ConfigRegisters::lead_to(std::uint8_t own_bus, std::uint8_t bus_behind) {
    const auto secondary = std::to_integer<std::uint8_t>(image_[0x19]);
    const auto subordinate = std::to_integer<std::uint8_t>(image_[0x1a]);
    put8(0x18, own_bus);
    put8(0x19, secondary == 0 ? bus_behind : std::min(secondary, bus_behind));
    put8(0x1a, std::max(subordinate, bus_behind));
}

DoeRegisters* ConfigRegisters::mailbox_at(std::size_t offset) const {
    for (auto* mailbox : mailboxes_) {
        const std::size_t start = mailbox->description().offset;
        // The header dword is ordinary memory; the registers begin behind it.
        if (offset >= start + 4 && offset < start + DoeRegisters::block_size) return mailbox;
    }
    return nullptr;
}

Bytes ConfigRegisters::read(std::size_t offset, std::size_t length) {
    if (offset >= size) return {};
    length = std::min(length, size - offset);
    Bytes bytes{image_.begin() + static_cast<std::ptrdiff_t>(offset),
                image_.begin() + static_cast<std::ptrdiff_t>(offset + length)};
    for (auto dword = offset & ~std::size_t{3}; dword < offset + length; dword += 4) {
        auto* mailbox = mailbox_at(dword);
        if (mailbox == nullptr) continue;
        const auto value = mailbox->read(static_cast<std::uint16_t>(dword - mailbox->description().offset));
        for (std::size_t i = 0; i < 4; ++i)
            if (dword + i >= offset && dword + i < offset + length)
                bytes[dword + i - offset] = static_cast<std::byte>(value >> 8 * i & 0xff);
    }
    return bytes;
}

std::size_t ConfigRegisters::write(std::size_t offset, ByteView bytes) {
    if (offset >= size) return 0;
    bytes = bytes.first(std::min(bytes.size(), size - offset));
    for (std::size_t i = 0; i < bytes.size(); ++i) {
        const auto at = offset + i;
        if (auto* mailbox = mailbox_at(at)) {
            if (at % 4 != 0 || bytes.size() - i < 4) continue;
            std::uint32_t value = 0;
            for (std::size_t b = 0; b < 4; ++b)
                value |= std::to_integer<std::uint32_t>(bytes[i + b]) << 8 * b;
            mailbox->write(static_cast<std::uint16_t>(at - mailbox->description().offset), value);
            i += 3;
        } else {
            image_[at] = (image_[at] & ~writable_[at]) | (bytes[i] & writable_[at]);
        }
    }
    return bytes.size();
}

}  // namespace busguard::emulate
