#pragma once

#include "base/bytes.h"
#include "base/problem.h"

#include <cstdint>

/// Files that a person names. Whatever goes wrong is a Problem with the file's name.
namespace busguard::host {

/// The whole file. A problem if it has more than `limit` bytes.
Checked<Bytes> read_file(const std::string& path, std::size_t limit = std::size_t{16} << 20U);

/// Puts the bytes in the file's place at once: whoever reads it, after a crash too, finds the old content or
/// the new. `mode` are its permissions. What is no plain file (/dev/stdout) is written to in place.
Checked<void> write_file(const std::string& path, ByteView bytes, std::uint32_t mode = 0644);

/// Creates a directory and those above it where they are missing.
Checked<void> make_directory(const std::string& path);

}  // namespace busguard::host
