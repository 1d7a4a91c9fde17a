#include "tests/scenario/world.h"

/// Virtual functions: they have nothing to say for themselves, and follow the physical one.
namespace busguard::daemon {
namespace {

constexpr auto physical = "0000:02:00.0";
constexpr auto virtual_1 = "0000:02:10.0";
constexpr auto virtual_2 = "0000:02:10.2";
constexpr auto sriov_machine = BUSGUARD_SOURCE_DIR "/tests/scenario/sriov.toml";

std::string rules_of(std::string_view rules) {
    return "schema = \"busguard.policy/1\"\ndefault = \"deny\"\n" + std::string{rules};
}
const std::string genuine =
    "[[rule]]\nname = \"genuine\"\ndecide = \"allow\"\n[rule.match]\nstate = \"authenticated\"\n";
const std::string no_virtual =
    "[[rule]]\nname = \"no virtual\"\ndecide = \"deny\"\n[rule.match]\nvirtual_function = true\n";
const std::string all_virtual =
    "[[rule]]\nname = \"all virtual\"\ndecide = \"allow\"\n[rule.match]\nvirtual_function = true\n";

struct Sriov : World {
    explicit Sriov(const std::string& rules, Settings wanted = {.enforce = true})
        : World{rules_of(rules), wanted, sriov_machine} {}

    void make(const char* number) {
        ASSERT_TRUE(machine->tree().write("bus/pci/devices/0000:02:00.0/sriov_numvfs", as_bytes(number)));
    }
    std::string autoprobe() const {
        return std::string{
            as_text(*machine->tree().read("bus/pci/devices/0000:02:00.0/sriov_drivers_autoprobe", 8))};
    }
};

TEST(GuardSriov, VirtualFunctionsGetTheirDriversFromTheGuardAlone) {
    Sriov world{genuine};
    ASSERT_TRUE(world.machine->tree().write("bus/pci/drivers_autoprobe", as_bytes("0")));
    world.start();
    world.settle();
    ASSERT_EQ(world.driver(physical), "nic");
    EXPECT_EQ(world.autoprobe().front(), '0');
    world.make("2");
    for (const auto* each : {virtual_1, virtual_2})
        EXPECT_EQ(world.driver(each), "") << "before anybody decided";
    world.settle();
    for (const auto* each : {virtual_1, virtual_2}) {
        EXPECT_EQ(world.driver(each), "nic") << each;
        EXPECT_EQ(world.at(each).standing, Standing::let_in);
    }
    EXPECT_EQ(world.autoprobe().front(), '0') << "open for the moment of a probe alone";
}

TEST(GuardSriov, ARuleMayKeepThemOut) {
    Sriov world{no_virtual + genuine};
    world.start();
    world.settle();
    world.make("1");
    world.settle();
    EXPECT_EQ(world.driver(physical), "nic");
    EXPECT_EQ(world.driver(virtual_1), "");
    EXPECT_EQ(world.at(virtual_1).standing, Standing::kept_out);
    EXPECT_EQ(world.at(virtual_1).decision->rule, "no virtual");
}

TEST(GuardSriov, AreNothingWithoutThePhysicalFunction) {
    Sriov world{all_virtual, {.enforce = false}};
    ASSERT_TRUE(world.machine->tree().write("bus/pci/drivers_probe", as_bytes(physical)));
    world.make("1");
    world.start();
    world.settle();
    EXPECT_EQ(world.at(physical).standing, Standing::kept_out);
    EXPECT_EQ(world.at(virtual_1).decision->rule, "all virtual");
    EXPECT_EQ(world.at(virtual_1).standing, Standing::kept_out);
}

TEST(GuardSriov, FollowThePhysicalFunctionOut) {
    Sriov world{genuine, {.enforce = false}};
    ASSERT_TRUE(world.machine->tree().write("bus/pci/drivers_probe", as_bytes(physical)));
    world.make("1");
    world.start();
    world.settle();
    ASSERT_EQ(world.at(virtual_1).standing, Standing::let_in);
    auto lying = world.described(physical);
    lying.lies.bad_signature = true;
    world.replace(physical, lying);
    ASSERT_TRUE(world.guard->examine("pci/0000:02:00.0", [](const auto&, const auto&) {}));
    world.settle();
    EXPECT_NE(world.at(physical).standing, Standing::let_in);
    if (world.guard->devices().contains("pci/0000:02:10.0")) {
        EXPECT_EQ(world.at(virtual_1).standing, Standing::kept_out);
    }
}

TEST(GuardSriov, OfWhichADriverHadOneBeforeBeginAnew) {
    Sriov world{genuine +
                "[[rule]]\nname = \"card\"\ndecide = \"allow\"\n[rule.match]\nstate = "
                "\"bound-before-policy\"\nvirtual_function = false\n"};
    ASSERT_TRUE(world.machine->tree().write("bus/pci/drivers_probe", as_bytes(physical)));
    world.make("1");
    ASSERT_EQ(world.driver(virtual_1), "nic");
    bool lost = false;
    world.sys->after_write = [&] { lost = lost || world.driver(virtual_1).empty(); };
    world.start();
    world.settle();
    EXPECT_TRUE(lost);
    EXPECT_FALSE(world.at(virtual_1).bound_before);
    EXPECT_TRUE(world.diary.has("device.kept-out", virtual_1));
    EXPECT_EQ(world.driver(virtual_1), "nic") << "which is not to blame for what had the other one before";
}

TEST(GuardSriov, FindDriversByThemselvesAgainWhenTheGateIsOpened) {
    Sriov world{genuine, {.enforce = true, .open_on_stop = true}};
    world.start();
    world.settle();
    ASSERT_EQ(world.autoprobe().front(), '0');
    world.guard->stop();
    EXPECT_EQ(world.autoprobe().front(), '1');
}

}  // namespace
}  // namespace busguard::daemon
