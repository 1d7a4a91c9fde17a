#include "emulate/pci_address.h"

#include <fmt/format.h>

#include <charconv>

namespace busguard::emulate {
namespace {

template <class T>
bool hex(std::string_view digits, T& to) {
    const auto [end, error] = std::from_chars(digits.data(), digits.data() + digits.size(), to, 16);
    return error == std::errc{} && end == digits.data() + digits.size();
}

}  // namespace

std::optional<PciAddress> PciAddress::parse(std::string_view text) {
    PciAddress address;
    if (text.size() != 12 || text[4] != ':' || text[7] != ':' || text[10] != '.') return std::nullopt;
    if (!hex(text.substr(0, 4), address.domain) || !hex(text.substr(5, 2), address.bus) ||
        !hex(text.substr(8, 2), address.device) || !hex(text.substr(11), address.function))
        return std::nullopt;
    if (address.device > 31 || address.function > 7) return std::nullopt;
    return address;
}

std::string PciAddress::text() const {
    return fmt::format("{:04x}:{:02x}:{:02x}.{:x}", domain, bus, device, function);
}

}  // namespace busguard::emulate
