#include "crypto/ocsp_response.h"

#include "tests/crypto/answer.h"

#include <gmock/gmock.h>

/// What an authority answered about its certificates, and what others would like it to have answered.
namespace busguard::crypto {
namespace {

using test::Answer;
using test::answer;
using test::ca_spec;
using test::date;
using test::make;
using test::Node;
using Said = OcspResponse::Said;

constexpr auto ocsp_signing = "1.3.6.1.5.5.7.3.9";

const Node& root() {
    static const Node node = make(ca_spec("Root"), nullptr);
    return node;
}

Node leaf(std::byte serial, const Node& by = root()) {
    auto its = test::spec("Device");
    its.serial = {serial};
    return make(its, &by);
}

OcspResponse parsed(const Bytes& der) {
    auto made = OcspResponse::parse(der);
    EXPECT_TRUE(made) << (made ? "" : made.error().what);
    return *std::move(made);
}

CertificateSpec delegate_spec() {
    auto its = test::spec("Who answers for Root");
    its.serial = {std::byte{99}};
    its.not_before = date(2026, 10, 1);
    its.not_after = date(2026, 12, 31);
    its.key_usage = KeyUsage::digital_signature;
    its.extended_key_usage = {ocsp_signing};
    return its;
}

TEST(OcspResponse, SaysOfEachCertificateWhatTheAuthorityAnswered) {
    const auto good = leaf(std::byte{7});
    const auto revoked = leaf(std::byte{8});
    const auto unknown = leaf(std::byte{9});
    Answer its{.about = {{good.certificate, Answer::Status::good},
                         {revoked.certificate, Answer::Status::revoked},
                         {unknown.certificate, Answer::Status::unknown}}};
    auto read = parsed(answer(its, root()));
    const auto said = [&](Said::Status status) {
        return std::vector{
            Said{.status = status, .this_update = date(2026, 11, 1), .next_update = its.next_update}};
    };
    EXPECT_EQ(read.about(good.certificate, root().certificate), said(Said::Status::good));
    EXPECT_EQ(read.about(revoked.certificate, root().certificate), said(Said::Status::revoked));
    EXPECT_EQ(read.about(unknown.certificate, root().certificate), said(Said::Status::unknown));
    EXPECT_EQ(read.about(leaf(std::byte{10}).certificate, root().certificate), std::vector<Said>{});
    its.next_update.reset();
    EXPECT_EQ(parsed(answer(its, root())).about(good.certificate, root().certificate).front().next_update,
              std::nullopt);
}

// A serial number is one issuer's: the same number, even the same name of the issuer, is another certificate.
TEST(OcspResponse, DoesNotSpeakOfAnotherIssuersCertificate) {
    const auto mine = leaf(std::byte{7});
    const auto namesake = make(ca_spec("Root"), nullptr);
    const auto read = parsed(answer({.about = {{mine.certificate, Answer::Status::revoked}}}, root()));
    EXPECT_EQ(read.about(mine.certificate, root().certificate).size(), 1U);
    EXPECT_EQ(read.about(leaf(std::byte{7}, namesake).certificate, namesake.certificate),
              std::vector<Said>{});
    const auto other = make(ca_spec("Other"), nullptr);
    EXPECT_EQ(read.about(leaf(std::byte{7}, other).certificate, other.certificate), std::vector<Said>{});
}

TEST(OcspResponse, IsItsIssuersAlone) {
    for (const bool by_key : {false, true}) {
        const auto its =
            parsed(answer({.about = {{leaf(std::byte{7}).certificate}}, .by_key = by_key}, root()));
        EXPECT_TRUE(its.is_signed_by(root().certificate, date(2026, 11, 22)));
        EXPECT_TRUE(its.is_signed_by(root().certificate, date(2026, 11, 22))) << "as remembered";
        const auto namesake = make(ca_spec("Root"), nullptr);
        EXPECT_FALSE(its.is_signed_by(namesake.certificate, date(2026, 11, 22)));
        EXPECT_TRUE(its.is_signed_by(root().certificate, std::nullopt))
            << "after somebody else was asked about";
    }
}

TEST(OcspResponse, MayComeFromWhomTheIssuerLetsAnswer) {
    const auto delegate = make(delegate_spec(), &root());
    const auto its = parsed(answer({.about = {{leaf(std::byte{7}).certificate}}}, root(), delegate));
    EXPECT_TRUE(its.is_signed_by(root().certificate, date(2026, 11, 22)));
    EXPECT_TRUE(its.is_signed_by(root().certificate, std::nullopt));
    EXPECT_FALSE(its.is_signed_by(root().certificate, date(2026, 9, 30))) << "not yet";
    EXPECT_FALSE(its.is_signed_by(root().certificate, date(2027, 1, 1))) << "no more";
    EXPECT_FALSE(its.is_signed_by(make(ca_spec("Root"), nullptr).certificate, std::nullopt));
}

// RFC 6960 4.2.2.2: a device's own certificate, of the same issuer, vouches for nobody.
TEST(OcspResponse, FromWhomTheIssuerDidNotLetAnswerIsNone) {
    const auto refused = [](const CertificateSpec& spec, const Node& by) {
        const auto its =
            parsed(answer({.about = {{leaf(std::byte{7}).certificate}}}, root(), make(spec, &by)));
        return !its.is_signed_by(root().certificate, date(2026, 11, 22));
    };
    EXPECT_FALSE(refused(delegate_spec(), root()));
    auto spec = delegate_spec();
    spec.extended_key_usage = {};
    EXPECT_TRUE(refused(spec, root()));
    spec.extended_key_usage = {"1.3.6.1.5.5.7.3.1", "2.5.29.37.0"};  // serverAuth, any
    EXPECT_TRUE(refused(spec, root()));
    spec = delegate_spec();
    spec.key_usage = KeyUsage::key_agreement;
    EXPECT_TRUE(refused(spec, root()));
    EXPECT_TRUE(refused(delegate_spec(), make(ca_spec("Root"), nullptr))) << "a namesake's delegate";
    EXPECT_TRUE(refused(delegate_spec(), make(ca_spec("Other"), nullptr)));
    const auto below = make(ca_spec("Below"), &root());
    EXPECT_TRUE(refused(delegate_spec(), below)) << "one step too far";
}

TEST(OcspResponse, SignedWithShaOneIsNotBelieved) {
    const auto by = [](const char* hash) {
        const auto its = parsed(answer({.about = {{leaf(std::byte{7}).certificate}}, .hash = hash}, root()));
        return its.is_signed_by(root().certificate, std::nullopt);
    };
    EXPECT_TRUE(by("SHA256"));
    EXPECT_FALSE(by("SHA1"));
}

// RSASSA-PSS names its hash elsewhere.
TEST(OcspResponse, SignedWithShaOneInRsassaPssIsNotBelieved) {
    const auto rsa = make(ca_spec("Root"), nullptr, Scheme::rsassa_2048);
    const auto device = leaf(std::byte{7}, rsa);
    const auto by = [&](const char* hash) {
        const auto its = parsed(answer({.about = {{device.certificate}}, .hash = hash, .pss = true}, rsa));
        return its.is_signed_by(rsa.certificate, std::nullopt);
    };
    EXPECT_TRUE(by("SHA256"));
    EXPECT_TRUE(by("SHA384"));
    EXPECT_FALSE(by("SHA1"));
}

TEST(OcspResponse, WithAnyByteChangedSaysNothingElse) {
    const auto device = leaf(std::byte{7});
    const auto der = answer({.about = {{device.certificate, Answer::Status::revoked}}}, root());
    const auto whole = parsed(der).about(device.certificate, root().certificate);
    for (std::size_t n = 0; n < der.size(); ++n) {
        auto changed = der;
        changed[n] ^= std::byte{0x01};
        const auto its = OcspResponse::parse(changed);
        if (!its || !its->is_signed_by(root().certificate, std::nullopt)) continue;
        EXPECT_EQ(its->about(device.certificate, root().certificate), whole) << "byte " << n;
    }
}

TEST(OcspResponse, IsExactlyOneThatAnswers) {
    Answer its{.about = {{leaf(std::byte{7}).certificate}}};
    auto der = answer(its, root());
    for (std::size_t size = 0; size < der.size(); ++size)
        ASSERT_FALSE(OcspResponse::parse(ByteView{der}.first(size))) << size;
    der.push_back(std::byte{0});
    EXPECT_EQ(OcspResponse::parse(der).error().code, Errc::trailing_bytes);
    EXPECT_EQ(OcspResponse::parse(Bytes(largest_ocsp_response + 1)).error().code, Errc::too_large);
    EXPECT_EQ(OcspResponse::parse(test::no_answer()).error(),
              (Error{Errc::unsupported, "responseStatus", 0, 3}));
    its.critical_extension = "1.2.3.4";
    EXPECT_EQ(OcspResponse::parse(answer(its, root())).error(),
              (Error{Errc::unsupported, "responseExtensions"}));
    its.critical_extension.clear();
    its.critical_of_each = "1.2.3.4";
    EXPECT_EQ(OcspResponse::parse(answer(its, root())).error(),
              (Error{Errc::unsupported, "singleExtensions"}));
}

// A responder that nobody here wrote, though of the same library: the openssl program's.
TEST(OcspResponse, OfTheOpensslProgramIsRead) {
    if (!test::have_openssl()) GTEST_SKIP() << "NOT TESTED: no openssl program";
    const test::Scratch scratch;
    const auto device = leaf(std::byte{7});
    const auto revoked = leaf(std::byte{8});
    const auto delegate = make(delegate_spec(), &root());
    const auto ca = scratch.write("ca.pem", as_bytes(to_pem(root().certificate)));
    const auto signer = scratch.write("signer.pem", as_bytes(to_pem(delegate.certificate)));
    const auto key = scratch.write("key.pem", as_bytes(delegate.key.to_pem()));
    const auto index =
        scratch.write("index.txt", as_bytes("V\t400101000000Z\t\t07\tunknown\t/CN=Device\n"
                                            "R\t400101000000Z\t261101000000Z\t08\tunknown\t/CN=Device\n"));
    ASSERT_TRUE(test::openssl("ocsp -index " + index + " -CA " + ca + " -issuer " + ca + " -rsigner " +
                              signer + " -rkey " + key +
                              " -serial 0x07 -serial 0x08 -serial 0x09 -ndays 30 -no_nonce -respout " +
                              scratch.path("answer.ors")));
    const auto its = parsed(scratch.read("answer.ors"));
    EXPECT_TRUE(its.is_signed_by(root().certificate, date(2026, 11, 22)));
    EXPECT_EQ(its.about(device.certificate, root().certificate).front().status, Said::Status::good);
    const auto said = its.about(revoked.certificate, root().certificate).front();
    EXPECT_EQ(said.status, Said::Status::revoked);
    EXPECT_EQ(*said.next_update - said.this_update, std::chrono::days{30});
    EXPECT_EQ(its.about(leaf(std::byte{9}).certificate, root().certificate).front().status,
              Said::Status::unknown);
}

}  // namespace
}  // namespace busguard::crypto
