#pragma once

#include "base/seams.h"

#include <cstddef>
#include <span>

namespace busguard::crypto {

/// OpenSSL's generator, seeded by the kernel.
class SystemEntropy : public Entropy {
public:
    /// Errors: crypto "entropy" when the generator fails.
    Result<void> fill(std::span<std::byte> bytes) override;
};

/// Overwrites a secret in a way that the compiler does not drop.
void wipe(std::span<std::byte> secret);

}  // namespace busguard::crypto
