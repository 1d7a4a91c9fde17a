#include "spdm/measurement_record.h"

#include "wire/layout.h"

#include <bitset>

namespace busguard::spdm {
namespace {

constexpr std::uint8_t dmtf_specification = 1;
constexpr std::uint8_t raw_bit = 0x80;
constexpr std::size_t block_header = 4;
constexpr std::size_t value_header = 3;

}  // namespace

std::string_view name(MeasurementType type) {
    switch (type) {
        case MeasurementType::immutable_rom: return "immutable ROM";
        case MeasurementType::mutable_firmware: return "mutable firmware";
        case MeasurementType::hardware_configuration: return "hardware configuration";
        case MeasurementType::firmware_configuration: return "firmware configuration";
        case MeasurementType::manifest: return "manifest";
        case MeasurementType::device_mode: return "device mode";
        case MeasurementType::firmware_version: return "firmware version";
        case MeasurementType::security_version: return "security version";
        case MeasurementType::hash_extend: return "hash-extend";
        case MeasurementType::informational: return "informational";
        case MeasurementType::structured_manifest: return "structured manifest";
    }
    return {};
}

Result<std::vector<MeasurementBlock>> parse_record(ByteView record, std::size_t count,
                                                   std::optional<std::size_t> digest) {
    wire::Reader in{record};
    std::vector<MeasurementBlock> blocks;
    std::bitset<256> seen;
    for (std::size_t i = 0; i < count; ++i) {
        const auto start = in.offset();
        MeasurementBlock block;
        block.index = in.take<std::uint8_t>();
        const auto specification = in.take<std::uint8_t>();
        const std::size_t size = in.take<std::uint16_t>();
        if (in.failed()) return fail(Errc::truncated, "MeasurementBlock", start);
        if (block.index == 0 || block.index == 0xff) return fail(Errc::bad_field, "Index", start);
        if (seen.test(block.index)) return fail(Errc::bad_field, "Index", start);
        seen.set(block.index);
        if (specification != dmtf_specification)
            return fail(Errc::bad_field, "MeasurementSpecification", start + 1);
        if (size < value_header) return fail(Errc::bad_field, "MeasurementSize", start + 2);
        const auto type = in.take<std::uint8_t>();
        const std::size_t value_size = in.take<std::uint16_t>();
        if (value_size + value_header != size)
            return fail(Errc::bad_field, "DMTFSpecMeasurementValueSize", start + block_header + 1);
        const auto value = in.take(value_size);
        if (in.failed()) return fail(Errc::truncated, "DMTFSpecMeasurementValue", start);
        block.type = static_cast<MeasurementType>(type & ~raw_bit);
        block.raw = (type & raw_bit) != 0;
        if (!block.raw && digest && value_size != *digest)
            return fail(Errc::bad_field, "DMTFSpecMeasurementValueSize", start + block_header + 1);
        block.value = to_bytes(value);
        blocks.push_back(std::move(block));
    }
    if (in.left() != 0) return fail(Errc::trailing_bytes, "MeasurementRecordLength", in.offset());
    return blocks;
}

Bytes to_wire(const MeasurementBlock& block) {
    wire::Writer out{block.value.size() + block_header + value_header};
    out.put(block.index);
    out.put(dmtf_specification);
    out.put(static_cast<std::uint16_t>(block.value.size() + value_header));
    out.put(static_cast<std::uint8_t>(static_cast<std::uint8_t>(block.type) | (block.raw ? raw_bit : 0)));
    out.put(static_cast<std::uint16_t>(block.value.size()));
    out.put(block.value);
    return std::move(out).finish();
}

}  // namespace busguard::spdm
