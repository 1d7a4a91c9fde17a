#pragma once

#include "host/durable_files.h"
#include "tlog/tile_reader.h"

#include <set>

namespace busguard::journal {

/// The published files, and the order of steps in which one becomes durable: bytes on the disk, then the
/// name, then the directories (settle()). At no moment does a name stand for half a file. Errors of all:
/// those of host::DurableFiles.
class Shelf final : public tlog::TileSource {
public:
    /// `files` outlives it.
    explicit Shelf(host::DurableFiles& files) : files_{files} {}

    Result<Bytes> read(const tlog::TilePath& path) override;
    Result<Bytes> read(const std::string& path, std::size_t limit) { return files_.read(path, limit); }
    Result<bool> exists(const std::string& path) { return files_.exists(path); }

    /// A file that never changes; durable after settle(). The same bytes may be there already. Error:
    /// mismatch "file" if others are, which stay.
    Result<void> put(const std::string& path, ByteView bytes);
    /// A file that changes; durable at once.
    Result<void> replace(const std::string& path, ByteView bytes);
    /// Makes durable what was put. What fails is due again the next time.
    Result<void> settle();

    // Neither need be there. Gone for good after settle().
    Result<void> remove(const std::string& path);
    /// With the files in it.
    Result<void> remove_folder(const std::string& path);

private:
    Result<void> make_way(const std::string& path);
    Result<void> write(const std::string& path, ByteView bytes);

    host::DurableFiles& files_;
    std::set<std::string> made_;       // directories that are there
    std::set<std::string> unsettled_;  // directories that may have names that are not on the disk
};

}  // namespace busguard::journal
