#include "logbook/reverify.h"

#include "appraisal/chain.h"
#include "base/parallel.h"
#include "evidence/transcript_review.h"
#include "spdm/signing.h"

#include <algorithm>
#include <string>

namespace busguard::logbook {
namespace {

using std::chrono::sys_seconds;
using TimePolicy = appraisal::Standard::TimePolicy;

constexpr std::size_t most_chains = 4096;  // that are remembered; some 20 KiB each
constexpr std::size_t at_once = 16;        // statements that a thread takes

std::string_view kind(const evidence::Record& record) {
    return record.kind == spdm::SigningContext::responder_challenge_auth ? "challenge" : "measurements";
}

/// The chain, and what else decides on it: a hash of another length does not find its certificates, and to an
/// algorithm that is not its key's it is none.
tlog::TreeHash name_of(const evidence::Record& record) {
    const std::array terms{static_cast<std::uint32_t>(record.hash), static_cast<std::uint32_t>(record.asym)};
    const auto digest =
        crypto::digest(crypto::Hash::sha_256, {std::as_bytes(std::span{terms}), record.chain});
    tlog::TreeHash name{};
    std::ranges::copy(digest.view(), name.begin());
    return name;
}

Check about(const evidence::Record& record, Check fault) {
    fault.detail.insert(0, std::string{kind(record)}.append(fault.detail.empty() ? "" : ": "));
    return fault;
}

}  // namespace

/// A chain as it is without dates.
struct Reverifier::Chain {
    appraisal::JudgedChain judged;
    std::vector<Check> faults;
    std::optional<crypto::BatchKey> key;
    crypto::Digest digest;  // by the records' hash; empty without a chain
    sys_seconds from = sys_seconds::min(), before = sys_seconds::max();  // all of it is valid, the anchor too
};

/// A record on its way.
struct Reverifier::Statement {
    const Doubted* of = nullptr;
    const evidence::Record* record = nullptr;
    Reverified* result = nullptr;  // of the bundle; written by one thread
    tlog::TreeHash name{};         // of its chain
    Bytes message;                 // that was signed
    const Chain* chain = nullptr;
    bool again = false;  // the record before it, of the same bundle, has this chain
    bool verified = false;
    std::vector<Check> faults;
};

Reverifier::Reverifier(trust::Anchors anchors, const crypto::EcdsaEight* engine, unsigned workers)
    : standard_{.anchors = std::move(anchors),
                .profile = trust::Profile::none,
                .time_policy = TimePolicy::ignore},
      engine_{engine},
      workers_{workers} {}

Reverifier::~Reverifier() = default;

std::vector<Reverified> Reverifier::verify(std::span<const Doubted> all) {
    if (chains_.size() > most_chains) chains_.clear();
    std::vector<Reverified> results(all.size());
    std::vector<Statement> statements;
    for (std::size_t n = 0; n < all.size(); ++n) {
        const auto& bundle = *all[n].bundle;
        for (const auto& record : bundle.records)
            statements.push_back({.of = &all[n], .record = &record, .result = &results[n]});
        if (bundle.records.empty() && !bundle.failure)
            results[n].faults.push_back(
                failed("signature", "signature.missing", "the evidence holds no signed statement"));
    }
    const auto on_each = [&](const auto& work) {
        in_parallel((statements.size() + at_once - 1) / at_once,
                    [&](std::size_t part) {
                        const auto rest = std::span{statements}.subspan(part * at_once);
                        for (auto& one : rest.first(std::min(at_once, rest.size()))) work(one);
                    },
                    workers_);
    };
    on_each([](Statement& one) { one.name = name_of(*one.record); });
    judge_chains(statements);
    on_each([&](Statement& one) { examine(one); });
    verify_signatures(statements);
    for (auto& one : statements) {
        one.result->signatures += one.verified ? 1 : 0;
        std::ranges::move(one.faults, std::back_inserter(one.result->faults));
    }
    return results;
}

void Reverifier::judge_chains(std::span<Statement> statements) {
    std::map<tlog::TreeHash, const evidence::Record*> unknown;
    for (const auto& one : statements)
        if (!chains_.contains(one.name)) unknown.emplace(one.name, one.record);
    const std::vector<std::pair<tlog::TreeHash, const evidence::Record*>> list{unknown.begin(),
                                                                               unknown.end()};
    std::vector<std::unique_ptr<Chain>> judged(list.size());
    in_parallel(list.size(), [&](std::size_t n) { judged[n] = chain_of(*list[n].second); }, workers_);
    for (std::size_t n = 0; n < list.size(); ++n) chains_.emplace(list[n].first, std::move(judged[n]));
    counts_.chains += list.size();
    const Statement* before = nullptr;
    for (auto& one : statements) {
        one.chain = chains_.find(one.name)->second.get();
        one.again = before != nullptr && before->of == one.of && before->chain == one.chain;
        before = &one;
    }
}

std::unique_ptr<Reverifier::Chain> Reverifier::chain_of(const evidence::Record& record) {
    auto made = std::make_unique<Chain>();
    std::vector<Check> checks;
    // Model and identity are for profiles, and there is none.
    made->judged =
        appraisal::judge_chain(record, {}, std::nullopt, nullptr, standard_, &certificates_, checks);
    for (auto& check : checks)
        if (check.outcome == Outcome::fail) made->faults.push_back(std::move(check));
    if (!record.chain.empty())
        made->digest = crypto::digest(spdm::hash_of(record.hash), ByteView{record.chain});
    if (made->judged.key) made->key.emplace(*made->judged.key);
    const auto limit = [&](const crypto::Certificate& one) {
        made->from = std::max(made->from, one.not_before());
        made->before = std::min(made->before, one.not_after());
    };
    std::ranges::for_each(made->judged.certificates, limit);
    if (made->judged.anchor) limit(standard_.anchors.certificates()[*made->judged.anchor]);
    return made;
}

void Reverifier::examine(Statement& statement) const {
    const auto& record = *statement.record;
    if (!statement.again) {
        statement.faults = statement.chain->faults;
        if (auto fault = date_fault(statement)) statement.faults.push_back(std::move(*fault));
        if (auto fault = vendor_fault(statement)) statement.faults.push_back(std::move(*fault));
    }
    for (auto& check : evidence::review(record, statement.chain->digest).checks)
        if (check.outcome == Outcome::fail) statement.faults.push_back(about(record, std::move(check)));
    statement.message =
        spdm::message_to_sign(record.version, record.kind, spdm::hash_of(record.hash), record.transcript);
}

void Reverifier::verify_signatures(std::span<Statement> statements) {
    std::vector<crypto::Signed> all;
    std::vector<Statement*> whose;
    for (auto& one : statements) {
        if (!one.chain->key) continue;  // the chain's faults say why
        const auto& record = *one.record;
        all.push_back({.key = &*one.chain->key,
                       .scheme = spdm::scheme_of(record.asym),
                       .hash = spdm::hash_of(record.hash),
                       .message = one.message,
                       .signature = record.signature,
                       .context = spdm::eddsa_context(record.kind)});
        whose.push_back(&one);
    }
    const auto done = crypto::batch_verify(all, engine_, workers_);
    for (std::size_t n = 0; n < all.size(); ++n) {
        const auto& result = done.results[n];
        whose[n]->verified = static_cast<bool>(result);
        if (result) continue;
        const bool unsupported = result.error().code == Errc::unsupported;
        whose[n]->faults.push_back(
            about(*whose[n]->record,
                  failed("signature", unsupported ? "signature.unsupported-algorithm" : "signature.invalid",
                         unsupported ? std::string{} : std::string{name(result.error().code)})));
    }
    counts_.signatures += all.size();
    counts_.by_engine += done.by_engine;
}

// OpenSSL has it that notAfter is the first moment that is too late.
std::optional<Check> Reverifier::date_fault(const Statement& statement) const {
    const auto& its = *statement.chain;
    if (!statement.of->at || its.judged.certificates.empty()) return std::nullopt;
    const auto at = *statement.of->at;
    if (its.from <= at && at < its.before) return std::nullopt;
    constexpr auto rule = "chain.time";
    for (const auto& one : its.judged.certificates) {
        if (at < one.not_before()) return failed(rule, "chain.not-yet-valid", one.subject());
        if (at >= one.not_after()) return failed(rule, "chain.expired", one.subject());
    }
    // It is the anchor above them, and another one may have the same key.
    auto dated = standard_;
    dated.time_policy = TimePolicy::given;
    dated.at = at;
    std::vector<Check> checks;
    (void)appraisal::judge_chain(*statement.record, {}, std::nullopt, nullptr, dated, nullptr, checks);
    const auto found = std::ranges::find(checks, rule, &Check::name);
    if (found == checks.end() || found->outcome != Outcome::fail) return std::nullopt;
    return std::move(*found);
}

// Chains are shared; whose device it is differs.
std::optional<Check> Reverifier::vendor_fault(const Statement& statement) const {
    const auto& anchor = statement.chain->judged.anchor;
    if (!anchor) return std::nullopt;
    const auto& pci = statement.of->bundle->circumstances.pci;
    auto check = appraisal::vendor_check(standard_.anchors, *anchor, pci ? &*pci : nullptr);
    return check && check->outcome == Outcome::fail ? std::move(check) : std::nullopt;
}

}  // namespace busguard::logbook
