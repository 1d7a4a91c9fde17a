#pragma once

#include <cstdint>
#include <optional>

namespace busguard {

/// The fields by which a PCI function is known, as its configuration space gives them (PCIe 6.2, 7.5.1 and
/// 7.9.3): those that the CMA profile compares with a certificate. A plain value, because every floor speaks
/// of it: who reads configuration space, who records evidence, who judges.
struct PciIdentity {
    std::uint16_t vendor = 0;
    std::uint16_t device = 0;
    std::uint32_t class_code = 0;  ///< 24 bits: base class, sub-class, programming interface
    std::uint8_t revision = 0;
    std::uint8_t header_type = 0;                ///< 0 endpoint, 1 bridge; without the multi-function bit
    std::uint16_t subsystem_vendor = 0;          ///< header type 0 only, else 0
    std::uint16_t subsystem = 0;                 ///< likewise
    std::optional<std::uint64_t> serial_number;  ///< Device Serial Number, where the function has one

    friend bool operator==(const PciIdentity&, const PciIdentity&) = default;
};

}  // namespace busguard
