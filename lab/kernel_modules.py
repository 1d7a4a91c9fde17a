"""Modules for the lab's general kernel: those of lab/tsm, compiled with the headers and the compiler that Debian has for this very kernel; and
drivers out of Debian's own."""

import hashlib
import lzma
import re
import subprocess
import tempfile
from pathlib import Path

import packages

SOURCES = Path(__file__).resolve().parent / "tsm"
FLAVOUR = "amd64"
# What a kernel's Makefile calls, in a folder that has nothing else.
TOOLS = ("make", "coreutils", "bash", "dash", "sed", "grep", "mawk", "findutils", "diffutils")
DRIVERS = {"nvme": ("nvme",), "network": ("igb", "igbvf")}
COMPILE_SECONDS = 600


def of_the_lab(tree, say):
    """name -> bytes of the compiled modules of lab/tsm. Raises packages.Unavailable where they cannot be compiled."""
    release = tree.kernel_release(FLAVOUR)
    sources = {path.name: path.read_bytes() for path in sorted(SOURCES.iterdir()) if path.suffix in (".c", ".h") or path.name == "Kbuild"}
    digest = hashlib.sha256(repr((release, sources)).encode()).hexdigest()[:16]
    place = packages.cache_folder() / f"modules-{digest}"
    if not place.exists():
        _compile(_compiler(tree, release, say), release, sources, place, say)
    return {path.name: path.read_bytes() for path in sorted(place.glob("*.ko"))}


def of_debian(what, tree, say):
    """name -> bytes of some DRIVERS and what they need, in the order in which they have to be loaded."""
    release = tree.kernel_release(FLAVOUR)
    package, version = f"linux-modules-{release}", tree.versions[packages.KERNELS[FLAVOUR]]

    def fetch(apt, work, place):
        apt.unpack({package: version}, lambda _: work / "modules")
        place.mkdir()
        there = {path.name.removesuffix(".ko.xz"): path for path in (work / "modules").rglob("*.ko.xz")}
        wanted = dict.fromkeys(each for driver in DRIVERS[what] for each in _in_order_of_need(driver, there))
        for number, name in enumerate(wanted):
            (place / f"{number}-{name}.ko").write_bytes(lzma.decompress(there[name].read_bytes()))
        packages.seal(place, {package: version})

    place = packages.kept(f"{what}-{release}", f"the {what} drivers of {release}", fetch, say)
    return {path.name: path.read_bytes() for path in sorted(place.glob("*.ko"))}


def _in_order_of_need(name, there):
    """The module and those that it needs, the needed first. What is not there is built in."""
    if name not in there:
        return []
    found = re.search(rb"\0depends=([^\0]*)\0", lzma.decompress(there[name].read_bytes()))
    # the list has underscores for the dashes of file names
    files = {each.replace("-", "_"): each for each in there}
    needed = [files.get(word, word) for word in found[1].decode().split(",") if word] if found else []
    return list(dict.fromkeys([each for word in needed for each in _in_order_of_need(word, there)] + [name]))


def _compiler(tree, release, say):
    """A folder with the kernel's headers, its compiler and all that they need."""
    version = tree.versions[packages.KERNELS[FLAVOUR]]

    def fetch(apt, work, place):
        headers = f"linux-headers-{release}"
        if (candidate := apt.candidate(headers)) != version:
            raise packages.Unavailable(f"{headers} is {candidate}, the lab's kernel {version}: lab/run --refresh fetches both anew")
        needed = apt.with_dependencies(headers, *TOOLS)
        apt.unpack(needed, lambda _: place / "root")
        root = place / "root"
        (root / "usr/bin/awk").symlink_to("mawk")
        for folder in ("dev", "proc", "work"):
            (root / folder).mkdir(exist_ok=True)
        packages.seal(place, needed)

    return packages.kept(f"compiler-{release}", f"headers and compiler of {release}", fetch, say) / "root"


def _compile(root, release, sources, place, say):
    say(f"compiling lab/tsm for {release}")
    with tempfile.TemporaryDirectory(prefix="compiling-", dir=place.parent) as folder:
        work, made = Path(folder) / "work", Path(folder) / "made"
        work.mkdir()
        made.mkdir()
        for name, data in sources.items():
            (work / name).write_bytes(data)
        _make(root, release, work)
        for path in work.glob("*.ko"):
            path.rename(made / path.name)
        packages.forget_others(place)
        if not place.exists():
            made.rename(place)


def _make(root, release, work):
    # In mount and user namespaces of its own, so that nobody has to be root and nothing stays mounted.
    script = 'mount --rbind /dev "$1/dev"; mount --rbind /proc "$1/proc"; mount --bind "$2" "$1/work"; exec chroot "$1" make -C "$3" M=/work modules'
    command = ["unshare", "--map-root-user", "--mount", "sh", "-ec", script, "sh", root, work, f"/usr/src/linux-headers-{release}"]
    environment = {"PATH": "/usr/bin:/usr/sbin:/bin:/sbin", "LC_ALL": "C", "HOME": "/"}
    try:
        done = subprocess.run(command, env=environment, capture_output=True, text=True, timeout=COMPILE_SECONDS, check=False)
    except (OSError, subprocess.TimeoutExpired) as problem:
        raise packages.Unavailable(f"lab/tsm cannot be compiled: {problem}") from None
    if done.returncode != 0 and done.stderr.startswith(("unshare:", "mount:", "chroot:")):  # no namespaces here
        raise packages.Unavailable(done.stderr.strip())
    if done.returncode != 0:
        raise ValueError(f"lab/tsm does not compile:\n{done.stdout[-2000:]}{done.stderr[-4000:]}")
