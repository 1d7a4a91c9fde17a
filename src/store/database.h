#pragma once

#include "base/bytes.h"
#include "base/problem.h"

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <utility>

struct sqlite3;
struct sqlite3_stmt;

/// Durable state in one SQLite file. What a call reports as done survives a crash and a power cut.
namespace busguard::store {

/// One SQL statement, prepared once and used many times. Parameters count from 1, columns from 0.
/// Errors of all: system, `detail` is SQLite's extended result code (https://sqlite.org/rescode.html).
class Statement {
public:
    Statement& bind(int parameter, std::int64_t value);
    Statement& bind(int parameter, std::string_view text);
    Statement& bind(int parameter, ByteView bytes);

    /// Runs it to its end and makes it ready for the next use.
    Result<void> run();
    /// True: there is a row. False: no more, and it is ready for the next use.
    Result<bool> step();

    std::int64_t integer(int column) const;
    /// Views are valid until the next step().
    std::string_view text(int column) const;
    ByteView bytes(int column) const;

private:
    friend class Database;
    struct Finalize {
        void operator()(sqlite3_stmt* statement) const;
    };
    explicit Statement(sqlite3_stmt* statement) : statement_{statement} {}

    void note(int code);
    Result<void> reset(int code);

    std::unique_ptr<sqlite3_stmt, Finalize> statement_;
    int bound_ = 0;  // the first error of bind(), told by step()
};

class Database {
public:
    /// Opens or creates it: WAL, synchronous=FULL, for this process alone. `schema` is run when `version`
    /// (kept in the file, PRAGMA user_version) is older; a file of a newer version is refused. "" is in
    /// memory. Problems: in use by another process; no database; a newer version; what the system says.
    static Checked<Database> open(const std::string& path, int version, std::string_view schema);

    Result<void> run(std::string_view sql);
    /// `sql` is this program's: one that SQLite does not take gives a Statement whose every step() fails.
    Statement prepare(std::string_view sql);
    std::int64_t last_id() const;  ///< of the row that was inserted last

private:
    struct Close {
        void operator()(sqlite3* database) const;
    };
    explicit Database(sqlite3* database) : database_{database} {}

    std::unique_ptr<sqlite3, Close> database_;
};

/// All or nothing: what was done since it began is undone unless commit() was reached.
class Transaction {
public:
    static Result<Transaction> begin(Database& database);
    Transaction(Transaction&& other) noexcept : database_{std::exchange(other.database_, nullptr)} {}
    Transaction(const Transaction&) = delete;
    Transaction& operator=(const Transaction&) = delete;
    Transaction& operator=(Transaction&&) = delete;
    ~Transaction();

    Result<void> commit();

private:
    explicit Transaction(Database& database) : database_{&database} {}
    Database* database_;
};

}  // namespace busguard::store
