"""The guest's whole file system, made on the spot: busybox, programs of this build with what they load, and an init that runs what the host says."""

import re
import subprocess
import tempfile
from pathlib import Path

# The guest does one line at a time: reads it from the second serial port, runs it there, tells its exit status. What a command writes to stderr goes
# to the console, which the host keeps as console.log. The port is opened once (between two openings
# input would be lost) and in raw mode, so that it is a plain byte stream.
INIT = """#!/bin/busybox sh
/bin/busybox mkdir -p /proc /sys /dev /tmp /run/lock /bin /usr/bin
/bin/busybox --install -s /usr/bin; /bin/busybox ln -s busybox /bin/sh
export PATH=/lab:/usr/bin:/bin HOME=/tmp TERM=dumb
mount -t proc proc /proc; mount -t sysfs sysfs /sys; mount -t devtmpfs devtmpfs /dev; mount -t securityfs securityfs /sys/kernel/security; mount -t tracefs tracefs /sys/kernel/tracing
exec 3<>/dev/ttyS1
stty raw -echo <&3
echo LAB:ready >&3
while IFS= read -r line <&3; do
    sh -c "$line" </dev/null >&3 3>&-
    echo "LAB:exit $?" >&3
done
poweroff -f
"""

REGULAR, FOLDER, CHARACTER_DEVICE = 0o100000, 0o040000, 0o020000


def build(busybox, programs, folders):
    """A cpio archive. `folders` maps guest paths to folders of the host that are copied there; each program becomes /lab/<its name>."""
    archive = Archive()
    archive.file("/init", INIT.encode(), 0o755)
    archive.device("/dev/console", 5, 1)
    archive.file("/bin/busybox", busybox.read_bytes(), 0o755)
    for program in programs:
        archive.file(f"/lab/{program.name}", _without_symbols(program), 0o755)
    for library in dict.fromkeys(library for program in programs for library in _libraries(program)):
        archive.file(library, Path(library).read_bytes(), 0o755)
    for target, folder in folders.items():
        archive.folder(target, folder)
    return archive.finish()


def more(files):
    """A second archive, which the kernel unpacks if it stands behind the first. `files` maps guest paths to bytes."""
    archive = Archive()
    for path, data in files.items():
        archive.file(path, data, 0o644)
    return archive.finish()


def _without_symbols(program):
    """A debug build is ten times as large as what runs; the guest would load all of it."""
    with tempfile.NamedTemporaryFile() as stripped:
        try:
            subprocess.run(["strip", "-o", stripped.name, program], capture_output=True, timeout=60, check=True)
            return Path(stripped.name).read_bytes()
        except (OSError, subprocess.SubprocessError):  # no binutils here: slower, and as good
            return program.read_bytes()


def _libraries(program):
    """The shared libraries and the dynamic loader of a program, at the places where it looks for them."""
    listed = subprocess.run(["ldd", program], capture_output=True, text=True, timeout=60, check=False).stdout
    return list(dict.fromkeys(re.findall(r"(/\S+) \(0x", listed)))


class Archive:
    """cpio in the "newc" form that the kernel unpacks (Documentation/driver-api/early-userspace/buffer-format.rst)."""

    def __init__(self):
        self._entries = []
        self._known = set()

    def file(self, path, data, mode):
        self._folders_above(path)
        self._entry(path, REGULAR | mode, data)

    def folder(self, target, folder):
        """Every file in it, executable if it is here."""
        for path in sorted(folder.rglob("*")):
            if path.is_file():
                self.file(f"{target}/{path.relative_to(folder)}", path.read_bytes(), 0o755 if path.stat().st_mode & 0o100 else 0o644)

    def device(self, path, major, minor):
        self._folders_above(path)
        self._entry(path, CHARACTER_DEVICE | 0o600, b"", (major, minor))

    def finish(self):
        self._entry("/TRAILER!!!", 0, b"")
        return b"".join(self._entries)

    def _folders_above(self, path):
        for folder in [*Path(path).parents][-2::-1]:
            if folder not in self._known:
                self._known.add(folder)
                self._entry(str(folder), FOLDER | 0o755, b"")

    def _entry(self, path, mode, data, device=(0, 0)):
        name = path.lstrip("/").encode() + b"\0"
        inode, owner, links, time, check = len(self._entries) + 1, 0, 1, 0, 0
        numbers = (inode, mode, owner, owner, links, time, len(data), 0, 0, *device, len(name), check)
        header = b"070701" + b"".join(b"%08x" % number for number in numbers)
        self._entries += [_padded(header + name), _padded(data)]


def _padded(data):
    return data + b"\0" * (-len(data) % 4)
