#include "journal/note_checkpoints.h"

#include "tlog/checkpoint.h"

namespace busguard::journal {

Result<tlog::TreeHead> NoteReader::read(ByteView bytes) {
    const auto note = TRY(tlog::note_from_text(as_text(bytes)));
    TRY(tlog::verify(note, {&key_, 1}));
    auto checkpoint = TRY(tlog::checkpoint_from_text(note.text));
    if (checkpoint.origin != key_.name()) return fail(Errc::mismatch, "origin");
    return checkpoint.head;
}

Result<Bytes> NoteCheckpointSigner::sign(const tlog::TreeHead& head) {
    const auto note = TRY(tlog::sign({.origin = signer_.verifier().name(), .head = head}, signer_));
    return to_bytes(as_bytes(tlog::to_text(note)));
}

}  // namespace busguard::journal
