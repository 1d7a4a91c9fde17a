"""A guest: a stock kernel in QEMU under TCG, with one NVMe drive behind a root port whose SPDM responder is a process of the host."""

import json
import os
import re
import signal
import socket
import subprocess
import time

DEVICE = "0000:01:00.0"  # where the drive behind the only root port appears
BOOT_SECONDS = 120  # a loaded machine boots slowly; 4 to 7 s is usual
READY_SECONDS = 20
DRIVE = "nvme,id=nvme0,drive=disk0,serial=lab,bus=rp0,spdm_trans=doe"


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


class Guest:
    """A booted guest. Commands go over its second serial port, one at a time; the monitor plugs and unplugs the drive."""

    def __init__(self, tree, kernel, cmdline, initrd, port, folder):
        command, env = tree.qemu_command()
        serial_ours, serial_qemus = socket.socketpair()
        monitor_ours, monitor_qemus = socket.socketpair()
        command += [
            "-M", "q35", "-accel", "tcg", "-cpu", "max", "-m", str(512 + 3 * initrd.stat().st_size // 2**20),
            "-nodefaults", "-display", "none", "-no-reboot",
            "-kernel", tree.kernel(kernel), "-initrd", initrd, "-append", f"console=ttyS0 panic=-1 quiet {cmdline}",
            "-serial", f"file:{folder / 'console.log'}",
            "-chardev", f"socket,id=lab,fd={serial_qemus.fileno()}", "-serial", "chardev:lab",
            "-chardev", f"socket,id=monitor,fd={monitor_qemus.fileno()}", "-qmp", "chardev:monitor",
            # hot-plug by the port itself (pciehp) as on real machines, not by ACPI
            "-global", "ICH9-LPC.acpi-pci-hotplug-with-bridge-support=off",
            "-device", "pcie-root-port,id=rp0,slot=1",
            "-blockdev", "driver=null-co,node-name=disk0,size=1048576,read-zeroes=on",
            "-device", f"{DRIVE},spdm_port={port}",
        ]  # fmt: skip
        self._console = folder / "console.log"
        self._qemu = Process(command, folder / "qemu.log", env, (serial_qemus.fileno(), monitor_qemus.fileno()))
        serial_qemus.close()
        monitor_qemus.close()
        self._serial = Line(serial_ours)
        self._monitor = Line(monitor_ours)
        self._sockets = (serial_ours, monitor_ours)

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
            text, mark, status = line.partition("LAB:exit ")
            if text or not mark:
                lines.append(text)
            return int(status) if mark else None

        self._serial.send(command)
        status = self._until(ended, seconds, f"end of `{command}`")
        return "\n".join(lines), status

    def remove_drive(self, seconds):
        """Asks the guest to let go of the drive, as a press of the attention button does, and waits until it has."""
        self._ask("device_del", {"id": "nvme0"})
        self._event("DEVICE_DELETED", seconds)

    def add_drive(self, port, seconds):
        """Plugs a drive with this responder in and waits until the kernel has enumerated it."""
        properties = dict(word.partition("=")[::2] for word in DRIVE.split(",")[1:])
        self._ask("device_add", {"driver": "nvme", **properties, "spdm_port": port})
        self.run(f"until [ -e /sys/bus/pci/devices/{DEVICE}/config ]; do sleep 0.05; done", seconds)

    def power_off(self, seconds=10):
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


def _last_lines(text, count=4):
    return " | ".join(line.strip() for line in text.strip().splitlines()[-count:])
