#pragma once

#include "base/bytes.h"
#include "base/seams.h"
#include "host/descriptor.h"

#include <optional>
#include <string>

/// TCP without waiting, except in connect_tcp(). Each connection has TCP_NODELAY.
namespace busguard::host {

/// Connects to a name or number; waits at most `limit` per address. Errors: disconnected (refused,
/// unreachable), timeout, not_found for a name that is not known, system.
Result<Descriptor> connect_tcp(const std::string& host, std::uint16_t port, Time limit);

/// Listens on a numeric address, e.g. "127.0.0.1" or "::1"; port 0 takes a free one. Errors: bad_field
/// "address"; permission; system, with EADDRINUSE if the port is taken.
Result<Descriptor> listen_tcp(const std::string& address, std::uint16_t port);
Result<std::uint16_t> local_port(const Descriptor& socket);

/// Takes a connection that waits, if one does.
Result<std::optional<Descriptor>> accept_tcp(const Descriptor& listener);

/// One write; says how many bytes were taken, 0 while none can be. Errors: disconnected, system.
Result<std::size_t> send_some(const Descriptor& socket, ByteView bytes);
/// What has come; empty while nothing has. Errors: disconnected at the end too; system.
Result<Bytes> receive_some(const Descriptor& socket);

/// For those who serve several connections on one thread: when to see whether to stop, when to try again to
/// write, and how much to do for one connection before the others.
inline constexpr Time look_at_stop = std::chrono::milliseconds{200};
inline constexpr Time retry_writing = std::chrono::milliseconds{1};
inline constexpr int steps_in_turn = 64;

}  // namespace busguard::host
