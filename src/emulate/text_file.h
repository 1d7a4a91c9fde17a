#pragma once

#include "base/bytes.h"
#include "base/problem.h"

#include <cstdint>
#include <filesystem>

/// The few files that the emulator itself reads and keeps: descriptions, keys, certificates.
namespace busguard::emulate {

enum class FileMode : std::uint16_t { open = 0644, secret = 0600 };

/// Problems: missing, unreadable, more than `limit` bytes.
Checked<Bytes> read_file(const std::filesystem::path& file, std::size_t limit);
/// Replaces the file. A secret one is never readable by others, not even for a moment.
Checked<void> write_file(const std::filesystem::path& file, ByteView bytes, FileMode mode = FileMode::open);
/// With the directories above; mode 0700 if it has to be made.
Checked<void> make_private_directory(const std::filesystem::path& directory);

}  // namespace busguard::emulate
