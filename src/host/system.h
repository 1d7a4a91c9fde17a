#pragma once

#include "host/file_tree.h"

/// What this machine allows, for `busguard doctor` and for saying why something was refused.
namespace busguard::host {

enum class Lockdown : std::uint8_t { unknown, none, integrity, confidentiality };

struct SystemFacts {
    std::string kernel;                     ///< release, e.g. "7.2.13+deb14-amd64"
    bool superuser = false;                 ///< effective user 0
    bool may_access_config = false;         ///< CAP_SYS_ADMIN: configuration space beyond 64 bytes
    bool fuse = false;                      ///< /dev/fuse can be opened
    Lockdown lockdown = Lockdown::unknown;  ///< from integrity on, configuration space cannot be written
    std::vector<std::string> tsms;          ///< platform security managers, e.g. "tsm0"
};

/// A kernel's release as major * 1000 + minor; 0 if it is none.
unsigned release_number(std::string_view release);
/// From this one on a closed gate (drivers_autoprobe = 0) holds for hotplugged devices too; before, the
/// kernel binds them all the same.
inline constexpr unsigned gate_holds_from = 6019;

/// `sys` is the tree of /sys. What cannot be found out stays as it is above.
SystemFacts system_facts(const FileTree& sys);

/// The content of /sys/kernel/security/lockdown: "none [integrity] confidentiality".
Lockdown parse_lockdown(std::string_view text);

}  // namespace busguard::host
