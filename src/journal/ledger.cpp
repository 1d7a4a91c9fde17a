#include "journal/ledger.h"

#include <algorithm>

namespace busguard::journal {
namespace {

constexpr int version = 1;
// An entry stands in `entry` until its bundle of 256 is full and durable as a file; `leaf` stays.
constexpr std::string_view schema = R"(
CREATE TABLE state (id INTEGER PRIMARY KEY CHECK (id = 0), size INTEGER NOT NULL, root BLOB NOT NULL,
    signed_size INTEGER NOT NULL, signed_root BLOB NOT NULL, note BLOB NOT NULL,
    minimum INTEGER NOT NULL, pruned INTEGER NOT NULL, swept INTEGER NOT NULL) STRICT;
CREATE TABLE entry (number INTEGER PRIMARY KEY, leaf BLOB NOT NULL, bytes BLOB NOT NULL) STRICT;
CREATE TABLE leaf (hash BLOB NOT NULL, number INTEGER NOT NULL, PRIMARY KEY (hash, number)) STRICT, WITHOUT ROWID;
CREATE TABLE batch (first INTEGER PRIMARY KEY, time INTEGER NOT NULL) STRICT;
CREATE TABLE blob (hash BLOB PRIMARY KEY, last INTEGER NOT NULL) STRICT, WITHOUT ROWID;
CREATE INDEX blob_by_last ON blob (last)
)";

// Numbers of entries: below 2^63, as no machine will ever count that far.
std::int64_t number_of(std::uint64_t value) { return static_cast<std::int64_t>(value); }
std::uint64_t index_of(std::int64_t value) { return static_cast<std::uint64_t>(value); }

Result<tlog::TreeHash> hash_of(ByteView bytes) {
    tlog::TreeHash hash{};
    if (bytes.size() != hash.size()) return fail(Errc::bad_field, "hash");
    std::ranges::copy(bytes, hash.begin());
    return hash;
}

}  // namespace

Ledger::Ledger(store::Database database)
    : database_{std::move(database)},
      select_state_{database_.prepare("SELECT size, root, signed_size, signed_root, note, minimum, pruned, "
                                      "swept FROM state WHERE id = 0")},
      insert_state_{database_.prepare("INSERT INTO state VALUES (0, ?1, ?2, 0, x'', x'', 0, 0, 0)")},
      // SQLite would read the whole table for max() with a HAVING that tells of no rows.
      last_index_{database_.prepare("SELECT number FROM entry ORDER BY number DESC LIMIT 1")},
      insert_entry_{database_.prepare("INSERT INTO entry VALUES (?1, ?2, ?3)")},
      insert_leaf_{database_.prepare("INSERT INTO leaf VALUES (?1, ?2)")},
      insert_batch_{database_.prepare("INSERT INTO batch VALUES (?1, ?2)")},
      upsert_blob_{database_.prepare(
          "INSERT INTO blob VALUES (?1, ?2) ON CONFLICT (hash) DO UPDATE SET last = excluded.last")},
      select_rows_{database_.prepare(
          "SELECT number, leaf, bytes FROM entry WHERE number >= ?1 AND number < ?2 ORDER BY number")},
      find_leaf_{database_.prepare("SELECT number FROM leaf WHERE hash = ?1 ORDER BY number LIMIT 1")},
      advance_{database_.prepare(
          "UPDATE state SET size = ?1, root = ?2 WHERE size = ?3 AND root = ?4 RETURNING 1")},
      drop_entries_{database_.prepare("DELETE FROM entry WHERE number < ?1")},
      keep_{database_.prepare("UPDATE state SET signed_size = ?1, signed_root = ?2, note = ?3")},
      first_since_{database_.prepare("SELECT first FROM batch WHERE time >= ?1 ORDER BY first LIMIT 1")},
      set_minimum_{database_.prepare("UPDATE state SET minimum = ?1")},
      set_swept_{database_.prepare("UPDATE state SET swept = ?1")},
      set_pruned_{database_.prepare("UPDATE state SET pruned = ?1")},
      drop_batches_{database_.prepare(
          "DELETE FROM batch WHERE first < (SELECT max(first) FROM batch WHERE first <= ?1)")},
      unused_blobs_{database_.prepare("SELECT hash FROM blob WHERE last < ?1 ORDER BY last LIMIT 256")},
      drop_blob_{database_.prepare("DELETE FROM blob WHERE hash = ?1")} {}

Checked<Ledger> Ledger::open(const std::string& path) {
    return Ledger{TRY(store::Database::open(path, version, schema))};
}

Result<std::optional<Standing>> Ledger::standing() {
    std::optional<Standing> found;
    auto& row = select_state_;
    while (TRY(row.step())) {
        auto& its = found.emplace();
        its.tree = {index_of(row.integer(0)), TRY(hash_of(row.bytes(1)))};
        if (!row.bytes(4).empty())
            its.last = {{index_of(row.integer(2)), TRY(hash_of(row.bytes(3)))}, to_bytes(row.bytes(4))};
        its.minimum = index_of(row.integer(5));
        its.pruned = index_of(row.integer(6));
        its.swept = index_of(row.integer(7));
    }
    return found;
}

Result<void> Ledger::begin(const tlog::TreeHead& empty) {
    return insert_state_.bind(1, number_of(empty.size)).bind(2, empty.root).run();
}

Result<std::optional<std::uint64_t>> Ledger::number(store::Statement& statement) {
    std::optional<std::uint64_t> found;
    while (TRY(statement.step())) found = index_of(statement.integer(0));
    return found;
}

Result<std::uint64_t> Ledger::next(std::uint64_t tree) {
    const auto last = TRY(number(last_index_));
    return last ? *last + 1 : tree;
}

Result<void> Ledger::add(std::uint64_t first, std::span<const Entry> entries,
                         std::span<const tlog::TreeHash> leaves, std::chrono::sys_seconds now) {
    auto transaction = TRY(store::Transaction::begin(database_));
    TRY(insert_batch_.bind(1, number_of(first)).bind(2, std::int64_t{now.time_since_epoch().count()}).run());
    for (std::size_t n = 0; n < entries.size(); ++n) {
        const auto index = number_of(first + n);
        TRY(insert_entry_.bind(1, index).bind(2, leaves[n]).bind(3, entries[n].bytes).run());
        TRY(insert_leaf_.bind(1, leaves[n]).bind(2, index).run());
        for (const auto& blob : entries[n].blobs) TRY(upsert_blob_.bind(1, blob).bind(2, index).run());
    }
    return transaction.commit();
}

Result<std::vector<Ledger::Row>> Ledger::rows(std::uint64_t first, std::uint64_t end) {
    std::vector<Row> rows;
    auto& row = select_rows_.bind(1, number_of(first)).bind(2, number_of(end));
    while (TRY(row.step()))
        rows.push_back({index_of(row.integer(0)), TRY(hash_of(row.bytes(1))), to_bytes(row.bytes(2))});
    return rows;
}

Result<std::optional<std::uint64_t>> Ledger::find(const tlog::TreeHash& leaf) {
    return number(find_leaf_.bind(1, leaf));
}

Result<void> Ledger::advance(const tlog::TreeHead& from, const tlog::TreeHead& to) {
    auto transaction = TRY(store::Transaction::begin(database_));
    advance_.bind(1, number_of(to.size)).bind(2, to.root).bind(3, number_of(from.size)).bind(4, from.root);
    if (!TRY(number(advance_))) return fail(Errc::mismatch, "tree");
    TRY(drop_entries_.bind(1, number_of(to.size / 256 * 256)).run());
    return transaction.commit();
}

Result<void> Ledger::keep(const SignedHead& last) {
    return keep_.bind(1, number_of(last.head.size)).bind(2, last.head.root).bind(3, last.note).run();
}

Result<std::optional<std::uint64_t>> Ledger::first_since(std::chrono::sys_seconds time) {
    return number(first_since_.bind(1, std::int64_t{time.time_since_epoch().count()}));
}

Result<void> Ledger::set(store::Statement& statement, std::uint64_t value) {
    return statement.bind(1, number_of(value)).run();
}

Result<void> Ledger::set_minimum(std::uint64_t minimum) { return set(set_minimum_, minimum); }
Result<void> Ledger::set_swept(std::uint64_t size) { return set(set_swept_, size); }

Result<void> Ledger::set_pruned(std::uint64_t minimum) {
    auto transaction = TRY(store::Transaction::begin(database_));
    TRY(set(set_pruned_, minimum));
    TRY(set(drop_batches_, minimum));
    return transaction.commit();
}

Result<std::vector<tlog::TreeHash>> Ledger::unused_blobs(std::uint64_t minimum) {
    std::vector<tlog::TreeHash> blobs;
    auto& row = unused_blobs_.bind(1, number_of(minimum));
    while (TRY(row.step())) blobs.push_back(TRY(hash_of(row.bytes(0))));
    return blobs;
}

Result<void> Ledger::forget_blobs(std::span<const tlog::TreeHash> blobs) {
    auto transaction = TRY(store::Transaction::begin(database_));
    for (const auto& blob : blobs) TRY(drop_blob_.bind(1, blob).run());
    return transaction.commit();
}

}  // namespace busguard::journal
