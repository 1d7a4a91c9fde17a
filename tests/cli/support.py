"""What the tests of the program share: running it, and a machine with devices to run it on."""

import json
import os
import pathlib
import subprocess
import sys
import tempfile
import unittest

SOURCE = pathlib.Path(os.environ.get("BUSGUARD_SOURCE", pathlib.Path(__file__).resolve().parent.parent.parent))
BUSGUARD = os.environ.get("BUSGUARD", SOURCE / "build/debug/bin/busguard")
BUSGUARDD = os.environ.get("BUSGUARDD", SOURCE / "build/debug/bin/busguardd")
MACHINE = SOURCE / "tests/cli/machine.toml"
STATE = pathlib.Path(os.environ.get("BUSGUARD_TEST_STATE", tempfile.gettempdir() + "/busguard-test-state"))
DATA = pathlib.Path(os.environ.get("BUSGUARD_SHARED_DATA", SOURCE.parent / "shared/data"))
COMMANDS = ["list", "authenticate", "show", "measure", "verify", "decode", "doctor", "emulate", "pki", "policy", "status", "monitor", "release", "claim", "reasons", "log", "witness"]
SUBCOMMANDS = {"pki": ["init", "root", "authority", "issue", "revoke"], "policy": ["check", "try", "explain", "generate"], "log": ["status", "list", "show", "prove", "verify", "export", "fsck", "rotate", "serve", "cosign"]}

OK, TROUBLE, FAILED, UNDETERMINED, UNSUPPORTED, NO_REFERENCE = range(6)


class Ran:
    def __init__(self, status, out, err):
        self.status, self.out, self.err = status, out, err

    def json(self):
        return json.loads(self.out)


def run(*arguments, stdin=None, binary=False, env=None):
    done = subprocess.run(
        [BUSGUARD, *map(str, arguments)], input=stdin, capture_output=True, timeout=120, check=False,
        env={key: value for key, value in os.environ.items() if key != "NO_COLOR"} | (env or {}),
    )
    if binary:
        return Ran(done.returncode, done.stdout, done.stderr)
    return Ran(done.returncode, done.stdout.decode(), done.stderr.decode())


def on_machine(*arguments, **more):
    """Runs a command on the tests' machine, emulated in process; its keys are made once per suite."""
    return run(*arguments, "--machine", MACHINE, "--state", STATE, **more)


def anchors():
    """The directory of the machine's trusted roots."""
    directory = STATE / "anchors"
    if not directory.is_dir():
        on_machine("list")
    return directory


class TestCase(unittest.TestCase):
    maxDiff = None

    def expect(self, ran, status):
        self.assertEqual(ran.status, status, f"\nstdout: {ran.out}\nstderr: {ran.err}")
        return ran

    def expect_error(self, ran, field=None, message=None, remedy=None):
        """Exit status 1, and one JSON document of the schema busguard.error/1."""
        self.expect(ran, TROUBLE)
        document = ran.json()
        self.assertEqual(document["schema"], "busguard.error/1")
        error = document["error"]
        self.assertEqual(set(error), {"code", "message", "file", "line", "field", "remedy"})
        if field is not None:
            self.assertEqual(error["field"], field)
        if message is not None:
            self.assertIn(message, error["message"])
        if remedy is not None:
            self.assertIn(remedy, error["remedy"])
        return error

    def temporary(self):
        directory = tempfile.TemporaryDirectory(prefix="busguard-test-")
        self.addCleanup(directory.cleanup)
        return pathlib.Path(directory.name)


def main():
    program = unittest.main(exit=False)
    result = program.result
    if result.wasSuccessful() and result.testsRun == len(result.skipped):
        sys.exit(77)
    sys.exit(not result.wasSuccessful())
