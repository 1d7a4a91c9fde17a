#include "tests/crypto/answer.h"

#include "crypto/openssl.h"

#include <openssl/ocsp.h>
#include <openssl/rsa.h>

namespace busguard::crypto::test {
namespace {

using Response = Owned<OCSP_RESPONSE, OCSP_RESPONSE_free>;
using Basic = Owned<OCSP_BASICRESP, OCSP_BASICRESP_free>;
using Time = Owned<ASN1_GENERALIZEDTIME, ASN1_GENERALIZEDTIME_free>;

Time native(std::chrono::sys_seconds time) {
    return Time{must(ASN1_GENERALIZEDTIME_set(nullptr, time.time_since_epoch().count()))};
}

Owned<X509_EXTENSION, X509_EXTENSION_free> critical(const std::string& dotted) {
    const Owned<ASN1_OBJECT, ASN1_OBJECT_free> oid{must(OBJ_txt2obj(dotted.c_str(), 1))};
    const Owned<ASN1_OCTET_STRING, ASN1_OCTET_STRING_free> value{must(ASN1_OCTET_STRING_new())};
    return Owned<X509_EXTENSION, X509_EXTENSION_free>{
        must(X509_EXTENSION_create_by_OBJ(nullptr, oid.get(), 1, value.get()))};
}

}  // namespace

Bytes answer(const Answer& its, const Node& issuer, const Node& signer) {
    const Basic basic{must(OCSP_BASICRESP_new())};
    const auto from = native(its.this_update);
    const auto to = its.next_update ? native(*its.next_update) : Time{};
    for (const auto& one : its.about) {
        const Owned<OCSP_CERTID, OCSP_CERTID_free> id{
            must(OCSP_cert_to_id(EVP_sha1(), one.certificate.native(), issuer.certificate.native()))};
        auto* single = must(OCSP_basic_add1_status(basic.get(), id.get(), static_cast<int>(one.status), -1,
                                                   from.get(), from.get(), to.get()));
        if (!its.critical_of_each.empty()) {
            EXPECT_EQ(OCSP_SINGLERESP_add_ext(single, critical(its.critical_of_each).get(), -1), 1);
        }
    }
    if (!its.critical_extension.empty()) {
        EXPECT_EQ(OCSP_BASICRESP_add_ext(basic.get(), critical(its.critical_extension).get(), -1), 1);
    }
    const MdContext state{must(EVP_MD_CTX_new())};
    EVP_PKEY_CTX* details = nullptr;
    EXPECT_EQ(EVP_DigestSignInit(state.get(), &details, EVP_get_digestbyname(its.hash), nullptr,
                                 signer.key.native()),
              1);
    if (its.pss) {
        EXPECT_EQ(EVP_PKEY_CTX_set_rsa_padding(details, RSA_PKCS1_PSS_PADDING), 1);
    }
    EXPECT_EQ(OCSP_basic_sign_ctx(basic.get(), signer.certificate.native(), state.get(), nullptr,
                                  its.by_key ? OCSP_RESPID_KEY : 0UL),
              1);
    const Response whole{must(OCSP_response_create(OCSP_RESPONSE_STATUS_SUCCESSFUL, basic.get()))};
    return encoded(i2d_OCSP_RESPONSE, whole.get());
}

Bytes no_answer() {
    const Response whole{must(OCSP_response_create(OCSP_RESPONSE_STATUS_TRYLATER, nullptr))};
    return encoded(i2d_OCSP_RESPONSE, whole.get());
}

}  // namespace busguard::crypto::test
