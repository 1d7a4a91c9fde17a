#pragma once

#include "base/seams.h"
#include "host/http_message.h"

#include <atomic>
#include <functional>
#include <memory>

namespace busguard::host {

/// Answers HTTP/1.1 requests on a TCP port: one thread, one request at a time, and memory, time and
/// connections that no client decides on. No TLS: what is to be reached from elsewhere has a proxy before it.
class HttpServer {
public:
    struct Options {
        std::string address = "127.0.0.1";        ///< numeric
        std::uint16_t port = 0;                   ///< 0 = a free one
        std::size_t largest_body = 0;             ///< bytes, of a request
        std::size_t connections = 64;             ///< at a time; more wait
        Time request = std::chrono::seconds{10};  ///< for a request to come whole
        Time idle = std::chrono::seconds{5};      ///< for the next one to begin
        Time answer = std::chrono::seconds{10};   ///< for an answer to be taken, and a second more for each
        std::uint64_t slowest = std::uint64_t{16} * 1024;  ///< bytes of it
    };
    /// Called for each request that can be read. It must not wait.
    using Handler = std::function<HttpResponse(const HttpRequest&)>;

    /// Listens. Errors: those of listen_tcp().
    static Result<std::unique_ptr<HttpServer>> listen(Options options, Handler handler);

    HttpServer(const HttpServer&) = delete;
    HttpServer& operator=(const HttpServer&) = delete;
    ~HttpServer();

    std::uint16_t port() const { return port_; }

    /// Serves until `stop`, which is looked at twice a second; then answers that are on their way get two
    /// seconds more. A connection's failure ends only that connection. Errors: system.
    Result<void> run(const Clock& clock, const std::atomic<bool>& stop);

private:
    struct Connection;
    enum class State : std::uint8_t { going, waiting, closed };

    HttpServer(Options options, Handler handler, Descriptor listener, std::uint16_t port);

    Result<void> turn(const Clock& clock, bool accepting);
    void take_connections(Time now);
    State serve(Connection& one, const Clock& clock);
    State send(Connection& one, const Clock& clock) const;
    State receive(Connection& one, const Clock& clock);
    bool take_request(Connection& one, const Clock& clock);
    void respond(Connection& one, const Clock& clock, HttpResponse response, bool keep_alive,
                 bool with_body) const;
    void refuse(Connection& one, const Clock& clock, unsigned status) const;

    Options options_;
    Handler handler_;
    Descriptor listener_;
    std::uint16_t port_;
    std::vector<std::unique_ptr<Connection>> connections_;
    Time accept_after_{};  // the system had no descriptors left
};

}  // namespace busguard::host
