#include "journal/published.h"

#include "journal/fsck.h"
#include "tests/journal/support.h"
#include "tlog/entry_bundle.h"

#include <gmock/gmock.h>

#include <filesystem>

namespace busguard::journal {
namespace {

namespace fs = std::filesystem;
using test::entry;

tlog::NoteSigner fresh_signer(std::string_view name = "log.example/host-1") {
    return *tlog::NoteSigner::make(std::string{name}, *crypto::PrivateKey::generate(crypto::Scheme::ed25519));
}

class Published : public testing::Test {
protected:
    Published() { grow(600); }

    void grow(std::uint64_t size) {
        std::vector<Bytes> bytes;
        std::vector<Entry> entries;
        for (auto n = journal->tree().size; n < size; ++n) bytes.push_back(entry(n));
        for (const auto& one : bytes) entries.push_back({one, {}});
        ASSERT_TRUE(journal->append(entries, test::noon));
        ASSERT_TRUE(journal->publish());
    }
    PublishedLog open() { return *PublishedLog::open(*files, {key.verifier()}); }
    /// Flips a bit of a file, and back when it goes out of scope.
    struct Flipped {
        Flipped(Published& its, std::string file, std::size_t at) : test{its}, path{std::move(file)} {
            right = *test.files->read(path, 1 << 24);
            auto wrong = right;
            wrong.at(at) ^= std::byte{1};
            test.directory.put(path, wrong);
        }
        Flipped(const Flipped&) = delete;
        Flipped& operator=(const Flipped&) = delete;
        ~Flipped() { test.directory.put(path, right); }
        Published& test;
        std::string path;
        Bytes right;
    };

    tlog::NoteSigner key = fresh_signer();
    NoteCheckpointSigner signer{key};
    NoteReader reader{key.verifier()};
    host::TemporaryDirectory directory, kept;
    std::unique_ptr<host::DirectoryFiles> files = *host::DirectoryFiles::open(directory.path());
    std::unique_ptr<Journal> journal = *Journal::open(kept.path("journal.db"), *files, signer, reader);
};

// Who cosigned it is for others to say: here it is any checkpoint that the log signed.
TEST_F(Published, ShowsTheCosignedCheckpointThatItHolds) {
    EXPECT_FALSE(*open().cosigned());
    const auto older = *files->read("checkpoint", largest_checkpoint);
    directory.put("checkpoint.cosigned", older);
    grow(700);
    const auto log = open();
    const auto shown = *log.cosigned();
    ASSERT_TRUE(shown);
    EXPECT_EQ(shown->note, as_text(older));
    EXPECT_EQ(shown->checkpoint.head.size, 600U);
    EXPECT_EQ(log.head().size, 700U);
    EXPECT_TRUE(fsck(*files, reader).clean());
}

TEST_F(Published, ShowsNoOtherCheckpointAsCosigned) {
    const auto blamed = [&] {
        const auto found = fsck(*files, reader);
        return found.problems.size() == 1 ? found.problems[0].where + ": " + found.problems[0].message
                                          : std::string{"something else"};
    };
    tlog::TreeHead other{500, {}};
    directory.put("checkpoint.cosigned", *signer.sign(other));
    EXPECT_EQ(open().cosigned().error(), (Error{Errc::mismatch, "root"}));
    EXPECT_EQ(blamed(), "checkpoint.cosigned: is of another history");

    other.size = 601;
    directory.put("checkpoint.cosigned", *signer.sign(other));
    EXPECT_EQ(open().cosigned().error(), (Error{Errc::bad_field, "size"}));
    EXPECT_EQ(blamed(), "checkpoint.cosigned: is of a larger tree than the checkpoint");

    directory.put("checkpoint.cosigned", *NoteCheckpointSigner{fresh_signer()}.sign(other));
    EXPECT_EQ(open().cosigned().error().code, Errc::not_found);
    EXPECT_THAT(blamed(), testing::StartsWith("checkpoint.cosigned: "));
    directory.put("checkpoint.cosigned", as_bytes("nonsense"));
    EXPECT_FALSE(open().cosigned());
}

TEST_F(Published, GivesEveryEntry) {
    const auto log = open();
    EXPECT_EQ(log.origin(), "log.example/host-1");
    EXPECT_EQ(log.head(), journal->tree());
    for (const auto index : {0U, 1U, 255U, 256U, 511U, 512U, 599U})
        EXPECT_EQ(*log.entry(index), entry(index)) << index;
    EXPECT_EQ(log.entry(600).error(), (Error{Errc::bad_field, "index"}));
    EXPECT_EQ(log.bundle(3).error(), (Error{Errc::bad_field, "index"}));
    EXPECT_EQ(log.bundle(UINT64_MAX).error(), (Error{Errc::bad_field, "index"}));
    const auto last = *log.bundle(2);
    EXPECT_EQ(last.first, 512U);
    EXPECT_EQ(last.end(), 600U);
}

TEST_F(Published, HasNothingAtSizeZero) {
    const host::TemporaryDirectory empty;
    const host::TemporaryDirectory database;
    const auto at = *host::DirectoryFiles::open(empty.path());
    auto none = *Journal::open(database.path("journal.db"), *at, signer, reader);
    ASSERT_TRUE(none->publish());
    const auto log = *PublishedLog::open(*at, {key.verifier()});
    EXPECT_EQ(log.entry(0).error(), (Error{Errc::bad_field, "index"}));
    EXPECT_EQ(log.bundle(0).error(), (Error{Errc::bad_field, "index"}));
    EXPECT_EQ(*log.first_kept(), 0U);
    EXPECT_TRUE(log.holds({0, tlog::empty_tree_hash()}));
}

// A checkpoint of before goes on being good: full bundles and tiles begin with what the partial ones had.
TEST_F(Published, ReadsAnOlderTreeOutOfTheFilesOfALargerOne) {
    const auto older = open();
    grow(1030);
    ASSERT_TRUE(journal->tidy());  // the partial ones of before go
    EXPECT_FALSE(fs::exists(directory.path("tile/entries/002.p/88")));
    EXPECT_EQ(*older.entry(599), entry(599));
    EXPECT_EQ(older.bundle(2)->entries.size(), 88U);
    EXPECT_EQ(older.entry(600).error(), (Error{Errc::bad_field, "index"}));
    EXPECT_TRUE(open().holds(older.head()));
}

TEST_F(Published, GivesNothingThatIsNotInTheSignedTree) {
    const auto log = open();
    const auto bundle_size = files->read("tile/entries/001", 1 << 24)->size();
    for (const auto at : {std::size_t{0}, std::size_t{2}, bundle_size / 2, bundle_size - 1}) {
        const Flipped flipped{*this, "tile/entries/001", at};
        EXPECT_FALSE(log.entry(300)) << at;
        EXPECT_TRUE(log.entry(1));
    }
    // Any hash of the tile, not only those on an entry's own path.
    for (const auto at : {0U, 31U, 32U * 44, 32U * 255}) {
        const Flipped flipped{*this, "tile/0/001", at};
        EXPECT_FALSE(log.leaves(1)) << at;
        EXPECT_FALSE(log.entry(300)) << at;
        EXPECT_FALSE(log.entry(256 + (at / 32))) << at;
    }
    {
        const Flipped flipped{*this, "tile/1/000.p/2", 0};
        EXPECT_FALSE(log.entry(300));
        EXPECT_FALSE(log.prove_inclusion(300, 600));
    }
    const Flipped flipped{*this, "tile/0/002.p/88", 32UL * 87};
    EXPECT_FALSE(log.entry(599));
    EXPECT_FALSE(log.entry(512));
}

// Entries and hashes that were both exchanged fit each other, and not the root.
TEST_F(Published, HoldsTilesToTheRoot) {
    const auto log = open();
    Bytes bundle;
    std::vector<tlog::TreeHash> leaves;
    for (std::uint64_t n = 256; n < 512; ++n) {
        const auto other = entry(n == 300 ? 7 : n);
        ASSERT_TRUE(tlog::append_entry(bundle, other));
        leaves.push_back(tlog::leaf_hash(other));
    }
    directory.put("tile/entries/001", bundle);
    directory.put("tile/0/001", tlog::tile_of(leaves));
    EXPECT_EQ(log.entry(300).error(), (Error{Errc::crypto, "inclusion proof"}));
    EXPECT_EQ(log.entry(301).error(), (Error{Errc::crypto, "inclusion proof"}));
}

TEST_F(Published, FindsAnEntryByItsLeafHash) {
    const auto log = open();
    for (const auto index : {0U, 256U, 599U}) EXPECT_EQ(**log.find(tlog::leaf_hash(entry(index))), index);
    EXPECT_EQ(*log.find(tlog::leaf_hash(entry(600))), std::nullopt);
}

TEST_F(Published, KnowsWhereItWasPruned) {
    EXPECT_EQ(*open().first_kept(), 0U);
    ASSERT_TRUE(journal->prune(520));
    ASSERT_TRUE(journal->tidy());
    const auto log = open();
    EXPECT_EQ(*log.first_kept(), 512U);
    EXPECT_EQ(log.entry(3).error().code, Errc::not_found);
    EXPECT_TRUE(log.leaves(0));
    EXPECT_EQ(*log.entry(512), entry(512));
}

TEST_F(Published, ProvesWhatVerifies) {
    const auto log = open();
    const auto [size, root] = log.head();
    for (const auto index : {0U, 300U, 599U})
        EXPECT_TRUE(tlog::verify_inclusion(tlog::leaf_hash(entry(index)), index, size,
                                           *log.prove_inclusion(index, size), root));
    EXPECT_EQ(log.prove_inclusion(0, 601).error(), (Error{Errc::bad_field, "size"}));
    EXPECT_EQ(log.prove_inclusion(600, 600).error(), (Error{Errc::bad_field, "index"}));
    const auto before = log.head();
    grow(700);
    const auto now = open();
    EXPECT_TRUE(tlog::verify_consistency(before, now.head(), *now.prove_consistency(600, 700)));
    EXPECT_TRUE(now.holds(before));
    EXPECT_EQ(log.holds(now.head()).error(), (Error{Errc::bad_field, "size"}));
    auto forked = before;
    forked.root[0] ^= std::byte{1};
    EXPECT_EQ(now.holds(forked).error(), (Error{Errc::mismatch, "root"}));
}

TEST_F(Published, ReadsBlobsThatAreWhatTheirNamesSay) {
    const auto name = *journal->put_blob(as_bytes("a chain"));
    directory.put(blob_path(name) + ".new", "half");
    directory.put("blob/README", "none");
    const auto log = open();
    EXPECT_EQ(as_text(*log.blob(name)), "a chain");
    EXPECT_THAT(*log.blobs(), testing::SizeIs(1));
    EXPECT_EQ(log.blob({}).error().code, Errc::not_found);
    const Flipped flipped{*this, blob_path(name), 0};
    EXPECT_EQ(log.blob(name).error(), (Error{Errc::mismatch, "blob"}));
}

TEST_F(Published, IsSignedByAKnownKeyOfItsName) {
    EXPECT_EQ(PublishedLog::open(*files, {fresh_signer().verifier()}).error().code, Errc::not_found);
    EXPECT_TRUE(PublishedLog::open(*files, {fresh_signer().verifier(), key.verifier()}));
    tlog::Note foreign{.text = tlog::to_text(tlog::Checkpoint{"other.example", journal->tree(), {}})};
    foreign.signatures.push_back(*key.sign(foreign.text));
    directory.put("checkpoint", tlog::to_text(foreign));
    EXPECT_EQ(PublishedLog::open(*files, {key.verifier()}).error(), (Error{Errc::mismatch, "origin"}));
}

TEST(Vkeys, StandOneALine) {
    const auto a = fresh_signer().verifier();
    const auto b = fresh_signer().verifier();
    const auto keys =
        vkeys_from_text("# the first\n" + a.to_text() + "\n\n" + b.to_text() + "\n", "log.vkey");
    ASSERT_TRUE(keys);
    EXPECT_THAT(*keys, testing::ElementsAre(a, b));
    EXPECT_EQ(vkeys_from_text(a.to_text() + "\nnonsense\n", "log.vkey").error().line, 2U);
    EXPECT_FALSE(vkeys_from_text("", "log.vkey"));
    EXPECT_FALSE(vkeys_from_text("# nothing\n", "log.vkey"));
}

}  // namespace
}  // namespace busguard::journal
