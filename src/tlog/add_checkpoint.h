#pragma once

#include "base/result.h"
#include "tlog/merkle.h"
#include "tlog/note.h"

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace busguard::tlog {

/// Bytes of the largest body: the note, 63 hashes, and the line in front.
inline constexpr std::size_t largest_add_checkpoint = largest_note + 4096;

/// The body of `POST …/add-checkpoint` (C2SP tlog-witness): "old N", the consistency proof in base64, an
/// empty line, the checkpoint.
struct AddCheckpoint {
    std::uint64_t old_size = 0;   ///< what the log thinks that the witness cosigned last; at most 2^63 - 1
    std::vector<TreeHash> proof;  ///< from old_size to the checkpoint (RFC 6962 section 2.1.2); at most 63
    std::string checkpoint;       ///< the note, signatures included, as it was

    friend bool operator==(const AddCheckpoint&, const AddCheckpoint&) = default;
};

/// The note within is not read. Errors: too_large "add-checkpoint" or "consistency proof"; bad_field "old
/// size" or "consistency proof"; truncated "add-checkpoint" or "consistency proof".
Result<AddCheckpoint> add_checkpoint_from_text(std::string_view body);
std::string to_text(const AddCheckpoint& request);

/// What is answered, without what HTTP adds.
struct WitnessAnswer {
    unsigned status = 0;       ///< of HTTP
    std::string content_type;  ///< as in the header
    std::string body;

    friend bool operator==(const WitnessAnswer&, const WitnessAnswer&) = default;
};

/// Of a 409, whose body is the size that the witness has, in decimal, LF.
inline constexpr std::string_view size_content_type = "text/x.tlog.size";

}  // namespace busguard::tlog
