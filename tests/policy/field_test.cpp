#include "policy/field.h"

#include <gtest/gtest.h>

namespace busguard::policy {
namespace {

struct Written {
    Field field;
    std::string_view text;
    std::string_view usual;  ///< empty: it is no value
};

std::ostream& operator<<(std::ostream& out, const Written& written) {
    return out << name(written.field) << " " << written.text;
}

class FieldUsual : public testing::TestWithParam<Written> {};

TEST_P(FieldUsual, IsHowAValueIsCompared) {
    const auto [field, text, wanted] = GetParam();
    EXPECT_EQ(usual(field, text).value_or(""), wanted);
    if (!wanted.empty()) {
        EXPECT_EQ(usual(field, wanted), wanted);
    }
}

const std::string hex63(63, 'a');
const std::string hex64(64, 'a');
const std::string hex96(96, 'a');
const std::string hex98(98, 'a');
const std::string with_colons = [] {
    std::string text = "AA";
    for (int i = 1; i < 32; ++i) text += ":AA";
    return text;
}();
const std::string long_path = "devices/" + std::string(1017, 'x');

INSTANTIATE_TEST_SUITE_P(
    Texts, FieldUsual,
    testing::Values(
        Written{Field::bus, "pci", "pci"}, Written{Field::bus, "PCI", "pci"}, Written{Field::bus, "pcie", ""},
        Written{Field::bus, "", ""}, Written{Field::class_code, "01", "01"},
        Written{Field::class_code, "010802", "010802"}, Written{Field::class_code, "0x0108", "0108"},
        Written{Field::class_code, "0C03", "0c03"}, Written{Field::class_code, "010", ""},
        Written{Field::class_code, "01080200", ""}, Written{Field::class_code, "", ""},
        Written{Field::class_code, "0x", ""}, Written{Field::class_code, "nvme", ""},
        Written{Field::vendor, "1EA5", "1ea5"}, Written{Field::vendor, "0x1ea5", "1ea5"},
        Written{Field::vendor, "1ea", ""}, Written{Field::vendor, "1ea5:5001", ""},
        Written{Field::vendor, "*", ""}, Written{Field::identity, "1ea5:5001", "1ea5:5001"},
        Written{Field::identity, "1EA5:*", "1ea5:*"}, Written{Field::identity, "*:*:1af4:*", "*:*:1af4:*"},
        Written{Field::identity, "1ea5", ""}, Written{Field::identity, "1ea5:5001:1af4", ""},
        Written{Field::identity, "1ea5:50*", ""}, Written{Field::identity, "1ea5:5001:1af4:1100:0", ""},
        Written{Field::identity, "1ea5:", ""}, Written{Field::location, "fixed", "fixed"},
        Written{Field::location, "outside", ""}, Written{Field::owner, "tsm", "tsm"},
        Written{Field::owner, "tsm:tsm12", "tsm:tsm12"}, Written{Field::owner, "tsm:", ""},
        Written{Field::owner, "tsm:tsm", ""}, Written{Field::owner, "tsm:tsm0x", ""},
        Written{Field::owner, "tsm0", ""}, Written{Field::owner, "busguard", ""},
        Written{Field::state, "no-reference", "no-reference"}, Written{Field::state, "unknown", ""},
        Written{Field::state, "no_reference", ""}, Written{Field::reason, "chain.expired", "chain.expired"},
        Written{Field::reason, "chain.*", ""}, Written{Field::slot, "7", "7"}, Written{Field::slot, "8", ""},
        Written{Field::slot, "07", ""}, Written{Field::certificate, hex64, hex64},
        Written{Field::certificate, with_colons, hex64}, Written{Field::certificate, hex63, ""},
        Written{Field::certificate, hex96, ""}, Written{Field::root, hex64, hex64},
        Written{Field::root, "", ""}, Written{Field::measurement, hex96, hex96},
        Written{Field::measurement, hex64, hex64}, Written{Field::measurement, hex98, ""},
        Written{Field::virtual_function, "true", "true"}, Written{Field::bound_before, "yes", ""}));

INSTANTIATE_TEST_SUITE_P(
    Paths, FieldUsual,
    testing::Values(Written{Field::path, "devices/pci0000:00/*", "devices/pci0000:00/*"},
                    Written{Field::path, "/sys/devices/pci0000:00", "devices/pci0000:00"},
                    Written{Field::path, "/devices/pci0000:00/**", "devices/pci0000:00/**"},
                    Written{Field::path, "devices/p*0/*1", "devices/p*0/*1"},
                    Written{Field::path, "devices", ""},
                    Written{Field::path, "bus/pci/devices/0000:01:00.0", ""},
                    Written{Field::path, "devices/../x", ""}, Written{Field::path, "devices/./x", ""},
                    Written{Field::path, "devices//x", ""}, Written{Field::path, "devices/x/", ""},
                    Written{Field::path, "devices/**/x", ""}, Written{Field::path, "devices/x**", ""},
                    Written{Field::path, "devices/a b", ""}, Written{Field::path, "**", ""},
                    Written{Field::path, long_path, ""},
                    Written{Field::path, std::string_view{long_path}.substr(0, 1024),
                            std::string_view{long_path}.substr(0, 1024)}));

TEST(FieldPath, StarsStayBetweenSlashes) {
    const auto fit = [](std::string_view wanted, std::string_view has) {
        return fits(Field::path, wanted, has);
    };
    EXPECT_TRUE(fit("devices/a/b", "devices/a/b"));
    EXPECT_FALSE(fit("devices/a/b", "devices/a/b/c"));
    EXPECT_FALSE(fit("devices/a/b", "devices/a"));
    EXPECT_TRUE(fit("devices/a/*", "devices/a/b"));
    EXPECT_FALSE(fit("devices/a/*", "devices/a/b/c"));
    EXPECT_FALSE(fit("devices/a/*", "devices/a"));
    EXPECT_TRUE(fit("devices/a/**", "devices/a/b"));
    EXPECT_TRUE(fit("devices/a/**", "devices/a/b/c"));
    EXPECT_FALSE(fit("devices/a/**", "devices/a"));
    EXPECT_FALSE(fit("devices/a/**", "devices/ab/c"));
    EXPECT_TRUE(fit("devices/*/*:01:00.*", "devices/pci0000:00/0000:01:00.7"));
    EXPECT_FALSE(fit("devices/*/*:01:00.*", "devices/pci0000:00/0000:02:00.7"));
    EXPECT_TRUE(fit("devices/*a*b*c", "devices/xaxbxcxbxc"));
    EXPECT_FALSE(fit("devices/*a*b*c", "devices/xaxbxcxbx"));
    EXPECT_FALSE(fit("devices/a/**", ""));
}

TEST(FieldPath, CostsNoMoreThanItsLengthAllows) {
    std::string stars = "devices/";
    for (int i = 0; i < 200; ++i) stars += "*a";
    stars += "*b";
    EXPECT_FALSE(fits(Field::path, stars, "devices/" + std::string(100'000, 'a')));
}

TEST(FieldIdentity, ComparesPartByPart) {
    const auto fit = [](std::string_view wanted) {
        return fits(Field::identity, wanted, "1ea5:5001:1af4:1100");
    };
    EXPECT_TRUE(fit("1ea5:5001"));
    EXPECT_TRUE(fit("1ea5:*"));
    EXPECT_TRUE(fit("*:5001:*:1100"));
    EXPECT_TRUE(fit("1ea5:5001:1af4:1100"));
    EXPECT_FALSE(fit("1ea6:5001"));
    EXPECT_FALSE(fit("1ea5:5002"));
    EXPECT_FALSE(fit("1ea5:5001:1af5:1100"));
    EXPECT_FALSE(fit("*:*:*:1101"));
}

TEST(FieldOwner, AnyTsmIsATsm) {
    EXPECT_TRUE(fits(Field::owner, "tsm", "tsm:tsm3"));
    EXPECT_TRUE(fits(Field::owner, "tsm:tsm3", "tsm:tsm3"));
    EXPECT_FALSE(fits(Field::owner, "tsm:tsm3", "tsm:tsm31"));
    EXPECT_FALSE(fits(Field::owner, "tsm", "native"));
}

}  // namespace
}  // namespace busguard::policy
