"""busguard log, and verify --proof, on logs that tests/logbook/make_log.cpp writes."""

import json
import os
import shutil
import subprocess

from support import FAILED, OK, TROUBLE, UNDETERMINED, TestCase, main, run

MAKE_LOG = os.environ["BUSGUARD_MAKE_LOG"]


class Log(TestCase):
    def setUp(self):
        self.place = self.temporary()
        subprocess.run([MAKE_LOG, self.place], check=True)
        self.vkey = (self.place / "log/log.vkey").read_text().strip()

    def log(self, command, *more, log="log", key=True):
        return run("log", command, *more, "--log", self.place / log, *(["--key", self.vkey] if key else []))

    def json(self, *arguments, status=OK, **more):
        return self.expect(self.log(*arguments, "-o", "json", **more), status).json()

    def flip(self, file):
        path = self.place / file
        data = bytearray(path.read_bytes())
        data[len(data) // 2] ^= 1
        path.write_bytes(data)

    def published_of(self, index, log="log"):
        return self.expect(self.log("show", index, "--raw", log=log), OK).out


class Status(Log):
    def test_says_how_large_and_who_vouches(self):
        shown = self.json("status")
        self.assertEqual((shown["schema"], shown["origin"], shown["size"]), ("busguard.log-status/1", "log.example/host-1", 6))
        self.assertEqual((shown["first_kept"], shown["blobs"], shown["last"]["kind"]), (0, 1, "change"))
        self.assertEqual([key["signed"] for key in shown["keys"]], [True])
        self.assertEqual((shown["keys_beside"], shown["quorum"], shown["witnesses"]), (False, None, []))

    def test_remarks_that_a_key_beside_the_log_proves_nothing(self):
        ran = self.expect(self.log("status", key=False), OK)
        self.assertIn("who wrote the log could have written that too", ran.err)
        self.assertTrue(self.json("status", key=False)["keys_beside"])

    def test_wants_the_quorum_of_a_policy(self):
        self.assertFalse(self.json("status", "--policy", self.place / "policy", status=FAILED)["quorum"])
        for name in ("checkpoint", "checkpoint.cosigned"):  # as other logs have it, and as ours does
            original = (self.place / "log/checkpoint").read_bytes()
            shutil.copy(self.place / "cosigned", self.place / "log" / name)
            shown = self.json("status", "--policy", self.place / "policy")
            self.assertEqual((shown["quorum"], shown["cosigned"]), (True, 6))
            self.assertEqual([witness["name"] for witness in shown["witnesses"]], ["w"])
            self.assertEqual(len(self.json("status")["other_signatures"]), 1)
            (self.place / "log/checkpoint").write_bytes(original)

    def test_refuses_another_key_and_what_is_no_log(self):
        self.assertEqual(self.expect_error(self.log("status", "--key", "/dev/null", "-o", "json", key=False))["code"], "file")
        self.expect_error(run("log", "status", "--log", self.place / "nothing", "-o", "json"))
        self.flip("log/checkpoint")
        self.expect_error(self.log("status", "-o", "json"))


class List(Log):
    def indices(self, *options):
        return [entry["index"] for entry in self.json("list", *options)["entries"]]

    def test_shows_entries_newest_last(self):
        entries = self.json("list")["entries"]
        self.assertEqual([entry["index"] for entry in entries], list(range(6)))
        self.assertEqual([entry["kind"] for entry in entries], ["change", "evidence", "verdict", "evidence", "verdict", "change"])
        self.assertEqual(entries[2]["body"]["evidence"], 1)
        self.assertIn("authenticated, by entry 1: allow by disks", self.expect(self.log("list"), OK).out)

    def test_filters(self):
        self.assertEqual(self.indices("--from", "2", "--to", "4"), [2, 3])
        self.assertEqual(self.indices("--device", "01:00.0"), [1, 2])
        self.assertEqual(self.indices("--device", "pci/0000:02:00.0", "--kind", "verdict"), [4])
        self.assertEqual(self.indices("--failed"), [3])
        self.assertEqual(self.indices("--since", "2027-01-15T08:00:04Z"), [4, 5])
        self.assertEqual(self.indices("--from", "9"), [])
        self.expect_error(self.log("list", "--since", "noon", "-o", "json"), field="--since")
        self.expect_error(self.log("list", "--from", "-1", "-o", "json"))

    def test_needs_no_blobs(self):
        shutil.rmtree(self.place / "log/blob")
        self.assertEqual(self.indices("--kind", "evidence"), [1, 3])


class Show(Log):
    def test_evidence_is_judged_as_of_its_time(self):
        shown = self.json("show", 1, "--anchors", self.place / "anchors.pem")
        self.assertEqual(shown["schema"], "busguard.log-entry/1")
        self.assertEqual(shown["report"]["state"], "authenticated")
        self.json("show", 1, "--anchors", self.place / "anchors.pem", "--time", "2126-01-01T00:00:00Z", status=FAILED)

    def test_raw_is_the_entry(self):
        self.assertEqual(json.loads(self.published_of(2))["body"]["state"], "authenticated")

    def test_the_bundle_is_what_was_logged(self):
        bundle = self.place / "out.json"
        self.expect(self.log("show", 1, "--bundle", bundle), OK)
        self.assertEqual(bundle.read_text(), (self.place / "evidence.json").read_text())
        self.expect_error(self.log("show", 2, "--bundle", bundle, "-o", "json"), field="--bundle")

    def test_gives_nothing_that_is_not_there_or_not_signed(self):
        self.expect_error(self.log("show", 6, "-o", "json"))
        self.expect_error(self.log("show", "first", "-o", "json"), field="INDEX")
        self.flip("log/tile/entries/000.p/6")
        self.expect_error(self.log("show", 0, "-o", "json"))


class Verify(Log):
    def verify(self, *more, status=OK, log="log"):
        return self.json("verify", "--anchors", self.place / "anchors.pem", *more, status=status, log=log)

    def reasons(self, *more, **how):
        return [finding["reason"] for finding in self.verify(*more, **how)["findings"]]

    def test_verifies_everything_again(self):
        report = self.verify()
        self.assertEqual((report["entries"], report["found"], report["findings"]), (6, 0, []))
        self.assertEqual(report["kinds"], {"change": 2, "evidence": 2, "verdict": 2})
        its = report["evidence"]
        self.assertEqual((its["entries"], its["unfinished"], its["refused"], its["reasons"]), (2, 1, 0, {}))
        self.assertEqual((its["signatures"], its["verified"]), (2, 2))

    def test_what_is_open_is_not_well(self):
        report = self.json("verify", status=UNDETERMINED)  # no anchors: nobody is authenticated
        self.assertIn("chain.no-anchors", report["evidence"]["reasons"])

    def test_names_damage(self):
        self.flip("log/tile/entries/000.p/6")
        self.assertEqual(self.reasons(status=FAILED), ["log.damaged"])

    def test_names_what_is_gone(self):
        shutil.rmtree(self.place / "log/blob")
        self.assertIn("log.pruned", self.reasons(status=FAILED))  # and a verdict without its evidence

    def test_sees_a_verdict_that_the_evidence_contradicts(self):
        other = self.place / "other.pem"
        subprocess.run(["openssl", "req", "-x509", "-newkey", "ed25519", "-nodes", "-subj", "/CN=other", "-keyout", "/dev/null", "-out", other],
                       check=True, capture_output=True)
        report = self.json("verify", "--anchors", other, status=FAILED)
        self.assertEqual([(finding["index"], finding["reason"]) for finding in report["findings"]], [(2, "log.verdict-contradicted")])

    def test_holds_the_log_to_a_remembered_checkpoint_and_to_witnesses(self):
        self.verify("--since-checkpoint", self.place / "cosigned")
        self.assertEqual(self.reasons("--since-checkpoint", self.place / "cosigned", status=FAILED, log="fork")[-1:], ["log.forked"])
        self.assertEqual(self.reasons("--policy", self.place / "policy", status=FAILED), ["log.no-quorum"])
        shutil.copy(self.place / "cosigned", self.place / "log/checkpoint.cosigned")
        self.assertEqual(self.verify("--policy", self.place / "policy")["cosigned"], 6)
        shutil.copy(self.place / "fork/checkpoint", self.place / "log/checkpoint.cosigned")
        self.assertEqual(self.reasons("--policy", self.place / "policy", status=FAILED), ["log.forked"])

    def test_a_part(self):
        report = self.json("verify", "--from", 2, "--to", 4, "--anchors", self.place / "anchors.pem", status=UNDETERMINED)
        self.assertEqual((report["entries"], report["found"]), (2, 0))  # entry 1 was not verified

    def test_fsck(self):
        self.assertTrue(self.json("fsck")["clean"])
        self.flip("log/tile/0/000.p/6")
        report = self.json("fsck", status=FAILED)
        self.assertEqual(report["problems"][0]["file"], "tile/0/000.p/6")


class Export(Log):
    def files(self, folder):
        return {str(path.relative_to(folder)): path.read_bytes() for path in folder.rglob("*") if path.is_file()}

    def test_copies_and_brings_up_to_date(self):
        copy = self.place / "copy"
        shutil.copy(self.place / "cosigned", self.place / "log/checkpoint.cosigned")
        self.assertEqual(self.json("export", copy)["entries"], 6)
        wanted = self.files(self.place / "log")
        copied = self.files(copy)
        self.assertEqual({name: data for name, data in wanted.items() if ".p/" not in name or name.endswith("/6")}, copied)
        self.assertTrue(self.expect(run("log", "fsck", "--log", copy, "--key", self.vkey, "-o", "json"), OK).json()["clean"])
        again = self.json("export", copy)
        self.assertEqual((again["entries"], again["blobs"]), (0, 0))

    def test_never_replaces_another_history(self):
        copy = self.place / "copy"
        self.json("export", copy)
        before = self.files(copy)
        self.expect_error(self.log("export", copy, "-o", "json", log="fork"), message="not an older state")
        self.assertEqual(self.files(copy), before)

    def test_hands_on_nothing_damaged(self):
        self.flip("log/tile/entries/000.p/6")
        self.expect_error(self.log("export", self.place / "copy", "-o", "json"))
        self.assertFalse((self.place / "copy/checkpoint").exists())


class Rotate(Log):
    def rotate(self):
        return run("log", "rotate", "--log", self.place / "log", "--signing-key", self.place / "log.key", "--database", self.place / "log.db", "-o", "json")

    def test_names_the_next_key_under_the_old_one(self):
        secret = (self.place / "log.key").read_text()
        done = self.expect(self.rotate(), OK).json()
        self.assertEqual((done["old"], done["size"]), (self.vkey, 7))
        self.assertNotEqual((self.place / "log.key").read_text(), secret)
        self.assertEqual((self.place / "log.key").stat().st_mode & 0o777, 0o600)
        self.assertFalse((self.place / "log.key.next").exists())
        self.assertEqual((self.place / "log/log.vkey").read_text().split(), [self.vkey, done["new"]])
        last = self.json("list", "--from", 6)["entries"][0]
        self.assertEqual((last["kind"], last["body"]["vkey"]), ("new-key", done["new"]))
        self.assertTrue(self.json("fsck")["clean"])  # still under the old key

        # The next checkpoint is the new key's, and readers of the whole folder follow.
        second = self.expect(self.rotate(), OK).json()
        self.expect_error(self.log("status", "-o", "json"))
        shown = self.json("status", key=False)
        self.assertEqual([key["signed"] for key in shown["keys"]], [False, True, False])
        self.assertEqual((second["old"], shown["size"]), (done["new"], 8))
        self.assertTrue(self.json("fsck", key=False)["clean"])

    def to(self, key, *more):
        return run("log", "rotate", "--log", self.place / "log", "--signing-key", self.place / "log.key", "--database", self.place / "log.db",
                   "--next-key", key, *more, "-o", "json")

    def test_may_name_where_the_next_one_is(self):
        old = (self.place / "log.key").read_bytes()
        made = self.expect(self.to(self.place / "new.key"), OK)
        self.assertEqual((self.place / "log.key").read_bytes(), old)
        self.assertEqual((self.place / "new.key").stat().st_mode & 0o777, 0o600)
        self.assertIn("destroy the old key", made.err)
        # What is superseded signs no more, and an interrupted run is taken up.
        self.expect_error(self.rotate(), message="this log is signed by " + made.json()["new"])
        again = self.expect(self.to(self.place / "new.key"), OK).json()
        self.assertEqual((again["old"], again["new"]), (self.vkey, made.json()["new"]))
        subprocess.run(["openssl", "genpkey", "-algorithm", "ed25519", "-out", self.place / "key.pem"], check=True)
        shutil.copy(self.place / "new.key", self.place / "log.key")
        third = self.expect(self.to(f"file:{self.place}/key.pem"), OK).json()
        keys = (self.place / "log/log.vkey").read_text()
        self.assertEqual((third["old"], keys.split()), (made.json()["new"], [self.vkey, third["old"], third["new"]]))
        # Once the next one has signed, that was no interruption.
        self.expect(run("log", "rotate", "--log", self.place / "log", "--signing-key", f"file:{self.place}/key.pem", "--database", self.place / "log.db",
                        "--next-key", self.place / "fourth.key"), OK)
        (self.place / "log/log.vkey").write_text(keys)
        self.expect_error(self.to(f"file:{self.place}/key.pem"), message="this log is signed by " + third["new"])

    def test_never_writes_over_a_key_of_the_log(self):
        old = (self.place / "log.key").read_bytes()
        shutil.copy(self.place / "log.key", self.place / "backup.key")
        for name in ("log.key", "backup.key"):
            self.expect_error(self.to(self.place / name), field="--next-key")
            self.assertEqual((self.place / name).read_bytes(), old)
        self.assertEqual((self.place / "log/log.vkey").read_text().split(), [self.vkey])

    def test_goes_on_with_the_key_that_an_interrupted_one_made(self):
        first = self.expect(self.rotate(), OK).json()
        old = (self.place / "log.key").read_text()
        again = self.expect(self.rotate(), OK).json()
        shutil.copy(self.place / "log.key", self.place / "log.key.next")
        (self.place / "log.key").write_text(old)  # as if it had been killed before the last step
        resumed = self.expect(self.rotate(), OK).json()
        self.assertEqual((resumed["old"], resumed["new"]), (first["new"], again["new"]))
        self.assertEqual((self.place / "log/log.vkey").read_text().split(), [self.vkey, first["new"], again["new"]])


class Proof(Log):
    """verify --proof: the evidence is in the log, and in the right one of two histories."""

    def setUp(self):
        super().setUp()
        self.proof = self.place / "proof"
        self.expect(self.log("prove", 1, "--write", self.proof), OK)

    def checked(self, status, *more, proof=None, bundle="evidence.json"):
        ran = run("verify", self.place / bundle, "--anchors", self.place / "anchors.pem", "--proof", proof or self.proof, "--log-key", self.vkey, *more, "-o", "json")
        return self.expect(ran, status).json()["devices"][0]["reasons"]

    def entry(self, index, log="log"):
        file = self.place / f"entry-{log}-{index}"
        file.write_text(self.published_of(index, log))
        return file

    def test_is_in_the_text_form_of_c2sp(self):
        lines = self.proof.read_text().split("\n")
        self.assertEqual(lines[:2], ["c2sp.org/tlog-proof@v1", "index 1"])
        self.assertTrue(self.proof.read_text().endswith((self.place / "log/checkpoint").read_text()))
        self.assertEqual(self.json("prove", 1)["proof"], self.proof.read_text())

    def test_by_the_log_at_hand(self):
        self.assertEqual(self.checked(OK, "--log", self.place / "log"), [])

    def test_by_witnesses_without_the_log(self):
        proof = self.place / "cosigned-proof"
        self.expect(self.log("prove", 1, "--checkpoint", self.place / "cosigned", "--write", proof), OK)
        self.assertEqual(self.checked(OK, "--log-policy", self.place / "policy", "--entry", self.entry(1), proof=proof), [])
        self.assertEqual(self.checked(FAILED, "--log-policy", self.place / "policy", "--entry", self.entry(1)), ["log.no-quorum"])

    def test_is_against_the_newest_that_witnesses_cosigned(self):
        cosigned = self.place / "log/checkpoint.cosigned"
        policy = ("--policy", self.place / "policy")
        self.expect_error(self.log("prove", 1, *policy, "-o", "json"), message="quorum of witnesses")
        shutil.copy(self.place / "cosigned", cosigned)
        self.expect(run("log", "rotate", "--log", self.place / "log", "--signing-key", self.place / "log.key", "--database", self.place / "log.db"), OK)
        self.assertEqual(self.json("status", *policy)["cosigned"], 6)  # of 7
        report = self.json("verify", "--anchors", self.place / "anchors.pem", *policy)
        self.assertEqual((report["cosigned"], report["size"]), (6, 7))
        for more in ((), policy):
            self.assertTrue(self.json("prove", 1, *more)["proof"].endswith(cosigned.read_text()))
        self.assertTrue(self.json("prove", 6)["proof"].endswith((self.place / "log/checkpoint").read_text()))
        self.expect_error(self.log("prove", 6, *policy, "-o", "json"), message="quorum of witnesses")
        shutil.copy(self.place / "fork/checkpoint", cosigned)
        self.expect_error(self.log("prove", 1, "-o", "json"))

    def test_by_a_remembered_checkpoint(self):
        self.assertEqual(self.checked(OK, "--checkpoint", self.place / "cosigned", "--entry", self.entry(1)), [])

    def test_alone_it_does_not_say_which_history(self):
        self.assertEqual(self.checked(UNDETERMINED, "--entry", self.entry(1)), ["log.history-unknown"])

    def test_a_valid_proof_of_a_forked_log_is_refused(self):
        forged = self.place / "forged"
        self.expect(self.log("prove", 3, "--write", forged, log="fork"), OK)
        planted = {"proof": forged, "bundle": "planted.json"}
        entry = self.entry(3, "fork")
        # All of it verifies under the log's key: with the fork at hand it passes.
        self.assertEqual(self.checked(OK, "--log", self.place / "fork", **planted), [])
        self.assertEqual(self.checked(FAILED, "--log", self.place / "log", "--entry", entry, **planted), ["log.forked"])
        self.assertEqual(self.checked(FAILED, "--checkpoint", self.place / "cosigned", "--entry", entry, **planted), ["log.forked"])
        self.assertEqual(self.checked(FAILED, "--log-policy", self.place / "policy", "--entry", entry, **planted), ["log.no-quorum"])
        self.assertIn("log.forked", self.checked(FAILED, "--log", self.place / "log", **planted))
        # Nor does the honest log's owner get away with a fork that was cosigned by nobody else's witness.
        self.assertEqual(self.checked(FAILED, "--log", self.place / "fork", "--checkpoint", self.place / "cosigned", **planted), ["log.forked"])

    def test_of_other_evidence_is_refused(self):
        self.assertEqual(self.checked(FAILED, "--log", self.place / "log", bundle="planted.json"), ["log.other-evidence"])

    def test_says_what_is_missing(self):
        bundle = self.place / "evidence.json"
        self.expect_error(run("verify", bundle, "--proof", self.proof, "-o", "json"), field="--log-key")
        self.expect_error(run("verify", bundle, "--proof", self.proof, "--log-key", self.vkey, "-o", "json"), field="--entry")
        self.assertEqual(run("verify", bundle, "--log", self.place / "log").status, TROUBLE)

    def test_none_is_given_for_another_history(self):
        self.expect_error(self.log("prove", 1, "--checkpoint", self.place / "fork/checkpoint", "-o", "json"))
        self.expect_error(self.log("prove", 6, "-o", "json"))


if __name__ == "__main__":
    main()
