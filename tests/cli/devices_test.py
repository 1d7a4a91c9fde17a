"""list, authenticate, show, measure on an emulated machine: exit status, JSON, evidence, references."""

import json

from support import FAILED, NO_REFERENCE, OK, UNDETERMINED, UNSUPPORTED, TestCase, anchors, main, on_machine, run

DRIVE, TAMPERED, STRANGER, LIAR, GPU, SILENT, PLAIN = (f"pci/0000:0{n}:00.0" for n in range(1, 8))


def verdicts(ran):
    document = ran.json()
    assert document["schema"] == "busguard.verdicts/1"
    return {each["device"]: each for each in document["devices"]}


class List(TestCase):
    def test_every_device_with_what_is_known(self):
        document = self.expect(on_machine("list", "-o", "json"), OK).json()
        self.assertEqual(document["schema"], "busguard.devices/1")
        devices = {each["device"]: each for each in document["devices"]}
        self.assertEqual(set(devices), {DRIVE, TAMPERED, STRANGER, LIAR, GPU, SILENT, PLAIN})
        drive = devices[DRIVE]
        self.assertEqual(drive["identity"]["vendor"], "1ea5")
        self.assertEqual(drive["identity"]["class_name"], "NVMe controller")
        self.assertEqual(drive["driver"], "nvme")
        self.assertEqual(drive["owner"], "none")
        self.assertEqual(drive["state"], "undetermined")
        self.assertIsInstance(drive["mailboxes"][0]["offset"], int)
        self.assertIn("CMA/SPDM", [feature["name"] for feature in drive["features"]])
        self.assertEqual(devices[PLAIN]["state"], "unsupported")

    def test_one_line_a_device(self):
        lines = self.expect(on_machine("list"), OK).out.splitlines()
        self.assertEqual(len(lines), 8)
        self.assertTrue(lines[0].startswith("DEVICE"))


class Authenticate(TestCase):
    def test_each_outcome_has_its_state_and_reason(self):
        ran = self.expect(on_machine("authenticate", "--all", "-o", "json"), FAILED)
        found = {device: (each["state"], *each["reasons"][:1]) for device, each in verdicts(ran).items()}
        self.assertEqual(found, {
            DRIVE: ("authenticated",),
            TAMPERED: ("authenticated",),
            STRANGER: ("failed", "chain.untrusted-root"),
            LIAR: ("failed", "signature.invalid"),
            GPU: ("failed", "chain.san-missing"),
            SILENT: ("unreachable", "transport.timeout"),
            PLAIN: ("unsupported", "device.no-doe"),
        })

    def test_members_of_a_verdict(self):
        each = verdicts(self.expect(on_machine("authenticate", DRIVE, "-o", "json"), OK))[DRIVE]
        self.assertEqual(each["spdm"], {"version": "1.3", "asym": "ecdsa-p256", "hash": "sha256", "slot": 0})
        self.assertEqual(each["reasons"], [])
        for check in each["checks"]:
            self.assertEqual(set(check), {"name", "outcome", "reason", "detail"})
            self.assertIn(check["outcome"], ["pass", "reported", "skipped"])

    def test_exit_status_by_verdict(self):
        for device, status in [(DRIVE, OK), (STRANGER, FAILED), (SILENT, UNDETERMINED), (PLAIN, UNSUPPORTED)]:
            self.expect(on_machine("authenticate", device), status)

    def test_the_worst_wins(self):
        self.expect(on_machine("authenticate", DRIVE, PLAIN), UNSUPPORTED)
        self.expect(on_machine("authenticate", SILENT, PLAIN), UNDETERMINED)
        self.expect(on_machine("authenticate", SILENT, STRANGER, DRIVE), FAILED)

    def test_short_names(self):
        self.expect(on_machine("authenticate", "01:00.0"), OK)
        self.expect(on_machine("authenticate", "0000:01:00.0"), OK)

    def test_anchors_decide(self):
        other = self.temporary()
        self.expect(run("pki", "init", other), OK)
        each = verdicts(self.expect(on_machine("authenticate", DRIVE, "--anchors", other / "anchors", "-o", "json"), FAILED))[DRIVE]
        self.assertEqual(each["reasons"][0], "chain.untrusted-root")
        self.expect(on_machine("authenticate", DRIVE, "--anchors", anchors()), OK)
        self.expect(on_machine("authenticate", DRIVE, "--anchors", other / "anchors", "--anchors", anchors()), OK)

    def test_profile_of_one_device(self):
        self.expect(on_machine("authenticate", GPU, "--profile", "vendor"), OK)
        self.expect(on_machine("authenticate", DRIVE, GPU, "--profile", f"{GPU}=vendor"), OK)
        self.expect(on_machine("authenticate", GPU, "--profile", f"{DRIVE}=vendor"), FAILED)

    def test_slot(self):
        each = verdicts(self.expect(on_machine("authenticate", DRIVE, "--slot", 2, "-o", "json"), FAILED))[DRIVE]
        self.assertEqual(each["spdm"]["slot"], 2)
        self.assertEqual(each["reasons"][0], "chain.untrusted-root")

    def test_lowest_version(self):
        self.expect(on_machine("authenticate", DRIVE, "--min-version", "1.3"), OK)
        each = verdicts(self.expect(on_machine("authenticate", GPU, "--profile", "vendor", "--min-version", "1.2", "-o", "json"), FAILED))[GPU]
        self.assertEqual(each["reasons"], ["negotiation.version-too-old"])

    def test_time(self):
        self.expect(on_machine("authenticate", DRIVE, "--time", "ignore"), OK)
        self.expect(on_machine("authenticate", DRIVE, "--time", "2026-06-01T12:00:00+02:00"), OK)
        each = verdicts(self.expect(on_machine("authenticate", DRIVE, "--time", "2001-01-01", "-o", "json"), FAILED))[DRIVE]
        self.assertEqual(each["reasons"][0], "chain.not-yet-valid")

    def test_explains(self):
        shown = self.expect(on_machine("authenticate", STRANGER, "--explain"), FAILED).out
        self.assertIn("What follows:", shown)
        self.assertIn("What to do:", shown)
        document = on_machine("authenticate", STRANGER, "--explain", "-o", "json").json()
        self.assertIn("remedy", document["explanations"]["chain.untrusted-root"])


class Owners(TestCase):
    """Whoever speaks to a device already is left alone."""

    def test_a_kernel_with_cma(self):
        device = self.temporary() / "bus/pci/devices/0000:01:00.0"
        device.mkdir(parents=True)
        header = bytearray(4096)
        header[0:4] = bytes.fromhex("a51e0150")
        header[8:12] = bytes.fromhex("02020801")
        (device / "config").write_bytes(header)
        for content, state in [("1\n", "authenticated"), ("0\n", "failed")]:
            (device / "authenticated").write_text(content)
            root = device.parents[3]
            each = self.expect(run("list", "--sysfs", root, "-o", "json"), OK).json()["devices"][0]
            self.assertEqual((each["owner"], each["state"]), ("kernel", state))
            each = verdicts(self.expect(run("authenticate", DRIVE, "--sysfs", root, "-o", "json"), UNDETERMINED))[DRIVE]
            self.assertEqual(each["reasons"], ["owner.kernel"])  # it shows no signatures
            self.assertEqual((device / "authenticated").read_text(), content)

    def test_a_tsm(self):
        file = self.temporary() / "machine.toml"
        file.write_text("""
tsms = ["tsm0"]
[authority.maker]
subject = "Maker"
algorithm = "ecdsa-p256"
[[device]]
address = "0000:01:00.0"
vendor = 1
device = 2
class = 3
tsm = "tsm0"
[device.spdm]
versions = ["1.2"]
algorithm = "ecdsa-p256"
hash = "sha256"
[[device.spdm.slot]]
number = 0
issuer = "maker"
""")
        each = self.expect(run("list", "--machine", file, "-o", "json"), OK).json()["devices"][0]
        self.assertEqual((each["owner"], each["state"]), ("tsm:tsm0", "undetermined"))
        each = verdicts(self.expect(run("authenticate", DRIVE, "--machine", file, "-o", "json"), UNDETERMINED))[DRIVE]
        self.assertEqual(each["reasons"], ["owner.tsm"])


class Evidence(TestCase):
    def test_what_was_said_is_judged_again_elsewhere(self):
        file = self.temporary() / "drive.json"
        nonce = "5a" * 32
        self.expect(on_machine("authenticate", DRIVE, "--evidence", file, "--nonce", nonce, "--measure"), OK)
        self.expect(run("verify", file, "--anchors", anchors()), OK)
        self.expect(run("verify", file, "--anchors", anchors(), "--nonce", nonce), OK)
        each = run("verify", file, "--anchors", anchors(), "--nonce", "00" * 32, "-o", "json")
        self.expect(each, FAILED)
        self.assertEqual(each.json()["devices"][0]["reasons"], ["freshness.nonce-mismatch"])
        self.assertEqual([one["index"] for one in each.json()["devices"][0]["measurements"]], [1, 5])

    def test_failed_attempts_are_kept_too(self):
        directory = self.temporary() / "evidence"
        self.expect(on_machine("authenticate", "--all", "--evidence", directory), FAILED)
        kept = sorted(file.name for file in directory.iterdir())
        self.assertIn("pci-0000:04:00.0.json", kept)
        ran = self.expect(run("verify", directory, "--anchors", anchors(), "-o", "json"), FAILED)
        self.assertEqual(len(ran.json()["devices"]), len(kept))

    def test_a_changed_byte_is_noticed(self):
        file = self.temporary() / "drive.json"
        self.expect(on_machine("authenticate", DRIVE, "--evidence", file), OK)
        document = json.loads(file.read_text())
        signature = document["records"][0]["signature"]
        document["records"][0]["signature"] = ("A" if signature[0] != "A" else "B") + signature[1:]
        file.write_text(json.dumps(document))
        ran = self.expect(run("verify", file, "--anchors", anchors(), "-o", "json"), FAILED)
        self.assertIn("signature.invalid", ran.json()["devices"][0]["reasons"])


class Show(TestCase):
    def test_all_about_a_device(self):
        each = self.expect(on_machine("show", DRIVE, "-o", "json"), OK).json()["devices"][0]
        self.assertEqual([slot["slot"] for slot in each["slots"]], [0, 2])
        self.assertEqual(len(each["slots"][0]["certificates"]), 3)
        self.assertIn("CHAL", each["capabilities"]["names"])
        self.assertEqual(each["measurements"][0]["type_name"], "mutable firmware")

    def test_for_people(self):
        shown = self.expect(on_machine("show", DRIVE), OK).out
        for text in ["authenticated", "Slot 0 (signs)", "CN=Maker Root CA", "Measurements (signed)", "signature", "CMA name"]:
            self.assertIn(text, shown)


class Measure(TestCase):
    def test_recorded_once_compared_later(self):
        reference = self.temporary() / "reference.json"
        self.expect(on_machine("measure", DRIVE, "--record", reference), OK)
        self.expect(on_machine("measure", DRIVE, "--reference", reference), OK)
        self.expect(on_machine("authenticate", DRIVE, "--reference", reference), OK)
        ran = self.expect(on_machine("measure", TAMPERED, "--reference", reference, "-o", "json"), FAILED)
        each = ran.json()["devices"][0]
        self.assertEqual(each["reasons"], ["measurement.mismatch"])
        self.assertEqual([one["outcome"] for one in each["measurements"]], ["fail", "pass"])
        self.assertTrue(each["signed"])

    def test_no_reference_is_not_a_mismatch(self):
        directory = self.temporary()
        self.expect(on_machine("measure", DRIVE, "--record", directory / "reference.json"), OK)
        document = json.loads((directory / "reference.json").read_text())
        document["applies_to"] = {"pci": "ffff:ffff"}
        (directory / "reference.json").write_text(json.dumps(document))
        ran = self.expect(on_machine("measure", DRIVE, "--reference", directory, "-o", "json"), NO_REFERENCE)
        self.assertEqual(ran.json()["devices"][0]["state"], "no-reference")

    def test_one_by_one_and_raw(self):
        at_once = on_machine("measure", DRIVE, "-o", "json").json()["devices"][0]["measurements"]
        single = on_machine("measure", DRIVE, "--one-by-one", "-o", "json").json()["devices"][0]["measurements"]
        self.assertEqual(at_once, single)

    def test_nothing_is_recorded_of_a_device_that_failed(self):
        reference = self.temporary() / "reference.json"
        self.expect(on_machine("measure", STRANGER, "--record", reference), FAILED)
        self.assertFalse(reference.exists())


class Pki(TestCase):
    def test_issues_a_chain_that_openssl_accepts(self):
        import shutil
        import subprocess
        directory = self.temporary()
        self.expect(run("pki", "init", directory, "--organization", "Maker", "--asym", "ecdsa-p256"), OK)
        self.expect(run("pki", "issue", "--issuer", directory / "authority", "--out", directory / "device", "--name", "Device 1",
                        "--asym", "ed25519", "--device-info", "Maker:Device:1"), OK)
        self.expect_error(run("pki", "init", directory, "-o", "json"))
        self.assertEqual((directory / "device/key.pem").stat().st_mode & 0o777, 0o600)
        if shutil.which("openssl"):
            subprocess.run(["openssl", "verify", "-x509_strict", "-CAfile", directory / "anchors/root.pem", "-untrusted",
                            directory / "device/chain.pem", directory / "device/cert.pem"], check=True, capture_output=True)

    def test_names_the_root_by_the_hash_of_its_certificate(self):
        import base64
        import hashlib
        directory = self.temporary()
        told = self.expect(run("pki", "init", directory, "--organization", "Maker", "--asym", "ecdsa-p256", "-o", "json"), OK).json()
        pem = (directory / "anchors/root.pem").read_text().splitlines()
        root = base64.b64decode("".join(line for line in pem if not line.startswith("-----")))
        self.assertEqual(told["sha256_of_root"], hashlib.sha256(root).hexdigest())


if __name__ == "__main__":
    main()
