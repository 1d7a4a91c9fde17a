#pragma once

#include "base/problem.h"
#include "base/result.h"

#include <string_view>

namespace busguard::cli {

/// Why a command could not do its work. `code` is a stable word for programs: "usage", "file", "machine",
/// "device", "output", or the word of an Errc (base/error.h).
struct Trouble {
    std::string code;
    Problem problem;
};

template <class T>
using Tried = Result<T, Trouble>;

inline Failure<Trouble> trouble(std::string_view code, Problem problem) {
    return {{std::string{code}, std::move(problem)}};
}
inline Failure<Trouble> usage(std::string_view option, std::string message, std::string remedy = {}) {
    return trouble("usage", {.where = {},
                             .line = 0,
                             .field = std::string{option},
                             .message = std::move(message),
                             .remedy = std::move(remedy)});
}

/// What a lower floor says, as the command's trouble.
template <class T>
Tried<T> or_trouble(std::string_view code,
                    Checked<T> result) {  // NOLINT(performance-unnecessary-value-param): T may be void
    if (!result) return trouble(code, result.error());
    if constexpr (std::is_void_v<T>)
        return {};
    else
        return *std::move(result);
}

/// An Error on `where` (a file, a device), in words.
Trouble trouble_of(const Error& error, std::string where);

template <class T>
Tried<T> or_trouble(std::string where, Result<T> result) {
    if (!result) return Failure<Trouble>{trouble_of(result.error(), std::move(where))};
    if constexpr (std::is_void_v<T>)
        return {};
    else
        return *std::move(result);
}

}  // namespace busguard::cli

namespace busguard {
inline Failure<cli::Trouble> fail(cli::Trouble trouble) { return {std::move(trouble)}; }  // for TRY
}  // namespace busguard
