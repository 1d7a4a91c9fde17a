#include "emulate/pci_function.h"

#include <fmt/format.h>

#include <cerrno>

namespace busguard::emulate {
namespace {

/// "pci:v0000144Dd0000A80Asv0000144Dsd0000A801bc01sc08i02"
std::string modalias(const transport::PciIdentity& its) {
    return fmt::format("pci:v{:08X}d{:08X}sv{:08X}sd{:08X}bc{:02X}sc{:02X}i{:02X}", its.vendor, its.device,
                       its.subsystem_vendor, its.subsystem, its.class_code >> 16, its.class_code >> 8 & 0xff,
                       its.class_code & 0xff);
}

/// Thirteen regions, one 16 KiB BAR among them: lspci wants the file.
std::string resources(const transport::PciIdentity& its) {
    std::string lines;
    for (int region = 0; region < 13; ++region) {
        if (region == 0 && its.header_type == 0)
            lines += "0x0000000000000000 0x0000000000003fff 0x0000000000140204\n";
        else
            lines += "0x0000000000000000 0x0000000000000000 0x0000000000000000\n";
    }
    lines.pop_back();
    return lines;
}

/// "00-25-38-5b-11-c0-ff-ee"
std::string in_pairs(std::uint64_t serial_number) {
    std::string pairs;
    for (int shift = 56; shift >= 0; shift -= 8)
        pairs += fmt::format("{}{:02x}", pairs.empty() ? "" : "-", serial_number >> shift & 0xff);
    return pairs;
}

}  // namespace

Properties event_properties(const PciFunction& function, const std::string& bound_driver) {
    const auto& its = function.identity;
    Properties all;
    if (!bound_driver.empty()) all.emplace_back("DRIVER", bound_driver);
    all.emplace_back("PCI_CLASS", fmt::format("{:04X}", its.class_code));
    all.emplace_back("PCI_ID", fmt::format("{:04X}:{:04X}", its.vendor, its.device));
    all.emplace_back("PCI_SUBSYS_ID", fmt::format("{:04X}:{:04X}", its.subsystem_vendor, its.subsystem));
    all.emplace_back("PCI_SLOT_NAME", function.address.text());
    all.emplace_back("MODALIAS", modalias(its));
    return all;
}

void add_identity_files(host::NodeTree& tree, host::NodeTree::Id directory, const PciFunction& function) {
    const auto& its = function.identity;
    auto constant = [&](const char* name, std::string value) {
        tree.add_file(directory, name, host::constant_attribute(std::move(value)));
    };
    constant("vendor", fmt::format("0x{:04x}", its.vendor));
    constant("device", fmt::format("0x{:04x}", its.device));
    constant("class", fmt::format("0x{:06x}", its.class_code));
    constant("revision", fmt::format("0x{:02x}", its.revision));
    constant("subsystem_vendor", fmt::format("0x{:04x}", its.subsystem_vendor));
    constant("subsystem_device", fmt::format("0x{:04x}", its.subsystem));
    constant("modalias", modalias(its));
    constant("irq", "0");
    constant("resource", resources(its));
    if (its.serial_number) constant("serial_number", in_pairs(*its.serial_number));
    if (!function.removable.empty()) constant("removable", function.removable);

    if (function.features.empty()) return;
    const auto features = tree.add_directory(directory, "doe_features");
    for (const auto feature : function.features) {
        auto number = fmt::format("{:04x}:{:02x}", feature.vendor, feature.type);
        const auto name = feature == transport::doe_discovery ? "doe_discovery" : number;
        tree.add_file(features, name, host::constant_attribute(std::move(number)));
    }
}

Failure<Error> refused(int number, std::string_view what) {
    return fail(number == EACCES ? Errc::permission : Errc::system, what, 0,
                static_cast<std::uint32_t>(number));
}

}  // namespace busguard::emulate
