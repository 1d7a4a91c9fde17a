#include "logbook/logged.h"

#include "evidence/bundle_file.h"

#include <algorithm>
#include <map>

namespace busguard::logbook {
namespace {

constexpr std::string_view checkpoint_rule = "log.checkpoint";
constexpr std::string_view inclusion_rule = "log.inclusion";
constexpr std::string_view entry_rule = "log.entry";
constexpr std::string_view history_rule = "log.history";

const tlog::WitnessPolicy& no_witnesses() {
    static const auto policy = *tlog::WitnessPolicy::from_text("quorum none\n", {});
    return policy;
}

/// Does it leave open whether anybody has witnessed?
bool asks_nobody(const tlog::WitnessPolicy& policy) {
    return policy.satisfied_by(std::vector<bool>(policy.witnesses().size(), false));
}

std::string tree_text(const tlog::TreeHead& head) { return "tree of size " + std::to_string(head.size); }

Check untrusted(const Error& error) {
    if (error == Error{Errc::not_found, "quorum of witnesses"})
        return failed(checkpoint_rule, "log.no-quorum", in_words(error));
    return failed(checkpoint_rule, "log.checkpoint-untrusted", in_words(error));
}

/// The entry's own chains and transcripts are those of the bundle, or it is not of this bundle: no blob has
/// to be fetched.
Check holds(std::string_view text, const evidence::Bundle& bundle) {
    std::map<tlog::TreeHash, Bytes> own;
    if (auto encoded = encode({.what = Evidence{bundle}}))
        for (std::size_t n = 0; n < encoded->blobs.size(); ++n)
            own.emplace(encoded->names[n], std::move(encoded->blobs[n]));
    bool foreign = false;
    const auto blobs = [&](const tlog::TreeHash& name) -> Result<Bytes> {
        if (const auto found = own.find(name); found != own.end()) return found->second;
        foreign = true;
        return fail(Errc::not_found, "blob");
    };
    const auto entry = decode(text, blobs, "entry");
    if (foreign)
        return failed(entry_rule, "log.other-evidence", "it refers to what this evidence does not have");
    if (!entry) return failed(entry_rule, "log.entry-unreadable", entry.error().text());
    const auto* held = std::get_if<Evidence>(&entry->what);
    if (held == nullptr) return failed(entry_rule, "log.other-evidence", "the entry is of another kind");
    if (evidence::to_json(held->bundle) != evidence::to_json(bundle))
        return failed(entry_rule, "log.other-evidence", "of " + held->bundle.circumstances.device);
    return passed(entry_rule);
}

Check history(const tlog::TrustedCheckpoint& trusted, const LogTrust& trust) {
    const auto& head = trusted.checkpoint().head;
    std::string vouched;
    std::string open;
    const auto add = [](std::string& list, const std::string& one) {
        list.append(list.empty() ? "" : ", ").append(one);
    };
    for (const auto& known : trust.known) {
        const auto agrees = known.agrees(head);
        if (agrees) {
            add(vouched, known.name);
        } else if (agrees.error().code == Errc::mismatch && agrees.error().what == "root") {
            return failed(history_rule, "log.forked", known.name + " has another " + tree_text(head));
        } else if (agrees.error().code == Errc::bad_field) {
            add(open, known.name + " does not tell of the " + tree_text(head));
        } else {
            return failed(history_rule, "log.damaged", known.name + ": " + in_words(agrees.error()));
        }
    }
    if (trust.policy && !asks_nobody(*trust.policy))
        add(vouched, std::to_string(trusted.witnesses().size()) + " witnesses");
    if (!vouched.empty()) return passed(history_rule, vouched);
    return failed(history_rule, "log.history-unknown", open.empty() ? "neither witnesses nor a log" : open);
}

}  // namespace

std::vector<Check> check_logged(const evidence::Bundle& bundle, const tlog::Proof& proof,
                                std::string_view entry, const LogTrust& trust) {
    const auto& policy = trust.policy ? *trust.policy : no_witnesses();
    const auto trusted = tlog::trust_checkpoint(proof.checkpoint, trust.keys, policy);
    if (!trusted)
        return {untrusted(trusted.error()),
                skipped(history_rule, "evidence.not-told", "nobody vouches for a tree"),
                skipped(inclusion_rule, "evidence.not-told", "nobody vouches for a tree"),
                holds(entry, bundle)};
    const auto& [origin, head, extensions] = trusted->checkpoint();
    const auto at = "entry " + std::to_string(proof.index) + " in the " + tree_text(head) + " of " + origin;
    const auto found = tlog::verify_inclusion(tlog::leaf_hash(as_bytes(entry)), proof.index, head.size,
                                              proof.hashes, head.root);
    return {passed(checkpoint_rule), history(*trusted, trust),
            found ? passed(inclusion_rule, at) : failed(inclusion_rule, "log.not-included", "not " + at),
            holds(entry, bundle)};
}

}  // namespace busguard::logbook
