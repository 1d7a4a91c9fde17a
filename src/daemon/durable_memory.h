#pragma once

#include "daemon/log.h"
#include "store/database.h"

namespace busguard::daemon {

/// Memory in the log, and in one SQLite file for what changes.
class DurableMemory final : public Memory {
public:
    /// "" keeps nothing of what is remembered. `log` outlives it. Evidence that a busguard before the log
    /// kept in the file is brought into the log (docs/adr/0006-what-is-logged.md). Problems:
    /// store::Database::open's; that.
    static Checked<std::unique_ptr<DurableMemory>> open(const std::string& path, Log& log);

    Result<std::vector<EvidenceIndex>> keep(std::span<const evidence::Bundle* const> bundles) override {
        return log_->keep(bundles);
    }
    Result<evidence::Bundle> evidence(std::uint64_t index) override { return log_->evidence(index); }
    Result<void> write_down(std::span<const Note> notes) override { return log_->write_down(notes); }
    void in_force(const InForce& rules) override { log_->in_force(rules); }
    Result<void> remember(std::span<const Remembered> devices) override;
    Result<std::vector<Remembered>> recall() override;

private:
    DurableMemory(store::Database database, Log& log);
    Result<void> bring_evidence_into_the_log();

    store::Database database_;
    Log* log_;
    store::Statement upsert_device_, select_devices_;
};

}  // namespace busguard::daemon
