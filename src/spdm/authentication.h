#pragma once

#include "spdm/machine.h"
#include "spdm/measurement_record.h"
#include "spdm/negotiation.h"
#include "spdm/signing.h"

#include <functional>
#include <map>

namespace busguard::spdm {

/// What a certificate slot holds, as the device gave it.
struct SlotChain {
    Bytes structure;         ///< spdm/certificate_chain.h; empty until it was read whole
    crypto::Digest digest;   ///< as DIGESTS told it; equal to the hash of `structure`
    std::uint8_t model = 0;  ///< since 1.3: certificate model, 0 when not told
};

/// A signature, and everything that it is over: enough to check it again at any time.
struct Statement {
    SigningContext context{};
    Version version{};
    BaseAsym asym{};
    BaseHash hash{};
    SlotId slot = 0;
    Bytes transcript;  ///< M1 or L1: the signed messages without the signature
    Bytes signature;   ///< raw, as on the wire
    Nonce requester_nonce{};
    Nonce responder_nonce{};
};

/// What to find out from a device.
struct Plan {
    Offer offer;
    /// Which slots to read: bit per slot. Only provisioned ones are read.
    std::uint8_t slots = 0xff;
    bool challenge = true;
    SummaryType summary = SummaryType::none;

    enum class Measure : std::uint8_t { no, all_at_once, one_by_one };
    Measure measure = Measure::no;
    bool raw_measurements = false;  ///< bit streams instead of digests, since 1.2

    /// The slot that signs, out of those that were read; by default the lowest. Nothing = none is fit.
    std::function<std::optional<SlotId>(const std::map<SlotId, SlotChain>&, const Agreed&)> choose_slot;

    std::vector<msg::VendorRequest> vendor;  ///< passed through after ALGORITHMS
};

/// What the device said. Filled as the dialogue goes: after a failure it holds what came before.
struct Findings {
    std::optional<Agreed> agreed;
    std::vector<Version> versions;  ///< as VERSION told them, without those that we do not know
    std::uint8_t supported_slots = 0;
    std::uint8_t provisioned_slots = 0;
    std::map<SlotId, SlotChain> chains;
    std::optional<SlotId> slot;  ///< the one that signs
    std::vector<Statement> statements;
    std::vector<MeasurementBlock> measurements;
    bool measurements_signed = false;
    std::vector<msg::VendorResponse> vendor;
};

/// The rules of one visit to a device: negotiate, read digests and certificates, challenge, measure, as the
/// Plan says. Signatures are not judged here but kept (appraisal/ judges them); everything else that an
/// answer must match, it is held to here: request, version, slot, RequesterContext, digests, sizes,
/// negotiated algorithms.
class Authentication {
public:
    Authentication(Plan plan, Entropy& entropy);

    template <class Request>
    struct Await {
        OnWire<Request> sent;
        Shape shape;
    };
    struct AwaitVersion : Await<msg::GetVersion> {};
    struct AwaitCapabilities : Await<msg::GetCapabilities> {};
    struct AwaitAlgorithms : Await<msg::NegotiateAlgorithms> {
        msg::CapabilityFields peer;
    };
    struct AwaitVendor : Await<msg::VendorRequest> {
        std::size_t next = 0;  ///< of Plan::vendor
    };
    struct AwaitDigests : Await<msg::GetDigests> {};
    struct AwaitCertificate : Await<msg::GetCertificate> {
        SlotId slot = 0;
        Bytes so_far;
        std::size_t total = 0;  ///< as the first portion told it
    };
    struct AwaitChallengeAuth : Await<msg::Challenge> {};
    struct AwaitMeasurements : Await<msg::GetMeasurements> {
        enum class Pass : std::uint8_t { all, count, search, read };
        Pass pass{};
        std::uint8_t total = 0;             ///< search, read: how many indices there are
        std::vector<std::uint8_t> indices;  ///< search: found so far; read: to be read
        std::size_t next = 0;               ///< read: which of them is asked for
    };
    struct End {};

    using State = std::variant<AwaitVersion, AwaitCapabilities, AwaitAlgorithms, AwaitVendor, AwaitDigests,
                               AwaitCertificate, AwaitChallengeAuth, AwaitMeasurements, End>;

    Result<State> begin();
    Result<State> on(AwaitVersion& now, const msg::Versions& answer, const Transcript& said);
    Result<State> on(AwaitCapabilities& now, const msg::Capabilities& answer, const Transcript& said) const;
    Result<State> on(AwaitAlgorithms& now, const msg::Algorithms& answer, const Transcript& said);
    Result<State> on(AwaitVendor& now, const msg::VendorResponse& answer, const Transcript& said);
    Result<State> on(AwaitDigests& now, const msg::Digests& answer, const Transcript& said);
    Result<State> on(AwaitCertificate& now, const msg::Certificate& answer, const Transcript& said);
    Result<State> on(AwaitChallengeAuth& now, const msg::ChallengeAuth& answer, const Transcript& said);
    Result<State> on(AwaitMeasurements& now, const msg::Measurements& answer, const Transcript& said);
    Result<State> on(AwaitMeasurements& now, const msg::Error& error, const Transcript& said);

    /// How long the answer to what is due may take.
    template <class Now>
    Time patience(const Now&) const {
        if constexpr (std::is_same_v<Now, AwaitChallengeAuth> || std::is_same_v<Now, AwaitMeasurements> ||
                      std::is_same_v<Now, AwaitDigests>)
            return Patience::round_trip + Patience::of_exponent(found_.agreed->peer.ct_exponent);
        else
            return Patience::round_trip + Patience::st1;
    }

    const Findings& found() const { return found_; }
    Findings& found() { return found_; }

private:
    Result<State> after_algorithms();
    Result<State> ask_vendor(std::size_t next);
    Result<State> ask_digests();
    Result<State> next_certificate(int after);
    Result<State> ask_certificate(SlotId slot, Bytes so_far, std::size_t total);
    Result<State> after_certificates();
    Result<State> ask_challenge();
    Result<State> ask_measurements();
    Result<State> ask_measurement(AwaitMeasurements::Pass pass, std::uint8_t operation, bool with_signature,
                                  std::uint8_t total, std::vector<std::uint8_t> indices, std::size_t next);
    Result<State> search_on(AwaitMeasurements& now);
    Result<State> read_next(const AwaitMeasurements& now, std::size_t next);
    void keep(SigningContext context, Bytes transcript, const Bytes& signature, const Nonce& mine,
              const Nonce& theirs);

    Plan plan_;
    Entropy* entropy_;
    Findings found_;
};

/// One visit to a device, ready to be driven.
using Visit = Machine<Authentication>;

}  // namespace busguard::spdm
