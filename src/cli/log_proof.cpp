#include "cli/log_proof.h"

#include "cli/input.h"
#include "host/files.h"
#include "tlog/entry_bundle.h"

#include <fmt/format.h>

namespace busguard::cli {

void add_log_proof_options(Command command, LogProofOptions& options) {
    const auto* const group = "That the evidence is in a transparency log";
    const auto proof =
        command.option("--proof", options.proof, "It has to be in the log, as this proof (tlog-proof) says")
            .shown_as("FILE")
            .in_group(group);
    command.option("--log-key", options.keys, "The log's key: a vkey, or a file of vkeys")
        .shown_as("VKEY|FILE")
        .repeatable()
        .in_group(group)
        .needs(proof);
    command
        .option("--log-policy", options.policy,
                "The proof's checkpoint has to have this quorum of witnesses (tlog-policy)")
        .shown_as("FILE")
        .in_group(group)
        .needs(proof);
    command.option("--log", options.log, "A copy of the log that the proof's checkpoint has to be one of")
        .shown_as("DIR")
        .in_group(group)
        .needs(proof);
    command
        .option("--checkpoint", options.checkpoint,
                "A checkpoint that was remembered, with which the proof has to agree; with --log where their "
                "sizes differ")
        .shown_as("FILE")
        .in_group(group)
        .needs(proof);
    command
        .option("--entry", options.entry, "The entry's bytes (default: out of --log, by the proof's index)")
        .shown_as("FILE")
        .in_group(group)
        .needs(proof);
}

Tried<std::unique_ptr<LogProof>> LogProof::open(Session& session, const LogProofOptions& options) {
    if (options.proof.empty()) return std::unique_ptr<LogProof>{};
    std::unique_ptr<LogProof> made{new LogProof};
    const auto text = TRY(or_trouble("file", host::read_file(options.proof, tlog::largest_proof)));
    made->proof_ = TRY(or_trouble(options.proof, tlog::proof_from_text(as_text(text))));
    TRY(made->know(options));
    TRY(made->find_entry(session, options));
    return made;
}

Tried<void> LogProof::know(const LogProofOptions& options) {
    auto& keys = trust_.keys;
    if (!options.policy.empty()) {
        trust_.policy = TRY(policy_from(options.policy));
        keys = trust_.policy->log_keys();
    }
    for (const auto& key : options.keys)
        for (auto& one : TRY(vkeys_of(key, "--log-key"))) keys.push_back(std::move(one));
    if (keys.empty())
        return usage("--log-key", "whose log it has to be in was not said",
                     "name the log's vkey, or a --log-policy that has it");
    if (!options.log.empty()) TRY(know_log(options.log));
    if (!options.checkpoint.empty()) TRY(know_checkpoint(options.checkpoint));
    return {};
}

Tried<void> LogProof::know_log(const std::string& folder) {
    files_ = TRY(or_trouble(folder, host::DirectoryFiles::open(folder)));
    log_ = TRY(or_trouble(folder, journal::PublishedLog::open(*files_, trust_.keys)));
    trust_.known.push_back({folder, [this](const tlog::TreeHead& tree) { return log_->holds(tree); }});
    return {};
}

Tried<void> LogProof::know_checkpoint(const std::string& file) {
    const auto remembered = TRY(read_checkpoint(file, trust_.keys)).checkpoint.head;
    trust_.known.push_back({file, [this, remembered](const tlog::TreeHead& tree) -> Result<void> {
                                if (tree.size == remembered.size) {
                                    if (tree.root != remembered.root) return fail(Errc::mismatch, "root");
                                    return {};
                                }
                                // Both are states of one log, if the log at hand holds both.
                                if (!log_) return fail(Errc::bad_field, "size");
                                TRY(log_->holds(remembered));
                                return log_->holds(tree);
                            }});
    return {};
}

Tried<void> LogProof::find_entry(Session& session, const LogProofOptions& options) {
    if (!options.entry.empty()) {
        entry_ = TRY(read_input(session, options.entry, tlog::largest_entry));
        return {};
    }
    if (!log_)
        return usage("--entry", "without the log, the entry has to be there",
                     "busguard log show --raw INDEX writes it");
    entry_ =
        TRY(or_trouble(fmt::format("{}: entry {}", options.log, proof_.index), log_->entry(proof_.index)));
    return {};
}

}  // namespace busguard::cli
