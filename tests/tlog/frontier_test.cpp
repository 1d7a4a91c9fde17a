#include "base/hex.h"
#include "tests/tlog/tree_support.h"

namespace busguard::tlog {
namespace {

TEST(TreeHash, HasTheConstantsOfTheSpecification) {
    // SHA-256 of nothing, of one zero byte, and of 0x01 with 64 zero bytes (sha256sum).
    EXPECT_EQ(to_hex(empty_tree_hash()), "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855");
    EXPECT_EQ(to_hex(leaf_hash({})), "6e340b9cffb37a989ca544e6bb780a2c78901d3fb33738768511a30617afa01d");
    EXPECT_EQ(to_hex(node_hash({}, {})), "ae0798d0ecaed2b778eddebf18f071a561c53658c05e76cedecc27cafbdbc577");
}

TEST(Frontier, HasTheRootOfTheRecursiveDefinitionAtEverySize) {
    Frontier frontier;
    for (std::uint64_t size = 0; size <= 300; ++size) {
        EXPECT_EQ(frontier.size(), size);
        EXPECT_EQ(frontier.root(), test::naive(size)) << size;
        EXPECT_EQ(frontier.head(), (TreeHead{size, test::naive(size)}));
        frontier.append(test::leaves(301)[size]);
    }
}

TEST(Frontier, GoesOnFromItsPeaks) {
    for (std::uint64_t size = 0; size <= 70; ++size) {
        test::NaiveReader reader{size};
        auto frontier = *frontier_at(size, reader);
        auto again = *Frontier::resume(size, {frontier.peaks().begin(), frontier.peaks().end()});
        EXPECT_EQ(again.root(), test::naive(size));
        for (auto next = size; next < size + 9; ++next) again.append(test::leaves(100)[next]);
        EXPECT_EQ(again.root(), test::naive(size + 9)) << size;
    }
}

TEST(Frontier, RefusesPeaksOfAnotherSize) {
    EXPECT_EQ(Frontier::resume(3, {TreeHash{}}).error(), (Error{Errc::mismatch, "peaks"}));
    EXPECT_EQ(Frontier::resume(0, {TreeHash{}}).error(), (Error{Errc::mismatch, "peaks"}));
    EXPECT_TRUE(Frontier::resume(~std::uint64_t{0}, std::vector<TreeHash>(64)));
}

TEST(Frontier, TellsOfEverySubtreeThatBecomesComplete) {
    Frontier frontier;
    for (std::uint64_t index = 0; index < 64; ++index) {
        unsigned level = 0;
        frontier.append(test::leaves(64)[index], [&](Node node, const TreeHash& hash) {
            EXPECT_EQ(node, (Node{level, index >> level}));
            EXPECT_EQ(hash, test::naive(node.index << level, (node.index + 1) << level));
            ++level;
        });
        EXPECT_EQ(level, static_cast<unsigned>(std::countr_zero(index + 1)) + 1);
    }
}

}  // namespace
}  // namespace busguard::tlog
