#include "host/http_message.h"

#include <algorithm>
#include <array>
#include <charconv>
#include <memory>
#include <utility>

namespace busguard::host {
namespace {

constexpr std::string_view line_end = "\r\n";
constexpr std::string_view head_end = "\r\n\r\n";

Failure<Error> refused(std::string_view what, unsigned status = 400) {
    return fail(Errc::bad_field, what, 0, status);
}

constexpr bool is_digit(char c) { return c >= '0' && c <= '9'; }
constexpr bool is_letter(char c) { return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z'); }

// RFC 9110 5.6.2
bool is_token(std::string_view text) {
    constexpr std::string_view others = "!#$%&'*+-.^_`|~";
    return !text.empty() && std::ranges::all_of(text, [&](char c) {
        return is_digit(c) || is_letter(c) || others.find(c) != std::string_view::npos;
    });
}

// Visible ASCII: what a request target may have at all (RFC 9112 3.2).
bool is_visible(std::string_view text) {
    return std::ranges::all_of(text, [](char c) { return c > ' ' && c < '\x7f'; });
}

// RFC 9110 5.5: no CR, LF or NUL; the other controls we refuse too, but for the tab.
bool is_field_value(std::string_view text) {
    return std::ranges::all_of(text, [](char c) {
        const auto octet = static_cast<unsigned char>(c);
        return octet == '\t' || (octet >= ' ' && octet != 0x7f);
    });
}

std::string lower(std::string_view text) {
    std::string out{text};
    for (auto& c : out)
        if (c >= 'A' && c <= 'Z') c = static_cast<char>(c - 'A' + 'a');
    return out;
}

std::string_view trimmed(std::string_view text) {
    const auto first = text.find_first_not_of(" \t");
    if (first == std::string_view::npos) return {};
    return text.substr(first, text.find_last_not_of(" \t") - first + 1);
}

// Up to `end`, which is taken too; everything if it is not there.
std::string_view take(std::string_view& text, std::string_view end) {
    const auto found = text.find(end);
    const auto taken = text.substr(0, found);
    text.remove_prefix(found == std::string_view::npos ? text.size() : found + end.size());
    return taken;
}

// origin-form and absolute-form (RFC 9112 3.2.1, 3.2.2): a server has to take both.
Result<std::string> path_of(std::string_view target) {
    if (!is_visible(target) || target.find('#') != std::string_view::npos) return refused("request line");
    for (const std::string_view scheme : {"http://", "https://"}) {
        if (lower(target.substr(0, scheme.size())) != scheme) continue;
        target.remove_prefix(scheme.size());
        const auto slash = target.find_first_of("/?");
        if (slash == std::string_view::npos || target[slash] == '?') return std::string{"/"};
        target.remove_prefix(slash);
        break;
    }
    if (!target.starts_with('/')) return refused("request line");
    return std::string{target.substr(0, target.find('?'))};
}

// Is it HTTP/1.1, not 1.0?
Result<bool> read_request_line(HttpHead& head, std::string_view line) {
    const auto method = take(line, " ");
    const auto target = take(line, " ");
    if (!is_token(method)) return refused("request line");
    head.method = method;
    head.path = TRY(path_of(target));
    if (line == "HTTP/1.1" || line == "HTTP/1.0") return line == "HTTP/1.1";
    const bool other = line.size() == 8 && line.starts_with("HTTP/") && is_digit(line[5]) && line[6] == '.' &&
                       is_digit(line[7]);
    return other ? refused("version", 505) : refused("request line");
}

Result<std::uint64_t> length_from(std::string_view digits) {
    std::uint64_t length = 0;
    const auto* const end = digits.data() + digits.size();
    const auto read = std::from_chars(std::to_address(digits.begin()), end, length);
    if (digits.empty() || !std::ranges::all_of(digits, is_digit) || read.ec != std::errc{} || read.ptr != end)
        return refused("Content-Length");
    return length;
}

bool lists(std::string_view value, std::string_view word) {
    while (!value.empty())
        if (lower(trimmed(take(value, ","))) == word) return true;
    return false;
}

// What the fields say of the request itself.
Result<void> heed_fields(HttpHead& head, bool current) {
    head.keep_alive = current;
    std::size_t hosts = 0;
    std::size_t lengths = 0;
    for (const auto& [name, value] : head.fields) {
        // No coding is taken, "chunked" neither: RFC 9112 6.3 lets a server demand a length.
        if (name == "transfer-encoding") return refused("Transfer-Encoding", 411);
        if (name == "host") ++hosts;
        if (name == "content-length") {
            head.content_length = TRY(length_from(value));
            ++lengths;
        }
        if (name == "connection" && lists(value, "close")) head.keep_alive = false;
        if (name == "expect" && lower(value) == "100-continue") head.awaits_continue = true;
    }
    if (lengths > 1) return refused("Content-Length");
    if (hosts > 1 || (hosts == 0 && current)) return refused("Host");  // HTTP/1.0 knew none
    return {};
}

std::string_view phrase(unsigned status) {
    switch (status) {
        case 200: return "OK";
        case 304: return "Not Modified";
        case 400: return "Bad Request";
        case 403: return "Forbidden";
        case 404: return "Not Found";
        case 405: return "Method Not Allowed";
        case 408: return "Request Timeout";
        case 409: return "Conflict";
        case 411: return "Length Required";
        case 413: return "Content Too Large";
        case 422: return "Unprocessable Content";
        case 431: return "Request Header Fields Too Large";
        case 500: return "Internal Server Error";
        case 505: return "HTTP Version Not Supported";
        default: return "";
    }
}

std::string two_digits(unsigned number) {
    return std::string{static_cast<char>('0' + (number / 10 % 10)), static_cast<char>('0' + (number % 10))};
}

}  // namespace

std::optional<std::string_view> HttpHead::field(std::string_view name) const {
    const auto found = std::ranges::find(fields, name, &HttpField::name);
    if (found == fields.end()) return std::nullopt;
    return found->value;
}

std::optional<std::size_t> http_head_size(std::string_view text) {
    // One empty line before a request is passed over (RFC 9112 2.2).
    const auto start = text.starts_with(line_end) ? line_end.size() : 0;
    const auto end = text.find(head_end, start);
    if (end == std::string_view::npos) return std::nullopt;
    return end + head_end.size();
}

Result<HttpHead> http_head_from_text(std::string_view text) {
    if (text.starts_with(line_end)) text.remove_prefix(line_end.size());
    if (!text.ends_with(head_end)) return refused("request line");
    text.remove_suffix(line_end.size());
    HttpHead head;
    const bool current = TRY(read_request_line(head, take(text, line_end)));
    while (!text.empty()) {
        auto line = take(text, line_end);
        if (head.fields.size() == most_http_fields) return fail(Errc::too_large, "fields", 0, 431);
        if (line.find(':') == std::string_view::npos) return refused("field");
        const auto name = take(line, ":");  // a space before the colon, or a folded line, is no token
        const auto value = trimmed(line);
        if (!is_token(name) || !is_field_value(value)) return refused("field");
        head.fields.push_back({lower(name), std::string{value}});
    }
    TRY(heed_fields(head, current));
    return head;
}

std::string to_text(const HttpResponse& response, std::chrono::sys_seconds now, bool keep_alive) {
    std::string text = "HTTP/1.1 ";
    text.append(std::to_string(response.status)).append(" ").append(phrase(response.status));
    text.append("\r\nDate: ").append(http_date(now));
    for (const auto& [name, value] : response.fields)
        text.append(line_end).append(name).append(": ").append(value);
    if (response.status != 304) text.append("\r\nContent-Length: ").append(std::to_string(response.length()));
    if (!keep_alive) text.append("\r\nConnection: close");
    return text.append(head_end);
}

std::string http_date(std::chrono::sys_seconds time) {
    using namespace std::chrono;
    static constexpr std::array days{"Sun", "Mon", "Tue", "Wed", "Thu", "Fri", "Sat"};
    static constexpr std::array months{"Jan", "Feb", "Mar", "Apr", "May", "Jun",
                                       "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"};
    const auto day = floor<std::chrono::days>(time);
    const year_month_day date{day};
    const hh_mm_ss clock{time - day};
    const auto part = [](auto value) { return two_digits(static_cast<unsigned>(value)); };
    return std::string{days[weekday{day}.c_encoding()]}
        .append(", ")
        .append(part(static_cast<unsigned>(date.day())))
        .append(" ")
        .append(months[static_cast<unsigned>(date.month()) - 1])
        .append(" ")
        .append(std::to_string(static_cast<int>(date.year())))
        .append(" ")
        .append(part(clock.hours().count()))
        .append(":")
        .append(part(clock.minutes().count()))
        .append(":")
        .append(part(clock.seconds().count()))
        .append(" GMT");
}

}  // namespace busguard::host
