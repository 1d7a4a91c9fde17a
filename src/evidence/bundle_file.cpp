#include "evidence/bundle_file.h"

#include "base/calendar.h"
#include "base/hex.h"
#include "evidence/bundle_value.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>

namespace busguard::evidence {
namespace {

using namespace spdm;
using json::Node;
using json::Value;

constexpr std::size_t largest_transcript = std::size_t{4} << 20U;
constexpr std::size_t largest_chain = 0xffff;
constexpr std::size_t largest_signature = 4096;
constexpr std::size_t most_records = 256;
constexpr std::size_t most_blocks = 4096;
constexpr std::size_t most_versions = 16;

constexpr std::array versions{Version::v1_0, Version::v1_1, Version::v1_2, Version::v1_3};
constexpr std::array kinds{std::pair{SigningContext::responder_challenge_auth, "challenge_auth"},
                           std::pair{SigningContext::responder_measurements, "measurements"}};
constexpr auto last_errc = Errc::system;

// Writing.

Value written(ByteView bytes, const LargeForm& form) { return form ? form(bytes) : Value(to_base64(bytes)); }

Value number_or_null(const auto& optional) { return optional ? Value(*optional) : Value(nullptr); }

Value pci_value(const PciIdentity& its) {
    return {
        {"vendor", fmt::format("{:04x}", its.vendor)},
        {"device", fmt::format("{:04x}", its.device)},
        {"class_code", fmt::format("{:06x}", its.class_code)},
        {"revision", fmt::format("{:02x}", its.revision)},
        {"header_type", its.header_type},
        {"subsystem_vendor", fmt::format("{:04x}", its.subsystem_vendor)},
        {"subsystem", fmt::format("{:04x}", its.subsystem)},
        {"serial_number",
         its.serial_number ? Value(fmt::format("{:016x}", *its.serial_number)) : Value(nullptr)},
    };
}

Value agreed_value(const Agreed& agreed) {
    Value measured = nullptr;
    if (agreed.measurement_hash) {
        const auto hash = hash_of(*agreed.measurement_hash);
        measured = hash ? crypto::name(*hash) : std::string_view{"raw"};
    }
    return {
        {"version", name(agreed.version)},
        {"hash", crypto::name(hash_of(agreed.hash))},
        {"signature_algorithm", crypto::name(scheme_of(agreed.asym))},
        {"measurement_hash", measured},
        {"opaque_format", agreed.opaque_format},
        {"capabilities",
         {{"flags", fmt::format("{:08x}", agreed.peer.flags.bits())},
          {"ct_exponent", agreed.peer.ct_exponent},
          {"data_transfer_size", agreed.peer.data_transfer_size},
          {"max_message_size", agreed.peer.max_message_size}}},
    };
}

Value record_value(const Record& record, const LargeForm& chain, const LargeForm& transcript) {
    const auto* const kind = std::ranges::find(kinds, record.kind, [](const auto& one) { return one.first; });
    return {
        {"kind", kind->second},
        {"version", name(record.version)},
        {"hash", crypto::name(hash_of(record.hash))},
        {"signature_algorithm", crypto::name(scheme_of(record.asym))},
        {"slot", record.slot},
        {"requester_nonce", to_base64(record.requester_nonce)},
        {"responder_nonce", to_base64(record.responder_nonce)},
        {"prefix", to_base64(record.prefix)},
        {"transcript", written(record.transcript, transcript)},
        {"signature", to_base64(record.signature)},
        {"chain", written(record.chain, chain)},
    };
}

Value slots_value(const Bundle& bundle, const LargeForm& form) {
    auto slots = Value::array();
    for (const auto& [slot, chain] : bundle.chains)
        slots.push_back({{"slot", slot},
                         {"model", chain.model},
                         {"digest", to_base64(chain.digest.view())},
                         {"chain", written(chain.structure, form)}});
    return slots;
}

Value blocks_value(const Bundle& bundle) {
    auto blocks = Value::array();
    for (const auto& block : bundle.measurements)
        blocks.push_back({{"index", block.index},
                          {"type", std::to_underlying(block.type)},
                          {"raw", block.raw},
                          {"value", to_base64(block.value)}});
    return blocks;
}

// Reading.

Version version_in(const Node& node) {
    const auto text = node.text();
    for (auto version : versions)
        if (name(version) == text) return version;
    node.blame("is no SPDM version that is known");
    return Version::v1_0;
}

BaseHash hash_in(const Node& node) {
    if (const auto hash = crypto::hash_named(node.text())) return base_hash_of(*hash);
    node.blame("is no hash that is known");
    return BaseHash::sha_256;
}

BaseAsym asym_in(const Node& node) {
    if (const auto scheme = crypto::scheme_named(node.text())) return base_asym_of(*scheme);
    node.blame("is no signature algorithm that is known");
    return BaseAsym::ecdsa_p384;
}

template <class T>
T small(const Node& node, std::uint64_t largest) {
    return static_cast<T>(node.number(largest));
}

SlotId slot_in(const Node& node) { return small<SlotId>(node, slot_count - 1); }

Nonce nonce_in(const Node& node) {
    const auto bytes = node.base64(nonce_size);
    Nonce nonce{};
    if (bytes.size() == nonce.size())
        std::ranges::copy(bytes, nonce.begin());
    else
        node.blame("has to be 32 bytes");
    return nonce;
}

PciIdentity pci_in(const Node& node) {
    node.members({"vendor", "device", "class_code", "revision", "header_type", "subsystem_vendor",
                  "subsystem", "serial_number"});
    PciIdentity its{
        .vendor = static_cast<std::uint16_t>(node["vendor"].hex(4)),
        .device = static_cast<std::uint16_t>(node["device"].hex(4)),
        .class_code = static_cast<std::uint32_t>(node["class_code"].hex(6)),
        .revision = static_cast<std::uint8_t>(node["revision"].hex(2)),
        .header_type = small<std::uint8_t>(node["header_type"], 0x7f),
        .subsystem_vendor = static_cast<std::uint16_t>(node["subsystem_vendor"].hex(4)),
        .subsystem = static_cast<std::uint16_t>(node["subsystem"].hex(4)),
    };
    if (const auto serial = node["serial_number"]; !serial.is_null()) its.serial_number = serial.hex(16);
    return its;
}

Circumstances circumstances_in(const Node& device, const Node& recorded) {
    device.members({"name", "transport", "pci"});
    recorded.members({"by", "at"});
    Circumstances its{.device = device["name"].text(),
                      .transport = device["transport"].text(),
                      .recorded_by = recorded["by"].text()};
    if (const auto pci = device["pci"]; !pci.is_null()) its.pci = pci_in(pci);
    if (const auto at = recorded["at"]; !at.is_null()) {
        const auto when = time_from_text(at.text());
        if (when)
            its.when = *when;
        else
            at.blame("has to be a time such as 2026-01-31T12:00:00Z");
    }
    return its;
}

std::optional<MeasurementHash> measurement_hash_in(const Node& node) {
    if (node.is_null()) return std::nullopt;
    const auto text = node.text();
    if (text == "raw") return MeasurementHash::raw_only;
    if (const auto hash = crypto::hash_named(text)) return measurement_hash_of(*hash);
    node.blame("is no hash that is known");
    return std::nullopt;
}

Agreed agreed_in(const Node& node) {
    node.members(
        {"version", "hash", "signature_algorithm", "measurement_hash", "opaque_format", "capabilities"});
    const auto peer = node["capabilities"];
    peer.members({"flags", "ct_exponent", "data_transfer_size", "max_message_size"});
    constexpr std::uint64_t any_u32 = 0xffffffff;
    return {.version = version_in(node["version"]),
            .peer = {.ct_exponent = small<std::uint8_t>(peer["ct_exponent"], 0xff),
                     .flags = Flags<Cap>::from_bits(static_cast<std::uint32_t>(peer["flags"].hex(8))),
                     .data_transfer_size = small<std::uint32_t>(peer["data_transfer_size"], any_u32),
                     .max_message_size = small<std::uint32_t>(peer["max_message_size"], any_u32)},
            .asym = asym_in(node["signature_algorithm"]),
            .hash = hash_in(node["hash"]),
            .measurement_hash = measurement_hash_in(node["measurement_hash"]),
            .opaque_format = small<std::uint8_t>(node["opaque_format"], 0xf)};
}

Record record_in(const Node& node) {
    node.members({"kind", "version", "hash", "signature_algorithm", "slot", "requester_nonce",
                  "responder_nonce", "prefix", "transcript", "signature", "chain"});
    const auto text = node["kind"].text();
    const auto* const kind = std::ranges::find(kinds, text, [](const auto& one) { return one.second; });
    if (kind == kinds.end()) node["kind"].blame("is no statement that is known");
    return {.kind = kind == kinds.end() ? SigningContext{} : kind->first,
            .version = version_in(node["version"]),
            .hash = hash_in(node["hash"]),
            .asym = asym_in(node["signature_algorithm"]),
            .slot = slot_in(node["slot"]),
            .chain = node["chain"].base64(largest_chain),
            .transcript = node["transcript"].base64(largest_transcript),
            .signature = node["signature"].base64(largest_signature),
            .requester_nonce = nonce_in(node["requester_nonce"]),
            .responder_nonce = nonce_in(node["responder_nonce"]),
            .prefix = node["prefix"].base64(100)};
}

void slots_in(const Node& node, Bundle& bundle) {
    for (const auto& one : node.elements(slot_count)) {
        one.members({"slot", "model", "digest", "chain"});
        SlotChain chain{.structure = one["chain"].base64(largest_chain),
                        .digest = crypto::Digest{one["digest"].base64(crypto::largest_digest)},
                        .model = small<std::uint8_t>(one["model"], 7)};
        if (!bundle.chains.emplace(slot_in(one["slot"]), std::move(chain)).second)
            one["slot"].blame("occurs twice");
    }
}

void measurements_in(const Node& node, Bundle& bundle) {
    node.members({"signed", "blocks"});
    bundle.measurements_signed = node["signed"].boolean();
    for (const auto& one : node["blocks"].elements(most_blocks)) {
        one.members({"index", "type", "raw", "value"});
        bundle.measurements.push_back({.index = small<std::uint8_t>(one["index"], 0xfe),
                                       .type = small<MeasurementType>(one["type"], 0x7f),
                                       .raw = one["raw"].boolean(),
                                       .value = one["value"].base64(0xffff)});
    }
}

Ending ending_in(const Node& node) {
    node.members({"code", "what", "offset", "detail"});
    Ending ending{.what = node["what"].text(),
                  .offset = node["offset"].number(0xffffffff),
                  .detail = small<std::uint32_t>(node["detail"], 0xffffffff)};
    const auto text = node["code"].text();
    for (auto code = Errc{}; code <= last_errc; code = static_cast<Errc>(std::to_underlying(code) + 1)) {
        if (name(code) != text) continue;
        ending.code = code;
        return ending;
    }
    node["code"].blame("is no error that is known");
    return ending;
}

}  // namespace

Value bundle_value(const Bundle& bundle, const LargeForm& chain, const LargeForm& transcript) {
    const auto& its = bundle.circumstances;
    auto offered = Value::array();
    for (auto version : bundle.versions) offered.push_back(name(version));
    auto records = Value::array();
    for (const auto& record : bundle.records) records.push_back(record_value(record, chain, transcript));
    Value failure = nullptr;
    if (const auto& end = bundle.failure)
        failure = {
            {"code", name(end->code)}, {"what", end->what}, {"offset", end->offset}, {"detail", end->detail}};
    return {
        {"schema", bundle_schema},
        {"device",
         {{"name", its.device},
          {"transport", its.transport},
          {"pci", its.pci ? pci_value(*its.pci) : Value(nullptr)}}},
        {"recorded",
         {{"by", its.recorded_by}, {"at", its.when ? Value(to_text(*its.when)) : Value(nullptr)}}},
        {"versions", offered},
        {"negotiated", bundle.agreed ? agreed_value(*bundle.agreed) : Value(nullptr)},
        {"supported_slots", bundle.supported_slots},
        {"provisioned_slots", bundle.provisioned_slots},
        {"slots", slots_value(bundle, chain)},
        {"signing_slot", number_or_null(bundle.slot)},
        {"records", records},
        {"measurements", {{"signed", bundle.measurements_signed}, {"blocks", blocks_value(bundle)}}},
        {"failure", failure},
    };
}

std::string to_json(const Bundle& bundle) { return json::print(bundle_value(bundle)); }

Bundle bundle_in(const Node& root) {
    if (!root["schema"].is_text() || root["schema"].text() != bundle_schema)
        root["schema"].blame("is not " + std::string{bundle_schema}, "made by another version of busguard?");
    root.members({"schema", "device", "recorded", "versions", "negotiated", "supported_slots",
                  "provisioned_slots", "slots", "signing_slot", "records", "measurements", "failure"});

    Bundle bundle{.circumstances = circumstances_in(root["device"], root["recorded"])};
    for (const auto& one : root["versions"].elements(most_versions))
        bundle.versions.push_back(version_in(one));
    if (const auto agreed = root["negotiated"]; !agreed.is_null()) bundle.agreed = agreed_in(agreed);
    bundle.supported_slots = small<std::uint8_t>(root["supported_slots"], 0xff);
    bundle.provisioned_slots = small<std::uint8_t>(root["provisioned_slots"], 0xff);
    slots_in(root["slots"], bundle);
    if (const auto slot = root["signing_slot"]; !slot.is_null()) bundle.slot = slot_in(slot);
    for (const auto& one : root["records"].elements(most_records)) bundle.records.push_back(record_in(one));
    measurements_in(root["measurements"], bundle);
    if (const auto end = root["failure"]; !end.is_null()) bundle.failure = ending_in(end);
    return bundle;
}

Checked<Bundle> bundle_from_json(std::string_view text, const std::string& where) {
    const auto document = TRY(json::parse(text, where, largest_bundle));
    json::Fault fault{where};
    auto bundle = bundle_in(Node{document, {}, fault});
    if (fault.problem()) return fail(*fault.problem());
    return bundle;
}

}  // namespace busguard::evidence
