#include "tlog/add_checkpoint.h"

#include "tlog/hash_lines.h"
#include "tlog/text.h"

namespace busguard::tlog {
namespace {

constexpr std::string_view old_start = "old ";

}  // namespace

Result<AddCheckpoint> add_checkpoint_from_text(std::string_view body) {
    if (body.size() > largest_add_checkpoint) return fail(Errc::too_large, "add-checkpoint");
    Lines lines{body};
    const auto old = lines.next();
    if (!old) return fail(Errc::truncated, "add-checkpoint");
    if (!old->starts_with(old_start)) return fail(Errc::bad_field, "old size");
    AddCheckpoint request;
    request.old_size = TRY(number_from_text(old->substr(old_start.size()), "old size"));
    request.proof = TRY(hashes_from_lines(lines, "consistency proof"));
    request.checkpoint = lines.rest();
    if (request.checkpoint.empty()) return fail(Errc::truncated, "add-checkpoint");
    return request;
}

std::string to_text(const AddCheckpoint& request) {
    std::string body{old_start};
    body.append(std::to_string(request.old_size)).append("\n");
    append_hashes(body, request.proof);
    return body.append(request.checkpoint);
}

}  // namespace busguard::tlog
