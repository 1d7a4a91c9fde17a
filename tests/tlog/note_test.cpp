#include "tlog/note.h"

#include "base/hex.h"
#include "tests/tlog/golden_notes.h"
#include "tests/tlog/note_support.h"

#include <gtest/gtest.h>

namespace busguard::tlog {
namespace {

const VerifierKey log_key = test::vkey(golden::log_vkey);
const std::string prose = golden::note(golden::prose_text, golden::prose_line);

Error note_error(std::string_view text) {
    const auto note = note_from_text(text);
    return note ? Error{} : note.error();
}

/// `count` lines by as many keys.
std::string lines_of(std::size_t count, std::size_t bytes) {
    std::vector<SignatureLine> lines;
    for (std::size_t n = 0; n < count; ++n)
        lines.push_back({"k" + std::to_string(n), static_cast<std::uint32_t>(n), Bytes(bytes, std::byte{1})});
    return to_text(lines);
}

TEST(Note, ReadsWhatGoWroteAndVerifiesIt) {
    const auto note = note_from_text(prose);
    ASSERT_TRUE(note);
    EXPECT_EQ(note->text, golden::prose_text);
    ASSERT_EQ(note->signatures.size(), 1U);
    EXPECT_EQ(note->signatures[0].name, golden::log_name);
    EXPECT_EQ(note->signatures[0].id, 0xd455c521U);
    EXPECT_EQ(note->signatures[0].signature.size(), 64U);
    EXPECT_EQ(to_text(*note), prose);
    const auto matches = verify(*note, std::span{&log_key, 1});
    ASSERT_TRUE(matches);
    EXPECT_EQ(*matches, (std::vector<Match>{{0, 0}}));
}

TEST(Note, SignsAsGoSigns) {
    const auto line = test::golden_signer().sign(golden::prose_text);
    ASSERT_TRUE(line);
    EXPECT_EQ(to_text(std::span{&*line, 1}), golden::prose_line);
    const auto far = NoteSigner::from_skey(golden::far_skey)->sign("x\n");
    ASSERT_TRUE(far);
    EXPECT_EQ(to_text(Note{"x\n", {*far}}), golden::far_note);
}

TEST(Note, TheLastEmptyLineSeparates) {
    const auto note = note_from_text(std::string{"a\n\n\u2014 b AAAAAAE=\n\n\n"}.append(golden::prose_line));
    ASSERT_TRUE(note);
    EXPECT_EQ(note->text, "a\n\n\u2014 b AAAAAAE=\n\n");
    EXPECT_EQ(note_from_text(std::string{"\n\n"}.append(golden::prose_line))->text, "\n");
}

TEST(Note, RefusesWhatIsNoNote) {
    const std::string line{golden::prose_line};
    const Error no_gap{Errc::truncated, "note"};
    EXPECT_EQ(note_error(""), no_gap);
    EXPECT_EQ(note_error("a\n"), no_gap);
    EXPECT_EQ(note_error("a\n" + line), no_gap);
    EXPECT_EQ(note_error("\n" + line), no_gap);  // a text ends in LF of its own
    const Error no_line{Errc::truncated, "signature line"};
    EXPECT_EQ(note_error("a\n\n"), no_line);
    EXPECT_EQ(note_error("a\n\n" + line + "\n"), no_line);
    EXPECT_EQ(note_error("a\n\n" + line + line.substr(0, line.size() - 1)), no_line);
}

TEST(Note, RefusesCharactersThatANoteMayNotHave) {
    const std::string rest = std::string{"\n\n"}.append(golden::prose_line);
    const Error bad{Errc::bad_field, "note text"};
    for (const auto* text : {"a\r", "a\tb", "\x01", "\x1f", "\xff", "\xc0\x80", "\xe2\x80", "\xed\xbf\xbf"})
        EXPECT_EQ(note_error(text + rest), bad) << text;
    EXPECT_EQ(note_error(std::string{"a\0b", 3} + rest), bad);
    EXPECT_TRUE(
        note_from_text("\x7f \u0085 \u00e4 \U0001f336" + rest));  // only those below U+0020 are forbidden
}

TEST(Note, RefusesMalformedSignatureLines) {
    const std::string dash = "\u2014 ";
    const Error bad{Errc::bad_field, "signature line"};
    for (const auto& line :
         {std::string{"- a AAAAAAE="}, dash + "a", dash, std::string{"\u2014a AAAAAAE="}, dash + "a ",
          dash + "a AAAAAA==", dash + "a AAAAAAE", dash + "a AAAAAAF=", dash + "a AAAAAAE= ",
          dash + "a  AAAAAAE=", dash + "a AAAA AAE=", dash + "a AAAA-_E=", std::string{"x"}})
        EXPECT_EQ(note_error("t\n\n" + line + "\n"), bad) << line;
    const Error bad_name{Errc::bad_field, "key name"};
    for (const auto* name : {"", "a+b", "a\u00a0b", "a\tb", "\xff"})
        EXPECT_EQ(note_error("t\n\n" + dash + name + " AAAAAAE=\n"), bad_name) << name;
    EXPECT_EQ(note_error("t\n\n" + dash + std::string(longest_key_name + 1, 'a') + " AAAAAAE=\n"), bad_name);
    EXPECT_TRUE(note_from_text("t\n\n" + dash + "a AAAAAAE=\n"));
}

TEST(Note, HasBounds) {
    EXPECT_TRUE(note_from_text("t\n\n" + lines_of(16, 5000)));  // "at least up to 16", "up to nearly 5kB"
    EXPECT_TRUE(note_from_text("t\n\n" + lines_of(most_signatures, 72)));
    EXPECT_EQ(note_error("t\n\n" + lines_of(most_signatures + 1, 72)),
              (Error{Errc::too_large, "signatures"}));

    const auto line = lines_of(1, 64);
    const std::string most(largest_note - line.size() - 2, 'a');
    EXPECT_TRUE(note_from_text(most + "\n\n" + line));
    EXPECT_EQ(note_error(most + "a\n\n" + line), (Error{Errc::too_large, "note"}));
    EXPECT_EQ(signatures_from_text(std::string(largest_note + 1, 'a')).error(),
              (Error{Errc::too_large, "signatures"}));
}

TEST(NoteVerification, IgnoresKeysThatShareOnlyNameOrId) {
    auto note = *note_from_text(prose);
    const Error none{Errc::not_found, "known signature"};
    EXPECT_EQ(verify(note, {}).error(), none);
    const auto namesake = test::signer("example.com/log", 9).verifier();
    EXPECT_EQ(verify(note, std::span{&namesake, 1}).error(), none);
    note.signatures[0].name = "example.com/other";
    EXPECT_EQ(verify(note, std::span{&log_key, 1}).error(), none);
}

TEST(NoteVerification, FindsTheKnownAmongTheUnknown) {
    const auto a = test::signer("a", 1);
    const auto b = test::signer("b", 2);
    Note note{.text = "text\n"};
    note.signatures = {{"c", 7, Bytes(64)}, *b.sign(note.text), {"b", 7, Bytes(64)}, *a.sign(note.text)};
    const std::vector known{a.verifier(), b.verifier()};
    EXPECT_EQ(*verify(note, known), (std::vector<Match>{{1, 1}, {3, 0}}));
}

TEST(NoteVerification, RefusesTheNoteForOneBadSignatureOfAKnownKey) {
    const auto a = test::signer("a", 1);
    const auto b = test::signer("b", 2);
    const std::vector known{a.verifier(), b.verifier()};
    Note note{.text = "text\n"};
    note.signatures = {*a.sign("text\n"), *b.sign("other text\n")};
    EXPECT_EQ(verify(note, known).error(), (Error{Errc::crypto, "signature"}));
    EXPECT_TRUE(verify(note, std::span{known}.first(1)));

    note.signatures = {*a.sign("text\n"), *a.sign("other text\n")};  // the second one counts as much
    EXPECT_EQ(verify(note, known).error(), (Error{Errc::crypto, "signature"}));
    for (const auto size : {1U, 63U, 65U, 72U}) {
        note.signatures = {*a.sign("text\n")};
        note.signatures[0].signature.resize(size);
        EXPECT_EQ(verify(note, known).error(), (Error{Errc::bad_field, "signature"})) << size;
    }
}

TEST(NoteVerification, NoChangedByteOfTheTextPasses) {
    const auto note = *note_from_text(prose);
    for (std::size_t n = 0; n < note.text.size(); ++n) {
        auto changed = note;
        changed.text[n] = static_cast<char>(changed.text[n] ^ 1);
        EXPECT_EQ(verify(changed, std::span{&log_key, 1}).error(), (Error{Errc::crypto, "signature"})) << n;
    }
}

TEST(NoteSigner, SignsNothingThatIsNoText) {
    const auto signer = test::golden_signer();
    for (const auto* text : {"", "a", "a\r\n", "\xff\n"})
        EXPECT_EQ(signer.sign(text).error(), (Error{Errc::bad_field, "note text"})) << text;
    EXPECT_EQ(signer.sign(std::string(largest_note, 'a') + "\n").error(), (Error{Errc::too_large, "note"}));
}

}  // namespace
}  // namespace busguard::tlog
