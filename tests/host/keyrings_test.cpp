#include "host/keyrings.h"

#include "host/files.h"

#include <gmock/gmock.h>
#include <linux/keyctl.h>
#include <sys/syscall.h>

#include <unistd.h>

namespace busguard::host {
namespace {

TEST(Keyrings, AreTheKernelsOnesOfCertificates) {
    const auto found = keyrings_in(
        "07cc8526 I------     1 perm 1f030000     0     0 keyring   .dns_resolver: empty\n"
        "38b3d635 I------     1 perm 1f0b0000     0     0 keyring   .builtin_trusted_keys: 2\n"
        "8a23de24 I------     1 perm 1f0f0000     0     0 keyring   .cma: empty\n"
        "0a1b2c3d I------     1 perm 1f030000     0     0 asymmetri .cma: 6ccece7e: X509.rsa 9ea41b []\n"
        "3a23de24 I--Q---     1 perm 1f3f0000     0 65534 keyring   _ses: 1\n"
        "zz I--Q--- 1 perm 1f3f0000     0 65534 keyring   .platform: 1\n"
        "\nkeyring .platform\n 1 keyring .platform: 1");
    ASSERT_EQ(found.size(), 2U);
    EXPECT_EQ(found[0].name, ".builtin_trusted_keys");
    EXPECT_EQ(found[0].serial, 0x38b3d635);
    EXPECT_EQ(found[1].name, ".cma");
    EXPECT_EQ(static_cast<std::uint32_t>(found[1].serial), 0x8a23de24U);
    EXPECT_TRUE(keyrings_in("").empty());
}

TEST(Keyrings, OfThisMachineAreThoseThatItNames) {
    const auto text = read_file("/proc/keys");
    if (!text) GTEST_SKIP() << "NOT TESTED: this kernel shows no keys";
    EXPECT_EQ(kernel_keyrings().size(), keyrings_in(as_text(*text)).size());
}

}  // namespace
}  // namespace busguard::host
