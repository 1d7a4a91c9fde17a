#include "daemon/file_abi.h"

#include "daemon/signature_log.h"
#include "tests/daemon/abi_world.h"

#include <gmock/gmock.h>

#include <cerrno>
#include <malloc.h>

/// The file ABI in process; abi_mount_test.cpp has it as programs see it.
namespace busguard::daemon {
namespace {

using host::to_errno;

using testing::ElementsAre;
using testing::IsSupersetOf;
using testing::StartsWith;
using Support = DeviceView::Support;

/// A bundle with a signature of its own, of `size` bytes of transcript.
evidence::Bundle made_up(std::size_t size, char fill = 'x') {
    evidence::Bundle bundle;
    bundle.records.push_back({.kind = spdm::SigningContext::responder_challenge_auth,
                              .version = spdm::Version::v1_3,
                              .hash = spdm::BaseHash::sha_384,
                              .asym = spdm::BaseAsym::ecdsa_p384,
                              .slot = 0,
                              .transcript = Bytes(size, static_cast<std::byte>(fill)),
                              .signature = Bytes(96),
                              .prefix = Bytes(100)});
    return bundle;
}

std::vector<std::string> numbers(const AbiWorld& world, const std::string& device = drive) {
    std::vector<std::string> found;
    const auto files = world.tree.list(device + "/signatures");
    for (const auto& file : *files)
        if (file.ends_with("_transcript")) found.push_back(file.substr(0, file.find('_')));
    return found;
}

TEST(FileAbi, ShowsNothingOfADeviceThatIsKnownNotToDoThis) {
    AbiWorld world;
    ASSERT_TRUE(world.abi.show(view_of(drive, Support::none)));
    EXPECT_THAT(*world.tree.list(drive), ElementsAre("owner", "standing", "verdict.json"));
}

// Against a downgrade: it is visible, and it is an error, whatever is written.
TEST(FileAbi, GivesEnottyWhereNobodyCouldFindOut) {
    AbiWorld world;
    ASSERT_TRUE(world.abi.show(view_of(drive, Support::unknown)));
    EXPECT_THAT(*world.tree.list(drive), ElementsAre("authenticated", "owner", "standing", "verdict.json"));
    EXPECT_EQ(world.read(at + "authenticated"), "errno " + std::to_string(ENOTTY));
    for (const auto* text : {"re\n", "re", "1", ""})
        EXPECT_EQ(world.write(at + "authenticated", text), ENOTTY);
    EXPECT_TRUE(world.asked.empty());
    EXPECT_EQ(world.tree.attributes(*world.tree.find(at + "authenticated", true))->mode, 0644U);
}

TEST(FileAbi, ShowsEverythingOfADeviceThatFailed) {
    AbiWorld world;
    auto view = view_of(drive);
    ASSERT_TRUE(world.abi.show(view));
    EXPECT_THAT(*world.tree.list(drive), ElementsAre("authenticated", "measurements", "owner", "signatures",
                                                     "standing", "verdict.json"))
        << "nobody knows which slots there are";
    EXPECT_THAT(*world.tree.list(at + "signatures"), ElementsAre("next_requester_nonce"));
    view.supported_slots = 0xff;
    ASSERT_TRUE(world.abi.show(view));
    EXPECT_THAT(*world.tree.list(drive), IsSupersetOf({"authenticated", "certificates", "signatures"}));
    EXPECT_EQ(world.read(at + "authenticated"), "0\n");
    view.authenticated = true;
    ASSERT_TRUE(world.abi.show(view));
    EXPECT_EQ(world.read(at + "authenticated"), "1\n");
}

TEST(FileAbi, ShowsTheSlotsThatThereAre) {
    AbiWorld world;
    auto view = view_of(drive);
    view.supported_slots = 0xff;  // up to 1.2
    view.slots[1] = to_bytes(as_bytes("DER of slot 1"));
    ASSERT_TRUE(world.abi.show(view));
    EXPECT_THAT(*world.tree.list(at + "certificates"),
                ElementsAre("slot0", "slot1", "slot2", "slot3", "slot4", "slot5", "slot6", "slot7"));
    EXPECT_EQ(world.read(at + "certificates/slot0"), "") << "unprovisioned: there, and empty";
    EXPECT_EQ(world.read(at + "certificates/slot1"), "DER of slot 1");
    EXPECT_EQ(world.write(at + "certificates/slot1", "x"), EACCES);
    for (const auto* name : {"slot8", "slot01", "slot", "slot10", "slot-1", "slotx", "Slot1"})
        EXPECT_FALSE(world.tree.exists(at + "certificates/" + name)) << name;
    view.supported_slots = 0x05;  // 1.3 tells
    ASSERT_TRUE(world.abi.show(view));
    EXPECT_THAT(*world.tree.list(at + "certificates"), ElementsAre("slot0", "slot2"));
    EXPECT_FALSE(world.tree.exists(at + "certificates/slot1"));
}

TEST(FileAbi, AuthenticatesAgainWhenAskedAndAnswersWhenThatIsDone) {
    AbiWorld world;
    ASSERT_TRUE(world.abi.show(view_of(drive)));
    const auto file = *world.tree.find(at + "authenticated", true);
    using namespace std::string_view_literals;
    for (const auto text : {"re"sv, "re\n"sv, "re\0"sv, "re\n\0more"sv}) {
        std::optional<Result<std::size_t>> taken;
        world.tree.write_at(file, 0, as_bytes(text), [&](auto said) { taken = said; });
        ASSERT_EQ(world.asked.size(), 1U) << text;
        EXPECT_EQ(world.asked[0].device, drive);
        EXPECT_FALSE(taken) << "the attempt lasts";
        world.asked[0].done(0);
        ASSERT_TRUE(taken && *taken);
        EXPECT_EQ(**taken, text.size());
        world.asked.clear();
    }
    for (int error : {EKEYREJECTED, EPROTO, EINVAL, EIO, EBUSY, ECONNRESET, EINPROGRESS, EMSGSIZE,
                      EPROTONOSUPPORT, ENODEV}) {
        std::optional<Result<std::size_t>> taken;
        world.tree.write_at(file, 0, as_bytes("re"), [&](auto said) { taken = said; });
        world.asked.at(0).done(error);
        ASSERT_TRUE(taken && !*taken);
        EXPECT_EQ(to_errno(taken->error()), error);
        world.asked.clear();
    }
}

TEST(FileAbi, TakesNoOtherWord) {
    AbiWorld world;
    ASSERT_TRUE(world.abi.show(view_of(drive)));
    for (const auto* text :
         {"", "\n", "1", "0", "RE", "r", "re ", " re", "re\n\n", "reset", "native", "re\r\n"})
        EXPECT_EQ(world.write(at + "authenticated", text), EINVAL) << text;
    EXPECT_EQ(world.write(at + "authenticated", std::string(5000, 'r')), EINVAL);
    EXPECT_TRUE(world.asked.empty());
    EXPECT_EQ(world.write(at + "authenticated", "re"), EAGAIN) << "in process nobody waits";
}

TEST(FileAbi, SurvivesADeviceThatGoesWhileSomebodyWaits) {
    AbiWorld world;
    ASSERT_TRUE(world.abi.show(view_of(drive)));
    std::optional<Result<std::size_t>> taken;
    world.tree.write_at(*world.tree.find(at + "authenticated", true), 0, as_bytes("re"),
                        [&](auto said) { taken = said; });
    world.abi.hide(drive);
    world.asked.at(0).done(ENODEV);
    EXPECT_EQ(to_errno(taken->error()), ENODEV);
    EXPECT_FALSE(world.tree.exists("pci")) << "the last device of its bus";
}

TEST(Signatures, AreNumberedFromZeroForAsLongAsTheDeviceIsThere) {
    AbiWorld world;
    world.record(drive, made_up(10));  // of a device that is not shown: nothing
    ASSERT_TRUE(world.abi.show(view_of(drive)));
    world.record(drive, made_up(10, 'a'));
    world.record(drive, made_up(20, 'b'));
    EXPECT_THAT(numbers(world), ElementsAre("0", "1"));
    EXPECT_EQ(world.read(at + "signatures/0_transcript"), std::string(10, 'a'));
    EXPECT_EQ(world.read(at + "signatures/1_transcript"), std::string(20, 'b'));
    auto failed = view_of(drive);
    failed.verdict_json = std::make_shared<const std::string>("{\"state\": \"failed\"}\n");
    ASSERT_TRUE(world.abi.show(failed));
    EXPECT_THAT(numbers(world), ElementsAre("0", "1")) << "a failed attempt takes nothing away";
    world.abi.hide(drive);
    ASSERT_TRUE(world.abi.show(view_of(drive)));
    EXPECT_TRUE(numbers(world).empty());
    world.record(drive, made_up(30, 'c'));
    EXPECT_THAT(numbers(world), ElementsAre("0")) << "removed and found again";
    EXPECT_EQ(world.read(at + "signatures/0_transcript"), std::string(30, 'c'));
}

TEST(Signatures, HaveNoOtherNames) {
    AbiWorld world;
    ASSERT_TRUE(world.abi.show(view_of(drive)));
    world.record(drive, made_up(10));
    for (const auto* name : {"0", "_signature", "00_signature", "1_signature", "-1_signature", "+0_signature",
                             "0_signature_", "0_Signature", "0_certificate_slot", "4294967296_signature",
                             "0x0_signature", "0 _signature", "next_requester_nonc", "0_"})
        EXPECT_FALSE(world.tree.exists(at + "signatures/" + name)) << name;
    EXPECT_TRUE(world.tree.exists(at + "signatures/0_signature"));
}

TEST(Signatures, CountOnFromZeroAfterTheLargestNumber) {
    RecordCache records{[](const RecordPlace&) -> Result<evidence::Record> { return made_up(5).records[0]; }};
    NextNonce nonce;
    SignatureLog log{records, nonce, {}, 0xffff'fffe};
    host::NodeTree tree;
    tree.add_folder(host::NodeTree::root, "signatures", log);
    for (unsigned n = 0; n < 4; ++n) log.add(n, made_up(5), {}, 1 << 20U);
    for (const auto* name : {"4294967294", "4294967295", "0", "1"}) {
        const auto transcript = tree.read("signatures/" + std::string{name} + "_transcript");
        EXPECT_TRUE(transcript && transcript->size() == 5) << name;
    }
    EXPECT_FALSE(tree.exists("signatures/2_transcript"));
    EXPECT_FALSE(tree.exists("signatures/4294967293_transcript"));
    EXPECT_EQ(tree.list("signatures")->size(), 1U + (4 * 9));
    log.shrink(0);
    EXPECT_THAT(*tree.list("signatures"),
                testing::Each(testing::AnyOf(StartsWith("1_"), StartsWith("next"))));
}

TEST(Signatures, TakeNoMoreThanTheyMay) {
    AbiWorld world;
    const std::string other = "nvme/nvme0";
    ASSERT_TRUE(world.abi.show(view_of(drive)));
    ASSERT_TRUE(world.abi.show(view_of(other)));
    EXPECT_EQ(world.read("max_signatures_size"), "16777216\n");
    for (int n = 0; n < 5; ++n)
        for (const auto& device : {std::string{drive}, other}) world.record(device, made_up(1000));
    EXPECT_EQ(numbers(world).size(), 5U);

    EXPECT_EQ(world.write("max_signatures_size", "2500\n"), 0);
    EXPECT_EQ(world.read("max_signatures_size"), "2500\n");
    EXPECT_THAT(numbers(world), ElementsAre("3", "4")) << "the oldest go at once";
    EXPECT_THAT(numbers(world, other), ElementsAre("3", "4"));
    world.record(drive, made_up(1000));
    EXPECT_THAT(numbers(world), ElementsAre("4", "5"));
    world.record(drive, made_up(9000));
    EXPECT_THAT(numbers(world), ElementsAre("6")) << "the newest stays, however large";
    EXPECT_EQ(world.read(at + "signatures/6_transcript").size(), 9000U);
    world.record(drive, made_up(1000));
    EXPECT_THAT(numbers(world), ElementsAre("7"));
    EXPECT_EQ(world.write("max_signatures_size", "0"), 0);
    EXPECT_THAT(numbers(world), ElementsAre("7"));
    EXPECT_EQ(world.write("max_signatures_size", "2147483647"), 0);
    world.record(drive, made_up(1000));
    EXPECT_THAT(numbers(world), ElementsAre("7", "8"));
}

TEST(Signatures, AreLimitedByANumberOnly) {
    AbiWorld world;
    for (const auto* text :
         {"", " ", "\n", "-1", "x", "1x", "1 2", "2147483648", "99999999999999999999", "1.5"})
        EXPECT_EQ(world.write("max_signatures_size", text), EINVAL) << text;
    EXPECT_EQ(world.read("max_signatures_size"), "16777216\n");
    EXPECT_EQ(world.write("max_signatures_size", " \t4096 \n"), 0);
    EXPECT_EQ(world.read("max_signatures_size"), "4096\n");
    const auto open = world.tree.open("max_signatures_size", host::Access::write);
    EXPECT_EQ(*(*open)->write_at(3, as_bytes("77")), 2U);
    EXPECT_EQ(world.read("max_signatures_size"), "4096\n") << "a sysctl ignores what comes later";
}

TEST(Signatures, AreReadFromWhereEvidenceIsKept) {
    AbiWorld world;
    ASSERT_TRUE(world.abi.show(view_of(drive)));
    for (char fill = 'a'; fill < 'i'; ++fill) world.record(drive, made_up(10, fill));
    EXPECT_EQ(world.loads, 0U) << "nothing is kept here";
    static_cast<void>(world.tree.list(at + "signatures"));
    EXPECT_EQ(world.read(at + "signatures/0_type"), "responder-challenge_auth signing\n");
    EXPECT_EQ(world.read(at + "signatures/0_hash_algorithm"), "sha384\n");
    EXPECT_EQ(world.read(at + "signatures/0_log_index"), "0\n") << "the first entry has a number as well";
    EXPECT_EQ(world.loads, 0U);
    for (const auto* file : {"0_transcript", "0_signature", "0_requester_nonce", "0_responder_nonce",
                             "0_combined_spdm_prefix", "0_transcript"})
        static_cast<void>(world.read(at + "signatures/" + file));
    EXPECT_EQ(world.loads, 1U) << "the last that were read are at hand";
    for (int n = 0; n < 8; ++n)
        EXPECT_EQ(world.read(at + "signatures/" + std::to_string(n) + "_transcript"),
                  std::string(10, static_cast<char>('a' + n)));
    EXPECT_EQ(world.loads, 8U);
    world.store_fails = true;
    EXPECT_EQ(world.read(at + "signatures/0_transcript"), "errno " + std::to_string(EIO));
    world.store_fails = false;
    EXPECT_EQ(world.read(at + "signatures/0_transcript"), "aaaaaaaaaa") << "a failure is not remembered";
}

// `ls -t signatures/*_requester_nonce | head -1` finds the newest, also when several come within a second.
TEST(Signatures, HaveTheTimeOfTheirReceptionEachLaterThanTheOneBefore) {
    AbiWorld world;
    ASSERT_TRUE(world.abi.show(view_of(drive)));
    const host::NodeTree::Stamp registered = world.clock.when;
    const auto time_of = [&](const std::string& file) {
        return world.tree.attributes(*world.tree.find(at + file, false))->changed;
    };
    EXPECT_EQ(time_of("signatures/next_requester_nonce"), registered);
    EXPECT_EQ(time_of("signatures"), registered);
    world.clock.when += std::chrono::hours{1};
    auto twice = made_up(10);
    twice.records.push_back(twice.records[0]);
    world.record(drive, twice);
    world.record(drive, made_up(10));
    world.clock.when -= std::chrono::hours{5};  // somebody sets the clock back
    world.record(drive, made_up(10));
    EXPECT_EQ(time_of("signatures/0_signature"), registered + std::chrono::hours{1});
    EXPECT_EQ(time_of("signatures/0_certificate_chain"), time_of("signatures/0_signature"));
    for (int n = 0; n < 3; ++n)
        EXPECT_LT(time_of("signatures/" + std::to_string(n) + "_type"),
                  time_of("signatures/" + std::to_string(n + 1) + "_type"));
    ASSERT_TRUE(world.abi.show(view_of(drive)));
    EXPECT_EQ(time_of("authenticated"), registered);
    EXPECT_EQ(time_of("verdict.json"), registered);
}

TEST(NextNonceFile, IsUsedOnce) {
    AbiWorld world;
    ASSERT_TRUE(world.abi.show(view_of(drive)));
    const auto file = at + "signatures/next_requester_nonce";
    EXPECT_EQ(world.abi.take_nonce(drive), std::nullopt) << "nobody chose one";
    EXPECT_EQ(world.read(file), "errno " + std::to_string(EACCES));
    const std::string chosen = "0123456789abcdefghijklmnopqrstuv";
    EXPECT_EQ(world.write(file, chosen), 0);
    const auto taken = world.abi.take_nonce(drive);
    ASSERT_TRUE(taken);
    EXPECT_EQ(as_text(*taken), chosen);
    EXPECT_EQ(world.abi.take_nonce(drive), std::nullopt) << "used once";
    EXPECT_EQ(world.abi.take_nonce("pci/none"), std::nullopt);
}

TEST(NextNonceFile, TakesPiecesByTheirOffset) {
    AbiWorld world;
    ASSERT_TRUE(world.abi.show(view_of(drive)));
    const auto open = world.tree.open(at + "signatures/next_requester_nonce", host::Access::write);
    ASSERT_TRUE(open);
    auto& file = **open;
    EXPECT_EQ(*file.write_at(16, as_bytes("ghijklmnopqrstuv and more")), 16U)
        << "what goes over the end is not taken";
    EXPECT_EQ(world.abi.take_nonce(drive), std::nullopt) << "half a nonce is not fresh";
    EXPECT_EQ(*file.write_at(0, as_bytes("0123456789abcdef")), 16U);
    EXPECT_EQ(world.abi.take_nonce(drive), std::nullopt) << "the other half is forgotten with it";
    EXPECT_EQ(*file.write_at(16, as_bytes("ghijklmnopqrstuv")), 16U);
    EXPECT_EQ(*file.write_at(0, as_bytes("0123456789abcdef")), 16U);
    EXPECT_EQ(as_text(*world.abi.take_nonce(drive)), "0123456789abcdefghijklmnopqrstuv");
    EXPECT_EQ(to_errno(file.write_at(32, as_bytes("x")).error()), EFBIG);
    EXPECT_EQ(to_errno(file.write_at(0xffff'ffff'ffff'ffff, as_bytes("x")).error()), EFBIG);
}

TEST(FileAbi, ShowsMeasurementsOwnerAndVerdict) {
    AbiWorld world;
    auto view = view_of(drive);
    view.owner = "tsm:tsm0";
    ASSERT_TRUE(world.abi.show(view));
    EXPECT_THAT(*world.tree.list(at + "measurements"), ElementsAre("signed"));
    EXPECT_EQ(world.read(at + "measurements/signed"), "0\n");
    EXPECT_EQ(world.read(at + "owner"), "tsm:tsm0\n");
    EXPECT_EQ(world.read(at + "verdict.json"), "{}\n");
    view.measurements = {{254, spdm::MeasurementType::device_mode, true, Bytes(16)},
                         {2, spdm::MeasurementType::mutable_firmware, false, to_bytes(as_bytes("digest"))},
                         {3, spdm::MeasurementType{0x7f}, true, {}}};
    view.measurement_hash = crypto::Hash::sha_384;
    view.measurements_signed = true;
    view.verdict_json = std::make_shared<const std::string>("{\"state\": \"authenticated\"}\n");
    ASSERT_TRUE(world.abi.show(view));
    EXPECT_THAT(*world.tree.list(at + "measurements"),
                ElementsAre("254_type", "254_value", "2_hash_algorithm", "2_type", "2_value", "3_type",
                            "3_value", "signed"));
    EXPECT_EQ(world.read(at + "measurements/signed"), "1\n");
    EXPECT_EQ(world.read(at + "measurements/2_value"), "digest");
    EXPECT_EQ(world.read(at + "measurements/2_type"), "mutable firmware\n");
    EXPECT_EQ(world.read(at + "measurements/2_hash_algorithm"), "sha384\n");
    EXPECT_EQ(world.read(at + "measurements/3_type"), "0x7f\n");
    EXPECT_EQ(world.read(at + "measurements/3_value"), "");
    EXPECT_EQ(world.tree.attributes(*world.tree.find(at + "measurements/254_value", true))->size, 16U);
    EXPECT_EQ(world.tree.attributes(*world.tree.find(at + "verdict.json", true))->size,
              view.verdict_json->size());
    for (const auto* name :
         {"02_value", "256_value", "4_value", "254_hash_algorithm", "signed_value", "_value"})
        EXPECT_FALSE(world.tree.exists(at + "measurements/" + name)) << name;
}

TEST(FileAbi, TakesOneOrderEachForStandingAndOwner) {
    AbiWorld world;
    auto view = view_of(drive);
    view.standing = "quarantined";
    ASSERT_TRUE(world.abi.show(view));
    EXPECT_EQ(world.read(at + "standing"), "quarantined\n");
    for (const auto* file : {"standing", "owner"}) {
        for (const auto* text : {"", "re", "let-in", "tsm:tsm0", "release native"})
            EXPECT_EQ(world.write(at + file, text), EINVAL) << file << ' ' << text;
        EXPECT_EQ(world.tree.attributes(*world.tree.find(at + file, true))->mode, 0644U);
    }
    EXPECT_EQ(world.write(at + "standing", "native"), EINVAL);
    EXPECT_EQ(world.write(at + "owner", "release"), EINVAL);
    EXPECT_TRUE(world.ordered.empty());
    EXPECT_EQ(world.write(at + "standing", "release\n"), 0);
    EXPECT_EQ(world.write(at + "owner", "native"), 0);
    EXPECT_THAT(world.ordered, ElementsAre("release pci/0000:01:00.0", "claim pci/0000:01:00.0"));
    world.orders_end = fail(Errc::unexpected, "quarantine");
    EXPECT_EQ(world.write(at + "standing", "release"), EINVAL) << "it is in none";
    world.orders_end = fail(Errc::owned, "tsm/connect");
    EXPECT_EQ(world.write(at + "owner", "native"), EBUSY);
}

TEST(FileAbi, HasTheSameShapeOnEveryBus) {
    AbiWorld world;
    std::vector<std::string> first;
    for (const std::string device :
         {"pci/0000:01:00.0", "nvme/nvme0", "scsi/0:0:1:0", "ata/1", "mctp/1:9", "emulated/127.0.0.1:2323"}) {
        auto view = view_of(device);
        view.supported_slots = 1;
        ASSERT_TRUE(world.abi.show(view)) << device;
        const auto files = *world.tree.list(device);
        if (first.empty()) first = files;
        EXPECT_EQ(files, first) << device;
    }
    EXPECT_THAT(*world.tree.list(""),
                ElementsAre("ata", "emulated", "max_signatures_size", "mctp", "nvme", "pci", "scsi"));
}

TEST(FileAbi, TakesNoNameThatIsNotOneOfADevice) {
    AbiWorld world;
    using namespace std::string_literals;
    for (const auto& name : {""s, "pci"s, "pci/"s, "/x"s, "pci/.."s, "../x"s, "pci/a/b"s, "./x"s, "pci/a\0b"s,
                             "max_signatures_size/x"s})
        EXPECT_EQ(world.abi.show(view_of(name)).error().code, Errc::bad_field) << name;
    EXPECT_THAT(*world.tree.list(""), ElementsAre("max_signatures_size"));
}

TEST(FileAbi, LeavesNothingInTheTree) {
    host::NodeTree tree;
    SetClock clock;
    {
        FileAbi abi{tree, clock, {}};
        ASSERT_TRUE(abi.show(view_of(drive)));
        ASSERT_TRUE(abi.show(view_of("nvme/nvme0")));
    }
    EXPECT_TRUE(tree.list("")->empty());
}

// 1,000 devices that were authenticated 100 times each with two signatures of 4 KiB: what they said is in the
// store.
TEST(FileAbi, HoldsAThousandDevicesInLittle) {
    AbiWorld world;
    const auto before = ::mallinfo2().uordblks;
    auto bundle = made_up(4096);
    bundle.records.push_back(bundle.records[0]);
    for (int n = 0; n < 1000; ++n) {
        const auto device = "pci/0000:01:00." + std::to_string(n);
        ASSERT_TRUE(world.abi.show(view_of(device)));
        for (unsigned turn = 0; turn < 100; ++turn) world.abi.record(device, turn, bundle);
    }
    const auto grown = ::mallinfo2().uordblks - before;
    EXPECT_LT(grown, std::size_t{24} << 20U) << "bytes";
    RecordProperty("bytes_each", static_cast<int>(grown / 1000));
}

}  // namespace
}  // namespace busguard::daemon
