#include "host/http_client.h"

#include "host/shared_library.h"

#include <curl/curl.h>

#include <memory>
#include <optional>

// The checks of types that the header wraps around these are for direct calls.
#undef curl_easy_getinfo
#undef curl_easy_setopt

namespace busguard::host {
namespace {

/// libcurl, loaded by the first who posts: with what it brings along it would double the time that every
/// start of the program takes (bench/process).
struct Curl {
    decltype(&::curl_global_init) global_init = nullptr;
    decltype(&::curl_easy_init) init = nullptr;
    decltype(&::curl_easy_cleanup) cleanup = nullptr;
    decltype(&::curl_easy_setopt) set = nullptr;
    decltype(&::curl_easy_perform) perform = nullptr;
    decltype(&::curl_easy_getinfo) get = nullptr;
    decltype(&::curl_slist_append) append = nullptr;
    decltype(&::curl_slist_free_all) free_all = nullptr;
};

/// Nothing: it is not installed. Never unloaded.
std::optional<Curl> load() {
    void* const library = ::dlopen("libcurl.so.4", RTLD_NOW | RTLD_LOCAL);
    if (library == nullptr) return std::nullopt;
    Curl curl;
    const bool whole = find_symbol(library, "curl_global_init", curl.global_init) &&
                       find_symbol(library, "curl_easy_init", curl.init) &&
                       find_symbol(library, "curl_easy_cleanup", curl.cleanup) &&
                       find_symbol(library, "curl_easy_setopt", curl.set) &&
                       find_symbol(library, "curl_easy_perform", curl.perform) &&
                       find_symbol(library, "curl_easy_getinfo", curl.get) &&
                       find_symbol(library, "curl_slist_append", curl.append) &&
                       find_symbol(library, "curl_slist_free_all", curl.free_all);
    if (!whole || curl.global_init(CURL_GLOBAL_DEFAULT) != CURLE_OK) return std::nullopt;
    return curl;
}

using Handle = std::unique_ptr<CURL, decltype(Curl::cleanup)>;
using Fields = std::unique_ptr<curl_slist, decltype(Curl::free_all)>;

struct Received {
    std::string body;
    std::size_t limit;
};

std::size_t receive(const char* bytes, std::size_t, std::size_t count, void* data) {
    auto& received = *static_cast<Received*>(data);
    if (count > received.limit - received.body.size()) return 0;  // ends the transfer: CURLE_WRITE_ERROR
    received.body.append(bytes, count);
    return count;
}

Failure<Error> failure(CURLcode code) {
    const auto error = [&](Errc meaning, std::string_view what) {
        return fail(meaning, what, 0, static_cast<std::uint32_t>(code));
    };
    switch (code) {
        case CURLE_UNSUPPORTED_PROTOCOL:
        case CURLE_URL_MALFORMAT: return error(Errc::bad_field, "URL");
        case CURLE_COULDNT_RESOLVE_HOST:
        case CURLE_COULDNT_RESOLVE_PROXY: return error(Errc::not_found, "host name");
        case CURLE_OPERATION_TIMEDOUT: return error(Errc::timeout, "HTTP connection");
        case CURLE_COULDNT_CONNECT:
        case CURLE_SEND_ERROR:
        case CURLE_RECV_ERROR:
        case CURLE_PARTIAL_FILE:
        case CURLE_GOT_NOTHING: return error(Errc::disconnected, "HTTP connection");
        case CURLE_PEER_FAILED_VERIFICATION: return error(Errc::crypto, "TLS certificate");
        case CURLE_WRITE_ERROR:
        case CURLE_FILESIZE_EXCEEDED: return error(Errc::too_large, "HTTP reply");
        default: return error(Errc::transport, "HTTP");
    }
}

long milliseconds(Time time) {
    return static_cast<long>(std::chrono::ceil<std::chrono::milliseconds>(time).count());
}

}  // namespace

Result<HttpReply> http_post(const std::string& url, std::string_view text, const HttpBounds& bounds) {
    static const std::optional<Curl> loaded = load();
    if (!loaded) return fail(Errc::unsupported, no_http_client);
    const auto& library = *loaded;
    const Handle handle{library.init(), library.cleanup};
    // Without "Expect: 100-continue", which costs a second at servers that do not know it.
    const Fields fields{library.append(nullptr, "Content-Type: text/plain; charset=utf-8"), library.free_all};
    if (!handle || !fields || library.append(fields.get(), "Expect:") == nullptr)
        return fail(Errc::system, "HTTP");
    Received received{{}, bounds.largest_body};
    auto* const curl = handle.get();
    auto code = CURLE_OK;
    const auto set = [&](CURLoption option, auto value) {
        if (code == CURLE_OK) code = library.set(curl, option, value);  // NOLINT(*-vararg)
    };
    set(CURLOPT_PROTOCOLS_STR, "http,https");
    set(CURLOPT_URL, url.c_str());
    set(CURLOPT_NOSIGNAL, 1L);  // threads
    set(CURLOPT_CONNECTTIMEOUT_MS, milliseconds(bounds.connect));
    set(CURLOPT_TIMEOUT_MS, milliseconds(bounds.whole));
    set(CURLOPT_SSLVERSION, static_cast<long>(CURL_SSLVERSION_TLSv1_2));
    set(CURLOPT_FOLLOWLOCATION, 0L);
    set(CURLOPT_USERAGENT, "busguard");
    set(CURLOPT_HTTPHEADER, fields.get());
    set(CURLOPT_POST, 1L);
    set(CURLOPT_POSTFIELDS, text.data());
    set(CURLOPT_POSTFIELDSIZE_LARGE, static_cast<curl_off_t>(text.size()));
    set(CURLOPT_WRITEFUNCTION, &receive);
    set(CURLOPT_WRITEDATA, &received);
    if (code == CURLE_OK) code = library.perform(curl);
    if (code != CURLE_OK) return failure(code);
    long status = 0;
    const char* type = nullptr;
    library.get(curl, CURLINFO_RESPONSE_CODE, &status);  // NOLINT(*-vararg)
    library.get(curl, CURLINFO_CONTENT_TYPE, &type);     // NOLINT(*-vararg)
    return HttpReply{static_cast<unsigned>(status), type == nullptr ? "" : type, std::move(received.body)};
}

}  // namespace busguard::host
