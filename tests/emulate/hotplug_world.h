#pragma once

#include "emulate/machine.h"
#include "emulate/machine_file.h"
#include "tests/emulate/worlds.h"

#include <gtest/gtest.h>

/// A machine to which things happen: two ports with a drive and a network card, and one that is not yet
/// there.
namespace busguard::emulate::hotplug {

inline constexpr std::string_view machine_text = R"(
drivers = ["vfio-pci"]
tsms = ["tsm0"]

[authority.acme]
subject = "Acme"
algorithm = "ecdsa-p256"

[[device]]
address = "0000:00:01.0"
bridge = true
vendor = 0x8086
device = 0x352a
class = 0x060400

[[device]]
address = "0000:01:00.0"
under = "0000:00:01.0"
vendor = 0x1ea5
device = 0x0001
class = 0x010802
driver = "nvme"
tsm = ""
removable = "removable"
[device.spdm]
versions = ["1.1"]
algorithm = "ecdsa-p256"
hash = "sha256"
[[device.spdm.slot]]
number = 0
issuer = "acme"

[[device]]
address = "0000:00:02.0"
bridge = true
vendor = 0x8086
device = 0x352b
class = 0x060400

[[device]]
address = "0000:02:00.0"
under = "0000:00:02.0"
vendor = 0x1ea5
device = 0x0010
class = 0x020000
serial_number = "0011223344556677"
driver = "nic"
[device.sriov]
vfs = 4
vf_device = 0x0011

[[device]]
address = "0000:02:01.0"
under = "0000:00:02.0"
present = false
vendor = 0x1ea5
device = 0x0002
class = 0x010802
driver = "nvme"
)";

inline constexpr PciAddress port{0, 0, 1, 0};
inline constexpr PciAddress drive{0, 1, 0, 0};
inline constexpr PciAddress nic{0, 2, 0, 0};
inline constexpr PciAddress late{0, 2, 1, 0};
inline constexpr std::string_view functions = "bus/pci/devices/";
inline constexpr std::string_view drive_files = "bus/pci/devices/0000:01:00.0/";
inline constexpr std::string_view nic_files = "bus/pci/devices/0000:02:00.0/";

struct World {
    explicit World(const std::string& first_lines = {}) {
        auto description = parse_machine(first_lines + std::string{machine_text}, "machine.toml");
        EXPECT_TRUE(description) << description.error().text();
        auto made = Machine::make(*description, {}, clock, entropy);
        EXPECT_TRUE(made) << made.error().text();
        machine = *std::move(made);
    }

    std::string read(const std::string& path) const {
        const auto bytes = machine->tree().read(path);
        if (!bytes) return "errno " + std::to_string(host::to_errno(bytes.error()));
        return std::string{as_text(ByteView{*bytes}.first(bytes->empty() ? 0 : bytes->size() - 1))};
    }
    std::string read(std::string_view files, const std::string& name) const {
        return read(std::string{files} + name);
    }
    int write(const std::string& path, std::string_view text) const {
        const auto done = machine->tree().write(path, as_bytes(text));
        return done ? 0 : host::to_errno(done.error());
    }
    int write(std::string_view files, const std::string& name, std::string_view text) const {
        return write(std::string{files} + name, text);
    }
    bool is_there(std::string_view address) const {
        return machine->tree().exists(std::string{functions} + std::string{address});
    }

    /// "action name", and the properties that are not always there.
    std::vector<std::string> heard() const {
        std::vector<std::string> lines;
        auto taken = *machine->uevents().take();
        for (const auto& event : taken.events) {
            auto line = event.action + " " + std::string{event.name()};
            for (const auto* key : {"DRIVER", "ERROR_EVENT", "DEVICE_ONLINE", "SYNTH_UUID"})
                if (!event.property(key).empty())
                    line += " " + std::string{key} + "=" + std::string{event.property(key)};
            lines.push_back(line);
        }
        if (taken.lost) lines.emplace_back("lost");
        return lines;
    }

    CountingClock clock;
    CountingEntropy entropy;
    std::unique_ptr<Machine> machine;
};

inline DeviceDescription impostor() {
    DeviceDescription its{.address = drive,
                          .under = port,
                          .identity = {.vendor = 0xbad0, .device = 0xbad1, .class_code = 0x010802},
                          .driver = "nvme",
                          .mailbox = MailboxDescription{}};
    its.spdm = SpdmDescription{.versions = {spdm::Version::v1_1},
                               .scheme = crypto::Scheme::ecdsa_p256,
                               .hash = crypto::Hash::sha_256};
    its.spdm->slots.push_back({.number = 0, .issuer = "acme", .presents = "acme"});
    return its;
}

}  // namespace busguard::emulate::hotplug
