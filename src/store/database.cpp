#include "store/database.h"

#include <climits>
#include <sqlite3.h>

namespace busguard::store {
namespace {

Failure<Error> failure(int code, std::string_view what) {
    return fail(code == SQLITE_FULL || (code & 0xff) == SQLITE_FULL ? Errc::too_large : Errc::system, what, 0,
                static_cast<std::uint32_t>(code));
}

Problem cannot(const std::string& path, std::string message, std::string remedy = {}) {
    return {
        .where = path, .line = 0, .field = {}, .message = std::move(message), .remedy = std::move(remedy)};
}

/// What stands in the way of the first access: the file is opened lazily.
Problem why(const std::string& path, int code) {
    switch (code & 0xff) {
        case SQLITE_BUSY:
            return cannot(path, "is in use by another process",
                          "one process has it at a time: end the other");
        case SQLITE_NOTADB:
        case SQLITE_CORRUPT:
            return cannot(path, "is no database, or is damaged", "move it away; a new one is made");
        default: return cannot(path, sqlite3_errstr(code));
    }
}

}  // namespace

void Statement::Finalize::operator()(sqlite3_stmt* statement) const { sqlite3_finalize(statement); }
void Database::Close::operator()(sqlite3* database) const { sqlite3_close_v2(database); }

void Statement::note(int code) {
    if (code != SQLITE_OK && bound_ == SQLITE_OK) bound_ = code;
}

Statement& Statement::bind(int parameter, std::int64_t value) {
    note(sqlite3_bind_int64(statement_.get(), parameter, value));
    return *this;
}

Statement& Statement::bind(int parameter, std::string_view text) {
    // NOLINTNEXTLINE: SQLITE_TRANSIENT is C's cast of -1
    note(sqlite3_bind_text64(statement_.get(), parameter, text.empty() ? "" : text.data(), text.size(),
                             SQLITE_TRANSIENT, SQLITE_UTF8));
    return *this;
}

Statement& Statement::bind(int parameter, ByteView bytes) {
    if (bytes.empty()) {
        note(sqlite3_bind_zeroblob(statement_.get(), parameter, 0));
    } else {
        // NOLINTNEXTLINE: SQLITE_TRANSIENT is C's cast of -1
        note(sqlite3_bind_blob64(statement_.get(), parameter, bytes.data(), bytes.size(), SQLITE_TRANSIENT));
    }
    return *this;
}

Result<void> Statement::reset(int code) {
    sqlite3_reset(statement_.get());
    sqlite3_clear_bindings(statement_.get());
    bound_ = SQLITE_OK;
    if (code == SQLITE_OK) return {};
    return failure(code, "database");
}

Result<bool> Statement::step() {
    if (!statement_) return failure(SQLITE_MISUSE, "SQL");
    const int code = bound_ != SQLITE_OK ? bound_ : sqlite3_step(statement_.get());
    if (code == SQLITE_ROW) return true;
    TRY(reset(code == SQLITE_DONE ? SQLITE_OK : code));
    return false;
}

Result<void> Statement::run() {
    while (TRY(step())) {
    }
    return {};
}

std::int64_t Statement::integer(int column) const { return sqlite3_column_int64(statement_.get(), column); }

std::string_view Statement::text(int column) const { return as_text(bytes(column)); }

ByteView Statement::bytes(int column) const {
    const auto* data = static_cast<const std::byte*>(sqlite3_column_blob(statement_.get(), column));
    const auto size = sqlite3_column_bytes(statement_.get(), column);
    return data == nullptr ? ByteView{} : ByteView{data, static_cast<std::size_t>(size)};
}

Checked<Database> Database::open(const std::string& path, int version, std::string_view schema) {
    sqlite3* raw = nullptr;
    const int opened =
        sqlite3_open_v2(path.empty() ? ":memory:" : path.c_str(), &raw,
                        SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE | SQLITE_OPEN_NOFOLLOW, nullptr);
    Database database{raw};
    if (opened != SQLITE_OK) return fail(why(path, opened));
    sqlite3_extended_result_codes(raw, 1);
    // The lock of EXCLUSIVE is taken with the first write and kept: a second process is refused here.
    for (const auto* sql :
         {"PRAGMA locking_mode=EXCLUSIVE", "PRAGMA journal_mode=WAL", "PRAGMA synchronous=FULL",
          "PRAGMA trusted_schema=OFF", "PRAGMA foreign_keys=ON", "BEGIN IMMEDIATE", "COMMIT"})
        if (const auto done = database.run(sql); !done)
            return fail(why(path, static_cast<int>(done.error().detail)));

    auto asked = database.prepare("PRAGMA user_version");
    const auto row = asked.step();
    if (!row) return fail(why(path, static_cast<int>(row.error().detail)));
    const auto found = asked.integer(0);
    (void)asked.step();
    if (found > version)
        return fail(
            cannot(path, "was written by a newer busguard", "install that version, or move the file away"));
    if (found == version) return database;
    const auto sql = "BEGIN IMMEDIATE;" + std::string{schema} +
                     ";PRAGMA user_version=" + std::to_string(version) + ";COMMIT";
    if (const auto made = database.run(sql); !made)
        return fail(why(path, static_cast<int>(made.error().detail)));
    return database;
}

Result<void> Database::run(std::string_view sql) {
    const int code = sqlite3_exec(database_.get(), std::string{sql}.c_str(), nullptr, nullptr, nullptr);
    if (code == SQLITE_OK) return {};
    return failure(code, "database");
}

Statement Database::prepare(std::string_view sql) {
    sqlite3_stmt* statement = nullptr;
    sqlite3_prepare_v3(database_.get(), sql.data(), static_cast<int>(sql.size()), SQLITE_PREPARE_PERSISTENT,
                       &statement, nullptr);
    return Statement{statement};
}

std::int64_t Database::last_id() const { return sqlite3_last_insert_rowid(database_.get()); }

Result<Transaction> Transaction::begin(Database& database) {
    TRY(database.run("BEGIN IMMEDIATE"));
    return Transaction{database};
}

Result<void> Transaction::commit() {
    TRY(database_->run("COMMIT"));
    database_ = nullptr;
    return {};
}

Transaction::~Transaction() {
    if (database_ != nullptr) (void)database_->run("ROLLBACK");
}

}  // namespace busguard::store
