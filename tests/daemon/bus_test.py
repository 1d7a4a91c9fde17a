"""busguardd on a D-Bus of its own: methods, signals, and who may do what."""

import json
import os
import pathlib
import select
import shutil
import signal
import socket
import subprocess
import sys
import time
import unittest

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent))
from process_test import DRIVE, LIAR, Running, can_mount, wait_for  # noqa: E402
from support import main  # noqa: E402

CONFIGURATION = """<!DOCTYPE busconfig PUBLIC "-//freedesktop//DTD D-Bus Bus Configuration 1.0//EN"
 "http://www.freedesktop.org/standards/dbus/1.0/busconfig.dtd">
<busconfig><listen>unix:path={socket}</listen><auth>EXTERNAL</auth>
<policy context="default"><allow send_destination="*" eavesdrop="true"/><allow eavesdrop="true"/><allow own="*"/><allow user="*"/></policy>
</busconfig>"""


def listens(path):
    """Its file is there a moment before it listens."""
    with socket.socket(socket.AF_UNIX) as peer:
        return peer.connect_ex(str(path)) == 0


@unittest.skipUnless(can_mount() and shutil.which("dbus-daemon") and shutil.which("busctl"), "needs root, /dev/fuse, dbus-daemon and busctl")
class Bus(Running):
    def setUp(self):
        super().setUp()
        listening = self.work / "bus"
        (self.work / "bus.conf").write_text(CONFIGURATION.format(socket=listening))
        bus = subprocess.Popen(["dbus-daemon", f"--config-file={self.work / 'bus.conf'}", "--nofork", "--nopidfile"])
        self.addCleanup(self.end, bus)
        wait_for("the bus", lambda: listens(listening))
        self.work.chmod(0o755)
        self.address = f"unix:path={listening}"
        self.services = subprocess.Popen([os.environ["FAKE_SERVICES"], self.address], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
        self.addCleanup(self.end, self.services)
        self.assertEqual(self.services.stdout.readline(), "here\n")
        self.start()

    def command(self, mode="enforce"):
        words = super().command(mode)
        words[words.index("none")] = self.address
        return words

    def call(self, method, *arguments, user=None):
        as_user = {"user": user, "group": user, "extra_groups": []} if user else {}
        signature = ["s"] if arguments else []
        return subprocess.run(["busctl", f"--address={self.address}", "call", "org.busguard1", "/org/busguard1", "org.busguard1.Manager",
                               method, *signature, *arguments], capture_output=True, text=True, timeout=60, check=False, **as_user)

    def test_lists_and_describes_for_everybody(self):
        listed = self.call("ListDevices", user=65534)
        self.assertEqual(listed.returncode, 0, listed.stderr)
        self.assertTrue(listed.stdout.startswith("a(ssssss) 6 "), listed.stdout)
        self.assertIn(f'"pci/{LIAR}" "quarantined" "failed" "signature.invalid" "impostors" ""', listed.stdout)
        described = self.call("Describe", "pci/" + DRIVE, user=65534)
        self.assertIn("busguard.verdict/1", described.stdout)
        self.assertIn("no such device", self.call("Describe", "pci/0000:09:00.0").stderr)

    def test_changes_things_for_root_alone_where_there_is_no_polkit(self):
        refused = self.call("Release", "pci/" + LIAR, user=65534)
        self.assertNotEqual(refused.returncode, 0)
        self.assertIn("Access denied", refused.stderr)
        self.assertEqual(self.devices()[LIAR]["standing"], "quarantined")
        released = self.call("Release", "pci/" + LIAR)
        self.assertEqual(released.returncode, 0, released.stderr)
        wait_for("it is judged again", lambda: self.devices()[LIAR]["standing"] == "quarantined")
        again = self.call("Release", "pci/" + DRIVE)
        self.assertIn("quarantine", again.stderr)

    def test_answers_when_a_device_was_examined(self):
        before = self.devices()[DRIVE]["evidence"]
        examined = self.call("Examine", "pci/" + DRIVE)
        self.assertEqual(examined.returncode, 0, examined.stderr)
        self.assertGreater(self.devices()[DRIVE]["evidence"], before)

    def test_looks_at_every_device_after_a_sleep_that_no_clock_shows(self):
        self.assertEqual(self.services.stdout.readline(), "held sleep delay\n")
        before = self.devices()[DRIVE]["evidence"]
        self.tell_services("sleep")
        self.assertEqual(self.services.stdout.readline(), "released\n")
        self.tell_services("wake")
        self.assertEqual(self.services.stdout.readline(), "held sleep delay\n")
        wait_for("an examination", lambda: self.devices()[DRIVE]["evidence"] > before)

    def tell_services(self, what):
        self.services.stdin.write(what + "\n")
        self.services.stdin.flush()

    def monitor(self, *options, **variables):
        watch = subprocess.Popen([os.environ["BUSGUARD"], "monitor", "--bus", self.address, *options], stdout=subprocess.PIPE,
                                 stderr=subprocess.PIPE, text=True, env=os.environ | variables)
        self.addCleanup(self.end, watch)
        return watch

    def until(self, watch, wanted, again):
        """The next line that holds `wanted`. While it is silent it may not have listened yet: then `again` is done."""
        out, seen, until = watch.stdout.fileno(), watch.__dict__.setdefault("seen", []), time.monotonic() + 60
        while time.monotonic() < until:
            lines = "".join(seen).splitlines(keepends=True)
            for n, line in enumerate(lines):
                if wanted in line and line.endswith("\n"):
                    seen[:] = lines[n + 1:]
                    return line
            if select.select([out], [], [], 1)[0]:
                seen.append(os.read(out, 65536).decode())
                self.assertTrue(seen[-1], "it ended")
            else:
                again()
        self.fail(f"{wanted} is not in {seen}")

    def test_is_monitored(self):
        plain, documents = self.monitor(), self.monitor("-o", "json", "--changes")
        notifying = self.monitor("--notify", DBUS_SESSION_BUS_ADDRESS=self.address)

        def release():
            self.call("Release", "pci/" + LIAR)  # it fails again

        self.assertRegex(self.until(plain, "device.quarantined", release),
                         rf"^\d{{4}}-\d\d-\d\dT[\d:]+Z  device.quarantined  pci/{LIAR}  signature.invalid\n$")
        event = json.loads(self.until(documents, "device.quarantined", release))
        self.assertEqual((event["schema"], event["device"], event["reason"], event["detail"]),
                         ("busguard.event/1", "pci/" + LIAR, "signature.invalid", None))
        change = json.loads(self.until(documents, '"quarantined"', release))
        self.assertEqual(change["schema"], "busguard.change/1")
        self.assertEqual((change["device"], change["standing"], change["state"]), ("pci/" + LIAR, "quarantined", "failed"))
        self.until(notifying, "device.quarantined", release)
        said = ""
        while "notified" not in said:
            said = self.services.stdout.readline()
        self.assertEqual(said, f"notified A device is in quarantine: pci/{LIAR}: signature.invalid\n")
        plain.send_signal(2)
        self.assertEqual(plain.wait(10), 0)

    def test_is_waited_for_by_a_monitor(self):
        watch = self.monitor("--changes")
        wait_for("the monitor", lambda: self.call("Examine", "pci/" + DRIVE).returncode == 0 and select.select([watch.stdout], [], [], 1)[0])
        self.daemon.kill()
        self.daemon.wait()
        said = ""
        while "busguardd is gone" not in said:
            said = watch.stderr.readline()
            self.assertTrue(said, "it ended")
        nowhere = subprocess.run([os.environ["BUSGUARD"], "monitor", "--bus", "unix:path=/nowhere", "-o", "json"],
                                 capture_output=True, text=True, timeout=20, check=False)
        self.assertEqual(nowhere.returncode, 1)
        self.assertEqual(json.loads(nowhere.stdout or nowhere.stderr)["schema"], "busguard.error/1")

    def test_says_what_happens(self):
        watch = subprocess.Popen(["busctl", f"--address={self.address}", "monitor", "org.busguard1", "--json=short"],
                                 stdout=subprocess.PIPE, text=True)
        self.addCleanup(self.end, watch)
        self.until(watch, '"policy.loaded"', lambda: os.kill(self.daemon.pid, signal.SIGHUP))


if __name__ == "__main__":
    main()
