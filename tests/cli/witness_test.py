"""`busguard log serve`, `log cosign` and `witness`, each a process, over HTTP on this machine."""

import http.client
import os
import signal
import subprocess

from support import BUSGUARD, OK, TROUBLE, UNDETERMINED, TestCase, main, run

# The checkpoint of "entry 0" to "entry 6" under the key of tests/tlog/golden_notes.h.
VKEY = "example.com/log+d455c521+AQOhB7/zzhC+HXDdGOdLwJln5NYwm6UNXx3chmQSVTG4"
CHECKPOINT = ("example.com/log\n7\nmMl/C6MXXNCLAx3QhLncTmSbZNGijm6mlGRlAxc6tYc=\n\n\u2014 example.com/log "
              "1FXFIQhEJ7KqpJ6aaLP5+XkzbX9RUl+f4MxoPMcbR8ZRyOJrLYts2a9OzVWKhfFncwW/5B7f1nkEFQFrYmIR1HvY1gk=\n")


class Serving:
    def __init__(self, test, *words):
        self.process = subprocess.Popen([BUSGUARD, *map(str, words), "--listen", "127.0.0.1:0", "-v"], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
        test.addCleanup(self.end)
        said = self.process.stdout.readline()
        test.assertRegex(said, r"^listening on http://127\.0\.0\.1:\d+\n$")
        self.url = said.split()[-1]

    def end(self, how=signal.SIGTERM):
        if self.process.returncode is None:
            self.process.send_signal(how)
            self.err = self.process.communicate(timeout=20)[1]
        return self.process.returncode

    def ask(self, method, path, body=None, **fields):
        connection = http.client.HTTPConnection(self.url.removeprefix("http://"), timeout=20)
        connection.request(method, path, body=body, headers=fields)
        answer = connection.getresponse()
        content = answer.read().decode()
        connection.close()
        return answer.status, dict(answer.getheaders()), content


class Web(TestCase):
    def setUp(self):
        self.folder = self.temporary()
        self.log = self.folder / "log"
        (self.log / "tile/0").mkdir(parents=True)
        (self.log / "tile/0/000.p").mkdir()
        (self.log / "tile/0/000.p/7").write_bytes(bytes(7 * 32))
        (self.log / "checkpoint").write_text(CHECKPOINT)
        self.cosigned = self.log / "checkpoint.cosigned"
        self.vkeys = self.folder / "vkeys"
        self.vkeys.write_text(f"# logs\n\n{VKEY}\n")

    def witness(self, number, *options):
        key = self.folder / f"{number}.key"
        vkey = key.with_suffix(".vkey")
        if not key.exists():
            vkey.write_text(self.expect(run("witness", "key", "create", f"witness.example/w{number}", "--key", key, *options), OK).out)
        served = Serving(self, "witness", "--key", key, "--logs", self.vkeys, "--state", self.folder / f"{number}.db", "--prefix", "/p")
        return served, vkey.read_text().strip()

    def policy(self, quorum, *witnesses):
        file = self.folder / "policy"
        names = " ".join(f"w{n}" for n in range(len(witnesses)))
        file.write_text(f"log {VKEY}\n" + "".join(f"witness w{n} {vkey} {url}\n" for n, (url, vkey) in enumerate(witnesses)) +
                        f"group enough {quorum} {names}\nquorum enough\n")
        return file

    def cosign(self, policy, *more):
        return run("log", "cosign", "--log", self.log, "--policy", policy, "--state", self.folder / "state", *more)

    def test_the_log_is_served(self):
        served = Serving(self, "log", "serve", "--log", self.log)
        status, fields, content = served.ask("GET", "/checkpoint")
        self.assertEqual((status, content), (200, CHECKPOINT))
        self.assertEqual(served.ask("GET", "/checkpoint", **{"If-None-Match": fields["ETag"]})[0], 304)
        self.assertEqual(served.ask("HEAD", "/tile/0/000.p/7")[1]["Content-Length"], "224")
        self.assertEqual(served.ask("GET", "/vkeys")[0], 404)
        self.assertEqual(served.ask("POST", "/checkpoint", "x")[0], 413)
        self.assertEqual(served.end(), 0)
        self.assertRegex(served.err, r"(?m)^\S+Z 127\.0\.0\.1 GET /checkpoint 304 \d+$")

    def test_a_quorum_is_published(self):
        (one, key_one), (two, key_two) = self.witness(1), self.witness(2)
        policy = self.policy("all", (one.url + "/p", key_one), (two.url + "/p/", key_two))
        two.end()
        ran = self.expect(self.cosign(policy), UNDETERMINED)
        self.assertIn("1 of 2 witnesses cosigned: no quorum", ran.out)
        self.assertIn("w1: ", ran.err)
        self.assertFalse(self.cosigned.exists())

        two, key_two = self.witness(2)
        policy = self.policy("all", (one.url + "/p", key_one), (two.url + "/p/", key_two))
        document = self.expect(self.cosign(policy, "-o", "json", "--once"), OK).json()
        self.assertEqual(document["schema"], "busguard.cosign/1")
        self.assertEqual((document["size"], document["quorum"]), (7, True))
        self.assertEqual([each["outcome"] for each in document["witnesses"]], ["cosigned", "cosigned"])
        self.assertEqual((self.log / "checkpoint").read_text(), CHECKPOINT)
        note = self.cosigned.read_text()
        self.assertTrue(note.startswith(CHECKPOINT))
        self.assertEqual(note.count("\n\u2014 "), 3)
        served = Serving(self, "log", "serve", "--log", self.log)
        status, fields, content = served.ask("GET", "/checkpoint.cosigned")
        self.assertEqual((status, content), (200, note))
        self.assertEqual(served.ask("GET", "/checkpoint.cosigned", **{"If-None-Match": fields["ETag"]})[0], 304)
        self.assertNotEqual(served.ask("GET", "/checkpoint")[1]["ETag"], fields["ETag"])

        # What was cosigned stays, and what is missing is asked for again.
        one.end()
        document = self.expect(self.cosign(policy, "-o", "json"), OK).json()
        self.assertEqual([each["outcome"] for each in document["witnesses"]], ["failed", "cosigned"])
        self.assertEqual(self.cosigned.read_text().count("\n\u2014 "), 3)

    def test_a_witness_may_sign_by_ml_dsa(self):
        tried = run("witness", "key", "create", "w", "--key", self.folder / "tried", "--algorithm", "ml-dsa-44", "-o", "json")
        if tried.status != OK:
            self.expect_error(tried, message="is nothing that this machine's OpenSSL has")
            self.assertFalse((self.folder / "tried").exists())
            self.skipTest("NOT TESTED: this OpenSSL has no ML-DSA-44")
        (one, key_one), (two, key_two) = self.witness(1), self.witness(2, "--algorithm", "ml-dsa-44")
        policy = self.policy("all", (one.url + "/p", key_one), (two.url + "/p", key_two))
        document = self.expect(self.cosign(policy, "-o", "json"), OK).json()
        self.assertEqual([each["outcome"] for each in document["witnesses"]], ["cosigned", "cosigned"])
        self.assertGreater(self.cosigned.stat().st_size, 3000)

    def test_again_and_again_until_told_to_stop(self):
        one, key = self.witness(1)
        policy = self.policy("any", (one.url + "/p", key))
        process = subprocess.Popen([BUSGUARD, "log", "cosign", "--log", self.log, "--policy", policy, "--state", self.folder / "state", "--every", "1s"],
                                   stdout=subprocess.PIPE, text=True)
        for _ in range(2):
            self.assertIn("a quorum, published", process.stdout.readline())
        process.terminate()
        self.assertEqual(process.wait(timeout=20), 0)
        process.stdout.close()

    def test_a_longer_history_is_an_alarm(self):
        one, key = self.witness(1)
        (self.folder / "state").mkdir()
        policy = self.policy("any", (one.url + "/p", key))
        self.expect(self.cosign(policy), OK)
        smaller = CHECKPOINT.replace("\n7\n", "\n6\n")
        (self.log / "checkpoint").write_text(smaller)
        self.expect(self.cosign(policy), TROUBLE)  # the log did not sign it

    def test_without_libcurl_it_says_what_to_install(self):
        one, key = self.witness(1)
        hidden = self.folder / "hidden"
        hidden.mkdir()
        (hidden / "libcurl.so.4").write_bytes(b"")  # found first, and no library
        ran = subprocess.run([BUSGUARD, "log", "cosign", "--log", self.log, "--policy", self.policy("any", (one.url + "/p", key)),
                              "--state", self.folder / "state"], env=os.environ | {"LD_LIBRARY_PATH": str(hidden)},
                             capture_output=True, text=True, check=False)
        self.assertEqual(ran.returncode, UNDETERMINED, ran.stderr)
        self.assertIn("libcurl.so.4 is not installed (Debian: libcurl4)", ran.stderr)
        self.assertFalse(self.cosigned.exists())

    def test_a_key_is_made_once(self):
        key = self.folder / "w.key"
        document = self.expect(run("witness", "key", "create", "witness.example/w", "--key", key, "-o", "json"), OK).json()
        self.assertRegex(document["vkey"], r"^witness\.example/w\+[0-9a-f]{8}\+B")
        self.assertEqual(key.stat().st_mode & 0o777, 0o600)
        self.assertRegex(key.read_text(), r"^PRIVATE\+KEY\+witness\.example/w\+[0-9a-f]{8}\+A[A-Za-z0-9+/=]+\n$")
        self.expect_error(run("witness", "key", "create", "other", "--key", key, "-o", "json"), message="is there already")
        self.expect_error(run("witness", "key", "create", "no name", "--key", self.folder / "x", "-o", "json"), field="key name")

    def test_what_is_missing_or_wrong_is_said(self):
        key = self.folder / "w.key"
        self.expect(run("witness", "key", "create", "w", "--key", key), OK)
        words = {"--key": key, "--logs": self.vkeys, "--state": self.folder / "w.db", "--listen": "127.0.0.1:0"}
        flat = lambda options: [word for pair in options.items() for word in pair]
        for missing in words:
            self.expect_error(run("witness", *flat({k: v for k, v in words.items() if k != missing}), "-o", "json"), field=missing)
        for listen in ("127.0.0.1", "127.0.0.1:", ":80", "127.0.0.1:65536", "::1:80", "127.0.0.1:80x"):
            self.expect_error(run("witness", *flat(words | {"--listen": listen}), "-o", "json"), field="--listen")
        self.expect_error(run("witness", *flat(words), "--prefix", "p", "-o", "json"), field="--prefix")
        self.vkeys.write_text(f"{VKEY}\nnonsense\n")
        self.assertEqual(self.expect_error(run("witness", *flat(words), "-o", "json"), field="vkey")["line"], 2)
        self.expect_error(run("log", "serve", "--log", self.folder / "none", "--listen", "127.0.0.1:0", "-o", "json"))
        self.expect_error(run("log", "cosign", "--log", self.log, "--policy", self.vkeys, "-o", "json"))
        self.expect_error(run("log", "cosign", "--log", self.log, "--policy", self.policy("1", ("http://x", VKEY)), "--every", "0s", "-o", "json"), field="--every")


if __name__ == "__main__":
    main()
