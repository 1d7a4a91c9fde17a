#pragma once

#include "store/database.h"
#include "tlog/witness.h"

#include <memory>
#include <mutex>

namespace busguard::web {

/// What a witness has cosigned, in SQLite: a step forward is one transaction that is on the disk before
/// anybody is answered. A file that is lost, or restored from a backup, makes the witness forget, and then
/// it can cosign a second history: let nothing restore it.
class DurableWitnessState final : public tlog::WitnessState {
public:
    /// "" is in memory. Problems: those of store::Database::open.
    static Checked<std::unique_ptr<DurableWitnessState>> open(const std::string& path);

    /// Errors: those of store::Statement; bad_field "witness state" for what this program did not write.
    Result<std::optional<Record>> latest(const std::string& origin) override;
    Result<bool> advance(const std::string& origin, const tlog::TreeHead& expected,
                         const Record& next) override;

private:
    explicit DurableWitnessState(store::Database database);
    Result<std::optional<Record>> read(const std::string& origin);

    std::mutex mutex_;
    store::Database database_;
    store::Statement select_, put_;
};

}  // namespace busguard::web
