"""What `make run` starts: lighttpd/run.sh."""

import http.client
import pathlib
import shutil
import socket
import subprocess
import tempfile
import unittest

import harness
import tap
from harness import PATIENCE, ROOT, wait_until


class Run(unittest.TestCase):
    def setUp(self):
        self.dir = pathlib.Path(tempfile.mkdtemp(prefix="run-"))
        self.addCleanup(shutil.rmtree, self.dir, ignore_errors=True)
        shutil.copytree(ROOT / "lighttpd", self.dir / "lighttpd")
        shutil.copytree(ROOT / "fcgi/metrics.d", self.dir / "fcgi/metrics.d")
        (self.dir / "build").mkdir()
        for name in ("static", "tallyman.fcgi"):
            (self.dir / "build" / name).symlink_to(ROOT / "build" / name)
        self.script = self.dir / "lighttpd/run.sh"

    def refused(self, *arguments):
        done = subprocess.run([self.script, *arguments], capture_output=True,
                              text=True, timeout=PATIENCE)
        self.assertEqual((done.returncode, done.stdout), (1, ""), done)
        self.assertFalse((self.dir / "build/run").exists())
        return done.stderr

    def test_no_port(self):
        for port in ("80808", "65536", "0", "080", "-1", "abc", "8080x", "80 80",
                     "99999999999999999999", ""):
            self.assertEqual(
                self.refused(port),
                f'"{port}" is no port; give one from 1 to 65535: make run PORT=8081\n')
        self.assertIn('"" is no port', self.refused())
        done = subprocess.run(["make", "-n", "run", "PORT=80 80"], cwd=ROOT,
                              capture_output=True, text=True, timeout=PATIENCE)
        self.assertIn('lighttpd/run.sh "80 80"\n', done.stdout)

    def test_taken(self):
        with socket.create_server(("127.0.0.1", 0)) as listener:
            port = listener.getsockname()[1]
            self.assertEqual(
                self.refused(str(port)),
                f"Port {port} cannot be had (Address already in use); choose another"
                " one: make run PORT=8081\n")

    def test_page(self):
        """Its files are what they say, and in no frame of another page."""
        port = harness.free_port()
        process = subprocess.Popen([self.script, str(port)], stdout=subprocess.DEVNULL,
                                   stderr=subprocess.DEVNULL)
        self.addCleanup(process.wait)
        self.addCleanup(process.terminate)

        def get(path):
            connection = http.client.HTTPConnection("127.0.0.1", port, timeout=PATIENCE)
            connection.request("GET", path)
            reply = connection.getresponse()
            reply.read()
            connection.close()
            return reply

        def answers():
            try:
                return get("/metrics").status == 200
            except OSError:
                return False

        wait_until(answers, "the responders")
        for path in ("/", "/demo.js", "/static/tallyman.js", "/metrics"):
            reply = get(path)
            self.assertEqual(reply.status, 200, path)
            self.assertEqual(reply.headers.get_all("X-Content-Type-Options"), ["nosniff"])
            self.assertEqual(reply.headers.get_all("Content-Security-Policy"),
                             ["frame-ancestors 'none'"])


if __name__ == "__main__":
    tap.main()
