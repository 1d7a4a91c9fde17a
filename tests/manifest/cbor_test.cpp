#include "manifest/cbor.h"

#include "base/hex.h"
#include "tests/manifest/support.h"

#include <limits>

namespace busguard::manifest {
namespace {

Result<cbor::Item> parse(std::string_view hex) {
    static Bytes bytes;  // outlives the item, until the next
    bytes = *from_hex(hex);
    return cbor::parse(bytes);
}

Errc why(const Result<cbor::Item>& item) { return item ? Errc::system : item.error().code; }

TEST(Cbor, ReadsTheExamplesOfRfc8949) {
    EXPECT_EQ(parse("1bffffffffffffffff")->number, std::numeric_limits<std::uint64_t>::max());
    EXPECT_EQ(parse("1903e8")->integer(), 1000);
    EXPECT_EQ(parse("3903e7")->integer(), -1000);
    EXPECT_EQ(parse("3bffffffffffffffff")->integer(), std::nullopt);
    EXPECT_EQ(as_text(parse("6449455446")->bytes), "IETF");
    EXPECT_EQ(to_hex(parse("4401020304")->bytes), "01020304");
    EXPECT_TRUE(parse("c11a514b67b0")->is_tag(1));
    for (unsigned tag = 0; tag < 24; ++tag) {
        const Bytes one{static_cast<std::byte>(0xc0 + tag), std::byte{0x00}};
        EXPECT_TRUE(parse(to_hex(one))->is_tag(tag));
    }
    EXPECT_TRUE(parse("d81800")->is_tag(24));
    EXPECT_TRUE(parse("f6")->is(cbor::Kind::null));
    for (const auto* other : {"f4", "f5", "f7", "f93c00", "fa47c35000", "fb3ff199999999999a"})
        EXPECT_TRUE(parse(other)->is(cbor::Kind::other)) << other;
    EXPECT_EQ(parse("98190102030405060708090a0b0c0d0e0f101112131415161718181819")->items.size(), 25U);
    for (const auto* list : {"8301820203820405", "9f018202039f0405ffff", "83018202039f0405ff"})
        EXPECT_EQ(parse(list)->items.at(2).items.at(1).number, 5U) << list;
    for (const auto* map : {"a201020304", "bf01020304ff"}) EXPECT_EQ(parse(map)->find(3)->number, 4U) << map;
}

TEST(Cbor, KnowsWhereAnItemBeginsAndWhatItIsMadeOf) {
    const auto item = parse("82018244deadbeef02");
    EXPECT_EQ(item->items.at(1).offset, 2U);
    EXPECT_EQ(to_hex(item->items.at(1).encoded), "8244deadbeef02");
    EXPECT_EQ(item->items.at(1).items.at(1).offset, 8U);
    const auto outer = parse("82004401820203");
    EXPECT_EQ(why(cbor::parse_inside(outer->items.at(1), "inner")), Errc::trailing_bytes);
    const auto nested = parse("820043820203");
    EXPECT_EQ(cbor::parse_inside(nested->items.at(1), "inner")->items.at(1).offset, 5U);
}

TEST(Cbor, FindsOnlyIntegerKeysInMaps) {
    EXPECT_EQ(parse("a1613102")->find(1), nullptr);
    EXPECT_EQ(parse("82010203").error().code, Errc::trailing_bytes);
    EXPECT_EQ(parse("820102")->find(1), nullptr);
    EXPECT_EQ(parse("a12002")->find(-1)->number, 2U);
}

TEST(Cbor, RefusesWhatIsNotWellFormed) {
    for (const auto* cut : {"", "18", "1901", "4401", "8201", "a101", "9f01", "bf0102", "c1", "62c3", "d9"})
        EXPECT_EQ(why(parse(cut)), Errc::truncated) << cut;
    // Reserved lengths, breaks that end nothing, half a pair, a tag on a break.
    for (const auto* wrong : {"1c", "1f", "5c", "fc", "f81f", "ff", "81ff", "bf04ff", "c1ff", "a1ff01"})
        EXPECT_EQ(why(parse(wrong)), Errc::bad_field) << wrong;
    EXPECT_EQ(why(parse("0000")), Errc::trailing_bytes);
    for (const auto* pieces : {"5f42010243030405ff", "7f6161ff"})
        EXPECT_EQ(why(parse(pieces)), Errc::unsupported) << pieces;
}

TEST(Cbor, RefusesAKeyThatOccursTwice) {
    for (const auto* twice : {"a201020103", "a20102180103", "a2616101616102", "bf20012002ff", "a220013800f6"})
        EXPECT_EQ(why(parse(twice)), Errc::bad_field) << twice;
    EXPECT_TRUE(parse("a201026131f6"));
}

TEST(Cbor, TakesNoMemoryThatALengthAsksFor) {
    for (const auto* name : {"array-of-exabytes", "bytes-of-exabytes"})
        EXPECT_EQ(why(cbor::parse(test::vector(name))), Errc::truncated) << name;
    for (const auto* name : {"map-of-exabytes", "deep", "deep-tags", "many-items", "many-keys"})
        EXPECT_EQ(why(cbor::parse(test::vector(name))), Errc::too_large) << name;
}

TEST(Cbor, WritesTheByteStringsThatAreSigned) {
    for (const auto& [size, head] :
         {std::pair<std::size_t, std::string_view>{0, "40"}, {23, "57"}, {24, "5818"}, {256, "590100"}}) {
        Bytes out;
        cbor::append_bytes(out, Bytes(size));
        EXPECT_EQ(to_hex(out), std::string{head} + std::string(2 * size, '0'));
    }
}

}  // namespace
}  // namespace busguard::manifest
