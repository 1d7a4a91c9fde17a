#include "crypto/ocsp_response.h"

#include "crypto/openssl.h"

#include <openssl/ocsp.h>

#include <algorithm>
#include <mutex>
#include <utility>
#include <vector>

namespace busguard::crypto {
namespace {

using Response = Owned<OCSP_RESPONSE, OCSP_RESPONSE_free>;
using Basic = Owned<OCSP_BASICRESP, OCSP_BASICRESP_free>;
using CertificateId = Owned<OCSP_CERTID, OCSP_CERTID_free>;

constexpr auto may_answer = "1.3.6.1.5.5.7.3.9";  // id-kp-OCSPSigning
constexpr int least_security = 112;               // bits
constexpr int most_inside = 8;                    // certificates; each may cost a verification

/// About one certificate.
struct Single {
    const OCSP_CERTID* id = nullptr;
    OcspResponse::Said said;
};

OcspResponse::Said::Status status_of(int native) {
    using enum OcspResponse::Said::Status;
    switch (native) {
        case V_OCSP_CERTSTATUS_GOOD: return good;
        case V_OCSP_CERTSTATUS_REVOKED: return revoked;
        default: return unknown;
    }
}

Result<Single> read_single(OCSP_SINGLERESP* native) {
    if (OCSP_SINGLERESP_get_ext_by_critical(native, 1, -1) >= 0)
        return fail(Errc::unsupported, "singleExtensions");
    ASN1_GENERALIZEDTIME* from = nullptr;
    ASN1_GENERALIZEDTIME* to = nullptr;
    Single out{.id = OCSP_SINGLERESP_get0_id(native), .said = {}};
    out.said.status = status_of(OCSP_single_get0_status(native, nullptr, nullptr, &from, &to));
    const auto since = from == nullptr ? std::nullopt : calendar(from);
    if (!since) return fail(Errc::bad_field, "thisUpdate");
    out.said.this_update = *since;
    if (to != nullptr) {
        out.said.next_update = calendar(to);
        if (!out.said.next_update) return fail(Errc::bad_field, "nextUpdate");
    }
    return out;
}

bool is_about(const OCSP_CERTID* id, const Certificate& certificate, const Certificate& issuer) {
    ASN1_OBJECT* oid = nullptr;
    ASN1_INTEGER* serial = nullptr;
    auto* theirs = const_cast<OCSP_CERTID*>(id);  // NOLINT(*-const-cast): only read
    if (OCSP_id_get0_info(nullptr, &oid, nullptr, &serial, theirs) != 1) return false;
    if (ASN1_INTEGER_cmp(serial, X509_get0_serialNumber(certificate.native())) != 0) return false;
    const auto* hash = EVP_get_digestbyobj(oid);
    if (hash == nullptr) return false;
    const CertificateId ours{OCSP_cert_to_id(hash, certificate.native(), issuer.native())};
    return ours && OCSP_id_cmp(ours.get(), id) == 0;
}

/// Did `issuer` give this certificate to one who answers for it?
bool answers_for(const Certificate& delegate, const Certificate& issuer) {
    if (const auto usage = delegate.key_usage(); usage && !has(*usage, KeyUsage::digital_signature))
        return false;
    const auto purposes = delegate.extended_key_usage();
    if (std::ranges::find(purposes, may_answer) == purposes.end()) return false;
    const X509_ALGOR* algorithm = nullptr;
    X509_get0_signature(nullptr, &algorithm, delegate.native());
    const auto* own = X509_get0_pubkey(delegate.native());
    auto* key = X509_get0_pubkey(issuer.native());
    return key != nullptr && own != nullptr && EVP_PKEY_get_security_bits(own) >= least_security &&
           X509_NAME_cmp(X509_get_issuer_name(delegate.native()), X509_get_subject_name(issuer.native())) ==
               0 &&
           has_strong_hash(algorithm) && X509_verify(delegate.native(), key) == 1;
}

/// Does the responder's name or key hash say this certificate, and did its key sign?
bool is_signed_with(OCSP_BASICRESP* response, const Certificate& signer) {
    const X509Stack only{must(sk_X509_new_null())};
    if (sk_X509_push(only.get(), signer.native()) == 0) throw std::bad_alloc{};
    return OCSP_basic_verify(response, only.get(), nullptr, OCSP_NOINTERN | OCSP_NOVERIFY) == 1;
}

/// Who signed, and when that counts.
struct Signer {
    Digest issuer_key;
    bool good = false;
    std::chrono::sys_seconds from = std::chrono::sys_seconds::min();
    std::chrono::sys_seconds to = std::chrono::sys_seconds::max();
};

Signer signer_of(OCSP_BASICRESP* response, const Certificate& issuer) {
    Signer out{.issuer_key = issuer.key_fingerprint(Hash::sha_256)};
    if (!has_strong_hash(OCSP_resp_get0_tbs_sigalg(response))) return out;
    out.good = is_signed_with(response, issuer);
    const auto* inside = OCSP_resp_get0_certs(response);
    for (int n = 0; !out.good && n < std::min(sk_X509_num(inside), most_inside); ++n) {
        const auto delegate = Certificate::parse(encoded(i2d_X509, sk_X509_value(inside, n)));
        out.good = delegate && answers_for(*delegate, issuer) && is_signed_with(response, *delegate);
        if (!out.good) continue;
        out.from = delegate->not_before();
        out.to = delegate->not_after();
    }
    ERR_clear_error();
    return out;
}

}  // namespace

struct OcspResponse::Body {
    Response response;
    Basic basic;
    std::vector<Single> singles;
    std::mutex mutex;  // of OpenSSL's object, which is not const to it, and of the next
    std::optional<Signer> last_signer;
};

Result<OcspResponse> OcspResponse::parse(ByteView der) {
    constexpr auto whole = "OCSPResponse";
    if (der.size() > largest_ocsp_response) return fail(Errc::too_large, whole);
    const auto* at = in(der);
    const auto* const begin = at;
    auto body = std::make_shared<Body>();
    body->response.reset(d2i_OCSP_RESPONSE(nullptr, &at, static_cast<long>(der.size())));
    if (!body->response) return openssl_failure(Errc::bad_field, whole);
    ERR_clear_error();
    const auto used = static_cast<std::size_t>(at - begin);
    if (used != der.size()) return fail(Errc::trailing_bytes, whole, used);
    if (const auto status = OCSP_response_status(body->response.get());
        status != OCSP_RESPONSE_STATUS_SUCCESSFUL)
        return fail(Errc::unsupported, "responseStatus", 0, static_cast<std::uint32_t>(status));
    body->basic.reset(OCSP_response_get1_basic(body->response.get()));
    if (!body->basic) return openssl_failure(Errc::unsupported, "responseType");
    ERR_clear_error();
    auto* basic = body->basic.get();
    if (OCSP_BASICRESP_get_ext_by_critical(basic, 1, -1) >= 0)
        return fail(Errc::unsupported, "responseExtensions");
    for (int n = 0; n < OCSP_resp_count(basic); ++n)
        body->singles.push_back(TRY(read_single(OCSP_resp_get0(basic, n))));
    return OcspResponse{std::move(body)};
}

std::vector<OcspResponse::Said> OcspResponse::about(const Certificate& certificate,
                                                    const Certificate& issuer) const {
    std::vector<Said> all;
    for (const auto& one : body_->singles)
        if (is_about(one.id, certificate, issuer)) all.push_back(one.said);
    ERR_clear_error();
    return all;
}

bool OcspResponse::is_signed_by(const Certificate& issuer, std::optional<std::chrono::sys_seconds> at) const {
    const auto key = issuer.key_fingerprint(Hash::sha_256);
    const std::scoped_lock lock{body_->mutex};
    auto& last = body_->last_signer;
    if (!last || !same(last->issuer_key, key)) last = signer_of(body_->basic.get(), issuer);
    return last->good && (!at || (last->from <= *at && *at <= last->to));
}

Digest OcspResponse::fingerprint(Hash hash) const {
    return digest(hash, encoded(i2d_OCSP_RESPONSE, body_->response.get()));
}

}  // namespace busguard::crypto
