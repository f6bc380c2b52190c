"""The unit tests and a responder under valgrind: no errors, no memory leaks, no open
descriptors. `make valgrind` builds the programs."""

import re
import subprocess
import tempfile
import unittest

import dynamic  # noqa: F401  (extends sys.path)
import harness
import tap
from all_endpoints import AllEndpoints
from harness import ROOT
from responder_case import ResponderCase

UNIT = ROOT / "build/plain/unit"
# base/test_side_lock waits for a lock until a signal comes, which valgrind 3.19
# does not deliver during fcntl with F_OFD_SETLKW. store/test_schema and
# store/test_db_outside_log need a child that ends with its database open. Those of
# cli/ start missing programs, which posix_spawn does not report under valgrind. The
# others depend on the last digit of numbers: valgrind calculates with 64 bits where
# x86 has 80.
LEFT_OUT = {
    "base/test_side_lock",
    "base/test_number",
    "cli/test_mail",
    "cli/test_program",
    "ingest/test_faro",
    "ingest/test_protobuf_bytes",
    "ingest/text/test_text",
    "store/test_db_outside",
    "store/test_db_outside_log",
    "store/test_schema",
}
SECONDS = 3000  # for a program
OPTIONS = (
    "--leak-check=full",
    "--error-exitcode=99",
    "--child-silent-after-fork=yes",
    f"--suppressions={ROOT}/tests/dynamic/valgrind.supp",
)
# valgrind runs all threads on one processor, a hundred times slower.
harness.PATIENCE = 100


# Only for a responder: a unit test may end without freeing its fixtures.
ALL_IS_GIVEN_BACK = (
    "--show-leak-kinds=all",
    "--errors-for-leak-kinds=all",
    "--track-fds=yes",
)
NO_ERROR = "ERROR SUMMARY: 0 errors from 0 contexts"


class Units(unittest.TestCase):
    """One test per program."""


def check_unit(program):
    def test(self):
        with tempfile.NamedTemporaryFile("r", suffix=".valgrind") as log:
            done = subprocess.run(
                ["valgrind", *OPTIONS, f"--log-file={log.name}", program],
                stdin=subprocess.DEVNULL,
                stdout=subprocess.PIPE,
                stderr=subprocess.STDOUT,
                text=True,
                cwd=ROOT,
                timeout=SECONDS,
            )
            text = log.read()
        self.assertEqual(done.returncode, 0, done.stdout[-2000:] + text[-5000:])
        self.assertIn(NO_ERROR, text)

    return test


SOURCES = ROOT / "tests/unit"
NAMES = {
    str(path.relative_to(SOURCES).with_suffix(""))
    for path in SOURCES.rglob("test_*.c")
}
for name in NAMES - LEFT_OUT:
    setattr(Units, "test_" + name.replace("/", "_"), check_unit(UNIT / name))
assert NAMES > LEFT_OUT


class Responder(AllEndpoints, ResponderCase):
    def prepare(self):
        program = self.site.home / "program"
        self.site.responder.rename(program)
        log = f"--log-file={self.site.dir}/log/valgrind.log"
        options = " ".join((*OPTIONS, *ALL_IS_GIVEN_BACK, log))
        self.site.write(
            "tallyman/tallyman.fcgi",
            f'#!/bin/sh\nexec valgrind {options} {program} "$@"\n',
            mode=0o755,
        )
        self.site.give_away()

    def diagnostics(self):
        return self.report

    def keep_log(self):
        self.report = harness.tail(self.site.dir / "log/valgrind.log", 200)

    def test_every_endpoint(self):
        self.live_through()
        log = (self.site.dir / "log/valgrind.log").read_text()
        self.assertIn(NO_ERROR, log)
        left = re.findall(r"in use at exit: [\d,]+ bytes in ([\d,]+) blocks", log)
        suppressed = re.findall(r"suppressed: [\d,]+ bytes in ([\d,]+) blocks", log)
        self.assertEqual((left, suppressed), (["1"], ["1"]), log)
        opened = re.findall(r"Open file descriptor \d+: (.*)", log)
        self.assertEqual([path for path in opened if "valgrind" not in path], [], log)


if __name__ == "__main__":
    tap.main()
