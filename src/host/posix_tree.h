#pragma once

#include "host/descriptor.h"
#include "host/file_tree.h"

namespace busguard::host {

/// The tree below a directory of this machine: /sys, or where an emulated machine is mounted.
class PosixTree final : public FileTree {
public:
    /// Errors: not_found, permission, unsupported if `root` is no directory, system.
    static Result<std::unique_ptr<PosixTree>> open_root(const std::string& root);

    explicit PosixTree(Descriptor root) : root_{std::move(root)} {}

    Result<std::vector<std::string>> list(std::string_view path) const override;
    Result<Bytes> read(std::string_view path, std::size_t limit = 65536) const override;
    Result<void> write(std::string_view path, ByteView bytes) override;
    Result<std::string> link(std::string_view path) const override;
    Result<std::unique_ptr<File>> open(std::string_view path, Access access) override;
    bool exists(std::string_view path) const override;

private:
    Result<Descriptor> open_at(std::string_view path, int flags) const;

    Descriptor root_;
};

}  // namespace busguard::host
