#pragma once

#include "tlog/merkle.h"

#include <vector>

namespace busguard::tlog {

/// A complete subtree: the hash of the 2^level entries from index * 2^level on.
struct Node {
    unsigned level = 0;  ///< 0 is a leaf; at most 63
    std::uint64_t index = 0;

    friend bool operator==(const Node&, const Node&) = default;
};

/// What of a tree is needed for it to grow: the roots of the complete subtrees that it is made of (a compact
/// range from 0), at most 64 hashes.
class Frontier {
public:
    Frontier() = default;
    /// Goes on with a tree of `size` entries. `peaks`: its subtrees, the largest one first. Error: mismatch
    /// "peaks" if their number is not that of the bits set in `size`.
    static Result<Frontier> resume(std::uint64_t size, std::vector<TreeHash> peaks);

    /// Takes one more entry, by its leaf hash, and tells `heard(Node, const TreeHash&)` of every subtree that
    /// became complete, the leaf first.
    template <class Heard>
    void append(const TreeHash& leaf, const Heard& heard) {
        auto hash = leaf;
        Node node{0, size_};
        heard(node, hash);
        for (; (node.index & 1U) != 0; node = {node.level + 1, node.index / 2}) {
            hash = node_hash(peaks_.back(), hash);
            peaks_.pop_back();
            heard(Node{node.level + 1, node.index / 2}, hash);
        }
        peaks_.push_back(hash);
        ++size_;
    }
    void append(const TreeHash& leaf) {
        append(leaf, [](Node, const TreeHash&) {});
    }

    std::uint64_t size() const { return size_; }
    std::span<const TreeHash> peaks() const { return peaks_; }
    TreeHash root() const;
    TreeHead head() const { return {size_, root()}; }

private:
    std::uint64_t size_ = 0;
    std::vector<TreeHash> peaks_;
};

/// The hash of consecutive subtrees, each smaller than the one before: a tree, or the right end of one.
/// Precondition: there is one.
TreeHash join(std::span<const TreeHash> peaks);

}  // namespace busguard::tlog
