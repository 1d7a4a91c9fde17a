#include "host/sleep_watch.h"

#include "host/node_tree.h"

#include <gtest/gtest.h>

namespace busguard::host {
namespace {

/// A /sys that counts sleeps.
struct Counted {
    Counted() {
        const auto power = tree.add_directory(NodeTree::root, "power");
        tree.add_file(tree.add_directory(power, "suspend_stats"), "success",
                      {.read_at = [this](std::uint64_t, std::size_t) -> Result<Bytes> {
                          return to_bytes(as_bytes(std::string_view{text}));
                      }});
    }
    std::string text = "3\n";
    NodeTree tree;
};

TEST(SleepWatch, SeesASleepThatMovesNoClock) {
    Counted its;
    auto watch = SleepWatch::begin(its.tree);
    ASSERT_TRUE(watch);
    EXPECT_FALSE(watch->slept());
    its.text = "4\n";
    EXPECT_TRUE(watch->slept());
    EXPECT_FALSE(watch->slept());
}

TEST(SleepWatch, TakesNothingForASleepThatIsNone) {
    Counted its;
    its.text = "unreadable\n";
    auto watch = SleepWatch::begin(its.tree);
    ASSERT_TRUE(watch);
    its.text = "4\n";  // countable only now: since when, nobody knows
    EXPECT_FALSE(watch->slept());
    NodeTree none;
    auto without = SleepWatch::begin(none);
    ASSERT_TRUE(without);
    EXPECT_FALSE(without->slept());
}

}  // namespace
}  // namespace busguard::host
