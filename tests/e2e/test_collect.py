"""Captured pushes of the Faro web SDK from a page of another origin, to two
responders: each counts once, although responders are killed and the SDK retries."""

import fastcgi
import harness
import tap
from harness import ROOT
from responder_case import KillCase

BODIES = [path.read_bytes() for path in sorted(ROOT.glob("tests/data/faro/ok/captured-*.json"))]
PAGE = {"page": "home"}
VITAL = {"device": "desktop", "navigation": "navigate", **PAGE}
REQUEST = {"method": "GET", "route": "order"}
FARO = {
    "CONTENT_TYPE": "application/json",
    "HTTP_ORIGIN": harness.ORIGIN,
    "HTTP_X_FARO_SESSION_ID": "RnbgoVcAG9",
    "HTTP_X_API_KEY": "9f31c2",
    "REMOTE_ADDR": "192.0.2.7",
}


class Collect(KillCase):
    responders_wanted = 2
    config = {
        "pages": ["/index.html=home"],
        "routes": ["GET:/api/orders/*=order"],
        "faro": {"apps": ["9f31c2=shop"], "require_key": True},
    }

    def collect(self, connection, body, number, **params):
        return connection.ask(fastcgi.request(
            "POST", "/collect", body, HTTP_IDEMPOTENCY_KEY=f"vNfjbnU7r4cQYNRWJ6p{number}",
            **{**FARO, **params}))

    def assertTotals(self):
        scrape = self.scrape()
        for name, labels, want in (
            ("web_errors_total", {"kind": "Error", **PAGE}, 3),
            ("web_errors_total", {"kind": "TypeError", **PAGE}, 1),
            ("web_events_total", {"event": "add_to_cart", **PAGE}, 1),
            ("web_events_total", {"event": "last", **PAGE}, 1),
            ("web_logs_total", {"level": "warn", **PAGE}, 1),
            ("web_cls_ratio_count", VITAL, 1),
            ("web_cls_ratio_sum", VITAL, 0),
            ("web_fcp_seconds_sum", VITAL, 0.14),
            ("web_lcp_seconds_sum", VITAL, 0.14),
            ("web_ttfb_seconds_count", VITAL, 1),
            ("web_requests_total", {"status": "2xx", **REQUEST}, 1),
            ("web_request_seconds_sum", {"status": "2xx", **REQUEST}, 0.25),
        ):
            with self.subTest(name, **labels):
                self.assertEqual(scrape.value(name, **labels), want)
        for word in ("RnbgoVcAG9", "jane", "127.0.0.1", "boom", "9f31c2"):
            self.assertNotIn(word, scrape.text + self.responders.stderr())

    def test_each_push_counts_once(self):
        bodies = [*BODIES, (ROOT / "tests/data/faro/ok/requests-both.json").read_bytes()]
        self.assertEqual(len(bodies), 7)
        for number, body in enumerate(bodies):
            for connection in self.connect_to_each():
                reply = self.collect(connection, body, number)
                self.assertEqual((reply.status, reply.text), (202, "ok\n"))
                self.assertEqual(reply.header("Access-Control-Allow-Origin"), [harness.ORIGIN])
        self.assertTotals()
        self.kill((0, 1))
        for number, body in enumerate(bodies):
            self.assertEqual(self.collect(self.connect(), body, number).status, 202)
        self.assertTotals()
        self.check_database()

    def test_api_key_is_required(self):
        reply = self.collect(self.connect(), BODIES[0], 0, HTTP_X_API_KEY="")
        self.assertEqual(reply.status, 401)
        self.assertIn("`faro.require_key`", reply.text)
        self.assertEqual(reply.header("Access-Control-Expose-Headers"), ["Date, Retry-After"])


if __name__ == "__main__":
    tap.main()
