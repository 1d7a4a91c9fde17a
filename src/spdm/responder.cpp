#include "spdm/responder.h"

#include "spdm/certificate_chain.h"
#include "spdm/signing.h"

#include <algorithm>

namespace busguard::spdm {
namespace {

constexpr std::uint8_t slot_size_requested = 1;
constexpr std::size_t most_ext_algorithms_1_0 = 8;
constexpr std::size_t most_ext_algorithms = 20;

bool is_request(Code code) { return (static_cast<unsigned>(code) & 0x80U) != 0; }

// DSP0274: tables in ascending order of their types, no type twice, only types that exist.
bool tables_in_order(const std::vector<msg::AlgStruct>& tables) {
    int last = 1;
    for (const auto& table : tables) {
        if (table.type <= last || table.type > 5) return false;
        last = table.type;
    }
    return true;
}

// DSP0274: a digest stands for what a device measured, unless the bit stream is asked for; modes, versions,
// manifests and the like are values and always raw.
MeasurementBlock digested(const MeasurementBlock& block, MeasurementHash by) {
    const auto hash = hash_of(by);
    if (!block.raw || block.type > MeasurementType::firmware_configuration || !hash) return block;
    return {block.index, block.type, false, to_bytes(crypto::digest(*hash, block.value).view())};
}

bool is_retry_safe(Code code) {
    // An unsigned GET_MEASUREMENTS said twice is two exchanges of one L1; the others are one exchange, said
    // again.
    return code == Code::get_capabilities || code == Code::negotiate_algorithms ||
           code == Code::get_certificate || code == Code::challenge;
}

}  // namespace

Failure<Responder::Refusal> Responder::refuse(ErrorCode code, Error fault) { return {{code, fault}}; }
Failure<Responder::Refusal> Responder::refuse(ErrorCode code, Errc why, std::string_view field) {
    return {{code, {why, field}}};
}
Failure<Responder::Refusal> Responder::unsupported(Code request) {
    return {{ErrorCode::unsupported_request,
             {Errc::unsupported, name(request)},
             static_cast<std::uint8_t>(request)}};
}

Responder::Responder(const Profile& profile, Entropy& entropy) : profile_{&profile}, entropy_{&entropy} {}

Responder::Reply Responder::reply(ByteView request) {
    const auto code = head_of(request).code;
    if (!last_request_.empty() && is_retry_safe(code) && same(request, last_request_))
        return {last_reply_, {}};
    auto served = dispatch(request);
    if (served) {
        last_request_.assign(request.begin(), request.end());
        last_reply_.assign(served->begin(), served->end());
        return {*std::move(served), {}};
    }
    transcript_.error();
    const auto& refusal = served.error();
    const auto error = encode(msg::Error{refusal.code, refusal.data, {}}, Shape{.version = version_});
    return {error ? to_bytes(error->bytes()) : Bytes{}, refusal.fault};
}

Responder::Served<Bytes> Responder::dispatch(ByteView request) {
    const auto head = head_of(request);
    switch (head.code) {
        case Code::get_version: return serve<msg::GetVersion>(request, Stage::start);
        case Code::get_capabilities: return serve<msg::GetCapabilities>(request, Stage::after_version);
        case Code::negotiate_algorithms:
            return serve<msg::NegotiateAlgorithms>(request, Stage::after_capabilities);
        case Code::get_digests: return serve<msg::GetDigests>(request, Stage::negotiated);
        case Code::get_certificate: return serve<msg::GetCertificate>(request, Stage::negotiated);
        case Code::challenge: return serve<msg::Challenge>(request, Stage::negotiated);
        case Code::get_measurements: return serve<msg::GetMeasurements>(request, Stage::negotiated);
        case Code::vendor_defined_request: return serve<msg::VendorRequest>(request, Stage::negotiated);
        case Code::respond_if_ready:  // we never say ResponseNotReady
            return refuse(ErrorCode::unexpected_request, Errc::unexpected, "RESPOND_IF_READY");
        default: break;
    }
    if (request.size() < 4 || !is_request(head.code))
        return refuse(ErrorCode::invalid_request, Errc::bad_field, "RequestResponseCode");
    return unsupported(head.code);
}

template <class Request>
Responder::Served<Bytes> Responder::serve(ByteView bytes, Stage least) {
    const auto version = head_of(bytes).version;
    if (bytes.size() < 4) return refuse(ErrorCode::invalid_request, Errc::truncated, name(Request::code));
    if (stage_ < least) return refuse(ErrorCode::unexpected_request, Errc::unexpected, name(Request::code));
    Shape shape{.version = version_};  // NOLINT(misc-const-correctness): for some requests it changes
    if constexpr (std::is_same_v<Request, msg::GetVersion>) shape.version = Version::v1_0;
    if constexpr (std::is_same_v<Request, msg::GetCapabilities>) {
        // The request chooses the version, once; until then we speak 1.0.
        if (stage_ == Stage::after_version) version_ = Version::v1_0;
        if (std::ranges::find(profile_->versions, version) == profile_->versions.end())
            return refuse(ErrorCode::version_mismatch, Errc::mismatch, "SPDMVersion");
        if (stage_ > Stage::after_version)
            return refuse(ErrorCode::unexpected_request, Errc::unexpected, "GET_CAPABILITIES");
        shape.version = version_ = version;
    }
    auto request = decode<Request>(bytes, shape);
    if (!request) {
        const bool other_version = request.error() == Error{Errc::mismatch, "SPDMVersion", 0};
        return refuse(other_version ? ErrorCode::version_mismatch : ErrorCode::invalid_request,
                      request.error());
    }
    if constexpr (std::is_same_v<Request, msg::GetCapabilities>) {
        if (auto kept = coherent_request(request->value().own, shape.version); !kept)
            return refuse(ErrorCode::invalid_request, kept.error());
    }
    auto answer = on(request->value());
    if (!answer) return Failure<Refusal>{answer.error()};
    auto reply = encode(*std::move(answer), shape_for(request->value()), limit());
    if (!reply) {
        const bool large = reply.error().code == Errc::too_large && version_ >= Version::v1_2;
        return refuse(large ? ErrorCode::response_too_large : ErrorCode::unspecified, reply.error());
    }
    transcript_.record(*request, *reply);
    if constexpr (is_signed<typename Request::Answer>) {
        if (auto done = sign(*request, *reply); !done) return Failure<Refusal>{done.error()};
    }
    return std::move(*reply).take();
}

Shape Responder::shape_for(const auto& request) const {
    using Request = std::remove_cvref_t<decltype(request)>;
    if (std::is_same_v<Request, msg::GetVersion>) return {.version = Version::v1_0};
    if (stage_ != Stage::negotiated) return {.version = version_};
    auto shape = agreed_.shape();
    if constexpr (std::is_same_v<Request, msg::Challenge>) {
        shape.signature = signature_size(agreed_.asym);
        shape.summary = request.summary != SummaryType::none;
    }
    if constexpr (std::is_same_v<Request, msg::GetMeasurements>) {
        if (request.wants_signature()) shape.signature = signature_size(agreed_.asym);
    }
    return shape;
}

// The most that one message to this requester holds: we do no chunking.
std::size_t Responder::limit() const {
    if (version_ < Version::v1_2 || stage_ < Stage::after_capabilities) return profile_->largest_message;
    return std::min<std::size_t>(profile_->largest_message, peer_.data_transfer_size);
}

template <class Request>
Responder::Served<void> Responder::sign(const Received<Request>& request,
                                        OnWire<typename Request::Answer>& reply) {
    // NOLINTNEXTLINE(misc-const-correctness): for one request it changes
    SlotId slot = request.value().slot & slot_bits;
    auto context = SigningContext::responder_challenge_auth;
    Bytes transcript;
    if constexpr (std::is_same_v<Request, msg::GetMeasurements>) {
        if (!request.value().wants_signature()) return {};
        context = SigningContext::responder_measurements;
        transcript = transcript_.measured(version_);
        if (version_ == Version::v1_0) slot = profile_->slots.begin()->first;  // 1.0 names none
    } else {
        transcript = transcript_.challenged();
    }
    const auto hash = hash_of(agreed_.hash);
    const auto message = message_to_sign(version_, context, hash, transcript);
    auto signature =
        profile_->slots.at(slot).key.sign(scheme_of(agreed_.asym), hash, message, eddsa_context(context));
    if (!signature) return refuse(ErrorCode::unspecified, signature.error());
    reply.sign(*signature);
    return {};
}

Responder::Served<msg::Versions> Responder::on(const msg::GetVersion&) {
    stage_ = Stage::after_version;
    version_ = Version::v1_0;
    msg::Versions answer;
    for (auto version : profile_->versions) answer.entries.push_back(msg::VersionEntry::of(version));
    return answer;
}

Responder::Served<msg::Capabilities> Responder::on(const msg::GetCapabilities& request) {
    stage_ = Stage::after_capabilities;
    peer_ = request.own;
    msg::CapabilityFields own{.ct_exponent = profile_->ct_exponent, .flags = profile_->flags};
    if (version_ < Version::v1_2) own.flags = Flags<Cap>::from_bits(own.flags.bits() & 0x1ffffU);
    if (version_ == Version::v1_0) own.flags = Flags<Cap>::from_bits(own.flags.bits() & 0x3fU);
    if (version_ >= Version::v1_2) own.data_transfer_size = own.max_message_size = profile_->largest_message;
    return msg::Capabilities{own};
}

Responder::Served<msg::Algorithms> Responder::on(const msg::NegotiateAlgorithms& request) {
    if (stage_ > Stage::after_capabilities)
        return refuse(ErrorCode::unexpected_request, Errc::unexpected, "NEGOTIATE_ALGORITHMS");
    const auto most = version_ == Version::v1_0 ? most_ext_algorithms_1_0 : most_ext_algorithms;
    std::size_t external = request.ext_asym.size() + request.ext_hash.size();
    if (request.ext_asym.size() > most)
        return refuse(ErrorCode::invalid_request, Errc::bad_field, "ExtAsymCount");
    if (request.ext_hash.size() > most)
        return refuse(ErrorCode::invalid_request, Errc::bad_field, "ExtHashCount");
    for (const auto& table : request.structs) external += table.external.size();
    if (external > most) return refuse(ErrorCode::invalid_request, Errc::bad_field, "ExtAsymCount");
    if (version_ == Version::v1_0 ? !request.structs.empty() : !tables_in_order(request.structs))
        return refuse(ErrorCode::invalid_request, Errc::bad_field, "ReqAlgStruct");

    msg::Algorithms answer;
    answer.asym = strongest(request.asym, profile_->asym);
    answer.hash = strongest(request.hash, profile_->hash);
    if (answer.asym.bits() == 0) return refuse(ErrorCode::invalid_request, Errc::bad_field, "BaseAsymAlgo");
    if (answer.hash.bits() == 0) return refuse(ErrorCode::invalid_request, Errc::bad_field, "BaseHashAlgo");
    agreed_ = {.version = version_,
               .peer = peer_,
               .asym = static_cast<BaseAsym>(answer.asym.bits()),
               .hash = static_cast<BaseHash>(answer.hash.bits())};
    const bool measures = profile_->flags.has(Cap::meas_sig) || profile_->flags.has(Cap::meas_no_sig);
    if (measures && (request.measurement_spec & dmtf_measurements) != 0) {
        answer.measurement_spec = dmtf_measurements;
        answer.measurement_hash = strongest(profile_->measurement_hash, every_measurement_hash);
        agreed_.measurement_hash = static_cast<MeasurementHash>(answer.measurement_hash.bits());
    }
    if (version_ >= Version::v1_2) {
        agreed_.opaque_format = request.other_params & opaque_format_1;
        answer.other_params = agreed_.opaque_format;
    }
    stage_ = Stage::negotiated;
    return answer;
}

Responder::Served<msg::Digests> Responder::on(const msg::GetDigests&) {
    if (!profile_->flags.has(Cap::cert)) return unsupported(Code::get_digests);
    if (presented().empty()) return refuse(ErrorCode::unspecified, Errc::not_found, "SlotMask");
    msg::Digests answer;
    answer.provisioned_slots = provisioned();
    if (version_ >= Version::v1_3) answer.supported_slots = answer.provisioned_slots;
    for (const auto& [slot, chain] : presented()) append(answer.digests, chain.digest.view());
    return answer;
}

Responder::Served<msg::Certificate> Responder::on(const msg::GetCertificate& request) {
    if (!profile_->flags.has(Cap::cert)) return unsupported(Code::get_certificate);
    const auto found = presented().find(request.slot & slot_bits);
    if (found == presented().end()) return refuse(ErrorCode::invalid_request, Errc::bad_field, "SlotID");
    const auto& structure = found->second.structure;
    msg::Certificate answer{.slot = found->first};
    // CertificateInfo stays 0: without multiple keys on a connection the model is not told (DSP0274 1.3).
    if (version_ >= Version::v1_3 && (request.attributes & slot_size_requested) != 0) {
        answer.remainder = static_cast<std::uint16_t>(structure.size());
        return answer;
    }
    if (request.offset >= structure.size())
        return refuse(ErrorCode::invalid_request, Errc::bad_field, "Offset");
    if (request.length == 0) return refuse(ErrorCode::invalid_request, Errc::bad_field, "Length");
    const auto left = structure.size() - request.offset;
    const auto size = std::min({left, std::size_t{request.length}, limit() - certificate_header});
    append(answer.portion, ByteView{structure}.subspan(request.offset, size));
    answer.remainder = static_cast<std::uint16_t>(left - size);
    return answer;
}

Responder::Served<msg::ChallengeAuth> Responder::on(const msg::Challenge& request) {
    if (!profile_->flags.has(Cap::chal)) return unsupported(Code::challenge);
    const auto found = presented().find(request.slot);
    if (found == presented().end()) return refuse(ErrorCode::invalid_request, Errc::bad_field, "SlotID");
    msg::ChallengeAuth answer{
        .attributes = request.slot, .slot_mask = provisioned(), .context = request.context};
    append(answer.cert_chain_hash, found->second.digest.view());
    if (request.summary != SummaryType::none) {
        auto summary = measurement_summary(request.summary);
        if (!summary) return Failure<Refusal>{summary.error()};
        answer.measurement_summary = *std::move(summary);
    }
    if (auto filled = entropy_->fill(answer.nonce); !filled)
        return refuse(ErrorCode::unspecified, filled.error());
    return answer;
}

// DSP0274: the base hash over the concatenated measurement blocks; of the immutable ROM alone for the TCB
// (libspdm's sample device takes it so; the specification leaves the choice to the device).
Responder::Served<Bytes> Responder::measurement_summary(SummaryType type) const {
    const bool known = type == SummaryType::all || type == SummaryType::tcb;
    if (!known || !agreed_.measurement_hash)
        return refuse(ErrorCode::invalid_request, Errc::bad_field, "MeasurementSummaryHashType");
    Bytes blocks;
    for (const auto& block : profile_->measurements)
        if (type == SummaryType::all || block.type == MeasurementType::immutable_rom)
            append(blocks, to_wire(digested(block, *agreed_.measurement_hash)));
    return to_bytes(crypto::digest(hash_of(agreed_.hash), blocks).view());
}

Responder::Served<msg::Measurements> Responder::on(const msg::GetMeasurements& request) {
    const auto& blocks = profile_->measurements;
    if (!agreed_.measurement_hash) return unsupported(Code::get_measurements);
    if (request.wants_signature()) {
        if (!profile_->flags.has(Cap::meas_sig))
            return refuse(ErrorCode::invalid_request, Errc::bad_field, "Param1");
        if (version_ >= Version::v1_1 && !presented().contains(request.slot))
            return refuse(ErrorCode::invalid_request, Errc::bad_field, "SlotIDParam");
        if (presented().empty()) return refuse(ErrorCode::invalid_request, Errc::bad_field, "SlotIDParam");
    }
    msg::Measurements answer{.context = request.context};
    const bool all = request.operation == msg::GetMeasurements::all;
    const bool raw = (request.attributes & msg::GetMeasurements::raw_bit_stream_requested) != 0;
    for (const auto& block : blocks) {
        if (!all && block.index != request.operation) continue;
        append(answer.record, to_wire(raw ? block : digested(block, *agreed_.measurement_hash)));
        ++answer.block_count;
    }
    if (request.operation == msg::GetMeasurements::count_only)
        answer.total = static_cast<std::uint8_t>(blocks.size());
    else if (answer.block_count == 0)
        return refuse(ErrorCode::invalid_request, Errc::bad_field, "MeasurementOperation");
    if (request.wants_signature() && version_ >= Version::v1_1) answer.attributes = request.slot;
    if (version_ < Version::v1_2 || agreed_.opaque_format != 0) answer.opaque = profile_->opaque;
    if (auto filled = entropy_->fill(answer.nonce); !filled)
        return refuse(ErrorCode::unspecified, filled.error());
    return answer;
}

Responder::Served<msg::VendorResponse> Responder::on(const msg::VendorRequest& request) {
    auto payload = profile_->vendor ? profile_->vendor(request) : std::nullopt;
    if (!payload) return unsupported(Code::vendor_defined_request);
    return msg::VendorResponse{request.standard_id, request.vendor_id, *std::move(payload)};
}

const std::map<SlotId, Responder::Presented>& Responder::presented() {
    const std::pair under{agreed_.asym, agreed_.hash};
    if (presented_under_ == under) return presented_;
    presented_under_ = under;
    presented_.clear();
    for (const auto& [slot, provisioned] : profile_->slots) {
        if (!provisioned.key.fits(scheme_of(agreed_.asym))) continue;
        if (auto structure = chain_structure(agreed_.hash, provisioned.certificates)) {
            const auto digest = crypto::digest(hash_of(agreed_.hash), *structure);
            presented_.emplace(slot, Presented{*std::move(structure), digest});
        }
    }
    return presented_;
}

std::uint8_t Responder::provisioned() {
    unsigned mask = 0;
    for (const auto& [slot, chain] : presented()) mask |= 1U << slot;
    return static_cast<std::uint8_t>(mask);
}

}  // namespace busguard::spdm
