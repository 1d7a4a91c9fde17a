#include "spdm/dump.h"

#include "base/hex.h"
#include "spdm/authentication.h"
#include "tests/spdm/device.h"

#include <gtest/gtest.h>

#include <algorithm>

namespace busguard::spdm {
namespace {

Bytes from_text(std::string_view text) {
    auto bytes = from_hex(text);
    EXPECT_TRUE(bytes);
    return *std::move(bytes);
}

const DumpedField* field(const DumpedMessage& message, std::string_view name) {
    const auto found = std::ranges::find(message.fields, name, &DumpedField::name);
    return found == message.fields.end() ? nullptr : &*found;
}

std::vector<std::string> names(const std::vector<DumpedMessage>& messages) {
    std::vector<std::string> all;
    for (const auto& one : messages) all.push_back(one.name);
    return all;
}

/// What a device signs when it is asked for everything.
std::vector<Statement> statements(Version version, crypto::Scheme scheme, crypto::Hash hash) {
    test::Counting entropy;
    const auto profile = test::disk(scheme, hash);
    Plan plan;
    plan.offer.versions = {version};
    plan.measure = Plan::Measure::all_at_once;
    Visit visit{{plan, entropy}};
    test::Cable cable{.responder = Responder{profile, entropy}, .meddle = {}};
    EXPECT_TRUE(cable.run(visit));
    return visit.rules().found().statements;
}

/// Whatever the bytes are, each is in one message, and in one field of it.
void expect_every_byte_once(ByteView bytes, const std::vector<DumpedMessage>& messages) {
    std::size_t at = 0;
    for (const auto& message : messages) {
        EXPECT_EQ(message.offset, at);
        std::size_t inside = at;
        for (const auto& one : message.fields) {
            EXPECT_EQ(one.offset, inside) << message.name << "." << one.name;
            inside = one.offset + one.size;
        }
        EXPECT_EQ(inside, message.offset + message.size) << message.name;
        at += message.size;
    }
    EXPECT_EQ(at, bytes.size());
}

// spdm-utils#158: what a real drive answers.
TEST(Dump, NamesEachFieldWithItsMeaning) {
    const auto bytes = from_text("10 04 00 00 00 01 30 12");
    const auto messages = dump(bytes);
    ASSERT_EQ(messages.size(), 1U);
    EXPECT_EQ(messages[0].name, "VERSION");
    ASSERT_TRUE(field(messages[0], "VersionNumberEntry"));
    EXPECT_EQ(field(messages[0], "VersionNumberEntry")->meaning, "1.2 update 3");
    EXPECT_EQ(field(messages[0], "VersionNumberEntry")->offset, 6U);
    EXPECT_EQ(field(messages[0], "RequestResponseCode")->meaning, "VERSION");
    expect_every_byte_once(bytes, messages);
}

TEST(Dump, SaysWhatEachFlagIs) {
    const auto messages = dump(from_text("12610000 00140000 16020000 00120000 00120000"));
    ASSERT_EQ(messages.size(), 1U);
    EXPECT_EQ(field(messages[0], "Flags")->meaning, "CERT | CHAL | MEAS_SIG | KEY_EX");
    EXPECT_EQ(field(messages[0], "CTExponent")->meaning, "2^20 us (1 s)");
    EXPECT_EQ(field(messages[0], "DataTransferSize")->number, 0x1200U);
}

TEST(Dump, NamesTheAlgorithmsOfEachTable) {
    const auto messages =
        dump(from_text("12630100 28000100 02000000 80000000 02000000"
                       "000000000000000000000000 00000000 02201000"));
    ASSERT_EQ(messages.size(), 1U);
    EXPECT_FALSE(messages[0].broken);
    EXPECT_EQ(field(messages[0], "BaseAsymSel")->meaning, "ECDSA-P384");
    EXPECT_EQ(field(messages[0], "BaseHashSel")->meaning, "SHA-384");
    EXPECT_EQ(field(messages[0], "AlgType")->meaning, "DHE");
    EXPECT_EQ(field(messages[0], "AlgSupported")->meaning, "SECP384R1");
}

TEST(Dump, ReadsAnErrorThatAsksForPatience) {
    const auto messages = dump(from_text("127f4200 0a83 01 04"));
    ASSERT_EQ(messages.size(), 1U);
    EXPECT_EQ(field(messages[0], "ErrorCode")->meaning, "ResponseNotReady");
    EXPECT_EQ(field(messages[0], "RequestCode")->meaning, "CHALLENGE");
}

TEST(Dump, FindsTheMessageAfterAnError) {
    const auto messages =
        dump(from_text("127f0300 12830000 " + std::string(64, '5') + "127f4200 0a830104 12ff8301"));
    EXPECT_EQ(names(messages), (std::vector<std::string>{"ERROR", "CHALLENGE", "ERROR", "RESPOND_IF_READY"}));
}

TEST(Dump, FindsOutTheSizesThatNobodyTold) {
    // DIGESTS of one slot with SHA-512, alone.
    const auto bytes = from_text("12010001" + std::string(128, 'a'));
    const auto messages = dump(bytes);
    ASSERT_EQ(messages.size(), 1U);
    EXPECT_EQ(field(messages[0], "Digest")->size, 64U);
    EXPECT_EQ(messages[0].note, "digests of 64 bytes assumed");
    expect_every_byte_once(bytes, messages);
}

TEST(Dump, ReadsAWholeTranscriptWithoutItsSignature) {
    for (const auto& statement :
         statements(Version::v1_3, crypto::Scheme::ecdsa_p384, crypto::Hash::sha_384)) {
        const auto messages = dump(statement.transcript);
        EXPECT_EQ(names(messages).front(), "GET_VERSION");
        for (const auto& one : messages) EXPECT_FALSE(one.broken) << one.name;
        expect_every_byte_once(statement.transcript, messages);
        EXPECT_EQ(messages.back().note, "without the signature");
    }
}

TEST(Dump, ReadsDataObjectsOfAMailbox) {
    const auto bytes = from_text("01000100 03000000 10840000  01000100 04000000 10040000 0001 3012");
    const auto messages = dump(bytes);
    EXPECT_EQ(names(messages),
              (std::vector<std::string>{"DOE header", "GET_VERSION", "DOE header", "VERSION"}));
    expect_every_byte_once(bytes, messages);
}

TEST(Dump, TellsPaddingFromContent) {
    const auto messages = dump(from_text("10840000 000000"));
    EXPECT_EQ(names(messages), (std::vector<std::string>{"GET_VERSION", "padding"}));
}

TEST(Dump, NamesAMessageWhoseLayoutItDoesNotKnow) {
    const auto bytes = from_text("12e40000 0102030405");
    const auto messages = dump(bytes);
    ASSERT_EQ(messages.size(), 1U);
    EXPECT_EQ(messages[0].name, "KEY_EXCHANGE");
    ASSERT_TRUE(messages[0].broken);
    EXPECT_EQ(messages[0].broken->code, Errc::unsupported);
    expect_every_byte_once(bytes, messages);
}

TEST(Dump, ShowsWhereAMessageBreaksOff) {
    const auto bytes = from_text("10040000 0003 0010");
    const auto messages = dump(bytes);
    ASSERT_GE(messages.size(), 1U);
    ASSERT_TRUE(messages[0].broken);
    EXPECT_EQ(messages[0].broken->code, Errc::truncated);
    expect_every_byte_once(bytes, messages);
}

TEST(Dump, ShowsWhatIsNoMessageAtAll) {
    const auto bytes = from_text("ffee0102");
    const auto messages = dump(bytes);
    EXPECT_EQ(names(messages), (std::vector<std::string>{"unread bytes"}));
    expect_every_byte_once(bytes, messages);
}

TEST(Dump, CutsMeasurementBlocksApart) {
    // Two blocks: a digest, and a raw security version.
    const auto record = std::string{"01010700 01 0400 aabbccdd"} + "07010b00 87 0800 0c00000000000000";
    const auto bytes = from_text("11600000 02 1a0000" + record + std::string(64, '0') + "0000");
    const auto messages = dump(bytes);
    ASSERT_EQ(messages.size(), 1U);
    EXPECT_FALSE(messages[0].broken);
    const auto& fields = messages[0].fields;
    const auto svn = std::ranges::find(fields, "security version 12", &DumpedField::meaning);
    ASSERT_NE(svn, fields.end());
    EXPECT_EQ(svn->name, "DMTFSpecMeasurementValue");
    expect_every_byte_once(bytes, messages);
}

TEST(Dump, NeverLosesAByteOfATranscriptThatIsCutOrFlipped) {
    const auto whole =
        statements(Version::v1_2, crypto::Scheme::ecdsa_p256, crypto::Hash::sha_256).front().transcript;
    for (std::size_t size = 0; size < whole.size(); size += 7) {
        const auto cut = ByteView{whole}.first(size);
        expect_every_byte_once(cut, dump(cut));
    }
    for (std::size_t at = 0; at < whole.size(); at += 5) {
        auto flipped = whole;
        flipped[at] ^= std::byte{0x41};
        expect_every_byte_once(flipped, dump(flipped));
    }
}

}  // namespace
}  // namespace busguard::spdm
