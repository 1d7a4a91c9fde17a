#include "crypto/key.h"

#include "crypto/der.h"
#include "crypto/openssl.h"

#include <openssl/core_names.h>
#include <openssl/ec.h>
#include <openssl/params.h>
#include <openssl/pem.h>
#include <openssl/rsa.h>

#include <cctype>
#include <cstring>
#include <utility>

namespace busguard::crypto {
namespace {

constexpr std::size_t largest_context = 255;      // RFC 8032 5.2.6: its length is one octet
constexpr std::size_t largest_key = 64UL * 1024;  // encoded

constexpr bool is_ecdsa(Scheme scheme) {
    return scheme == Scheme::ecdsa_p256 || scheme == Scheme::ecdsa_p384 || scheme == Scheme::ecdsa_p521;
}
constexpr bool is_pss(Scheme scheme) {
    return scheme == Scheme::rsapss_2048 || scheme == Scheme::rsapss_3072 || scheme == Scheme::rsapss_4096;
}

KeyType curve_type(const EVP_PKEY* key) {
    std::array<char, 64> group{};
    std::size_t length = 0;
    if (EVP_PKEY_get_group_name(key, group.data(), group.size(), &length) != 1) return KeyType::other;
    switch (OBJ_txt2nid(group.data())) {
        case NID_X9_62_prime256v1: return KeyType::p256;
        case NID_secp384r1: return KeyType::p384;
        case NID_secp521r1: return KeyType::p521;
        default: return KeyType::other;
    }
}

KeyType type_of(const EVP_PKEY* key) {
    const auto by_size = [&](KeyType small, KeyType middle, KeyType large) {
        switch (EVP_PKEY_get_bits(key)) {
            case 2048: return small;
            case 3072: return middle;
            case 4096: return large;
            default: return KeyType::other;
        }
    };
    if (EVP_PKEY_is_a(key, "EC") == 1) return curve_type(key);
    if (EVP_PKEY_is_a(key, "RSA") == 1)
        return by_size(KeyType::rsa_2048, KeyType::rsa_3072, KeyType::rsa_4096);
    if (EVP_PKEY_is_a(key, "RSA-PSS") == 1)
        return by_size(KeyType::rsa_pss_2048, KeyType::rsa_pss_3072, KeyType::rsa_pss_4096);
    if (EVP_PKEY_is_a(key, "ED25519") == 1) return KeyType::ed25519;
    if (EVP_PKEY_is_a(key, "ED448") == 1) return KeyType::ed448;
    if (EVP_PKEY_is_a(key, ml_dsa_44_name) == 1) return KeyType::ml_dsa_44;
    return KeyType::other;
}

/// Can a context be set (OpenSSL 3.2)? Asked by the parameter's name, so that a program built against 3.0
/// uses what the library it runs with has.
bool ed448_takes_context() {
    static const bool takes = [] {
        EVP_SIGNATURE* ed448 = EVP_SIGNATURE_fetch(nullptr, "ED448", nullptr);
        const OSSL_PARAM* settable = ed448 == nullptr ? nullptr : EVP_SIGNATURE_settable_ctx_params(ed448);
        const bool found =
            settable != nullptr && OSSL_PARAM_locate_const(settable, "context-string") != nullptr;
        EVP_SIGNATURE_free(ed448);
        ERR_clear_error();
        return found;
    }();
    return takes;
}

bool has_ml_dsa_44() {
    static const bool has = [] {
        EVP_SIGNATURE* found = EVP_SIGNATURE_fetch(nullptr, ml_dsa_44_name, nullptr);
        EVP_SIGNATURE_free(found);
        ERR_clear_error();
        return found != nullptr;
    }();
    return has;
}

/// What signing and verifying share: everything that can be said against the call before the key is used.
Result<void> check_call(const PublicKey& key, Scheme scheme, Hash hash, ByteView context) {
    if (!key.fits(scheme)) return fail(Errc::mismatch, "key");
    if (!hashes_itself(scheme) && !supported(hash)) return fail(Errc::unsupported, name(hash));
    if (scheme == Scheme::ed448 && !context.empty()) {
        if (context.size() > largest_context) return fail(Errc::bad_field, "context");
        if (!ed448_takes_context()) return fail(Errc::unsupported, "Ed448 context: OpenSSL 3.2 or later");
    }
    return {};
}

/// Sets a context up by `init`, EVP_DigestSignInit_ex or EVP_DigestVerifyInit_ex. `library` is where the key
/// is from; null: OpenSSL's default.
bool begin(auto init, EVP_MD_CTX* state, Scheme scheme, Hash hash, OSSL_LIB_CTX* library, EVP_PKEY* key,
           ByteView context) {
    std::array<OSSL_PARAM, 2> params{OSSL_PARAM_construct_end(), OSSL_PARAM_construct_end()};
    if (scheme == Scheme::ed448 && !context.empty()) {
        // NOLINTNEXTLINE(cppcoreguidelines-pro-type-const-cast): only read
        auto* octets = const_cast<std::byte*>(context.data());
        params[0] = OSSL_PARAM_construct_octet_string("context-string", octets, context.size());
    }
    EVP_PKEY_CTX* details = nullptr;
    const char* md = hashes_itself(scheme) ? nullptr : c_name(hash);
    if (init(state, &details, md, library, nullptr, key, params.data()) != 1) return false;
    return !is_pss(scheme) || (EVP_PKEY_CTX_set_rsa_padding(details, RSA_PKCS1_PSS_PADDING) == 1 &&
                               EVP_PKEY_CTX_set_rsa_pss_saltlen(details, RSA_PSS_SALTLEN_DIGEST) == 1);
}

/// r‖s of an ECDSA-Sig-Value that OpenSSL made.
Result<Bytes> raw_ecdsa(ByteView der, std::size_t size) {
    const auto* at = in(der);
    const Owned<ECDSA_SIG, ECDSA_SIG_free> pair{d2i_ECDSA_SIG(nullptr, &at, static_cast<long>(der.size()))};
    Bytes raw(size);
    const int half = static_cast<int>(size / 2);
    if (!pair || BN_bn2binpad(ECDSA_SIG_get0_r(pair.get()), out(raw.data()), half) != half ||
        BN_bn2binpad(ECDSA_SIG_get0_s(pair.get()), out(std::span{raw}.last(raw.size() / 2).data()), half) !=
            half)
        return openssl_failure(Errc::crypto, "sign");
    return raw;
}

Pkey generated(Scheme scheme) {
    switch (scheme) {
        case Scheme::rsassa_2048:
        case Scheme::rsapss_2048: return Pkey{EVP_RSA_gen(2048U)};
        case Scheme::rsassa_3072:
        case Scheme::rsapss_3072: return Pkey{EVP_RSA_gen(3072U)};
        case Scheme::rsassa_4096:
        case Scheme::rsapss_4096: return Pkey{EVP_RSA_gen(4096U)};
        case Scheme::ecdsa_p256: return Pkey{EVP_EC_gen("P-256")};
        case Scheme::ecdsa_p384: return Pkey{EVP_EC_gen("P-384")};
        case Scheme::ecdsa_p521: return Pkey{EVP_EC_gen("P-521")};
        case Scheme::ed25519: return Pkey{EVP_PKEY_Q_keygen(nullptr, nullptr, "ED25519")};
        case Scheme::ed448: return Pkey{EVP_PKEY_Q_keygen(nullptr, nullptr, "ED448")};
        case Scheme::ml_dsa_44: return Pkey{EVP_PKEY_Q_keygen(nullptr, nullptr, ml_dsa_44_name)};
    }
    return nullptr;
}

/// PEM_read_bio asks the terminal for a password unless it is given one: an encrypted key is refused.
int no_password(char*, int, int, void*) { return -1; }

}  // namespace

bool supported(Scheme scheme) {
    switch (scheme) {
        case Scheme::ed448: return ed448_takes_context();
        case Scheme::ml_dsa_44: return has_ml_dsa_44();
        default: return true;
    }
}

PublicKey::PublicKey(Handle<evp_pkey_st> key) : key_{std::move(key)}, type_{type_of(key_.get())} {}

Result<PublicKey> PublicKey::from_spki(ByteView der) {
    if (der.size() > largest_key) return fail(Errc::too_large, "SubjectPublicKeyInfo");
    const auto* at = in(der);
    Handle<evp_pkey_st> key{d2i_PUBKEY(nullptr, &at, static_cast<long>(der.size()))};
    if (!key) {
        const bool unknown = ERR_GET_REASON(ERR_peek_last_error()) == X509_R_UNSUPPORTED_ALGORITHM;
        return openssl_failure(unknown ? Errc::unsupported : Errc::bad_field, "SubjectPublicKeyInfo");
    }
    if (static_cast<std::size_t>(at - in(der)) != der.size())
        return fail(Errc::trailing_bytes, "SubjectPublicKeyInfo");
    ERR_clear_error();
    return PublicKey{std::move(key)};
}

Bytes PublicKey::spki() const { return encoded(i2d_PUBKEY, key_.get()); }

bool PublicKey::fits(Scheme scheme) const {
    switch (scheme) {
        case Scheme::rsassa_2048: return type_ == KeyType::rsa_2048;
        case Scheme::rsassa_3072: return type_ == KeyType::rsa_3072;
        case Scheme::rsassa_4096: return type_ == KeyType::rsa_4096;
        case Scheme::rsapss_2048: return type_ == KeyType::rsa_2048 || type_ == KeyType::rsa_pss_2048;
        case Scheme::rsapss_3072: return type_ == KeyType::rsa_3072 || type_ == KeyType::rsa_pss_3072;
        case Scheme::rsapss_4096: return type_ == KeyType::rsa_4096 || type_ == KeyType::rsa_pss_4096;
        case Scheme::ecdsa_p256: return type_ == KeyType::p256;
        case Scheme::ecdsa_p384: return type_ == KeyType::p384;
        case Scheme::ecdsa_p521: return type_ == KeyType::p521;
        case Scheme::ed25519: return type_ == KeyType::ed25519;
        case Scheme::ed448: return type_ == KeyType::ed448;
        case Scheme::ml_dsa_44: return type_ == KeyType::ml_dsa_44;
    }
    return false;
}

std::string PublicKey::describe() const {
    switch (type_) {
        case KeyType::rsa_2048: return "RSA 2048";
        case KeyType::rsa_3072: return "RSA 3072";
        case KeyType::rsa_4096: return "RSA 4096";
        case KeyType::rsa_pss_2048: return "RSA-PSS 2048";
        case KeyType::rsa_pss_3072: return "RSA-PSS 3072";
        case KeyType::rsa_pss_4096: return "RSA-PSS 4096";
        case KeyType::p256: return "ECDSA P-256";
        case KeyType::p384: return "ECDSA P-384";
        case KeyType::p521: return "ECDSA P-521";
        case KeyType::ed25519: return "Ed25519";
        case KeyType::ed448: return "Ed448";
        case KeyType::ml_dsa_44: return "ML-DSA-44";
        case KeyType::other: break;
    }
    const char* algorithm = EVP_PKEY_get0_type_name(key_.get());
    return std::string{algorithm == nullptr ? "unknown" : algorithm} + " " +
           std::to_string(EVP_PKEY_get_bits(key_.get()));
}

bool operator==(const PublicKey& a, const PublicKey& b) {
    const bool equal = EVP_PKEY_eq(a.native(), b.native()) == 1;
    ERR_clear_error();  // different types leave an error behind
    return equal;
}

Result<void> PublicKey::verify(Scheme scheme, Hash hash, ByteView message, ByteView signature,
                               ByteView context) const {
    TRY(check_call(*this, scheme, hash, context));
    if (signature.size() != signature_size(scheme)) return fail(Errc::bad_field, "signature");

    const auto state = must(MdContext{EVP_MD_CTX_new()});
    if (!begin(EVP_DigestVerifyInit_ex, state.get(), scheme, hash, nullptr, key_.get(), context))
        return openssl_failure(Errc::unsupported, name(scheme));
    const auto check = [&](ByteView encoded) {
        return EVP_DigestVerify(state.get(), in(encoded), encoded.size(), in(message), message.size()) == 1;
    };
    if (is_ecdsa(scheme) ? check(EcdsaDer{signature}.view()) : check(signature)) return {};
    ERR_clear_error();
    return fail(Errc::crypto, "signature");
}

PrivateKey::PrivateKey(Handle<evp_pkey_st> key) : key_{std::move(key)}, public_{key_} {}

PrivateKey& PrivateKey::operator=(PrivateKey other) noexcept {
    std::swap(library_, other.library_);
    std::swap(key_, other.key_);
    std::swap(public_, other.public_);
    return *this;
}

Result<PrivateKey> PrivateKey::generate(Scheme scheme) {
    auto key = generated(scheme);
    if (!key) return openssl_failure(Errc::unsupported, name(scheme));
    return PrivateKey{Handle<evp_pkey_st>{key.release()}};
}

Result<PrivateKey> PrivateKey::from_pem(std::string_view pem) {
    if (pem.size() > largest_key) return fail(Errc::too_large, "private key");
    const Bio text{must(BIO_new_mem_buf(pem.data(), static_cast<int>(pem.size())))};
    Handle<evp_pkey_st> key{PEM_read_bio_PrivateKey(text.get(), nullptr, no_password, nullptr)};
    if (!key) return openssl_failure(Errc::bad_field, "private key");
    return PrivateKey{std::move(key)};
}

Result<PrivateKey> PrivateKey::from_der(ByteView der) {
    if (der.size() > largest_key) return fail(Errc::too_large, "private key");
    const auto* at = in(der);
    Handle<evp_pkey_st> key{d2i_AutoPrivateKey(nullptr, &at, static_cast<long>(der.size()))};
    if (!key) return openssl_failure(Errc::bad_field, "private key");
    if (static_cast<std::size_t>(at - in(der)) != der.size())
        return fail(Errc::trailing_bytes, "private key");
    ERR_clear_error();
    return PrivateKey{std::move(key)};
}

std::string PrivateKey::to_pem() const {
    const Bio text{must(BIO_new(BIO_s_mem()))};  // wiped when freed
    if (PEM_write_bio_PKCS8PrivateKey(text.get(), native(), nullptr, nullptr, 0, nullptr, nullptr) != 1)
        throw std::bad_alloc{};
    char* data = nullptr;
    const long size = BIO_get_mem_data(text.get(), &data);
    return {data, static_cast<std::size_t>(size)};
}

PublicKey PrivateKey::public_key() const { return public_; }

Result<Bytes> PrivateKey::sign(Scheme scheme, Hash hash, ByteView message, ByteView context) const {
    TRY(check_call(public_, scheme, hash, context));
    const auto state = must(MdContext{EVP_MD_CTX_new()});
    if (!begin(EVP_DigestSignInit_ex, state.get(), scheme, hash, library_.get(), native(), context))
        return openssl_failure(Errc::unsupported, name(scheme));

    std::size_t size = 0;
    if (EVP_DigestSign(state.get(), nullptr, &size, in(message), message.size()) != 1)
        return openssl_failure(Errc::crypto, "sign");
    Bytes signature(size);
    if (EVP_DigestSign(state.get(), out(signature.data()), &size, in(message), message.size()) != 1)
        return openssl_failure(Errc::crypto, "sign");
    signature.resize(size);
    if (is_ecdsa(scheme)) return raw_ecdsa(signature, signature_size(scheme));
    return signature;
}

}  // namespace busguard::crypto
