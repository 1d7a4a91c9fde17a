#include "host/durable_files.h"

#include "host/memory_files.h"
#include "tests/host/temporary_directory.h"

#include <sys/stat.h>

#include <cerrno>

namespace busguard::host {
namespace {

class DurableFilesTest : public testing::Test {
protected:
    TemporaryDirectory directory;
    std::unique_ptr<DirectoryFiles> files = *DirectoryFiles::open(directory.path());
};

void writes_anew_renames_and_removes(DurableFiles* files) {
    ASSERT_TRUE(files->make_directory("a"));
    ASSERT_TRUE(files->make_directory("a"));
    ASSERT_TRUE(files->sync_directory(""));
    ASSERT_TRUE(files->write("a/new", as_bytes("a longer text")));
    ASSERT_TRUE(files->write("a/new", as_bytes("one")));
    ASSERT_TRUE(files->write("a/old", as_bytes("two")));
    EXPECT_EQ(*files->list("a"), (std::vector<std::string>{"new", "old"}));
    ASSERT_TRUE(files->rename("a/new", "a/old"));
    ASSERT_TRUE(files->sync_directory("a"));
    EXPECT_EQ(as_text(*files->read("a/old", 3)), "one");
    EXPECT_EQ(*files->list(""), (std::vector<std::string>{"a"}));
    EXPECT_EQ(files->remove("a").error().detail, static_cast<unsigned>(ENOTEMPTY));
    for (int twice = 0; twice < 2; ++twice) EXPECT_TRUE(files->remove("a/old"));
    EXPECT_TRUE(*files->exists("a"));
    EXPECT_TRUE(files->remove("a"));
    EXPECT_FALSE(*files->exists("a"));
    EXPECT_TRUE(*files->exists(""));
}

TEST_F(DurableFilesTest, WritesAnewRenamesAndRemoves) {
    writes_anew_renames_and_removes(files.get());
    MemoryFiles in_memory;
    writes_anew_renames_and_removes(&in_memory);
}

// Whoever runs it: what is published is for everybody.
TEST_F(DurableFilesTest, AreEverybodysToRead) {
    const auto before = ::umask(0077);
    const auto made = files->make_directory("a");
    const auto written = files->write("a/file", as_bytes("text"));
    ::umask(before);
    ASSERT_TRUE(made && written);
    struct stat status{};
    ASSERT_EQ(::stat(directory.path("a").c_str(), &status), 0);
    EXPECT_EQ(status.st_mode & 07777U, 0755U);
    ASSERT_EQ(::stat(directory.path("a/file").c_str(), &status), 0);
    EXPECT_EQ(status.st_mode & 07777U, 0644U);
}

TEST(MemoryFiles, SayWhatIsMissingOrTooLarge) {
    MemoryFiles files;
    ASSERT_TRUE(files.write("five", as_bytes("12345")));
    EXPECT_EQ(files.read("five", 4).error().code, Errc::too_large);
    for (const auto& error : {files.read("none", 1).error(), files.list("none").error(),
                              files.write("none/x", {}).error(), files.rename("none", "x").error(),
                              files.sync_directory("none").error(), files.make_directory("none/x").error()})
        EXPECT_EQ(error.code, Errc::not_found) << error.what;
}

TEST_F(DurableFilesTest, SaysWhatIsMissingOrTooLarge) {
    directory.put("five", "12345");
    EXPECT_EQ(files->read("five", 4).error().code, Errc::too_large);
    EXPECT_TRUE(files->read("five", 5));
    for (const auto& error : {files->read("none", 1).error(), files->list("none").error(),
                              files->write("none/x", {}).error(), files->rename("none", "x").error(),
                              files->sync_directory("none").error(), files->make_directory("none/x").error()})
        EXPECT_EQ(error.code, Errc::not_found) << error.what;
    EXPECT_EQ(DirectoryFiles::open(directory.path("none")).error().code, Errc::not_found);
    EXPECT_EQ(DirectoryFiles::open(directory.path("five")).error().code, Errc::unsupported);
    EXPECT_FALSE(files->exists("five/x"));
}

TEST_F(DurableFilesTest, FollowsNoLinkInTheLastName) {
    directory.put("outside", "kept");
    directory.link("link", directory.path("outside"));
    EXPECT_FALSE(files->read("link", 9));
    EXPECT_FALSE(files->write("link", as_bytes("lost")));
    EXPECT_TRUE(*files->exists("link"));
    EXPECT_EQ(as_text(*files->read("outside", 9)), "kept");
}

TEST_F(DurableFilesTest, SaysThatTheDiskIsFull) {
    const auto full = DirectoryFiles::open("/dev");
    ASSERT_TRUE(full);
    const auto written = (*full)->write("full", as_bytes("x"));
    ASSERT_FALSE(written);
    EXPECT_EQ(written.error().detail, static_cast<unsigned>(ENOSPC));
}

}  // namespace
}  // namespace busguard::host
