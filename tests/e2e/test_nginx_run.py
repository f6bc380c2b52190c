"""Tallyman behind nginx without systemd, started by nginx/tallyman.run."""

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
    """The processes of the sample, in place of harness.Responders."""

    def __init__(self, site):
        self.path = site.dir / "run/responder.sock"
        self.log = site.dir / "log/responders.log"
        group = f"-g {GROUP}"
        text = webservers.sample("nginx/tallyman.run", {
            "-o tallyman -g tallyman": f"-o {RUNNER.pw_name} {group}",
            "-U tallyman -G www-data -u tallyman -g tallyman":
                f"-U {RUNNER.pw_name} -G {GROUP} -u {RUNNER.pw_name} {group}",
            "/var/lib/tallyman\n": f"{site.dir}/run/state\n",
            "install -d -m 755 /run/tallyman": f"install -d -m 755 {site.dir}/run",
            "/run/tallyman/tallyman.sock": self.path,
            "/usr/local/sbin/tallyman.fcgi": site.responder,
            "/etc/tallyman/tallyman.json": site.config,
        })
        program = site.write("run/tallyman.run", text, mode=0o755)
        self.process = subprocess.Popen([program], stdin=subprocess.DEVNULL,
                                        stderr=self.log.open("ab"))
        wait_until(lambda: len(self.children()) == 2, "two responders")

    def children(self):
        """Returns the responders' process ids from their parent."""
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

    def test_killed_responder_is_replaced(self):
        """The other responder answers in the meantime."""
        usage = self.counting()
        before = self.responders.children()
        os.kill(before[0], signal.SIGKILL)
        # nginx may use a connection to it until its last thread has ended.
        wait_until(lambda: not pathlib.Path(f"/proc/{before[0]}").exists(), "its end")
        self.assertAccepted(self.push([counter("usage_total", **FEATURE)]))
        wait_until(lambda: len(self.responders.children()) == 2
                   and set(self.responders.children()) != set(before),
                   "another responder")
        usage.expect(1)

    def test_all_processes_end(self):
        """SIGTERM and SIGKILL end all processes, and the next start takes over the socket."""
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
