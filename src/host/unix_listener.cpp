#include "host/unix_listener.h"

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
constexpr timeval patience{.tv_sec = 0, .tv_usec = 100'000};

Failure<Problem> cannot(const std::string& path, int code) {
    return fail(Problem{.where = path,
                        .line = 0,
                        .field = {},
                        .message = "cannot be listened on: " + std::generic_category().message(code),
                        .remedy = {}});
}

/// Up to the empty line that ends a request, or whatever comes in time.
void read_request(int client) {
    std::string request;
    std::array<char, 1024> part{};
    while (request.size() < largest_request && !request.contains("\r\n\r\n")) {
        const auto count = ::recv(client, part.data(), part.size(), 0);
        if (count <= 0) return;
        request.append(part.data(), static_cast<std::size_t>(count));
    }
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
    return TextListener{std::move(socket), path};
}

TextListener::~TextListener() {
    if (socket_) (void)::unlink(path_.c_str());
}

void TextListener::answer(const std::function<std::string()>& text) {
    while (true) {
        const Descriptor client{::accept4(socket_.number(), nullptr, nullptr, SOCK_CLOEXEC)};
        if (!client) return;
        for (const int which : {SO_RCVTIMEO, SO_SNDTIMEO})
            (void)::setsockopt(client.number(), SOL_SOCKET, which, &patience, sizeof patience);
        read_request(client.number());
        const auto body = text();
        const auto whole = "HTTP/1.0 200 OK\r\nContent-Type: text/plain; version=0.0.4\r\nContent-Length: " +
                           std::to_string(body.size()) + "\r\n\r\n" + body;
        (void)::send(client.number(), whole.data(), whole.size(), MSG_NOSIGNAL);
    }
}

}  // namespace busguard::host
