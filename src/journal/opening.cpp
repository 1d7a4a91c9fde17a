#include "journal/journal.h"

#include <filesystem>
#include <string>

namespace busguard::journal {
namespace {

constexpr std::string_view restore = "restore the newest database and files together";

Problem wrong(const std::string& where, std::string message, std::string remedy = {}) {
    return {
        .where = where, .line = 0, .field = {}, .message = std::move(message), .remedy = std::move(remedy)};
}

std::string published() { return std::string{checkpoint_path}; }

std::string size_text(std::uint64_t size) {
    return std::to_string(size).append(size == 1 ? " entry" : " entries");
}

/// What the caller has to hear, if a check could not be made.
template <class T>
Checked<T> for_people(Result<T> result, const std::string& where) {
    if (!result) {
        const bool missing = result.error().code == Errc::not_found;
        return fail(wrong(where, missing ? "a file is missing" : in_words(result.error())));
    }
    if constexpr (std::is_void_v<T>)
        return {};
    else
        return *std::move(result);
}

/// The names beside the database, that of SQLite's own log among them: without it what was acknowledged is
/// gone after a power cut, and SQLite passes over an error of its own call (os_unix.c, unixSync).
Checked<void> settle_names(const std::string& database) {
    const auto above = std::filesystem::path{database}.parent_path();
    const auto folder = host::DirectoryFiles::open(above.empty() ? "." : above.string());
    if (!folder && folder.error().code == Errc::not_found) return {};  // the database is in no file
    if (!folder) return fail(wrong(above.string(), in_words(folder.error())));
    return for_people((*folder)->sync_directory("."), above.string());
}

}  // namespace

Checked<std::unique_ptr<Journal>> Journal::open(const std::string& database, host::DurableFiles& files,
                                                CheckpointSigner& signer, CheckpointReader& reader) {
    auto ledger = TRY(Ledger::open(database));  // from here on no other process has it
    std::unique_ptr<Journal> journal{new Journal(std::move(ledger), files, signer, reader)};
    TRY(journal->take_up(database));
    TRY(settle_names(database));
    return journal;
}

Checked<void> Journal::take_up(const std::string& database) {
    auto standing =
        ledger_.standing();  // by hand: g++ 12 takes the optional in it for uninitialized, inlined (-O2)
    if (!standing) return fail(wrong(database, in_words(standing.error())));
    if (!*standing) return begin(database);
    standing_ = **std::move(standing);
    TRY(check_tree(database));
    TRY(check_entries(database));
    return check_published();
}

Checked<void> Journal::begin(const std::string& database) {
    for (const auto* path : {"checkpoint", "tile"})
        if (TRY(for_people(shelf_.exists(path), path)))
            return fail(wrong(
                path,
                std::string{"a log was published here, of which "}.append(database).append(" knows nothing"),
                "restore its database, or begin a new log with another name in an empty folder"));
    standing_.tree = edge_.head();
    return for_people(ledger_.begin(standing_.tree), database);
}

// The tiles are those of the tree that the database tells of, and that tree holds the one that was signed.
Checked<void> Journal::check_tree(const std::string& database) {
    const auto of_tiles = [](const auto& result) { return for_people(result, "tile"); };
    edge_ = TRY(of_tiles(tlog::TileEdge::at(tree().size, shelf_)));
    hashes_.grow(tree().size);
    const auto& last = last_signed();
    if (last && last->head.size > tree().size)
        return fail(wrong(database, "more was signed than is in the tree", std::string{restore}));
    for (const auto& head : {tree(), last ? last->head : tree()})
        if (TRY(of_tiles(tlog::root_at(head.size, hashes_))) != head.root)
            return fail(wrong("tile",
                              std::string{"the files are not those of the log that "}
                                  .append(database)
                                  .append(" has at ")
                                  .append(size_text(head.size)),
                              std::string{restore}));
    return {};
}

// The entries of the bundle that is not full are all there, and are those in the tree.
Checked<void> Journal::check_entries(const std::string& database) {
    const auto size = tree().size;
    const auto first = size / tlog::tile_width * tlog::tile_width;
    const auto rows = TRY(for_people(ledger_.rows(first, size), database));
    bool as_it_was = rows.size() == size - first;
    for (std::size_t n = 0; as_it_was && n < rows.size(); ++n) {
        const auto leaf = TRY(for_people(hashes_.read({0, first + n}), "tile"));
        as_it_was = rows[n].index == first + n && rows[n].leaf == leaf;
    }
    if (!as_it_was) return fail(wrong(database, "entries are missing or changed", std::string{restore}));
    return {};
}

// Nothing was published that the database does not know. What was signed and did not get there comes there
// now.
Checked<void> Journal::check_published() {
    const auto note = shelf_.read(published(), largest_checkpoint);
    if (!note && note.error().code != Errc::not_found)
        return fail(wrong(published(), in_words(note.error())));
    const auto& last = last_signed();
    if (note) {
        const auto head = reader_.read(*note);
        if (!head)
            return fail(wrong(published(),
                              std::string{"is no checkpoint of this log: "}.append(in_words(head.error())),
                              "see who changed it, and with which key the log is run"));
        if (!last || head->size > last->head.size)
            return fail(wrong(
                published(),
                std::string{"tells of "}
                    .append(size_text(head->size))
                    .append(", and the database of ")
                    .append(size_text(last ? last->head.size : 0))
                    .append(": it was restored from a backup"),
                std::string{restore}.append("; a log that goes on from here would sign two histories")));
        const auto held = check_against(*head);
        if (!held && held.error().code != Errc::mismatch) return for_people(held, "tile");
        if (!held)
            return fail(wrong(
                published(),
                std::string{"is of another history than the database, at "}.append(size_text(head->size)),
                std::string{restore}));
    }
    if (!last || (note && same(*note, last->note))) return {};
    return for_people(shelf_.replace(published(), last->note), published());
}

}  // namespace busguard::journal
