#include "journal/published.h"

#include "base/hex.h"
#include "crypto/hash.h"
#include "tlog/entry_bundle.h"

#include <algorithm>

namespace busguard::journal {
namespace {

using tlog::tile_width;
using tlog::TilePath;
using Kind = TilePath::Kind;

constexpr std::string_view blob_folder = "blob";
constexpr std::size_t blob_name = 64;  // hexadecimal digits of SHA-256

// Partial ones may have gone since there is the full one, which begins with the same entries.
Result<Bytes> read_bundle(Shelf& shelf, TilePath& path) {
    auto bytes = shelf.read(path);
    if (bytes || path.full() || bytes.error().code != Errc::not_found) return bytes;
    path = path.whole();
    return shelf.read(path);
}

bool is_blob_name(std::string_view text) {
    return text.size() == blob_name &&
           std::ranges::all_of(text, [](char c) { return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'f'); });
}

}  // namespace

Result<PublishedLog> PublishedLog::open(host::DurableFiles& files, std::vector<tlog::VerifierKey> keys) {
    PublishedLog log{files, std::move(keys)};
    // The cosigned one first: whatever is published meanwhile, it is of no larger tree than the other.
    if (const auto bytes = files.read(std::string{cosigned_path}, largest_checkpoint))
        log.cosigned_ = as_text(*bytes);
    else if (bytes.error().code != Errc::not_found)
        return fail(bytes.error());
    const auto bytes = TRY(files.read(std::string{checkpoint_path}, largest_checkpoint));
    log.published_ = {std::string{as_text(bytes)}, TRY(checkpoint_of(as_text(bytes), log.keys_))};
    return log;
}

Result<std::optional<SignedCheckpoint>> PublishedLog::cosigned() const {
    if (!cosigned_) return std::optional<SignedCheckpoint>{};
    SignedCheckpoint found{*cosigned_, TRY(checkpoint_of(*cosigned_, keys_))};
    TRY(holds(found.checkpoint.head));
    return std::optional{std::move(found)};
}

// The path from a tile's first leaf to the root has in it, below the tile's own root, a hash over each of
// the other leaves: if it verifies, all of them are those of the tree.
Result<std::vector<tlog::TreeHash>> PublishedLog::leaves(std::uint64_t number) const {
    const auto size = head().size;
    if (number > size / tile_width || number * tile_width == size) return fail(Errc::bad_field, "index");
    Shelf shelf{*files_};
    const auto width = tlog::width_in(size, 0, number);
    auto leaves = TRY(tlog::read_tile(shelf, {Kind::hashes, 0, number, width}));
    tlog::TileReader hashes{shelf, size};
    const auto proof = TRY(tlog::prove_inclusion(number * tile_width, size, hashes));
    TRY(tlog::verify_inclusion(leaves.front(), number * tile_width, size, proof, head().root));
    return leaves;
}

Result<EntryBundle> PublishedLog::bundle(std::uint64_t number) const {
    const auto expected = TRY(leaves(number));
    Shelf shelf{*files_};
    TilePath path{Kind::entries, 0, number, static_cast<unsigned>(expected.size())};
    EntryBundle bundle{number * tile_width, TRY(read_bundle(shelf, path)), {}};
    bundle.entries = TRY(tlog::entries_of(bundle.bytes, path.width));
    bundle.entries.resize(expected.size());
    for (std::size_t n = 0; n < expected.size(); ++n)
        if (tlog::leaf_hash(bundle.entries[n]) != expected[n]) return fail(Errc::mismatch, "entry bundle", n);
    return bundle;
}

Result<Bytes> PublishedLog::entry(std::uint64_t index) const {
    if (index >= head().size) return fail(Errc::bad_field, "index");
    const auto in = TRY(bundle(index / tile_width));
    return to_bytes(in.entries[index % tile_width]);
}

Result<std::optional<std::uint64_t>> PublishedLog::find(const tlog::TreeHash& leaf) const {
    for (std::uint64_t first = 0; first < head().size; first += tile_width) {
        const auto held = TRY(leaves(first / tile_width));
        const auto found = std::ranges::find(held, leaf);
        if (found != held.end())
            return std::optional{first + static_cast<std::uint64_t>(found - held.begin())};
    }
    return std::optional<std::uint64_t>{};
}

// Bundles are pruned from the front: halving finds where they begin.
Result<std::uint64_t> PublishedLog::first_kept() const {
    const auto size = head().size;
    Shelf shelf{*files_};
    std::uint64_t least = 0;
    std::uint64_t end = (size + tile_width - 1) / tile_width;
    while (least < end) {
        const auto middle = least + ((end - least) / 2);
        const TilePath path{Kind::entries, 0, middle, tlog::width_in(size, 0, middle)};
        bool there = TRY(shelf.exists(tlog::text(path)));
        if (!there && !path.full()) there = TRY(shelf.exists(tlog::text(path.whole())));
        if (there)
            end = middle;
        else
            least = middle + 1;
    }
    return std::min(least * tile_width, size);
}

Result<Bytes> PublishedLog::blob(const tlog::TreeHash& name) const {
    auto bytes = TRY(files_->read(blob_path(name), largest_blob));
    if (!same(crypto::digest(crypto::Hash::sha_256, bytes), name)) return fail(Errc::mismatch, "blob");
    return bytes;
}

Result<std::vector<std::string>> PublishedLog::blobs() const {
    auto names = files_->list(std::string{blob_folder});
    if (!names && names.error().code == Errc::not_found) return std::vector<std::string>{};
    if (!names) return fail(names.error());
    std::erase_if(*names, [](const auto& name) { return !is_blob_name(name); });  // what a crash left
    return *std::move(names);
}

Result<void> PublishedLog::check_tiles() const {
    Shelf shelf{*files_};
    tlog::TileReader hashes{shelf, head().size};
    if (TRY(tlog::root_at(head().size, hashes)) != head().root) return fail(Errc::crypto, "inclusion proof");
    return {};
}

Result<std::vector<tlog::TreeHash>> PublishedLog::prove_inclusion(std::uint64_t index,
                                                                  std::uint64_t size) const {
    if (size > head().size) return fail(Errc::bad_field, "size");
    TRY(check_tiles());
    Shelf shelf{*files_};
    tlog::TileReader hashes{shelf, head().size};
    return tlog::prove_inclusion(index, size, hashes);
}

Result<std::vector<tlog::TreeHash>> PublishedLog::prove_consistency(std::uint64_t older,
                                                                    std::uint64_t newer) const {
    if (newer > head().size) return fail(Errc::bad_field, "size");
    TRY(check_tiles());
    Shelf shelf{*files_};
    tlog::TileReader hashes{shelf, head().size};
    return tlog::prove_consistency(older, newer, hashes);
}

Result<void> PublishedLog::holds(const tlog::TreeHead& older) const {
    const auto proof = TRY(prove_consistency(older.size, head().size));
    if (!tlog::verify_consistency(older, head(), proof)) return fail(Errc::mismatch, "root");
    return {};
}

}  // namespace busguard::journal
