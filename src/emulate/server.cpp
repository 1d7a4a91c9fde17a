#include "emulate/server.h"

#include <fmt/format.h>

#include <system_error>

namespace busguard::emulate {

Checked<std::unique_ptr<host::SocketServer>> serve_device(const Device& device,
                                                          const ServerOptions& options) {
    const auto& description = device.description();
    if (!description.spdm)
        return fail(Problem{.where = description.address.text(),
                            .message = "has no SPDM that could be served",
                            .remedy = "name a device with [device.spdm]"});
    host::SocketServer::Options socket{
        .port = options.port,
        .rules = {.mode = options.mode, .transport = options.transport},
        .ends_on_shutdown = options.ends_on_shutdown,
    };
    if (options.mode == transport::SocketMode::qemu)
        socket.rules.largest_payload = transport::qemu_largest_payload;
    if (description.mailbox) socket.rules.doe_protocols = description.mailbox->features;
    const auto latency = description.mailbox ? description.mailbox->latency : Time{};
    auto connected = [&device, latency]() -> transport::SocketHandler {
        // Shared, because a std::function has to be copyable; there is one owner in truth, the connection.
        return [endpoint = std::shared_ptr<Endpoint>{device.converse()}, latency](ByteView message) {
            auto answer = endpoint->answer(message);
            transport::SocketAnswer out{.delay = latency};
            if (!answer.empty()) out.message = std::move(answer);
            return out;
        };
    };
    auto server = host::SocketServer::listen(std::move(socket), std::move(connected));
    if (server) return *std::move(server);
    const auto& error = server.error();
    return fail(Problem{
        .where = fmt::format("port {}", options.port),
        .message = "cannot be listened on: " +
                   (error.detail == 0 ? std::string{error.what}
                                      : std::generic_category().message(static_cast<int>(error.detail))),
        .remedy = "another port; 0 takes a free one"});
}

}  // namespace busguard::emulate
