#include "web/witness_state.h"

#include <algorithm>
#include <utility>

namespace busguard::web {
namespace {

constexpr int version = 1;
constexpr std::string_view schema =
    "CREATE TABLE cosigned(origin TEXT PRIMARY KEY, size INTEGER NOT NULL, root BLOB NOT NULL, "
    "checkpoint TEXT NOT NULL) WITHOUT ROWID, STRICT";

tlog::TreeHead head_of(const std::optional<tlog::WitnessState::Record>& record) {
    return record ? record->head : tlog::TreeHead{0, tlog::empty_tree_hash()};
}

}  // namespace

Checked<std::unique_ptr<DurableWitnessState>> DurableWitnessState::open(const std::string& path) {
    auto database = TRY(store::Database::open(path, version, schema));
    return std::unique_ptr<DurableWitnessState>{new DurableWitnessState{std::move(database)}};
}

DurableWitnessState::DurableWitnessState(store::Database database)
    : database_{std::move(database)},
      select_{database_.prepare("SELECT size, root, checkpoint FROM cosigned WHERE origin = ?1")},
      put_{database_.prepare("INSERT OR REPLACE INTO cosigned VALUES(?1, ?2, ?3, ?4)")} {}

Result<std::optional<tlog::WitnessState::Record>> DurableWitnessState::latest(const std::string& origin) {
    const std::lock_guard lock{mutex_};
    return read(origin);
}

Result<bool> DurableWitnessState::advance(const std::string& origin, const tlog::TreeHead& expected,
                                          const Record& next) {
    const std::lock_guard lock{mutex_};
    auto transaction = TRY(store::Transaction::begin(database_));
    const auto found = read(origin);
    if (!found) return fail(found.error());
    if (head_of(*found) != expected) return false;
    TRY(put_.bind(1, std::string_view{origin})
            .bind(2, static_cast<std::int64_t>(next.head.size))  // at most 2^63 - 1
            .bind(3, ByteView{next.head.root})
            .bind(4, std::string_view{next.checkpoint})
            .run());
    TRY(transaction.commit());
    return true;
}

Result<std::optional<tlog::WitnessState::Record>> DurableWitnessState::read(const std::string& origin) {
    std::optional<Record> record;
    bool sound = true;
    select_.bind(1, std::string_view{origin});
    while (TRY(select_.step())) {
        const auto root = select_.bytes(1);
        record.emplace();
        sound = select_.integer(0) >= 0 && root.size() == record->head.root.size();
        if (!sound) continue;
        record->head.size = static_cast<std::uint64_t>(select_.integer(0));
        std::ranges::copy(root, record->head.root.begin());
        record->checkpoint = select_.text(2);
    }
    if (!sound) return fail(Errc::bad_field, "witness state");
    return record;
}

}  // namespace busguard::web
