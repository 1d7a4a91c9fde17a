#pragma once

#include "host/http_message.h"

#include <string_view>

/// What the servers of this folder answer alike.
namespace busguard::web {

/// A line of text that nobody keeps.
inline host::HttpResponse refusal(unsigned status, std::string_view line) {
    return {.status = status,
            .fields = {{"Content-Type", "text/plain; charset=utf-8"}, {"Cache-Control", "no-store"}},
            .body = std::string{line}.append("\n"),
            .file = {}};
}

/// `allowed`: "GET, HEAD"
inline host::HttpResponse wrong_method(std::string_view allowed) {
    auto response = refusal(405, "this method is not for this resource");
    response.fields.push_back({"Allow", std::string{allowed}});
    return response;
}

/// A file that is not there, or cannot be read.
inline host::HttpResponse unreadable(const Error& error) {
    return error.code == Errc::not_found ? refusal(404, "no such resource")
                                         : refusal(500, "the resource cannot be read");
}

}  // namespace busguard::web
