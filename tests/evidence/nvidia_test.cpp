#include "evidence/nvidia.h"

#include "base/hex.h"
#include "evidence/transcript_review.h"
#include "spdm/certificate_chain.h"
#include "tests/evidence/support.h"

namespace busguard::evidence::nvidia {
namespace {

using test::hopper;

std::string hex(ByteView bytes) { return to_hex(bytes); }

std::optional<Record> read(const test::Hopper& sample) {
    auto record = read_report(sample.report, "report", sample.chain, "chain");
    EXPECT_TRUE(record) << (record ? "" : record.error().text());
    return record ? std::optional{*record} : std::nullopt;
}

std::vector<Field> fields_of(const Record& record) {
    auto fields = parse_opaque(review(record).opaque);
    EXPECT_TRUE(fields);
    return fields ? *fields : std::vector<Field>{};
}

crypto::Certificate leaf_of(const test::Hopper& sample) {
    return crypto::parse_pem_bundle(sample.chain)->front();
}

// The numbers are those that openssl and the vendor's verifier gave for this report.
TEST(NvidiaReport, HasTheGoldenFields) {
    const auto sample = hopper();
    NEEDS_SHARED_DATA(sample);
    const auto record = read(*sample);
    ASSERT_TRUE(record);
    EXPECT_EQ(record->version, spdm::Version::v1_1);
    EXPECT_EQ(record->slot, 0);
    EXPECT_EQ(record->transcript.size() + record->signature.size(), 4117U);
    EXPECT_EQ(hex(record->requester_nonce),
              "931d8dd0add203ac3d8b4fbde75e115278eefcdceac5b87671a748f32364dfcb");
    EXPECT_EQ(hex(record->responder_nonce),
              "b4b8a06aaaa35542839388e159d447a5d6f6194998fd86513e2d591ccf640985");
    EXPECT_EQ(
        hex(crypto::digest(crypto::Hash::sha_384, ByteView{record->transcript})),
        "c4c39539573db26ed39893e0f7c657b0f530287676d10803170ff3fb8770797420bd807aec034071abba9a678d88c35a");

    const auto seen = review(*record);
    EXPECT_FALSE(seen.broken);
    EXPECT_EQ(seen.opaque.size(), 422U);
    ASSERT_EQ(seen.measurements.size(), 64U);
    EXPECT_EQ(
        std::ranges::count_if(seen.measurements, [](const auto& block) { return block.value == Bytes(48); }),
        38);
    EXPECT_EQ(seen.measurements.front().index, 1);
    EXPECT_EQ(seen.measurements.back().index, 64);
}

TEST(NvidiaReport, NamesItsOpaqueFields) {
    const auto sample = hopper();
    NEEDS_SHARED_DATA(sample);
    const auto fields = fields_of(*read(*sample));
    std::vector<std::uint16_t> order;
    std::map<std::uint16_t, std::string> shown;
    for (const auto& one : fields) {
        order.push_back(one.type);
        shown[one.type] = show(one);
        EXPECT_FALSE(name(one.type).empty()) << one.type;
    }
    EXPECT_EQ(order, (std::vector<std::uint16_t>{6, 14, 15, 16, 17, 18, 19, 3, 4, 12, 13, 11, 20, 21}));
    EXPECT_EQ(shown[3], "550.90.07");
    EXPECT_EQ(shown[6], "96.00.9F.00.01");
    EXPECT_EQ(shown[14], "b1030000");
    EXPECT_EQ(shown[15], "882");
    EXPECT_EQ(shown[17], "1010");
    EXPECT_EQ(shown[18], "0200");
    EXPECT_EQ(shown[11], "55");
    EXPECT_EQ(shown[21], "55");
    EXPECT_EQ(shown[13], "00c00100");
    EXPECT_EQ(reference_id(fields), "1010_0200_882_96009F0001");
}

TEST(NvidiaReport, BuildsTheChainStructureOfSpdm) {
    const auto sample = hopper();
    NEEDS_SHARED_DATA(sample);
    const auto record = read(*sample);
    ASSERT_EQ(record->chain.size(), 3412U);
    const auto chain = spdm::read_chain_structure(record->chain, 48);
    ASSERT_TRUE(chain);
    EXPECT_TRUE(hex(chain->root_hash).starts_with("4cbb092410e5a795"));
    EXPECT_TRUE(hex(chain->root_hash).ends_with("ad07cc16"));
    const auto digest = hex(crypto::digest(crypto::Hash::sha_384, ByteView{record->chain}));
    EXPECT_TRUE(digest.starts_with("7928df5862fa23f8"));
    EXPECT_TRUE(digest.ends_with("b709af"));
}

// The OID says TcbInfo on some parts and holds the older composite form: decided by structure.
TEST(NvidiaReport, FindsTheFirmwareIdentityInReportAndLeaf) {
    const auto sample = hopper();
    NEEDS_SHARED_DATA(sample);
    const auto leaf = leaf_of(*sample);
    const auto fwid = leaf_fwid(leaf);
    EXPECT_TRUE(hex(fwid).starts_with("f5c384ae"));
    EXPECT_TRUE(hex(fwid).ends_with("62b1f75d"));
    auto fields = fields_of(*read(*sample));
    EXPECT_EQ(fwid_check(fields, leaf).outcome, Outcome::pass);
    for (auto& one : fields)
        if (one.type == field::fwid) one.value.back() ^= std::byte{1};
    EXPECT_EQ(fwid_check(fields, leaf).reason, "evidence.fwid-mismatch");
    EXPECT_EQ(fwid_check({}, leaf).outcome, Outcome::skipped);
}

TEST(NvidiaReport, IsRefusedAtEveryLength) {
    const auto sample = hopper();
    NEEDS_SHARED_DATA(sample);
    auto hex = sample->report;
    while (hex.back() == '\n') hex.pop_back();
    for (std::size_t size = 0; size < hex.size(); ++size)
        ASSERT_FALSE(read_report(std::string_view{hex}.substr(0, size), "report", sample->chain, "chain"))
            << size;
    EXPECT_FALSE(read_report(hex + "00", "report", sample->chain, "chain"));
    EXPECT_TRUE(read_report(hex, "report", sample->chain, "chain"));
}

std::string collection(const test::Hopper& sample, const std::string& nonce) {
    return R"([{"arch":"HOPPER","nonce":")" + nonce + R"(","evidence":")" +
           to_base64(*from_hex(sample.report)) + R"(","certificate":")" + to_base64(as_bytes(sample.chain)) +
           R"(","driver_version":"550.90.07"}])";
}

TEST(NvidiaCollection, HoldsTheSameRecord) {
    const auto sample = hopper();
    NEEDS_SHARED_DATA(sample);
    const auto record = read(*sample);
    const auto text = collection(*sample, hex(record->requester_nonce));
    EXPECT_TRUE(is_collection(text));
    const auto elements = read_collection(text, "gpus.json");
    ASSERT_TRUE(elements) << elements.error().text();
    ASSERT_EQ(elements->size(), 1U);
    EXPECT_EQ(elements->front().arch, "HOPPER");
    EXPECT_EQ(elements->front().record, *record);
}

// nvtrust#38
TEST(D122, ANonceBesideTheReportThatIsNotTheRequestsIsRefused) {
    const auto sample = hopper();
    NEEDS_SHARED_DATA(sample);
    const auto refused = read_collection(collection(*sample, std::string(64, '0')), "gpus.json");
    ASSERT_FALSE(refused);
    EXPECT_EQ(refused.error().field, "/0/nonce");
}

TEST(NvidiaOpaque, KeepsWhatNobodyKnowsAndStopsAtTheEnd) {
    const auto bytes = *from_hex("e703 0200 abcd 0300 0100 41");
    const auto fields = parse_opaque(bytes);
    ASSERT_TRUE(fields);
    EXPECT_EQ((*fields)[0], (Field{999, *from_hex("abcd")}));
    EXPECT_EQ(name(std::uint16_t{999}), "");
    EXPECT_EQ(show((*fields)[0]), "abcd");
    for (std::size_t size = 1; size < bytes.size(); ++size) {
        if (size == 6) continue;  // the first element alone
        EXPECT_FALSE(parse_opaque(ByteView{bytes}.first(size))) << size;
    }
}

}  // namespace
}  // namespace busguard::evidence::nvidia
