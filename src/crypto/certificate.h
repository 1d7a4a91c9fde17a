#pragma once

#include "base/bytes.h"
#include "base/result.h"
#include "crypto/handle.h"
#include "crypto/hash.h"
#include "crypto/key.h"

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

struct x509_st;

namespace busguard::crypto {

/// More than any certificate that a device can send (SPDM 1.3: 64 KiB a chain).
inline constexpr std::size_t largest_certificate = 256UL * 1024;
/// Certificates in one chain, or in one PEM bundle.
inline constexpr std::size_t most_in_chain = 64;
inline constexpr std::size_t most_in_bundle = 4096;

/// RFC 5280 4.2.1.3: a set of purposes. `a | b` joins sets, `has(set, one)` asks.
enum class KeyUsage : std::uint16_t {
    none = 0,
    digital_signature = 0x0080,
    non_repudiation = 0x0040,
    key_encipherment = 0x0020,
    data_encipherment = 0x0010,
    key_agreement = 0x0008,
    key_cert_sign = 0x0004,
    crl_sign = 0x0002,
    encipher_only = 0x0001,
    decipher_only = 0x8000,
};
constexpr KeyUsage operator|(KeyUsage a, KeyUsage b) {
    return static_cast<KeyUsage>(static_cast<std::uint16_t>(a) | static_cast<std::uint16_t>(b));
}
/// All of `wanted`?
constexpr bool has(KeyUsage set, KeyUsage wanted) {
    return (static_cast<std::uint16_t>(set) & static_cast<std::uint16_t>(wanted)) ==
           static_cast<std::uint16_t>(wanted);
}
/// RFC 5280's names: "digitalSignature", "keyCertSign", …
std::vector<std::string_view> names(KeyUsage set);

/// A subjectAltName of the kind otherName whose value is a UTF8String. The text is valid UTF-8 and may hold
/// anything else (control characters, a NUL): whoever shows it escapes it.
struct OtherName {
    std::string oid;  ///< type-id, dotted
    std::string utf8;

    friend bool operator==(const OtherName&, const OtherName&) = default;
};

struct Extension {
    std::string oid;  ///< dotted
    bool critical = false;
    Bytes value;  ///< DER, what the extnValue holds

    friend bool operator==(const Extension&, const Extension&) = default;
};

/// An X.509 certificate, parsed once; immutable. A copy shares the parsed form; calls from several threads
/// are fine. Names and texts come from a stranger: those of subject(), issuer() are escaped to printable
/// ASCII, OtherName and Extension are not.
class Certificate {
public:
    /// Exactly one certificate in DER. Refused: bytes after it (trailing_bytes), more than
    /// largest_certificate (too_large), BER that is not DER around the outer fields, an extension that occurs
    /// twice or whose known content does not parse, dates that are not RFC 5280's two forms (bad_field).
    /// `what` names the field in RFC 5280's words.
    static Result<Certificate> parse(ByteView der);

    ByteView der() const;
    /// Names in one line, last element first (RFC 4514), e.g. "CN=Device 1,O=Example"; printable ASCII.
    std::string subject() const;
    std::string issuer() const;
    /// serialNumber in lower-case hex, an even number of digits; "-" before it if it is negative.
    std::string serial() const;
    /// Validity, both ends inclusive (RFC 5280 4.1.2.5). 9999-12-31 23:59:59 stands for no end.
    std::chrono::sys_seconds not_before() const;
    std::chrono::sys_seconds not_after() const;
    int version() const;  ///< 1 to 3

    /// BasicConstraints' cA; nothing without the extension.
    std::optional<bool> basic_constraints_ca() const;
    std::optional<std::uint32_t> path_length() const;     ///< pathLenConstraint
    std::optional<KeyUsage> key_usage() const;            ///< nothing without the extension
    std::vector<std::string> extended_key_usage() const;  ///< dotted, in order; empty without the extension
    std::vector<OtherName> other_names() const;           ///< of subjectAltName, in order
    std::vector<Extension> extensions() const;            ///< all, in order
    Bytes subject_key_id() const;                         ///< empty without the extension
    Bytes authority_key_id() const;                       ///< its keyIdentifier; may be empty

    /// The subject's key. Errors: unsupported "subjectPublicKey" when this OpenSSL cannot decode it.
    Result<PublicKey> public_key() const;
    /// "ecdsa-with-SHA384", "RSA-SHA384", "ED25519"; dotted if OpenSSL has no name for it.
    std::string signature_algorithm() const;
    bool self_issued() const;             ///< subject = issuer; says nothing of the signature
    Digest fingerprint(Hash hash) const;  ///< of der()
    /// Of the SubjectPublicKeyInfo in DER: stays when the same key gets another certificate.
    Digest key_fingerprint(Hash hash) const;

    /// The same bytes?
    friend bool operator==(const Certificate& a, const Certificate& b) { return same(a.der(), b.der()); }

    x509_st* native() const;  ///< for this folder

    struct Body;  // what the copies share; certificate.cpp
private:
    explicit Certificate(Handle<Body> body);
    Handle<Body> body_;
};

void retain(Certificate::Body& body);
void release(Certificate::Body* body);

class CertificateCache;  // certificate_cache.h

/// How many certificates this process has parsed (all threads): a flow that parses one twice shows here.
std::uint64_t parse_count();

/// How long the DER element at the front is, tag and length bytes included; it has to be a SEQUENCE with a
/// definite, shortest length that does not reach beyond `bytes`. Errors: truncated, bad_field, too_large
/// (largest_certificate); `what` is "Certificate".
Result<std::size_t> der_length(ByteView bytes);

/// Certificates in DER one after the other, e.g. a slot's. Empty bytes give an empty list. Errors: those of
/// der_length and parse, with the offset of the certificate that is wrong; too_large beyond most_in_chain.
/// One that is among `known`, byte for byte, or in `cache` is not parsed again.
Result<std::vector<Certificate>> split_chain(ByteView concatenated, std::span<const Certificate> known = {},
                                             CertificateCache* cache = nullptr);

/// The CERTIFICATE blocks of a PEM text, in order; other blocks and text around are passed over. Errors:
/// not_found if there is none, bad_field "PEM", too_large beyond most_in_bundle, and parse's.
Result<std::vector<Certificate>> parse_pem_bundle(std::string_view pem);

std::string to_pem(const Certificate& certificate);

}  // namespace busguard::crypto
