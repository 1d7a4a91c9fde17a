#include "cli/visit_socket.h"

#include "cli/place.h"
#include "cli/socket_name.h"
#include "host/socket.h"
#include "host/socket_channel.h"

#include <fmt/format.h>

#include <charconv>
#include <memory>

namespace busguard::cli {
namespace {

constexpr Time connect_limit = std::chrono::seconds{5};

struct Endpoint {
    std::string host;
    std::uint16_t port = 0;
};

/// "127.0.0.1:2323", "[::1]:2323"
std::optional<Endpoint> parse_endpoint(std::string_view text) {
    const auto colon = text.rfind(':');
    if (colon == std::string_view::npos || colon == 0) return std::nullopt;
    Endpoint endpoint{.host = std::string{text.substr(0, colon)}};
    if (endpoint.host.starts_with('[') && endpoint.host.ends_with(']'))
        endpoint.host = endpoint.host.substr(1, endpoint.host.size() - 2);
    const auto digits = text.substr(colon + 1);
    const auto* const end = std::to_address(digits.end());
    const auto read = std::from_chars(std::to_address(digits.begin()), end, endpoint.port);
    if (read.ec != std::errc{} || read.ptr != end || endpoint.port == 0) return std::nullopt;
    return endpoint;
}

}  // namespace

Tried<examine::Visited> visit_socket(Session& session, const std::string& address,
                                     const std::string& transport, const examine::VisitPlan& plan) {
    const auto endpoint = parse_endpoint(address);
    if (!endpoint) return usage("--socket", "no HOST:PORT: " + address, "write it like 127.0.0.1:2323");
    const auto device = "emulated/" + address;
    auto socket = host::connect_tcp(endpoint->host, endpoint->port, connect_limit);
    if (!socket)
        return examine::Visited{.device = device, .without = examine::verdict_without(socket.error())};
    host::SocketChannel channel{*std::move(socket), socket_transport(transport)};
    const auto around = surroundings(session);
    auto visited = examine::visit_channel(around, device, channel, plan);
    (void)channel.end(transport::SocketCommand::resume, *around.clock);  // courtesy: the evidence is complete
    return visited;
}

}  // namespace busguard::cli
