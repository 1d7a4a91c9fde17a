#include "tests/journal/disk.h"

#include <gtest/gtest.h>

#include <cerrno>

// That the tests' disk forgets what a real one may forget: else the tests with it prove nothing.
namespace busguard::journal::test {
namespace {

struct World {
    explicit World(unsigned seed) : disk{seed} {}
    // Everything that was not synced is lost (seed 0) or kept (seed 1).
    void cut() {
        disk.plan(disk.steps() + 1, Fault::power_cut);
        EXPECT_FALSE(files.exists("x"));
        EXPECT_TRUE(disk.dead());
        disk.restart();
    }
    Disk disk;
    DiskFiles files{disk};
};

TEST(Disk, ForgetsNamesThatWereNotSynced) {
    for (const unsigned seed : {0U, 1U}) {
        World world{seed};
        ASSERT_TRUE(world.files.make_directory("a"));
        ASSERT_TRUE(world.files.write("a/file", as_bytes("text")));
        world.cut();
        EXPECT_EQ(*world.files.exists("a/file"), seed == 1);
        EXPECT_EQ(*world.files.exists("a"), seed == 1);
    }
}

TEST(Disk, ForgetsADirectoryWithWhatIsInIt) {
    World world{0};
    ASSERT_TRUE(world.files.make_directory("a"));
    ASSERT_TRUE(world.files.write("a/file", as_bytes("text")));
    ASSERT_TRUE(world.files.sync_directory("a"));
    world.cut();
    EXPECT_FALSE(*world.files.exists("a/file"));
}

TEST(Disk, ForgetsARename) {
    for (const unsigned seed : {0U, 1U}) {
        World world{seed};
        ASSERT_TRUE(world.files.write("file", as_bytes("old")));
        ASSERT_TRUE(world.files.sync_directory(""));
        ASSERT_TRUE(world.files.write("file.new", as_bytes("new")));
        ASSERT_TRUE(world.files.rename("file.new", "file"));
        world.cut();
        EXPECT_EQ(as_text(*world.files.read("file", 9)), seed == 1 ? "new" : "old");
    }
}

TEST(Disk, ForgetsBytesThatWereNotSynced) {
    World world{0};
    const auto file = world.disk.create("file");
    Disk::write(*file, 0, as_bytes("1234"));
    Disk::sync(*file);
    world.disk.sync_names("");
    Disk::write(*file, 2, as_bytes("xy"));
    Disk::resize(*file, 3);
    EXPECT_EQ(as_text(*world.files.read("file", 9)), "12x");
    world.cut();
    EXPECT_EQ(as_text(*world.files.read("file", 9)), "1234");
}

TEST(Disk, KeepsEverythingWhenAProcessIsKilled) {
    World world{0};
    world.disk.plan(3, Fault::kill);
    ASSERT_TRUE(world.files.write("file", as_bytes("text")));  // two steps
    EXPECT_FALSE(world.files.rename("file", "other"));
    EXPECT_FALSE(world.files.read("file", 9));
    world.disk.restart();
    EXPECT_EQ(as_text(*world.files.read("file", 9)), "text");
    world.disk.plan(world.disk.steps() + 1, Fault::kill_after);
    EXPECT_FALSE(world.files.rename("file", "other"));
    world.disk.restart();
    EXPECT_TRUE(*world.files.exists("other"));
}

TEST(Disk, WritesHalfAndSaysWhy) {
    World world{0};
    world.disk.plan(1, Fault::short_write);
    EXPECT_EQ(world.files.write("file", as_bytes("text")).error().detail, static_cast<unsigned>(EIO));
    EXPECT_EQ(as_text(*world.files.read("file", 9)), "te");
    world.disk.plan(world.disk.steps() + 1, Fault::no_space);
    for (int write = 0; write < 6; ++write)
        EXPECT_EQ(world.files.write("file", as_bytes("text")).error().detail, static_cast<unsigned>(ENOSPC));
    EXPECT_TRUE(world.files.write("file", as_bytes("text")));
}

}  // namespace
}  // namespace busguard::journal::test
