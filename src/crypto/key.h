#pragma once

#include "base/bytes.h"
#include "base/result.h"
#include "crypto/handle.h"
#include "crypto/hash.h"

#include <array>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

struct ossl_lib_ctx_st;  // OpenSSL's OSSL_LIB_CTX

namespace busguard::crypto {

/// A signature algorithm with the size of its key. RSASSA is PKCS#1 v1.5, RSAPSS has MGF1 with the message's
/// hash and a salt of the hash's length (RFC 8017); ECDSA is FIPS 186-5; EdDSA is RFC 8032, pure; ML-DSA is
/// FIPS 204, pure.
enum class Scheme : std::uint8_t {
    rsassa_2048,
    rsassa_3072,
    rsassa_4096,
    rsapss_2048,
    rsapss_3072,
    rsapss_4096,
    ecdsa_p256,
    ecdsa_p384,
    ecdsa_p521,
    ed25519,
    ed448,
    ml_dsa_44,
};

/// Those that SPDM 1.0 to 1.3 can negotiate.
inline constexpr std::array all_schemes{
    Scheme::rsassa_2048, Scheme::rsassa_3072, Scheme::rsassa_4096, Scheme::rsapss_2048,
    Scheme::rsapss_3072, Scheme::rsapss_4096, Scheme::ecdsa_p256,  Scheme::ecdsa_p384,
    Scheme::ecdsa_p521,  Scheme::ed25519,     Scheme::ed448,
};

/// "rsassa-3072", "rsapss-3072", "ecdsa-p384", "ed25519", …
constexpr std::string_view name(Scheme scheme) {
    switch (scheme) {
        case Scheme::rsassa_2048: return "rsassa-2048";
        case Scheme::rsassa_3072: return "rsassa-3072";
        case Scheme::rsassa_4096: return "rsassa-4096";
        case Scheme::rsapss_2048: return "rsapss-2048";
        case Scheme::rsapss_3072: return "rsapss-3072";
        case Scheme::rsapss_4096: return "rsapss-4096";
        case Scheme::ecdsa_p256: return "ecdsa-p256";
        case Scheme::ecdsa_p384: return "ecdsa-p384";
        case Scheme::ecdsa_p521: return "ecdsa-p521";
        case Scheme::ed25519: return "ed25519";
        case Scheme::ed448: return "ed448";
        case Scheme::ml_dsa_44: return "ml-dsa-44";
    }
    return "unknown";
}

constexpr std::optional<Scheme> scheme_named(std::string_view wanted) {
    for (auto scheme : all_schemes)
        if (name(scheme) == wanted) return scheme;
    return std::nullopt;
}

/// Bytes of a raw signature: RSA the modulus' size; ECDSA r‖s, big endian, each as wide as the curve's order
/// (IEEE P1363); EdDSA R‖S; ML-DSA as FIPS 204 encodes it.
constexpr std::size_t signature_size(Scheme scheme) {
    switch (scheme) {
        case Scheme::rsassa_2048:
        case Scheme::rsapss_2048: return 256;
        case Scheme::rsassa_3072:
        case Scheme::rsapss_3072: return 384;
        case Scheme::rsassa_4096:
        case Scheme::rsapss_4096: return 512;
        case Scheme::ecdsa_p256: return 64;
        case Scheme::ecdsa_p384: return 96;
        case Scheme::ecdsa_p521: return 132;
        case Scheme::ed25519: return 64;
        case Scheme::ed448: return 114;
        case Scheme::ml_dsa_44: return 2420;
    }
    return 0;
}
inline constexpr std::size_t largest_signature = 512;

/// EdDSA and ML-DSA hash on their own: their messages are signed as they are, and the Hash argument plays no
/// part.
constexpr bool hashes_itself(Scheme scheme) {
    return scheme == Scheme::ed25519 || scheme == Scheme::ed448 || scheme == Scheme::ml_dsa_44;
}

/// Does the OpenSSL of this machine do all of it? Ed448 needs OpenSSL 3.2 or later: before, EVP has no way to
/// set its context (the 3.0 of Debian 12 always signs and verifies with the empty one), so it is not offered
/// there, although keys, certificates and the empty context work. ML-DSA needs OpenSSL 3.5 or later.
bool supported(Scheme scheme);

/// What a key is, as far as schemes care.
enum class KeyType : std::uint8_t {
    other,
    rsa_2048,
    rsa_3072,
    rsa_4096,
    rsa_pss_2048,  ///< SubjectPublicKeyInfo says id-RSASSA-PSS (RFC 4055): good for RSAPSS alone
    rsa_pss_3072,
    rsa_pss_4096,
    p256,
    p384,
    p521,
    ed25519,
    ed448,
    ml_dsa_44,
};

/// A public key, decoded once. A copy shares the decoded key; calls from several threads are fine.
class PublicKey {
public:
    /// SubjectPublicKeyInfo in DER (RFC 5280 4.1.2.7), nothing after it. Errors: bad_field, trailing_bytes,
    /// unsupported (an algorithm that OpenSSL does not know).
    static Result<PublicKey> from_spki(ByteView der);
    /// As RFC 8032 or FIPS 204 encodes it: 32 bytes for Ed25519, 57 for Ed448, 1312 for ML-DSA-44. Errors:
    /// bad_field "public key" for another size; unsupported for RSA, ECDSA, and what this OpenSSL lacks.
    static Result<PublicKey> from_raw(Scheme scheme, ByteView bytes);
    /// For this folder.
    explicit PublicKey(Handle<evp_pkey_st> key);

    Bytes spki() const;
    /// The reverse of from_raw. Errors: unsupported for RSA and ECDSA.
    Result<Bytes> raw() const;
    /// Type, curve, size of the modulus: is this a key for the scheme?
    bool fits(Scheme scheme) const;
    KeyType type() const { return type_; }
    /// For people: "RSA 3072", "ECDSA P-384", "Ed25519".
    std::string describe() const;
    /// The same key? By value.
    friend bool operator==(const PublicKey& a, const PublicKey& b);

    /// Is `signature` (raw, see signature_size) one of `message` by this key? The message is hashed with
    /// `hash` here, except by EdDSA. `context` is Ed448's (RFC 8032 2, at most 255 bytes); other schemes have
    /// none and ignore it. Errors: crypto "signature" when it does not verify; bad_field "signature" for a
    /// wrong length; mismatch "key" for a key that does not fit; bad_field "context" for too long a one;
    /// unsupported when this OpenSSL cannot do it.
    Result<void> verify(Scheme scheme, Hash hash, ByteView message, ByteView signature,
                        ByteView context = {}) const;

    evp_pkey_st* native() const { return key_.get(); }  ///< for this folder

private:
    Handle<evp_pkey_st> key_;
    KeyType type_;
};

/// A private key. OpenSSL wipes its memory when the last copy goes.
class PrivateKey {
public:
    /// A fresh one. RSA takes seconds. Errors: unsupported, crypto.
    static Result<PrivateKey> generate(Scheme scheme);
    /// PEM, not encrypted (never asks for a password): PKCS#8, or the traditional forms. Errors: bad_field.
    static Result<PrivateKey> from_pem(std::string_view pem);
    /// The same in DER. Errors: bad_field, trailing_bytes.
    static Result<PrivateKey> from_der(ByteView der);
    /// The seed of RFC 8032 (5.1.5, 5.2.5) or FIPS 204 (algorithm 6): 32 bytes for Ed25519 and ML-DSA-44, 57
    /// for Ed448. Errors: bad_field "private key" for another size; unsupported for RSA, ECDSA, and what this
    /// OpenSSL lacks.
    static Result<PrivateKey> from_raw(Scheme scheme, ByteView seed);
    /// The one private key at a URI that a store of OpenSSL's opens (ossl_store(7)): "pkcs11:…" (RFC 7512),
    /// "handle:…" of a TPM, "file:…". The key stays there and signs there. `provider` is loaded for it alone,
    /// apart from what the rest of the process uses, and configured by openssl.cnf(5); empty: OpenSSL's own.
    /// Nobody is asked for a PIN, now or later. Errors: unsupported "provider" if it cannot be loaded;
    /// bad_field "openssl.cnf"; not_found "private key", or "public key" if its other half is not there;
    /// unexpected "several private keys".
    static Result<PrivateKey> from_store(const std::string& uri, const std::string& provider);
    /// For this folder.
    explicit PrivateKey(Handle<evp_pkey_st> key);
    PrivateKey(const PrivateKey&) = default;
    PrivateKey(PrivateKey&&) noexcept = default;
    PrivateKey& operator=(PrivateKey other) noexcept;  // what it had goes as a whole, the library last
    ~PrivateKey() = default;

    /// PKCS#8 in PEM, not encrypted. The caller keeps it secret, and wipes it (entropy.h). Not for a key of a
    /// store.
    std::string to_pem() const;
    /// The reverse of from_raw; secret likewise. Errors: unsupported for RSA, ECDSA, a key of a store that
    /// does not give it, and an ML-DSA key that came without its seed.
    Result<Bytes> raw() const;
    PublicKey public_key() const;
    bool fits(Scheme scheme) const { return public_.fits(scheme); }

    /// A raw signature, signature_size(scheme) bytes. Parameters as in PublicKey::verify. Errors: mismatch
    /// "key", bad_field "context", unsupported, crypto.
    Result<Bytes> sign(Scheme scheme, Hash hash, ByteView message, ByteView context = {}) const;

    evp_pkey_st* native() const { return key_.get(); }  ///< for this folder

private:
    std::shared_ptr<ossl_lib_ctx_st> library_;  // of a key of a store, which it outlives
    Handle<evp_pkey_st> key_;
    PublicKey public_;
};

}  // namespace busguard::crypto
