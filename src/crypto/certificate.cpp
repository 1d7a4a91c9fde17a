#include "crypto/certificate.h"

#include "base/hex.h"
#include "crypto/openssl.h"

#include <algorithm>
#include <array>
#include <atomic>
#include <limits>

namespace busguard::crypto {

struct Certificate::Body {
    std::atomic<std::uint32_t> references{1};
    Bytes der;
    X509Pointer x509;
    std::optional<PublicKey> key;  // nothing: this OpenSSL cannot decode it
    std::chrono::sys_seconds not_before, not_after;
};

void retain(Certificate::Body& body) { body.references.fetch_add(1, std::memory_order_relaxed); }
void release(Certificate::Body* body) {
    if (body->references.fetch_sub(1, std::memory_order_acq_rel) == 1)
        const std::unique_ptr<Certificate::Body> last{body};
}

namespace {

constexpr int most_extensions = 128;  // bounds the search for one that occurs twice
constexpr std::uint32_t every_usage = 0x80ff;

std::atomic<std::uint64_t>& parses() {
    static std::atomic<std::uint64_t> count{0};
    return count;
}

Result<void> check_extensions(const X509* x509) {
    const int count = X509_get_ext_count(x509);
    if (count > most_extensions) return fail(Errc::too_large, "extensions");
    if (count > 0 && X509_get_version(x509) != X509_VERSION_3) return fail(Errc::bad_field, "version");
    for (int n = 0; n < count; ++n) {
        const auto* oid = X509_EXTENSION_get_object(X509_get_ext(x509, n));
        if (X509_get_ext_by_OBJ(x509, oid, n) != -1)
            return fail(Errc::bad_field, "extensions");  // RFC 5280 4.2
    }
    return {};
}

bool is_utf8(ByteView text) {
    while (!text.empty()) {
        unsigned long point = 0;
        const int used = UTF8_getc(in(text), static_cast<int>(text.size()), &point);
        if (used <= 0 || point > 0x10ffff || (point >= 0xd800 && point <= 0xdfff)) return false;
        text = text.subspan(static_cast<std::size_t>(used));
    }
    return true;
}

Bytes key_id(const ASN1_OCTET_STRING* id) { return id == nullptr ? Bytes{} : to_bytes(view(*id)); }

}  // namespace

std::uint64_t parse_count() { return parses(); }

Certificate::Certificate(Handle<Body> body) : body_{std::move(body)} {}

Result<Certificate> Certificate::parse(ByteView der) {
    if (der.size() > largest_certificate) return fail(Errc::too_large, "Certificate");
    const auto length = TRY(der_length(der));
    if (length != der.size()) return fail(Errc::trailing_bytes, "Certificate", length);

    parses().fetch_add(1, std::memory_order_relaxed);
    const auto* at = in(der);
    X509Pointer x509{d2i_X509(nullptr, &at, static_cast<long>(der.size()))};
    if (!x509) return openssl_failure(Errc::bad_field, "Certificate");
    ERR_clear_error();
    // OpenSSL reads some BER too. What it keeps as it came (tbsCertificate) is what the signature covers; the
    // rest has to come out again as it went in.
    if (!same(encoded(i2d_X509, x509.get()), der)) return fail(Errc::bad_field, "Certificate");

    const auto version = X509_get_version(x509.get());
    if (version < X509_VERSION_1 || version > X509_VERSION_3) return fail(Errc::bad_field, "version");
    const X509_ALGOR* outer = nullptr;
    X509_get0_signature(nullptr, &outer, x509.get());
    if (X509_ALGOR_cmp(outer, X509_get0_tbs_sigalg(x509.get())) != 0)
        return fail(Errc::mismatch, "signatureAlgorithm");  // RFC 5280 4.1.1.2
    const auto not_before = calendar(X509_get0_notBefore(x509.get()));
    if (!not_before) return fail(Errc::bad_field, "notBefore");
    const auto not_after = calendar(X509_get0_notAfter(x509.get()));
    if (!not_after) return fail(Errc::bad_field, "notAfter");
    TRY(check_extensions(x509.get()));
    // Decodes the extensions that OpenSSL knows, once for all later questions.
    if (X509_check_purpose(x509.get(), -1, -1) != 1 ||
        (X509_get_extension_flags(x509.get()) & EXFLAG_INVALID) != 0)
        return openssl_failure(Errc::bad_field, "extensions");

    std::optional<PublicKey> key;
    if (auto* decoded = X509_get0_pubkey(x509.get()); decoded != nullptr) {
        EVP_PKEY_up_ref(decoded);
        key.emplace(Handle<evp_pkey_st>{decoded});
    }
    ERR_clear_error();

    auto body = std::make_unique<Body>();
    body->der = to_bytes(der);
    body->x509 = std::move(x509);
    body->key = std::move(key);
    body->not_before = *not_before;
    body->not_after = *not_after;
    return Certificate{Handle<Body>{body.release()}};
}

ByteView Certificate::der() const { return body_->der; }
x509_st* Certificate::native() const { return body_->x509.get(); }
std::chrono::sys_seconds Certificate::not_before() const { return body_->not_before; }
std::chrono::sys_seconds Certificate::not_after() const { return body_->not_after; }
int Certificate::version() const { return static_cast<int>(X509_get_version(native())) + 1; }
std::string Certificate::subject() const { return one_line(X509_get_subject_name(native())); }
std::string Certificate::issuer() const { return one_line(X509_get_issuer_name(native())); }
Digest Certificate::fingerprint(Hash hash) const { return digest(hash, der()); }

Digest Certificate::key_fingerprint(Hash hash) const {
    return digest(hash, encoded(i2d_X509_PUBKEY, X509_get_X509_PUBKEY(native())));
}

std::string Certificate::serial() const {
    const ASN1_INTEGER* number = X509_get0_serialNumber(native());
    const std::string sign = ASN1_STRING_type(number) == V_ASN1_NEG_INTEGER ? "-" : "";
    return sign + to_hex(view(*number));
}

std::optional<bool> Certificate::basic_constraints_ca() const {
    const auto flags = X509_get_extension_flags(native());
    if ((flags & EXFLAG_BCONS) == 0) return std::nullopt;
    return (flags & EXFLAG_CA) != 0;
}

std::optional<std::uint32_t> Certificate::path_length() const {
    const long length = X509_get_pathlen(native());
    if (length < 0) return std::nullopt;
    return static_cast<std::uint32_t>(std::min<long>(length, std::numeric_limits<std::int32_t>::max()));
}

std::optional<KeyUsage> Certificate::key_usage() const {
    const auto bits = X509_get_key_usage(native());
    if (bits == std::numeric_limits<std::uint32_t>::max()) return std::nullopt;  // no such extension
    return static_cast<KeyUsage>(bits & every_usage);
}

std::vector<std::string> Certificate::extended_key_usage() const {
    std::vector<std::string> purposes;
    const Owned<EXTENDED_KEY_USAGE, EXTENDED_KEY_USAGE_free> list{
        static_cast<EXTENDED_KEY_USAGE*>(X509_get_ext_d2i(native(), NID_ext_key_usage, nullptr, nullptr))};
    ERR_clear_error();
    const int count = std::max(sk_ASN1_OBJECT_num(list.get()), 0);  // -1 without a list
    purposes.reserve(static_cast<std::size_t>(count));
    for (int n = 0; n < count; ++n) purposes.push_back(dotted(sk_ASN1_OBJECT_value(list.get(), n)));
    return purposes;
}

std::vector<OtherName> Certificate::other_names() const {
    std::vector<OtherName> found;
    const GeneralNames all{
        static_cast<GENERAL_NAMES*>(X509_get_ext_d2i(native(), NID_subject_alt_name, nullptr, nullptr))};
    ERR_clear_error();
    for (int n = 0; n < sk_GENERAL_NAME_num(all.get()); ++n) {
        ASN1_OBJECT* oid = nullptr;
        ASN1_TYPE* value = nullptr;
        if (GENERAL_NAME_get0_otherName(sk_GENERAL_NAME_value(all.get(), n), &oid, &value) != 1) continue;
        if (ASN1_TYPE_get(value) != V_ASN1_UTF8STRING) continue;
        const auto text =
            view(*value->value.utf8string);  // NOLINT(cppcoreguidelines-pro-type-union-access): asked
        if (is_utf8(text)) found.push_back({dotted(oid), std::string{as_text(text)}});
    }
    return found;
}

std::vector<Extension> Certificate::extensions() const {
    std::vector<Extension> all;
    const int count = X509_get_ext_count(native());
    all.reserve(static_cast<std::size_t>(count));
    for (int n = 0; n < count; ++n) {
        auto* one = X509_get_ext(native(), n);
        all.push_back({dotted(X509_EXTENSION_get_object(one)), X509_EXTENSION_get_critical(one) == 1,
                       to_bytes(view(*X509_EXTENSION_get_data(one)))});
    }
    return all;
}

Bytes Certificate::subject_key_id() const { return key_id(X509_get0_subject_key_id(native())); }
Bytes Certificate::authority_key_id() const { return key_id(X509_get0_authority_key_id(native())); }

Result<PublicKey> Certificate::public_key() const {
    if (!body_->key) return fail(Errc::unsupported, "subjectPublicKey");
    return *body_->key;
}

std::string Certificate::signature_algorithm() const {
    const int nid = X509_get_signature_nid(native());
    if (nid != NID_undef) return OBJ_nid2sn(nid);
    const X509_ALGOR* algorithm = nullptr;
    X509_get0_signature(nullptr, &algorithm, native());
    const ASN1_OBJECT* oid = nullptr;
    X509_ALGOR_get0(&oid, nullptr, nullptr, algorithm);
    return dotted(oid);
}

bool Certificate::self_issued() const {
    return X509_NAME_cmp(X509_get_subject_name(native()), X509_get_issuer_name(native())) == 0;
}

std::vector<std::string_view> names(KeyUsage set) {
    // RFC 5280 4.2.1.3, in the order of its bits
    static constexpr std::array<std::pair<KeyUsage, std::string_view>, 9> usages{{
        {KeyUsage::digital_signature, "digitalSignature"},
        {KeyUsage::non_repudiation, "nonRepudiation"},
        {KeyUsage::key_encipherment, "keyEncipherment"},
        {KeyUsage::data_encipherment, "dataEncipherment"},
        {KeyUsage::key_agreement, "keyAgreement"},
        {KeyUsage::key_cert_sign, "keyCertSign"},
        {KeyUsage::crl_sign, "cRLSign"},
        {KeyUsage::encipher_only, "encipherOnly"},
        {KeyUsage::decipher_only, "decipherOnly"},
    }};
    std::vector<std::string_view> found;
    for (const auto& [usage, text] : usages)
        if (has(set, usage)) found.push_back(text);
    return found;
}

}  // namespace busguard::crypto
