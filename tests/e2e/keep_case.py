"""What the tests of backup and its kin stand on: `tallyman` beside running
responders, as the user that they run as."""

import os
import shutil
import subprocess

import harness
from responder_case import ResponderCase

COMMAND = harness.ROOT / os.environ.get("TALLYMAN", "build/tallyman")


def read_all(master):
    """All that a terminal was told, also if it comes in several parts."""
    parts = []
    try:
        while part := os.read(master, 1 << 20):
            parts.append(part)
    except OSError:  # EIO: nobody has the other side any more
        pass
    return b"".join(parts)


class KeepCase(ResponderCase):
    responders_wanted = 2

    def setUp(self):
        super().setUp()
        # Copied, since the user it runs as may not reach the build directory.
        self.program = self.site.home / "tallyman"
        shutil.copy(COMMAND, self.program)

    def command(self, name, *arguments, config=None, **options):
        """Runs it and returns what subprocess.run does."""
        if harness.USER is not None:
            options.setdefault("user", harness.USER.pw_uid)
            options.setdefault("group", harness.USER.pw_gid)
            options.setdefault("extra_groups", [])
        return subprocess.run(
            [self.program, name, "-c", config or self.site.config]
            + [str(a) for a in arguments],
            capture_output=True,
            text=True,
            timeout=4 * harness.PATIENCE,
            **options,
        )

    def succeed(self, *arguments, **options):
        """Runs it, and returns what it printed."""
        done = self.command(*arguments, **options)
        self.assertEqual((done.returncode, done.stderr), (0, ""), done)
        return done.stdout

    def fail_with(self, *arguments, status=1, **options):
        """Runs it, and returns the error that it printed."""
        done = self.command(*arguments, **options)
        self.assertEqual((done.returncode, done.stdout), (status, ""), done)
        return done.stderr
