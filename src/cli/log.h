#pragma once

#include "cli/judging.h"
#include "cli/key_file.h"
#include "cli/options.h"
#include "host/durable_files.h"
#include "journal/published.h"
#include "logbook/entry.h"
#include "tlog/trusted_checkpoint.h"
#include "tlog/witness_policy.h"

#include <memory>
#include <optional>
#include <string>
#include <vector>

/// What the commands of `busguard log` share: which log, under whose key.
namespace busguard::cli {

inline constexpr const char* default_log = "/var/lib/busguard/log";

/// Which log, as the command line says.
struct LogOptions {
    std::string log = default_log;
    std::vector<std::string> keys;  ///< vkeys, or files of them; none: the file beside the log
    std::string policy;             ///< tlog-policy; empty: none
};
void add_log_options(Command command, LogOptions& options);

/// A log in files, and whom to believe about it.
struct LogAtHand {
    std::unique_ptr<host::DirectoryFiles> files;
    std::vector<tlog::VerifierKey> keys;
    bool keys_beside = false;  ///< they stood beside the log, and prove nothing about who wrote it
    std::optional<tlog::WitnessPolicy> policy;
};
/// Finds folder, keys and policy; the log itself is not looked at. Says so if the keys stood beside it.
Tried<LogAtHand> log_at_hand(const Session& session, const LogOptions& options);
/// The log as its checkpoint has it. Troubles: "log" for a checkpoint that none of the keys signed.
Tried<journal::PublishedLog> open_log(const LogAtHand& at, const LogOptions& options);

/// A vkey, or the vkeys in a file.
Tried<std::vector<tlog::VerifierKey>> vkeys_of(const std::string& text, std::string_view option);
/// A checkpoint in a file, signed by one of the keys.
Tried<journal::SignedCheckpoint> read_checkpoint(const std::string& path,
                                                 const std::vector<tlog::VerifierKey>& keys);

/// The newest checkpoint that witnesses cosigned.
struct Cosigned {
    journal::SignedCheckpoint its;
    std::vector<tlog::Witnessed> witnesses;  ///< of the policy
};
/// With a policy, the newest that its quorum cosigned: the published one, or the one beside it. Without, the
/// one beside it, whoever cosigned that. Troubles: one beside it that is not of this log's history.
Tried<std::optional<Cosigned>> cosigned_checkpoint(const LogAtHand& at, const LogOptions& options,
                                                   const journal::PublishedLog& log);

/// An index, or the end of a range; `text` empty: `otherwise`.
Tried<std::uint64_t> index_of(std::string_view option, const std::string& text, std::uint64_t otherwise = 0);

/// Its blobs, for logbook::decode.
logbook::BlobSource blobs_of(const journal::PublishedLog& log);
/// Entry `index`, decoded. `text` is its bytes.
Tried<logbook::Entry> decode_entry(const journal::PublishedLog& log, std::uint64_t index,
                                   std::string_view text);

/// How evidence in the log is judged: as `busguard verify` does, at the time of its entry unless --time says
/// another.
class EntryJudge {
public:
    /// `options.time` is "entry" for the entry's own.
    static Tried<EntryJudge> make(Session& session, JudgingOptions options);
    appraisal::Verdict operator()(const evidence::Bundle& bundle, std::chrono::sys_seconds time) const {
        return as_of_entry_ ? judge_.as_of(bundle, time) : judge_(bundle);
    }

private:
    EntryJudge(examine::Judge judge, bool as_of_entry)
        : judge_{std::move(judge)}, as_of_entry_{as_of_entry} {}

    examine::Judge judge_;
    bool as_of_entry_;
};

/// A command of the group, with the options that all commands have.
template <class Options>
Command add_to_group(Command group, Chosen& chosen, const std::shared_ptr<Options>& options, const char* name,
                     const char* help, Tried<Exit> (*action)(Session&, const Options&)) {
    auto command = group.command(name, help);
    add_common(command, chosen.common);
    command.then([&chosen, options, action] {
        chosen.action = [options, action](Session& session) { return action(session, *options); };
    });
    return command;
}

// One function per command, each in the file of its name.
void add_log_status(Command group, Chosen& chosen);
void add_log_list(Command group, Chosen& chosen);
void add_log_show(Command group, Chosen& chosen);
void add_log_prove(Command group, Chosen& chosen);
void add_log_verify(Command group, Chosen& chosen);
void add_log_export(Command group, Chosen& chosen);
void add_log_fsck(Command group, Chosen& chosen);
void add_log_rotate(Command group, Chosen& chosen);

}  // namespace busguard::cli
