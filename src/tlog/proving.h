#pragma once

#include "tlog/frontier.h"

#include <vector>

/// Roots and proofs out of hashes that somebody keeps. They are as true as those hashes: who does not trust
/// the keeper verifies them (merkle.h).
namespace busguard::tlog {

/// Where hashes are kept: in tiles (tile_reader.h), or in a test's memory.
class HashReader {
public:
    HashReader() = default;
    HashReader(const HashReader&) = delete;
    HashReader& operator=(const HashReader&) = delete;
    virtual ~HashReader() = default;

    /// Asked only for subtrees that are complete in the tree that the question is about. Errors: its own.
    virtual Result<TreeHash> read(Node node) = 0;
};

// Errors of all: those of the reader.

Result<Frontier> frontier_at(std::uint64_t size, HashReader& hashes);
Result<TreeHash> root_at(std::uint64_t size, HashReader& hashes);

/// That entry `index` is in the tree of `size` entries, as verify_inclusion() takes it: at most 64 hashes.
/// Error: bad_field "index" unless index < size.
Result<std::vector<TreeHash>> prove_inclusion(std::uint64_t index, std::uint64_t size, HashReader& hashes);

/// That the tree of `newer` entries holds that of `older`, as verify_consistency() takes it: at most 65
/// hashes. Error: bad_field "size" if older > newer.
Result<std::vector<TreeHash>> prove_consistency(std::uint64_t older, std::uint64_t newer, HashReader& hashes);

}  // namespace busguard::tlog
