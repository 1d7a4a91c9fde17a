#include "crypto/key.h"
#include "crypto/openssl.h"

#include <openssl/conf.h>
#include <openssl/provider.h>
#include <openssl/store.h>
#include <openssl/ui.h>

#include <filesystem>
#include <system_error>
#include <utility>
#include <vector>

namespace busguard::crypto {
namespace {

using Store = Owned<OSSL_STORE_CTX, OSSL_STORE_close>;
using StoreInfo = Owned<OSSL_STORE_INFO, OSSL_STORE_INFO_free>;

/// What a provider of keys is loaded into, apart from what the rest of the process uses: else it might be
/// the token that verifies the signatures of devices.
class Library {
public:
    OSSL_LIB_CTX* native() const { return context_.get(); }
    bool load(const char* name) {
        providers_.emplace_back(OSSL_PROVIDER_load(native(), name));
        return providers_.back() != nullptr;
    }

private:
    Owned<OSSL_LIB_CTX, OSSL_LIB_CTX_free> context_{must(OSSL_LIB_CTX_new())};
    std::vector<Owned<OSSL_PROVIDER, OSSL_PROVIDER_unload>>
        providers_;  // go before it: it does not free them
};

Result<std::shared_ptr<OSSL_LIB_CTX>> library_with(const std::string& provider) {
    const auto library = std::make_shared<Library>();
    // A provider may ask by itself, whenever it signs.
    UI_set_default_method(UI_null());
    // Where the provider finds its token may be said there; that there is none is no error.
    const OpensslMemory<char> configuration{CONF_get1_default_config_file()};
    std::error_code ignored;
    if (configuration && std::filesystem::exists(configuration.get(), ignored) &&
        OSSL_LIB_CTX_load_config(library->native(), configuration.get()) != 1)
        return openssl_failure(Errc::bad_field, "openssl.cnf");
    // OpenSSL's own is no longer there by itself once another one is loaded.
    for (const auto* name : {"default", provider.c_str()})
        if (!library->load(name)) return openssl_failure(Errc::unsupported, "provider");
    ERR_clear_error();
    return std::shared_ptr<OSSL_LIB_CTX>{library, library->native()};
}

}  // namespace

Result<PrivateKey> PrivateKey::from_store(const std::string& uri, const std::string& provider) {
    std::shared_ptr<OSSL_LIB_CTX> library;
    if (!provider.empty()) library = TRY(library_with(provider));
    // UI_null() answers with nothing.
    const Store store{OSSL_STORE_open_ex(uri.c_str(), library.get(), nullptr, UI_null(), nullptr, nullptr,
                                         nullptr, nullptr)};
    if (!store) return openssl_failure(Errc::not_found, "private key");
    (void)OSSL_STORE_expect(store.get(), OSSL_STORE_INFO_PKEY);  // a store may not be able to choose
    Handle<evp_pkey_st> found;
    while (OSSL_STORE_eof(store.get()) != 1) {
        const StoreInfo info{OSSL_STORE_load(store.get())};
        if (!info) {
            if (OSSL_STORE_error(store.get()) == 1 && OSSL_STORE_eof(store.get()) != 1) break;
            continue;
        }
        if (OSSL_STORE_INFO_get_type(info.get()) != OSSL_STORE_INFO_PKEY) continue;
        if (found) return fail(Errc::unexpected, "several private keys");
        found = Handle<evp_pkey_st>{OSSL_STORE_INFO_get1_PKEY(info.get())};
    }
    if (!found) return openssl_failure(Errc::not_found, "private key");
    // The public half is decoded anew: whoever verifies does not ask the token.
    const auto spki = encoded(i2d_PUBKEY, found.get());
    auto half = PublicKey::from_spki(spki);
    if (!half) return fail(Errc::not_found, "public key");
    ERR_clear_error();
    PrivateKey key{std::move(found)};
    key.public_ = *std::move(half);
    key.library_ = std::move(library);
    return key;
}

}  // namespace busguard::crypto
