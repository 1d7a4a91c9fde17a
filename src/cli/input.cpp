#include "cli/input.h"

#include "host/files.h"

#include <array>
#include <cerrno>
#include <system_error>

namespace busguard::cli {
namespace {

Failure<Trouble> of_stdin(std::string message) {
    return trouble(
        "file",
        {.where = "standard input", .line = 0, .field = {}, .message = std::move(message), .remedy = {}});
}

}  // namespace

Tried<Bytes> read_input(const Session& session, const std::string& path, std::size_t limit) {
    if (path != "-") return or_trouble("file", host::read_file(path, limit));
    Bytes bytes;
    std::array<std::byte, 65536> part{};
    for (;;) {
        const auto got = std::fread(part.data(), 1, part.size(), session.world().in);
        append(bytes, ByteView{part}.first(got));
        if (bytes.size() > limit) return of_stdin("more than " + std::to_string(limit) + " bytes");
        if (got == part.size()) continue;
        if (std::ferror(session.world().in) != 0) return of_stdin(std::generic_category().message(errno));
        return bytes;
    }
}

}  // namespace busguard::cli
