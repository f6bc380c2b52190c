#!/usr/bin/env python3
"""A release of Debian to build and to test in: a root with all packages that
.ci/packages names for that, made once and kept in build/package/.

    release.py 13       runs `make test` in a fresh copy of this source there
"""

import os
import pathlib
import platform
import subprocess
import sys

from machine import PLACE, ROOT, bootstrap

SUITES = {"12": "bookworm", "13": "trixie"}
HERE = platform.freedesktop_os_release().get("VERSION_CODENAME")
JOBS = "build site test package"
# All tests together; on two processors they take a quarter of it.
MINUTES = 40


class Release:
    def __init__(self, suite):
        self.root = bootstrap(suite, "source", {"ca-certificates", "make"})
        install = f"/source/.ci/packages {JOBS}"
        if self.run(install, {ROOT: "/source"}, network=True) != 0:
            raise RuntimeError(f"{suite}: {install} has failed")

    def command(self, script, directories, network=False):
        """The command line that runs a shell script there as root, with no
        service manager around it. `directories` are those of this machine that
        it sees, with its names for them; what it writes elsewhere stays."""
        return [
            "timeout", "--kill-after=30", f"{MINUTES}m",
            "systemd-nspawn", "--quiet", "--pipe", "--register=no", "--keep-unit",
            "--as-pid2", f"--machine=tallyman-{os.getpid()}",
            f"--directory={self.root}",
            *(f"--bind={here}:{there}" for here, there in directories.items()),
            *([] if network else ["--private-network"]),
            "sh", "-ec", f"exec 2>&1\n{script}",
        ]

    def run(self, *arguments, **options):
        """Runs it and returns its exit status."""
        # systemd-nspawn speaks at its end, where the last line is to be another.
        with open(self.root.with_suffix(".log"), "w+") as log:
            done = subprocess.run(
                self.command(*arguments, **options),
                stdin=subprocess.DEVNULL, stderr=log,
            )
            if done.returncode != 0:
                log.seek(0)
                sys.stderr.write(log.read())
        return done.returncode

    def output(self, *arguments):
        """Runs it and returns its output; it must succeed."""
        command = self.command(*arguments)
        done = subprocess.run(
            command, stdin=subprocess.DEVNULL, capture_output=True, text=True
        )
        if done.returncode != 0:
            raise RuntimeError(f"{command}: {done.returncode}\n{done.stdout}{done.stderr}")
        return done.stdout


def copy_source(place):
    """A copy of the source with what it has from npm, and nothing built."""
    subprocess.run(["rm", "-rf", place], check=True)
    place.mkdir(parents=True)
    subprocess.run(
        f"tar -c --exclude=./build --exclude=./.git --exclude=__pycache__ ."
        f" | tar -x --no-same-owner -C '{place}'",
        shell=True, cwd=ROOT, check=True,
    )


def main():
    suite = SUITES.get(sys.argv[1])
    if suite is None:
        sys.exit(f"release.py: {sys.argv[1]}: must be one of {', '.join(SUITES)}")
    release = Release(suite)
    tree = PLACE / suite / "tree"
    copy_source(tree)
    # Below root's home, which no other user can read.
    sys.exit(release.run("cd /root/tallyman && make test", {tree: "/root/tallyman"}))


if __name__ == "__main__":
    main()
