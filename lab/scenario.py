"""A scenario: a guest, and steps that happen inside it or to it, each with what busguard must print.

The file is TOML (lab/README.md, "A scenario"). A word that is not known is an error.
"""

import json
import time
import tomllib
from contextlib import ExitStack
from dataclasses import dataclass, field

import kernel_modules
from guest import SLOTS, Guest, Machine, Responder, Trouble, address

STEP_SECONDS = 60
PAUSE_SECONDS = 0.3  # between two looks
HOST_STEPS = {"kill-responder", "remove-drive", "add-drive", "sleep", "doze"}
MODULES = {"lab", *kernel_modules.DRIVERS}  # of the general kernel: the emulated bus and its TSM; drivers of Debian's


class Unexpected(Exception):
    """busguard printed something else than the scenario expects."""


@dataclass(frozen=True)
class Step:
    guest: str = ""  # a command that runs in the guest, or
    host: str = ""  # one of HOST_STEPS that happens to the guest
    drive: str = ""  # for add-drive: which device of machine.toml answers for the drive
    slot: int = SLOTS[0]  # which drive a host step or a verdict is about
    verdict: list = field(default_factory=list)  # state and reason codes of the drive in the JSON that the command prints; ["absent"]: not listed
    prints: str = ""  # text in a line that the command prints, whatever blanks are between its words
    within: int = 0  # seconds in which it comes to that; the command is repeated

    def __post_init__(self):
        if bool(self.guest) == bool(self.host) or (self.host and self.host not in HOST_STEPS):
            raise ValueError(f"a step has either `guest` or `host`, one of {sorted(HOST_STEPS)}")
        if self.slot not in SLOTS:
            raise ValueError(f"slot is one of {SLOTS}")


@dataclass(frozen=True)
class Scenario:
    name: str
    summary: str
    steps: list
    drive: str = "genuine"  # which device of machine.toml answers for the drive at boot; "": there is none
    network: bool = False  # a card with virtual functions (Intel's 82576) is in the second slot
    bus: str = ""  # which device of machine.toml answers for the endpoint of the emulated bus; "": there is none
    kernel: str = "cloud"
    modules: list = field(default_factory=list)  # some of MODULES; they lie in /lab/modules
    cmdline: str = ""

    def __post_init__(self):
        if not set(self.modules) <= MODULES:
            raise ValueError(f"modules are some of {sorted(MODULES)}")

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
    skipped: bool = False
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
            _Play(scenario, tree, initrd, responder_command, folder, children, say).take_steps(result)
    except (Trouble, Unexpected, OSError) as problem:
        result.problem = str(problem)
    result.seconds = time.monotonic() - started
    return result


class _Play:
    def __init__(self, scenario, tree, initrd, responder_command, folder, children, say):
        self._scenario, self._folder, self._children, self._say = scenario, folder, children, say
        self._responder_command = responder_command
        self._responders = {}  # by slot, and that of the emulated bus by 0
        if scenario.drive:
            self._responders[SLOTS[0]] = self._responder(scenario.drive, "responder.log")
        if scenario.bus:
            self._responders[0] = self._responder(scenario.bus, "responder-bus.log")
        machine = Machine(
            tree.kernel(scenario.kernel), initrd, scenario.cmdline,
            drive=self._responders[SLOTS[0]].port if scenario.drive else None, network=scenario.network, relayed=self._responders[0].port if scenario.bus else None,
        )  # fmt: skip
        self._guest = children.enter_context(Guest(tree, machine, folder))

    def take_steps(self, result):
        started = time.monotonic()
        self._guest.wait_until_ready()
        self._say(f"  guest is up after {time.monotonic() - started:.1f} s")
        try:
            for number, step in enumerate(self._scenario.steps):
                if step.guest:
                    self._guest_step(number, step, result)
                else:
                    self._host_step(number, step)
        finally:
            self._keep_what_the_daemon_said()
        self._guest.power_off()

    def _guest_step(self, number, step, result):
        self._say(f"  guest: {step.guest}")
        before = time.monotonic()
        while True:
            output, status = self._guest.run(step.guest, STEP_SECONDS)
            (self._folder / f"step-{number}.out").write_text(f"{output}\nexit {status}\n")
            try:
                result.printed += _compare(step, output, status)
                break
            except Unexpected:
                if time.monotonic() - before > step.within:
                    raise
            time.sleep(PAUSE_SECONDS)
        self._say(f"         exit {status} after {time.monotonic() - before:.1f} s")

    def _host_step(self, number, step):
        self._say(f"  host:  {step.host} {step.drive}".rstrip())
        at = 0 if self._scenario.bus else step.slot
        if step.host == "kill-responder":
            self._responders[at].kill()
        elif step.host == "sleep":
            self._guest.sleep(STEP_SECONDS)
        elif step.host == "doze":
            self._guest.doze(STEP_SECONDS)
        elif step.host == "remove-drive":
            self._guest.remove_drive(step.slot, STEP_SECONDS)
            self._responders[step.slot].kill()
        else:
            responder = self._responder(step.drive or self._scenario.drive, f"responder-{number}.log")
            self._responders[step.slot] = responder
            self._guest.add_drive(step.slot, responder.port, STEP_SECONDS)

    def _responder(self, drive, log):
        return self._children.enter_context(Responder(self._responder_command(drive), self._folder / log))

    def _keep_what_the_daemon_said(self):
        try:
            said, status = self._guest.run("cat /tmp/busguardd.log", STEP_SECONDS)
        except (Trouble, OSError):
            return
        if status == 0:
            (self._folder / "busguardd.log").write_text(said + "\n")


def _compare(step, output, status):
    """What the command printed of what is expected. Raises Unexpected."""
    printed = []
    if step.verdict:
        verdict = _verdict(output, status, address(step.slot))
        printed.append(" ".join(verdict))
        if verdict[0] != step.verdict[0] or not set(step.verdict) <= set(verdict):
            raise Unexpected(f"expected {_expectation(step)}, got {' '.join(verdict)}")
    if step.prints:
        lines = [line for line in (" ".join(line.split()) for line in output.splitlines()) if step.prints in line]
        if not lines:
            raise Unexpected(f"expected {_expectation(step)} of `{step.guest}`, got: {output[-300:]}")
        printed.append(lines[0])
    return printed


def _verdict(output, status, device):
    """The state and the reason codes of the drive in busguard's JSON."""
    try:
        found = [verdict for verdict in json.loads(output)["devices"] if verdict["device"] == f"pci/{device}"]
        return [found[0]["state"], *found[0]["reasons"]] if found else ["absent"]
    except (ValueError, KeyError, TypeError):
        raise Unexpected(f"expected verdicts in JSON, got exit {status} and: {output[:300]}") from None


def _expectation(step):
    return " ".join(step.verdict) or f"a line with '{step.prints}'"
