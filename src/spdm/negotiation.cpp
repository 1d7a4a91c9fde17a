#include "spdm/negotiation.h"

#include <algorithm>

namespace busguard::spdm {
namespace {

constexpr std::uint8_t multi_key = 0x10;

bool has_both(Flags<Cap> flags, Cap a, Cap b) { return flags.has(a | b); }

bool has_any(Flags<Cap> flags, Flags<Cap> any) { return (flags & any).bits() != 0; }

Result<void> coherent_sizes(const msg::CapabilityFields& peer, Version version) {
    if (version < Version::v1_2) return {};
    if (peer.data_transfer_size < smallest_transfer) return fail(Errc::bad_field, "DataTransferSize");
    if (peer.max_message_size < peer.data_transfer_size) return fail(Errc::bad_field, "MaxSPDMmsgSize");
    if (!peer.flags.has(Cap::chunk) && peer.max_message_size != peer.data_transfer_size)
        return fail(Errc::bad_field, "MaxSPDMmsgSize");  // libspdm#2329
    return {};
}

// What DSP0274 1.1 and later demand of either side's session flags.
Result<void> coherent_sessions(Flags<Cap> flags) {
    const bool exchange = has_any(flags, Cap::key_ex | Cap::psk | Cap::psk_context);
    const bool protects = has_any(flags, Cap::encrypt | Cap::mac);
    if (has_both(flags, Cap::psk, Cap::psk_context)) return fail(Errc::bad_field, "PSK_CAP");
    if (exchange && !protects) return fail(Errc::bad_field, "KEY_EX_CAP");
    if (protects && !exchange) return fail(Errc::bad_field, "ENCRYPT_CAP");
    if (flags.has(Cap::handshake_in_the_clear) && !flags.has(Cap::key_ex))
        return fail(Errc::bad_field, "HANDSHAKE_IN_THE_CLEAR_CAP");
    if (has_both(flags, Cap::pub_key_id, Cap::cert)) return fail(Errc::bad_field, "PUB_KEY_ID_CAP");
    return {};
}

Result<void> coherent_since_1_3(Flags<Cap> flags) {
    if (has_both(flags, Cap::ep_info_no_sig, Cap::ep_info_sig)) return fail(Errc::bad_field, "EP_INFO_CAP");
    if (has_both(flags, Cap::multi_key_only, Cap::multi_key_neg))
        return fail(Errc::bad_field, "MULTI_KEY_CAP");
    if (has_any(flags, Cap::multi_key_only | Cap::multi_key_neg) && flags.has(Cap::pub_key_id))
        return fail(Errc::bad_field, "MULTI_KEY_CAP");
    return {};
}

}  // namespace

std::vector<Version> every_version() { return {Version::v1_0, Version::v1_1, Version::v1_2, Version::v1_3}; }

Result<Version> settle(const Offer& offer, const msg::Versions& answer) {
    const auto ours = [&](Version version) {
        return std::ranges::find(offer.versions, version) != offer.versions.end();
    };
    std::optional<Version> best;
    for (const auto& entry : answer.entries)
        if (ours(entry.version()) && (!best || entry.version() > *best)) best = entry.version();
    if (!best) return fail(Errc::no_common, "VersionNumberEntry");
    return *best;
}

Result<void> coherent(const msg::CapabilityFields& peer, Version version) {
    const auto flags = peer.flags;
    if (has_both(flags, Cap::meas_no_sig, Cap::meas_sig)) return fail(Errc::bad_field, "MEAS_CAP");
    if (auto sizes = coherent_sizes(peer, version); !sizes) return sizes;
    if (version == Version::v1_0) return {};
    if (auto sessions = coherent_sessions(flags); !sessions) return sessions;
    if (has_any(flags, Cap::chal | Cap::meas_sig | Cap::key_ex) &&
        !has_any(flags, Cap::cert | Cap::pub_key_id))
        return fail(Errc::bad_field, "CERT_CAP");
    if (version == Version::v1_1 && flags.has(Cap::mut_auth) && !flags.has(Cap::encap))
        return fail(Errc::bad_field, "MUT_AUTH_CAP");
    if (version < Version::v1_3) return {};
    return coherent_since_1_3(flags);
}

Result<void> coherent_request(const msg::CapabilityFields& peer, Version version) {
    const auto flags = peer.flags;
    if (version == Version::v1_0) return {};
    if (auto sizes = coherent_sizes(peer, version); !sizes) return sizes;
    if (auto sessions = coherent_sessions(flags); !sessions) return sessions;
    if (flags.has(Cap::psk_context)) return fail(Errc::bad_field, "PSK_CAP");
    if (version == Version::v1_1 && flags.has(Cap::mut_auth) && !flags.has(Cap::encap))
        return fail(Errc::bad_field, "MUT_AUTH_CAP");
    if (version < Version::v1_3) return {};
    if (has_any(flags, Cap::multi_key_only | Cap::multi_key_neg) && !flags.has(Cap::cert))
        return fail(Errc::bad_field, "MULTI_KEY_CAP");
    return coherent_since_1_3(flags);
}

msg::NegotiateAlgorithms propose(const Offer& offer, const msg::CapabilityFields& peer, Version version) {
    msg::NegotiateAlgorithms proposal;
    const bool measures = has_any(peer.flags, Cap::meas_sig | Cap::meas_no_sig);
    proposal.measurement_spec = measures ? dmtf_measurements : 0;
    if (version >= Version::v1_2) proposal.other_params = opaque_format_1;
    proposal.asym = offer.asym & supported_asym();
    if (version < Version::v1_2)
        proposal.asym = proposal.asym & Flags<BaseAsym>::from_bits(0x1ff);  // EdDSA came with 1.2
    proposal.hash = offer.hash;
    return proposal;
}

Result<Agreed> settle(const msg::NegotiateAlgorithms& proposal, const msg::Algorithms& answer,
                      const msg::CapabilityFields& peer, Version version) {
    Agreed agreed{.version = version, .peer = peer};
    agreed.asym = TRY(chosen(answer.asym, proposal.asym, "BaseAsymSel"));
    agreed.hash = TRY(chosen(answer.hash, proposal.hash, "BaseHashSel"));
    if (answer.measurement_spec != proposal.measurement_spec)
        return fail(Errc::bad_field,
                    "MeasurementSpecificationSel");  // the capability says that it measures, or not
    if (agreed.measures())
        agreed.measurement_hash =
            TRY(chosen(answer.measurement_hash, every_measurement_hash, "MeasurementHashAlgo"));
    else if (answer.measurement_hash.bits() != 0)
        return fail(Errc::bad_field, "MeasurementHashAlgo");
    if (version >= Version::v1_2) {
        agreed.opaque_format = answer.other_params & 0xfU;
        if ((agreed.opaque_format & ~proposal.other_params) != 0 || (answer.other_params & multi_key) != 0)
            return fail(Errc::bad_field, "OtherParamsSelection");
    }
    if (!answer.structs.empty()) return fail(Errc::bad_field, "RespAlgStruct");  // we proposed none
    return agreed;
}

}  // namespace busguard::spdm
