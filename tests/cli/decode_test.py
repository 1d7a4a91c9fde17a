"""decode: any bytes, each shown once, never a crash."""

import random

from support import DATA, FAILED, OK, TROUBLE, TestCase, main, run

VERSION = "10 04 00 00 00 01 30 12"


def fields(document):
    return [field for message in document["messages"] for field in message["fields"]]


class Decode(TestCase):
    def bytes_of(self, document):
        return bytes.fromhex("".join(field["bytes"] for field in fields(document)))

    def test_names_and_meanings(self):
        document = self.expect(run("decode", "-o", "json", stdin=VERSION.encode()), OK).json()
        self.assertEqual(document["schema"], "busguard.dump/1")
        self.assertEqual(document["messages"][0]["name"], "VERSION")
        entry = document["messages"][0]["fields"][-1]
        self.assertEqual((entry["name"], entry["offset"], entry["bytes"], entry["value"], entry["meaning"]),
                         ("VersionNumberEntry", 6, "3012", 0x1230, "1.2 update 3"))

    def test_hex_and_binary_and_files(self):
        file = self.temporary() / "message"
        file.write_bytes(bytes.fromhex(VERSION))
        self.assertEqual(run("decode", file).out, run("decode", "--hex", "-", stdin=VERSION.encode()).out)

    def test_for_people(self):
        shown = self.expect(run("decode", stdin=VERSION.encode()), OK).out
        self.assertIn("VERSION (SPDM 1.0, 8 bytes)", shown)
        self.assertIn("000006  30 12", shown)

    def test_bad_hex_says_where(self):
        error = self.expect_error(run("decode", "--hex", "-o", "json", stdin=b"1084\n00zz"))
        self.assertEqual(error["line"], 2)

    def test_broken_is_shown_and_named(self):
        ran = self.expect(run("decode", "-o", "json", stdin=b"10040000 0003 0010"), FAILED)
        self.assertFalse(ran.json()["sound"])
        self.assertEqual(ran.json()["messages"][0]["error"]["code"], "truncated")

    def test_options_for_excerpts(self):
        digests = "12010001" + "aa" * 48
        document = run("decode", "-o", "json", "--hash", "sha3-384", stdin=digests.encode()).json()
        self.assertIsNone(document["messages"][0]["note"])
        self.expect(run("decode", "--hash", "md5", stdin=b""), TROUBLE)

    def test_noise_is_shown_whole(self):
        noise = random.Random(1)
        for _ in range(60):
            data = bytes([noise.choice([0x10, 0x11, 0x12, 0x13]), noise.choice([1, 2, 3, 4, 0x60, 0x61, 0x63, 0x7F, 0x83, 0xE0, 0xE3])])
            data += noise.randbytes(noise.randrange(200))
            ran = run("decode", "-o", "json", stdin=data)
            self.assertIn(ran.status, [OK, FAILED], ran.err)
            if not ran.json()["messages"]:
                continue
            self.assertEqual(self.bytes_of(ran.json()), data)

    def test_a_kernels_transcript(self):
        file = DATA / "kernel-captures/spdm-1.3-p384/signatures/1_transcript"
        if not file.exists():
            self.skipTest(f"no {file}")
        document = self.expect(run("decode", file, "-o", "json"), OK).json()
        self.assertEqual([message["name"] for message in document["messages"]], [
            "GET_VERSION", "VERSION", "GET_CAPABILITIES", "CAPABILITIES", "NEGOTIATE_ALGORITHMS", "ALGORITHMS", "GET_DIGESTS",
            "DIGESTS", "GET_CERTIFICATE", "CERTIFICATE", "GET_CERTIFICATE", "CERTIFICATE", "CHALLENGE", "CHALLENGE_AUTH"])
        self.assertEqual([message["offset"] for message in document["messages"]],
                         [0, 4, 12, 32, 52, 84, 120, 124, 224, 232, 1814, 1822, 3421, 3465])
        self.assertEqual(self.bytes_of(document), file.read_bytes())

    def test_a_gpus_report(self):
        file = DATA / "nvidia-hopper/hopperAttestationReport.txt"
        if not file.exists():
            self.skipTest(f"no {file}")
        document = self.expect(run("decode", file, "-o", "json"), OK).json()
        self.assertEqual([message["name"] for message in document["messages"]], ["GET_MEASUREMENTS", "MEASUREMENTS"])
        indices = [field["value"] for field in fields(document) if field["name"] == "Index"]
        self.assertEqual(indices, list(range(1, 65)))
        signature = fields(document)[-1]
        self.assertEqual((signature["name"], signature["size"]), ("Signature", 96))


if __name__ == "__main__":
    main()
