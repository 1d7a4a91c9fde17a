#include "host/http_server.h"

#include "host/socket.h"

#include <sys/socket.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <netdb.h>
#include <poll.h>

namespace busguard::host {
namespace {

constexpr Time last_answers = std::chrono::seconds{2};
constexpr Time farewell = std::chrono::seconds{1};
constexpr Time out_of_descriptors = std::chrono::milliseconds{100};
constexpr std::size_t piece_size = std::size_t{64} * 1024;

std::string peer_of(const Descriptor& socket) {
    sockaddr_storage address{};
    socklen_t size = sizeof address;
    // The system's own union of address types is only reachable through sockaddr*.
    auto* generic = reinterpret_cast<sockaddr*>(&address);  // NOLINT(*-reinterpret-cast)
    std::array<char, NI_MAXHOST> name{};
    if (::getpeername(socket.number(), generic, &size) != 0 ||
        ::getnameinfo(generic, size, name.data(), name.size(), nullptr, 0, NI_NUMERICHOST) != 0)
        return "-";
    return name.data();
}

HttpResponse refusal(unsigned status) {
    return {.status = status, .fields = {{"Cache-Control", "no-store"}}, .body = {}, .file = {}};
}

}  // namespace

struct HttpServer::Connection {
    Descriptor socket;
    Time deadline;
    std::string in;                // what came and was not yet a whole request
    std::optional<HttpHead> head;  // of the request whose body is coming
    std::string out;               // what is to be sent, from `sent` on, and then what is left of `file`
    std::size_t sent = 0;
    OpenFile file;
    std::uint64_t left = 0;
    bool last = false;  // no request after this answer
    bool over = false;  // everything was said; what still comes is thrown away
    short ready = 0;    // as poll() says

    bool writing() const { return sent < out.size() || left > 0; }
    bool idle() const { return !writing() && in.empty() && !head; }
    // Puts the next piece of the file behind what is to be sent. False: it is shorter than was promised.
    bool fill() {
        if (sent < out.size() || left == 0) return true;
        std::array<std::byte, piece_size> piece{};
        const auto wanted = static_cast<std::size_t>(std::min<std::uint64_t>(left, piece.size()));
        const auto got = read_piece(file, std::span{piece}.first(wanted));
        if (!got || *got == 0) return false;
        out.assign(as_text(std::span{piece}.first(*got)));
        sent = 0;
        left -= *got;
        return true;
    }
};

Result<std::unique_ptr<HttpServer>> HttpServer::listen(Options options, Handler handler) {
    auto listener = TRY(listen_tcp(options.address, options.port));
    const auto port = TRY(local_port(listener));
    return std::unique_ptr<HttpServer>{
        new HttpServer{std::move(options), std::move(handler), std::move(listener), port}};
}

HttpServer::HttpServer(Options options, Handler handler, Descriptor listener, std::uint16_t port)
    : options_{std::move(options)},
      handler_{std::move(handler)},
      listener_{std::move(listener)},
      port_{port} {}

HttpServer::~HttpServer() = default;

Result<void> HttpServer::run(const Clock& clock, const std::atomic<bool>& stop) {
    while (!stop) TRY(turn(clock, true));
    listener_ = {};  // who waits to be taken is refused
    std::erase_if(connections_, [](const auto& one) { return !one->writing(); });
    for (const auto end = clock.now() + last_answers; !connections_.empty() && clock.now() < end;) {
        for (auto& one : connections_) one->last = true;
        TRY(turn(clock, false));
    }
    connections_.clear();
    return {};
}

// Waits until something can be done, and does it.
Result<void> HttpServer::turn(const Clock& clock, bool accepting) {
    const auto begun = clock.now();
    accepting = accepting && connections_.size() < options_.connections && begun >= accept_after_;
    auto until = begun + (begun < accept_after_ ? out_of_descriptors : look_at_stop);
    std::vector<pollfd> files;
    for (const auto& one : connections_) {
        until = std::min(until, one->deadline);
        files.push_back({.fd = one->socket.number(),
                         .events = static_cast<short>(one->writing() ? POLLOUT : POLLIN),
                         .revents = 0});
    }
    if (accepting) files.push_back({.fd = listener_.number(), .events = POLLIN, .revents = 0});
    const auto wait =
        std::max(std::chrono::ceil<std::chrono::milliseconds>(until - begun), std::chrono::milliseconds{0});
    if (::poll(files.data(), files.size(), static_cast<int>(wait.count())) < 0 && errno != EINTR)
        return fail_errno("poll");

    for (std::size_t n = 0; n < connections_.size(); ++n) {
        auto& one = connections_[n];
        const bool late = clock.now() >= one->deadline;
        if (files[n].revents != 0 && serve(*one, clock) == State::closed) one.reset();
        if (one && late && clock.now() >= one->deadline) {
            // Whoever began a request is told; the next turn sends it, or not.
            if (!one->writing() && !one->over && !one->idle())
                refuse(*one, clock, 408);
            else
                one.reset();
        }
    }
    std::erase(connections_, nullptr);
    if (accepting && files.back().revents != 0) take_connections(clock.now());
    return {};
}

void HttpServer::take_connections(Time now) {
    while (connections_.size() < options_.connections) {
        auto socket = accept_tcp(listener_);
        if (!socket) accept_after_ = now + out_of_descriptors;
        if (!socket || !*socket) return;
        connections_.push_back(
            std::make_unique<Connection>(Connection{**std::move(socket), now + options_.request}));
    }
}

// As far as it goes without waiting.
HttpServer::State HttpServer::serve(Connection& one, const Clock& clock) {
    for (int step = 0; step < steps_in_turn; ++step) {
        const auto state = one.writing() ? send(one, clock) : receive(one, clock);
        if (state != State::going) return state;
    }
    return State::waiting;
}

HttpServer::State HttpServer::send(Connection& one, const Clock& clock) const {
    if (!one.fill()) return State::closed;
    const auto count = send_some(one.socket, as_bytes(one.out).subspan(one.sent));
    if (!count) return State::closed;
    if (*count == 0) return State::waiting;
    one.sent += *count;
    if (one.writing()) return State::going;
    one.out.clear();
    one.sent = 0;
    one.file = {};
    one.deadline = clock.now() + (one.idle() ? options_.idle : options_.request);
    if (!one.last || one.head) return State::going;
    // A close with bytes unread would be a reset, and the client might lose the answer (RFC 9112 9.6).
    if (::shutdown(one.socket.number(), SHUT_WR) != 0) return State::closed;
    one.over = true;
    one.in.clear();
    one.head.reset();
    one.deadline = clock.now() + farewell;
    return State::going;
}

HttpServer::State HttpServer::receive(Connection& one, const Clock& clock) {
    if (!one.over && take_request(one, clock)) return State::going;
    const auto bytes = receive_some(one.socket);
    if (!bytes) return State::closed;
    if (bytes->empty()) return State::waiting;
    if (one.over) return State::going;
    if (one.idle()) one.deadline = clock.now() + options_.request;
    one.in.append(as_text(*bytes));
    return State::going;
}

// Is there an answer now?
bool HttpServer::take_request(Connection& one, const Clock& clock) {
    if (!one.head) {
        const auto size = http_head_size(std::string_view{one.in}.substr(0, largest_http_head));
        if (!size) {
            if (one.in.size() < largest_http_head) return false;
            refuse(one, clock, 431);
            return true;
        }
        auto head = http_head_from_text(std::string_view{one.in}.substr(0, *size));
        one.in.erase(0, *size);
        if (!head || head->content_length > options_.largest_body) {
            refuse(one, clock, head ? 413 : head.error().detail);
            return true;
        }
        one.head = *std::move(head);
        if (one.head->awaits_continue && one.in.size() < one.head->content_length) {
            one.out = "HTTP/1.1 100 Continue\r\n\r\n";
            return true;
        }
    }
    const auto length = static_cast<std::size_t>(one.head->content_length);
    if (one.in.size() < length) return false;
    const HttpRequest request{*std::move(one.head), one.in.substr(0, length), peer_of(one.socket)};
    one.head.reset();
    one.in.erase(0, length);
    respond(one, clock, handler_(request), request.head.keep_alive, request.head.method != "HEAD");
    return true;
}

void HttpServer::respond(Connection& one, const Clock& clock, HttpResponse response, bool keep_alive,
                         bool with_body) const {
    one.last = one.last || !keep_alive;
    one.out = to_text(response, clock.calendar(), !one.last);
    one.sent = 0;
    with_body = with_body && response.status != 304;
    const auto length = with_body ? response.length() : 0;
    one.deadline = clock.now() + options_.answer +
                   std::chrono::seconds{length / std::max<std::uint64_t>(options_.slowest, 1)};
    if (!with_body) return;
    one.out.append(response.body);
    one.left = response.file.descriptor ? response.file.size : 0;
    one.file = std::move(response.file);
}

void HttpServer::refuse(Connection& one, const Clock& clock, unsigned status) const {
    one.head.reset();
    respond(one, clock, refusal(status), false, true);
}

}  // namespace busguard::host
