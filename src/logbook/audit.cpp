#include "logbook/audit.h"

#include "tlog/note_key.h"

namespace busguard::logbook {
namespace {

constexpr std::string_view authenticated = "authenticated";  // appraisal::State's name

Finding incoherent(std::uint64_t index, std::string detail) {
    return {index, "log.incoherent", std::move(detail)};
}

}  // namespace

std::vector<Finding> Audit::take(std::uint64_t index, const Entry& entry, Again again) {
    if (!first_) first_ = index;
    std::vector<Finding> found;
    if (entry.origin != origin_) found.push_back(incoherent(index, "it is of the log " + entry.origin));
    auto more = std::visit([&](const auto& its) { return of(index, its, again); }, entry.what);
    if (more) found.push_back(*std::move(more));
    return found;
}

std::optional<Finding> Audit::of(std::uint64_t index, const Evidence& its, Again again) {
    const auto device = devices_.try_emplace(its.bundle.circumstances.device, devices_.size()).first->second;
    evidence_[index] = {device, again};
    return std::nullopt;
}

std::optional<Finding> Audit::of(std::uint64_t index, const Verdict& its, Again /*again*/) {
    if (!its.evidence) {
        if (its.state == authenticated) return incoherent(index, "authenticated by no evidence");
        return std::nullopt;
    }
    const auto at = "entry " + std::to_string(*its.evidence);
    if (*its.evidence >= index) return incoherent(index, at + " comes after it");
    if (*its.evidence < *first_) {
        if (!earlier_) return std::nullopt;
        const auto device = earlier_(*its.evidence);
        if (!device) return incoherent(index, at + " is no evidence");
        if (*device != its.device) return incoherent(index, at + " is of another device");
        if (its.state == authenticated) ++open_;
        return std::nullopt;
    }
    const auto found = evidence_.find(*its.evidence);
    if (found == evidence_.end()) return incoherent(index, at + " is no evidence");
    const auto device = devices_.find(its.device);
    if (device == devices_.end() || device->second != found->second.device)
        return incoherent(index, at + " is of another device");
    if (its.state != authenticated) return std::nullopt;
    if (found->second.again == Again::refused)
        return Finding{index, "log.verdict-contradicted", at + " of " + its.device + " does not verify"};
    if (found->second.again == Again::open) ++open_;
    return std::nullopt;
}

std::optional<Finding> Audit::of(std::uint64_t /*index*/, const Change& /*its*/, Again /*again*/) {
    return std::nullopt;
}

std::optional<Finding> Audit::of(std::uint64_t index, const NewKey& its, Again /*again*/) {
    const auto key = tlog::VerifierKey::from_text(its.vkey);
    if (!key) return incoherent(index, "the new key is none: " + in_words(key.error()));
    if (key->name() != origin_) return incoherent(index, "the new key is of " + key->name());
    return std::nullopt;
}

}  // namespace busguard::logbook
