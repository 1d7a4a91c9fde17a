#include "crypto/issue.h"

#include "crypto/openssl.h"

#include <algorithm>

namespace busguard::crypto {
namespace {

using Object = Owned<ASN1_OBJECT, ASN1_OBJECT_free>;
using OctetString = Owned<ASN1_OCTET_STRING, ASN1_OCTET_STRING_free>;

constexpr std::size_t longest_serial = 20;  // RFC 5280 4.1.2.2
constexpr std::size_t key_id_size = 20;     // RFC 7093 2: the leftmost 160 bits of SHA-256
constexpr std::chrono::sys_seconds no_end =
    std::chrono::sys_days{std::chrono::year{9999} / 12 / 31} + std::chrono::seconds{86399};

Object object(const std::string& oid) { return Object{OBJ_txt2obj(oid.c_str(), 1)}; }

OctetString octets(ByteView bytes) {
    auto made = must(OctetString{ASN1_OCTET_STRING_new()});
    if (ASN1_OCTET_STRING_set(made.get(), in(bytes), static_cast<int>(bytes.size())) != 1)
        throw std::bad_alloc{};
    return made;
}

/// After a call that took the object over.
void now_owned_by_openssl(auto& object) {
    static_cast<void>(object.release());  // NOLINT(bugprone-unused-return-value)
}

/// Adds a known extension.
Result<void> add(X509* x509, int nid, void* value, bool critical) {
    if (X509_add1_ext_i2d(x509, nid, value, critical ? 1 : 0, X509V3_ADD_DEFAULT) == 1) return {};
    return openssl_failure(Errc::bad_field, OBJ_nid2ln(nid));
}

Result<void> set_names(X509* x509, const CertificateSpec& spec, const Certificate* issuer) {
    if (spec.subject.empty()) return fail(Errc::bad_field, "subject");
    auto* name = X509_get_subject_name(x509);
    for (const auto& [attribute, value] : spec.subject)
        if (X509_NAME_add_entry_by_txt(name, attribute.c_str(), MBSTRING_UTF8, in(as_bytes(value)),
                                       static_cast<int>(value.size()), -1, 0) != 1)
            return openssl_failure(Errc::bad_field, "subject");
    const auto* above = issuer == nullptr ? name : X509_get_subject_name(issuer->native());
    if (X509_set_issuer_name(x509, above) != 1) throw std::bad_alloc{};
    return {};
}

Result<void> set_serial(X509* x509, ByteView serial) {
    if (serial.empty() || serial.size() > longest_serial) return fail(Errc::bad_field, "serialNumber");
    const Owned<BIGNUM, BN_free> number{
        must(BN_bin2bn(in(serial), static_cast<int>(serial.size()), nullptr))};
    if (BN_is_zero(number.get()) == 1) return fail(Errc::bad_field, "serialNumber");
    if (BN_to_ASN1_INTEGER(number.get(), X509_get_serialNumber(x509)) == nullptr) throw std::bad_alloc{};
    return {};
}

Result<void> set_validity(X509* x509, const CertificateSpec& spec) {
    if (spec.not_after > no_end || spec.not_after < spec.not_before) return fail(Errc::bad_field, "notAfter");
    // UTCTime from 1950 to 2049 and GeneralizedTime else, as RFC 5280 4.1.2.5 has it
    if (ASN1_TIME_set(X509_getm_notBefore(x509), spec.not_before.time_since_epoch().count()) == nullptr)
        return openssl_failure(Errc::bad_field, "notBefore");
    if (ASN1_TIME_set(X509_getm_notAfter(x509), spec.not_after.time_since_epoch().count()) == nullptr)
        return openssl_failure(Errc::bad_field, "notAfter");
    return {};
}

Result<void> add_basic_constraints(X509* x509, const CertificateSpec& spec) {
    if (!spec.ca) return {};
    const Owned<BASIC_CONSTRAINTS, BASIC_CONSTRAINTS_free> value{must(BASIC_CONSTRAINTS_new())};
    value->ca = *spec.ca ? 0xff : 0;
    if (spec.path_length) {
        value->pathlen = must(ASN1_INTEGER_new());
        if (ASN1_INTEGER_set(value->pathlen, *spec.path_length) != 1) throw std::bad_alloc{};
    }
    return add(x509, NID_basic_constraints, value.get(), true);
}

Result<void> add_key_usage(X509* x509, const CertificateSpec& spec) {
    if (!spec.key_usage) return {};
    const Owned<ASN1_BIT_STRING, ASN1_BIT_STRING_free> bits{must(ASN1_BIT_STRING_new())};
    for (int n = 0; n <= 8; ++n) {  // bit 0 is digitalSignature, bit 8 decipherOnly
        const auto usage = n == 8 ? KeyUsage::decipher_only : static_cast<KeyUsage>(0x80U >> n);
        if (has(*spec.key_usage, usage) && ASN1_BIT_STRING_set_bit(bits.get(), n, 1) != 1)
            throw std::bad_alloc{};
    }
    return add(x509, NID_key_usage, bits.get(), true);
}

Result<void> add_extended_key_usage(X509* x509, const CertificateSpec& spec) {
    if (spec.extended_key_usage.empty()) return {};
    const Owned<EXTENDED_KEY_USAGE, EXTENDED_KEY_USAGE_free> list{must(sk_ASN1_OBJECT_new_null())};
    for (const auto& oid : spec.extended_key_usage) {
        auto purpose = object(oid);
        if (!purpose) return openssl_failure(Errc::bad_field, "extKeyUsage");
        if (sk_ASN1_OBJECT_push(list.get(), purpose.get()) == 0) throw std::bad_alloc{};
        now_owned_by_openssl(purpose);
    }
    return add(x509, NID_ext_key_usage, list.get(), false);
}

Result<void> add_key_ids(X509* x509, const Certificate* issuer) {
    std::array<std::byte, EVP_MAX_MD_SIZE> hashed{};
    if (X509_pubkey_digest(x509, evp(Hash::sha_256), out(hashed.data()), nullptr) != 1)
        return openssl_failure(Errc::crypto, "subjectKeyIdentifier");
    const auto own = ByteView{hashed}.first(key_id_size);
    TRY(add(x509, NID_subject_key_identifier, octets(own).get(), false));

    const auto above = issuer == nullptr ? to_bytes(own) : issuer->subject_key_id();
    if (above.empty()) return {};
    const Owned<AUTHORITY_KEYID, AUTHORITY_KEYID_free> authority{must(AUTHORITY_KEYID_new())};
    authority->keyid = octets(above).release();
    return add(x509, NID_authority_key_identifier, authority.get(), false);
}

Result<void> add_other_names(X509* x509, const CertificateSpec& spec) {
    if (spec.other_names.empty()) return {};
    const GeneralNames list{must(GENERAL_NAMES_new())};
    for (const auto& [oid, utf8] : spec.other_names) {
        auto type = object(oid);
        if (!type) return openssl_failure(Errc::bad_field, "subjectAltName");
        Owned<ASN1_TYPE, ASN1_TYPE_free> value{must(ASN1_TYPE_new())};
        auto text = must(Owned<ASN1_UTF8STRING, ASN1_UTF8STRING_free>{ASN1_UTF8STRING_new()});
        if (ASN1_STRING_set(text.get(), utf8.data(), static_cast<int>(utf8.size())) != 1)
            throw std::bad_alloc{};
        ASN1_TYPE_set(value.get(), V_ASN1_UTF8STRING, text.release());
        Owned<GENERAL_NAME, GENERAL_NAME_free> name{must(GENERAL_NAME_new())};
        if (GENERAL_NAME_set0_othername(name.get(), type.get(), value.get()) != 1) throw std::bad_alloc{};
        now_owned_by_openssl(type);
        now_owned_by_openssl(value);
        if (sk_GENERAL_NAME_push(list.get(), name.get()) == 0) throw std::bad_alloc{};
        now_owned_by_openssl(name);
    }
    return add(x509, NID_subject_alt_name, list.get(), false);
}

Result<void> add_extra(X509* x509, const CertificateSpec& spec) {
    for (const auto& [oid, critical, value] : spec.extra) {
        const auto type = object(oid);
        if (!type) return openssl_failure(Errc::bad_field, "extensions");
        const Owned<X509_EXTENSION, X509_EXTENSION_free> extension{
            must(X509_EXTENSION_create_by_OBJ(nullptr, type.get(), critical ? 1 : 0, octets(value).get()))};
        if (X509_add_ext(x509, extension.get(), -1) != 1) throw std::bad_alloc{};
    }
    return {};
}

Result<void> add_extensions(X509* x509, const CertificateSpec& spec, const Certificate* issuer) {
    TRY(add_basic_constraints(x509, spec));
    TRY(add_key_usage(x509, spec));
    TRY(add_extended_key_usage(x509, spec));
    if (spec.key_identifiers) TRY(add_key_ids(x509, issuer));
    TRY(add_other_names(x509, spec));
    return add_extra(x509, spec);
}

Owned<ASN1_TIME, ASN1_TIME_free> asn1_time(std::chrono::sys_seconds time) {
    return Owned<ASN1_TIME, ASN1_TIME_free>{ASN1_TIME_set(nullptr, time.time_since_epoch().count())};
}

Result<void> set_updates(X509_CRL* crl, const RevocationListSpec& spec) {
    const auto since = asn1_time(spec.this_update);
    if (!since || X509_CRL_set1_lastUpdate(crl, since.get()) != 1)
        return openssl_failure(Errc::bad_field, "thisUpdate");
    if (!spec.next_update) return {};
    const auto until = asn1_time(*spec.next_update);
    if (!until || *spec.next_update < spec.this_update || X509_CRL_set1_nextUpdate(crl, until.get()) != 1)
        return openssl_failure(Errc::bad_field, "nextUpdate");
    return {};
}

Result<void> add_revoked(X509_CRL* crl, const RevocationListSpec& spec) {
    const auto since = asn1_time(spec.this_update);
    for (const auto& certificate : spec.revoked) {
        Owned<X509_REVOKED, X509_REVOKED_free> entry{must(X509_REVOKED_new())};
        auto* serial = const_cast<ASN1_INTEGER*>(  // NOLINT(*-const-cast): copied
            X509_get0_serialNumber(certificate.native()));
        if (X509_REVOKED_set_serialNumber(entry.get(), serial) != 1 ||
            X509_REVOKED_set_revocationDate(entry.get(), since.get()) != 1 ||
            X509_CRL_add0_revoked(crl, entry.get()) != 1)
            throw std::bad_alloc{};
        now_owned_by_openssl(entry);
    }
    return {};
}

Result<void> add_list_extensions(X509_CRL* crl, const RevocationListSpec& spec, const Certificate& issuer) {
    if (const auto id = issuer.subject_key_id(); !id.empty()) {
        const Owned<AUTHORITY_KEYID, AUTHORITY_KEYID_free> authority{must(AUTHORITY_KEYID_new())};
        authority->keyid = octets(id).release();
        if (X509_CRL_add1_ext_i2d(crl, NID_authority_key_identifier, authority.get(), 0,
                                  X509V3_ADD_DEFAULT) != 1)
            return openssl_failure(Errc::bad_field, "authorityKeyIdentifier");
    }
    for (const auto& [oid, critical, value] : spec.extra) {
        const auto type = object(oid);
        if (!type) return openssl_failure(Errc::bad_field, "crlExtensions");
        const Owned<X509_EXTENSION, X509_EXTENSION_free> extension{
            must(X509_EXTENSION_create_by_OBJ(nullptr, type.get(), critical ? 1 : 0, octets(value).get()))};
        if (X509_CRL_add_ext(crl, extension.get(), -1) != 1) throw std::bad_alloc{};
    }
    return {};
}

bool signs_itself(const PrivateKey& key) {
    const auto type = key.public_key().type();
    return type == KeyType::ed25519 || type == KeyType::ed448;
}

/// Is issuer_key the one that belongs here?
Result<void> check_keys(const PublicKey& subject_key, const Certificate* issuer,
                        const PrivateKey& issuer_key) {
    const auto expected = issuer == nullptr ? subject_key : TRY(issuer->public_key());
    if (expected == issuer_key.public_key()) return {};
    return fail(Errc::mismatch, "issuer key");
}

}  // namespace

Result<Bytes> issue(const CertificateSpec& spec, const PublicKey& subject_key, const Certificate* issuer,
                    const PrivateKey& issuer_key, Hash hash) {
    TRY(check_keys(subject_key, issuer, issuer_key));
    const X509Pointer x509{must(X509_new())};
    if (X509_set_version(x509.get(), X509_VERSION_3) != 1 ||
        X509_set_pubkey(x509.get(), subject_key.native()) != 1)
        return openssl_failure(Errc::crypto, "subjectPublicKey");
    TRY(set_names(x509.get(), spec, issuer));
    TRY(set_serial(x509.get(), spec.serial));
    TRY(set_validity(x509.get(), spec));
    TRY(add_extensions(x509.get(), spec, issuer));

    const auto* by = signs_itself(issuer_key) ? nullptr : evp(hash);
    if (X509_sign(x509.get(), issuer_key.native(), by) <= 0)
        return openssl_failure(Errc::unsupported, name(hash));
    // OpenSSL signs with a hash for which it has no X.509 algorithm that it verifies (ECDSA with SHA-3
    // in 3.0)
    if (X509_verify(x509.get(), issuer_key.native()) != 1)
        return openssl_failure(Errc::unsupported, name(hash));
    return encoded(i2d_X509, x509.get());
}

Result<Bytes> issue_list(const RevocationListSpec& spec, const Certificate& issuer,
                         const PrivateKey& issuer_key, Hash hash) {
    TRY(check_keys(issuer_key.public_key(), &issuer, issuer_key));
    const Owned<X509_CRL, X509_CRL_free> crl{must(X509_CRL_new())};
    if (X509_CRL_set_version(crl.get(), X509_CRL_VERSION_2) != 1 ||
        X509_CRL_set_issuer_name(crl.get(), X509_get_subject_name(issuer.native())) != 1)
        throw std::bad_alloc{};
    TRY(set_updates(crl.get(), spec));
    TRY(add_revoked(crl.get(), spec));
    TRY(add_list_extensions(crl.get(), spec, issuer));
    const auto* by = signs_itself(issuer_key) ? nullptr : evp(hash);
    if (X509_CRL_sort(crl.get()) != 1 || X509_CRL_sign(crl.get(), issuer_key.native(), by) <= 0 ||
        X509_CRL_verify(crl.get(), issuer_key.native()) != 1)
        return openssl_failure(Errc::unsupported, name(hash));
    return encoded(i2d_X509_CRL, crl.get());
}

}  // namespace busguard::crypto
