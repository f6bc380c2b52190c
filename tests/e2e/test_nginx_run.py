"""Tallyman behind nginx without systemd, by nginx/tallyman.run."""

import grp
import os
import pathlib
import pwd
import signal
import subprocess

import checks
import harness
import tap
import webservers
from checks import FEATURE
from harness import counter, wait_until

RUNNER = harness.USER or pwd.getpwuid(os.geteuid())
GROUP = grp.getgrgid(RUNNER.pw_gid).gr_name


class Run:
    """What the sample starts, in the place of harness.Responders."""

    def __init__(self, site):
        self.path = site.dir / "run/responder.sock"
        self.log = site.dir / "log/responders.log"
        as_root = "-U tallyman -G www-data", "-u tallyman -g tallyman"
        user = f"{RUNNER.pw_name} -g {GROUP}"
        changes = {
            "-o tallyman -g tallyman": f"-o {user}",
            " " + as_root[0]: "",
            "    " + as_root[1]: "   ",
            "/var/lib/tallyman\ninstall": f"{site.dir}/run/state\ninstall",
            "install -d -m 755 /run/tallyman": f"install -d -m 755 {site.dir}/run",
            "/run/tallyman/tallyman.sock": self.path,
            "/usr/local/sbin/tallyman.fcgi": site.responder,
            "/etc/tallyman/tallyman.json": site.config,
        }
        if os.geteuid() == 0:
            changes[" " + as_root[0]] = f" -U {RUNNER.pw_name} -G {GROUP}"
            changes["    " + as_root[1]] = f"    -u {RUNNER.pw_name} -g {GROUP}"
        text = webservers.sample("nginx/tallyman.run", changes)
        program = site.write("run/tallyman.run", text, mode=0o755)
        self.process = subprocess.Popen([program], stdin=subprocess.DEVNULL,
                                        stderr=self.log.open("ab"))
        wait_until(lambda: len(self.children()) == 2, "two responders")

    def children(self):
        """The responders, by their parent."""
        found = []
        for status in pathlib.Path("/proc").glob("[0-9]*/stat"):
            try:
                name, rest = status.read_text().rsplit(")", 1)
            except OSError:
                continue
            if (int(rest.split()[1]) == self.process.pid and rest.split()[0] != "Z"
                    and name.endswith("(tallyman.fcgi")):
                found.append(int(status.parent.name))
        return found

    def stop(self):
        if self.process.poll() is None:
            self.process.terminate()
        self.process.wait(harness.PATIENCE)

    def diagnostics(self):
        return self.log.read_text(errors="replace")


class NginxRun(checks.ServerCase):
    server_class = webservers.Nginx

    @classmethod
    def start_responders(cls):
        return Run(cls.site)

    def test_pushes(self):
        self.assertEqual(self.request("GET", "/-/ready").status, 200)
        usage = self.counting()
        self.assertAccepted(self.push([counter("usage_total", **FEATURE)]))
        usage.expect(1)
        self.assertEqual(self.responders.path.stat().st_mode & 0o777, 0o660)
        for child in self.responders.children():
            owner = pathlib.Path(f"/proc/{child}").stat()
            self.assertEqual((owner.st_uid, owner.st_gid), (RUNNER.pw_uid, RUNNER.pw_gid))

    def test_a_responder_that_is_killed(self):
        """Its place is taken, and the other one answers meanwhile."""
        usage = self.counting()
        before = self.responders.children()
        os.kill(before[0], signal.SIGKILL)
        # Until it is dead it may take the connection with it.
        wait_until(lambda: before[0] not in self.responders.children(), "its end")
        self.assertAccepted(self.push([counter("usage_total", **FEATURE)]))
        wait_until(lambda: len(self.responders.children()) == 2
                   and set(self.responders.children()) != set(before),
                   "another responder")
        usage.expect(1)

    def test_the_end(self):
        """SIGTERM ends all of it, SIGKILL too, and the next one takes the socket over."""
        for end in (signal.SIGTERM, signal.SIGKILL):
            with self.subTest(end):
                children = self.responders.children()
                self.responders.process.send_signal(end)
                self.responders.process.wait(harness.PATIENCE)
                wait_until(lambda: not any(pathlib.Path(f"/proc/{child}/exe").exists()
                                           for child in children), "the responders to end")
                type(self).responders = Run(self.site)
                self.addClassCleanup(self.responders.stop)
                self.assertAccepted(self.push([counter("usage_total", **FEATURE)]))


if __name__ == "__main__":
    tap.main()
