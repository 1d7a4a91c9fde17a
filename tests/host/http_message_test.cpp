#include "host/http_message.h"

#include <gtest/gtest.h>

namespace busguard::host {
namespace {

using namespace std::chrono_literals;

// What RFC 9112 and RFC 9110 say of a request's head.

std::string get(std::string_view fields) {
    return std::string{"GET /checkpoint HTTP/1.1\r\nHost: log\r\n"}.append(fields).append("\r\n");
}

unsigned status_of(std::string_view head) {
    const auto read = http_head_from_text(head);
    return read ? 200 : read.error().detail;
}

TEST(HttpHead, HasMethodPathAndFields) {
    const auto head = http_head_from_text(
        "POST /a%2e/b?c=/d HTTP/1.1\r\nHOST:log\r\nContent-Length: 12\r\nX-A: \t b c \r\n\r\n");
    ASSERT_TRUE(head);
    EXPECT_EQ(head->method, "POST");
    EXPECT_EQ(head->path, "/a%2e/b");  // nothing is decoded
    EXPECT_EQ(head->content_length, 12);
    EXPECT_EQ(head->field("x-a"), "b c");
    EXPECT_EQ(head->field("host"), "log");
    EXPECT_EQ(head->field("x-b"), std::nullopt);
    EXPECT_TRUE(head->keep_alive);
    EXPECT_FALSE(head->awaits_continue);
}

TEST(HttpHead, EndsWithAnEmptyLine) {
    const std::string whole = get("A: b\r\n");
    for (std::size_t size = 0; size < whole.size(); ++size)
        EXPECT_EQ(http_head_size(whole.substr(0, size)), std::nullopt) << size;
    EXPECT_EQ(http_head_size(whole + "more"), whole.size());
    EXPECT_EQ(http_head_size("\r\n" + whole), whole.size() + 2);
    EXPECT_TRUE(http_head_from_text("\r\n" + whole));
    EXPECT_EQ(status_of("\r\n\r\n"), 400);
}

TEST(HttpHead, TakesBothFormsOfATarget) {
    const auto path = [](std::string_view target) {
        const auto head =
            http_head_from_text(std::string{"GET "}.append(target).append(" HTTP/1.1\r\nHost: log\r\n\r\n"));
        return head ? head->path : std::string{"refused"};
    };
    EXPECT_EQ(path("/"), "/");
    EXPECT_EQ(path("http://log:80/tile/0/000?x"), "/tile/0/000");
    EXPECT_EQ(path("HTTPS://log"), "/");
    EXPECT_EQ(path("http://log?/x"), "/");
    for (const auto* wrong :
         {"", "*", "log:80", "checkpoint", "/a b", "/a#b", "/\x80", "/a\tb", "ftp://log/"})
        EXPECT_EQ(path(wrong), "refused") << wrong;
}

TEST(HttpHead, RefusesWhatCouldBeReadInTwoWays) {
    EXPECT_EQ(status_of(get("Content-Length: 1\r\n")), 200);
    for (const auto* fields :
         {"Content-Length: 1\r\nContent-Length: 1\r\n", "Content-Length: 1, 1\r\n", "Content-Length: +1\r\n",
          "Content-Length: \r\n", "Content-Length: 0x1\r\n", "Content-Length: 18446744073709551616\r\n",
          "Content-Length : 1\r\n", "A\r\n", "A: b\r\n c\r\n", ": b\r\n", "A: b\n", "A: b\rc\r\n",
          "A\xff: b\r\n", "A: \x7f\r\n", "Host: other\r\n"})
        EXPECT_EQ(status_of(get(fields)), 400) << fields;
    EXPECT_EQ(status_of(get(std::string_view{"A: \0\r\n", 6})), 400);
    EXPECT_EQ(status_of(get("Transfer-Encoding: chunked\r\n")), 411);
    EXPECT_EQ(status_of(get("Transfer-Encoding: gzip\r\nContent-Length: 1\r\n")), 411);
}

TEST(HttpHead, RefusesOtherRequestLines) {
    for (const auto* line : {"GET  / HTTP/1.1", "GET / HTTP/1.1 ", " GET / HTTP/1.1", "GET /",
                             "G@T / HTTP/1.1", "GET / http/1.1", "GET / XTTP/1.1", ""})
        EXPECT_EQ(status_of(std::string{line}.append("\r\nHost: log\r\n\r\n")), 400) << line;
    EXPECT_EQ(status_of("GET / HTTP/2.0\r\nHost: log\r\n\r\n"), 505);
    EXPECT_EQ(status_of("GET / HTTP/1.1\r\n\r\n"), 400);  // no Host
}

TEST(HttpHead, SaysWhetherAnotherRequestMayFollow) {
    EXPECT_TRUE(http_head_from_text(get("Connection: keep-alive\r\n"))->keep_alive);
    EXPECT_FALSE(http_head_from_text(get("Connection: a, Close\r\n"))->keep_alive);
    EXPECT_TRUE(http_head_from_text(get("Connection: closed\r\n"))->keep_alive);
    EXPECT_FALSE(http_head_from_text("GET / HTTP/1.0\r\n\r\n")->keep_alive);
    EXPECT_EQ(status_of("GET / HTTP/1.1\r\nConnection: close\r\n\r\n"), 400);  // needs its Host all the same
    EXPECT_TRUE(http_head_from_text(get("Expect: 100-Continue\r\n"))->awaits_continue);
}

TEST(HttpHead, HasNoMoreFieldsThanAreTaken) {
    std::string fields;
    for (std::size_t n = 1; n < most_http_fields; ++n) fields += "A: b\r\n";
    EXPECT_EQ(status_of(get(fields)), 200);
    EXPECT_EQ(status_of(get(fields + "A: b\r\n")), 431);
}

TEST(HttpResponse, IsWritten) {
    const auto at = std::chrono::sys_seconds{784111777s};  // the example of RFC 9110 5.6.7
    EXPECT_EQ(http_date(at), "Sun, 06 Nov 1994 08:49:37 GMT");
    const HttpResponse response{.status = 404, .fields = {{"A", "b"}}, .body = "no\n", .file = {}};
    EXPECT_EQ(to_text(response, at, true),
              "HTTP/1.1 404 Not Found\r\nDate: Sun, 06 Nov 1994 08:49:37 GMT\r\nA: b\r\nContent-Length: "
              "3\r\n\r\n");
    const HttpResponse same{.status = 304, .fields = {}, .body = "text", .file = {}};
    EXPECT_EQ(
        to_text(same, at, false),
        "HTTP/1.1 304 Not Modified\r\nDate: Sun, 06 Nov 1994 08:49:37 GMT\r\nConnection: close\r\n\r\n");
}

}  // namespace
}  // namespace busguard::host
