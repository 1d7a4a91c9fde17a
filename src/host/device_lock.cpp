#include "host/device_lock.h"

#include <sys/file.h>
#include <sys/stat.h>

#include <algorithm>
#include <cerrno>
#include <fcntl.h>
#include <unistd.h>

namespace busguard::host {
namespace {

// /run/lock is everybody's to write: a directory that somebody else made there is not trusted.
Result<Descriptor> own_directory(const std::string& path) {
    if (::mkdir(path.c_str(), 0700) != 0 && errno != EEXIST) return fail_errno("lock directory");
    Descriptor directory{::open(path.c_str(), O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC)};
    if (!directory) return fail_errno("lock directory");
    struct stat status{};
    if (::fstat(directory.number(), &status) != 0) return fail_errno("lock directory");
    if (status.st_uid != ::geteuid() || (status.st_mode & 0022U) != 0)
        return fail(Errc::permission, "lock directory");
    return directory;
}

bool is_name(char c) {
    return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == ':' ||
           c == '.' || c == '-' || c == '_';
}

}  // namespace

Result<DeviceLock> DeviceLock::take(const std::string& directory, std::string_view device) {
    std::string name{device};
    std::ranges::replace(name, '/', '+');
    const bool fits = !name.empty() && name.front() != '.' && name.size() <= 200 &&
                      std::ranges::all_of(name, [](char c) { return is_name(c) || c == '+'; });
    if (!fits) return fail(Errc::bad_field, "device name");
    const auto home = TRY(own_directory(directory));
    Descriptor file{::openat(home.number(), name.c_str(), O_RDWR | O_CREAT | O_NOFOLLOW | O_CLOEXEC, 0600)};
    if (!file) return fail_errno("device lock");
    if (::flock(file.number(), LOCK_EX | LOCK_NB) != 0) {
        if (errno == EWOULDBLOCK) return fail(Errc::owned, "device lock");
        return fail_errno("device lock");
    }
    return DeviceLock{std::move(file)};
}

std::string lock_directory(std::string_view runtime_directory) {
    if (::geteuid() == 0) return "/run/lock/busguard";
    if (!runtime_directory.empty()) return std::string{runtime_directory} + "/busguard";
    return "/tmp/busguard-" + std::to_string(::geteuid());
}

}  // namespace busguard::host
