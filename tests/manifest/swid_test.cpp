#include "base/hex.h"
#include "evidence/nvidia.h"
#include "tests/evidence/support.h"
#include "tests/manifest/support.h"

#include <fmt/format.h>

/// SWID RIMs: one that xmlsec1 signed (vectors.py), and one of NVIDIA's.
namespace busguard::manifest {
namespace {

using crypto::test::date;
using test::only;
using test::refusal;
using test::remarks;
using test::sha384;
using test::trusting;
using test::value;
using testing::Contains;
using testing::ElementsAre;
using testing::HasSubstr;

Checked<Manifest> read_tag(std::string_view text, const Signers& signers = {},
                           const std::string& where = "disk.swidtag") {
    return references_from(as_bytes(text), where, signers);
}

std::string replaced(std::string text, std::string_view from, std::string_view to) {
    const auto at = text.find(from);
    EXPECT_NE(at, std::string::npos) << from;
    return at == std::string::npos ? text : text.replace(at, from.size(), to);
}

constexpr std::string_view space = "http://standards.iso.org/iso/19770/-2/2015/schema.xsd";

std::string row(int index, std::string_view rest) {
    return fmt::format(R"(<Resource type="Measurement" index="{}" {}/>)", index, rest);
}
std::string hashed(std::string_view text) { return to_hex(sha384(text)); }

/// A tag that nobody signed.
std::string tag(const std::string& rows, std::string_view manufacturer = "ACME",
                std::string_view version = "7") {
    return fmt::format(R"(<SoftwareIdentity xmlns="{}" name="DISK" tagId="disk-7" version="1.0">
<Meta xmlns:r="urn:rim" r:PlatformManufacturerStr="{}" r:PlatformModel="DISK" colloquialVersion="{}"/>
<Payload xmlns:h="http://www.w3.org/2001/04/xmlenc#sha384">{}</Payload></SoftwareIdentity>)",
                       space, manufacturer, version, rows);
}
std::string active(int index, std::string_view of) {
    return row(index, fmt::format(R"(active="True" alternatives="1" h:Hash0="{}")", hashed(of)));
}

TEST(Swid, GivesItsActiveRows) {
    const auto rows = active(1, "one") + row(2, R"(active="False" alternatives="1" h:Hash0="00")") +
                      row(3, fmt::format(R"(active="true" alternatives="2" h:Hash0="{}" h:Hash1="{}")",
                                         hashed("a"), hashed("b"))) +
                      R"(<Resource type="License" name="x"/>)";
    const auto manifest = read_tag(tag(rows));
    EXPECT_EQ(only(manifest), (appraisal::Reference{
                                  .name = "disk-7",
                                  .applies_to = {{"product", "ACME:DISK"}},
                                  .hash = "sha384",
                                  .values = {value(1, {sha384("one")}), value(3, {sha384("a"), sha384("b")})},
                                  .not_judged = {2}}));
    EXPECT_THAT(remarks(manifest), ElementsAre("disk-7: rows that are not active are not judged: 1",
                                               "unsigned: taken because it was named"));
}

TEST(Swid, CountsRowsOfNvidiaFromZeroAndKnowsTheBoardByTheFilesName) {
    const auto nvidia = tag(active(0, "one") + active(11, "two"), "NVIDIA Corporation", "96.00.5e.00.01");
    for (const auto* where :
         {"/tmp/1010_0200_882_96005E0001_PROD.swidtag", "NV_GPU_VBIOS_1010_0200_882_96005E0001.xml"}) {
        const auto reference = only(read_tag(nvidia, {}, where));
        EXPECT_EQ(reference.applies_to,
                  (std::map<std::string, std::string>{{"nvidia", "1010_0200_882_96005E0001"}}))
            << where;
        auto wanted = std::vector{value(1, {sha384("one")}), value(12, {sha384("two")})};
        for (auto& row : wanted) row.type = spdm::MeasurementType::mutable_firmware;
        EXPECT_EQ(reference.values, wanted) << where;
    }
    for (const auto* where :
         {"rim.swidtag", "1010_0200_882_96009F0001.swidtag", "200_882_96005E0001", "", "96005E0001_1_2_3"})
        EXPECT_THAT(refusal(read_tag(nvidia, {}, where)), HasSubstr("does not say for which board this is"))
            << where;
}

TEST(Swid, RefusesRowsThatAreNotAsTheyHaveToBe) {
    const std::vector<std::pair<std::string, std::string>> cases{
        {active(0, "one"), "index: is none of SPDM's"},
        {active(255, "one"), "index: is none of SPDM's"},
        {active(1, "one") + active(1, "one"), "index: occurs twice"},
        {row(1, R"(active="maybe" alternatives="1")"), "active: "},
        {row(1, R"(alternatives="1")"), "active: "},
        {row(1, R"(active="True")"), "alternatives: "},
        {row(1, R"(active="True" alternatives="0")"), "alternatives: "},
        {row(1, R"(active="True" alternatives="99999999999999999999")"), "alternatives: "},
        {row(1, R"(active="True" alternatives="257")"), "alternatives: "},
        {row(1, R"(active="True" alternatives="1")"), "Hash0: is missing"},
        {row(1, R"(active="True" alternatives="1" h:Hash0="00")"), "Hash0: is no sha384 digest"},
        {row(1, R"(active="True" alternatives="1" h:Hash0="zz")"), "Hash0: is no sha384 digest"},
        {row(1, R"(active="True" alternatives="1" xmlns:o="urn:x#md5" o:Hash0="00")"),
         "Hash0: has no hash algorithm"},
        {active(1, "one") +
             row(2, fmt::format(R"(active="True" alternatives="1" xmlns:o="urn:x#sha256" o:Hash0="{}")",
                                std::string(64, '0'))),
         "Hash0: is of another algorithm"},
        {"", "no reference values come of it"}};
    for (const auto& [rows, why] : cases) EXPECT_THAT(refusal(read_tag(tag(rows))), HasSubstr(why)) << rows;
}

TEST(Swid, RefusesTagsThatDoNotSayWhatTheyAreFor) {
    const auto good = tag(active(1, "one"));
    EXPECT_TRUE(read_tag(good));
    EXPECT_THAT(refusal(read_tag(replaced(good, "r:PlatformModel=\"DISK\"", ""))),
                HasSubstr("manufacturer and model"));
    EXPECT_THAT(refusal(read_tag(replaced(good, "r:PlatformManufacturerStr=\"ACME\"", ""))),
                HasSubstr("manufacturer and model"));
    EXPECT_THAT(refusal(read_tag(replaced(good, "schema.xsd", "other.xsd"))), HasSubstr("is no SWID tag"));
    EXPECT_THAT(refusal(read_tag(replaced(good, "</Payload>", "</Payload><Payload/>"))),
                HasSubstr("Payload: there has to be one"));
    EXPECT_THAT(refusal(read_tag(replaced(good, "<Meta", "<Other"))), HasSubstr("Meta: there has to be one"));
}

TEST(Swid, TakesNoDocumentTypeAndNoBrokenXml) {
    const auto good = tag(active(1, "one"));
    EXPECT_THAT(refusal(read_tag("<!DOCTYPE x [<!ENTITY a \"b\">]>" + good)), HasSubstr("DOCTYPE"));
    EXPECT_THAT(
        refusal(read_tag("<?xml version=\"1.0\"?><!DOCTYPE SoftwareIdentity SYSTEM \"file:///etc/passwd\">" +
                         good)),
        HasSubstr("DOCTYPE"));
    EXPECT_FALSE(read_tag("<"));
    EXPECT_FALSE(read_tag("<a>"));
    EXPECT_FALSE(read_tag(good + "<b/>"));
    EXPECT_FALSE(read_tag(replaced(good, "ACME", "&a;")));
    EXPECT_FALSE(read_tag(replaced(good, "ACME", std::string(1, '\0'))));
    std::string deep;
    for (int n = 0; n < 5000; ++n) deep += "<a>";
    EXPECT_FALSE(read_tag(deep));
}

TEST(SignedSwid, IsTakenWhenAnAnchorVouchesForItsSigner) {
    const auto text = test::file("signed.swidtag");
    const auto manifest = read_tag(text, trusting("root-certificate", date(2027, 1, 1)));
    EXPECT_EQ(only(manifest).values, (std::vector{value(2, {sha384("2")}), value(4, {sha384("4")})}));
}

TEST(SignedSwid, SaysThatNobodyVouchesForItWithoutAnchors) {
    EXPECT_THAT(remarks(read_tag(test::file("signed.swidtag"))),
                Contains(HasSubstr("for whom nobody vouches")));
}

TEST(SignedSwid, IsRefusedAfterAChange) {
    const auto text = test::file("signed.swidtag");
    const auto digest = hashed("2");
    for (const auto& changed :
         {replaced(text, digest, hashed("x")), replaced(text, R"(active="False")", R"(active="True")"),
          replaced(text, R"(PlatformModel="DISK")", R"(PlatformModel="DISC")"),
          replaced(text, "</n8060:Payload>", "<n8060:Resource/></n8060:Payload>")})
        for (const auto& signers : {Signers{}, trusting("root-certificate")})
            EXPECT_THAT(refusal(read_tag(changed, signers)),
                        HasSubstr("does not verify by the key of CN=Manifest signer"));
}

TEST(SignedSwid, IsRefusedWhenItsSignerIsNotTrusted) {
    const auto text = test::file("signed.swidtag");
    Signers others;
    others.anchors.add(crypto::test::make(crypto::test::ca_spec("Stranger"), nullptr).certificate,
                       "stranger");
    EXPECT_THAT(refusal(read_tag(text, others)), HasSubstr("is not trusted: untrusted_root"));
    EXPECT_THAT(refusal(read_tag(text, trusting("root-certificate", date(2080, 1, 1)))),
                HasSubstr("expired"));
    EXPECT_THAT(refusal(read_tag(replaced(text, "<ds:X509Data>", "<ds:Other>"), others)), HasSubstr("XML"));
}

/// XML signature wrapping: what is signed has to be what is read.
TEST(SignedSwid, IsRefusedUnlessItCoversTheWholeDocument) {
    const auto text = test::file("signed.swidtag");
    const auto refused = [&](const std::string& changed) {
        EXPECT_THAT(refusal(read_tag(changed, trusting("root-certificate"))),
                    HasSubstr("does not cover the whole document"))
            << changed;
    };
    refused(replaced(text, R"(<ds:Reference URI="">)", R"(<ds:Reference URI="#x">)"));
    refused(replaced(text, R"(<ds:Reference URI="">)", R"(<ds:Reference>)"));
    refused(replaced(text, "<ds:Reference URI", "<ds:Reference URI=\"\"/><ds:Reference URI"));
    refused(replaced(text, "http://www.w3.org/2000/09/xmldsig#enveloped-signature",
                     "http://www.w3.org/TR/1999/REC-xslt-19991116"));
    const auto signature =
        text.substr(text.find("<ds:Signature "), text.rfind("</n8060:") - text.find("<ds:Signature "));
    EXPECT_THAT(
        refusal(read_tag(replaced(text, signature, signature + signature), trusting("root-certificate"))),
        HasSubstr("there is more than one"));
}

TEST(SignedSwid, IsRefusedWithoutItsCertificateAndWithWeakAlgorithms) {
    const auto text = test::file("signed.swidtag");
    const auto info =
        text.substr(text.find("<ds:KeyInfo>"), text.find("</ds:Signature>") - text.find("<ds:KeyInfo>"));
    EXPECT_THAT(refusal(read_tag(replaced(text, info, ""))),
                HasSubstr("comes without the signer's certificate"));
    EXPECT_THAT(
        refusal(read_tag(replaced(text, info, "<ds:KeyInfo><ds:KeyName>x</ds:KeyName></ds:KeyInfo>"))),
        HasSubstr("comes without the signer's certificate"));
    EXPECT_FALSE(read_tag(replaced(text, "xmldsig-more#ecdsa-sha384", "xmldsig-more#ecdsa-sha1")));
    EXPECT_FALSE(read_tag(replaced(text, "xmldsig-more#sha384", "xmldsig#sha1")));
}

/// Nobody signs the XML declaration and the signature element, which may break into a file that is not
/// signed.
TEST(SignedSwid, NeverGivesOtherValuesAfterAFlippedByte) {
    const auto signers = trusting("root-certificate");
    const auto text = test::file("signed.swidtag");
    const auto honest = only(read_tag(text, signers));
    const auto begin = text.find("<n8060:SoftwareIdentity");
    const auto end = text.find("<ds:Signature ");
    for (std::size_t at = 0; at < text.size(); at += 3) {
        auto flipped = text;
        flipped[at] = static_cast<char>(flipped[at] ^ 0x01);
        const auto manifest = read_tag(flipped, signers);
        if (!manifest) continue;
        EXPECT_EQ(manifest->references, std::vector{honest}) << at;
        EXPECT_TRUE(at < begin || at >= end) << "a signed byte changed: " << at;
    }
}

/// The developers' data: a RIM as NVIDIA published it.
struct Rim {
    std::string text, where;
    Signers signers;
};
std::optional<Rim> rim(std::optional<std::chrono::sys_seconds> at = std::nullopt) {
    const auto folder = crypto::test::shared_data() / "nvidia-hopper";
    const auto path = folder / "1010_0200_882_96005E0001_PROD.swidtag";
    if (!std::filesystem::exists(path)) return std::nullopt;
    Rim its{
        .text = std::string{as_text(crypto::test::read_file(path))}, .where = path, .signers = {.at = at}};
    // Its fourth certificate is the root.
    std::size_t begin = 0;
    constexpr std::string_view open = "<ds:X509Certificate>";
    for (int n = 0; n < 4; ++n) begin = its.text.find(open, begin) + open.size();
    auto base64 = its.text.substr(begin, its.text.find('<', begin) - begin);
    std::erase(base64, '\n');
    EXPECT_TRUE(its.signers.anchors.add(*from_base64(base64), "root", "the vendor's root"));
    EXPECT_EQ(to_hex(its.signers.anchors.certificates()[0].fingerprint(crypto::Hash::sha_256).view()),
              "12977b5115acb0381179279fffeb5a8c4d264971ebb32298023a465fa41df5d1");
    return its;
}

TEST(NvidiaRim, GivesItsTwelveActiveRowsWhenItsRootIsTrusted) {
    const auto its = rim();
    NEEDS_SHARED_DATA(its);
    const auto manifest = read_tag(its->text, its->signers, its->where);
    const auto reference = only(manifest);
    EXPECT_EQ(reference.hash, "sha384");
    EXPECT_EQ(reference.applies_to,
              (std::map<std::string, std::string>{{"nvidia", "1010_0200_882_96005E0001"}}));
    std::vector<int> indices;
    for (const auto& one : reference.values) indices.push_back(one.index);
    EXPECT_THAT(indices, ElementsAre(1, 2, 3, 4, 5, 6, 7, 9, 10, 11, 12, 13));
    EXPECT_EQ(reference.values[0].any_of, (std::vector<Bytes>{Bytes(48)}));
    EXPECT_EQ(reference.values[11].any_of.size(), 4U);
    EXPECT_THAT(remarks(manifest), Contains(HasSubstr("trusted by the vendor's root")));
    EXPECT_THAT(remarks(manifest), Contains(HasSubstr("rows that are not active are not judged: 52")));
}

TEST(NvidiaRim, DoesNotHoldInactiveRowsAgainstADevice) {
    const auto its = rim();
    NEEDS_SHARED_DATA(its);
    const auto reference = only(read_tag(its->text, its->signers, its->where));
    EXPECT_EQ(reference.not_judged.size(), 52U);
    std::vector<spdm::MeasurementBlock> measured;
    for (const auto& row : reference.values)
        measured.push_back({row.index, spdm::MeasurementType::mutable_firmware, false, row.any_of.back()});
    for (const auto index : reference.not_judged)
        measured.push_back(
            {index, spdm::MeasurementType::mutable_firmware, false, Bytes(48, std::byte{index})});
    const auto failures = [&] {
        const auto checks = appraisal::compare(reference, reference.applies_to, "sha384", measured);
        return std::ranges::count(checks, Outcome::fail, &Check::outcome);
    };
    EXPECT_EQ(failures(), 0);
    measured.push_back({65, spdm::MeasurementType::mutable_firmware, false, Bytes(48)});
    EXPECT_EQ(failures(), 1);
}

TEST(NvidiaRim, IsHeldToTheDatesOnlyWhenATimeIsGiven) {
    const auto then = rim(date(2024, 6, 1));
    NEEDS_SHARED_DATA(then);
    EXPECT_TRUE(read_tag(then->text, then->signers, then->where));
    const auto now = rim(date(2026, 11, 25));
    EXPECT_THAT(refusal(read_tag(now->text, now->signers, now->where)), HasSubstr("expired"));
}

TEST(NvidiaRim, IsRefusedAfterOneChangedDigit) {
    const auto its = rim();
    NEEDS_SHARED_DATA(its);
    const auto changed = replaced(its->text, R"(Hash0="c3f65ef7)", R"(Hash0="c3f65ef8)");
    EXPECT_THAT(refusal(read_tag(changed, its->signers, its->where)), HasSubstr("does not verify"));
    EXPECT_THAT(refusal(read_tag(changed, {}, its->where)), HasSubstr("does not verify"));
}

TEST(NvidiaRim, ForAnotherFirmwareIsNoReferenceAndNotAMismatch) {
    const auto its = rim();
    const auto sample = evidence::test::hopper();
    NEEDS_SHARED_DATA(its && sample);
    const auto record = evidence::nvidia::read_report(sample->report, "report", sample->chain, "chain");
    ASSERT_TRUE(record);
    const auto bundle = evidence::bundle_of(*record, {.device = "gpu", .transport = "file"});
    const auto identity = appraisal::identity_of(bundle);
    const auto reference = only(read_tag(its->text, its->signers, its->where));
    auto checks = appraisal::compare(reference, identity, "sha384", bundle.measurements);
    ASSERT_EQ(checks.size(), 1U);
    EXPECT_EQ(checks[0].reason, "measurement.no-reference");

    // Compared all the same, these are the rows that differ (the reader's own rows 1, 2, 9 and 11, counted
    // from 0).
    std::vector<std::string_view> differ;
    auto forced = reference;
    forced.applies_to.clear();
    for (const auto& check : appraisal::compare(forced, identity, "sha384", bundle.measurements))
        if (check.reason == "measurement.mismatch") differ.push_back(check.name);
    EXPECT_THAT(differ, ElementsAre("measurement.2", "measurement.3", "measurement.10", "measurement.12"));
}

}  // namespace
}  // namespace busguard::manifest
