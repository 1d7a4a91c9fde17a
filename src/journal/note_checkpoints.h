#pragma once

#include "base/problem.h"
#include "base/seams.h"
#include "host/durable_files.h"
#include "journal/checkpoints.h"
#include "tlog/checkpoint.h"
#include "tlog/cosignature.h"
#include "tlog/note_signer.h"

#include <optional>
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
/// one that is no log's key, no key at all; `where` is as given. Keys of a type that is not supported here
/// (ML-DSA-44, where OpenSSL has none) are passed over: they can vouch for nothing.
/// What was passed over so is put behind `unusable`, if any: the lines, with their ends.
Checked<std::vector<tlog::VerifierKey>> vkeys_from_text(std::string_view text, const std::string& where,
                                                        std::string* unusable = nullptr);

/// One a line.
std::string to_text(std::span<const tlog::VerifierKey> vkeys);

/// All keys that a log ever had, and the file that says so.
struct LogsKeys {
    std::vector<tlog::VerifierKey> usable;
    std::string text;  ///< of the file beside the log: also those that cannot be used here
};
/// Those beside it first, then the one that signs a `second` line, if any, and `own`, which signs now, last.
/// Problems: those of vkeys_from_text.
Checked<LogsKeys> vkeys_beside(host::DurableFiles& files, const tlog::VerifierKey& own,
                               const tlog::VerifierKey* second = nullptr);

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
    /// Signs a second line as well, as a cosigner of the log's name does (C2SP tlog-checkpoint: by
    /// ML-DSA-44). Not while `clock`, which outlives this, shows 1970-01-01: such a line could not say when.
    /// Nothing: as above.
    NoteCheckpointSigner(tlog::NoteSigner signer, std::optional<tlog::Cosigner> second, const Clock& clock)
        : signer_{std::move(signer)}, second_{std::move(second)}, clock_{&clock} {}

    /// Errors: those of tlog::sign and tlog::Cosigner::cosign.
    Result<Bytes> sign(const tlog::TreeHead& head) override;

private:
    tlog::NoteSigner signer_;
    std::optional<tlog::Cosigner> second_;
    const Clock* clock_ = nullptr;
};

}  // namespace busguard::journal
