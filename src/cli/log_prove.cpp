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

/// The log's own checkpoint, or another one of it, such as one that witnesses have cosigned.
Tried<NamedCheckpoint> chosen_checkpoint(const LogAtHand& at, const journal::PublishedLog& log,
                                         const LogProveOptions& options) {
    if (options.checkpoint.empty()) return NamedCheckpoint{log.note(), log.checkpoint()};
    auto named = TRY(read_checkpoint(options.checkpoint, at.keys));
    TRY(or_trouble(options.checkpoint, log.holds(named.checkpoint.head)));
    return named;
}

Tried<Exit> prove(Session& session, const LogProveOptions& options) {
    const auto index = TRY(index_of("INDEX", options.index));
    const auto at = TRY(log_at_hand(session, options.log));
    const auto log = TRY(open_log(at, options.log));
    const auto [note, checkpoint] = TRY(chosen_checkpoint(at, log, options));
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
        .option("--checkpoint", options->checkpoint,
                "Prove it against this checkpoint, such as one that witnesses have cosigned "
                "(default: the published one)")
        .shown_as("FILE");
    command.option("--write", options->write, "Write the proof to this file instead of standard output")
        .shown_as("FILE");
    add_log_options(command, options->log);
}

}  // namespace busguard::cli
