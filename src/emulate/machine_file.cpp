#include "emulate/machine_file.h"

#include "base/hex.h"
#include "config/toml_fields.h"
#include "emulate/config_registers.h"
#include "emulate/tsm_class.h"
#include "host/files.h"

#include <algorithm>
#include <array>
#include <charconv>
#include <set>

namespace busguard::emulate {
namespace {

constexpr std::size_t most_devices = 4096;
constexpr std::size_t most_authorities = 64;
constexpr std::size_t most_measurements = 254;
constexpr std::size_t largest_measurement = 4096;

constexpr auto schemes =
    "rsassa-2048, rsassa-3072, rsassa-4096, rsapss-2048, rsapss-3072, rsapss-4096, ecdsa-p256, ecdsa-p384, "
    "ecdsa-p521, ed25519, ed448";
constexpr auto hashes = "sha256, sha384, sha512, sha3-256, sha3-384, sha3-512";

template <class T>
T narrow(std::optional<std::int64_t> value, T otherwise = {}) {
    return value ? static_cast<T>(*value) : otherwise;
}

std::optional<spdm::Version> version_named(std::string_view text) {
    for (auto version : {spdm::Version::v1_0, spdm::Version::v1_1, spdm::Version::v1_2, spdm::Version::v1_3})
        if (name(version) == text) return version;
    return std::nullopt;
}

std::optional<MailboxFault> fault_named(std::string_view text) {
    if (text == "busy") return MailboxFault::busy;
    if (text == "silent") return MailboxFault::silent;
    if (text == "error") return MailboxFault::error;
    if (text == "babble") return MailboxFault::babble;
    return std::nullopt;
}

std::optional<spdm::MeasurementType> measurement_type_named(std::string_view text) {
    for (std::uint8_t number = 0; number <= 10; ++number) {
        const auto type = static_cast<spdm::MeasurementType>(number);
        if (name(type) == text) return type;
    }
    return std::nullopt;
}

/// "0001:01"
std::optional<transport::DoeProtocol> protocol_named(std::string_view text) {
    if (text.size() != 7 || text[4] != ':') return std::nullopt;
    const auto vendor = from_hex(text.substr(0, 4));
    const auto type = from_hex(text.substr(5));
    if (!vendor || !type) return std::nullopt;
    return transport::DoeProtocol{static_cast<std::uint16_t>(std::to_integer<unsigned>((*vendor)[0]) << 8 |
                                                             std::to_integer<unsigned>((*vendor)[1])),
                                  std::to_integer<std::uint8_t>((*type)[0])};
}

std::optional<std::uint64_t> serial_named(std::string_view text) {
    std::uint64_t value = 0;
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value, 16);
    if (text.size() != 16 || error != std::errc{} || end != text.data() + text.size()) return std::nullopt;
    return value;
}

std::optional<PciAddress> address_named(std::string_view text) { return PciAddress::parse(text); }

Validity read_validity(config::TomlFields& in) {
    auto validity = device_lifetime();
    if (const auto from = in.date("valid_from")) validity.from = *from;
    if (const auto to = in.date("valid_to"))
        validity.to = *to + std::chrono::days{1} - std::chrono::seconds{1};
    if (validity.from > validity.to) in.wrong("valid_to", "lies before valid_from");
    return validity;
}

AuthorityDescription read_authority(config::TomlFields& in) {
    AuthorityDescription out;
    out.subject = in.needed("subject", in.text("subject", 64));
    out.scheme = in.choice("algorithm", crypto::scheme_named, schemes).value_or(out.scheme);
    out.trusted = in.boolean("trusted").value_or(true);
    out.validity = read_validity(in);
    in.finish();
    return out;
}

transport::PciIdentity read_identity(config::TomlFields& in) {
    transport::PciIdentity out;
    out.header_type = in.boolean("bridge").value_or(false) ? 1 : 0;
    out.vendor = narrow<std::uint16_t>(in.needed("vendor", in.integer("vendor", 0, 0xfffe)));
    out.device = narrow<std::uint16_t>(in.needed("device", in.integer("device", 0, 0xffff)));
    out.class_code = narrow<std::uint32_t>(in.needed("class", in.integer("class", 0, 0xffffff)));
    out.revision = narrow<std::uint8_t>(in.integer("revision", 0, 0xff));
    out.serial_number = in.choice("serial_number", serial_named, "16 hexadecimal digits in quotes");
    if (out.header_type == 0) {
        out.subsystem_vendor = narrow<std::uint16_t>(in.integer("subsystem_vendor", 0, 0xffff));
        out.subsystem = narrow<std::uint16_t>(in.integer("subsystem_device", 0, 0xffff));
    }
    return out;
}

MailboxDescription mailbox_from(config::TomlFields& in) {
    MailboxDescription out;
    out.offset = narrow(
        in.integer("offset", ConfigRegisters::first_free, ConfigRegisters::size - DoeRegisters::block_size),
        out.offset);
    if (out.offset % 4 != 0) in.wrong("offset", "is not a multiple of 4");
    out.version = narrow(in.integer("version", 1, 2), out.version);
    out.latency = std::chrono::milliseconds{in.integer("latency_ms", 0, 60'000).value_or(0)};
    out.stray_status_bits = narrow<std::uint32_t>(in.integer("stray_status_bits", 0, 0x7ffffff8));
    if ((out.stray_status_bits & 7U) != 0) in.wrong("stray_status_bits", "holds a bit that is defined");
    out.fault = in.choice("fault", fault_named, "busy, silent, error, babble").value_or(out.fault);
    out.seed = narrow<std::uint64_t>(in.integer("seed", 1, 0x7fffffff), 1);
    if (in.has("features")) out.features = {transport::doe_discovery};
    for (const auto& word : in.texts("features", 32)) {
        const auto protocol = protocol_named(word);
        if (!protocol)
            in.wrong("features", "\"" + word + "\" is no vendor and type", "such as \"0001:01\"");
        else if (std::ranges::find(out.features, *protocol) == out.features.end())
            out.features.push_back(*protocol);
    }
    in.finish();
    return out;
}

SlotDescription read_slot(config::TomlFields& in, const std::filesystem::path& base) {
    SlotDescription out;
    out.number = narrow<std::uint8_t>(in.needed("number", in.integer("number", 0, spdm::slot_count - 1)));
    if (const auto directory = in.text("directory", 4096)) {
        out.directory = (base.parent_path() / *directory).string();
    } else {
        out.issuer = in.needed("issuer", in.text("issuer"));
        out.presents = in.text("presents").value_or(out.issuer);
        out.cma_name = in.boolean("cma_name").value_or(true);
        out.cma_name_of = in.choice("cma_name_of", address_named, "a device's address");
        out.device_info = in.text("device_info").value_or("");
        out.validity = read_validity(in);
    }
    out.alias = in.boolean("alias").value_or(false);
    if (out.alias && out.presents != out.issuer) in.wrong("alias", "a forged chain has no alias");
    in.finish();
    return out;
}

/// Exactly one of: a digest of some text (or its bytes), a version as text, bytes, a security version number.
spdm::MeasurementBlock read_measurement(config::TomlFields& in, crypto::Hash hash) {
    spdm::MeasurementBlock out;
    out.index = narrow<std::uint8_t>(in.needed("index", in.integer("index", 1, 254)));
    const auto type =
        in.choice("type", measurement_type_named,
                  "immutable ROM, mutable firmware, hardware configuration, firmware configuration, …");
    out.type = in.needed("type", type);
    const auto digest_of = in.text("digest_of", largest_measurement);
    const auto text = in.text("text", largest_measurement);
    const auto hex = in.text("hex", 2 * largest_measurement);
    const auto number = in.integer("svn", 0, INT64_MAX);
    const std::array given{digest_of.has_value(), text.has_value(), hex.has_value(), number.has_value()};
    if (std::ranges::count(given, true) != 1)
        in.wrong("digest_of", "exactly one of digest_of, text, hex, svn says what is measured");
    out.raw = !digest_of;
    if (digest_of) out.value = to_bytes(crypto::digest(hash, as_bytes(*digest_of)));
    if (text) out.value = to_bytes(as_bytes(*text));
    if (hex) {
        auto bytes = from_hex(*hex);
        if (!bytes)
            in.wrong("hex", "is not hexadecimal");
        else
            out.value = *std::move(bytes);
    }
    if (number)
        for (int shift = 0; shift < 64; shift += 8)
            out.value.push_back(static_cast<std::byte>(*number >> shift & 0xff));
    in.finish();
    return out;
}

SpdmDescription read_spdm(config::TomlFields& in, const std::filesystem::path& base) {
    SpdmDescription out;
    for (const auto& word : in.texts("versions", 4)) {
        const auto version = version_named(word);
        if (!version)
            in.wrong("versions", "\"" + word + "\" is not known", "1.0, 1.1, 1.2, 1.3");
        else if (std::ranges::find(out.versions, *version) != out.versions.end())
            in.wrong("versions", "says " + word + " twice");
        else
            out.versions.push_back(*version);
    }
    if (out.versions.empty()) in.missing("versions", R"(such as ["1.2", "1.3"])");
    std::ranges::sort(out.versions);
    out.scheme = in.choice("algorithm", crypto::scheme_named, schemes).value_or(out.scheme);
    out.hash = in.choice("hash", crypto::hash_named, hashes).value_or(out.hash);
    out.measurement_hash = in.choice("measurement_hash", crypto::hash_named, hashes).value_or(out.hash);
    out.ct_exponent = narrow(in.integer("ct_exponent", 0, 31), out.ct_exponent);
    out.largest_message = narrow(in.integer("largest_message", 42, 0xfffff), out.largest_message);
    out.signs_measurements = in.boolean("signs_measurements").value_or(true);
    for (auto& slot : in.tables("slot", spdm::slot_count)) {
        out.slots.push_back(read_slot(slot, base));
        for (std::size_t i = 0; i + 1 < out.slots.size(); ++i)
            if (out.slots[i].number == out.slots.back().number) slot.wrong("number", "is used twice");
    }
    for (auto& measurement : in.tables("measurement", most_measurements)) {
        out.measurements.push_back(read_measurement(measurement, out.measurement_hash));
        for (std::size_t i = 0; i + 1 < out.measurements.size(); ++i)
            if (out.measurements[i].index == out.measurements.back().index)
                measurement.wrong("index", "is used twice");
    }
    std::ranges::sort(out.measurements, {}, &spdm::MeasurementBlock::index);
    in.finish();
    return out;
}

Lies read_lies(config::TomlFields& in) {
    Lies out;
    out.bad_signature = in.boolean("bad_signature").value_or(false);
    out.replay = in.boolean("replay").value_or(false);
    out.highest_told = in.choice("highest_version", version_named, "1.0, 1.1, 1.2, 1.3");
    if (const auto slot = in.integer("slot_told", 0, 15)) out.slot_told = narrow<std::uint8_t>(slot);
    if (const auto index = in.integer("tampered_measurement", 1, 254))
        out.tampered = narrow<std::uint8_t>(index);
    out.truncated = narrow<std::uint32_t>(in.integer("truncated", 0, 65536));
    out.busy = narrow<std::uint32_t>(in.integer("busy", 0, 1000));
    out.not_ready = narrow<std::uint32_t>(in.integer("not_ready", 0, 1000));
    in.finish();
    return out;
}

std::optional<std::string> location_named(std::string_view text) {
    if (text == "fixed" || text == "removable" || text == "unknown") return std::string{text};
    return std::nullopt;
}

/// Or empty: no driver.
bool is_driver_name(std::string_view name) { return !name.contains('/') && !name.starts_with('.'); }

std::string read_driver(config::TomlFields& in, std::string_view key) {
    auto driver = in.text(key, 64).value_or("");
    if (!is_driver_name(driver)) in.wrong(key, "is no driver's name");
    return driver;
}

SriovDescription read_sriov(config::TomlFields& in, const DeviceDescription& physical) {
    SriovDescription out;
    out.total = narrow<std::uint16_t>(in.needed("vfs", in.integer("vfs", 1, SriovDescription::most)));
    out.vf_device = narrow<std::uint16_t>(in.integer("vf_device", 0, 0xffff), physical.identity.device);
    out.vf_driver = in.has("vf_driver") ? read_driver(in, "vf_driver") : physical.driver;
    if (physical.identity.header_type == 1) in.wrong("vfs", "a bridge has no virtual functions");
    if (out.total != 0 && !virtual_function(physical.address, static_cast<std::uint16_t>(out.total - 1)))
        in.wrong("vfs", "reach beyond the end of the bus",
                 "a lower number, or a lower address of the device");
    in.finish();
    return out;
}

DeviceDescription read_device(config::TomlFields& in, const std::filesystem::path& base) {
    DeviceDescription out;
    const auto* const addresses = "an address such as 0000:01:00.0";
    out.address = in.needed("address", in.choice("address", address_named, addresses));
    out.under = in.choice("under", address_named, addresses);
    out.name = in.text("name").value_or("");
    out.identity = read_identity(in);
    out.driver = read_driver(in, "driver");
    out.present = in.boolean("present").value_or(true);
    out.removable = in.choice("removable", location_named, "fixed, removable, unknown").value_or("");
    out.tsm = in.text("tsm", 16);
    if (auto spdm = in.table("spdm")) {
        out.spdm = read_spdm(*spdm, base);
        out.mailbox.emplace();
    }
    if (auto doe = in.table("doe")) {
        out.mailbox = mailbox_from(*doe);
        if (!out.spdm && !doe->has("features")) out.mailbox->features = {transport::doe_discovery};
    }
    if (auto lies = in.table("lies")) {
        out.lies = read_lies(*lies);
        if (!out.spdm) in.wrong("lies", "needs SPDM to lie in", "add [device.spdm]");
    }
    if (auto sriov = in.table("sriov")) out.sriov = read_sriov(*sriov, out);
    in.finish();
    return out;
}

/// What one device says about others, and about authorities.
void check_references(const MachineDescription& machine, std::size_t at, config::TomlFields& in) {
    const auto& device = machine.devices[at];
    const auto earlier = std::span{machine.devices}.first(at);
    auto there = [&](PciAddress address) {
        return std::ranges::find(earlier, address, &DeviceDescription::address);
    };
    if (there(device.address) != earlier.end()) in.wrong("address", device.address.text() + " is used twice");
    if (device.under) {
        const auto bridge = there(*device.under);
        if (bridge == earlier.end() || bridge->identity.header_type != 1)
            in.wrong("under", device.under->text() + " is no bridge",
                     "describe the bridge before this device");
    }
    if (device.tsm && !device.tsm->empty() &&
        std::ranges::find(machine.tsms, *device.tsm) == machine.tsms.end())
        in.wrong("tsm", "\"" + *device.tsm + "\" is not there", "name it in the machine's list tsms");
    if (!device.spdm) return;
    for (const auto& slot : device.spdm->slots) {
        for (const auto& authority : {slot.issuer, slot.presents})
            if (slot.directory.empty() && !machine.authorities.contains(authority))
                in.wrong("spdm",
                         "slot " + std::to_string(slot.number) + ": no authority \"" + authority + "\"",
                         "add [authority." + authority + "]");
    }
    const auto& blocks = device.spdm->measurements;
    if (device.lies.tampered &&
        std::ranges::find(blocks, *device.lies.tampered, &spdm::MeasurementBlock::index) == blocks.end())
        in.wrong("lies", "tampered_measurement is not the index of a measurement");
}

/// What is looked at when all devices are known: a device may name one that is described later.
Checked<void> check_whole(const MachineDescription& machine, const std::filesystem::path& file) {
    std::set<PciAddress> taken;
    for (const auto& device : machine.devices) taken.insert(device.address);
    for (const auto& device : machine.devices) {
        const auto wrong = [&](const std::string& field, std::string message) {
            return fail(Problem{.where = file.string(),
                                .field = "device " + device.address.text() + ", " + field,
                                .message = std::move(message)});
        };
        const auto slots = device.spdm ? device.spdm->slots : std::vector<SlotDescription>{};
        for (const auto& slot : slots)
            if (slot.cma_name_of && std::ranges::find(machine.devices, *slot.cma_name_of,
                                                      &DeviceDescription::address) == machine.devices.end())
                return wrong("slot " + std::to_string(slot.number) + ", cma_name_of",
                             slot.cma_name_of->text() + " is not described");
        for (std::uint16_t n = 0; device.sriov && n < device.sriov->total; ++n) {
            const auto address = *virtual_function(device.address, n);
            if (!taken.insert(address).second)
                return wrong("sriov.vfs", "another function is at " + address.text() + " already");
        }
    }
    return {};
}

}  // namespace

Checked<MachineDescription> parse_machine(std::string_view text, const std::filesystem::path& file) {
    auto document = TRY(config::TomlDocument::parse(text, file.string()));
    auto in = document.fields();
    MachineDescription out;
    out.name = in.text("machine").value_or(file.stem().string());
    out.autoprobe = in.boolean("autoprobe").value_or(true);
    out.autoprobe_holds_for_hotplug = in.boolean("autoprobe_holds_for_hotplug").value_or(true);
    out.drivers = in.texts("drivers", 64);
    out.tsms = in.texts("tsms", 8);
    for (const auto& driver : out.drivers)
        if (driver.empty() || !is_driver_name(driver))
            in.wrong("drivers", "\"" + driver + "\" is no driver's name");
    for (const auto& tsm : out.tsms)
        if (!is_tsm_name(tsm)) in.wrong("tsms", "\"" + tsm + "\" is no TSM's name", "such as \"tsm0\"");
    for (auto& [name, authority] : in.named_tables("authority", most_authorities)) {
        if (name.empty() || name.contains('/') || name.starts_with('.'))
            authority.wrong("subject", "\"" + name + "\" is no name for an authority");
        out.authorities.emplace(name, read_authority(authority));
    }
    for (auto& device : in.tables("device", most_devices)) {
        out.devices.push_back(read_device(device, file));
        check_references(out, out.devices.size() - 1, device);
    }
    in.finish();
    if (document.problem()) return fail(*document.problem());
    TRY(check_whole(out, file));
    return out;
}

Checked<MachineDescription> read_machine(const std::filesystem::path& file) {
    const auto text = TRY(host::read_file(file, config::TomlDocument::largest));
    return parse_machine(as_text(text), file);
}

}  // namespace busguard::emulate
