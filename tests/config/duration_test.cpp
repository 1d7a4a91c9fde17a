#include "config/duration.h"

#include <gtest/gtest.h>

namespace busguard::config {
namespace {

using namespace std::chrono_literals;

TEST(Duration, IsANumberAndAUnit) {
    EXPECT_EQ(duration_from("90s"), 90s);
    EXPECT_EQ(duration_from("15m"), 15min);
    EXPECT_EQ(duration_from("12h"), 12h);
    EXPECT_EQ(duration_from("7d"), 168h);
    EXPECT_EQ(duration_from("0s"), 0s);
    EXPECT_EQ(duration_from("999999999d"), std::chrono::seconds{86'399'999'913'600});
}

TEST(Duration, RefusesWhatIsNone) {
    for (const auto* text : {"", "s", "12", "h12", "12 h", " 12h", "-1h", "+1h", "1.5h", "1h30m", "12H", "1w",
                             "1000000000d", "12hh"})
        EXPECT_FALSE(duration_from(text)) << text;
}

TEST(Duration, IsWrittenInTheLargestUnitWithoutARest) {
    EXPECT_EQ(duration_text(90s), "90s");
    EXPECT_EQ(duration_text(3600s), "1h");
    EXPECT_EQ(duration_text(36h), "36h");
    EXPECT_EQ(duration_text(48h), "2d");
    EXPECT_EQ(duration_text(0s), "0s");
    for (const auto length : {1s, 59s, 60s, 3601s, 86400s, 31536000s})
        EXPECT_EQ(duration_from(duration_text(length)), length);
}

}  // namespace
}  // namespace busguard::config
