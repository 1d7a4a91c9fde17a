#include "spdm/codec.h"

#include "base/hex.h"
#include "spdm/measurement_record.h"
#include "spdm/transcript.h"

#include <gtest/gtest.h>

#include <array>

namespace busguard::spdm {
namespace {

Bytes hex(std::string_view text) {
    auto bytes = from_hex(text);
    EXPECT_TRUE(bytes);
    return *std::move(bytes);
}

Shape shape(Version version) { return {.version = version, .hash = 48}; }

// --- What must not compile
// -------------------------------------------------------------------------------------
template <class T, class... Arguments>
concept Recordable = requires(T transcript, Arguments... arguments) { transcript.record(arguments...); };

static_assert(Recordable<Transcript, OnWire<msg::GetVersion>, Received<msg::Versions>>);
static_assert(Recordable<Transcript, Received<msg::GetVersion>, OnWire<msg::Versions>>);
static_assert(!Recordable<Transcript, OnWire<msg::GetVersion>, OnWire<msg::Versions>>);  // both our own
static_assert(!Recordable<Transcript, ByteView, ByteView>);                              // loose bytes
static_assert(
    !Recordable<Transcript, OnWire<msg::GetVersion>, Received<msg::Capabilities>>);        // another's answer
static_assert(!Recordable<Transcript, OnWire<msg::Versions>, Received<msg::GetVersion>>);  // wrong way round
static_assert(
    !std::is_constructible_v<OnWire<msg::Versions>, msg::Versions, Bytes, std::size_t>);  // forged bytes
static_assert(!std::is_convertible_v<std::uint32_t, Flags<Cap>>);
static_assert(!std::is_convertible_v<Flags<Cap>, Flags<BaseHash>>);

// --- Golden bytes: reference/spdm.md 15 and 16, seen on the wire of other implementations
// ----------------------
TEST(Codec, WritesGetVersionAsEverybodyDoes) {
    EXPECT_EQ(to_hex(encode(msg::GetVersion{}, shape(Version::v1_0))->bytes()), "10840000");
}

TEST(Codec, ReadsTheReferenceRespondersVersion) {
    const auto wire =
        decode<msg::Versions>(hex("10040000 0005 0010 0011 0012 0013 0014"), shape(Version::v1_0));
    ASSERT_TRUE(wire);
    ASSERT_EQ(wire->value().entries.size(), 5U);
    EXPECT_EQ(wire->value().entries[3].version(), Version::v1_3);
}

TEST(Codec, ReadsARealDrivesUpdateNibble) {  // spdm-utils#158: a Sandisk SSD
    const auto wire = decode<msg::Versions>(hex("10 04 00 00 00 01 30 12"), shape(Version::v1_0));
    ASSERT_TRUE(wire);
    EXPECT_EQ(wire->value().entries.at(0).version(), Version::v1_2);
}

TEST(Codec, WritesCapabilitiesOfEachVersion) {
    const msg::GetCapabilities request{{.ct_exponent = 20,
                                        .flags = Cap::cert | Cap::chal,
                                        .data_transfer_size = 0x1000,
                                        .max_message_size = 0x1200}};
    EXPECT_EQ(to_hex(encode(request, shape(Version::v1_0))->bytes()), "10e10000");
    EXPECT_EQ(to_hex(encode(request, shape(Version::v1_1))->bytes()),
              "11e10000"
              "00140000"
              "06000000");
    EXPECT_EQ(to_hex(encode(request, shape(Version::v1_2))->bytes()),
              "12e10000"
              "00140000"
              "06000000"
              "00100000"
              "00120000");
}

TEST(Codec, PutsTheRequesterContextLastInMeasurementRequestsSince1_3) {
    msg::GetMeasurements request{.attributes = 1, .operation = 0xff, .slot = 2};
    EXPECT_EQ(encode(request, shape(Version::v1_0))->bytes().size(), 4U + 32);
    EXPECT_EQ(encode(request, shape(Version::v1_1))->bytes().size(), 4U + 32 + 1);
    EXPECT_EQ(encode(request, shape(Version::v1_3))->bytes().size(), 4U + 32 + 1 + 8);
    request.attributes = 0;
    EXPECT_EQ(encode(request, shape(Version::v1_2))->bytes().size(), 4U);
    EXPECT_EQ(encode(request, shape(Version::v1_3))->bytes().size(), 4U + 8);
}

// --- What goes wrong, and where
// --------------------------------------------------------------------------------
TEST(Codec, NamesTheFieldThatIsTruncated) {
    const auto wire = decode<msg::Capabilities>(hex("12610000 00000000 06000000 ff"), shape(Version::v1_2));
    ASSERT_FALSE(wire);
    EXPECT_EQ(wire.error(), (Error{Errc::truncated, "DataTransferSize", 12}));
}

TEST(Codec, DoesNotAllocateForItemsThatCannotBeThere) {
    EXPECT_EQ(decode<msg::Versions>(hex("10040000 00ff 0012"), shape(Version::v1_0)).error().what,
              "VersionNumberEntryCount");
    EXPECT_EQ(decode<msg::Certificate>(hex("12020000 ffff 0000 00"), shape(Version::v1_2)).error().what,
              "PortionLength");
    EXPECT_EQ(decode<msg::Measurements>(hex("12600000 01 ffffff 00"), shape(Version::v1_2)).error().what,
              "MeasurementRecordLength");
}

TEST(Codec, RefusesALengthThatLies) {
    auto wire = encode(msg::Algorithms{}, shape(Version::v1_2));
    auto lie = to_bytes(wire->bytes());
    ASSERT_EQ(lie.size(), 36U);
    for (int wrong : {0, 35, 37, 255}) {
        lie.at(4) = static_cast<std::byte>(wrong);
        EXPECT_EQ(decode<msg::Algorithms>(lie, shape(Version::v1_2)).error().what, "Length") << wrong;
    }
}

TEST(Codec, RefusesTablesThatSayAnotherSize) {  // D57: FixedAlgCount 1 or 3, ExtAlgCount 15
    msg::NegotiateAlgorithms request;
    request.structs = {{2, 0x10, {}}};
    auto bytes = to_bytes(encode(request, shape(Version::v1_2))->bytes());
    ASSERT_TRUE(decode<msg::NegotiateAlgorithms>(bytes, shape(Version::v1_2)));
    for (int count : {0x10, 0x30, 0x2f, 0x21}) {
        bytes.at(33) = static_cast<std::byte>(count);
        EXPECT_FALSE(decode<msg::NegotiateAlgorithms>(bytes, shape(Version::v1_2))) << count;
    }
}

TEST(Codec, RefusesAnotherVersionsMessage) {
    const auto wire = encode(msg::Capabilities{}, shape(Version::v1_1));
    EXPECT_EQ(decode<msg::Capabilities>(wire->bytes(), shape(Version::v1_2)).error(),
              (Error{Errc::mismatch, "SPDMVersion", 0}));
}

TEST(Codec, RefusesExternalAlgorithms) {
    auto external = to_bytes(encode(msg::Algorithms{}, shape(Version::v1_2))->bytes());
    external.at(32) = std::byte{1};
    EXPECT_EQ(decode<msg::Algorithms>(external, shape(Version::v1_2)).error(),
              (Error{Errc::bad_field, "ExtAsymSelCount", 33}));
}

TEST(Codec, RefusesASupportedAlgorithmsBlockThatNobodyAskedFor) {  // D18
    auto bytes = to_bytes(encode(msg::Capabilities{}, shape(Version::v1_3))->bytes());
    bytes.at(2) = std::byte{1};
    EXPECT_EQ(decode<msg::Capabilities>(bytes, shape(Version::v1_3)).error().what, "Param1");
}

TEST(Codec, ToleratesADwordsPaddingAndNoMore) {
    auto padded = to_bytes(encode(msg::Versions{}, shape(Version::v1_0))->bytes());
    padded.resize(padded.size() + 3);
    EXPECT_TRUE(decode<msg::Versions>(padded, shape(Version::v1_0)));
    padded.resize(padded.size() + 1);
    EXPECT_EQ(decode<msg::Versions>(padded, shape(Version::v1_0)).error().code, Errc::trailing_bytes);
}

TEST(Codec, KeepsWithinThePeersLimit) {
    EXPECT_EQ(encode(msg::Algorithms{}, shape(Version::v1_2), 35).error().code, Errc::too_large);
    EXPECT_TRUE(encode(msg::Algorithms{}, shape(Version::v1_2), 36));
}

TEST(Codec, RefusesOpaqueDataBeyondTheSpecificationsLimit) {  // D10, D11
    msg::Measurements answer{.opaque = Bytes(largest_opaque)};
    EXPECT_TRUE(encode(answer, shape(Version::v1_2)));
    answer.opaque.resize(largest_opaque + 1);
    EXPECT_EQ(encode(answer, shape(Version::v1_2)).error().what, "OpaqueDataLength");
}

TEST(Codec, LeavesRoomForTheSignatureAndPutsItThere) {
    auto with_signature = shape(Version::v1_1);
    with_signature.signature = 96;
    auto wire = encode(msg::Measurements{}, with_signature);
    ASSERT_TRUE(wire);
    EXPECT_EQ(wire->unsigned_bytes().size() + 96, wire->bytes().size());
    wire->sign(Bytes(96, std::byte{7}));
    const auto back = decode<msg::Measurements>(wire->bytes(), with_signature);
    ASSERT_TRUE(back);
    EXPECT_EQ(back->value().signature, Bytes(96, std::byte{7}));
}

// --- The measurement record
// ------------------------------------------------------------------------------------
TEST(MeasurementRecord, ReadsBlocks) {
    const auto blocks = parse_record(hex("01 01 0700 01 0400 aabbccdd"
                                         "fe 01 0400 85 0100 00"),
                                     2, 4);
    ASSERT_TRUE(blocks) << blocks.error().what;
    EXPECT_EQ(blocks->at(0),
              (MeasurementBlock{1, MeasurementType::mutable_firmware, false, hex("aabbccdd")}));
    EXPECT_EQ(blocks->at(1), (MeasurementBlock{0xfe, MeasurementType::device_mode, true, hex("00")}));
    EXPECT_EQ(to_hex(to_wire(blocks->at(1))), "fe01040085010000");
}

TEST(MeasurementRecord, RefusesWhatDoesNotAddUp) {  // D43
    struct Case {
        const char* record;
        std::size_t count;
        std::string_view field;
    };
    const auto cases = std::to_array<Case>({
        {"01 01 0700 01 0400 aabbccdd", 2, "MeasurementBlock"},
        {"01 01 0700 01 0400 aabbccdd", 0, "MeasurementRecordLength"},
        {"01 01 0700 01 0300 aabbccdd", 1, "DMTFSpecMeasurementValueSize"},
        {"01 01 0800 01 0500 aabbccdd", 1, "DMTFSpecMeasurementValue"},
        {"01 01 0200 01 0400 aabbccdd", 1, "MeasurementSize"},
        {"01 02 0700 01 0400 aabbccdd", 1, "MeasurementSpecification"},
        {"00 01 0700 01 0400 aabbccdd", 1, "Index"},
        {"ff 01 0700 01 0400 aabbccdd", 1, "Index"},
        {"01 01 0400 01 0100 aa 01 01 0400 01 0100 aa", 2, "Index"},
        {"01 01 0400 01 0100 aa", 1, "DMTFSpecMeasurementValueSize"},  // a digest of one byte
    });
    for (const auto& [record, count, field] : cases) {
        const auto digest =
            field == "DMTFSpecMeasurementValueSize" ? std::optional<std::size_t>{4} : std::nullopt;
        EXPECT_EQ(parse_record(hex(record), count, digest).error().what, field) << record;
    }
}

}  // namespace
}  // namespace busguard::spdm
