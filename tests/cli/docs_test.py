"""Manual pages and completions keep up with the program: every option is in each of them."""

import re
import shutil
import subprocess

from support import COMMANDS, OK, SOURCE, TestCase, main, run

MAN = SOURCE / "docs/man"
COMPLETIONS = SOURCE / "share/completions"
PKI = ["init", "root", "authority", "issue"]


def long_options(*command):
    return set(re.findall(r"(--[a-z][a-z0-9-]*)", run(*command, "--help").out.split("A device is named")[0]))


def options_of(command):
    found = long_options(command)
    if command == "pki":
        for sub in PKI:
            found |= long_options("pki", sub)
    return found


def plain(page):
    """The page's text without its markup: options are written `.Fl -all` or `\\-\\-all`."""
    text = page.read_text().replace("\\-", "-")
    return re.sub(r", -(?=[a-z])", ", --", re.sub(r"\bFl -", "--", text))


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
            text = plain(MAN / f"busguard-{command}.1")
            missing = {option for option in options_of(command) - common if not re.search(re.escape(option) + r"(?![a-z-])", text)}
            self.assertEqual(missing, set(), command)

    def test_no_page_names_an_option_that_is_not_there(self):
        common = long_options()
        for command in COMMANDS:
            named = set(re.findall(r"^\.It Fl -([a-z][a-z0-9-]*)", (MAN / f"busguard-{command}.1").read_text(), re.M))
            self.assertEqual({f"--{name}" for name in named} - options_of(command) - common, set(), command)

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


class Completions(TestCase):
    def test_every_command_and_option_is_in_each(self):
        for name in ["busguard.bash", "_busguard", "busguard.fish"]:
            text = (COMPLETIONS / name).read_text()
            for command in [*COMMANDS, *PKI]:
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
            complete_words busguard pki iss'''
        done = subprocess.run(["bash", "-c", script], capture_output=True, text=True, check=True)
        self.assertEqual(done.stdout.splitlines(), ["authenticate", "--profile", "vendor", "issue"])


if __name__ == "__main__":
    main()
