"""Manual pages and completions keep up with the programs: every option is in each of them, every key of the configuration."""

import re
import shutil
import subprocess

from support import BUSGUARDD, COMMANDS, OK, SOURCE, SUBCOMMANDS, TestCase, main, run

MAN = SOURCE / "docs/man"
COMPLETIONS = SOURCE / "share/completions"


def long_options(*command):
    return set(re.findall(r"(--[a-z][a-z0-9-]*)", run(*command, "--help").out.split("A device is named")[0]))


def options_of(command):
    return long_options(command).union(*(long_options(command, sub) for sub in SUBCOMMANDS.get(command, [])))


def plain(page):
    """The page's text without its markup: options are written `.Fl -all` or `\\-\\-all`."""
    text = page.read_text().replace("\\-", "-")
    return re.sub(r", -(?=[a-z])", ", --", re.sub(r"\bFl -", "--", text))


def page_of(command):
    """The command's page, and those of its subcommands that have their own."""
    pages = [MAN / f"busguard-{command}.1", *sorted(MAN.glob(f"busguard-{command}-*.1"))]
    return "".join(plain(page) for page in pages if page.is_file())


class ManualPages(TestCase):
    def test_there_is_one_for_each_command(self):
        for command in COMMANDS:
            self.assertTrue((MAN / f"busguard-{command}.1").is_file(), command)

    def test_every_option_stands_in_its_page(self):
        common = long_options()
        general = plain(MAN / "busguard.1")
        for option in common:
            self.assertIn(option, general)
        for command in COMMANDS:
            text = page_of(command)
            missing = {option for option in options_of(command) - common if not re.search(re.escape(option) + r"(?![a-z-])", text)}
            self.assertEqual(missing, set(), command)

    def test_no_page_names_an_option_that_is_not_there(self):
        common = long_options()
        for command in COMMANDS:
            named = set(re.findall(r"^\.It Fl -([a-z][a-z0-9-]*)", (MAN / f"busguard-{command}.1").read_text(), re.M))
            self.assertEqual({f"--{name}" for name in named} - options_of(command) - common, set(), command)

    def test_every_subcommand_stands_in_its_page(self):
        for command, subcommands in SUBCOMMANDS.items():
            shown = self.expect(run(command, "--help"), OK).out
            self.assertEqual(re.findall(r"^  ([a-z]+) ", shown.split("Subcommands:")[1], re.M), subcommands)
            for sub in subcommands:
                self.assertRegex((MAN / f"busguard-{command}.1").read_text(), rf"(?m)^\.(It )?Cm ({command} )?{sub}$", command)

    def test_every_page_that_is_pointed_at_is_there(self):
        for page in sorted(MAN.iterdir()):
            for name, section in re.findall(r"\bXr (busguard\S*) ([1-9])", page.read_text()):
                self.assertTrue((MAN / f"{name}.{section}").is_file(), f"{page.name}: {name}({section})")

    def test_reasons_page_is_the_programs_own_list(self):
        generated = self.expect(run("reasons", "--roff"), OK).out
        self.assertEqual((MAN / "busguard-reasons.7").read_text(), generated, "busguard reasons --roff >docs/man/busguard-reasons.7")

    def test_exit_status_is_documented(self):
        text = (MAN / "busguard.1").read_text()
        for number in range(6):
            self.assertIn(f".It {number}\n", text)

    def test_mandoc_finds_nothing(self):
        if not shutil.which("mandoc"):
            self.skipTest("no mandoc program")
        for page in sorted(MAN.iterdir()):
            done = subprocess.run(["mandoc", "-T", "lint", "-W", "warning", page], capture_output=True, text=True, check=False)
            self.assertEqual(done.stdout + done.stderr, "", page.name)


class Daemon(TestCase):
    def daemon(self, *arguments):
        return subprocess.run([BUSGUARDD, *map(str, arguments)], capture_output=True, text=True, timeout=60, check=False)

    def test_every_option_stands_in_its_page_and_no_other(self):
        shown = set(re.findall(r"(--[a-z][a-z0-9-]*)", self.daemon("--help").stdout))
        page = plain(MAN / "busguardd.8")
        for option in shown:
            self.assertRegex(page, re.escape(option) + r"(?![a-z-])")
        named = set(re.findall(r"^\.It Fl (?:[a-z] , )?-([a-z][a-z0-9-]*)", (MAN / "busguardd.8").read_text(), re.M))
        self.assertEqual({f"--{name}" for name in named} - shown, set())

    def test_every_key_stands_in_the_page_and_in_the_shipped_file(self):
        reader = (SOURCE / "src/daemon/configuration.cpp").read_text()
        keys = {one or other for one, other in re.findall(r'\b(?:(?:in|exception|log)\.|log->)(?!wrong|needed|has)\w+\(\s*"(\w+)"|take_paths?\((?:in|\*log), "(\w+)"', reader)}
        self.assertGreater(len(keys), 10)
        page, shipped = (MAN / "busguardd.toml.5").read_text(), (SOURCE / "share/busguardd.toml").read_text()
        for key in keys:
            self.assertRegex(page, rf"(?m)^\.(It Sy {key}\b|Ss \[{{1,2}}{key}\])", key)
            self.assertRegex(shipped, rf"(?m)^(?:# ?)?({key} = |\[{{1,2}}{key}\])", key)
        self.assertEqual(set(re.findall(r"^#?([a-z_]+) = ", shipped, re.M)) - keys, set())

    def test_the_shipped_configuration_is_read_with_its_comments_too(self):
        shipped = (SOURCE / "share/busguardd.toml").read_text()
        file = self.temporary() / "busguardd.toml"
        for text in [shipped, re.sub(r"(?m)^#(?=[a-z\[])", "", shipped)]:
            file.write_text(text)
            done = self.daemon("--check", "--config", file)
            self.assertEqual(done.returncode, 0, done.stderr)

    def test_the_example_of_the_page_is_read(self):
        example = re.search(r"Bd -literal -offset indent\n(.*?)\.Ed", (MAN / "busguardd.toml.5").read_text(), re.S)[1]
        file = self.temporary() / "busguardd.toml"
        file.write_text(example.replace('"enforce"', '"observe"').replace("references =", "# references ="))
        self.assertEqual(self.daemon("--check", "--config", file).returncode, 0)


class Formats(TestCase):
    """What is written for other programs: every member and every name stands in its page."""

    def members(self, source):
        text = (SOURCE / source).read_text()
        found = set(re.findall(r'\{"([a-z]\w*)", ', text)) | set(re.findall(r'out\["(\w+)"\] =', text))
        self.assertGreater(len(found), 3)
        return found

    def expect_in_page(self, page, names):
        text = (MAN / page).read_text().replace("\\(dq", '"')
        marked = re.findall(r"(?m)^\.(?:It |Pf \( )?(?:Sy|Li|Cm) (.*)$", text)
        self.assertEqual(names - set(re.findall(r"[\w.-]+", "\n".join(marked))), set(), page)

    def test_of_a_verdict(self):
        self.expect_in_page("busguard-verdict.5", self.members("src/daemon/verdict_text.cpp"))

    def test_of_the_logs_entries(self):
        self.expect_in_page("busguard-log-entries.5", self.members("src/logbook/entry.cpp") | {"evidence", "verdict", "change", "new-key"})

    def test_of_what_busguard_log_prints(self):
        for source in sorted((SOURCE / "src/cli").glob("log_*.cpp")):
            if '"busguard.log-' in source.read_text():
                self.expect_in_page("busguard-log.1", self.members(source.relative_to(SOURCE)))
                self.expect_in_page("busguard-log.1", set(re.findall(r'"(busguard\.log-[a-z]+)/1"', source.read_text())))

    def test_of_metrics(self):
        text = (SOURCE / "src/daemon/metrics.cpp").read_text()
        page = (MAN / "busguardd.8").read_text()
        names = set(re.findall(r'family\(out, "(\w+)"', text))
        labels = dict(re.findall(r'counts\(out, "(\w+)", "(\w+)"', text))
        self.assertGreater(len(names), 5)
        for name in names:
            label = f"{{{labels[name]}=" if name in labels else "\n"
            self.assertIn(f".It Li busguard_{name}{label}", page)


class Completions(TestCase):
    def test_every_command_and_option_is_in_each(self):
        for name in ["busguard.bash", "_busguard", "busguard.fish"]:
            text = (COMPLETIONS / name).read_text()
            for command in [*COMMANDS, *(sub for subcommands in SUBCOMMANDS.values() for sub in subcommands)]:
                self.assertRegex(text, rf"\b{command}\b", name)
            for command in COMMANDS:
                for option in options_of(command):
                    spelled = rf"-l {option[2:]}\b" if name.endswith("fish") else rf"{option}(?![a-z-])"
                    self.assertRegex(text, spelled, f"{name}: {command} {option}")

    def test_shells_can_read_them(self):
        for shell, arguments in [("bash", ["-n"]), ("zsh", ["-n"]), ("fish", ["--no-execute"])]:
            if not shutil.which(shell):
                continue
            file = COMPLETIONS / {"bash": "busguard.bash", "zsh": "_busguard", "fish": "busguard.fish"}[shell]
            done = subprocess.run([shell, *arguments, file], capture_output=True, text=True, check=False)
            self.assertEqual((done.returncode, done.stderr), (0, ""), shell)

    def test_bash_completes(self):
        if not shutil.which("bash"):
            self.skipTest("no bash")
        script = f'''source {COMPLETIONS / "busguard.bash"}
            complete_words() {{ COMP_WORDS=("$@"); COMP_CWORD=$(($# - 1)); COMPREPLY=(); _busguard; echo "${{COMPREPLY[*]}}"; }}
            complete_words busguard auth
            complete_words busguard authenticate --prof
            complete_words busguard authenticate --profile v
            complete_words busguard pki iss
            complete_words busguard policy gen
            complete_words busguard policy explain --pol
            complete_words busguard status --run'''
        done = subprocess.run(["bash", "-c", script], capture_output=True, text=True, check=True)
        self.assertEqual(done.stdout.splitlines(), ["authenticate", "--profile", "vendor", "issue", "generate", "--policy", "--runtime"])


if __name__ == "__main__":
    main()
