#pragma once

#include "base/result.h"
#include "tlog/merkle.h"

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

/// What the text formats of a transparency log share. For this folder.
namespace busguard::tlog {

/// Sizes and indices of trees, and times: what a signed 64-bit integer holds, because most other
/// implementations read them into one.
inline constexpr std::uint64_t largest_number = INT64_MAX;

/// ASCII decimal without sign or leading zeros, at most largest_number. Error: bad_field `what`.
Result<std::uint64_t> number_from_text(std::string_view digits, std::string_view what);

/// Standard base64 (RFC 4648 section 4) of 32 bytes, strict. Error: bad_field `what`.
Result<TreeHash> hash_from_text(std::string_view base64, std::string_view what);

/// Well-formed UTF-8 (Unicode 15, table 3-7) without control characters below U+0020 but LF.
bool is_note_text(std::string_view text);

/// C2SP signed-note: not empty, UTF-8, no Unicode space (property White_Space), no '+'.
bool is_key_name(std::string_view text);

/// Walks the lines of a text; a line counts only with the LF that ends it, which is not part of what it
/// gives.
class Lines {
public:
    explicit Lines(std::string_view text) : rest_{text} {}

    /// Nothing if no LF is left.
    std::optional<std::string_view> next() {
        const auto end = rest_.find('\n');
        if (end == std::string_view::npos) return std::nullopt;
        const auto line = rest_.substr(0, end);
        rest_.remove_prefix(end + 1);
        return line;
    }
    std::string_view rest() const { return rest_; }

private:
    std::string_view rest_;
};

}  // namespace busguard::tlog
