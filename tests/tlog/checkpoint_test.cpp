#include "tlog/checkpoint.h"

#include "tests/tlog/golden_notes.h"
#include "tests/tlog/note_support.h"
#include "tlog/cosignature.h"

#include <gtest/gtest.h>

namespace busguard::tlog {
namespace {

const std::string root_line = "mMl/C6MXXNCLAx3QhLncTmSbZNGijm6mlGRlAxc6tYc=\n";

Error checkpoint_error(std::string_view text) {
    const auto checkpoint = checkpoint_from_text(text);
    return checkpoint ? Error{} : checkpoint.error();
}

TEST(Checkpoint, IsThreeLines) {
    const auto read = checkpoint_from_text(golden::checkpoint_text);
    ASSERT_TRUE(read);
    EXPECT_EQ(read->origin, "example.com/log");
    EXPECT_EQ(read->head, test::SmallTree{7}.head(7));
    EXPECT_TRUE(read->extensions.empty());
    EXPECT_EQ(to_text(*read), golden::checkpoint_text);
}

TEST(Checkpoint, IsSignedAsGoSignsIt) {
    const auto signer = test::golden_signer();
    EXPECT_EQ(to_text(test::signed_head(test::SmallTree{7}, 7, signer)), golden::checkpoint());
    const Checkpoint other{"example.com/other", {}, {}};
    EXPECT_EQ(sign(other, signer).error(), (Error{Errc::mismatch, "origin"}));
    const Checkpoint huge{"example.com/log", {1ULL << 63U, {}}, {}};
    EXPECT_EQ(sign(huge, signer).error(), (Error{Errc::bad_field, "tree size"}));
}

TEST(Checkpoint, KeepsExtensionsAndWritesNone) {
    const auto read = checkpoint_from_text("any origin + at all\n0\n" + root_line + "one\ntwo words\n");
    ASSERT_TRUE(read);
    EXPECT_EQ(read->origin, "any origin + at all");
    EXPECT_EQ(read->extensions, (std::vector<std::string>{"one", "two words"}));
    EXPECT_EQ(to_text(*read), "any origin + at all\n0\n" + root_line);
    EXPECT_EQ(checkpoint_error("o\n0\n" + root_line + "\n"), (Error{Errc::bad_field, "extension line"}));
    EXPECT_EQ(checkpoint_error("o\n0\n" + root_line + "a\n\nb\n"),
              (Error{Errc::bad_field, "extension line"}));
}

TEST(Checkpoint, TakesSizesInStrictDecimal) {
    const Error bad{Errc::bad_field, "tree size"};
    for (const auto* size : {"", "00", "07", "+7", "-7", " 7", "7 ", "0x7", "7.", "a", "9223372036854775808",
                             "18446744073709551616", "99999999999999999999"})
        EXPECT_EQ(checkpoint_error("o\n" + std::string{size} + "\n" + root_line), bad) << size;
    for (const auto size : {0ULL, 1ULL, 10ULL, 9223372036854775807ULL})
        EXPECT_EQ(checkpoint_from_text("o\n" + std::to_string(size) + "\n" + root_line)->head.size, size);
}

TEST(Checkpoint, TakesRootsInStrictBase64) {
    const Error bad{Errc::bad_field, "root hash"};
    for (const auto* root :
         {"", "AAAA", "mMl/C6MXXNCLAx3QhLncTmSbZNGijm6mlGRlAxc6tYc",
          "mMl/C6MXXNCLAx3QhLncTmSbZNGijm6mlGRlAxc6tYd=", "mMl/C6MXXNCLAx3QhLncTmSbZNGijm6mlGRlAxc6tQ==",
          "mMl/C6MXXNCLAx3QhLncTmSbZNGijm6mlGRlAxc6tYcA",
          "mMl_C6MXXNCLAx3QhLncTmSbZNGijm6mlGRlAxc6tYc=", " mMl/C6MXXNCLAx3QhLncTmSbZNGijm6mlGRlAxc6tYc=",
          "mMl/C6MXXNCLAx3QhLncTmSbZNGijm6mlGRlAxc6tYc=A==="})
        EXPECT_EQ(checkpoint_error(std::string{"o\n7\n"}.append(root).append("\n")), bad) << root;
}

TEST(Checkpoint, RefusesWhatIsTooShort) {
    const Error short_one{Errc::truncated, "checkpoint"};
    EXPECT_EQ(checkpoint_error("o\n"), short_one);
    EXPECT_EQ(checkpoint_error("o\n7\n"), short_one);
    EXPECT_EQ(checkpoint_error(""), (Error{Errc::bad_field, "note text"}));
    EXPECT_EQ(checkpoint_error("o\n7\nmMl/C6MXXNCLAx3QhLncTmSbZNGijm6mlGRlAxc6tYc="),
              (Error{Errc::bad_field, "note text"}));
    EXPECT_EQ(checkpoint_error("\n7\n" + root_line), (Error{Errc::bad_field, "origin"}));
}

const VerifierKey witness_key = test::vkey(golden::witness_vkey);

TEST(Cosignature, IsWhatTorchwoodMakes) {
    const auto line = test::golden_cosigner().cosign(golden::checkpoint_text, test::at(golden::cosigned_at));
    ASSERT_TRUE(line);
    EXPECT_EQ(to_text(std::span{&*line, 1}), golden::cosignature_line);
    EXPECT_EQ(*cosignature_time(line->signature), test::at(golden::cosigned_at));
}

TEST(Cosignature, VerifiesThoseOfTorchwood) {
    const auto note = note_from_text(golden::cosigned());
    ASSERT_TRUE(note);
    const std::vector keys{test::vkey(golden::log_vkey), witness_key};
    EXPECT_EQ(*verify(*note, keys), (std::vector<Match>{{0, 0}, {1, 1}}));
}

TEST(Cosignature, CoversExtensions) {
    const std::string text = std::string{golden::checkpoint_text}.append("an extension\n");
    const auto line = test::golden_cosigner().cosign(text, test::at(golden::cosigned_at));
    ASSERT_TRUE(line);
    EXPECT_EQ(to_text(std::span{&*line, 1}), golden::extended_line);
    const Note without{std::string{golden::checkpoint_text}, {*line}};
    EXPECT_EQ(verify(without, std::span{&witness_key, 1}).error(), (Error{Errc::crypto, "signature"}));
}

TEST(Cosignature, CoversTheTime) {
    auto note = *note_from_text(golden::cosigned());
    note.signatures[1].signature[7] ^= std::byte{1};
    EXPECT_EQ(verify(note, std::span{&witness_key, 1}).error(), (Error{Errc::crypto, "signature"}));
    note.signatures[1].signature[0] ^= std::byte{0x80};  // beyond 2^63 - 1
    EXPECT_EQ(verify(note, std::span{&witness_key, 1}).error(), (Error{Errc::bad_field, "cosignature time"}));
    for (const auto size : {1U, 8U, 64U, 71U, 73U}) {
        note.signatures[1].signature.resize(size);
        EXPECT_EQ(verify(note, std::span{&witness_key, 1}).error(), (Error{Errc::bad_field, "cosignature"}))
            << size;
    }
}

TEST(Cosignature, IsNotALogsSignature) {
    // The same key in both roles: neither signature passes for the other.
    const auto as_log = test::signer("a", 1);
    const auto as_witness = test::cosigner("a", 1);
    const std::string text{golden::checkpoint_text};
    auto log_line = *as_log.sign(text);
    log_line.id = as_witness.verifier().id();
    log_line.signature.insert(log_line.signature.begin(), 8, std::byte{0});
    EXPECT_FALSE(verify(Note{text, {log_line}}, std::span{&as_witness.verifier(), 1}));
    auto cosignature = *as_witness.cosign(text, test::at(1));
    cosignature.id = as_log.verifier().id();
    cosignature.signature.erase(cosignature.signature.begin(), cosignature.signature.begin() + 8);
    EXPECT_FALSE(verify(Note{text, {cosignature}}, std::span{&as_log.verifier(), 1}));
}

TEST(Cosignature, IsMadeOnlyOfCheckpointsAndRealTimes) {
    const auto cosigner = test::golden_cosigner();
    EXPECT_EQ(cosigner.cosign("text\n", test::at(1)).error(), (Error{Errc::truncated, "checkpoint"}));
    for (const auto seconds : {0LL, -1LL})
        EXPECT_EQ(cosigner.cosign(golden::checkpoint_text, test::at(seconds)).error(),
                  (Error{Errc::bad_field, "cosignature time"}));
    // Signed by the witness' key, but not a checkpoint: not a cosignature.
    const std::string prose = "text\n";
    auto line = *cosigner.cosign(golden::checkpoint_text, test::at(1));
    EXPECT_EQ(verify(Note{prose, {line}}, std::span{&witness_key, 1}).error(),
              (Error{Errc::truncated, "checkpoint"}));
}

}  // namespace
}  // namespace busguard::tlog
