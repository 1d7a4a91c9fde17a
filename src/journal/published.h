#pragma once

#include "base/problem.h"
#include "host/durable_files.h"
#include "journal/journal.h"
#include "journal/note_checkpoints.h"

#include <optional>
#include <string>
#include <vector>

/// A published log as everybody can see it: files alone, of this machine or of a copy. No database, and
/// nothing is written.
namespace busguard::journal {

/// Entries that follow each other, all of them known to be in the tree.
struct EntryBundle {
    std::uint64_t first = 0;        ///< the index of the first
    Bytes bytes;                    ///< C2SP tlog-tiles, "Log entries"
    std::vector<ByteView> entries;  ///< views into it

    std::uint64_t end() const { return first + entries.size(); }
};

/// What a log holds at one checkpoint. Whatever it gives out has been verified up to the checkpoint's root,
/// so that nobody who changes the files can change an answer without its becoming an error. Errors of all:
/// not_found for files that are not there (pruned: entries and blobs), what the system says, and
///
///     mismatch "entry bundle"     entries are not those of the tiles
///     crypto "inclusion proof"    the tiles are not those of the root
///     truncated, trailing_bytes   files that are cut off or too long
class PublishedLog {
public:
    /// Reads the checkpoint, which one of `keys` has to have signed under the name that is its origin.
    /// `files` outlives it. Errors: those of tlog::verify and tlog::checkpoint_from_text; mismatch "origin".
    static Result<PublishedLog> open(host::DurableFiles& files, std::vector<tlog::VerifierKey> keys);

    const SignedCheckpoint& published() const { return published_; }
    /// The newest one that the log shows as cosigned by witnesses, of a tree that the checkpoint's holds; who
    /// cosigned it is for the caller to ask (tlog::trust_checkpoint). Errors: as open's for another log's;
    /// bad_field "size" if it is of a larger tree, mismatch "root" if it is of another history.
    Result<std::optional<SignedCheckpoint>> cosigned() const;
    const std::string& origin() const { return published_.checkpoint.origin; }
    const tlog::TreeHead& head() const { return published_.checkpoint.head; }
    const std::vector<tlog::VerifierKey>& keys() const { return keys_; }

    /// The entries of bundle `number` (of index / tlog::tile_width), those of a larger tree left out. Error:
    /// bad_field "index" if the tree has none of it.
    Result<EntryBundle> bundle(std::uint64_t number) const;
    /// Error: bad_field "index" unless index < size.
    Result<Bytes> entry(std::uint64_t index) const;
    /// The leaf hashes of bundle `number`, which stay when entries are pruned.
    Result<std::vector<tlog::TreeHash>> leaves(std::uint64_t number) const;
    /// The first entry with this leaf hash. It reads all tiles of level 0.
    Result<std::optional<std::uint64_t>> find(const tlog::TreeHash& leaf) const;
    /// The first entry that has not been pruned; the tree's size if none is there.
    Result<std::uint64_t> first_kept() const;

    /// Its bytes are those of its name. Error: mismatch "blob".
    Result<Bytes> blob(const tlog::TreeHash& name) const;
    /// The names of all of them, in hexadecimal, sorted.
    Result<std::vector<std::string>> blobs() const;

    /// In a tree of this log of `size` entries, up to the checkpoint's. It is verified only that the tiles
    /// give the checkpoint's root. Errors: bad_field "index" or "size".
    Result<std::vector<tlog::TreeHash>> prove_inclusion(std::uint64_t index, std::uint64_t size) const;
    Result<std::vector<tlog::TreeHash>> prove_consistency(std::uint64_t older, std::uint64_t newer) const;
    /// Does the log hold this tree? Errors: bad_field "size" if it is larger than the checkpoint's, mismatch
    /// "root" if it is of another history.
    Result<void> holds(const tlog::TreeHead& older) const;

private:
    PublishedLog(host::DurableFiles& files, std::vector<tlog::VerifierKey> keys)
        : files_{&files}, keys_{std::move(keys)} {}

    Result<void> check_tiles() const;

    host::DurableFiles* files_;
    std::vector<tlog::VerifierKey> keys_;
    SignedCheckpoint published_;
    std::optional<std::string> cosigned_;  // as it stands there
};

}  // namespace busguard::journal
