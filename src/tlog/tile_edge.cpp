#include "tlog/tile_edge.h"

namespace busguard::tlog {

Result<TileEdge> TileEdge::at(std::uint64_t size, TileSource& source) {
    TileEdge edge;
    TileReader reader{source, size};
    edge.frontier_ = TRY(frontier_at(size, reader));
    for (const auto& row : new_tiles(0, size))
        if (row.partial != 0)
            edge.rows_[row.level] =
                TRY(read_tile(source, {TilePath::Kind::hashes, row.level, row.end, row.partial}));
    return edge;
}

std::vector<Tile> TileEdge::append(const TreeHash& leaf) {
    std::vector<Tile> filled;
    frontier_.append(leaf, [&](Node node, const TreeHash& hash) {
        if (node.level % tile_height != 0) return;
        const unsigned level = node.level / tile_height;
        auto& row = rows_[level];
        row.push_back(hash);
        if (row.size() < tile_width) return;
        filled.push_back(
            {{TilePath::Kind::hashes, level, node.index / tile_width, tile_width}, tile_of(row)});
        row.clear();
    });
    return filled;
}

std::vector<Tile> TileEdge::partial(std::uint64_t older) const {
    std::vector<Tile> tiles;
    for (const auto& row : new_tiles(older, size()))
        if (row.partial != 0)
            tiles.push_back(
                {{TilePath::Kind::hashes, row.level, row.end, row.partial}, tile_of(rows_[row.level])});
    return tiles;
}

}  // namespace busguard::tlog
