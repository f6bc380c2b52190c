"""Captured pushes of OpenTelemetry SDKs to two responders: deltas add up over all
processes, running totals count each process's growth, and killed responders lose no
acknowledged push."""

import json

import fastcgi
import otlp
import tap
from harness import ROOT
from responder_case import KillCase, allowlist, listed

BUCKETS = [0.005, 0.05, 0.5, 1, 5]
OPEN = [{"name": name, "maxValues": 9} for name in ("country", "is_new", "retries", "ratio", "tags")]
METHOD = [{"name": "http_request_method", "allowedValues": ["GET"]},
          {"name": "http_response_status_code", "maxValues": 9}]
SECONDS = "http_client_request_duration_seconds"
LISTED = allowlist(
    listed("orders_total", labels=[*OPEN, {"name": "job", "allowedValues": ["web/shop"]}]),
    listed("shop_bytes_sent_total"),
    listed("cart_items", "gauge", labels=[{"name": "shop", "maxValues": 9}]),
    listed(SECONDS, "histogram", buckets=BUCKETS, labels=METHOD),
    listed("queue_depth", "gauge", labels=[{"name": "queue", "maxValues": 9}]),
    listed("cpu_time_seconds_total", labels=[{"name": "state", "maxValues": 9}]),
)
PAGE = {"REMOTE_ADDR": "192.0.2.7"}


class Metrics(KillCase):
    responders_wanted = 2

    def prepare(self):
        self.site.write("tallyman/metrics.d/shop.json", LISTED)

    def send(self, connection, body, protobuf, **params):
        kind = "application/x-protobuf" if protobuf else "application/json"
        return connection.ask(fastcgi.request(
            "POST", "/v1/metrics", body, CONTENT_TYPE=kind, **{**PAGE, **params}))

    def send_captured(self, name):
        """Sends the captured pushes to both. The temperature in each push is unlisted."""
        path = ROOT / "tests/data/otlp" / name
        for connection in self.connect_to_each():
            reply = self.send(connection, path.read_bytes(), path.suffix == ".bin")
            self.assertEqual(reply.status, 200, reply)
            self.assertIn(b"temperature_celsius is not in the allowlist", reply.body)
            if path.suffix == ".json":
                partial = json.loads(reply.body)["partialSuccess"]
                self.assertEqual(partial["rejectedDataPoints"], "1")

    def assertTotals(self, times):
        """The points that the SDK recorded in one interval, `times` times."""
        scrape = self.scrape()
        new = {"job": "web/shop", "country": "de", "is_new": "true"}
        missing = {"retries": "", "ratio": "", "tags": ""}
        get = {"http_request_method": "GET", "http_response_status_code": "200"}
        for name, labels, want in (
            ("orders_total", {**new, **missing}, times),
            ("orders_total", {"job": "web/shop", "country": "fr", "is_new": "false", "retries": "3",
                              "ratio": "0.5", "tags": '["a","b"]'}, 2 * times),
            ("shop_bytes_sent_total", {}, 1024.5 * times),
            (SECONDS + "_count", get, 3 * times),
            (SECONDS + "_bucket", {**get, "le": "0.05"}, times),
            (SECONDS + "_bucket", {**get, "le": "1"}, 2 * times),
            (SECONDS + "_bucket", {**get, "le": "5"}, 2 * times),
            ("queue_depth", {"queue": "mail"}, 12),
        ):
            with self.subTest(name, **labels):
                self.assertEqual(scrape.value(name, **labels), want)
        self.assertAlmostEqual(scrape.value(SECONDS + "_sum", **get), 30.74 * times)

    def test_captured(self):
        for name in ("json-delta-1.json", "proto-delta-1.bin", "json-exponential-1.json"):
            self.send_captured(name)
        self.assertTotals(6)
        self.kill((0, 1))
        self.send_captured("json-delta-2.json")
        self.assertTotals(8)
        self.assertEqual(self.scrape().value("cart_items", shop="a"), 4)
        # One process in two encodings: totals after one interval and after two.
        for name in ("json-cumulative-1.json", "json-cumulative-2.json"):
            self.send_captured(name)
        self.assertTotals(10)
        self.kill((0, 1))
        self.send_captured("json-cumulative-3.json")
        self.assertTotals(10)
        self.check_database()

    def test_retry(self):
        """A repeated push counts once if it has a key."""
        body = otlp.json_push("shop.bytes.sent", 2)
        for params, want in (({}, 8), ({"HTTP_IDEMPOTENCY_KEY": "one"}, 2)):
            before = self.scrape().value("shop_bytes_sent_total")
            for connection in (*self.connect_to_each(), *self.connect_to_each()):
                self.assertEqual(self.send(connection, body, False, **params).text, "{}")
            self.assertEqual(self.scrape().value("shop_bytes_sent_total"), before + want)


if __name__ == "__main__":
    tap.main()
