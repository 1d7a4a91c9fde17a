#include "crypto/revocation_list.h"

#include "crypto/openssl.h"
#include "crypto/pem.h"

#include <openssl/pem.h>

#include <mutex>
#include <utility>

namespace busguard::crypto {
namespace {

using Crl = Owned<X509_CRL, X509_CRL_free>;

bool has_critical_entries(const X509_CRL* crl) {
    const auto* entries =
        X509_CRL_get_REVOKED(const_cast<X509_CRL*>(crl));  // NOLINT(*-const-cast): only read
    for (int n = 0; n < sk_X509_REVOKED_num(entries); ++n)
        if (X509_REVOKED_get_ext_by_critical(sk_X509_REVOKED_value(entries, n), 1, -1) >= 0) return true;
    return false;
}

}  // namespace

struct RevocationList::Body {
    Crl crl;
    std::chrono::sys_seconds this_update;
    std::optional<std::chrono::sys_seconds> next_update;
    std::mutex mutex;  // of the next: a list is asked about for every device of its authority
    std::optional<std::pair<Digest, bool>> last_signer;  // by the key's fingerprint
};

Result<RevocationList> RevocationList::parse(ByteView der) {
    if (der.size() > largest_revocation_list) return fail(Errc::too_large, "CertificateList");
    const auto* at = in(der);
    const auto* const begin = at;
    auto body = std::make_shared<Body>();
    body->crl.reset(d2i_X509_CRL(nullptr, &at, static_cast<long>(der.size())));
    if (!body->crl) return openssl_failure(Errc::bad_field, "CertificateList");
    ERR_clear_error();
    const auto used = static_cast<std::size_t>(at - begin);
    if (used != der.size()) return fail(Errc::trailing_bytes, "CertificateList", used);
    auto* crl = body->crl.get();
    if (X509_CRL_get_ext_by_critical(crl, 1, -1) >= 0) return fail(Errc::unsupported, "crlExtensions");
    if (has_critical_entries(crl)) return fail(Errc::unsupported, "crlEntryExtensions");
    const auto* from = X509_CRL_get0_lastUpdate(crl);
    const auto since = from == nullptr ? std::nullopt : calendar(from);
    if (!since) return fail(Errc::bad_field, "thisUpdate");
    body->this_update = *since;
    if (const auto* to = X509_CRL_get0_nextUpdate(crl); to != nullptr) {
        body->next_update = calendar(to);
        if (!body->next_update) return fail(Errc::bad_field, "nextUpdate");
    }
    return RevocationList{std::move(body)};
}

std::string RevocationList::issuer() const { return one_line(X509_CRL_get_issuer(body_->crl.get())); }
std::chrono::sys_seconds RevocationList::this_update() const { return body_->this_update; }
std::optional<std::chrono::sys_seconds> RevocationList::next_update() const { return body_->next_update; }

bool RevocationList::names_issuer(const Certificate& issuer) const {
    return X509_NAME_cmp(X509_CRL_get_issuer(body_->crl.get()), X509_get_subject_name(issuer.native())) == 0;
}

bool RevocationList::is_signed_by(const Certificate& issuer) const {
    if (const auto usage = issuer.key_usage(); usage && !has(*usage, KeyUsage::crl_sign)) return false;
    const auto key = issuer.key_fingerprint(Hash::sha_256);
    const std::scoped_lock lock{body_->mutex};
    if (!body_->last_signer || !same(body_->last_signer->first, key)) {
        auto* native = X509_get0_pubkey(issuer.native());
        const X509_ALGOR* algorithm = nullptr;
        X509_CRL_get0_signature(body_->crl.get(), nullptr, &algorithm);
        const bool good =
            native != nullptr && has_strong_hash(algorithm) && X509_CRL_verify(body_->crl.get(), native) == 1;
        ERR_clear_error();
        body_->last_signer.emplace(key, good);
    }
    return body_->last_signer->second;
}

Digest RevocationList::fingerprint(Hash hash) const {
    return digest(hash, encoded(i2d_X509_CRL, body_->crl.get()));
}

bool RevocationList::revokes(const Certificate& certificate) const {
    X509_REVOKED* entry = nullptr;
    // 2 would be removeFromCRL, which only delta lists have (5.3.1).
    return X509_CRL_get0_by_cert(body_->crl.get(), &entry, certificate.native()) == 1;
}

Result<std::vector<RevocationList>> read_revocation_lists(ByteView file) {
    std::vector<RevocationList> lists;
    if (!is_pem(file)) {
        lists.push_back(TRY(RevocationList::parse(file)));
        return lists;
    }
    if (file.size() > 2 * largest_revocation_list) return fail(Errc::too_large, "PEM");
    const auto take = [&](ByteView der) -> Result<void> {
        if (lists.size() == most_in_bundle) return fail(Errc::too_large, "revocation lists");
        lists.push_back(TRY(RevocationList::parse(der)));
        return {};
    };
    TRY(each_pem_block(as_text(file), PEM_STRING_X509_CRL, take));
    if (lists.empty()) return fail(Errc::not_found, "X509 CRL");
    return lists;
}

}  // namespace busguard::crypto
