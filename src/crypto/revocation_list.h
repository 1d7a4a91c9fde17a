#pragma once

#include "base/result.h"
#include "crypto/certificate.h"

#include <chrono>
#include <cstddef>
#include <memory>
#include <optional>
#include <string>
#include <vector>

namespace busguard::crypto {

inline constexpr std::size_t largest_revocation_list = 16UL * 1024 * 1024;

/// A certificate revocation list (RFC 5280 section 5), parsed once; immutable but for what it remembers of
/// signatures that it verified. A copy shares the parsed form; calls from several threads are fine.
class RevocationList {
public:
    /// Exactly one list in DER. Errors: too_large "CertificateList"; bad_field "CertificateList",
    /// "thisUpdate", "nextUpdate"; trailing_bytes; unsupported "crlExtensions" or "crlEntryExtensions" for a
    /// critical one: delta, indirect and partial lists are such, and may not be taken for what they are not
    /// (5.2).
    static Result<RevocationList> parse(ByteView der);

    std::string issuer() const;  ///< as Certificate::subject()
    std::chrono::sys_seconds this_update() const;
    std::optional<std::chrono::sys_seconds> next_update() const;

    /// Does it bear this certificate's subject as its issuer?
    bool names_issuer(const Certificate& issuer) const;
    /// Was it signed by this certificate's key, which may sign lists (cRLSign, if it has a KeyUsage), with an
    /// algorithm of at least 112 bits of security?
    bool is_signed_by(const Certificate& issuer) const;
    Digest fingerprint(Hash hash) const;  ///< of its DER form
    /// Is the certificate, of the same issuer, on it?
    bool revokes(const Certificate& certificate) const;

private:
    struct Body;
    explicit RevocationList(std::shared_ptr<Body> body) : body_{std::move(body)} {}
    std::shared_ptr<Body> body_;
};

/// What a file holds: a list in DER, or PEM blocks "X509 CRL". Errors: parse's; not_found without one;
/// too_large beyond most_in_bundle.
Result<std::vector<RevocationList>> read_revocation_lists(ByteView file);

}  // namespace busguard::crypto
