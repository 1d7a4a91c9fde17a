#include "emulate/machine.h"

#include "crypto/path.h"
#include "drive/errand.h"
#include "emulate/machine_file.h"
#include "spdm/algorithms.h"
#include "spdm/authentication.h"
#include "spdm/certificate_chain.h"
#include "spdm/signing.h"
#include "tests/emulate/worlds.h"
#include "transport/doe_channel.h"
#include "transport/pci_config.h"
#include "trust/profile.h"

#include <gtest/gtest.h>

#include <array>
#include <cstdlib>
#include <filesystem>
#include <fstream>

namespace busguard::emulate {
namespace {

using namespace std::chrono_literals;

constexpr auto demo_file = BUSGUARD_SOURCE_DIR "/share/machines/demo.toml";

/// What came of a visit: the error that ended it, or what a verifier would say about what was heard.
struct Finding {
    std::string text;
    spdm::Findings found;
};

/// The demo, made once: its keys take a second.
class Demo : public testing::Test {
protected:
    static void SetUpTestSuite() {
        const auto description = read_machine(demo_file);
        ASSERT_TRUE(description) << description.error().text();
        auto made = Machine::make(*description, {}, clock_, entropy_);
        ASSERT_TRUE(made) << made.error().text();
        machine_ = *std::move(made);
    }
    static void TearDownTestSuite() { machine_.reset(); }

    static Finding visit(std::string_view address, spdm::Plan plan = {}) {
        auto* device = machine_->device(*PciAddress::parse(address));
        RegisterSpace space{device->config()};
        const auto mailboxes = transport::doe_capabilities(space);
        if (!mailboxes || mailboxes->empty()) return {"no mailbox", {}};
        transport::DoeChannel channel{space, mailboxes->front()};
        spdm::Visit visit{{std::move(plan), entropy_}};
        const auto outcome = drive::carry(visit, channel, clock_);
        const auto& found = visit.rules().found();
        if (!outcome)
            return {std::string{name(outcome.error().code)} + " " + std::string{outcome.error().what}, found};
        return {judge(found, *device), found};
    }

    /// As much of an appraisal as tells the lies apart.
    static std::string judge(const spdm::Findings& found, const Device& device) {
        const auto& chain = found.chains.at(found.slot.value());
        const auto certificates = crypto::split_chain(
            spdm::read_chain_structure(chain.structure, spdm::size(found.agreed->hash))->certificates);
        const auto path = crypto::verify_path(*certificates, machine_->anchors(), {.at = clock_.calendar()});
        if (!path) return "path " + std::string{name(path.error().fault)};
        for (const auto& said : found.statements) {
            const auto message =
                spdm::message_to_sign(said.version, said.context, hash_of(said.hash), said.transcript);
            if (!certificates->back().public_key()->verify(scheme_of(said.asym), hash_of(said.hash), message,
                                                           said.signature, spdm::eddsa_context(said.context)))
                return "signature";
        }
        const auto names = certificates->back().other_names();
        const auto own = trust::cma_name(device.description().identity);
        if (std::ranges::find(names, crypto::OtherName{"2.23.147", own}) == names.end()) return "name";
        return "sound";
    }

    // NOLINTBEGIN(readability-identifier-naming): static members, private all the same
    static inline CountingClock clock_;
    static inline CountingEntropy entropy_;
    static inline std::unique_ptr<Machine> machine_;
    // NOLINTEND(readability-identifier-naming)
};

TEST_F(Demo, HasHonestDevicesOfManyKinds) {
    EXPECT_EQ(visit("0000:01:00.0").text, "sound");
    EXPECT_EQ(visit("0000:02:00.0").text, "name") << "as real GPUs: no CMA name";
    EXPECT_EQ(visit("0000:03:00.0").text, "sound");
    EXPECT_EQ(visit("0000:04:00.0").text, "sound");
    EXPECT_EQ(visit("0000:05:00.0").text, "sound") << "after Busy and ResponseNotReady";
}

// The certificates keep every rule of the profiles that busguard itself holds devices to.
TEST_F(Demo, KeepsTheProfiles) {
    using Case = std::pair<std::string_view, trust::Model>;
    const auto cases = std::to_array<Case>({{"0000:01:00.0", trust::Model::device},
                                            {"0000:02:00.0", trust::Model::alias},
                                            {"0000:03:00.0", trust::Model::device},
                                            {"0000:04:00.0", trust::Model::device}});
    for (const auto& [address, model] : cases) {
        const auto& device = *machine_->device(*PciAddress::parse(address));
        const auto found = visit(address).found;
        const auto chain = crypto::split_chain(
            spdm::read_chain_structure(found.chains.at(0).structure, spdm::size(found.agreed->hash))
                ->certificates);
        const trust::Subject subject{
            .root_to_leaf = *chain, .pci = &device.description().identity, .model = model};
        for (const auto& check : trust::hold(subject, trust::rules_of(trust::Profile::cma))) {
            const bool gpu_name = model == trust::Model::alias && check.reason == "chain.san-missing";
            EXPECT_EQ(check.outcome, gpu_name ? Outcome::fail : Outcome::pass)
                << address << " " << check.name << check.reason;
        }
    }
}

TEST_F(Demo, NegotiatesWhatIsDescribed) {
    const auto drive = visit("0000:01:00.0").found;
    EXPECT_EQ(drive.agreed->version, spdm::Version::v1_3);
    EXPECT_EQ(drive.agreed->asym, spdm::BaseAsym::ecdsa_p384);
    EXPECT_EQ(drive.provisioned_slots, 0x03);
    const auto gpu = visit("0000:02:00.0").found;
    EXPECT_EQ(gpu.agreed->version, spdm::Version::v1_1);
    const auto nic = visit("0000:03:00.0").found;
    EXPECT_EQ(nic.agreed->version, spdm::Version::v1_2);
    EXPECT_EQ(nic.agreed->asym, spdm::BaseAsym::rsapss_3072);
    EXPECT_EQ(visit("0000:04:00.0").found.agreed->asym, spdm::BaseAsym::ed25519);
    EXPECT_EQ(visit("0000:05:00.0").found.agreed->version, spdm::Version::v1_1);
}

TEST_F(Demo, SignsForTheOwnersSlotToo) {
    const auto finding =
        visit("0000:01:00.0", {.choose_slot = [](const auto&, const auto&) { return spdm::SlotId{1}; }});
    EXPECT_EQ(finding.text, "sound");
    EXPECT_EQ(finding.found.slot, 1);
}

TEST_F(Demo, MeasuresWhatIsDescribed) {
    for (auto how : {spdm::Plan::Measure::all_at_once, spdm::Plan::Measure::one_by_one}) {
        const spdm::Plan plan{.measure = how};
        const auto drive = visit("0000:01:00.0", plan);
        EXPECT_EQ(drive.text, "sound");
        EXPECT_EQ(drive.found.measurements, machine_->device({0, 1, 0, 0})->description().spdm->measurements);
        const auto gpu = visit("0000:02:00.0", plan);
        EXPECT_EQ(gpu.found.measurements.size(), 8U);
        const auto tampered = visit("0000:40:04.0", plan);
        EXPECT_EQ(tampered.text, "sound") << "only the measurement tells";
        ASSERT_EQ(tampered.found.measurements.size(), 5U);
        for (std::size_t i = 0; i < 5; ++i)
            EXPECT_EQ(tampered.found.measurements[i] == drive.found.measurements[i], i != 1) << i;
    }
}

TEST_F(Demo, HasImpostorsEachWithItsOwnLie) {
    EXPECT_EQ(visit("0000:40:00.0").text, "path signature_invalid");
    EXPECT_EQ(visit("0000:40:01.0").text, "name");
    EXPECT_EQ(visit("0000:40:02.0").text, "path untrusted_root");
    EXPECT_EQ(visit("0000:40:03.0").text, "path expired");
    EXPECT_EQ(visit("0000:40:05.0").text, "signature");
    EXPECT_EQ(visit("0000:40:06.0").text, "mismatch RequesterContext");
    EXPECT_EQ(visit("0000:40:07.0").text, "signature");
    EXPECT_EQ(visit("0000:40:07.0").found.agreed->version, spdm::Version::v1_1);
    EXPECT_EQ(visit("0000:40:08.0").text, "timeout Data Object Ready");
    EXPECT_NE(visit("0000:40:09.0").text, "sound");
    EXPECT_NE(visit("0000:40:0a.0").text, "sound");
    EXPECT_EQ(visit("0000:40:0b.0").text.substr(0, 8), "mismatch");
    EXPECT_EQ(visit("0000:40:0c.0").text, "timeout Data Object Ready")
        << "discarded: not a kind that it knows";
    EXPECT_EQ(visit("0000:00:14.0").text, "no mailbox");
}

// Once caught, always caught: nothing of one visit makes the next one succeed.
TEST_F(Demo, TellsTheSameLieTheNextTime) {
    for (int turn = 0; turn < 3; ++turn) {
        EXPECT_EQ(visit("0000:40:05.0").text, "signature");
        EXPECT_EQ(visit("0000:40:06.0").text, "mismatch RequesterContext");
        EXPECT_EQ(visit("0000:40:07.0").text, "signature");
    }
}

TEST_F(Demo, ShowsItselfAsTheKernelWould) {
    auto& tree = machine_->tree();
    EXPECT_EQ(as_text(*tree.read("bus/pci/devices/0000:01:00.0/doe_features/0001:01")), "0001:01\n");
    EXPECT_FALSE(tree.exists("bus/pci/devices/0000:40:08.0/doe_features"))
        << "no mailbox worked at enumeration";
    EXPECT_FALSE(tree.exists("bus/pci/devices/0000:00:14.0/doe_features"));
    EXPECT_EQ(tree.list("bus/pci/devices/0000:40:0c.0/doe_features")->size(), 2U);
    EXPECT_EQ(*tree.link("bus/pci/devices/0000:40:0b.0"),
              "../../../devices/pci0000:00/0000:00:06.0/0000:40:0b.0");
    const auto port = tree.read("bus/pci/devices/0000:00:06.0/config");
    EXPECT_EQ(std::to_integer<int>((*port)[0x19]), 0x40) << "the bus behind the port";
}

/// A machine of one drive under two authorities, one of which is not trusted.
MachineDescription one_drive() {
    MachineDescription machine;
    machine.authorities["good"] = {.subject = "Good", .scheme = crypto::Scheme::ecdsa_p256};
    machine.authorities["bad"] = {.subject = "Bad", .scheme = crypto::Scheme::ecdsa_p256, .trusted = false};
    DeviceDescription drive{.address = {0, 1, 0, 0}, .identity = {.vendor = 0x1ea5, .device = 1}};
    drive.spdm = SpdmDescription{.versions = {spdm::Version::v1_3}, .scheme = crypto::Scheme::ecdsa_p256};
    drive.spdm->slots.push_back({.number = 0, .issuer = "good", .presents = "good"});
    machine.devices.push_back(drive);
    return machine;
}

TEST(MachineCredentials, AreKeptAsLongAsTheyAreWhatIsDescribed) {
    namespace fs = std::filesystem;
    std::string name = testing::TempDir() + "busguard-state-XXXXXX";
    ASSERT_NE(mkdtemp(name.data()), nullptr);
    const auto state = fs::path{name} / "machine";
    CountingEntropy entropy;
    auto machine = one_drive();
    const auto leaf = [&] {
        const auto made = provide_credentials(machine, state, entropy);
        return made ? made->slots.at({0, 1, 0, 0}).at(0).certificates
                    : to_bytes(as_bytes(made.error().text()));
    };
    const auto first = leaf();
    EXPECT_EQ(leaf(), first) << "nothing changed";
    EXPECT_TRUE(fs::exists(state / "anchors" / "good.pem"));
    EXPECT_FALSE(fs::exists(state / "anchors" / "bad.pem"));
    EXPECT_EQ(fs::status(state / "devices/0000:01:00.0/slot0/key.pem").permissions(),
              fs::perms::owner_read | fs::perms::owner_write);

    machine.devices[0].identity.revision = 9;  // stands in the certificate
    const auto second = leaf();
    EXPECT_NE(second, first);
    EXPECT_EQ(leaf(), second);
    machine.authorities["bad"].trusted = true;
    machine.authorities.at("good").subject = "Better";
    EXPECT_NE(leaf(), second) << "another authority";
    EXPECT_TRUE(fs::exists(state / "anchors" / "bad.pem"));

    std::ofstream{state / "devices/0000:01:00.0/slot0/key.pem"} << "damaged";
    EXPECT_EQ(crypto::split_chain(leaf())->size(), 3U) << "made again";

    // What is in a directory of the owner's is taken as it is.
    machine.devices[0].spdm->slots[0] = {.number = 0,
                                         .directory = (state / "devices/0000:01:00.0/slot0").string()};
    EXPECT_EQ(crypto::split_chain(leaf())->size(), 3U);
    machine.devices[0].spdm->scheme = crypto::Scheme::ecdsa_p384;
    EXPECT_EQ(provide_credentials(machine, state, entropy).error().message,
              "the key is not one for ecdsa-p384");
    machine.devices[0].spdm->slots[0].directory = "/nowhere";
    EXPECT_EQ(provide_credentials(machine, state, entropy).error().where, "/nowhere/key.pem");
    fs::remove_all(name);
}

}  // namespace
}  // namespace busguard::emulate
