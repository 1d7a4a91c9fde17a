#pragma once

#include "host/durable_files.h"

#include <map>
#include <set>

namespace busguard::host {

/// Files that are gone with the process: for what is not to be kept.
class MemoryFiles final : public DurableFiles {
public:
    Result<Bytes> read(const std::string& path, std::size_t limit) override;
    Result<bool> exists(const std::string& path) override;
    Result<std::vector<std::string>> list(const std::string& path) override;
    Result<void> write(const std::string& path, ByteView bytes) override;
    Result<void> rename(const std::string& from, const std::string& to) override;
    Result<void> sync_directory(const std::string& path) override;
    Result<void> make_directory(const std::string& path) override;
    Result<void> remove(const std::string& path) override;

private:
    std::map<std::string, Bytes> files_;
    std::set<std::string> directories_{""};
};

}  // namespace busguard::host
