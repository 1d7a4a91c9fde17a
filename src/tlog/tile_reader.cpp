#include "tlog/tile_reader.h"

#include <algorithm>

namespace busguard::tlog {
namespace {

bool complete_in(std::uint64_t size, Node node) { return node.level < 64 && node.index < size >> node.level; }

}  // namespace

Result<std::vector<TreeHash>> read_tile(TileSource& source, const TilePath& path) {
    const auto found = source.read(path);
    if (found) return hashes_of(*found, path.width);
    if (path.full() || found.error().code != Errc::not_found) return fail(found.error());
    const auto whole = TRY(source.read(path.whole()));
    auto hashes = TRY(hashes_of(whole, tile_width));
    hashes.resize(path.width);
    return hashes;
}

Result<TreeHash> TileReader::read(Node node) {
    if (!complete_in(size_, node)) return fail(Errc::bad_field, "node");
    const unsigned level = node.level / tile_height;
    const unsigned below = node.level % tile_height;  // the node is a subtree of 2^below hashes of the tile
    const auto first = node.index << below;
    const auto index = first / tile_width;
    const auto held = TRY(hashes({TilePath::Kind::hashes, level, index, width_in(size_, level, index)}));
    return subtree_hash(held.subspan(first % tile_width, std::size_t{1} << below));
}

Result<std::span<const TreeHash>> TileReader::hashes(const TilePath& path) {
    const auto found = std::ranges::find(tiles_, path, &Kept::path);
    if (found != tiles_.end()) {
        tiles_.splice(tiles_.begin(), tiles_, found);
    } else {
        auto hashes = TRY(read_tile(source_, path));
        if (tiles_.size() >= kept_) tiles_.pop_back();
        tiles_.push_front({path, std::move(hashes)});
    }
    return std::span<const TreeHash>{tiles_.front().hashes};
}

}  // namespace busguard::tlog
