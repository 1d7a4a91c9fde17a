#include "base/problem.h"

#include <system_error>

namespace busguard {

std::string in_words(const Error& error) {
    std::string what{error.what};
    const auto system = [&](std::string fallback) {
        return error.detail == 0 ? std::move(fallback)
                                 : std::generic_category().message(static_cast<int>(error.detail));
    };
    switch (error.code) {
        case Errc::truncated: return "ends inside " + what;
        case Errc::trailing_bytes: return "more bytes than belong there, after " + what;
        case Errc::bad_field: return what + " has a value that is not allowed";
        case Errc::mismatch: return what + " is not what it has to repeat";
        case Errc::too_large: return what + " is too large";
        case Errc::unexpected: return what + " is not due now";
        case Errc::no_common: return "nothing in common to choose for " + what;
        case Errc::unsupported: return what + " is not supported here";
        case Errc::peer_error: return "the device answered ERROR to " + what;
        case Errc::not_ready: return "the device kept asking for patience (" + what + ")";
        case Errc::timeout: return "no answer in time (" + what + ")";
        case Errc::disconnected: return "the other end is gone (" + what + ")";
        case Errc::transport: return "the transport failed (" + what + ")";
        case Errc::crypto: return what + " does not verify";
        case Errc::permission: return system("not permitted");
        case Errc::owned: return "somebody else speaks to the device (" + what + ")";
        case Errc::not_found: return what + " not found";
        case Errc::system: return system(what + " failed");
    }
    return what;
}

}  // namespace busguard
