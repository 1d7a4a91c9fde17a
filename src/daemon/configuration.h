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

/// Where the transparency log is.
struct LogPlaces {
    std::string origin;    ///< its name; empty: made of the machine's id, when its key is made
    std::string key;       ///< file, or the URI of a key that stays where it is
    std::string provider;  ///< of OpenSSL, for a URI; empty: its own
    std::string folder;    ///< what everybody may read
    std::string database;  ///< file
    std::optional<std::chrono::seconds> retain;  ///< how long entries are kept at least; nothing: for good
    bool ml_dsa = false;                         ///< signs a second line by ML-DSA-44

    friend bool operator==(const LogPlaces&, const LogPlaces&) = default;
};

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
    std::string state = "/var/lib/busguard";  ///< directory
    std::string runtime = "/run/busguard";    ///< directory; devices/ is mounted there
    LogPlaces log;                            ///< as it was said: empty members have their default

    LogPlaces log_places() const {
        const auto or_below = [this](const std::string& said, const char* name) {
            return said.empty() ? state + name : said;
        };
        return {.origin = log.origin,
                .key = or_below(log.key, "/log.key"),
                .provider = log.provider,
                .folder = or_below(log.folder, "/log"),
                .database = or_below(log.database, "/log.db"),
                .retain = log.retain,
                .ml_dsa = log.ml_dsa};
    }
    /// The file of the key that signs by ML-DSA-44: beside the other, if that is in a file.
    std::string second_key() const {
        return (log.key.starts_with('/') ? log.key : state + "/log.key") + ".ml-dsa-44";
    }
};

/// Strict: an unknown key is a Problem, with file, line, field and remedy.
Checked<Configuration> configuration_from_toml(std::string_view text, const std::string& file);

}  // namespace busguard::daemon
