#pragma once

#include "host/descriptor.h"
#include "transport/socket_session.h"

#include <atomic>
#include <memory>
#include <string>

namespace busguard::host {

/// Serves emulated devices on a TCP port to spdm-emu's programs or QEMU: one thread, several connections.
class SocketServer {
public:
    struct Options {
        std::string address = "127.0.0.1";  ///< numeric
        std::uint16_t port = 2323;          ///< 0 = a free one
        transport::SocketRules rules;
        std::size_t connections = 16;  ///< at a time; more wait
        bool ends_on_shutdown = true;  ///< does SHUTDOWN end the server, or only its connection?
    };
    /// Called for each connection, so that it decides: a new device state, or the old one.
    using Connected = std::function<transport::SocketHandler()>;

    /// Listens. Errors: those of listen_tcp().
    static Result<std::unique_ptr<SocketServer>> listen(Options options, Connected connected);

    std::uint16_t port() const { return port_; }

    /// Serves until `stop`, which is looked at five times a second, or until a client shuts it down. A
    /// connection's failure ends only that connection. Errors: system.
    Result<void> run(Clock& clock, const std::atomic<bool>& stop);

private:
    struct Connection {
        Descriptor socket;
        transport::SocketSession session;
        std::optional<transport::SocketSession::Step> step = std::nullopt;  // due later, or being written
        std::size_t written = 0;
    };
    enum class State : std::uint8_t { reading, writing, pausing, closed, stop };

    SocketServer(Options options, Connected connected, Descriptor listener, std::uint16_t port);

    Result<void> take_connections();
    static State serve(Connection& connection, Time now);

    Options options_;
    Connected connected_;
    Descriptor listener_;
    std::uint16_t port_;
    std::vector<std::unique_ptr<Connection>> connections_;
};

}  // namespace busguard::host
