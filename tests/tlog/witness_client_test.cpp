#include "tlog/witness_client.h"

#include "tests/tlog/golden_notes.h"
#include "tests/tlog/note_support.h"
#include "tests/tlog/witness_memory.h"

#include <gtest/gtest.h>

namespace busguard::tlog {
namespace {

using Step = WitnessClient::Step;
using Prove = WitnessClient::Prove;
using Post = WitnessClient::Post;
using Cosigned = WitnessClient::Cosigned;
using Ahead = WitnessClient::Ahead;

constexpr std::string_view plain = "text/plain; charset=utf-8";

class WitnessClientTest : public testing::Test {
protected:
    WitnessClient client(std::size_t size, std::uint64_t old) {
        return *WitnessClient::make(test::signed_head(tree, size, log), {cosigner.verifier()}, old);
    }
    WitnessAnswer serve(const Step& step) {
        return witness.add_checkpoint(std::get<Post>(step).body, test::at(1'700'000'000));
    }
    std::vector<TreeHash> hashes(const Step& step) {
        const auto [from, to] = std::get<Prove>(step);
        return tree.consistency(from, to);
    }
    void witness_has(std::size_t size) { state.records["example.com/log"] = {tree.head(size), "note"}; }

    test::SmallTree tree{20};
    NoteSigner log = test::golden_signer();
    Cosigner cosigner = test::golden_cosigner();
    test::WitnessMemory state;
    Witness witness = *Witness::make({log.verifier()}, cosigner, state);
};

WitnessAnswer answer(unsigned status, std::string_view type, std::string_view body) {
    return {status, std::string{type}, std::string{body}};
}
WitnessAnswer size_answer(std::string_view body) { return answer(409, "text/x.tlog.size", body); }

TEST_F(WitnessClientTest, GetsTheFirstCosignatureWithoutAProof) {
    auto one = client(7, 0);
    const auto step = one.start();
    ASSERT_TRUE(step);
    EXPECT_EQ(*step, Step{Post{"old 0\n\n" + golden::checkpoint()}});
    const auto done = one.answer(serve(*step));
    ASSERT_TRUE(done);
    const auto& lines = std::get<Cosigned>(*done).lines;
    EXPECT_TRUE(
        verify(Note{std::string{golden::checkpoint_text}, lines}, std::span{&cosigner.verifier(), 1}));
}

TEST_F(WitnessClientTest, ProvesThatTheLogGrew) {
    witness_has(3);
    auto one = client(7, 3);
    const auto step = one.start();
    EXPECT_EQ(*step, (Step{Prove{3, 7}}));
    const auto post = one.proof(hashes(*step));
    ASSERT_TRUE(post);
    EXPECT_TRUE(std::holds_alternative<Cosigned>(*one.answer(serve(*post))));
    EXPECT_EQ(state.records["example.com/log"].head.size, 7U);
}

TEST_F(WitnessClientTest, AsksAgainForTheSameTreeWithoutAProof) {
    witness_has(7);
    auto one = client(7, 7);
    const auto step = one.start();
    EXPECT_TRUE(std::holds_alternative<Cosigned>(*one.answer(serve(*step))));
}

TEST_F(WitnessClientTest, FindsThatTheWitnessHasThisVeryTree) {
    witness_has(7);
    auto one = client(7, 0);
    auto step = one.start();
    step = one.answer(serve(*step));
    ASSERT_TRUE(step);
    ASSERT_TRUE(std::holds_alternative<Post>(*step));  // between equal trees there is no proof
    EXPECT_TRUE(std::holds_alternative<Cosigned>(*one.answer(serve(*step))));
}

TEST_F(WitnessClientTest, RecoversOnceFromAnotherSize) {
    for (const std::uint64_t thought : {0U, 2U, 6U, 12U}) {
        witness_has(5);
        auto one = client(12, thought);
        auto step = one.start();
        if (std::holds_alternative<Prove>(*step)) step = one.proof(hashes(*step));
        const auto conflict = serve(*step);
        EXPECT_EQ(conflict.status, 409U);
        step = one.answer(conflict);
        ASSERT_TRUE(step);
        EXPECT_EQ(*step, (Step{Prove{5, 12}}));
        step = one.proof(hashes(*step));
        ASSERT_TRUE(step);
        EXPECT_TRUE(std::holds_alternative<Cosigned>(*one.answer(serve(*step)))) << thought;
    }
    // The witness has lost its memory.
    auto one = client(12, 12);
    (void)one.start();
    EXPECT_TRUE(std::holds_alternative<Post>(*one.answer(size_answer("0\n"))));
}

TEST_F(WitnessClientTest, DoesNotRunAfterASizeThatKeepsChanging) {
    auto one = client(12, 0);
    (void)one.start();
    EXPECT_EQ(*one.answer(size_answer("5\n")), (Step{Prove{5, 12}}));
    (void)one.proof({});
    EXPECT_EQ(one.answer(size_answer("6\n")).error(), (Error{Errc::not_ready, "old size", 0, 409}));
    EXPECT_EQ(one.proof({}).error(), (Error{Errc::unexpected, "add-checkpoint"}));
}

TEST_F(WitnessClientTest, SaysThatTheWitnessIsAhead) {
    witness_has(12);
    auto one = client(7, 7);
    const auto step = one.start();
    EXPECT_EQ(*one.answer(serve(*step)), Step{Ahead{12}});
    EXPECT_FALSE(one.answer(size_answer("12\n")));
}

TEST_F(WitnessClientTest, RefusesConflictsThatSayNothing) {
    const Error bad{Errc::transport, "witness answer", 0, 409};
    for (const auto& odd : {size_answer(""), size_answer("\n"), size_answer("5"), size_answer("05\n"),
                            size_answer("5\n\n"), size_answer("-1\n"), size_answer("3\n"),
                            size_answer("9223372036854775808\n"), answer(409, plain, "5\n")}) {
        auto one = client(12, 3);
        (void)one.start();
        (void)one.proof({});
        EXPECT_EQ(one.answer(odd).error(), bad) << odd.body;
    }
}

TEST_F(WitnessClientTest, TellsRefusalsApart) {
    for (const auto& [status, code] : {std::pair{400U, Errc::bad_field},
                                       {403U, Errc::crypto},
                                       {404U, Errc::not_found},
                                       {422U, Errc::mismatch},
                                       {500U, Errc::transport},
                                       {302U, Errc::transport},
                                       {0U, Errc::transport}}) {
        auto one = client(7, 0);
        (void)one.start();
        const auto refused = one.answer(answer(status, plain, "no\n"));
        ASSERT_FALSE(refused);
        EXPECT_EQ(refused.error().code, code) << status;
        EXPECT_EQ(refused.error().detail, status);
    }
}

TEST_F(WitnessClientTest, TakesOnlyCosignaturesThatVerify) {
    const auto asked = [&](std::string_view body) {
        auto one = client(7, 0);
        (void)one.start();
        return one.answer(answer(200, plain, body));
    };
    EXPECT_EQ(asked("").error(), (Error{Errc::truncated, "signature line"}));
    EXPECT_EQ(asked(golden::checkpoint_line).error(), (Error{Errc::not_found, "known signature"}));
    EXPECT_EQ(asked(golden::extended_line).error(), (Error{Errc::crypto, "signature"}));  // of another text

    const std::string both = std::string{golden::checkpoint_line}.append(golden::cosignature_line);
    const auto done = asked(both);  // lines of unknown keys are passed over
    ASSERT_TRUE(done);
    EXPECT_EQ(to_text(std::get<Cosigned>(*done).lines), golden::cosignature_line);
}

TEST_F(WitnessClientTest, RefusesACosignatureWithoutATime) {
    const auto text = std::string{golden::checkpoint_text};
    const auto key = test::key_of(1);
    const auto same = test::cosigner("w", 1);
    SignatureLine line{"w", same.verifier().id(), Bytes(8)};
    append(line.signature, *key.sign(crypto::Scheme::ed25519, crypto::Hash::sha_512,
                                     as_bytes("cosignature/v1\ntime 0\n" + text)));
    ASSERT_TRUE(verify(Note{text, {line}}, std::span{&same.verifier(), 1}));
    auto one = *WitnessClient::make(test::signed_head(tree, 7, log), {same.verifier()}, 0);
    (void)one.start();
    EXPECT_EQ(one.answer(answer(200, plain, to_text(std::span{&line, 1}))).error(),
              (Error{Errc::bad_field, "cosignature time"}));
}

TEST_F(WitnessClientTest, GoesByItsOrder) {
    const Error not_due{Errc::unexpected, "add-checkpoint"};
    auto one = client(7, 3);
    EXPECT_EQ(one.proof({}).error(), not_due);
    EXPECT_EQ(one.answer(size_answer("1\n")).error(), not_due);
    EXPECT_TRUE(one.start());
    EXPECT_EQ(one.start().error(), not_due);
    EXPECT_EQ(one.answer(size_answer("1\n")).error(), not_due);
    EXPECT_TRUE(one.proof({}));
    EXPECT_EQ(one.proof({}).error(), not_due);
    EXPECT_FALSE(one.answer(answer(403, plain, "")));
    EXPECT_EQ(one.answer(answer(200, plain, golden::cosignature_line)).error(), not_due);
}

TEST_F(WitnessClientTest, NeedsACheckpointAndKeysOfAWitness) {
    const auto note = test::signed_head(tree, 7, log);
    EXPECT_EQ(WitnessClient::make(note, {cosigner.verifier()}, 8).error(),
              (Error{Errc::bad_field, "old size"}));
    EXPECT_EQ(WitnessClient::make(note, {log.verifier()}, 0).error(), (Error{Errc::mismatch, "witness key"}));
    EXPECT_EQ(WitnessClient::make(Note{"text\n", {}}, {cosigner.verifier()}, 0).error(),
              (Error{Errc::truncated, "checkpoint"}));
}

}  // namespace
}  // namespace busguard::tlog
