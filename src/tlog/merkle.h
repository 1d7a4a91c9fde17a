#pragma once

#include "base/bytes.h"
#include "base/result.h"

#include <array>
#include <bit>
#include <cstdint>
#include <span>

/// A transparency log as C2SP tlog-tiles has it: RFC 6962 trees over SHA-256, in tiles. Pure, no IO.
namespace busguard::tlog {

/// SHA-256 of a leaf, of a node, or of a whole tree.
using TreeHash = std::array<std::byte, 32>;

// RFC 6962 section 2.1. The first byte keeps leaves and nodes apart.
TreeHash leaf_hash(ByteView entry);                               ///< SHA-256(0x00 ‖ entry)
TreeHash node_hash(const TreeHash& left, const TreeHash& right);  ///< SHA-256(0x01 ‖ left ‖ right)
TreeHash empty_tree_hash();                                       ///< SHA-256("")

/// How many entries the left half of a tree of `size` entries has: the largest power of two below it.
/// Precondition: size > 1.
constexpr std::uint64_t split_of(std::uint64_t size) { return std::bit_floor(size - 1); }

/// Is `leaf` entry number `index` (from 0) of the tree of `size` entries with this root? `proof` is the audit
/// path of RFC 6962 section 2.1.1, the leaf's sibling first. Errors: bad_field "index" unless index < size;
/// truncated or trailing_bytes "inclusion proof" when hashes are missing or left over; crypto "inclusion
/// proof" when it leads to another root.
Result<void> verify_inclusion(const TreeHash& leaf, std::uint64_t index, std::uint64_t size,
                              std::span<const TreeHash> proof, const TreeHash& root);

/// A tree as a signed checkpoint tells of it.
struct TreeHead {
    std::uint64_t size = 0;  ///< entries
    TreeHash root{};

    friend bool operator==(const TreeHead&, const TreeHead&) = default;
};

/// Does `newer` hold the entries of `older`, in the same order, as its first ones? `proof` is that of RFC
/// 6962 section 2.1.2. Between equal sizes, and from the empty tree, it has no hashes. Errors: bad_field
/// "size" if `newer` is the smaller one; truncated, trailing_bytes, crypto "consistency proof" as above;
/// crypto "root" for equal sizes with different roots, and for an empty tree with another root than its own.
Result<void> verify_consistency(const TreeHead& older, const TreeHead& newer,
                                std::span<const TreeHash> proof);

}  // namespace busguard::tlog
