#include "evidence/kernel_log.h"
#include "tests/daemon/abi_world.h"
#include "tests/host/mounted.h"
#include "tests/thinned.h"

#include <gmock/gmock.h>

#include <cstdlib>
#include <filesystem>
#include <fstream>

/// The file ABI as programs see it: mounted, and read by what was written for the kernel's.
namespace busguard::daemon {
namespace {

namespace fs = std::filesystem;
using evidence::test::everything;
using evidence::test::Hierarchy;
using host::Mounted;
using spdm::Version;
using testing::UnorderedElementsAre;

evidence::Bundle visit(const Hierarchy& hierarchy, Version version = Version::v1_3,
                       crypto::Scheme scheme = crypto::Scheme::ecdsa_p384,
                       crypto::Hash hash = crypto::Hash::sha_384) {
    return evidence::test::visit(evidence::test::device(hierarchy, scheme, hash), everything(version));
}

/// Runs a command of the shell on another thread while the tree is served; what it wrote, if it succeeds.
struct Ran {
    int status = -1;
    std::string output;
};
Ran run(Mounted& mounted, const std::string& command, const std::function<void()>& meanwhile = [] {}) {
    return mounted.serve(
        [&] {
            const auto file = mounted.path() + ".output";
            const auto whole = "{ " + command + "\n} > " + file + " 2>&1";
            Ran ran{.status = host::shell(whole)};
            std::ifstream in{file, std::ios::binary};
            ran.output = {std::istreambuf_iterator<char>{in}, {}};
            fs::remove(file);
            return ran;
        },
        meanwhile);
}

std::string script(const std::string& device, const std::string& anchors) {
    return std::string{BUSGUARD_SOURCE_DIR} + "/tests/daemon/abi_recipe.sh " + device + " " + anchors;
}

/// A file with the root that vouches for the devices of these tests.
class Anchors {
public:
    Anchors() { directory_.put("anchors.pem", as_bytes(crypto::to_pem(evidence::test::root().certificate))); }
    std::string path() const { return directory_.path("anchors.pem"); }

private:
    host::TemporaryDirectory directory_;
};

// The table "sysfs ABI of v2", row by row; sizes of P-384 with SHA-384.
TEST(MountedAbi, ShowsTheModesAndSizesOfTheKernels) {
    static const Hierarchy hierarchy;
    AbiWorld world;
    show_attempt(world, drive, attempt_of(visit(hierarchy)));
    const auto transcript = static_cast<std::int64_t>(world.kept.at(0).records.at(0).transcript.size());
    struct Row {
        std::string name;
        unsigned mode;
        std::int64_t size;
    };
    const auto table = std::to_array<Row>({
        {"", S_IFDIR | 0755U, 0},
        {"authenticated", S_IFREG | 0644U, 4096},
        {"certificates", S_IFDIR | 0755U, 0},
        {"certificates/slot0", S_IFREG | 0444U, 65535},
        {"signatures", S_IFDIR | 0755U, 0},
        {"signatures/0_signature", S_IFREG | 0444U, 96},
        {"signatures/0_transcript", S_IFREG | 0444U, transcript},
        {"signatures/0_requester_nonce", S_IFREG | 0444U, 32},
        {"signatures/0_responder_nonce", S_IFREG | 0444U, 32},
        {"signatures/0_hash_algorithm", S_IFREG | 0444U, 4096},
        {"signatures/0_combined_spdm_prefix", S_IFREG | 0444U, 100},
        {"signatures/0_type", S_IFREG | 0444U, 4096},
        {"signatures/0_log_index", S_IFREG | 0444U, 4096},
        {"signatures/0_certificate_chain", S_IFLNK | 0777U, 21},
        {"signatures/next_requester_nonce", S_IFREG | 0200U, 32},
        {"../../max_signatures_size", S_IFREG | 0644U, 0},
    });
    Mounted mounted{world.tree};
    NEEDS_MOUNT(mounted);
    mounted.serve([&] {
        for (const auto& [name, mode, size] : table) {
            const auto its = host::stat_of(mounted.path(at + name));
            EXPECT_EQ(its.st_mode, mode) << name << std::oct << its.st_mode;
            EXPECT_EQ(its.st_size, size) << name;
            EXPECT_EQ(its.st_uid, 0U) << name;
            EXPECT_EQ(its.st_gid, 0U) << name;
        }
        const auto held = [&](const std::string& name) {
            return host::read_file_as_programs_do(mounted.path(at + name));
        };
        EXPECT_EQ(held("authenticated").content, "1\n");
        EXPECT_EQ(held("certificates/slot0").content, as_text(hierarchy.der())) << "no header of SPDM's";
        EXPECT_EQ(held("signatures/0_hash_algorithm").content, "sha384\n");
        EXPECT_EQ(held("signatures/0_type").content, "responder-challenge_auth signing\n");
        EXPECT_EQ(held("signatures/1_type").content, "responder-measurements signing\n");
        EXPECT_EQ(held("signatures/0_transcript").content, as_text(world.kept[0].records[0].transcript));
        EXPECT_EQ(held("signatures/0_certificate_chain").content, held("certificates/slot0").content);
        EXPECT_EQ(held("signatures/next_requester_nonce").error, EACCES);
        EXPECT_EQ(fs::read_symlink(mounted.path(at + "signatures/0_certificate_chain")),
                  "../certificates/slot0");
        EXPECT_EQ(host::write_file_as_a_shell_does(mounted.path(at + "certificates/slot0"), "x"), EACCES);
        EXPECT_EQ(host::write_file_as_a_shell_does(mounted.path(at + "authenticated"), "1"), EINVAL);
        std::vector<std::string> names;
        for (const auto& entry : fs::directory_iterator{mounted.path(at + "certificates")})
            names.push_back(entry.path().filename());
        EXPECT_THAT(names, UnorderedElementsAre("slot0")) << "1.3 tells its slots";
        return 0;
    });
}

// What differs with version and algorithm.
TEST(MountedAbi, ShowsSignaturesAsLargeAsTheyAre) {
    struct Row {
        crypto::Scheme scheme;
        crypto::Hash hash;
        Version version;
        std::int64_t signature, prefix;
        std::string algorithm;
        std::size_t slots;
    };
    const auto table = std::to_array<Row>({
        {crypto::Scheme::ecdsa_p256, crypto::Hash::sha_256, Version::v1_0, 64, 0, "sha256\n", 8},
        {crypto::Scheme::ecdsa_p384, crypto::Hash::sha_384, Version::v1_1, 96, 0, "sha384\n", 8},
        {crypto::Scheme::ecdsa_p521, crypto::Hash::sha_512, Version::v1_2, 132, 100, "sha512\n", 8},
        {crypto::Scheme::rsassa_2048, crypto::Hash::sha_256, Version::v1_3, 256, 100, "sha256\n", 1},
    });
    AbiWorld world;
    Mounted mounted{world.tree};
    NEEDS_MOUNT(mounted);
    for (const auto& row : table) {
        const Hierarchy hierarchy{evidence::test::leaf_spec(), row.scheme};
        world.abi.hide(drive);
        show_attempt(world, drive, attempt_of(visit(hierarchy, row.version, row.scheme, row.hash)));
        mounted.serve([&] {
            const auto stem = mounted.path(at + "signatures/0_");
            EXPECT_EQ(host::stat_of(stem + "signature").st_size, row.signature);
            EXPECT_EQ(host::stat_of(stem + "combined_spdm_prefix").st_size, row.prefix);
            EXPECT_EQ(host::read_file_as_programs_do(stem + "combined_spdm_prefix").content.size(),
                      static_cast<std::size_t>(row.prefix));
            EXPECT_EQ(host::read_file_as_programs_do(stem + "hash_algorithm").content, row.algorithm);
            const fs::directory_iterator slots{mounted.path(at + "certificates")};
            EXPECT_EQ(static_cast<std::size_t>(std::distance(begin(slots), end(slots))), row.slots);
            return 0;
        });
    }
}

TEST(MountedAbi, GivesTheErrnoOfTheAttempt) {
    AbiWorld world;
    ASSERT_TRUE(world.abi.show(view_of(drive)));
    ASSERT_TRUE(world.abi.show(view_of("pci/unknown", DeviceView::Support::unknown)));
    Mounted mounted{world.tree};
    NEEDS_MOUNT(mounted);
    int due = 0;
    const auto answer = [&] {
        for (auto& one : std::exchange(world.asked, {})) one.done(due);
    };
    for (int error :
         {0, EKEYREJECTED, EPROTO, EINVAL, EIO, EBUSY, ECONNRESET, EINPROGRESS, EMSGSIZE, EPROTONOSUPPORT}) {
        due = error;
        EXPECT_EQ(
            mounted.serve(
                [&] { return host::write_file_as_a_shell_does(mounted.path(at + "authenticated"), "re\n"); },
                answer),
            error);
    }
    mounted.serve([&] {
        const auto file = mounted.path("pci/unknown/authenticated");
        EXPECT_EQ(host::read_file_as_programs_do(file).error, ENOTTY);
        EXPECT_EQ(host::write_file_as_a_shell_does(file, "re"), ENOTTY);
        return 0;
    });
    due = EKEYREJECTED;
    const auto ran = run(mounted, "echo re | tee " + mounted.path(at + "authenticated"), answer);
    EXPECT_NE(ran.status, 0);
    EXPECT_THAT(ran.output, testing::HasSubstr("Key was rejected by service"));
}

TEST(KernelsRecipe, VerifiesWhatARealKernelPublished) {
    const auto data = crypto::test::shared_data();
    NEEDS_SHARED_DATA(!data.empty() && fs::exists(data / "kernel-captures"));
    const auto capture = data / "kernel-captures" / "spdm-1.3-p384";
    const host::TemporaryDirectory work;
    const auto slot = crypto::test::read_file(capture / "certificates" / "slot0");
    const auto certificates = crypto::split_chain(slot);
    ASSERT_TRUE(certificates);
    work.put("anchors.pem", as_bytes(crypto::to_pem(certificates->front())));
    EXPECT_EQ(host::shell(script(capture, work.path("anchors.pem")) + " > /dev/null"), 0);
}

TEST(KernelsRecipe, WorksUnchangedOnOurFiles) {
    struct Row {
        crypto::Scheme scheme;
        crypto::Hash hash;
        Version version;
    };
    const auto table = std::to_array<Row>({
        {crypto::Scheme::ecdsa_p384, crypto::Hash::sha_384, Version::v1_0},
        {crypto::Scheme::ecdsa_p256, crypto::Hash::sha_256, Version::v1_1},
        {crypto::Scheme::rsassa_3072, crypto::Hash::sha_384, Version::v1_2},
        {crypto::Scheme::ecdsa_p521, crypto::Hash::sha_512, Version::v1_2},
        {crypto::Scheme::ecdsa_p384, crypto::Hash::sha_384, Version::v1_3},
    });
    const Anchors anchors;
    AbiWorld world;
    Mounted mounted{world.tree};
    NEEDS_MOUNT(mounted);
    for (std::size_t row = 0; row < table.size(); row += busguard::test::thinned) {
        const auto& [scheme, hash, version] = table.at(row);
        const Hierarchy hierarchy{evidence::test::leaf_spec(), scheme};
        world.abi.hide(drive);
        // Twice, and the second time with measurements signed as well.
        show_attempt(world, drive, attempt_of(visit(hierarchy, version, scheme, hash)));
        show_attempt(world, drive, attempt_of(visit(hierarchy, version, scheme, hash)));
        const auto ran = run(mounted, script(mounted.path(drive), anchors.path()));
        EXPECT_EQ(ran.status, 0) << crypto::name(scheme) << '\n' << ran.output;
        EXPECT_EQ(std::ranges::count(ran.output, '\n'), 4) << ran.output;

        // …and verifies nothing that was not signed so.
        const auto genuine = world.kept.back();
        using Change = std::pair<std::size_t, Bytes evidence::Record::*>;
        const std::array changes{Change{0, &evidence::Record::transcript},
                                 Change{1, &evidence::Record::signature}};
        for (const auto& [record, member] : changes) {
            auto flipped = genuine;
            auto& bytes = flipped.records.at(record).*member;
            bytes[bytes.size() / 2] ^= std::byte{1};
            world.abi.hide(drive);
            show_attempt(world, drive, {.visited = {.device = drive, .bundle = flipped}, .verdict = {}});
            const auto refused = run(mounted, script(mounted.path(drive), anchors.path()));
            EXPECT_NE(refused.status, 0) << crypto::name(scheme);
            EXPECT_THAT(refused.output, testing::HasSubstr("FAILED: " + std::to_string(record)));
        }
    }
}

// What the series does not know has a recipe in docs/verify-with-openssl.md.
TEST(OurRecipe, VerifiesTheOtherAlgorithmsToo) {
    const Anchors anchors;
    AbiWorld world;
    Mounted mounted{world.tree};
    NEEDS_MOUNT(mounted);
    const auto recipe = std::string{R"sh(set -eu
block() {
    awk -v marker="<!-- recipe: $1 -->" \
        '$0 == marker { found = 1; next } found && /^```sh$/ { inside = 1; next } inside && /^```$/ { exit } inside' "$2"
}
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cd "$work"
{ echo 'set -eu'; block common "$SOURCE"; block kernel "$SOURCE"; } > script
sh script
)sh"};
    const host::TemporaryDirectory work;
    work.put("recipe", recipe);
    for (auto scheme : {crypto::Scheme::rsapss_2048, crypto::Scheme::ed25519}) {
        const Hierarchy hierarchy{evidence::test::leaf_spec(), scheme};
        world.abi.hide(drive);
        show_attempt(world, drive, attempt_of(visit(hierarchy, Version::v1_3, scheme)));
        const auto command = "SOURCE=" + std::string{BUSGUARD_SOURCE_DIR} +
                             "/docs/verify-with-openssl.md DEVICE=" + mounted.path(drive) +
                             " ANCHORS=" + anchors.path() + " sh " + work.path("recipe");
        EXPECT_EQ(run(mounted, command).status, 0) << run(mounted, command).output;
        auto flipped = world.kept.back();
        flipped.records.at(1).transcript.back() ^= std::byte{1};
        show_attempt(world, drive, {.visited = {.device = drive, .bundle = flipped}, .verdict = {}});
        EXPECT_NE(run(mounted, command).status, 0);
    }
}

// The commands that the series' documentation tells people to use.
TEST(KernelsRecipe, FindsWhatTheDocumentationPromises) {
    static const Hierarchy hierarchy;
    AbiWorld world;
    show_attempt(world, drive, attempt_of(visit(hierarchy, Version::v1_2)));
    show_attempt(world, drive, attempt_of(visit(hierarchy, Version::v1_2)));
    Mounted mounted{world.tree};
    NEEDS_MOUNT(mounted);
    const auto cd = "cd " + mounted.path(drive) + " && ";
    const auto text = run(mounted, cd + "openssl storeutl -text certificates/slot0");
    EXPECT_EQ(text.status, 0) << text.output;
    EXPECT_THAT(text.output, testing::HasSubstr("Total found: 3"));
    const auto fingerprint =
        run(mounted, cd + "openssl x509 -in certificates/slot0 -inform DER -fingerprint -sha256 -noout");
    EXPECT_THAT(fingerprint.output, testing::HasSubstr("ingerprint=")) << fingerprint.output;
    EXPECT_EQ(run(mounted, cd + "ls -t signatures/[0-9]*_requester_nonce | head -1").output,
              "signatures/3_requester_nonce\n");
    const auto nonces = run(mounted, cd + "cd signatures && for nonce in [0-9]*_nonce; do od -An -v -tx1 "
                                          "-w32 $nonce; done | sort | uniq -d");
    EXPECT_EQ(nonces.output, "") << "a nonce is used twice";
    const auto empty = run(mounted, cd + "test -s signatures/0_combined_spdm_prefix");
    EXPECT_EQ(empty.status, 0);
}

/// The directory's files as `busguard verify DIR` collects them.
evidence::Files files_in(const std::string& device) {
    evidence::Files files;
    for (const auto* folder : {"signatures", "certificates"})
        for (const auto& entry : fs::directory_iterator{device + "/" + folder}) {
            const auto name = entry.path().filename().string();
            if (name == "next_requester_nonce") continue;
            const auto content = entry.is_symlink() ? fs::read_symlink(entry.path()).string()
                                                    : host::read_file_as_programs_do(entry.path()).content;
            files[std::string{folder} + "/" + name] = to_bytes(as_bytes(content));
        }
    return files;
}

TEST(MountedAbi, IsReadBackAsTheSameEvidence) {
    AbiWorld world;
    Mounted mounted{world.tree};
    NEEDS_MOUNT(mounted);
    for (auto version : evidence::test::versions) {
        for (auto scheme : {crypto::Scheme::ecdsa_p384, crypto::Scheme::rsapss_3072}) {
            const Hierarchy hierarchy{evidence::test::leaf_spec(), scheme};
            world.abi.hide(drive);
            show_attempt(world, drive, attempt_of(visit(hierarchy, version, scheme)));
            show_attempt(world, drive, attempt_of(visit(hierarchy, version, scheme)));
            const auto files = mounted.serve([&] { return files_in(mounted.path(drive)); });
            EXPECT_TRUE(evidence::is_kernel_log(files));
            const auto entries = evidence::read_kernel_log(files, "mount");
            ASSERT_TRUE(entries) << entries.error().text();
            ASSERT_EQ(entries->size(), 4U);
            for (std::uint32_t n = 0; n < 4; ++n) {
                // Before 1.2 what measurements are signed over holds no ALGORITHMS, and this form of evidence
                // has no other place for them: RSA is taken for RSASSA, which is all that the series knows.
                const bool untold = version < Version::v1_2 && n % 2 == 1;
                if (untold && scheme == crypto::Scheme::rsapss_3072) continue;
                const auto& kept = world.kept[world.kept.size() - 2 + (n / 2)].records[n % 2];
                EXPECT_EQ((*entries)[n].number, n);
                EXPECT_EQ((*entries)[n].record, kept) << name(version) << ' ' << n;
                const auto again =
                    attempt_of(evidence::bundle_of((*entries)[n].record, evidence::test::circumstances()));
                EXPECT_EQ(again.verdict.state, appraisal::State::authenticated) << again.verdict.detail;
            }
        }
    }
}

}  // namespace
}  // namespace busguard::daemon
