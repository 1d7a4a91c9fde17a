#pragma once

#include "base/problem.h"
#include "tlog/note_signer.h"

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
/// Fit to be shown: a URI without its query, which may hold a PIN.
std::string shown(const KeyPlace& place);

/// The key, as that of `origin`. A file says whose key it is; there `origin` may be empty. Problems name the
/// place: no key there, no Ed25519 key, another origin's; a provider that cannot be loaded.
Checked<tlog::NoteSigner> read_signing_key(const KeyPlace& place, const std::string& origin);

/// As one line of a file, for its owner alone.
Checked<void> write_signing_key(const std::string& path, const tlog::NoteSigner& signer);

}  // namespace busguard::journal
