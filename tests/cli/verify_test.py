"""verify on what others have signed: a kernel's log, a real GPU's report."""

import shutil
import subprocess

from support import DATA, FAILED, OK, UNDETERMINED, TestCase, main, run

HOPPER = DATA / "nvidia-hopper"
KERNEL = DATA / "kernel-captures/spdm-1.3-p384"


class Hopper(TestCase):
    def setUp(self):
        if not HOPPER.is_dir():
            self.skipTest(f"no {HOPPER}")

    def verify(self, report=HOPPER / "hopperAttestationReport.txt", *more):
        return run("verify", report, "--chain", HOPPER / "hopperCertChain.txt", "--anchors", HOPPER / "verifier_device_root.pem",
                   "-o", "json", *more)

    def test_accepts_it_and_names_its_measurements(self):
        each = self.expect(self.verify(), OK).json()["devices"][0]
        self.assertEqual(each["state"], "authenticated")
        self.assertEqual(len(each["measurements"]), 64)
        self.assertEqual(each["spdm"], {"version": "1.1", "asym": "ecdsa-p384", "hash": "sha384", "slot": 0})

    def test_needs_its_chain(self):
        self.expect_error(run("verify", HOPPER / "hopperAttestationReport.txt", "-o", "json"), field="--chain")

    def test_nonce(self):
        nonce = "931d8dd0add203ac3d8b4fbde75e115278eefcdceac5b87671a748f32364dfcb"
        self.expect(self.verify(HOPPER / "hopperAttestationReport.txt", "--nonce", nonce), OK)
        self.expect(self.verify(HOPPER / "hopperAttestationReport.txt", "--nonce", "00" * 32), FAILED)

    def test_refuses_flipped_bits(self):
        report = bytes.fromhex((HOPPER / "hopperAttestationReport.txt").read_text())
        file = self.temporary() / "report.txt"
        for at in range(0, len(report), 251):  # every byte: tests/evidence
            changed = bytearray(report)
            changed[at] ^= 1
            file.write_text(changed.hex())
            self.assertNotEqual(self.verify(file).status, OK, f"byte {at}")

    def test_says_what_it_could_not_compare(self):
        each = self.expect(self.verify(), OK).json()["devices"][0]
        name = next(check for check in each["checks"] if check["name"] == "certificate.cma-name")
        self.assertEqual((name["outcome"], name["reason"]), ("skipped", "chain.san-unchecked"))


class KernelLog(TestCase):
    def setUp(self):
        if not KERNEL.is_dir():
            self.skipTest(f"no {KERNEL}")
        if not shutil.which("openssl"):
            self.skipTest("no openssl program")
        self.root = self.temporary() / "root.pem"
        subprocess.run(["openssl", "x509", "-inform", "DER", "-out", self.root], input=(KERNEL / "certificates/slot0").read_bytes()[:472],
                       check=True)

    def test_accepts_every_entry(self):
        # The PCI identity is not in the log: the kernel compared the name itself.
        devices = self.expect(run("verify", KERNEL, "--anchors", self.root, "-o", "json"), OK).json()["devices"]
        self.assertEqual([each["state"] for each in devices], ["authenticated", "authenticated"])
        self.assertEqual([each["device"].rpartition("#")[2] for each in devices], ["0", "1"])

    def test_without_an_anchor_nothing_is_known(self):
        self.expect(run("verify", KERNEL, "-o", "json"), UNDETERMINED)

    def test_refuses_a_changed_transcript(self):
        copy = self.temporary() / "log"
        shutil.copytree(KERNEL, copy)
        file = copy / "signatures/1_transcript"
        file.chmod(0o644)
        changed = bytearray(file.read_bytes())
        changed[-1] ^= 1
        file.write_bytes(changed)
        devices = self.expect(run("verify", copy, "--anchors", self.root, "-o", "json"), FAILED).json()["devices"]
        self.assertEqual([each["state"] for each in devices], ["authenticated", "failed"])


if __name__ == "__main__":
    main()
