#include "trust/anchors.h"

#include "tests/crypto/support.h"

namespace busguard::trust {
namespace {

using crypto::test::ca_spec;
using crypto::test::make;

TEST(Anchors, ComeFromPemAndDerAndKeepTheirProvenance) {
    const auto a = make(ca_spec("A"), nullptr);
    const auto b = make(ca_spec("B"), nullptr);
    Anchors anchors;
    const auto pem = crypto::to_pem(a.certificate) + "text between\n" + crypto::to_pem(b.certificate);
    ASSERT_EQ(*anchors.add(as_bytes(pem), "ab.pem", "file ab.pem"), 2U);
    ASSERT_EQ(*anchors.add(b.certificate.der(), "b.der", "file b.der"), 0U);  // again
    ASSERT_EQ(anchors.size(), 2U);
    EXPECT_EQ(anchors.at(1).certificate, b.certificate);
    EXPECT_EQ(anchors.at(1).provenance, "file ab.pem");
    EXPECT_EQ(anchors.certificates()[0], a.certificate);

    Anchors others;
    auto two = to_bytes(a.certificate.der());
    append(two, b.certificate.der());
    EXPECT_EQ(*others.add(two, "ab.der", "file ab.der"), 2U);
}

TEST(Anchors, MayVouchForTheVendorsOfAllTheirSources) {
    const auto a = make(ca_spec("A"), nullptr).certificate;
    Anchors anchors;
    EXPECT_TRUE(anchors.add(a, "first", {0x1ea5}));
    EXPECT_EQ(anchors.at(0).vendors, (Vendors{0x1ea5}));
    EXPECT_FALSE(anchors.add(a, "second", {0x144d}));
    EXPECT_EQ(anchors.vendors(0), (Vendors{0x144d, 0x1ea5}));
    EXPECT_FALSE(anchors.add(a, "third"));
    EXPECT_EQ(anchors.vendors(0), Vendors{}) << "everybody's";
    EXPECT_FALSE(anchors.add(a, "fourth", {0x1ea5}));
    EXPECT_EQ(anchors.vendors(0), Vendors{}) << "somebody said so";
    EXPECT_EQ(anchors.provenance(0), "first");
}

TEST(Anchors, AreRefusedWithTheFilesName) {
    const auto a = make(ca_spec("A"), nullptr);
    auto cut = to_bytes(a.certificate.der());
    cut.pop_back();
    Anchors anchors;
    for (const auto& file :
         {Bytes{}, cut, to_bytes(as_bytes("hello")), to_bytes(as_bytes("-----BEGIN KEY-----")),
          to_bytes(as_bytes(crypto::to_pem(a.certificate).substr(0, 200)))}) {
        const auto refused = anchors.add(file, "some.pem", "file some.pem");
        ASSERT_FALSE(refused);
        EXPECT_EQ(refused.error().where, "some.pem");
    }
    EXPECT_TRUE(anchors.empty());
}

}  // namespace
}  // namespace busguard::trust
