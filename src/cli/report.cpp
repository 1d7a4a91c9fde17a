#include "cli/report.h"

#include "base/hex.h"
#include "cli/time.h"
#include "evidence/nvidia.h"
#include "evidence/transcript_review.h"
#include "spdm/certificate_chain.h"
#include "spdm/meaning.h"

#include <fmt/format.h>

#include <algorithm>

namespace busguard::cli {
namespace {

struct Slot {
    spdm::SlotId number = 0;
    const spdm::SlotChain* chain = nullptr;
    std::vector<crypto::Certificate> certificates;  ///< root first; empty if they do not parse
};

std::vector<Slot> slots_of(const evidence::Bundle& bundle) {
    std::vector<Slot> slots;
    for (const auto& [number, chain] : bundle.chains) {
        Slot slot{.number = number, .chain = &chain, .certificates = {}};
        const auto hash_size = bundle.agreed ? spdm::size(bundle.agreed->hash) : chain.digest.size();
        if (const auto structure = spdm::read_chain_structure(chain.structure, hash_size))
            if (auto certificates = crypto::split_chain(structure->certificates))
                slot.certificates = *std::move(certificates);
        slots.push_back(std::move(slot));
    }
    return slots;
}

std::string_view model_name(std::uint8_t model) {
    switch (model) {
        case 1: return "device certificate model";
        case 2: return "alias certificate model";
        case 3: return "generic certificate model";
        default: return "model not told";
    }
}

std::string_view name_of_name(std::string_view oid) {
    if (oid == trust::oid::cma_name) return "CMA name";
    if (oid == trust::oid::device_info) return "device info";
    return oid;
}

std::string key_of(const crypto::Certificate& certificate) {
    const auto key = certificate.public_key();
    return key ? key->describe() : "key of an unknown kind";
}

Json to_json(const crypto::Certificate& certificate) {
    return {{"subject", certificate.subject()},
            {"issuer", certificate.issuer()},
            {"serial", certificate.serial()},
            {"not_before", format_time(certificate.not_before())},
            {"not_after", format_time(certificate.not_after())},
            {"key", key_of(certificate)},
            {"signature_algorithm", certificate.signature_algorithm()},
            {"sha256", to_hex(certificate.fingerprint(crypto::Hash::sha_256))}};
}

Json to_json(const Slot& slot, const evidence::Bundle& bundle) {
    Json certificates = Json::array();
    for (const auto& one : slot.certificates) certificates.push_back(to_json(one));
    return {{"slot", slot.number},
            {"signs", bundle.slot == slot.number},
            {"digest", to_hex(slot.chain->digest)},
            {"model", slot.chain->model},
            {"size", slot.chain->structure.size()},
            {"certificates", std::move(certificates)}};
}

std::string heading(std::string_view text, bool colour) {
    return "\n" + paint(text, Tone::strong, colour) + "\n";
}

std::string line(std::string_view label, std::string_view value) {
    return value.empty() ? std::string{} : fmt::format("  {:<14}{}\n", label, value);
}

std::string connection_text(const evidence::Bundle& bundle) {
    if (!bundle.agreed) return line("connection", "nothing was negotiated");
    const auto& agreed = *bundle.agreed;
    std::string versions;
    for (const auto version : bundle.versions)
        versions += (versions.empty() ? "" : ", ") + std::string{name(version)};
    return line("SPDM", fmt::format("{} (the device speaks {})", name(agreed.version),
                                    versions.empty() ? "?" : versions)) +
           line("algorithms",
                fmt::format("{}, {}, measurements {}", names(Flags{agreed.asym}), names(Flags{agreed.hash}),
                            agreed.measurement_hash ? names(Flags{*agreed.measurement_hash}) : "none")) +
           line("capabilities", names(agreed.peer.flags));
}

std::string slot_text(const Slot& slot, const evidence::Bundle& bundle, bool colour) {
    auto out =
        heading(fmt::format("Slot {}{}", slot.number, bundle.slot == slot.number ? " (signs)" : ""), colour);
    out += line("digest", to_hex(slot.chain->digest));
    if (slot.chain->model != 0) out += line("model", model_name(slot.chain->model));
    if (slot.certificates.empty()) return out + line("certificates", "none that parse");
    std::string indent = "  ";
    for (const auto& one : slot.certificates) {
        out += fmt::format("{}{}\n", indent, one.subject());
        out += paint(fmt::format("{}  {}, {} to {}, serial {}\n", indent, key_of(one),
                                 format_time(one.not_before()), format_time(one.not_after()), one.serial()),
                     Tone::quiet, colour);
        for (const auto& other : one.other_names())
            out += fmt::format("{}  {}: {}\n", indent, name_of_name(other.oid), printable(other.utf8));
        indent += "  ";
    }
    return out;
}

const Check* comparison(const Judged& judged, std::uint8_t index) {
    const auto name = fmt::format("measurement.{}", index);
    const auto& checks = judged.verdict.checks;
    const auto found = std::ranges::find_if(checks, [&](const auto& one) { return one.name == name; });
    return found == checks.end() ? nullptr : &*found;
}

Tone tone_of_outcome(Outcome outcome) {
    switch (outcome) {
        case Outcome::pass: return Tone::good;
        case Outcome::fail: return Tone::bad;
        case Outcome::reported: return Tone::caution;
        case Outcome::skipped: return Tone::quiet;
    }
    return Tone::plain;
}

std::string type_name(const spdm::MeasurementBlock& block) {
    const auto known = name(block.type);
    return fmt::format(
        "{}{}",
        known.empty() ? fmt::format("type {}", static_cast<unsigned>(block.type)) : std::string{known},
        block.raw ? ", raw" : "");
}

constexpr std::size_t shown_of_a_value = 64;

std::string value_text(const spdm::MeasurementBlock& block) {
    const auto shown = ByteView{block.value}.first(std::min(block.value.size(), shown_of_a_value));
    const auto more = block.value.size() - shown.size();
    return to_hex(shown) + (more == 0 ? "" : fmt::format("... ({} more bytes)", more));
}

std::vector<evidence::nvidia::Field> vendor_fields(const Judged& judged) {
    // Only these reports are known to carry fields of this form in their opaque data.
    if (!judged.visited.bundle || judged.visited.bundle->records.empty()) return {};
    const auto& bundle = *judged.visited.bundle;
    const auto identity = appraisal::identity_of(bundle);
    if (!identity.contains("nvidia")) return {};
    const auto opaque = evidence::review(bundle.records.front()).opaque;
    auto fields = evidence::nvidia::parse_opaque(opaque);
    return fields ? *std::move(fields) : std::vector<evidence::nvidia::Field>{};
}

std::string name_of(const evidence::nvidia::Field& field) {
    const auto known = evidence::nvidia::name(field.type);
    return known.empty() ? fmt::format("type {}", field.type) : std::string{known};
}

}  // namespace

std::string measurements_text(const Judged& judged, bool colour) {
    if (!judged.visited.bundle || judged.visited.bundle->measurements.empty()) return {};
    const auto& blocks = judged.visited.bundle->measurements;
    const bool compared = std::ranges::any_of(
        blocks, [&](const auto& block) { return comparison(judged, block.index) != nullptr; });
    std::vector<std::string> header{"INDEX", "TYPE"};
    if (compared) header.emplace_back("RESULT");
    header.emplace_back("VALUE");
    Table table{std::move(header)};
    for (const auto& block : blocks) {
        std::vector<Table::Cell> cells{{fmt::format("{}", block.index)}, {type_name(block)}};
        if (compared) {
            const auto* check = comparison(judged, block.index);
            if (check == nullptr)
                cells.push_back({"not compared", Tone::quiet});
            else
                cells.push_back({std::string{name(check->outcome)}, tone_of_outcome(check->outcome)});
        }
        cells.push_back({value_text(block), Tone::quiet});
        table.row(std::move(cells));
    }
    return table.render(colour);
}

Json measurements_json(const Judged& judged) {
    if (!judged.visited.bundle) return nullptr;
    Json list = Json::array();
    for (const auto& block : judged.visited.bundle->measurements) {
        const auto* check = comparison(judged, block.index);
        list.push_back({{"index", block.index},
                        {"type", static_cast<unsigned>(block.type)},
                        {"type_name", text_or_null(std::string{name(block.type)})},
                        {"raw", block.raw},
                        {"value", to_hex(block.value)},
                        {"outcome", check == nullptr ? Json(nullptr) : Json(name(check->outcome))}});
    }
    return list;
}

Json vendor_fields_json(const Judged& judged) {
    Json list = Json::array();
    for (const auto& field : vendor_fields(judged)) {
        const auto known = evidence::nvidia::name(field.type);
        list.push_back({{"type", field.type},
                        {"name", text_or_null(std::string{known})},
                        {"value", printable(evidence::nvidia::show(field))},
                        {"bytes", to_hex(field.value)}});
    }
    return list;
}

std::string vendor_fields_text(const Judged& judged, bool colour) {
    const auto fields = vendor_fields(judged);
    if (fields.empty()) return {};
    Table table{{"FIELD", "VALUE"}};
    for (const auto& field : fields)
        table.row({{name_of(field)}, {printable(evidence::nvidia::show(field))}});
    return table.render(colour);
}

Json report_json(const Judged& judged) {
    auto out = to_json(judged);
    Json slots = Json::array();
    Json capabilities = nullptr;
    Json versions = Json::array();
    if (judged.visited.bundle) {
        const auto& bundle = *judged.visited.bundle;
        for (const auto& slot : slots_of(bundle)) slots.push_back(to_json(slot, bundle));
        for (const auto spoken : bundle.versions) versions.push_back(name(spoken));
        if (bundle.agreed)
            capabilities = {{"flags", bundle.agreed->peer.flags.bits()},
                            {"names", names(bundle.agreed->peer.flags)},
                            {"ct_exponent", bundle.agreed->peer.ct_exponent},
                            {"max_message_size", bundle.agreed->peer.max_message_size}};
    }
    out["versions"] = std::move(versions);
    out["capabilities"] = std::move(capabilities);
    out["slots"] = std::move(slots);
    out["vendor_fields"] = vendor_fields_json(judged);
    return out;
}

std::string report_text(const Judged& judged, bool colour) {
    const auto& visited = judged.visited;
    const auto& verdict = judged.verdict;
    auto out = paint(printable(visited.device), Tone::strong, colour) + "  " +
               paint(name(verdict.state), tone_of(verdict.state), colour) + "\n";
    if (verdict.primary != nullptr)
        out += line("reason", fmt::format("{} {}", verdict.primary->code, printable(verdict.detail)));
    if (visited.pci) out += line("identity", describe(*visited.pci));
    out += line("driver", printable(visited.driver));
    if (visited.bundle) {
        const auto& bundle = *visited.bundle;
        out += line("reached by", bundle.circumstances.transport);
        if (bundle.circumstances.when) out += line("at", format_time(*bundle.circumstances.when));
        out += connection_text(bundle);
        for (const auto& slot : slots_of(bundle)) out += slot_text(slot, bundle, colour);
        if (!bundle.measurements.empty())
            out += heading(bundle.measurements_signed ? "Measurements (signed)" : "Measurements (not signed)",
                           colour) +
                   measurements_text(judged, colour);
        if (const auto fields = vendor_fields_text(judged, colour); !fields.empty())
            out += heading("Vendor's fields", colour) + fields;
    }
    out += heading("Checks", colour);
    Table table{{"CHECK", "OUTCOME", "REASON"}};
    for (const auto& check : verdict.checks) {
        auto why = std::string{check.reason};
        if (!check.detail.empty()) why += (why.empty() ? "" : ": ") + printable(check.detail);
        table.row({{std::string{check.name}},
                   {std::string{name(check.outcome)}, tone_of_outcome(check.outcome)},
                   {why, Tone::quiet}});
    }
    return out + table.render(colour);
}

}  // namespace busguard::cli
