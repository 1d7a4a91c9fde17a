#include "journal/journal.h"

// What of a log goes in time: partial tiles that are full now, and entries that nobody has to keep.
namespace busguard::journal {
namespace {

using tlog::tile_width;
using tlog::TilePath;

}  // namespace

Result<std::uint64_t> Journal::first_since(std::chrono::sys_seconds time) {
    const auto first = TRY(ledger_.first_since(time));
    return first ? *first : ledger_.next(tree().size);
}

Result<void> Journal::prune(std::uint64_t minimum) {
    // Not beyond what is published: clients come from there.
    const auto published = last_signed() ? last_signed()->head.size : 0;
    if (minimum < standing_.minimum || minimum > published) return fail(Errc::bad_field, "minimum index");
    TRY(ledger_.set_minimum(minimum));  // before anything goes, so that nobody misses it
    standing_.minimum = minimum;
    return tidy();
}

Result<void> Journal::tidy() {
    TRY(sweep());
    TRY(drop_bundles());
    return drop_blobs();
}

Result<void> Journal::sweep() {
    const auto size = tree().size;
    if (standing_.swept == size) return {};
    for (const auto& row : tlog::new_tiles(standing_.swept, size)) {
        for (auto index = row.first; index < row.end; ++index) {
            TRY(shelf_.remove_folder(
                tlog::partial_folder({TilePath::Kind::hashes, row.level, index, tile_width})));
            if (row.level != 0) continue;
            TRY(shelf_.remove_folder(tlog::partial_folder({TilePath::Kind::entries, 0, index, tile_width})));
        }
    }
    TRY(shelf_.settle());
    TRY(ledger_.set_swept(size));
    standing_.swept = size;
    return {};
}

Result<void> Journal::drop_bundles() {
    if (standing_.pruned == standing_.minimum) return {};
    for (auto index = standing_.pruned / tile_width; index < standing_.minimum / tile_width; ++index)
        TRY(shelf_.remove(tlog::text({TilePath::Kind::entries, 0, index, tile_width})));
    TRY(shelf_.settle());
    TRY(ledger_.set_pruned(standing_.minimum));
    standing_.pruned = standing_.minimum;
    return {};
}

Result<void> Journal::drop_blobs() {
    while (true) {
        const auto blobs = TRY(ledger_.unused_blobs(standing_.minimum));
        if (blobs.empty()) return {};
        for (const auto& blob : blobs) TRY(shelf_.remove(blob_path(blob)));
        TRY(shelf_.settle());
        TRY(ledger_.forget_blobs(blobs));
    }
}

}  // namespace busguard::journal
