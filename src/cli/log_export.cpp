#include "base/hex.h"
#include "cli/json.h"
#include "cli/log.h"
#include "cli/progress.h"
#include "host/files.h"
#include "journal/note_checkpoints.h"
#include "journal/shelf.h"
#include "tlog/entry_bundle.h"
#include "tlog/tile_edge.h"

#include <fmt/format.h>

#include <algorithm>

namespace busguard::cli {
namespace {

using tlog::tile_width;

struct LogExportOptions {
    LogOptions log;
    std::string to;
};

/// Copies a log into a folder that may have an older state of it. What is put there was derived from the
/// entries, so that a damaged file is never handed on; the checkpoint comes last.
class Export {
public:
    Export(const journal::PublishedLog& log, host::DurableFiles& to, const LogExportOptions& options)
        : log_{log}, to_{to}, shelf_{to}, options_{options} {}

    Tried<void> run(Progress& progress) {
        TRY(begin());
        const auto older = edge_.size();
        while (edge_.size() < log_.head().size) {
            TRY(bundle(edge_.size() / tile_width));
            progress.at(edge_.size(), log_.head().size);
        }
        TRY(put(edge_.partial(older)));
        if (edge_.head() != log_.head())
            return trouble("log", {.where = options_.log.log,
                                   .line = 0,
                                   .field = {},
                                   .message = "the entries do not make up the tree of the checkpoint",
                                   .remedy = "see busguard log fsck"});
        TRY(blobs());
        TRY(at_target(shelf_.settle()));
        auto keys = log_.keys();
        std::erase_if(keys, [this](const auto& key) { return key.name() != log_.origin(); });
        const auto vkeys = journal::to_text(keys);
        TRY(at_target(shelf_.replace(std::string{journal::vkeys_path}, as_bytes(vkeys))));
        TRY(put(journal::checkpoint_path, log_.published().note));
        // After the other, as whoever cosigns it does: it is never of the larger tree.
        if (const auto cosigned = TRY(at_source(log_.cosigned())))
            TRY(put(journal::cosigned_path, cosigned->note));
        return {};
    }

    std::uint64_t entries() const { return entries_; }
    std::uint64_t blobs_copied() const { return blobs_; }

private:
    template <class T>
    Tried<T> at_target(Result<T> result) const {
        return or_trouble(options_.to, std::move(result));
    }
    template <class T>
    Tried<T> at_source(Result<T> result) const {
        return or_trouble(options_.log.log, std::move(result));
    }

    Tried<void> put(std::string_view path, std::string_view note) {
        return at_target(shelf_.replace(std::string{path}, as_bytes(note)));
    }

    /// Where the folder's own checkpoint ends, if it is of this history.
    Tried<void> begin() {
        if (!TRY(at_target(to_.exists(std::string{journal::checkpoint_path})))) return {};
        const auto there = TRY(at_target(journal::PublishedLog::open(to_, log_.keys())));
        if (const auto held = log_.holds(there.head()); !held)
            return trouble(
                "log", {.where = options_.to,
                        .line = 0,
                        .field = {},
                        .message = held.error().code == Errc::bad_field ? "has a larger tree than the log"
                                                                        : "is not an older state of this log",
                        .remedy = "keep it as it is, and see which of the two is the right one"});
        edge_ = TRY(at_target(tlog::TileEdge::at(there.head().size, shelf_)));
        if (edge_.head() != there.head())
            return trouble("log", {.where = options_.to,
                                   .line = 0,
                                   .field = {},
                                   .message = "its tiles are not those of its checkpoint",
                                   .remedy = "export to an empty folder"});
        return {};
    }

    Tried<void> put(std::span<const tlog::Tile> tiles) {
        for (const auto& tile : tiles) TRY(at_target(shelf_.put(tlog::text(tile.path), tile.bytes)));
        return {};
    }

    /// Entries that were pruned are left out; their hashes are not.
    Tried<void> bundle(std::uint64_t number) {
        auto held = log_.bundle(number);
        const bool pruned = !held && held.error().code == Errc::not_found;
        if (!held && !pruned) return at_source(Result<void>{fail(held.error())});
        const auto leaves = TRY(at_source(log_.leaves(number)));
        for (auto n = edge_.size() % tile_width; n < leaves.size(); ++n) TRY(put(edge_.append(leaves[n])));
        if (pruned) return {};
        Bytes bytes;
        for (const auto entry : held->entries) TRY(at_source(tlog::append_entry(bytes, entry)));
        entries_ += held->entries.size();
        const auto width = static_cast<unsigned>(held->entries.size());
        return at_target(shelf_.put(tlog::text({tlog::TilePath::Kind::entries, 0, number, width}), bytes));
    }

    Tried<void> blobs() {
        for (const auto& name : TRY(at_source(log_.blobs()))) {
            const auto digits = TRY(at_source(from_hex(name)));
            tlog::TreeHash hash{};
            std::ranges::copy(digits, hash.begin());
            const auto path = journal::blob_path(hash);
            if (TRY(at_target(shelf_.exists(path)))) continue;
            const auto bytes = TRY(at_source(log_.blob(hash)));
            TRY(at_target(shelf_.put(path, bytes)));
            ++blobs_;
        }
        return {};
    }

    const journal::PublishedLog& log_;
    host::DurableFiles& to_;
    journal::Shelf shelf_;
    const LogExportOptions& options_;
    tlog::TileEdge edge_;
    std::uint64_t entries_ = 0, blobs_ = 0;
};

Tried<Exit> export_log(Session& session, const LogExportOptions& options) {
    const auto at = TRY(log_at_hand(session, options.log));
    const auto log = TRY(open_log(at, options.log));
    TRY(or_trouble("file", host::make_directory(options.to)));
    const auto to = TRY(or_trouble(options.to, host::DirectoryFiles::open(options.to)));
    Export copy{log, *to, options};
    {
        Progress progress{session, "entries"};
        TRY(copy.run(progress));
    }
    if (session.json())
        print(session, {{"schema", "busguard.log-export/1"},
                        {"origin", log.origin()},
                        {"size", log.head().size},
                        {"entries", copy.entries()},
                        {"blobs", copy.blobs_copied()},
                        {"folder", options.to}});
    else
        session.say(fmt::format("{}: {} entries in all, {} entries and {} blobs new", options.to,
                                log.head().size, copy.entries(), copy.blobs_copied()));
    return Exit::ok;
}

}  // namespace

void add_log_export(Command group, Chosen& chosen) {
    const auto options = std::make_shared<LogExportOptions>();
    auto command =
        add_to_group(group, chosen, options, "export",
                     "Copy what verifies of the log into a folder, or bring a copy up to date", export_log);
    command.option("DIR", options->to, "The folder").required();
    add_log_options(command, options->log);
}

}  // namespace busguard::cli
