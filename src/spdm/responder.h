#pragma once

#include "base/seams.h"
#include "crypto/key.h"
#include "spdm/measurement_record.h"
#include "spdm/negotiation.h"
#include "spdm/transcript.h"

#include <functional>
#include <map>

namespace busguard::spdm {

/// A provisioned certificate slot of a responder.
struct ProvisionedSlot {
    Bytes certificates;  ///< DER after DER, root first
    crypto::PrivateKey key;
};

/// What a device is, as far as SPDM shows it.
struct Profile {
    std::vector<Version> versions = every_version();
    Flags<Cap> flags = Cap::cert | Cap::chal | Cap::meas_sig;
    std::uint8_t ct_exponent = 14;           ///< 2^14 microseconds for cryptography
    std::uint32_t largest_message = 0x1200;  ///< bytes; DataTransferSize and MaxSPDMmsgSize since 1.2
    Flags<BaseAsym> asym = BaseAsym::ecdsa_p384;
    Flags<BaseHash> hash = BaseHash::sha_384;
    Flags<MeasurementHash> measurement_hash = MeasurementHash::sha_384;
    std::map<SlotId, ProvisionedSlot> slots;  ///< 0 to 7
    /// A raw block that a digest can stand for (types up to firmware configuration) is told as its digest,
    /// unless the request wants bit streams.
    std::vector<MeasurementBlock> measurements;
    Bytes opaque;  ///< OpaqueData of MEASUREMENTS, where the version and the agreed format have room for it

    /// Answers VENDOR_DEFINED_REQUEST; nothing = UnsupportedRequest.
    std::function<std::optional<Bytes>(const msg::VendorRequest&)> vendor;
};

/// The responder's side of SPDM: bytes in, bytes out, no clock, no IO. One object is one connection;
/// GET_VERSION begins it anew.
class Responder {
public:
    /// `profile` and `entropy` stay the caller's and must outlive the Responder.
    Responder(const Profile& profile, Entropy& entropy);

    struct Reply {
        Bytes message;               ///< always something to send: an answer, or an ERROR
        std::optional<Error> fault;  ///< why it is an ERROR
    };

    Reply reply(ByteView request);

    const Transcript& transcript() const { return transcript_; }

private:
    enum class Stage : std::uint8_t { start, after_version, after_capabilities, negotiated };

    struct Refusal {
        ErrorCode code{};
        Error fault;
        std::uint8_t data = 0;
    };
    template <class T>
    using Served = Result<T, Refusal>;

    // A slot's chain as the agreed algorithms show it; kept from connection to connection.
    struct Presented {
        Bytes structure;
        crypto::Digest digest;
    };

    static Failure<Refusal> refuse(ErrorCode code, Error fault);
    static Failure<Refusal> refuse(ErrorCode code, Errc why, std::string_view field);
    static Failure<Refusal> unsupported(Code request);

    Served<Bytes> dispatch(ByteView request);
    template <class Request>
    Served<Bytes> serve(ByteView bytes, Stage least);
    template <class Request>
    Served<void> sign(const Received<Request>& request, OnWire<typename Request::Answer>& reply);

    Served<msg::Versions> on(const msg::GetVersion& request);
    Served<msg::Capabilities> on(const msg::GetCapabilities& request);
    Served<msg::Algorithms> on(const msg::NegotiateAlgorithms& request);
    Served<msg::Digests> on(const msg::GetDigests& request);
    Served<msg::Certificate> on(const msg::GetCertificate& request);
    Served<msg::ChallengeAuth> on(const msg::Challenge& request);
    Served<msg::Measurements> on(const msg::GetMeasurements& request);
    Served<msg::VendorResponse> on(const msg::VendorRequest& request);

    Shape shape_for(const auto& request) const;
    std::size_t limit() const;
    Served<Bytes> measurement_summary(SummaryType type) const;
    const std::map<SlotId, Presented>& presented();
    std::uint8_t provisioned();

    const Profile* profile_;
    Entropy* entropy_;
    Transcript transcript_;
    Stage stage_ = Stage::start;
    Version version_ = Version::v1_0;
    msg::CapabilityFields peer_;
    Agreed agreed_;
    std::map<SlotId, Presented> presented_;
    std::optional<std::pair<BaseAsym, BaseHash>> presented_under_;
    Bytes last_request_;  // a repeat of it gets last_reply_ again (libspdm#491)
    Bytes last_reply_;
};

}  // namespace busguard::spdm
