#pragma once

#include "tlog/frontier.h"
#include "tlog/tile_reader.h"

namespace busguard::tlog {

/// A tile with its bytes.
struct Tile {
    TilePath path;
    Bytes bytes;
};

/// The right edge of a tree in tiles: what is needed to make the next ones. At most 8 x 255 hashes.
class TileEdge {
public:
    /// Of the empty tree.
    TileEdge() = default;
    /// Goes on with a tree whose tiles exist. Errors: those of the source; truncated or trailing_bytes
    /// "tile".
    static Result<TileEdge> at(std::uint64_t size, TileSource& source);

    /// Takes one more entry, by its leaf hash; the tiles that it filled, from level 0 up.
    std::vector<Tile> append(const TreeHash& leaf);
    /// The partial tiles of this size that a tree of `older` entries has not. Precondition: older <= size.
    std::vector<Tile> partial(std::uint64_t older) const;

    TreeHead head() const { return frontier_.head(); }
    std::uint64_t size() const { return frontier_.size(); }

private:
    Frontier frontier_;
    std::array<std::vector<TreeHash>, tile_levels> rows_;  // of each level: what is in no full tile yet
};

}  // namespace busguard::tlog
