#include "tests/tlog/tree_support.h"

#include "crypto/hash.h"

#include <cstdlib>

namespace busguard::tlog::test {
namespace {

TreeHash sha_256(const Bytes& bytes) {
    const auto digest = crypto::digest(crypto::Hash::sha_256, bytes);
    TreeHash hash{};
    std::ranges::copy(digest.view(), hash.begin());
    return hash;
}

}  // namespace

Bytes entry(std::uint64_t index) {
    Bytes bytes;
    for (int shift = 56; shift >= 0; shift -= 8)
        bytes.push_back(static_cast<std::byte>(index >> shift & 0xffU));
    bytes.resize(8 + (index % 37), static_cast<std::byte>(index % 251));
    return bytes;
}

const std::vector<TreeHash>& leaves(std::size_t size) {
    static std::vector<TreeHash> made;
    while (made.size() < size) {
        Bytes leaf{std::byte{0x00}};
        append(leaf, entry(made.size()));
        made.push_back(sha_256(leaf));
    }
    return made;
}

TreeHash naive(std::uint64_t first, std::uint64_t end) {
    const auto n = end - first;
    if (n == 0) return sha_256({});
    if (n == 1) return leaves(end)[first];
    std::uint64_t k = 1;
    while (k * 2 < n) k *= 2;
    Bytes node{std::byte{0x01}};
    append(node, naive(first, first + k));
    append(node, naive(first + k, end));
    return sha_256(node);
}

Result<TreeHash> NaiveReader::read(Node node) {
    const auto end = (node.index + 1) << node.level;
    EXPECT_LE(end, size_) << "level " << node.level << " index " << node.index << " is not complete";
    return naive(node.index << node.level, end);
}

Result<Bytes> MemorySource::read(const TilePath& path) {
    ++reads;
    const auto found = kept.find(text(path));
    if (found == kept.end()) return fail(Errc::not_found, "tile");
    return found->second;
}

void MemorySource::put(const Tile& tile) {
    const auto [at, is_new] = kept.emplace(text(tile.path), tile.bytes);
    EXPECT_TRUE(is_new || at->second == tile.bytes) << text(tile.path) << " changed";
}

void grow(TileEdge& edge, std::uint64_t size, MemorySource& into) {
    const auto older = edge.size();
    for (auto index = older; index < size; ++index)
        for (const auto& tile : edge.append(leaves(size)[index])) into.put(tile);
    for (const auto& tile : edge.partial(older)) into.put(tile);
}

std::filesystem::path shared_data() {
    // NOLINTNEXTLINE(concurrency-mt-unsafe): nobody sets it
    if (const char* set = std::getenv("BUSGUARD_SHARED_DATA"); set != nullptr) return set;
    const std::filesystem::path source{BUSGUARD_SOURCE_DIR};
    for (const auto& above : {source.parent_path(), source.parent_path().parent_path()})
        if (std::filesystem::exists(above / "shared" / "data")) return above / "shared" / "data";
    return {};
}

}  // namespace busguard::tlog::test
