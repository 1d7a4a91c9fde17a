#include "manifest/text.h"

#include <gtest/gtest.h>

namespace busguard::manifest {
namespace {

TEST(ManifestText, IsShownAsItIsWhenATerminalCanShowIt) {
    for (const auto* text : {"", "ACME", "M\xc3\xbcller", "\xe2\x82\xac", "\xf0\x9f\x94\x91"}) {
        EXPECT_TRUE(printable(text)) << text;
        EXPECT_EQ(shown(text), text);
    }
}

TEST(ManifestText, IsHexWhenItWouldActOnATerminalOrIsNoUtf8) {
    // Control characters of one and of two bytes, too long forms, a surrogate, beyond Unicode, cut short, a
    // mark that turns the line around. NOLINTBEGIN(misc-misleading-bidirectional): that is what this is about
    for (const auto* text : {"\x1b[2J", "\x7f", "\xc2\x9b", "\xc0\x80", "\xe0\x80\xaf", "\xed\xa0\x80",
                             "\xf4\x90\x80\x80", "\xff", "\x80", "\xe2\x82", "\xe2\x80\xae"})
        // NOLINTEND(misc-misleading-bidirectional)
        EXPECT_FALSE(printable(text)) << shown(text);
    EXPECT_EQ(shown("\x1b[2J"), "1b5b324a");
}

TEST(ManifestText, IsCutBetweenCharacters) {
    std::string text;
    for (int n = 0; n < 100; ++n) text += "\xe2\x82\xac";
    const auto cut = shown(text);
    EXPECT_TRUE(printable(cut));
    EXPECT_LT(cut.size(), 140U);
    EXPECT_EQ(shown(std::string(200, '\x01')).size(), 128 + std::string{"…"}.size());
}

}  // namespace
}  // namespace busguard::manifest
