#include "host/unix_listener.h"

#include <sys/epoll.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>

#include <array>
#include <cerrno>
#include <cstring>
#include <system_error>
#include <unistd.h>

namespace busguard::host {
namespace {

constexpr std::size_t largest_request = 8192;
constexpr std::size_t most_clients = 16;

Failure<Problem> cannot(const std::string& path, int code) {
    return fail(Problem{.where = path,
                        .line = 0,
                        .field = {},
                        .message = "cannot be listened on: " + std::generic_category().message(code),
                        .remedy = {}});
}

bool watch(const Descriptor& any, const Descriptor& one) {
    epoll_event wanted{.events = EPOLLIN, .data = {}};
    return ::epoll_ctl(any.number(), EPOLL_CTL_ADD, one.number(), &wanted) == 0;
}

/// Has all of the request come, up to its empty line, or its end?
bool has_asked(int client, std::string& request) {
    std::array<char, 1024> part{};
    while (request.size() < largest_request && !request.contains("\r\n\r\n")) {
        const auto count = ::recv(client, part.data(), part.size(), MSG_DONTWAIT);
        if (count < 0 && errno == EAGAIN) return false;
        if (count <= 0) return true;
        request.append(part.data(), static_cast<std::size_t>(count));
    }
    return true;
}

}  // namespace

Checked<TextListener> TextListener::at(const std::string& path, std::uint32_t mode) {
    sockaddr_un address{};
    address.sun_family = AF_UNIX;
    if (path.size() >= sizeof address.sun_path) return cannot(path, ENAMETOOLONG);
    std::memcpy(&address.sun_path[0], path.data(), path.size());
    Descriptor socket{::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0)};
    if (!socket) return cannot(path, errno);
    (void)::unlink(path.c_str());
    // NOLINTNEXTLINE(cppcoreguidelines-pro-type-reinterpret-cast): the socket interface's way
    const auto* const generic = reinterpret_cast<const sockaddr*>(&address);
    const auto before = ::umask(0177);  // nobody may connect before the mode is set
    const int bound = ::bind(socket.number(), generic, sizeof address);
    const int why = errno;
    (void)::umask(before);
    if (bound != 0) return cannot(path, why);
    if (::chmod(path.c_str(), mode) != 0 || ::listen(socket.number(), 16) != 0) return cannot(path, errno);
    Descriptor any{::epoll_create1(EPOLL_CLOEXEC)};
    if (!any || !watch(any, socket)) return cannot(path, errno);
    return TextListener{std::move(socket), std::move(any), path};
}

TextListener::~TextListener() {
    if (socket_) (void)::unlink(path_.c_str());
}

void TextListener::take_in() {
    for (std::size_t n = 0; n < most_clients; ++n) {
        Descriptor client{::accept4(socket_.number(), nullptr, nullptr, SOCK_CLOEXEC | SOCK_NONBLOCK)};
        if (!client) return;
        if (clients_.size() == most_clients) clients_.pop_front();
        if (watch(any_, client)) clients_.push_back({std::move(client), {}});
    }
}

void TextListener::answer(const std::function<std::string()>& text) {
    take_in();
    std::string whole;  // made once for all that ask
    std::erase_if(clients_, [&](Client& client) {
        if (!has_asked(client.socket.number(), client.request)) return false;
        if (whole.empty()) {
            const auto body = text();
            whole = "HTTP/1.0 200 OK\r\nContent-Type: text/plain; version=0.0.4\r\nContent-Length: " +
                    std::to_string(body.size()) + "\r\n\r\n" + body;
        }
        (void)::send(client.socket.number(), whole.data(), whole.size(), MSG_NOSIGNAL | MSG_DONTWAIT);
        return true;
    });
}

}  // namespace busguard::host
