#include "tlog/note_key.h"

#include "base/hex.h"
#include "tests/tlog/golden_notes.h"
#include "tests/tlog/note_support.h"

#include <gtest/gtest.h>

namespace busguard::tlog {
namespace {

const Error bad_name{Errc::bad_field, "key name"};

std::string with_id(std::string_view id) {
    return std::string{"example.com/log+"}.append(id).append(golden::log_vkey.substr(24));
}

/// A vkey whose ID is right, whatever the rest is.
std::string vkey_of(std::string_view name, ByteView typed) {
    Bytes all = to_bytes(as_bytes(name));
    all.push_back(std::byte{'\n'});
    append(all, typed);
    const auto id = crypto::digest(crypto::Hash::sha_256, all);
    return std::string{name}
        .append("+")
        .append(to_hex(id.view().first(4)))
        .append("+")
        .append(to_base64(typed));
}

TEST(VerifierKey, ReadsAndWritesWhatGoWrites) {
    const auto log = VerifierKey::from_text(golden::log_vkey);
    ASSERT_TRUE(log);
    EXPECT_EQ(log->name(), golden::log_name);
    EXPECT_EQ(log->id(), 0xd455c521U);
    EXPECT_EQ(log->type(), SignatureType::ed25519);
    EXPECT_EQ(log->to_text(), golden::log_vkey);

    const auto witness = VerifierKey::from_text(golden::witness_vkey);
    ASSERT_TRUE(witness);
    EXPECT_EQ(witness->type(), SignatureType::ed25519_cosignature);
    EXPECT_EQ(witness->to_text(), golden::witness_vkey);
}

TEST(VerifierKey, ItsIdDependsOnNameTypeAndKey) {
    const auto one = test::signer("a", 1).verifier();
    EXPECT_NE(one.id(), test::signer("b", 1).verifier().id());
    EXPECT_NE(one.id(), test::signer("a", 2).verifier().id());
    EXPECT_NE(one.id(), test::cosigner("a", 1).verifier().id());
    EXPECT_EQ(one, test::signer("a", 1).verifier());
    EXPECT_NE(one, test::cosigner("a", 1).verifier());
}

TEST(VerifierKey, RefusesAnIdThatIsNotItsOwn) {
    const Error other{Errc::mismatch, "key ID"};
    EXPECT_EQ(VerifierKey::from_text(with_id("d455c520")).error(), other);
    const Error malformed{Errc::bad_field, "key ID"};
    for (const auto* id : {"", "d455c52", "d455c5211", "D455C521", "d455c52g", "+d455c52", " d455c52"})
        EXPECT_FALSE(VerifierKey::from_text(with_id(id))) << id;
    EXPECT_EQ(VerifierKey::from_text(with_id("D455C521")).error(), malformed);
    EXPECT_EQ(VerifierKey::from_text(with_id("d455c52")).error(), malformed);
}

TEST(VerifierKey, RefusesAnotherShape) {
    const Error bad{Errc::bad_field, "vkey"};
    for (const auto* text :
         {"", "example.com/log", "example.com/log+d455c521", "a+d455c521+", "a+d455c521+AQ="})
        EXPECT_EQ(VerifierKey::from_text(text).error(), bad) << text;
    const auto key = to_bytes(*test::key_of(1).public_key().raw());
    for (const auto size : {0U, 31U, 33U}) {
        Bytes typed{std::byte{1}};
        append(typed, ByteView{key}.first(std::min<std::size_t>(size, 32)));
        typed.resize(size + 1);
        EXPECT_EQ(VerifierKey::from_text(vkey_of("a", typed)).error(), bad) << size;
    }
    EXPECT_EQ(VerifierKey::from_text(std::string(8193, 'a')).error(), (Error{Errc::too_large, "vkey"}));
    EXPECT_FALSE(VerifierKey::from_text(std::string{golden::log_vkey}.append("\n")));
}

TEST(VerifierKey, SaysThatATypeIsNotSupported) {
    Bytes typed(1 + 1312, std::byte{7});  // as long as a key of ML-DSA-44
    std::vector types{0x00U, 0x02U, 0x03U, 0x05U, 0xffU};
    if (!crypto::supported(crypto::Scheme::ml_dsa_44)) types.push_back(0x06U);
    for (const auto type : types) {
        typed.front() = static_cast<std::byte>(type);
        EXPECT_EQ(VerifierKey::from_text(vkey_of("a", typed)).error(),
                  (Error{Errc::unsupported, "signature type"}))
            << type;
    }
}

TEST(VerifierKey, RefusesNamesThatCannotStandInALine) {
    const auto key = test::key_of(1).public_key();
    const auto made = [&](std::string name) {
        return VerifierKey::make(std::move(name), SignatureType::ed25519, key);
    };
    // Unicode's White_Space; '+'; what is not UTF-8: cut off, overlong, a surrogate, beyond U+10FFFF.
    for (const auto* name : {"",
                             "a b",
                             "a\tb",
                             "a\nb",
                             "a\vb",
                             "a\fb",
                             "a\rb",
                             "a\u0085b",
                             "a\u00a0b",
                             "a\u1680b",
                             "a\u2000b",
                             "a\u2003b",
                             "a\u200ab",
                             "a\u2028b",
                             "a\u2029b",
                             "a\u202fb",
                             "a\u205fb",
                             "a\u3000",
                             "a+b",
                             "+",
                             "\xc3",
                             "\xc0\xaf",
                             "\xe0\x80\xaf",
                             "\xf0\x80\x80\xaf",
                             "\xed\xa0\x80",
                             "\xf4\x90\x80\x80",
                             "\xf8\x88\x80\x80\x80",
                             "\x80",
                             "\xff"})
        EXPECT_EQ(made(name).error(), bad_name) << name;
    for (const auto* name : {"a", "-", "\u00e4", "\u200b", "\u1fff", "\u180e", "\U0001f336", "\u65e5\u8a8c",
                             "\uffff", "\U0010ffff", "\u2014", "\x01"})
        EXPECT_TRUE(made(name)) << name;
    EXPECT_TRUE(made(std::string(longest_key_name, 'a')));
    EXPECT_EQ(made(std::string(longest_key_name + 1, 'a')).error(), bad_name);
}

TEST(VerifierKey, RefusesKeysThatAreNotEd25519) {
    const auto other = crypto::PrivateKey::generate(crypto::Scheme::ecdsa_p256);
    ASSERT_TRUE(other);
    EXPECT_EQ(VerifierKey::make("a", SignatureType::ed25519, other->public_key()).error(),
              (Error{Errc::mismatch, "key"}));
    EXPECT_EQ(NoteSigner::make("a", *other).error(), (Error{Errc::mismatch, "key"}));
    EXPECT_EQ(Cosigner::make("a", *other).error(), (Error{Errc::mismatch, "key"}));
}

TEST(NoteSigner, ReadsAndWritesTheSkeyOfGo) {
    const auto signer = NoteSigner::from_skey(golden::log_skey);
    ASSERT_TRUE(signer);
    EXPECT_EQ(signer->to_skey(), golden::log_skey);
    EXPECT_EQ(signer->verifier().to_text(), golden::log_vkey);
    EXPECT_EQ(NoteSigner::from_skey(golden::far_skey)->to_skey(), golden::far_skey);
}

TEST(NoteSigner, RefusesSkeysThatGoRefuses) {
    const std::string skey{golden::log_skey};
    EXPECT_EQ(NoteSigner::from_skey(skey.substr(12)).error(), (Error{Errc::bad_field, "skey"}));
    EXPECT_EQ(NoteSigner::from_skey("PRIVATE+KEY+example.com/log+d455c521").error(),
              (Error{Errc::bad_field, "skey"}));
    auto other_id = skey;
    other_id[28] = '0';
    EXPECT_EQ(NoteSigner::from_skey(other_id).error(), (Error{Errc::mismatch, "key ID"}));
    auto cosigner = skey;
    cosigner[37] = 'B';  // the first byte of the key: 0x01 becomes 0x05
    EXPECT_EQ(NoteSigner::from_skey(cosigner).error(), (Error{Errc::unsupported, "signature type"}));
    Bytes typed(33);
    typed.front() = std::byte{4};
    EXPECT_EQ(NoteSigner::from_skey("PRIVATE+KEY+" + vkey_of("a", typed)).error(),
              (Error{Errc::unsupported, "signature type"}));
}

}  // namespace
}  // namespace busguard::tlog
