#include "host/system.h"

#include <gtest/gtest.h>

namespace busguard::host {
namespace {

TEST(System, KnowsAKernelByItsNumber) {
    EXPECT_EQ(release_number("7.2.13+deb14-amd64"), 7002U);
    EXPECT_EQ(release_number("6.19.0"), gate_holds_from);
    EXPECT_EQ(release_number("6.18.99"), 6018U);
    EXPECT_EQ(release_number("6.1"), 6001U);
    for (const auto* none : {"", "6", "six.one", "6.x", "1000.1", "-6.1"})
        EXPECT_EQ(release_number(none), 0U) << none;
}

}  // namespace
}  // namespace busguard::host
