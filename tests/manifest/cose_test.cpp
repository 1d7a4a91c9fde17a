#include "tests/crypto/support.h"
#include "tests/manifest/support.h"

/// Signed CoRIM: signatures made by openssl over structures made by cbor2.
namespace busguard::manifest {
namespace {

using crypto::test::date;
using test::only;
using test::read;
using test::refusal;
using test::remarks;
using test::trusting;
using testing::Contains;
using testing::ElementsAre;
using testing::HasSubstr;

TEST(SignedCorim, IsTakenWhenAnAnchorVouchesForItsSigner) {
    for (const auto* name :
         {"signed", "signed-of-earlier-draft", "signed-chain-protected", "signed-leaf-alone"}) {
        const auto manifest = read(name, trusting("root-certificate", date(2027, 1, 1)));
        EXPECT_EQ(only(manifest).values, test::four()) << name;
        EXPECT_THAT(remarks(manifest),
                    ElementsAre("signed by CN=Manifest signer,O=ACME, trusted by the file root-certificate"))
            << name;
    }
    EXPECT_TRUE(read("signed", trusting("signer-certificate")));
}

TEST(SignedCorim, IsHeldToTheAnchorsKeysWhenItNamesNoCertificate) {
    EXPECT_THAT(remarks(read("signed-without-chain", trusting("signer-certificate"))),
                Contains("signed by CN=Manifest signer,O=ACME, trusted by the file signer-certificate"));
    EXPECT_THAT(refusal(read("signed-without-chain", trusting("root-certificate"))),
                HasSubstr("does not verify by the key of any anchor"));
    EXPECT_FALSE(read("signed-without-chain", trusting("signer-certificate", date(2080, 1, 1))));
}

TEST(SignedCorim, SaysThatNobodyVouchesForItWithoutAnchors) {
    EXPECT_THAT(remarks(read("signed")),
                Contains(HasSubstr("signed by CN=Manifest signer,O=ACME, for whom nobody vouches")));
    EXPECT_THAT(remarks(read("signed-without-chain")),
                Contains(HasSubstr("signed, and nobody has verified that")));
}

TEST(SignedCorim, IsRefusedWhenTheSignatureDoesNotVerify) {
    for (const auto* name : {"signed-by-another-key", "signed-something-else"}) {
        EXPECT_THAT(refusal(read(name)), HasSubstr("does not verify by the key of CN=Manifest signer"))
            << name;
        EXPECT_THAT(refusal(read(name, trusting("root-certificate"))), HasSubstr("does not verify")) << name;
    }
}

TEST(SignedCorim, IsRefusedWhenItsSignerIsNotTrusted) {
    Signers others;
    const auto stranger = crypto::test::make(crypto::test::ca_spec("Stranger"), nullptr);
    others.anchors.add(stranger.certificate, "stranger");
    EXPECT_THAT(refusal(read("signed", others)), HasSubstr("is not trusted: untrusted_root"));
    EXPECT_THAT(refusal(read("signed-without-chain", others)),
                HasSubstr("does not verify by the key of any anchor"));
    EXPECT_THAT(refusal(read("signed", trusting("root-certificate", date(2080, 1, 1)))),
                HasSubstr("expired"));
    for (const auto& signers : {Signers{}, trusting("root-certificate")})
        EXPECT_THAT(refusal(read("signed-by-who-may-not", signers)), HasSubstr("may not sign"));
}

TEST(SignedCorim, IsRefusedWhenItCannotBeUnderstood) {
    const auto signers = trusting("root-certificate");
    EXPECT_THAT(refusal(read("signed-critical", signers)), HasSubstr("crit"));
    EXPECT_THAT(refusal(read("signed-hash-only", signers)), HasSubstr("payload_hash_alg"));
    EXPECT_THAT(refusal(read("signed-detached", signers)), HasSubstr("payload"));
    EXPECT_THAT(refusal(read("signed-unknown-algorithm", signers)), HasSubstr("alg"));
}

TEST(SignedCorim, IsNotValidOutsideTheDatesThatItsSignerGave) {
    for (const auto* name : {"signed-in-2027", "signed-in-2027-by-corim-meta"}) {
        EXPECT_THAT(refusal(read(name, trusting("root-certificate", date(2026, 12, 1)))),
                    HasSubstr("is not valid before 2027"))
            << name;
        EXPECT_THAT(refusal(read(name, trusting("root-certificate", date(2028, 1, 1)))),
                    HasSubstr("was valid until 2027"))
            << name;
        EXPECT_TRUE(read(name, trusting("root-certificate", date(2027, 6, 1)))) << name;
        EXPECT_TRUE(read(name, trusting("root-certificate"))) << name;
    }
}

/// What is accepted after a change is what was signed: bytes that nobody signs (the root's signature on
/// itself) say nothing.
TEST(SignedCorim, NeverGivesOtherValuesAfterAFlippedByte) {
    const auto signers = trusting("root-certificate");
    const auto whole = test::vector("signed");
    const auto honest = only(references_from(whole, "signed", signers));
    std::size_t accepted = 0;
    for (std::size_t at = 0; at < whole.size(); ++at) {
        auto flipped = whole;
        flipped[at] ^= std::byte{0x01};
        const auto manifest = references_from(flipped, "signed", signers);
        if (!manifest) continue;
        ++accepted;
        EXPECT_EQ(manifest->references, std::vector{honest}) << at;
    }
    EXPECT_LT(accepted, whole.size() / 2);
}

}  // namespace
}  // namespace busguard::manifest
