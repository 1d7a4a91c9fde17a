#include "emulate/sriov.h"

#include <cerrno>
#include <charconv>

namespace busguard::emulate {
namespace {

constexpr unsigned first_offset = 0x80;
constexpr unsigned stride = 2;
constexpr unsigned functions_a_device = 8;

}  // namespace

std::optional<PciAddress> virtual_function(PciAddress physical, std::uint16_t number) {
    const unsigned place =
        (physical.device * functions_a_device) + physical.function + first_offset + (stride * number);
    if (place > 0xff) return std::nullopt;
    physical.device = static_cast<std::uint8_t>(place / functions_a_device);
    physical.function = static_cast<std::uint8_t>(place % functions_a_device);
    return physical;
}

Result<std::uint16_t> numvfs(std::string_view word, std::uint16_t total) {
    std::uint16_t number = 0;
    const auto [end, error] = std::from_chars(word.data(), word.data() + word.size(), number);
    if (error != std::errc{} || end != word.data() + word.size())
        return fail(Errc::bad_field, "sriov_numvfs", 0, EINVAL);
    if (number > total) return fail(Errc::system, "sriov_numvfs", 0, ERANGE);
    return number;
}

}  // namespace busguard::emulate
