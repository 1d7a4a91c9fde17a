#include "daemon/durable_memory.h"

#include "evidence/bundle_file.h"

namespace busguard::daemon {
namespace {

constexpr int version = 1;
// An id is never given twice (AUTOINCREMENT): whoever was given one may keep it.
constexpr std::string_view schema = R"(
CREATE TABLE evidence (id INTEGER PRIMARY KEY AUTOINCREMENT, device TEXT NOT NULL, bundle TEXT NOT NULL) STRICT;
CREATE INDEX evidence_of_device ON evidence (device, id);
CREATE TABLE device (name TEXT PRIMARY KEY, identity TEXT NOT NULL, key TEXT NOT NULL, boot TEXT NOT NULL,
    let_in INTEGER NOT NULL, quarantine TEXT NOT NULL, override_before TEXT NOT NULL, once_tsm INTEGER NOT NULL, bound_before INTEGER NOT NULL) STRICT
)";

}  // namespace

DurableMemory::DurableMemory(store::Database database)
    : database_{std::move(database)},
      insert_evidence_{database_.prepare("INSERT INTO evidence (device, bundle) VALUES (?1, ?2)")},
      select_evidence_{database_.prepare("SELECT bundle FROM evidence WHERE id = ?1")},
      upsert_device_{
          database_.prepare("INSERT OR REPLACE INTO device VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9)")},
      select_devices_{
          database_.prepare("SELECT name, identity, key, boot, let_in, quarantine, override_before, "
                            "once_tsm, bound_before FROM device ORDER BY name")} {}

Checked<std::unique_ptr<DurableMemory>> DurableMemory::open(const std::string& path) {
    auto database = TRY(store::Database::open(path, version, schema));
    return std::unique_ptr<DurableMemory>{new DurableMemory(std::move(database))};
}

Result<std::vector<std::int64_t>> DurableMemory::keep(std::span<const evidence::Bundle* const> bundles) {
    std::vector<std::int64_t> ids;
    if (bundles.empty()) return ids;
    auto transaction = TRY(store::Transaction::begin(database_));
    for (const auto* bundle : bundles) {
        const auto text = evidence::to_json(*bundle);
        TRY(insert_evidence_.bind(1, bundle->circumstances.device).bind(2, text).run());
        ids.push_back(database_.last_id());
    }
    TRY(transaction.commit());
    return ids;
}

Result<evidence::Bundle> DurableMemory::evidence(std::int64_t id) {
    if (!TRY(select_evidence_.bind(1, id).step())) return fail(Errc::not_found, "evidence");
    auto bundle = evidence::bundle_from_json(select_evidence_.text(0), "the store");
    (void)select_evidence_.step();  // to its end
    if (!bundle) return fail(Errc::bad_field, "evidence");
    return *std::move(bundle);
}

Result<void> DurableMemory::remember(std::span<const Remembered> devices) {
    auto transaction = TRY(store::Transaction::begin(database_));
    for (const auto& its : devices)
        TRY(upsert_device_.bind(1, its.device)
                .bind(2, its.identity)
                .bind(3, its.key)
                .bind(4, its.boot)
                .bind(5, std::int64_t{its.let_in})
                .bind(6, its.quarantine)
                .bind(7, its.override_before)
                .bind(8, std::int64_t{its.once_tsm})
                .bind(9, std::int64_t{its.bound_before})
                .run());
    return transaction.commit();
}

Result<std::vector<Remembered>> DurableMemory::recall() {
    std::vector<Remembered> all;
    auto& row = select_devices_;
    while (TRY(row.step()))
        all.push_back({.device = std::string{row.text(0)},
                       .identity = std::string{row.text(1)},
                       .key = std::string{row.text(2)},
                       .boot = std::string{row.text(3)},
                       .let_in = row.integer(4) != 0,
                       .bound_before = row.integer(8) != 0,
                       .quarantine = std::string{row.text(5)},
                       .override_before = std::string{row.text(6)},
                       .once_tsm = row.integer(7) != 0});
    return all;
}

}  // namespace busguard::daemon
