#include "tests/tlog/tree_support.h"

#include <utility>
#include <vector>

namespace busguard::tlog {
namespace {

using Kind = TilePath::Kind;

TEST(TilePath, IsTextAndBack) {
    const std::vector<std::pair<TilePath, std::string>> known{
        {{Kind::hashes, 0, 0, 256}, "tile/0/000"},
        {{Kind::hashes, 0, 999, 256}, "tile/0/999"},
        {{Kind::hashes, 0, 1000, 256}, "tile/0/x001/000"},
        {{Kind::hashes, 3, 1234067, 256}, "tile/3/x001/x234/067"},  // the example of the specification
        {{Kind::hashes, 0, 1234067, 5}, "tile/0/x001/x234/067.p/5"},
        {{Kind::entries, 0, 1234067, 256}, "tile/entries/x001/x234/067"},
        {{Kind::entries, 0, 273, 112}, "tile/entries/273.p/112"},
        {{Kind::hashes, 1, 1, 17}, "tile/1/001.p/17"},
        {{Kind::hashes, 0, (std::uint64_t{1} << 56) - 1, 255}, "tile/0/x072/x057/x594/x037/x927/935.p/255"},
        {{Kind::hashes, 7, 0, 255}, "tile/7/000.p/255"},
    };
    for (const auto& [path, written] : known) {
        EXPECT_EQ(text(path), written);
        const auto read = tile_path_from(written);
        ASSERT_TRUE(read) << written << ": " << read.error().what;
        EXPECT_EQ(*read, path) << written;
    }
    EXPECT_EQ(partial_folder({Kind::hashes, 1, 1001, 17}), "tile/1/x001/001.p");
    EXPECT_EQ(text(TilePath{Kind::hashes, 1, 1, 17}.whole()), "tile/1/001");
}

TEST(TilePath, HasOneTextForEachPath) {
    const std::vector<std::pair<std::string, std::string_view>> refused{
        {"", "tile path"},
        {"tile", "tile path"},
        {"tile/", "tile path"},
        {"tile/0", "tile path"},
        {"/tile/0/000", "tile path"},
        {"Tile/0/000", "tile path"},
        {"tile//000", "level"},
        {"tile/00/000", "level"},
        {"tile/01/000", "level"},
        {"tile/64/000", "level"},
        {"tile/-1/000", "level"},
        {"tile/+1/000", "level"},
        {"tile/ 1/000", "level"},
        {"tile/entry/000", "level"},
        {"tile/99999999999/000", "level"},
        {"tile/0/", "index"},
        {"tile/0/0", "index"},
        {"tile/0/0000", "index"},
        {"tile/0/00a", "index"},
        {"tile/0/x001", "index"},
        {"tile/0/001/000", "index"},
        {"tile/0/x001/x000", "index"},
        {"tile/0/x000/001", "index"},
        {"tile/0/X001/000", "index"},
        {"tile/0/x01/000", "index"},
        {"tile/0/x001//000", "index"},
        {"tile/0/x001/000/", "index"},
        {"tile/0/000.p", "index"},
        {"tile/0/../000", "index"},
        {"tile/0/000.p/0", "width"},
        {"tile/0/000.p/", "width"},
        {"tile/0/000.p/01", "width"},
        {"tile/0/000.p/256", "width"},
        {"tile/0/000.p/1/2", "width"},
        {"tile/0/000.p/1 ", "width"},
        {"tile/0/000.p/1.p/1", "width"},
        {"tile/0/x072/x057/x594/x037/x927/935", "index"},  // full, it would end at 2^64
        {"tile/0/x072/x057/x594/x037/x927/936.p/1", "index"},
        {"tile/0/x018/x446/x744/x073/x709/x551/616", "index"},  // 2^64
        {"tile/0/x001/x000/x000/x000/x000/x000/x000/000", "index"},
        {"tile/7/001.p/1", "index"},
        {"tile/7/000", "index"},
        {"tile/8/000", "index"},
        {"tile/63/000.p/1", "index"},
    };
    for (const auto& [written, what] : refused) {
        const auto read = tile_path_from(written);
        ASSERT_FALSE(read) << written;
        EXPECT_EQ(read.error().code, Errc::bad_field) << written;
        EXPECT_EQ(read.error().what, what) << written;
        EXPECT_LE(read.error().offset, written.size()) << written;
    }
}

TEST(Tiles, OfATreeAreThoseOfTheSpecification) {
    EXPECT_TRUE(new_tiles(0, 0).empty());
    EXPECT_EQ(new_tiles(0, 1), (std::vector<TileRow>{{0, 0, 0, 1}}));
    EXPECT_EQ(new_tiles(0, 255), (std::vector<TileRow>{{0, 0, 0, 255}}));
    EXPECT_EQ(new_tiles(0, 256), (std::vector<TileRow>{{0, 0, 1, 0}, {1, 0, 0, 1}}));
    EXPECT_EQ(new_tiles(0, 257), (std::vector<TileRow>{{0, 0, 1, 1}, {1, 0, 0, 1}}));
    EXPECT_EQ(new_tiles(0, 65536), (std::vector<TileRow>{{0, 0, 256, 0}, {1, 0, 1, 0}, {2, 0, 0, 1}}));
    EXPECT_EQ(new_tiles(0, 70000), (std::vector<TileRow>{{0, 0, 273, 112}, {1, 0, 1, 17}, {2, 0, 0, 1}}));
    EXPECT_EQ(new_tiles(0, ~std::uint64_t{0}).size(), 8U);
}

TEST(Tiles, ThatAreNewAreThoseThatOneTreeHasAndTheOtherHasNot) {
    const auto all = [](std::uint64_t size) {  // straight from the definition
        std::vector<std::string> paths;
        for (unsigned level = 0; size >> (8 * level) != 0; ++level) {
            const auto hashes = size >> (8 * level);
            for (std::uint64_t tile = 0; tile < hashes / 256; ++tile)
                paths.push_back(text(TilePath{Kind::hashes, level, tile, 256}));
            if (const auto rest = static_cast<unsigned>(hashes % 256); rest != 0)
                paths.push_back(text(TilePath{Kind::hashes, level, hashes / 256, rest}));
        }
        std::ranges::sort(paths);
        return paths;
    };
    constexpr std::array<std::uint64_t, 16> sizes{0,   1,   2,    255,   256,   257,   511,   512,
                                                  513, 600, 1024, 65535, 65536, 65537, 65792, 70000};
    for (const auto older : sizes)
        for (const auto newer : sizes) {
            if (older > newer) continue;
            std::vector<std::string> expected;
            std::vector<std::string> found;
            std::ranges::set_difference(all(newer), all(older), std::back_inserter(expected));
            for (const auto& row : new_tiles(older, newer)) {
                for (auto tile = row.first; tile < row.end; ++tile)
                    found.push_back(text(TilePath{Kind::hashes, row.level, tile, 256}));
                if (row.partial != 0)
                    found.push_back(text(TilePath{Kind::hashes, row.level, row.end, row.partial}));
            }
            std::ranges::sort(found);
            EXPECT_EQ(found, expected) << older << " to " << newer;
        }
}

TEST(Tiles, HaveTheWidthOfTheirTree) {
    EXPECT_EQ(width_in(70000, 0, 272), 256U);
    EXPECT_EQ(width_in(70000, 0, 273), 112U);
    EXPECT_EQ(width_in(70000, 0, 274), 0U);
    EXPECT_EQ(width_in(70000, 1, 0), 256U);
    EXPECT_EQ(width_in(70000, 1, 1), 17U);
    EXPECT_EQ(width_in(70000, 2, 0), 1U);
    EXPECT_EQ(width_in(70000, 3, 0), 0U);
    EXPECT_EQ(width_in(70000, 63, 0), 0U);
    EXPECT_EQ(width_in(256, 0, 1), 0U);
    EXPECT_EQ(width_in(0, 0, 0), 0U);
}

TEST(Tile, IsItsHashes) {
    const auto leaf = test::leaves(3);
    const std::vector<TreeHash> hashes{leaf.begin(), leaf.begin() + 3};
    const auto bytes = tile_of(hashes);
    EXPECT_EQ(bytes.size(), 96U);
    EXPECT_EQ(*hashes_of(bytes, 3), hashes);
    EXPECT_EQ(hashes_of(bytes, 2).error(), (Error{Errc::trailing_bytes, "tile", 64}));
    EXPECT_EQ(hashes_of(bytes, 4).error(), (Error{Errc::truncated, "tile", 96}));
    EXPECT_EQ(hashes_of(ByteView{bytes}.first(95), 3).error().code, Errc::truncated);
    EXPECT_EQ(tile_of(std::vector<TreeHash>(256)).size(), 8192U);
}

}  // namespace
}  // namespace busguard::tlog
