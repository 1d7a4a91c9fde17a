#include "host/descriptor.h"

#include <cerrno>
#include <unistd.h>

namespace busguard::host {
namespace {

Errc meaning(int code) {
    switch (code) {
        case ENOENT: return Errc::not_found;
        case EPERM:
        case EACCES:
        case EROFS: return Errc::permission;
        case ENODEV:  // sysfs, once the device is gone
        case ENXIO:
        case ENOTCONN:  // FUSE, once its server is gone
        case EPIPE:
        case ECONNRESET:
        case ECONNREFUSED:
        case ECONNABORTED:
        case EHOSTUNREACH:
        case ENETUNREACH: return Errc::disconnected;
        case ETIMEDOUT: return Errc::timeout;
        case ENOTDIR:
        case EISDIR:
        case ENOSYS:
        case EOPNOTSUPP: return Errc::unsupported;
        case EFBIG:
        case ENAMETOOLONG: return Errc::too_large;
        default: return Errc::system;
    }
}

}  // namespace

Descriptor::~Descriptor() {
    if (number_ >= 0) ::close(number_);
}

Error system_error(int code, std::string_view what, std::size_t offset) {
    return {meaning(code), what, offset, static_cast<std::uint32_t>(code)};
}

Failure<Error> fail_errno(std::string_view what, std::size_t offset) {
    return fail(system_error(errno, what, offset));
}

}  // namespace busguard::host
