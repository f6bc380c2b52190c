"""A browser's spans, pushed to two responders: counted and timed by the shipped
allowlist and the configured routes."""

import gzip
import json

import fastcgi
import tap
from harness import ROOT
from responder_case import ResponderCase

CAPTURED = ROOT / "tests/data/spans/ok/document-load.json"
CALLS = "traces_span_metrics_calls_total"
DURATION = "traces_span_metrics_duration_seconds"
KEPT = {
    "partialSuccess": {"rejectedSpans": "0", "errorMessage": "spans are counted, not kept"}
}


class Traces(ResponderCase):
    responders_wanted = 2
    config = {"routes": ["GET:/api/orders=orders"]}

    def prepare(self):
        """The shipped file, with 9 span names instead of 100 and the label `route`."""
        path = self.site.home / "metrics.d/traces.json"
        text = path.read_text()
        few = text.replace(
            '"span_name", "maxValues": 100}',
            '"span_name", "maxValues": 9}, {"name": "route", "maxValues": 5}',
        )
        self.assertNotEqual(few, text)
        self.site.write("tallyman/metrics.d/traces.json", few)

    def traces(self, connection, body, **params):
        return connection.ask(fastcgi.request(
            "POST", "/v1/traces", body, CONTENT_TYPE="application/json", **params))

    def test_counted_and_timed(self):
        body = CAPTURED.read_bytes()
        for connection in self.connect_to_each():
            for data, params in (
                (body, {}),
                (gzip.compress(body), {"HTTP_CONTENT_ENCODING": "gzip"}),
            ):
                reply = self.traces(connection, data, **params)
                self.assertEqual((reply.status, json.loads(reply.text)), (200, KEPT), reply)
                self.assertEqual(reply.header("Content-Type"), ["application/json"])
        scrape = self.scrape()
        shop = {"service_name": "shop-web", "span_kind": "SPAN_KIND_INTERNAL",
                "status_code": "STATUS_CODE_UNSET", "route": "other"}
        fetch = {**shop, "span_name": "GET", "span_kind": "SPAN_KIND_CLIENT"}
        checkout = {**shop, "span_name": "checkout", "status_code": "STATUS_CODE_ERROR", "route": ""}
        for labels, seconds in (
            ({**shop, "span_name": "documentLoad"}, 0.2052),
            ({**shop, "span_name": "documentFetch"}, 0.0321),
            ({**shop, "span_name": "resourceFetch"}, 0.0316),
            ({**fetch, "route": "orders"}, 0.1),
            (fetch, 0.01),
            (checkout, 0.0011),
        ):
            self.assertEqual(scrape.value(CALLS, **labels), 4, labels)
            self.assertEqual(scrape.value(DURATION + "_count", **labels), 4, labels)
            self.assertAlmostEqual(scrape.value(DURATION + "_sum", **labels), 4 * seconds)
        self.assertEqual(scrape.total(CALLS), 24)

    def test_nothing_else_is_stored(self):
        for _ in range(2):
            self.ask(fastcgi.request("POST", "/v1/traces", CAPTURED.read_bytes(),
                                     CONTENT_TYPE="application/json"))
        self.ask(fastcgi.request("POST", "/v1/traces", b'{"resourceSpans": "https://secret"}',
                                 CONTENT_TYPE="application/json"))
        self.scrape()
        self.responders.stop()
        kept = self.log + self.responders.stderr()
        for path in self.site.home.glob("tallyman.db*"):
            kept += path.read_bytes().decode("latin-1")
        self.assertIn("documentLoad", kept)
        for secret in ("127.0.0.1:143", "index.html", "Mozilla", "declined", "secret",
                       "e6f34bea14c1d4af942c3ab11b0bf6a6", "9721cef84ede2751"):
            self.assertNotIn(secret, kept)


if __name__ == "__main__":
    tap.main()
