"""Sessions behind Grafana's login, with the samples nginx/grafana.conf,
apache/grafana.conf and lighttpd/grafana.conf."""

import json
import pathlib
import random
import socket
import subprocess
import tempfile
import unittest

import checks
import fastcgi
import grafana
import harness
import tap
from grafana import COOKIE, SCRAPE, WRITE
from guide_shell import GuideShell
from guides import section
from session_case import SessionCase

PUSHED = "# TYPE pushed_total counter\npushed_total 1\n"


class LoginChecks:
    """Checks that hold for each web server."""

    TOKEN = "a-token-for-all-of-it"
    # A trusted push would be accepted.
    config = {"open_families": True, "push_token_file": "push.tokens"}
    files = {"push.tokens": TOKEN + "\n"}

    def asked(self):
        """Returns Grafana's requests since the last call."""
        asked = [one for one in self.server.grafana.asked if one.path == "/api/user"]
        self.server.grafana.asked.clear()
        return asked

    def test_signed_in(self):
        session = grafana.new_session()
        self.asked()
        self.send("start", session, 0)
        self.send("end", session, 7200)
        self.assertEqual(self.counted(), (1, 7200, 7200))
        asked = self.asked()
        self.assertEqual(len(asked), 2)
        for one in asked:
            self.assertEqual(one.command, "GET")
            self.assertEqual(one.headers["Cookie"], COOKIE["Cookie"])
            # Grafana gets no body.
            self.assertEqual(one.rest, b"")
            for name in ("Content-Length", "Transfer-Encoding", "Content-Type"):
                self.assertIsNone(one.headers[name], name)

    def test_not_signed_in(self):
        session = grafana.new_session()
        message = self.message("start", session, 0)
        for headers in (
            {},
            {"Cookie": "theme=dark"},
            {"Cookie": "grafana_session=a-bad-session"},
            {"Cookie": "grafana_session="},
            {"Authorization": "Basic YWRtaW46YWRtaW4="},
            {"X-Grafana-User": "admin", "Referer": "http://grafana.example.org/d/x"},
        ):
            for path in (WRITE, "/" + WRITE, "/analytics-plugin/./write",
                         "/analytics-plugin//write", "/analytics-plugin/%77rite",
                         "/x/../analytics-plugin/write", WRITE + "?signed=in"):
                with self.subTest(headers, path=path):
                    self.assertStatus(self.write(message, headers, path), 401)
        self.assertEqual(self.counted(), (None, None, None))

    def test_guide_shows_the_refusal(self):
        text = section("fcgi/grafana.md", "Behind Grafana's login")
        shell = GuideShell(self, self.site.dir, {"http://grafana.example.org": self.server.url})
        self.assertEqual(shell.follow(text, only="console"), 1)

    def test_pages_of_other_origins(self):
        """The browser of a signed-in person, on a page of another origin."""
        message = self.message("start", grafana.new_session(), 0)
        there = {**COOKIE, "Origin": checks.STRANGER, "Sec-Fetch-Site": "cross-site"}
        self.assertStatus(self.write(message, there), 403)
        self.assertEqual(self.counted(), (None, None, None))
        here = {**COOKIE, "Origin": self.server.root_url}
        self.assertTaken(self.write(message, here))
        self.assertEqual(self.counted()[0], 1)

    def test_grafana_fails(self):
        message = self.message("start", grafana.new_session(), 0)
        self.server.grafana.server.broken = True
        try:
            reply = self.write(message)
        finally:
            self.server.grafana.server.broken = False
        self.assertIn(reply.status, (500, 503))
        self.assertEqual(self.counted(), (None, None, None))
        self.assertTaken(self.write(message))
        self.assertEqual(self.counted()[0], 1)

    def test_large_message(self):
        self.assertStatus(self.write(b" " * (checks.BODY_BYTES + 1)), 413)
        message = self.message("start", grafana.new_session(), 0)
        for chunked in (False, True):
            padded = json.dumps(message).ljust(checks.BODY_BYTES)
            self.assertTaken(self.write(padded, chunked=chunked))
        self.assertEqual(self.counted()[0], 1)

    def test_no_other_path_of_tallyman(self):
        token = {"Authorization": "Bearer " + self.site.token, **COOKIE}
        ways = """record api/v1/metrics api/v1/status status -/healthy static/x
            metrics/job/x v1/metrics login write/x x/../record %72ecord"""
        for path in ways.split():
            for method in ("GET", "POST", "PUT", "DELETE"):
                with self.subTest(path, method=method):
                    reply = self.request(
                        method, "/analytics-plugin/" + path, "", token,
                        source=checks.ELSEWHERE,
                    )
                    self.assertIn(reply.status, (403, 404))
        for method in ("POST", "PUT", "DELETE"):
            reply = self.request(method, SCRAPE, "x 1\n", token)
            self.assertStatus(reply, 403)

    def families(self):
        """Returns all families except the responders' own, which also count refusals."""
        names = {name for name, _ in self.scrape().samples}
        return {name for name in names if not name.startswith("tallyman_")}

    def test_viewer_is_not_a_trusted_program(self):
        """Grafana's viewers cannot push by a path that the web server reads as
        /write and the responder as /metrics."""
        self.send("start", grafana.new_session(), 0)
        before = self.families()
        for path in (
            "metrics/job/x", "..%2fmetrics%2fjob%2fx", "metrics/job/..%2f..%2fwrite",
            "metrics/job/..%2F../write", "metrics/job/%2e%2e/%2e%2e/write",
            "metrics/job/../../write", "metrics/..%2fwrite", "metrics/%2e%2e/write",
            "metrics/job/x%2f..%2f..%2f..%2fwrite", "metrics/job/..%252f..%252fwrite",
        ):
            for headers in (
                {},
                {"X-Forwarded-For": "192.0.2.7"},
                {"Authorization": "Bearer " + self.TOKEN},
                {"X-API-Key": self.TOKEN},
            ):
                for method in ("POST", "PUT", "DELETE", "GET"):
                    with self.subTest(path, headers=headers, method=method):
                        reply = self.request(
                            method, "/analytics-plugin/" + path, PUSHED,
                            {**COOKIE, **headers},
                            source="127.0.1.%d" % random.randrange(1, 255),
                        )
                        # A 429 would hide the reply to check.
                        self.assertNotEqual(reply.status, 429)
                        if reply.status < 300:
                            self.assertIn('{"grafana": ', reply.text)
        self.assertEqual(self.families(), before)

    def test_only_prometheus_may_scrape(self):
        self.scrape()
        token = {"Authorization": "Bearer " + self.site.token, **COOKIE}
        for path in (SCRAPE, "/" + SCRAPE, "/analytics-plugin/%6detrics"):
            reply = self.request("GET", path, None, token, source=checks.ELSEWHERE)
            self.assertStatus(reply, 403)

    def test_all_other_paths_are_grafanas(self):
        for path in ("/", "/metrics", "/api/ds/query?x=1", "/write", "/record"):
            for method in ("GET", "POST"):
                reply = self.request(method, path, "" if method == "POST" else None)
                self.assertEqual(
                    (reply.status, json.loads(reply.text)), (200, {"grafana": path})
                )


class NginxLogin(LoginChecks, SessionCase):
    def test_too_many_messages(self):
        message = self.message("start", grafana.new_session(), 0)
        replies = self.until_too_many(
            lambda: self.write(message, source="127.0.0.9")
        )
        self.assertEqual({reply.status for reply in replies}, {201, 429})
        # Other addresses are not limited.
        self.assertTaken(self.write(message, source="127.0.0.10"))


class ApacheLogin(LoginChecks, SessionCase):
    server_class = grafana.Apache


class DecodingApache(grafana.Apache):
    def changes(self):
        return {"AllowEncodedSlashes Off": "AllowEncodedSlashes On"}


class DecodingApacheLogin(LoginChecks, SessionCase):
    """With a setting that Grafana may need for other reasons."""

    server_class = DecodingApache


class PushingApache(grafana.Apache):
    def changes(self):
        return {
            'REQUEST_URI "/analytics-plugin/write"':
                'REQUEST_URI "/analytics-plugin/metrics/job/x"'
        }


class ApacheUser(SessionCase):
    """Apache does not pass on the user name: a push with it is untrusted."""

    server_class = PushingApache
    config = LoginChecks.config
    files = LoginChecks.files

    def test_user_is_not_passed_on(self):
        for headers in (
            {"X-Forwarded-For": "192.0.2.7"},
            {"X-Forwarded-For": "192.0.2.7", "X-API-Key": LoginChecks.TOKEN},
            {
                "X-Forwarded-For": "192.0.2.7",
                "Authorization": "Bearer " + LoginChecks.TOKEN,
            },
        ):
            with self.subTest(headers):
                self.assertStatus(self.write(PUSHED, {**COOKIE, **headers}), 401)
        self.assertNotIn("pushed_total", self.scrape().text)
        # Only trust was missing.
        self.assertStatus(self.write(PUSHED), 200)
        self.assertIn("pushed_total", self.scrape().text)


class LighttpdLogin(LoginChecks, SessionCase):
    server_class = grafana.Lighttpd
    responders_wanted = 0


class LoginProgram(unittest.TestCase):
    """grafana-login.pl alone, with FastCGI requests like a web server's."""

    def setUp(self):
        self.grafana = grafana.Grafana()
        self.addCleanup(self.grafana.stop)
        self.log = tempfile.NamedTemporaryFile()
        self.addCleanup(self.log.close)
        self.start(f"http://127.0.0.1:{self.grafana.port}/api/user")

    def start(self, url):
        listener = socket.create_server(("127.0.0.1", 0))
        self.address = listener.getsockname()
        self.program = harness.Process(
            ["perl", harness.ROOT / "apache/grafana-login.pl"],
            self.log.name,
            stdin=listener,
            env={"GRAFANA_LOGIN": url},
        )
        listener.close()
        self.addCleanup(self.program.stop)

    def connect(self):
        connection = fastcgi.Connection(self.address, family=socket.AF_INET)
        self.addCleanup(connection.close)
        return connection

    def ask(self, **params):
        request = fastcgi.begin(role=fastcgi.AUTHORIZER, keep=False)
        request += fastcgi.stream(fastcgi.PARAMS, fastcgi.pairs(params))
        return self.connect().ask(request)

    def test_grafana_is_asked(self):
        good = COOKIE["Cookie"]
        reply = self.ask(HTTP_COOKIE=good, HTTP_HOST="g.example", REMOTE_ADDR="192.0.2.7")
        self.assertEqual(reply.status, 200)
        self.assertEqual(reply.header("Variable-GRAFANA_LOGIN"), ["grafana"])
        (asked,) = self.grafana.asked
        self.assertEqual(
            dict(asked.headers),
            {"Cookie": good, "Host": "g.example", "X-Forwarded-For": "192.0.2.7"},
        )
        self.assertEqual(self.ask(HTTP_COOKIE=good[:-1]).status, 401)
        self.assertEqual(self.ask().status, 401)
        long = "x" * 300 + "; " + good
        self.assertEqual(self.ask(HTTP_COOKIE=long, OTHER="y" * 20000).status, 200)

    def test_no_header_can_be_injected(self):
        self.ask(HTTP_COOKIE="a=b\r\nX-WEBAUTH-USER: admin", HTTP_HOST="x\n\ny")
        (asked,) = self.grafana.asked
        self.assertEqual(
            dict(asked.headers), {"Cookie": "a=bX-WEBAUTH-USER: admin", "Host": "xy"}
        )

    def test_malformed_requests(self):
        begin = fastcgi.begin(role=fastcgi.AUTHORIZER)
        for data in (
            b"GET / HTTP/1.1\r\nHost: x\r\n\r\n",
            fastcgi.begin(role=fastcgi.RESPONDER),
            fastcgi.record(fastcgi.PARAMS, b""),
            begin + fastcgi.stream(fastcgi.PARAMS, b"\x05\xff\xff\xff\xffname"),
            begin + fastcgi.stream(fastcgi.PARAMS, b"\xff"),
            begin + fastcgi.stream(fastcgi.PARAMS, b"\x01\x00a" * 30000),
        ):
            with self.subTest(data[:30]):
                connection = self.connect()
                with self.assertRaises(fastcgi.Closed):
                    connection.ask(data)
        self.assertEqual(self.grafana.asked, [])
        self.assertEqual(self.ask(HTTP_COOKIE=COOKIE["Cookie"]).status, 200)

    def test_requests_do_not_wait_for_each_other(self):
        for _ in range(20):
            self.connect().send(fastcgi.begin(role=fastcgi.AUTHORIZER))
        start = harness.awake()
        self.assertEqual(self.ask(HTTP_COOKIE=COOKIE["Cookie"]).status, 200)
        self.assertLess(harness.awake() - start, 2)

    def test_grafana_is_away(self):
        self.program.stop()
        self.start(f"http://127.0.0.1:{harness.free_port()}/api/user")
        self.assertEqual(self.ask(HTTP_COOKIE=COOKIE["Cookie"]).status, 503)
        self.assertIn("does not answer", harness.tail(self.log.name))
        self.assertNotIn("a-good-session", harness.tail(self.log.name))


class SystemdUnits(unittest.TestCase):
    def test_verify(self):
        """systemd accepts the units of grafana-login.pl."""
        with tempfile.TemporaryDirectory() as place:
            place = pathlib.Path(place)
            names = ("grafana-login.socket", "grafana-login.service")
            for name in names:
                (place / name).write_text((harness.ROOT / "apache" / name).read_text())
            done = subprocess.run(
                ["systemd-analyze", "verify", "--man=no", *(place / n for n in names)],
                env={"PATH": "/usr/bin:/bin", "SYSTEMD_UNIT_PATH": f"{place}:"},
                capture_output=True,
                text=True,
            )
        self.assertEqual((done.returncode, done.stdout + done.stderr), (0, ""))


if __name__ == "__main__":
    tap.main()
