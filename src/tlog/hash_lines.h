#pragma once

#include "base/result.h"
#include "tlog/merkle.h"
#include "tlog/text.h"

#include <cstddef>
#include <span>
#include <string>
#include <string_view>
#include <vector>

/// The part that a proof's text and a witness' request share. For this folder.
namespace busguard::tlog {

/// Hashes of an inclusion or consistency proof: trees have fewer than 2^63 leaves.
inline constexpr std::size_t most_proof_hashes = 63;

/// Hashes in base64, one a line, up to an empty line, which is taken too. Errors: too_large `what` for more
/// than most_proof_hashes; bad_field `what`; truncated `what` when no empty line comes.
Result<std::vector<TreeHash>> hashes_from_lines(Lines& lines, std::string_view what);
/// The reverse, with the empty line.
void append_hashes(std::string& text, std::span<const TreeHash> hashes);

}  // namespace busguard::tlog
