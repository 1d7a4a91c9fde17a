#pragma once

#include "cli/options.h"
#include "host/http_server.h"

/// What commands that serve HTTP share.
namespace busguard::cli {

/// --listen ADDRESS:PORT
void add_listen(Command command, std::string& listen);

/// Listens on "127.0.0.1:8080" or "[::1]:8080" (port 0: a free one), says where, and serves until it is told
/// to stop; a line for each request if verbose.
Tried<Exit> serve_http(Session& session, const std::string& listen, std::size_t largest_body,
                       const host::HttpServer::Handler& handler);

}  // namespace busguard::cli
