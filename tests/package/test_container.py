"""The container image of nginx/Containerfile, built and run by buildah on a base
that mmdebstrap makes: no registry, and only the programs of the image. The layers
are kept in build/package/."""

import json
import os
import pathlib
import shlex
import shutil
import signal
import subprocess
import tempfile
import unittest

from machine import PLACE, ROOT, bootstrap

import tap
from guides import code_blocks, section
from harness import Process, Scrape, tail, wait_until
from package_case import PUSH, sh

STORE = PLACE / "containers"
LOG = PLACE / "container.log"
BUILDAH = ["buildah", "--root", STORE / "root", "--runroot", STORE / "run",
           "--storage-driver", "overlay"]
# The guide's commands. podman's `build` is buildah's; its `run` needs the cgroups of
# a machine of its own.
BUILD, RUN, CHECK, RUN_OCI = [
    shlex.split(line)
    for block in code_blocks(section("nginx/README.md", "Containers"), "sh")
    for line in block.replace("\\\n", "").splitlines()
]
OWN_CAS = pathlib.Path("/usr/local/share/ca-certificates")
USER = 10001


def buildah(*arguments, **options):
    done = subprocess.run(
        list(map(str, [*BUILDAH, *arguments])), stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, **options,
    )
    if done.returncode != 0:
        raise RuntimeError(f"{arguments}: {done.returncode}\n{done.stdout}{done.stderr}")
    return done.stdout.strip()


def make_base():
    """The image that stands for debian:trixie-slim. npm needs the certificates
    that this machine trusts."""
    if buildah("images", "-q", "--filter", "reference=localhost/debian:trixie"):
        return
    root = bootstrap("trixie", "container", {"ca-certificates"})
    tar = STORE / "base.tar"
    sh(f"tar -C '{root}' -c --exclude='./dev/*' . >'{tar}'")
    base = buildah("from", "scratch")
    buildah("add", base, tar, "/")
    if OWN_CAS.is_dir():
        buildah("add", base, OWN_CAS, OWN_CAS)
        buildah("run", "--isolation", "chroot", base, "--", "update-ca-certificates")
    buildah("commit", "--rm", base, "localhost/debian:trixie")
    # The image contains these files.
    sh(f"rm -rf '{tar}' '{root}' '{root}.packages'")


def setUpModule():
    if os.geteuid() != 0:
        raise RuntimeError("only root can build it here: sudo make package-test")
    STORE.mkdir(parents=True, exist_ok=True)
    make_base()
    buildah("build", "--isolation", "chroot", "--layers",
            "--build-arg", "BASE=localhost/debian:trixie", *BUILD[2:], cwd=ROOT)


def descendants(pid):
    """The processes below one, by number, with their names. Any thread of buildah
    may start one."""
    found = {}
    for children in pathlib.Path(f"/proc/{pid}/task").glob("*/children"):
        try:
            for child in children.read_text().split():
                found[int(child)] = pathlib.Path(f"/proc/{child}/comm").read_text().strip()
                found |= descendants(child)
        except OSError:
            pass  # it has just ended
    return found


class Container(unittest.TestCase):
    def setUp(self):
        self.volume = pathlib.Path(tempfile.mkdtemp(prefix="container-"))
        self.addCleanup(shutil.rmtree, self.volume)
        os.chown(self.volume, USER, USER)
        self.name = buildah("from", "tallyman")
        self.addCleanup(buildah, "rm", self.name)
        self.process = None
        self.start()

    def diagnostics(self):
        return tail(LOG)

    def start(self):
        """In a network of its own, as the image's user."""
        command = " ".join(map(str, [
            *BUILDAH, "run", "--isolation", "chroot", "--user", USER,
            "-v", f"{self.volume}:/var/lib/tallyman", self.name, "--", "tallyman-container"]))
        self.process = Process(
            ["unshare", "--net", "sh", "-ec", f"ip link set lo up; exec {command}"],
            LOG, stdin=subprocess.DEVNULL)
        self.addCleanup(self.process.stop)
        wait_until(lambda: self.process.alive() and self.health() == 0, "the image's health check")
        wait_until(lambda: len(self.running("tallyman.fcgi")) == 2, "both responders")

    def running(self, name):
        return [pid for pid, comm in descendants(self.process.pid).items() if comm == name]

    def curl(self, *arguments):
        return subprocess.run(
            ["nsenter", "-t", str(self.process.pid), "-n", *arguments],
            stdin=subprocess.DEVNULL, capture_output=True, text=True)

    def image(self):
        """The configuration that the image has."""
        found = json.loads(buildah("inspect", "--type", "image", "tallyman"))
        return found["Docker"]["config"]

    def health(self):
        """The exit status of the health check that the image names."""
        check = self.image()["Healthcheck"]["Test"]
        self.assertEqual(check[0], "CMD")
        return self.curl(*check[1:]).returncode

    def push(self):
        done = self.curl("curl", "-sS", "--json", PUSH, "http://127.0.0.1:8080/tallyman/record")
        self.assertEqual(done.stdout, "OK\n", done.stderr)

    def total(self):
        done = self.curl("curl", "-fsS", "http://127.0.0.1:8080/tallyman/metrics")
        return Scrape(done.stdout).total("web_page_views_total")

    def end(self, name, number):
        (first, *_) = self.running(name)
        os.kill(first, number)
        return self.process.wait()

    def test_life(self):
        """A killed responder is replaced, SIGTERM ends it with 0, and the next
        container on the volume has the totals."""
        self.push()
        self.assertEqual(self.total(), 3)
        before = self.running("tallyman.fcgi")
        os.kill(before[0], signal.SIGKILL)
        wait_until(lambda: len(self.running("tallyman.fcgi")) == 2
                   and before[0] not in self.running("tallyman.fcgi"), "another responder")
        self.assertEqual(self.total(), 3)
        owners = {pathlib.Path(f"/proc/{pid}").stat().st_uid
                  for name in ("tallyman.fcgi", "nginx") for pid in self.running(name)}
        self.assertEqual(owners, {USER})
        self.assertEqual(self.end("tallyman-contai", signal.SIGTERM), 0)
        self.start()
        self.assertEqual(self.total(), 3)

    def test_end_of_nginx_ends_the_container(self):
        self.assertEqual(self.end("nginx", signal.SIGKILL), 1)

    def test_commands_of_the_guide(self):
        """Those of nginx/README.md, section Containers, that start a container name the
        image's port, volume and health check."""
        self.assertEqual(BUILD[:2], ["podman", "build"])
        config = self.image()
        for words in (RUN, RUN_OCI):
            with self.subTest(words):
                self.assertEqual(words[:3], ["podman", "run", "-d"])
                options = dict(zip(words[3:-1:2], words[4:-1:2]))
                address, _, port = options["-p"].partition(":")
                self.assertEqual(address, "127.0.0.1")
                self.assertEqual([f"{port.partition(':')[2]}/tcp"], list(config["ExposedPorts"]))
                self.assertEqual(options["-v"].partition(":")[::2],
                                 ("tallyman", *config["Volumes"]))
                self.assertEqual(words[-1], "tallyman")
        self.assertEqual(options["--health-cmd"].split(), [
            word for word in config["Healthcheck"]["Test"][1:] if word not in ("-o", "/dev/null")])
        done = self.curl("sh", "-c", options["--health-cmd"])
        self.assertEqual((done.returncode, done.stdout), (0, "ready\n"))
        self.assertEqual(self.curl(CHECK[0], "-sS", *CHECK[1:]).stdout, "ready\n")

    def test_image(self):
        config = self.image()
        self.assertEqual(
            [config["User"], list(config["Volumes"]), list(config["ExposedPorts"]),
             config["StopSignal"], config["Entrypoint"]],
            [str(USER), ["/var/lib/tallyman"], ["8080/tcp"], "SIGTERM", ["tallyman-container"]])


if __name__ == "__main__":
    tap.main()
