#pragma once

#include "base/bytes.h"
#include "spdm/types.h"

#include <vector>

/// The messages of DSP0274, each described once, by the specification's own field names. See wire/layout.h
/// for what `io` is. The first two bytes, version and code, are common to all and belong to spdm/codec.h;
/// Param1 and Param2 belong to the message. `part` says where a message stands in the transcript
/// (spdm/transcript.h).
namespace busguard::spdm::msg {

struct Error {
    static constexpr auto code = Code::error;

    ErrorCode error_code{};
    std::uint8_t error_data = 0;
    Bytes extended;  ///< ExtendedErrorData; may end in the transport's padding

    static void layout(auto& io, auto& m) {
        io.field("ErrorCode", m.error_code);
        io.field("ErrorData", m.error_data);
        io.rest("ExtendedErrorData", m.extended);
    }
};

/// ExtendedErrorData of ERROR(ResponseNotReady).
struct NotReady {
    std::uint8_t rdt_exponent = 0;  ///< ready in 2^RDTExponent microseconds
    std::uint8_t request_code = 0;
    std::uint8_t token = 0;
    std::uint8_t rdtm = 0;  ///< forgotten after RDT * RDTM

    static void layout(auto& io, auto& m) {
        io.field("RDTExponent", m.rdt_exponent);
        io.field("RequestCode", m.request_code);
        io.field("Token", m.token);
        io.field("RDTM", m.rdtm);
    }
};

/// Answered by what the request it names is answered with; so it has no Answer of its own.
struct RespondIfReady {
    static constexpr auto code = Code::respond_if_ready;

    std::uint8_t request_code = 0;
    std::uint8_t token = 0;

    static void layout(auto& io, auto& m) {
        io.field("RequestCode", m.request_code);
        io.field("Token", m.token);
    }
};

/// VersionNumberEntry: major, minor, update and alpha, four bits each.
struct VersionEntry {
    std::uint16_t number = 0;

    /// Only the high byte counts: real drives set the update nibble.
    constexpr Version version() const { return static_cast<Version>(number >> 8); }

    static constexpr VersionEntry of(Version version) {
        return {static_cast<std::uint16_t>(static_cast<unsigned>(version) << 8)};
    }
    static void layout(auto& io, auto& m) { io.field("VersionNumberEntry", m.number); }
};

struct Versions {
    static constexpr auto code = Code::version;

    std::vector<VersionEntry> entries;

    static void layout(auto& io, auto& m) {
        io.reserved(3);
        io.template count<std::uint8_t>("VersionNumberEntryCount", m.entries);
        io.list("VersionNumberEntry", m.entries);
    }
};

struct GetVersion {
    static constexpr auto code = Code::get_version;
    using Answer = Versions;

    static void layout(auto& io, auto&) { io.reserved(2); }
};

/// What GET_CAPABILITIES and CAPABILITIES have in common, since 1.1.
struct CapabilityFields {
    std::uint8_t param1 = 0;  ///< 1.3: bit 0 asks for, or announces, the supported-algorithms block
    std::uint8_t ct_exponent = 0;
    Flags<Cap> flags;
    std::uint32_t data_transfer_size = 0;  ///< since 1.2; bytes
    std::uint32_t max_message_size = 0;    ///< since 1.2; bytes

    static void layout(auto& io, auto& m) {
        io.field("Param1", m.param1);
        io.reserved(2);
        io.field("CTExponent", m.ct_exponent);
        io.reserved(2);
        io.field("Flags", m.flags);
        if (io.context().version < Version::v1_2) return;
        io.field("DataTransferSize", m.data_transfer_size);
        io.field("MaxSPDMmsgSize", m.max_message_size);
    }
};

struct Capabilities {
    static constexpr auto code = Code::capabilities;

    CapabilityFields own;

    static void layout(auto& io, auto& m) {
        CapabilityFields::layout(io, m.own);
        // We never ask for the supported-algorithms block, so it must not come.
        if (io.context().version >= Version::v1_3) io.require((m.own.param1 & 1U) == 0, "Param1");
    }
};

struct GetCapabilities {
    static constexpr auto code = Code::get_capabilities;
    using Answer = Capabilities;

    CapabilityFields own;

    static void layout(auto& io, auto& m) {
        if (io.context().version == Version::v1_0)
            io.reserved(2);  // a bare header in 1.0
        else
            CapabilityFields::layout(io, m.own);
    }
};

/// A table of NEGOTIATE_ALGORITHMS or ALGORITHMS.
struct AlgStruct {
    std::uint8_t type = 0;  ///< AlgType: 2 DHE, 3 AEAD, 4 ReqBaseAsymAlg, 5 KeySchedule
    std::uint16_t supported = 0;
    std::vector<std::uint32_t> external;

    static void layout(auto& io, auto& m) {
        io.field("AlgType", m.type);
        auto count = static_cast<std::uint8_t>(0x20U | (m.external.size() & 0xfU));
        io.field("AlgCount", count);
        io.require(count >> 4 == 2, "AlgCount");  // FixedAlgCount: two bytes
        io.field("AlgSupported", m.supported);
        io.resize("ExtAlgCount", m.external, count & 0xfU);
        io.list("AlgExternal", m.external);
    }
};

struct Algorithms {
    static constexpr auto code = Code::algorithms;

    std::uint8_t measurement_spec = 0;  ///< bit 0: DMTF
    std::uint8_t other_params = 0;      ///< 1.2: bits 0-3 opaque data format; 1.3: bit 4 multiple keys
    Flags<MeasurementHash> measurement_hash;
    Flags<BaseAsym> asym;
    Flags<BaseHash> hash;
    std::uint8_t mel_spec = 0;  ///< since 1.3
    std::vector<AlgStruct> structs;

    static void layout(auto& io, auto& m) {
        io.template count<std::uint8_t>("Param1", m.structs);
        io.reserved(1);
        io.template total_length<std::uint16_t>("Length");
        io.field("MeasurementSpecificationSel", m.measurement_spec);
        io.field("OtherParamsSelection", m.other_params);
        io.field("MeasurementHashAlgo", m.measurement_hash);
        io.field("BaseAsymSel", m.asym);
        io.field("BaseHashSel", m.hash);
        io.reserved(11);
        io.field("MELspecificationSel", m.mel_spec);
        io.constant("ExtAsymSelCount", std::uint8_t{0});  // we offer none, so none can be selected
        io.constant("ExtHashSelCount", std::uint8_t{0});
        io.reserved(2);
        io.list("RespAlgStruct", m.structs);
    }
};

struct NegotiateAlgorithms {
    static constexpr auto code = Code::negotiate_algorithms;
    using Answer = Algorithms;

    std::uint8_t measurement_spec = 0;
    std::uint8_t other_params = 0;
    Flags<BaseAsym> asym;
    Flags<BaseHash> hash;
    std::uint8_t mel_spec = 0;
    std::vector<std::uint32_t> ext_asym;  ///< tolerated, never selected
    std::vector<std::uint32_t> ext_hash;
    std::vector<AlgStruct> structs;

    static void layout(auto& io, auto& m) {
        io.template count<std::uint8_t>("Param1", m.structs);
        io.reserved(1);
        io.template total_length<std::uint16_t>("Length");
        io.field("MeasurementSpecification", m.measurement_spec);
        io.field("OtherParamsSupport", m.other_params);
        io.field("BaseAsymAlgo", m.asym);
        io.field("BaseHashAlgo", m.hash);
        io.reserved(12);
        io.template count<std::uint8_t>("ExtAsymCount", m.ext_asym);
        io.template count<std::uint8_t>("ExtHashCount", m.ext_hash);
        io.reserved(1);
        io.field("MELspecification", m.mel_spec);
        io.list("ExtAsym", m.ext_asym);
        io.list("ExtHash", m.ext_hash);
        io.list("ReqAlgStruct", m.structs);
    }
};

/// The specification knows 0: DMTF, 3: PCI-SIG, 4: IANA and more; the vendor id's size follows from it.
struct VendorResponse {
    static constexpr auto code = Code::vendor_defined_response;

    std::uint16_t standard_id = 0;
    Bytes vendor_id;
    Bytes payload;

    static void layout(auto& io, auto& m) {
        io.reserved(2);
        io.field("StandardID", m.standard_id);
        io.template length<1>("Len", m.vendor_id);
        io.blob("VendorID", m.vendor_id);
        io.template length<2>("RespLength", m.payload);
        io.blob("VendorDefinedRespPayload", m.payload);
    }
};

struct VendorRequest {
    static constexpr auto code = Code::vendor_defined_request;
    using Answer = VendorResponse;

    std::uint16_t standard_id = 0;
    Bytes vendor_id;
    Bytes payload;

    static void layout(auto& io, auto& m) {
        io.reserved(2);
        io.field("StandardID", m.standard_id);
        io.template length<1>("Len", m.vendor_id);
        io.blob("VendorID", m.vendor_id);
        io.template length<2>("ReqLength", m.payload);
        io.blob("VendorDefinedReqPayload", m.payload);
    }
};

}  // namespace busguard::spdm::msg
