#pragma once

#include "base/pci_identity.h"
#include "transport/config_space.h"

#include <optional>
#include <vector>

/// What a PCI function says about itself in its configuration space (PCIe 6.2, chapter 7). All of it is the
/// device's word: lists are walked with bounds, and a list that is not well-formed is refused by name.
namespace busguard::transport {

using PciIdentity = busguard::PciIdentity;

/// One entry of a capability list.
struct PciCapability {
    std::uint16_t id = 0;
    std::uint8_t version = 0;  ///< extended capabilities only, else 0
    std::uint16_t offset = 0;  ///< bytes from the start of the configuration space

    friend bool operator==(const PciCapability&, const PciCapability&) = default;
};

/// A Data Object Exchange mailbox (PCIe 7.9.24): where its registers are.
struct DoeCapability {
    std::uint16_t offset = 0;
    std::uint8_t version = 1;  ///< from 2 on, discovery requests carry a version

    friend bool operator==(const DoeCapability&, const DoeCapability&) = default;
};

/// Everything in the first 64 bytes, which need no privilege; serial_number stays empty.
/// Errors: disconnected if nobody answers (Vendor ID FFFFh), and the space's own.
Result<PciIdentity> read_header(ConfigSpace& space);

/// The header and the serial number. Errors: those of read_header() and extended_capabilities().
Result<PciIdentity> read_identity(ConfigSpace& space);

/// The capability list of the first 256 bytes. Errors: bad_field "Capabilities Pointer" or "Next Capability
/// Pointer" (misaligned, below 40h, or a loop) with its place; the space's own.
Result<std::vector<PciCapability>> capabilities(ConfigSpace& space);

/// The list from 100h on; empty if the function has no extended space. Errors: bad_field "Next Capability
/// Offset" (misaligned, below 100h, or a loop) with its place; disconnected; the space's own.
Result<std::vector<PciCapability>> extended_capabilities(ConfigSpace& space);

/// The function's mailboxes, in the order of the list. Errors: those of extended_capabilities(), and
/// bad_field "DOE Extended Capability" if the registers would stand beyond the end.
Result<std::vector<DoeCapability>> doe_capabilities(ConfigSpace& space);

}  // namespace busguard::transport
