"""docs/tutorial.md shows what happens: every line behind `$` is typed into one shell, and what it prints is compared.

`tutorial_test.py --write` puts what the program prints now into the file.
"""

import contextlib
import os
import pathlib
import pty
import re
import subprocess
import sys
import tempfile
import threading
import tty

from support import BUSGUARD, BUSGUARDD, SOURCE, TestCase, main

TUTORIAL = SOURCE / "docs/tutorial.md"
BLOCK = re.compile(r"^```console\n(.*?)^```$", re.M | re.S)
MARK = "--- the next command ---"


def steps_of(block):
    """[(command, what is shown after it)]; a command goes on behind `> `."""
    steps = []
    for line in block.splitlines():
        if line.startswith("$ "):
            steps.append([line[2:], []])
        elif (line + " ").startswith("> ") and not steps[-1][1]:
            steps[-1][0] += "\n" + line[2:]
        else:
            steps[-1][1].append(line)
    return [(command, shown) for command, shown in steps]


def typed(command):
    first, *rest = command.split("\n")
    return "\n".join([f"$ {first}", *(f"> {line}".rstrip() for line in rest)])


def play(commands):
    """What each command prints, typed one after the other into one shell in a directory of its own."""
    with tempfile.TemporaryDirectory(prefix="busguard-tutorial-") as directory:
        place = pathlib.Path(directory)
        (place / "programs").mkdir()
        for program in (BUSGUARD, BUSGUARDD):
            (place / "programs" / pathlib.Path(program).name).symlink_to(pathlib.Path(program).resolve())
        (place / "share").symlink_to(SOURCE / "share")
        # Between two commands the mark, without touching $? of the first.
        script = "".join(f"{command}\n(status=$?; echo; echo '{MARK}'; exit $status)\n" for command in commands)
        environment = {key: value for key, value in os.environ.items() if not key.startswith("BUSGUARD") and key != "JOURNAL_STREAM"}
        environment |= {"PATH": f"{place}/programs:{os.environ['PATH']}", "LC_ALL": "C.UTF-8", "NO_COLOR": "1"}
        printed = on_terminal(["timeout", "240", "bash"], script, place, environment)
    parts = printed.split(f"\n{MARK}\n")
    return [each.rstrip("\n").splitlines() for each in parts[: len(commands)]]


def on_terminal(command, typed_in, place, environment):
    """What a terminal shows: there messages stand between the lines of standard output where they were said."""
    terminal, side = pty.openpty()
    tty.setraw(side)
    shown = b""
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=side, stderr=side, cwd=place, env=environment) as shell:
        os.close(side)
        typing = threading.Thread(target=shell.communicate, args=(typed_in.encode(),))
        typing.start()
        with contextlib.suppress(OSError):  # EIO: the last program that held the terminal has ended
            while part := os.read(terminal, 65536):
                shown += part
        typing.join()
    os.close(terminal)
    return shown.decode()


def masked(lines):
    """SHA-256 fingerprints of certificates, which are made anew each time; nothing else."""
    return [re.sub(r"(?<![0-9a-f])[0-9a-f]{64}(?![0-9a-f])", "SHA-256", line) for line in lines]


class Tutorial(TestCase):
    def test_shows_what_happens(self):
        steps = [step for block in BLOCK.findall(TUTORIAL.read_text()) for step in steps_of(block)]
        self.assertGreater(len(steps), 15)
        printed = play([command for command, _ in steps])
        self.assertEqual(len(printed), len(steps))
        for (command, shown), real in zip(steps, printed):
            self.assertEqual("\n".join(masked(real)), "\n".join(masked(shown)), f"\n$ {command}\n{sys.argv[0]} --write shows what it prints now")

    def test_its_machine_has_ten_devices(self):
        self.assertEqual((SOURCE / "share/machines/tutorial.toml").read_text().count("\n[[device]]"), 10)

    def test_points_at_files_that_are_there(self):
        for target in re.findall(r"\]\(([^)#:]+)\)", TUTORIAL.read_text()):
            self.assertTrue((TUTORIAL.parent / target).exists(), target)


def write():
    text = TUTORIAL.read_text()
    blocks = [steps_of(block) for block in BLOCK.findall(text)]
    printed = iter(play([command for steps in blocks for command, _ in steps]))
    renewed = []
    for steps in blocks:
        lines = []
        for command, shown in steps:
            real = next(printed)
            lines += [typed(command), *(shown if masked(shown) == masked(real) else real)]
        renewed.append("```console\n" + "\n".join(lines) + "\n```")
    blocks_left = iter(renewed)
    TUTORIAL.write_text(BLOCK.sub(lambda _: next(blocks_left), text))


if __name__ == "__main__":
    if sys.argv[1:] == ["--write"]:
        write()
    else:
        main()
