"""Checks that hold for Tallyman behind every web server. A test module mixes
`Checks` into a test case that names the server to start."""

import gzip
import json
import re
import socket
import unittest
import urllib.parse
import uuid

import grafana
import harness
import otlp
from harness import ORIGIN, ROOT, compress, counter, histogram, http, scrape, uuid7

STRANGER = "https://elsewhere.example.net"  # not listed in `origins`
ELSEWHERE = "127.0.0.2"  # not in any sample's list of scrapers
FEATURE = {"browser": "chrome", "feature": "quickQuestion"}
HOST = {"firebaseHost": "pd-dev-1.firebaseio.com"}

BODY_BYTES = 65536  # default of limits.body_bytes
TRUSTED_BODY_BYTES = 4194304  # limits.trusted_body_bytes


class ServerCase(unittest.TestCase):
    """Starts a site, a server and, unless the server starts its own, responders.
    Once per class."""

    server_class = None
    mount = "/tallyman"
    config = {}  # written to tallyman.json
    files = {}  # further files in its directory: name -> text
    responders_wanted = 0

    @classmethod
    def setUpClass(cls):
        cls.site = harness.Site(**cls.config)
        cls.addClassCleanup(cls.site.remove)
        for name, text in cls.files.items():
            cls.site.write("tallyman/" + name, text)
        cls.site.give_away()
        cls.responders = cls.start_responders()
        if cls.responders is not None:
            cls.addClassCleanup(cls.responders.stop)
        cls.server = cls.server_class(cls.site, cls.mount)
        cls.addClassCleanup(cls.server.stop)

    @classmethod
    def start_responders(cls):
        """Returns None if the server starts the responders itself."""
        if cls.responders_wanted == 0:
            return None
        return harness.Responders(cls.site, cls.responders_wanted)

    def diagnostics(self):
        parts = [self.server.diagnostics()]
        if self.responders is not None:
            parts.append(self.responders.diagnostics())
        return "\n".join(parts)

    # Requests through the server.

    def request(self, method, path, body=None, headers=(), **options):
        return http(method, self.server.url + path, body, headers, **options)

    def push(self, body, headers=(), **options):
        if not isinstance(body, (str, bytes)):
            body = json.dumps(body)
        headers = {"Content-Type": "application/json", **dict(headers)}
        return self.request("POST", "/record", body, headers, **options)

    def scrape(self):
        return scrape(self.server)

    def assertStatus(self, reply, status):
        self.assertEqual(reply.status, status, reply)

    def assertAccepted(self, reply):
        self.assertEqual((reply.status, reply.body), (200, b"OK\n"), reply)

    def assertAllowed(self, reply, origin=ORIGIN):
        """The reply has exactly one CORS header, and it lets a page of `origin` read it."""
        got = reply.header("Access-Control-Allow-Origin")
        self.assertEqual(got, [origin], reply)
        self.assertIn("origin", ",".join(reply.header("Vary")).lower(), reply)

    def assertReadable(self, reply):
        """The same, and the page can read Retry-After."""
        self.assertAllowed(reply)
        exposed = reply.header("Access-Control-Expose-Headers")
        self.assertEqual(exposed, ["Date, Retry-After"], reply)

    def until_too_many(self, send):
        """Sends 100 requests, and more until the server refuses one; returns the
        replies. The server's limit is per second, so a slow machine needs more
        requests."""
        replies = []
        while len(replies) < 100 or (replies[-1].status != 429 and len(replies) < 1000):
            replies.append(send())
        return replies

    def counting(self, name="usage_total", labels=FEATURE):
        return _Difference(self, name, labels)


class _Difference:
    """The growth of a series, in the scrape and in the database."""

    def __init__(self, case, name, labels):
        self.case, self.name, self.labels = case, name, labels
        self.before = self._values()

    def _values(self):
        scraped = self.case.scrape().value(self.name, **self.labels)
        return scraped, self.case.site.stored(self.name, **self.labels)

    def expect(self, growth):
        got = tuple(now - was for now, was in zip(self._values(), self.before))
        self.case.assertEqual(got, (growth, growth), "scrape, database")


class MountChecks:
    """Requests reach the responder below any mount point."""

    def test_health(self):
        for path in ("/-/healthy", "/-/ready", "/status"):
            with self.subTest(path):
                self.assertStatus(self.request("GET", path), 200)

    def test_array_is_counted_exactly(self):
        usage = self.counting()
        count = self.counting_histogram()
        reply = self.push(
            [
                counter("usage_total", 3, **FEATURE),
                counter("usage_total", 0.5, **FEATURE),
                histogram("firebase_response_time", 0.07, 0.3, 70, **HOST),
            ]
        )
        self.assertAccepted(reply)
        usage.expect(3.5)
        self.assertEqual(self.counting_histogram()[0] - count[0], 3)
        self.assertAlmostEqual(self.counting_histogram()[1] - count[1], 70.37)

    def counting_histogram(self):
        got = self.scrape()
        return [
            got.value("firebase_response_time" + part, **HOST)
            for part in ("_count", "_sum")
        ]

    def test_several_leading_slashes(self):
        usage = self.counting()
        body = json.dumps([counter("usage_total", **FEATURE)])
        self.assertAccepted(self.request("POST", "//record", body))
        self.assertAccepted(self.request("POST", "///record", body))
        usage.expect(2)

    def test_static_files(self):
        for path in (self.site.dir / "static").glob("*.*"):
            with self.subTest(path.name):
                reply = self.request(
                    "GET", "/static/" + path.name, headers={"Origin": ORIGIN}
                )
                self.assertEqual((reply.status, reply.body), (200, path.read_bytes()))
                self.assertEqual(reply.header("X-Content-Type-Options"), ["nosniff"])
                self.assertEqual(reply.header("Content-Security-Policy"),
                                 ["frame-ancestors 'none'"])
                if path.suffix in (".js", ".mjs"):
                    kind = reply.header("Content-Type")[0].partition(";")[0]
                    self.assertEqual(kind, "text/javascript")
                    # Without it, `integrity` and modules fail on pages of another
                    # origin.
                    allowed = reply.header("Access-Control-Allow-Origin")
                    self.assertIn(allowed, (["*"], [ORIGIN]))
                    seconds = 31536000 if re.search(r"-\d", path.name) else 3600
                    (cache,) = reply.header("Cache-Control")
                    self.assertIn(f"max-age={seconds}", cache.split(", "))

    def test_missing_static_file_gets_the_servers_404(self):
        reply = self.request("GET", "/static/tallyman-9.9.9.js")
        self.assertStatus(reply, 404)
        self.assertEqual(reply.header("Cache-Control"), [])

    def test_scrape_from_another_address_is_refused(self):
        token = {"Authorization": "Bearer " + self.site.token}
        ways = """/metrics //metrics /metrics/ /metrics// /./metrics /metrics?x
            /x/../metrics /static/../metrics /tallyman.fcgi/metrics /%6detrics
            /%256detrics /%2Fmetrics /metrics%2F /metrics%23 /metrics%2523
            /metrics%3Fx /metrics; /metrics%20"""
        for path in ways.split():
            for method in ("GET", "HEAD"):
                with self.subTest(f"{method} {path}"):
                    reply = self.request(
                        method, path, headers=token, source=ELSEWHERE
                    )
                    # The responder answers some spellings with 404 or 400.
                    self.assertIn(reply.status, (400, 403, 404), reply)
        reply = self.request("GET", "/metrics", headers=token, source=ELSEWHERE)
        self.assertStatus(reply, 403)

        for path in ("/api/v1/metrics", "/api//v1/metrics", "/api/v1/metrics/",
                     "/api/v1/status", "/%61pi/v1/status"):
            reply = self.request("GET", path, headers=token, source=ELSEWHERE)
            self.assertIn(reply.status, (403, 404), reply)

    def test_dashboard_page_is_served_to_every_address(self):
        """Every client gets the page; the responder controls access to its numbers."""
        page = self.request("GET", "/", source=ELSEWHERE)
        self.assertStatus(page, 200)
        policy, = page.header("Content-Security-Policy")
        self.assertTrue(policy.startswith("default-src 'none'; "), policy)
        for file in re.findall(r'(?:src|href)="(dashboard\.\w+)"', page.text):
            reply = self.request("GET", "/" + file, source=ELSEWHERE)
            self.assertEqual((reply.status, len(reply.header("Content-Security-Policy"))),
                             (200, 1), file)
        if self.mount:
            moved = self.request("GET", "", source=ELSEWHERE)
            self.assertIn(moved.status, (301, 302, 308), moved)
            where = urllib.parse.urljoin(self.server.url, *moved.header("Location"))
            self.assertEqual(urllib.parse.urlsplit(where).path, self.mount + "/")
        for path in ("/api/v1/query?query=1", "/api/v1/status/buildinfo"):
            reply = self.request("GET", path, source=ELSEWHERE)
            self.assertStatus(reply, 401)
            token = {"Authorization": "Bearer " + self.site.token}
            reply = self.request("GET", path, headers=token, source=ELSEWHERE)
            self.assertStatus(reply, 200)
            self.assertIn('"status":"success"', reply.text)

    def test_session_message(self):
        """A message of Grafana's analytics panel, sent without a login."""
        name = "grafana_analytics_sessions_total"
        before = self.scrape().total(name)
        message = grafana.message("start", grafana.new_session(), grafana.now())
        headers = {"Content-Type": "text/plain;charset=UTF-8"}
        for _ in range(2):
            reply = self.request(
                "POST", "/write", json.dumps(message), headers, source=ELSEWHERE
            )
            self.assertEqual((reply.status, reply.body), (201, b""), reply)
        self.assertEqual(self.scrape().total(name), before + 1)

    def test_faro(self):
        """A push of the Faro web SDK and its retry, from a page of another origin."""
        headers = {"Origin": ORIGIN, "Access-Control-Request-Method": "POST",
                   "Access-Control-Request-Headers":
                       "content-type,idempotency-key,x-api-key,x-faro-session-id"}
        reply = self.request("OPTIONS", "/collect", headers=headers, source=ELSEWHERE)
        self.assertStatus(reply, 204)
        allowed = reply.header("Access-Control-Allow-Headers")[0].split(", ")
        self.assertLess({"content-type", "idempotency-key", "x-api-key", "x-faro-session-id"},
                        set(allowed))
        body = (ROOT / "tests/data/faro/ok/captured-001.json").read_bytes()
        headers = {"Origin": ORIGIN, "Content-Type": "application/json", "X-API-Key": "k",
                   "X-Faro-Session-Id": "RnbgoVcAG9", "Idempotency-Key": str(uuid.uuid4())}
        before = self.scrape().total("web_logs_total")
        for _ in range(2):
            reply = self.request("POST", "/collect", body, headers, source=ELSEWHERE)
            self.assertEqual((reply.status, reply.body), (202, b"ok\n"), reply)
            self.assertReadable(reply)
        self.assertEqual(self.scrape().total("web_logs_total"), before + 1)

    def test_opentelemetry(self):
        """Metrics of OpenTelemetry's web SDKs from a page of another origin: JSON
        and protobuf, also chunked or gzipped. The reply has the type of the
        request."""
        headers = {"Origin": ORIGIN, "Access-Control-Request-Method": "POST",
                   "Access-Control-Request-Headers": "content-type"}
        reply = self.request("OPTIONS", "/v1/metrics", headers=headers, source=ELSEWHERE)
        self.assertStatus(reply, 204)
        self.assertIn("content-type", reply.header("Access-Control-Allow-Headers")[0].split(", "))
        usage = self.counting()
        for kind, body, empty in (
            ("application/json", otlp.json_push("usage", 1, **FEATURE), b"{}"),
            ("application/x-protobuf", otlp.protobuf_push("usage", 1, **FEATURE), b""),
        ):
            headers = {"Origin": ORIGIN, "Content-Type": kind}
            packed = {**headers, "Content-Encoding": "gzip"}
            for data, sent, chunked in (
                (body, headers, False),
                (body, headers, True),
                (gzip.compress(body), packed, False),
                (gzip.compress(body), packed, True),
            ):
                reply = self.request("POST", "/v1/metrics", data, sent, chunked=chunked,
                                     source=ELSEWHERE)
                self.assertEqual((reply.status, reply.body), (200, empty), reply)
                self.assertReadable(reply)
                self.assertEqual(reply.header("Content-Type"), [kind])
        usage.expect(8)
        reply = self.request("POST", "/v1/metrics", otlp.json_push("not.listed", 1),
                             {"Content-Type": "application/json"}, source=ELSEWHERE)
        self.assertEqual(json.loads(reply.body)["partialSuccess"]["rejectedDataPoints"], "1")
        reply = self.request("POST", "/v1/metrics", b"{}", {"Content-Type": "application/x-protobuf"},
                             source=ELSEWHERE)
        self.assertStatus(reply, 400)
        self.assertEqual(reply.body, b"\x08\x03\x12\x2dit is not an OTLP ExportMetricsServiceRequest")

    def test_push_from_another_address_is_accepted(self):
        self.assertAccepted(self.push([], source=ELSEWHERE))


class NoResponderChecks:
    """With no responder running, a page can read the server's error; service
    resumes with the responders. Not for servers that start the responders
    themselves."""

    no_responder = None  # status of the error

    def test_no_responder(self):
        path = self.responders.path
        away = path.with_suffix(".away")
        path.rename(away)
        try:
            # The connections that the server kept have ended with the responders.
            for number in range(len(self.responders.processes)):
                self.responders.terminate(number)
            reply = self.push([], {"Origin": ORIGIN}, source=ELSEWHERE)
            self.assertStatus(reply, self.no_responder)
            self.assertReadable(reply)
            stranger = self.push([], {"Origin": STRANGER}, source=ELSEWHERE)
            got = stranger.header("Access-Control-Allow-Origin")
            self.assertEqual(got, [], stranger)
        finally:
            away.rename(path)
            for number in range(len(self.responders.processes)):
                self.responders.restart(number)
        self.assertAccepted(self.push([], source=ELSEWHERE))


class Checks(MountChecks):
    """All checks."""

    # The server's own limit for a POST to /record in bytes; its statuses for a
    # larger body, with a length and chunked; and whether that error has CORS
    # headers.
    server_limit = TRUSTED_BODY_BYTES
    over_server_limit = (413, 413)
    over_server_limit_cors = True
    # The server's limit for all other requests.
    trusted_limit = TRUSTED_BODY_BYTES

    def test_batch_sent_three_times_counts_once(self):
        usage = self.counting()
        push = {"batch": uuid7(), "metrics": [counter("usage_total", 5, **FEATURE)]}
        for _ in range(3):
            self.assertAccepted(self.push(push))
        usage.expect(5)

    def test_plain_text(self):
        usage = self.counting()
        body = json.dumps([counter("usage_total", 2, **FEATURE)])
        for kind in ("text/plain", "text/plain;charset=UTF-8"):
            self.assertAccepted(self.push(body, {"Content-Type": kind}))
        usage.expect(4)

    def test_gzip(self):
        usage = self.counting()
        body = compress(json.dumps([counter("usage_total", 2, **FEATURE)] * 100))
        self.assertAccepted(self.push(body, {"Content-Encoding": "gzip"}))
        usage.expect(200)

    def test_chunked(self):
        usage = self.counting()
        push = [counter("usage_total", 1, **FEATURE)] * 50
        self.assertAccepted(self.push(push, chunked=True))
        usage.expect(50)

    def test_refused_samples_are_reported(self):
        push = [counter("usage_total", **FEATURE), counter("nobody_knows_this")]
        reply = self.push(push)
        self.assertStatus(reply, 200)
        self.assertIn("1 of 2", reply.text)

    def test_errors_of_the_responder_pass_unchanged(self):
        reply = self.push("[{]")
        self.assertStatus(reply, 400)
        self.assertTrue(reply.header("Content-Type")[0].startswith("text/plain"))
        reply = self.request("DELETE", "/record")
        self.assertStatus(reply, 405)
        self.assertIn("POST", reply.header("Allow")[0])
        reply = self.push("[]", {"Content-Encoding": "br"})
        self.assertStatus(reply, 415)

    # CORS

    def preflight(self, origin):
        return self.request(
            "OPTIONS",
            "/record",
            headers={
                "Origin": origin,
                "Access-Control-Request-Method": "POST",
                "Access-Control-Request-Headers": "content-type",
            },
        )

    def test_preflight_of_an_allowed_origin(self):
        reply = self.preflight(ORIGIN)
        self.assertStatus(reply, 204)
        self.assertAllowed(reply)
        self.assertIn("POST", reply.header("Access-Control-Allow-Methods")[0])
        self.assertIn(
            "content-type",
            reply.header("Access-Control-Allow-Headers")[0].lower(),
        )
        self.assertEqual(reply.header("Access-Control-Allow-Credentials"), ["true"])

    def test_preflight_of_another_origin_is_refused(self):
        reply = self.preflight(STRANGER)
        self.assertEqual(reply.header("Access-Control-Allow-Origin"), [], reply)

    def test_push_of_an_allowed_origin(self):
        usage = self.counting()
        push = [counter("usage_total", **FEATURE)]
        reply = self.push(push, {"Origin": ORIGIN})
        self.assertAccepted(reply)
        self.assertReadable(reply)
        usage.expect(1)

    def test_browser_request_for_another_host_is_refused(self):
        """DNS rebinding: any site can make its name resolve to 127.0.0.1."""
        port = self.server.port
        token = {"Authorization": "Bearer " + self.site.token}
        browser = {"User-Agent": "Mozilla/5.0 (X11; Linux x86_64)", **token}
        for host, taken in (
            (f"evil.example:{port}", False),
            (f"localhost.evil.example:{port}", False),
            (f"localhost:{port}", True),
            (f"127.0.0.1:{port}", True),
            (f"demo.localhost:{port}", True),
            (ORIGIN.partition("://")[2], True),
        ):
            with self.subTest(host):
                headers = {**browser, "Host": host}
                for path in ("/metrics", "/api/v1/metrics", "/api/v1/status"):
                    reply = self.request("GET", path, headers=headers)
                    self.assertStatus(reply, 200 if taken else 403)
                page = {**headers, "Origin": "http://" + host}
                for path, body in (("/record", "[]"), ("/write", "{}")):
                    kind = {"Content-Type": "application/json"}
                    reply = self.request("POST", path, body, {**page, **kind})
                    self.assertEqual(reply.status == 403, not taken, reply)
        # Programs may use any name that resolves to this host.
        headers = {**token, "Host": "metrics.example.org", "User-Agent": "Prometheus/3.5.0"}
        self.assertStatus(self.request("GET", "/metrics", headers=headers), 200)

    def test_push_of_another_origin_is_refused(self):
        usage = self.counting()
        push = [counter("usage_total", **FEATURE)]
        reply = self.push(push, {"Origin": STRANGER})
        self.assertStatus(reply, 403)
        self.assertEqual(reply.header("Access-Control-Allow-Origin"), [], reply)
        usage.expect(0)

    def test_error_of_the_responder_has_cors_headers_once(self):
        reply = self.push("[{]", {"Origin": ORIGIN})
        self.assertStatus(reply, 400)
        self.assertReadable(reply)

    # Limits

    def test_body_of_exactly_the_limit(self):
        usage = self.counting()
        body = json.dumps([counter("usage_total", **FEATURE)]).ljust(BODY_BYTES)
        self.assertAccepted(self.push(body))
        usage.expect(1)

    def push_of_size(self, size, chunked):
        body = json.dumps([counter("usage_total", **FEATURE)]).ljust(size)
        return self.push(body, {"Origin": ORIGIN}, chunked=chunked)

    def test_body_over_the_limit(self):
        usage = self.counting()
        for chunked in (False, True):
            with self.subTest(chunked=chunked):
                reply = self.push_of_size(BODY_BYTES + 1, chunked)
                self.assertStatus(reply, 413)
                self.assertAllowed(reply)
        usage.expect(0)

    def test_body_over_the_limit_of_the_server(self):
        usage = self.counting()
        for chunked, status in enumerate(self.over_server_limit):
            with self.subTest(chunked=chunked):
                reply = self.push_of_size(self.server_limit + 1, chunked)
                self.assertStatus(reply, status)
                if self.over_server_limit_cors:
                    self.assertAllowed(reply)
        usage.expect(0)

    def test_large_push_reaches_the_responder(self):
        # No endpoint accepts it, but the refusal comes from the responder.
        reply = self.request("POST", "/nowhere", b" " * self.trusted_limit)
        self.assertStatus(reply, 404)

    def test_half_sent_requests_delay_no_other(self):
        usage = self.counting()
        body = json.dumps([counter("usage_total", **FEATURE)]).encode()
        head = (
            f"POST {self.server.mount}/record HTTP/1.1\r\nHost: localhost\r\n"
            f"Connection: close\r\nContent-Length: {len(body)}\r\n\r\n"
        ).encode()
        address = ("127.0.0.1", self.server.port)
        halves = []
        for _ in range(5):
            half = socket.create_connection(address, harness.PATIENCE)
            self.addCleanup(half.close)
            half.sendall(head + body[:20])
            halves.append(half)
        for _ in range(5):
            self.assertAccepted(self.push([counter("usage_total", **FEATURE)]))
        usage.expect(5)
        for half in halves:
            half.sendall(body[20:])
            self.assertIn(b" 200 ", half.makefile("rb").readline())
        usage.expect(10)

    # The scrape

    def scrape_reply(self, accept, token=None):
        token = token or self.site.token
        return self.request(
            "GET",
            "/metrics",
            headers={"Accept": accept, "Authorization": "Bearer " + token},
        )

    def test_scrape_content_types(self):
        text = "text/plain; version=0.0.4; charset=utf-8"
        open_metrics = "application/openmetrics-text; version=1.0.0; charset=utf-8"
        for accept, kind in (
            ("*/*", text),
            ("text/plain;version=0.0.4;q=0.5,*/*;q=0.1", text),
            ("application/openmetrics-text;version=1.0.0,*/*;q=0.1", open_metrics),
        ):
            with self.subTest(accept):
                reply = self.scrape_reply(accept)
                self.assertStatus(reply, 200)
                self.assertEqual(reply.header("Content-Type"), [kind])
                end = reply.text.endswith("\n# EOF\n")
                self.assertEqual(end, kind == open_metrics)

    def test_scrape_needs_the_token(self):
        self.assertStatus(self.scrape_reply("*/*"), 200)
        self.assertStatus(self.scrape_reply("*/*", token="wrong"), 401)
        reply = self.request("GET", "/metrics")
        self.assertStatus(reply, 401)
        self.assertTrue(reply.header("WWW-Authenticate"), reply)

    def test_scrape_is_stable(self):
        # The responder's own families count the pushes and scrapes in between.
        def own(reply):
            return [
                line
                for line in reply.text.splitlines()
                if "tallyman_" not in line and "metrics_aggregator_" not in line
            ]

        first, second = self.scrape_reply("*/*"), self.scrape_reply("*/*")
        self.assertEqual(own(first), own(second))

    # Paths

    def test_path_reaches_the_responder_unchanged(self):
        reply = self.request("GET", "/no/such%20endpoint/a%2Fb//c")
        self.assertStatus(reply, 404)
        self.assertIn("a%2Fb//c", reply.text)
