#pragma once

#include "tlog/tile_edge.h"

#include <gtest/gtest.h>

#include <filesystem>
#include <map>
#include <string>

namespace busguard::tlog::test {

/// Entry `index` of the golden vectors: its number in 8 bytes, big endian, and (index mod 37) bytes (index
/// mod 251).
Bytes entry(std::uint64_t index);

/// The leaf hashes of entries 0 to size - 1.
const std::vector<TreeHash>& leaves(std::size_t size);

/// MTH of RFC 6962 section 2.1, to the letter: of D[first:end] of the entries above.
TreeHash naive(std::uint64_t first, std::uint64_t end);
inline TreeHash naive(std::uint64_t size) { return naive(0, size); }

/// Computes every node from the leaves, naively, and knows no others than those of `size` entries.
class NaiveReader final : public HashReader {
public:
    explicit NaiveReader(std::uint64_t size) : size_{size} {}
    Result<TreeHash> read(Node node) override;

private:
    std::uint64_t size_;
};

/// Resources by their paths' text, as files would be.
class MemorySource final : public TileSource {
public:
    Result<Bytes> read(const TilePath& path) override;
    /// Fails the test if the path is there already with other bytes: resources do not change.
    void put(const Tile& tile);

    std::map<std::string, Bytes> kept;
    std::size_t reads = 0;
};

/// Grows the tree from `edge` to `size` and puts what is new.
void grow(TileEdge& edge, std::uint64_t size, MemorySource& into);

/// The developers' data (BUSGUARD_SHARED_DATA, else ../shared/data beside the source tree's parent); empty if
/// there is none.
std::filesystem::path shared_data();

}  // namespace busguard::tlog::test
