#include "base/hex.h"

#include <gtest/gtest.h>

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
    const std::pair<std::string_view, std::string_view> vectors[] = {
        {"", ""},        {"f", "Zg=="},        {"fo", "Zm8="},
        {"foo", "Zm9v"}, {"foob", "Zm9vYg=="}, {"foobar", "Zm9vYmFy"}};
    for (auto [plain, coded] : vectors) {
        EXPECT_EQ(to_base64(as_bytes(plain)), coded);
        const auto back = from_base64(coded);
        ASSERT_TRUE(back) << coded;
        EXPECT_EQ(as_text(*back), plain);
    }
}

TEST(Base64, RefusesWhatIsNotCanonical) {
    for (auto text : {"Zg=", "Zg", "Zh==", "Zm9=", "Z===", "====", "Zm9v\n", "Zm 9v", "Zg==Zg=="})
        EXPECT_FALSE(from_base64(text)) << text;
}

}  // namespace
}  // namespace busguard
