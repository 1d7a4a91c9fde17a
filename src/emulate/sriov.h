#pragma once

#include "base/result.h"
#include "emulate/pci_address.h"

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

/// Single Root I/O Virtualization (PCIe 6.2, chapter 9), as far as sysfs shows it.
namespace busguard::emulate {

/// What a physical function has in its SR-IOV capability, and who takes its virtual functions.
struct SriovDescription {
    static constexpr std::uint16_t most = 63;

    std::uint16_t total = 0;      ///< TotalVFs, 1 to `most`
    std::uint16_t vf_device = 0;  ///< VF Device ID
    std::string vf_driver;        ///< empty: none does
};

/// Where the virtual function `number` (from 0) of a physical one is: First VF Offset 80h, VF Stride 2, as on
/// network cards with two ports. None: beyond the end of the bus.
std::optional<PciAddress> virtual_function(PciAddress physical, std::uint16_t number);

/// What is written to sriov_numvfs. Errors, as the kernel's: EINVAL for no number, ERANGE for one above
/// `total`.
Result<std::uint16_t> numvfs(std::string_view word, std::uint16_t total);

}  // namespace busguard::emulate
