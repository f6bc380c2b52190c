"""A bare Debian with nginx and a real systemd, in its own namespaces: installing
there does not affect this machine, and its only network is its own loopback.

    with Machine(make_root("trixie", package), packages, log) as machine:
        machine.run("dpkg", "-i", "/packages/tallyman.deb")

mmdebstrap makes the root once, in build/package/. Writes of a machine go to memory
and are lost with it.
"""

import os
import pathlib
import subprocess
import sys
import time

ROOT = pathlib.Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT / "tests/e2e"))

import harness
from harness import Process, tail, wait_until

# A whole system starts and ends while other tests run: minutes on a loaded machine.
harness.PATIENCE = 300
PLACE = ROOT / "build/package"
# Installed before the package, with its dependencies: the machine has no network
# to fetch them.
OTHERS = ("apache2", "lighttpd")  # not started: nginx has port 80
PACKAGES = {"systemd-sysv", "dbus", "nginx-light", "sqlite3", "curl", "spawn-fcgi", "multiwatch",
            "libapache2-mod-fcgid", *OTHERS}


def dependencies(package):
    """The names of its dependencies; of alternatives the first."""
    field = subprocess.check_output(["dpkg-deb", "-f", package, "Depends"], text=True)
    return {one.split()[0] for one in field.split(",")}


def bootstrap(suite, name, packages, *options):
    """The directory of a bare system of that suite with these packages. Rebuilt
    only when the packages change."""
    wanted = ",".join(sorted(packages))
    root = PLACE / suite / name
    made_of = PLACE / suite / f"{name}.packages"
    if not made_of.exists() or made_of.read_text() != wanted:
        root.parent.mkdir(parents=True, exist_ok=True)
        for last in (False, False, True):
            subprocess.run(["rm", "-rf", made_of, root], check=True)
            done = subprocess.run(
                ["mmdebstrap", "--quiet", "--variant=minbase", f"--include={wanted}",
                 "--dpkgopt=force-unsafe-io", *options, suite, root],
                check=last, stdin=subprocess.DEVNULL,
            )
            if done.returncode == 0:
                break
            time.sleep(20)  # the network may be down for a moment
        made_of.write_text(wanted)
    return root


def make_root(suite, package):
    """The directory of the system before the package is installed."""
    return bootstrap(
        suite, "machine", PACKAGES | dependencies(package),
        "--customize-hook=systemctl --root=$1 disable " + " ".join(OTHERS),
    )


class Machine:
    """Starts with `boot`, or runs single commands without any service manager.
    `packages` is a directory that it sees as /packages."""

    def __init__(self, root, packages, log):
        self.log = log
        self.command = [
            "systemd-nspawn", "--quiet", "--register=no", "--keep-unit",
            "--private-network", "--volatile=overlay",
            f"--machine=tallyman-{os.getpid()}", f"--directory={root}", f"--bind-ro={packages}:/packages",
        ]
        self.process = None

    def __enter__(self):
        return self.boot()

    def __exit__(self, *_):
        self.stop()

    def boot(self):
        self.process = Process([*self.command, "--boot"], self.log,
                               stdin=subprocess.DEVNULL)
        try:
            wait_until(self._booted, "systemd to be up")
        except Exception:
            self.stop()
            raise RuntimeError(tail(self.log)) from None
        return self

    def _init(self):
        """The PID on this machine of the other machine's process 1."""
        pid = self.process.pid
        children = pathlib.Path(f"/proc/{pid}/task/{pid}/children").read_text()
        return children.split()[0] if children else None

    def _booted(self):
        if not self.process.alive():
            raise RuntimeError("systemd-nspawn has ended")
        return self._init() and self.run(
            "systemctl", "is-system-running", check=False
        ).stdout.strip() in ("running", "degraded")

    def enter(self, *command, namespaces=("-m", "-u", "-i", "-n", "-p")):
        """The command line that runs a command on the machine."""
        return ["nsenter", "-t", self._init(), *namespaces, *map(str, command)]

    def run(self, *command, check=True, **options):
        """Runs a command on the machine, as root."""
        line = self.enter("env", "-i", "PATH=/usr/sbin:/usr/bin:/sbin:/bin", *command)
        return self._finish(line, check, options)

    def from_here(self, *command, check=True, **options):
        """Runs a program of this machine in the other one's network namespace."""
        return self._finish(self.enter(*command, namespaces=("-n",)), check, options)

    def once(self, script):
        """Runs a shell script on the machine without a service manager."""
        return self._finish([*self.command, "--as-pid2", "sh", "-ec", script], True, {})

    @staticmethod
    def _finish(line, check, options):
        options.setdefault("stdin", subprocess.DEVNULL)
        done = subprocess.run(
            line, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True,
            timeout=harness.PATIENCE, **options,
        )
        if check and done.returncode != 0:
            raise RuntimeError(f"{line}: {done.returncode}\n{done.stdout}")
        return done

    def stop(self):
        if self.process:
            self.process.stop()
            self.process = None
