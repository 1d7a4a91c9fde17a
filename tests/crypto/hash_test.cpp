#include "base/hex.h"
#include "crypto/entropy.h"
#include "tests/crypto/support.h"

namespace busguard::crypto {
namespace {

struct Known {
    Hash hash;
    std::string_view of_abc;
};

// FIPS 180-4 and FIPS 202 example values for the message "abc" (csrc.nist.gov, Cryptographic Standards:
// examples)
constexpr std::array known{
    Known{Hash::sha_256, "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"},
    Known{Hash::sha_384,
          "cb00753f45a35e8bb5a03d699ac65007272c32ab0eded1631a8b605a43ff5bed8086072ba1e7cc2358baeca134c825a7"},
    Known{Hash::sha_512,
          "ddaf35a193617abacc417349ae20413112e6fa4e89a97ea20a9eeee64b55d39a2192992a274fc1a836ba3c23a3feebbd"
          "454d4423643ce80e2a9ac94fa54ca49f"},
    Known{Hash::sha3_256, "3a985da74fe225b2045c172d6bd390bd855f086e3e9d525b46bfe24511431532"},
    Known{Hash::sha3_384,
          "ec01498288516fc926459f58e2c6ad8df9b473cb0fc08c2596da7cf0e49be4b298d88cea927ac7f539f1edf228376d25"},
    Known{Hash::sha3_512,
          "b751850b1a57168a5693cd924b6b096e08f621827444f70d884f5d0240d2712e10e116e9192af3c91a7ec57647e39340"
          "57340b4cf408d5a56592f8274eec53f0"},
};

TEST(Hash, GivesTheStandardsValues) {
    for (const auto& [hash, of_abc] : known) {
        EXPECT_EQ(to_hex(digest(hash, as_bytes("abc"))), of_abc) << name(hash);
        EXPECT_EQ(digest(hash, as_bytes("abc")).size(), size(hash));
        EXPECT_TRUE(supported(hash));
    }
}

TEST(Hash, OfPartsIsTheHashOfTheWhole) {
    for (auto hash : all_hashes) {
        const auto whole = digest(hash, as_bytes("abc"));
        EXPECT_EQ(digest(hash, {as_bytes("a"), ByteView{}, as_bytes("bc")}), whole);
        Hasher hasher{hash};
        hasher.update(as_bytes("ab"));
        const auto before = hasher.finish();
        Hasher copy = hasher;
        hasher.update(as_bytes("c"));
        EXPECT_EQ(hasher.finish(), whole);
        EXPECT_EQ(copy.finish(), before) << "a copy goes its own way";
        copy = hasher;
        EXPECT_EQ(copy.finish(), whole);
        EXPECT_EQ(before, digest(hash, as_bytes("ab")));
    }
}

TEST(Hash, HasAName) {
    for (auto hash : all_hashes) EXPECT_EQ(hash_named(name(hash)), hash);
    EXPECT_EQ(hash_named("sha1"), std::nullopt);
    EXPECT_EQ(hash_named(""), std::nullopt);
}

TEST(Digest, IsAValue) {
    EXPECT_TRUE(Digest{}.empty());
    EXPECT_EQ(Digest{as_bytes("abc")}, Digest{as_bytes("abc")});
    EXPECT_NE(Digest{as_bytes("abc")}, Digest{as_bytes("abd")});
    const std::string zeros(2, '\0');
    EXPECT_NE(Digest{as_bytes(zeros)}, Digest{}) << "the size counts";
    EXPECT_EQ((Digest{as_bytes(std::string(100, 'x'))}.size()), largest_digest);
}

TEST(SystemEntropy, FillsEveryByte) {
    SystemEntropy entropy;
    std::array<std::byte, 64> first{};
    std::array<std::byte, 64> second{};
    ASSERT_TRUE(entropy.fill(first));
    ASSERT_TRUE(entropy.fill(second));
    EXPECT_FALSE(same(first, second));
    EXPECT_TRUE(entropy.fill({}));
    wipe(first);
    EXPECT_EQ(to_hex(first), std::string(128, '0'));
}

}  // namespace
}  // namespace busguard::crypto
