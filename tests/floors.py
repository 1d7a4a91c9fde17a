#!/usr/bin/env python3
"""Holds the includes of src/ to the floors: a folder may include itself and what it names here (docs/architecture.md)."""
import pathlib
import re
import sys

FLOOR = {
    "base": 1,
    "wire": 2, "crypto": 2, "config": 2,
    "spdm": 3, "transport": 3, "tlog": 3,
    "vendor": 4, "trust": 4, "evidence": 4, "host": 4, "drive": 4, "store": 4,
    "journal": 5, "appraisal": 5, "owner": 5, "link": 5, "emulate": 5,
    "policy": 6, "manifest": 6, "logbook": 6, "web": 6,
    "examine": 7,
    "daemon": 8, "verifier": 8, "cli": 8,
}
# What a lower floor holds and a folder may not know all the same, with the reason in docs/architecture.md.
UNKNOWN = {
    "spdm": {"transport", "host"},
    "transport": {"crypto"},
    "trust": {"spdm", "host", "transport"},
    "evidence": {"host", "transport"},
    "host": {"spdm", "crypto"},
    "appraisal": {"host", "transport", "drive"},
    "logbook": {"host", "transport", "drive"},
    "manifest": {"host", "transport", "drive", "owner", "emulate"},
    "policy": {"host", "transport", "drive", "spdm", "emulate"},
    "wire": {"crypto"},
}
# Neighbours on one floor that one may include: evidence of nobody, drive of nobody.
NEIGHBOURS: dict[str, set[str]] = {}
# Only here may these system headers stand.
ONLY_IN = {
    r"openssl/": {"crypto"},
    r"dlfcn": {"crypto", "host"},  # libcrypto_mb and libcurl, which not everybody has
    r"linux/|sys/(?!types)|unistd\.h|fcntl\.h|poll\.h": {"host", "cli"},
    r"fuse|libaudit": {"host"},
    r"curl/": {"host"},
    r"sqlite3": {"store"},
    r"cbor|libxml/|xmlsec/": {"manifest"},
}


def allowed(folder: str, other: str) -> bool:
    if other == folder:
        return True
    if other not in FLOOR or other in UNKNOWN.get(folder, set()):
        return False
    return FLOOR[other] < FLOOR[folder] or other in NEIGHBOURS.get(folder, set())


def main() -> int:
    root = pathlib.Path(sys.argv[1] if len(sys.argv) > 1 else pathlib.Path(__file__).resolve().parent.parent / "src")
    broken, seen = [], 0
    for file in sorted(root.rglob("*.[hc]*")):
        folder = file.relative_to(root).parts[0]
        for number, line in enumerate(file.read_text().splitlines(), 1):
            seen += 1
            if found := re.match(r'\s*#\s*include "(\w+)/', line):
                if not allowed(folder, found[1]):
                    broken.append(f"{file.relative_to(root)}:{number}: {folder} may not know {found[1]}")
            elif found := re.match(r"\s*#\s*include <([^>]+)>", line):
                for pattern, homes in ONLY_IN.items():
                    if re.match(pattern, found[1]) and folder not in homes:
                        broken.append(f"{file.relative_to(root)}:{number}: <{found[1]}> belongs to {', '.join(sorted(homes))}")
    if not seen:
        broken.append(f"{root}: no source found")
    print("\n".join(broken))
    return bool(broken)


if __name__ == "__main__":
    sys.exit(main())
