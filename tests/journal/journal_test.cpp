#include "tests/journal/support.h"
#include "tlog/entry_bundle.h"

namespace busguard::journal {
namespace {

using test::TestLog;

class JournalTest : public testing::Test {
protected:
    TestLog log;

    Bytes published() const { return *log.files->read("checkpoint", largest_checkpoint); }
};

TEST_F(JournalTest, SignsTheEmptyTree) {
    EXPECT_FALSE(*log.files->exists("checkpoint"));
    const auto head = log.journal->publish();
    ASSERT_TRUE(head);
    EXPECT_EQ(*head, (tlog::TreeHead{0, tlog::empty_tree_hash()}));
    EXPECT_EQ(*log.key.read(published()), *head);
    EXPECT_TRUE(log.check().clean());
}

TEST_F(JournalTest, GrowsThroughTheSizesWhereTilesBegin) {
    for (const std::uint64_t size : {0U, 1U, 2U, 255U, 256U, 257U, 511U, 512U, 600U}) {
        SCOPED_TRACE(size);
        log.grow(size);
        const auto head = log.journal->tree();
        EXPECT_EQ(*log.key.read(published()), head);
        const auto found = log.check();
        EXPECT_TRUE(found.clean()) << test::all_problems(found);
        EXPECT_EQ(found.entries, size);
        log.open();  // a new process takes it up
        EXPECT_EQ(log.journal->tree(), head);
    }
    const auto root = log.journal->tree().root;
    for (std::uint64_t index = 0; index < 600; ++index) {
        const auto leaf = tlog::leaf_hash(test::entry(index));
        EXPECT_EQ(*log.journal->entry(index), test::entry(index));
        EXPECT_EQ(*log.journal->find(leaf), index);
        EXPECT_TRUE(
            tlog::verify_inclusion(leaf, index, 600, *log.journal->prove_inclusion(index, 600), root));
    }
    EXPECT_EQ(log.journal->entry(600).error(), (Error{Errc::not_found, "entry"}));
    EXPECT_EQ(*log.journal->find(tlog::leaf_hash(test::entry(600))), std::nullopt);
    for (const auto& [size, roots] : log.key.signatures) {
        ASSERT_EQ(roots.size(), 1U);
        const auto proof = log.journal->prove_consistency(size, 600);
        EXPECT_TRUE(tlog::verify_consistency({size, *roots.begin()}, {600, root}, *proof)) << size;
    }
    EXPECT_EQ(log.journal->prove_inclusion(0, 601).error(), (Error{Errc::bad_field, "size"}));
    EXPECT_EQ(log.journal->prove_consistency(0, 601).error(), (Error{Errc::bad_field, "size"}));
}

// tlog-tiles' example is of 70,000: 273 full tiles and .p/112, one full and .p/17, .p/1.
TEST_F(JournalTest, GrowsPastTheThirdLevelOfTiles) {
    for (const std::uint64_t size : {65535U, 65536U, 65537U, 70000U}) {
        log.grow(size);
        EXPECT_TRUE(log.check().clean()) << size;
    }
    for (const auto* path : {"tile/0/272", "tile/0/273.p/112", "tile/1/000", "tile/1/001.p/17",
                             "tile/2/000.p/1", "tile/entries/272", "tile/entries/273.p/112"})
        EXPECT_TRUE(*log.files->exists(path)) << path;
    const auto found = log.check();
    EXPECT_EQ(found.entries, 70000U);
    EXPECT_EQ(found.tiles, 273U + 1 + 1 + 1 + 1);
    log.open();
    for (const std::uint64_t index : {0U, 65535U, 65536U, 69887U, 69888U, 69999U}) {
        EXPECT_EQ(*log.journal->entry(index), test::entry(index));
        EXPECT_TRUE(tlog::verify_inclusion(tlog::leaf_hash(test::entry(index)), index, 70000,
                                           *log.journal->prove_inclusion(index, 70000),
                                           log.journal->tree().root));
    }
    ASSERT_TRUE(log.journal->tidy());
    EXPECT_EQ(log.files->list("tile/1")->size(), 2U);  // 000 and 001.p
    EXPECT_TRUE(log.check().clean());
}

TEST_F(JournalTest, KeepsWhatWasAppendedAndNotPublished) {
    log.grow(300);
    log.append(300, 700);
    log.open();
    for (const std::uint64_t index : {0U, 299U, 300U, 699U})
        EXPECT_EQ(*log.journal->entry(index), test::entry(index));
    EXPECT_EQ(log.journal->tree().size, 300U);
    log.grow(701);
    EXPECT_TRUE(log.check().clean());
}

TEST_F(JournalTest, RefusesAnEntryThatIsTooLargeBeforeItWritesAny) {
    const Bytes most(tlog::largest_entry);
    const Bytes more(tlog::largest_entry + 1);
    EXPECT_EQ(log.journal->append(std::vector<Entry>{{most, {}}, {more, {}}}, test::noon).error(),
              (Error{Errc::too_large, "entry"}));
    EXPECT_EQ(*log.journal->append(std::vector<Entry>{{most, {}}, {{}, {}}}, test::noon), 0U);
    EXPECT_EQ(log.journal->publish()->size, 2U);
    EXPECT_EQ(log.journal->entry(0)->size(), tlog::largest_entry);
    EXPECT_TRUE(log.journal->entry(1)->empty());
    EXPECT_TRUE(log.check().clean());
}

TEST_F(JournalTest, GivesNoIndexForNothing) {
    log.grow(3);
    EXPECT_EQ(*log.journal->append({}, test::noon), 3U);
    EXPECT_EQ(log.journal->publish()->size, 3U);
    EXPECT_EQ(log.key.signatures.size(), 1U);  // nothing new: the same checkpoint
}

TEST_F(JournalTest, FindsTheFirstOfEqualEntries) {
    const auto bytes = test::entry(7);
    for (int n = 0; n < 3; ++n) ASSERT_TRUE(log.journal->append(std::vector<Entry>{{bytes, {}}}, test::noon));
    EXPECT_EQ(*log.journal->find(tlog::leaf_hash(bytes)), 0U);
}

TEST_F(JournalTest, PublishesWhatItSigned) {
    log.append(0, 5);
    ASSERT_TRUE(log.journal->integrate());
    const auto note = *log.journal->sign();
    EXPECT_FALSE(*log.files->exists("checkpoint"));  // signed, and nobody has seen it
    EXPECT_EQ(*log.journal->sign(), note);
    log.open();
    EXPECT_EQ(published(), note);
    EXPECT_EQ(*log.journal->sign(), note);
    EXPECT_EQ(log.key.signatures.size(), 1U);
}

TEST_F(JournalTest, DoesNotPublishWhatItsKeyGotWrong) {
    log.grow(3);
    const auto old = published();
    log.key.lie = {4, log.journal->tree().root};
    log.append(3, 4);
    EXPECT_EQ(log.journal->publish().error(), (Error{Errc::mismatch, "checkpoint"}));
    log.key.lie.reset();
    log.key.broken = true;
    EXPECT_EQ(log.journal->publish().error(), (Error{Errc::crypto, "signature"}));
    EXPECT_EQ(published(), old);
    EXPECT_EQ(log.journal->tree().size, 4U);  // integrated all the same
    log.key.broken = false;
    log.open();
    EXPECT_EQ(log.journal->publish()->size, 4U);
    EXPECT_TRUE(log.check().clean());
}

// Whoever changes a tile before it is signed gets no signature.
TEST_F(JournalTest, SignsNothingThatDoesNotHoldWhatItSigned) {
    log.grow(300);
    log.append(300, 301);
    ASSERT_TRUE(log.journal->integrate());
    log.directory.put("tile/0/001.p/45", Bytes(std::size_t{45} * 32, std::byte{1}));
    EXPECT_EQ(log.journal->sign().error(), (Error{Errc::crypto, "consistency proof"}));
    EXPECT_EQ(log.key.signatures.size(), 1U);
}

TEST_F(JournalTest, NeverChangesAFileThatIsThere) {
    log.grow(300);
    log.directory.put("tile/entries/001.p/45", "something else");
    log.append(300, 301);
    EXPECT_EQ(log.journal->integrate().error(), (Error{Errc::mismatch, "file"}));
    EXPECT_EQ(log.journal->tree().size, 300U);
    EXPECT_EQ(as_text(*log.files->read("tile/entries/001.p/45", 99)), "something else");
}

TEST_F(JournalTest, HoldsTheTreesThatOthersKnow) {
    log.grow(10);
    const auto ten = log.journal->tree();
    log.grow(20);
    EXPECT_TRUE(log.journal->check_against(ten));
    EXPECT_TRUE(log.journal->check_against({0, tlog::empty_tree_hash()}));
    EXPECT_EQ(log.journal->check_against({21, ten.root}).error(), (Error{Errc::unexpected, "tree size"}));
    EXPECT_EQ(log.journal->check_against({11, ten.root}).error(), (Error{Errc::mismatch, "root"}));
    EXPECT_EQ(log.journal->check_against({0, ten.root}).error(), (Error{Errc::mismatch, "root"}));
}

TEST_F(JournalTest, KeepsBlobsByTheirHash) {
    const auto name = *log.journal->put_blob(as_bytes("abc"));
    EXPECT_EQ(blob_path(name), "blob/ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
    EXPECT_EQ(*log.journal->put_blob(as_bytes("abc")), name);
    EXPECT_EQ(as_text(*log.journal->blob(name)), "abc");
    log.directory.put(blob_path(name), "abd");
    EXPECT_EQ(log.journal->blob(name).error(), (Error{Errc::mismatch, "blob"}));
    for (const auto* damaged : {"abd", "", "abcd"}) {
        log.directory.put(blob_path(name), damaged);
        EXPECT_EQ(*log.journal->put_blob(as_bytes("abc")), name);
        EXPECT_EQ(as_text(*log.journal->blob(name)), "abc")
            << "whoever brings it again mends it: " << damaged;
    }
    EXPECT_EQ(log.journal->blob({}).error().code, Errc::not_found);
    EXPECT_EQ(log.journal->put_blob(Bytes(largest_blob + 1)).error(), (Error{Errc::too_large, "blob"}));
    const std::vector<tlog::TreeHash> none{{}};
    EXPECT_EQ(log.journal->append(std::vector<Entry>{{as_bytes("x"), none}}, test::noon).error(),
              (Error{Errc::not_found, "blob"}));
    EXPECT_EQ(*log.journal->append(std::vector<Entry>{{as_bytes("x"), {}}}, test::noon), 0U);
}

}  // namespace
}  // namespace busguard::journal
