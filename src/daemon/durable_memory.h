#pragma once

#include "daemon/memory.h"
#include "store/database.h"

namespace busguard::daemon {

/// Memory in one SQLite file.
class DurableMemory final : public Memory {
public:
    /// "" keeps nothing. Problems: store::Database::open's.
    static Checked<std::unique_ptr<DurableMemory>> open(const std::string& path);

    Result<std::vector<std::int64_t>> keep(std::span<const evidence::Bundle* const> bundles) override;
    Result<evidence::Bundle> evidence(std::int64_t id) override;
    Result<void> remember(std::span<const Remembered> devices) override;
    Result<std::vector<Remembered>> recall() override;

private:
    explicit DurableMemory(store::Database database);

    store::Database database_;
    store::Statement insert_evidence_, select_evidence_, upsert_device_, select_devices_;
};

}  // namespace busguard::daemon
