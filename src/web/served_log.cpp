#include "web/served_log.h"

#include "base/hex.h"
#include "crypto/hash.h"
#include "journal/journal.h"
#include "tlog/tile.h"
#include "web/answers.h"

#include <algorithm>

namespace busguard::web {
namespace {

constexpr std::string_view blobs = "blob/";

// "blob/" and 64 lower-case digits (journal::blob_path).
bool is_blob(std::string_view path) {
    if (!path.starts_with(blobs)) return false;
    const auto name = path.substr(blobs.size());
    return name.size() == 2 * sizeof(tlog::TreeHash) &&
           std::ranges::all_of(name, [](char c) { return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'f'); });
}

Result<std::string> whole(const host::OpenFile& file, std::size_t limit) {
    std::string text(std::min<std::uint64_t>(file.size, limit), '\0');
    std::size_t have = 0;
    while (have < text.size()) {
        const auto got = TRY(host::read_piece(file, std::as_writable_bytes(std::span{text}.subspan(have))));
        if (got == 0) return fail(Errc::truncated, "file");
        have += got;
    }
    return text;
}

// If-None-Match (RFC 9110 13.1.2) compares weakly: W/ counts for nothing.
bool matches(std::string_view wanted, std::string_view tag) {
    return wanted == "*" || wanted.find(tag) != std::string_view::npos;
}

}  // namespace

Result<ServedLog> ServedLog::open(const std::string& folder) {
    return ServedLog{TRY(host::open_directory(folder))};
}

host::HttpResponse ServedLog::answer(const host::HttpRequest& request) const {
    if (request.head.method != "GET" && request.head.method != "HEAD") return wrong_method("GET, HEAD");
    const auto path = request.head.path.substr(1);
    if (path == journal::checkpoint_path || path == journal::cosigned_path) return checkpoint(request);
    if (!is_blob(path) && !tlog::tile_path_from(path)) return refusal(404, "no such resource");
    auto file = host::open_below(folder_, path);
    if (!file) return unreadable(file.error());
    return {.status = 200,
            .fields = {{"Content-Type", "application/octet-stream"},
                       {"Cache-Control", "public, max-age=31536000, immutable"}},
            .body = {},
            .file = *std::move(file)};
}

host::HttpResponse ServedLog::checkpoint(const host::HttpRequest& request) const {
    const auto file = host::open_below(folder_, request.head.path.substr(1));
    if (!file) return unreadable(file.error());
    if (file->size > journal::largest_checkpoint) return refusal(500, "the checkpoint is too large");
    auto note = whole(*file, journal::largest_checkpoint);
    if (!note) return unreadable(note.error());
    const auto tag =
        std::string{"\""}.append(to_hex(crypto::digest(crypto::Hash::sha_256, as_bytes(*note)))).append("\"");
    host::HttpResponse response{.status = 200,
                                .fields = {{"Content-Type", "text/plain; charset=utf-8"},
                                           {"Cache-Control", "no-cache"},
                                           {"ETag", tag}},
                                .body = *std::move(note),
                                .file = {}};
    const auto wanted = request.head.field("if-none-match");
    if (wanted && matches(*wanted, tag)) response.status = 304;
    return response;
}

}  // namespace busguard::web
