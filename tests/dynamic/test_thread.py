"""Responders that are built with ThreadSanitizer: pushes, scrapes, readers that
take their time or hang up, and changed files, all at once. `make thread` builds
them."""

import pathlib
import subprocess
import threading
import time

import dynamic  # noqa: F401  (finds the next ones)
import fastcgi
import harness
import tap
from all_endpoints import AllEndpoints
from responder_case import ResponderCase

harness.RESPONDER = harness.ROOT / "build/thread/tallyman.fcgi"
SECONDS = 10


class Thread(AllEndpoints, ResponderCase):
    responders_wanted = 2
    # With so short a log checkpoints are due all the time.
    config = {**AllEndpoints.config, "limits": {"wal_bytes": 1 << 20}}
    # 66 is what it would end with after a report.
    environment = {"TSAN_OPTIONS": "exitcode=66"}

    def repeat(self, action):
        """Does it again and again, on a thread, until self.end."""

        def run():
            try:
                while time.monotonic() < self.end:
                    action()
                    self.done[action.__name__] = self.done.get(action.__name__, 0) + 1
            except Exception as error:  # shown by the test
                self.errors.append(error)

        thread = threading.Thread(target=run)
        thread.start()
        self.threads.append(thread)

    def scrape_it(self):
        for path in ("/metrics", "/api/v1/metrics"):
            self.assertEqual(self.get(path).status, 200)

    def hang_up(self):
        """In the middle of a scrape, or without reading anything of it."""
        for size in (1000, 0):
            with fastcgi.Connection(self.responders.path) as connection:
                connection.send(fastcgi.get("/metrics", self.site.token))
                connection.socket.settimeout(harness.PATIENCE)
                if size:
                    connection.socket.recv(size)

    def change_files(self):
        for name in ("tallyman.db", "other.db"):
            time.sleep(0.7)
            self.site.configure(database=name, **self.config)

    def list_families(self):
        for number in range(3):
            time.sleep(0.4)
            self.site.write(
                "tallyman/metrics.d/more.json",
                '{"allowedMetrics": [{"name": "more_%d_total", "help": "More.",'
                ' "type": "counter", "labels": []}]}' % number,
            )

    def test_the_sanitizer_is_there(self):
        names = subprocess.run(
            ["readelf", "-W", "--dyn-syms", harness.RESPONDER],
            stdout=subprocess.PIPE,
            text=True,
            check=True,
        ).stdout
        self.assertIn("__tsan_func_entry", names)

    def assertNoReport(self):
        text = pathlib.Path(self.responders.log).read_text(errors="replace")
        self.assertNotIn("ThreadSanitizer", text)

    def test_all_that_a_responder_does(self):
        self.live_through()
        self.assertNoReport()

    def test_all_at_once(self):
        self.end = time.monotonic() + SECONDS
        self.threads, self.errors, self.done = [], [], {}
        loads = [self.load(batches=number % 2 == 0) for number in range(3)]
        for action in (self.scrape_it, self.scrape_it, self.hang_up,
                       self.change_files, self.list_families):
            self.repeat(action)
        for thread in self.threads:
            thread.join()
        for load in loads:
            load.stop()
        self.assertEqual(self.errors, [])
        for name, least in (("scrape_it", 10), ("hang_up", 10), ("change_files", 2)):
            self.assertGreaterEqual(self.done.get(name, 0), least, name)
        self.assertGreater(min(load.acknowledged for load in loads), 100)
        for number in (0, 1):
            self.assertEqual(self.responders.terminate(number), 0)
        self.assertNoReport()


if __name__ == "__main__":
    tap.main()
