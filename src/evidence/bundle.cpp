#include "evidence/bundle.h"

#include "evidence/transcript_review.h"

namespace busguard::evidence {
namespace {

Bytes prefix_of(spdm::Version version, spdm::SigningContext kind) {
    if (version < spdm::Version::v1_2) return {};
    return to_bytes(spdm::combined_prefix(version, kind));
}

}  // namespace

Ending ending_of(const Error& error) {
    return {error.code, std::string{error.what}, error.offset, error.detail};
}

Bundle bundle_of(const spdm::Findings& findings, Circumstances circumstances, const Error* failure) {
    Bundle bundle{.circumstances = std::move(circumstances),
                  .agreed = findings.agreed,
                  .versions = findings.versions,
                  .supported_slots = findings.supported_slots,
                  .provisioned_slots = findings.provisioned_slots,
                  .chains = findings.chains,
                  .slot = findings.slot,
                  .measurements = findings.measurements,
                  .measurements_signed = findings.measurements_signed};
    for (const auto& one : findings.statements) {
        Record record{.kind = one.context,
                      .version = one.version,
                      .hash = one.hash,
                      .asym = one.asym,
                      .slot = one.slot,
                      .transcript = one.transcript,
                      .signature = one.signature,
                      .requester_nonce = one.requester_nonce,
                      .responder_nonce = one.responder_nonce,
                      .prefix = prefix_of(one.version, one.context)};
        if (const auto chain = findings.chains.find(one.slot); chain != findings.chains.end())
            record.chain = chain->second.structure;
        bundle.records.push_back(std::move(record));
    }
    if (failure != nullptr) bundle.failure = ending_of(*failure);
    return bundle;
}

Bundle bundle_of(Record record, Circumstances circumstances) {
    auto seen = review(record);
    Bundle bundle{.circumstances = std::move(circumstances),
                  .agreed = seen.agreed,
                  .versions = std::move(seen.offered),
                  .slot = record.slot,
                  .measurements = std::move(seen.measurements)};
    bundle.measurements_signed = !bundle.measurements.empty();
    if (!record.chain.empty())
        bundle.chains[record.slot] = {
            .structure = record.chain,
            .digest = crypto::digest(spdm::hash_of(record.hash), ByteView{record.chain}),
            .model = seen.model.value_or(0)};
    bundle.records.push_back(std::move(record));
    return bundle;
}

}  // namespace busguard::evidence
