#pragma once

#include "base/problem.h"
#include "host/durable_files.h"
#include "journal/checkpoints.h"
#include "tlog/checkpoint.h"
#include "tlog/note_signer.h"

#include <string>
#include <string_view>
#include <vector>

/// Checkpoints as signed notes whose key has the log's name, its origin (C2SP tlog-checkpoint; some verifiers
/// insist on that).
namespace busguard::journal {

/// Where the log's vkeys stand in its folder, one a line, the one that signs now last: a log that changed its
/// key has several (docs/log-entries.md, "new-key"). Whoever can write the log can write them too: they tell
/// a reader what to ask for, and not whom to trust.
inline constexpr std::string_view vkeys_path = "log.vkey";
inline constexpr std::size_t largest_vkeys = 64UL * 1024;  ///< bytes

/// One vkey a line; empty lines and those that begin with '#' are passed over. Problems: a line that is none,
/// one that is no log's key, no key at all; `where` is as given.
Checked<std::vector<tlog::VerifierKey>> vkeys_from_text(std::string_view text, const std::string& where);

/// One a line.
std::string to_text(std::span<const tlog::VerifierKey> vkeys);

/// All keys that a log ever had, those beside it first and `own`, which signs now, last. Problems: those of
/// vkeys_from_text.
Checked<std::vector<tlog::VerifierKey>> vkeys_beside(host::DurableFiles& files, const tlog::VerifierKey& own);

/// A checkpoint and the note that it came in, with all its signatures.
struct SignedCheckpoint {
    std::string note;
    tlog::Checkpoint checkpoint;
};

/// The checkpoint in a note that one of `keys` signed. Lines of other signers are passed over. Errors: those
/// of tlog::note_from_text, tlog::verify and tlog::checkpoint_from_text; mismatch "origin" if it is another
/// log's than that of any key that signed.
Result<tlog::Checkpoint> checkpoint_of(std::string_view note, std::span<const tlog::VerifierKey> keys);

class NoteReader final : public CheckpointReader {
public:
    explicit NoteReader(tlog::VerifierKey key) : keys_{std::move(key)} {}
    /// Any of them: a log that changed its key.
    explicit NoteReader(std::vector<tlog::VerifierKey> keys) : keys_{std::move(keys)} {}

    /// Errors: those of checkpoint_of.
    Result<tlog::TreeHead> read(ByteView note) override;

private:
    std::vector<tlog::VerifierKey> keys_;
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
