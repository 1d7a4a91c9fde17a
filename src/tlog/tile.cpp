#include "tlog/tile.h"

#include <algorithm>
#include <charconv>
#include <memory>
#include <optional>

namespace busguard::tlog {
namespace {

constexpr std::string_view root = "tile/";
constexpr std::string_view entries = "entries";
constexpr auto largest_size = ~std::uint64_t{0};

// What stands below 256^level entries is one hash of the level.
constexpr std::uint64_t hashes_at(std::uint64_t size, unsigned level) {
    return level >= tile_levels ? 0 : size >> (tile_height * level);
}

constexpr std::uint64_t full_tiles_at(std::uint64_t size, unsigned level) {
    return hashes_at(size, level + 1);
}

constexpr unsigned partial_at(std::uint64_t size, unsigned level) {
    return static_cast<unsigned>(hashes_at(size, level) % tile_width);
}

// Decimal without leading zeros.
std::optional<unsigned> number(std::string_view digits) {
    unsigned value = 0;
    const auto* end = digits.data() + digits.size();
    const auto [stopped, error] = std::from_chars(std::to_address(digits.begin()), end, value);
    const bool canonical = digits.size() == 1 || !digits.starts_with('0');
    if (error != std::errc{} || stopped != end || digits.empty() || !canonical) return std::nullopt;
    return value;
}

bool three_digits(std::string_view group) {
    return group.size() == 3 && std::ranges::all_of(group, [](char c) { return c >= '0' && c <= '9'; });
}

// "x001/x234/067": groups of three digits, all but the last behind an x, the first one not zero.
std::optional<std::uint64_t> tile_index(std::string_view groups) {
    constexpr std::size_t most = 7;  // 21 digits hold any 64-bit number
    std::uint64_t value = 0;
    for (std::size_t count = 1; count <= most; ++count) {
        const auto slash = groups.find('/');
        const bool last = slash == std::string_view::npos;
        auto group = groups.substr(0, slash);
        if (!last) {
            if (!group.starts_with('x')) return std::nullopt;
            group.remove_prefix(1);
        }
        if (!three_digits(group) || (count == 1 && !last && group == "000")) return std::nullopt;
        unsigned digits = 0;
        std::from_chars(group.data(), group.data() + group.size(), digits);
        if (__builtin_mul_overflow(value, std::uint64_t{1000}, &value) ||
            __builtin_add_overflow(value, std::uint64_t{digits}, &value))
            return std::nullopt;
        if (last) return value;
        groups.remove_prefix(slash + 1);
    }
    return std::nullopt;
}

std::string three(std::uint64_t group) {
    auto digits = std::to_string(group);
    return digits.insert(0, 3 - digits.size(), '0');
}

// Of a full tile.
std::string name_of(const TilePath& path) {
    auto name = three(path.index % 1000);
    for (auto above = path.index / 1000; above != 0; above /= 1000) {
        auto group = three(above % 1000);
        name.insert(0, group.insert(0, 1, 'x').append(1, '/'));
    }
    std::string text{root};
    if (path.kind == TilePath::Kind::entries)
        text += entries;
    else
        text += std::to_string(path.level);
    return text.append(1, '/').append(name);
}

}  // namespace

std::string partial_folder(const TilePath& path) { return name_of(path).append(".p"); }

std::string text(const TilePath& path) {
    if (path.full()) return name_of(path);
    return partial_folder(path).append(1, '/').append(std::to_string(path.width));
}

Result<TilePath> tile_path_from(std::string_view text) {
    if (!text.starts_with(root)) return fail(Errc::bad_field, "tile path");
    const auto after = text.find('/', root.size());
    if (after == std::string_view::npos) return fail(Errc::bad_field, "tile path", text.size());
    TilePath path;
    const auto level = text.substr(root.size(), after - root.size());
    if (level == entries) {
        path.kind = TilePath::Kind::entries;
    } else {
        const auto value = number(level);
        if (!value || *value > 63) return fail(Errc::bad_field, "level", root.size());
        path.level = *value;
    }
    auto index = text.substr(after + 1);
    if (const auto dot = index.find(".p/"); dot != std::string_view::npos) {
        const auto width = number(index.substr(dot + 3));
        if (!width || *width == 0 || *width >= tile_width)
            return fail(Errc::bad_field, "width", after + dot + 4);
        path.width = *width;
        index = index.substr(0, dot);
    }
    const auto value = tile_index(index);
    if (!value || width_in(largest_size, path.level, *value) < path.width)
        return fail(Errc::bad_field, "index", after + 1);
    path.index = *value;
    return path;
}

std::vector<TileRow> new_tiles(std::uint64_t older, std::uint64_t newer) {
    std::vector<TileRow> rows;
    for (unsigned level = 0; level < tile_levels; ++level) {
        if (hashes_at(older, level) == hashes_at(newer, level)) break;
        rows.push_back({.level = level,
                        .first = full_tiles_at(older, level),
                        .end = full_tiles_at(newer, level),
                        .partial = partial_at(newer, level)});
    }
    return rows;
}

unsigned width_in(std::uint64_t size, unsigned level, std::uint64_t index) {
    const auto full = full_tiles_at(size, level);
    if (index < full) return tile_width;
    return index == full ? partial_at(size, level) : 0;
}

Result<std::vector<TreeHash>> hashes_of(ByteView tile, unsigned width) {
    const auto expected = width * sizeof(TreeHash);
    if (tile.size() < expected) return fail(Errc::truncated, "tile", tile.size());
    if (tile.size() > expected) return fail(Errc::trailing_bytes, "tile", expected);
    std::vector<TreeHash> hashes(width);
    for (auto& hash : hashes) {
        std::ranges::copy(tile.first(sizeof hash), hash.begin());
        tile = tile.subspan(sizeof hash);
    }
    return hashes;
}

Bytes tile_of(std::span<const TreeHash> hashes) {
    Bytes bytes;
    bytes.reserve(hashes.size_bytes());
    for (const auto& hash : hashes) append(bytes, hash);
    return bytes;
}

TreeHash subtree_hash(std::span<const TreeHash> hashes) {
    if (hashes.size() == 1) return hashes.front();
    const auto half = hashes.size() / 2;
    return node_hash(subtree_hash(hashes.first(half)), subtree_hash(hashes.subspan(half)));
}

}  // namespace busguard::tlog
