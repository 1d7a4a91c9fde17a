#include "host/posix_tree.h"

#include <sys/stat.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <climits>
#include <dirent.h>
#include <fcntl.h>
#include <unistd.h>

namespace busguard::host {
namespace {

class PosixFile final : public File {
public:
    explicit PosixFile(Descriptor file) : file_{std::move(file)} {}

    Result<std::size_t> read_at(std::uint64_t offset, std::span<std::byte> into) override {
        ssize_t count = 0;
        do count = ::pread(file_.number(), into.data(), into.size(), static_cast<off_t>(offset));
        while (count < 0 && errno == EINTR);
        if (count < 0) return fail_errno("read", offset);
        return static_cast<std::size_t>(count);
    }

    Result<std::size_t> write_at(std::uint64_t offset, ByteView bytes) override {
        ssize_t count = 0;
        do count = ::pwrite(file_.number(), bytes.data(), bytes.size(), static_cast<off_t>(offset));
        while (count < 0 && errno == EINTR);
        if (count < 0) return fail_errno("write", offset);
        return static_cast<std::size_t>(count);
    }

private:
    Descriptor file_;
};

// Names between single slashes, none of them "." or "..": a path that cannot leave the root by itself.
bool well_formed(std::string_view path) {
    if (path.empty()) return true;
    if (path.find('\0') != std::string_view::npos) return false;
    for (std::size_t from = 0; from <= path.size();) {
        const auto end = std::min(path.find('/', from), path.size());
        const auto name = path.substr(from, end - from);
        if (name.empty() || name == "." || name == "..") return false;
        from = end + 1;
    }
    return true;
}

int flags_of(Access access) {
    switch (access) {
        case Access::read: return O_RDONLY;
        case Access::write: return O_WRONLY;
        case Access::read_write: return O_RDWR;
    }
    return O_RDONLY;
}

}  // namespace

Result<std::unique_ptr<PosixTree>> PosixTree::open_root(const std::string& root) {
    Descriptor directory{::open(root.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC)};
    if (!directory) return fail_errno("open");
    return std::make_unique<PosixTree>(std::move(directory));
}

Result<std::vector<std::string>> PosixTree::list(std::string_view path) const {
    auto file = TRY(open_at(path, O_RDONLY | O_DIRECTORY));
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

Result<Bytes> PosixTree::read(std::string_view path, std::size_t limit) const {
    PosixFile file{TRY(open_at(path, O_RDONLY))};
    Bytes bytes;
    std::array<std::byte, 4096> piece{};
    while (true) {
        const auto count = TRY(file.read_at(bytes.size(), piece));
        if (count == 0) return bytes;
        if (count > limit - bytes.size()) return fail(Errc::too_large, "file", limit);
        append(bytes, std::span{piece}.first(count));
    }
}

Result<void> PosixTree::write(std::string_view path, ByteView bytes) {
    PosixFile file{TRY(open_at(path, O_WRONLY))};
    const auto count = TRY(file.write_at(0, bytes));
    if (count != bytes.size()) return fail(Errc::system, "write", count);
    return {};
}

Result<std::string> PosixTree::link(std::string_view path) const {
    if (!well_formed(path)) return fail(Errc::bad_field, "path");
    std::array<char, PATH_MAX> target{};
    const auto size = ::readlinkat(root_.number(), std::string{path}.c_str(), target.data(), target.size());
    if (size < 0 && errno == EINVAL) return fail(Errc::unsupported, "link", 0, EINVAL);
    if (size < 0) return fail_errno("link");
    return std::string{target.data(), static_cast<std::size_t>(size)};
}

Result<std::unique_ptr<File>> PosixTree::open(std::string_view path, Access access) {
    return std::make_unique<PosixFile>(TRY(open_at(path, flags_of(access))));
}

bool PosixTree::exists(std::string_view path) const {
    return well_formed(path) &&
           (path.empty() || ::faccessat(root_.number(), std::string{path}.c_str(), F_OK, 0) == 0);
}

Result<Descriptor> PosixTree::open_at(std::string_view path, int flags) const {
    if (!well_formed(path)) return fail(Errc::bad_field, "path");
    const std::string name{path.empty() ? "." : path};
    Descriptor file{::openat(root_.number(), name.c_str(), flags | O_CLOEXEC | O_NOCTTY)};
    if (!file) return fail_errno("open");
    return file;
}

}  // namespace busguard::host
