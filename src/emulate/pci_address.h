#pragma once

#include <compare>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace busguard::emulate {

/// Where a PCI function is: "0000:01:00.0", as /sys writes it.
struct PciAddress {
    std::uint16_t domain = 0;
    std::uint8_t bus = 0;
    std::uint8_t device = 0;    ///< 0 to 31
    std::uint8_t function = 0;  ///< 0 to 7

    /// Exactly the form above, either case.
    static std::optional<PciAddress> parse(std::string_view text);
    std::string text() const;

    friend auto operator<=>(const PciAddress&, const PciAddress&) = default;
};

}  // namespace busguard::emulate
