#include "emulate/lies.h"

#include "base/hex.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cstdlib>
#include <filesystem>

namespace busguard::emulate {
namespace {

/// Answers with what it was given, whatever is asked; keeps what it was asked.
class Canned final : public Endpoint {
public:
    explicit Canned(std::string_view hex) : says{*from_hex(hex)} {}
    Bytes answer(ByteView request) override {
        asked.push_back(to_hex(request));
        return says;
    }
    Bytes says;
    std::vector<std::string> asked;
};

std::string ask(LyingEndpoint& liar, std::string_view hex) { return to_hex(liar.answer(*from_hex(hex))); }

const std::string nonce(64, '1');
const auto challenge = "12830000" + nonce;

TEST(Lies, TakeHigherVersionsAway) {
    Canned honest{"10040000 0004 0010 0011 0012 0013"};
    LyingEndpoint liar{honest, {.highest_told = spdm::Version::v1_1}};
    EXPECT_EQ(ask(liar, "10840000"), "10040000000200100011");
    honest.says = *from_hex("100400");  // what is no VERSION passes
    EXPECT_EQ(ask(liar, "10840000"), "100400");
}

TEST(Lies, AreBusyAfterVersion) {
    Canned honest{"10040000000100 12"};
    LyingEndpoint liar{honest, {.busy = 2}};
    EXPECT_EQ(ask(liar, "10840000").substr(0, 4), "1004");
    EXPECT_EQ(ask(liar, "12e10000"), "127f0300");
    EXPECT_EQ(ask(liar, "12e10000"), "127f0300");
    EXPECT_EQ(ask(liar, "12e10000").substr(0, 4), "1004");
    EXPECT_EQ(honest.asked.size(), 2U);
}

// DSP0274 "ResponseNotReady", "RESPOND_IF_READY": RDTExponent, RequestCode, Token, RDTM.
TEST(Lies, HoldTheSignedAnswerBack) {
    Canned honest{"12030000 aabbccdd"};
    LyingEndpoint liar{honest, {.not_ready = 2}};
    EXPECT_EQ(ask(liar, "12810000"), "12030000aabbccdd") << "nothing is signed in that";
    EXPECT_EQ(ask(liar, challenge), "127f42000a830104");
    EXPECT_EQ(ask(liar, "12ff8302"), "127f0100") << "another token";
    EXPECT_EQ(ask(liar, "12ff8301"), "127f42000a830104");
    EXPECT_EQ(ask(liar, "12ff8301"), "12030000aabbccdd");
    EXPECT_EQ(ask(liar, "12ff8301"), "12030000aabbccdd") << "given once; this one is the honest one's";
    EXPECT_EQ(honest.asked.size(), 3U);
}

TEST(Lies, BreakSignaturesOnlyWhereThereIsOne) {
    Canned honest{"12030000 00"};
    LyingEndpoint liar{honest, {.bad_signature = true}};
    EXPECT_EQ(ask(liar, challenge), "1203000001");
    honest.says = *from_hex("1260000000");
    EXPECT_EQ(ask(liar, "12e000ff"), "1260000000") << "GET_MEASUREMENTS without signature";
    EXPECT_EQ(ask(liar, "12e001ff"), "1260000001");
    honest.says = *from_hex("127f0100");
    EXPECT_EQ(ask(liar, challenge), "127f0100") << "an ERROR is told as it is";
}

TEST(Lies, ReplayWhatWasSaidToAnotherNonce) {
    Canned honest{"12030000 01"};
    LyingEndpoint liar{honest, {.replay = true}};
    EXPECT_EQ(ask(liar, challenge), "1203000001");
    ASSERT_EQ(honest.asked.size(), 1U);
    EXPECT_EQ(honest.asked[0].substr(0, 8), "12830000");
    EXPECT_NE(honest.asked[0], challenge);
    honest.says = *from_hex("12030000 02");
    EXPECT_EQ(ask(liar, "12830000" + std::string(64, '2')), "1203000001") << "the same again";
    EXPECT_EQ(ask(liar, "12830100" + nonce), "1203000002") << "another slot";
}

TEST(Lies, ChangeTheSlotAndBreakOff) {
    Canned honest{"12030000 00112233"};
    LyingEndpoint slot{honest, {.slot_told = 3}};
    EXPECT_EQ(ask(slot, challenge), "1203030000112233");
    LyingEndpoint cut{honest, {.truncated = 3}};
    EXPECT_EQ(ask(cut, challenge), "1203000000");
    honest.says = *from_hex("12630000");
    EXPECT_EQ(ask(cut, "12e30000"), "12630000") << "ALGORITHMS is whole";
    LyingEndpoint all{honest, {.truncated = 1000}};
    honest.says = *from_hex("12010000");
    EXPECT_EQ(ask(all, "12810000"), "");
}

TEST(Lies, TakeAnyRequest) {
    Canned honest{""};
    LyingEndpoint liar{honest,
                       {.bad_signature = true,
                        .replay = true,
                        .highest_told = spdm::Version::v1_0,
                        .slot_told = 1,
                        .truncated = 1,
                        .busy = 1,
                        .not_ready = 1}};
    for (const auto* request : {"", "10", "1284", "1283", "128300", "12ff", "12ff83", "12e0", "12e001"})
        EXPECT_EQ(ask(liar, request).size() % 2, 0U);
}

}  // namespace
}  // namespace busguard::emulate
