"""Families that no file lists, pushed through nginx: with any name and any text,
promtool, a strict OpenMetrics parser and a real Prometheus read the scrape."""

import math
import random
import subprocess
import unittest

import checks
import fastcgi
import harness
import openmetrics
import tap
import test_prometheus
import webservers
from harness import PATIENCE, http, wait_until
from responder_case import allowlist, listed, wait_serving

AWKWARD = test_prometheus.AWKWARD
ESCAPED = AWKWARD.replace("\\", r"\\").replace("\n", r"\n")
IN_LABEL = ESCAPED.replace('"', r"\"")

# Names with the suffixes of other types.
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
# HELP jobs A gauge of the name that OpenMetrics gives to jobs_total.
# TYPE jobs gauge
jobs 1
# HELP jobs_total A counter.
# TYPE jobs_total counter
jobs_total 5
# HELP usage Beside a listed counter usage_total.
# TYPE usage counter
usage 1
# HELP z_bucket What has no type.
z_bucket 5
"""

NAMES = {line.split()[2] for line in PUSHED.split("\n") if "# TYPE" in line}

# Each would make two families share a series name.
CLASHING = (
    "# TYPE took_seconds_count counter\ntook_seconds_count 1\n",
    "calls_seconds_sum 1\n",
    "# TYPE z summary\nz_sum 1\nz_count 1\n# TYPE z_count gauge\nz_count 1\n",
    "# TYPE z histogram\nz_bucket{le=\"+Inf\"} 1\nz_sum 1\nz_count 1\n",
    "# TYPE tallyman_series gauge\ntallyman_series 1\n",
)


class OpenFamilies(checks.ServerCase):
    server_class = webservers.Nginx
    config = {"open_families": True}
    responders_wanted = 2

    def setUp(self):
        for path in ("/metrics/job/x", "/metrics/job/y/empty@base64/="):
            reply = self.put(PUSHED, path)
            self.assertEqual(reply.status, 200, reply)
        for body in CLASHING:
            with self.subTest(body):
                self.assertEqual(self.put(body).status, 400)

    def put(self, body, path="/metrics/job/x"):
        kind = {"Content-Type": "text/plain"}
        return http("PUT", self.server.url + path, body.encode(), kind)

    def openmetrics(self):
        accept = "application/openmetrics-text"
        return openmetrics.parse(harness.scrape(self.server, accept).text)

    def test_openmetrics(self):
        families = self.openmetrics()
        for name, kind in (
            ("runs", "counter"),
            ("tries", "unknown"),
            ("jobs", "gauge"),
            ("jobs_total", "unknown"),
            ("usage", "unknown"),
            ("usage_total", "unknown"),
            ("depth_total", "gauge"),
            ("build_info", "gauge"),
            ("took_seconds", "histogram"),
            ("whole_seconds", "histogram"),
            ("calls_seconds", "summary"),
            ("z_bucket", "unknown"),
        ):
            with self.subTest(name):
                self.assertEqual(families[name].type, kind)
        self.assertEqual(families["runs"].help, AWKWARD)
        labels = (("job", "x"),)
        self.assertEqual(families["jobs"].samples["jobs", labels], 1)
        jobs = families["jobs_total"].samples["jobs_total", labels]
        self.assertEqual(jobs % 5, 0)
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
        """promtool dislikes three names and parses everything."""
        text = harness.scrape(self.server).text
        self.assertIn("# TYPE z_bucket untyped\n", text)
        done = subprocess.run(
            ["promtool", "check", "metrics"],
            input=text.encode(),
            capture_output=True,
            timeout=PATIENCE,
        )
        found = (done.stdout + done.stderr).decode().splitlines()
        self.assertEqual(done.returncode, 3, found)  # 1 means a parse error
        self.assertEqual(
            sorted(line for line in found if line.split()[0] in NAMES),
            [
                'depth_total non-counter metrics should not have "_total" suffix',
                'tries counter metrics should have "_total" suffix',
                'usage counter metrics should have "_total" suffix',
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
        wait_until(lambda: prometheus.query("up"), "the first scrape")
        (state,) = prometheus.targets().values()
        self.assertEqual((state["health"], state["lastError"]), ("up", ""))
        got = harness.scrape(self.server)
        for query, name in (
            ('calls_seconds_sum{job="x"}', "calls_seconds_sum"),
            ('whole_seconds_bucket{job="x"}', "whole_seconds_count"),
            ('z_bucket{job="x"}', "z_bucket"),
            ('tries{job="x"}', "tries"),
            ('jobs{job="x"}', "jobs"),
            ('jobs_total{job="x"}', "jobs_total"),
        ):
            with self.subTest(query):
                value = got.value(name, job="x")
                self.assertIsNotNone(value)
                self.assertEqual(prometheus.query(query), value)
        self.assertEqual(prometheus.query('count(runs_total{job="y"})'), 2)


# Every type under each of these names, which are other names with a suffix.
SUFFIXES = (
    "",
    "_total",
    "_created",
    "_count",
    "_sum",
    "_bucket",
    "_total_total",
    "_created_total",
    "_count_total",
    "_bucket_total",
)
BODIES = {
    "counter": "# TYPE NAME counter\nNAME 1\n",
    "gauge": "# TYPE NAME gauge\nNAME 2\n",
    "untyped": "NAME 3\n",
    "summary": "# TYPE NAME summary\nNAME_sum 4\nNAME_count 5\n",
    "histogram": '# TYPE NAME histogram\nNAME_bucket{le="1"} 1\n'
    'NAME_bucket{le="+Inf"} 2\nNAME_sum 6\nNAME_count 2\n',
}
PARTS = ("summary", "histogram")
# The parser of Debian's Python client.
STRICT = """
import sys
from prometheus_client.openmetrics.parser import text_string_to_metric_families
for family in text_string_to_metric_families(sys.stdin.read()):
    for sample in family.samples:
        print(sample.name)
"""


class Names(unittest.TestCase):
    """Families of all types, with suffixed names, listed and pushed, in many
    orders: each accepted family is readable in every format under one name."""

    listed = allowlist(
        listed("l0", "gauge"),
        listed("l1_total"),
        listed("l2", "histogram", buckets=[1]),
        listed("l3_created", "gauge"),
        listed("l4_count"),
        listed("l5"),
        listed("l6"),
        listed("l6_total"),
        listed("l7", "gauge"),
        listed("l7_total"),
        listed("l8_created_total"),
        listed("l9", "summary"),
    )

    mapped = ("l1_total_total", "l4_count_total", "l5_total", "l6_total_total",
              "l7_total_total")

    def setUp(self):
        self.site = harness.Site(open_families=True, drop_families=[])
        self.addCleanup(self.site.remove)
        for path in (self.site.home / "metrics.d").iterdir():
            path.unlink()
        self.site.write("tallyman/metrics.d/own.json", self.listed)
        self.site.give_away()
        self.responders = harness.Responders(self.site, 1)
        self.addCleanup(self.responders.stop)
        (process,) = self.responders.processes
        wait_serving(process)

    def ask(self, data):
        return fastcgi.ask(self.responders.path, data)

    def scrape(self, query, accept):
        reply = self.ask(
            fastcgi.get("/metrics" + query, self.site.token, HTTP_ACCEPT=accept)
        )
        self.assertEqual(reply.status, 200, reply)
        return reply.text

    def push_all(self):
        """Pushes all of them; returns the accepted ones by name."""
        taken = {}
        for number in range(40):
            stem = f"l{number}" if number < 10 else f"x{number}"
            order = [(s, kind) for s in SUFFIXES for kind in BODIES]
            random.Random(number).shuffle(order)
            for suffix, kind in order:
                name = stem + suffix
                body = BODIES[kind].replace("NAME", name).encode()
                reply = self.ask(fastcgi.request("POST", "/metrics", body))
                self.assertIn(reply.status, (202, 400), reply)
                if kind == "counter" and name in self.mapped:
                    continue  # counts for the listed family without _total
                if reply.status == 202 and taken.get(name, "untyped") == "untyped":
                    taken[name] = kind
                elif reply.status == 202:  # an untyped family goes with it
                    self.assertIn(kind, ("untyped", taken[name]))
        return taken

    def tool(self, command, text):
        done = subprocess.run(
            command,
            input=text.encode(),
            capture_output=True,
            timeout=PATIENCE,
        )
        return done.returncode, done.stdout.decode(), done.stderr.decode()

    def test_all_collisions(self):
        taken = self.push_all()
        plain = self.scrape("", "text/plain")
        status, _, errors = self.tool(["promtool", "check", "metrics"], plain)
        self.assertIn(status, (0, 3), errors)  # 3 means that promtool dislikes names
        samples = harness.Scrape(plain).samples
        self.assertEqual(len(samples), len(set(samples)))
        wanted = {name for name, _ in samples}
        for name, kind in taken.items():
            self.assertIn(name + ("_sum" if kind in PARTS else ""), wanted)
        for query in ("", "?created=1"):
            text = self.scrape(query, "application/openmetrics-text")
            families = openmetrics.parse(text)
            names = {name for f in families.values() for name, _ in f.samples}
            births = {name for name in names - wanted}
            self.assertEqual(names - births, wanted)
            for name in births:
                self.assertTrue(query and name.endswith("_created"), name)
            status, output, errors = self.tool(["/usr/bin/python3", "-c", STRICT], text)
            self.assertEqual(status, 0, errors)
            self.assertEqual(set(output.split()), names)
        # Both outcomes occur often.
        kinds = [families[n].type for n in taken if n in families]
        self.assertGreater(kinds.count("unknown"), 50)
        counters = [f for f in families.values() if f.type == "counter"]
        self.assertGreater(len(counters), 5)


if __name__ == "__main__":
    tap.main()
