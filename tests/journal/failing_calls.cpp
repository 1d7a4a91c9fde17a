#include "tests/journal/failing_calls.h"

#include <sys/stat.h>
#include <sys/syscall.h>

#include <array>
#include <cerrno>
#include <climits>
#include <csignal>
#include <cstdarg>
#include <cstdio>
#include <cstdlib>
#include <fcntl.h>
#include <optional>
#include <unistd.h>
#include <utility>

namespace busguard::journal::test::calls {
namespace {

struct State {
    Plan plan;
    std::size_t calls = 0;
};

State& state() {
    static State its;
    return its;
}

/// A path from a directory, or a descriptor's own.
struct Place {
    int descriptor = -1;
    const char* path = nullptr;
};

// A file that is gone keeps its path, with " (deleted)" behind it.
std::string path_of(int descriptor) {
    const auto link =
        descriptor == AT_FDCWD ? "/proc/self/cwd" : "/proc/self/fd/" + std::to_string(descriptor);
    std::array<char, PATH_MAX> path{};
    const auto size = ::readlink(link.c_str(), path.data(), path.size());
    return size < 0 ? std::string{} : std::string{path.data(), static_cast<std::size_t>(size)};
}

/// Relative to the directory that is looked at; none if it is not there.
std::optional<std::string> watched(const Place& place) {
    const auto& below = state().plan.below;
    if (below.empty()) return std::nullopt;
    std::string path{place.path == nullptr ? "" : place.path};
    if (!path.starts_with('/')) path.insert(0, path.empty() ? "" : "/").insert(0, path_of(place.descriptor));
    if (path == below) return ".";
    if (!path.starts_with(below + "/")) return std::nullopt;
    return path.substr(below.size() + 1);
}

[[noreturn]] void end() {
    ::kill(::getpid(), SIGKILL);
    std::abort();
}

long fails(int error) {
    errno = error;
    return -1;
}

enum class Needs { nothing, space };

/// Every call passes here. `act` makes it: of a write so many bytes from its start, of which there are
/// `size`.
template <class Act>
long pass(std::string_view name, const Place& place, Needs needs, std::size_t size, Act act) {
    const auto path = watched(place);
    if (!path) return act(size);
    auto& [plan, calls] = state();
    ++calls;
    if (plan.told) plan.told(name, *path);
    const bool due = calls == plan.number;
    switch (plan.fault) {
        case Fault::none: return act(size);
        case Fault::kill:
            if (due) end();
            return act(size);
        case Fault::torn:
            if (!due) return act(size);
            act((size + 1) / 2);
            end();
        case Fault::partial: return act(due ? (size + 1) / 2 : size);
        case Fault::error: return due ? fails(EIO) : act(size);
        case Fault::late_error: {
            const auto done = act(size);
            return due ? fails(EIO) : done;
        }
        case Fault::no_space:
            return due || (calls > plan.number && needs == Needs::space) ? fails(ENOSPC) : act(size);
    }
    std::abort();
}

/// One that is no write.
template <class... Arguments>
int make(std::string_view name, const Place& place, Needs needs, long number, Arguments... arguments) {
    return static_cast<int>(
        pass(name, place, needs, 0, [&](std::size_t /*size*/) { return ::syscall(number, arguments...); }));
}

// Those that take a directory are there on every machine of 64 bits; some have no others.
bool may_create(int flags) { return (flags & O_CREAT) != 0 || (flags & O_TMPFILE) == O_TMPFILE; }

int open_at(int directory, const char* path, int flags, mode_t mode) {
    if (!may_create(flags) && (flags & O_TRUNC) == 0)
        return static_cast<int>(::syscall(SYS_openat, directory, path, flags, mode));
    return make("open", {directory, path}, Needs::space, SYS_openat, directory, path, flags, mode);
}

int remove_at(int directory, const char* path, int flags) {
    return make("unlink", {directory, path}, Needs::nothing, SYS_unlinkat, directory, path, flags);
}

int rename_at(int from, const char* old_path, int to, const char* new_path, unsigned flags) {
    return make("rename", {to, new_path}, Needs::nothing, SYS_renameat2, from, old_path, to, new_path, flags);
}

int link_at(int from, const char* old_path, int to, const char* new_path, int flags) {
    return make("link", {to, new_path}, Needs::space, SYS_linkat, from, old_path, to, new_path, flags);
}

int make_directory_at(int directory, const char* path, mode_t mode) {
    return make("mkdir", {directory, path}, Needs::space, SYS_mkdirat, directory, path, mode);
}

}  // namespace

void follow(Plan plan) { state() = {std::move(plan), 0}; }

}  // namespace busguard::journal::test::calls

// libc's names of parameters are reserved ones, and a va_list is an array.
// NOLINTBEGIN(readability-inconsistent-declaration-parameter-name,cppcoreguidelines-pro-bounds-array-to-pointer-decay)
extern "C" {

using namespace busguard::journal::test::calls;

int open(const char* path, int flags, ...) {
    std::va_list more;
    va_start(more, flags);
    const auto mode = may_create(flags) ? va_arg(more, mode_t) : 0;
    va_end(more);
    return open_at(AT_FDCWD, path, flags, mode);
}
int openat(int directory, const char* path, int flags, ...) {
    std::va_list more;
    va_start(more, flags);
    const auto mode = may_create(flags) ? va_arg(more, mode_t) : 0;
    va_end(more);
    return open_at(directory, path, flags, mode);
}

ssize_t write(int file, const void* bytes, size_t size) {
    return pass("write", {file}, Needs::space, size,
                [&](std::size_t first) { return ::syscall(SYS_write, file, bytes, first); });
}
ssize_t pwrite(int file, const void* bytes, size_t size, off_t offset) {
    return pass("pwrite", {file}, Needs::space, size,
                [&](std::size_t first) { return ::syscall(SYS_pwrite64, file, bytes, first, offset); });
}
int ftruncate(int file, off_t size) noexcept {
    return make("ftruncate", {file}, Needs::nothing, SYS_ftruncate, file, size);
}
int fallocate(int file, int mode, off_t offset, off_t size) {
    return make("fallocate", {file}, Needs::space, SYS_fallocate, file, mode, offset, size);
}
int posix_fallocate(int file, off_t offset, off_t size) {
    return fallocate(file, 0, offset, size) == 0 ? 0 : errno;
}
int fsync(int file) { return make("fsync", {file}, Needs::nothing, SYS_fsync, file); }
int fdatasync(int file) { return make("fdatasync", {file}, Needs::nothing, SYS_fdatasync, file); }

int fchmod(int file, mode_t mode) noexcept {
    return make("fchmod", {file}, Needs::nothing, SYS_fchmod, file, mode);
}
int fchmodat(int directory, const char* path, mode_t mode, int /*flags*/) noexcept {
    return make("fchmod", {directory, path}, Needs::nothing, SYS_fchmodat, directory, path, mode);
}
int fchown(int file, uid_t user, gid_t group) noexcept {
    return make("fchown", {file}, Needs::nothing, SYS_fchown, file, user, group);
}

int rename(const char* from, const char* to) noexcept { return rename_at(AT_FDCWD, from, AT_FDCWD, to, 0); }
int renameat(int from, const char* old_path, int to, const char* new_path) noexcept {
    return rename_at(from, old_path, to, new_path, 0);
}
int link(const char* from, const char* to) noexcept { return link_at(AT_FDCWD, from, AT_FDCWD, to, 0); }
int linkat(int from, const char* old_path, int to, const char* new_path, int flags) noexcept {
    return link_at(from, old_path, to, new_path, flags);
}
int unlink(const char* path) noexcept { return remove_at(AT_FDCWD, path, 0); }
int unlinkat(int directory, const char* path, int flags) noexcept {
    return remove_at(directory, path, flags);
}
int rmdir(const char* path) noexcept { return remove_at(AT_FDCWD, path, AT_REMOVEDIR); }
int mkdir(const char* path, mode_t mode) noexcept { return make_directory_at(AT_FDCWD, path, mode); }
int mkdirat(int directory, const char* path, mode_t mode) noexcept {
    return make_directory_at(directory, path, mode);
}

// What libraries call that were built for large files; the same, where every file is one.
int open64(const char* path, int flags, ...) __attribute__((alias("open")));
int openat64(int directory, const char* path, int flags, ...) __attribute__((alias("openat")));
ssize_t pwrite64(int file, const void* bytes, size_t size, off64_t offset) __attribute__((alias("pwrite")));
int ftruncate64(int file, off64_t size) noexcept __attribute__((alias("ftruncate")));
int fallocate64(int file, int mode, off64_t offset, off64_t size) __attribute__((alias("fallocate")));
int posix_fallocate64(int file, off64_t offset, off64_t size) __attribute__((alias("posix_fallocate")));

}  // extern "C"
// NOLINTEND(readability-inconsistent-declaration-parameter-name,cppcoreguidelines-pro-bounds-array-to-pointer-decay)
