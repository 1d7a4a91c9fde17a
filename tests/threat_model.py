#!/usr/bin/env python3
"""Every test that docs/threat-model.md names exists, and no attack stands there without one."""
import pathlib
import re
import sys

ROOT = pathlib.Path(__file__).resolve().parent.parent
DECLARED = re.compile(r"^(?:TEST|TEST_F|TEST_P|TYPED_TEST)\((\w+),\s*(\w+)\)", re.MULTILINE)


def main() -> int:
    known = {f"fuzz.{name}" for name in re.findall(r"^busguard_fuzz\((\w+)", (ROOT / "fuzz/CMakeLists.txt").read_text(), re.MULTILINE)}
    known |= {f"lab.{scenario.stem}" for scenario in (ROOT / "lab/scenarios").glob("*.toml")}
    for file in (ROOT / "tests").rglob("*.cpp"):
        known |= {f"{suite}.{test}" for suite, test in DECLARED.findall(file.read_text())}

    wrong, attacks = [], 0
    for number, line in enumerate((ROOT / "docs/threat-model.md").read_text().splitlines(), 1):
        cells = [cell.strip() for cell in line.strip("|").split("|")]
        if not line.startswith("| ") or len(cells) != 3 or cells[0] == "attack" or set(cells[0]) == {"-"}:
            continue
        if cells[0].startswith("**"):  # a heading within the table
            continue
        attacks += 1
        named = re.findall(r"`([^`]+)`", cells[2])
        if not named:
            wrong.append(f"docs/threat-model.md:{number}: no test answers this attack")
        wrong += [f"docs/threat-model.md:{number}: there is no test {name}" for name in named if name not in known]
    if not attacks:
        wrong.append("docs/threat-model.md: no table found")
    print("\n".join(wrong) or f"{attacks} attacks, each with its tests")
    return bool(wrong)


if __name__ == "__main__":
    sys.exit(main())
