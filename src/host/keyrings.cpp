#include "host/keyrings.h"

#include "host/files.h"

#include <linux/keyctl.h>
#include <sys/syscall.h>

#include <algorithm>
#include <array>
#include <charconv>
#include <memory>
#include <unistd.h>

namespace busguard::host {
namespace {

constexpr std::array<std::string_view, 5> of_certificates{".builtin_trusted_keys", ".secondary_trusted_keys",
                                                          ".machine", ".platform", ".cma"};
constexpr std::size_t most_keys = 256;            // of a keyring, that are named
constexpr std::size_t longest_description = 512;  // bytes

/// keyctl(2): how many bytes there are, which may be more than were asked for.
template <class Element>
std::optional<std::vector<Element>> ask(int operation, std::int32_t key, std::size_t most) {
    std::vector<Element> into(most);
    const auto got = ::syscall(SYS_keyctl, operation, key, into.data(), into.size() * sizeof(Element), 0);
    if (got < 0) return std::nullopt;
    into.resize(std::min(most, static_cast<std::size_t>(got) / sizeof(Element)));
    return into;
}

std::optional<std::vector<std::string>> keys_of(std::int32_t keyring) {
    const auto serials = ask<std::int32_t>(KEYCTL_READ, keyring, most_keys);
    if (!serials) return std::nullopt;
    std::vector<std::string> keys;
    for (const auto serial : *serials) {
        // "asymmetric;0;0;1f030000;Debian Secure Boot CA: 6ccece7e4c6c0d1f6149f3dd27dfcc5cbb419ea1"
        const auto told = ask<char>(KEYCTL_DESCRIBE, serial, longest_description);
        if (!told) continue;
        const std::string_view text{told->data(), told->size()};
        constexpr std::size_t fields_before = 4;
        std::size_t at = 0;
        for (std::size_t n = 0; n < fields_before && at != std::string_view::npos; ++n)
            at = text.find(';', at == 0 ? 0 : at + 1);
        if (at == std::string_view::npos) continue;
        const auto description = text.substr(at + 1);
        keys.emplace_back(description.substr(0, description.find('\0')));
    }
    return keys;
}

}  // namespace

// "38b3d635 I------     1 perm 1f0b0000     0     0 keyring   .builtin_trusted_keys: 2"
std::vector<KeyringLine> keyrings_in(std::string_view proc_keys) {
    constexpr std::string_view kind = " keyring ";
    std::vector<KeyringLine> found;
    while (!proc_keys.empty()) {
        const auto end = std::min(proc_keys.find('\n'), proc_keys.size());
        const auto line = proc_keys.substr(0, end);
        proc_keys.remove_prefix(std::min(end + 1, proc_keys.size()));
        const auto at = line.find(kind);
        const auto dot = at == std::string_view::npos ? at : line.find('.', at);
        if (dot == std::string_view::npos) continue;
        const auto name = line.substr(dot, line.rfind(':') - dot);
        std::uint32_t serial = 0;
        const auto [stopped, why] =
            std::from_chars(std::to_address(line.begin()), std::to_address(line.end()), serial, 16);
        if (why != std::errc{} || *stopped != ' ' ||
            std::ranges::find(of_certificates, name) == of_certificates.end())
            continue;
        found.push_back({std::string{name}, static_cast<std::int32_t>(serial)});
    }
    return found;
}

std::vector<Keyring> kernel_keyrings() {
    const auto text = read_file("/proc/keys");
    if (!text) return {};
    std::vector<Keyring> keyrings;
    for (auto& [name, serial] : keyrings_in(as_text(*text)))
        keyrings.push_back({std::move(name), keys_of(serial)});
    return keyrings;
}

}  // namespace busguard::host
