"""Certificates and responders for the drive, made by busguard itself on the host."""

import subprocess
from dataclasses import dataclass
from pathlib import Path

MACHINE = Path(__file__).resolve().parent / "machine.toml"


class Failed(Exception):
    """busguard on the host could not make what the scenarios need."""


@dataclass(frozen=True)
class Materials:
    busguard: Path
    anchors: Path  # a folder of the roots that the guest trusts

    def responder_command(self, drive):
        return [self.busguard, "emulate", "--machine", MACHINE, "--device", drive, "--listen", "0", "--framing", "qemu"]


def make(busguard, folder):
    anchors = folder / "anchors"
    anchors.mkdir(parents=True)
    return Materials(busguard, anchors)
