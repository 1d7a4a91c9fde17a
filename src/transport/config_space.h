#pragma once

#include "base/result.h"

#include <cstddef>
#include <cstdint>

namespace busguard::transport {

/// A PCI function's configuration space (PCIe 7.2), one aligned double word at a time. Real devices behind
/// the kernel's `config` file and emulated ones look the same here.
class ConfigSpace {
public:
    static constexpr std::size_t conventional_size = 256;  ///< bytes: PCI, capabilities
    static constexpr std::size_t extended_size = 4096;     ///< bytes: PCI Express, extended capabilities

    ConfigSpace() = default;
    ConfigSpace(const ConfigSpace&) = delete;
    ConfigSpace& operator=(const ConfigSpace&) = delete;
    virtual ~ConfigSpace() = default;

    /// The double word at `offset` (a multiple of 4, below 4096): byte `offset` is its lowest eight bits.
    /// A function without extended space, or one that is gone, reads as all ones. Errors: bad_field for such
    /// an offset as nobody has; truncated where the file ends before (no privilege: 64 bytes; no extended
    /// space: 256); owned, permission, disconnected (the device was removed), system.
    virtual Result<std::uint32_t> read(std::size_t offset) = 0;
    /// Likewise, with side effects: DOE registers live here.
    virtual Result<void> write(std::size_t offset, std::uint32_t value) = 0;
};

}  // namespace busguard::transport
