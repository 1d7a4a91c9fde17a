#include "base/hex.h"

#include <gtest/gtest.h>

#include <array>
#include <string_view>
#include <utility>

namespace busguard {
namespace {

TEST(Hex, GoesThereAndBack) {
    const auto bytes = from_hex("00 ff\n1aB2");
    ASSERT_TRUE(bytes);
    EXPECT_EQ(to_hex(*bytes), "00ff1ab2");
}

TEST(Hex, NamesTheCharacterThatIsNoDigit) {
    EXPECT_EQ(from_hex("00fg").error(), (Error{Errc::bad_field, "hex digit", 3}));
    EXPECT_EQ(from_hex("00f").error().code, Errc::truncated);
    EXPECT_EQ(from_hex("0 0").error().code, Errc::bad_field);
}

// RFC 4648 section 10.
TEST(Base64, KnowsTheStandardsVectors) {
    using Vector = std::pair<std::string_view, std::string_view>;
    const std::array vectors{Vector{"", ""},        Vector{"f", "Zg=="},        Vector{"fo", "Zm8="},
                             Vector{"foo", "Zm9v"}, Vector{"foob", "Zm9vYg=="}, Vector{"foobar", "Zm9vYmFy"}};
    for (auto [plain, coded] : vectors) {
        EXPECT_EQ(to_base64(as_bytes(plain)), coded);
        const auto back = from_base64(coded);
        ASSERT_TRUE(back) << coded;
        EXPECT_EQ(as_text(*back), plain);
    }
}

TEST(Base64, RefusesWhatIsNotCanonical) {
    for (const auto* text : {"Zg=", "Zg", "Zh==", "Zm9=", "Z===", "====", "Zm9v\n", "Zm 9v", "Zg==Zg=="})
        EXPECT_FALSE(from_base64(text)) << text;
}

}  // namespace
}  // namespace busguard
