#pragma once

#include "base/result.h"
#include "base/seams.h"

#include <cstddef>
#include <string>
#include <string_view>

namespace busguard::host {

struct HttpReply {
    unsigned status = 0;
    std::string content_type;  ///< as in the field; may be empty
    std::string body;
};

/// What an Error names where libcurl is not installed.
inline constexpr std::string_view no_http_client = "libcurl";

/// How long and how much. What a server says in its fields is bounded too (300 KiB, by libcurl).
struct HttpBounds {
    Time connect = std::chrono::seconds{5};
    Time whole = std::chrono::seconds{15};  ///< from the name's look-up to the last byte
    std::size_t largest_body = 0;           ///< bytes, of the reply
};

/// Posts text and gives the reply, whatever its status. Waits; calls from several threads are fine. No
/// redirection is followed, no compression taken. https:// is verified under the system's authorities;
/// http_proxy, https_proxy and no_proxy of the environment hold. libcurl is loaded by the first call. Errors:
/// unsupported, no_http_client; bad_field "URL" unless it is http:
/// or https:; not_found "host name"; timeout, disconnected "HTTP connection"; crypto "TLS certificate";
/// too_large "HTTP reply"; transport "HTTP" for everything else, `detail` being libcurl's code.
Result<HttpReply> http_post(const std::string& url, std::string_view text, const HttpBounds& bounds);

}  // namespace busguard::host
