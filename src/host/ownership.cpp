#include "host/ownership.h"

#include "host/pci.h"

namespace busguard::host {
namespace {

/// Nothing if there is no such file.
Result<std::optional<std::string>> word_if_there(const FileTree& sys, const std::string& path) {
    const auto bytes = sys.read(path, largest_attribute);
    if (!bytes && bytes.error().code == Errc::not_found) return std::optional<std::string>{};
    if (!bytes) return fail(bytes.error());
    const auto text = as_text(*bytes);
    return std::optional{std::string{text.substr(0, text.find('\n'))}};
}

}  // namespace

Result<OwnershipFacts> ownership_facts(const FileTree& sys, std::string_view address) {
    if (!is_pci_address(address)) return fail(Errc::bad_field, "PCI address");
    OwnershipFacts facts;
    const auto connected = TRY(word_if_there(sys, pci_file(address, "tsm/connect")));
    facts.tsm_directory = connected.has_value();
    facts.connected = connected.value_or(std::string{});
    if (facts.tsm_directory)
        facts.bound = TRY(word_if_there(sys, pci_file(address, "tsm/bound"))).value_or(std::string{});
    facts.authenticated = TRY(word_if_there(sys, pci_file(address, "authenticated")));
    if (auto tsms = sys.list("class/tsm")) facts.tsms = *std::move(tsms);
    return facts;
}

Result<void> connect_tsm(FileTree& sys, std::string_view address, std::string_view tsm) {
    if (!is_pci_address(address)) return fail(Errc::bad_field, "PCI address");
    return sys.write(pci_file(address, "tsm/connect"), as_bytes(tsm));
}

Result<void> disconnect_tsm(FileTree& sys, std::string_view address, std::string_view tsm) {
    if (!is_pci_address(address)) return fail(Errc::bad_field, "PCI address");
    return sys.write(pci_file(address, "tsm/disconnect"), as_bytes(tsm));
}

}  // namespace busguard::host
