#include "appraisal/appraise.h"

#include "appraisal/chain.h"
#include "appraisal/downgrade.h"
#include "appraisal/identity.h"
#include "evidence/nvidia.h"

#include <fmt/format.h>

#include <algorithm>

namespace busguard::appraisal {
namespace {

using evidence::Bundle;
using evidence::Record;
using evidence::Review;
using spdm::SigningContext;

std::string_view kind(const Record& record) {
    return record.kind == SigningContext::responder_challenge_auth ? "challenge" : "measurements";
}

bool same_terms(const spdm::Agreed& a, const spdm::Agreed& b) {
    return a.version == b.version && a.asym == b.asym && a.hash == b.hash &&
           a.measurement_hash == b.measurement_hash && a.opaque_format == b.opaque_format &&
           a.peer.flags == b.peer.flags && a.peer.ct_exponent == b.peer.ct_exponent &&
           a.peer.data_transfer_size == b.peer.data_transfer_size &&
           a.peer.max_message_size == b.peer.max_message_size;
}

/// Judges one bundle; each step adds its checks.
class Appraisal {
public:
    Appraisal(const Bundle& bundle, const Standard& standard, crypto::CertificateCache* cache)
        : bundle_{&bundle}, standard_{&standard}, cache_{cache} {
        constexpr std::size_t usual = 48;
        checks_.reserve(usual);
    }

    Verdict run() && {
        note(dialogue());
        for (const auto& record : bundle_->records) judge(record);
        if (bundle_->records.empty()) note(no_record());
        note(version());
        note(nonce());
        note(identity());
        note(coherence());
        for (auto& check : measurements()) note(std::move(check));
        return concluded(std::move(checks_));
    }

private:
    void note(Check check) { checks_.push_back(std::move(check)); }

    Check dialogue() const {
        constexpr auto rule = "dialogue";
        const auto& end = bundle_->failure;
        if (!end) return passed(rule);
        const Error error{end->code, end->what, end->offset, end->detail};
        const auto& why = reason_of(error);
        return failed(
            rule, why.code,
            fmt::format("{} {}{}", end->what, name(end->code),
                        end->detail != 0 ? fmt::format(" (0x{:02x})", end->detail) : std::string{}));
    }

    void judge(const Record& record) {
        auto review = evidence::review(record);
        const auto& chain = chain_of(record, review);
        for (auto& check : review.checks) {
            check.detail = check.detail.empty() ? std::string{kind(record)}
                                                : fmt::format("{}: {}", kind(record), check.detail);
            checks_.push_back(std::move(check));
        }
        auto signature_check = signature(record, chain);
        const bool verified = signature_check.outcome == Outcome::pass;
        note(std::move(signature_check));
        unverified_ = unverified_ || !verified;
        if (record.kind == SigningContext::responder_measurements && verified && !review.broken) {
            add(measured_, review, bundle_->agreed);
            if (!chain.certificates.empty()) leaf_ = chain.certificates.back();
            firmware();
        }
        if (!chain.certificates.empty() && !leaf_) leaf_ = chain.certificates.back();
        negotiated_.push_back(review.agreed);
    }

    const JudgedChain& chain_of(const Record& record, const Review& review) {
        const auto known = std::ranges::find_if(chains_, [&](const auto& one) { return one.is_of(record); });
        if (known != chains_.end()) return *known;
        chains_.push_back(judge_chain(record, review, bundle_->agreed, pci(), *standard_, cache_, checks_));
        const auto& judged = chains_.back();
        if (judged.anchor)
            if (auto check = vendor_check(standard_->anchors, *judged.anchor, pci()))
                checks_.push_back(*std::move(check));
        return judged;
    }

    const PciIdentity* pci() const {
        if (bundle_->circumstances.pci) return &*bundle_->circumstances.pci;
        return standard_->expected_identity ? &*standard_->expected_identity : nullptr;
    }

    static Check signature(const Record& record, const JudgedChain& chain) {
        constexpr auto rule = "signature";
        if (!chain.key)
            return skipped(rule, "evidence.not-told",
                           fmt::format("{}: no key to verify it with", kind(record)));
        const auto hash = spdm::hash_of(record.hash);
        const auto message = spdm::message_to_sign(record.version, record.kind, hash, record.transcript);
        const auto verified = chain.key->verify(spdm::scheme_of(record.asym), hash, message, record.signature,
                                                spdm::eddsa_context(record.kind));
        if (verified) return passed(rule, std::string{kind(record)});
        if (verified.error().code == Errc::unsupported)
            return failed(rule, "signature.unsupported-algorithm", std::string{kind(record)});
        if (const auto sent = changed_versions(record, *chain.key))
            return failed(rule, "negotiation.downgraded",
                          fmt::format("{}: the device sent versions {}", kind(record), *sent));
        return failed(rule, "signature.invalid",
                      fmt::format("{}: {}", kind(record), name(verified.error().code)));
    }

    Check no_record() const {
        constexpr auto rule = "signature";
        if (bundle_->failure) return skipped(rule, "evidence.not-told", "the dialogue did not come to it");
        return failed(rule, "signature.missing", "the evidence holds no signed statement");
    }

    Check version() const {
        constexpr auto rule = "negotiation.version";
        std::optional<spdm::Version> oldest;
        if (bundle_->agreed) oldest = bundle_->agreed->version;
        for (const auto& record : bundle_->records)
            oldest = std::min(record.version, oldest.value_or(record.version));
        if (!oldest) return skipped(rule, "evidence.not-told", "no version was negotiated");
        if (*oldest < standard_->minimum_version)
            return failed(
                rule, "negotiation.version-too-old",
                fmt::format("{}; at least {} is wanted", name(*oldest), name(standard_->minimum_version)));
        return passed(rule, std::string{name(*oldest)});
    }

    // The record's nonce is the transcript's: "transcript.nonces" has looked.
    Check nonce() const {
        constexpr auto rule = "freshness.nonce";
        if (!standard_->expected_nonce) return skipped(rule, "policy.off", "no nonce was given to look for");
        const auto ours = [&](const Record& one) {
            return one.requester_nonce == *standard_->expected_nonce;
        };
        if (std::ranges::any_of(bundle_->records, ours)) return passed(rule);
        return failed(rule, "freshness.nonce-mismatch",
                      "no statement is signed over the nonce that was given");
    }

    Check identity() const {
        constexpr auto rule = "device.identity";
        const auto& expected = standard_->expected_identity;
        const auto& found = bundle_->circumstances.pci;
        if (!expected) return skipped(rule, "policy.off", "no device was named to look for");
        if (!found) return skipped(rule, "evidence.not-told", "the evidence has no PCI identity");
        if (*expected == *found) return passed(rule);
        return failed(
            rule, "device.identity-mismatch",
            fmt::format("found {}; expected {}", trust::cma_name(*found), trust::cma_name(*expected)));
    }

    // What stands in the bundle beside its records is signed by nobody: it has to agree with them.
    Check coherence() const {
        constexpr auto rule = "evidence.coherence";
        for (const auto& terms : negotiated_)
            if (terms && bundle_->agreed && !same_terms(*terms, *bundle_->agreed))
                return failed(rule, "evidence.incoherent",
                              "other terms were negotiated than the bundle says");
        // One visit, one key: statements of two devices do not make up a third.
        for (const auto& record : bundle_->records) {
            const auto& first = bundle_->records.front();
            if (record.slot != first.slot || record.chain != first.chain)
                return failed(rule, "evidence.incoherent",
                              "the statements are signed under different chains");
            const auto held = bundle_->chains.find(record.slot);
            if (held == bundle_->chains.end() || held->second.structure.empty()) continue;
            if (held->second.structure != record.chain)
                return failed(rule, "evidence.incoherent",
                              fmt::format("two chains for slot {}", record.slot));
        }
        if (bundle_->measurements_signed && !bundle_->failure && !unverified_)
            for (const auto& block : bundle_->measurements)
                if (std::ranges::find(measured_.blocks, block) == measured_.blocks.end())
                    return failed(rule, "evidence.incoherent",
                                  fmt::format("measurement {} is not what is signed", block.index));
        return passed(rule);
    }

    /// A GPU's report and its certificate name the same firmware, where both name one.
    void firmware() {
        if (!leaf_ || !product_of(*leaf_).starts_with("NVIDIA:")) return;
        if (const auto fields = evidence::nvidia::parse_opaque(measured_.opaque))
            note(evidence::nvidia::fwid_check(*fields, *leaf_));
    }

    std::vector<Check> measurements() const {
        constexpr auto rule = "measurements";
        const bool wanted = standard_->require_measurements || standard_->reference;
        if (measured_.blocks.empty()) return {unmeasured(wanted)};
        if (!standard_->reference)
            return {{rule, wanted ? Outcome::fail : Outcome::skipped, "measurement.no-reference",
                     fmt::format("{} signed measurements, no reference", measured_.blocks.size())}};
        return compare(*standard_->reference, who(), measured_.hash, measured_.blocks);
    }

    Check unmeasured(bool wanted) const {
        constexpr auto rule = "measurements";
        if (!bundle_->measurements.empty())
            return {rule, wanted ? Outcome::fail : Outcome::reported, "measurement.unsigned",
                    fmt::format("{} measurements without a valid signature", bundle_->measurements.size())};
        if (bundle_->failure) return skipped(rule, "evidence.not-told", "the dialogue ended before");
        if (auto other = reference_of_another()) return *std::move(other);
        if (wanted) return failed(rule, "measurement.none", "the evidence holds no measurements");
        return skipped(rule, "policy.off", "not asked for");
    }

    /// The check that says so, if the reference is not about this device at all.
    std::optional<Check> reference_of_another() const {
        if (!standard_->reference) return std::nullopt;
        auto compared = compare(*standard_->reference, who(), measured_.hash, {});
        if (compared.empty() || compared.front().reason != "measurement.no-reference") return std::nullopt;
        return std::move(compared.front());
    }

    std::map<std::string, std::string> who() const {
        return identity_of(bundle_->circumstances.pci, leaf_ ? &*leaf_ : nullptr, measured_.opaque);
    }

    const Bundle* bundle_;
    const Standard* standard_;
    crypto::CertificateCache* cache_;
    std::vector<Check> checks_;
    std::vector<JudgedChain> chains_;
    std::vector<std::optional<spdm::Agreed>> negotiated_;  // of each record, as its transcript has it
    SignedMeasurements measured_;
    bool unverified_ = false;  // some signature
    std::optional<crypto::Certificate> leaf_;
};

}  // namespace

Verdict appraise(const Bundle& bundle, const Standard& standard, crypto::CertificateCache* cache) {
    return Appraisal{bundle, standard, cache}.run();
}

}  // namespace busguard::appraisal
