#include "tests/journal/support.h"

#include <gmock/gmock.h>

#include <filesystem>

namespace busguard::journal {
namespace {

namespace fs = std::filesystem;
using test::TestLog;

class Opening : public testing::Test {
protected:
    Opening() {
        log.grow(300);
        log.append(300, 310);
    }

    // It is not opened, says where and how, and has signed and written nothing.
    void refused(const std::string& where, const std::string& message) {
        const auto before = log.key.signatures;
        const auto checkpoint = log.files->read("checkpoint", largest_checkpoint);
        const auto problem = log.refusal();
        ASSERT_TRUE(problem);
        EXPECT_EQ(problem->where, where);
        EXPECT_THAT(problem->message, testing::HasSubstr(message));
        EXPECT_EQ(log.key.signatures, before);
        const auto after = log.files->read("checkpoint", largest_checkpoint);
        ASSERT_EQ(static_cast<bool>(after), static_cast<bool>(checkpoint));
        if (after) {
            EXPECT_EQ(*after, *checkpoint);
        }
    }
    // SQL, while the log is closed.
    void change_database(std::string_view sql) {
        log.close();
        auto database = store::Database::open(log.database(), 1, "");
        ASSERT_TRUE(database);
        ASSERT_TRUE(database->run(sql));
    }

    TestLog log;
};

TEST_F(Opening, IsForOneProcessAlone) { refused(log.database(), "is in use by another process"); }

TEST_F(Opening, RefusesADatabaseThatWasRestoredFromABackup) {
    log.close();
    log.back_up_database();
    log.open();
    log.grow(320);
    log.close();
    log.restore_database();
    refused("checkpoint",
            "tells of 320 entries, and the database of 300 entries: it was restored from a backup");
    // Not even if it grew on to that size otherwise.
    fs::rename(log.directory.path("checkpoint"), log.directory.path("kept"));
    fs::rename(log.directory.path("tile"), log.directory.path("tile.kept"));
    refused("tile", "a file is missing");
}

// A restored database over the files of the log that went on, whose checkpoint somebody took away.
TEST_F(Opening, PutsNoOtherHistoryOverTheFilesOfOne) {
    log.close();
    log.back_up_database();
    log.open();
    log.grow(320);
    log.close();
    log.restore_database();
    fs::remove(log.directory.path("checkpoint"));
    log.open();
    for (std::uint64_t number = 310; number < 320; ++number)
        ASSERT_TRUE(log.journal->append(std::vector<Entry>{{as_bytes("another"), {}}}, test::noon));
    EXPECT_EQ(log.journal->publish().error(), (Error{Errc::mismatch, "file"}));
    EXPECT_EQ(log.key.signatures.at(320).size(), 1U);
}

TEST_F(Opening, RefusesACheckpointOfAnotherHistory) {
    TestLog other;
    ASSERT_TRUE(other.journal->append(std::vector<Entry>{{as_bytes("another"), {}}}, test::noon));
    ASSERT_TRUE(other.journal->publish());
    log.close();
    log.directory.put("checkpoint", *other.files->read("checkpoint", largest_checkpoint));
    refused("checkpoint", "is of another history than the database, at 1 entry");
    other.append(1, 300);
    ASSERT_TRUE(other.journal->publish());
    log.directory.put("checkpoint", *other.files->read("checkpoint", largest_checkpoint));
    refused("checkpoint", "is of another history than the database, at 300 entries");
}

TEST_F(Opening, RefusesACheckpointThatItDidNotSign) {
    log.close();
    test::TestKey foreign{"foreign"};
    log.directory.put("checkpoint", *foreign.sign({300, {}}));
    refused("checkpoint", "is no checkpoint of this log: signature does not verify");
    log.directory.put("checkpoint", "");
    refused("checkpoint", "is no checkpoint of this log");
    log.directory.put("checkpoint", Bytes(largest_checkpoint + 1));
    refused("checkpoint", "too large");
}

TEST_F(Opening, RefusesToBeginWhereALogWasPublished) {
    log.close();
    fs::remove(log.database());
    refused("checkpoint", "a log was published here");
    fs::remove(log.directory.path("checkpoint"));
    refused("tile", "a log was published here");
    fs::remove_all(log.directory.path("tile"));
    EXPECT_EQ(log.refusal(), std::nullopt);
}

TEST_F(Opening, PutsTheCheckpointBackThatIsMissingOrOlder) {
    const auto newest = [&] { return *log.files->read("checkpoint", largest_checkpoint); };
    const auto old = newest();
    log.grow(320);
    const auto published = newest();
    log.close();
    fs::remove(log.directory.path("checkpoint"));
    EXPECT_EQ(log.refusal(), std::nullopt);
    EXPECT_EQ(newest(), published);
    log.directory.put("checkpoint", old);
    EXPECT_EQ(log.refusal(), std::nullopt);
    EXPECT_EQ(newest(), published);
    EXPECT_TRUE(log.check().clean());
}

TEST_F(Opening, RefusesTilesThatAreMissingOrOthers) {
    log.close();
    for (const auto* path : {"tile/0/000", "tile/0/001.p/44", "tile/1/000.p/1"}) {
        SCOPED_TRACE(path);
        const auto right = *log.files->read(path, 8192);
        auto wrong = right;
        wrong.back() ^= std::byte{1};
        if (std::string_view{path} != "tile/0/000") {  // full, and its hash stands above it: for fsck to find
            log.directory.put(path, wrong);
            refused("tile", "the files are not those of the log");
            fs::remove(log.directory.path(path));
            refused("tile", "a file is missing");
        }
        log.directory.put(path, ByteView{right}.first(right.size() - 1));
        if (std::string_view{path} != "tile/0/000") refused("tile", "ends inside tile");
        log.directory.put(path, right);
        EXPECT_EQ(log.refusal(), std::nullopt);
    }
}

TEST_F(Opening, RefusesADatabaseWhoseEntriesAreMissingOrChanged) {
    for (const auto* sql : {"UPDATE entry SET leaf = zeroblob(32) WHERE number = 299",
                            "DELETE FROM entry WHERE number = 260", "DELETE FROM entry WHERE number < 300"}) {
        SCOPED_TRACE(sql);
        log.close();
        log.back_up_database();
        change_database(sql);
        refused(log.database(), "entries are missing or changed");
        log.restore_database();
        EXPECT_EQ(log.refusal(), std::nullopt);
    }
}

TEST_F(Opening, RefusesAStateThatCannotBe) {
    for (const auto* sql :
         {"UPDATE state SET size = 299", "UPDATE state SET size = 1", "UPDATE state SET root = zeroblob(32)",
          "UPDATE state SET signed_root = zeroblob(32)", "UPDATE state SET signed_size = 299",
          "UPDATE state SET root = x'00'"}) {
        SCOPED_TRACE(sql);
        log.close();
        log.back_up_database();
        change_database(sql);
        EXPECT_TRUE(log.refusal());
        log.restore_database();
        EXPECT_EQ(log.refusal(), std::nullopt);
    }
}

// What was not integrated yet is looked at when it is.
TEST_F(Opening, SignsNoEntryThatIsNotTheOneThatWasAcknowledged) {
    for (const auto* sql :
         {"UPDATE entry SET bytes = x'00' WHERE number = 305", "DELETE FROM entry WHERE number = 305",
          "DELETE FROM entry WHERE number = 300",
          "DELETE FROM entry WHERE number >= 300; INSERT INTO entry VALUES (600, zeroblob(32), x'')"}) {
        SCOPED_TRACE(sql);
        log.close();
        log.back_up_database();
        change_database(sql);
        log.open();
        const auto integrated = log.journal->integrate();
        ASSERT_FALSE(integrated);
        EXPECT_EQ(integrated.error().code, Errc::mismatch);
        EXPECT_EQ(integrated.error().what, "entry");
        EXPECT_EQ(log.journal->tree().size, 300U);
        log.close();
        log.restore_database();
    }
    log.open();
    log.grow(310);
}

}  // namespace
}  // namespace busguard::journal
