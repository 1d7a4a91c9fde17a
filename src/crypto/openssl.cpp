#include "crypto/openssl.h"

#include "crypto/handle.h"

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

void retain(evp_pkey_st& key) { EVP_PKEY_up_ref(&key); }
void release(evp_pkey_st* key) { EVP_PKEY_free(key); }

}  // namespace busguard::crypto
