#include "crypto/certificate_cache.h"

namespace busguard::crypto {

Result<Certificate> CertificateCache::parse(ByteView der) {
    {
        const std::lock_guard lock{mutex_};
        if (const auto found = by_der_.find(as_text(der)); found != by_der_.end()) return found->second;
    }
    // Without the lock: two threads that meet the same certificate at once both parse it, one of them in
    // vain.
    auto parsed = TRY(Certificate::parse(der));
    if (der.size() > most_bytes_) return parsed;

    const std::lock_guard lock{mutex_};
    if (!by_der_.emplace(as_text(parsed.der()), parsed).second) return parsed;
    by_age_.push_back(parsed);
    bytes_ += der.size();
    while (bytes_ > most_bytes_) {
        bytes_ -= by_age_.front().der().size();
        by_der_.erase(as_text(by_age_.front().der()));
        by_age_.pop_front();
    }
    return parsed;
}

std::size_t CertificateCache::bytes() const {
    const std::lock_guard lock{mutex_};
    return bytes_;
}

}  // namespace busguard::crypto
