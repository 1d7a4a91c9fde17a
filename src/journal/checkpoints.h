#pragma once

#include "tlog/merkle.h"
#include "tlog/note.h"

/// What the journal asks of whoever has the log's key (note_checkpoints.h), which may be another process.
namespace busguard::journal {

class CheckpointReader {
public:
    CheckpointReader() = default;
    CheckpointReader(const CheckpointReader&) = delete;
    CheckpointReader& operator=(const CheckpointReader&) = delete;
    virtual ~CheckpointReader() = default;

    /// What a checkpoint says that this log signed. Errors: crypto when it did not, those of the format.
    virtual Result<tlog::TreeHead> read(ByteView note) = 0;
};

class CheckpointSigner {
public:
    CheckpointSigner() = default;
    CheckpointSigner(const CheckpointSigner&) = delete;
    CheckpointSigner& operator=(const CheckpointSigner&) = delete;
    virtual ~CheckpointSigner() = default;

    /// The whole checkpoint, text and signature (C2SP tlog-checkpoint). Errors: its own.
    virtual Result<Bytes> sign(const tlog::TreeHead& head) = 0;
};

inline constexpr std::size_t largest_checkpoint = tlog::largest_note;  ///< bytes

}  // namespace busguard::journal
