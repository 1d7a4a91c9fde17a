#pragma once

#include "crypto/certificate.h"

#include <cstddef>
#include <deque>
#include <map>
#include <mutex>

namespace busguard::crypto {

/// Certificates that were parsed before, found again by their bytes: devices of one maker share
/// intermediates, and a device that is authenticated again shows the chain it showed before. OpenSSL 3.0
/// needs a fifth of the time of a P-384 verification to decode a key. Nothing is believed for having been
/// seen: paths and signatures are verified each time. Calls from several threads are fine.
class CertificateCache {
public:
    /// Holds certificates of at most so many bytes of DER together; the oldest go first.
    explicit CertificateCache(std::size_t most_bytes = 4UL * 1024 * 1024) : most_bytes_{most_bytes} {}

    /// As Certificate::parse. What does not parse is not kept.
    Result<Certificate> parse(ByteView der);

    std::size_t bytes() const;  ///< of DER, held now

private:
    mutable std::mutex mutex_;
    std::size_t most_bytes_;
    std::size_t bytes_ = 0;
    std::map<std::string_view, Certificate> by_der_;  // a view of the certificate's own bytes
    std::deque<Certificate> by_age_;
};

}  // namespace busguard::crypto
