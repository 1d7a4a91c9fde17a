#include "journal/journal.h"

#include "base/hex.h"
#include "crypto/hash.h"
#include "tlog/entry_bundle.h"

#include <algorithm>

namespace busguard::journal {
namespace {

using tlog::tile_width;
using Kind = tlog::TilePath::Kind;

tlog::TreeHash sha_256(ByteView bytes) {
    const auto digest = crypto::digest(crypto::Hash::sha_256, bytes);
    tlog::TreeHash hash{};
    std::ranges::copy(digest.view(), hash.begin());
    return hash;
}

}  // namespace

std::string blob_path(const tlog::TreeHash& name) { return std::string{"blob/"}.append(to_hex(name)); }

Journal::Journal(Ledger ledger, host::DurableFiles& files, CheckpointSigner& signer, CheckpointReader& reader)
    : ledger_{std::move(ledger)}, shelf_{files}, signer_{signer}, reader_{reader}, hashes_{shelf_, 0} {}

Result<std::uint64_t> Journal::append(std::span<const Entry> entries, std::chrono::sys_seconds now) {
    std::vector<tlog::TreeHash> leaves;
    leaves.reserve(entries.size());
    for (const auto& entry : entries) {
        if (entry.bytes.size() > tlog::largest_entry) return fail(Errc::too_large, "entry");
        for (const auto& blob : entry.blobs)
            if (!TRY(shelf_.exists(blob_path(blob)))) return fail(Errc::not_found, "blob");
        leaves.push_back(tlog::leaf_hash(entry.bytes));
    }
    const auto first = TRY(ledger_.next(tree().size));
    if (!entries.empty()) TRY(ledger_.add(first, entries, leaves, now));
    return first;
}

Result<tlog::TreeHead> Journal::integrate() {
    const auto end = TRY(ledger_.next(tree().size));
    if (end == tree().size) return tree();
    auto edge = edge_;
    while (edge.size() < end) TRY(put_bundle(edge, end));
    TRY(put_tiles(edge.partial(tree().size)));
    TRY(shelf_.settle());
    const auto head = edge.head();
    TRY(ledger_.advance(tree(), head));
    standing_.tree = head;
    edge_ = std::move(edge);
    hashes_.grow(head.size);
    return head;
}

// The bundle that the next entry is in, and the tiles that its new entries fill.
Result<void> Journal::put_bundle(tlog::TileEdge& edge, std::uint64_t end) {
    const auto first = edge.size() / tile_width * tile_width;
    const auto stop = std::min(first + tile_width, end);
    Bytes bundle;
    auto next = first;
    for (const auto& row : TRY(ledger_.rows(first, stop))) {
        // What is signed is what was acknowledged, or nothing is.
        if (row.index != next++ || tlog::leaf_hash(row.entry) != row.leaf)
            return fail(Errc::mismatch, "entry", row.index);
        TRY(tlog::append_entry(bundle, row.entry));
        if (row.index == edge.size()) TRY(put_tiles(edge.append(row.leaf)));
    }
    if (next != stop) return fail(Errc::mismatch, "entry", next);
    const auto width = static_cast<unsigned>(stop - first);
    return shelf_.put(tlog::text({Kind::entries, 0, first / tile_width, width}), bundle);
}

Result<void> Journal::put_tiles(std::span<const tlog::Tile> tiles) {
    for (const auto& tile : tiles) TRY(shelf_.put(tlog::text(tile.path), tile.bytes));
    return {};
}

Result<Bytes> Journal::sign() {
    const auto& last = last_signed();
    if (last && last->head == tree()) return last->note;
    if (last) {
        // Out of the tiles as they stand in the files: what verifiers will see.
        const auto proof = TRY(tlog::prove_consistency(last->head.size, tree().size, hashes_));
        TRY(tlog::verify_consistency(last->head, tree(), proof));
    }
    SignedHead made{tree(), TRY(signer_.sign(tree()))};
    if (TRY(reader_.read(made.note)) != made.head) return fail(Errc::mismatch, "checkpoint");
    TRY(ledger_.keep(made));
    standing_.last = std::move(made);
    return standing_.last->note;
}

Result<tlog::TreeHead> Journal::publish() {
    TRY(integrate());
    const auto note = TRY(sign());
    TRY(shelf_.replace(std::string{checkpoint_path}, note));
    return tree();
}

Result<void> Journal::check_against(const tlog::TreeHead& known) {
    if (known.size > tree().size) return fail(Errc::unexpected, "tree size");
    if (TRY(tlog::root_at(known.size, hashes_)) != known.root) return fail(Errc::mismatch, "root");
    return {};
}

Result<Bytes> Journal::entry(std::uint64_t index) {
    if (index < minimum()) return fail(Errc::not_found, "entry");
    const auto rows = TRY(ledger_.rows(index, index + 1));
    if (!rows.empty()) return rows.front().entry;
    if (index >= tree().size) return fail(Errc::not_found, "entry");
    const auto bundle = TRY(shelf_.read({Kind::entries, 0, index / tile_width, tile_width}));
    const auto entries = TRY(tlog::entries_of(bundle, tile_width));
    return to_bytes(entries[index % tile_width]);
}

Result<std::vector<tlog::TreeHash>> Journal::prove_inclusion(std::uint64_t index, std::uint64_t size) {
    if (size > tree().size) return fail(Errc::bad_field, "size");
    return tlog::prove_inclusion(index, size, hashes_);
}

Result<std::vector<tlog::TreeHash>> Journal::prove_consistency(std::uint64_t older, std::uint64_t newer) {
    if (newer > tree().size) return fail(Errc::bad_field, "size");
    return tlog::prove_consistency(older, newer, hashes_);
}

Result<std::vector<tlog::TreeHash>> Journal::put_blobs(std::span<const ByteView> blobs) {
    std::vector<tlog::TreeHash> names;
    names.reserve(blobs.size());
    for (const auto bytes : blobs) {
        if (bytes.size() > largest_blob) return fail(Errc::too_large, "blob");
        names.push_back(sha_256(bytes));
        const auto path = blob_path(names.back());
        const auto put = shelf_.put(path, bytes);
        if (put) continue;
        // A damaged one; these are its bytes, by its name.
        if (put.error() != Error{Errc::mismatch, "file"}) return fail(put.error());
        TRY(shelf_.replace(path, bytes));
    }
    TRY(shelf_.settle());
    return names;
}

Result<tlog::TreeHash> Journal::put_blob(ByteView bytes) { return TRY(put_blobs({&bytes, 1})).front(); }

Result<Bytes> Journal::blob(const tlog::TreeHash& name) {
    auto bytes = TRY(shelf_.read(blob_path(name), largest_blob));
    if (sha_256(bytes) != name) return fail(Errc::mismatch, "blob");
    return bytes;
}

}  // namespace busguard::journal
