#include "base/hex.h"
#include "tests/tlog/tree_support.h"

#include <fstream>
#include <sstream>

// Roots and proofs that golang.org/x/mod/sumdb/tlog made and libsigsum checked (../shared/data/README.md).
namespace busguard::tlog {
namespace {

struct Vector {
    std::string kind;
    std::uint64_t a = 0, b = 0;
    std::vector<TreeHash> hashes;
};

TreeHash from_text(const std::string& base64) {
    const auto bytes = from_base64(base64);
    TreeHash hash{};
    EXPECT_TRUE(bytes && bytes->size() == hash.size()) << base64;
    std::ranges::copy(*bytes, hash.begin());
    return hash;
}

class Golden : public testing::Test {
protected:
    void SetUp() override {
        std::ifstream file{test::shared_data() / "rfc6962-vectors.txt"};
        if (!file) GTEST_SKIP() << "SKIPPED: no ../shared/data (set BUSGUARD_SHARED_DATA)";
        for (std::string line; std::getline(file, line);) {
            std::istringstream words{line};
            Vector vector;
            words >> vector.kind >> vector.a;
            if (vector.kind != "root") words >> vector.b;
            for (std::string hash; words >> hash;) vector.hashes.push_back(from_text(hash));
            vectors.push_back(std::move(vector));
        }
    }

    std::vector<Vector> of(const std::string& kind) const {
        std::vector<Vector> found;
        std::ranges::copy_if(vectors, std::back_inserter(found),
                             [&](const auto& v) { return v.kind == kind; });
        return found;
    }

    std::vector<Vector> vectors;
};

// Tiles of the largest tree, out of which every smaller one's nodes can be read.
class GoldenTree {
public:
    GoldenTree() { test::grow(edge_, 70000, source_); }
    TileReader& reader() { return reader_; }

private:
    TileEdge edge_;
    test::MemorySource source_;
    TileReader reader_{source_, 70000, 400};
};

TEST_F(Golden, RootsAreOurs) {
    const auto roots = of("root");
    ASSERT_EQ(roots.size(), 32U);
    Frontier frontier;
    GoldenTree tree;
    for (const auto& [kind, size, none, hashes] : roots) {
        while (frontier.size() < size) frontier.append(leaf_hash(test::entry(frontier.size())));
        EXPECT_EQ(frontier.root(), hashes.at(0)) << size;
        EXPECT_EQ(*root_at(size, tree.reader()), hashes.at(0)) << size;
    }
}

TEST_F(Golden, InclusionProofsAreOursAndVerify) {
    const auto proofs = of("incl");
    ASSERT_EQ(proofs.size(), 173U);
    GoldenTree tree;
    for (const auto& [kind, index, size, hashes] : proofs) {
        EXPECT_EQ(*prove_inclusion(index, size, tree.reader()), hashes) << index << " in " << size;
        const auto root = *root_at(size, tree.reader());
        EXPECT_TRUE(verify_inclusion(leaf_hash(test::entry(index)), index, size, hashes, root));
    }
}

TEST_F(Golden, ConsistencyProofsAreOursAndVerify) {
    const auto proofs = of("cons");
    ASSERT_EQ(proofs.size(), 496U);
    GoldenTree tree;
    for (const auto& [kind, older, newer, hashes] : proofs) {
        EXPECT_EQ(*prove_consistency(older, newer, tree.reader()), hashes) << older << " to " << newer;
        EXPECT_TRUE(verify_consistency({older, *root_at(older, tree.reader())},
                                       {newer, *root_at(newer, tree.reader())}, hashes));
    }
}

}  // namespace
}  // namespace busguard::tlog
