#include "base/hex.h"
#include "cli/json.h"
#include "cli/log.h"
#include "host/files.h"
#include "tlog/proof_text.h"

#include <fmt/format.h>

namespace busguard::cli {
namespace {

struct LogProveOptions {
    LogOptions log;
    std::string index, checkpoint, write;
};

/// The one that was named; else the newest that witnesses cosigned, if it has the entry; else the newest.
Tried<journal::SignedCheckpoint> chosen_checkpoint(const LogAtHand& at, const journal::PublishedLog& log,
                                                   const LogProveOptions& options, std::uint64_t index) {
    if (!options.checkpoint.empty()) {
        auto named = TRY(read_checkpoint(options.checkpoint, at.keys));
        TRY(or_trouble(options.checkpoint, log.holds(named.checkpoint.head)));
        return named;
    }
    auto cosigned = TRY(cosigned_checkpoint(at, options.log, log));
    if (cosigned && index < cosigned->its.checkpoint.head.size) return std::move(cosigned->its);
    if (at.policy && index < log.head().size)
        return trouble("log",
                       {.where = options.log.log,
                        .line = 0,
                        .field = {},
                        .message = fmt::format("no checkpoint with entry {} has the policy's quorum of "
                                               "witnesses",
                                               index),
                        .remedy = "busguard log cosign asks them"});
    return log.published();
}

Tried<Exit> prove(Session& session, const LogProveOptions& options) {
    const auto index = TRY(index_of("INDEX", options.index));
    const auto at = TRY(log_at_hand(session, options.log));
    const auto log = TRY(open_log(at, options.log));
    const auto [note, checkpoint] = TRY(chosen_checkpoint(at, log, options, index));
    const auto where = fmt::format("entry {}", index);
    const auto& head = checkpoint.head;
    tlog::Proof proof{.index = index,
                      .hashes = TRY(or_trouble(where, log.prove_inclusion(index, head.size))),
                      .checkpoint = note,
                      .extra = {}};
    // Nobody gets a proof that does not hold.
    const auto leaves = TRY(or_trouble(where, log.leaves(index / tlog::tile_width)));
    const auto& leaf = leaves[index % tlog::tile_width];
    TRY(or_trouble(where, tlog::verify_inclusion(leaf, index, head.size, proof.hashes, head.root)));
    const auto text = tlog::to_text(proof);
    if (!options.write.empty()) {
        TRY(or_trouble("file", host::write_file(options.write, as_bytes(text))));
        session.say(fmt::format("written: {}", options.write));
    }
    if (session.json())
        print(session, {{"schema", "busguard.log-proof/1"},
                        {"origin", log.origin()},
                        {"index", index},
                        {"size", head.size},
                        {"leaf", to_hex(leaf)},
                        {"proof", text}});
    else if (options.write.empty())
        session.print(text);
    return Exit::ok;
}

}  // namespace

void add_log_prove(Command group, Chosen& chosen) {
    const auto options = std::make_shared<LogProveOptions>();
    auto command = add_to_group(group, chosen, options, "prove",
                                "Prove that an entry is in the log (tlog-proof), to whom has no log", prove);
    command.option("INDEX", options->index, "Which entry").required();
    command
        .option(
            "--checkpoint", options->checkpoint,
            "Prove it against this checkpoint (default: the newest that witnesses cosigned; the newest of "
            "all for an entry that is not in that)")
        .shown_as("FILE");
    command.option("--write", options->write, "Write the proof to this file instead of standard output")
        .shown_as("FILE");
    add_log_options(command, options->log);
}

}  // namespace busguard::cli
