#pragma once

#include "base/bytes.h"
#include "base/result.h"
#include "crypto/hash.h"
#include "spdm/types.h"

#include <optional>
#include <string_view>
#include <vector>

namespace busguard::spdm {

/// DMTFSpecMeasurementValueType, bits 6:0.
enum class MeasurementType : std::uint8_t {
    immutable_rom = 0,
    mutable_firmware = 1,
    hardware_configuration = 2,
    firmware_configuration = 3,
    manifest = 4,
    device_mode = 5,
    firmware_version = 6,
    security_version = 7,     ///< SVN: u64
    hash_extend = 8,          ///< since 1.3
    informational = 9,        ///< since 1.3
    structured_manifest = 10  ///< since 1.3
};

/// "mutable firmware"; empty for a type that is not in the list above.
std::string_view name(MeasurementType type);

/// One measurement block in DMTF's format (DSP0274 "Measurement block format", "DMTF measurement
/// specification").
struct MeasurementBlock {
    std::uint8_t index = 0;  ///< 1 to 0xFE
    MeasurementType type{};
    bool raw = false;  ///< a raw bit stream instead of a digest
    Bytes value;

    friend bool operator==(const MeasurementBlock&, const MeasurementBlock&) = default;
};

/// The record of MEASUREMENTS, which must hold exactly `count` blocks, each index once. Errors: truncated,
/// bad_field, trailing_bytes with the field's name and the offset in the record. A digest's size must be
/// `digest`, where given.
Result<std::vector<MeasurementBlock>> parse_record(ByteView record, std::size_t count,
                                                   std::optional<std::size_t> digest = std::nullopt);

/// The reverse, for one block.
Bytes to_wire(const MeasurementBlock& block);

}  // namespace busguard::spdm
