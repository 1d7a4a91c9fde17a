"""The gate of the initramfs on trees of files that look like /sys: share/early-boot, and what calls it."""

import os
import pathlib
import shutil
import subprocess
import tempfile
import unittest

SOURCE = pathlib.Path(os.environ.get("BUSGUARD_SOURCE", pathlib.Path(__file__).resolve().parent.parent.parent))
SHARE = SOURCE / "share"
INIT_TOP = SHARE / "initramfs-tools/scripts/init-top/busguard"
# The shells of initramfs images, as far as they are here.
SHELLS = [shell for shell in (["dash"], ["busybox", "sh"], ["/usr/lib/klibc/bin/sh"]) if shutil.which(shell[0])] or [["sh"]]

DRIVE, CARD, BRIDGE = "0000:01:00.0", "0000:02:00.0", "0000:00:01.0"

# In place of the real one: notes what it was asked for, and gives a driver to the devices of that alias, as writing to
# drivers_probe does once the module is loaded. What stands in a device's `behind` appears with its driver.
MODPROBE = """#!/bin/sh
echo "$* while autoprobe=$(cat "$BUSGUARD_SYS/bus/pci/drivers_autoprobe")" >>"$BUSGUARD_SYS/../modprobe.log"
for place in "$BUSGUARD_SYS/bus/pci/devices/"*; do
    [ "$(cat "$place/modalias")" = "$3" ] || continue
    [ -e "$place/no-driver" ] || mkdir -p "$place/driver"
    [ ! -e "$place/behind" ] || mv "$place/behind/"* "$BUSGUARD_SYS/bus/pci/devices/"
done
"""


class TestCase(unittest.TestCase):
    def setUp(self):
        directory = tempfile.TemporaryDirectory(prefix="busguard-gate-")
        self.addCleanup(directory.cleanup)
        self.root = pathlib.Path(directory.name)
        self.pci = self.root / "sys/bus/pci"
        self.write(self.pci / "drivers_autoprobe", "1\n")
        self.write(self.pci / "drivers_probe", "")
        self.write(self.root / "cmdline", "BOOT_IMAGE=/vmlinuz root=/dev/mapper/root ro quiet\n")

    def write(self, file, text):
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(text)
        return file

    def text(self, name):
        file = self.root / name
        return file.read_text() if file.exists() else ""

    def add(self, address, vendor="0x1ea5", device="0x5001", driver=None, module=True, under=None):
        place = (under or self.pci / "devices") / address
        self.write(place / "vendor", vendor + "\n")
        self.write(place / "device", device + "\n")
        self.write(place / "modalias", f"pci:v0000{vendor[2:].upper()}d0000{device[2:].upper()}at{address}\n")
        if driver:
            (place / "driver/module").mkdir(parents=True)
            if module:
                self.write(place / "driver/module/initstate", "live\n")
        return place

    def run_script(self, *command, **environment):
        done = subprocess.run(
            [*map(str, command)], capture_output=True, text=True, timeout=60, check=False,
            env={"PATH": os.environ["PATH"], "BUSGUARD_SYS": str(self.root / "sys"), **{key: str(value) for key, value in environment.items()}},
        )
        return done

    def has_driver(self, address):
        return (self.pci / "devices" / address / "driver").exists()


class Gate(TestCase):
    """Every test runs under each shell that there is, on a tree of its own."""

    def run(self, result=None):
        for self.shell in SHELLS:
            super().run(result)

    def setUp(self):
        super().setUp()
        self.modprobe = self.write(self.root / "modprobe", MODPROBE)
        self.modprobe.chmod(0o755)
        self.gate = self.write(self.root / "gate", f"#!/bin/sh\nexec {' '.join(self.shell)} {SHARE}/early-boot/gate\n")
        self.gate.chmod(0o755)

    def boot(self, list_text=None):
        """Runs init-top/busguard as the initramfs does."""
        if list_text is not None:
            self.write(self.root / "boot-devices", list_text)
        done = self.run_script(
            *self.shell, INIT_TOP,
            BUSGUARD_GATE=self.gate, BUSGUARD_COMMAND_LINE=self.root / "cmdline", BUSGUARD_BOOT_DEVICES=self.root / "boot-devices",
            BUSGUARD_LOG=self.root / "kmsg", BUSGUARD_MODPROBE=self.modprobe,
        )
        self.assertEqual((done.returncode, done.stdout, done.stderr), (0, "", ""), self.shell)

    def is_closed(self):
        return self.text("sys/bus/pci/drivers_autoprobe") == "0\n"

    def test_closes_for_all_that_is_not_listed(self):
        self.add(DRIVE)
        self.boot("")
        self.assertTrue(self.is_closed())
        self.assertFalse(self.has_driver(DRIVE))
        self.assertEqual(self.text("sys/bus/pci/drivers_probe"), "")

    def test_closes_without_a_list_too(self):
        self.boot()
        self.assertTrue(self.is_closed())

    def test_lets_a_listed_address_through_and_nothing_else(self):
        self.add(DRIVE)
        self.add(CARD)
        self.boot(f"{DRIVE}\n")
        self.assertTrue(self.has_driver(DRIVE))
        self.assertFalse(self.has_driver(CARD))
        self.assertEqual(self.text("sys/bus/pci/drivers_probe"), f"{DRIVE}\n")
        self.assertIn(f"{DRIVE} is a boot device", self.text("kmsg"))

    def test_lets_a_listed_kind_through(self):
        self.add(DRIVE)
        self.add(CARD, vendor="0x1ec7", device="0x2500")
        self.boot("1ec7:2500\n1ea5:2500\n1ec7:5001\n")
        self.assertFalse(self.has_driver(DRIVE))
        self.assertTrue(self.has_driver(CARD))

    def test_closes_before_it_loads_a_module(self):
        self.add(DRIVE)
        self.boot(DRIVE)  # a last line without its end counts
        self.assertEqual(self.text("modprobe.log"), f"-q -b pci:v00001EA5d00005001at{DRIVE} while autoprobe=0\n")

    def test_leaves_alone_what_has_a_driver(self):
        self.add(DRIVE, driver="nvme")
        self.boot(f"{DRIVE}\n")
        self.assertEqual(self.text("modprobe.log") + self.text("kmsg"), "")

    def test_reaches_a_device_behind_another_one(self):
        controller = self.add(CARD, device="0x9a0b")
        self.add("10000:e1:00.0", under=controller / "behind")
        self.boot(f"10000:e1:00.0\n{CARD}\n")
        self.assertTrue(self.has_driver(CARD))
        self.assertTrue(self.has_driver("10000:e1:00.0"))

    def test_says_which_boot_devices_stay_without_a_driver_and_ends(self):
        self.write(self.add(DRIVE) / "no-driver", "")
        self.boot(f"{DRIVE}\n")
        self.assertIn(f"<5>busguard: boot devices without a driver: {DRIVE}\n", self.text("kmsg"))

    def test_a_listed_device_that_is_not_there_is_no_matter(self):
        self.boot(f"{DRIVE}\n\n")
        self.assertTrue(self.is_closed())
        self.assertEqual(self.text("kmsg"), "")

    def test_the_command_line_turns_it_off(self):
        self.add(DRIVE)
        self.write(self.root / "cmdline", "root=/dev/sda1 busguard=off ro\n")
        self.boot(f"{DRIVE}\n")
        self.assertFalse(self.is_closed())
        self.assertFalse(self.has_driver(DRIVE))
        self.assertIn("busguard=off", self.text("kmsg"))

    def test_other_words_of_the_command_line_do_not(self):
        self.write(self.root / "busguard=off", "")  # what a pattern would become
        for words in ["xbusguard=off", "busguard=offx", "busguard=on", "busguard=of?", "busguard", "", "*"]:
            self.write(self.pci / "drivers_autoprobe", "1\n")
            self.write(self.root / "cmdline", words + "\n")
            self.boot()
            self.assertTrue(self.is_closed(), words)

    def test_goes_on_without_a_command_line(self):
        (self.root / "cmdline").unlink()
        self.boot()
        self.assertTrue(self.is_closed())

    def test_a_gate_that_cannot_be_closed_is_told_and_does_not_stop_the_boot(self):
        (self.pci / "drivers_autoprobe").unlink()
        (self.pci / "drivers_autoprobe").mkdir()
        self.add(DRIVE)
        self.boot(f"{DRIVE}\n")
        self.assertIn("cannot be closed", self.text("kmsg"))

    def test_a_kernel_without_pci_boots(self):
        shutil.rmtree(self.pci)
        self.boot(f"{DRIVE}\n")
        self.assertIn("no PCI", self.text("kmsg"))

    def test_devices_without_files_are_no_matter(self):
        (self.pci / "devices" / DRIVE).mkdir(parents=True)
        self.boot("1ea5:5001\n")
        self.assertEqual(self.text("kmsg"), "")

    def test_an_image_without_the_gate_boots(self):
        done = self.run_script(*self.shell, INIT_TOP, BUSGUARD_GATE=self.root / "none")
        self.assertEqual((done.returncode, done.stdout, done.stderr), (0, "", ""))

    def test_names_no_prerequisites(self):
        for script in [INIT_TOP, SHARE / "initramfs-tools/hooks/busguard"]:
            done = self.run_script(*self.shell, script, "prereqs", BUSGUARD_GATE="false")
            self.assertEqual((done.returncode, done.stdout, done.stderr), (0, "\n", ""))


class BootDevices(TestCase):
    """What an initramfs is given when it is made."""

    def ask(self, configuration=None, list_text=None, mounts=""):
        etc = self.root / "etc"
        if configuration is not None:
            self.write(etc / "busguardd.toml", configuration)
        if list_text is not None:
            self.write(etc / "boot-devices", list_text)
        return self.run_script(SHARE / "early-boot/boot-devices", BUSGUARD_ETC=etc, BUSGUARD_MOUNTS=self.write(self.root / "mountinfo", mounts))

    def enforcing(self, list_text=None, mounts=""):
        return self.ask('schema = "busguard.daemon/1"\nmode = "enforce"\n', list_text, mounts)

    def block(self, name, path, slaves=()):
        place = self.root / "sys/devices" / path / "block" / name
        place.mkdir(parents=True)
        for slave in slaves:
            (place / "slaves" / slave).mkdir(parents=True)
        links = self.root / "sys/class/block"
        links.mkdir(parents=True, exist_ok=True)
        (links / name).symlink_to(place)

    def test_no_gate_unless_the_guard_enforces(self):
        shipped = (SHARE / "busguardd.toml").read_text()
        for configuration in [None, "", 'mode = "observe"', '# mode = "enforce"', 'mode = "enforced"', 'xmode = "enforce"', '[a]\nmode = "enforce"', shipped]:
            done = self.ask(configuration, f"{DRIVE}\n")
            self.assertEqual((done.returncode, done.stdout, done.stderr), (1, "", ""), configuration)

    def test_the_shipped_configuration_needs_one_word_for_it(self):
        shipped = (SHARE / "busguardd.toml").read_text()
        done = self.ask(shipped.replace('mode = "observe"', 'mode = "enforce"'), "")
        self.assertEqual((done.returncode, done.stdout), (0, ""))

    def test_no_gate_without_a_list_for_the_machine_has_to_boot(self):
        done = self.enforcing()
        self.assertEqual((done.returncode, done.stdout), (1, ""))
        self.assertIn("there is no", done.stderr)
        self.assertIn("boot-devices", done.stderr)

    def test_an_empty_list_is_a_list(self):
        self.assertEqual(self.enforcing("# nothing\n").returncode, 0)

    def test_other_ways_to_write_the_mode(self):
        for line in ["mode='enforce'", '  mode\t=  "enforce"  # at last']:
            self.assertEqual(self.ask(line + "\n", "").returncode, 0, line)

    def test_brings_entries_into_one_form(self):
        done = self.enforcing("# drives\n01:00.0\n  0000:02:00.0  # card\r\n8086:9A0B\n10000:E1:00.0\n\n")
        self.assertEqual((done.returncode, done.stderr), (0, ""))
        self.assertEqual(done.stdout.splitlines(), ["0000:01:00.0", "0000:02:00.0", "8086:9a0b", "10000:e1:00.0"])

    def test_leaves_out_what_is_no_entry_and_says_its_line(self):
        for wrong in ["nvme0", "01:00", "01:00.8", "0000:01:00.0.0", "8086", "8086:*", "8086:9a0b:1", "0000:01:00.0 and more", "../../x", "$(id)"]:
            done = self.enforcing(f"{DRIVE}\n{wrong}\n")
            self.assertEqual((done.returncode, done.stdout), (0, f"{DRIVE}\n"), wrong)
            self.assertIn("boot-devices:2: ", done.stderr, wrong)

    def warnings(self, list_text, source="/dev/nvme0n1p2", directory="/"):
        mounts = f"21 1 259:2 / {directory} rw,relatime shared:1 - ext4 {source} rw\n22 21 0:20 / /proc rw - proc proc rw\n"
        done = self.enforcing(list_text, mounts)
        self.assertEqual(done.returncode, 0)
        return done.stderr

    def machine_with_a_drive(self):
        self.add(BRIDGE, vendor="0x8086", device="0x352a", driver="pcieport", module=False)
        self.add(DRIVE, driver="nvme")
        self.block("nvme0n1p2", f"pci0000:00/{BRIDGE}/{DRIVE}/nvme/nvme0/nvme0n1")

    def test_warns_of_a_root_that_would_not_be_reached(self):
        self.machine_with_a_drive()
        said = self.warnings("1ea5:5002\n")
        self.assertIn(f"WARNING: / is behind {DRIVE}", said)
        self.assertNotIn(BRIDGE, said)  # built into the kernel: it has its driver before the gate is closed
        self.assertEqual(self.warnings(f"{DRIVE}\n"), "")
        self.assertEqual(self.warnings("1ea5:5001\n"), "")

    def test_warns_of_usr_and_var_likewise(self):
        self.machine_with_a_drive()
        for directory in ["/usr", "/var"]:
            self.assertIn(f"WARNING: {directory} is behind {DRIVE}", self.warnings("", directory=directory))
        self.assertEqual(self.warnings("", directory="/home"), "")

    def test_sees_through_encryption_and_volumes(self):
        self.machine_with_a_drive()
        self.block("dm-0", "virtual", slaves=["nvme0n1p2"])
        self.block("dm-1", "virtual2", slaves=["dm-0"])
        self.assertIn(DRIVE, self.warnings("", source="/dev/dm-1"))

    def test_a_circle_of_volumes_ends(self):
        self.block("dm-0", "virtual", slaves=["dm-1"])
        self.block("dm-1", "virtual2", slaves=["dm-0"])
        self.assertEqual(self.warnings("", source="/dev/dm-1"), "")

    def test_says_nothing_of_what_is_no_disk(self):
        self.assertEqual(self.warnings("", source="10.0.0.1:/export"), "")
        self.assertEqual(self.warnings("", source="/dev/none"), "")
        self.assertEqual(self.enforcing("", "what\n21 1\n\n5 5 5 5 /\n").stderr, "")


class Unit(unittest.TestCase):
    """The unit says of itself what keeps it from being hardened further."""

    def test_every_line_that_systemd_marks_has_its_reason(self):
        if not shutil.which("systemd-analyze"):
            self.skipTest("no systemd-analyze")
        file = SHARE / "systemd/busguardd.service"
        done = subprocess.run(["systemd-analyze", "security", "--offline=yes", "--no-pager", file], capture_output=True, text=True, check=False)
        marked = [line.split()[1] for line in done.stdout.splitlines() if line.startswith("✗")]
        if not marked:
            self.skipTest("systemd-analyze cannot look at a unit here: " + done.stderr.strip())
        comments = "\n".join(line for line in file.read_text().splitlines() if line.startswith("#"))
        for line in marked:
            _, _, value = line.partition("~")
            self.assertIn(value or line.partition("/")[0], comments, line)


if __name__ == "__main__":
    unittest.main()
