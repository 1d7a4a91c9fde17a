#pragma once

#include "manifest/manifest.h"

#include <span>
#include <string>

namespace busguard::manifest {

/// Who signed a manifest, and whether anybody vouches for that.
struct Signer {
    crypto::PublicKey key;
    std::string standing;  ///< "signed by CN=…", as a remark
};

/// The signer whose certificates come with a manifest, leaf first. With anchors, one of them has to vouch for
/// it; the leaf has to be one that may sign. That the key made the signature is for the caller to find out.
/// Problems name `where`.
Checked<Signer> signer_of(std::span<const crypto::Certificate> leaf_first, const Signers& signers,
                          const std::string& where);

/// Is a moment within both, as far as they are given, and as far as dates play a part?
Checked<void> hold_dates(std::optional<std::chrono::sys_seconds> not_before,
                         std::optional<std::chrono::sys_seconds> not_after, const Signers& signers,
                         const std::string& where);

inline Failure<Problem> refuse(const std::string& where, std::string field, std::string message,
                               std::string remedy = {}) {
    return fail(Problem{.where = where,
                        .field = std::move(field),
                        .message = std::move(message),
                        .remedy = std::move(remedy)});
}
Failure<Problem> refuse(const std::string& where, const Error& error);

/// The value, or the error as a Problem of the file.
template <class T>
Checked<T> in_file(Result<T> result, const std::string& where) {
    if (!result) return refuse(where, result.error());
    if constexpr (std::is_void_v<T>)
        return {};
    else
        return *std::move(result);
}

}  // namespace busguard::manifest
