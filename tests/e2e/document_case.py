"""Base of the tests of documents: runs make and other programs, and gives each test a
directory."""

import pathlib
import shutil
import subprocess
import tempfile
import unittest

from harness import ROOT, without_make


def run(*arguments, timeout=120, **options):
    return subprocess.run(
        [str(a) for a in arguments],
        capture_output=True,
        text=True,
        timeout=timeout,
        **options,
    )


def make(*arguments):
    return run("make", "-C", ROOT, *arguments, env=without_make())


class DoneCase(unittest.TestCase):
    def assertDone(self, done):
        self.assertEqual(done.returncode, 0, done.stdout + done.stderr)
        return done.stdout


class TemporaryCase(DoneCase):
    def setUp(self):
        self.dir = pathlib.Path(tempfile.mkdtemp(prefix="document-"))
        self.addCleanup(shutil.rmtree, self.dir)
