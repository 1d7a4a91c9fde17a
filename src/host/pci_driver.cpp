#include "host/pci_driver.h"

#include "host/pci.h"

#include <algorithm>

namespace busguard::host {
namespace {

constexpr std::string_view none = "(null)";  // what driver_override says when there is none

Result<std::string> word_in(const FileTree& sys, const std::string& path) {
    const auto bytes = TRY(sys.read(path, largest_attribute));
    const auto text = as_text(bytes);
    return std::string{text.substr(0, text.find('\n'))};
}

Result<void> check(std::string_view address) {
    if (!is_pci_address(address)) return fail(Errc::bad_field, "PCI address");
    return {};
}

std::string last_of_link(const FileTree& sys, const std::string& path) {
    const auto target = sys.link(path);
    if (!target) return {};
    return target->substr(target->rfind('/') + 1);
}

}  // namespace

Result<bool> autoprobe(const FileTree& sys) {
    const auto word = word_in(sys, "bus/pci/drivers_autoprobe");
    if (!word) return fail(word.error());
    return *word != "0";
}

Result<void> set_autoprobe(FileTree& sys, bool on) {
    return sys.write("bus/pci/drivers_autoprobe", as_bytes(on ? "1" : "0"));
}

std::string bound_driver(const FileTree& sys, std::string_view address) {
    return is_pci_address(address) ? last_of_link(sys, pci_file(address, "driver")) : std::string{};
}

Result<void> unbind(FileTree& sys, std::string_view address) {
    TRY(check(address));
    if (bound_driver(sys, address).empty()) return {};
    return sys.write(pci_file(address, "driver/unbind"), as_bytes(address));
}

Result<void> probe(FileTree& sys, std::string_view address) {
    TRY(check(address));
    return sys.write("bus/pci/drivers_probe", as_bytes(address));
}

Result<std::string> driver_override(const FileTree& sys, std::string_view address) {
    TRY(check(address));
    auto word = TRY(word_in(sys, pci_file(address, "driver_override")));
    return word == none ? std::string{} : word;
}

Result<void> set_driver_override(FileTree& sys, std::string_view address, std::string_view driver) {
    TRY(check(address));
    // The kernel takes the name back on an empty line; without the newline it takes nothing at all.
    return sys.write(pci_file(address, "driver_override"), as_bytes(std::string{driver} + "\n"));
}

Result<bool> virtual_autoprobe(const FileTree& sys, std::string_view address) {
    TRY(check(address));
    const auto path = pci_file(address, "sriov_drivers_autoprobe");
    if (!sys.exists(path)) return false;
    return TRY(word_in(sys, path)) != "0";
}

Result<void> set_virtual_autoprobe(FileTree& sys, std::string_view address, bool on) {
    TRY(check(address));
    const auto path = pci_file(address, "sriov_drivers_autoprobe");
    if (!sys.exists(path)) return {};
    return sys.write(path, as_bytes(on ? "1" : "0"));
}

std::string physical_function(const FileTree& sys, std::string_view address) {
    return is_pci_address(address) ? last_of_link(sys, pci_file(address, "physfn")) : std::string{};
}

std::string place_of(const FileTree& sys, std::string_view address) {
    if (!is_pci_address(address)) return {};
    const auto target = sys.link("bus/pci/devices/" + std::string{address});
    if (!target) return {};
    const auto at = target->find("devices/pci");
    return at == std::string::npos ? std::string{} : target->substr(at);
}

std::string location_of(const FileTree& sys, std::string_view address) {
    if (!is_pci_address(address)) return "unknown";
    const auto word = word_in(sys, pci_file(address, "removable"));
    return word && (*word == "fixed" || *word == "removable") ? *word : "unknown";
}

}  // namespace busguard::host
