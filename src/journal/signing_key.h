#pragma once

#include "base/problem.h"
#include "tlog/note_signer.h"

#include <span>
#include <string>
#include <string_view>

namespace busguard::journal {

/// Where the secret key of a log is.
struct KeyPlace {
    std::string at;  ///< a file with one line (tlog::NoteSigner::to_skey), or a URI (PrivateKey::from_store)
    std::string provider;  ///< of OpenSSL, for a URI; empty: OpenSSL's own

    friend bool operator==(const KeyPlace&, const KeyPlace&) = default;
};

/// Has it a scheme (RFC 3986 3.1), as "pkcs11:…" has? A path has none.
bool is_uri(std::string_view place);
/// Fit to be shown: a URI up to where a PIN may stand. (Providers take it outside of the query too.)
std::string shown(const KeyPlace& place);

/// The key, as that of `origin`. A file says whose key it is; there `origin` may be empty. Problems name the
/// place: no key there, no Ed25519 key, another origin's; a provider that cannot be loaded.
Checked<tlog::NoteSigner> read_signing_key(const KeyPlace& place, const std::string& origin);

/// The key that signs a log now has to be the last Ed25519 one of those beside it, if there are any: another
/// would begin a second history. Problem: it is another, or of another origin.
Checked<void> check_that_it_signs(const tlog::VerifierKey& key, std::span<const tlog::VerifierKey> beside,
                                  const std::string& where);

/// As one line of a file, for its owner alone.
Checked<void> write_signing_key(const std::string& path, const tlog::NoteSigner& signer);

}  // namespace busguard::journal
