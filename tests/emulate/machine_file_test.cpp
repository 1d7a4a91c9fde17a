#include "emulate/machine_file.h"

#include <gtest/gtest.h>

namespace busguard::emulate {
namespace {

using namespace std::chrono_literals;

constexpr std::string_view small = R"(
machine = "small"
tsms = ["tsm0"]

[authority.aurora]
subject = "Aurora"
algorithm = "ecdsa-p256"

[[device]]
address = "0000:00:01.0"
bridge = true
vendor = 0x8086
device = 0x1901
class = 0x060400

[[device]]
address = "0000:01:00.0"
under = "0000:00:01.0"
name = "drive"
vendor = 0x144d
device = 0xa80a
class = 0x010802
serial_number = "0025385b11c0ffee"
driver = "nvme"
tsm = ""

[device.doe]
offset = 0xd00
latency_ms = 5

[device.spdm]
versions = ["1.3", "1.2"]
algorithm = "rsapss-3072"
hash = "sha512"

[[device.spdm.slot]]
number = 0
issuer = "aurora"
valid_to = 2030-12-31

[[device.spdm.measurement]]
index = 2
type = "mutable firmware"
digest_of = "firmware 7"

[[device.spdm.measurement]]
index = 1
type = "security version"
svn = 258

[device.lies]
tampered_measurement = 2
)";

/// `small` with the line that begins with `line` (the first one) replaced by `by`.
std::string with(std::string_view line, std::string_view by) {
    auto text = std::string{small};
    const auto at = text.find("\n" + std::string{line});
    if (at == std::string::npos) return "no such line";
    return text.replace(at + 1, text.find('\n', at + 1) - at - 1, by);
}

std::string problem(const std::string& text) {
    const auto machine = parse_machine(text, "small.toml");
    return machine ? "none" : machine.error().text();
}

TEST(MachineFile, IsRead) {
    const auto machine = parse_machine(small, "small.toml");
    ASSERT_TRUE(machine) << machine.error().text();
    EXPECT_EQ(machine->name, "small");
    EXPECT_TRUE(machine->autoprobe);
    ASSERT_EQ(machine->devices.size(), 2U);
    const auto& drive = machine->devices[1];
    EXPECT_EQ(drive.under, machine->devices[0].address);
    EXPECT_EQ(drive.identity.serial_number, 0x0025385b11c0ffeeU);
    EXPECT_EQ(drive.mailbox->offset, 0xd00);
    EXPECT_EQ(drive.mailbox->latency, 5ms);
    EXPECT_EQ(drive.mailbox->features.size(), 3U);
    ASSERT_TRUE(drive.spdm);
    EXPECT_EQ(drive.spdm->versions, (std::vector{spdm::Version::v1_2, spdm::Version::v1_3}));
    EXPECT_EQ(drive.spdm->scheme, crypto::Scheme::rsapss_3072);
    EXPECT_EQ(drive.spdm->measurement_hash, crypto::Hash::sha_512);
    EXPECT_EQ(drive.spdm->slots[0].presents, "aurora");
    EXPECT_EQ(drive.spdm->slots[0].validity.to,
              std::chrono::sys_days{std::chrono::year{2030} / 12 / 31} + 23h + 59min + 59s);
    ASSERT_EQ(drive.spdm->measurements.size(), 2U);
    EXPECT_EQ(drive.spdm->measurements[0].value.size(), 8U);
    EXPECT_EQ(drive.spdm->measurements[0].value[1], std::byte{1});  // 258, little endian
    EXPECT_EQ(drive.spdm->measurements[1].value.size(), 64U);
    EXPECT_FALSE(drive.spdm->measurements[1].raw);
    EXPECT_EQ(drive.lies.tampered, 2);
}

TEST(MachineFile, NamesFileLineFieldAndRemedy) {
    EXPECT_EQ(problem(with("serial_number", "serial = \"00\"")).substr(0, 58),
              "small.toml:23: device[1].serial: is not known here (known ");
    EXPECT_EQ(problem(with("offset = 0xd00", "offset = 0xd02")),
              "small.toml:28: device[1].doe.offset: is not a multiple of 4");
    EXPECT_EQ(problem(with("offset = 0xd00", "offset = 0x100")),
              "small.toml:28: device[1].doe.offset: 256 is out of range (352 to 4072)");
    EXPECT_EQ(problem(with("class = 0x010802", "")), "small.toml:16: device[1].class: is missing");
    EXPECT_EQ(problem(with("latency_ms", "latency_ms = \"5\"")),
              "small.toml:29: device[1].doe.latency_ms: is a text in quotes, not a whole number");
    EXPECT_EQ(problem(with("number = 0", "number = 8")),
              "small.toml:37: device[1].spdm.slot[0].number: 8 is out of range (0 to 7)");
    EXPECT_EQ(problem(with("valid_to", "valid_to = 1999-01-01")),
              "small.toml:39: device[1].spdm.slot[0].valid_to: lies before valid_from");
    EXPECT_EQ(
        problem(with("hash = ", "hash = \"md5\"")),
        "small.toml:34: device[1].spdm.hash: \"md5\" is not known (one of sha256, sha384, sha512, sha3-256, "
        "sha3-384, sha3-512)");
}

TEST(MachineFile, RefusesUnknownKeysInEveryTable) {
    for (const auto* table :
         {"[authority.aurora]", "[[device]]", "[device.doe]", "[device.spdm]", "[[device.spdm.slot]]",
          "[[device.spdm.measurement]]", "[device.lies]", "machine = "}) {
        const auto text =
            with(table, std::string{table == std::string_view{"machine = "} ? "" : table} + "\nbogus = 1");
        EXPECT_NE(problem(text).find("bogus: is not known here"), std::string::npos)
            << table << problem(text);
    }
}

TEST(MachineFile, HoldsReferencesToWhatTheyName) {
    EXPECT_EQ(
        problem(with("under", "under = \"0000:00:02.0\"")),
        "small.toml:18: device[1].under: 0000:00:02.0 is no bridge (describe the bridge before this device)");
    EXPECT_EQ(problem(with("issuer", "issuer = \"nobody\"")),
              "small.toml:31: device[1].spdm: slot 0: no authority \"nobody\" (add [authority.nobody])");
    EXPECT_EQ(problem(with("address = \"0000:01", "address = \"0000:00:01.0\"")),
              "small.toml:17: device[1].address: 0000:00:01.0 is used twice");
    EXPECT_EQ(problem(with("index = 1", "index = 2")),
              "small.toml:47: device[1].spdm.measurement[1].index: is used twice");
    EXPECT_EQ(problem(with("tampered_measurement", "tampered_measurement = 9")),
              "small.toml:51: device[1].lies: tampered_measurement is not the index of a measurement");
    EXPECT_EQ(problem(with("tsm = ", "tsm = \"tsm1\"")),
              "small.toml:25: device[1].tsm: \"tsm1\" is not there (name it in the machine's list tsms)");
    EXPECT_EQ(problem(with("valid_to", "cma_name_of = \"0000:07:00.0\"")),
              "small.toml: device 0000:01:00.0, slot 0, cma_name_of: 0000:07:00.0 is not described");
}

TEST(MachineFile, SaysWhatIsPluggedLaterAndWhereItSits) {
    const auto machine = parse_machine(
        with("driver = ", "driver = \"nvme\"\npresent = false\nremovable = \"fixed\""), "small.toml");
    ASSERT_TRUE(machine) << machine.error().text();
    EXPECT_TRUE(machine->devices[0].present);
    EXPECT_EQ(machine->devices[0].removable, "");
    EXPECT_FALSE(machine->devices[1].present);
    EXPECT_EQ(machine->devices[1].removable, "fixed");
    EXPECT_TRUE(machine->autoprobe_holds_for_hotplug);
    EXPECT_FALSE(parse_machine(with("tsms", "autoprobe_holds_for_hotplug = false"), "small.toml")
                     ->autoprobe_holds_for_hotplug);
    EXPECT_EQ(
        problem(with("driver = ", "removable = \"perhaps\"")),
        "small.toml:24: device[1].removable: \"perhaps\" is not known (one of fixed, removable, unknown)");
    EXPECT_EQ(problem(with("tsms", "tsms = [\"tmp0\"]")),
              "small.toml:3: tsms: \"tmp0\" is no TSM's name (such as \"tsm0\")");
    EXPECT_EQ(problem(with("tsms", "drivers = [\"../nvme\"]")),
              "small.toml:3: drivers: \"../nvme\" is no driver's name");
    EXPECT_EQ(problem(with("driver = ", "driver = \"..\"")),
              "small.toml:24: device[1].driver: is no driver's name");
}

TEST(MachineFile, DescribesVirtualFunctions) {
    const auto text = [](const std::string& fields) {
        return with("[device.lies]", "[device.sriov]\n" + fields + "\n[device.lies]");
    };
    const auto plain = parse_machine(text("vfs = 2"), "small.toml");
    ASSERT_TRUE(plain) << plain.error().text();
    EXPECT_FALSE(plain->devices[0].sriov);
    ASSERT_TRUE(plain->devices[1].sriov);
    EXPECT_EQ(plain->devices[1].sriov->total, 2);
    EXPECT_EQ(plain->devices[1].sriov->vf_device, 0xa80a) << "the physical function's";
    EXPECT_EQ(plain->devices[1].sriov->vf_driver, "nvme");
    const auto other = parse_machine(text("vfs = 63\nvf_device = 0xa80b\nvf_driver = \"\""), "small.toml");
    ASSERT_TRUE(other) << other.error().text();
    EXPECT_EQ(other->devices[1].sriov->vf_device, 0xa80b);
    EXPECT_EQ(other->devices[1].sriov->vf_driver, "");

    EXPECT_EQ(problem(text("vf_device = 1")), "small.toml:51: device[1].sriov.vfs: is missing");
    EXPECT_EQ(problem(text("vfs = 0")), "small.toml:52: device[1].sriov.vfs: 0 is out of range (1 to 63)");
    EXPECT_EQ(problem(text("vfs = 1\nbogus = 1")).substr(0, 34), "small.toml:53: device[1].sriov.bog");
    auto far = text("vfs = 63");
    EXPECT_EQ(
        problem(far.replace(far.find("0000:01:00.0"), 12, "0000:01:1e.0")),
        "small.toml:52: device[1].sriov.vfs: reach beyond the end of the bus (a lower number, or a lower "
        "address of the device)");
    EXPECT_EQ(problem(text("vfs = 2") +
                      "[[device]]\naddress = \"0000:01:10.2\"\nvendor = 1\ndevice = 1\nclass = 1\n"),
              "small.toml: device 0000:01:00.0, sriov.vfs: another function is at 0000:01:10.2 already");
    EXPECT_EQ(
        problem("[[device]]\naddress = \"0000:00:01.0\"\nvendor = 1\ndevice = 1\nclass = 1\nbridge = true\n"
                "[device.sriov]\nvfs = 1\n"),
        "small.toml:8: device[0].sriov.vfs: a bridge has no virtual functions");
}

TEST(MachineFile, RefusesWhatIsNotToml) {
    EXPECT_EQ(problem("machine = \n").substr(0, 30), "small.toml:1: is not TOML: Err");
    EXPECT_EQ(problem("device = 5"), "small.toml:1: device: is a whole number, not a list");
    EXPECT_EQ(problem("machine = \"a\\u0007b\""), "small.toml:1: machine: holds a control character");
    EXPECT_EQ(problem(std::string((1U << 20) + 1, '#')), "small.toml: has more than 1048576 bytes");
    EXPECT_EQ(problem("a = " + std::string(5000, '[')).substr(0, 13), "small.toml:1:");
}

TEST(MachineFile, IsAscii) {
    EXPECT_EQ(problem("machine = \"m\"\n\xef\xbb\xaf = 1"),
              "small.toml:2: holds a character that is not ASCII (in a text it can be written as \\uXXXX)");
    EXPECT_TRUE(parse_machine("machine = \"caf\\u00e9\"", "small.toml"));
}

TEST(MachineFile, TakesExactlyOneValuePerMeasurement) {
    EXPECT_EQ(problem(with("svn", "")),
              "small.toml:46: device[1].spdm.measurement[1].digest_of: exactly one of digest_of, text, hex, "
              "svn says what is measured");
    EXPECT_EQ(problem(with("svn", "svn = 1\nhex = \"00\"")).substr(0, 14), "small.toml:46:");
    EXPECT_EQ(problem(with("svn", "hex = \"0g\"")),
              "small.toml:49: device[1].spdm.measurement[1].hex: is not hexadecimal");
}

TEST(MachineFile, MustExist) {
    EXPECT_EQ(read_machine("/nowhere/x.toml").error().text(),
              "/nowhere/x.toml: cannot be opened: No such file or directory");
}

}  // namespace
}  // namespace busguard::emulate
