#include "tlog/proving.h"

#include <algorithm>

namespace busguard::tlog {
namespace {

/// The entries from `first` on, as RFC 6962 cuts a tree up: `first` is a multiple of the largest power of two
/// in `size`.
struct Range {
    std::uint64_t first, size;

    Range left() const { return {first, split_of(size)}; }
    Range right() const { return {first + split_of(size), size - split_of(size)}; }
};

Result<std::vector<TreeHash>> peaks_of(Range range, HashReader& hashes) {
    std::vector<TreeHash> peaks;
    while (range.size != 0) {
        const auto level = static_cast<unsigned>(std::bit_width(range.size)) - 1;
        peaks.push_back(TRY(hashes.read({level, range.first >> level})));
        range = {range.first + (std::uint64_t{1} << level), range.size - (std::uint64_t{1} << level)};
    }
    return peaks;
}

// The ranges were met on the way down from the root; a proof has them on the way up.
Result<std::vector<TreeHash>> proof_of(std::vector<Range> ranges, HashReader& hashes) {
    std::ranges::reverse(ranges);
    std::vector<TreeHash> proof;
    for (const auto& range : ranges) {
        const auto peaks = TRY(peaks_of(range, hashes));
        proof.push_back(join(peaks));
    }
    return proof;
}

}  // namespace

Result<Frontier> frontier_at(std::uint64_t size, HashReader& hashes) {
    return Frontier::resume(size, TRY(peaks_of({0, size}, hashes)));
}

Result<TreeHash> root_at(std::uint64_t size, HashReader& hashes) {
    const auto frontier = TRY(frontier_at(size, hashes));
    return frontier.root();
}

Result<std::vector<TreeHash>> prove_inclusion(std::uint64_t index, std::uint64_t size, HashReader& hashes) {
    if (index >= size) return fail(Errc::bad_field, "index");
    std::vector<Range> siblings;
    for (Range here{0, size}; here.size > 1;) {
        const bool go_left = index < here.right().first;
        siblings.push_back(go_left ? here.right() : here.left());
        here = go_left ? here.left() : here.right();
    }
    return proof_of(std::move(siblings), hashes);
}

Result<std::vector<TreeHash>> prove_consistency(std::uint64_t older, std::uint64_t newer,
                                                HashReader& hashes) {
    if (older > newer) return fail(Errc::bad_field, "size");
    if (older == 0 || older == newer) return std::vector<TreeHash>{};
    // RFC 6962 2.1.2, SUBPROOF: down to the range that ends where the older tree ended.
    std::vector<Range> parts;
    Range here{0, newer};
    while (here.first + here.size != older) {
        const bool go_left = older <= here.right().first;
        parts.push_back(go_left ? here.right() : here.left());
        here = go_left ? here.left() : here.right();
    }
    // If it is the whole older tree, the verifier knows its hash.
    if (here.first != 0) parts.push_back(here);
    return proof_of(std::move(parts), hashes);
}

}  // namespace busguard::tlog
