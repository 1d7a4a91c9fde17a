#include "base/hex.h"
#include "tests/crypto/support.h"

namespace busguard::crypto {
namespace {

Bytes hex(std::string_view text) { return *from_hex(text); }

// RFC 8032 7.1, TEST 2.
const Bytes seed = hex("4ccd089b28ff96da9db6c346ec114e0f5b8a319f35aba624da8cf6ed4fb8a6fb");
const Bytes public_bytes = hex("3d4017c3e843895a92b70aa74d1b7ebc9c982ccf2ec4968cc0cd55f12af4660c");
const Bytes signature =
    hex("92a009a9f0d4cab8720e820b5f642540a2b27b5416503f8fb3762223ebdb69da085ac1e43e15996e458f3613d0f11d8c387b"
        "2eaeb4"
        "302aeeb00d291612bb0c00");
const Bytes rfc_message = hex("72");

TEST(RawKey, SignsAsRfc8032Says) {
    const auto key = PrivateKey::from_raw(Scheme::ed25519, seed);
    ASSERT_TRUE(key);
    EXPECT_EQ(*key->public_key().raw(), public_bytes);
    EXPECT_EQ(*key->sign(Scheme::ed25519, Hash::sha_512, rfc_message), signature);
    EXPECT_EQ(*key->raw(), seed);
}

TEST(RawKey, VerifiesAsRfc8032Says) {
    const auto key = PublicKey::from_raw(Scheme::ed25519, public_bytes);
    ASSERT_TRUE(key);
    EXPECT_TRUE(key->verify(Scheme::ed25519, Hash::sha_512, rfc_message, signature));
    EXPECT_FALSE(key->verify(Scheme::ed25519, Hash::sha_512, as_bytes("another message"), signature));
    EXPECT_EQ(*key->raw(), public_bytes);
}

TEST(RawKey, TakesEd448Too) {
    const auto& key = test::key_of(Scheme::ed448);
    const auto bytes = key.raw();
    ASSERT_TRUE(bytes);
    EXPECT_EQ(bytes->size(), 57U);
    EXPECT_EQ(PrivateKey::from_raw(Scheme::ed448, *bytes)->public_key(), key.public_key());
}

TEST(RawKey, RefusesAnotherSize) {
    for (const auto& bytes : {Bytes{}, Bytes(31), Bytes(33), Bytes(57)}) {
        EXPECT_EQ(PublicKey::from_raw(Scheme::ed25519, bytes).error().code, Errc::bad_field);
        EXPECT_EQ(PrivateKey::from_raw(Scheme::ed25519, bytes).error().code, Errc::bad_field);
    }
}

TEST(RawKey, KnowsEdDsaAlone) {
    EXPECT_EQ(PublicKey::from_raw(Scheme::ecdsa_p256, public_bytes).error().code, Errc::unsupported);
    EXPECT_EQ(PrivateKey::from_raw(Scheme::ecdsa_p256, seed).error().code, Errc::unsupported);
    EXPECT_EQ(test::key_of(Scheme::ecdsa_p384).raw().error().code, Errc::unsupported);
    EXPECT_EQ(test::key_of(Scheme::ecdsa_p384).public_key().raw().error().code, Errc::unsupported);
}

TEST(RawKey, OfMlDsaIsItsSeed) {
    constexpr auto scheme = Scheme::ml_dsa_44;
    if (!supported(scheme)) {
        EXPECT_EQ(PrivateKey::from_raw(scheme, Bytes(32)).error().code, Errc::unsupported);
        EXPECT_EQ(PublicKey::from_raw(scheme, Bytes(1312)).error().code, Errc::unsupported);
        EXPECT_EQ(PrivateKey::generate(scheme).error().code, Errc::unsupported);
        GTEST_SKIP() << "NOT TESTED: this OpenSSL has no ML-DSA-44";
    }
    const auto key = PrivateKey::generate(scheme);
    ASSERT_TRUE(key);
    EXPECT_TRUE(key->fits(scheme));
    EXPECT_EQ(key->public_key().describe(), "ML-DSA-44");
    const auto seed = key->raw();
    ASSERT_TRUE(seed);
    EXPECT_EQ(seed->size(), 32U);
    const auto again = PrivateKey::from_raw(scheme, *seed);
    ASSERT_TRUE(again);
    EXPECT_EQ(again->public_key(), key->public_key());
    EXPECT_EQ(*PublicKey::from_raw(scheme, *key->public_key().raw()), key->public_key());
    const auto signature = again->sign(scheme, Hash::sha_256, as_bytes("message"));
    ASSERT_TRUE(signature);
    EXPECT_EQ(signature->size(), signature_size(scheme));
    EXPECT_TRUE(key->public_key().verify(scheme, Hash::sha_512, as_bytes("message"), *signature));
    EXPECT_EQ(key->public_key().verify(scheme, Hash::sha_512, as_bytes("massage"), *signature).error().code,
              Errc::crypto);
}

}  // namespace
}  // namespace busguard::crypto
