"""Families that no file lists, pushed through nginx: whatever they are called
and whatever they say, promtool, a strict reader of OpenMetrics and a real
Prometheus read the scrape."""

import math
import subprocess

import checks
import harness
import openmetrics
import tap
import test_prometheus
import webservers
from harness import http

AWKWARD = test_prometheus.AWKWARD
ESCAPED = AWKWARD.replace("\\", r"\\").replace("\n", r"\n")
IN_LABEL = ESCAPED.replace('"', r"\"")

# The names have the suffixes that series of other types have.
PUSHED = f"""\
# HELP runs_total {ESCAPED}
# TYPE runs_total counter
runs_total{{text="{IN_LABEL}"}} 3
runs_total{{text="\x01\t\x7f\r"}} 4
# HELP tries A counter without _total.
# TYPE tries counter
tries 2
# HELP depth_total A gauge.
# TYPE depth_total gauge
depth_total{{is="nan"}} NaN
depth_total{{is="infinite"}} +Inf
depth_total{{is="minus"}} -Inf
# HELP build_info A gauge.
# TYPE build_info gauge
build_info{{version="1"}} 1
# HELP took_seconds A histogram.
# TYPE took_seconds histogram
took_seconds_bucket{{le="0.1"}} 1
took_seconds_bucket{{le="1e3"}} 3
took_seconds_bucket{{le="+Inf"}} 4
took_seconds_sum 12.5
took_seconds_count 4
# HELP whole_seconds A histogram without bounds.
# TYPE whole_seconds histogram
whole_seconds_bucket{{le="+Inf"}} 4
whole_seconds_sum 2
whole_seconds_count 4
# HELP offset_celsius A histogram below zero.
# TYPE offset_celsius histogram
offset_celsius_bucket{{le="-10"}} 1
offset_celsius_bucket{{le="+Inf"}} 1
offset_celsius_sum -12
offset_celsius_count 1
# HELP calls_seconds A summary.
# TYPE calls_seconds summary
calls_seconds{{quantile="0.5"}} 1
calls_seconds_sum 10
calls_seconds_count 3
# HELP balance_euros A summary below zero.
# TYPE balance_euros summary
balance_euros_sum -10
balance_euros_count 3
# HELP z_bucket What has no type.
z_bucket 5
"""

NAMES = {line.split()[2] for line in PUSHED.split("\n") if "# TYPE" in line}

# Each would give a series a name that another family has.
CLASHING = (
    "# TYPE runs gauge\nruns 1\n",
    "# TYPE tries_total gauge\ntries_total 1\n",
    "# TYPE took_seconds_count counter\ntook_seconds_count 1\n",
    "calls_seconds_sum 1\n",
    "# TYPE z summary\nz_sum 1\nz_count 1\n# TYPE z_count gauge\nz_count 1\n",
    "# TYPE z histogram\nz_bucket{le=\"+Inf\"} 1\nz_sum 1\nz_count 1\n",
    "# TYPE usage counter\nusage 1\n",
    "# TYPE tallyman_series gauge\ntallyman_series 1\n",
)


class OpenFamilies(checks.ServerCase):
    server_class = webservers.Nginx
    config = {"open_families": True}
    responders_wanted = 2

    def setUp(self):
        for path in ("/metrics/job/x", "/metrics/job/y/empty@base64/="):
            reply = http(
                "PUT",
                self.server.url + path,
                PUSHED.encode(),
                {"Content-Type": "text/plain"},
            )
            self.assertEqual(reply.status, 200, reply)
        for body in CLASHING:
            with self.subTest(body):
                reply = http(
                    "POST",
                    self.server.url + "/metrics/job/x",
                    body,
                    {"Content-Type": "text/plain"},
                )
                self.assertEqual(reply.status, 400, reply)

    def openmetrics(self):
        accept = "application/openmetrics-text"
        return openmetrics.parse(harness.scrape(self.server, accept).text)

    def test_openmetrics(self):
        families = self.openmetrics()
        for name, kind in (
            ("runs", "counter"),
            ("tries", "counter"),
            ("depth_total", "gauge"),
            ("build_info", "gauge"),
            ("took_seconds", "histogram"),
            ("whole_seconds", "histogram"),
            ("calls_seconds", "summary"),
            ("balance_euros", "summary"),
            ("z_bucket", "unknown"),
        ):
            with self.subTest(name):
                self.assertEqual(families[name].type, kind)
        self.assertEqual(families["runs"].help, AWKWARD)
        runs = families["runs"].samples
        labels = (("job", "x"), ("text", AWKWARD))
        self.assertEqual(runs["runs_total", labels] % 3, 0)
        infinite = (("is", "minus"), ("job", "y"))
        depth = families["depth_total"].samples
        self.assertEqual(depth["depth_total", infinite], -math.inf)
        counted = families["tallyman_series"].samples
        self.assertEqual(
            counted["tallyman_series", (("family", "depth_total"),)], 6
        )

    def test_text(self):
        """promtool finds fault with two of the names and can read it all."""
        text = harness.scrape(self.server).text
        self.assertIn("# TYPE z_bucket untyped\n", text)
        done = subprocess.run(
            ["promtool", "check", "metrics"],
            input=text.encode(),
            capture_output=True,
            timeout=test_prometheus.PATIENCE,
        )
        found = (done.stdout + done.stderr).decode().splitlines()
        self.assertEqual(done.returncode, 3, found)  # 1: it cannot be read
        self.assertEqual(
            sorted(line for line in found if line.split()[0] in NAMES),
            [
                'depth_total non-counter metrics should not have "_total" suffix',
                'tries counter metrics should have "_total" suffix',
            ],
        )

    def test_prometheus(self):
        target = {
            "job_name": "tallyman",
            "honor_labels": True,
            "metrics_path": self.server.mount + "/metrics",
            "authorization": {"credentials_file": f"{self.site.home}/scrape.token"},
            "static_configs": [{"targets": [f"127.0.0.1:{self.server.port}"]}],
        }
        prometheus = test_prometheus.Prometheus(self.site, [target])
        self.addCleanup(prometheus.stop)
        test_prometheus.wait_long(
            lambda: prometheus.query("up"), "the first scrape"
        )
        (state,) = prometheus.targets().values()
        self.assertEqual((state["health"], state["lastError"]), ("up", ""))
        got = harness.scrape(self.server)
        for query, name in (
            ('calls_seconds_sum{job="x"}', "calls_seconds_sum"),
            ('whole_seconds_bucket{job="x"}', "whole_seconds_count"),
            ('z_bucket{job="x"}', "z_bucket"),
            ('tries_total{job="x"}', "tries"),
        ):
            with self.subTest(query):
                value = got.value(name, job="x")
                self.assertIsNotNone(value)
                self.assertEqual(prometheus.query(query), value)
        self.assertEqual(prometheus.query('count(runs_total{job="y"})'), 2)


if __name__ == "__main__":
    tap.main()
