#pragma once

#include "host/descriptor.h"

#include <cstddef>
#include <cstdint>
#include <span>
#include <string>

namespace busguard::host {

/// A regular file that is read piece by piece, as it was when it was opened: one that is put in its place
/// later is another.
struct OpenFile {
    Descriptor descriptor;
    std::uint64_t size = 0;
};

Result<Descriptor> open_directory(const std::string& path);

/// `path` is the program's own, relative, without "..". Errors: not_found (for what is no regular file too),
/// permission, system.
Result<OpenFile> open_below(const Descriptor& directory, const std::string& path);

/// From where the last call ended; 0 at the end. Errors: system.
Result<std::size_t> read_piece(const OpenFile& file, std::span<std::byte> into);

}  // namespace busguard::host
