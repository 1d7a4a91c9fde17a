#pragma once

#include "tlog/merkle.h"

#include <string>
#include <string_view>
#include <vector>

/// The resources of a log, C2SP tlog-tiles "Merkle Tree" and "Log entries": hashes and entries, 256 at a
/// time.
namespace busguard::tlog {

inline constexpr unsigned tile_height = 8;   ///< levels of the tree that a tile stands for
inline constexpr unsigned tile_width = 256;  ///< hashes of a full tile, entries of a full bundle
/// Levels that a tree of 64-bit size can reach; the specification writes up to 64.
inline constexpr unsigned tile_levels = 8;

/// Names a tile of hashes, or a bundle of entries.
struct TilePath {
    enum class Kind : std::uint8_t { hashes, entries };

    Kind kind = Kind::hashes;
    unsigned level = 0;           ///< 0: leaf hashes; above: hashes of full tiles one level below. Bundles: 0
    std::uint64_t index = 0;      ///< from 0, within the level
    unsigned width = tile_width;  ///< how many there are, 1 to 256; below 256 it is partial

    bool full() const { return width == tile_width; }
    /// The same tile when it is full.
    TilePath whole() const { return {kind, level, index, tile_width}; }

    friend bool operator==(const TilePath&, const TilePath&) = default;
};

/// "tile/0/x001/x234/067", "tile/1/000.p/17", "tile/entries/273.p/112": relative to the log's prefix.
std::string text(const TilePath& path);

/// The folder of all the partial forms of a tile: "tile/1/000.p".
std::string partial_folder(const TilePath& path);

/// The reverse of text(): one text for each path. Errors: bad_field "tile path", "level", "index" or "width",
/// with the offset; index too for a tile that no tree of 64-bit size has.
Result<TilePath> tile_path_from(std::string_view text);

/// Which tiles of one level a tree has that a smaller one has not: full ones with indices from `first` to
/// before `end`, then a partial one with index `end` unless `partial` is 0.
struct TileRow {
    unsigned level = 0;
    std::uint64_t first = 0, end = 0;
    unsigned partial = 0;  ///< its width

    friend bool operator==(const TileRow&, const TileRow&) = default;
};

/// What a tree of `newer` entries has that one of `older` has not: rows from level 0 up, none of them empty.
/// From 0: all that it has. Bundles are as the tiles of level 0. Precondition: older <= newer.
std::vector<TileRow> new_tiles(std::uint64_t older, std::uint64_t newer);

/// How wide tile `index` of a level is in a tree of `size` entries: 256, less for a partial one, 0 for none.
unsigned width_in(std::uint64_t size, unsigned level, std::uint64_t index);

/// The hashes of a tile. Errors: truncated or trailing_bytes "tile" unless they are `width`.
Result<std::vector<TreeHash>> hashes_of(ByteView tile, unsigned width);

Bytes tile_of(std::span<const TreeHash> hashes);

/// The hash of the complete subtree over some hashes of a tile, whose number is a power of two.
TreeHash subtree_hash(std::span<const TreeHash> hashes);

}  // namespace busguard::tlog
