#include "tests/journal/support.h"

#include <gmock/gmock.h>

#include <filesystem>

namespace busguard::journal {
namespace {

namespace fs = std::filesystem;
using test::TestLog;

class FsckTest : public testing::Test {
protected:
    FsckTest() {
        EXPECT_TRUE(log.journal->put_blob(as_bytes("a blob")));
        log.grow(600);
    }
    std::vector<std::string> files() const {
        std::vector<std::string> names;
        for (const auto& entry : fs::recursive_directory_iterator{log.directory.path()})
            if (entry.is_regular_file())
                names.push_back(fs::relative(entry.path(), log.directory.path()).string());
        return names;
    }

    TestLog log;
};

TEST_F(FsckTest, LooksAtEveryFileAndSaysHowFarItIs) {
    std::vector<std::uint64_t> told;
    const auto found = fsck(*log.files, log.key, 0, [&](std::uint64_t done, std::uint64_t all) {
        EXPECT_EQ(all, 600U);
        told.push_back(done);
    });
    EXPECT_TRUE(found.clean()) << test::all_problems(found);
    EXPECT_EQ(found.head, log.journal->tree());
    EXPECT_EQ(found.entries, 600U);
    EXPECT_EQ(found.tiles, 4U);  // 000, 001, 002.p/88; 000.p/2
    EXPECT_EQ(found.blobs, 1U);
    EXPECT_EQ(told, (std::vector<std::uint64_t>{256, 512, 600}));
    EXPECT_EQ(files().size(), 1U + 4 + 3 + 1);
}

TEST_F(FsckTest, SeesAChangeOfAnyFile) {
    for (const auto& path : files()) {
        const auto right = *log.files->read(path, 1 << 20);
        for (const auto at : {std::size_t{0}, right.size() / 2, right.size() - 1}) {
            auto wrong = right;
            wrong[at] ^= std::byte{1};
            log.directory.put(path, wrong);
            const auto found = log.check();
            EXPECT_FALSE(found.clean()) << path << " at " << at;
            // A changed bundle shows in the hashes above it.
            if (!path.starts_with("tile/entries")) {
                EXPECT_THAT(test::all_problems(found), testing::HasSubstr(path));
            }
        }
        log.directory.put(path, ByteView{right}.first(right.size() - 1));
        EXPECT_FALSE(log.check().clean()) << path;
        auto longer = right;
        longer.push_back({});
        log.directory.put(path, longer);
        EXPECT_EQ(log.check().clean(), path == "checkpoint") << path;  // where witnesses may add lines
        fs::remove(log.directory.path(path));
        EXPECT_EQ(log.check().clean(), path.starts_with("blob/")) << path;  // a blob may have been pruned
        log.directory.put(path, right);
        EXPECT_TRUE(log.check().clean()) << path;
    }
}

TEST_F(FsckTest, NamesTheHashThatIsNotThatOfItsEntry) {
    auto tile = *log.files->read("tile/0/001", 8192);
    tile[32UL * 7] ^= std::byte{1};
    log.directory.put("tile/0/001", tile);
    const auto found = log.check();
    ASSERT_EQ(found.problems.size(), 1U) << test::all_problems(found);
    EXPECT_EQ(found.problems[0].text(), "tile/0/001: hash 7 is not that of what stands below it");
}

TEST_F(FsckTest, HoldsTheRootToTheSignature) {
    auto other = log.journal->tree();
    other.root[0] ^= std::byte{1};
    log.directory.put("checkpoint", *log.key.sign(other));
    EXPECT_EQ(test::all_problems(log.check()), "checkpoint: has another root than its tree\n");
    other = {601, log.journal->tree().root};
    log.directory.put("checkpoint", *log.key.sign(other));
    EXPECT_FALSE(log.check().clean());
    log.directory.put("checkpoint", *test::TestKey{"foreign"}.sign(log.journal->tree()));
    const auto found = log.check();
    EXPECT_FALSE(found.clean());
    EXPECT_EQ(found.head, std::nullopt);
}

// A size that no disk holds ends at the first file that is missing.
TEST_F(FsckTest, EndsWhereTheFilesEnd) {
    log.directory.put("checkpoint", *log.key.sign({std::uint64_t{1} << 62, {}}));
    const auto found = log.check();
    EXPECT_EQ(test::all_problems(found), "tile/entries/002: is missing\ntile/0/002: is missing\n");
}

TEST_F(FsckTest, RefusesAMinimumAboveTheTree) { EXPECT_FALSE(log.check(601).clean()); }

TEST_F(FsckTest, GoesOnWithTheTilesWhereABundleIsMissing) {
    fs::remove(log.directory.path("tile/entries/000"));
    fs::remove(log.directory.path("tile/entries/002.p/88"));
    const auto found = log.check();
    EXPECT_EQ(found.problems.size(), 2U) << test::all_problems(found);
    EXPECT_TRUE(log.check(256).problems.size() == 1U);
}

// Problems of a large broken log do not take all memory.
TEST_F(FsckTest, NamesTheFirstHundred) {
    fs::create_directories(log.directory.path("blob"));
    for (int n = 0; n < 150; ++n) log.directory.put("blob/" + std::to_string(n), "x");
    EXPECT_EQ(log.check().problems.size(), 100U);
}

}  // namespace
}  // namespace busguard::journal
