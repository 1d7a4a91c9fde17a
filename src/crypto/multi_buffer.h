#pragma once

#include "base/result.h"
#include "crypto/hash.h"
#include "crypto/key.h"

#include <array>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <string>

/// Intel's crypto multi-buffer library (libcrypto_mb of IPP Cryptography), which verifies eight ECDSA
/// signatures in about the time of one. It is not linked: whether it is there is found out when the program
/// runs. What it says no to is not settled by that, and it is asked about nothing unusual: batch_verify.h.
namespace busguard::crypto {

enum class Curve : std::uint8_t { p256, p384 };

/// Bytes of a coordinate, and of a number below the curve's order.
constexpr std::size_t width(Curve curve) { return curve == Curve::p256 ? 32 : 48; }
inline constexpr std::size_t widest_lane = 48;

/// A public key as the library takes it: affine, the lowest word first.
struct CurvePoint {
    Curve curve{};
    std::array<std::uint64_t, widest_lane / 8> x{};
    std::array<std::uint64_t, widest_lane / 8> y{};
};
/// Nothing for a key that is not on P-256 or P-384. On its curve it is: OpenSSL decodes no other.
std::optional<CurvePoint> curve_point(const PublicKey& key);

/// The number that ECDSA signs: the message's digest, cut off at the right or filled up with zeros at the
/// left (FIPS 186-5 6.4.2); width(curve) bytes, big endian.
std::array<std::byte, widest_lane> ecdsa_digest(Curve curve, Hash hash, ByteView message);

/// Verifies eight ECDSA signatures at once.
class EcdsaEight {
public:
    static constexpr std::size_t lanes = 8;

    /// One of the eight: width(curve) bytes each.
    struct Lane {
        const std::byte* digest = nullptr;  ///< ecdsa_digest()
        const std::byte* r = nullptr;       ///< big endian
        const std::byte* s = nullptr;
        const CurvePoint* key = nullptr;  ///< on the curve that is asked for
    };

    EcdsaEight() = default;
    EcdsaEight(const EcdsaEight&) = delete;
    EcdsaEight& operator=(const EcdsaEight&) = delete;
    virtual ~EcdsaEight() = default;

    /// Which of them verify: bit n for lane n. No pointer is null.
    virtual std::uint8_t verify(Curve curve, std::span<const Lane, lanes> eight) const = 0;
};

/// Does it accept signatures that are good, and refuse others, of either curve?
bool tells_apart(const EcdsaEight& engine);

class MultiBuffer final : public EcdsaEight {
public:
    /// Errors: unsupported "AVX512-IFMA" for a processor or system without; not_found "libcrypto_mb" where it
    /// is not installed; unsupported "libcrypto_mb" for one without these functions, or that does not want to
    /// run here; crypto "libcrypto_mb" for one that does not tell signatures apart.
    static Result<std::unique_ptr<MultiBuffer>> load();

    std::uint8_t verify(Curve curve, std::span<const Lane, lanes> eight) const override;

    /// "crypto_mb 1.0.14"
    std::string name() const;

private:
    /// Signatures' r and s, digests, x, y and z of keys, and scratch space, which it does not use: a status
    /// of four bits a lane, 0 for a signature that verifies (crypto_mb/ec_nistp384.h).
    using Verify = std::uint32_t (*)(const unsigned char* const*, const unsigned char* const*,
                                     const unsigned char* const*, const unsigned long long* const*,
                                     const unsigned long long* const*, const unsigned long long* const*,
                                     unsigned char*);
    struct Close {
        void operator()(void* library) const;
    };

    explicit MultiBuffer(void* library) : library_{library} {}

    std::unique_ptr<void, Close> library_;
    std::array<Verify, 2> verify_{};  // by Curve
};

}  // namespace busguard::crypto
