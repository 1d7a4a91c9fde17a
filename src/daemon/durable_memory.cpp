#include "daemon/durable_memory.h"

#include "evidence/bundle_file.h"

namespace busguard::daemon {
namespace {

constexpr int schema_version = 2;
// Version 1 had a table of evidence as well: bring_evidence_into_the_log() empties and removes it.
constexpr std::string_view schema = R"(
CREATE TABLE IF NOT EXISTS device (name TEXT PRIMARY KEY, identity TEXT NOT NULL, key TEXT NOT NULL, boot TEXT NOT NULL,
    let_in INTEGER NOT NULL, quarantine TEXT NOT NULL, override_before TEXT NOT NULL, once_tsm INTEGER NOT NULL, bound_before INTEGER NOT NULL) STRICT
)";

struct Some {
    std::vector<evidence::Bundle> bundles;
    std::optional<std::int64_t> last;  // row; nothing: there was none
};

Result<Some> some_evidence(store::Statement& select) {
    Some some;
    while (TRY(select.step())) {
        some.last = select.integer(0);
        // What cannot be read was no evidence to anybody before.
        if (auto bundle = evidence::bundle_from_json(select.text(1), "evidence"))
            some.bundles.push_back(*std::move(bundle));
    }
    return some;
}

}  // namespace

DurableMemory::DurableMemory(store::Database database, Log& log)
    : database_{std::move(database)},
      log_{&log},
      upsert_device_{
          database_.prepare("INSERT OR REPLACE INTO device VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9)")},
      select_devices_{
          database_.prepare("SELECT name, identity, key, boot, let_in, quarantine, override_before, "
                            "once_tsm, bound_before FROM device ORDER BY name")} {}

Checked<std::unique_ptr<DurableMemory>> DurableMemory::open(const std::string& path, Log& log) {
    auto database = TRY(store::Database::open(path, schema_version, schema));
    std::unique_ptr<DurableMemory> memory{new DurableMemory(std::move(database), log)};
    if (const auto brought = memory->bring_evidence_into_the_log(); !brought)
        return fail(
            Problem{.where = path,
                    .message = "evidence cannot be brought into the log: " + in_words(brought.error()),
                    .remedy = "see whether the disk is full"});
    return memory;
}

// Who is killed in between finds some evidence twice in the log, and none nowhere.
Result<void> DurableMemory::bring_evidence_into_the_log() {
    auto has = database_.prepare("SELECT 1 FROM sqlite_schema WHERE type = 'table' AND name = 'evidence'");
    bool found = false;
    while (TRY(has.step())) found = true;
    if (!found) return {};
    auto select = database_.prepare("SELECT id, bundle FROM evidence ORDER BY id LIMIT 64");
    auto forget = database_.prepare("DELETE FROM evidence WHERE id <= ?1");
    for (bool more = true; more;) {
        const auto some = TRY(some_evidence(select));
        std::vector<const evidence::Bundle*> all;
        all.reserve(some.bundles.size());
        for (const auto& bundle : some.bundles) all.push_back(&bundle);
        TRY(log_->keep(all));
        more = some.last.has_value();
        if (more) TRY(forget.bind(1, *some.last).run());
    }
    TRY(database_.run("DROP TABLE evidence"));
    (void)database_.run("VACUUM");  // which only gives room back
    return {};
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
