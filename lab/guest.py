"""A guest: a stock kernel in QEMU under TCG, with NVMe drives behind root ports whose SPDM responders are processes of the host."""

import json
import os
import re
import signal
import socket
import subprocess
import time
from dataclasses import dataclass
from pathlib import Path

SLOTS = (1, 2)  # one root port each
BOOT_SECONDS = 120  # a loaded machine boots slowly; 4 to 7 s is usual
READY_SECONDS = 20
SLEEP_SECONDS = 6  # of which two go by until a loaded guest is asleep


def address(slot):
    """Where the drive in that slot appears."""
    return f"0000:{slot:02x}:00.0"


class Trouble(Exception):
    """The lab itself failed: QEMU, the guest or the responder did not do its part."""


class Process:
    """A child that dies with us: killed at the end of its `with`, and by the kernel if we are killed ourselves."""

    def __init__(self, command, log, env=None, pass_fds=()):
        self._log = log
        with log.open("wb") as out:
            self._child = subprocess.Popen(
                ["setpriv", "--pdeathsig", "KILL", "--", *map(str, command)],
                stdin=subprocess.DEVNULL, stdout=out, stderr=out, env=os.environ | (env or {}), pass_fds=pass_fds, start_new_session=True,
            )

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.kill()

    def kill(self):
        if self._child.poll() is None:
            os.killpg(self._child.pid, signal.SIGKILL)
            self._child.wait()

    def ended(self):
        return self._child.poll() is not None

    def wait(self, seconds):
        try:
            self._child.wait(seconds)
        except subprocess.TimeoutExpired:
            raise Trouble(f"{self._log.stem} did not end within {seconds} s") from None

    def said(self):
        return self._log.read_text(errors="replace")


class Responder(Process):
    """busguard emulate, listening on a port of its own choice. QEMU connects once per device, so each device has its own."""

    def __init__(self, command, log):
        super().__init__(command, log)
        self.port = self._wait_for_port()

    def _wait_for_port(self):
        end = time.monotonic() + READY_SECONDS
        while time.monotonic() < end:
            if found := re.search(r"listening on 127\.0\.0\.1:(\d+)", self.said()):
                return int(found[1])
            if self.ended():
                break
            time.sleep(0.02)
        state = f"ended with {self._child.returncode}" if self.ended() else f"is not listening after {READY_SECONDS} s"
        self.kill()
        raise Trouble(f"the responder {state}: {_last_lines(self.said())}")


class Line:
    """Lines of text over a socket, with a deadline for every wait."""

    def __init__(self, end):
        self._socket = end
        self._pending = b""

    def send(self, text):
        self._socket.sendall(text.encode() + b"\n")

    def receive(self, deadline):
        while b"\n" not in self._pending:
            self._socket.settimeout(max(0.001, deadline - time.monotonic()))
            data = self._socket.recv(65536)  # TimeoutError at the deadline
            if not data:
                raise EOFError
            self._pending += data
        line, _, self._pending = self._pending.partition(b"\n")
        return line.decode(errors="replace")


def _drive(slot, port):
    """QEMU's properties of a drive in that slot whose responder listens on that port."""
    return {"driver": "nvme", "id": f"nvme{slot}", "drive": f"disk{slot}", "serial": f"lab{slot}", "bus": f"rp{slot}", "spdm_trans": "doe", "spdm_port": port}


@dataclass(frozen=True)
class Machine:
    """What the guest is made of."""

    kernel: Path
    initrd: Path
    cmdline: str = ""
    drive: int | None = None  # the port of its responder: a drive is in the first slot at boot
    network: bool = False  # a card with virtual functions is in the second slot
    relayed: int | None = None  # the port of a responder that the guest has on its third serial port, for the emulated bus


class Guest:
    """A booted guest. Commands go over its second serial port, one at a time; the monitor plugs and unplugs drives."""

    def __init__(self, tree, machine, folder):
        command, env = tree.qemu_command()
        serial_ours, serial_qemus = socket.socketpair()
        monitor_ours, monitor_qemus = socket.socketpair()
        command += [
            "-M", "q35", "-accel", "tcg", "-cpu", "max", "-m", str(512 + 3 * machine.initrd.stat().st_size // 2**20),
            "-nodefaults", "-display", "none", "-no-reboot",
            "-kernel", machine.kernel, "-initrd", machine.initrd, "-append", f"console=ttyS0 panic=-1 quiet {machine.cmdline}",
            "-serial", f"file:{folder / 'console.log'}",
            "-chardev", f"socket,id=lab,fd={serial_qemus.fileno()}", "-serial", "chardev:lab",
            "-chardev", f"socket,id=monitor,fd={monitor_qemus.fileno()}", "-qmp", "chardev:monitor",
            # hot-plug by the port itself (pciehp) as on real machines, not by ACPI
            "-global", "ICH9-LPC.acpi-pci-hotplug-with-bridge-support=off",
        ]  # fmt: skip
        for slot in SLOTS:
            command += ["-device", f"pcie-root-port,id=rp{slot},slot={slot}"]
            command += ["-blockdev", f"driver=null-co,node-name=disk{slot},size=1048576,read-zeroes=on"]
        if machine.drive:
            command += ["-device", json.dumps(_drive(SLOTS[0], machine.drive))]
        if machine.network:
            command += ["-device", f"igb,bus=rp{SLOTS[1]}"]
        if machine.relayed:
            # an interrupt of its own: by the ISA's custom it would share that of the first port
            command += ["-chardev", f"socket,id=relay,host=127.0.0.1,port={machine.relayed}"]
            command += ["-device", "isa-serial,chardev=relay,index=2,iobase=0x3e8,irq=5"]
        self._console = folder / "console.log"
        self._qemu = Process(command, folder / "qemu.log", env, (serial_qemus.fileno(), monitor_qemus.fileno()))
        serial_qemus.close()
        monitor_qemus.close()
        self._serial = Line(serial_ours)
        self._monitor = Line(monitor_ours)
        self._sockets = (serial_ours, monitor_ours)
        self._slept = False

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self._qemu.kill()
        for end in self._sockets:
            end.close()

    def wait_until_ready(self):
        """Waits for the guest's init; afterwards `run` may be used."""
        self._until(lambda line: line == "LAB:ready" or None, BOOT_SECONDS, "boot")
        self._ask("qmp_capabilities", {})

    def run(self, command, seconds):
        """Runs a shell command in the guest: its standard output and its exit status."""
        lines = []

        def ended(line):
            # a command need not end its last line
            text, mark, _ = line.partition("LAB:exit ")
            if text or not mark:
                lines.append(text)
            return _exit_status(line)

        self._serial.send(command)
        status = self._until(ended, seconds, f"end of `{command}`")
        return "\n".join(lines), status

    def remove_drive(self, slot, seconds):
        """Asks the guest to let go of the drive, as a press of the attention button does, and waits until it has."""
        self._ask("device_del", {"id": f"nvme{slot}"})
        self._event("DEVICE_DELETED", seconds)

    def add_drive(self, slot, port, seconds):
        """Plugs a drive with this responder in and waits until the kernel has enumerated it."""
        self._ask("device_add", _drive(slot, port))
        self.run(f"until [ -e /sys/bus/pci/devices/{address(slot)}/config ]; do sleep 0.05; done", seconds)

    def sleep(self, seconds):
        """The guest suspends to RAM, is left alone for a while, and is woken up."""
        self._serial.send("echo mem >/sys/power/state")
        self._event("SUSPEND", seconds)
        time.sleep(SLEEP_SECONDS)
        self._ask("system_wakeup", {})
        self._until(_exit_status, seconds, "end of sleep")
        self._slept = True

    def doze(self, seconds):
        """The guest suspends to idle, is left alone for a while, and wakes up by what comes in on its serial port: an empty command."""
        self.run("echo enabled >/sys/class/tty/ttyS1/power/wakeup", seconds)
        self._serial.send("echo freeze >/sys/power/state")
        time.sleep(SLEEP_SECONDS)
        self._serial.send("")
        for _ in range(2):
            self._until(_exit_status, seconds, "end of sleep")

    def power_off(self, seconds=10):
        if self._slept:  # afterwards the virtual board does not switch itself off any more
            return
        self._serial.send("poweroff -f")
        self._qemu.wait(seconds)

    def _until(self, wanted, seconds, what):
        deadline = time.monotonic() + seconds
        try:
            while (result := wanted(self._serial.receive(deadline))) is None:
                pass
            return result
        except TimeoutError:
            raise Trouble(f"no {what} within {seconds} s; console: {self._console_end()}") from None
        except (EOFError, OSError):
            raise Trouble(f"the guest ended before {what}: {_last_lines(self._qemu.said()) or self._console_end()}") from None

    def _ask(self, command, arguments):
        self._monitor.send(json.dumps({"execute": command, "arguments": arguments}))
        answer = self._message(lambda message: "return" in message or "error" in message, READY_SECONDS, command)
        if "error" in answer:
            raise Trouble(f"QEMU refuses {command}: {answer['error'].get('desc')}")

    def _event(self, name, seconds):
        self._message(lambda message: message.get("event") == name, seconds, name)

    def _message(self, wanted, seconds, what):
        deadline = time.monotonic() + seconds
        try:
            while not wanted(message := json.loads(self._monitor.receive(deadline))):
                pass
            return message
        except TimeoutError:
            raise Trouble(f"no {what} from QEMU's monitor within {seconds} s") from None
        except (EOFError, OSError):
            raise Trouble(f"QEMU ended before {what}: {_last_lines(self._qemu.said())}") from None

    def _console_end(self):
        return _last_lines(self._console.read_text(errors="replace") if self._console.exists() else "")


def _exit_status(line):
    """The number behind the mark by which init says that a command ended, if it is in this line."""
    _, mark, status = line.partition("LAB:exit ")
    return int(status) if mark else None


def _last_lines(text, count=4):
    return " | ".join(line.strip() for line in text.strip().splitlines()[-count:])
