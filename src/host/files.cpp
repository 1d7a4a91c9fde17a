#include "host/files.h"

#include "host/descriptor.h"

#include <sys/stat.h>

#include <array>
#include <cerrno>
#include <cstdlib>
#include <fcntl.h>
#include <system_error>
#include <unistd.h>

namespace busguard::host {
namespace {

Failure<Problem> problem(const std::string& path, std::string doing, int code = errno) {
    return fail(
        Problem{.where = path, .message = std::move(doing) + ": " + std::generic_category().message(code)});
}

// Everything, or an errno.
int write_all(int file, ByteView bytes) {
    while (!bytes.empty()) {
        const auto count = ::write(file, bytes.data(), bytes.size());
        if (count < 0 && errno != EINTR) return errno;
        if (count > 0) bytes = bytes.subspan(static_cast<std::size_t>(count));
    }
    return 0;
}

std::string directory_of(const std::string& path) {
    const auto slash = path.rfind('/');
    if (slash == std::string::npos) return ".";
    return slash == 0 ? "/" : path.substr(0, slash);
}

Checked<void> write_in_place(const std::string& path, ByteView bytes) {
    const Descriptor file{::open(path.c_str(), O_WRONLY | O_CLOEXEC | O_NOCTTY)};
    if (!file) return problem(path, "cannot be opened for writing");
    if (const int code = write_all(file.number(), bytes); code != 0)
        return problem(path, "cannot be written", code);
    return {};
}

// Removes the temporary file unless it got its final name.
struct Temporary {
    explicit Temporary(std::string name) : path{std::move(name)} {}
    Temporary(const Temporary&) = delete;
    Temporary& operator=(const Temporary&) = delete;
    ~Temporary() {
        if (!path.empty()) ::unlink(path.c_str());
    }

    std::string path;
};

}  // namespace

Checked<Bytes> read_file(const std::string& path, std::size_t limit) {
    const Descriptor file{::open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NOCTTY)};
    if (!file) return problem(path, "cannot be opened");
    Bytes bytes;
    std::array<std::byte, 16384> piece{};
    while (true) {
        const auto count = ::read(file.number(), piece.data(), piece.size());
        if (count < 0 && errno == EINTR) continue;
        if (count < 0) return problem(path, "cannot be read");
        if (count == 0) return bytes;
        if (static_cast<std::size_t>(count) > limit - bytes.size())
            return fail(
                Problem{.where = path, .message = "has more than " + std::to_string(limit) + " bytes"});
        append(bytes, std::span{piece}.first(static_cast<std::size_t>(count)));
    }
}

Checked<void> write_file(const std::string& path, ByteView bytes, std::uint32_t mode) {
    struct stat status{};
    if (::stat(path.c_str(), &status) == 0 && !S_ISREG(status.st_mode)) return write_in_place(path, bytes);
    Temporary temporary{path + ".XXXXXX"};
    const Descriptor file{::mkostemp(temporary.path.data(), O_CLOEXEC)};
    if (!file) {
        temporary.path.clear();
        return problem(path, "cannot be created");
    }
    if (::fchmod(file.number(), mode) != 0) return problem(path, "cannot get its permissions");
    if (const int code = write_all(file.number(), bytes); code != 0)
        return problem(path, "cannot be written", code);
    if (::fsync(file.number()) != 0) return problem(path, "cannot be written");
    if (::rename(temporary.path.c_str(), path.c_str()) != 0) return problem(path, "cannot be replaced");
    temporary.path.clear();
    const Descriptor directory{::open(directory_of(path).c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC)};
    if (directory) ::fsync(directory.number());
    return {};
}

Checked<void> make_directory(const std::string& path) {
    for (std::size_t end = 1; end <= path.size(); ++end) {
        if (end < path.size() && path[end] != '/') continue;
        const auto part = path.substr(0, end);
        if (::mkdir(part.c_str(), 0755) != 0 && errno != EEXIST) return problem(part, "cannot be created");
    }
    struct stat status{};
    if (::stat(path.c_str(), &status) != 0) return problem(path, "cannot be created");
    if (!S_ISDIR(status.st_mode)) return fail(Problem{.where = path, .message = "is not a directory"});
    return {};
}

}  // namespace busguard::host
