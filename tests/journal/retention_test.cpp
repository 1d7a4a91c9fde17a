#include "tests/journal/support.h"

namespace busguard::journal {
namespace {

using namespace std::chrono_literals;
using test::TestLog;

class Retention : public testing::Test {
protected:
    TestLog log;
};

TEST_F(Retention, KeepsTheTreeWithoutTheEntries) {
    log.grow(700);
    const auto head = log.journal->tree();
    ASSERT_TRUE(log.journal->prune(600));
    EXPECT_EQ(log.journal->minimum(), 600U);
    EXPECT_EQ(*log.files->list("tile/entries"), (std::vector<std::string>{"002.p"}));
    for (int reopened = 0; reopened < 2; ++reopened) {
        for (const std::uint64_t index : {0U, 255U, 511U, 512U, 599U})
            EXPECT_EQ(log.journal->entry(index).error(), (Error{Errc::not_found, "entry"})) << index;
        EXPECT_EQ(*log.journal->entry(600), test::entry(600));
        const auto leaf = tlog::leaf_hash(test::entry(3));
        EXPECT_EQ(*log.journal->find(leaf), 3U);
        EXPECT_TRUE(tlog::verify_inclusion(leaf, 3, 700, *log.journal->prove_inclusion(3, 700), head.root));
        log.open();
    }
    const auto found = log.check(600);
    EXPECT_TRUE(found.clean()) << test::all_problems(found);
    EXPECT_EQ(found.entries, 700U - 512);
    EXPECT_FALSE(log.check().clean());
    log.grow(800);
    EXPECT_TRUE(log.check(600).clean());
}

TEST_F(Retention, MinimumNeitherFallsNorPassesWhatIsPublished) {
    log.grow(300);
    log.append(300, 310);
    ASSERT_TRUE(log.journal->integrate());
    EXPECT_EQ(log.journal->prune(301).error(), (Error{Errc::bad_field, "minimum index"}));
    EXPECT_TRUE(log.journal->prune(300));
    EXPECT_EQ(log.journal->prune(299).error(), (Error{Errc::bad_field, "minimum index"}));
    EXPECT_TRUE(log.journal->prune(300));
}

TEST_F(Retention, GoesByTheTimeOfEntries) {
    log.append(0, 10, test::noon);
    log.append(10, 20, test::noon + 1h);
    log.append(20, 30, test::noon + 2h);
    EXPECT_EQ(*log.journal->first_since(test::noon - 1h), 0U);
    EXPECT_EQ(*log.journal->first_since(test::noon), 0U);
    EXPECT_EQ(*log.journal->first_since(test::noon + 1s), 10U);
    EXPECT_EQ(*log.journal->first_since(test::noon + 3h), 30U);
    ASSERT_TRUE(log.journal->publish());
    ASSERT_TRUE(log.journal->prune(15));
    EXPECT_EQ(*log.journal->first_since(test::noon), 10U);  // the batch that 15 is in
    EXPECT_EQ(*log.journal->first_since(test::noon + 2h), 20U);
    ASSERT_TRUE(log.journal->prune(30));
    EXPECT_EQ(*log.journal->first_since(test::noon + 3h), 30U);
}

TEST_F(Retention, DropsBlobsThatNoKeptEntryRefersTo) {
    const auto first = *log.journal->put_blob(as_bytes("first"));
    const auto both = *log.journal->put_blob(as_bytes("both"));
    const auto last = *log.journal->put_blob(as_bytes("last"));
    const std::vector<tlog::TreeHash> early{first, both};
    const std::vector<tlog::TreeHash> late{both, last};
    ASSERT_TRUE(log.journal->append(std::vector<Entry>{{as_bytes("1"), early}}, test::noon));
    ASSERT_TRUE(
        log.journal->append(std::vector<Entry>{{as_bytes("2"), late}, {as_bytes("3"), {}}}, test::noon));
    ASSERT_TRUE(log.journal->publish());
    ASSERT_TRUE(log.journal->prune(1));
    EXPECT_EQ(log.journal->blob(first).error().code, Errc::not_found);
    EXPECT_TRUE(log.journal->blob(both));
    ASSERT_TRUE(log.journal->prune(2));
    EXPECT_EQ(log.journal->blob(both).error().code, Errc::not_found);
    EXPECT_EQ(log.journal->blob(last).error().code, Errc::not_found);
    // It may come again, and has to, before an entry refers to it.
    EXPECT_FALSE(log.journal->append(std::vector<Entry>{{as_bytes("4"), early}}, test::noon));
    ASSERT_TRUE(log.journal->put_blob(as_bytes("first")));
    ASSERT_TRUE(log.journal->put_blob(as_bytes("both")));
    EXPECT_TRUE(log.journal->append(std::vector<Entry>{{as_bytes("4"), early}}, test::noon));
    EXPECT_TRUE(log.journal->tidy());
    EXPECT_TRUE(log.journal->blob(first));
}

TEST_F(Retention, DropsPartialTilesOnlyWhenTheFullOneIsThere) {
    for (const std::uint64_t size : {10U, 200U, 255U}) log.grow(size);
    ASSERT_TRUE(log.journal->tidy());
    EXPECT_EQ(log.files->list("tile/0/000.p")->size(), 3U);  // checkpoints of these sizes are out there
    for (const std::uint64_t size : {260U, 300U}) log.grow(size);
    ASSERT_TRUE(log.journal->tidy());
    EXPECT_EQ(*log.files->list("tile/0"), (std::vector<std::string>{"000", "001.p"}));
    EXPECT_EQ(*log.files->list("tile/entries"), (std::vector<std::string>{"000", "001.p"}));
    EXPECT_EQ(*log.files->list("tile/0/001.p"), (std::vector<std::string>{"4", "44"}));
    EXPECT_EQ(*log.files->list("tile/1/000.p"), (std::vector<std::string>{"1"}));
    EXPECT_TRUE(log.check().clean());
    log.open();
    log.grow(520);
    ASSERT_TRUE(log.journal->tidy());
    EXPECT_EQ(*log.files->list("tile/0"), (std::vector<std::string>{"000", "001", "002.p"}));
    EXPECT_EQ(*log.files->list("tile/1/000.p"), (std::vector<std::string>{"1", "2"}));
}

}  // namespace
}  // namespace busguard::journal
