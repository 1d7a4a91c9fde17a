"""A scenario: a guest, and steps that happen inside it or to it, each with what busguard must print.

The file is TOML (lab/README.md, "A scenario"). A word that is not known is an error.
"""

import json
import time
import tomllib
from contextlib import ExitStack
from dataclasses import dataclass, field

from guest import DEVICE, Guest, Responder, Trouble

STEP_SECONDS = 60
HOST_STEPS = {"kill-responder", "remove-drive", "add-drive"}


class Unexpected(Exception):
    """busguard printed something else than the scenario expects."""


@dataclass(frozen=True)
class Step:
    guest: str = ""  # a command that runs in the guest, or
    host: str = ""  # one of HOST_STEPS that happens to the guest
    drive: str = ""  # for add-drive: which device of machine.toml answers for the drive
    verdict: list = field(default_factory=list)  # state and reason codes of the drive in the JSON that the command prints; ["absent"]: not listed
    prints: str = ""  # text that the command prints

    def __post_init__(self):
        if bool(self.guest) == bool(self.host) or (self.host and self.host not in HOST_STEPS):
            raise ValueError(f"a step has either `guest` or `host`, one of {sorted(HOST_STEPS)}")


@dataclass(frozen=True)
class Scenario:
    name: str
    summary: str
    steps: list
    drive: str = "genuine"  # which device of machine.toml answers for the drive at boot
    kernel: str = "cloud"
    cmdline: str = ""

    @classmethod
    def load(cls, path):
        try:
            words = tomllib.loads(path.read_text())
            return cls(path.stem, steps=[Step(**step) for step in words.pop("steps")], **words)
        except (ValueError, TypeError, KeyError) as wrong:
            raise ValueError(f"{path.name}: {wrong}") from None

    @property
    def expected(self):
        return [_expectation(step) for step in self.steps if step.verdict or step.prints]


@dataclass
class Result:
    scenario: Scenario
    printed: list = field(default_factory=list)  # what busguard printed, step by step
    problem: str = ""
    seconds: float = 0

    @property
    def passed(self):
        return not self.problem


def play(scenario, tree, initrd, responder_command, folder, say):
    """Boots the guest and takes the steps. `responder_command` makes the command of a responder out of a device's name."""
    result = Result(scenario)
    started = time.monotonic()
    try:
        with ExitStack() as children:
            _play(scenario, tree, initrd, responder_command, folder, result, children, say)
    except (Trouble, Unexpected, OSError) as problem:
        result.problem = str(problem)
    result.seconds = time.monotonic() - started
    return result


def _play(scenario, tree, initrd, responder_command, folder, result, children, say):
    def responder(drive, log):
        return children.enter_context(Responder(responder_command(drive), folder / log))

    current = responder(scenario.drive, "responder.log")
    guest = children.enter_context(Guest(tree, scenario.kernel, scenario.cmdline, initrd, current.port, folder))
    started = time.monotonic()
    guest.wait_until_ready()
    say(f"  guest is up after {time.monotonic() - started:.1f} s")

    for number, step in enumerate(scenario.steps):
        if step.guest:
            say(f"  guest: {step.guest}")
            before = time.monotonic()
            output, status = guest.run(step.guest, STEP_SECONDS)
            say(f"         exit {status} after {time.monotonic() - before:.1f} s")
            (folder / f"step-{number}.out").write_text(f"{output}\nexit {status}\n")
            _compare(step, output, status, result)
            continue
        say(f"  host:  {step.host} {step.drive}".rstrip())
        if step.host == "kill-responder":
            current.kill()
        elif step.host == "remove-drive":
            guest.remove_drive(STEP_SECONDS)
            current.kill()
        else:
            current = responder(step.drive or scenario.drive, f"responder-{number}.log")
            guest.add_drive(current.port, STEP_SECONDS)
    guest.power_off()


def _compare(step, output, status, result):
    if step.verdict:
        printed = _verdict(output, status)
        result.printed.append(" ".join(printed))
        if printed[0] != step.verdict[0] or not set(step.verdict) <= set(printed):
            raise Unexpected(f"expected {_expectation(step)}, got {' '.join(printed)}")
    if step.prints:
        lines = [line.strip() for line in output.splitlines() if step.prints in line]
        if not lines:
            raise Unexpected(f"expected {_expectation(step)}, got: {output[:300]}")
        result.printed.append(" ".join(lines[0].split()))


def _verdict(output, status):
    """The state and the reason codes of the drive in busguard's JSON."""
    try:
        found = [verdict for verdict in json.loads(output)["devices"] if verdict["device"] == f"pci/{DEVICE}"]
        return [found[0]["state"], *found[0]["reasons"]] if found else ["absent"]
    except (ValueError, KeyError, TypeError):
        raise Unexpected(f"expected verdicts in JSON, got exit {status} and: {output[:300]}") from None


def _expectation(step):
    return " ".join(step.verdict) or f"a line with '{step.prints}'"
