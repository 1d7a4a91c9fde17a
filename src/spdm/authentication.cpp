#include "spdm/authentication.h"

#include "spdm/certificate_chain.h"

namespace busguard::spdm {
namespace {

constexpr std::size_t largest_chain = 0xffff;
constexpr std::uint8_t basic_mutual_authentication = 0x80;

// DSP0274 table "Opaque data format": without an agreed format there is no opaque data since 1.2.
Result<void> opaque_allowed(const Agreed& agreed, const Bytes& opaque) {
    if (agreed.version >= Version::v1_2 && agreed.opaque_format == 0 && !opaque.empty())
        return fail(Errc::bad_field, "OpaqueDataLength");
    return {};
}

}  // namespace

Authentication::Authentication(Plan plan, Entropy& entropy) : plan_{std::move(plan)}, entropy_{&entropy} {}

Result<Authentication::State> Authentication::begin() {
    found_ = {};
    const Shape shape{.version = Version::v1_0};  // GET_VERSION always speaks 1.0
    auto sent = TRY(encode(msg::GetVersion{}, shape));
    return AwaitVersion{{std::move(sent), shape}};
}

Result<Authentication::State> Authentication::on(AwaitVersion&, const msg::Versions& answer,
                                                 const Transcript&) {
    found_.versions.reserve(answer.entries.size());
    for (const auto& entry : answer.entries)
        if (name(entry.version()) != "?") found_.versions.push_back(entry.version());
    const Shape shape{.version = TRY(settle(plan_.offer, answer))};
    msg::CapabilityFields own{.ct_exponent = plan_.offer.ct_exponent, .flags = plan_.offer.flags};
    if (shape.version >= Version::v1_2)
        own.data_transfer_size = own.max_message_size = plan_.offer.largest_message;
    auto sent = TRY(encode(msg::GetCapabilities{own}, shape));
    return AwaitCapabilities{{std::move(sent), shape}};
}

Result<Authentication::State> Authentication::on(AwaitCapabilities& now, const msg::Capabilities& answer,
                                                 const Transcript&) const {
    TRY(coherent(answer.own, now.shape.version));
    auto sent = TRY(encode(propose(plan_.offer, answer.own, now.shape.version), now.shape));
    return AwaitAlgorithms{{std::move(sent), now.shape}, answer.own};
}

Result<Authentication::State> Authentication::on(AwaitAlgorithms& now, const msg::Algorithms& answer,
                                                 const Transcript&) {
    found_.agreed = TRY(settle(now.sent.value(), answer, now.peer, now.shape.version));
    return after_algorithms();
}

Result<Authentication::State> Authentication::after_algorithms() {
    if (!plan_.vendor.empty()) return ask_vendor(0);
    return ask_digests();
}

Result<Authentication::State> Authentication::ask_vendor(std::size_t next) {
    const auto shape = found_.agreed->shape();
    auto sent = TRY(encode(plan_.vendor[next], shape));
    return AwaitVendor{{std::move(sent), shape}, next};
}

Result<Authentication::State> Authentication::on(AwaitVendor& now, const msg::VendorResponse& answer,
                                                 const Transcript&) {
    const auto& asked = now.sent.value();
    if (answer.standard_id != asked.standard_id) return fail(Errc::mismatch, "StandardID");
    if (answer.vendor_id != asked.vendor_id) return fail(Errc::mismatch, "VendorID");
    found_.vendor.push_back(answer);
    if (now.next + 1 < plan_.vendor.size()) return ask_vendor(now.next + 1);
    return ask_digests();
}

Result<Authentication::State> Authentication::ask_digests() {
    if (plan_.slots == 0) return after_certificates();
    if (!found_.agreed->can(Cap::cert)) return fail(Errc::unsupported, "CERT_CAP");
    const auto shape = found_.agreed->shape();
    auto sent = TRY(encode(msg::GetDigests{}, shape));
    return AwaitDigests{{std::move(sent), shape}};
}

Result<Authentication::State> Authentication::on(AwaitDigests& now, const msg::Digests& answer,
                                                 const Transcript&) {
    if (answer.provisioned_slots == 0) return fail(Errc::no_common, "ProvisionedSlotMask");
    if (now.shape.version >= Version::v1_3) {
        if ((answer.provisioned_slots | answer.supported_slots) != answer.supported_slots)
            return fail(Errc::bad_field, "ProvisionedSlotMask");
        found_.supported_slots = answer.supported_slots;
    }
    found_.provisioned_slots = answer.provisioned_slots;
    auto digest = ByteView{answer.digests};
    for (SlotId slot = 0; slot < slot_count; ++slot) {
        if ((answer.provisioned_slots >> slot & 1U) == 0) continue;
        if ((plan_.slots >> slot & 1U) != 0)
            found_.chains[slot].digest = crypto::Digest{digest.first(now.shape.hash)};
        digest = digest.subspan(now.shape.hash);
    }
    if (found_.chains.empty()) return fail(Errc::no_common, "ProvisionedSlotMask");
    return next_certificate(-1);
}

// The next slot above `after` that is to be read.
Result<Authentication::State> Authentication::next_certificate(int after) {
    for (const auto& [slot, chain] : found_.chains)
        if (static_cast<int>(slot) > after) return ask_certificate(slot, {}, 0);
    return after_certificates();
}

Result<Authentication::State> Authentication::ask_certificate(SlotId slot, Bytes so_far, std::size_t total) {
    const auto shape = found_.agreed->shape();
    const auto room = std::min<std::size_t>(plan_.offer.largest_message - certificate_header, largest_chain);
    const auto length = total == 0 ? room : std::min(room, total - so_far.size());
    const msg::GetCertificate request{.slot = slot,
                                      .offset = static_cast<std::uint16_t>(so_far.size()),
                                      .length = static_cast<std::uint16_t>(length)};
    auto sent = TRY(encode(request, shape));
    return AwaitCertificate{{std::move(sent), shape}, slot, std::move(so_far), total};
}

Result<Authentication::State> Authentication::on(AwaitCertificate& now, const msg::Certificate& answer,
                                                 const Transcript&) {
    const auto& agreed = *found_.agreed;
    if ((answer.slot & slot_bits) != now.slot) return fail(Errc::mismatch, "SlotID");
    if (answer.portion.empty() || answer.portion.size() > now.sent.value().length)
        return fail(Errc::bad_field, "PortionLength");
    const auto total =
        now.so_far.size() + answer.portion.size() + answer.remainder;  // size_t: no 16 bits to overflow
    if (total > largest_chain || (now.total != 0 && total != now.total))
        return fail(Errc::bad_field, "RemainderLength");
    append(now.so_far, answer.portion);
    if (answer.remainder != 0) return ask_certificate(now.slot, std::move(now.so_far), total);

    auto& chain = found_.chains[now.slot];
    chain.structure = std::move(now.so_far);
    if (agreed.version >= Version::v1_3) chain.model = answer.attributes & 7U;
    TRY(read_chain_structure(chain.structure, now.shape.hash));
    if (crypto::digest(hash_of(agreed.hash), chain.structure) != chain.digest)
        return fail(Errc::mismatch, "Digest");
    return next_certificate(now.slot);
}

Result<Authentication::State> Authentication::after_certificates() {
    if (!found_.chains.empty()) {
        found_.slot = plan_.choose_slot ? plan_.choose_slot(found_.chains, *found_.agreed)
                                        : found_.chains.begin()->first;
        if (found_.slot && !found_.chains.contains(*found_.slot)) found_.slot.reset();
        if (!found_.slot) found_.slot = found_.chains.begin()->first;
    }
    if (plan_.challenge) return ask_challenge();
    return ask_measurements();
}

Result<Authentication::State> Authentication::ask_challenge() {
    const auto& agreed = *found_.agreed;
    if (!agreed.can(Cap::chal)) return fail(Errc::unsupported, "CHAL_CAP");
    if (!found_.slot) return fail(Errc::no_common, "SlotID");
    auto shape = agreed.signed_shape();
    msg::Challenge request{.slot = *found_.slot};
    if (agreed.measures()) request.summary = plan_.summary;
    shape.summary = request.summary != SummaryType::none;
    TRY(entropy_->fill(request.nonce));
    if (shape.version >= Version::v1_3) TRY(entropy_->fill(request.context));
    auto sent = TRY(encode(request, shape));
    return AwaitChallengeAuth{{std::move(sent), shape}};
}

Result<Authentication::State> Authentication::on(AwaitChallengeAuth& now, const msg::ChallengeAuth& answer,
                                                 const Transcript& said) {
    const auto& asked = now.sent.value();
    const auto& agreed = *found_.agreed;
    // Kept before it is held to anything: what a device signed is evidence, whatever else it says.
    keep(SigningContext::responder_challenge_auth, said.challenged(), answer.signature, asked.nonce,
         answer.nonce);
    if ((answer.attributes & slot_bits) != asked.slot) return fail(Errc::mismatch, "SlotID");
    if (agreed.version == Version::v1_1 && (answer.attributes & basic_mutual_authentication) != 0)
        return fail(Errc::unsupported, "BasicMutAuthReq");  // we have no MUT_AUTH_CAP
    if (agreed.version >= Version::v1_3 && answer.context != asked.context)
        return fail(Errc::mismatch, "RequesterContext");
    if (!same(answer.cert_chain_hash, found_.chains[asked.slot].digest))
        return fail(Errc::mismatch, "CertChainHash");
    if ((answer.slot_mask >> asked.slot & 1U) == 0) return fail(Errc::mismatch, "SlotMask");
    if (answer.nonce == asked.nonce) return fail(Errc::bad_field, "Nonce");  // our own, sent back
    TRY(opaque_allowed(agreed, answer.opaque));
    return ask_measurements();
}

Result<Authentication::State> Authentication::ask_measurements() {
    using Pass = AwaitMeasurements::Pass;
    const auto& agreed = *found_.agreed;
    if (plan_.measure == Plan::Measure::no) return End{};
    if (!agreed.measures()) return End{};
    const bool with_signature = agreed.can(Cap::meas_sig) && found_.slot.has_value();
    if (plan_.measure == Plan::Measure::all_at_once)
        return ask_measurement(Pass::all, msg::GetMeasurements::all, with_signature, 0, {}, 0);
    return ask_measurement(Pass::count, msg::GetMeasurements::count_only, false, 0, {}, 0);
}

Result<Authentication::State> Authentication::ask_measurement(AwaitMeasurements::Pass pass,
                                                              std::uint8_t operation, bool with_signature,
                                                              std::uint8_t total,
                                                              std::vector<std::uint8_t> indices,
                                                              std::size_t next) {
    const auto& agreed = *found_.agreed;
    msg::GetMeasurements request{.operation = operation};
    auto shape = agreed.shape();
    if (plan_.raw_measurements && agreed.version >= Version::v1_2)
        request.attributes |= msg::GetMeasurements::raw_bit_stream_requested;
    if (with_signature) {
        request.attributes |= msg::GetMeasurements::signature_requested;
        request.slot = *found_.slot;
        shape = agreed.signed_shape();
        TRY(entropy_->fill(request.nonce));
    }
    if (shape.version >= Version::v1_3) TRY(entropy_->fill(request.context));
    auto sent = TRY(encode(request, shape));
    return AwaitMeasurements{{std::move(sent), shape}, pass, total, std::move(indices), next};
}

Result<Authentication::State> Authentication::on(AwaitMeasurements& now, const msg::Measurements& answer,
                                                 const Transcript& said) {
    using Pass = AwaitMeasurements::Pass;
    const auto& asked = now.sent.value();
    const auto& agreed = *found_.agreed;
    if (asked.wants_signature())
        keep(SigningContext::responder_measurements, said.measured(agreed.version), answer.signature,
             asked.nonce, answer.nonce);
    if (agreed.version >= Version::v1_1 && asked.wants_signature() &&
        (answer.attributes & slot_bits) != asked.slot)
        return fail(Errc::mismatch, "SlotID");
    if (agreed.version >= Version::v1_3 && answer.context != asked.context)
        return fail(Errc::mismatch, "RequesterContext");
    TRY(opaque_allowed(agreed, answer.opaque));
    std::optional<std::size_t> digest;
    if (const auto hash = hash_of(*agreed.measurement_hash)) digest = crypto::size(*hash);
    auto blocks = TRY(parse_record(answer.record, answer.block_count, digest));
    switch (now.pass) {
        case Pass::count:
            if (!blocks.empty()) return fail(Errc::bad_field, "NumberOfBlocks");
            if (answer.total == 0) return End{};
            now.total = answer.total;
            // The indices that exist are searched for first, so that none of the signed run is refused: a
            // refusal would throw the blocks before it out of L1 (D97).
            return search_on(now);
        case Pass::search: now.indices.push_back(asked.operation); return search_on(now);
        case Pass::read:
            if (blocks.size() != 1 || blocks.front().index != asked.operation)
                return fail(Errc::mismatch, "Index");
            found_.measurements.push_back(std::move(blocks.front()));
            found_.measurements_signed = asked.wants_signature();
            return read_next(now, now.next + 1);
        case Pass::all:
            if (blocks.empty()) return fail(Errc::bad_field, "NumberOfBlocks");
            found_.measurements = std::move(blocks);
            found_.measurements_signed = asked.wants_signature();
            return End{};
    }
    return End{};
}

// While indices are searched for, a refusal says that there is none.
Result<Authentication::State> Authentication::on(AwaitMeasurements& now, const msg::Error& error,
                                                 const Transcript&) {
    if (now.pass == AwaitMeasurements::Pass::search && error.error_code == ErrorCode::invalid_request)
        return search_on(now);
    // MEASUREMENTS of all blocks may be larger than a message: then one by one.
    if (now.pass == AwaitMeasurements::Pass::all && error.error_code == ErrorCode::response_too_large)
        return ask_measurement(AwaitMeasurements::Pass::count, msg::GetMeasurements::count_only, false, 0, {},
                               0);
    return fail(Errc::peer_error, "GET_MEASUREMENTS", 0, static_cast<std::uint32_t>(error.error_code));
}

Result<Authentication::State> Authentication::search_on(AwaitMeasurements& now) {
    const unsigned last = now.sent.value().operation;  // 0 after the count
    if (now.indices.size() == now.total) return read_next(now, 0);
    if (last + 1 >= msg::GetMeasurements::all)
        return fail(Errc::mismatch, "Param1");  // fewer than it counted
    return ask_measurement(AwaitMeasurements::Pass::search, static_cast<std::uint8_t>(last + 1), false,
                           now.total, std::move(now.indices), 0);
}

Result<Authentication::State> Authentication::read_next(const AwaitMeasurements& now, std::size_t next) {
    if (next == now.indices.size()) return End{};
    const bool last = next + 1 == now.indices.size();
    const bool with_signature = last && found_.agreed->can(Cap::meas_sig) && found_.slot.has_value();
    return ask_measurement(AwaitMeasurements::Pass::read, now.indices[next], with_signature, now.total,
                           now.indices, next);
}

void Authentication::keep(SigningContext context, Bytes transcript, const Bytes& signature, const Nonce& mine,
                          const Nonce& theirs) {
    const auto& agreed = *found_.agreed;
    found_.statements.push_back({context, agreed.version, agreed.asym, agreed.hash, found_.slot.value_or(0),
                                 std::move(transcript), signature, mine, theirs});
}

}  // namespace busguard::spdm
