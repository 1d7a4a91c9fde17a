#include "examine/anchor_sources.h"

#include "base/hex.h"
#include "crypto/hash.h"
#include "tests/crypto/answer.h"
#include "tests/host/temporary_directory.h"

#include <arpa/inet.h>
#include <gmock/gmock.h>
#include <sys/socket.h>

#include <unistd.h>

/// Where root certificates come from: files, the firmware's variables, a file that a TPM knows.
namespace busguard::examine {
namespace {

using crypto::test::ca_spec;
using crypto::test::make;
using testing::HasSubstr;

class AnchorSources : public testing::Test {
protected:
    std::string add(const std::string& source) {
        const auto added = add_anchors(anchors, source, firmware);
        return added ? "" : added.error().text();
    }

    host::TemporaryDirectory directory;
    crypto::Certificate root = make(ca_spec("root"), nullptr).certificate;
    trust::Anchors anchors;
    Firmware firmware{.efivars = directory.path("efivars")};
};

TEST_F(AnchorSources, AreFilesAndDirectories) {
    directory.put("anchors/a.pem", crypto::to_pem(root));
    directory.put("anchors/b.der", make(ca_spec("other"), nullptr).certificate.der());
    directory.put("anchors/README", std::string_view{"no certificate"});
    EXPECT_EQ(add(directory.path("anchors")), "");
    EXPECT_EQ(anchors.size(), 2U);
    EXPECT_EQ(anchors.provenance(0), "file " + directory.path("anchors/a.pem"));
    directory.put("empty/README", std::string_view{"no certificate"});
    EXPECT_THAT(add(directory.path("empty")), HasSubstr("no certificate in this directory"));
    EXPECT_THAT(add(directory.path("nothing")), HasSubstr("nothing"));
}

TEST_F(AnchorSources, BringTheirAuthoritiesWordOnRevocations) {
    const auto authority = make(ca_spec("authority"), nullptr);
    const auto device = make(crypto::test::spec("device"), &authority);
    directory.put("anchors/a.pem", crypto::to_pem(authority.certificate));
    directory.put("anchors/a.crl", *crypto::issue_list({.this_update = {}}, authority.certificate,
                                                       authority.key, crypto::Hash::sha_384));
    directory.put("anchors/device.ors", crypto::test::answer({.about = {{device.certificate}}}, authority));
    EXPECT_EQ(add(directory.path("anchors")), "");
    EXPECT_EQ(anchors.size(), 1U);
    EXPECT_EQ(anchors.revocations().size(), 1U);
    ASSERT_EQ(anchors.answers().size(), 1U);
    EXPECT_EQ(anchors.answers()[0].about(device.certificate, authority.certificate).size(), 1U);
    directory.put("anchors/later.ors", crypto::test::no_answer());
    EXPECT_THAT(add(directory.path("anchors")), HasSubstr("later.ors: responseStatus: is no OCSP response"));
    EXPECT_EQ(add(directory.path("anchors/a.crl")), "") << "one file of either kind, by its name";
}

TEST_F(AnchorSources, MayBeForSomeVendorsAlone) {
    directory.put("a.pem", crypto::to_pem(root));
    EXPECT_EQ(add("vendor:1ea5,144D:" + directory.path("a.pem")), "");
    EXPECT_EQ(anchors.vendors(0), (trust::Vendors{0x144d, 0x1ea5}));
    EXPECT_EQ(anchors.provenance(0), "file " + directory.path("a.pem") + ", for devices of 144d, 1ea5");
    for (const auto* source :
         {"vendor:", "vendor:1ea5", "vendor:1ea5:", "vendor::/a", "vendor:1ea:/a", "vendor:1ea5,:/a",
          "vendor:1ea5,,1ea6:/a", "vendor:0x1ea5:/a", "vendor:+ea5:/a", "vendor:1ea5:vendor:1ea5:/a"})
        EXPECT_THAT(add(source), HasSubstr("is no list of vendors and source")) << source;
    EXPECT_THAT(add("vendor:1ea5:efi:dbx"), HasSubstr("efi:db or efi:MokListRT"));
    EXPECT_EQ(path_of("vendor:1ea5:/a"), "/a");
    EXPECT_EQ(path_of("vendor:1ea5:efi:db"), "");
    EXPECT_TRUE(may_be_missing("vendor:1ea5:efi:db"));
}

TEST_F(AnchorSources, OfTheFirmwareAreOneWordEach) {
    EXPECT_THAT(add("efi:dbx"), HasSubstr("efi:db or efi:MokListRT"));
    EXPECT_THAT(add("efi:db"), HasSubstr("efivars/db-"));  // this machine has none
    EXPECT_TRUE(may_be_missing("efi:db"));
    EXPECT_FALSE(may_be_missing("tpm:0x1800200:/roots.pem"));
    EXPECT_EQ(path_of("tpm:0x1800200:/roots.pem"), "");
    EXPECT_EQ(path_of("/tpm:"), "/tpm:");
}

/// A TPM in software, with tpm2-tools to write to it as an administrator does.
class Sealed : public AnchorSources {
protected:
    void SetUp() override {
        if (host::shell("command -v swtpm tpm2_nvdefine > /dev/null") != 0)
            GTEST_SKIP() << "NOT TESTED: swtpm and tpm2-tools are not installed";
        directory.put("tpm/here", std::string_view{});
        // Somebody else may take a port between the look and the start.
        int begun = 1;
        for (int tries = 0; tries < 20 && begun != 0; ++tries)
            begun = begin(free_port(20000 + (tries * 1000)));
        ASSERT_EQ(begun, 0);
        directory.put("roots.pem", crypto::to_pem(root));
    }
    void TearDown() override {
        (void)host::shell("kill $(cat " + directory.path("tpm/pid") + ") 2> /dev/null");
    }

    int tool(const std::string& command) const {
        return host::shell("TPM2TOOLS_TCTI=" + firmware.tcti + " " + command + " > /dev/null 2>&1");
    }
    void define(std::size_t size, const std::string& attributes) const {
        ASSERT_EQ(
            tool("tpm2_nvdefine 0x1800200 -C o -s " + std::to_string(size) + " -a '" + attributes + "'"), 0);
    }
    void write(ByteView bytes, const std::string& by = "-C o") const {
        directory.put("digest", bytes);
        ASSERT_EQ(tool("tpm2_nvwrite 0x1800200 " + by + " -i " + directory.path("digest")), 0);
    }
    std::string add_sealed() { return add("tpm:0x1800200:" + directory.path("roots.pem")); }
    static constexpr auto good = "ownerread|ownerwrite|authread";

private:
    int begin(int port) {
        firmware.tcti = "swtpm:port=" + std::to_string(port);
        return host::shell("swtpm socket --tpm2 --daemon --tpmstate dir=" + directory.path("tpm") +
                           " --server type=tcp,port=" + std::to_string(port) +
                           " --ctrl type=tcp,port=" + std::to_string(port + 1) +
                           " --flags not-need-init,startup-clear --pid file=" + directory.path("tpm/pid"));
    }

    /// Two that are free now.
    static int free_port(int from) {
        for (int port = from + (::getpid() % 20000);; port += 2) {
            const int one = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
            sockaddr_in its{.sin_family = AF_INET,
                            .sin_port = htons(static_cast<std::uint16_t>(port)),
                            .sin_addr = {.s_addr = htonl(INADDR_LOOPBACK)},
                            .sin_zero = {}};
            const int bound =
                ::bind(one, reinterpret_cast<sockaddr*>(&its), sizeof its);  // NOLINT(*-reinterpret-cast)
            ::close(one);
            if (bound == 0) return port;
        }
    }
};

TEST_F(Sealed, IsTheFileWhoseDigestTheTpmHolds) {
    for (const auto hash : {crypto::Hash::sha_256, crypto::Hash::sha_384, crypto::Hash::sha_512}) {
        define(crypto::size(hash), good);
        const auto pem = crypto::to_pem(root);
        write(crypto::digest(hash, as_bytes(pem)));
        anchors = {};
        EXPECT_EQ(add_sealed(), "");
        ASSERT_EQ(anchors.size(), 1U);
        EXPECT_EQ(anchors.provenance(0), "file " + directory.path("roots.pem") + ", whose " +
                                             std::string{crypto::name(hash)} + " is in TPM index 0x1800200");
        ASSERT_EQ(tool("tpm2_nvundefine 0x1800200 -C o"), 0);
    }
}

TEST_F(Sealed, IsNoOtherFile) {
    define(32, good);
    write(crypto::digest(crypto::Hash::sha_256, as_bytes("other")));
    EXPECT_THAT(add_sealed(), HasSubstr("is not the one whose digest the TPM holds"));
    EXPECT_TRUE(anchors.empty());
}

TEST_F(Sealed, NeedsAnIndexThatNotEverybodyWrites) {
    define(32, "ownerread|ownerwrite|authread|authwrite|writedefine");
    const auto pem = crypto::to_pem(root);
    write(crypto::digest(crypto::Hash::sha_256, as_bytes(pem)));
    EXPECT_THAT(add_sealed(), HasSubstr("can be written by whoever knows its password"));
    ASSERT_EQ(tool("tpm2_nvwritelock 0x1800200 -C o"), 0);
    EXPECT_EQ(add_sealed(), "");
}

TEST_F(Sealed, SaysWhatIsWrongWithTheIndex) {
    EXPECT_THAT(add_sealed(), HasSubstr("NV index"));  // there is none
    define(32, good);
    EXPECT_THAT(add_sealed(), HasSubstr("NV index"));  // never written
    ASSERT_EQ(tool("tpm2_nvundefine 0x1800200 -C o"), 0);
    define(20, good);
    write(Bytes(20));
    EXPECT_THAT(add_sealed(), HasSubstr("the index holds no digest"));
    ASSERT_EQ(tool("tpm2_nvundefine 0x1800200 -C o"), 0);
    define(600, good);
    write(Bytes(600));
    EXPECT_THAT(add_sealed(), HasSubstr("NV index"));
    EXPECT_TRUE(anchors.empty());
}

TEST_F(AnchorSources, OfATpmNeedATpmAndAnIndexAndAFile) {
    for (const auto* source :
         {"tpm:", "tpm:0x1800200", "tpm:0x1800200:", "tpm:0x1800200:roots.pem", "tpm:1800200:/roots.pem",
          "tpm:0x:/roots.pem", "tpm:0x1180020000:/roots.pem", "tpm:0x18g0200:/roots.pem"})
        EXPECT_THAT(add(source), HasSubstr("tpm:0x1800200:/etc/busguard/roots.pem")) << source;
    firmware.tcti = "device:" + directory.path("no-tpm");
    EXPECT_THAT(add("tpm:0x1800200:/roots.pem"), HasSubstr("TPM"));
}

}  // namespace
}  // namespace busguard::examine
