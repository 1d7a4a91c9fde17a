#pragma once

#include "base/bytes.h"
#include "emulate/doe_registers.h"
#include "transport/pci_config.h"

#include <array>
#include <cstddef>
#include <cstdint>
#include <vector>

namespace busguard::emulate {

/// A PCI function's 4096 bytes of configuration space: header, power management and PCI Express
/// capabilities, then the chain of extended ones: Advanced Error Reporting at 100h, Device Serial Number at
/// 148h if there is one, DOE mailboxes where their descriptions put them. Writes change what is writable in
/// the hardware (command, BARs, interrupt line, bus numbers of a bridge) and the mailboxes; nothing else.
class ConfigRegisters {
public:
    static constexpr std::size_t size = 4096;
    static constexpr std::uint16_t first_free = 0x160;  ///< where mailboxes may stand: up to the end

    /// The mailboxes stay the caller's; in ascending order, none overlapping another.
    ConfigRegisters(const transport::PciIdentity& identity, std::vector<DoeRegisters*> mailboxes);

    /// As the kernel's `config` file: what is beyond the end is left out. Bytes of a mailbox are read from
    /// the live register, each aligned dword once.
    Bytes read(std::size_t offset, std::size_t length);
    /// A mailbox takes whole aligned dwords only; a part of one is ignored there. Returns how many bytes were
    /// inside the space.
    std::size_t write(std::size_t offset, ByteView bytes);

    /// A bridge's bus numbers: the bus it is on, and one behind it (the lowest and the highest are kept).
    void lead_to(std::uint8_t own_bus, std::uint8_t bus_behind);

private:
    DoeRegisters* mailbox_at(std::size_t offset) const;

    void put8(std::size_t at, std::uint8_t value) { image_[at] = std::byte{value}; }
    void put16(std::size_t at, std::uint16_t value);
    void put32(std::size_t at, std::uint32_t value);
    void writable(std::size_t at, std::uint32_t mask);
    void lay_header(const transport::PciIdentity& identity);
    void lay_capabilities(const transport::PciIdentity& identity);
    void lay_extended(const transport::PciIdentity& identity);

    std::array<std::byte, size> image_{};
    std::array<std::byte, size> writable_{};  // a set bit can be written
    std::vector<DoeRegisters*> mailboxes_;
};

}  // namespace busguard::emulate
