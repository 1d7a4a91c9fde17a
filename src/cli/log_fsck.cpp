#include "base/hex.h"
#include "cli/json.h"
#include "cli/log.h"
#include "cli/progress.h"
#include "cli/text.h"
#include "journal/fsck.h"
#include "journal/note_checkpoints.h"

#include <fmt/format.h>

namespace busguard::cli {
namespace {

struct LogFsckOptions {
    LogOptions log;
    std::string minimum;
};

Json to_json(const journal::Fsck& found) {
    Json problems = Json::array();
    for (const auto& problem : found.problems)
        problems.push_back({{"file", problem.where}, {"message", problem.message}});
    return {{"schema", "busguard.log-fsck/1"},
            {"clean", found.clean()},
            {"size", found.head ? Json(found.head->size) : Json(nullptr)},
            {"root", found.head ? Json(to_base64(found.head->root)) : Json(nullptr)},
            {"entries", found.entries},
            {"tiles", found.tiles},
            {"blobs", found.blobs},
            {"problems", std::move(problems)}};
}

Tried<Exit> fsck(Session& session, const LogFsckOptions& options) {
    const auto minimum = TRY(index_of("--minimum", options.minimum));
    const auto at = TRY(log_at_hand(session, options.log));
    journal::NoteReader reader{at.keys};
    journal::Fsck found;
    {
        Progress progress{session, "entries"};
        found = journal::fsck(*at.files, reader, minimum,
                              [&](std::uint64_t done, std::uint64_t all) { progress.at(done, all); });
    }
    if (session.json()) {
        print(session, to_json(found));
    } else {
        for (const auto& problem : found.problems)
            session.print(paint(printable(problem.text()), Tone::bad, session.colour()) + "\n");
        session.print(fmt::format("{}: {} entries, {} tiles, {} blobs\n",
                                  found.clean() ? "clean" : "not clean", found.entries, found.tiles,
                                  found.blobs));
    }
    return found.clean() ? Exit::ok : Exit::failed;
}

}  // namespace

void add_log_fsck(Command group, Chosen& chosen) {
    const auto options = std::make_shared<LogFsckOptions>();
    auto command = add_to_group(
        group, chosen, options, "fsck",
        "Derive every hash of the log anew, and compare with the files and what was signed", fsck);
    command.option("--minimum", options->minimum, "Entries before this one may be gone (pruned)")
        .shown_as("INDEX");
    add_log_options(command, options->log);
}

}  // namespace busguard::cli
