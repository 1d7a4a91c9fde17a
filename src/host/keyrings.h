#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

/// The kernel's keyrings of certificates, as far as user space may see them: which there are and what is in
/// them by name. The kernel hands out no certificate, so they cannot be anchors by themselves.
namespace busguard::host {

struct Keyring {
    std::string name;  ///< ".cma", ".platform", …
    /// Descriptions of the keys, for X.509 "SUBJECT: ID" (Documentation/crypto/asymmetric-keys.rst); nothing:
    /// they may not be seen.
    std::optional<std::vector<std::string>> keys;
};

/// Those of .builtin_trusted_keys, .secondary_trusted_keys, .machine, .platform and .cma (the CMA series)
/// that there are; none without CONFIG_KEYS, or if /proc/keys cannot be read.
std::vector<Keyring> kernel_keyrings();

/// A keyring as /proc/keys names it.
struct KeyringLine {
    std::string name;
    std::int32_t serial = 0;
};
/// The kernel's keyrings above in the text of /proc/keys (proc(5)); other lines are passed over.
std::vector<KeyringLine> keyrings_in(std::string_view proc_keys);

}  // namespace busguard::host
