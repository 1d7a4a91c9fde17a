#include "host/uevents.h"

#include <linux/netlink.h>
#include <sys/socket.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstring>

namespace busguard::host {
namespace {

constexpr unsigned kernel_group = 1;          // 2 is udev's
constexpr std::size_t largest_uevent = 8192;  // the kernel's: 2048 bytes of properties behind a path
constexpr std::size_t most_properties = 64;   // UEVENT_NUM_ENVP
constexpr std::string_view udev_form{"libudev\0", 8};

/// Takes the text up to the next NUL, which is there.
std::string_view take_string(std::string_view& rest) {
    const auto end = rest.find('\0');
    const auto text = rest.substr(0, end);
    rest.remove_prefix(end + 1);
    return text;
}

bool is_action(std::string_view text) {
    return !text.empty() && std::ranges::all_of(text, [](char c) { return c >= 'a' && c <= 'z'; });
}

/// "/devices/…": names between single slashes, none of them "." or "..".
bool is_device_path(std::string_view path) {
    if (!path.starts_with('/')) return false;
    while (!path.empty()) {
        path.remove_prefix(1);
        const auto name = path.substr(0, path.find('/'));
        if (name.empty() || name == "." || name == "..") return false;
        path.remove_prefix(name.size());
    }
    return true;
}

Result<void> take_property(std::string_view line, Uevent& event) {
    const auto equals = line.find('=');
    if (equals == std::string_view::npos || equals == 0) return fail(Errc::bad_field, "property");
    const auto key = line.substr(0, equals);
    const auto value = line.substr(equals + 1);
    if (key == "ACTION") {
        if (value != event.action) return fail(Errc::mismatch, "ACTION");
    } else if (key == "DEVPATH") {
        if (!value.starts_with('/') || value.substr(1) != event.path) return fail(Errc::mismatch, "DEVPATH");
    } else if (key == "SUBSYSTEM") {
        if (value.empty()) return fail(Errc::bad_field, "SUBSYSTEM");
        if (!event.subsystem.empty() && value != event.subsystem) return fail(Errc::mismatch, "SUBSYSTEM");
        event.subsystem = value;
    } else {
        event.properties.insert_or_assign(std::string{key}, std::string{value});
    }
    return {};
}

struct Datagram {
    std::size_t size = 0;
    bool is_kernels = false;
    bool is_whole = true;
};

/// A process with CAP_NET_ADMIN can have the kernel pass its own events on, with the kernel's address
/// (uevent_net_rcv): its process number gives it away.
bool is_kernels(msghdr& message, const sockaddr_nl& sender) {
    if (message.msg_namelen != sizeof sender || sender.nl_family != AF_NETLINK || sender.nl_pid != 0)
        return false;
    for (auto* part = CMSG_FIRSTHDR(&message); part != nullptr; part = CMSG_NXTHDR(&message, part)) {
        if (part->cmsg_level != SOL_SOCKET || part->cmsg_type != SCM_CREDENTIALS ||
            part->cmsg_len != CMSG_LEN(sizeof(ucred)))
            continue;
        ucred credentials{};
        std::memcpy(&credentials, CMSG_DATA(part), sizeof credentials);
        return credentials.pid == 0 && credentials.uid == 0;
    }
    return false;
}

/// The next one. Error: system, with EAGAIN if there is none, ENOBUFS if some were dropped.
Result<Datagram> receive(const Descriptor& socket, std::span<std::byte> into) {
    sockaddr_nl sender{};
    iovec piece{.iov_base = into.data(), .iov_len = into.size()};
    alignas(cmsghdr) std::array<std::byte, CMSG_SPACE(sizeof(ucred))> control{};
    msghdr message{.msg_name = &sender,
                   .msg_namelen = sizeof sender,
                   .msg_iov = &piece,
                   .msg_iovlen = 1,
                   .msg_control = control.data(),
                   .msg_controllen = control.size()};
    ssize_t count = 0;
    do count = ::recvmsg(socket.number(), &message, MSG_DONTWAIT);
    while (count < 0 && errno == EINTR);
    if (count < 0) return fail_errno("uevent");
    return Datagram{.size = static_cast<std::size_t>(count),
                    .is_kernels = is_kernels(message, sender),
                    .is_whole = (message.msg_flags & MSG_TRUNC) == 0};
}

Result<void> set_option(const Descriptor& socket, int option, int value) {
    if (::setsockopt(socket.number(), SOL_SOCKET, option, &value, sizeof value) != 0)
        return fail_errno("uevent socket");
    return {};
}

}  // namespace

std::string_view Uevent::name() const { return std::string_view{path}.substr(path.rfind('/') + 1); }

std::string_view Uevent::property(std::string_view key) const {
    const auto found = properties.find(key);
    return found == properties.end() ? std::string_view{} : found->second;
}

Result<Uevent> parse_uevent(ByteView datagram) {
    if (datagram.size() > largest_uevent) return fail(Errc::too_large, "uevent", largest_uevent);
    auto rest = as_text(datagram);
    if (rest.starts_with(udev_form)) return fail(Errc::unsupported, "libudev");
    if (!rest.ends_with('\0')) return fail(Errc::truncated, "uevent", rest.size());

    const auto header = take_string(rest);
    const auto at = header.find('@');
    if (at == std::string_view::npos || !is_action(header.substr(0, at)))
        return fail(Errc::bad_field, "ACTION");
    if (!is_device_path(header.substr(at + 1))) return fail(Errc::bad_field, "DEVPATH", at + 1);
    Uevent event{.action = std::string{header.substr(0, at)}, .path = std::string{header.substr(at + 2)}};
    for (std::size_t count = 0; !rest.empty(); ++count) {
        const auto offset = datagram.size() - rest.size();
        if (count == most_properties) return fail(Errc::too_large, "properties", offset);
        if (const auto taken = take_property(take_string(rest), event); !taken)
            return fail(taken.error().code, taken.error().what, offset);
    }
    if (event.subsystem.empty()) return fail(Errc::bad_field, "SUBSYSTEM");
    return event;
}

Result<std::unique_ptr<NetlinkUevents>> NetlinkUevents::listen(std::vector<std::string> subsystems,
                                                               std::size_t buffer) {
    Descriptor socket{::socket(AF_NETLINK, SOCK_RAW | SOCK_CLOEXEC | SOCK_NONBLOCK, NETLINK_KOBJECT_UEVENT)};
    if (!socket) return fail_errno("uevent socket");
    const auto bytes = static_cast<int>(std::min(buffer, std::size_t{1} << 30U));
    if (!set_option(socket, SO_RCVBUFFORCE, bytes)) TRY(set_option(socket, SO_RCVBUF, bytes));
    TRY(set_option(socket, SO_PASSCRED, 1));
    sockaddr_nl group{.nl_family = AF_NETLINK, .nl_groups = kernel_group};
    const auto* generic = reinterpret_cast<const sockaddr*>(&group);  // NOLINT(*-reinterpret-cast)
    if (::bind(socket.number(), generic, sizeof group) != 0) return fail_errno("uevent socket");
    return std::unique_ptr<NetlinkUevents>{new NetlinkUevents(std::move(socket), std::move(subsystems))};
}

/// By a look at the bytes: of a million events of others nothing is ever built.
bool NetlinkUevents::is_wanted(ByteView datagram) const {
    if (subsystems_.empty()) return true;
    constexpr std::string_view key{"\0SUBSYSTEM=", 11};
    auto text = as_text(datagram);
    const auto at = text.find(key);
    if (at == std::string_view::npos) return false;
    text.remove_prefix(at + key.size());
    return std::ranges::find(subsystems_, text.substr(0, text.find('\0'))) != subsystems_.end();
}

Result<Uevents> NetlinkUevents::take() {
    Uevents taken;
    std::array<std::byte, largest_uevent> buffer{};
    for (std::size_t count = 0; count < most_at_once; ++count) {
        const auto received = receive(socket_, buffer);
        if (!received) {
            if (received.error().detail == EAGAIN) break;
            if (received.error().detail != ENOBUFS) return fail(received.error());
            taken.lost = true;
            continue;
        }
        const auto datagram = ByteView{buffer}.first(received->size);
        if (!received->is_kernels || !is_wanted(datagram)) continue;
        auto event = received->is_whole ? parse_uevent(datagram) : fail(Errc::too_large, "uevent");
        if (event)
            taken.events.push_back(*std::move(event));
        else
            taken.lost = true;
    }
    return taken;
}

}  // namespace busguard::host
