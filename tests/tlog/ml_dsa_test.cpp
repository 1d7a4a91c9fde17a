#include "crypto/hash.h"
#include "tests/tlog/golden_notes.h"
#include "tests/tlog/note_support.h"
#include "tlog/note.h"
#include "tlog/trusted_checkpoint.h"

#include <gtest/gtest.h>

/// Keys and signatures of ML-DSA-44 (C2SP tlog-cosignature, type 0x06), where OpenSSL has it: 3.5, Debian 13.
namespace busguard::tlog {
namespace {

constexpr auto scheme = crypto::Scheme::ml_dsa_44;

class MlDsa : public testing::Test {
protected:
    void SetUp() override {
        if (!crypto::supported(scheme)) GTEST_SKIP() << "NOT TESTED: this OpenSSL has no ML-DSA-44";
    }

    static Cosigner cosigner(const std::string& name, unsigned filled) {
        return *Cosigner::make(name, *crypto::PrivateKey::from_raw(scheme, Bytes(32, std::byte(filled))));
    }
    static std::string checkpoint(const std::string& origin, std::uint64_t size, std::byte filled) {
        Checkpoint its{.origin = origin, .head = {.size = size}};
        its.head.root.fill(filled);
        return to_text(its);
    }
    static bool is_good(const VerifierKey& key, const SignatureLine& line, const std::string& text) {
        return static_cast<bool>(verify(Note{text, {line}}, std::span{&key, 1}));
    }
};

TEST_F(MlDsa, KeysGoThereAndBackAsText) {
    const auto its = cosigner("witness.example/w", 1);
    const auto vkey = its.verifier().to_text();
    const auto read = VerifierKey::from_text(vkey);
    ASSERT_TRUE(read) << read.error().what;
    EXPECT_EQ(*read, its.verifier());
    EXPECT_EQ(read->type(), SignatureType::ml_dsa_44_cosignature);
    EXPECT_EQ(read->key().raw()->size(), 1312U);
    // SHA-256(name LF 0x06 key)[:4]
    auto named = to_bytes(as_bytes("witness.example/w\n\x06"));
    append(named, *read->key().raw());
    const auto hash = crypto::digest(crypto::Hash::sha_256, named);
    EXPECT_EQ(to_bytes(hash.view().first(4)),
              (Bytes{std::byte(read->id() >> 24U), std::byte(read->id() >> 16U), std::byte(read->id() >> 8U),
                     std::byte(read->id())}));
    const auto skey = its.to_skey();
    EXPECT_LT(skey.size(), 120U) << "its seed";
    EXPECT_EQ(Cosigner::from_skey(skey)->verifier(), its.verifier());
    EXPECT_EQ(NoteSigner::from_skey(skey).error(), (Error{Errc::unsupported, "signature type"}));
    auto other_id = skey;
    auto& digit = other_id[skey.find('+', 12) + 1];
    digit = digit == '0' ? '1' : '0';
    EXPECT_EQ(Cosigner::from_skey(other_id).error(), (Error{Errc::mismatch, "key ID"}));
}

TEST_F(MlDsa, KeysOfAnotherSizeAreNone) {
    const auto vkey = cosigner("a", 1).verifier();
    EXPECT_EQ(VerifierKey::make("a", SignatureType::ed25519_cosignature, vkey.key()).error(),
              (Error{Errc::mismatch, "key"}));
    EXPECT_EQ(VerifierKey::make("a", vkey.type(), test::key_of(1).public_key()).error(),
              (Error{Errc::mismatch, "key"}));
    for (const auto size : {0U, 31U, 33U, 2560U})
        EXPECT_EQ(crypto::PrivateKey::from_raw(scheme, Bytes(size)).error().code, Errc::bad_field) << size;
    for (const auto size : {0U, 32U, 1311U, 1313U})
        EXPECT_EQ(crypto::PublicKey::from_raw(scheme, Bytes(size)).error().code, Errc::bad_field) << size;
    EXPECT_TRUE(VerifierKey::make(std::string(255, 'a'), vkey.type(), vkey.key()));
    EXPECT_EQ(VerifierKey::make(std::string(256, 'a'), vkey.type(), vkey.key()).error(),
              (Error{Errc::bad_field, "key name"}));
}

// The structure cosigned_message, written down by hand.
TEST_F(MlDsa, SignsWhatTheSpecificationSays) {
    const auto its = cosigner("w", 1);
    const auto line = its.cosign(checkpoint("log", 0x0102, std::byte{7}), test::at(0x6030));
    ASSERT_TRUE(line);
    ASSERT_EQ(line->signature.size(), 8U + 2420U);
    constexpr std::string_view head{
        "subtree/v1\n\0"
        "\1w"
        "\0\0\0\0\0\0\x60\x30"
        "\3log"
        "\0\0\0\0\0\0\0\0"
        "\0\0\0\0\0\0\1\2",
        12 + 2 + 8 + 4 + 8 + 8};
    auto message = to_bytes(as_bytes(head));
    message.resize(message.size() + 32, std::byte{7});
    const auto signature = ByteView{line->signature}.subspan(8);
    EXPECT_TRUE(its.verifier().key().verify(scheme, crypto::Hash::sha_512, message, signature));
    EXPECT_EQ(*cosignature_time(line->signature), test::at(0x6030));
}

TEST_F(MlDsa, CoversNameTimeOriginSizeAndRoot) {
    const auto its = cosigner("w", 1);
    const auto text = checkpoint("log", 5, std::byte{7});
    const auto line = *its.cosign(text, test::at(1000));
    EXPECT_TRUE(is_good(its.verifier(), line, text));
    EXPECT_TRUE(is_good(its.verifier(), line, text + "an extension\n")) << "these it does not cover";
    EXPECT_FALSE(is_good(its.verifier(), line, checkpoint("lof", 5, std::byte{7})));
    EXPECT_FALSE(is_good(its.verifier(), line, checkpoint("log", 6, std::byte{7})));
    EXPECT_FALSE(is_good(its.verifier(), line, checkpoint("log", 5, std::byte{8})));
    auto later = line;
    later.signature[7] ^= std::byte{1};
    EXPECT_FALSE(is_good(its.verifier(), later, text));
    const auto renamed = *VerifierKey::make("v", its.verifier().type(), its.verifier().key());
    auto by_another = line;
    by_another.name = "v";
    by_another.id = renamed.id();
    EXPECT_FALSE(is_good(renamed, by_another, text));
    EXPECT_EQ(its.cosign(checkpoint(std::string(256, 'o'), 5, std::byte{7}), test::at(1)).error(),
              (Error{Errc::bad_field, "origin"}));
    EXPECT_EQ(its.cosign(text, test::at(0)).error(), (Error{Errc::bad_field, "cosignature time"}));
}

TEST_F(MlDsa, StandsBesideEd25519) {
    const std::string text{golden::checkpoint_text};
    auto note = *note_from_text(golden::cosigned());
    const auto its = cosigner("w", 1);
    note.signatures.push_back(*its.cosign(text, test::at(9)));
    const auto read = note_from_text(to_text(note));
    ASSERT_TRUE(read);
    const std::vector keys{test::vkey(golden::log_vkey), test::vkey(golden::witness_vkey), its.verifier()};
    EXPECT_EQ(*verify(*read, keys), (std::vector<Match>{{0, 0}, {1, 1}, {2, 2}}));
}

// Log and witness alike may sign so: tlog-checkpoint, tlog-witness.
TEST_F(MlDsa, MakesAQuorum) {
    const auto log = cosigner("example.com/log", 1);
    const auto witness = cosigner("witness.example/w", 2);
    const auto text = checkpoint("example.com/log", 5, std::byte{7});
    const Note note{text, {*log.cosign(text, test::at(8)), *witness.cosign(text, test::at(9))}};
    const auto policy = WitnessPolicy::from_text(
        "log " + log.verifier().to_text() + "\nwitness w " + witness.verifier().to_text() + "\nquorum w\n",
        "policy");
    ASSERT_TRUE(policy) << policy.error().text();
    const auto trusted = trust_checkpoint(to_text(note), policy->log_keys(), *policy);
    ASSERT_TRUE(trusted);
    ASSERT_EQ(trusted->witnesses().size(), 1U);
    EXPECT_EQ(trusted->witnesses()[0].time, test::at(9));
    const Note without{text, {note.signatures[0]}};
    EXPECT_EQ(trust_checkpoint(to_text(without), policy->log_keys(), *policy).error(),
              (Error{Errc::not_found, "quorum of witnesses"}));
    const auto as_log = "log " + log.verifier().to_text() + "\n";
    const auto as_witness = "witness w " + log.verifier().to_text() + "\n";
    for (const auto& both : {as_log + as_witness, as_witness + as_log}) {
        const auto one_key = WitnessPolicy::from_text(both + "quorum w\n", "policy");
        ASSERT_FALSE(one_key);
        EXPECT_NE(one_key.error().text().find("has the key of a"), std::string::npos)
            << one_key.error().text();
    }
    const auto swapped =
        WitnessPolicy::from_text("log " + log.verifier().to_text() + "\nquorum none\n", "policy");
    EXPECT_FALSE(trust_checkpoint(to_text(Note{text, {note.signatures[1]}}), swapped->log_keys(), *swapped));
}

}  // namespace
}  // namespace busguard::tlog
