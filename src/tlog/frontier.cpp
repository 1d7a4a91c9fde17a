#include "tlog/frontier.h"

namespace busguard::tlog {

Result<Frontier> Frontier::resume(std::uint64_t size, std::vector<TreeHash> peaks) {
    if (peaks.size() != static_cast<std::size_t>(std::popcount(size))) return fail(Errc::mismatch, "peaks");
    Frontier frontier;
    frontier.size_ = size;
    frontier.peaks_ = std::move(peaks);
    return frontier;
}

TreeHash Frontier::root() const { return peaks_.empty() ? empty_tree_hash() : join(peaks_); }

TreeHash join(std::span<const TreeHash> peaks) {
    auto hash = peaks.back();
    for (auto left = peaks.size() - 1; left-- > 0;) hash = node_hash(peaks[left], hash);
    return hash;
}

}  // namespace busguard::tlog
