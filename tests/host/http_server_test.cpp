#include "host/http_server.h"

#include "host/clock.h"
#include "host/http_client.h"
#include "host/socket.h"
#include "tests/host/temporary_directory.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <array>
#include <thread>

namespace busguard::host {
namespace {

using namespace std::chrono_literals;
using ::testing::EndsWith;
using ::testing::HasSubstr;
using ::testing::StartsWith;

HttpResponse echo(const HttpRequest& request) {
    return {.status = 200,
            .fields = {{"Content-Type", "text/plain"}},
            .body = request.head.method + " " + request.head.path + " " + request.body,
            .file = {}};
}

// A server in a thread of its own, for one test.
class Served {
public:
    explicit Served(HttpServer::Options options = {}, HttpServer::Handler handler = echo)
        : server_{*HttpServer::listen(std::move(options), std::move(handler))}, thread_{[this] {
              const SystemClock clock;
              EXPECT_TRUE(server_->run(clock, stop_));
          }} {}
    Served(const Served&) = delete;
    Served& operator=(const Served&) = delete;
    ~Served() { end(); }

    void end() {
        stop_ = true;
        if (thread_.joinable()) thread_.join();
    }
    std::uint16_t port() const { return server_->port(); }
    std::string url(const std::string& path) const {
        return "http://127.0.0.1:" + std::to_string(port()) + path;
    }
    Descriptor connect() const { return *connect_tcp("127.0.0.1", port(), 5s); }

private:
    std::atomic<bool> stop_ = false;
    std::unique_ptr<HttpServer> server_;
    std::thread thread_;
};

void say(const Descriptor& socket, std::string_view text) {
    for (auto bytes = as_bytes(text); !bytes.empty();) {
        const auto count = send_some(socket, bytes);
        if (!count) return;
        bytes = bytes.subspan(*count);
        if (*count == 0) std::this_thread::sleep_for(1ms);
    }
}

enum class Close : std::uint8_t { any, in_order };

// Everything until the server closes, or until it ends with `end`.
std::string hear(const Descriptor& socket, std::string_view end = "\x01", Close close = Close::any) {
    SystemClock clock;
    const std::array readable{socket.number()};
    std::string heard;
    for (const auto until = clock.now() + 10s; clock.now() < until;) {
        const auto bytes = receive_some(socket);
        if (!bytes) {
            if (close == Close::in_order) {
                EXPECT_EQ(bytes.error().what, "socket") << "a reset";
            }
            return heard;
        }
        heard += as_text(*bytes);
        if (heard.ends_with(end)) return heard;
        if (bytes->empty()) clock.wait(until, readable);
    }
    ADD_FAILURE() << "not closed: " << heard;
    return heard;
}

constexpr std::string_view host = " HTTP/1.1\r\nHost: log\r\n";
std::string request(std::string_view start, std::string_view rest = "\r\n") {
    return std::string{start}.append(host).append(rest);
}

TEST(HttpServer, AnswersOneRequestAfterTheOther) {
    const Served served;
    const auto socket = served.connect();
    say(socket, request("GET /one"));
    EXPECT_THAT(hear(socket, "GET /one "), StartsWith("HTTP/1.1 200 OK\r\nDate: "));
    say(socket, request("GET /two") + request("GET /three", "Connection: close\r\n\r\n"));  // pipelined
    const auto both = hear(socket);
    EXPECT_THAT(both, HasSubstr("GET /two HTTP/1.1 200"));
    EXPECT_THAT(both, EndsWith("Connection: close\r\n\r\nGET /three "));
}

TEST(HttpServer, TakesRequestsByteForByte) {
    const Served served{{.largest_body = 4}};
    const auto socket = served.connect();
    for (const char c : request("POST /", "Content-Length: 4\r\n\r\nbody")) {
        say(socket, std::string_view{&c, 1});
        std::this_thread::sleep_for(100us);
    }
    EXPECT_THAT(hear(socket, "body"), EndsWith("\r\n\r\nPOST / body"));
}

TEST(HttpServer, AnswersHeadWithoutTheBody) {
    const Served served;
    const auto socket = served.connect();
    say(socket, request("HEAD /one", "Connection: close\r\n\r\n"));
    const auto heard = hear(socket);
    EXPECT_THAT(heard, HasSubstr("Content-Length: 10\r\n"));
    EXPECT_THAT(heard, EndsWith("\r\n\r\n"));
}

TEST(HttpServer, SendsFiles) {
    const TemporaryDirectory folder;
    std::string content;
    for (int n = 0; n < 300000; ++n) content += static_cast<char>('a' + (n % 23));
    folder.put("file", content);
    const Served served{{}, [&](const HttpRequest&) {
                            return HttpResponse{.status = 200,
                                                .fields = {},
                                                .body = {},
                                                .file = *open_below(*open_directory(folder.path()), "file")};
                        }};
    const auto socket = served.connect();
    say(socket, request("GET /") + request("HEAD /", "Connection: close\r\n\r\n"));
    const auto heard = hear(socket);
    const auto body = heard.substr(heard.find("\r\n\r\n") + 4);
    EXPECT_EQ(body.substr(0, content.size()), content);
    EXPECT_THAT(body.substr(content.size()), StartsWith("HTTP/1.1 200 OK"));
    EXPECT_THAT(body, HasSubstr("Content-Length: 300000\r\n"));
}

TEST(HttpServer, RefusesAndClosesSoThatTheAnswerArrives) {
    const Served served{{.largest_body = 100}};
    const auto answer = [&](const std::string& said) {
        const auto socket = served.connect();
        say(socket, said);
        return hear(socket, "\x01", Close::in_order).substr(0, 12);
    };
    EXPECT_EQ(answer("nonsense\r\n\r\n"), "HTTP/1.1 400");
    EXPECT_EQ(answer(request("POST /", "Content-Length: 101\r\n\r\n") + std::string(1 << 20, 'x')),
              "HTTP/1.1 413");
    EXPECT_EQ(answer(request("POST /", "Transfer-Encoding: chunked\r\n\r\n0\r\n\r\n")), "HTTP/1.1 411");
    EXPECT_EQ(answer(request("GET /" + std::string(largest_http_head, 'x'))), "HTTP/1.1 431");
    std::string many;
    for (int n = 0; n < 100; ++n) many += "A: b\r\n";
    EXPECT_EQ(answer(request("GET /", many + "\r\n")), "HTTP/1.1 431");
}

TEST(HttpServer, SaysContinueToWhoWaitsForIt) {
    const Served served{{.largest_body = 4}};
    const auto socket = served.connect();
    say(socket, request("POST /", "Content-Length: 4\r\nExpect: 100-continue\r\nConnection: close\r\n\r\n"));
    EXPECT_EQ(hear(socket, "\r\n\r\n"), "HTTP/1.1 100 Continue\r\n\r\n");
    say(socket, "body");
    EXPECT_THAT(hear(socket), EndsWith("POST / body"));
}

TEST(HttpServer, LosesPatienceWithThoseWhoNeverEndARequest) {
    const Served served{{.request = 50ms, .idle = 50ms}};
    const auto silent = served.connect();
    const auto slow = served.connect();
    say(slow, "GET / HT");
    EXPECT_EQ(hear(silent), "");
    EXPECT_THAT(hear(slow), StartsWith("HTTP/1.1 408"));
}

TEST(HttpServer, LosesPatienceWithThoseWhoDoNotTakeAnAnswer) {
    const TemporaryDirectory folder;
    folder.put("file", std::string(std::size_t{32} << 20U, 'x'));
    const Served served{{.connections = 1, .answer = 100ms, .slowest = std::uint64_t{1} << 40U},
                        [&](const HttpRequest& asked) {
                            if (asked.head.path != "/file") return echo(asked);
                            return HttpResponse{.status = 200,
                                                .fields = {},
                                                .body = {},
                                                .file = *open_below(*open_directory(folder.path()), "file")};
                        }};
    const auto deaf = served.connect();
    say(deaf, request("GET /file"));
    const auto next = served.connect();  // waits until the only place is free
    say(next, request("GET /next", "Connection: close\r\n\r\n"));
    EXPECT_THAT(hear(next), EndsWith("GET /next "));
}

TEST(HttpServer, ServesManyWhileSomeHang) {
    const Served served{{.connections = 8, .request = 100ms, .idle = 100ms}};
    std::vector<Descriptor> hanging;
    for (int n = 0; n < 20; ++n) {
        hanging.push_back(served.connect());
        say(hanging.back(), "GET / HTTP/1.1\r\n");
    }
    const auto socket = served.connect();
    say(socket, request("GET /me", "Connection: close\r\n\r\n"));
    EXPECT_THAT(hear(socket), EndsWith("GET /me "));
}

TEST(HttpServer, EndsWhenItIsTold) {
    Served served;
    const auto idle = served.connect();
    const auto halfway = served.connect();
    say(halfway, "GET /");
    served.end();
    EXPECT_EQ(hear(idle), "");
    EXPECT_EQ(hear(halfway), "");
    EXPECT_FALSE(connect_tcp("127.0.0.1", served.port(), 1s));
}

TEST(HttpClient, PostsAndGivesWhatCameBack) {
    const Served served{{.largest_body = 1 << 20}, [](const HttpRequest& asked) {
                            auto response = echo(asked);
                            response.status = 409;
                            response.fields = {{"Content-Type", "text/x.tlog.size"}};
                            return response;
                        }};
    const auto reply = http_post(served.url("/add"), "text", {.largest_body = 100});
    ASSERT_TRUE(reply) << reply.error().what;
    EXPECT_EQ(reply->status, 409);
    EXPECT_EQ(reply->content_type, "text/x.tlog.size");
    EXPECT_EQ(reply->body, "POST /add text");
    const std::string large(1 << 19, 'x');
    EXPECT_EQ(http_post(served.url("/"), large, {.largest_body = 1 << 20})->body, "POST / " + large);
}

TEST(HttpClient, FollowsNoRedirection) {
    int count = 0;
    const Served served{
        {.largest_body = 100}, [&](const HttpRequest&) {
            ++count;
            return HttpResponse{
                .status = 302, .fields = {{"Location", "/elsewhere"}}, .body = {}, .file = {}};
        }};
    EXPECT_EQ(http_post(served.url("/"), "text", {.largest_body = 100})->status, 302);
    EXPECT_EQ(count, 1);
}

TEST(HttpClient, HasItsBounds) {
    const Served served{{.largest_body = 100}};
    const auto error = [](const Result<HttpReply>& reply) { return reply ? Error{} : reply.error(); };
    EXPECT_EQ(error(http_post(served.url("/"), "text", {.largest_body = 10})).code, Errc::too_large);
    EXPECT_TRUE(http_post(served.url("/"), "text", {.largest_body = 11}));
    for (const auto* url : {"file:///etc/passwd", "gopher://127.0.0.1/", "", "http://"})
        EXPECT_EQ(error(http_post(url, "", {})).code, Errc::bad_field) << url;
    // Somebody who takes connections and says nothing.
    const auto listener = *listen_tcp("127.0.0.1", 0);
    const auto url = "http://127.0.0.1:" + std::to_string(*local_port(listener)) + "/";
    EXPECT_EQ(error(http_post(url, "", {.whole = 100ms})).code, Errc::timeout);
    EXPECT_EQ(error(http_post("http://127.0.0.1:1/", "", {.whole = 5s})).code, Errc::disconnected);
}

TEST(HttpClient, WantsACertificateThatVerifies) {
    const Served served{{.largest_body = 100}};
    // No TLS there at all: whatever it is, it is no reply.
    EXPECT_FALSE(http_post("https://127.0.0.1:" + std::to_string(served.port()) + "/", "", {.whole = 500ms}));
}

}  // namespace
}  // namespace busguard::host
