#include "base/hex.h"
#include "evidence/nvidia.h"
#include "wire/der.h"
#include "wire/reader.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>

namespace busguard::evidence::nvidia {
namespace {

/// By type, from 1 on; those that nobody names are empty.
constexpr std::array<std::string_view, 37> names{
    "",
    "certificate issuer name",
    "authority key identifier",
    "driver version",
    "GPU info",
    "SKU",
    "VBIOS version",
    "manufacturer id",
    "tamper detection",
    "SMC",
    "VPR",
    "NVDEC0 status",
    "measurement update counts",
    "CPR info",
    "board id",
    "chip SKU",
    "chip SKU modifier",
    "project",
    "project SKU",
    "project SKU modifier",
    "FWID",
    "protected PCIe status",
    "switch PDIs",
    "floorswept ports",
    "position id",
    "lock switch status",
    "GPU PDIs",
    "",
    "",
    "",
    "",
    "",
    "GPU link connection",
    "system enable status",
    "opaque data version",
    "chip info",
    "feature flag",
};

constexpr std::string_view dice_composite = "2.23.133.5.4.1";
constexpr std::string_view dice_tcb_info = "2.23.133.5.4.1.1";

bool is_text(std::uint16_t type) {
    switch (type) {
        case field::driver_version:
        case field::chip_sku:
        case field::chip_sku + 1:
        case field::project:
        case field::project_sku:
        case field::project_sku + 1: return true;
        default: return false;
    }
}

bool printable(ByteView bytes) {
    return !bytes.empty() &&
           std::ranges::all_of(bytes, [](std::byte b) { return b >= std::byte{' '} && b <= std::byte{'~'}; });
}

ByteView without_zeros(ByteView bytes) {
    while (!bytes.empty() && bytes.back() == std::byte{0}) bytes = bytes.first(bytes.size() - 1);
    return bytes;
}

/// The five bytes of a GPU's VBIOS version in the vendor's order; empty if they are text, as switches have
/// it.
std::array<unsigned, 5> version_bytes(ByteView value) {
    const auto at = [&](std::size_t n) { return std::to_integer<unsigned>(value[n]); };
    return {at(3), at(2), at(1), at(0), at(4)};
}

const Field* find(const std::vector<Field>& fields, std::uint16_t type) {
    const auto found = std::ranges::find(fields, type, &Field::type);
    return found == fields.end() ? nullptr : &*found;
}

std::string text_of(const std::vector<Field>& fields, std::uint16_t type) {
    const auto* found = find(fields, type);
    if (found == nullptr || !printable(without_zeros(found->value))) return {};
    return std::string{as_text(without_zeros(found->value))};
}

/// SEQUENCE { hash OBJECT IDENTIFIER, digest OCTET STRING }
Bytes fwid_in(ByteView sequence) {
    wire::DerReader in{sequence};
    const auto algorithm = in.next(wire::der_tag::oid);
    const auto digest = in.next(wire::der_tag::octet_string);
    if (!algorithm || !digest || !in.done()) return {};
    return to_bytes(digest->content);
}

/// The form before DICE attestation: SEQUENCE { INTEGER 1, SubjectPublicKeyInfo, SEQUENCE FWID }. The key is
/// the issuer's.
Bytes fwid_in_composite(ByteView content) {
    wire::DerReader in{content};
    if (!in.next(wire::der_tag::integer) || !in.next(wire::der_tag::sequence)) return {};
    const auto fwid = in.next(wire::der_tag::sequence);
    return fwid && in.done() && !in.failed() ? fwid_in(fwid->content) : Bytes{};
}

/// DiceTcbInfo (TCG DICE Attestation Architecture 6.1.1): [6] fwids, of which the first one counts.
Bytes fwid_in_tcb_info(ByteView content) {
    wire::DerReader in{content};
    while (const auto element = in.next()) {
        if (element->tag != wire::der_tag::context_6) continue;
        wire::DerReader list{element->content};
        const auto first = list.next(wire::der_tag::sequence);
        return first ? fwid_in(first->content) : Bytes{};
    }
    return {};
}

}  // namespace

Result<std::vector<Field>> parse_opaque(ByteView opaque) {
    wire::Reader in{opaque};
    std::vector<Field> fields;
    while (in.left() != 0) {
        const auto at = in.offset();
        Field field{.type = in.take<std::uint16_t>()};
        const auto value = in.take(in.take<std::uint16_t>());
        if (in.failed()) return fail(Errc::truncated, "OpaqueData", at);
        field.value = to_bytes(value);
        fields.push_back(std::move(field));
    }
    return fields;
}

std::string_view name(std::uint16_t type) { return type < names.size() ? names[type] : std::string_view{}; }

std::string show(const Field& one) {
    constexpr std::size_t vbios_size = 8;
    if (one.type == field::vbios_version && one.value.size() == vbios_size && !printable(one.value)) {
        const auto b = version_bytes(one.value);
        return fmt::format("{:02X}.{:02X}.{:02X}.{:02X}.{:02X}", b[0], b[1], b[2], b[3], b[4]);
    }
    const auto text = without_zeros(one.value);
    if ((is_text(one.type) || one.type == field::vbios_version) && printable(text))
        return std::string{as_text(text)};
    return to_hex(one.value);
}

std::string reference_id(const std::vector<Field>& fields) {
    const auto project = text_of(fields, field::project);
    const auto sku = text_of(fields, field::project_sku);
    const auto chip = text_of(fields, field::chip_sku);
    const auto* vbios = find(fields, field::vbios_version);
    if (project.empty() || sku.empty() || chip.empty() || vbios == nullptr) return {};
    auto digits = show(*vbios);
    std::erase(digits, '.');
    return fmt::format("{}_{}_{}_{}", project, sku, chip, digits);
}

// Which form it is follows from what stands in it: leaves of the first generations have the composite form
// under the OID of the whole, and others have TcbInfo.
Bytes leaf_fwid(const crypto::Certificate& leaf) {
    for (const auto& extension : leaf.extensions()) {
        if (extension.oid != dice_composite && extension.oid != dice_tcb_info) continue;
        wire::DerReader in{extension.value};
        const auto whole = in.next(wire::der_tag::sequence);
        if (!whole || !in.done()) continue;
        if (auto fwid = fwid_in_composite(whole->content); !fwid.empty()) return fwid;
        if (auto fwid = fwid_in_tcb_info(whole->content); !fwid.empty()) return fwid;
    }
    return {};
}

Check fwid_check(const std::vector<Field>& fields, const crypto::Certificate& leaf) {
    constexpr auto rule = "nvidia.fwid";
    const auto* told = find(fields, field::fwid);
    const auto certified = leaf_fwid(leaf);
    if (told == nullptr || certified.empty())
        return {rule, Outcome::skipped, "evidence.not-told",
                told == nullptr ? "no FWID in the opaque data" : "no FWID in the leaf"};
    if (!same(told->value, certified))
        return {rule, Outcome::fail, "evidence.fwid-mismatch",
                fmt::format("report: {}; leaf: {}", to_hex(told->value), to_hex(certified))};
    return {rule, Outcome::pass, {}, to_hex(certified)};
}

}  // namespace busguard::evidence::nvidia
