"""busguardd on a D-Bus of its own: methods, signals, and who may do what."""

import os
import pathlib
import shutil
import subprocess
import sys
import time
import unittest

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent))
from process_test import DRIVE, LIAR, Daemon as Process, can_mount, wait_for  # noqa: E402
from support import main  # noqa: E402

CONFIGURATION = """<!DOCTYPE busconfig PUBLIC "-//freedesktop//DTD D-Bus Bus Configuration 1.0//EN"
 "http://www.freedesktop.org/standards/dbus/1.0/busconfig.dtd">
<busconfig><listen>unix:path={socket}</listen><auth>EXTERNAL</auth>
<policy context="default"><allow send_destination="*" eavesdrop="true"/><allow eavesdrop="true"/><allow own="*"/><allow user="*"/></policy>
</busconfig>"""


@unittest.skipUnless(can_mount() and shutil.which("dbus-daemon") and shutil.which("busctl"), "needs root, /dev/fuse, dbus-daemon and busctl")
class Bus(Process):
    def setUp(self):
        super().setUp()
        socket = self.work / "bus"
        (self.work / "bus.conf").write_text(CONFIGURATION.format(socket=socket))
        bus = subprocess.Popen(["dbus-daemon", f"--config-file={self.work / 'bus.conf'}", "--nofork", "--nopidfile"])
        self.addCleanup(self.end, bus)
        wait_for("the bus", socket.exists)
        self.work.chmod(0o755)
        self.address = f"unix:path={socket}"
        self.login = subprocess.Popen([os.environ["FAKE_LOGIND"], self.address], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
        self.addCleanup(self.end, self.login)
        self.assertEqual(self.login.stdout.readline(), "here\n")
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
        self.assertEqual(self.login.stdout.readline(), "held sleep delay\n")
        before = self.devices()[DRIVE]["evidence"]
        self.tell_login("sleep")
        self.assertEqual(self.login.stdout.readline(), "released\n")
        self.tell_login("wake")
        self.assertEqual(self.login.stdout.readline(), "held sleep delay\n")
        wait_for("an examination", lambda: self.devices()[DRIVE]["evidence"] > before)

    def tell_login(self, what):
        self.login.stdin.write(what + "\n")
        self.login.stdin.flush()

    def test_says_what_happens(self):
        watch = subprocess.Popen(["busctl", f"--address={self.address}", "monitor", "org.busguard1", "--json=short"],
                                 stdout=subprocess.PIPE, text=True)
        self.addCleanup(self.end, watch)
        time.sleep(1)
        os.kill(self.daemon.pid, 1)  # SIGHUP
        lines = []
        while not any('"policy.loaded"' in line for line in lines):
            lines.append(watch.stdout.readline())
            self.assertLess(len(lines), 200)


# Not those of the process once more.
for inherited in [name for name in dir(Process) if name.startswith("test_")]:
    setattr(Bus, inherited, None)

if __name__ == "__main__":
    main()
