#!/usr/bin/env python3
"""A release of Debian to build and test in: a root with the packages of
.ci/packages, made once and kept in build/package/.

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
# For all tests; on two processors they take a quarter of it.
MINUTES = 40


class Release:
    def __init__(self, suite):
        self.root = bootstrap(suite, "source", {"ca-certificates", "make"})
        install = f"/source/.ci/packages {JOBS}"
        if self.run(install, {ROOT: "/source"}, network=True) != 0:
            raise RuntimeError(f"{suite}: {install} has failed")

    def command(self, script, directories, network=False):
        """The command line that runs a shell script in the release as root, without
        a service manager. `directories` maps directories of this machine to their
        names there; writes elsewhere stay in the release's root."""
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
        """Runs the script and returns its exit status."""
        # systemd-nspawn's own messages must not follow the script's last line.
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
        """Runs the script, which must succeed, and returns its output."""
        command = self.command(*arguments)
        done = subprocess.run(
            command, stdin=subprocess.DEVNULL, capture_output=True, text=True
        )
        if done.returncode != 0:
            raise RuntimeError(f"{command}: {done.returncode}\n{done.stdout}{done.stderr}")
        return done.stdout


def copy_source(place):
    """A copy of the source with its npm packages, without build output."""
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
    # Below root's home, which other users cannot read.
    sys.exit(release.run("cd /root/tallyman && make test", {tree: "/root/tallyman"}))


if __name__ == "__main__":
    main()
