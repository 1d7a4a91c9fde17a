#include "emulate/pki.h"

#include "crypto/path.h"
#include "tests/emulate/worlds.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cstdlib>
#include <filesystem>

namespace busguard::emulate {
namespace {

namespace fs = std::filesystem;
using crypto::Scheme;
using testing::ElementsAre;

const auto today = std::chrono::sys_days{std::chrono::year{2026} / 6 / 1};

class Pki : public testing::Test {
protected:
    Credential root(Scheme scheme) { return *make_root({"Maker", "Maker Root", scheme}, entropy_); }
    Credential issuer(const Credential& root, Scheme scheme) {
        return *make_intermediate({"Maker", "Maker CA", scheme}, root, entropy_);
    }
    static crypto::PathResult verify(const Credential& credential, const Credential& anchor) {
        return crypto::verify_path(credential.chain, std::vector{anchor.root()}, {.at = today});
    }

    CountingEntropy entropy_;
};

class PkiOfEveryScheme : public Pki, public testing::WithParamInterface<Scheme> {};

TEST_P(PkiOfEveryScheme, IssuesAChainThatHolds) {
    const auto top = root(Scheme::ecdsa_p256);
    const auto leaf = make_leaf({.organization = "Maker",
                                 .common_name = "Device",
                                 .scheme = GetParam(),
                                 .cma_name = "Vendor=1b36:Device=0010:CC=010802:REV=02",
                                 .device_info = "Maker:Device:1"},
                                top, entropy_);
    ASSERT_TRUE(leaf) << leaf.error().what;
    EXPECT_TRUE(verify(*leaf, top));
    EXPECT_TRUE(leaf->key.fits(GetParam()));
    const auto apart = crypto::split_chain(leaf->chain_der());
    ASSERT_TRUE(apart);
    EXPECT_EQ(apart->size(), 2U);
}

INSTANTIATE_TEST_SUITE_P(All, PkiOfEveryScheme,
                         testing::Values(Scheme::rsassa_2048, Scheme::rsapss_3072, Scheme::rsassa_4096,
                                         Scheme::ecdsa_p256, Scheme::ecdsa_p384, Scheme::ecdsa_p521,
                                         Scheme::ed25519, Scheme::ed448),
                         [](const auto& scheme) {
                             std::string word{name(scheme.param)};
                             std::ranges::replace(word, '-', '_');
                             return word;
                         });

TEST_F(Pki, HasRootsOfEveryKind) {
    for (auto scheme : {Scheme::rsassa_2048, Scheme::ecdsa_p521, Scheme::ed25519, Scheme::ed448}) {
        const auto top = root(scheme);
        const auto leaf =
            make_leaf({.organization = "Maker", .common_name = "Device"}, issuer(top, scheme), entropy_);
        ASSERT_TRUE(leaf) << name(scheme);
        EXPECT_TRUE(verify(*leaf, top)) << name(scheme);
    }
}

TEST_F(Pki, GivesTheLeafWhatTheProfilesAskFor) {
    const auto top = root(Scheme::ecdsa_p384);
    const auto made = make_leaf({.organization = "Maker",
                                 .common_name = "Device",
                                 .cma_name = "Vendor=1b36",
                                 .device_info = "Maker:Device:1"},
                                issuer(top, Scheme::ecdsa_p256), entropy_);
    ASSERT_TRUE(made);
    const auto& leaf = made->certificate();
    EXPECT_EQ(leaf.basic_constraints_ca(), false);
    EXPECT_EQ(leaf.key_usage(), crypto::KeyUsage::digital_signature);
    EXPECT_THAT(leaf.extended_key_usage(), ElementsAre("1.3.6.1.4.1.412.274.3"));
    EXPECT_THAT(leaf.other_names(),
                ElementsAre(crypto::OtherName{"2.23.147", "Vendor=1b36"},
                            crypto::OtherName{"1.3.6.1.4.1.412.274.1", "Maker:Device:1"}));
    EXPECT_EQ(leaf.not_after(), device_lifetime().to);
    // DSP0274: hardware identity, in the SPDM extension.
    const auto extensions = leaf.extensions();
    const auto mark =
        std::ranges::find(extensions, std::string{"1.3.6.1.4.1.412.274.6"}, &crypto::Extension::oid);
    ASSERT_NE(mark, extensions.end());
    EXPECT_EQ(mark->value.back(), std::byte{2});
    EXPECT_TRUE(verify(*made, top));
}

TEST_F(Pki, MakesAnAliasUnderTheDevicesOwnAuthority) {
    const auto top = root(Scheme::ecdsa_p384);
    const auto made = make_alias_leaf({.organization = "Maker", .common_name = "Device"}, top, entropy_);
    ASSERT_TRUE(made);
    ASSERT_EQ(made->chain.size(), 3U);
    EXPECT_EQ(made->chain[1].basic_constraints_ca(), true);
    EXPECT_EQ(made->chain[1].extensions().back().value.back(), std::byte{2});  // hardware identity
    EXPECT_EQ(made->certificate().basic_constraints_ca(), false);
    EXPECT_TRUE(verify(*made, top));
}

TEST_F(Pki, RefusesALookalikeOfTheSameNames) {
    const auto honest = root(Scheme::ecdsa_p384);
    const auto forger = root(Scheme::ecdsa_p384);
    EXPECT_EQ(honest.root().subject(), forger.root().subject());
    const auto theirs = make_leaf({.organization = "Maker", .common_name = "Device"}, forger, entropy_);
    EXPECT_EQ(verify(*theirs, honest).error().fault, crypto::PathFault::untrusted_root);
    const auto forged =
        forge_leaf({.organization = "Maker", .common_name = "Device"}, forger, honest, entropy_);
    ASSERT_TRUE(forged);
    EXPECT_EQ(forged->certificate().authority_key_id(), honest.root().subject_key_id());
    EXPECT_EQ(verify(*forged, honest).error().fault, crypto::PathFault::signature_invalid);
}

TEST_F(Pki, KeepsKeysToItself) {
    std::string name = testing::TempDir() + "busguard-pki-XXXXXX";
    ASSERT_NE(mkdtemp(name.data()), nullptr);
    const auto directory = fs::path{name} / "deep" / "maker";
    const auto made = issuer(root(Scheme::ecdsa_p256), Scheme::ecdsa_p256);
    ASSERT_TRUE(store(directory, made));
    EXPECT_EQ(fs::status(directory / "key.pem").permissions(),
              fs::perms::owner_read | fs::perms::owner_write);
    EXPECT_EQ(fs::status(directory).permissions(), fs::perms::owner_all);
    const auto back = load(directory);
    ASSERT_TRUE(back) << back.error().text();
    EXPECT_EQ(back->chain.size(), 2U);
    EXPECT_EQ(back->certificate(), made.certificate());
    EXPECT_EQ(back->key.public_key(), made.key.public_key());

    fs::copy_file(directory / "chain.pem", directory / "key.pem", fs::copy_options::overwrite_existing);
    EXPECT_EQ(load(directory).error().message, "holds no private key");
    ASSERT_TRUE(store(directory, root(Scheme::ecdsa_p256)));
    ASSERT_TRUE(store(directory / "other", made));
    fs::copy_file(directory / "other" / "key.pem", directory / "key.pem",
                  fs::copy_options::overwrite_existing);
    EXPECT_EQ(load(directory).error().message, "is not the key of the last certificate of chain.pem");
    fs::remove_all(name);
}

}  // namespace
}  // namespace busguard::emulate
