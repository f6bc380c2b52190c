"""tests/run: its summary of the TAP that programs print."""

import os
import pathlib
import re
import shutil
import subprocess
import tempfile
import unittest

import tap
from harness import ROOT

# Output and end of each program, and the runner's report.
PROGRAMS = {
    "good": ("ok 1 - a\nok 2 - b\n1..2\n", "exit 0", "good 2 passed, 0 failed\n"),
    "bad": (
        "ok 1 - a\nnot ok 2 - b\n# why\n1..2\n", "exit 1",
        "ok 1 - a\nnot ok 2 - b\n# why\n1..2\nbad 1 passed, 1 failed\n",
    ),
    "skips": (
        "ok 1 - a # SKIP needs a terminal\nok 2 - b\n1..2\n", "exit 0",
        "ok 1 - a # SKIP needs a terminal\nskips 1 passed, 0 failed, 1 skipped\n",
    ),
    "skips_all": (
        "ok 1 - a # SKIP needs a terminal\n1..1\n", "exit 0",
        "ok 1 - a # SKIP needs a terminal\nskips_all 0 passed, 0 failed, 1 skipped\n",
    ),
    "ends_early": (
        "ok 1 - a # SKIP\nok 2 - b\n1..3\n", "exit 0",
        "ok 1 - a # SKIP\nok 2 - b\n1..3\n# ends_early ended with status 0 after 2 of 3 tests\n"
        "ends_early 1 passed, 1 failed, 1 skipped\n",
    ),
    "ends_badly": (
        "ok 1 - a\n1..1\n", "exit 3",
        "ok 1 - a\n1..1\n# ends_badly ended with status 3 after 1 of 1 tests\n"
        "ends_badly 1 passed, 1 failed\n",
    ),
    "silent": (
        "", "exit 0",
        "# silent ended with status 0 after 0 of 0 tests\nsilent 0 passed, 1 failed\n",
    ),
    "hangs": (
        "ok 1 - a\n1..2\n", "exec sleep 600",
        "ok 1 - a\n1..2\n# hangs ended with status 124 after 1 of 2 tests\n"
        "hangs 1 passed, 1 failed\n",
    ),
}
# The programs of a run, the last line, and whether the run succeeds.
RUNS = (
    ("good", "2 passed, 0 failed", True),
    ("good bad", "3 passed, 1 failed", False),
    ("good skips skips_all", "3 passed, 0 failed, 2 skipped", True),
    ("bad skips", "2 passed, 1 failed, 1 skipped", False),
    ("skips_all", "0 passed, 0 failed, 1 skipped", False),
    ("ends_early ends_badly silent", "2 passed, 3 failed, 1 skipped", False),
    ("good hangs", "3 passed, 1 failed", False),
)


class Run(unittest.TestCase):
    maxDiff = None

    def setUp(self):
        self.dir = pathlib.Path(tempfile.mkdtemp(prefix="run-"))
        self.addCleanup(shutil.rmtree, self.dir)
        for name, (printed, end, _) in PROGRAMS.items():
            (self.dir / f"{name}.tap").write_text(printed)
            program = self.dir / name
            program.write_text(f"#!/bin/sh\ncat {program}.tap\n{end}\n")
            program.chmod(0o755)

    def test_runs(self):
        for names, last, good in RUNS:
            with self.subTest(names):
                done = subprocess.run(
                    [ROOT / "tests/run", *(self.dir / name for name in names.split())],
                    env={**os.environ, "JOBS": "1", "TORTURE": "", "LIMIT": "10"},
                    stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True,
                )
                said = done.stdout.replace(f"{self.dir}/", "")
                said = re.sub(r"  +| \(\d+ s\)", lambda found: " " * (found[0][1] == " "), said)
                want = "".join(PROGRAMS[name][2] for name in names.split())
                self.assertEqual(said, f"{want}{last}\n")
                self.assertEqual(done.returncode == 0, good)


if __name__ == "__main__":
    tap.main()
