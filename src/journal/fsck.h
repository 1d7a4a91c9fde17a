#pragma once

#include "base/problem.h"
#include "host/durable_files.h"
#include "journal/checkpoints.h"

#include <functional>
#include <optional>
#include <vector>

namespace busguard::journal {

struct Fsck {
    std::optional<tlog::TreeHead> head;  ///< what the checkpoint says; none if it could not be read
    std::uint64_t entries = 0;           ///< whose hashes were derived anew
    std::uint64_t tiles = 0;             ///< that were compared
    std::uint64_t blobs = 0;
    std::vector<Problem> problems;  ///< `where` is the file; the first 100

    bool clean() const { return head.has_value() && problems.empty(); }
};

/// Entries of `done`, of all.
using Progress = std::function<void(std::uint64_t done, std::uint64_t all)>;

/// Derives a published log anew: the leaf hashes from the bundles, every tile and the root from those, and
/// compares with the files and with what was signed, and cosigned if there is such a checkpoint. It needs no
/// database, writes nothing, and may look at a copy. Bundles that end at or below `minimum` may be gone; for
/// them the tiles of level 0 are believed.
Fsck fsck(host::DurableFiles& files, CheckpointReader& reader, std::uint64_t minimum = 0,
          const Progress& progress = {});

}  // namespace busguard::journal
