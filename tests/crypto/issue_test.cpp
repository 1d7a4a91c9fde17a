#include "tests/crypto/support.h"

namespace busguard::crypto {
namespace {

using test::ca_spec;
using test::key_of;
using test::spec;

TEST(Issue, EverySchemeSignsCertificatesThatVerify) {
    for (auto scheme : all_schemes) {
        const auto& key = key_of(scheme);
        const auto root_der = issue(ca_spec("Root"), key.public_key(), nullptr, key, Hash::sha_384);
        ASSERT_TRUE(root_der) << name(scheme);
        const auto root = *Certificate::parse(*root_der);
        const auto leaf_der =
            issue(spec("Leaf"), key_of(Scheme::ecdsa_p256).public_key(), &root, key, Hash::sha_512);
        ASSERT_TRUE(leaf_der) << name(scheme);
        const std::vector path{root, *Certificate::parse(*leaf_der)};
        EXPECT_EQ(path[1].authority_key_id(), root.subject_key_id());
        const auto result = verify_path(path, {&root, 1}, {.at = test::date(2030, 1, 1)});
        EXPECT_TRUE(result) << name(scheme) << ": " << (result ? "" : result.error().detail);
    }
}

TEST(Issue, NeverGivesACertificateThatCannotBeVerified) {
    for (auto scheme : {Scheme::rsassa_2048, Scheme::ecdsa_p384}) {
        for (auto hash : all_hashes) {
            const auto& key = key_of(scheme);
            const auto der = issue(ca_spec("Root"), key.public_key(), nullptr, key, hash);
            if (der) {
                const auto root = *Certificate::parse(*der);
                const auto leaf =
                    Certificate::parse(*issue(spec("Leaf"), key.public_key(), &root, key, hash));
                EXPECT_TRUE(verify_path({&*leaf, 1}, {&root, 1}, {.at = test::date(2030, 1, 1)}))
                    << name(hash);
            } else {
                EXPECT_EQ(der.error().code, Errc::unsupported) << name(hash);
            }
        }
    }
}

TEST(Issue, RefusesWhatMakesNoCertificate) {
    const auto& key = test::other_key();
    const auto refused = [&](auto change) {
        auto wanted = spec("Bad");
        change(wanted);
        const auto made = issue(wanted, key.public_key(), nullptr, key, Hash::sha_384);
        return made ? Error{} : made.error();
    };
    EXPECT_EQ(refused([](auto& s) { s.subject.clear(); }).what, "subject");
    EXPECT_EQ(refused([](auto& s) { s.subject = {{"C", "Germany"}}; }).what, "subject");
    EXPECT_EQ(refused([](auto& s) { s.subject = {{"nonsense", "x"}}; }).what, "subject");
    EXPECT_EQ(refused([](auto& s) { s.serial.clear(); }).what, "serialNumber");
    EXPECT_EQ(refused([](auto& s) { s.serial = Bytes(4); }).what, "serialNumber");
    EXPECT_EQ(refused([](auto& s) { s.serial = Bytes(21, std::byte{1}); }).what, "serialNumber");
    EXPECT_EQ(refused([](auto& s) { s.not_after = test::date(2019, 1, 1); }).what, "notAfter");
    EXPECT_EQ(refused([](auto& s) { s.not_after = test::date(10000, 1, 1); }).what, "notAfter");
    EXPECT_EQ(refused([](auto& s) { s.extended_key_usage = {"serverAuth"}; }).what, "extKeyUsage");
    EXPECT_EQ(refused([](auto& s) { s.other_names = {{"not an oid", "x"}}; }).what, "subjectAltName");
    EXPECT_EQ(refused([](auto& s) { s.extra = {{"", false, {}}}; }).what, "extensions");
}

TEST(Issue, RefusesAKeyThatIsNotTheIssuers) {
    const auto root = test::make(ca_spec("Root"), nullptr);
    const auto& key = test::other_key();
    EXPECT_EQ(issue(spec("Leaf"), key.public_key(), &root.certificate, key, Hash::sha_384).error(),
              (Error{Errc::mismatch, "issuer key"}));
    EXPECT_EQ(issue(spec("Self"), root.key.public_key(), nullptr, key, Hash::sha_384).error().code,
              Errc::mismatch);
}

TEST(Issue, SetsEveryKeyUsage) {
    for (unsigned bit = 0; bit < 9; ++bit) {
        auto wanted = spec("Usage");
        wanted.key_usage =
            bit == 8 ? KeyUsage::decipher_only | KeyUsage::key_agreement : static_cast<KeyUsage>(1U << bit);
        EXPECT_EQ(test::make(wanted, nullptr).certificate.key_usage(), wanted.key_usage) << bit;
    }
}

TEST(Issue, MakesCertificatesThatTheOpensslProgramAccepts) {
    if (!test::have_openssl()) GTEST_SKIP() << "SKIPPED: no openssl program";
    const auto root = test::make(ca_spec("Root"), nullptr);
    const auto middle = test::make(ca_spec("Middle"), &root);
    auto wanted = spec("Leaf");
    wanted.ca = false;
    wanted.not_after = test::date(9999, 12, 31);
    wanted.key_usage = KeyUsage::digital_signature;
    wanted.other_names = {{"2.23.147", "text"}};
    const auto leaf = test::make(wanted, &middle);
    const test::Scratch scratch;
    const auto at = scratch.write("root.pem", as_bytes(to_pem(root.certificate)));
    const auto between = scratch.write("middle.pem", as_bytes(to_pem(middle.certificate)));
    const auto end = scratch.write("leaf.pem", as_bytes(to_pem(leaf.certificate)));
    EXPECT_TRUE(test::openssl("verify -x509_strict -CAfile " + at + " -untrusted " + between + " " + end));
    EXPECT_FALSE(test::openssl("verify -x509_strict -CAfile " + at + " " + end));
}

}  // namespace
}  // namespace busguard::crypto
