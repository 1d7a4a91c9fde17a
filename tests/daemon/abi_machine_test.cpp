#include "daemon/attempt_errno.h"
#include "emulate/machine.h"
#include "emulate/machine_file.h"
#include "examine/judge.h"
#include "tests/daemon/abi_world.h"
#include "tests/emulate/worlds.h"
#include "tests/host/mounted.h"

#include <fmt/format.h>

#include <cerrno>
#include <cstdlib>

/// The file ABI over devices of an emulated machine: what programs write is asked of the devices, and what
/// these sign is in the files.
namespace busguard::daemon {
namespace {

using Support = DeviceView::Support;

constexpr std::string_view description = R"(
machine = "files"

[authority.maker]
subject = "Maker"
algorithm = "ecdsa-p256"

[authority.stranger]
subject = "Stranger"
algorithm = "ecdsa-p256"
trusted = false
)";

std::string device(int bus, std::string_view rest) {
    return fmt::format(R"(
[[device]]
address = "0000:{:02}:00.0"
name = "device {}"
vendor = 0x1ea5
device = 0x5001
class = 0x010802
{}
)",
                       bus, bus, rest);
}

std::string spdm(std::string_view issuer, std::string_view lies = "") {
    return fmt::format(R"(
[device.spdm]
versions = ["1.2", "1.3"]
algorithm = "ecdsa-p256"
hash = "sha256"
[[device.spdm.slot]]
number = 0
issuer = "{}"
{}
)",
                       issuer, lies);
}

std::string text() {
    return std::string{description} + device(1, spdm("maker")) + device(2, spdm("stranger")) +
           device(3, spdm("maker", "[device.lies]\nbad_signature = true\n")) +
           device(4, spdm("maker", "[device.lies]\nbusy = 90\n")) +
           device(5, spdm("maker", "[device.lies]\nnot_ready = 90\n")) +
           device(6, "[device.doe]\nfault = \"silent\"\n" + spdm("maker")) + device(7, "");
}

/// As the guard does it, without its rules.
class AbiMachine : public testing::Test {
protected:
    static void SetUpTestSuite() {
        const auto read = emulate::parse_machine(text(), "files.toml");
        ASSERT_TRUE(read) << read.error().text();
        auto made = emulate::Machine::make(*read, {}, clock, entropy);
        ASSERT_TRUE(made) << made.error().text();
        machine = *std::move(made);
    }
    static void TearDownTestSuite() { machine.reset(); }

    static std::string name_of(int bus) { return fmt::format("pci/0000:{:02}:00.0", bus); }

    /// Visits the device and shows what came of it; the errno.
    int attempt(const std::string& name) {
        examine::Demands demands;
        for (const auto& anchor : machine->anchors()) demands.standard.anchors.add(anchor, "test");
        demands.standard.at = clock.calendar();
        const examine::Judge judge{std::move(demands)};
        auto plan = judge.plan();
        plan.nonce = world_.abi.take_nonce(name);
        const examine::Surroundings around{.tree = &machine->tree(),
                                           .clock = &clock,
                                           .entropy = &entropy,
                                           .locks = {},
                                           .recorded_by = "test"};
        auto visited = examine::visit_all(around, {name}, plan);
        auto verdict = judge(visited.at(0));
        const Attempt attempt{.visited = std::move(visited.at(0)), .verdict = std::move(verdict)};
        show_attempt(world_, name, attempt);
        return errno_of(attempt.visited, attempt.verdict);
    }
    void answer_who_asks() {
        for (auto& [name, done] : std::exchange(world_.asked, {})) done(attempt(name));
    }

    static inline emulate::CountingClock clock;
    static inline emulate::CountingEntropy entropy;
    static inline std::unique_ptr<emulate::Machine> machine;
    AbiWorld world_;
};

// The example of the series' documentation: who does not trust us to choose a nonce chooses one.
TEST_F(AbiMachine, IsAskedWithTheNonceThatSomebodyChose) {
    EXPECT_EQ(attempt(name_of(1)), 0);
    host::Mounted mounted{world_.tree};
    NEEDS_MOUNT(mounted);
    const host::TemporaryDirectory work;
    const auto script = fmt::format(R"sh(set -e
cd {}
test "$(cat authenticated)" = 1
for turn in 1 2 3; do
    head -c 32 /dev/urandom > {}
    cat {} > signatures/next_requester_nonce
    echo re > authenticated
    cmp {} "$(ls -t signatures/[0-9]*_requester_nonce | head -n 1)"
done
echo re > authenticated
if cmp -s {} "$(ls -t signatures/[0-9]*_requester_nonce | head -n 1)"; then exit 1; fi
test "$(cat authenticated)" = 1
test "$(ls signatures | grep -c _signature)" = 5
)sh",
                                    mounted.path(name_of(1)), work.path("nonce"), work.path("nonce"),
                                    work.path("nonce"), work.path("nonce"));
    work.put("script", script);
    const auto status =
        mounted.serve([&] { return host::shell("sh " + work.path("script")); }, [&] { answer_who_asks(); });
    EXPECT_EQ(status, 0);
}

TEST_F(AbiMachine, TellsEachDevicesFailureByItsErrno) {
    struct Row {
        int bus;
        int error;
        Support support;
        std::size_t signatures;  // after two attempts
        std::string_view why;
    };
    const auto table = std::to_array<Row>({
        {1, 0, Support::present, 2, "honest"},
        {2, EKEYREJECTED, Support::present, 2, "a root that nobody trusts: logged all the same"},
        {3, EKEYREJECTED, Support::present, 2, "a signature that does not verify: logged all the same"},
        {4, EBUSY, Support::present, 0, "busy for ever"},
        {5, EINPROGRESS, Support::present, 0, "never ready"},
        {6, EIO, Support::unknown, 0, "a mailbox that never answers: nobody knows what it carries"},
        {7, EPROTONOSUPPORT, Support::none, 0, "no mailbox"},
    });
    for (const auto& row : table) {
        const auto name = name_of(row.bus);
        EXPECT_EQ(attempt(name), row.error) << row.why;
        EXPECT_EQ(world_.abi.view(name)->support, row.support) << row.why;
        EXPECT_EQ(world_.tree.exists(name + "/authenticated"), row.support != Support::none) << row.why;
        if (row.support == Support::unknown) {
            EXPECT_EQ(world_.read(name + "/authenticated"), fmt::format("errno {}", ENOTTY)) << row.why;
        }
        if (row.support != Support::present) continue;
        EXPECT_EQ(world_.read(name + "/authenticated"), row.error == 0 ? "1\n" : "0\n") << row.why;
        EXPECT_EQ(attempt(name), row.error) << row.why;
        std::size_t signatures = 0;
        const auto files = world_.tree.list(name + "/signatures");
        for (const auto& file : *files) signatures += file.ends_with("_signature") ? 1U : 0U;
        EXPECT_EQ(signatures, row.signatures) << row.why;
    }
}

}  // namespace
}  // namespace busguard::daemon
