#include "journal/fsck.h"

#include "base/hex.h"
#include "crypto/hash.h"
#include "journal/journal.h"
#include "tlog/entry_bundle.h"

#include <algorithm>

namespace busguard::journal {
namespace {

using tlog::tile_width;
using tlog::TilePath;
using Kind = TilePath::Kind;
constexpr std::size_t most_problems = 100;

std::string words(const Error& error) {
    return error.code == Errc::not_found ? std::string{"is missing"} : in_words(error);
}

class Examination {
public:
    Examination(host::DurableFiles& files, std::uint64_t minimum)
        : files_{files}, shelf_{files}, minimum_{minimum} {}

    void checkpoints(CheckpointReader& reader);
    void tree(const Progress& progress);
    void cosigned();
    void blobs();
    Fsck found() && { return std::move(found_); }

private:
    void blame(std::string where, std::string message) {
        if (found_.problems.size() < most_problems)
            found_.problems.push_back({.where = std::move(where),
                                       .line = 0,
                                       .field = {},
                                       .message = std::move(message),
                                       .remedy = {}});
    }
    std::optional<tlog::TreeHead> checkpoint(CheckpointReader& reader, const std::string& path, bool needed);
    std::optional<std::vector<tlog::TreeHash>> leaves_of_bundle(std::uint64_t index);
    std::optional<std::vector<tlog::TreeHash>> leaves_of_tile(std::uint64_t index);
    void compare(const tlog::Tile& derived);

    host::DurableFiles& files_;
    Shelf shelf_;
    std::uint64_t minimum_;
    std::optional<tlog::TreeHead> cosigned_;
    Fsck found_;
};

std::optional<tlog::TreeHead> Examination::checkpoint(CheckpointReader& reader, const std::string& path,
                                                      bool needed) {
    const auto note = files_.read(path, largest_checkpoint);
    if (!note) {
        if (needed || note.error().code != Errc::not_found) blame(path, words(note.error()));
        return std::nullopt;
    }
    const auto head = reader.read(*note);
    if (head) return *head;
    blame(path, words(head.error()));
    return std::nullopt;
}

// The cosigned one first: whatever is published meanwhile, it is of no larger tree than the other.
void Examination::checkpoints(CheckpointReader& reader) {
    cosigned_ = checkpoint(reader, std::string{cosigned_path}, false);
    found_.head = checkpoint(reader, std::string{checkpoint_path}, true);
    if (found_.head && minimum_ > found_.head->size)
        blame(std::string{checkpoint_path}, "is of a smaller tree than the minimum index");
}

void Examination::cosigned() {
    if (!cosigned_ || !found_.head) return;
    const std::string path{cosigned_path};
    if (cosigned_->size > found_.head->size) {
        blame(path, "is of a larger tree than the checkpoint");
        return;
    }
    tlog::TileReader hashes{shelf_, found_.head->size};
    const auto root = tlog::root_at(cosigned_->size, hashes);
    if (!root)
        blame(path, words(root.error()));
    else if (*root != cosigned_->root)
        blame(path, "is of another history");
}

// A bundle may have become full since the checkpoint was signed: its first entries are the same.
Result<Bytes> read_either(Shelf& shelf, TilePath& path) {
    auto bytes = shelf.read(path);
    if (bytes || path.full() || bytes.error().code != Errc::not_found) return bytes;
    path = path.whole();
    return shelf.read(path);
}

std::optional<std::vector<tlog::TreeHash>> Examination::leaves_of_bundle(std::uint64_t index) {
    const auto width = tlog::width_in(found_.head->size, 0, index);
    TilePath path{Kind::entries, 0, index, width};
    const auto bundle = read_either(shelf_, path);
    const auto entries = bundle ? tlog::entries_of(*bundle, path.width) : fail(bundle.error());
    if (!entries) {
        blame(tlog::text(path), words(entries.error()));
        return std::nullopt;
    }
    std::vector<tlog::TreeHash> leaves;
    for (const auto entry : std::span{*entries}.first(width)) leaves.push_back(tlog::leaf_hash(entry));
    found_.entries += width;
    return leaves;
}

std::optional<std::vector<tlog::TreeHash>> Examination::leaves_of_tile(std::uint64_t index) {
    const TilePath path{Kind::hashes, 0, index, tlog::width_in(found_.head->size, 0, index)};
    auto leaves = tlog::read_tile(shelf_, path);
    if (leaves) return *std::move(leaves);
    blame(tlog::text(path), words(leaves.error()));
    return std::nullopt;
}

void Examination::compare(const tlog::Tile& derived) {
    ++found_.tiles;
    const auto stored = tlog::read_tile(shelf_, derived.path);
    if (!stored) {
        blame(tlog::text(derived.path), words(stored.error()));
        return;
    }
    const auto expected = *tlog::hashes_of(derived.bytes, derived.path.width);
    const auto [at, other] = std::ranges::mismatch(*stored, expected);
    if (at == stored->end()) return;
    blame(tlog::text(derived.path), std::string{"hash "}
                                        .append(std::to_string(at - stored->begin()))
                                        .append(" is not that of what stands below it"));
}

void Examination::tree(const Progress& progress) {
    if (!found_.head) return;
    const auto [size, root] = *found_.head;
    tlog::TileEdge edge;
    while (edge.size() < size) {
        const auto index = edge.size() / tile_width;
        const bool kept = (index + 1) * tile_width > minimum_;
        auto leaves = kept ? leaves_of_bundle(index) : std::nullopt;
        if (!leaves) leaves = leaves_of_tile(index);
        if (!leaves) return;  // nothing above can be derived without them
        for (const auto& leaf : *leaves)
            for (const auto& tile : edge.append(leaf)) compare(tile);
        if (progress) progress(edge.size(), size);
    }
    for (const auto& tile : edge.partial(0)) compare(tile);
    if (edge.head().root != root) blame(std::string{checkpoint_path}, "has another root than its tree");
}

void Examination::blobs() {
    const auto names = files_.list("blob");
    if (!names) {
        if (names.error().code != Errc::not_found) blame("blob", words(names.error()));
        return;
    }
    for (const auto& name : *names) {
        if (name.ends_with(".new")) continue;  // a crash left it
        const auto path = std::string{"blob/"}.append(name);
        const auto bytes = files_.read(path, largest_blob);
        ++found_.blobs;
        if (!bytes)
            blame(path, words(bytes.error()));
        else if (to_hex(crypto::digest(crypto::Hash::sha_256, *bytes)) != name)
            blame(path, "has other bytes than its name says");
    }
}

}  // namespace

Fsck fsck(host::DurableFiles& files, CheckpointReader& reader, std::uint64_t minimum,
          const Progress& progress) {
    Examination examination{files, minimum};
    examination.checkpoints(reader);
    examination.tree(progress);
    examination.cosigned();
    examination.blobs();
    return std::move(examination).found();
}

}  // namespace busguard::journal
