#pragma once

#include "base/bytes.h"
#include "spdm/types.h"

#include <bit>

namespace busguard::spdm::msg {

struct Digests {
    static constexpr auto code = Code::digests;

    std::uint8_t supported_slots = 0;    ///< since 1.3: bit per slot; reserved before
    std::uint8_t provisioned_slots = 0;  ///< bit per slot
    Bytes digests;                       ///< H bytes for each provisioned slot, lowest first

    static void layout(auto& io, auto& m) {
        io.field("SupportedSlotMask", m.supported_slots);
        io.field("ProvisionedSlotMask", m.provisioned_slots);
        const auto count = static_cast<std::size_t>(std::popcount(m.provisioned_slots));
        io.blob("Digest", m.digests, count * io.context().hash);
    }
};

struct GetDigests {
    static constexpr auto code = Code::get_digests;
    using Answer = Digests;

    static void layout(auto& io, auto&) { io.reserved(2); }
};

struct Certificate {
    static constexpr auto code = Code::certificate;

    std::uint8_t slot = 0;        ///< bits 3:0
    std::uint8_t attributes = 0;  ///< since 1.3: bits 2:0 certificate model
    Bytes portion;
    std::uint16_t remainder = 0;  ///< bytes that follow the portion

    static void layout(auto& io, auto& m) {
        io.field("SlotID", m.slot);
        io.field("CertificateInfo", m.attributes);
        io.template length<2>("PortionLength", m.portion);
        io.field("RemainderLength", m.remainder);
        io.blob("CertChain", m.portion);
    }
};

struct GetCertificate {
    static constexpr auto code = Code::get_certificate;
    using Answer = Certificate;

    std::uint8_t slot = 0;
    std::uint8_t attributes = 0;  ///< since 1.3: bit 0 SlotSizeRequested
    std::uint16_t offset = 0;
    std::uint16_t length = 0;

    static void layout(auto& io, auto& m) {
        io.field("SlotID", m.slot);
        io.field("Param2", m.attributes);
        io.field("Offset", m.offset);
        io.field("Length", m.length);
    }
};

struct ChallengeAuth {
    static constexpr auto code = Code::challenge_auth;

    std::uint8_t attributes = 0;  ///< bits 3:0 slot; bit 7 basic mutual authentication requested (1.1)
    std::uint8_t slot_mask = 0;
    Bytes cert_chain_hash;  ///< H bytes
    Nonce nonce{};
    Bytes measurement_summary;  ///< H bytes if asked for
    Bytes opaque;
    RequesterContext context{};  ///< since 1.3
    Bytes signature;             ///< S bytes

    static void layout(auto& io, auto& m) {
        const auto& shape = io.context();
        io.field("ResponseAttributes", m.attributes);
        io.field("SlotMask", m.slot_mask);
        io.blob("CertChainHash", m.cert_chain_hash, shape.hash);
        io.array("Nonce", m.nonce);
        if (shape.summary) io.blob("MeasurementSummaryHash", m.measurement_summary, shape.hash);
        io.template length<2>("OpaqueDataLength", m.opaque);
        io.require(m.opaque.size() <= largest_opaque, "OpaqueDataLength");
        io.blob("OpaqueData", m.opaque);
        if (shape.version >= Version::v1_3) io.array("RequesterContext", m.context);
        io.blob("Signature", m.signature, shape.signature);
    }
};

struct Challenge {
    static constexpr auto code = Code::challenge;
    using Answer = ChallengeAuth;

    std::uint8_t slot = 0;
    SummaryType summary{};
    Nonce nonce{};
    RequesterContext context{};  ///< since 1.3

    static void layout(auto& io, auto& m) {
        io.field("SlotID", m.slot);
        io.field("MeasurementSummaryHashType", m.summary);
        io.array("Nonce", m.nonce);
        if (io.context().version >= Version::v1_3) io.array("RequesterContext", m.context);
    }
};

}  // namespace busguard::spdm::msg
