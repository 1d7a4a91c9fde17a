#include "evidence/transcript_review.h"

#include "base/hex.h"
#include "evidence/transcript_walk.h"
#include "spdm/choice.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <bit>

namespace busguard::evidence {
namespace {

using namespace spdm;

constexpr std::uint8_t opaque_formats = 0x0f;  // of OtherParamsSelection

Check not_told(std::string_view rule, std::string detail) {
    return skipped(rule, "evidence.not-told", std::move(detail));
}

std::string words(const Error& error) {
    return fmt::format("{} {} at byte {}", error.what, name(error.code), error.offset);
}

/// What a record claims and what its transcript says, side by side.
struct Case {
    const Record* record = nullptr;
    const Spoken* spoken = nullptr;
    crypto::Digest chain;  ///< hash of the chain structure; empty without

    bool challenged() const { return spoken->challenge.has_value(); }
    const Said<msg::GetMeasurements>& last() const { return spoken->measurements.back(); }
    const Bytes& opaque() const {
        return challenged() ? spoken->challenge->answer.opaque : last().answer.opaque;
    }
};

Result<void> records_parse(const Case& its, std::optional<MeasurementHash> by) {
    std::optional<std::size_t> digest;
    if (by && hash_of(*by)) digest = crypto::size(*hash_of(*by));
    for (const auto& one : its.spoken->measurements)
        TRY(parse_record(one.answer.record, one.answer.block_count, digest));
    return {};
}

std::string_view reason_of(const Error& error) {
    if (error.code == Errc::mismatch && error.what == "SPDMVersion") return "negotiation.incoherent";
    return error.code == Errc::unexpected ? "protocol.unexpected" : "protocol.malformed";
}

Check form(const Case& its, std::optional<MeasurementHash> by) {
    constexpr auto rule = "transcript.form";
    if (const auto& error = its.spoken->broken) {
        return failed(rule, reason_of(*error), words(*error));
    }
    if (auto parsed = records_parse(its, by); !parsed)
        return failed(rule, "protocol.malformed", words(parsed.error()));
    return passed(rule);
}

Check version(const Case& its) {
    constexpr auto rule = "transcript.version";
    if (!its.spoken->version) return not_told(rule, "no VERSION in the transcript");
    for (const auto& entry : its.spoken->version->answer.entries)
        if (entry.version() == its.record->version)
            return passed(rule, std::string{name(its.record->version)});
    return failed(rule, "negotiation.not-offered",
                  fmt::format("VERSION does not offer {}", name(its.record->version)));
}

/// Holds every selection of ALGORITHMS to its offer. Errors: what the field's name says.
Result<Agreed> settled(const Spoken& spoken, Version version) {
    const auto& [proposal, answer] = *spoken.algorithms;
    Agreed agreed{.version = version, .peer = spoken.capabilities->answer.own};
    TRY(coherent(agreed.peer, version));
    agreed.asym = TRY(chosen(answer.asym, proposal.asym & every_asym, "BaseAsymSel"));
    agreed.hash = TRY(chosen(answer.hash, proposal.hash & every_hash, "BaseHashSel"));
    if ((answer.measurement_spec & ~proposal.measurement_spec) != 0)
        return fail(Errc::bad_field, "MeasurementSpecificationSel");
    if (answer.measurement_hash.bits() != 0)
        agreed.measurement_hash =
            TRY(chosen(answer.measurement_hash, every_measurement_hash, "MeasurementHashAlgo"));
    if (version >= Version::v1_2) {
        agreed.opaque_format = answer.other_params & opaque_formats;
        if ((answer.other_params & ~proposal.other_params) != 0 || std::popcount(agreed.opaque_format) > 1)
            return fail(Errc::bad_field, "OtherParamsSelection");
    }
    for (const auto& selected : answer.structs) {
        const auto offered =
            std::ranges::find(proposal.structs, selected.type, [](const auto& one) { return one.type; });
        if (offered == proposal.structs.end() || (selected.supported & ~offered->supported) != 0 ||
            std::popcount(selected.supported) > 1)
            return fail(Errc::bad_field, "RespAlgStruct");
    }
    return agreed;
}

Check negotiation(const Case& its, const std::optional<Result<Agreed>>& agreed) {
    constexpr auto rule = "transcript.negotiation";
    if (!agreed) return not_told(rule, "no ALGORITHMS in the transcript");
    if (!*agreed) {
        const bool selection =
            agreed->error().what.ends_with("Sel") || agreed->error().what == "MeasurementHashAlgo" ||
            agreed->error().what.ends_with("Selection") || agreed->error().what == "RespAlgStruct";
        return failed(rule, selection ? "negotiation.not-offered" : "negotiation.incoherent",
                      words(agreed->error()));
    }
    const auto& settled = **agreed;
    if (settled.asym != its.record->asym)
        return failed(rule, "negotiation.incoherent", "BaseAsymSel is not the record's algorithm");
    if (settled.hash != its.record->hash)
        return failed(rule, "negotiation.incoherent", "BaseHashSel is not the record's hash");
    if (settled.version >= Version::v1_2 && settled.opaque_format == 0 && !its.opaque().empty())
        return failed(rule, "negotiation.incoherent", "OpaqueData without an agreed format");
    return passed(rule, fmt::format("{}, {}", crypto::name(scheme_of(settled.asym)),
                                    crypto::name(hash_of(settled.hash))));
}

Check slot(const Case& its) {
    constexpr auto rule = "transcript.slot";
    const auto wrong = [&](std::string_view field, unsigned value) {
        return failed(rule, "protocol.slot", fmt::format("{} is {}, not {}", field, value, its.record->slot));
    };
    if (its.challenged()) {
        const auto& [request, answer] = *its.spoken->challenge;
        if (request.slot != its.record->slot) return wrong("CHALLENGE SlotID", request.slot);
        if ((answer.attributes & slot_bits) != its.record->slot)
            return wrong("CHALLENGE_AUTH SlotID", answer.attributes & slot_bits);
        if ((answer.slot_mask >> its.record->slot & 1U) == 0)
            return failed(rule, "protocol.slot", "SlotMask lacks the slot");
        return passed(rule, std::to_string(its.record->slot));
    }
    if (its.record->version == Version::v1_0) {
        if (its.record->slot != 0) return wrong("slot of GET_MEASUREMENTS in 1.0", 0);
        return passed(rule, "0");
    }
    const auto& [request, answer] = its.last();
    if (request.slot != its.record->slot) return wrong("GET_MEASUREMENTS SlotIDParam", request.slot);
    if ((answer.attributes & slot_bits) != its.record->slot)
        return wrong("MEASUREMENTS SlotID", answer.attributes & slot_bits);
    return passed(rule, std::to_string(its.record->slot));
}

Check context(const Case& its) {
    constexpr auto rule = "transcript.context";
    if (its.record->version < Version::v1_3) return not_told(rule, "RequesterContext came with 1.3");
    bool same =
        !its.challenged() || its.spoken->challenge->request.context == its.spoken->challenge->answer.context;
    for (const auto& one : its.spoken->measurements) same = same && one.request.context == one.answer.context;
    if (!same) return failed(rule, "freshness.replayed", "RequesterContext of another request");
    return passed(rule);
}

Check chain_hash(const Case& its) {
    constexpr auto rule = "transcript.chain-hash";
    if (!its.challenged()) return not_told(rule, "only CHALLENGE_AUTH has CertChainHash");
    if (its.chain.empty()) return not_told(rule, "there is no chain to compare it with");
    if (!same(its.spoken->challenge->answer.cert_chain_hash, its.chain))
        return failed(rule, "chain.digest-mismatch", "CertChainHash is another chain's");
    return passed(rule);
}

/// The digest of a slot in DIGESTS; empty if it has none.
ByteView digest_of(const msg::Digests& digests, SlotId slot, std::size_t size) {
    if ((digests.provisioned_slots >> slot & 1U) == 0) return {};
    const auto below = digests.provisioned_slots & ((1U << slot) - 1U);
    return ByteView{digests.digests}.subspan(static_cast<std::size_t>(std::popcount(below)) * size, size);
}

Check digests(const Case& its) {
    constexpr auto rule = "transcript.digests";
    if (its.spoken->digests.empty()) return not_told(rule, "no DIGESTS in the transcript");
    const auto by = hash_of(its.record->hash);
    for (const auto& told : its.spoken->digests) {
        if (!its.chain.empty() && !same(digest_of(told, its.record->slot, its.chain.size()), its.chain))
            return failed(rule, "chain.digest-mismatch",
                          fmt::format("Digest of slot {} is another chain's", its.record->slot));
        for (const auto& [slot, chain] : its.spoken->carried) {
            if (slot == its.record->slot || !chain.whole()) continue;  // the chain itself: see certificates
            const auto digest = crypto::digest(by, chain.so_far);
            if (slot >= slot_count || !same(digest_of(told, slot, digest.size()), digest))
                return failed(rule, "chain.digest-mismatch",
                              fmt::format("Digest of slot {} is another chain's", slot));
        }
    }
    return passed(rule);
}

Check certificates(const Case& its) {
    constexpr auto rule = "transcript.certificates";
    for (const auto& [slot, chain] : its.spoken->carried)
        if (chain.contradicts)
            return failed(rule, "protocol.malformed",
                          fmt::format("the portions of slot {} do not fit together", slot));
    const auto found = its.spoken->carried.find(its.record->slot);
    if (found == its.spoken->carried.end())
        return not_told(rule, "no CERTIFICATE of the slot in the transcript");
    if (!found->second.whole())
        return failed(rule, "protocol.malformed", "CERTIFICATE messages stop before the chain's end");
    if (!same(found->second.so_far, its.record->chain))
        return failed(rule, "chain.not-the-one-sent", "the chain given is not the one that the device sent");
    return passed(rule);
}

Check nonces(const Case& its) {
    constexpr auto rule = "transcript.nonces";
    const auto& asked = its.challenged() ? its.spoken->challenge->request.nonce : its.last().request.nonce;
    const auto& told = its.challenged() ? its.spoken->challenge->answer.nonce : its.last().answer.nonce;
    if (asked != its.record->requester_nonce)
        return failed(rule, "freshness.nonce-mismatch", "the requester's nonce is not the record's");
    if (told != its.record->responder_nonce)
        return failed(rule, "freshness.nonce-mismatch", "the responder's nonce is not the record's");
    if (asked == told)
        return failed(rule, "freshness.nonce-mismatch", "the responder sent back our own nonce");
    return passed(rule);
}

Check prefix(const Record& record) {
    constexpr auto rule = "transcript.prefix";
    if (record.version < Version::v1_2) {
        if (record.prefix.empty()) return passed(rule, "none before 1.2");
        return failed(rule, "signature.prefix", "a prefix, which came with 1.2");
    }
    if (!same(record.prefix, combined_prefix(record.version, record.kind)))
        return failed(rule, "signature.prefix", "combined_spdm_prefix is of another version or context");
    return passed(rule);
}

void collect(Review& review, const Spoken& spoken) {
    review.exchanges = spoken.exchanges;
    review.broken = spoken.broken;
    if (spoken.version)
        for (const auto& entry : spoken.version->answer.entries)
            if (name(entry.version()) != "?") review.offered.push_back(entry.version());
    for (const auto& one : spoken.measurements) {
        auto blocks = parse_record(one.answer.record, one.answer.block_count);
        if (!blocks) continue;
        for (auto& block : *blocks) review.measurements.push_back(std::move(block));
    }
}

}  // namespace

Review review(const Record& record) {
    if (record.chain.empty()) return review(record, {});
    return review(record, crypto::digest(hash_of(record.hash), ByteView{record.chain}));
}

Review review(const Record& record, const crypto::Digest& chain) {
    const auto spoken = walk(record);
    const Case its{&record, &spoken, chain};

    Review out;
    collect(out, spoken);
    std::optional<Result<Agreed>> agreed;
    if (spoken.algorithms) agreed = settled(spoken, record.version);
    if (agreed && *agreed) out.agreed = **agreed;
    if (const auto found = spoken.carried.find(record.slot);
        found != spoken.carried.end() && record.version >= Version::v1_3)
        out.model = found->second.model;

    out.checks = {form(its, out.agreed ? out.agreed->measurement_hash : std::nullopt), prefix(record)};
    if (spoken.broken) {  // no last answer to look at
        for (const auto* rule :
             {"transcript.version", "transcript.negotiation", "transcript.slot", "transcript.context",
              "transcript.chain-hash", "transcript.digests", "transcript.certificates", "transcript.nonces"})
            out.checks.push_back(not_told(rule, "the transcript cannot be read to its end"));
        return out;
    }
    out.opaque = its.opaque();
    const std::array rest{version(its), negotiation(its, agreed), slot(its),  context(its), chain_hash(its),
                          digests(its), certificates(its),        nonces(its)};
    out.checks.insert(out.checks.end(), rest.begin(), rest.end());
    return out;
}

}  // namespace busguard::evidence
