#include "host/socket.h"

#include <netinet/tcp.h>
#include <sys/socket.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <memory>
#include <netdb.h>
#include <poll.h>

namespace busguard::host {
namespace {

using Addresses = std::unique_ptr<addrinfo, decltype(&::freeaddrinfo)>;

Result<Addresses> resolve(const std::string& host, std::uint16_t port, int flags) {
    const addrinfo wanted{
        .ai_flags = flags | AI_NUMERICSERV, .ai_family = AF_UNSPEC, .ai_socktype = SOCK_STREAM};
    addrinfo* found = nullptr;
    const int code = ::getaddrinfo(host.c_str(), std::to_string(port).c_str(), &wanted, &found);
    if (code == EAI_SYSTEM) return fail_errno("address");
    if (code != 0) return fail((flags & AI_NUMERICHOST) != 0 ? Errc::bad_field : Errc::not_found, "address");
    return Addresses{found, &::freeaddrinfo};
}

Descriptor make_socket(const addrinfo& address) {
    return Descriptor{::socket(address.ai_family, address.ai_socktype | SOCK_NONBLOCK | SOCK_CLOEXEC, 0)};
}

void set(const Descriptor& socket, int level, int option) {
    const int on = 1;
    static_cast<void>(::setsockopt(socket.number(), level, option, &on, sizeof on));
}

Result<void> finish_connecting(const Descriptor& socket, Time limit) {
    pollfd file{.fd = socket.number(), .events = POLLOUT, .revents = 0};
    const auto milliseconds =
        std::chrono::ceil<std::chrono::milliseconds>(std::min(limit, Time{std::chrono::hours{1}}));
    int ready = 0;
    do ready = ::poll(&file, 1, static_cast<int>(milliseconds.count()));
    while (ready < 0 && errno == EINTR);
    if (ready < 0) return fail_errno("connect");
    if (ready == 0) return fail(Errc::timeout, "connect");
    int code = 0;
    socklen_t size = sizeof code;
    if (::getsockopt(socket.number(), SOL_SOCKET, SO_ERROR, &code, &size) != 0) return fail_errno("connect");
    if (code != 0) return fail(system_error(code, "connect"));
    return {};
}

Result<Descriptor> connect_to(const addrinfo& address, Time limit) {
    auto socket = make_socket(address);
    if (!socket) return fail_errno("socket");
    set(socket, IPPROTO_TCP, TCP_NODELAY);
    if (::connect(socket.number(), address.ai_addr, address.ai_addrlen) != 0) {
        if (errno != EINPROGRESS) return fail_errno("connect");
        TRY(finish_connecting(socket, limit));
    }
    return socket;
}

}  // namespace

Result<Descriptor> connect_tcp(const std::string& host, std::uint16_t port, Time limit) {
    const auto addresses = TRY(resolve(host, port, 0));
    Error error{Errc::not_found, "address"};
    for (const auto* address = addresses.get(); address != nullptr; address = address->ai_next) {
        auto socket = connect_to(*address, limit);
        if (socket) return socket;
        error = socket.error();
    }
    return fail(error);
}

Result<Descriptor> listen_tcp(const std::string& address, std::uint16_t port) {
    const auto found = TRY(resolve(address, port, AI_NUMERICHOST | AI_PASSIVE));
    auto socket = make_socket(*found);
    if (!socket) return fail_errno("socket");
    set(socket, SOL_SOCKET, SO_REUSEADDR);
    if (::bind(socket.number(), found->ai_addr, found->ai_addrlen) != 0) return fail_errno("bind");
    if (::listen(socket.number(), SOMAXCONN) != 0) return fail_errno("listen");
    return socket;
}

Result<std::uint16_t> local_port(const Descriptor& socket) {
    sockaddr_storage address{};
    socklen_t size = sizeof address;
    // The system's own union of address types is only reachable through sockaddr*.
    auto* generic = reinterpret_cast<sockaddr*>(&address);  // NOLINT(*-reinterpret-cast)
    if (::getsockname(socket.number(), generic, &size) != 0) return fail_errno("getsockname");
    std::array<char, NI_MAXSERV> service{};
    if (::getnameinfo(generic, size, nullptr, 0, service.data(), service.size(), NI_NUMERICSERV) != 0)
        return fail(Errc::system, "getnameinfo");
    return static_cast<std::uint16_t>(std::stoul(service.data()));
}

Result<std::optional<Descriptor>> accept_tcp(const Descriptor& listener) {
    Descriptor socket{::accept4(listener.number(), nullptr, nullptr, SOCK_NONBLOCK | SOCK_CLOEXEC)};
    if (!socket) {
        if (errno == EAGAIN || errno == EINTR || errno == ECONNABORTED) return std::nullopt;
        return fail_errno("accept");
    }
    set(socket, IPPROTO_TCP, TCP_NODELAY);
    return std::optional{std::move(socket)};
}

Result<std::size_t> send_some(const Descriptor& socket, ByteView bytes) {
    const auto count = ::send(socket.number(), bytes.data(), bytes.size(), MSG_NOSIGNAL);
    if (count >= 0) return static_cast<std::size_t>(count);
    if (errno == EAGAIN || errno == EINTR) return std::size_t{0};
    return fail_errno("send");
}

Result<Bytes> receive_some(const Descriptor& socket) {
    std::array<std::byte, 16384> piece{};
    const auto count = ::recv(socket.number(), piece.data(), piece.size(), 0);
    if (count > 0) return to_bytes(std::span{piece}.first(static_cast<std::size_t>(count)));
    if (count == 0) return fail(Errc::disconnected, "socket");
    if (errno == EAGAIN || errno == EINTR) return Bytes{};
    return fail_errno("receive");
}

}  // namespace busguard::host
