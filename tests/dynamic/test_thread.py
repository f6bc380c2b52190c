"""Responders built with ThreadSanitizer: pushes, scrapes, slow and disconnecting
clients, queries by SQL, and changed files, all at once. `make thread` builds them."""

import json
import pathlib
import subprocess
import threading
import time

import dynamic  # noqa: F401  (extends sys.path)
import fastcgi
import harness
import tap
from all_endpoints import AllEndpoints
from responder_case import ResponderCase
from shop import ENDLESS, sql

harness.RESPONDER = harness.ROOT / "build/thread/tallyman.fcgi"
SECONDS = 10
QUERIES = [
    sql("good_value", "SELECT count(*) FROM counter_totals", every=1),
    sql("failing_value", "SELECT count(*) FROM no_table", every=1),
    sql("endless_value", ENDLESS, every=1),
]


class Thread(AllEndpoints, ResponderCase):
    responders_wanted = 2
    # Such a short log makes checkpoints due all the time.
    config = {**AllEndpoints.config, "limits": {"wal_bytes": 1 << 20}}
    metrics = {"queries.json": json.dumps({"queries": QUERIES})}
    # ThreadSanitizer's exit status after a report is 66.
    environment = {"TSAN_OPTIONS": "exitcode=66"}

    def repeat(self, action):
        """Repeats it on a thread until self.end."""

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
        """Disconnects during a scrape, or before reading any of it."""
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

    def test_uses_the_sanitizer(self):
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

    def test_every_endpoint(self):
        self.live_through()
        self.assertNoReport()

    def test_everything_at_once(self):
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
        runs = self.site.query("SELECT name FROM sql_query WHERE runs > 0")
        self.assertGreater(len(runs), 0)
        for number in (0, 1):
            self.assertEqual(self.responders.terminate(number), 0)
        self.assertNoReport()


if __name__ == "__main__":
    tap.main()
