#include "host/standard_error.h"

#include <sys/stat.h>

#include <unistd.h>

namespace busguard::host {

std::string standard_error_id() {
    struct stat its{};
    if (::fstat(STDERR_FILENO, &its) != 0) return {};
    return std::to_string(its.st_dev) + ":" + std::to_string(its.st_ino);
}

}  // namespace busguard::host
