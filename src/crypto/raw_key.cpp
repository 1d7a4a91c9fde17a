#include "crypto/key.h"
#include "crypto/openssl.h"

namespace busguard::crypto {
namespace {

/// OpenSSL's name of a scheme whose keys are plain bytes; null for the others.
const char* raw_type(Scheme scheme) {
    switch (scheme) {
        case Scheme::ed25519: return "ED25519";
        case Scheme::ed448: return "ED448";
        default: return nullptr;
    }
}

Result<Handle<evp_pkey_st>> from_bytes(auto make, Scheme scheme, ByteView bytes, std::string_view what) {
    const char* type = raw_type(scheme);
    if (type == nullptr) return fail(Errc::unsupported, what);
    Handle<evp_pkey_st> key{make(nullptr, type, nullptr, in(bytes), bytes.size())};
    if (!key) return openssl_failure(Errc::bad_field, what);
    return key;
}

Result<Bytes> to_bytes(auto get, const PublicKey& key, std::string_view what) {
    // Asked by type: some OpenSSL give a curve's point away by the same call.
    if (!key.fits(Scheme::ed25519) && !key.fits(Scheme::ed448)) return fail(Errc::unsupported, what);
    std::size_t size = 0;
    if (get(key.native(), nullptr, &size) != 1) return openssl_failure(Errc::unsupported, what);
    Bytes bytes(size);
    if (get(key.native(), out(bytes.data()), &size) != 1) return openssl_failure(Errc::unsupported, what);
    return bytes;
}

}  // namespace

Result<PublicKey> PublicKey::from_raw(Scheme scheme, ByteView bytes) {
    return PublicKey{TRY(from_bytes(EVP_PKEY_new_raw_public_key_ex, scheme, bytes, "public key"))};
}

Result<Bytes> PublicKey::raw() const { return to_bytes(EVP_PKEY_get_raw_public_key, *this, "public key"); }

Result<PrivateKey> PrivateKey::from_raw(Scheme scheme, ByteView seed) {
    return PrivateKey{TRY(from_bytes(EVP_PKEY_new_raw_private_key_ex, scheme, seed, "private key"))};
}

Result<Bytes> PrivateKey::raw() const {
    return to_bytes(EVP_PKEY_get_raw_private_key, public_, "private key");
}

}  // namespace busguard::crypto
