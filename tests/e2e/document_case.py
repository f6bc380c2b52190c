"""Base of the tests of documents: runs make and other programs, and gives each test a
directory."""

import os
import pathlib
import shutil
import subprocess
import tempfile
import unittest

from harness import ROOT


def run(*arguments, timeout=120, **options):
    return subprocess.run(
        [str(a) for a in arguments],
        capture_output=True,
        text=True,
        timeout=timeout,
        **options,
    )


def make(*arguments):
    """Runs make without the variables of the make that runs the tests."""
    environment = {k: v for k, v in os.environ.items() if not k.startswith("MAKE")}
    environment.pop("MFLAGS", None)
    return run("make", "-C", ROOT, *arguments, env=environment)


class DoneCase(unittest.TestCase):
    def assertDone(self, done):
        self.assertEqual(done.returncode, 0, done.stdout + done.stderr)
        return done.stdout


class TemporaryCase(DoneCase):
    def setUp(self):
        self.dir = pathlib.Path(tempfile.mkdtemp(prefix="document-"))
        self.addCleanup(shutil.rmtree, self.dir)
