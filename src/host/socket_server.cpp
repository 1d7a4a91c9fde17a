#include "host/socket_server.h"

#include "host/socket.h"

#include <algorithm>

namespace busguard::host {
namespace {

using Then = transport::SocketSession::Then;

}  // namespace

Result<std::unique_ptr<SocketServer>> SocketServer::listen(Options options, Connected connected) {
    auto listener = TRY(listen_tcp(options.address, options.port));
    const auto port = TRY(local_port(listener));
    return std::unique_ptr<SocketServer>{
        new SocketServer{std::move(options), std::move(connected), std::move(listener), port}};
}

SocketServer::SocketServer(Options options, Connected connected, Descriptor listener, std::uint16_t port)
    : options_{std::move(options)},
      connected_{std::move(connected)},
      listener_{std::move(listener)},
      port_{port} {}

Result<void> SocketServer::run(Clock& clock, const std::atomic<bool>& stop) {
    std::vector<int> readable;
    while (!stop) {
        TRY(take_connections());
        const auto now = clock.now();
        auto until = now + look_at_stop;
        readable.clear();
        for (auto& connection : connections_) {
            switch (serve(*connection, now)) {
                case State::reading: readable.push_back(connection->socket.number()); break;
                case State::writing: until = std::min(until, now + retry_writing); break;
                case State::pausing: until = std::min(until, connection->step->due); break;
                case State::stop:
                    if (options_.ends_on_shutdown) return {};
                    connection.reset();
                    break;
                case State::closed: connection.reset(); break;
            }
        }
        std::erase(connections_, nullptr);
        if (connections_.size() < options_.connections) readable.push_back(listener_.number());
        clock.wait(until, readable);
    }
    return {};
}

Result<void> SocketServer::take_connections() {
    while (connections_.size() < options_.connections) {
        auto socket = TRY(accept_tcp(listener_));
        if (!socket) break;
        connections_.push_back(std::make_unique<Connection>(
            Connection{*std::move(socket), transport::SocketSession{options_.rules, connected_()}}));
    }
    return {};
}

// As far as it goes without waiting.
SocketServer::State SocketServer::serve(Connection& connection, Time now) {
    for (int turn = 0; turn < steps_in_turn; ++turn) {
        auto& step = connection.step;
        if (!step) step = connection.session.next(now);
        if (!step) {
            const auto bytes = receive_some(connection.socket);
            if (!bytes) return State::closed;
            if (bytes->empty()) return State::reading;
            connection.session.feed(*bytes);
            continue;
        }
        if (step->due > now) return State::pausing;
        const auto left = ByteView{step->bytes}.subspan(connection.written);
        if (!left.empty()) {
            const auto count = send_some(connection.socket, left);
            if (!count) return State::closed;
            connection.written += *count;
            if (*count < left.size()) return State::writing;
        }
        if (step->then == Then::close) return State::closed;
        if (step->then == Then::stop) return State::stop;
        step.reset();
        connection.written = 0;
    }
    return State::writing;  // its turn comes again at once
}

}  // namespace busguard::host
