#include "base/hex.h"
#include "tests/crypto/support.h"

namespace busguard::crypto {
namespace {

using test::ca_spec;
using test::date;
using test::make;
using test::spec;

Bytes bytes(std::initializer_list<unsigned> values) {
    Bytes made;
    for (auto value : values) made.push_back(static_cast<std::byte>(value));
    return made;
}

TEST(Certificate, TellsWhatItSays) {
    auto wanted = ca_spec("Device");
    wanted.serial = bytes({0x00, 0x9f, 0x01});
    wanted.path_length = 3;
    wanted.not_before = date(1969, 7, 20) + std::chrono::seconds{73058};
    wanted.not_after = date(9999, 12, 31) + std::chrono::seconds{86399};
    wanted.extended_key_usage = {"1.3.6.1.5.5.7.3.1", "1.3.6.1.4.1.412.274.3"};
    wanted.other_names = {{"1.3.6.1.4.1.412.274.1", "ACME:WIDGET:1234567890"},
                          {"2.23.147", "Vendor=1234:Device=5678"}};
    wanted.extra = {{"1.3.6.1.4.1.412.274.6", false, bytes({0x30, 0x00})}};
    const auto parsed_before = parse_count();
    const auto root = make(wanted, nullptr);
    const auto& certificate = root.certificate;
    EXPECT_EQ(parse_count(), parsed_before + 1);

    EXPECT_EQ(certificate.subject(), "CN=Device,O=Busguard Test");
    EXPECT_EQ(certificate.issuer(), certificate.subject());
    EXPECT_TRUE(certificate.self_issued());
    EXPECT_EQ(certificate.serial(), "9f01");
    EXPECT_EQ(certificate.not_before(), wanted.not_before);
    EXPECT_EQ(certificate.not_after(), wanted.not_after);
    EXPECT_EQ(certificate.version(), 3);
    EXPECT_EQ(certificate.basic_constraints_ca(), true);
    EXPECT_EQ(certificate.path_length(), 3U);
    EXPECT_EQ(certificate.key_usage(), KeyUsage::key_cert_sign | KeyUsage::crl_sign);
    EXPECT_EQ(names(*certificate.key_usage()), (std::vector<std::string_view>{"keyCertSign", "cRLSign"}));
    EXPECT_EQ(certificate.extended_key_usage(), wanted.extended_key_usage);
    EXPECT_EQ(certificate.other_names(), wanted.other_names);
    EXPECT_EQ(certificate.extensions().back(), wanted.extra.front());
    EXPECT_EQ(certificate.extensions().front().oid, "2.5.29.19");
    EXPECT_TRUE(certificate.extensions().front().critical);
    EXPECT_EQ(certificate.subject_key_id().size(), 20U);
    EXPECT_EQ(certificate.authority_key_id(), certificate.subject_key_id());
    EXPECT_EQ(certificate.signature_algorithm(), "ecdsa-with-SHA384");
    EXPECT_EQ(*certificate.public_key(), root.key.public_key());
    EXPECT_EQ(certificate.fingerprint(Hash::sha_256), digest(Hash::sha_256, certificate.der()));
    EXPECT_EQ(parse_count(), parsed_before + 1) << "no question parses again";

    const auto copy = certificate;
    EXPECT_EQ(copy.der().data(), certificate.der().data()) << "a copy shares";
}

TEST(Certificate, TellsWhatItDoesNotSay) {
    const auto leaf = make(spec("Plain"), nullptr).certificate;
    EXPECT_EQ(leaf.basic_constraints_ca(), std::nullopt);
    EXPECT_EQ(leaf.path_length(), std::nullopt);
    EXPECT_EQ(leaf.key_usage(), std::nullopt);
    EXPECT_TRUE(leaf.extended_key_usage().empty());
    EXPECT_TRUE(leaf.other_names().empty());
    auto ca_false = spec("Leaf");
    ca_false.ca = false;
    EXPECT_EQ(make(ca_false, nullptr).certificate.basic_constraints_ca(), false);
}

TEST(Certificate, CopesWithEveryCentury) {
    for (const auto& [from, to] : {std::pair{date(1950, 1, 1), date(1970, 1, 1)},
                                   {date(2049, 12, 31), date(2050, 1, 1)},
                                   {date(1900, 3, 1), date(2100, 2, 28)},
                                   {date(2000, 2, 29), date(9999, 12, 31)}}) {
        auto wanted = spec("Century");
        wanted.not_before = from;
        wanted.not_after = to;
        const auto certificate = make(wanted, nullptr).certificate;
        EXPECT_EQ(certificate.not_before(), from);
        EXPECT_EQ(certificate.not_after(), to);
    }
}

TEST(Certificate, EscapesHostileNames) {
    auto wanted = spec("x");
    wanted.subject = {{"CN", std::string{"a\nb\x1b[31m,O=\"Bank\"\0c", 19}},
                      {"O",
                       "Stra\xc3\x9f"
                       "e \x7f"}};
    const auto certificate = make(wanted, nullptr).certificate;
    const auto text = certificate.subject();
    for (const char c : text) EXPECT_TRUE(c >= 0x20 && c < 0x7f) << text;
    EXPECT_NE(text.find("a\\0Ab\\1B[31m\\,O=\\\"Bank\\\"\\00c"), std::string::npos) << text;
    EXPECT_NE(text.find("Stra\\C3\\9Fe"), std::string::npos) << text;
}

TEST(Certificate, ListsOnlyOtherNamesThatAreUtf8Text) {
    auto wanted = spec("Names");
    wanted.other_names = {
        {"2.23.147", "first"}, {"1.2.3", "\xff\xfe"}, {"1.2.4", std::string{"nul\0nul", 7}}, {"1.2.5", ""}};
    const auto found = make(wanted, nullptr).certificate.other_names();
    ASSERT_EQ(found.size(), 3U);
    EXPECT_EQ(found[0], (OtherName{"2.23.147", "first"}));
    EXPECT_EQ(found[1].utf8.size(), 7U);
    EXPECT_EQ(found[2].oid, "1.2.5");
}

TEST(Certificate, RefusesTheSameExtensionTwice) {
    auto wanted = spec("Twice");
    wanted.extra = {{"1.2.3.4", false, bytes({5, 0})}, {"1.2.3.4", false, bytes({5, 0})}};
    const auto& key = test::other_key();
    const auto der = issue(wanted, key.public_key(), nullptr, key, Hash::sha_384);
    ASSERT_TRUE(der);
    EXPECT_EQ(Certificate::parse(*der).error(), (Error{Errc::bad_field, "extensions"}));
}

TEST(Certificate, RefusesAKnownExtensionThatDoesNotParse) {
    for (const auto* oid : {"2.5.29.19", "2.5.29.15", "2.5.29.37", "2.5.29.17"}) {
        auto wanted = spec("Broken");
        wanted.extra = {{oid, false, bytes({0x30, 0x05, 0x01})}};
        const auto& key = test::other_key();
        const auto der = issue(wanted, key.public_key(), nullptr, key, Hash::sha_384);
        ASSERT_TRUE(der);
        const auto parsed = Certificate::parse(*der);
        ASSERT_FALSE(parsed) << oid;
        EXPECT_EQ(parsed.error().what, "extensions");
    }
}

TEST(Certificate, RefusesMoreExtensionsThanAnyoneUses) {
    auto wanted = spec("Many");
    for (int n = 0; n < 200; ++n)
        wanted.extra.push_back({"1.2.3." + std::to_string(n), false, bytes({5, 0})});
    const auto& key = test::other_key();
    const auto der = issue(wanted, key.public_key(), nullptr, key, Hash::sha_384);
    ASSERT_TRUE(der);
    EXPECT_EQ(Certificate::parse(*der).error(), (Error{Errc::too_large, "extensions"}));
}

TEST(Certificate, IsExactlyOneInDer) {
    const auto certificate = make(spec("Exact"), nullptr).certificate;
    auto der = to_bytes(certificate.der());
    der.push_back(std::byte{0});
    EXPECT_EQ(Certificate::parse(der).error(), (Error{Errc::trailing_bytes, "Certificate", der.size() - 1}));
    der.resize(der.size() - 2);
    EXPECT_EQ(Certificate::parse(der).error().code, Errc::truncated);
    EXPECT_EQ(Certificate::parse({}).error().code, Errc::truncated);
    EXPECT_EQ(Certificate::parse(Bytes(largest_certificate + 1)).error().code, Errc::too_large);

    // BER: the outer SEQUENCE with a length byte more than needed
    Bytes ber = bytes({0x30, 0x83, 0x00});
    append(ber, certificate.der().subspan(2));
    EXPECT_EQ(Certificate::parse(ber).error(), (Error{Errc::bad_field, "Certificate", 1}));
}

TEST(Certificate, IsDerAroundTheSignedPartToo) {
    const auto der = to_bytes(make(spec("Exact"), nullptr, Scheme::ecdsa_p256).certificate.der());
    ASSERT_EQ(der[1], std::byte{0x82});
    auto at = 4 + *der_length(ByteView{der}.subspan(4));  // tbsCertificate,
    at += *der_length(ByteView{der}.subspan(at));         // signatureAlgorithm, signatureValue
    ASSERT_EQ(der[at], std::byte{0x03});
    auto ber = der;  // a length byte more than needed
    ber.insert(ber.begin() + static_cast<std::ptrdiff_t>(at) + 1, std::byte{0x81});
    ber[3] = static_cast<std::byte>(std::to_integer<unsigned>(ber[3]) + 1);
    ASSERT_NE(ber[3], std::byte{0});
    EXPECT_EQ(Certificate::parse(ber).error(), (Error{Errc::bad_field, "Certificate"}));

    auto other_algorithm = der;  // ecdsa-with-SHA384 becomes SHA512 outside what is signed
    const auto inner = 4 + *der_length(ByteView{der}.subspan(4));
    ASSERT_EQ(other_algorithm[inner + 11], std::byte{3});
    other_algorithm[inner + 11] = std::byte{4};
    EXPECT_EQ(Certificate::parse(other_algorithm).error(), (Error{Errc::mismatch, "signatureAlgorithm"}));
}

TEST(Certificate, HasExtensionsInVersion3Alone) {
    auto der = to_bytes(make(spec("Old"), nullptr).certificate.der());
    const auto version = bytes({0xa0, 0x03, 0x02, 0x01, 0x02});
    const auto at = std::ranges::search(der, version).begin();
    ASSERT_NE(at, der.end());
    *(at + 4) = std::byte{1};
    EXPECT_EQ(Certificate::parse(der).error(), (Error{Errc::bad_field, "version"}));
    *(at + 4) = std::byte{7};
    EXPECT_EQ(Certificate::parse(der).error(), (Error{Errc::bad_field, "version"}));
}

TEST(Certificate, HasDatesInRfc5280sFormsAlone) {
    auto wanted = spec("Dated");
    wanted.not_after = date(2060, 1, 1);
    const auto der = to_bytes(make(wanted, nullptr).certificate.der());
    const auto change = [&](std::string_view from, std::string_view to) {
        auto altered = der;
        const auto at = std::ranges::search(altered, as_bytes(from)).begin();
        std::ranges::copy(as_bytes(to), at);
        const auto parsed = Certificate::parse(altered);
        return parsed ? std::string_view{"accepted"} : parsed.error().what;
    };
    EXPECT_EQ(change("200101000000Z", "210228235959Z"), "accepted");
    for (const auto* bad :
         {"210229000000Z", "201301000000Z", "200100000000Z", "200101240000Z", "200101006000Z",
          "200101000060Z", "200101000000+", "20010100000 Z", "2001010000+1Z"})
        EXPECT_EQ(change("200101000000Z", bad), "notBefore") << bad;
    EXPECT_EQ(change("20600101000000Z", "20600101000000z"), "notAfter");
    EXPECT_EQ(change("20600101000000Z", "206001010000.5Z"), "notAfter");
}

TEST(Certificate, SurvivesEveryFlippedByte) {
    const auto root = make(ca_spec("Root"), nullptr);
    auto wanted = spec("Leaf");
    wanted.ca = false;
    wanted.key_usage = KeyUsage::digital_signature;
    wanted.extended_key_usage = {"1.3.6.1.5.5.7.3.1"};
    wanted.other_names = {{"2.23.147", "text"}};
    const auto leaf = make(wanted, &root);
    const auto der = to_bytes(leaf.certificate.der());
    const std::vector<Certificate> anchors{root.certificate};
    int parsed = 0;
    for (std::size_t n = 0; n < der.size(); ++n) {
        for (const unsigned mask : {0x01U, 0x80U, 0xffU}) {
            auto altered = der;
            altered[n] ^= static_cast<std::byte>(mask);
            const auto certificate = Certificate::parse(altered);
            if (!certificate) continue;
            ++parsed;
            static_cast<void>(certificate->subject() + certificate->issuer() + certificate->serial() +
                              certificate->signature_algorithm());
            static_cast<void>(certificate->extended_key_usage());
            static_cast<void>(certificate->other_names());
            static_cast<void>(certificate->extensions());
            static_cast<void>(certificate->authority_key_id());
            const std::vector<Certificate> path{root.certificate, *certificate};
            const auto result = verify_path(path, anchors, {.at = date(2030, 1, 1)});
            EXPECT_FALSE(result) << "byte " << n << " flipped by " << mask << " was accepted";
        }
    }
    EXPECT_GT(parsed, 300) << "the flips have to reach beyond the parser";
}

TEST(Certificate, SurvivesEveryTruncation) {
    const auto der = to_bytes(make(spec("Short"), nullptr).certificate.der());
    for (std::size_t n = 0; n < der.size(); ++n) EXPECT_FALSE(Certificate::parse(ByteView{der}.first(n)));
}

// Defect D35: a certificate whose DER length leads beyond the chain's end.
TEST(Chain, D35EndsWhereItsBytesEnd) {
    const auto root = make(ca_spec("Root"), nullptr);
    const auto leaf = make(spec("Leaf"), &root);
    Bytes chain = to_bytes(root.certificate.der());
    append(chain, leaf.certificate.der());
    const auto split = split_chain(chain);
    ASSERT_TRUE(split);
    ASSERT_EQ(split->size(), 2U);
    EXPECT_EQ((*split)[0], root.certificate);
    EXPECT_EQ((*split)[1], leaf.certificate);
    EXPECT_TRUE(split_chain({})->empty());

    const auto second = root.certificate.der().size();
    auto longer = chain;
    longer[second + 3] = static_cast<std::byte>(std::to_integer<unsigned>(longer[second + 3]) + 1);
    EXPECT_EQ(split_chain(longer).error(), (Error{Errc::truncated, "Certificate", chain.size()}));
    auto trailing = chain;
    trailing.push_back(std::byte{0});
    EXPECT_EQ(split_chain(trailing).error(), (Error{Errc::truncated, "Certificate", trailing.size()}));
    trailing.push_back(std::byte{0});
    EXPECT_EQ(split_chain(trailing).error(), (Error{Errc::bad_field, "Certificate", chain.size()}));
    for (std::size_t n = 0; n < chain.size(); ++n) {
        const auto part = split_chain(ByteView{chain}.first(n));
        EXPECT_EQ(static_cast<bool>(part), n == 0 || n == second) << n;
    }
}

TEST(Chain, HoldsABoundedNumberOfCertificates) {
    const auto one = make(spec("One"), nullptr).certificate;
    Bytes many;
    for (std::size_t n = 0; n <= most_in_chain; ++n) append(many, one.der());
    EXPECT_EQ(split_chain(many).error().code, Errc::too_large);
}

TEST(DerLength, ReadsTheShortestDefiniteFormAlone) {
    EXPECT_EQ(*der_length(bytes({0x30, 0x00})), 2U);
    EXPECT_EQ(*der_length(bytes({0x30, 0x01, 0x05, 0xff})), 3U);
    Bytes long_form = bytes({0x30, 0x81, 0x80});
    long_form.resize(3 + 0x80);
    EXPECT_EQ(*der_length(long_form), 3U + 0x80U);
    EXPECT_EQ(der_length(bytes({0x30})).error().code, Errc::truncated);
    EXPECT_EQ(der_length({}).error().code, Errc::truncated);
    EXPECT_EQ(der_length(bytes({0x30, 0x82, 0x01})).error().code, Errc::truncated);
    EXPECT_EQ(der_length(bytes({0x30, 0x02, 0x05})).error().code, Errc::truncated);
    EXPECT_EQ(der_length(bytes({0x31, 0x00})).error().code, Errc::bad_field);
    EXPECT_EQ(der_length(bytes({0x30, 0x80, 0x00, 0x00})).error().code, Errc::bad_field);
    EXPECT_EQ(der_length(bytes({0x30, 0x81, 0x01, 0x00})).error().code, Errc::bad_field);
    EXPECT_EQ(der_length(bytes({0x30, 0x82, 0x00, 0x80})).error().code, Errc::bad_field);
    EXPECT_EQ(der_length(bytes({0x30, 0x84, 0xff, 0xff, 0xff, 0xff})).error().code, Errc::too_large);
    EXPECT_EQ(der_length(bytes({0x30, 0x88, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff})).error().code,
              Errc::too_large);
}

TEST(PemBundle, KeepsOrderAndPassesOverTheRest) {
    const auto a = make(spec("A"), nullptr);
    const auto b = make(spec("B"), nullptr);
    const auto text =
        "a comment\n" + to_pem(b.certificate) + a.key.to_pem() + "\n# more\n" + to_pem(a.certificate);
    const auto bundle = parse_pem_bundle(text);
    ASSERT_TRUE(bundle);
    EXPECT_EQ(*bundle, (std::vector{b.certificate, a.certificate}));
    EXPECT_EQ(parse_pem_bundle("").error().code, Errc::not_found);
    EXPECT_EQ(parse_pem_bundle(a.key.to_pem()).error().code, Errc::not_found);
    EXPECT_EQ(parse_pem_bundle(text.substr(0, text.size() - 10)).error().code, Errc::bad_field) << "cut off";
    EXPECT_FALSE(parse_pem_bundle("-----BEGIN CERTIFICATE-----\n!!!!\n-----END CERTIFICATE-----\n"));
    EXPECT_FALSE(parse_pem_bundle("-----BEGIN CERTIFICATE-----\nMAA=\n-----END CERTIFICATE-----\n"));
}

}  // namespace
}  // namespace busguard::crypto
