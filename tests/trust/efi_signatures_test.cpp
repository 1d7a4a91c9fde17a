#include "trust/efi_signatures.h"

#include "base/hex.h"
#include "tests/crypto/support.h"

#include <gtest/gtest.h>

/// Variables of the firmware, as efivarfs gives them (UEFI 2.10 32.4.1).
namespace busguard::trust {
namespace {

using crypto::test::ca_spec;
using crypto::test::make;

// As the specification writes them; what is in memory has the first three fields in little-endian order.
const Bytes x509 = *from_hex("a159c0a5e494a74a87b5ab155c2bf072");
const Bytes sha256 = *from_hex("2616c4c14c509240aca941f936934328");
const Bytes microsoft =
    *from_hex("bd9afa775903324dbd6028f4e78f784b");  // 77fa9abd-0359-4d32-bd60-28f4e78f784b

void append_number(Bytes& bytes, std::size_t number) {
    for (unsigned n = 0; n < 4; ++n) bytes.push_back(static_cast<std::byte>(number >> (8U * n)));
}

Bytes list(const Bytes& type, const std::vector<Bytes>& data, std::size_t header = 0) {
    const auto size = 16 + data.front().size();
    Bytes bytes = type;
    append_number(bytes, 28 + header + (data.size() * size));
    append_number(bytes, header);
    append_number(bytes, size);
    bytes.resize(bytes.size() + header);
    for (const auto& one : data) {
        append(bytes, microsoft);
        append(bytes, one);
    }
    return bytes;
}

Bytes variable(const std::vector<Bytes>& lists) {
    Bytes bytes;
    append_number(bytes, 0x27);
    for (const auto& one : lists) append(bytes, one);
    return bytes;
}

Bytes certificate(const std::string& name) {
    return to_bytes(make(ca_spec(name), nullptr).certificate.der());
}

TEST(EfiSignatures, AreTakenFromEveryList) {
    const auto one = certificate("One");
    const auto two = certificate("Two");
    const auto file =
        variable({list(x509, {one}), list(sha256, {Bytes(32), Bytes(32)}), list(x509, {two}, 8)});
    const auto found = efi_certificates(file);
    ASSERT_TRUE(found) << found.error().what;
    ASSERT_EQ(found->size(), 2U);
    EXPECT_TRUE(same((*found)[0].certificate.der(), one));
    EXPECT_TRUE(same((*found)[1].certificate.der(), two));
    EXPECT_EQ((*found)[0].owner, "77fa9abd-0359-4d32-bd60-28f4e78f784b");
}

TEST(EfiSignatures, MayBeNone) {
    EXPECT_TRUE(efi_certificates(variable({}))->empty());
    EXPECT_TRUE(efi_certificates(variable({list(x509, {Bytes(40)})}))->empty()) << "no certificate";
}

TEST(EfiSignatures, AreWithinTheirLists) {
    const auto file = variable({list(x509, {certificate("One")})});
    for (std::size_t size = 0; size < file.size(); ++size) {
        const auto found = efi_certificates(ByteView{file}.first(size));
        EXPECT_EQ(static_cast<bool>(found), size == 4) << size;
    }
    const auto with = [&](std::size_t offset, std::byte value) {
        auto changed = file;
        changed[offset] = value;
        const auto found = efi_certificates(changed);
        return found ? Error{} : found.error();
    };
    EXPECT_EQ(with(4 + 16 + 3, std::byte{0x80}), (Error{Errc::bad_field, "SignatureListSize", 4}));
    EXPECT_EQ(with(4 + 20 + 3, std::byte{0x80}), (Error{Errc::bad_field, "SignatureHeaderSize", 4}));
    EXPECT_EQ(with(4 + 24 + 3, std::byte{0x80}), (Error{Errc::bad_field, "SignatureSize", 4}));
    // Of a size that holds no owner, or nothing beside him: none of these may be taken apart, and each has to
    // end.
    for (const unsigned size : {0U, 1U, 2U, 4U, 8U, 16U}) {
        auto small = variable({list(x509, {Bytes(48)})});
        std::fill_n(small.begin() + 4 + 24, 4, std::byte{0});
        small[4 + 24] = static_cast<std::byte>(size);
        EXPECT_EQ(efi_certificates(small).error(), (Error{Errc::bad_field, "SignatureSize", 4})) << size;
    }
}

TEST(EfiSignatures, AreInVariablesThatSayWhomToTrust) {
    EXPECT_EQ(efi_variable_file("db"), "db-d719b2cb-3d3a-4596-a3bc-dad00e67656f");
    EXPECT_EQ(efi_variable_file("MokListRT"), "MokListRT-605dab50-e046-4300-abb6-3dd810dd8b23");
    EXPECT_EQ(efi_variable_file("dbx"), "");
    EXPECT_EQ(efi_variable_file("../../etc/passwd"), "");
}

}  // namespace
}  // namespace busguard::trust
