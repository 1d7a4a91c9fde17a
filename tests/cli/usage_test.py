"""Help, versions, errors: what scripts and people rely on before any device is involved."""

import json

from support import COMMANDS, OK, SUBCOMMANDS, TROUBLE, TestCase, main, on_machine, run


class Help(TestCase):
    def test_every_command_has_help(self):
        for command in COMMANDS:
            shown = self.expect(run(command, "--help"), OK).out
            self.assertIn(f"Usage: busguard {command}", shown)
            self.assertIn("--output", shown)
            self.assertNotIn("Excludes", shown)

    def test_every_subcommand_has_help_and_is_needed(self):
        for command, subcommands in SUBCOMMANDS.items():
            for sub in subcommands:
                shown = self.expect(run(command, sub, "--help"), OK).out
                self.assertIn(f"Usage: busguard {command} {sub}", shown)
                self.assertIn("A device is named", shown)
            self.expect_error(run(command, "-o", "json"))
            self.expect_error(run(command, subcommands[0] + "x", "-o", "json"))

    def test_help_of_the_program_names_every_command(self):
        shown = self.expect(run("--help"), OK).out
        for command in COMMANDS:
            self.assertIn(f"\n  {command} ", shown)

    def test_version(self):
        self.assertRegex(self.expect(run("--version"), OK).out, r"^busguard \d+\.\d+\.\d+\n$")


class Usage(TestCase):
    def test_no_command(self):
        self.assertIn("no command", self.expect(run(), TROUBLE).err)

    def test_unknown_option_names_itself_and_the_nearest(self):
        ran = self.expect(run("list", "--sysfss", "/sys"), TROUBLE)
        self.assertEqual(ran.out, "")
        self.assertIn("--sysfss: no such option (did you mean --sysfs?)", ran.err)

    def test_unknown_command_names_the_nearest(self):
        self.assertIn("did you mean authenticate?", self.expect(run("autenticate"), TROUBLE).err)

    def test_bad_value_names_option_and_value(self):
        ran = self.expect(run("authenticate", "--slot", "9", "--all"), TROUBLE)
        self.assertIn("--slot", ran.err)
        self.assertIn("9", ran.err)
        ran = self.expect(run("list", "-o", "xml"), TROUBLE)
        self.assertIn("xml", ran.err)

    def test_nothing_to_authenticate(self):
        self.assertIn("--all", self.expect(on_machine("authenticate"), TROUBLE).err)

    def test_options_may_stand_before_and_after_the_command(self):
        before = self.expect(run("-o", "json", "reasons"), OK).json()
        after = self.expect(run("reasons", "-o", "json"), OK).json()
        self.assertEqual(before, after)


class Errors(TestCase):
    """Errors are JSON too, and nothing but JSON."""

    def test_usage(self):
        self.expect_error(run("list", "--frob", "-o", "json"), field="--frob", message="no such option")
        self.expect_error(run("-o", "json", "list", "--frob"), field="--frob")
        self.expect_error(run("frobnicate", "--output=json"), field="frobnicate", message="no such command")
        self.expect_error(run("authenticate", "-o", "json"), field="DEVICE", remedy="--all")
        self.expect_error(run("authenticate", "-o", "json", "--all", "--slot", "nine"), field="--slot", message="nine")
        self.expect_error(run("authenticate", "-o", "json", "--all", "--time", "teatime"), field="--time", message="teatime")
        self.expect_error(run("authenticate", "-o", "json", "--all", "--nonce", "00"), field="--nonce")
        self.expect_error(run("authenticate", "-o", "json", "--all", "--profile", "strict"), field="--profile", message="strict")

    def test_device_names(self):
        self.expect_error(on_machine("authenticate", "-o", "json", "nvme0"), field="DEVICE", message="nvme0")
        self.expect_error(on_machine("authenticate", "-o", "json", "09:00.0"), field="DEVICE", message="pci/0000:09:00.0")

    def test_files(self):
        error = self.expect_error(run("verify", "/nonexistent/evidence.json", "-o", "json"))
        self.assertEqual(error["file"], "/nonexistent/evidence.json")
        self.expect_error(run("list", "--sysfs", "/nonexistent", "-o", "json"))
        self.expect_error(on_machine("authenticate", "--all", "--anchors", "/nonexistent", "-o", "json"))
        empty = self.temporary()
        self.expect_error(on_machine("authenticate", "--all", "--anchors", empty, "-o", "json"), field="--anchors")

    def test_machine_description_has_file_and_line(self):
        file = self.temporary() / "machine.toml"
        file.write_text('machine = "x"\n\n\ntsms = 7\n')
        error = self.expect_error(run("list", "--machine", file, "-o", "json"))
        self.assertEqual(error["file"], str(file))
        self.assertEqual(error["line"], 4)

    def test_broken_evidence(self):
        file = self.temporary() / "evidence.json"
        for content in ["", "{", "[]", '{"schema": "busguard.evidence/1"}', '{"schema": "other/1"}', "\x00\xff", "1" * 100000]:
            file.write_bytes(content.encode("latin-1"))
            self.expect_error(run("verify", file, "-o", "json"))

    def test_hostile_words_do_not_reach_the_terminal(self):
        ran = self.expect(run("list", "--\x1b[31mred"), TROUBLE)
        self.assertNotIn("\x1b", ran.err)
        self.assertIn("\\x1b", ran.err)


class Output(TestCase):
    def test_colours_only_where_they_are_wanted(self):
        self.assertNotIn("\x1b[", self.expect(on_machine("list"), OK).out)
        self.assertIn("\x1b[", self.expect(on_machine("list", "--color", "always"), OK).out)
        self.assertNotIn("\x1b[", self.expect(on_machine("list", "--color", "always", "-o", "json"), OK).out)

    def test_a_full_disk_is_not_success(self):
        import subprocess
        from support import BUSGUARD
        with open("/dev/full", "wb") as full:
            done = subprocess.run([BUSGUARD, "reasons"], stdout=full, stderr=subprocess.PIPE, check=False)
        self.assertEqual(done.returncode, TROUBLE)
        self.assertIn(b"could not be written", done.stderr)

    def test_reasons(self):
        reasons = self.expect(run("reasons", "-o", "json"), OK).json()
        self.assertEqual(reasons["schema"], "busguard.reasons/1")
        for reason in reasons["reasons"]:
            self.assertEqual(set(reason), {"code", "state", "meaning", "consequence", "remedy"})
            self.assertTrue(all(reason.values()), reason)
        self.assertIn("chain.untrusted-root", [reason["code"] for reason in reasons["reasons"]])
        only = self.expect(run("reasons", "chain", "-o", "json"), OK).json()["reasons"]
        self.assertTrue(all(reason["code"].startswith("chain.") for reason in only))
        self.expect_error(run("reasons", "no.such", "-o", "json"), field="CODE")

    def test_doctor(self):
        document = run("doctor", "-o", "json").json()
        self.assertEqual(document["schema"], "busguard.doctor/1")
        names = [finding["name"] for finding in document["findings"]]
        self.assertEqual(names, ["privilege", "lockdown", "kernel", "gate", "tsm", "doe", "anchors", "keyrings", "fuse", "crypto"])
        for finding in document["findings"]:
            self.assertIn(finding["grade"], ["ok", "note", "problem"])
            self.assertEqual(finding["remedy"] is None, finding["grade"] == "ok")
        json.dumps(document)


if __name__ == "__main__":
    main()
