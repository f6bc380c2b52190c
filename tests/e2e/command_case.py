"""Base of the tests of the operator's command: a directory with a configuration,
which the responder fills as a CGI program, and `tallyman`."""

import json
import os
import pathlib
import re
import shutil
import sqlite3
import subprocess
import tempfile
import unittest

from harness import PATIENCE, RESPONDER, ROOT

TALLYMAN = ROOT / os.environ.get("TALLYMAN", "build/tallyman")
# Bars are drawn with blocks in the first locale, with # in the second.
PLAIN = {"LC_ALL": "C", "PATH": os.environ["PATH"]}
UTF8 = {"LC_ALL": "C.UTF-8", "PATH": os.environ["PATH"]}


class CommandCase(unittest.TestCase):
    """Gives each test a directory of its own."""

    settings = {}  # written to tallyman.json
    responder = RESPONDER
    maxDiff = None

    def setUp(self):
        self.dir = pathlib.Path(tempfile.mkdtemp(prefix="command-"))
        self.addCleanup(shutil.rmtree, self.dir, ignore_errors=True)
        shutil.copytree(ROOT / "fcgi/metrics.d", self.dir / "metrics.d")
        self.config = self.dir / "tallyman.json"
        self.database = self.dir / "tallyman.db"
        self.configure()

    def configure(self, **settings):
        self.config.write_text(
            json.dumps({"database": "tallyman.db", **self.settings, **settings})
        )

    def request(self, method, path, body="", kind="application/json",
                **params):
        """Returns the status and the body of one CGI request. The query by SQL that
        follows a reply has ended, too."""
        over, held = os.pipe()
        done = subprocess.run(
            [self.responder],
            input=body,
            capture_output=True,
            text=True,
            timeout=PATIENCE,
            pass_fds=[held],  # the query's process has it open as well
            env={
                "TALLYMAN_CONFIG": str(self.config),
                "GATEWAY_INTERFACE": "CGI/1.1",
                "REQUEST_METHOD": method,
                "REQUEST_URI": path,
                "REMOTE_ADDR": "127.0.0.1",
                "CONTENT_LENGTH": str(len(body.encode())),
                "CONTENT_TYPE": kind,
                **params,
            },
        )
        os.close(held)
        os.read(over, 1)
        os.close(over)
        head, _, text = done.stdout.replace("\r\n", "\n").partition("\n\n")
        return int(re.search(r"^Status: (\d+)", head)[1]), text

    def record(self, *samples):
        """Pushes like a browser."""
        self.assertEqual(
            self.request("POST", "/record", json.dumps(samples)), (200, "OK\n")
        )

    def push(self, text):
        """Pushes like a program."""
        status, answer = self.request("POST", "/metrics", text, "text/plain")
        self.assertEqual(status, 202, answer)

    def run_command(self, *arguments, env=None, **options):
        return subprocess.run(
            [TALLYMAN, arguments[0], "-c", self.config, *map(str, arguments[1:])],
            capture_output=True,
            text=True,
            timeout=PATIENCE,
            env=PLAIN if env is None else env,
            **options,
        )

    def output(self, *arguments, status=0, **options):
        """Returns the command's output; its exit status must be `status`."""
        done = self.run_command(*arguments, **options)
        self.assertEqual(done.returncode, status, done.stdout + done.stderr)
        if status == 0:
            self.assertEqual(done.stderr, "")
        return done.stdout if status == 0 else done.stderr

    def rows(self, sql, *parameters):
        connection = sqlite3.connect(self.database)
        try:
            return connection.execute(sql, parameters).fetchall()
        finally:
            connection.close()

    def write(self, sql, *parameters):
        connection = sqlite3.connect(self.database)
        try:
            with connection:
                connection.execute(sql, parameters)
        finally:
            connection.close()
