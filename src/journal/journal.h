#pragma once

#include "base/problem.h"
#include "journal/checkpoints.h"
#include "journal/ledger.h"
#include "journal/shelf.h"
#include "tlog/tile_edge.h"

#include <memory>

/// The transparency log of one machine: entries that are durable once appended, and a published tree over
/// them that only ever grows.
///
///     append            entries and their indices, durable                         SQLite
///     integrate         bundles and tiles, durable; then the tree of that size     files; SQLite
///     sign              a checkpoint of it, kept before anybody sees it            SQLite
///     publish           the checkpoint in its place                                file
///
/// Whatever interrupts it, and wherever: what was acknowledged is there, what a published checkpoint tells of
/// is there, and no size is signed with two roots. It has one thread and no clock; how long entries wait to
/// be published is the caller's choice.
namespace busguard::journal {

inline constexpr std::size_t largest_blob = std::size_t{16} << 20U;  ///< bytes

class Journal {
public:
    /// Opens or begins a log. `database` is a file that nobody else may read or write, `files` the folder
    /// that is published; a backup has to hold both as of one moment. All but the string outlive the journal.
    ///
    /// Refuses to run behind or against what it signed or published before: a database or files that were
    /// restored from a backup, tiles that do not give the root that was signed. Puts the checkpoint in its
    /// place if a crash kept it from there. Problems: those, store::Database::open's, what the system says.
    static Checked<std::unique_ptr<Journal>> open(const std::string& database, host::DurableFiles& files,
                                                  CheckpointSigner& signer, CheckpointReader& reader);

    /// All of them or none, in this order, durable when it returns: the index of the first, those of the
    /// others follow. Errors: too_large "entry" for one above tlog::largest_entry, not_found "blob" for one
    /// that refers to a blob that is not there; then nothing was written. Others: the entries may be there or
    /// not, and nobody has been told of their indices.
    Result<std::uint64_t> append(std::span<const Entry> entries, std::chrono::sys_seconds now);

    /// Brings all entries into the tree. Errors: mismatch for entries or files that are not what they were.
    Result<tlog::TreeHead> integrate();
    /// The checkpoint of the integrated tree, the same one when it was signed before. Errors: the signer's;
    /// mismatch "checkpoint" for one that does not say what was to be signed; what tlog::verify_consistency
    /// says if the tree does not hold the one that was signed before.
    Result<Bytes> sign();
    /// Both, and puts the checkpoint in its place.
    Result<tlog::TreeHead> publish();

    const tlog::TreeHead& tree() const { return standing_.tree; }  ///< that is integrated
    const std::optional<SignedHead>& last_signed() const { return standing_.last; }
    std::uint64_t minimum() const { return standing_.minimum; }

    /// Does the log hold this tree, of which a witness or a monitor knows? Errors: unexpected "tree size" if
    /// it is ahead of the integrated one (then this log is a restored backup); mismatch "root" if it is
    /// another.
    Result<void> check_against(const tlog::TreeHead& known);

    /// Error: not_found "entry" for one that is not there yet, or below minimum().
    Result<Bytes> entry(std::uint64_t index);
    /// The first entry with this leaf hash; it need not be in the tree yet.
    Result<std::optional<std::uint64_t>> find(const tlog::TreeHash& leaf) { return ledger_.find(leaf); }
    /// In trees up to the integrated one. Errors: bad_field "index" or "size".
    Result<std::vector<tlog::TreeHash>> prove_inclusion(std::uint64_t index, std::uint64_t size);
    Result<std::vector<tlog::TreeHash>> prove_consistency(std::uint64_t older, std::uint64_t newer);

    /// Keeps bytes that are too large for an entry, or that many entries share: certificate chains,
    /// transcripts. Each is the file "blob/SHA-256 in hex"; durable when it returns. Their names, which
    /// entries refer to. A damaged one is written anew: its name tells its bytes. One that no entry ever
    /// referred to stays for good. Error: too_large "blob".
    Result<std::vector<tlog::TreeHash>> put_blobs(std::span<const ByteView> blobs);
    Result<tlog::TreeHash> put_blob(ByteView bytes);
    /// Errors: not_found; mismatch "blob" if its bytes are not those of its name.
    Result<Bytes> blob(const tlog::TreeHash& name);

    /// The first entry that was appended at this time or later; the next one to come if there is none.
    Result<std::uint64_t> first_since(std::chrono::sys_seconds time);
    /// Entries below `minimum`, and what only they refer to, need not be kept: whole bundles go, the tree
    /// stays. Error: bad_field "minimum index" if it is below the one in force, or above the published tree.
    Result<void> prune(std::uint64_t minimum);
    /// Removes what is not needed any longer: partial tiles whose full one is there, and what was pruned.
    /// After an error it goes on where it stopped, the next time.
    Result<void> tidy();

private:
    Journal(Ledger ledger, host::DurableFiles& files, CheckpointSigner& signer, CheckpointReader& reader);

    Checked<void> take_up(const std::string& database);
    Checked<void> begin(const std::string& database);
    Checked<void> check_tree(const std::string& database);
    Checked<void> check_entries(const std::string& database);
    Checked<void> check_published();

    Result<void> put_tiles(std::span<const tlog::Tile> tiles);
    Result<void> put_bundle(tlog::TileEdge& edge, std::uint64_t end);
    Result<void> sweep();
    Result<void> drop_bundles();
    Result<void> drop_blobs();

    Ledger ledger_;
    Shelf shelf_;
    CheckpointSigner& signer_;
    CheckpointReader& reader_;
    Standing standing_;
    tlog::TileEdge edge_;      // of the integrated tree
    tlog::TileReader hashes_;  // of the same
};

/// Where the checkpoint stands, which only the journal writes.
inline constexpr std::string_view checkpoint_path = "checkpoint";
/// Beside it, the newest that a quorum of witnesses cosigned, which only `busguard log cosign` writes: a log
/// that grows would otherwise show a checkpoint that nobody has cosigned yet most of the time.
inline constexpr std::string_view cosigned_path = "checkpoint.cosigned";
std::string blob_path(const tlog::TreeHash& name);

}  // namespace busguard::journal
