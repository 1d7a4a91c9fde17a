"""busguardd as a process, on an emulated machine that is mounted: what it shows, what survives SIGKILL, reload, a second instance."""

import errno
import json
import os
import pathlib
import re
import shutil
import signal
import socket
import subprocess
import sys
import time
import unittest

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent.parent / "cli"))
from support import BUSGUARD, BUSGUARDD, FAILED, OK, SOURCE, TestCase, main, run  # noqa: E402

DRIVE, OTHER, STRANGER, LIAR, CARD = (f"0000:01:0{n}.0" for n in range(5))
POLICY = (SOURCE / "tests/scenario/policy.toml").read_text()


def can_mount():
    return os.geteuid() == 0 and os.access("/dev/fuse", os.R_OK | os.W_OK)


def wait_for(what, condition, seconds=30):
    until = time.monotonic() + seconds
    while time.monotonic() < until:
        if found := condition():
            return found
        time.sleep(0.05)
    raise AssertionError(f"not within {seconds} s: {what}")


def unmount(directory):
    subprocess.run(["umount", "-l", directory], stderr=subprocess.DEVNULL, check=False)


class Running(TestCase):
    """A machine, and a daemon for it."""

    def setUp(self):
        self.work = self.temporary()
        for name in ("sys", "keys", "state", "run"):
            (self.work / name).mkdir()
        self.policy = self.work / "policy.toml"
        self.policy.write_text(POLICY)
        self.addCleanup(unmount, self.work / "sys")
        machine = subprocess.Popen(
            [BUSGUARD, "emulate", "--machine", SOURCE / "tests/scenario/machine.toml", "--mount", self.work / "sys",
             "--state", self.work / "keys"], stdout=subprocess.PIPE)
        self.addCleanup(self.end, machine)
        self.assertIn(b"mounted on", machine.stdout.readline())
        self.daemon = None
        self.log = self.work / "log"

    def end(self, process):
        if process.poll() is None:
            process.terminate()
            process.wait(30)
        if process.stdout:
            process.stdout.close()

    def command(self, mode="enforce"):
        return [BUSGUARDD, "--mode", mode, "--policy", self.policy, "--anchors", self.work / "keys/anchors",
                "--bus", "none", "--sysfs", self.work / "sys", "--state", self.work / "state", "--runtime", self.work / "run"]

    def start(self, mode="enforce"):
        with self.log.open("ab") as log:
            self.daemon = subprocess.Popen(self.command(mode), stderr=log)
        self.addCleanup(unmount, self.work / "run/devices")
        self.addCleanup(self.end, self.daemon)
        wait_for("every device is judged", self.judged)

    def devices(self):
        return {each.name: json.loads((each / "verdict.json").read_text()) for each in (self.work / "run/devices/pci").iterdir()}

    def judged(self):
        self.assertIsNone(self.daemon.poll(), self.log.read_text() if self.log.exists() else "")
        try:
            found = self.devices()
        except (OSError, ValueError):  # it has not shown them yet
            return False
        settled = len(found) == 6 and all(each["verdict"] and each["standing"] != "waiting" for each in found.values())
        return settled and (not found[DRIVE]["enforcing"] or found[DRIVE]["driver"] and found[OTHER]["driver"])

    def driver(self, address):
        link = self.work / "sys/bus/pci/devices" / address / "driver"
        try:
            return link.readlink().name
        except FileNotFoundError:
            return ""

    def file(self, address, name):
        return self.work / "run/devices/pci" / address / name


@unittest.skipUnless(can_mount(), "needs root and /dev/fuse")
class Daemon(Running):
    def test_lets_in_what_the_policy_allows_and_shows_why(self):
        self.start()
        self.assertEqual([self.driver(each) for each in (DRIVE, OTHER, STRANGER, LIAR, CARD)],
                         ["nvme", "nvme", "", "", "e1000e"])
        found = self.devices()
        self.assertEqual(found[LIAR]["verdict"]["reason"], "signature.invalid")
        self.assertEqual(found[LIAR]["standing"], "quarantined")
        self.assertEqual(found[DRIVE]["decision"]["rule"], "genuine")
        self.assertEqual(self.file(DRIVE, "authenticated").read_text(), "1\n")
        self.assertEqual(self.file(LIAR, "authenticated").read_text(), "0\n")
        status = self.expect(run("status", "--runtime", self.work / "run", "-o", "json"), FAILED).json()
        self.assertTrue(status["enforcing"])
        self.assertEqual({each["device"]: each["standing"] for each in status["devices"]}["pci/" + DRIVE], "let-in")
        table = run("status", "--runtime", self.work / "run").out
        self.assertIn("signature.invalid", table)
        self.assertIn("enforcing: 6 devices", table)

    @unittest.skipUnless(shutil.which("jq"), "needs jq")
    def test_its_log_bears_the_auditors_walk(self):
        """docs/log-walk.md, from a device's signatures/ to the log's key; the witness alone is not here."""
        self.start()
        log = self.work / "state/log"
        where = ("--log", log, "--key", log / "log.vkey")
        index = self.file(DRIVE, "signatures/0_log_index").read_text().strip()
        newest = max(int(each.name.split("_")[0]) for each in self.file(DRIVE, "signatures").glob("*_log_index"))
        last = int(self.file(DRIVE, f"signatures/{newest}_log_index").read_text())
        wait_for("what was signed is published", lambda: run("log", "status", *where, "-o", "json").json().get("size", 0) > last)
        (self.work / "entry").write_text(self.expect(run("log", "show", index, "--raw", *where), OK).out)
        (self.work / "proof").write_text(self.expect(run("log", "prove", index, *where), OK).out)
        walk = (SOURCE / "docs/log-walk.md").read_text()
        blocks = dict(re.findall(r"^<!-- walk: (\w+) -->\n```sh\n(.*?)^```$", walk, re.M | re.S))
        del blocks["witness"]
        (self.work / "walk").mkdir()
        done = subprocess.run(
            ["sh", "-euc", "".join(blocks.values())], cwd=self.work / "walk", capture_output=True, text=True, check=False,
            env=os.environ | {"DEVICE": str(self.file(DRIVE, ".")), "N": "0", "LOG": str(log), "ENTRY": str(self.work / "entry"),
                              "PROOF": str(self.work / "proof"), "VKEY": (log / "log.vkey").read_text().strip()})
        self.assertEqual(done.returncode, 0, done.stdout + done.stderr)

        report = run("log", "verify", *where, "--anchors", self.work / "keys/anchors", "-o", "json").json()
        self.assertEqual(report["findings"], [])
        self.assertTrue(self.expect(run("log", "fsck", *where, "-o", "json"), OK).json()["clean"])
        bundle, proof = self.work / "bundle.json", self.work / "proof"
        self.expect(run("log", "show", index, "--bundle", bundle, *where), OK)
        shown = run("verify", bundle, "--anchors", self.work / "keys/anchors", "--proof", proof, "--log-key", log / "log.vkey", "--log", log, "-o", "json")
        self.expect(shown, OK)

    def test_authenticates_again_when_somebody_writes_re(self):
        self.start()
        wait_for("the look after binding", lambda: self.devices()[DRIVE]["examined_because"] == "bound")
        before = len(list(self.file(DRIVE, "signatures").glob("*_signature")))
        self.file(DRIVE, "authenticated").write_text("re\n")
        self.assertEqual(len(list(self.file(DRIVE, "signatures").glob("*_signature"))), before + 1)
        with self.assertRaises(OSError) as refused:
            self.file(LIAR, "authenticated").write_text("re\n")
        self.assertEqual(refused.exception.errno, errno.EKEYREJECTED)
        evidence = self.expect(run("verify", self.file(DRIVE, ""), "--anchors", self.work / "keys/anchors", "--profile", "none",
                                   "-o", "json"), OK).json()
        self.assertTrue(all(each["state"] == "authenticated" for each in evidence["devices"]))

    def test_its_files_serve_as_a_kernels(self):
        """Another tree, in which they stand where a kernel with the CMA series has them: it is asked, and its evidence judged."""
        self.start()
        wait_for("the look after binding", lambda: self.devices()[DRIVE]["examined_because"] == "bound")
        tree = self.work / "kernel"
        for address in (DRIVE, STRANGER, LIAR):
            place = tree / "bus/pci/devices" / address
            place.mkdir(parents=True)
            for each in (self.work / "sys/bus/pci/devices" / address).iterdir():
                (place / each.name).symlink_to(each)
            for name in ("authenticated", "certificates", "signatures"):
                (place / name).symlink_to(self.file(address, name))
        before = len(list(self.file(DRIVE, "signatures").glob("*_signature")))
        ran = run("authenticate", "--all", "--sysfs", tree, "--anchors", self.work / "keys/anchors", "-o", "json", "--evidence", self.work / "said")
        found = {each["device"]: each for each in self.expect(ran, FAILED).json()["devices"]}
        self.assertEqual([(found[f"pci/{each}"]["state"], found[f"pci/{each}"]["reasons"][:1]) for each in (DRIVE, STRANGER, LIAR)],
                         [("authenticated", []), ("failed", ["chain.untrusted-root"]), ("failed", ["signature.invalid"])])
        self.assertEqual(len(list(self.file(DRIVE, "signatures").glob("*_signature"))), before + 1)
        evidence = self.expect(run("verify", self.work / "said", "--anchors", self.work / "keys/anchors", "-o", "json"), FAILED).json()
        self.assertEqual(sorted(each["state"] for each in evidence["devices"]), ["authenticated", "failed", "failed"])
        listed = {each["device"]: each for each in run("list", "--sysfs", tree, "-o", "json").json()["devices"]}
        self.assertEqual(listed[f"pci/{DRIVE}"]["owner"], "kernel")

    def test_touches_no_driver_while_it_observes(self):
        self.start("observe")
        self.assertEqual([self.driver(each) for each in (DRIVE, LIAR)], ["", ""])
        self.assertEqual(self.devices()[DRIVE]["standing"], "let-in")

    def test_goes_on_after_sigkill(self):
        self.start()
        for _ in range(3):
            self.daemon.send_signal(signal.SIGKILL)
            self.daemon.wait(30)
            self.assertEqual(self.driver(DRIVE), "nvme")
            self.start()
        self.assertEqual(self.driver(DRIVE), "nvme")
        self.assertEqual(self.driver(LIAR), "")
        self.assertEqual(self.devices()[LIAR]["standing"], "quarantined")
        self.assertFalse(self.devices()[DRIVE]["bound_before"])

    def test_a_second_one_is_refused(self):
        self.start()
        second = subprocess.run(self.command(), capture_output=True, timeout=60, check=False)
        self.assertEqual(second.returncode, 1)
        self.assertIn(b"is in use by another process", second.stderr)
        self.assertEqual(self.driver(DRIVE), "nvme")

    def test_reloads_a_policy_and_refuses_a_bad_one(self):
        self.start()
        self.policy.write_text(POLICY + "\nsurprise = 1\n")
        self.daemon.send_signal(signal.SIGHUP)
        wait_for("the bad policy is refused", lambda: "reload.refused" in self.log.read_text())
        self.assertEqual(self.driver(DRIVE), "nvme")
        self.policy.write_text('schema = "busguard.policy/1"\ndefault = "deny"\n')
        self.daemon.send_signal(signal.SIGHUP)
        wait_for("the drive is kept out", lambda: self.driver(DRIVE) == "")
        self.policy.write_text(POLICY)
        self.daemon.send_signal(signal.SIGHUP)
        wait_for("the drive is let in again", lambda: self.driver(DRIVE) == "nvme")
        self.assertEqual(self.driver(LIAR), "")

    def test_gives_the_journal_fields(self):
        """To a journal of our own: sd_journal_send(3) knows one place. Where one is already it is hidden, below another /run."""
        place = pathlib.Path("/run/systemd/journal/socket")
        apart = ["unshare", "--mount"] if place.exists() else []
        if apart and subprocess.run([*apart, "true"], capture_output=True, check=False).returncode != 0:
            self.skipTest("NOT TESTED: there is a journal, and no mounts of our own to hide it")
        probe = f"""
import os, socket, subprocess, sys, tempfile
if {bool(apart)}:
    subprocess.run(["mount", "-t", "tmpfs", "tmpfs", "/run"], check=True)
os.makedirs("{place.parent}", exist_ok=True)
with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as journal, tempfile.TemporaryFile() as err:
    journal.bind("{place}")
    try:
        journal.settimeout(30)
        its = os.fstat(err.fileno())
        daemon = subprocess.Popen(sys.argv[1:], stderr=err, env={{**os.environ, "JOURNAL_STREAM": f"{{its.st_dev}}:{{its.st_ino}}"}})
        message = b""
        while b"BUSGUARD_EVENT=device.let-in\\n" not in message:
            message = journal.recv(65536)
        sys.stdout.buffer.write(message)
        daemon.terminate()
        daemon.wait()
    finally:
        os.unlink("{place}")
"""
        said = subprocess.run([*apart, sys.executable, "-c", probe, *self.command()], capture_output=True, text=True, timeout=60, check=False)
        self.assertEqual(said.returncode, 0, said.stderr)
        fields = dict(line.split("=", 1) for line in said.stdout.splitlines())
        self.assertEqual((fields["PRIORITY"], fields["BUSGUARD_STANDING"]), ("5", "let-in"))
        self.assertRegex(fields["BUSGUARD_DEVICE"], r"^pci/0000:")
        self.assertTrue(fields["MESSAGE"].startswith("device.let-in " + fields["BUSGUARD_DEVICE"]))

    def test_says_its_metrics_on_a_socket(self):
        self.start()
        with socket.socket(socket.AF_UNIX) as client:
            client.connect(str(self.work / "run/metrics"))
            client.sendall(b"GET /metrics HTTP/1.1\r\nHost: here\r\n\r\n")
            said = b"".join(iter(lambda: client.recv(65536), b"")).decode()
        head, body = said.split("\r\n\r\n", 1)
        self.assertTrue(head.startswith("HTTP/1.0 200 "))
        self.assertIn(f"Content-Length: {len(body)}", head)
        self.assertIn('busguard_devices{standing="quarantined"} 2\n', body)
        self.assertIn("busguard_enforcing 1\n", body)
        for line in body.splitlines():
            self.assertRegex(line, r'^(# (HELP|TYPE) busguard_\w+ .+|busguard_\w+(\{\w+="[^"]*"\})? \d+)$')

    def test_ends_when_it_is_told_to_and_leaves_no_mount(self):
        self.start()
        self.daemon.terminate()
        self.assertEqual(self.daemon.wait(30), 0)
        self.assertFalse(os.path.ismount(self.work / "run/devices"))
        self.assertEqual(self.driver(DRIVE), "nvme")
        self.assertEqual((self.work / "sys/bus/pci/drivers_autoprobe").read_text(), "0\n")


class Command(TestCase):
    def daemon(self, *arguments):
        return subprocess.run([BUSGUARDD, *map(str, arguments)], capture_output=True, timeout=60, check=False)

    def test_says_what_is_wrong_with_its_files(self):
        file = self.temporary() / "busguardd.toml"
        file.write_text('schema = "busguard.daemon/1"\nmode = "sometimes"\n')
        wrong = self.daemon("--config", file, "--check")
        self.assertEqual(wrong.returncode, 1)
        self.assertIn(b"busguardd.toml:2: mode", wrong.stderr)
        self.assertIn(b"observe, enforce", wrong.stderr)

    def test_enforces_only_with_a_policy(self):
        refused = self.daemon("--mode", "enforce", "--policy", "/nowhere/policy.toml", "--check")
        self.assertEqual(refused.returncode, 1)
        self.assertIn(b"/nowhere/policy.toml", refused.stderr)
        self.assertIn(b"busguard policy generate", refused.stderr)

    def test_knows_its_version_and_options(self):
        self.assertRegex(self.daemon("--version").stdout, rb"^busguardd \d+\.\d+")
        self.assertIn(b"--mode", self.daemon("--help").stdout)
        self.assertNotEqual(self.daemon("--surprise").returncode, 0)


if __name__ == "__main__":
    main()
