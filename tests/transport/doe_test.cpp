#include "transport/doe.h"

#include "tests/transport/hex.h"

#include <gtest/gtest.h>

#include <array>

namespace busguard::transport {
namespace {

// Captured between QEMU 11.1 and a responder: GET_VERSION in a data object of type 1.
TEST(DataObject, HasTheBytesThatQemuSends) {
    const auto object = encode_object(doe_spdm, bytes("10840000"));
    ASSERT_TRUE(object);
    EXPECT_EQ(to_hex(*object), "010001000300000010840000");
    EXPECT_EQ(*decode_object(*object), (DataObject{doe_spdm, bytes("10840000")}));
}

TEST(DataObject, IsPaddedToWholeDoubleWords) {
    EXPECT_EQ(to_hex(*encode_object(doe_spdm, bytes("aabbccddee"))), "0100010004000000aabbccddee000000");
    EXPECT_EQ(to_hex(*encode_object(doe_spdm, {})), "0100010002000000");
}

TEST(DataObject, WritesTheLargestLengthAsZero) {
    const Bytes payload(doe_largest_object - doe_header_size, std::byte{7});
    const auto object = encode_object(doe_spdm, payload);
    ASSERT_TRUE(object);
    EXPECT_EQ(object->size(), doe_largest_object);
    EXPECT_EQ(to_hex(ByteView{*object}.first(8)), "0100010000000000");
    EXPECT_EQ(decode_object(*object)->payload.size(), payload.size());
    EXPECT_EQ(encode_object(doe_spdm, Bytes(payload.size() + 1)).error(), (Error{Errc::too_large, "Length"}));
}

// defects.md D130: length 0 (= 2^18) with fewer bytes, 1, 2, more than received, reserved bits set.
TEST(D130DoeLength, IsHeldAgainstWhatWasReceived) {
    EXPECT_EQ(decode_object(bytes("0100010000000000aabbccdd")).error(),
              (Error{Errc::truncated, "Length", 4}));
    EXPECT_EQ(decode_object(bytes("0100010001000000aabbccdd")).error(),
              (Error{Errc::bad_field, "Length", 4}));
    EXPECT_EQ(decode_object(bytes("0100010004000000aabbccdd")).error(),
              (Error{Errc::truncated, "Length", 4}));
    EXPECT_EQ(decode_object(bytes("01000100030000")).error(),
              (Error{Errc::truncated, "Data Object Header", 7}));
    EXPECT_EQ(decode_object(bytes("0100010002000000aabbccdd"))->payload, Bytes{});
    EXPECT_EQ(decode_object(bytes("010001000300fcffaabbccdd"))->payload, bytes("aabbccdd"));
}

TEST(D130DoeLength, KeepsPaddingThatIsNotZeroAndDropsWhatStandsBehind) {
    EXPECT_EQ(decode_object(bytes("0100010003000000aabbccdd11223344"))->payload, bytes("aabbccdd"));
}

// The chain that a real mailbox gave: 0 -> 1 -> 2 -> 0.
TEST(DiscoveryFormat, GoesThereAndBack) {
    const std::array known{doe_discovery, doe_spdm, doe_secured_spdm};
    EXPECT_EQ(to_hex(*answer_discovery(discovery_request(0, 0), known)), "01000001");
    EXPECT_EQ(to_hex(*answer_discovery(discovery_request(1, 2), known)), "01000102");
    EXPECT_EQ(to_hex(*answer_discovery(discovery_request(2, 0), known)), "01000200");
    EXPECT_EQ(to_hex(discovery_request(3, 2)), "03020000");
    EXPECT_EQ(*decode_discovery(bytes("01000102")), (DiscoveryEntry{doe_spdm, 2}));
}

TEST(DiscoveryFormat, SaysThatAnIndexHasNoEntry) {
    const std::array known{doe_discovery};
    const auto answer = answer_discovery(discovery_request(9, 0), known);
    ASSERT_TRUE(answer);
    EXPECT_EQ(to_hex(*answer), "ffffff00");
    EXPECT_EQ(decode_discovery(*answer).error(), (Error{Errc::bad_field, "Vendor ID"}));
}

// defects.md D27: a discovery response of fewer than 12 bytes was read beyond its end.
TEST(D27DiscoveryResponse, IsRefusedWhenShort) {
    for (std::size_t size = 0; size < 4; ++size) {
        EXPECT_EQ(decode_discovery(Bytes(size)).error(), (Error{Errc::truncated, "DOE Discovery", size}));
        EXPECT_EQ(answer_discovery(Bytes(size), {}).error(), (Error{Errc::truncated, "DOE Discovery", size}));
    }
}

}  // namespace
}  // namespace busguard::transport
