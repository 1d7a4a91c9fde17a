#include "emulate/text_file.h"

#include <fstream>
#include <system_error>

namespace busguard::emulate {
namespace {

namespace fs = std::filesystem;

Problem wrong(const fs::path& file, std::string message, std::string remedy = {}) {
    return {.where = file.string(), .message = std::move(message), .remedy = std::move(remedy)};
}

}  // namespace

Checked<Bytes> read_file(const fs::path& file, std::size_t limit) {
    std::error_code error;
    if (fs::is_directory(file, error)) return fail(wrong(file, "is a directory"));
    std::ifstream in{file, std::ios::binary};
    if (!in) return fail(wrong(file, "cannot be opened", "is it there, and may you read it?"));
    Bytes bytes(limit + 1);
    in.read(reinterpret_cast<char*>(bytes.data()), static_cast<std::streamsize>(bytes.size()));
    if (in.bad()) return fail(wrong(file, "cannot be read"));
    bytes.resize(static_cast<std::size_t>(in.gcount()));
    if (bytes.size() > limit) return fail(wrong(file, "has more than " + std::to_string(limit) + " bytes"));
    return bytes;
}

Checked<void> write_file(const fs::path& file, ByteView bytes, FileMode mode) {
    std::error_code error;
    auto fresh = file;
    fresh += ".new";
    fs::remove(fresh, error);
    {
        std::ofstream out{fresh, std::ios::binary};
        fs::permissions(fresh, static_cast<fs::perms>(mode), error);  // while it is still empty
        if (!out || error) return fail(wrong(file, "cannot be written", "may you write in that directory?"));
        out.write(reinterpret_cast<const char*>(bytes.data()), static_cast<std::streamsize>(bytes.size()));
        out.close();
        if (!out) return fail(wrong(file, "cannot be written", "is the disk full?"));
    }
    fs::rename(fresh, file, error);
    if (error) return fail(wrong(file, "cannot be replaced: " + error.message()));
    return {};
}

Checked<void> make_private_directory(const fs::path& directory) {
    std::error_code error;
    if (fs::is_directory(directory, error)) return {};
    if (directory.has_parent_path()) fs::create_directories(directory.parent_path(), error);
    const bool made = fs::create_directory(directory, error);
    if (!error && made) fs::permissions(directory, fs::perms::owner_all, error);
    if (error) return fail(wrong(directory, "cannot be made: " + error.message()));
    return {};
}

}  // namespace busguard::emulate
