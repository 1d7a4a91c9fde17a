#include "host/open_file.h"

#include <sys/stat.h>

#include <cerrno>
#include <fcntl.h>
#include <unistd.h>

namespace busguard::host {

Result<Descriptor> open_directory(const std::string& path) {
    Descriptor directory{::open(path.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC)};
    if (!directory) return fail_errno("directory");
    return directory;
}

Result<OpenFile> open_below(const Descriptor& directory, const std::string& path) {
    // O_NONBLOCK: a FIFO in the place of a file would hold up everybody.
    OpenFile file{Descriptor{::openat(directory.number(), path.c_str(),
                                      O_RDONLY | O_CLOEXEC | O_NOFOLLOW | O_NOCTTY | O_NONBLOCK)}};
    if (!file.descriptor) {
        // A file where a directory is wanted, or a symbolic link: nothing of that name.
        if (errno == ENOTDIR || errno == ELOOP) return fail(Errc::not_found, "file");
        return fail_errno("file");
    }
    struct stat status{};
    if (::fstat(file.descriptor.number(), &status) != 0) return fail_errno("file");
    if (!S_ISREG(status.st_mode)) return fail(Errc::not_found, "file");
    file.size = static_cast<std::uint64_t>(status.st_size);
    return file;
}

Result<std::size_t> read_piece(const OpenFile& file, std::span<std::byte> into) {
    while (true) {
        const auto count = ::read(file.descriptor.number(), into.data(), into.size());
        if (count >= 0) return static_cast<std::size_t>(count);
        if (errno != EINTR) return fail_errno("file");
    }
}

}  // namespace busguard::host
