"""Certificates and responders for the drive, made by busguard on the host out of machine.toml."""

from dataclasses import dataclass
from pathlib import Path

from guest import Responder

MACHINE = Path(__file__).resolve().parent / "machine.toml"


@dataclass(frozen=True)
class Materials:
    busguard: Path
    state: Path  # where busguard keeps the machine's keys and certificates

    @property
    def anchors(self):
        """A folder of the roots that the guest trusts."""
        return self.state / "anchors"

    def responder_command(self, drive):
        return [self.busguard, "emulate", "--machine", MACHINE, "--state", self.state, "--device", drive, "--listen", "0", "--framing", "qemu"]


def make(busguard, folder):
    """Makes every certificate of the machine, as a responder does when it first starts."""
    folder.mkdir()
    made = Materials(busguard, folder / "state")
    with Responder(made.responder_command("genuine"), folder / "responder.log"):
        return made
