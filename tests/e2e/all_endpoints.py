"""Uses every endpoint of a responder once, for tests that watch the process from outside."""

import fcntl
import json
import struct
import time

import fastcgi
import grafana
import harness
from harness import compress, counter, wait_until


class AllEndpoints:
    """Mixed into a ResponderCase."""

    config = {"open_families": True, "sessions": {"log": "json"}}

    def all_endpoints(self):
        view = [counter("demo_page_views_total")]
        text = b"# TYPE pushed_total counter\npushed_total 1\n"
        faro = (harness.ROOT / "tests/data/faro/ok/captured-001.json").read_bytes()
        message = grafana.message("start", grafana.new_session(), grafana.now())
        for data, statuses in (
            (fastcgi.push(view), (200,)),
            (fastcgi.push(compress('[{"metricName": 1}]'), HTTP_CONTENT_ENCODING="gzip"), (200,)),
            (fastcgi.push(b"{"), (400,)),
            (fastcgi.push(b" " * 300000), (413,)),
            (fastcgi.request("POST", "/write", json.dumps(message).encode()), (201,)),
            (fastcgi.request("POST", "/collect", faro), (202,)),
            (fastcgi.request("PUT", "/metrics/job/x", text), (200,)),
            (fastcgi.request("PUT", "/metrics/job/y", text + b"#" * 1000000 + b"\n"), (200,)),
            (fastcgi.request("POST", "/statsd", b"demo.page.views:1|c"), (200,)),
            (fastcgi.request("DELETE", "/metrics/job/x"), (202,)),
            (fastcgi.request("OPTIONS", "/record", HTTP_ORIGIN=harness.ORIGIN), (204,)),
            (fastcgi.get("/metrics"), (401,)),
            (fastcgi.get("/nowhere"), (404,)),
            (fastcgi.get("/-/ready"), (200,)),
        ):
            with self.subTest(data[:200]):
                self.assertIn(self.ask(data).status, statuses)
        for path in ("/metrics", "/api/v1/metrics", "/api/v1/status", "/status"):
            self.assertEqual(self.get(path).status, 200, path)

    def wait_for_the_lock(self):
        """Holds the side lock for a while through an open file description of the test."""
        lock = struct.pack("hhqqi4x", fcntl.F_WRLCK, 0, 0, 0, 0)
        with open(f"{self.site.database}-lock", "r+b") as side:
            fcntl.fcntl(side, 37, lock)  # F_OFD_SETLK
            connection = self.connect()
            connection.send(fastcgi.push([counter("demo_page_views_total")]))
            time.sleep(0.3)
        self.assertEqual(connection.reply().status, 200)

    def live_through(self):
        """Uses every endpoint under load and with changed files, up to a clean exit."""
        self.all_endpoints()
        self.wait_for_the_lock()
        load = self.load()
        self.site.write("tallyman/metrics.d/new.json", '{"allowedMetrics": [')
        wait_until(lambda: "new.json" in self.responders.stderr(), "the bad file to be read")
        self.site.configure(database="other.db", **self.config)
        (self.site.home / "metrics.d/new.json").unlink()
        wait_until((self.site.home / "other.db").exists, "the other database")
        self.all_endpoints()
        load.stop()
        self.assertEqual((load.statuses, load.unanswered), ([], 0))
        for number in range(self.responders_wanted):
            self.assertEqual(self.responders.terminate(number), 0)
