#include "cli/socket_name.h"
#include "cli/visit.h"
#include "cli/visit_parts.h"
#include "drive/errand.h"
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

Tried<Visited> visit_socket(Session& session, const std::string& address, const std::string& transport,
                            const VisitPlan& plan) {
    const auto endpoint = parse_endpoint(address);
    if (!endpoint) return usage("--socket", "no HOST:PORT: " + address, "write it like 127.0.0.1:2323");
    Visited visited{.device = "emulated/" + address, .pci = {}, .driver = {}, .bundle = {}, .without = {}};
    auto& world = session.world();
    auto socket = host::connect_tcp(endpoint->host, endpoint->port, connect_limit);
    if (!socket) {
        visited.without = verdict_without(socket.error());
        return visited;
    }
    host::SocketChannel channel{*std::move(socket), socket_transport(transport)};
    ChosenNonce entropy{plan.nonce, *world.entropy};
    spdm::Visit dialogue{spdm::Authentication{plan.plan, entropy}};
    const auto outcome = drive::carry(dialogue, channel, *world.clock);
    (void)channel.end(transport::SocketCommand::resume, *world.clock);  // courtesy: the evidence is complete
    visited.bundle = evidence::bundle_of(dialogue.rules().found(),
                                         circumstances(world, visited.device, channel.name(), {}),
                                         outcome ? nullptr : &outcome.error());
    return visited;
}

}  // namespace busguard::cli
