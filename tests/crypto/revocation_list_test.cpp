#include "crypto/revocation_list.h"

#include "crypto/issue.h"
#include "tests/crypto/support.h"

#include <gmock/gmock.h>

/// Revocation lists that an authority signed, and that others would like to have.
namespace busguard::crypto {
namespace {

using test::ca_spec;
using test::date;
using test::make;
using test::Node;

const Node& root() {
    static const Node node = make(ca_spec("Root"), nullptr);
    return node;
}

Node leaf(std::byte serial) {
    auto its = test::spec("Device");
    its.serial = {serial};
    return make(its, &root());
}

Bytes list(const RevocationListSpec& spec, const Node& by = root()) {
    auto made = issue_list(spec, by.certificate, by.key, Hash::sha_384);
    EXPECT_TRUE(made) << (made ? "" : made.error().what);
    return made ? *std::move(made) : Bytes{};
}

RevocationListSpec month(std::vector<Certificate> revoked = {}) {
    return {.this_update = date(2026, 11, 1),
            .next_update = date(2026, 12, 1),
            .revoked = std::move(revoked),
            .extra = {}};
}

RevocationList parsed(const Bytes& der) {
    auto made = RevocationList::parse(der);
    EXPECT_TRUE(made) << (made ? "" : made.error().what);
    return *std::move(made);
}

TEST(RevocationList, NamesWhatWasRevokedAndNothingElse) {
    const auto one = leaf(std::byte{7});
    const auto two = leaf(std::byte{8});
    const auto its = parsed(list(month({one.certificate})));
    EXPECT_TRUE(its.revokes(one.certificate));
    EXPECT_FALSE(its.revokes(two.certificate));
    EXPECT_EQ(its.issuer(), root().certificate.subject());
    EXPECT_EQ(its.this_update(), date(2026, 11, 1));
    EXPECT_EQ(its.next_update(), date(2026, 12, 1));
    EXPECT_FALSE(parsed(list(month())).revokes(one.certificate));
}

TEST(RevocationList, NeedNotSayWhenTheNextOneComes) {
    auto spec = month();
    spec.next_update.reset();
    EXPECT_EQ(parsed(list(spec)).next_update(), std::nullopt);
}

TEST(RevocationList, IsItsIssuersAlone) {
    const auto its = parsed(list(month()));
    EXPECT_TRUE(its.names_issuer(root().certificate));
    EXPECT_TRUE(its.is_signed_by(root().certificate));
    EXPECT_TRUE(its.is_signed_by(root().certificate)) << "as remembered";
    const auto namesake = make(ca_spec("Root"), nullptr);
    EXPECT_TRUE(its.names_issuer(namesake.certificate));
    EXPECT_FALSE(its.is_signed_by(namesake.certificate));
    EXPECT_TRUE(its.is_signed_by(root().certificate)) << "after somebody else was asked about";
    EXPECT_FALSE(its.names_issuer(make(ca_spec("Other"), nullptr).certificate));
}

TEST(RevocationList, NeedsAKeyThatMaySignLists) {
    auto spec = ca_spec("Root without lists");
    spec.key_usage = KeyUsage::key_cert_sign;
    const auto without = make(spec, nullptr);
    EXPECT_FALSE(parsed(list(month(), without)).is_signed_by(without.certificate));
    spec.key_usage.reset();
    const auto unsaid = make(spec, nullptr);
    EXPECT_TRUE(parsed(list(month(), unsaid)).is_signed_by(unsaid.certificate));
}

TEST(RevocationList, OfEachKindOfKeyIsVerified) {
    for (const auto scheme : {Scheme::ecdsa_p256, Scheme::rsassa_3072, Scheme::ed25519}) {
        const auto by = make(ca_spec("Root"), nullptr, scheme);
        EXPECT_TRUE(parsed(list(month(), by)).is_signed_by(by.certificate)) << name(scheme);
    }
}

TEST(RevocationList, ThatSaysLessThanAllIsNotTakenForAll) {
    auto spec = month();
    // deltaCRLIndicator (RFC 5280 5.2.4): critical, BaseCRLNumber 1
    spec.extra.push_back({"2.5.29.27", true, {std::byte{2}, std::byte{1}, std::byte{1}}});
    const auto made = RevocationList::parse(list(spec));
    ASSERT_FALSE(made);
    EXPECT_EQ(made.error(), (Error{Errc::unsupported, "crlExtensions"}));
}

TEST(RevocationList, WithAnyByteChangedIsRefusedOrSomebodyElses) {
    const auto der = list(month({leaf(std::byte{7}).certificate}));
    for (std::size_t n = 0; n < der.size(); ++n) {
        auto changed = der;
        changed[n] ^= std::byte{0x01};
        const auto its = RevocationList::parse(changed);
        EXPECT_FALSE(its && its->names_issuer(root().certificate) && its->is_signed_by(root().certificate))
            << "byte " << n;
    }
}

TEST(RevocationList, IsExactlyOne) {
    auto der = list(month());
    for (std::size_t size = 0; size < der.size(); ++size)
        ASSERT_FALSE(RevocationList::parse(ByteView{der}.first(size))) << size;
    der.push_back(std::byte{0});
    EXPECT_EQ(RevocationList::parse(der).error().code, Errc::trailing_bytes);
    EXPECT_EQ(RevocationList::parse(Bytes(largest_revocation_list + 1)).error().code, Errc::too_large);
}

TEST(RevocationList, ComesInAFileOfEitherForm) {
    const auto der = list(month());
    EXPECT_EQ(read_revocation_lists(der)->size(), 1U);
    EXPECT_EQ(read_revocation_lists(as_bytes("no list")).error().code, Errc::bad_field);
    EXPECT_EQ(read_revocation_lists(as_bytes(to_pem(root().certificate))).error(),
              (Error{Errc::not_found, "X509 CRL"}));
    if (!test::have_openssl()) GTEST_SKIP() << "NOT TESTED: PEM, without the openssl program";
    const test::Scratch scratch;
    const auto file = scratch.write("list.der", der);
    ASSERT_TRUE(test::openssl("crl -inform DER -in " + file + " -out " + scratch.path("list.pem")));
    auto pem = scratch.read("list.pem");
    append(pem, Bytes{pem});
    EXPECT_EQ(read_revocation_lists(pem)->size(), 2U);
    const auto ca = scratch.write("ca.pem", as_bytes(to_pem(root().certificate)));
    EXPECT_TRUE(test::openssl("crl -inform DER -noout -CAfile " + ca + " -in " + file))
        << "OpenSSL takes it too";
}

}  // namespace
}  // namespace busguard::crypto
