#pragma once

#include "store/database.h"
#include "tlog/merkle.h"

#include <chrono>
#include <optional>
#include <span>
#include <vector>

namespace busguard::journal {

/// What is appended.
struct Entry {
    ByteView bytes;  ///< at most tlog::largest_entry of them; may be none
    std::span<const tlog::TreeHash>
        blobs;  ///< what it refers to, and has to stay as long as it: Journal::put_blob
};

struct SignedHead {
    tlog::TreeHead head;
    Bytes note;  ///< the whole checkpoint

    friend bool operator==(const SignedHead&, const SignedHead&) = default;
};

/// Where the log stands. Each number only grows.
struct Standing {
    tlog::TreeHead tree;             ///< its tiles and bundles are durable
    std::optional<SignedHead> last;  ///< signed last; never larger than `tree`
    std::uint64_t minimum = 0;       ///< entries below need not be kept (tlog-tiles, "Pruning")
    std::uint64_t pruned = 0;        ///< bundles below are gone
    std::uint64_t swept = 0;  ///< of a tree of this size, the partial tiles whose full ones exist are gone
};

/// What the journal keeps in SQLite: entries until their bundle is full, where each entry is by its leaf
/// hash, and where the log stands. Each call that changes something is one transaction, durable when it
/// returns. Errors of all: store::Statement's. After one, the change may have been made or not.
class Ledger {
public:
    /// "" is in memory. Problems: store::Database::open's.
    static Checked<Ledger> open(const std::string& path);

    /// None: a new one.
    Result<std::optional<Standing>> standing();
    /// Of a log without entries.
    Result<void> begin(const tlog::TreeHead& empty);

    /// The index that the next entry gets; `tree` is the size of the standing's.
    Result<std::uint64_t> next(std::uint64_t tree);
    /// Entries from index `first` on, with their leaf hashes, at a time.
    Result<void> add(std::uint64_t first, std::span<const Entry> entries,
                     std::span<const tlog::TreeHash> leaves, std::chrono::sys_seconds now);

    struct Row {
        std::uint64_t index = 0;
        tlog::TreeHash leaf{};
        Bytes entry;
    };
    /// Entries that are kept here with indices from `first` to before `end`, in order.
    Result<std::vector<Row>> rows(std::uint64_t first, std::uint64_t end);
    /// The first entry with a leaf hash.
    Result<std::optional<std::uint64_t>> find(const tlog::TreeHash& leaf);

    /// From one tree to the next, if it is that one still (compare and swap). The entries of full bundles are
    /// not kept any longer. Error: mismatch "tree" if it is another one.
    Result<void> advance(const tlog::TreeHead& from, const tlog::TreeHead& to);
    Result<void> keep(const SignedHead& last);

    /// The first entry of the first batch at this time or later; none if there is no such batch.
    Result<std::optional<std::uint64_t>> first_since(std::chrono::sys_seconds time);
    Result<void> set_minimum(std::uint64_t minimum);
    Result<void> set_swept(std::uint64_t size);
    Result<void> set_pruned(std::uint64_t minimum);
    /// Some of the blobs to which no entry from `minimum` on refers; none: there are no more.
    Result<std::vector<tlog::TreeHash>> unused_blobs(std::uint64_t minimum);
    Result<void> forget_blobs(std::span<const tlog::TreeHash> blobs);

private:
    explicit Ledger(store::Database database);
    static Result<void> set(store::Statement& statement, std::uint64_t value);
    static Result<std::optional<std::uint64_t>> number(store::Statement& statement);

    store::Database database_;
    store::Statement select_state_, insert_state_, last_index_, insert_entry_, insert_leaf_, insert_batch_,
        upsert_blob_, select_rows_, find_leaf_, advance_, drop_entries_, keep_, first_since_, set_minimum_,
        set_swept_, set_pruned_, drop_batches_, unused_blobs_, drop_blob_;
};

}  // namespace busguard::journal
