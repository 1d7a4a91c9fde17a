#include "tlog/witness.h"

#include "base/hex.h"
#include "tests/tlog/golden_notes.h"
#include "tests/tlog/note_support.h"
#include "tests/tlog/witness_memory.h"

#include <gtest/gtest.h>

namespace busguard::tlog {
namespace {

constexpr auto seconds = 1'700'000'000;

class WitnessTest : public testing::Test {
protected:
    WitnessAnswer post(std::size_t old, std::vector<TreeHash> proof, const Note& note) {
        return witness.add_checkpoint(to_text(AddCheckpoint{old, std::move(proof), to_text(note)}),
                                      test::at(seconds));
    }
    WitnessAnswer post(std::size_t old, std::size_t size) {
        return post(old, tree.consistency(old, size), test::signed_head(tree, size, log));
    }
    std::size_t cosigned_size() const {
        const auto found = state.records.find("example.com/log");
        return found == state.records.end() ? 0 : found->second.head.size;
    }

    test::SmallTree tree{20};
    NoteSigner log = test::golden_signer();
    Cosigner cosigner = test::golden_cosigner();
    test::WitnessMemory state;
    Witness witness = *Witness::make({log.verifier()}, cosigner, state);
};

void expect_status(const WitnessAnswer& answer, unsigned status) {
    EXPECT_EQ(answer.status, status) << answer.body;
    EXPECT_EQ(answer.content_type, status == 409 ? "text/x.tlog.size" : "text/plain; charset=utf-8");
}

TEST_F(WitnessTest, CosignsALogAsItGrows) {
    std::size_t before = 0;
    for (const std::size_t size : {0U, 1U, 2U, 7U, 8U, 20U}) {
        const auto answer = post(before, size);
        expect_status(answer, 200);
        const auto lines = signatures_from_text(answer.body);
        ASSERT_TRUE(lines);
        ASSERT_EQ(lines->size(), 1U);
        const Note cosigned{test::signed_head(tree, size, log).text, *lines};
        EXPECT_TRUE(verify(cosigned, std::span{&witness.verifier(), 1}));
        EXPECT_EQ(*cosignature_time(lines->front().signature), test::at(seconds));
        EXPECT_EQ(cosigned_size(), size);
        before = size;
    }
}

TEST_F(WitnessTest, CosignsTheSameTreeAgain) {
    expect_status(post(0, 5), 200);
    expect_status(post(5, 5), 200);
    expect_status(post(5, 6), 200);
}

TEST_F(WitnessTest, TellsItsSizeToWhoIsMistaken) {
    const auto conflict = [&](std::size_t old, std::size_t size) {
        const auto answer = post(old, size);
        expect_status(answer, 409);
        return answer.body;
    };
    EXPECT_EQ(conflict(3, 5), "0\n");
    expect_status(post(0, 7), 200);
    EXPECT_EQ(conflict(0, 8), "7\n");
    EXPECT_EQ(conflict(6, 8), "7\n");
    EXPECT_EQ(conflict(8, 9), "7\n");
    EXPECT_EQ(conflict(3, 5), "7\n");  // going back
    EXPECT_EQ(cosigned_size(), 7U);
}

TEST_F(WitnessTest, RefusesAnOldSizeBeyondTheCheckpoints) {
    expect_status(post(0, 7), 200);
    expect_status(post(7, {}, test::signed_head(tree, 6, log)), 400);
    expect_status(post(9, {}, test::signed_head(tree, 8, log)), 400);  // 400 before 409
}

TEST_F(WitnessTest, RefusesAFork) {
    expect_status(post(0, 7), 200);
    auto other = tree;
    other.fork(3);
    expect_status(post(7, other.consistency(7, 12), test::signed_head(other, 12, log)), 422);
    expect_status(post(7, tree.consistency(7, 12), test::signed_head(other, 12, log)), 422);
    expect_status(post(7, {}, test::signed_head(other, 7, log)), 422);
    EXPECT_EQ(cosigned_size(), 7U);
    expect_status(post(7, 12), 200);
}

TEST_F(WitnessTest, RefusesProofsThatAreNotExactlyTheProof) {
    const auto note = test::signed_head(tree, 12, log);
    expect_status(post(0, {TreeHash{}}, note), 422);  // from the empty tree there is none
    expect_status(post(0, 7), 200);
    auto proof = tree.consistency(7, 12);
    auto longer = proof;
    longer.push_back(TreeHash{});
    expect_status(post(7, longer, note), 422);
    proof.pop_back();
    expect_status(post(7, proof, note), 422);
    expect_status(post(7, {}, note), 422);
    expect_status(post(7, {TreeHash{}}, test::signed_head(tree, 7, log)), 422);
}

TEST_F(WitnessTest, AnEmptyTreeHasOneRootOnly) {
    const auto wrong = *sign(Checkpoint{"example.com/log", {0, TreeHash{}}, {}}, log);
    expect_status(post(0, {}, wrong), 422);
    expect_status(post(0, 0), 200);
    expect_status(post(0, {}, wrong), 422);
}

TEST_F(WitnessTest, KnowsLogsByTheirKeys) {
    const auto stranger = test::signer("example.com/other", 4);
    expect_status(post(0, {}, test::signed_head(tree, 3, stranger)), 404);

    const auto impostor = test::signer("example.com/log", 5);  // another key for a known origin
    expect_status(post(0, {}, test::signed_head(tree, 3, impostor)), 403);

    auto altered = test::signed_head(tree, 3, log);
    altered.text = test::signed_head(tree, 4, log).text;
    expect_status(post(0, {}, altered), 403);

    auto mixed = test::signed_head(tree, 3, log);
    mixed.signatures.push_back(mixed.signatures.front());
    mixed.signatures.back().signature.front() ^= std::byte{1};  // one good, one bad
    expect_status(post(0, {}, mixed), 403);
    EXPECT_TRUE(state.records.empty());
}

TEST_F(WitnessTest, AKnownLogCannotSpeakForAnother) {
    const auto other = test::signer("example.com/other", 4);
    const auto both = *Witness::make({log.verifier(), other.verifier()}, cosigner, state);
    auto note = test::signed_head(tree, 3, log);
    note.signatures = {*other.sign(note.text)};
    const auto body = to_text(AddCheckpoint{0, {}, to_text(note)});
    EXPECT_EQ(both.add_checkpoint(body, test::at(seconds)).status, 403U);
}

TEST_F(WitnessTest, ALogMayHaveSeveralKeys) {
    const auto next = test::signer("example.com/log", 6);
    const auto rotating = *Witness::make({log.verifier(), next.verifier()}, cosigner, state);
    const auto body = to_text(AddCheckpoint{0, {}, to_text(test::signed_head(tree, 3, next))});
    EXPECT_EQ(rotating.add_checkpoint(body, test::at(seconds)).status, 200U);
    EXPECT_EQ(Witness::make({log.verifier(), log.verifier()}, cosigner, state).error(),
              (Error{Errc::mismatch, "log key"}));
}

TEST_F(WitnessTest, RefusesWhatItCannotRead) {
    for (const auto& body : {std::string{}, std::string{"old 0\n\n"}, "old x\n\n" + golden::checkpoint(),
                             "old 0\n\n" + std::string{golden::checkpoint_text},
                             std::string{"old 0\n\ntext\n\n"}.append(golden::prose_line)})
        expect_status(witness.add_checkpoint(body, test::at(seconds)), 400);
    EXPECT_TRUE(state.records.empty());
}

TEST_F(WitnessTest, CosignsNothingThatIsNotKept) {
    state.broken = true;
    expect_status(post(0, 3), 500);
    expect_status(witness.get(test::path_of("example.com/log")), 500);
    state.broken = false;
    state.full = true;
    expect_status(post(0, 3), 500);
    EXPECT_EQ(cosigned_size(), 0U);
}

TEST_F(WitnessTest, ASlowRequestDoesNotRollBackAQuickOne) {
    expect_status(post(0, 3), 200);
    state.after_look = [&] { expect_status(post(3, 12), 200); };
    const auto slow = post(3, 7);
    expect_status(slow, 409);
    EXPECT_EQ(slow.body, "12\n");
    EXPECT_EQ(cosigned_size(), 12U);
}

TEST_F(WitnessTest, ServesTheLastCheckpointToMonitors) {
    // sha256sum of "example.com/log"
    const std::string path = test::path_of("example.com/log");
    expect_status(witness.get(path), 404);
    auto note = test::signed_head(tree, 7, log);
    note.signatures.push_back({"spam", 1, Bytes(64)});
    const auto answer = post(0, {}, note);
    expect_status(answer, 200);
    const auto served = witness.get(path);
    expect_status(served, 200);
    EXPECT_EQ(served.body, golden::checkpoint() + answer.body);

    expect_status(witness.get("checkpoint"), 404);
    expect_status(witness.get(test::path_of("example.com/other")), 404);
    expect_status(witness.get("/" + path), 404);
}

TEST_F(WitnessTest, CosignsExtensionsAsTheyAre) {
    Note note{std::string{golden::checkpoint_text}.append("an extension\n"), {}};
    note.signatures = {*log.sign(note.text)};
    const auto body = to_text(AddCheckpoint{0, {}, to_text(note)});
    const auto answer = witness.add_checkpoint(body, test::at(golden::cosigned_at));
    expect_status(answer, 200);
    EXPECT_EQ(answer.body, golden::extended_line);
}

TEST_F(WitnessTest, CannotCosignWithoutAClock) {
    const auto body = to_text(AddCheckpoint{0, {}, golden::checkpoint()});
    expect_status(witness.add_checkpoint(body, test::at(0)), 500);
    EXPECT_TRUE(state.records.empty());
}

}  // namespace
}  // namespace busguard::tlog
