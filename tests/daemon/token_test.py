"""A log whose key is in a PKCS #11 token: softhsm2 by OpenSSL's pkcs11 provider, which Debian has from 13 on."""

import os
import pathlib
import shutil
import subprocess
import sys
import unittest

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent))
from process_test import DRIVE, Running, can_mount, wait_for  # noqa: E402
from support import BUSGUARDD, OK, SOURCE, main, run  # noqa: E402

ORIGIN = "token.example/host"
PIN = "4321"


def first_of(pattern, *roots):
    return next((path for root in roots for path in pathlib.Path(root).glob(pattern)), None)


SOFTHSM = first_of("**/softhsm/libsofthsm2.so", "/usr/lib")
PROVIDER = first_of("*/ossl-modules/pkcs11.so", "/usr/lib")
MISSING = [name for name, there in (("softhsm2", SOFTHSM and shutil.which("softhsm2-util")), ("pkcs11-provider", PROVIDER), ("opensc", shutil.which("pkcs11-tool"))) if not there]


@unittest.skipIf(MISSING, f"needs {', '.join(MISSING)}")
@unittest.skipUnless(can_mount(), "needs root and /dev/fuse")
class Token(Running):
    def setUp(self):
        super().setUp()
        (self.work / "tokens").mkdir()
        (self.work / "softhsm2.conf").write_text(f"directories.tokendir = {self.work}/tokens\nobjectstore.backend = file\n")
        (self.work / "pin").write_text(PIN)
        for name, value in (("SOFTHSM2_CONF", self.work / "softhsm2.conf"), ("PKCS11_PROVIDER_MODULE", SOFTHSM)):
            before = os.environ.get(name)
            os.environ[name] = str(value)
            self.addCleanup(lambda name=name, before=before: os.environ.pop(name) if before is None else os.environ.update({name: before}))
        subprocess.run(["softhsm2-util", "--init-token", "--free", "--label", "busguard", "--so-pin", "1234", "--pin", PIN], check=True, capture_output=True)
        for name, number in (("first", "01"), ("second", "02")):
            subprocess.run(["pkcs11-tool", "--module", SOFTHSM, "--login", "--pin", PIN, "--token-label", "busguard", "--keypairgen", "--key-type",
                            "EC:edwards25519", "--label", name, "--id", number], check=True, capture_output=True)

    def uri(self, name, pin=None):
        return f"pkcs11:token=busguard;object={name};type=private?pin-source=file:{pin or self.work / 'pin'}"

    def configure(self, key):
        (self.work / "busguardd.toml").write_text(
            f'schema = "busguard.daemon/1"\n[log]\norigin = "{ORIGIN}"\nkey = "{key}"\nprovider = "pkcs11"\n')

    def command(self, mode="enforce"):
        return [*super().command(mode), "--config", self.work / "busguardd.toml"]

    def create(self):
        return subprocess.run([BUSGUARDD, "--config", self.work / "busguardd.toml", "--state", self.work / "state", "--create-log-key"],
                              capture_output=True, text=True, timeout=60, stdin=subprocess.DEVNULL, check=False)

    def log_verifies(self, vkey):
        """By the public key alone, in this process's OpenSSL, without the token."""
        self.expect(run("log", "fsck", "--log", self.work / "state/log", "--key", vkey), OK)
        return self.expect(run("log", "status", "--log", self.work / "state/log", "--key", vkey, "-o", "json"), OK).json()["size"]

    def test_signs_there_and_changes_keys(self):
        self.configure(self.uri("first"))
        named = self.create()
        self.assertEqual(named.returncode, 0, named.stderr)
        first = named.stdout.strip()
        self.assertTrue(first.startswith(ORIGIN + "+"))
        self.start()
        size = wait_for("the log is published", lambda: (self.work / "state/log/checkpoint").exists() and self.log_verifies(first))
        self.assertGreaterEqual(size, 6)
        self.assertEqual(self.driver(DRIVE), "nvme")
        self.daemon.terminate()
        self.assertEqual(self.daemon.wait(30), 0)
        self.assertEqual(list((self.work / "state").glob("log.key*")), [])

        # Another key, or the same one under another name, is a second history.
        said = self.log.stat().st_size
        for change in (("first", "second"), (ORIGIN, "other.example/host")):
            text = (self.work / "busguardd.toml").read_text()
            (self.work / "busguardd.toml").write_text(text.replace(*change))
            refused = subprocess.run(self.command(), capture_output=True, text=True, timeout=60, check=False)
            self.assertEqual(refused.returncode, 1)
            self.assertIn("this log is signed by " + first, refused.stderr)
            (self.work / "busguardd.toml").write_text(text)
        self.assertEqual(said, self.log.stat().st_size)

        # From one key of the token to another, and from there to a file.
        state = self.work / "state"
        places = ("--log", state / "log", "--database", state / "log.db", "--provider", "pkcs11", "-o", "json")
        ran = run("log", "rotate", "--signing-key", self.uri("first"), *places)
        self.assertEqual(self.expect_error(ran)["field"], "--next-key")
        self.expect_error(run("log", "rotate", "--signing-key", self.uri("first"), "--next-key", self.uri("first"), *places), field="--next-key")
        second = self.expect(run("log", "rotate", "--signing-key", self.uri("first"), "--next-key", self.uri("second"), *places), OK).json()
        self.assertEqual(second["old"], first)
        self.configure(self.uri("second"))
        self.start()
        wait_for("the second key signs", lambda: run("log", "status", "--log", state / "log", "--key", second["new"]).status == OK)
        self.daemon.terminate()
        self.daemon.wait(30)
        third = self.expect(run("log", "rotate", "--signing-key", self.uri("second"), "--next-key", state / "log.key", *places), OK).json()
        self.assertEqual((third["old"], (state / "log.key").stat().st_mode & 0o777), (second["new"], 0o600))
        self.assertEqual((state / "log/log.vkey").read_text().split(), [first, second["new"], third["new"]])
        self.expect(run("log", "verify", "--log", state / "log", "--anchors", self.work / "keys/anchors"), OK)

    def test_says_what_is_missing_and_no_pin(self):
        (self.work / "wrong").write_text("9999")
        for key, words in ((self.uri("third"), "no key is there"), (self.uri("first", self.work / "wrong"), "no key is there"),
                           (self.uri("first", self.work / "none"), "no key is there")):
            self.configure(key)
            refused = self.create()
            self.assertNotEqual(refused.returncode, 0)
            self.assertIn(words, refused.stderr)
            self.assertNotIn("pin-source", refused.stderr)

    def test_asks_nobody_for_a_pin(self):
        for key in (self.uri("first").partition("?")[0], self.uri("first").partition("?")[0] + ";pin-value=9999"):
            self.configure(key)
            refused = self.create()
            self.assertNotEqual(refused.returncode, 0)
            self.assertNotIn("9999", refused.stderr)


if __name__ == "__main__":
    main()
