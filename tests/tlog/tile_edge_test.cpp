#include "tests/tlog/tree_support.h"

namespace busguard::tlog {
namespace {

using Kind = TilePath::Kind;
constexpr std::array<std::uint64_t, 12> sizes{0, 1, 2, 255, 256, 257, 511, 512, 65535, 65536, 65537, 70000};

// tlog-tiles: entry i of tile n at level l is MTH(D[(n * 256 + i) * 256^l : (n * 256 + i + 1) * 256^l]).
Bytes defined(const TilePath& path) {
    Bytes bytes;
    const auto span = std::uint64_t{1} << (8 * path.level);
    for (std::uint64_t i = 0; i < path.width; ++i) {
        const auto first = ((path.index * 256) + i) * span;
        append(bytes, test::naive(first, first + span));
    }
    return bytes;
}

// One tree that grew through all sizes, published at each.
struct Grown {
    Grown() {
        for (const auto size : sizes) test::grow(edge, size, source);
    }
    TileEdge edge;
    test::MemorySource source;
};

TEST(TileEdge, MakesTheTilesOfTheDefinitionAndNoOthers) {
    const Grown grown;
    std::map<std::string, bool> expected;
    for (const auto size : sizes)
        for (const auto& row : new_tiles(0, size)) {
            for (auto tile = row.first; tile < row.end; ++tile)
                expected[text(TilePath{Kind::hashes, row.level, tile, 256})] = true;
            if (row.partial != 0)
                expected[text(TilePath{Kind::hashes, row.level, row.end, row.partial})] = true;
        }
    EXPECT_EQ(grown.source.kept.size(), expected.size());
    for (const auto& [name, bytes] : grown.source.kept) {
        EXPECT_TRUE(expected.contains(name)) << name;
        EXPECT_EQ(bytes, defined(*tile_path_from(name))) << name;
    }
    // The example of the specification: 273 full and .p/112, one full and .p/17, .p/1.
    for (const auto* name :
         {"tile/0/272", "tile/0/273.p/112", "tile/1/000", "tile/1/001.p/17", "tile/2/000.p/1"})
        EXPECT_TRUE(grown.source.kept.contains(name)) << name;
    EXPECT_FALSE(grown.source.kept.contains("tile/0/273"));
    EXPECT_EQ(grown.edge.head(), (TreeHead{70000, test::naive(70000)}));
}

TEST(TileEdge, GoesOnFromItsTilesAtEverySize) {
    Grown grown;
    for (std::size_t at = 0; at + 1 < sizes.size(); ++at) {
        auto edge = TileEdge::at(sizes[at], grown.source);
        ASSERT_TRUE(edge) << sizes[at] << ": " << edge.error().what;
        EXPECT_EQ(edge->head(), (TreeHead{sizes[at], test::naive(sizes[at])}));
        const auto before = grown.source.kept.size();
        test::grow(*edge, sizes[at + 1], grown.source);  // fails if a tile comes out otherwise
        EXPECT_EQ(grown.source.kept.size(), before);
        EXPECT_EQ(edge->head().root, test::naive(sizes[at + 1]));
    }
}

TEST(TileEdge, DoesNotGoOnWithoutOneOfItsTiles) {
    Grown grown;
    for (const auto* name : {"tile/0/273.p/112", "tile/1/000", "tile/1/001.p/17", "tile/2/000.p/1"}) {
        auto source = test::MemorySource{};
        source.kept = grown.source.kept;
        source.kept.erase(name);
        if (std::string_view{name} == "tile/1/000") continue;  // below a peak of level 2: not looked at
        EXPECT_EQ(TileEdge::at(70000, source).error().code, Errc::not_found) << name;
        source.kept[name] = {};
        EXPECT_EQ(TileEdge::at(70000, source).error(), (Error{Errc::truncated, "tile"})) << name;
    }
}

TEST(TileReader, ProvesEverySizeOutOfTheTilesOfTheLargest) {
    Grown grown;
    TileReader reader{grown.source, 70000};
    std::map<std::uint64_t, TreeHash> root;
    for (const auto size : sizes) root[size] = test::naive(size);
    for (const auto size : sizes) {
        EXPECT_EQ(*root_at(size, reader), root[size]) << size;
        for (const auto index : {std::uint64_t{0}, size / 3, size / 2, size - 1}) {
            if (index >= size) continue;
            const auto proof = prove_inclusion(index, size, reader);
            ASSERT_TRUE(proof);
            EXPECT_TRUE(verify_inclusion(test::leaves(size)[index], index, size, *proof, root[size]));
        }
        for (const auto older : sizes) {
            if (older > size) continue;
            const auto proof = prove_consistency(older, size, reader);
            ASSERT_TRUE(proof);
            EXPECT_TRUE(verify_consistency({older, root[older]}, {size, root[size]}, *proof));
        }
    }
}

TEST(TileReader, ReadsEveryNodeOfItsTreeAndNoOther) {
    test::MemorySource source;
    TileEdge edge;
    test::grow(edge, 600, source);
    TileReader reader{source, 600};
    for (unsigned level = 0; level < 11; ++level)
        for (std::uint64_t index = 0; index <= 600U >> level; ++index) {
            const auto hash = reader.read({level, index});
            const auto end = (index + 1) << level;
            ASSERT_EQ(static_cast<bool>(hash), end <= 600) << level << " " << index;
            if (hash) {
                EXPECT_EQ(*hash, test::naive(index << level, end));
            } else {
                EXPECT_EQ(hash.error(), (Error{Errc::bad_field, "node"}));
            }
        }
    EXPECT_EQ(reader.read({64, 0}).error(), (Error{Errc::bad_field, "node"}));
}

TEST(TileReader, TakesTheFullTileWhereThePartialOneHasGone) {
    Grown grown;
    grown.source.kept.erase("tile/0/001.p/1");
    grown.source.kept.erase("tile/1/000.p/1");
    TileReader reader{grown.source, 257};
    EXPECT_EQ(*root_at(257, reader), test::naive(257));
    grown.source.kept.erase("tile/0/001");
    TileReader without{grown.source, 257};
    EXPECT_EQ(root_at(257, without).error().code, Errc::not_found);
    // Another error of the source is not taken for "has gone".
    struct Failing final : TileSource {
        Result<Bytes> read(const TilePath& path) override {
            if (path.full()) return Bytes(8192);
            return fail(Errc::system, "read", 0, 5);
        }
    } failing;
    EXPECT_EQ(read_tile(failing, {Kind::hashes, 0, 0, 3}).error(), (Error{Errc::system, "read", 0, 5}));
}

TEST(TileReader, KeepsTheTilesThatItUsedLast) {
    Grown grown;
    TileReader reader{grown.source, 70000, 2};
    const auto reads = [&](Node node) {
        const auto before = grown.source.reads;
        EXPECT_TRUE(reader.read(node));
        return grown.source.reads - before;
    };
    EXPECT_EQ(reads({0, 0}), 1U);
    EXPECT_EQ(reads({0, 256}), 1U);
    EXPECT_EQ(reads({3, 1}), 0U);    // in the first tile, which is now the last used
    EXPECT_EQ(reads({0, 512}), 1U);  // in the place of the second
    EXPECT_EQ(reads({0, 5}), 0U);
    EXPECT_EQ(reads({0, 256}), 1U);
}

TEST(TileReader, GrowsWithItsTree) {
    test::MemorySource source;
    TileEdge edge;
    test::grow(edge, 3, source);
    TileReader reader{source, 3};
    EXPECT_FALSE(reader.read({2, 0}));
    test::grow(edge, 300, source);
    reader.grow(300);
    EXPECT_EQ(*reader.read({2, 0}), test::naive(0, 4));
    EXPECT_EQ(*root_at(300, reader), test::naive(300));
}

}  // namespace
}  // namespace busguard::tlog
