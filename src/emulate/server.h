#pragma once

#include "base/problem.h"
#include "emulate/device.h"
#include "host/socket_server.h"

#include <cstdint>
#include <memory>

namespace busguard::emulate {

struct ServerOptions {
    std::uint16_t port = 2323;  ///< on 127.0.0.1; 0 = a free one
    transport::SocketMode mode = transport::SocketMode::spdm_emu;
    transport::SocketTransport transport =
        transport::SocketTransport::mctp;  ///< spdm-emu's clients must use it
    bool ends_on_shutdown = true;          ///< else only the connection ends
};

/// Serves one device of a machine on a socket, to spdm-emu's requester or to QEMU's NVMe device. Each
/// connection is a conversation of its own; the mailbox's latency holds here too. `device` outlives the
/// server. Problems: a device without SPDM, a port that is taken.
Checked<std::unique_ptr<host::SocketServer>> serve_device(const Device& device, const ServerOptions& options);

}  // namespace busguard::emulate
