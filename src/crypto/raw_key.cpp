#include "crypto/key.h"
#include "crypto/openssl.h"

#include <openssl/params.h>

#include <array>

namespace busguard::crypto {
namespace {

constexpr auto seed_name = "seed";  // OSSL_PKEY_PARAM_ML_DSA_SEED of OpenSSL 3.5
constexpr std::size_t ml_dsa_seed = 32;

/// OpenSSL's name of a scheme whose keys are plain bytes; null for the others, and for what it has not.
const char* raw_type(Scheme scheme) {
    switch (scheme) {
        case Scheme::ed25519: return "ED25519";
        case Scheme::ed448: return "ED448";
        case Scheme::ml_dsa_44: return supported(scheme) ? ml_dsa_44_name : nullptr;
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

/// What OpenSSL takes for an ML-DSA key's plain bytes is what the seed expands to: the seed is a parameter.
EVP_PKEY* from_seed(OSSL_LIB_CTX*, const char* type, const char*, const unsigned char* seed,
                    std::size_t size) {
    if (size != ml_dsa_seed) return nullptr;
    const PkeyContext context{EVP_PKEY_CTX_new_from_name(nullptr, type, nullptr)};
    // NOLINTNEXTLINE(cppcoreguidelines-pro-type-const-cast): only read
    auto* octets = const_cast<unsigned char*>(seed);
    std::array params{OSSL_PARAM_construct_octet_string(seed_name, octets, size), OSSL_PARAM_construct_end()};
    EVP_PKEY* key = nullptr;
    if (!context || EVP_PKEY_fromdata_init(context.get()) != 1 ||
        EVP_PKEY_fromdata(context.get(), &key, EVP_PKEY_KEYPAIR, params.data()) != 1)
        return nullptr;
    return key;
}

int seed_of(const EVP_PKEY* key, unsigned char* into, std::size_t* size) {
    return EVP_PKEY_get_octet_string_param(key, seed_name, into, into == nullptr ? 0 : *size, size);
}

Result<Bytes> to_bytes(auto get, const EVP_PKEY* key, std::string_view what) {
    std::size_t size = 0;
    if (get(key, nullptr, &size) != 1) return openssl_failure(Errc::unsupported, what);
    Bytes bytes(size);
    if (get(key, out(bytes.data()), &size) != 1) return openssl_failure(Errc::unsupported, what);
    return bytes;
}

}  // namespace

Result<PublicKey> PublicKey::from_raw(Scheme scheme, ByteView bytes) {
    return PublicKey{TRY(from_bytes(EVP_PKEY_new_raw_public_key_ex, scheme, bytes, "public key"))};
}

Result<Bytes> PublicKey::raw() const { return to_bytes(EVP_PKEY_get_raw_public_key, native(), "public key"); }

Result<PrivateKey> PrivateKey::from_raw(Scheme scheme, ByteView seed) {
    const auto make = scheme == Scheme::ml_dsa_44 ? from_seed : EVP_PKEY_new_raw_private_key_ex;
    return PrivateKey{TRY(from_bytes(make, scheme, seed, "private key"))};
}

Result<Bytes> PrivateKey::raw() const {
    const auto get = fits(Scheme::ml_dsa_44) ? seed_of : EVP_PKEY_get_raw_private_key;
    return to_bytes(get, native(), "private key");
}

}  // namespace busguard::crypto
