#pragma once

#include "base/parallel.h"
#include "crypto/key.h"
#include "crypto/multi_buffer.h"

#include <optional>
#include <span>
#include <vector>

/// Many signatures at once, with the answers of PublicKey::verify.
namespace busguard::crypto {

/// A key that verifies many signatures: decoded once, and in the form that an engine wants.
class BatchKey {
public:
    explicit BatchKey(PublicKey key) : key_{std::move(key)}, point_{curve_point(key_)} {}

    const PublicKey& key() const { return key_; }
    const std::optional<CurvePoint>& point() const { return point_; }

private:
    PublicKey key_;
    std::optional<CurvePoint> point_;
};

/// PublicKey::verify's arguments. What they refer to outlives the call.
struct Signed {
    const BatchKey* key = nullptr;
    Scheme scheme{};
    Hash hash{};
    ByteView message;
    ByteView signature;
    ByteView context;
};

struct BatchVerified {
    std::vector<Result<void>> results;  ///< of each, in order, as PublicKey::verify gives them
    std::size_t by_engine = 0;          ///< how many the engine decided
};

/// On all processors, or `workers` threads. `engine` null: by OpenSSL alone. The engine is given ECDSA
/// signatures on P-256 and P-384, eight of a curve at a time, and believed when it says yes. OpenSSL decides
/// everything else: what the engine says no to; where r, s or the digest is 0 or not below the curve's order;
/// what makes up no eight; other algorithms, keys that do not fit, signatures of a wrong length.
BatchVerified batch_verify(std::span<const Signed> all, const EcdsaEight* engine,
                           unsigned workers = std::max(1U, std::thread::hardware_concurrency()));

}  // namespace busguard::crypto
