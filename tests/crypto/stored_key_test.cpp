#include "crypto/certificate.h"
#include "crypto/key.h"
#include "tests/host/temporary_directory.h"

#include <gtest/gtest.h>

#include <fstream>

/// Keys by URI: OpenSSL's own store of files stands for tokens here; with a token it is
/// tests/daemon/token_test.py.
namespace busguard::crypto {
namespace {

struct StoredKey : testing::Test {
    host::TemporaryDirectory directory;

    std::string put(const char* name, const std::string& text) const {
        std::ofstream{directory.path(name)} << text;
        return "file:" + directory.path(name);
    }
};

TEST_F(StoredKey, SignsAsTheKeyThatIsThere) {
    const auto message = as_bytes("hello");
    for (const auto scheme : {Scheme::ed25519, Scheme::ecdsa_p384, Scheme::rsapss_2048}) {
        const auto key = PrivateKey::generate(scheme);
        ASSERT_TRUE(key);
        const auto uri = put("key.pem", key->to_pem());
        // OpenSSL's own library, and one for the provider alone.
        for (const auto* provider : {"", "default"}) {
            const auto stored = PrivateKey::from_store(uri, provider);
            ASSERT_TRUE(stored) << name(scheme) << stored.error().what;
            EXPECT_EQ(stored->public_key(), key->public_key());
            ASSERT_TRUE(stored->fits(scheme));
            const auto signature = stored->sign(scheme, Hash::sha_384, message);
            ASSERT_TRUE(signature) << name(scheme) << signature.error().what;
            EXPECT_TRUE(key->public_key().verify(scheme, Hash::sha_384, message, *signature));
            EXPECT_TRUE(stored->public_key().verify(scheme, Hash::sha_384, message, *signature));
        }
    }
}

// The library that a key is from goes after it, when another takes its place too.
TEST_F(StoredKey, MayTakeTheOthersPlace) {
    const auto message = as_bytes("hello");
    auto key =
        *PrivateKey::from_store(put("a.pem", PrivateKey::generate(Scheme::ed25519)->to_pem()), "default");
    const auto verifier = key.public_key();
    const auto signature = key.sign(Scheme::ed25519, Hash::sha_512, message);
    ASSERT_TRUE(signature);
    for (const auto* provider : {"default", ""}) {
        key =
            *PrivateKey::from_store(put("b.pem", PrivateKey::generate(Scheme::ed25519)->to_pem()), provider);
        const auto other = key.sign(Scheme::ed25519, Hash::sha_512, message);
        ASSERT_TRUE(other);
        EXPECT_NE(*other, *signature);
    }
    EXPECT_TRUE(verifier.verify(Scheme::ed25519, Hash::sha_512, message, *signature));
}

TEST_F(StoredKey, HasToBeThereAndTheOnlyOne) {
    const auto code = [](const std::string& uri, const std::string& provider = {}) {
        const auto stored = PrivateKey::from_store(uri, provider);
        return stored ? std::nullopt : std::optional{stored.error().code};
    };
    const auto first = PrivateKey::generate(Scheme::ed25519)->to_pem();
    const auto second = PrivateKey::generate(Scheme::ed25519)->to_pem();
    EXPECT_EQ(code(put("one.pem", first)), std::nullopt);
    EXPECT_EQ(code("file:" + directory.path("none.pem")), Errc::not_found);
    EXPECT_EQ(code(put("empty.pem", "")), Errc::not_found);
    EXPECT_EQ(code(put("text.pem", "no key\n")), Errc::not_found);
    EXPECT_EQ(code("pkcs11:token=none"), Errc::not_found) << "no store of that scheme";
    EXPECT_EQ(code(put("two.pem", first + second)), Errc::unexpected);
    EXPECT_EQ(code(put("one.pem", first), "no-such-provider"), Errc::unsupported);
}

// `openssl genpkey -algorithm ed25519 -aes256 -pass pass:secret`
TEST_F(StoredKey, IsNotThereIfItIsLocked) {
    const auto uri = put("locked.pem",
                         "-----BEGIN ENCRYPTED PRIVATE KEY-----\n"
                         "MIGbMFcGCSqGSIb3DQEFDTBKMCkGCSqGSIb3DQEFDDAcBAg0ogtEpNSBJAICCAAw\n"
                         "DAYIKoZIhvcNAgkFADAdBglghkgBZQMEASoEEIzOWSmXLC1EEykCNhv+XLQEQGfd\n"
                         "M6Jr5iCxqVY/DLEBk3H3gTi9iAqlo6XIn1XSNZbFwYZHxPyEU6pDo9Uk23Uktuwz\n"
                         "fIE5zUppk2HXSgSOqeM=\n"
                         "-----END ENCRYPTED PRIVATE KEY-----\n");
    const auto stored = PrivateKey::from_store(uri, "");
    ASSERT_FALSE(stored);
    EXPECT_EQ(stored.error().code, Errc::not_found);
}

}  // namespace
}  // namespace busguard::crypto
