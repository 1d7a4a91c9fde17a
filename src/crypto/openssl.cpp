#include "crypto/openssl.h"

#include "crypto/handle.h"

#include <openssl/rsa.h>

#include <algorithm>
#include <array>

namespace busguard::crypto {

Failure<Error> openssl_failure(Errc code, std::string_view what) {
    const auto newest = ERR_peek_last_error();
    ERR_clear_error();
    return fail(code, what, 0, static_cast<std::uint32_t>(newest));
}

std::string dotted(const ASN1_OBJECT* oid) {
    const int size = OBJ_obj2txt(nullptr, 0, oid, 1);
    if (size <= 0) return {};
    std::string text(static_cast<std::size_t>(size) + 1, '\0');
    OBJ_obj2txt(text.data(), size + 1, oid, 1);
    text.pop_back();
    return text;
}

std::optional<std::chrono::sys_seconds> calendar(const ASN1_TIME* time) {
    const auto text = as_text(view(*time));
    const bool utc = ASN1_STRING_type(time) == V_ASN1_UTCTIME;
    if (text.size() != (utc ? 13U : 15U) || text.back() != 'Z') return std::nullopt;
    if (!std::all_of(text.begin(), text.end() - 1, [](char c) { return c >= '0' && c <= '9'; }))
        return std::nullopt;

    const auto number = [&](std::size_t from, std::size_t digits) {
        int value = 0;
        for (auto digit : text.substr(from, digits)) value = (value * 10) + (digit - '0');
        return value;
    };
    const std::size_t at = utc ? 2 : 4;  // of the month
    int year = number(0, at);
    if (utc) year += year < 50 ? 2000 : 1900;
    const std::chrono::year_month_day day{std::chrono::year{year},
                                          std::chrono::month{static_cast<unsigned>(number(at, 2))},
                                          std::chrono::day{static_cast<unsigned>(number(at + 2, 2))}};
    const std::chrono::hours hour{number(at + 4, 2)};
    const std::chrono::minutes minute{number(at + 6, 2)};
    const std::chrono::seconds second{number(at + 8, 2)};
    if (!day.ok() || hour.count() > 23 || minute.count() > 59 || second.count() > 59) return std::nullopt;
    return std::chrono::sys_days{day} + hour + minute + second;
}

bool has_strong_hash(const X509_ALGOR* signature_algorithm) {
    constexpr int least = 28;  // bytes: SHA-224
    const ASN1_OBJECT* oid = nullptr;
    int type = V_ASN1_UNDEF;
    const void* parameters = nullptr;
    X509_ALGOR_get0(&oid, &type, &parameters, signature_algorithm);
    int hash = NID_undef;
    const int algorithm = OBJ_obj2nid(oid);
    if (algorithm == NID_rsassaPss) {  // it says so in its parameters; without, it is SHA-1 (RFC 8017 A.2.3)
        if (type != V_ASN1_SEQUENCE) return false;
        const auto content = view(*static_cast<const ASN1_STRING*>(parameters));
        const auto* at = in(content);
        const Owned<RSA_PSS_PARAMS, RSA_PSS_PARAMS_free> pss{
            d2i_RSA_PSS_PARAMS(nullptr, &at, static_cast<long>(content.size()))};
        if (!pss || pss->hashAlgorithm == nullptr) return false;
        hash = OBJ_obj2nid(pss->hashAlgorithm->algorithm);
    } else {
        if (OBJ_find_sigid_algs(algorithm, &hash, nullptr) != 1) return false;
        if (hash == NID_undef) return true;
    }
    const auto* known = EVP_get_digestbynid(hash);
    return known != nullptr && EVP_MD_get_size(known) >= least;
}

std::string one_line(const X509_NAME* name) {
    const Bio text{must(BIO_new(BIO_s_mem()))};
    if (X509_NAME_print_ex(text.get(), name, 0, XN_FLAG_RFC2253) < 0) ERR_clear_error();
    char* data = nullptr;
    const long size = BIO_get_mem_data(text.get(), &data);
    return {data, static_cast<std::size_t>(size)};
}

void retain(evp_pkey_st& key) { EVP_PKEY_up_ref(&key); }
void release(evp_pkey_st* key) { EVP_PKEY_free(key); }

}  // namespace busguard::crypto
