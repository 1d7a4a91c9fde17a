#include "host/pci.h"

#include "transport/little_endian.h"

#include <algorithm>
#include <array>
#include <charconv>

namespace busguard::host {
namespace {

constexpr std::size_t unprivileged_size = 64;  // what the kernel shows of `config` to everybody

bool is_hex(std::string_view text) {
    return !text.empty() && std::ranges::all_of(text, [](char c) {
        return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'f') || (c >= 'A' && c <= 'F');
    });
}

std::optional<unsigned> hex_number(std::string_view text) {
    unsigned value = 0;
    const auto read = std::from_chars(text.data(), text.data() + text.size(), value, 16);
    if (read.ec != std::errc{} || read.ptr != text.data() + text.size()) return std::nullopt;
    return value;
}

// "0001:01"
std::optional<transport::DoeProtocol> doe_feature(std::string_view name) {
    if (name == "doe_discovery") return transport::doe_discovery;
    if (name.size() != 7 || name[4] != ':') return std::nullopt;
    const auto vendor = hex_number(name.substr(0, 4));
    const auto type = hex_number(name.substr(5));
    if (!vendor || !type) return std::nullopt;
    return transport::DoeProtocol{static_cast<std::uint16_t>(*vendor), static_cast<std::uint8_t>(*type)};
}

std::vector<transport::DoeProtocol> doe_features(const FileTree& tree, std::string_view address) {
    std::vector<transport::DoeProtocol> features;
    const auto names = tree.list(pci_file(address, "doe_features"));
    if (!names) return features;
    for (const auto& name : *names)
        if (const auto feature = doe_feature(name)) features.push_back(*feature);
    std::ranges::sort(features);
    return features;
}

std::string driver(const FileTree& tree, std::string_view address) {
    const auto target = tree.link(pci_file(address, "driver"));
    if (!target) return {};
    return target->substr(target->rfind('/') + 1);
}

/// Vendor and device as the kernel names them, in the order of the first register; all ones if it does not.
std::uint32_t named_ids(const FileTree& tree, std::string_view address) {
    std::uint32_t ids = 0;
    for (const auto* attribute : {"device", "vendor"}) {
        const auto content = tree.read(pci_file(address, attribute), largest_attribute);
        auto text = content ? as_text(*content) : std::string_view{};
        text = text.substr(0, text.find('\n'));
        const auto id = text.starts_with("0x") ? hex_number(text.substr(2)) : std::nullopt;
        ids = ids << 16U | (id.value_or(0xffff) & 0xffffU);
    }
    return ids;
}

/// A virtual function's Vendor and Device ID read as all ones (PCIe r6.1 9.3.4.1.1): they are those that the
/// SR-IOV capability of its physical function says, which the kernel shows.
class VirtualFunctionConfig final : public transport::ConfigSpace {
public:
    VirtualFunctionConfig(transport::ConfigSpace& below, std::uint32_t ids) : below_{&below}, ids_{ids} {}

    Result<std::uint32_t> read(std::size_t offset) override {
        if (offset == 0) return ids_;
        return below_->read(offset);
    }
    Result<void> write(std::size_t offset, std::uint32_t value) override {
        return below_->write(offset, value);
    }

private:
    transport::ConfigSpace* below_;
    std::uint32_t ids_;
};

}  // namespace

Result<std::uint32_t> ConfigFile::read(std::size_t offset) {
    if (offset % 4 != 0 || offset >= extended_size) return fail(Errc::bad_field, "config offset", offset);
    std::array<std::byte, 4> dword{};
    const auto count = TRY(file_->read_at(offset, dword));
    if (count == dword.size()) return transport::dword_at(dword, 0);
    // Where does the file end? At 64 bytes it does so for lack of privilege.
    if (offset >= unprivileged_size && TRY(file_->read_at(unprivileged_size, dword)) == 0)
        return fail(Errc::permission, "config", offset);
    return fail(Errc::truncated, "config", offset);
}

Result<void> ConfigFile::write(std::size_t offset, std::uint32_t value) {
    if (offset % 4 != 0 || offset >= extended_size) return fail(Errc::bad_field, "config offset", offset);
    Bytes dword;
    transport::append_dword(dword, value);
    const auto count = TRY(file_->write_at(offset, dword));
    if (count == 0 && offset >= unprivileged_size) return fail(Errc::permission, "config", offset);
    if (count != dword.size()) return fail(Errc::truncated, "config", offset);
    return {};
}

std::string pci_file(std::string_view address, std::string_view name) {
    std::string path{"bus/pci/devices/"};
    path.append(address).append("/").append(name);
    return path;
}

bool is_pci_address(std::string_view address) {
    const auto domain = address.find(':');
    if (domain == std::string_view::npos || domain < 4 || domain > 8) return false;
    const auto rest = address.substr(domain + 1);
    return is_hex(address.substr(0, domain)) && rest.size() == 7 && is_hex(rest.substr(0, 2)) &&
           rest[2] == ':' && is_hex(rest.substr(3, 2)) && rest[5] == '.' && rest[6] >= '0' && rest[6] <= '7';
}

std::string_view address_of(std::string_view device) { return device.substr(device.find('/') + 1); }

Result<PciBus> pci_bus(FileTree& tree) {
    const auto addresses = TRY(tree.list("bus/pci/devices"));
    PciBus bus;
    for (const auto& address : addresses) {
        if (auto device = pci_device(tree, address)) {
            bus.devices.push_back(*std::move(device));
        } else {
            bus.unreadable.push_back({address, device.error()});
        }
    }
    return bus;
}

Result<PciDevice> pci_device(FileTree& tree, std::string_view address) {
    if (!is_pci_address(address)) return fail(Errc::bad_field, "PCI address");
    PciDevice device{.address = std::string{address}, .driver = driver(tree, address)};
    device.tsm = TRY(tsm_owner(tree, address));
    device.doe_features = doe_features(tree, address);
    // For reading only: nobody's session minds that.
    ConfigFile config{TRY(tree.open(pci_file(address, "config"), Access::read))};
    VirtualFunctionConfig virtual_config{config, named_ids(tree, address)};
    transport::ConfigSpace& space = tree.exists(pci_file(address, "physfn"))
                                        ? static_cast<transport::ConfigSpace&>(virtual_config)
                                        : config;
    device.identity = TRY(transport::read_header(space));
    if (auto whole = transport::read_identity(space)) device.identity = *whole;
    return device;
}

Result<std::string> tsm_owner(const FileTree& tree, std::string_view address) {
    if (!is_pci_address(address)) return fail(Errc::bad_field, "PCI address");
    const auto content = tree.read(pci_file(address, "tsm/connect"), largest_attribute);
    if (!content && content.error().code == Errc::not_found) return std::string{};
    if (!content) return fail(content.error());
    const auto text = as_text(*content);
    return std::string{text.substr(0, text.find('\n'))};
}

Result<std::unique_ptr<ConfigFile>> open_config(FileTree& tree, std::string_view address) {
    const auto owner = TRY(tsm_owner(tree, address));
    if (!owner.empty()) return fail(Errc::owned, "tsm/connect");
    return std::make_unique<ConfigFile>(TRY(tree.open(pci_file(address, "config"), Access::read_write)));
}

}  // namespace busguard::host
