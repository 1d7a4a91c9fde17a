#pragma once

#include "base/result.h"
#include "tlog/merkle.h"
#include "tlog/note.h"
#include "tlog/note_signer.h"

#include <string>
#include <string_view>
#include <vector>

namespace busguard::tlog {

/// The head of a log (C2SP tlog-checkpoint): the text of the note that a log signs. Its lines are the origin,
/// the size in decimal and the root in base64; then extensions, if any.
struct Checkpoint {
    std::string origin;  ///< which log; one line, not empty, of any form
    TreeHead head;       ///< the size at most 2^63 - 1
    std::vector<std::string>
        extensions;  ///< lines without their LF, none of them empty; nobody vouches for them

    friend bool operator==(const Checkpoint&, const Checkpoint&) = default;
};

/// The text of a note, without signatures. Errors: as check_note_text; truncated "checkpoint" for fewer than
/// three lines; bad_field "origin", "tree size", "root hash" or "extension line".
Result<Checkpoint> checkpoint_from_text(std::string_view text);
/// The three lines. Extensions are never written: ML-DSA-44 cosignatures do not cover them.
std::string to_text(const Checkpoint& checkpoint);

/// The note of a checkpoint with the log's own signature. Errors: mismatch "origin" if it is not the signer's
/// name (which some verifiers insist on); bad_field "tree size"; crypto.
Result<Note> sign(const Checkpoint& checkpoint, const NoteSigner& signer);

}  // namespace busguard::tlog
