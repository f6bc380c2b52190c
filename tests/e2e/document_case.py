"""Base of the tests of documents: runs make, gives each test a directory, and
answers single requests with the responder."""

import os
import pathlib
import re
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


class TemporaryCase(unittest.TestCase):
    def setUp(self):
        self.dir = pathlib.Path(tempfile.mkdtemp(prefix="readme-"))
        self.addCleanup(shutil.rmtree, self.dir)

    def assertDone(self, done):
        self.assertEqual(done.returncode, 0, done.stdout + done.stderr)
        return done.stdout

    def configure(self, directory):
        """Writes a configuration with the demo's allowlist; returns its path."""
        shutil.copytree(ROOT / "fcgi/metrics.d", directory / "metrics.d")
        config = directory / "tallyman.json"
        config.write_text('{"database": "tallyman.db"}\n')
        return config

    def request(self, responder, config, method, path, body=""):
        """Returns the status and the body of a CGI request."""
        environment = {
            "TALLYMAN_CONFIG": str(config),
            "GATEWAY_INTERFACE": "CGI/1.1",
            "REQUEST_METHOD": method,
            "REQUEST_URI": path,
            "CONTENT_LENGTH": str(len(body)),
            "CONTENT_TYPE": "application/json",
        }
        reply = self.assertDone(run(responder, input=body, env=environment))
        head, _, body = reply.replace("\r\n", "\n").partition("\n\n")
        return int(re.search(r"^Status: (\d+)", head)[1]), body
