#pragma once

#include "base/bytes.h"
#include "base/result.h"

#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace busguard::host {

/// An open file of a FileTree. It closes when it is destroyed.
class File {
public:
    File() = default;
    File(const File&) = delete;
    File& operator=(const File&) = delete;
    virtual ~File() = default;

    /// Reads at `offset` (bytes from the start) into `into` and says how many bytes came: fewer at the end
    /// of the file. Errors: permission, disconnected (the device behind the file is gone), system.
    virtual Result<std::size_t> read_at(std::uint64_t offset, std::span<std::byte> into) = 0;
    /// Writes at `offset` and says how many bytes were taken. Errors as above.
    virtual Result<std::size_t> write_at(std::uint64_t offset, ByteView bytes) = 0;
};

/// Bytes: what the kernel gives of an attribute at most, a page.
inline constexpr std::size_t largest_attribute = 4096;

enum class Access : std::uint8_t { read, write, read_write };

/// A tree of files of the shape of /sys: the kernel's (PosixTree), or an emulated machine's.
///
/// Paths are relative to its root, with '/' between names and without "." or "..", e.g.
/// "bus/pci/devices/0000:01:00.0/config"; "" is the root. Symbolic links on the way are followed.
/// Errors of all: not_found, permission, disconnected (the device behind it is gone), bad_field for a path
/// that is not of that form, too_large, unsupported (e.g. list() of a plain file), system; `detail` is the
/// errno where there is one.
class FileTree {
public:
    FileTree() = default;
    FileTree(const FileTree&) = delete;
    FileTree& operator=(const FileTree&) = delete;
    virtual ~FileTree() = default;

    /// The names in a directory, sorted.
    virtual Result<std::vector<std::string>> list(std::string_view path) const = 0;
    /// A whole file. Error: too_large if it has more than `limit` bytes.
    virtual Result<Bytes> read(std::string_view path, std::size_t limit = 65536) const = 0;
    /// Writes an attribute, all bytes in one call as sysfs wants it; never creates a file.
    virtual Result<void> write(std::string_view path, ByteView bytes) = 0;
    /// Where a symbolic link points: its text, not resolved.
    virtual Result<std::string> link(std::string_view path) const = 0;
    virtual Result<std::unique_ptr<File>> open(std::string_view path, Access access) = 0;
    virtual bool exists(std::string_view path) const = 0;
};

}  // namespace busguard::host
