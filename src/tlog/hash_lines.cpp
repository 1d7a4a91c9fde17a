#include "tlog/hash_lines.h"

#include "base/hex.h"

namespace busguard::tlog {

Result<std::vector<TreeHash>> hashes_from_lines(Lines& lines, std::string_view what) {
    std::vector<TreeHash> hashes;
    for (auto line = lines.next(); line; line = lines.next()) {
        if (line->empty()) return hashes;
        if (hashes.size() == most_proof_hashes) return fail(Errc::too_large, what);
        hashes.push_back(TRY(hash_from_text(*line, what)));
    }
    return fail(Errc::truncated, what);
}

void append_hashes(std::string& text, std::span<const TreeHash> hashes) {
    for (const auto& hash : hashes) text.append(to_base64(hash)).append("\n");
    text.append("\n");
}

}  // namespace busguard::tlog
