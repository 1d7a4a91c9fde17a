#include "journal/signing_key.h"

#include "crypto/key.h"
#include "tests/host/temporary_directory.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/stat.h>

#include <fstream>

namespace busguard::journal {
namespace {

using testing::HasSubstr;
using testing::Not;

TEST(SigningKey, IsBehindAUriIfTheNameHasAScheme) {
    for (const auto* uri : {"pkcs11:object=log", "file:/k", "handle:0x81000001", "a+b-c.1:x"})
        EXPECT_TRUE(is_uri(uri)) << uri;
    for (const auto* path : {"/k", "/a:b", "log.key", "./a:b", ":x", "1a:x", ""})
        EXPECT_FALSE(is_uri(path)) << path;
}

TEST(SigningKey, IsShownWithoutItsPin) {
    EXPECT_EQ(shown({"pkcs11:object=log?pin-value=1234", ""}), "pkcs11:object=log");
    EXPECT_EQ(shown({"pkcs11:object=log", ""}), "pkcs11:object=log");
    EXPECT_EQ(shown({"pkcs11:object=log;pin-value=1234;type=private", ""}), "pkcs11:object=log");
    EXPECT_EQ(shown({"pkcs11:object=log&pin-value=1234", ""}), "pkcs11:object=log");
    EXPECT_EQ(shown({"pkcs11:pin-value=1234;object=log", ""}), "pkcs11");
    EXPECT_EQ(shown({"/a?b", ""}), "/a?b");
}

struct SigningKeyPlaces : testing::Test {
    host::TemporaryDirectory directory;

    std::string pem(crypto::Scheme scheme) const {
        std::ofstream{directory.path("key.pem")} << crypto::PrivateKey::generate(scheme)->to_pem();
        return "file:" + directory.path("key.pem");
    }
};

TEST_F(SigningKeyPlaces, AFileSaysWhoseKeyItIs) {
    const auto signer =
        *tlog::NoteSigner::make("a.example", *crypto::PrivateKey::generate(crypto::Scheme::ed25519));
    const auto path = directory.path("log.key");
    ASSERT_TRUE(write_signing_key(path, signer));
    struct stat status{};
    ASSERT_EQ(::stat(path.c_str(), &status), 0);
    EXPECT_EQ(status.st_mode & 07777U, 0600U);
    EXPECT_EQ(read_signing_key({path, ""}, "")->verifier(), signer.verifier());
    EXPECT_EQ(read_signing_key({path, ""}, "a.example")->verifier(), signer.verifier());
    EXPECT_THAT(read_signing_key({path, ""}, "b.example").error().text(), HasSubstr("a.example"));
    EXPECT_FALSE(read_signing_key({path + "x", ""}, ""));
}

TEST_F(SigningKeyPlaces, AUriIsGivenTheName) {
    const auto uri = pem(crypto::Scheme::ed25519);
    const auto signer = read_signing_key({uri, ""}, "a.example");
    ASSERT_TRUE(signer) << signer.error().text();
    EXPECT_EQ(signer->verifier().name(), "a.example");
    const auto line = signer->sign("text\n");
    ASSERT_TRUE(line);
    const tlog::Note note{"text\n", {*line}};
    EXPECT_TRUE(tlog::verify(note, {&signer->verifier(), 1}));
    EXPECT_FALSE(read_signing_key({uri, ""}, "")) << "nobody's";
}

TEST(SigningKey, HasToBeTheLastOfTheLogs) {
    const auto made = [](const char* name) {
        return tlog::NoteSigner::make(name, *crypto::PrivateKey::generate(crypto::Scheme::ed25519))
            ->verifier();
    };
    const auto first = made("a.example");
    const auto second = made("a.example");
    const auto renamed = made("b.example");
    EXPECT_TRUE(check_that_it_signs(first, {}, "log.vkey"));
    const std::vector one{first};
    EXPECT_TRUE(check_that_it_signs(first, one, "log.vkey"));
    EXPECT_FALSE(check_that_it_signs(renamed, one, "log.vkey"));
    const std::vector both{first, second};
    EXPECT_TRUE(check_that_it_signs(second, both, "log.vkey"));
    const auto refused = check_that_it_signs(first, both, "log.vkey");
    ASSERT_FALSE(refused);
    EXPECT_THAT(refused.error().text(), HasSubstr(second.to_text()));
    EXPECT_THAT(refused.error().remedy, HasSubstr("log rotate"));
}

TEST_F(SigningKeyPlaces, SaysWhatIsWrongAndNoPin) {
    const auto text = [](const std::string& uri, const std::string& provider = {}) {
        const auto read = read_signing_key({uri, provider}, "a.example");
        return read ? std::string{} : read.error().text();
    };
    EXPECT_THAT(text(pem(crypto::Scheme::ecdsa_p384)), HasSubstr("is of ECDSA P-384"));
    EXPECT_THAT(text("pkcs11:object=none?pin-value=1234"), HasSubstr("pkcs11:object=none: no key is there"));
    EXPECT_THAT(text("pkcs11:object=none?pin-value=1234"), Not(HasSubstr("1234")));
    EXPECT_THAT(text(pem(crypto::Scheme::ed25519), "none-such"),
                HasSubstr("provider \"none-such\" cannot be loaded"));
}

}  // namespace
}  // namespace busguard::journal
