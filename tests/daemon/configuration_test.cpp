#include "daemon/configuration.h"

#include <gmock/gmock.h>

/// busguardd.toml(5).
namespace busguard::daemon {
namespace {

constexpr std::string_view head = "schema = \"busguard.daemon/1\"\n";

Checked<Configuration> read(std::string_view text) {
    return configuration_from_toml(std::string{head}.append(text), "busguardd.toml");
}

TEST(DaemonConfiguration, HasADefaultForEverything) {
    const auto its = read("");
    ASSERT_TRUE(its) << its.error().text();
    EXPECT_FALSE(its->settings.enforce);
    EXPECT_EQ(its->log, LogPlaces{});
    EXPECT_EQ(its->log.retain, std::nullopt);
    EXPECT_EQ(its->anchors, Configuration{}.anchors);
}

TEST(DaemonConfiguration, TakesWhatItSays) {
    const auto its = read(R"(
mode = "enforce"
bound_before = "take-back"
on_stop = "open"
policy = "/p"
anchors = ["/a", "efi:db", "tpm:0x1800200:/roots.pem", "vendor:1ea5:/b"]
minimum_version = "1.2"
revocation = "require"
ignore_dates = true
[log]
origin = "example.com/host"
key = "/k"
folder = "/f"
database = "/d"
retain = "400d"
ml_dsa = true
)");
    ASSERT_TRUE(its) << its.error().text();
    EXPECT_TRUE(its->settings.enforce);
    EXPECT_TRUE(its->settings.take_back);
    EXPECT_TRUE(its->settings.open_on_stop);
    EXPECT_EQ(its->policy, "/p");
    EXPECT_THAT(its->anchors,
                testing::ElementsAre("/a", "efi:db", "tpm:0x1800200:/roots.pem", "vendor:1ea5:/b"));
    EXPECT_EQ(its->minimum_version, spdm::Version::v1_2);
    EXPECT_TRUE(its->require_revocation);
    EXPECT_TRUE(its->ignore_dates);
    EXPECT_EQ(its->log, (LogPlaces{.origin = "example.com/host",
                                   .key = "/k",
                                   .folder = "/f",
                                   .database = "/d",
                                   .retain = std::chrono::days{400},
                                   .ml_dsa = true}));
}

TEST(DaemonConfiguration, TakesAKeyThatIsNoFile) {
    const auto its = read(R"([log]
origin = "example.com/host"
key = "pkcs11:token=busguard;object=log?pin-source=/etc/busguard/pin"
provider = "pkcs11"
)");
    ASSERT_TRUE(its) << its.error().text();
    EXPECT_EQ(its->log_places().key, "pkcs11:token=busguard;object=log?pin-source=/etc/busguard/pin");
    EXPECT_EQ(its->log_places().provider, "pkcs11");
    EXPECT_EQ(its->second_key(), "/var/lib/busguard/log.key.ml-dsa-44");
}

TEST(DaemonConfiguration, NamesLineAndFieldOfWhatIsWrong) {
    struct Row {
        std::string_view text, field;
        std::size_t line;
    };
    for (const auto& [text, field, line] : std::to_array<Row>({
             {"mode = \"on\"", "mode", 2},
             {"\nanchors = [\"a\"]", "anchors", 3},
             {"anchors = [\"http://a\"]", "anchors", 2},
             {"[log]\norigin = \"a b\"", "origin", 3},
             {"[log]\nretain = \"long\"", "retain", 3},
             {"[log]\nretain = \"23h\"", "retain", 3},
             {"[log]\nkeep = \"1d\"", "keep", 3},
             {"[log]\nkey = \"log.key\"", "key", 3},
             {"[log]\nkey = \"pkcs11:object=log\"", "origin", 2},
             {"[log]\nprovider = \"pkcs11\"", "provider", 3},
             {"[log]\norigin = \"a\"\nkey = \"file:log.pem\"", "key", 4},
             {"[log]\nkey = \"/k\"\nprovider = \"pkcs11\"", "provider", 4},
             {"[[device]]\nname = \"usb/1\"\nprofile = \"none\"", "name", 3},
             {"minimum_version = \"1.4\"", "minimum_version", 2},
         })) {
        const auto its = read(text);
        ASSERT_FALSE(its) << text;
        EXPECT_EQ(its.error().where, "busguardd.toml");
        EXPECT_THAT(its.error().field, testing::HasSubstr(field)) << text;
        EXPECT_EQ(its.error().line, line) << text;
    }
    EXPECT_FALSE(configuration_from_toml("", "x"));
    EXPECT_FALSE(configuration_from_toml("schema = \"busguard.daemon/2\"", "x"));
}

}  // namespace
}  // namespace busguard::daemon
