#include "fuzz/target.h"
#include "host/http_message.h"

#include <algorithm>

// What anybody sends to a server of ours, up to the body.
void busguard::fuzz::try_input(ByteView input) {
    using namespace host;
    const auto text = as_text(input);
    const auto size = http_head_size(text);
    if (!size) return;
    expect(*size <= text.size(), "no more than there is");
    const auto head = http_head_from_text(text.substr(0, *size));
    if (!head) {
        const auto status = head.error().detail;
        expect(status == 400 || status == 411 || status == 431 || status == 505, "a status to answer with");
        return;
    }
    expect(head->path.starts_with('/') && head->path.find('?') == std::string::npos, "a path");
    expect(head->fields.size() <= most_http_fields, "bounded");
    expect(!head->field("transfer-encoding"), "no coding that another could read otherwise");
    expect(std::ranges::count(head->fields, "content-length", &HttpField::name) <= 1, "one length");
    // Written again and read again it is the same request.
    std::string again =
        head->method + " " + head->path + (head->field("host") ? " HTTP/1.1\r\n" : " HTTP/1.0\r\n");
    for (const auto& [name, value] : head->fields) again += name + ": " + value + "\r\n";
    auto second = http_head_from_text(again + "\r\n");
    expect(static_cast<bool>(second), "there and back");
    second->keep_alive = head->keep_alive;  // HTTP/1.0 with a Host became 1.1
    expect(*second == *head, "the same");
}
