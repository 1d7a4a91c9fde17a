#include "tlog/add_checkpoint.h"

#include "tests/tlog/golden_notes.h"
#include "tests/tlog/note_support.h"

#include <gtest/gtest.h>

namespace busguard::tlog {
namespace {

const std::string hash_line = "V8efTzGuApxdS9MLBzwnyU35NDiytGl+Hh7vW8A5SkE=\n";

Error add_checkpoint_error(std::string_view text) {
    const auto request = add_checkpoint_from_text(text);
    return request ? Error{} : request.error();
}

TEST(AddCheckpoint, IsAnOldSizeAProofAndANote) {
    const test::SmallTree tree{7};
    const AddCheckpoint request{3, tree.consistency(3, 7), golden::cosigned()};
    const auto body = to_text(request);
    EXPECT_TRUE(body.starts_with("old 3\n"));
    EXPECT_TRUE(body.ends_with("\n\n" + golden::cosigned()));
    EXPECT_EQ(*add_checkpoint_from_text(body), request);
    EXPECT_EQ(to_text(AddCheckpoint{0, {}, golden::checkpoint()}), "old 0\n\n" + golden::checkpoint());
}

TEST(AddCheckpoint, RefusesAnotherShape) {
    const auto note = golden::checkpoint();
    EXPECT_EQ(add_checkpoint_error(""), (Error{Errc::truncated, "add-checkpoint"}));
    EXPECT_EQ(add_checkpoint_error("old 0"), (Error{Errc::truncated, "add-checkpoint"}));
    EXPECT_EQ(add_checkpoint_error("old 0\n\n"), (Error{Errc::truncated, "add-checkpoint"}));
    EXPECT_EQ(add_checkpoint_error("old 0\n"), (Error{Errc::truncated, "consistency proof"}));
    EXPECT_EQ(add_checkpoint_error("old 0\n" + hash_line), (Error{Errc::truncated, "consistency proof"}));
    EXPECT_EQ(add_checkpoint_error("old 0\n" + note), (Error{Errc::bad_field, "consistency proof"}));
    for (const auto* old :
         {"old ", "old 00", "old -1", "old  1", "old 1 ", "Old 1", "old1", "old 9223372036854775808"})
        EXPECT_EQ(add_checkpoint_error(old + ("\n\n" + note)), (Error{Errc::bad_field, "old size"})) << old;
    EXPECT_EQ(add_checkpoint_error("old 1\nAAAA\n\n" + note), (Error{Errc::bad_field, "consistency proof"}));
}

TEST(AddCheckpoint, HasBounds) {
    std::string most = "old 1\n";
    for (int n = 0; n < 63; ++n) most += hash_line;
    EXPECT_EQ(add_checkpoint_from_text(most + "\n" + golden::checkpoint())->proof.size(), 63U);
    EXPECT_EQ(add_checkpoint_error(most + hash_line + "\n" + golden::checkpoint()),
              (Error{Errc::too_large, "consistency proof"}));
    EXPECT_EQ(add_checkpoint_error(std::string(largest_add_checkpoint + 1, 'a')),
              (Error{Errc::too_large, "add-checkpoint"}));
    const auto largest = most + "\n" + std::string(largest_note, 'a');
    EXPECT_TRUE(add_checkpoint_from_text(largest));
}

}  // namespace
}  // namespace busguard::tlog
