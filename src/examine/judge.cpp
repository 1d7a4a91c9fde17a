#include "examine/judge.h"

#include "base/parallel.h"
#include "examine/anchor_sources.h"
#include "host/files.h"
#include "manifest/manifest.h"
#include "spdm/certificate_chain.h"

#include <algorithm>

namespace busguard::examine {
namespace {

namespace fs = std::filesystem;

bool applies(const appraisal::Reference& reference, const std::map<std::string, std::string>& identity) {
    return std::ranges::all_of(reference.applies_to, [&](const auto& wanted) {
        const auto found = identity.find(wanted.first);
        return found != identity.end() && found->second == wanted.second;
    });
}

}  // namespace

appraisal::Standard Judge::standard_now() const {
    auto standard = demands_.standard;
    if (demands_.clock != nullptr) standard.at = demands_.clock->calendar();
    return standard;
}

appraisal::Verdict Judge::judge(const evidence::Bundle& bundle, const appraisal::Standard& common) const {
    const auto& profiles = demands_.profiles;
    const auto& references = demands_.references;
    const auto profile = profiles.find(bundle.circumstances.device);
    if (references.empty() && profile == profiles.end())
        return appraisal::appraise(bundle, common, cache_.get());
    auto standard = common;
    if (profile != profiles.end()) standard.profile = profile->second;
    if (!references.empty()) {
        const auto identity = appraisal::identity_of(bundle);
        const auto found =
            std::ranges::find_if(references, [&](const auto& one) { return applies(one, identity); });
        standard.reference = found != references.end() ? *found : references.front();
    }
    return appraisal::appraise(bundle, standard, cache_.get());
}

appraisal::Verdict Judge::operator()(const evidence::Bundle& bundle) const {
    return judge(bundle, standard_now());
}

appraisal::Verdict Judge::as_of(const evidence::Bundle& bundle, std::chrono::sys_seconds at) const {
    auto standard = demands_.standard;
    standard.time_policy = appraisal::Standard::TimePolicy::given;
    standard.at = at;
    return judge(bundle, standard);
}

appraisal::Verdict Judge::operator()(const Visited& visited) const {
    return visited.bundle ? (*this)(*visited.bundle) : *visited.without;
}

std::vector<appraisal::Verdict> Judge::operator()(const std::vector<Visited>& visits) const {
    const auto standard = standard_now();
    std::vector<appraisal::Verdict> verdicts(visits.size());
    in_parallel(visits.size(), [&](std::size_t n) {
        verdicts[n] = visits[n].bundle ? judge(*visits[n].bundle, standard) : *visits[n].without;
    });
    return verdicts;
}

std::optional<appraisal::Signer> Judge::signer_of(const evidence::Bundle& bundle) const {
    return appraisal::signer_of(bundle, cache_.get());
}

VisitPlan Judge::plan() const {
    VisitPlan plan;
    plan.nonce = demands_.standard.expected_nonce;
    if (!demands_.references.empty()) plan.plan.measure = spdm::Plan::Measure::all_at_once;
    // The chain's root hash tells at once whose it is; whether the chain holds is for the appraisal.
    plan.plan.choose_slot = [anchors = demands_.standard.anchors](
                                const std::map<spdm::SlotId, spdm::SlotChain>& chains,
                                const spdm::Agreed& agreed) -> std::optional<spdm::SlotId> {
        if (chains.empty()) return std::nullopt;
        const auto hash = spdm::hash_of(agreed.hash);
        for (const auto& [slot, chain] : chains) {
            const auto structure = spdm::read_chain_structure(chain.structure, crypto::size(hash));
            if (!structure) continue;
            for (const auto& anchor : anchors.certificates())
                if (same(anchor.fingerprint(hash), structure->root_hash)) return slot;
        }
        return chains.begin()->first;
    };
    return plan;
}

Checked<References> read_references(const fs::path& path, const trust::Anchors& anchors) {
    References all;
    for (const auto& file : TRY(files_at(path, {".json", ".cbor", ".corim", ".comid", ".swidtag"}))) {
        const auto bytes = TRY(host::read_file(file));
        auto manifest = TRY(manifest::references_from(bytes, file, {.anchors = anchors, .at = {}}));
        std::ranges::move(manifest.references, std::back_inserter(all.references));
        for (const auto& remark : manifest.remarks) all.remarks.push_back(file.string() + ": " + remark);
    }
    return all;
}

}  // namespace busguard::examine
