#pragma once

#include "base/result.h"
#include "crypto/certificate.h"

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <vector>

namespace busguard::crypto {

inline constexpr std::size_t largest_ocsp_response = 1024UL * 1024;

/// What an authority answered when somebody asked about certificates of its own (RFC 6960 section 4.2),
/// parsed once; immutable but for what it remembers of signatures that it verified. A copy shares the parsed
/// form; calls from several threads are fine.
class OcspResponse {
public:
    struct Said {
        enum class Status : std::uint8_t { good, revoked, unknown };
        Status status = Status::unknown;
        std::chrono::sys_seconds this_update;
        std::optional<std::chrono::sys_seconds> next_update;

        friend bool operator==(const Said&, const Said&) = default;
    };

    /// Exactly one response in DER. Errors: too_large "OCSPResponse"; bad_field "OCSPResponse", "thisUpdate",
    /// "nextUpdate"; trailing_bytes; unsupported "responseStatus" for one that answers nothing (4.2.1),
    /// "responseType", "responseExtensions" or "singleExtensions" for a critical one.
    static Result<OcspResponse> parse(ByteView der);

    /// What it says about a certificate of this issuer's, in its order: mostly one, or nothing.
    std::vector<Said> about(const Certificate& certificate, const Certificate& issuer) const;
    /// Was it signed by this issuer's key, or by that of a certificate in it which this issuer gave for that
    /// (OCSPSigning, 4.2.2.2) and which is valid at `at` (nothing: at any time)? With an algorithm of at
    /// least 112 bits of security. Whether that certificate was revoked is not asked.
    bool is_signed_by(const Certificate& issuer, std::optional<std::chrono::sys_seconds> at) const;
    Digest fingerprint(Hash hash) const;  ///< of its DER form

private:
    struct Body;
    explicit OcspResponse(std::shared_ptr<Body> body) : body_{std::move(body)} {}
    std::shared_ptr<Body> body_;
};

}  // namespace busguard::crypto
