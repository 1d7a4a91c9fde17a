#include "appraisal/chain.h"

#include "crypto/path.h"
#include "spdm/certificate_chain.h"

#include <fmt/format.h>

namespace busguard::appraisal {
namespace {

using namespace std::chrono;
using crypto::PathFault;
using crypto::PathPolicy;

/// No clock shows a time before the program was written.
constexpr sys_seconds earliest_now = sys_days{2025y / January / 1};

/// Extensions that makers mark critical, that OpenSSL does not know and that say nothing about the path:
/// DMTF's (DSP0274) and TCG's DICE (composite device id, TcbInfo, UEID).
const std::vector<std::string>& tolerated() {
    static const std::vector<std::string> oids{std::string{trust::oid::spdm_extension},
                                               std::string{trust::oid::hardware_identity},
                                               std::string{trust::oid::mutable_certificate},
                                               "2.23.133.5.4.1",
                                               "2.23.133.5.4.1.1",
                                               "2.23.133.5.4.4"};
    return oids;
}

std::string_view reason_of(PathFault fault) {
    switch (fault) {
        case PathFault::untrusted_root: return "chain.untrusted-root";
        case PathFault::expired: return "chain.expired";
        case PathFault::not_yet_valid: return "chain.not-yet-valid";
        case PathFault::signature_invalid: return "chain.signature-invalid";
        case PathFault::wrong_issuer: return "chain.wrong-issuer";
        case PathFault::not_a_ca: return "chain.not-a-ca";
        case PathFault::path_too_long: return "chain.path-too-long";
        case PathFault::key_usage: return "chain.key-usage";
        case PathFault::unknown_critical: return "chain.unknown-critical";
        case PathFault::weak_algorithm: return "chain.weak-algorithm";
        case PathFault::unsupported_algorithm: return "chain.unsupported-algorithm";
        case PathFault::malformed: return "chain.malformed";
        case PathFault::other: return "chain.refused";
    }
    return "chain.refused";
}

bool is_date(PathFault fault) { return fault == PathFault::expired || fault == PathFault::not_yet_valid; }

std::string words(const crypto::PathFailure& failure) {
    if (!failure.certificate) return std::string{failure.detail};
    return fmt::format("certificate {}: {}", *failure.certificate, failure.detail);
}

trust::Model model_of(const evidence::Record& record, const evidence::Review& review,
                      const std::optional<spdm::Agreed>& agreed) {
    using enum trust::Model;
    switch (review.model.value_or(0)) {
        case 1: return device;
        case 2: return alias;
        case 3: return generic;
        default: break;
    }
    // CertificateInfo tells it with multiple keys only (1.3); else the capability does, which came with 1.2.
    const auto& negotiated = review.agreed ? review.agreed : agreed;
    if (record.version < spdm::Version::v1_2 || !negotiated) return unknown;
    return negotiated->can(spdm::Cap::alias_cert) ? alias : device;
}

class Judge {
public:
    Judge(const Standard& standard, crypto::CertificateCache* cache, std::vector<Check>& checks)
        : standard_{&standard}, cache_{cache}, checks_{&checks} {}

    void note(Check check) { checks_->push_back(std::move(check)); }

    void nothing_to_judge() {
        for (const auto* rule : {"chain.path", "chain.time", "chain.revocation", "chain.root-hash",
                                 "chain.key", "certificate.cma-name"})
            note(skipped(rule, "evidence.not-told", "there are no certificates to look at"));
    }

    /// The certificates, root to leaf; empty if there are none to be judged.
    std::vector<crypto::Certificate> form(const evidence::Record& record, Bytes& root_hash) {
        constexpr auto rule = "chain.form";
        const auto refuse = [&](std::string_view reason, std::string detail) {
            note(failed(rule, reason, std::move(detail)));
            return std::vector<crypto::Certificate>{};
        };
        if (record.chain.empty()) return refuse("chain.missing", fmt::format("slot {}", record.slot));
        const auto chain = spdm::read_chain_structure(record.chain, spdm::size(record.hash));
        if (!chain)
            return refuse("chain.malformed",
                          fmt::format("{} {}", chain.error().what, name(chain.error().code)));
        auto split = crypto::split_chain(chain->certificates, standard_->anchors.certificates(), cache_);
        if (!split)
            return refuse("chain.malformed", fmt::format("{} {} at byte {}", split.error().what,
                                                         name(split.error().code), split.error().offset));
        if (split->empty()) return refuse("chain.malformed", "no certificate");
        note(passed(rule, fmt::format("{} certificates", split->size())));
        root_hash = to_bytes(chain->root_hash);
        return *std::move(split);
    }

    /// Path and dates, which are two questions with one answer from crypto/. The anchor's index, if any.
    std::optional<std::size_t> path(std::span<const crypto::Certificate> certificates) {
        const bool has_time = standard_->time_policy != Standard::TimePolicy::ignore && standard_->at;
        const PathPolicy policy{.at = standard_->at.value_or(sys_seconds{}),
                                .time = has_time ? PathPolicy::Time::check : PathPolicy::Time::ignore,
                                .tolerate = tolerated()};
        const auto result = crypto::verify_path(certificates, standard_->anchors.certificates(), policy);
        note(trust(certificates, result));
        note(dates(certificates, result ? nullptr : &result.error()));
        note(result ? revocation(certificates, *result)
                    : skipped("chain.revocation", "evidence.not-told", "there is no path to look at"));
        return result ? std::optional{*result} : std::nullopt;
    }

    // DSP0274: the root may be left out, then RootHash is the one of the root that is trusted.
    Check root_hash(ByteView told, std::span<const crypto::Certificate> certificates, spdm::BaseHash by,
                    std::optional<std::size_t> anchor) const {
        constexpr auto rule = "chain.root-hash";
        const auto hash = spdm::hash_of(by);
        const auto& first = certificates.front();
        if (same(told, first.fingerprint(hash))) return passed(rule);
        const bool omitted = !first.self_issued() && anchor &&
                             same(told, standard_->anchors.certificates()[*anchor].fingerprint(hash));
        if (omitted) return passed(rule, "the root is left out");
        return failed(rule, "chain.root-hash-mismatch",
                      fmt::format("first certificate: {}", first.subject()));
    }

    static Check key(const crypto::Certificate& leaf, spdm::BaseAsym asym,
                     std::optional<crypto::PublicKey>& key) {
        constexpr auto rule = "chain.key";
        const auto scheme = spdm::scheme_of(asym);
        auto found = leaf.public_key();
        if (!found) return failed(rule, "chain.unsupported-algorithm", "the leaf's key cannot be decoded");
        auto words = found->describe();
        if (!found->fits(scheme))
            return failed(rule, "chain.key-mismatch",
                          fmt::format("leaf: {}; negotiated: {}", words, crypto::name(scheme)));
        key = *std::move(found);
        return passed(rule, std::move(words));
    }

private:
    Check trust(std::span<const crypto::Certificate> certificates, const crypto::PathResult& result) const {
        constexpr auto rule = "chain.path";
        if (result) return passed(rule, standard_->anchors.provenance(*result));
        const auto fault = result.error().fault;
        if (is_date(fault)) return passed(rule);
        if (fault != PathFault::untrusted_root) return failed(rule, reason_of(fault), words(result.error()));
        if (standard_->anchors.empty()) return failed(rule, "chain.no-anchors", "no trust anchors are given");
        return failed(rule, "chain.untrusted-root", fmt::format("root: {}", certificates.front().issuer()));
    }

    Check dates(std::span<const crypto::Certificate> certificates, const crypto::PathFailure* failure) const {
        constexpr auto rule = "chain.time";
        if (standard_->time_policy == Standard::TimePolicy::ignore)
            return skipped(rule, "chain.time-ignored", "dates are ignored, as configured");
        if (!standard_->at) return failed(rule, "chain.no-clock", "no time to judge at");
        if (standard_->time_policy == Standard::TimePolicy::now && *standard_->at < earliest_now)
            return failed(rule, "chain.clock-implausible", "the clock is before 2025");
        if (failure != nullptr && is_date(failure->fault))
            return failed(rule, reason_of(failure->fault), words(*failure));
        // A path that fell for another reason still has dates, and people want to know both.
        for (std::size_t n = 0; failure != nullptr && n < certificates.size(); ++n) {
            if (certificates[n].not_after() < *standard_->at)
                return failed(rule, "chain.expired", fmt::format("certificate {}", n));
            if (certificates[n].not_before() > *standard_->at)
                return failed(rule, "chain.not-yet-valid", fmt::format("certificate {}", n));
        }
        return passed(rule);
    }

    std::optional<sys_seconds> now() const {
        return standard_->time_policy == Standard::TimePolicy::ignore ? std::nullopt : standard_->at;
    }

    /// What an authority said about a certificate of its own, by list or by answer.
    struct Statement {
        bool revoked = false;
        bool current = false;
        sys_seconds since;
        std::string_view form;
    };

    /// A list may leave out when the next one comes. An answer that does was good for the moment (RFC 6960
    /// 4.2.2.1).
    bool is_current(sys_seconds since, std::optional<sys_seconds> until, bool has_to_end) const {
        constexpr hours skew{1};  // between the authority's clock and ours
        const auto at = now();
        if (!at) return true;
        return since <= *at + skew && (until ? *until >= *at : !has_to_end);
    }

    /// Only newer word that is current takes a revocation back; on a tie it stands.
    static bool outweighs(const Statement& a, const Statement& b) {
        if (a.revoked == b.revoked)
            return a.current != b.current && !a.revoked ? a.current : a.since > b.since;
        const auto& good = a.revoked ? b : a;
        const auto& bad = a.revoked ? a : b;
        const bool taken_back = good.current && good.since > bad.since;
        return a.revoked ? !taken_back : taken_back;
    }

    /// What counts of all that is signed; nothing without any.
    std::optional<Statement> said_of(const crypto::Certificate& certificate,
                                     const crypto::Certificate& issuer) const {
        using enum crypto::OcspResponse::Said::Status;
        std::optional<Statement> found;
        const auto consider = [&found](const Statement& one) {
            if (!found || outweighs(one, *found)) found = one;
        };
        for (const auto& list : standard_->anchors.revocations())
            if (list.names_issuer(issuer) && list.is_signed_by(issuer))
                consider({.revoked = list.revokes(certificate),
                          .current = is_current(list.this_update(), list.next_update(), false),
                          .since = list.this_update(),
                          .form = "revocation list"});
        for (const auto& answer : standard_->anchors.answers())
            for (const auto& said : answer.about(certificate, issuer))
                if (said.status != unknown && answer.is_signed_by(issuer, now()))
                    consider({.revoked = said.status == revoked,
                              .current = is_current(said.this_update, said.next_update, true),
                              .since = said.this_update,
                              .form = "OCSP response"});
        return found;
    }

    /// Every certificate below the anchor, held to what its issuer said.
    Check revocation(std::span<const crypto::Certificate> certificates, std::size_t anchor) const {
        constexpr auto rule = "chain.revocation";
        const bool required = standard_->revocation == Standard::Revocation::require;
        if (standard_->anchors.revocations().empty() && standard_->anchors.answers().empty() && !required)
            return skipped(rule, "chain.revocation-unknown",
                           "no revocation lists or OCSP responses are given");
        const auto& top = standard_->anchors.certificates()[anchor];
        const auto in_path = std::ranges::find(certificates, top);
        const auto first = in_path == certificates.end() ? 0 : in_path - certificates.begin() + 1;
        std::optional<Check> doubt;
        const auto lacking = [&](std::string_view reason, std::size_t n) {
            if (doubt) return;
            auto detail = fmt::format("certificate {}, issued by {}", n, certificates[n].issuer());
            doubt = required ? failed(rule, reason, std::move(detail))
                             : reported(rule, reason, std::move(detail));
        };
        for (auto n = static_cast<std::size_t>(first); n < certificates.size(); ++n) {
            const auto said = said_of(certificates[n], n == 0 ? top : certificates[n - 1]);
            if (!said) {
                lacking("chain.revocation-unknown", n);
                continue;
            }
            if (said->revoked)
                return failed(rule, "chain.revoked",
                              fmt::format("certificate {}, serial number {}, by {}, in a {}", n,
                                          certificates[n].serial(), certificates[n].issuer(), said->form));
            if (!said->current) lacking("chain.revocation-old", n);
        }
        return doubt ? *std::move(doubt) : passed(rule);
    }

    const Standard* standard_;
    crypto::CertificateCache* cache_;
    std::vector<Check>* checks_;
};

}  // namespace

JudgedChain judge_chain(const evidence::Record& record, const evidence::Review& review,
                        const std::optional<spdm::Agreed>& agreed, const PciIdentity* pci,
                        const Standard& standard, crypto::CertificateCache* cache,
                        std::vector<Check>& checks) {
    Judge judge{standard, cache, checks};
    JudgedChain chain{.structure = record.chain, .hash = record.hash, .slot = record.slot};
    Bytes told_root_hash;
    chain.certificates = judge.form(record, told_root_hash);
    if (chain.certificates.empty()) {
        judge.nothing_to_judge();
        return chain;
    }
    chain.anchor = judge.path(chain.certificates);
    judge.note(judge.root_hash(told_root_hash, chain.certificates, record.hash, chain.anchor));
    judge.note(Judge::key(chain.certificates.back(), record.asym, chain.key));
    const trust::Subject subject{.root_to_leaf = chain.certificates,
                                 .pci = pci,
                                 .slot = record.slot,
                                 .model = model_of(record, review, agreed)};
    for (auto& check : trust::hold(subject, trust::rules_of(standard.profile))) judge.note(std::move(check));
    return chain;
}

std::optional<Check> vendor_check(const trust::Anchors& anchors, std::size_t anchor, const PciIdentity* pci) {
    constexpr auto rule = "chain.vendor";
    const auto& vendors = anchors.vendors(anchor);
    if (vendors.empty()) return std::nullopt;
    if (pci != nullptr && vendors.contains(pci->vendor)) return passed(rule);
    std::string allowed;
    for (const auto one : vendors) allowed += fmt::format("{}{:04x}", allowed.empty() ? "" : ", ", one);
    const auto whose =
        pci == nullptr ? std::string{"of an unknown vendor"} : fmt::format("of {:04x}", pci->vendor);
    return failed(rule, "chain.root-of-other-vendors",
                  fmt::format("the root is trusted for {}; the device is {}", allowed, whose));
}

}  // namespace busguard::appraisal
