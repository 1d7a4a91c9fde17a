#pragma once

#include "base/bytes.h"
#include "base/result.h"
#include "tlog/note_key.h"

#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

/// Signed notes (C2SP signed-note): a text, an empty line, and lines of signatures.
namespace busguard::tlog {

inline constexpr std::size_t largest_note = 256UL * 1024;  ///< bytes, signatures included
inline constexpr std::size_t most_signatures = 64;         ///< of a note; verifiers must take 16

/// "— NAME BASE64" with an EM DASH; the base64 is of the key's ID (big endian) and the signature.
struct SignatureLine {
    std::string name;
    std::uint32_t id = 0;
    Bytes signature;  ///< at least one byte; what it means is up to the key's type

    friend bool operator==(const SignatureLine&, const SignatureLine&) = default;
};

/// A note as it was read: nothing in it is known to be true before verify().
struct Note {
    std::string text;  ///< what is signed: UTF-8, ends in LF
    std::vector<SignatureLine> signatures;

    friend bool operator==(const Note&, const Note&) = default;
};

/// Errors: too_large "note" or "signatures"; bad_field "note text" (not UTF-8, control characters, no line
/// before the empty one), "signature line" or "key name"; truncated "note" (no empty line), "signature line"
/// (none, or one without LF).
Result<Note> note_from_text(std::string_view text);
/// The reverse; what note_from_text gave comes out as it was.
std::string to_text(const Note& note);

/// Lines of signatures alone, as a witness answers them. Errors as above.
Result<std::vector<SignatureLine>> signatures_from_text(std::string_view text);
std::string to_text(std::span<const SignatureLine> signatures);

/// May it stand in a note? Errors: too_large "note"; bad_field "note text".
Result<void> check_note_text(std::string_view text);

/// Which key made which signature.
struct Match {
    std::size_t signature = 0;  ///< its place among the note's
    std::size_t key = 0;        ///< its place among those that were given

    friend bool operator==(const Match&, const Match&) = default;
};

/// The signatures by `known` keys, in the note's order; those of other keys are passed over. A signature
/// whose name and ID are those of a known key and that does not verify refuses the note. Errors: crypto
/// "signature" or bad_field "signature" for such a one; what cosignature_time says; not_found "known
/// signature" if there is none at all.
Result<std::vector<Match>> verify(const Note& note, std::span<const VerifierKey> known);

}  // namespace busguard::tlog
