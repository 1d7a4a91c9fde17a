#pragma once

#include "tlog/proving.h"
#include "tlog/tile.h"

#include <cstddef>
#include <list>

namespace busguard::tlog {

/// Where tiles and bundles come from: a folder, a web server. It reads no more than largest_resource bytes
/// (entry_bundle.h).
class TileSource {
public:
    TileSource() = default;
    TileSource(const TileSource&) = delete;
    TileSource& operator=(const TileSource&) = delete;
    virtual ~TileSource() = default;

    /// The bytes as they are kept. Errors: not_found, and its own.
    virtual Result<Bytes> read(const TilePath& path) = 0;
};

/// A tile, whole: a partial one may have gone since there is the full one, whose first part it is
/// (tlog-tiles, "Partial Tiles"). Errors: those of the source and of hashes_of().
Result<std::vector<TreeHash>> read_tile(TileSource& source, const TilePath& path);

/// The hashes of a tree of one size, out of its tiles. It keeps the tiles that were used last.
class TileReader final : public HashReader {
public:
    /// `source` outlives it. `kept`: tiles in memory, 8 KiB each; at least 1.
    TileReader(TileSource& source, std::uint64_t size, std::size_t kept = 32)
        : source_{source}, size_{size}, kept_{kept} {}

    /// Errors: bad_field "node" for one that is not complete in this tree; those of read_tile().
    Result<TreeHash> read(Node node) override;

    /// The source has the tiles of a larger tree now.
    void grow(std::uint64_t size) { size_ = size; }

private:
    struct Kept {
        TilePath path;
        std::vector<TreeHash> hashes;
    };
    Result<std::span<const TreeHash>> hashes(const TilePath& path);

    TileSource& source_;
    std::uint64_t size_;
    std::size_t kept_;
    std::list<Kept> tiles_;  // used last first
};

}  // namespace busguard::tlog
