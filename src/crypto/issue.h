#pragma once

#include "base/bytes.h"
#include "base/result.h"
#include "crypto/certificate.h"
#include "crypto/hash.h"
#include "crypto/key.h"

#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include <utility>
#include <vector>

namespace busguard::crypto {

/// What a certificate to be made says. Version 3.
struct CertificateSpec {
    /// Attribute and value, e.g. {"C", "US"}, {"O", "Example"}, {"CN", "Device 1"}: OpenSSL's short names.
    std::vector<std::pair<std::string, std::string>> subject;
    Bytes serial;  ///< big endian, 1 to 20 bytes, taken as positive
    std::chrono::sys_seconds not_before;
    std::chrono::sys_seconds not_after;  ///< up to 9999-12-31 23:59:59
    std::optional<bool> ca;              ///< nothing: no BasicConstraints
    std::optional<std::uint32_t> path_length;
    std::optional<KeyUsage> key_usage;            ///< critical
    std::vector<std::string> extended_key_usage;  ///< dotted; empty: no extension
    std::vector<OtherName> other_names;           ///< subjectAltName; empty: no extension
    bool key_identifiers = true;                  ///< of the subject, and the issuer's if it has one
    std::vector<Extension> extra;                 ///< as they are
};

/// Makes a certificate in DER. `issuer` null: self-signed, and issuer_key has to be the subject's. An RSA key
/// signs with PKCS#1 v1.5 whether it is meant for RSASSA or RSAPSS (Linux' X.509 parser knows no PSS); EdDSA
/// ignores `hash`. Errors: bad_field with the part of the spec that is wrong, unsupported (the hash is not
/// one that certificates of this key can have), crypto.
Result<Bytes> issue(const CertificateSpec& spec, const PublicKey& subject_key, const Certificate* issuer,
                    const PrivateKey& issuer_key, Hash hash);

/// What a revocation list to be made says (RFC 5280 section 5). Version 2, with the issuer's key identifier.
struct RevocationListSpec {
    std::chrono::sys_seconds this_update;
    std::optional<std::chrono::sys_seconds> next_update;
    std::vector<Certificate> revoked;  ///< of the issuer; as of this_update
    std::vector<Extension> extra;      ///< of the list, as they are
};

/// Makes a revocation list in DER. Errors: as issue().
Result<Bytes> issue_list(const RevocationListSpec& spec, const Certificate& issuer,
                         const PrivateKey& issuer_key, Hash hash);

}  // namespace busguard::crypto
