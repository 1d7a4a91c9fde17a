#pragma once

#include "base/result.h"
#include "host/open_file.h"

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

/// What HTTP/1.1 (RFC 9110, RFC 9112) says on the wire, as far as a small server needs it.
namespace busguard::host {

inline constexpr std::size_t largest_http_head = std::size_t{16} * 1024;  ///< bytes, of a request
inline constexpr std::size_t most_http_fields = 64;

struct HttpField {
    std::string name;  ///< a request's in lower case
    std::string value;

    friend bool operator==(const HttpField&, const HttpField&) = default;
};

/// A request without its body. Whoever reads it otherwise than we do (a proxy before us) must not be able to
/// smuggle a second one into it: everything that RFC 9112 lets a server refuse is refused.
struct HttpHead {
    std::string method;             ///< a token, as it was sent
    std::string path;               ///< begins with '/'; as it was sent, nothing decoded, without the query
    std::vector<HttpField> fields;  ///< in their order
    std::uint64_t content_length = 0;
    bool keep_alive = true;        ///< may another request follow?
    bool awaits_continue = false;  ///< "Expect: 100-continue"

    /// `name` in lower case; the first of that name.
    std::optional<std::string_view> field(std::string_view name) const;

    friend bool operator==(const HttpHead&, const HttpHead&) = default;
};

/// How many bytes of `text` the head takes, with the empty line that ends it; nothing if it has not ended.
std::optional<std::size_t> http_head_size(std::string_view text);

/// Of exactly these bytes. Errors, `detail` being the status to answer with: bad_field "request line",
/// "field", "Host" or "Content-Length" (400), "Transfer-Encoding" (411: bodies come with their length),
/// "version" (505), too_large "fields" (431).
Result<HttpHead> http_head_from_text(std::string_view text);

struct HttpRequest {
    HttpHead head;
    std::string body;
    std::string peer;  ///< its address in digits
};

struct HttpResponse {
    unsigned status = 200;
    std::vector<HttpField> fields;  ///< but for Date, Content-Length and Connection
    std::string body;
    OpenFile file;  ///< instead of the body, if it is open

    std::uint64_t length() const { return file.descriptor ? file.size : body.size(); }
};

/// The status line and the fields, with the empty line.
std::string to_text(const HttpResponse& response, std::chrono::sys_seconds now, bool keep_alive);

/// "Sun, 06 Nov 1994 08:49:37 GMT" (RFC 9110, IMF-fixdate).
std::string http_date(std::chrono::sys_seconds time);

}  // namespace busguard::host
