#pragma once

#include "spdm/algorithms.h"
#include "spdm/choice.h"
#include "spdm/codec.h"

#include <vector>

namespace busguard::spdm {

/// 1.0 to 1.3. (A function: g++ 12 -O2 takes a default member list for uninitialized.)
std::vector<Version> every_version();

/// What a requester is willing to speak.
struct Offer {
    std::vector<Version> versions = every_version();
    std::uint8_t ct_exponent = 20;  ///< our own cryptography: about a second
    Flags<Cap> flags = Cap::cert | Cap::chal;
    std::uint32_t largest_message = 0x1200;  ///< bytes that the transport carries in one message
    Flags<BaseAsym> asym = every_asym;
    Flags<BaseHash> hash = every_hash;
};

/// What both sides have settled on, by VERSION, CAPABILITIES and ALGORITHMS.
struct Agreed {
    Version version{};
    msg::CapabilityFields peer;
    BaseAsym asym{};
    BaseHash hash{};
    std::optional<MeasurementHash> measurement_hash;  ///< nothing: the device measures nothing
    std::uint8_t opaque_format = 0;  ///< since 1.2: 0 none, 1 or 2 (bits 3:0 of OtherParamsSelection)

    bool can(Cap cap) const { return peer.flags.has(cap); }
    bool measures() const { return can(Cap::meas_sig) || can(Cap::meas_no_sig); }

    /// For messages without a signature.
    Shape shape() const { return {.version = version, .hash = size(hash)}; }
    Shape signed_shape() const {
        auto shape = this->shape();
        shape.signature = signature_size(asym);
        return shape;
    }
};

/// The highest version that both sides have. Errors: no_common.
Result<Version> settle(const Offer& offer, const msg::Versions& answer);

/// Does CAPABILITIES keep the specification's rules on which flags go together (DSP0274, "Flag fields
/// definitions for the Responder")? Errors: bad_field with the flag's name.
Result<void> coherent(const msg::CapabilityFields& peer, Version version);

/// The same for a requester's flags.
Result<void> coherent_request(const msg::CapabilityFields& peer, Version version);

msg::NegotiateAlgorithms propose(const Offer& offer, const msg::CapabilityFields& peer, Version version);

/// Takes what ALGORITHMS selected, if it is one of each and was offered. Errors: no_common, bad_field with
/// the field's name.
Result<Agreed> settle(const msg::NegotiateAlgorithms& proposal, const msg::Algorithms& answer,
                      const msg::CapabilityFields& peer, Version version);

}  // namespace busguard::spdm
