#include "cli/log.h"

#include "host/files.h"
#include "journal/note_checkpoints.h"

#include <fmt/format.h>

#include <charconv>

namespace busguard::cli {

void add_log(Command program, Chosen& chosen) {
    auto group = program.command("log", "Read, prove, verify and serve the transparency log");
    group.takes_one_command();
    add_log_status(group, chosen);
    add_log_list(group, chosen);
    add_log_show(group, chosen);
    add_log_prove(group, chosen);
    add_log_verify(group, chosen);
    add_log_export(group, chosen);
    add_log_fsck(group, chosen);
    add_log_rotate(group, chosen);
    add_log_serve(group, chosen);
    add_log_cosign(group, chosen);
}

void add_log_options(Command command, LogOptions& options) {
    const auto* const group = "Which log";
    command
        .option("--log", options.log, fmt::format("The log's folder, or a copy (default: {})", default_log))
        .shown_as("DIR")
        .in_group(group);
    command
        .option("--key", options.keys,
                "The log's key: a vkey, or a file of vkeys (default: the one beside the log, "
                "which proves nothing about who wrote it)")
        .shown_as("VKEY|FILE")
        .repeatable()
        .in_group(group);
    command
        .option("--policy", options.policy,
                "Witnesses whose quorum is demanded, and keys of logs (tlog-policy)")
        .shown_as("FILE")
        .in_group(group);
}

Tried<std::vector<tlog::VerifierKey>> vkeys_of(const std::string& text, std::string_view option) {
    if (const auto key = tlog::VerifierKey::from_text(text)) {
        if (!tlog::may_be_a_logs(key->type()))
            return usage(option, "a witness' key, not a log's", "the log's vkey is in its log.vkey");
        return std::vector{*key};
    }
    const auto bytes = TRY(or_trouble("file", host::read_file(text, journal::largest_vkeys)));
    return or_trouble("file", journal::vkeys_from_text(as_text(bytes), text));
}

Tried<journal::SignedCheckpoint> read_checkpoint(const std::string& path,
                                                 const std::vector<tlog::VerifierKey>& keys) {
    const auto bytes = TRY(or_trouble("file", host::read_file(path, journal::largest_checkpoint)));
    std::string note{as_text(bytes)};
    auto checkpoint = TRY(or_trouble(path, journal::checkpoint_of(note, keys)));
    return journal::SignedCheckpoint{std::move(note), std::move(checkpoint)};
}

Tried<LogAtHand> log_at_hand(const Session& session, const LogOptions& options) {
    LogAtHand at;
    at.files = TRY(or_trouble(options.log, host::DirectoryFiles::open(options.log)));
    if (!options.policy.empty()) {
        at.policy = TRY(policy_from(options.policy));
        at.keys = at.policy->log_keys();
    }
    for (const auto& key : options.keys)
        for (auto& one : TRY(vkeys_of(key, "--key"))) at.keys.push_back(std::move(one));
    if (!at.keys.empty()) return at;
    const auto beside = fmt::format("{}/{}", options.log, journal::vkeys_path);
    at.keys = TRY(vkeys_of(beside, "--key"));
    at.keys_beside = true;
    session.say(
        fmt::format("busguard: the key is taken from {}: who wrote the log could have written that "
                    "too; name the key that you know with --key",
                    beside));
    return at;
}

Tried<journal::PublishedLog> open_log(const LogAtHand& at, const LogOptions& options) {
    return or_trouble(fmt::format("{}/{}", options.log, journal::checkpoint_path),
                      journal::PublishedLog::open(*at.files, at.keys));
}

Tried<std::optional<Cosigned>> cosigned_checkpoint(const LogAtHand& at, const LogOptions& options,
                                                   const journal::PublishedLog& log) {
    auto beside = TRY(or_trouble(fmt::format("{}/{}", options.log, journal::cosigned_path), log.cosigned()));
    std::optional<Cosigned> found;
    if (!at.policy) {
        if (beside) found = Cosigned{*std::move(beside), {}};
        return found;
    }
    if (const auto trusted = tlog::trust_checkpoint(log.published().note, at.keys, *at.policy))
        found = Cosigned{log.published(), trusted->witnesses()};
    else if (beside)
        if (const auto older = tlog::trust_checkpoint(beside->note, at.keys, *at.policy))
            found = Cosigned{*std::move(beside), older->witnesses()};
    return found;
}

Tried<std::uint64_t> index_of(std::string_view option, const std::string& text, std::uint64_t otherwise) {
    if (text.empty()) return otherwise;
    std::uint64_t number = 0;
    const auto* const end = std::to_address(text.end());
    const auto [stopped, code] = std::from_chars(std::to_address(text.begin()), end, number);
    if (code != std::errc{} || stopped != end)
        return usage(option, "no index", "entries count from 0; see busguard log list");
    return number;
}

logbook::BlobSource blobs_of(const journal::PublishedLog& log) {
    return [&log](const tlog::TreeHash& name) { return log.blob(name); };
}

Tried<logbook::Entry> decode_entry(const journal::PublishedLog& log, std::uint64_t index,
                                   std::string_view text) {
    return or_trouble("log", logbook::decode(text, blobs_of(log), fmt::format("entry {}", index)));
}

Tried<EntryJudge> EntryJudge::make(Session& session, JudgingOptions options) {
    const bool as_of_entry = options.time == "entry";
    if (as_of_entry) options.time = "ignore";
    return EntryJudge{TRY(judge_of(session, options, {})), as_of_entry};
}

}  // namespace busguard::cli
