#include "cli/http_listening.h"

#include "cli/json.h"
#include "cli/text.h"
#include "cli/time.h"

#include <fmt/format.h>

#include <charconv>

namespace busguard::cli {
namespace {

struct Place {
    std::string address;  ///< numeric
    std::uint16_t port = 0;
};

Tried<Place> place_from(const std::string& text) {
    const auto colon = text.rfind(':');
    const auto wrong = [&] {
        return usage("--listen", fmt::format("no address and port: {}", printable(text)),
                     "for example 127.0.0.1:8080 or [::1]:8080");
    };
    if (colon == std::string::npos) return wrong();
    Place place;
    place.address = text.substr(0, colon);
    if (place.address.starts_with('[') && place.address.ends_with(']'))
        place.address = place.address.substr(1, place.address.size() - 2);
    else if (place.address.find(':') != std::string::npos)
        return wrong();
    const auto port = std::string_view{text}.substr(colon + 1);
    const auto* const end = std::to_address(port.end());
    const auto read = std::from_chars(std::to_address(port.begin()), end, place.port);
    if (place.address.empty() || read.ec != std::errc{} || read.ptr != end) return wrong();
    return place;
}

std::string where(const Place& place, std::uint16_t port) {
    const bool colons = place.address.find(':') != std::string::npos;
    return colons ? fmt::format("[{}]:{}", place.address, port) : fmt::format("{}:{}", place.address, port);
}

}  // namespace

void add_listen(Command command, std::string& listen) {
    command
        .option("--listen", listen, "Where to serve: a numeric address and a port; port 0 takes a free one")
        .shown_as("ADDRESS:PORT");
}

Tried<Exit> serve_http(Session& session, const std::string& listen, std::size_t largest_body,
                       const host::HttpServer::Handler& handler) {
    if (listen.empty()) return usage("--listen", "is required", "for example 127.0.0.1:8080");
    const auto place = TRY(place_from(listen));
    const auto& clock = *session.world().clock;
    const auto logged = [&](const host::HttpRequest& request) {
        auto response = handler(request);
        session.detail(fmt::format("{} {} {} {} {} {}", format_time(clock.calendar()), request.peer,
                                   request.head.method, request.head.path, response.status,
                                   response.length()));
        return response;
    };
    const auto& stop = session.world().catch_signals();
    host::HttpServer::Options options{
        .address = place.address, .port = place.port, .largest_body = largest_body};
    const auto server = TRY(or_trouble(listen, host::HttpServer::listen(std::move(options), logged)));
    const auto url = fmt::format("http://{}", where(place, server->port()));
    if (session.json())
        session.print(Json{{"schema", "busguard.ready/1"}, {"listening", url}}.dump() + "\n");
    else
        session.print(fmt::format("listening on {}\n", url));
    (void)std::fflush(session.world().out);
    TRY(or_trouble(listen, server->run(clock, stop)));
    return Exit::ok;
}

}  // namespace busguard::cli
