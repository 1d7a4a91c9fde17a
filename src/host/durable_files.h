#pragma once

#include "base/bytes.h"
#include "host/descriptor.h"

#include <memory>
#include <string>
#include <vector>

namespace busguard::host {

/// Files below one directory that have to survive a crash and a power cut. Each call is one step, so that a
/// test's files can fail, or stop for good, at any of them; who calls puts the steps in order.
///
/// Paths are the program's own, relative, with '/' between names; "" is the directory itself. Errors of all:
/// not_found, permission, system; `detail` is the errno.
class DurableFiles {
public:
    DurableFiles() = default;
    DurableFiles(const DurableFiles&) = delete;
    DurableFiles& operator=(const DurableFiles&) = delete;
    virtual ~DurableFiles() = default;

    /// A whole file. Error: too_large if it has more than `limit` bytes.
    virtual Result<Bytes> read(const std::string& path, std::size_t limit) = 0;
    virtual Result<bool> exists(const std::string& path) = 0;
    /// The names in a directory, sorted.
    virtual Result<std::vector<std::string>> list(const std::string& path) = 0;

    /// Creates a file, or writes it anew from its start; its bytes are on the disk when this returns, its
    /// name may not be. After an error anything may stand there.
    virtual Result<void> write(const std::string& path, ByteView bytes) = 0;
    /// At once: whoever opens `to` finds the old file or the new one. Not durable before sync_directory().
    virtual Result<void> rename(const std::string& from, const std::string& to) = 0;
    /// The names in a directory are on the disk when this returns.
    virtual Result<void> sync_directory(const std::string& path) = 0;
    /// It may be there already. Not durable before sync_directory() of the one above.
    virtual Result<void> make_directory(const std::string& path) = 0;
    /// A file, or an empty directory. It may have gone already.
    virtual Result<void> remove(const std::string& path) = 0;
};

/// Those of this machine; everybody may read them.
class DirectoryFiles final : public DurableFiles {
public:
    /// Errors: not_found, permission, unsupported if `root` is no directory, system.
    static Result<std::unique_ptr<DirectoryFiles>> open(const std::string& root);
    explicit DirectoryFiles(Descriptor root) : root_{std::move(root)} {}

    Result<Bytes> read(const std::string& path, std::size_t limit) override;
    Result<bool> exists(const std::string& path) override;
    Result<std::vector<std::string>> list(const std::string& path) override;
    Result<void> write(const std::string& path, ByteView bytes) override;
    Result<void> rename(const std::string& from, const std::string& to) override;
    Result<void> sync_directory(const std::string& path) override;
    Result<void> make_directory(const std::string& path) override;
    Result<void> remove(const std::string& path) override;

private:
    Result<Descriptor> open_at(const std::string& path, int flags) const;

    Descriptor root_;
};

}  // namespace busguard::host
