"""Tallyman as a plain CGI program: alone, and behind Apache with .htaccess on a
host without mod_fcgid."""

import json
import re
import subprocess
import unittest
from email.parser import BytesParser

import checks
import faketime
import harness
import tap
import webservers
from checks import FEATURE
from harness import ORIGIN, Scrape, compress, counter, uuid7
from responder_case import allowlist, label, listed


class Cgi(unittest.TestCase):
    """Runs the responder as RFC 3875 specifies."""

    def setUp(self):
        self.site = harness.Site()
        self.addCleanup(self.site.remove)

    def run_cgi(self, method, path, body=b"", **variables):
        environment = {
            "PATH": "/usr/bin:/bin",
            "TALLYMAN_CONFIG": str(self.site.config),
            "GATEWAY_INTERFACE": "CGI/1.1",
            "SERVER_PROTOCOL": "HTTP/1.1",
            "SERVER_SOFTWARE": "none",
            "SERVER_NAME": "localhost",
            "SERVER_PORT": "80",
            "HTTP_HOST": "localhost",
            "REMOTE_ADDR": "127.0.0.1",
            "REQUEST_METHOD": method,
            "REQUEST_URI": "/cgi-bin/tallyman.cgi" + path,
            "SCRIPT_NAME": "/cgi-bin/tallyman.cgi",
            "PATH_INFO": path,
            "QUERY_STRING": "",
            "HTTP_AUTHORIZATION": "Bearer " + self.site.token,
        }
        if body:
            environment["CONTENT_LENGTH"] = str(len(body))
            environment["CONTENT_TYPE"] = "application/json"
        environment.update(variables)
        environment = {k: v for k, v in environment.items() if v is not None}
        done = subprocess.run(
            [str(self.site.responder)],
            input=body,
            env=environment,
            capture_output=True,
            timeout=harness.PATIENCE,
            **harness.of_user(harness.USER),
        )
        self.assertEqual((done.returncode, done.stderr), (0, b""), done)
        return self.reply(done.stdout)

    def reply(self, output):
        head, gap, body = output.partition(b"\r\n\r\n")
        self.assertTrue(gap, output)
        headers = BytesParser().parsebytes(head + gap)
        status = int((headers["Status"] or "200").split()[0])
        return status, headers, body.decode()

    def test_push_and_scrape(self):
        push = json.dumps([counter("usage_total", 2, **FEATURE)]).encode()
        status, _, body = self.run_cgi("POST", "/record", push)
        self.assertEqual((status, body), (200, "OK\n"))
        status, headers, body = self.run_cgi("GET", "/metrics")
        self.assertEqual(status, 200)
        self.assertEqual(
            headers["Content-Type"], "text/plain; version=0.0.4; charset=utf-8"
        )
        self.assertEqual(Scrape(body).value("usage_total", **FEATURE), 2)
        self.assertEqual(self.site.stored("usage_total", **FEATURE), 2)

    def test_page_and_login(self):
        status, headers, body = self.run_cgi("GET", "/")
        self.assertEqual((status, headers["Content-Type"]),
                         (200, "text/html; charset=utf-8"))
        self.assertIn("dashboard.js", body)
        form = {"CONTENT_TYPE": "application/x-www-form-urlencoded"}
        login = f"token={self.site.token}&keep=1".encode()
        status, headers, _ = self.run_cgi("POST", "/login", login, **form)
        self.assertEqual(status, 204)
        self.assertIn("HttpOnly", headers["Set-Cookie"])
        # Each request has its own process; they share state through the database.
        statuses = [
            self.run_cgi("POST", "/login", f"token=guess-{number}".encode(), **form)[0]
            for number in range(12)
        ]
        self.assertEqual(statuses[:10], [401] * 10)
        self.assertIn(429, statuses[10:])

    def test_history_is_written_at_once(self):
        """A CGI process is never idle, so it must write the history at once."""
        pages = [f"page{number}" for number in range(300)]
        self.site.write("tallyman/metrics.d/own.json",
                        allowlist(listed("uses_total", labels=[label("page", *pages)])))
        clock = faketime.Clock(self.site, 1774656000)
        for inc in (1, 2, 4):
            self.site.give_away()
            push = json.dumps([counter("uses_total", inc, page=page) for page in pages])
            self.assertEqual(self.run_cgi("POST", "/record", push.encode(),
                                          **clock.environment)[0], 200)
            self.assertEqual(self.site.query("SELECT count(*) FROM history_due"), [(0,)])
            clock.set(clock.now + 300)
        self.assertEqual(
            self.site.query(
                "SELECT at, count(*), sum(value) FROM history_step "
                "JOIN series ON series.id = series_id JOIN family ON family.id = family_id "
                "WHERE name = 'uses_total' GROUP BY at"),
            [(1774656000, 300, 300), (1774656300, 300, 600)])

    def test_shipped_families_are_accepted(self):
        bounds = {}
        for name in ("web.json", "performance_timing.json"):
            text = (self.site.home / "metrics.d" / name).read_text()
            text = re.sub(r"^\s*//.*", "", text, flags=re.M)
            push = []
            for family in json.loads(text)["allowedMetrics"]:
                bounds[family["name"]] = family.get("buckets")
                value = {"counter": "inc", "gauge": "value"}.get(family["type"])
                sample = {
                    "metricName": family["name"],
                    "metricType": family["type"],
                    "labels": {
                        label["name"]: label.get("allowedValues", ["any"])[-1]
                        for label in family["labels"]
                    },
                }
                sample.update({value: 1} if value else {"observations": [1, 2]})
                push.append(sample)
            body = json.dumps(push).encode()
            reply = self.run_cgi("POST", "/record", body)
            self.assertEqual((reply[0], reply[2]), (200, "OK\n"))
        self.assertEqual(self.site.stored("tallyman_client_sample_ratio"), 1)
        # Makes the shares of good and of poor views exact.
        for name, *limits in (
            ("web_lcp_seconds", 2.5, 4),
            ("web_fcp_seconds", 1.8, 3),
            ("web_ttfb_seconds", 0.8, 1.8),
            ("web_inp_seconds", 0.2, 0.5),
            ("web_cls_ratio", 0.1, 0.25),
        ):
            self.assertLessEqual(set(limits), set(bounds[name]), name)
        self.assertEqual(sum(n.startswith("performance_timing_") for n in bounds), 17)

    def test_batch_sent_three_times_counts_once(self):
        push = {"batch": uuid7(), "metrics": [counter("usage_total", 5, **FEATURE)]}
        for _ in range(3):
            status, _, _ = self.run_cgi("POST", "/record", json.dumps(push).encode())
            self.assertEqual(status, 200)
        self.assertEqual(self.site.stored("usage_total", **FEATURE), 5)

    def test_body_without_length(self):
        # Apache passes a chunked body to a CGI program without its length.
        push = json.dumps([counter("usage_total", 3, **FEATURE)]).encode()
        status, _, _ = self.run_cgi("POST", "/record", push, CONTENT_LENGTH=None)
        self.assertEqual(status, 200)
        self.assertEqual(self.site.stored("usage_total", **FEATURE), 3)

    def test_gzip(self):
        push = compress(json.dumps([counter("usage_total", 4, **FEATURE)]))
        status, _, _ = self.run_cgi(
            "POST", "/record", push, HTTP_CONTENT_ENCODING="gzip"
        )
        self.assertEqual(status, 200)
        self.assertEqual(self.site.stored("usage_total", **FEATURE), 4)

    def test_preflight(self):
        status, headers, _ = self.run_cgi(
            "OPTIONS",
            "/record",
            HTTP_ORIGIN=ORIGIN,
            HTTP_ACCESS_CONTROL_REQUEST_METHOD="POST",
        )
        self.assertEqual(status, 204)
        self.assertEqual(headers.get_all("Access-Control-Allow-Origin"), [ORIGIN])

    def test_errors(self):
        self.assertEqual(self.run_cgi("POST", "/record", b"[{]")[0], 400)
        self.assertEqual(self.run_cgi("GET", "/record")[0], 405)
        self.assertEqual(self.run_cgi("GET", "/nowhere")[0], 404)
        large = b"[]".ljust(checks.BODY_BYTES + 1)
        self.assertEqual(self.run_cgi("POST", "/record", large)[0], 413)
        unknown = self.run_cgi("GET", "/metrics", HTTP_AUTHORIZATION=None)
        self.assertEqual(unknown[0], 401)

    def test_trusted_push(self):
        """Pushes of this machine need no token; the scrape's token permits no push."""
        self.site.configure(open_families=True)
        self.site.give_away()
        text = b"# TYPE pushed_total counter\npushed_total 2\n"
        programs = {"CONTENT_TYPE": "text/plain", "HTTP_AUTHORIZATION": None}
        for size, status in ((0, 200), (3 << 20, 200), (5 << 20, 413)):
            push = text + b"#".ljust(max(1, size - len(text) - 1)) + b"\n"
            for variables, want in (
                ({}, status),
                ({"HTTP_AUTHORIZATION": "Bearer " + self.site.token}, 401),
                ({"REMOTE_ADDR": "192.0.2.1"}, 401),
            ):
                with self.subTest(variables, size=size):
                    variables = {**programs, **variables}
                    path = "/metrics/job/a%2Fb"
                    reply = self.run_cgi("PUT", path, push, **variables)
                    self.assertEqual(reply[0], want, reply)
        self.assertEqual(self.site.stored("pushed_total", job="a/b"), 4)

    def test_health(self):
        for path in ("/-/healthy", "/-/ready", "/status"):
            with self.subTest(path):
                self.assertEqual(self.run_cgi("GET", path)[0], 200)

    def test_path_below_a_rewritten_name(self):
        # In a rewritten request only PATH_INFO has the path below the mount point.
        status, _, _ = self.run_cgi("GET", "/-/healthy", REQUEST_URI="/m/-/healthy")
        self.assertEqual(status, 200)


class ApacheCgi(checks.Checks, checks.ServerCase):
    server_class = webservers.ApacheCgi
    config = {"mount": "/tallyman"}
    server_limit = 131072  # set by the rule in .htaccess for mod_fcgid
    over_server_limit = (413, 413)
    trusted_limit = 131072


if __name__ == "__main__":
    tap.main()
