#include "base/hex.h"
#include "tests/crypto/support.h"

namespace busguard::crypto {
namespace {

using test::key_of;

std::string case_name(const testing::TestParamInfo<Scheme>& info) {
    std::string text{name(info.param)};
    std::ranges::replace(text, '-', '_');
    return text;
}

std::vector<Hash> hashes_for(Scheme scheme) {
    if (hashes_itself(scheme)) return {Hash::sha_512};
    return {all_hashes.begin(), all_hashes.end()};
}

std::string curve_order(Scheme scheme) {  // SEC 2 v2, 2.4.2, 2.5.1 and 2.6.1
    switch (scheme) {
        case Scheme::ecdsa_p256: return "ffffffff00000000ffffffffffffffffbce6faada7179e84f3b9cac2fc632551";
        case Scheme::ecdsa_p384:
            return "ffffffffffffffffffffffffffffffffffffffffffffffffc7634d81f4372ddf581a0db248b0a77aecec196ac"
                   "cc52973";
        default:
            return "01fffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffa51868783bf2f966b7fcc0"
                   "148f709"
                   "a5d03bb5c9b8899c47aebb6fb71e91386409";
    }
}

const ByteView message = as_bytes("what the device said");

class EveryScheme : public testing::TestWithParam<Scheme> {};
INSTANTIATE_TEST_SUITE_P(Signature, EveryScheme, testing::ValuesIn(all_schemes), case_name);

TEST_P(EveryScheme, SignsAndVerifiesWithEveryHash) {
    const auto scheme = GetParam();
    const auto& key = key_of(scheme);
    EXPECT_TRUE(key.fits(scheme));
    for (auto hash : hashes_for(scheme)) {
        const auto signature = key.sign(scheme, hash, message);
        ASSERT_TRUE(signature) << signature.error().what;
        EXPECT_EQ(signature->size(), signature_size(scheme));
        EXPECT_TRUE(key.public_key().verify(scheme, hash, message, *signature)) << name(hash);
    }
    const auto empty = key.sign(scheme, Hash::sha_384, {});
    ASSERT_TRUE(empty);
    EXPECT_TRUE(key.public_key().verify(scheme, Hash::sha_384, {}, *empty));
}

TEST_P(EveryScheme, RefusesEveryFlippedByte) {
    const auto scheme = GetParam();
    const auto& key = key_of(scheme);
    auto signature = *key.sign(scheme, Hash::sha_384, message);
    const Error refused{Errc::crypto, "signature"};
    for (std::size_t n = 0; n < signature.size(); ++n) {
        signature[n] ^= std::byte{0x01};
        const auto result = key.public_key().verify(scheme, Hash::sha_384, message, signature);
        ASSERT_FALSE(result) << "byte " << n;
        EXPECT_EQ(result.error(), refused);
        signature[n] ^= std::byte{0x01};
    }
    auto altered = to_bytes(message);
    altered.back() ^= std::byte{0x80};
    EXPECT_FALSE(key.public_key().verify(scheme, Hash::sha_384, altered, signature));
    if (!hashes_itself(scheme)) {
        EXPECT_FALSE(key.public_key().verify(scheme, Hash::sha_256, message, signature));
        EXPECT_FALSE(key.public_key().verify(scheme, Hash::sha3_384, message, signature));
    }
    EXPECT_TRUE(key.public_key().verify(scheme, Hash::sha_384, message, signature));
}

TEST_P(EveryScheme, RefusesAWrongLength) {
    const auto scheme = GetParam();
    const auto& key = key_of(scheme).public_key();
    auto signature = *key_of(scheme).sign(scheme, Hash::sha_384, message);
    const Error refused{Errc::bad_field, "signature"};
    signature.push_back(std::byte{0});
    EXPECT_EQ(key.verify(scheme, Hash::sha_384, message, signature).error(), refused);
    signature.resize(signature.size() - 2);
    EXPECT_EQ(key.verify(scheme, Hash::sha_384, message, signature).error(), refused);
    EXPECT_EQ(key.verify(scheme, Hash::sha_384, message, {}).error(), refused);
}

TEST_P(EveryScheme, RefusesAKeyOfAnotherKind) {
    const auto scheme = GetParam();
    const auto other = scheme == Scheme::ecdsa_p384 ? Scheme::ecdsa_p256 : Scheme::ecdsa_p384;
    const Bytes signature(signature_size(scheme));
    const Error refused{Errc::mismatch, "key"};
    EXPECT_EQ(key_of(other).public_key().verify(scheme, Hash::sha_384, message, signature).error(), refused);
    EXPECT_EQ(key_of(other).sign(scheme, Hash::sha_384, message).error(), refused);
}

TEST_P(EveryScheme, KeepsItsKeyThroughSpkiAndPem) {
    const auto& key = key_of(GetParam());
    const auto again = PublicKey::from_spki(key.public_key().spki());
    ASSERT_TRUE(again);
    EXPECT_EQ(*again, key.public_key());
    EXPECT_EQ(again->describe(), key.public_key().describe());
    const auto restored = PrivateKey::from_pem(key.to_pem());
    ASSERT_TRUE(restored);
    EXPECT_EQ(restored->public_key(), key.public_key());
    const auto signature = restored->sign(GetParam(), Hash::sha_512, message);
    EXPECT_TRUE(again->verify(GetParam(), Hash::sha_512, message, *signature));
}

TEST_P(EveryScheme, HasAName) {
    EXPECT_EQ(scheme_named(name(GetParam())), GetParam());
    EXPECT_EQ(scheme_named("rsa"), std::nullopt);
}

class Ecdsa : public testing::TestWithParam<Scheme> {};
INSTANTIATE_TEST_SUITE_P(Signature, Ecdsa,
                         testing::Values(Scheme::ecdsa_p256, Scheme::ecdsa_p384, Scheme::ecdsa_p521),
                         case_name);

// Defect D121: edge values that some verifiers take.
TEST_P(Ecdsa, D121RefusesEdgeValuesAndTheDerForm) {
    const auto scheme = GetParam();
    const auto key = key_of(scheme).public_key();
    const auto good = *key_of(scheme).sign(scheme, Hash::sha_384, message);
    const auto half = good.size() / 2;
    const auto order = *from_hex(curve_order(scheme));
    ASSERT_EQ(order.size(), half);
    auto above = order;
    above.back() = static_cast<std::byte>(std::to_integer<unsigned>(above.back()) + 1);
    const Bytes zero(half);
    const Bytes ones(half, std::byte{0xff});
    Bytes one(half);
    one.back() = std::byte{1};

    const auto verdict = [&](ByteView r, ByteView s) {
        Bytes raw = to_bytes(r);
        append(raw, s);
        return key.verify(scheme, Hash::sha_384, message, raw);
    };
    const auto r = ByteView{good}.first(half);
    const auto s = ByteView{good}.last(half);
    EXPECT_TRUE(verdict(r, s));
    const Error refused{Errc::crypto, "signature"};
    for (const auto& edge : {zero, order, above, ones, one}) {
        for (const auto& result : {verdict(edge, s), verdict(r, edge), verdict(edge, edge)}) {
            ASSERT_FALSE(result) << to_hex(edge);
            EXPECT_EQ(result.error(), refused);
        }
    }

    Bytes der{std::byte{0x30}, std::byte{0}};  // r‖s as DER, padded to the raw form's length
    der.resize(good.size());
    EXPECT_FALSE(key.verify(scheme, Hash::sha_384, message, der));
    der.resize(good.size() + 8);
    EXPECT_EQ(key.verify(scheme, Hash::sha_384, message, der).error().code, Errc::bad_field);
}

// A short r or s has leading zeros in the raw form and none in DER: sign until both have occurred.
TEST(Signature, KeepsLeadingZerosOfShortValues) {
    const auto& key = key_of(Scheme::ecdsa_p256);
    bool short_r = false;
    bool short_s = false;
    for (int n = 0; n < 20000 && !(short_r && short_s); ++n) {
        const auto text = std::to_string(n);
        const auto signature = *key.sign(Scheme::ecdsa_p256, Hash::sha_256, as_bytes(text));
        if (signature[0] != std::byte{0} && signature[32] != std::byte{0}) continue;
        (signature[0] == std::byte{0} ? short_r : short_s) = true;
        ASSERT_TRUE(key.public_key().verify(Scheme::ecdsa_p256, Hash::sha_256, as_bytes(text), signature));
    }
    EXPECT_TRUE(short_r && short_s);
}

TEST(Signature, RsaPssIsNotRsassa) {
    const auto& key = key_of(Scheme::rsassa_3072);
    const auto pkcs1 = *key.sign(Scheme::rsassa_3072, Hash::sha_384, message);
    const auto pss = *key.sign(Scheme::rsapss_3072, Hash::sha_384, message);
    EXPECT_FALSE(key.public_key().verify(Scheme::rsapss_3072, Hash::sha_384, message, pkcs1));
    EXPECT_FALSE(key.public_key().verify(Scheme::rsassa_3072, Hash::sha_384, message, pss));
}

// RFC 8032 7.1, TEST 3 (Ed25519) and 7.4, "1 octet (with context)" (Ed448).
TEST(EdDsa, GivesTheStandardsSignatures) {
    const auto spki =
        from_hex("302a300506032b6570032100fc51cd8e6218a1a38da47ed00230f0580816ed13ba3303ac5deb911548908025");
    const auto key = PublicKey::from_spki(*spki);
    ASSERT_TRUE(key);
    const auto signature = from_hex(
        "6291d657deec24024827e69c3abe01a30ce548a284743a445e3680d7db5ac3ac18ff9b538d16f290ae67f760984dc6594a7c"
        "15e9716ed28d"
        "c027beceea1ec40a");
    EXPECT_TRUE(key->verify(Scheme::ed25519, Hash::sha_512, *from_hex("af82"), *signature));
    EXPECT_TRUE(
        key->verify(Scheme::ed25519, Hash::sha_512, *from_hex("af82"), *signature, as_bytes("ignored")));
}

TEST(EdDsa, Ed448TakesAContextWhereOpensslCan) {
    const auto seed = from_hex(
        "c4eab05d357007c632f3dbb48489924d552b08fe0c353a0d4a1f00acda2c463afbea67c5e8d2877c5e3bc397a659949ef802"
        "1e954e0a12274e");
    auto der = *from_hex("3047020100300506032b6571043b0439");
    append(der, *seed);
    const auto key = PrivateKey::from_der(der);
    ASSERT_TRUE(key);
    const auto text = from_hex("03");
    const auto context = from_hex("666f6f");
    const auto expected = from_hex(
        "d4f8f6131770dd46f40867d6fd5d5055de43541f8c5e35abbcd001b32a89f7d2151f7647f11d8ca2ae279fb842d607217fce"
        "6e042f6815ea00"
        "0c85741de5c8da1144a6a1aba7f96de42505d7a7298524fda538fccbbb754f578c1cad10d54d0d5428407e85dcbc98a49155"
        "c13764e66c3c00");
    const auto signature = key->sign(Scheme::ed448, Hash::sha_512, *text, *context);
    if (!supported(Scheme::ed448)) {
        ASSERT_FALSE(signature);
        EXPECT_EQ(signature.error().code, Errc::unsupported);
        EXPECT_EQ(
            key->public_key().verify(Scheme::ed448, Hash::sha_512, *text, *expected, *context).error().code,
            Errc::unsupported);
        GTEST_SKIP() << "SKIPPED: this OpenSSL cannot set Ed448's context (needs 3.2)";
    }
    ASSERT_TRUE(signature);
    EXPECT_EQ(to_hex(*signature), to_hex(*expected));
    const auto public_key = key->public_key();
    EXPECT_TRUE(public_key.verify(Scheme::ed448, Hash::sha_512, *text, *expected, *context));
    EXPECT_FALSE(public_key.verify(Scheme::ed448, Hash::sha_512, *text, *expected));
    EXPECT_FALSE(public_key.verify(Scheme::ed448, Hash::sha_512, *text, *expected, as_bytes("fop")));
    const Bytes longest(255);
    EXPECT_TRUE(key->sign(Scheme::ed448, Hash::sha_512, *text, longest));
    const Bytes too_long(256);
    EXPECT_EQ(key->sign(Scheme::ed448, Hash::sha_512, *text, too_long).error(),
              (Error{Errc::bad_field, "context"}));
}

TEST(PublicKey, RefusesWhatIsNoKey) {
    auto spki = key_of(Scheme::ecdsa_p384).public_key().spki();
    spki.push_back(std::byte{0});
    EXPECT_EQ(PublicKey::from_spki(spki).error().code, Errc::trailing_bytes);
    spki.resize(spki.size() - 2);
    EXPECT_EQ(PublicKey::from_spki(spki).error().code, Errc::bad_field);
    EXPECT_FALSE(PublicKey::from_spki({}));
    spki.push_back(std::byte{0x5a});  // a point that is not on the curve, all but certainly
    spki[30] ^= std::byte{1};
    EXPECT_FALSE(PublicKey::from_spki(spki));
    EXPECT_FALSE(PublicKey::from_spki(Bytes(100000)));
}

TEST(PublicKey, SaysWhatItIs) {
    EXPECT_EQ(key_of(Scheme::rsassa_3072).public_key().describe(), "RSA 3072");
    EXPECT_EQ(key_of(Scheme::ecdsa_p521).public_key().describe(), "ECDSA P-521");
    EXPECT_EQ(key_of(Scheme::ed448).public_key().describe(), "Ed448");
    // X25519 (RFC 8410 10.1's form): a key of no scheme
    const auto x25519 = from_hex("302a300506032b656e032100" + std::string(62, '1') + "09");
    const auto key = PublicKey::from_spki(*x25519);
    ASSERT_TRUE(key);
    for (auto scheme : all_schemes) EXPECT_FALSE(key->fits(scheme));
    EXPECT_FALSE(*key == key_of(Scheme::ed25519).public_key());
}

TEST(PrivateKey, RefusesEncryptedAndBrokenPem) {
    EXPECT_EQ(PrivateKey::from_pem("").error().code, Errc::bad_field);
    EXPECT_EQ(
        PrivateKey::from_pem("-----BEGIN PRIVATE KEY-----\nAAAA\n-----END PRIVATE KEY-----\n").error().code,
        Errc::bad_field);
    EXPECT_FALSE(PrivateKey::from_der({}));
    if (!test::have_openssl()) GTEST_SKIP() << "SKIPPED: no openssl program";
    const test::Scratch scratch;
    const auto pem = scratch.write("key.pem", as_bytes(key_of(Scheme::ecdsa_p256).to_pem()));
    ASSERT_TRUE(
        test::openssl("pkcs8 -topk8 -in " + pem + " -passout pass:x -out " + scratch.path("locked.pem")));
    EXPECT_FALSE(PrivateKey::from_pem(as_text(scratch.read("locked.pem"))));
}

// --- the openssl program as the other side

/// The raw form as `openssl` writes and reads it: DER for ECDSA, by an INTEGER writer of the test's own.
Bytes der_of(ByteView raw) {
    const auto integer = [](ByteView value) {
        while (value.size() > 1 && value[0] == std::byte{0}) value = value.subspan(1);
        Bytes content = to_bytes(value);
        if ((content[0] & std::byte{0x80}) != std::byte{0}) content.insert(content.begin(), std::byte{0});
        content.insert(content.begin(), {std::byte{2}, static_cast<std::byte>(content.size())});
        return content;
    };
    Bytes both = integer(raw.first(raw.size() / 2));
    append(both, integer(raw.last(raw.size() / 2)));
    Bytes der{std::byte{0x30}};
    if (both.size() >= 0x80) der.push_back(std::byte{0x81});
    der.push_back(static_cast<std::byte>(both.size()));
    append(der, both);
    return der;
}

Bytes raw_of(ByteView der, std::size_t size) {
    std::size_t at = der[1] == std::byte{0x81} ? 3 : 2;
    Bytes raw;
    for (int n = 0; n < 2; ++n) {
        const auto length = std::to_integer<std::size_t>(der[at + 1]);
        auto value = der.subspan(at + 2, length);
        at += 2 + length;
        if (value.size() > size / 2) value = value.last(size / 2);
        raw.resize(raw.size() + (size / 2) - value.size());
        append(raw, value);
    }
    return raw;
}

TEST_P(EveryScheme, AgreesWithTheOpensslProgram) {
    if (!test::have_openssl()) GTEST_SKIP() << "SKIPPED: no openssl program";
    const auto scheme = GetParam();
    const auto& key = key_of(scheme);
    const bool ecdsa = name(scheme).starts_with("ecdsa");
    const bool pss = name(scheme).starts_with("rsapss");
    const test::Scratch scratch;
    const auto private_pem = scratch.write("key.pem", as_bytes(key.to_pem()));
    const auto public_der = scratch.write("key.der", key.public_key().spki());
    const auto text = scratch.write("message", message);
    const auto theirs = scratch.path("theirs");

    for (auto hash : hashes_for(scheme)) {
        const auto signature = *key.sign(scheme, hash, message);
        const auto ours = scratch.write("ours", ecdsa ? der_of(signature) : signature);
        std::string sign;
        std::string verify;
        if (hashes_itself(scheme)) {
            sign = "pkeyutl -sign -rawin -inkey " + private_pem + " -in " + text + " -out " + theirs;
            verify = "pkeyutl -verify -rawin -pubin -keyform DER -inkey " + public_der + " -in " + text +
                     " -sigfile " + ours;
        } else {
            const std::string options =
                "dgst -" + std::string{name(hash)} +
                (pss ? " -sigopt rsa_padding_mode:pss -sigopt rsa_pss_saltlen:digest" : "");
            sign = options + " -sign " + private_pem + " -out " + theirs + " " + text;
            verify = options + " -keyform DER -verify " + public_der + " -signature " + ours + " " + text;
        }
        EXPECT_TRUE(test::openssl(verify)) << verify;
        ASSERT_TRUE(test::openssl(sign)) << sign;
        const auto read = scratch.read("theirs");
        const auto raw = ecdsa ? raw_of(read, signature_size(scheme)) : read;
        EXPECT_TRUE(key.public_key().verify(scheme, hash, message, raw)) << name(hash);
    }
}

TEST(Signature, WantsAPssSaltAsLongAsTheHash) {
    if (!test::have_openssl()) GTEST_SKIP() << "SKIPPED: no openssl program";
    const auto& key = key_of(Scheme::rsapss_2048);
    const test::Scratch scratch;
    const auto pem = scratch.write("key.pem", as_bytes(key.to_pem()));
    const auto text = scratch.write("message", message);
    for (const auto& [length, good] :
         {std::pair{"32", true}, std::pair{"0", false}, std::pair{"max", false}}) {
        ASSERT_TRUE(test::openssl(
            "dgst -sha256 -sigopt rsa_padding_mode:pss -sigopt rsa_pss_saltlen:" + std::string{length} +
            " -sign " + pem + " -out " + scratch.path("signature") + " " + text));
        const auto result =
            key.public_key().verify(Scheme::rsapss_2048, Hash::sha_256, message, scratch.read("signature"));
        EXPECT_EQ(static_cast<bool>(result), good) << length;
    }
}

}  // namespace
}  // namespace busguard::crypto
