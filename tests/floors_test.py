#!/usr/bin/env python3
"""floors.py refuses what it is there to refuse, and nothing else."""
import pathlib
import subprocess
import sys
import tempfile
import unittest

FLOORS = pathlib.Path(__file__).resolve().parent / "floors.py"


def floors(**sources: str) -> subprocess.CompletedProcess:
    """Runs floors.py on a tree that holds FOLDER/file.cpp for each FOLDER=text."""
    with tempfile.TemporaryDirectory() as root:
        for folder, text in sources.items():
            pathlib.Path(root, folder).mkdir()
            pathlib.Path(root, folder, "file.cpp").write_text(text)
        return subprocess.run([sys.executable, FLOORS, root], capture_output=True, text=True)


class Floors(unittest.TestCase):
    def refuses(self, said: str, **sources: str):
        done = floors(**sources)
        self.assertEqual(done.returncode, 1)
        self.assertIn(said, done.stdout)

    def takes(self, **sources: str):
        done = floors(**sources)
        self.assertEqual((done.returncode, done.stdout.strip()), (0, ""))

    def test_takes_an_include_of_itself_and_of_a_lower_floor(self):
        self.takes(spdm='#include "spdm/codec.h"\n#include "wire/reader.h"\n#include <vector>\n')

    def test_refuses_an_upward_include(self):
        self.refuses("wire/file.cpp:2: wire may not know spdm", wire='#include <span>\n#include "spdm/types.h"\n')

    def test_refuses_a_neighbour_on_the_same_floor(self):
        self.refuses("spdm may not know transport", spdm='#include "transport/channel.h"\n')

    def test_refuses_a_lower_floor_that_a_folder_may_not_know(self):
        self.refuses("appraisal may not know host", appraisal='  #  include "host/file_tree.h"\n')

    def test_refuses_a_folder_that_has_no_floor(self):
        self.refuses("base may not know cellar", base='#include "cellar/wine.h"\n')

    def test_refuses_openssl_outside_crypto(self):
        self.refuses("<openssl/evp.h> belongs to crypto", trust="#include <openssl/evp.h>\n")
        self.takes(crypto="#include <openssl/evp.h>\n")

    def test_refuses_the_loading_of_libraries_outside_crypto_and_host(self):
        self.refuses("<dlfcn.h> belongs to crypto, host", trust="#include <dlfcn.h>\n")
        self.takes(crypto="#include <dlfcn.h>\n")

    def test_refuses_system_headers_outside_host(self):
        self.refuses("<sys/ioctl.h> belongs to", drive="#include <sys/ioctl.h>\n")
        self.takes(host="#include <sys/ioctl.h>\n")

    def test_refuses_a_tree_without_sources(self):
        self.refuses("no source found")


if __name__ == "__main__":
    unittest.main()
