#include "daemon/configuration.h"

#include "config/duration.h"
#include "config/toml_fields.h"
#include "host/pci.h"
#include "journal/signing_key.h"

#include <optional>

namespace busguard::daemon {
namespace {

using config::TomlFields;

constexpr std::size_t most = 64;
constexpr std::chrono::seconds least_retained = std::chrono::days{1};
constexpr std::size_t longest_path = 4096;
constexpr std::size_t longest_origin = 256;
constexpr std::size_t longest_provider = 64;
using Choice = std::optional<bool>;

template <class T>
void take(T& into, std::optional<T> value) {
    if (value) into = *std::move(value);
}

/// An absolute path: the daemon's working directory is nobody's business.
void take_path(TomlFields& in, std::string_view key, std::string& into) {
    const auto path = in.text(key, longest_path);
    if (!path) return;
    if (!path->starts_with('/')) in.wrong(key, "\"" + *path + "\" is no absolute path");
    into = *path;
}

void take_paths(TomlFields& in, std::string_view key, std::vector<std::string>& into,
                std::initializer_list<std::string_view> others = {}) {
    if (!in.has(key)) return;
    into = in.texts(key, most);
    for (const auto& path : into)
        if (!path.starts_with('/') &&
            std::ranges::none_of(others, [&](const auto& one) { return path.starts_with(one); }))
            in.wrong(key, "\"" + path + "\" is no absolute path");
}

Choice enforces(std::string_view word) {
    if (word == "enforce") return true;
    if (word == "observe") return false;
    return std::nullopt;
}
Choice takes_back(std::string_view word) {
    if (word == "take-back") return true;
    if (word == "report") return false;
    return std::nullopt;
}
Choice opens(std::string_view word) {
    if (word == "open") return true;
    if (word == "keep-closed") return false;
    return std::nullopt;
}
Choice requires_lists(std::string_view word) {
    if (word == "require") return true;
    if (word == "check") return false;
    return std::nullopt;
}

std::optional<spdm::Version> version_named(std::string_view word) {
    if (word.size() != 3 || !word.starts_with("1.") || word[2] < '0' || word[2] > '3') return std::nullopt;
    return static_cast<spdm::Version>(0x10 + (word[2] - '0'));
}

void take_retain(TomlFields& log, LogPlaces& out) {
    const auto text = log.text("retain");
    if (!text) return;
    out.retain = config::duration_from(*text);
    if (!out.retain)
        log.wrong("retain", "\"" + *text + "\" is no duration", "for example 400d");
    else if (*out.retain < least_retained)
        log.wrong("retain", "is too short",
                  "a day (1d) or more: what is shown of a device's signatures is in the log");
}

/// A file, or a URI, which says nothing of whose key it is.
void take_key(TomlFields& log, LogPlaces& out) {
    auto key = log.text("key", longest_path);
    take(out.provider, log.text("provider", longest_provider));
    if (!key && log.has("provider"))
        log.wrong("provider", "there is no key to take by it", "set key to a URI");
    if (!key) return;
    if (journal::is_uri(*key) && out.origin.empty())
        log.wrong("origin", "is missing, and a key that is no file does not say it",
                  "such as \"example.com/busguard/host-1\"");
    // Not shown: it may hold a PIN.
    if (!journal::is_uri(*key) && !key->starts_with('/')) log.wrong("key", "is no absolute path and no URI");
    if (key->starts_with("file:") && !key->starts_with("file:/"))
        log.wrong("key", "is no absolute path", "such as \"file:/etc/busguard/log.pem\"");
    if (!journal::is_uri(*key) && log.has("provider"))
        log.wrong("provider", "a key in a file needs none", "set key to a URI, such as \"pkcs11:…\"");
    out.key = *std::move(key);
}

void take_log(TomlFields& in, LogPlaces& out) {
    auto log = in.table("log");
    if (!log) return;
    if (auto origin = log->text("origin", longest_origin)) {
        if (origin->empty() || origin->find_first_of(" +") != std::string::npos)
            log->wrong("origin", "\"" + *origin + "\" is no origin",
                       "such as \"example.com/busguard/host-1\"");
        out.origin = *std::move(origin);
    }
    take_key(*log, out);
    take_path(*log, "folder", out.folder);
    take_path(*log, "database", out.database);
    take_retain(*log, out);
    take(out.ml_dsa, log->boolean("ml_dsa"));
    log->finish();
}

void take_profiles(TomlFields& in, Configuration& out) {
    constexpr std::string_view names = "cma, vendor, none";
    take(out.profile, in.choice("profile", trust::profile_named, names));
    for (auto& exception : in.tables("device", most)) {
        const auto device = exception.needed("name", exception.text("name"));
        if (!device.starts_with("pci/") || !host::is_pci_address(host::address_of(device)))
            exception.wrong("name", "\"" + device + "\" is no device's name", "such as pci/0000:02:00.0");
        out.profiles[device] =
            exception.needed("profile", exception.choice("profile", trust::profile_named, names));
        exception.finish();
    }
}

}  // namespace

Checked<Configuration> configuration_from_toml(std::string_view text, const std::string& file) {
    auto document = TRY(config::TomlDocument::parse(text, file));
    auto in = document.fields();
    Configuration out;
    const auto schema = in.needed("schema", in.text("schema"));
    if (schema != configuration_schema && in.has("schema"))
        in.wrong("schema", "\"" + schema + "\" is not known", "this version reads busguard.daemon/1");
    take(out.settings.enforce, in.choice("mode", enforces, "observe, enforce"));
    take(out.settings.take_back, in.choice("bound_before", takes_back, "report, take-back"));
    take(out.settings.open_on_stop, in.choice("on_stop", opens, "keep-closed, open"));
    take_path(in, "policy", out.policy);
    take_paths(in, "anchors", out.anchors, {"efi:", "tpm:", "vendor:"});
    take_paths(in, "references", out.references);
    take(out.minimum_version, in.choice("minimum_version", version_named, "1.0, 1.1, 1.2, 1.3"));
    take(out.require_revocation, in.choice("revocation", requires_lists, "check, require"));
    take(out.ignore_dates, in.boolean("ignore_dates"));
    take(out.bus, in.text("bus", longest_path));
    take_path(in, "sysfs", out.sysfs);
    take_path(in, "state", out.state);
    take_path(in, "runtime", out.runtime);
    take_log(in, out.log);
    take_profiles(in, out);
    in.finish();
    if (document.problem()) return fail(*document.problem());
    return out;
}

}  // namespace busguard::daemon
