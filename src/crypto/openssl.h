#pragma once

// For the .cpp files of this folder alone: who includes it sees all of OpenSSL.

#include "base/bytes.h"
#include "base/result.h"
#include "crypto/hash.h"

#include <openssl/asn1.h>
#include <openssl/bio.h>
#include <openssl/crypto.h>
#include <openssl/err.h>
#include <openssl/evp.h>
#include <openssl/x509.h>
#include <openssl/x509_vfy.h>
#include <openssl/x509v3.h>

#include <chrono>
#include <memory>
#include <optional>
#include <string>

namespace busguard::crypto {

template <auto Free>
struct Freed {
    void operator()(auto* object) const { Free(object); }
};
template <class T, auto Free>
using Owned = std::unique_ptr<T, Freed<Free>>;

inline void free_x509_stack(STACK_OF(X509) * stack) { sk_X509_free(stack); }  // not what is on it
inline void free_extensions(GENERAL_NAMES* names) { GENERAL_NAMES_free(names); }
inline void free_openssl(void* memory) { OPENSSL_free(memory); }

using Bio = Owned<BIO, BIO_free_all>;
using MdContext = Owned<EVP_MD_CTX, EVP_MD_CTX_free>;
using Pkey = Owned<EVP_PKEY, EVP_PKEY_free>;
using PkeyContext = Owned<EVP_PKEY_CTX, EVP_PKEY_CTX_free>;
using X509Pointer = Owned<X509, X509_free>;
using X509Stack = Owned<STACK_OF(X509), free_x509_stack>;
using GeneralNames = Owned<GENERAL_NAMES, free_extensions>;
template <class T>
using OpensslMemory = Owned<T, free_openssl>;

// NOLINTBEGIN(cppcoreguidelines-pro-type-reinterpret-cast): OpenSSL's bytes are unsigned char, ours std::byte
inline const unsigned char* in(ByteView bytes) {
    return reinterpret_cast<const unsigned char*>(bytes.data());
}
inline unsigned char* out(std::byte* bytes) { return reinterpret_cast<unsigned char*>(bytes); }
inline ByteView view(const unsigned char* data, std::size_t size) {
    return {reinterpret_cast<const std::byte*>(data), size};
}
// NOLINTEND(cppcoreguidelines-pro-type-reinterpret-cast)
inline ByteView view(const ASN1_STRING& text) {
    return view(ASN1_STRING_get0_data(&text), static_cast<std::size_t>(ASN1_STRING_length(&text)));
}

/// A pointer that is null only when memory ran out.
template <class P>
P must(P pointer) {
    if (!pointer) throw std::bad_alloc{};
    return pointer;
}

/// An error with OpenSSL's newest packed code as `detail` (`openssl errstr HEX` reads it); empties its queue.
Failure<Error> openssl_failure(Errc code, std::string_view what);

/// OpenSSL's name of it, from 3.5 on.
inline constexpr const char* ml_dsa_44_name = "ML-DSA-44";

/// OpenSSL's name of the algorithm.
inline const char* c_name(Hash hash) {
    return name(hash).data();  // NOLINT(bugprone-suspicious-stringview-data-usage): a literal
}

/// The algorithm, fetched once a process; null if no provider has it.
const EVP_MD* evp(Hash hash);

/// "1.3.6.1.4.1.412.274.1".
std::string dotted(const ASN1_OBJECT* oid);

/// RFC 5280 4.1.2.5: YYMMDDHHMMSSZ up to 2049 or YYYYMMDDHHMMSSZ, nothing else.
std::optional<std::chrono::sys_seconds> calendar(const ASN1_TIME* time);
/// RFC 4514, printable ASCII.
std::string one_line(const X509_NAME* name);

/// Does the hash that is signed have 112 bits against collisions, as SHA-1 has not? EdDSA has none of its
/// own.
bool has_strong_hash(const X509_ALGOR* signature_algorithm);

/// What `i2d` (an i2d_… function) makes of an object.
template <class T>
Bytes encoded(int (*i2d)(T*, unsigned char**), std::remove_const_t<T>* object) {
    const int size = i2d(object, nullptr);
    if (size <= 0) return {};
    Bytes der(static_cast<std::size_t>(size));
    unsigned char* at = out(der.data());
    i2d(object, &at);
    return der;
}

}  // namespace busguard::crypto
