"""Base of the tests of backup, restore and merge: `tallyman` while
responders run, as their user."""

import os
import shutil
import subprocess

import harness
from command_case import TALLYMAN
from responder_case import ResponderCase



def read_all(master):
    """Returns everything written to a terminal, read until its end."""
    parts = []
    try:
        while part := os.read(master, 1 << 20):
            parts.append(part)
    except OSError:  # EIO: the other side is closed
        pass
    return b"".join(parts)


class KeepCase(ResponderCase):
    responders_wanted = 2

    def setUp(self):
        super().setUp()
        # A copy: the user may not be able to read the build directory.
        self.program = self.site.home / "tallyman"
        shutil.copy(TALLYMAN, self.program)

    def command(self, name, *arguments, config=None, **options):
        """Runs the command; returns the result of subprocess.run."""
        options = {**harness.of_user(harness.USER), **options}
        return subprocess.run(
            [self.program, name, "-c", config or self.site.config]
            + [str(a) for a in arguments],
            capture_output=True,
            text=True,
            timeout=4 * harness.PATIENCE,
            **options,
        )

    def succeed(self, *arguments, **options):
        """Runs the command and returns its output."""
        done = self.command(*arguments, **options)
        self.assertEqual((done.returncode, done.stderr), (0, ""), done)
        return done.stdout

    def fail_with(self, *arguments, status=1, **options):
        """Runs the command and returns its error message."""
        done = self.command(*arguments, **options)
        self.assertEqual((done.returncode, done.stdout), (status, ""), done)
        return done.stderr
