#pragma once

#include "base/bytes.h"
#include "spdm/types.h"

#include <string_view>

namespace busguard::spdm::msg {

struct Measurements {
    static constexpr auto code = Code::measurements;

    std::uint8_t total = 0;       ///< number of indices, if the request's operation was 0
    std::uint8_t attributes = 0;  ///< bits 3:0 slot; since 1.2 bits 5:4 content change
    std::uint8_t block_count = 0;
    Bytes record;  ///< MeasurementRecord: block_count blocks (spdm/measurement_record.h)
    Nonce nonce{};
    Bytes opaque;
    RequesterContext context{};  ///< since 1.3
    Bytes signature;             ///< S bytes if asked for

    static void layout(auto& io, auto& m) {
        const auto& shape = io.context();
        io.field("Param1", m.total);
        io.field("Param2", m.attributes);
        io.field("NumberOfBlocks", m.block_count);
        io.template length<3>("MeasurementRecordLength", m.record);
        io.blob("MeasurementRecordData", m.record);
        io.array("Nonce", m.nonce);  // in every answer, signed or not, in every version
        io.template length<2>("OpaqueDataLength", m.opaque);
        io.require(m.opaque.size() <= largest_opaque, "OpaqueDataLength");
        io.blob("OpaqueData", m.opaque);
        if (shape.version >= Version::v1_3) io.array("RequesterContext", m.context);
        io.blob("Signature", m.signature, shape.signature);
    }
};

struct GetMeasurements {
    static constexpr auto code = Code::get_measurements;
    using Answer = Measurements;

    static constexpr std::uint8_t signature_requested = 1;
    static constexpr std::uint8_t raw_bit_stream_requested = 2;   ///< since 1.2
    static constexpr std::uint8_t new_measurement_requested = 4;  ///< since 1.3
    static constexpr std::uint8_t count_only = 0;                 ///< operation: how many are there?
    static constexpr std::uint8_t all = 0xff;                     ///< operation: all of them

    std::uint8_t attributes = 0;
    std::uint8_t operation = 0;  ///< count_only, an index, or all
    Nonce nonce{};               ///< only with a signature
    std::uint8_t slot = 0;       ///< only with a signature, since 1.1
    RequesterContext context{};  ///< since 1.3

    bool wants_signature() const { return (attributes & signature_requested) != 0; }

    static void layout(auto& io, auto& m) {
        const auto version = io.context().version;
        io.field("Param1", m.attributes);
        io.field("MeasurementOperation", m.operation);
        if (m.wants_signature()) {
            io.array("Nonce", m.nonce);
            if (version >= Version::v1_1) io.field("SlotIDParam", m.slot);
        }
        if (version >= Version::v1_3) io.array("RequesterContext", m.context);
    }
};

}  // namespace busguard::spdm::msg
