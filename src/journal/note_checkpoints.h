#pragma once

#include "journal/checkpoints.h"
#include "tlog/note_signer.h"

#include <string>

namespace busguard::journal {

/// Checkpoints as signed notes whose key has the log's name, its origin (C2SP tlog-checkpoint; some verifiers
/// insist on that).
class NoteReader final : public CheckpointReader {
public:
    explicit NoteReader(tlog::VerifierKey key) : key_{std::move(key)} {}

    /// Lines of other signers are passed over. Errors: those of tlog::note_from_text, tlog::verify and
    /// tlog::checkpoint_from_text; mismatch "origin" for another log's.
    Result<tlog::TreeHead> read(ByteView note) override;

private:
    tlog::VerifierKey key_;
};

class NoteCheckpointSigner final : public CheckpointSigner {
public:
    explicit NoteCheckpointSigner(tlog::NoteSigner signer) : signer_{std::move(signer)} {}

    /// Errors: those of tlog::sign.
    Result<Bytes> sign(const tlog::TreeHead& head) override;

private:
    tlog::NoteSigner signer_;
};

}  // namespace busguard::journal
