#include "host/system.h"

#include "host/descriptor.h"

#include <linux/capability.h>
#include <sys/syscall.h>
#include <sys/utsname.h>

#include <array>
#include <charconv>
#include <fcntl.h>
#include <optional>
#include <unistd.h>

namespace busguard::host {
namespace {

bool has_capability(unsigned capability) {
    __user_cap_header_struct header{.version = _LINUX_CAPABILITY_VERSION_3, .pid = 0};
    std::array<__user_cap_data_struct, _LINUX_CAPABILITY_U32S_3> sets{};
    if (::syscall(SYS_capget, &header, sets.data()) != 0) return false;
    return (sets.at(capability / 32).effective >> capability % 32 & 1U) != 0;
}

}  // namespace

unsigned release_number(std::string_view release) {
    const auto number = [](std::string_view text) -> std::optional<unsigned> {
        unsigned value = 0;
        const auto read = std::from_chars(text.begin(), text.end(), value);
        if (read.ec != std::errc{} || value > 999) return std::nullopt;
        return value;
    };
    const auto dot = release.find('.');
    if (dot == std::string_view::npos) return 0;
    const auto major = number(release.substr(0, dot));
    const auto minor = number(release.substr(dot + 1));
    return major && minor ? (*major * 1000) + *minor : 0;
}

SystemFacts system_facts(const FileTree& sys) {
    SystemFacts facts;
    utsname names{};
    if (::uname(&names) == 0) facts.kernel = &names.release[0];
    facts.superuser = ::geteuid() == 0;
    facts.may_access_config = has_capability(CAP_SYS_ADMIN);
    facts.fuse = static_cast<bool>(Descriptor{::open("/dev/fuse", O_RDWR | O_CLOEXEC)});
    if (const auto text = sys.read("kernel/security/lockdown"))
        facts.lockdown = parse_lockdown(as_text(*text));
    if (auto tsms = sys.list("class/tsm")) facts.tsms = *std::move(tsms);
    return facts;
}

Lockdown parse_lockdown(std::string_view text) {
    if (text.find("[none]") != std::string_view::npos) return Lockdown::none;
    if (text.find("[integrity]") != std::string_view::npos) return Lockdown::integrity;
    if (text.find("[confidentiality]") != std::string_view::npos) return Lockdown::confidentiality;
    return Lockdown::unknown;
}

}  // namespace busguard::host
