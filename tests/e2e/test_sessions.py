"""Sessions with Grafana's dashboards, behind Grafana's login, with the samples
nginx/grafana.conf, apache/grafana.conf and lighttpd/grafana.conf."""

import contextlib
import hashlib
import hmac
import itertools
import json
import pathlib
import random
import sqlite3
import socket
import subprocess
import tempfile
import time
import unittest

import checks
import fastcgi
import grafana
import harness
import tap
from grafana import COOKIE, EMAIL, LABELS, LOGIN, NAME, SCRAPE, WRITE
from harness import Scrape, http, wait_until

TOTAL = "grafana_analytics_sessions_total"
DURATION = "grafana_analytics_sessions_duration_seconds_total"
FOCUSED = "grafana_analytics_sessions_focused_seconds_total"
ACTIVE = "grafana_analytics_sessions_active"
LENGTHS = "grafana_analytics_session_duration_seconds"
VARIABLES = "grafana_analytics_variables_total"


class SessionCase(checks.ServerCase):
    """Each test has a dashboard of its own, with the test's name."""

    server_class = grafana.Nginx
    mount = ""
    responders_wanted = 2

    def setUp(self):
        self.dashboard = self.id().rpartition(".")[2]
        # Times are as long ago as the longest session takes.
        self.base = grafana.now() - 20000

    def write(self, body, headers=COOKIE, path=WRITE, **options):
        """What the panel sends, each from an address of its own."""
        if not isinstance(body, (str, bytes)):
            body = json.dumps(body)
        options.setdefault("source", "127.0.1.%d" % random.randrange(1, 255))
        headers = {"Content-Type": "text/plain;charset=UTF-8", **headers}
        return self.request("POST", path, body, headers, **options)

    def message(self, kind, session, seconds, **more):
        more.setdefault("dashboard", (self.dashboard, self.dashboard + "-uid"))
        return grafana.message(kind, session, self.base + seconds, **more)

    def send(self, kind, session, seconds, **more):
        self.assertTaken(self.write(self.message(kind, session, seconds, **more)))

    def assertTaken(self, reply):
        self.assertEqual((reply.status, reply.body), (201, b""), reply)

    def scrape(self):
        token = {"Authorization": "Bearer " + self.site.token}
        reply = http("GET", self.server.root_url + SCRAPE, headers=token)
        self.assertStatus(reply, 200)
        return Scrape(reply.text)

    def labels(self, dashboard=None, **more):
        name = dashboard or self.dashboard
        uid = name + "-uid"
        return {**LABELS, "dashboard_name": name, "dashboard_uid": uid, **more}

    def counted(self):
        """Sessions, seconds and seconds with the focus of the dashboard."""
        got = self.scrape()
        names = (TOTAL, DURATION, FOCUSED)
        return tuple(got.value(name, **self.labels()) for name in names)

    def active(self):
        return self.scrape().value(ACTIVE, **self.labels()) or 0


# --- Grafana's login -----------------------------------------------------------


PUSHED = "# TYPE pushed_total counter\npushed_total 1\n"


class LoginChecks:
    """What each web server must get right."""

    TOKEN = "a-token-for-all-of-it"
    # Any trusted push would be taken.
    config = {"open_families": True, "push_token_file": "push.tokens"}
    files = {"push.tokens": TOKEN + "\n"}

    def asked(self):
        """The questions that Grafana got since the last call."""
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
            # The message is none of its business.
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

    def test_pages_from_elsewhere(self):
        """A signed-in person's browser, on a page that is not Grafana's."""
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

    def test_nothing_else_of_tallyman(self):
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
        """All but the responders' own, which count refusals as well."""
        names = {name for name, _ in self.scrape().samples}
        return {name for name in names if not name.startswith("tallyman_")}

    def test_signed_in_is_no_trusted_program(self):
        """No path that the web server reads as /write, but the responder as
        /metrics, lets Grafana's viewers push."""
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
                        # That would hide what is to be seen.
                        self.assertNotEqual(reply.status, 429)
                        if reply.status < 300:
                            self.assertIn('{"grafana": ', reply.text)
        self.assertEqual(self.families(), before)

    def test_scrape_is_for_prometheus(self):
        self.scrape()
        token = {"Authorization": "Bearer " + self.site.token, **COOKIE}
        for path in (SCRAPE, "/" + SCRAPE, "/analytics-plugin/%6detrics"):
            reply = self.request("GET", path, None, token, source=checks.ELSEWHERE)
            self.assertStatus(reply, 403)

    def test_all_else_is_grafanas(self):
        for path in ("/", "/metrics", "/api/ds/query?x=1", "/write", "/record"):
            for method in ("GET", "POST"):
                reply = self.request(method, path, "" if method == "POST" else None)
                self.assertEqual(
                    (reply.status, json.loads(reply.text)), (200, {"grafana": path})
                )


class NginxLogin(LoginChecks, SessionCase):
    def test_too_many_messages(self):
        message = self.message("start", grafana.new_session(), 0)
        replies = [self.write(message, source="127.0.0.9") for _ in range(100)]
        self.assertEqual({reply.status for reply in replies}, {201, 429})
        # Nobody else has to wait for that.
        self.assertTaken(self.write(message, source="127.0.0.10"))


class ApacheLogin(LoginChecks, SessionCase):
    server_class = grafana.Apache


class DecodingApache(grafana.Apache):
    def changes(self):
        return {"AllowEncodedSlashes Off": "AllowEncodedSlashes On"}


class DecodingApacheLogin(LoginChecks, SessionCase):
    """With what Grafana may want of Apache for another reason."""

    server_class = DecodingApache


class PushingApache(grafana.Apache):
    def changes(self):
        return {
            'REQUEST_URI "/analytics-plugin/write"':
                'REQUEST_URI "/analytics-plugin/metrics/job/x"'
        }


class ApacheUser(SessionCase):
    """The name that Apache wants to know is not passed on: were it a push, it
    would be a stranger's."""

    server_class = PushingApache
    config = LoginChecks.config
    files = LoginChecks.files

    def test_is_not_passed_on(self):
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
        # That is for lack of trust alone.
        self.assertStatus(self.write(PUSHED), 200)
        self.assertIn("pushed_total", self.scrape().text)


class LighttpdLogin(LoginChecks, SessionCase):
    server_class = grafana.Lighttpd
    responders_wanted = 0


class LoginProgram(unittest.TestCase):
    """grafana-login.pl by itself, as a web server speaks to it."""

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

    def test_asks(self):
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

    def test_no_line_can_be_smuggled(self):
        self.ask(HTTP_COOKIE="a=b\r\nX-WEBAUTH-USER: admin", HTTP_HOST="x\n\ny")
        (asked,) = self.grafana.asked
        self.assertEqual(
            dict(asked.headers), {"Cookie": "a=bX-WEBAUTH-USER: admin", "Host": "xy"}
        )

    def test_what_is_no_request(self):
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
                connection.send(data)
                with self.assertRaises(fastcgi.Closed):
                    connection.reply()
        self.assertEqual(self.grafana.asked, [])
        self.assertEqual(self.ask(HTTP_COOKIE=COOKIE["Cookie"]).status, 200)

    def test_nobody_waits_for_another(self):
        for _ in range(20):
            self.connect().send(fastcgi.begin(role=fastcgi.AUTHORIZER))
        start = time.monotonic()
        self.assertEqual(self.ask(HTTP_COOKIE=COOKIE["Cookie"]).status, 200)
        self.assertLess(time.monotonic() - start, 2)

    def test_grafana_is_away(self):
        self.program.stop()
        self.start(f"http://127.0.0.1:{harness.free_port()}/api/user")
        self.assertEqual(self.ask(HTTP_COOKIE=COOKIE["Cookie"]).status, 503)
        self.assertIn("does not answer", harness.tail(self.log.name))
        self.assertNotIn("a-good-session", harness.tail(self.log.name))


class SystemdUnits(unittest.TestCase):
    def test_verify(self):
        """systemd finds nothing wrong in the units of grafana-login.pl."""
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


# --- what is counted -------------------------------------------------------------


class Counting(SessionCase):
    def run_session(self, *steps, **more):
        """Steps are (kind, seconds) or (kind, seconds, focus). No total falls
        on the way."""
        session = grafana.new_session()
        before = (0, 0, 0)
        for kind, seconds, *focus in steps:
            for one in focus:
                more["focus"] = one
            self.send(kind, session, seconds, **more)
            now = tuple(value or 0 for value in self.counted())
            for was, is_now in zip(before, now):
                self.assertGreaterEqual(is_now, was)
            before = now
        return session

    def test_start_and_end(self):
        self.run_session(("start", 0), ("end", 7200))
        self.assertEqual(self.counted(), (1, 7200, 7200))

    def test_two_hours_of_heartbeats(self):
        heartbeats = [("heartbeat", seconds) for seconds in range(60, 7200, 60)]
        self.run_session(("start", 0), *heartbeats, ("end", 7200))
        self.assertEqual(self.counted(), (1, 7200, 7200))

    def test_out_of_order(self):
        self.run_session(
            ("start", 0), ("heartbeat", 1800), ("heartbeat", 600),
            ("heartbeat", 1200), ("end", 2400), interval=600,
        )
        self.assertEqual(self.counted(), (1, 2400, 2400))

    def test_all_orders(self):
        steps = [("start", 0), *(("heartbeat", 60 * i) for i in (1, 2, 3))]
        for count, order in enumerate(itertools.permutations(steps), 1):
            session = grafana.new_session()
            for kind, seconds in (*order, ("end", 210)):
                self.send(kind, session, seconds)
            with self.subTest(order=order):
                self.assertEqual(self.counted(), (count, count * 210, count * 210))

    def test_repeated(self):
        session = self.run_session(
            ("start", 0), ("start", 0), ("heartbeat", 60), ("heartbeat", 60),
            ("heartbeat", 60), ("end", 120), ("end", 120), ("start", 0),
        )
        self.assertEqual(self.counted(), (1, 120, 120))
        self.send("heartbeat", session, 60)
        self.assertEqual(self.counted(), (1, 120, 120))

    def test_end_before_start(self):
        self.run_session(("end", 600), ("start", 0))
        self.assertEqual(self.counted(), (1, 600, 600))

    def test_end_overtakes_heartbeats(self):
        self.run_session(("start", 0), ("end", 3000), ("heartbeat", 60))
        # Now it is known that heartbeats were missing, but it was counted.
        self.assertEqual(self.counted(), (1, 3000, 3000))

    def test_late_message_adds_the_difference(self):
        session = self.run_session(
            ("start", 0), ("heartbeat", 60), ("heartbeat", 240)
        )
        self.assertEqual(self.counted(), (1, 60 + 75, 60 + 75))
        self.send("heartbeat", session, 150)
        self.assertEqual(self.counted(), (1, 60 + 75 + 75, 60 + 75 + 75))

    def test_gap(self):
        self.run_session(
            ("start", 0), ("heartbeat", 60), ("heartbeat", 60 + 14400),
            ("end", 120 + 14400),
        )
        self.assertEqual(self.counted(), (1, 60 + 75 + 60, 60 + 75 + 60))

    def test_focus(self):
        self.run_session(
            ("start", 0, True), ("heartbeat", 60, False), ("heartbeat", 120, True),
            ("end", 150, False),
        )
        self.assertEqual(self.counted(), (1, 150, 90))

    def test_start_alone(self):
        self.run_session(("start", 0))
        # There is no duration yet, as with the panel's own server.
        self.assertEqual(self.counted(), (1, None, None))

    def test_other_types_are_heartbeats(self):
        self.run_session(("start", 0), ("resumed", 60), ("", 100))
        self.assertEqual(self.counted()[:2], (1, 100))

    def test_flattened(self):
        session = grafana.new_session()
        for kind, seconds in (("start", 0), ("heartbeat", 60), ("end", 90)):
            message = grafana.flat(self.message(kind, session, seconds))
            self.assertIn("host.buildInfo.env", message)
            json_type = {"Content-Type": "application/json", **COOKIE}
            self.assertTaken(self.write(message, json_type))
        self.assertEqual(self.counted(), (1, 90, 90))

    def test_length(self):
        self.run_session(("start", 0), ("end", 100))
        self.run_session(("start", 0), ("end", 4000))
        got = self.scrape()
        labels = {k: v for k, v in self.labels().items() if k in
                  ("dashboard_name", "dashboard_uid")}
        self.assertEqual(got.value(LENGTHS + "_count", **labels), 2)
        self.assertEqual(got.value(LENGTHS + "_sum", **labels), 4100)
        for bound, count in ((60, 0), (120, 1), (3600, 1), (7200, 2)):
            le = str(bound)
            self.assertEqual(got.value(LENGTHS + "_bucket", le=le, **labels), count)

    def test_active(self):
        sessions = [grafana.new_session() for _ in range(3)]
        for count, session in enumerate(sessions, 1):
            self.send("start", session, 20000)
            self.assertEqual(self.active(), count)
        for count, session in enumerate(sessions):
            self.send("end", session, 20000 + count)
            self.assertEqual(self.active(), 2 - count)

    def test_silent_session_is_not_active(self):
        session = grafana.new_session()
        self.send("start", session, 20000)
        self.send("heartbeat", session, 20060)
        self.assertEqual(self.active(), 1)
        self.make_older(session, 3600)
        self.assertEqual(self.active(), 0)
        self.send("heartbeat", session, 20120)
        self.assertEqual(self.active(), 1)
        self.assertEqual(self.counted()[0], 1)

    def make_older(self, session, seconds):
        """As if it had been heard of so much earlier."""
        connection = sqlite3.connect(self.site.database, timeout=harness.PATIENCE)
        with contextlib.closing(connection), connection:
            connection.execute(
                "UPDATE session SET seen_at = seen_at - :seconds,"
                " open_until = open_until - :seconds WHERE uuid = :uuid",
                {"seconds": seconds, "uuid": session},
            )

    def test_new_dashboard_is_not_counted(self):
        session = grafana.new_session()
        self.send("start", session, 0, dashboard=(self.dashboard, "new"))
        self.assertNotIn(self.dashboard, self.scrape().text)

    def test_two_responders(self):
        session = grafana.new_session()
        for killed, (kind, seconds) in enumerate(
            (("start", 0), ("heartbeat", 60), ("heartbeat", 120), ("end", 150))
        ):
            self.responders.kill(killed % 2)
            self.send(kind, session, seconds)
            self.responders.restart(killed % 2)
        self.assertEqual(self.counted(), (1, 150, 150))

    def test_as_the_panels_server_exposes(self):
        self.run_session(("start", 0), ("end", 30))
        text = self.scrape().text
        self.assertIn(f"# TYPE {TOTAL} counter\n", text)
        self.assertIn(f"# TYPE {DURATION} counter\n", text)
        self.assertRegex(text, r"(?m)^grafana_analytics_up 1$")
        self.assertRegex(text, r"(?m)^grafana_analytics_build_info\{.*version=\".*\"\} 1$")
        labels = ",".join(f'{k}="{v}"' for k, v in sorted(self.labels().items()))
        self.assertIn(f"\n{TOTAL}{{{labels}}} 1\n", text)
        self.assertIn(f"\n{DURATION}{{{labels}}} 30\n", text)


class Refused(SessionCase):
    def test_malformed(self):
        good = json.dumps(self.message("start", grafana.new_session(), 0))
        for body, why in (
            (good[:-1], "line 1, column"),
            ("", "line 1, column"),
            ("[]", "object"),
            (good.replace('"uuid"', '"guid"'), "uuid: missing"),
        ):
            with self.subTest(why):
                reply = self.write(body)
                self.assertStatus(reply, 400)
                self.assertIn(why, reply.text)
        self.assertEqual(self.counted(), (None, None, None))

    def test_times_far_from_ours(self):
        day = 86400
        session = grafana.new_session()
        for seconds in (-day - 100, day + 100, -1e9):
            self.base = grafana.now()
            reply = self.write(self.message("start", session, int(seconds)))
            self.assertStatus(reply, 400)
            self.assertIn("time: ", reply.text)
        self.assertEqual(self.counted(), (None, None, None))
        reason = {"door": "sessions", "reason": "time"}
        wait_until(
            lambda: self.scrape().value("tallyman_pushes_rejected_total", **reason)
            == 3,
            "the refused messages to be counted",
        )
        for seconds in (-day + 100, day - 100):
            self.send("start", grafana.new_session(), seconds)
        self.assertEqual(self.counted()[0], 2)

    def test_wrong_types_of_single_fields(self):
        message = self.message("start", grafana.new_session(), 0)
        message.update(hasFocus="yes", variables=7, timeRange=[], options=None)
        message["user"]["locale"] = 7
        self.assertTaken(self.write(message))
        labels = self.labels()
        del labels["user_locale"]
        self.assertEqual(self.scrape().value(TOTAL, **labels), 1)


class LongTimeout(SessionCase):
    config = {"sessions": {"timeout_seconds": 3600}}

    def test_four_hours_elsewhere(self):
        session = grafana.new_session()
        steps = [("start", 0), *(("heartbeat", 60 * i) for i in range(1, 16))]
        for kind, seconds in (*steps, ("heartbeat", 900 + 14400)):
            self.send(kind, session, seconds)
        self.assertEqual(self.counted()[:2], (1, 900 + 3600))

    def test_without_heartbeats(self):
        session = grafana.new_session()
        self.send("start", session, 0)
        self.send("end", session, 7200)
        self.assertEqual(self.counted()[:2], (1, 3600))


class Bounded(SessionCase):
    config = {"sessions": {"max_series": 5}}

    def test_further_dashboards_are_other(self):
        for number in range(9):
            dashboard = (f"dashboard {number}", f"uid-{number}")
            session = grafana.new_session()
            for kind, seconds in (("start", 0), ("end", 60)):
                self.send(kind, session, seconds, dashboard=dashboard)
        got = self.scrape()
        for name, each in ((TOTAL, 1), (DURATION, 60)):
            series = {
                dict(labels)["dashboard_name"]: value
                for (family, labels), value in got.samples.items()
                if family == name
            }
            self.assertEqual(sum(series.values()), 9 * each)
            self.assertLessEqual(len(series), 6)
            self.assertGreaterEqual(series["other"], 4 * each)


class DropLabels(SessionCase):
    config = {"sessions": {"drop_labels": ["user_locale", "grafana_host"]}}

    def test_dropped(self):
        self.send("start", grafana.new_session(), 0)
        labels = self.labels()
        del labels["user_locale"], labels["grafana_host"]
        self.assertEqual(self.scrape().value(TOTAL, **labels), 1)


class Variables(SessionCase):
    config = {"sessions": {"variables": ["region"], "max_variable_values": 3}}

    def test_bounded_values(self):
        for number in range(6):
            variables = {"region": [f"r{number}"], "secret": ["hidden-value"]}
            self.send("start", grafana.new_session(), 0, variables=variables)
        got = self.scrape()
        values = {
            dict(labels)["value"]: value
            for (family, labels), value in got.samples.items()
            if family == VARIABLES
        }
        self.assertEqual(sum(values.values()), 6)
        self.assertEqual(values["other"], 3)
        self.assertNotIn("hidden-value", got.text)


# --- privacy ---------------------------------------------------------------------


class Private(SessionCase):
    """By default nothing tells who it was, wherever one looks."""

    config = {"sessions": {"log": "logfmt"}}
    nowhere = (LOGIN, NAME, EMAIL)

    def test_nowhere(self):
        session = grafana.new_session()
        variables = {"region": ["north"]}
        for kind, seconds in (("start", 0), ("heartbeat", 60), ("end", 90)):
            self.send(kind, session, seconds, variables=variables)
        # What is refused is written down sometimes.
        self.write(json.dumps(self.message("start", session, 0))[:-1])
        self.write(self.message("start", session, -1000000))
        self.check_user(session)
        text = self.scrape().text
        places = {"the scrape": text.encode()}
        files = [*self.site.home.glob("tallyman.db*"), *self.site.dir.glob("log/*")]
        places.update((path.name, path.read_bytes()) for path in files)
        self.assertIn("tallyman.db", places)
        together = b"".join(places.values())
        self.assertIn(session.encode(), together)
        self.assertIn(b"Received session data", places["responders.log"])
        for secret in self.nowhere:
            for place, content in places.items():
                with self.subTest(secret, place=place):
                    self.assertNotIn(secret.encode(), content)

    def check_user(self, session):
        self.assertEqual(self.scrape().value(TOTAL, **self.labels()), 1)


class PrivateInJson(Private):
    config = {"sessions": {"log": "json"}}

    def check_user(self, session):
        super().check_user(session)
        lines = [
            json.loads(line)
            for line in self.responders.stderr().splitlines()
            if session in line
        ]
        self.assertEqual([one["type"] for one in lines], ["start", "heartbeat", "end"])
        for one in lines:
            self.assertFalse({"user_login", "user_name", "user_email"} & set(one))


class UserNames(Private):
    config = {"sessions": {"user_labels": True, "log": "logfmt"}}
    nowhere = (EMAIL,)

    def check_user(self, session):
        labels = self.labels(user_login=LOGIN, user_name=NAME)
        self.assertEqual(self.scrape().value(TOTAL, **labels), 1)
        self.assertIn(f'user_login={LOGIN} user_name="{NAME}"', self.responders.stderr())


class UserHashes(Private):
    KEY = "0123456789abcdef0123456789abcdef"
    config = {
        "sessions": {
            "user_labels": "hash", "hash_key_file": "hash.key", "log": "logfmt",
        }
    }
    files = {"hash.key": KEY + "\n"}
    nowhere = (LOGIN, NAME, EMAIL, KEY)

    def check_user(self, session):
        digest = hmac.new(self.KEY.encode(), LOGIN.encode(), hashlib.sha256)
        labels = self.labels(user_login=digest.hexdigest()[:16])
        self.assertEqual(self.scrape().value(TOTAL, **labels), 1)


if __name__ == "__main__":
    tap.main()
