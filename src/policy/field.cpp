#include "policy/field.h"

#include <fmt/format.h>

#include <algorithm>
#include <span>
#include <utility>

namespace busguard::policy {
namespace {

constexpr std::size_t longest_path = 1024;

constexpr std::array buses{"pci", "nvme", "scsi", "ata", "mctp", "emulated"};
constexpr std::array locations{"fixed", "removable", "unknown"};

bool is_hex(std::string_view text) {
    return !text.empty() && text.find_first_not_of("0123456789abcdef") == std::string_view::npos;
}

bool is_number(std::string_view text) {
    return !text.empty() && text.find_first_not_of("0123456789") == std::string_view::npos;
}

std::vector<std::string_view> split(std::string_view text, char separator) {
    std::vector<std::string_view> parts;
    while (true) {
        const auto end = text.find(separator);
        parts.push_back(text.substr(0, end));
        if (end == std::string_view::npos) return parts;
        text.remove_prefix(end + 1);
    }
}

// ---- The usual way to write it
// -----------------------------------------------------------------------------

std::string lower(std::string_view text) {
    std::string out{text};
    for (auto& c : out)
        if (c >= 'A' && c <= 'Z') c = static_cast<char>(c - 'A' + 'a');
    return out;
}

std::string plain_hex(std::string_view text) {
    auto out = lower(text);
    return out.starts_with("0x") ? out.substr(2) : out;
}

/// openssl prints "AB:CD:…".
std::string fingerprint(std::string_view text) {
    auto out = lower(text);
    std::erase(out, ':');
    return out;
}

std::string below_sys(std::string_view text) {
    if (text.starts_with("/sys/")) text.remove_prefix(5);
    if (text.starts_with('/')) text.remove_prefix(1);
    return std::string{text};
}

// ---- Is it a value?
// ----------------------------------------------------------------------------------------

bool is_bus(std::string_view text) { return std::ranges::find(buses, text) != buses.end(); }
bool is_location(std::string_view text) { return std::ranges::find(locations, text) != locations.end(); }
bool is_flag(std::string_view text) { return text == "true" || text == "false"; }
bool is_state(std::string_view text) { return appraisal::state_named(text).has_value(); }
bool is_reason(std::string_view text) { return appraisal::find_reason(text) != nullptr; }
bool is_slot(std::string_view text) { return text.size() == 1 && text[0] >= '0' && text[0] <= '7'; }
bool is_vendor(std::string_view text) { return text.size() == 4 && is_hex(text); }
bool is_class(std::string_view text) { return text.size() % 2 == 0 && text.size() <= 6 && is_hex(text); }
bool is_sha256(std::string_view text) { return text.size() == 64 && is_hex(text); }
bool is_digest(std::string_view text) {
    return (text.size() == 64 || text.size() == 96 || text.size() == 128) && is_hex(text);
}

bool is_tsm(std::string_view text) {
    return text == "tsm" || (text.starts_with("tsm:tsm") && text.size() < 32 && is_number(text.substr(7)));
}
bool is_owner(std::string_view text) {
    return text == "none" || text == "native" || text == "kernel" || is_tsm(text);
}

bool is_identity(std::string_view text) {
    const auto parts = split(text, ':');
    return (parts.size() == 2 || parts.size() == 4) &&
           std::ranges::all_of(parts, [](std::string_view one) { return one == "*" || is_vendor(one); });
}

bool is_path(std::string_view text) {
    const auto parts = split(text, '/');
    if (text.size() > longest_path || parts.size() < 2 || parts.front() != "devices") return false;
    for (const auto& part : parts) {
        if (part.empty() || part == "." || part == "..") return false;
        if (!std::ranges::all_of(part, [](char c) { return c > 0x20 && c < 0x7f; })) return false;
        const bool rest = part == "**" && &part == &parts.back();
        if (part.contains("**") && !rest) return false;
    }
    return true;
}

// ---- Does it fit?
// ------------------------------------------------------------------------------------------

bool is_same(std::string_view wanted, std::string_view has) { return wanted == has; }
bool is_below_class(std::string_view wanted, std::string_view has) { return has.starts_with(wanted); }

bool fits_owner(std::string_view wanted, std::string_view has) {
    return wanted == has || (wanted == "tsm" && has.starts_with("tsm:"));
}

bool fits_identity(std::string_view wanted, std::string_view has) {
    const auto want = split(wanted, ':');
    const auto parts = split(has, ':');
    if (want.size() > parts.size()) return false;
    for (std::size_t i = 0; i < want.size(); ++i)
        if (want[i] != "*" && want[i] != parts[i]) return false;
    return true;
}

/// `*` stands for any run of characters. Backs up to the last `*` alone, so it costs at most the product of
/// the lengths.
bool fits_stars(std::string_view pattern, std::string_view text) {
    std::size_t at = 0;
    std::size_t in = 0;
    std::size_t star = std::string_view::npos;
    std::size_t resumed = 0;
    while (in < text.size()) {
        if (at < pattern.size() && pattern[at] == '*') {
            star = at++;
            resumed = in;
        } else if (at < pattern.size() && pattern[at] == text[in]) {
            ++at, ++in;
        } else if (star != std::string_view::npos) {
            at = star + 1;
            in = ++resumed;
        } else {
            return false;
        }
    }
    return pattern.find_first_not_of('*', at) == std::string_view::npos;
}

/// `*` does not reach beyond a `/`; a `**` at the end is all that lies below.
bool fits_path(std::string_view wanted, std::string_view has) {
    const auto want = split(wanted, '/');
    const auto parts = split(has, '/');
    const bool below = want.back() == "**";
    const auto fixed = want.size() - (below ? 1 : 0);
    if (below ? parts.size() <= fixed : parts.size() != fixed) return false;
    for (std::size_t i = 0; i < fixed; ++i)
        if (!fits_stars(want[i], parts[i])) return false;
    return true;
}

// ---- What the device has
// -----------------------------------------------------------------------------------

using Values = std::vector<std::string>;

Values known(const std::string& value) { return value.empty() ? Values{} : Values{value}; }
Values flag(bool value) { return {value ? "true" : "false"}; }

Values bus_of(const Subject& subject) {
    const auto end = subject.device.find('/');
    return end == std::string::npos ? Values{} : known(subject.device.substr(0, end));
}

Values class_of(const Subject& subject) {
    return subject.pci ? Values{fmt::format("{:06x}", subject.pci->class_code)} : Values{};
}

Values vendor_of(const Subject& subject) {
    return subject.pci ? Values{fmt::format("{:04x}", subject.pci->vendor)} : Values{};
}

Values identity_of(const Subject& subject) {
    if (!subject.pci) return {};
    const auto& pci = *subject.pci;
    return {fmt::format("{:04x}:{:04x}:{:04x}:{:04x}", pci.vendor, pci.device, pci.subsystem_vendor,
                        pci.subsystem)};
}

Values slot_of(const Subject& subject) {
    return subject.slot ? Values{std::to_string(*subject.slot)} : Values{};
}

struct Row {
    Field field;
    std::string_view name;
    std::string_view form;
    std::string (*usual)(std::string_view);
    bool (*is_value)(std::string_view);
    bool (*fits)(std::string_view wanted, std::string_view has);
    Values (*values)(const Subject&);  ///< null: values_of() knows
    Notation notation = Notation::text;
};

constexpr auto flag_form = "true or false";
constexpr auto sha256_form = "a SHA-256 fingerprint, 64 hex digits";

/// THE list of fields, in the order of Field.
constexpr std::array rows{
    Row{Field::bus, "bus", "one of pci, nvme, scsi, ata, mctp, emulated", lower, is_bus, is_same, bus_of},
    Row{Field::class_code, "class", "2, 4 or 6 hex digits, such as \"0108\"", plain_hex, is_class,
        is_below_class, class_of},
    Row{Field::vendor, "vendor", "4 hex digits, such as \"1ea5\"", plain_hex, is_vendor, is_same, vendor_of},
    Row{Field::identity, "identity",
        R"("vendor:device" or "vendor:device:subvendor:subdevice", each 4 hex digits or *)", lower,
        is_identity, fits_identity, identity_of},
    Row{Field::path, "path", "below /sys, such as \"devices/pci0000:00/0000:00:01.0/*\"", below_sys, is_path,
        fits_path, [](const Subject& subject) { return known(subject.place); }},
    Row{Field::location, "location", "one of fixed, removable, unknown", lower, is_location, is_same,
        [](const Subject& subject) { return known(subject.location); }},
    Row{Field::virtual_function, "virtual_function", flag_form, lower, is_flag, is_same,
        [](const Subject& subject) { return flag(subject.virtual_function); }, Notation::flag},
    Row{Field::bound_before, "bound_before", flag_form, lower, is_flag, is_same,
        [](const Subject& subject) { return flag(subject.bound_before); }, Notation::flag},
    Row{Field::owner, "owner", "one of none, native, kernel, tsm, or a TSM such as \"tsm:tsm0\"", lower,
        is_owner, fits_owner, [](const Subject& subject) { return known(subject.owner); }},
    Row{Field::state, "state",
        "one of authenticated, failed, unsupported, unreachable, undetermined, no-reference, "
        "bound-before-policy",
        lower, is_state, is_same,
        [](const Subject& subject) { return Values{std::string{appraisal::name(subject.state)}}; }},
    Row{Field::reason, "reason", "a code that `busguard reasons` lists", lower, is_reason, is_same,
        [](const Subject& subject) { return subject.reasons; }},
    Row{Field::slot, "slot", "the number of a certificate slot, 0 to 7", lower, is_slot, is_same, slot_of,
        Notation::number},
    Row{Field::certificate, "certificate", sha256_form, fingerprint, is_sha256, is_same,
        [](const Subject& subject) { return known(subject.certificate); }},
    Row{Field::root, "root", sha256_form, fingerprint, is_sha256, is_same,
        [](const Subject& subject) { return known(subject.root); }},
    Row{Field::measurement, "measurement", "a digest, 64, 96 or 128 hex digits", fingerprint, is_digest,
        is_same, nullptr},
};

constexpr bool is_in_order() {
    for (std::size_t i = 0; i < rows.size(); ++i)
        if (rows[i].field != static_cast<Field>(i)) return false;
    return rows.size() == all_fields.size();
}
static_assert(is_in_order());

const Row& row(Field field) { return rows[std::to_underlying(field)]; }

}  // namespace

std::string_view name(Field field) { return row(field).name; }
Notation notation(Field field) { return row(field).notation; }
std::string_view form(Field field) { return row(field).form; }

bool is_told_by_evidence(Field field) { return field >= Field::state; }
bool is_plural(Field field) { return field == Field::reason; }

std::optional<std::string> usual(Field field, std::string_view written) {
    auto text = row(field).usual(written);
    if (!row(field).is_value(text)) return std::nullopt;
    return text;
}

std::vector<std::string> values_of(const Subject& subject, Field field, std::uint8_t index) {
    if (auto* const values = row(field).values) return values(subject);
    const auto measured = subject.measurements.find(std::to_string(index));
    return measured == subject.measurements.end() ? Values{} : known(measured->second);
}

bool fits(Field field, std::string_view wanted, std::string_view has) { return row(field).fits(wanted, has); }

bool is_wanted_owner(std::string_view word) { return word == "native" || word == "none" || is_tsm(word); }

}  // namespace busguard::policy
