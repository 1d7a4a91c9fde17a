#include "tests/tlog/note_support.h"

#include "base/hex.h"
#include "tests/tlog/golden_notes.h"

#include <bit>
#include <span>

namespace busguard::tlog::test {
namespace {

using Leaves = std::span<const TreeHash>;

std::size_t left_half(std::size_t size) { return std::bit_ceil(size) / 2; }

TreeHash root_of(Leaves leaves) {
    if (leaves.empty()) return empty_tree_hash();
    if (leaves.size() == 1) return leaves.front();
    const auto k = left_half(leaves.size());
    return node_hash(root_of(leaves.first(k)), root_of(leaves.subspan(k)));
}

/// PATH(m, D[n]), RFC 6962 section 2.1.1.
std::vector<TreeHash> path(std::size_t m, Leaves leaves) {
    if (leaves.size() <= 1) return {};
    const auto k = left_half(leaves.size());
    auto hashes = m < k ? path(m, leaves.first(k)) : path(m - k, leaves.subspan(k));
    hashes.push_back(root_of(m < k ? leaves.subspan(k) : leaves.first(k)));
    return hashes;
}

/// SUBPROOF(m, D[n], b), RFC 6962 section 2.1.2.
std::vector<TreeHash> subproof(std::size_t m, Leaves leaves, bool known) {
    if (m == leaves.size()) return known ? std::vector<TreeHash>{} : std::vector{root_of(leaves)};
    const auto k = left_half(leaves.size());
    auto hashes = m <= k ? subproof(m, leaves.first(k), known) : subproof(m - k, leaves.subspan(k), false);
    hashes.push_back(root_of(m <= k ? leaves.subspan(k) : leaves.first(k)));
    return hashes;
}

crypto::PrivateKey key_from(std::string_view seed) {
    return *crypto::PrivateKey::from_raw(crypto::Scheme::ed25519, *from_hex(seed));
}

}  // namespace

crypto::PrivateKey key_of(unsigned filled) {
    return *crypto::PrivateKey::from_raw(crypto::Scheme::ed25519, Bytes(32, static_cast<std::byte>(filled)));
}

NoteSigner signer(const std::string& name, unsigned filled) {
    return *NoteSigner::make(name, key_of(filled));
}
Cosigner cosigner(const std::string& name, unsigned filled) { return *Cosigner::make(name, key_of(filled)); }
NoteSigner golden_signer() { return *NoteSigner::from_skey(golden::log_skey); }
Cosigner golden_cosigner() {
    return *Cosigner::make(std::string{golden::witness_name}, key_from(golden::witness_seed));
}
VerifierKey vkey(std::string_view text) { return *VerifierKey::from_text(text); }

std::chrono::sys_seconds at(std::int64_t seconds) {
    return std::chrono::sys_seconds{std::chrono::seconds{seconds}};
}

SmallTree::SmallTree(std::size_t size) {
    for (std::size_t n = 0; n < size; ++n)
        leaves_.push_back(leaf_hash(as_bytes("entry " + std::to_string(n))));
}

TreeHead SmallTree::head(std::size_t size) const { return {size, root_of(Leaves{leaves_}.first(size))}; }

std::vector<TreeHash> SmallTree::inclusion(std::size_t index, std::size_t size) const {
    return path(index, Leaves{leaves_}.first(size));
}

std::vector<TreeHash> SmallTree::consistency(std::size_t older, std::size_t newer) const {
    if (older == 0) return {};
    return subproof(older, Leaves{leaves_}.first(newer), true);
}

void SmallTree::fork(std::size_t from) {
    for (auto n = from; n < leaves_.size(); ++n)
        leaves_[n] = leaf_hash(as_bytes("other " + std::to_string(n)));
}

Note signed_head(const SmallTree& tree, std::size_t size, const NoteSigner& signer) {
    return *sign(Checkpoint{signer.verifier().name(), tree.head(size), {}}, signer);
}

}  // namespace busguard::tlog::test
