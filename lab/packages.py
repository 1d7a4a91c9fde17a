"""The lab's packages: QEMU, two kernels and busybox from Debian, unpacked into a cache folder.

Nothing is installed and no root is needed. apt runs with folders of its own; from the machine it takes where its Debian mirror is, its network
settings (proxies) and its archive keys. What apt downloads it checks against the signed index; what was unpacked is checked again on every use.
"""

import fcntl
import hashlib
import json
import os
import re
import shutil
import subprocess
import tempfile
import time
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

# Where to look, in this order; the last of each list is the suite that is preferred. A suite without the versions below is passed over.
SUITES = (["forky"], ["sid"], ["trixie", "trixie-backports"])
QEMU_AT_LEAST = "1:11.1"  # the first QEMU whose NVMe device speaks SPDM over DOE in the way that the lab uses
KERNEL_AT_LEAST = "7.2"
KERNELS = {"cloud": "linux-image-cloud-amd64", "amd64": "linux-image-amd64"}

LAYOUT = "v1"  # change it when a tree of an older lab can no longer be used
ARCHIVE_KEYS = Path("/usr/share/keyrings/debian-archive-keyring.gpg")
PLAIN_SUITES = {"stable", "oldstable", "testing", "unstable", "sid"}
COMMAND_SECONDS = 600


class Unavailable(Exception):
    """The packages cannot be had: no network, no Debian mirror, or a mirror without them."""


@dataclass(frozen=True)
class Tree:
    """An unpacked and verified set of packages."""

    path: Path
    versions: dict  # package name -> version

    @property
    def root(self):
        return self.path / "root"

    @property
    def busybox(self):
        return self.path / "busybox"

    def kernel(self, flavour):
        return self.path / f"vmlinuz-{flavour}"

    def kernel_release(self, flavour):
        """What the kernel calls itself, `uname -r`; its packages bear it in their names."""
        ending = KERNELS[flavour].removeprefix("linux-image")
        names = (re.match(r"linux-(?:binary|image)-(\d.*)", name) for name in self.versions)
        # the general flavour's ending is that of every other's name too: the shortest is its own
        return min((name[1] for name in names if name and name[1].endswith(ending)), key=len)

    def qemu_command(self):
        """QEMU through the tree's own dynamic loader and libraries, whatever libc the machine has; and its environment."""
        libraries = self.root / "usr/lib/x86_64-linux-gnu"
        command = [self.root / "usr/lib64/ld-linux-x86-64.so.2", "--library-path", libraries, self.root / "usr/bin/qemu-system-x86_64"]
        for firmware in ("qemu", "seabios"):
            command += ["-L", self.root / "usr/share" / firmware]
        return [str(word) for word in command], {"QEMU_MODULE_DIR": str(libraries / "qemu")}

    def describe(self):
        return {name: self.versions[name] for name in ("qemu-system-x86", *KERNELS.values(), "busybox-static")}


def tree(say, refresh=False):
    """The tree, from the cache if it is whole, else fetched. Raises Unavailable."""
    place = kept(LAYOUT, "QEMU, kernels and busybox", _fetch, say, refresh)
    return Tree(place, _manifest(place)["packages"])


def kept(name, what, fetch, say, refresh=False):
    """The folder of that name in the cache, if every file in it is the one that was put there; else it is fetched by `fetch(apt, work, place)`, from
    the first mirror and suite that can be used. Raises Unavailable."""
    cache = cache_folder()
    cache.mkdir(parents=True, exist_ok=True)
    place = cache / name
    with _locked(cache / "lock"):
        if not refresh and _is_whole(place):
            return place
        for leftover in cache.glob("building-*"):
            shutil.rmtree(leftover)
        building = Path(tempfile.mkdtemp(prefix="building-", dir=cache))
        try:
            _fetch_first_usable(what, fetch, building, say)
            if place.exists():
                place.rename(building / "replaced")
            (building / "tree").rename(place)
        finally:
            shutil.rmtree(building, ignore_errors=True)
        if not _is_whole(place):
            raise Unavailable(f"{place} changed while it was written")
        forget_others(place)
        return place


def forget_others(place):
    """Removes what was of the same kind for another kernel: the names are KIND-RELEASE."""
    kind, dash, _ = place.name.partition("-")
    for other in place.parent.glob(f"{kind}{dash}*") if dash else ():
        if other != place:
            shutil.rmtree(other, ignore_errors=True)


def seal(place, packages):
    """Writes down what was unpacked, so that it can be told on every use."""
    (place / "manifest.json").write_text(json.dumps({"packages": packages, "sha256": _digests(place)}, indent=1))


def cache_folder():
    if chosen := os.environ.get("BUSGUARD_LAB_CACHE"):
        return Path(chosen).absolute()
    return Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache") / "busguard" / "lab"


def _fetch_first_usable(what, fetch, building, say):
    architecture = _run(["dpkg", "--print-architecture"]).strip()
    if architecture != "amd64":
        raise Unavailable(f"the lab's packages are for amd64, this machine is {architecture}")
    mirrors = _mirrors()
    for mirror in mirrors:
        for suites in SUITES:
            try:
                started = time.monotonic()
                say(f"fetching {what}: {suites[-1]} of {mirror}")
                work = Path(tempfile.mkdtemp(prefix=f"{suites[-1]}-", dir=building))
                apt = PrivateApt(work, mirror, suites)
                apt.get("update", "-o", "APT::Update::Error-Mode=any")
                fetch(apt, work, building / "tree")
                say(f"fetched and unpacked in {time.monotonic() - started:.0f} s")
                return
            except Unavailable as reason:
                say(f"no use: {reason}")
                shutil.rmtree(building / "tree", ignore_errors=True)
    names = ", ".join(suites[-1] for suites in SUITES)
    raise Unavailable(f"no usable packages in {names} of {', '.join(mirrors) or 'any mirror (apt on this machine knows none of Debian)'}")


def _mirrors():
    """The base URIs of Debian's archive in this machine's apt configuration (not the security archive, not third parties)."""
    wanted = PLAIN_SUITES | {_os_release().get("VERSION_CODENAME", "")}
    listed = re.findall(r"^'(\S+)/dists/([^/']+)/InRelease'", _run(["apt-get", "update", "--print-uris"]), re.MULTILINE)
    return list(dict.fromkeys(uri for uri, suite in listed if suite in wanted))


def _fetch(apt, work, place):
    packages = apt.with_dependencies("qemu-system-x86")
    _require("qemu-system-x86", packages["qemu-system-x86"], QEMU_AT_LEAST)
    flavours = {flavour: apt.kernel_package(meta) for flavour, meta in KERNELS.items()}
    for package in (*flavours.values(), "busybox-static"):
        packages[package] = apt.candidate(package)
    for package in flavours.values():
        _require(package, packages[package], KERNEL_AT_LEAST)

    apart = {package: work / package for package in (*flavours.values(), "busybox-static")}
    apt.unpack(packages, lambda package: apart.get(package, place / "root"))

    for flavour, package in flavours.items():
        # Debian has moved the image between packages and folders; it is the one file of that name.
        images = [path for path in apart[package].rglob("vmlinuz*") if path.is_file() and not path.is_symlink()]
        if len(images) != 1:
            raise Unavailable(f"{package} holds {len(images)} kernel images")
        images[0].rename(place / f"vmlinuz-{flavour}")
        packages[KERNELS[flavour]] = packages[package]
    (apart["busybox-static"] / "usr/bin/busybox").rename(place / "busybox")
    for unneeded in ("usr/share/doc", "usr/share/man", "usr/share/locale"):
        shutil.rmtree(place / "root" / unneeded, ignore_errors=True)
    seal(place, packages)


def _manifest(place):
    return json.loads((place / "manifest.json").read_text())


def _is_whole(place):
    """Is every file the one that was unpacked?"""
    try:
        return _manifest(place)["sha256"] == _digests(place)
    except (OSError, ValueError, KeyError):
        return False


def _digests(place):
    files = (path for path in sorted(place.rglob("*")) if path.is_file() and not path.is_symlink() and path.name != "manifest.json")
    digests = {}
    for path in files:
        with path.open("rb") as file:
            digests[str(path.relative_to(place))] = hashlib.file_digest(file, "sha256").hexdigest()
    return digests


class PrivateApt:
    """apt with lists, state, cache and sources of its own."""

    def __init__(self, work, mirror, suites):
        lists, state, cache = work / "lists", work / "state", work / "cache"
        for folder in (lists / "partial", state, cache / "archives/partial"):
            folder.mkdir(parents=True)
        (state / "status").touch()  # nothing is installed, so that dependencies come whole
        keys = f"[signed-by={ARCHIVE_KEYS}] " if ARCHIVE_KEYS.exists() else ""
        (work / "sources.list").write_text("".join(f"deb {keys}{mirror} {suite} main\n" for suite in suites))
        # Only the machine's network settings: its hooks (a container image's cleaning, for example) concern its own folders.
        network = [line for line in _run(["apt-config", "dump"]).splitlines() if line.startswith("Acquire::")]
        # A mirror that stands still (a snapshot) is good enough: its index is signed all the same, and the packages only ever run in this lab.
        own = {
            "Acquire::Check-Valid-Until": "false",
            "Dir::Etc::main": "/dev/null", "Dir::Etc::parts": "/dev/null", "Dir::Etc::preferences": "/dev/null",
            "Dir::Etc::preferencesparts": "/dev/null", "Dir::Etc::sourcelist": work / "sources.list", "Dir::Etc::sourceparts": "/dev/null",
            "Dir::State": state, "Dir::State::lists": lists, "Dir::State::status": state / "status", "Dir::Cache": cache,
            "APT::Default-Release": suites[-1], "APT::Sandbox::User": "root", "APT::Install-Recommends": "false",
            "Acquire::Languages": "none", "Acquire::Retries": "2", "Acquire::http::Timeout": "20", "Acquire::https::Timeout": "20",
        }
        self._work = work
        self._configuration = work / "apt.conf"
        self._configuration.write_text("\n".join([*network, *(f'{key} "{value}";' for key, value in own.items()), ""]))

    def get(self, *words, cwd=None):
        return self._apt(["apt-get", "-q", *words], cwd)

    def with_dependencies(self, *packages):
        """name -> version of everything that an empty machine needs for the packages."""
        lines = self.get("install", "-y", "--print-uris", *packages).splitlines()
        files = [line.split()[1] for line in lines if line.startswith("'")]
        return {name: version.replace("%3a", ":") for name, version, _ in (file.split("_") for file in files)}

    def unpack(self, packages, folder_of):
        """Downloads packages of these versions, and unpacks each where `folder_of(its name)` says."""
        debs = Path(tempfile.mkdtemp(prefix="debs-", dir=self._work))
        self.get("download", *(f"{name}={version}" for name, version in packages.items()), cwd=debs)
        for deb in debs.iterdir():
            folder = folder_of(deb.name.split("_")[0])
            folder.mkdir(parents=True, exist_ok=True)
            _run(["dpkg", "-x", deb, folder])
        shutil.rmtree(debs)

    def candidate(self, package):
        found = re.search(r"^  Candidate: (\S+)$", self._apt(["apt-cache", "policy", package]), re.MULTILINE)
        if not found or found[1] == "(none)":
            raise Unavailable(f"no package {package}")
        return found[1]

    def kernel_package(self, meta):
        """The package that holds the image: meta -> linux-image-VERSION -> (since 7.x) linux-binary-VERSION."""
        image = self._dependency(meta, "linux-image-") or meta
        return self._dependency(image, "linux-binary-") or image

    def _dependency(self, package, prefix):
        found = re.search(rf"^ +Depends: ({prefix}\d\S*)", self._apt(["apt-cache", "depends", package]), re.MULTILINE)
        return found and found[1]

    def _apt(self, command, cwd=None):
        return _run(command, cwd=cwd, env=os.environ | {"APT_CONFIG": str(self._configuration)})


def _require(package, version, at_least):
    if subprocess.run(["dpkg", "--compare-versions", version, "ge", at_least], check=False).returncode != 0:
        raise Unavailable(f"{package} is {version}, the lab needs {at_least}")


def _os_release():
    lines = Path("/etc/os-release").read_text().splitlines()
    return dict((key, value.strip('"')) for key, _, value in (line.partition("=") for line in lines))


def _run(command, cwd=None, env=None):
    env = (env or os.environ) | {"LC_ALL": "C"}
    try:
        done = subprocess.run(command, cwd=cwd, env=env, capture_output=True, text=True, timeout=COMMAND_SECONDS, check=False)
    except FileNotFoundError as missing:
        raise Unavailable(f"no {missing.filename} on this machine") from None
    except subprocess.TimeoutExpired:
        raise Unavailable(f"{command[0]} took longer than {COMMAND_SECONDS} s") from None
    if done.returncode != 0:
        # apt names its errors E:, with warnings and progress around them
        errors = [line for line in done.stderr.splitlines() if line.startswith("E:")] or done.stderr.splitlines()[-1:]
        raise Unavailable(f"{' '.join(map(str, command[:3]))}: {' '.join(errors)[:200] or done.returncode}")
    return done.stdout


@contextmanager
def _locked(path):
    with path.open("w") as file:
        fcntl.flock(file, fcntl.LOCK_EX)
        yield
