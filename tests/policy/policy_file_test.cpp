#include "policy/policy_file.h"

#include "support.h"

namespace busguard::policy {
namespace {

constexpr std::string_view small = R"(schema = "busguard.policy/1"
default = "quarantine"

[groups]
storage-vendors = ["1ea5", "144d"]

[[rule]]
name = "boot drive"
decide = "allow"
owners = ["tsm:tsm0", "native"]
reauthenticate = "12h"
[rule.match]
bus = "pci"
class = "0108"
identity = ["1ea5:5001"]
vendor = { none_of = "@storage-vendors" }
virtual_function = false
slot = [0, 1]
state = ["authenticated", "no-reference"]
[rule.match.measurement]
10 = { none_of = ["DIGEST"] }
9 = "DIGEST"

[[rule]]
name = "rest"
decide = "deny"
)";

std::string replaced(std::string text, std::string_view what, std::string_view by) {
    for (auto at = text.find(what); at != std::string::npos; at = text.find(what, at + by.size()))
        text.replace(at, what.size(), by);
    return text;
}

/// `small` with the line that begins with `line` (the first one) replaced by `by`.
std::string with(std::string_view line, std::string_view by) {
    auto text = "\n" + replaced(std::string{small}, "DIGEST", digest);
    const auto at = text.find("\n" + std::string{line});
    if (at == std::string::npos) return "no such line";
    text.replace(at + 1, text.find('\n', at + 1) - at - 1, by);
    return text.substr(1);
}

std::string problem(const std::string& text) {
    const auto policy = policy_from_toml(text, "p.toml");
    return policy ? "none" : policy.error().text();
}

TEST(PolicyFile, IsRead) {
    const auto policy = policy_from_toml(replaced(std::string{small}, "DIGEST", digest), "p.toml");
    ASSERT_TRUE(policy) << policy.error().text();
    EXPECT_EQ(policy->otherwise, Ruling::quarantine);
    EXPECT_EQ(policy->groups.at("storage-vendors").values, (std::vector<std::string>{"1ea5", "144d"}));
    EXPECT_EQ(policy->groups.at("storage-vendors").line.number, 5U);
    ASSERT_EQ(policy->rules.size(), 2U);
    const std::vector<Condition> match{
        {.field = Field::bus, .values = {"pci"}},
        {.field = Field::class_code, .values = {"0108"}},
        {.field = Field::vendor, .op = Operator::none_of, .values = {"@storage-vendors"}},
        {.field = Field::identity, .values = {"1ea5:5001"}},
        {.field = Field::virtual_function, .values = {"false"}},
        {.field = Field::state, .values = {"authenticated", "no-reference"}},
        {.field = Field::slot, .values = {"0", "1"}},
        {.field = Field::measurement, .index = 9, .values = {digest}},
        {.field = Field::measurement, .index = 10, .op = Operator::none_of, .values = {digest}}};
    EXPECT_EQ(policy->rules[0], (Rule{.name = "boot drive",
                                      .ruling = Ruling::allow,
                                      .owners = {"tsm:tsm0", "native"},
                                      .reauthenticate = std::chrono::hours{12},
                                      .match = match}));
    EXPECT_EQ(policy->rules[0].line.number, 7U);
    EXPECT_EQ(policy->rules[1], (Rule{.name = "rest", .ruling = Ruling::deny}));
}

TEST(PolicyFile, NeedsItsSchema) {
    EXPECT_EQ(problem(with("schema", "")),
              "p.toml:1: schema: is missing (write schema = \"busguard.policy/1\")");
    EXPECT_EQ(problem(with("schema", "schema = \"busguard.policy/2\"")),
              "p.toml:1: schema: is not \"busguard.policy/1\" (made for another version of busguard?)");
    EXPECT_EQ(problem(with("schema", "schema = 1")),
              "p.toml:1: schema: is a whole number, not a text in quotes");
}

TEST(PolicyFile, NeedsANameAndADecisionOfEachRule) {
    EXPECT_EQ(problem(with("name", "")), "p.toml:7: rule[0].name: is missing");
    EXPECT_EQ(problem(with("decide", "")), "p.toml:7: rule[0].decide: is missing");
    EXPECT_EQ(problem(with("decide", "decide = \"Allow\"")),
              "p.toml:9: rule[0].decide: \"Allow\" is not known (one of allow, deny, quarantine)");
    EXPECT_EQ(problem(with("default", "default = \"block\"")),
              "p.toml:2: default: \"block\" is not known (one of allow, deny, quarantine)");
}

TEST(PolicyFile, RefusesNamesThatTellNothing) {
    EXPECT_EQ(problem(with("name = \"rest", "name = \"boot drive\"")),
              "p.toml:25: rule[1].name: is used twice (first on line 8)");
    EXPECT_EQ(
        problem(with("name", "name = \"implicit\"")),
        "p.toml:8: rule[0].name: \"implicit\" is no name for a rule (decisions that no rule made are called "
        "so)");
    EXPECT_EQ(problem(with("name", "name = \"\"")),
              "p.toml:8: rule[0].name: \"\" is no name for a rule (1 to 64 printable characters, no blank at "
              "either "
              "end)");
    EXPECT_NE(problem(with("name", "name = \"implicit-bridge\"")), "none");  // the daemon says that itself
    for (const auto& name :
         {std::string{" a"}, std::string{"a "}, std::string{"a\\u00e4"}, std::string(65, 'a')})
        EXPECT_EQ(problem(with("name", "name = \"" + name + "\"")).substr(0, 24), "p.toml:8: rule[0].name: ")
            << name;
    EXPECT_EQ(problem(with("name", "name = \"" + std::string(64, 'a') + "\"")), "none");
}

TEST(PolicyFile, RefusesUnknownKeysInEveryTable) {
    EXPECT_EQ(problem(with("default", "defaults = \"deny\"")),
              "p.toml:2: defaults: is not known here (known are default, groups, rule, schema)");
    EXPECT_EQ(problem(with("reauthenticate", "reauth = \"12h\"")),
              "p.toml:11: rule[0].reauth: is not known here (known are decide, match, name, owners, "
              "reauthenticate)");
    const auto klass = problem(with("class", "klass = \"0108\""));
    EXPECT_THAT(klass, testing::StartsWith("p.toml:14: rule[0].match.klass: is not known here (known are "));
    for (const auto* known : {"bound_before, ", "class, ", "measurement, ", "vendor"})
        EXPECT_THAT(klass, testing::HasSubstr(known));
    EXPECT_EQ(
        problem(with("vendor", "vendor = { any_of = [\"1ea5\"] }")),
        "p.toml:16: rule[0].match.vendor.any_of: is no operator (one of one_of, none_of, all_of, only)");
    EXPECT_EQ(
        problem(with("vendor", "vendor = { one_of = \"1ea5\", any_of = [\"1ea5\"] }")),
        "p.toml:16: rule[0].match.vendor.any_of: is no operator (one of one_of, none_of, all_of, only)");
}

TEST(PolicyFile, SaysWhereAKeyBelongs) {
    EXPECT_EQ(problem(with("class", "reauthenticate = \"1h\"")),
              "p.toml:14: rule[0].match.reauthenticate: is not known here (belongs above [rule.match])");
    EXPECT_EQ(problem(with("class", "owners = \"native\"")),
              "p.toml:14: rule[0].match.owners: is not known here (belongs above [rule.match])");
    EXPECT_EQ(problem(with("reauthenticate", "owner = \"native\"")),
              "p.toml:11: rule[0].owner: is not known here (belongs below [rule.match])");
    EXPECT_EQ(problem(with("class", "not = { class = \"0108\" }")),
              "p.toml:14: rule[0].match.not: is not known here (write KEY = { none_of = [...] })");
}

TEST(PolicyFile, RefusesAValueOfEachFieldThatIsNone) {
    EXPECT_EQ(
        problem(with("bus", "bus = \"usb\"")),
        "p.toml:13: rule[0].match.bus: \"usb\" is no bus (one of pci, nvme, scsi, ata, mctp, emulated)");
    EXPECT_EQ(problem(with("class", "class = \"108\"")),
              "p.toml:14: rule[0].match.class: \"108\" is no class (2, 4 or 6 hex digits, such as \"0108\")");
    EXPECT_EQ(problem(with("class", "class = 0x0108")),
              "p.toml:14: rule[0].match.class: is a whole number, not a text in quotes");
    EXPECT_EQ(problem(with("identity", "identity = \"1ea5\"")),
              "p.toml:15: rule[0].match.identity: \"1ea5\" is no identity (\"vendor:device\" or "
              "\"vendor:device:subvendor:subdevice\", each 4 hex digits or *)");
    EXPECT_EQ(problem(with("vendor", "vendor = \"intel\"")),
              "p.toml:16: rule[0].match.vendor: \"intel\" is no vendor (4 hex digits, such as \"1ea5\")");
    EXPECT_EQ(problem(with("virtual_function", "virtual_function = \"no\"")),
              "p.toml:17: rule[0].match.virtual_function: is a text in quotes, not true or false");
    EXPECT_EQ(problem(with("slot", "slot = 8")),
              "p.toml:18: rule[0].match.slot: \"8\" is no slot (the number of a certificate slot, 0 to 7)");
    EXPECT_EQ(problem(with("slot", "slot = -1")).substr(0, 35), "p.toml:18: rule[0].match.slot: \"-1\"");
    EXPECT_EQ(problem(with("slot", "slot = \"0\"")),
              "p.toml:18: rule[0].match.slot: is a text in quotes, not a whole number");
    EXPECT_EQ(
        problem(with("state", "state = \"good\"")),
        "p.toml:19: rule[0].match.state: \"good\" is no state (one of authenticated, failed, unsupported, "
        "unreachable, undetermined, no-reference, bound-before-policy)");
    EXPECT_EQ(
        problem(with("state", "reason = \"chain.bad\"")),
        "p.toml:19: rule[0].match.reason: \"chain.bad\" is no reason (a code that `busguard reasons` lists)");
    EXPECT_EQ(problem(with("state", "path = \"/sys/devices/pci0000:00\"")),
              "p.toml:19: rule[0].match.path: \"/sys/devices/pci0000:00\" is no path (write "
              "\"devices/pci0000:00\")");
    EXPECT_EQ(
        problem(with("state", "location = \"inside\"")),
        "p.toml:19: rule[0].match.location: \"inside\" is no location (one of fixed, removable, unknown)");
    EXPECT_EQ(problem(with("state", "owner = \"tpm\"")),
              "p.toml:19: rule[0].match.owner: \"tpm\" is no owner (one of none, native, kernel, tsm, or a "
              "TSM such "
              "as \"tsm:tsm0\")");
    EXPECT_EQ(problem(with("state", "root = \"12\"")),
              "p.toml:19: rule[0].match.root: \"12\" is no root (a SHA-256 fingerprint, 64 hex digits)");
    EXPECT_EQ(problem(with("state", "certificate = true")),
              "p.toml:19: rule[0].match.certificate: is true or false, not a text in quotes");
    EXPECT_EQ(problem(with("9 =", "9 = \"00\"")),
              "p.toml:22: rule[0].match.measurement.9: \"00\" is no measurement (a digest, 64, 96 or 128 hex "
              "digits)");
}

TEST(PolicyFile, TellsTheUsualWayToWriteAValue) {
    EXPECT_EQ(problem(with("vendor", "vendor = \"0x1EA5\"")),
              "p.toml:16: rule[0].match.vendor: \"0x1EA5\" is no vendor (write \"1ea5\")");
    EXPECT_EQ(problem(with("bus", "bus = \"PCI\"")),
              "p.toml:13: rule[0].match.bus: \"PCI\" is no bus (write \"pci\")");
}

TEST(PolicyFile, NamesTheLineOfTheEntry) {
    EXPECT_EQ(problem(with("class", "class = [\n\"01\",\n\"x\"]")).substr(0, 35),
              "p.toml:16: rule[0].match.class: \"x\"");
    EXPECT_EQ(
        problem(with("owners", "owners = [\n\"native\",\n\"kernel\"]")),
        "p.toml:12: rule[0].owners: \"kernel\" can be no rule's wish (native, tsm, none, or a TSM such as "
        "\"tsm:tsm0\")");
}

TEST(PolicyFile, HoldsOwnersAndIntervalsToWhatCanBe) {
    EXPECT_EQ(problem(with("owners", "owners = []")),
              "p.toml:10: rule[0].owners: is empty (name one, or delete it)");
    EXPECT_EQ(problem(with("owners", "owners = [\"tsm\", \"tsm\"]")),
              "p.toml:10: rule[0].owners: \"tsm\" stands there twice");
    EXPECT_EQ(problem(with("owners", "owners = \"some\"")).substr(0, 34),
              "p.toml:10: rule[0].owners: \"some\" ");
    EXPECT_EQ(problem(with("owners", "owners = \"tsm\"")), "none");
    EXPECT_EQ(problem(with("reauthenticate", "reauthenticate = \"daily\"")),
              "p.toml:11: rule[0].reauthenticate: \"daily\" is no duration (a whole number and s, m, h or d, "
              "such as "
              "\"12h\")");
    EXPECT_EQ(problem(with("reauthenticate", "reauthenticate = \"0h\"")),
              "p.toml:11: rule[0].reauthenticate: \"0h\" is out of range (1s to 365d)");
    EXPECT_EQ(problem(with("reauthenticate", "reauthenticate = \"366d\"")),
              "p.toml:11: rule[0].reauthenticate: \"366d\" is out of range (1s to 365d)");
    EXPECT_EQ(problem(with("reauthenticate", "reauthenticate = 3600")),
              "p.toml:11: rule[0].reauthenticate: is a whole number, not a text in quotes");
}

TEST(PolicyFile, RefusesWhatWouldNeverMatch) {
    EXPECT_EQ(problem(with("class", "class = []")),
              "p.toml:14: rule[0].match.class: is empty (list values, or delete it to match whatever it is)");
    EXPECT_EQ(problem(with("class", "class = { none_of = [] }")).substr(0, 49),
              "p.toml:14: rule[0].match.class.none_of: is empty ");
    EXPECT_EQ(problem(with("class", "class = {}")),
              "p.toml:14: rule[0].match.class: says nothing (one of one_of, none_of, all_of, only)");
    EXPECT_EQ(problem(with("class", "class = { all_of = [\"01\", \"02\"] }")),
              "p.toml:14: rule[0].match.class.all_of: a device has one of these at most (write one_of)");
    EXPECT_EQ(problem(with("state", "state = { only = \"failed\" }")),
              "p.toml:19: rule[0].match.state.only: a device has one of these at most (write one_of)");
    EXPECT_EQ(problem(with("state", "reason = { all_of = [\"chain.eku\"], only = [\"chain.eku\"] }")),
              "none");
}

TEST(PolicyFile, HoldsMeasurementsToTheirIndexes) {
    for (const auto* index : {"0", "255", "256", "-1", "01", "a", "1a", "\"\"", "\" 1\""})
        EXPECT_NE(problem(with("9 =", std::string{index} + " = \"" + digest + "\"")).find("is no index of a"),
                  std::string::npos)
            << index;
    EXPECT_EQ(problem(with("9 =", "254 = \"" + digest + "\"")), "none");
    EXPECT_EQ(problem(file_of(rule_of("[rule.match.measurement]"))),
              "p.toml:6: rule[0].match.measurement: is empty (such as 1 = \"…\")");
    EXPECT_EQ(problem(file_of(rule_of("measurement = \"" + digest + "\""))),
              "p.toml:6: rule[0].match.measurement: is a text in quotes, not a table");
}

TEST(PolicyFile, HoldsGroupsToTheFieldsThatUseThem) {
    EXPECT_EQ(
        problem(with("storage-vendors", "storage-vendors = [\n\"1ea5\",\n\"acme\"]")),
        "p.toml:7: groups.storage-vendors: \"acme\" is no vendor, as line 18 has it (4 hex digits, such as "
        "\"1ea5\")");
    EXPECT_EQ(
        problem(with("vendor", "vendor = \"@storage\"")),
        "p.toml:16: rule[0].match.vendor: there is no group \"storage\" (add it under [groups]; \"@\" stands "
        "before a group's name)");
    EXPECT_EQ(problem(with("bus", "bus = \"@storage-vendors\"")).substr(0, 67),
              "p.toml:5: groups.storage-vendors: \"1ea5\" is no bus, as line 13 has ");
    // It is used for vendors before.
    EXPECT_EQ(problem(with("state", "state = \"@storage-vendors\"")).substr(0, 69),
              "p.toml:5: groups.storage-vendors: \"1ea5\" is no state, as line 19 has ");
    EXPECT_EQ(problem(with("storage-vendors", "storage-vendors = []")),
              "p.toml:5: groups.storage-vendors: is empty (list its values, or delete it)");
    EXPECT_EQ(problem(with("storage-vendors", "storage-vendors = [\"@others\"]")),
              "p.toml:5: groups.storage-vendors: a group holds no groups (name both where they are used)");
    EXPECT_EQ(problem(with("storage-vendors", "\"storage vendors\" = [\"1ea5\"]")),
              "p.toml:5: groups.storage vendors: is no name for a group (1 to 64 letters, digits, - and _)");
    EXPECT_EQ(problem(with("storage-vendors", "storage-vendors = 5")),
              "p.toml:5: groups.storage-vendors: is a whole number, not a text in quotes");
}

TEST(PolicyFile, RefusesTablesThatStandInTheWrongPlace) {
    EXPECT_EQ(problem(file_of("[rule]\nname = \"r\"")), "p.toml:2: rule: is a table, not a list");
    EXPECT_EQ(problem(file_of("[rule.match]\nbus = \"pci\"")).substr(0, 22), "p.toml:2: rule: is a t");
    EXPECT_EQ(problem(file_of("[[groups]]")), "p.toml:2: groups: is a list, not a table");
    EXPECT_EQ(problem(file_of("[[rule]]\nname = \"r\"\ndecide = \"allow\"\nmatch = \"everything\"")),
              "p.toml:5: rule[0].match: is a text in quotes, not a table");
    EXPECT_EQ(problem("schema = "), problem("schema = "));
    EXPECT_EQ(problem(std::string{"\n\nx = \xc3\xa4"}).substr(0, 9), "p.toml:3:");
}

TEST(PolicyFile, IsBounded) {
    std::string rules;
    for (std::size_t i = 0; i < most_rules; ++i)
        rules += "[[rule]]\nname = \"" + std::to_string(i) + "\"\ndecide = \"deny\"\n";
    EXPECT_EQ(problem(file_of(rules)), "none");
    EXPECT_EQ(problem(file_of(rules + "[[rule]]\nname = \"x\"\ndecide = \"deny\"\n")),
              "p.toml:2: rule: has more than 4096 entries");

    std::string values = "\"0000\"";
    for (std::size_t i = 1; i < most_values; ++i) values += ", \"0000\"";
    EXPECT_EQ(problem(file_of(rule_of("vendor = [" + values + "]"))), "none");
    EXPECT_EQ(problem(file_of(rule_of("vendor = [" + values + ", \"0000\"]"))),
              "p.toml:6: rule[0].match.vendor: has more than 4096 entries");
    const auto group = "[groups]\ng = [" + values + "]\n";
    EXPECT_EQ(problem(file_of(group + rule_of("vendor = \"@g\""))), "none");
    EXPECT_EQ(problem(file_of(group + rule_of("vendor = [\"@g\", \"0000\"]"))),
              "p.toml:8: rule[0].match.vendor: has more than 4096 values with those of its groups");

    std::string groups = "[groups]\n";
    for (int i = 0; i < 257; ++i) groups += "g" + std::to_string(i) + " = [\"0000\"]\n";
    EXPECT_EQ(problem(file_of(groups)), "p.toml:2: groups: has more than 256 entries");
    EXPECT_EQ(problem(file_of(rule_of("path = \"devices/" + std::string(1017, 'x') + "\""))),
              "p.toml:6: rule[0].match.path: is longer than 1024 bytes");
    EXPECT_EQ(problem(std::string((1U << 20) + 1, '#')), "p.toml: has more than 1048576 bytes");
}

}  // namespace
}  // namespace busguard::policy
