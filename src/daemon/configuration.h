#pragma once

#include "base/problem.h"
#include "daemon/settings.h"
#include "spdm/types.h"
#include "trust/profile.h"

#include <map>
#include <string>
#include <string_view>
#include <vector>

namespace busguard::daemon {

inline constexpr std::string_view configuration_schema = "busguard.daemon/1";
inline constexpr std::string_view default_configuration = "/etc/busguard/busguardd.toml";

/// What busguardd.toml(5) says. Every member has its default here, and only here.
struct Configuration {
    Settings settings;
    std::string policy = "/etc/busguard/policy.toml";
    std::vector<std::string> anchors{"/etc/busguard/anchors"};
    std::vector<std::string> references;
    trust::Profile profile = trust::Profile::cma;
    std::map<std::string, trust::Profile> profiles;  ///< by device
    spdm::Version minimum_version = spdm::Version::v1_0;
    bool ignore_dates = false;
    bool require_revocation = false;  ///< every certificate needs a current list of its authority
    std::string sysfs = "/sys";
    std::string bus = "system";               ///< D-Bus: "system", "none", or an address
    std::string state = "/var/lib/busguard";  ///< directory; the evidence is there
    std::string runtime = "/run/busguard";    ///< directory; devices/ is mounted there
};

/// Strict: an unknown key is a Problem, with file, line, field and remedy.
Checked<Configuration> configuration_from_toml(std::string_view text, const std::string& file);

}  // namespace busguard::daemon
