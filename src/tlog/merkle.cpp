#include "tlog/merkle.h"

#include "crypto/hash.h"

#include <algorithm>

namespace busguard::tlog {
namespace {

TreeHash sha_256(std::initializer_list<ByteView> parts) {
    const auto digest = crypto::digest(crypto::Hash::sha_256, parts);
    TreeHash hash{};
    std::ranges::copy(digest.view(), hash.begin());
    return hash;
}

// The way from a node up to the root, as RFC 9162 (sections 2.1.3.2 and 2.1.4.2) walks it: the node's number
// and the last node's, both counted on the level that was reached.
class Climb {
public:
    Climb(std::uint64_t node, std::uint64_t last) : node_{node}, last_{last} {}

    bool at_root() const { return last_ == 0; }

    // Up one level; true if the sibling is on the left. A last node without a sibling goes up as it is.
    bool step() {
        const bool left = (node_ & 1U) != 0 || node_ == last_;
        if (left)
            while ((node_ & 1U) == 0 && node_ != 0) up();
        up();
        return left;
    }

    // Over the levels on which the node is a right one.
    void skip_right() {
        while ((node_ & 1U) != 0) up();
    }

private:
    void up() {
        node_ >>= 1U;
        last_ >>= 1U;
    }

    std::uint64_t node_, last_;
};

Result<void> verify_growth(const TreeHead& older, const TreeHead& newer, std::span<const TreeHash> proof) {
    Climb climb{older.size - 1, newer.size - 1};
    climb.skip_right();
    TreeHash begin = older.root;  // a complete tree is itself the first node
    if (!std::has_single_bit(older.size)) {
        if (proof.empty()) return fail(Errc::truncated, "consistency proof");
        begin = proof.front();
        proof = proof.subspan(1);
    }
    auto old_root = begin;
    auto new_root = begin;
    for (const auto& sibling : proof) {
        if (climb.at_root()) return fail(Errc::trailing_bytes, "consistency proof");
        if (climb.step()) {
            old_root = node_hash(sibling, old_root);
            new_root = node_hash(sibling, new_root);
        } else {
            new_root = node_hash(new_root, sibling);
        }
    }
    if (!climb.at_root()) return fail(Errc::truncated, "consistency proof");
    if (old_root != older.root || new_root != newer.root) return fail(Errc::crypto, "consistency proof");
    return {};
}

}  // namespace

TreeHash leaf_hash(ByteView entry) {
    constexpr std::array prefix{std::byte{0}};
    return sha_256({prefix, entry});
}

TreeHash node_hash(const TreeHash& left, const TreeHash& right) {
    std::array<std::byte, 65> node{std::byte{1}};  // in one piece: three updates cost more than the copy
    std::ranges::copy(left, node.begin() + 1);
    std::ranges::copy(right, node.begin() + 33);
    return sha_256({node});
}

TreeHash empty_tree_hash() { return sha_256({}); }

Result<void> verify_inclusion(const TreeHash& leaf, std::uint64_t index, std::uint64_t size,
                              std::span<const TreeHash> proof, const TreeHash& root) {
    if (index >= size) return fail(Errc::bad_field, "index");
    Climb climb{index, size - 1};
    auto reached = leaf;
    for (const auto& sibling : proof) {
        if (climb.at_root()) return fail(Errc::trailing_bytes, "inclusion proof");
        reached = climb.step() ? node_hash(sibling, reached) : node_hash(reached, sibling);
    }
    if (!climb.at_root()) return fail(Errc::truncated, "inclusion proof");
    if (reached != root) return fail(Errc::crypto, "inclusion proof");
    return {};
}

Result<void> verify_consistency(const TreeHead& older, const TreeHead& newer,
                                std::span<const TreeHash> proof) {
    if (older.size > newer.size) return fail(Errc::bad_field, "size");
    for (const auto& head : {older, newer})
        if (head.size == 0 && head.root != empty_tree_hash()) return fail(Errc::crypto, "root");
    if (older.size != 0 && older.size != newer.size) return verify_growth(older, newer, proof);
    if (!proof.empty()) return fail(Errc::trailing_bytes, "consistency proof");
    if (older.size == newer.size && older.root != newer.root) return fail(Errc::crypto, "root");
    return {};
}

}  // namespace busguard::tlog
