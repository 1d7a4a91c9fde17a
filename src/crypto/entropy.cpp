#include "crypto/entropy.h"

#include "crypto/openssl.h"

#include <openssl/rand.h>

#include <algorithm>
#include <limits>

namespace busguard::crypto {

Result<void> SystemEntropy::fill(std::span<std::byte> bytes) {
    while (!bytes.empty()) {
        const auto step = std::min(bytes.size(), std::size_t{std::numeric_limits<int>::max()});
        if (RAND_bytes(out(bytes.data()), static_cast<int>(step)) != 1)
            return openssl_failure(Errc::crypto, "entropy");
        bytes = bytes.subspan(step);
    }
    return {};
}

void wipe(std::span<std::byte> secret) { OPENSSL_cleanse(secret.data(), secret.size()); }

}  // namespace busguard::crypto
