#include "web/witness_state.h"

#include "tests/host/temporary_directory.h"
#include "tests/tlog/golden_notes.h"
#include "tests/tlog/note_support.h"

#include <gtest/gtest.h>
#include <sys/wait.h>

#include <array>
#include <csignal>
#include <unistd.h>

namespace busguard::web {
namespace {

using tlog::TreeHead;
using Record = tlog::WitnessState::Record;

TreeHead head(std::uint64_t size) {
    TreeHead made{size, {}};
    made.root.fill(static_cast<std::byte>(size));
    return made;
}
Record record(std::uint64_t size) { return {head(size), "note of " + std::to_string(size)}; }
TreeHead nothing() { return {0, tlog::empty_tree_hash()}; }

TEST(WitnessState, GoesFromOneHeadToTheNextAndNoOther) {
    const auto state = *DurableWitnessState::open("");
    EXPECT_EQ(*state->latest("a"), std::nullopt);
    EXPECT_FALSE(*state->advance("a", head(1), record(2)));
    EXPECT_FALSE(*state->advance("a", {0, head(0).root}, record(2)));
    EXPECT_EQ(*state->latest("a"), std::nullopt);
    EXPECT_TRUE(*state->advance("a", nothing(), record(2)));
    EXPECT_EQ(*state->latest("a"), record(2));
    EXPECT_FALSE(*state->advance("a", nothing(), record(3)));  // somebody else was quicker
    EXPECT_FALSE(*state->advance("a", {2, head(3).root}, record(3)));
    EXPECT_EQ(*state->latest("a"), record(2));
    EXPECT_TRUE(*state->advance("a", head(2), record(2)));
    EXPECT_TRUE(*state->advance("a", head(2), record(INT64_MAX)));
    EXPECT_EQ(*state->latest("a"), record(INT64_MAX));
    EXPECT_EQ(*state->latest("b"), std::nullopt);
}

TEST(WitnessState, OutlivesTheProcess) {
    const host::TemporaryDirectory folder;
    const auto file = folder.path("state");
    {
        const auto state = *DurableWitnessState::open(file);
        EXPECT_TRUE(*state->advance("a", nothing(), record(2)));
        EXPECT_TRUE(*state->advance("b", nothing(), record(7)));
        EXPECT_FALSE(DurableWitnessState::open(file));  // one witness at a time
    }
    const auto state = *DurableWitnessState::open(file);
    EXPECT_EQ(*state->latest("a"), record(2));
    EXPECT_EQ(*state->latest("b"), record(7));
}

TEST(WitnessState, GivesNothingThatItDidNotWrite) {
    const host::TemporaryDirectory folder;
    const auto file = folder.path("state");
    {
        EXPECT_TRUE(*(*DurableWitnessState::open(file))->advance("a", nothing(), record(2)));
    }
    for (const auto* damage : {"UPDATE cosigned SET root = x'00'", "UPDATE cosigned SET size = -1"}) {
        {
            auto database = *store::Database::open(file, 1, "");
            ASSERT_TRUE(database.run(damage));
        }
        const auto state = *DurableWitnessState::open(file);
        EXPECT_EQ(state->latest("a").error(), (Error{Errc::bad_field, "witness state"})) << damage;
        EXPECT_FALSE(state->advance("a", nothing(), record(3))) << damage;
        EXPECT_FALSE(state->advance("a", nothing(), record(3))) << damage;
    }
}

// A witness that cosigns one tree after the other, and says which. Killed at any moment: what it has said is
// kept, and it goes on where it stopped, also if it had stepped forward and not said so.
[[noreturn]] void work(const std::string& file, int out) {
    const tlog::test::SmallTree tree{64};
    const auto log = tlog::test::golden_signer();
    auto state = DurableWitnessState::open(file);
    if (!state) _exit(2);
    const auto witness = *tlog::Witness::make({log.verifier()}, tlog::test::golden_cosigner(), **state);
    const auto found = (*state)->latest(std::string{tlog::golden::log_name});
    if (!found) _exit(3);
    auto size = *found ? (*found)->head.size : 0;
    for (;; ++size) {
        const auto next = std::min<std::uint64_t>(size + 1, 64);
        const tlog::AddCheckpoint request{size, tree.consistency(size, next),
                                          tlog::to_text(tlog::test::signed_head(tree, next, log))};
        if (witness.add_checkpoint(tlog::to_text(request), tlog::test::at(1'700'000'000)).status != 200)
            _exit(4);
        if (::write(out, &next, sizeof next) != sizeof next) _exit(5);
        if (next == 64) _exit(0);
    }
}

TEST(WitnessState, KilledAtAnyMomentForgetsNothingThatWasAnswered) {
    const host::TemporaryDirectory folder;
    const auto file = folder.path("state");
    std::uint64_t last = 0;
    for (unsigned attempt = 0; last < 64 && attempt < 200; ++attempt) {
        std::array<int, 2> ends{};
        ASSERT_EQ(::pipe(ends.data()), 0);
        const auto child = ::fork();
        ASSERT_GE(child, 0);
        if (child == 0) {
            ::close(ends[0]);
            work(file, ends[1]);
        }
        ::close(ends[1]);
        const auto before = last;
        std::uint64_t said = 0;
        for (unsigned heard = 0; ::read(ends[0], &said, sizeof said) == sizeof said; ++heard) {
            // The next one, or one after that whose answer was lost; never an earlier one.
            EXPECT_GT(said, last);
            EXPECT_LE(said, (heard == 0 ? before : last) + 2);
            last = said;
            if (heard == attempt % 4) {
                ::usleep(attempt * 37 % 500);
                ::kill(child, SIGKILL);
            }
        }
        ::close(ends[0]);
        int status = 0;
        ASSERT_EQ(::waitpid(child, &status, 0), child);
        EXPECT_TRUE((WIFSIGNALED(status) && WTERMSIG(status) == SIGKILL) ||
                    (WIFEXITED(status) && WEXITSTATUS(status) == 0))
            << status;
        const auto kept = (*DurableWitnessState::open(file))->latest(std::string{tlog::golden::log_name});
        ASSERT_TRUE(kept && *kept);
        EXPECT_GE((*kept)->head.size, last);
        last = (*kept)->head.size;
    }
    EXPECT_EQ(last, 64);
}

}  // namespace
}  // namespace busguard::web
