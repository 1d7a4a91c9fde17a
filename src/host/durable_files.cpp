#include "host/durable_files.h"

#include <sys/stat.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstdio>
#include <dirent.h>
#include <fcntl.h>
#include <unistd.h>

namespace busguard::host {
namespace {

Result<void> write_all(const Descriptor& file, ByteView bytes) {
    while (!bytes.empty()) {
        const auto count = ::write(file.number(), bytes.data(), bytes.size());
        if (count < 0 && errno != EINTR) return fail_errno("write");
        if (count > 0) bytes = bytes.subspan(static_cast<std::size_t>(count));
    }
    return {};
}

}  // namespace

Result<std::unique_ptr<DirectoryFiles>> DirectoryFiles::open(const std::string& root) {
    Descriptor directory{::open(root.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC)};
    if (!directory) return fail_errno("open");
    return std::make_unique<DirectoryFiles>(std::move(directory));
}

Result<Descriptor> DirectoryFiles::open_at(const std::string& path, int flags) const {
    const auto* name = path.empty() ? "." : path.c_str();
    Descriptor file{::openat(root_.number(), name, flags | O_CLOEXEC | O_NOFOLLOW | O_NOCTTY, 0644)};
    if (!file) return fail_errno("open");
    return file;
}

Result<Bytes> DirectoryFiles::read(const std::string& path, std::size_t limit) {
    const auto file = TRY(open_at(path, O_RDONLY));
    Bytes bytes;
    std::array<std::byte, 16384> piece{};
    while (true) {
        const auto count = ::read(file.number(), piece.data(), piece.size());
        if (count < 0 && errno == EINTR) continue;
        if (count < 0) return fail_errno("read");
        if (count == 0) return bytes;
        const auto got = ByteView{piece}.first(static_cast<std::size_t>(count));
        if (got.size() > limit - bytes.size()) return fail(Errc::too_large, "file", limit);
        append(bytes, got);
    }
}

Result<bool> DirectoryFiles::exists(const std::string& path) {
    struct stat status{};
    if (::fstatat(root_.number(), path.c_str(), &status, AT_SYMLINK_NOFOLLOW | AT_EMPTY_PATH) == 0)
        return true;
    if (errno == ENOENT) return false;
    return fail_errno("stat");
}

Result<std::vector<std::string>> DirectoryFiles::list(const std::string& path) {
    const auto file = TRY(open_at(path, O_RDONLY | O_DIRECTORY));
    const int number = ::dup(file.number());  // closedir() closes the one it was given
    if (number < 0) return fail_errno("list");
    const std::unique_ptr<DIR, int (*)(DIR*)> directory{::fdopendir(number), &::closedir};
    if (!directory) {
        ::close(number);
        return fail_errno("list");
    }
    std::vector<std::string> names;
    errno = 0;
    while (const auto* entry = ::readdir(directory.get())) {  // NOLINT(concurrency-mt-unsafe): its own DIR
        const std::string_view name{&entry->d_name[0]};
        if (name != "." && name != "..") names.emplace_back(name);
    }
    if (errno != 0) return fail_errno("list");
    std::ranges::sort(names);
    return names;
}

Result<void> DirectoryFiles::write(const std::string& path, ByteView bytes) {
    // Written and synced through one descriptor: an error of writing back is told to descriptors that were
    // open when it happened.
    const auto file = TRY(open_at(path, O_WRONLY | O_CREAT | O_TRUNC));
    TRY(write_all(file, bytes));
    if (::fchmod(file.number(), 0644) != 0) return fail_errno("mode");  // whatever the umask
    if (::fsync(file.number()) != 0) return fail_errno("sync");
    return {};
}

Result<void> DirectoryFiles::rename(const std::string& from, const std::string& to) {
    if (::renameat(root_.number(), from.c_str(), root_.number(), to.c_str()) != 0)
        return fail_errno("rename");
    return {};
}

Result<void> DirectoryFiles::sync_directory(const std::string& path) {
    const auto directory = TRY(open_at(path, O_RDONLY | O_DIRECTORY));
    if (::fsync(directory.number()) != 0) return fail_errno("sync");
    return {};
}

Result<void> DirectoryFiles::make_directory(const std::string& path) {
    if (::mkdirat(root_.number(), path.c_str(), 0755) == 0) {
        // Whatever the umask.
        if (::fchmodat(root_.number(), path.c_str(), 0755, 0) != 0) return fail_errno("mode");
    } else if (errno != EEXIST) {
        return fail_errno("mkdir");
    }
    return {};
}

Result<void> DirectoryFiles::remove(const std::string& path) {
    int done = ::unlinkat(root_.number(), path.c_str(), 0);
    if (done != 0 && errno == EISDIR) done = ::unlinkat(root_.number(), path.c_str(), AT_REMOVEDIR);
    if (done != 0 && errno != ENOENT) return fail_errno("remove");
    return {};
}

}  // namespace busguard::host
