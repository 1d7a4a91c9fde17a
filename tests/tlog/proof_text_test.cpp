#include "tlog/proof_text.h"

#include "tests/tlog/golden_notes.h"
#include "tests/tlog/note_support.h"

#include <gtest/gtest.h>

namespace busguard::tlog {
namespace {

const std::vector proof_log_keys{test::vkey(golden::log_vkey)};
const WitnessPolicy one_witness =
    *WitnessPolicy::from_text("witness w " + std::string{golden::witness_vkey} + "\nquorum w\n", "trust");
const WitnessPolicy no_witness = *WitnessPolicy::from_text("quorum none\n", "trust");
const std::string hash_line = "V8efTzGuApxdS9MLBzwnyU35NDiytGl+Hh7vW8A5SkE=\n";

Error proof_error(std::string_view text) {
    const auto proof = proof_from_text(text);
    return proof ? Error{} : proof.error();
}

TEST(Proof, ReadsWhatTorchwoodWrote) {
    const auto proof = proof_from_text(golden::proof());
    ASSERT_TRUE(proof);
    EXPECT_EQ(proof->index, 3U);
    EXPECT_EQ(proof->hashes, (test::SmallTree{7}.inclusion(3, 7)));
    EXPECT_EQ(proof->extra, to_bytes(as_bytes("extra")));
    EXPECT_EQ(proof->checkpoint, golden::cosigned());
    EXPECT_EQ(to_text(*proof), golden::proof());
    const auto entry = verify(*proof, leaf_hash(as_bytes("entry 3")), proof_log_keys, one_witness);
    ASSERT_TRUE(entry) << entry.error().what;
    EXPECT_EQ(entry->index(), 3U);
    EXPECT_EQ(entry->checkpoint().checkpoint().head.size, 7U);
}

TEST(Proof, ExtraMayBeAbsentOrEmpty) {
    const auto rest = "index 0\n\n" + golden::checkpoint();
    EXPECT_EQ(proof_from_text("c2sp.org/tlog-proof@v1\n" + rest)->extra, std::nullopt);
    const auto empty = "c2sp.org/tlog-proof@v1\nextra \n" + rest;
    EXPECT_EQ(proof_from_text(empty)->extra, Bytes{});
    EXPECT_EQ(to_text(*proof_from_text(empty)), empty);
    EXPECT_EQ(proof_error("c2sp.org/tlog-proof@v1\nextra AAA\n" + rest), (Error{Errc::bad_field, "extra"}));
}

TEST(Proof, RefusesAnotherShape) {
    const std::string start = "c2sp.org/tlog-proof@v1\n";
    const auto note = golden::checkpoint();
    EXPECT_EQ(proof_error(""), (Error{Errc::bad_field, "proof heading"}));
    EXPECT_EQ(proof_error("index 0\n\n" + note), (Error{Errc::bad_field, "proof heading"}));
    EXPECT_EQ(proof_error("c2sp.org/tlog-proof@v2\nindex 0\n\n" + note),
              (Error{Errc::bad_field, "proof heading"}));
    EXPECT_EQ(proof_error(start), (Error{Errc::truncated, "proof"}));
    EXPECT_EQ(proof_error(start + "extra AAAA\n"), (Error{Errc::truncated, "proof"}));
    EXPECT_EQ(proof_error(start + "index 0\n\n"), (Error{Errc::truncated, "proof"}));
    for (const auto* index : {"", "00", "-1", "9223372036854775808", "1 "})
        EXPECT_EQ(proof_error(start + "index " + index + "\n\n" + note), (Error{Errc::bad_field, "index"}))
            << index;
    EXPECT_EQ(proof_error(start + "index 0\nextra AAAA\n\n" + note),
              (Error{Errc::bad_field, "inclusion proof"}));
    EXPECT_EQ(proof_error(start + "index 0\n" + hash_line), (Error{Errc::truncated, "inclusion proof"}));
    EXPECT_EQ(proof_error(start + "index 0\nAAAA\n\n" + note), (Error{Errc::bad_field, "inclusion proof"}));
    EXPECT_EQ(proof_error(std::string(largest_proof + 1, 'a')), (Error{Errc::too_large, "proof"}));

    std::string most = start + "index 0\n";
    for (int n = 0; n < 63; ++n) most += hash_line;
    EXPECT_EQ(proof_from_text(most + "\n" + note)->hashes.size(), 63U);
    EXPECT_EQ(proof_error(most + hash_line + "\n" + note), (Error{Errc::too_large, "inclusion proof"}));
}

TEST(Proof, HoldsForEveryEntryAndForNoOther) {
    const test::SmallTree tree{9};
    const auto signer = test::golden_signer();
    for (std::size_t size = 1; size <= 9; ++size) {
        const auto note = to_text(test::signed_head(tree, size, signer));
        for (std::size_t index = 0; index < size; ++index) {
            const Proof proof{index, tree.inclusion(index, size), note, {}};
            const auto again = proof_from_text(to_text(proof));
            ASSERT_TRUE(again);
            EXPECT_EQ(*again, proof);
            EXPECT_TRUE(verify(*again, tree.leaf(index), proof_log_keys, no_witness))
                << index << " of " << size;
            for (std::size_t other = 0; other < 9; ++other)
                if (other != index) {
                    EXPECT_FALSE(verify(*again, tree.leaf(other), proof_log_keys, no_witness)) << other;
                }
        }
    }
}

TEST(Proof, NeedsTheQuorum) {
    auto proof = *proof_from_text(golden::proof());
    const auto leaf = leaf_hash(as_bytes("entry 3"));
    proof.checkpoint = golden::checkpoint();
    EXPECT_EQ(verify(proof, leaf, proof_log_keys, one_witness).error(),
              (Error{Errc::not_found, "quorum of witnesses"}));
    EXPECT_TRUE(verify(proof, leaf, proof_log_keys, no_witness));
    EXPECT_EQ(verify(proof, leaf, {}, no_witness).error(), (Error{Errc::not_found, "known signature"}));
}

TEST(Proof, ANoteThatIsNoCheckpointProvesNothing) {
    const auto signer = test::golden_signer();
    Proof proof{0, {}, to_text(Note{"text\n", {*signer.sign("text\n")}}), {}};
    EXPECT_EQ(verify(proof, leaf_hash({}), proof_log_keys, no_witness).error(),
              (Error{Errc::truncated, "checkpoint"}));
}

}  // namespace
}  // namespace busguard::tlog
