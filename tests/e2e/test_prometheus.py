"""A real Prometheus scrapes two responders behind nginx; promtool and a strict
parser check the scrapes."""

import json
import subprocess
import time
import unittest
import urllib.parse

import checks
import harness
import openmetrics
import tap
import webservers
from harness import PATIENCE, counter, gauge, histogram, wait_until
from responder_case import allowlist, label, listed

# All characters that need escapes in a label value or in HELP.
AWKWARD = 'a "quote", a \\ and a\nnew line {x="y"} # é ☃'

METRICS = allowlist(
    listed(
        "feature_uses_total",
        labels=[label("browser", "chrome", "firefox"), label("feature", "a", "b")],
    ),
    listed("awkward_values_total", labels=[label("text", AWKWARD, "plain", "\\n")]),
    {**listed("awkward_help_total"), "help": AWKWARD},
    listed("open_values_total", labels=[{"name": "page", "maxValues": 10}]),
    listed("queue_depth", "gauge", gauge="last"),
    listed("deepest_queue", "gauge", gauge="max", labels=[label("queue", "x", "y")]),
    listed(
        "load_seconds",
        "histogram",
        unit="seconds",
        buckets=[0.1, 0.5, 1, 5, 1000000],
        labels=[label("page", "home", "about")],
    ),
    listed("small_bytes", "histogram", unit="bytes", buckets=[1, 2, 4]),
    listed("offset_celsius", "histogram", buckets=[-10, 0, 10.5]),
)
CHROME = {"browser": "chrome", "feature": "a"}
FIREFOX = {"browser": "firefox", "feature": "b"}


class Prometheus:
    """A Prometheus of the test's own, with the given scrape jobs and features only, and
    `samples` as OpenMetrics text."""

    arguments = ()  # further arguments
    more = {}  # more of the configuration

    def __init__(self, site, jobs, *features, samples=""):
        # JSON is valid YAML.
        config = site.write(
            "run/prometheus.yml",
            json.dumps(
                {
                    "global": {"scrape_interval": "1s", "scrape_timeout": "1s"},
                    "scrape_configs": jobs,
                    **self.more,
                }
            ),
        )
        if samples:
            subprocess.run(
                ["promtool", "tsdb", "create-blocks-from", "openmetrics",
                 site.write("run/samples", samples), site.dir / "prometheus"],
                check=True, capture_output=True,
            )
        self.start(site, config, *features)

    def start(self, site, config, *features):
        self.port = harness.free_port()
        self.url = f"http://127.0.0.1:{self.port}"
        self.log = site.dir / "log/prometheus.log"
        storage = site.dir / "prometheus"
        storage.mkdir(exist_ok=True)
        site.give_away()
        self.process = harness.Process(
            [
                "prometheus",
                f"--config.file={config}",
                f"--storage.tsdb.path={storage}",
                f"--web.listen-address=127.0.0.1:{self.port}",
                *(f"--enable-feature={feature}" for feature in features),
                *self.arguments,
            ],
            self.log,
            as_user=harness.USER,
        )

    def stop(self):
        self.process.kill()

    def api(self, path, **parameters):
        """Returns the data of a reply, or None if there is none yet."""
        query = urllib.parse.urlencode(parameters)
        try:
            reply = harness.http("GET", f"{self.url}/api/v1/{path}?{query}")
        except OSError:
            if not self.process.alive():
                raise RuntimeError("it did not start\n" + harness.tail(self.log))
            return None
        if reply.status == 503:
            return None
        answer = json.loads(reply.body)
        if answer["status"] != "success":
            raise RuntimeError(f"{path}: {answer}")
        return answer["data"]

    def query(self, text):
        """Returns the value of a query with at most one result, or None."""
        data = self.api("query", query=text)
        if not data or not data["result"]:
            return None
        (result,) = data["result"]
        return float(result["value"][1])

    def targets(self):
        """Returns the active targets by job name."""
        data = self.api("targets", state="active") or {"activeTargets": []}
        return {t["labels"]["job"]: t for t in data["activeTargets"]}


class PrometheusCase(checks.ServerCase):
    server_class = webservers.Nginx
    config = {}
    metrics = METRICS

    @classmethod
    def setUpClass(cls):
        cls.site = harness.Site(**cls.config)
        cls.addClassCleanup(cls.site.remove)
        for path in (cls.site.home / "metrics.d").iterdir():
            path.unlink()
        cls.site.write("tallyman/metrics.d/own.json", cls.metrics)
        cls.site.give_away()
        cls.responders = harness.Responders(cls.site, 2)
        cls.addClassCleanup(cls.responders.stop)
        cls.server = cls.server_class(cls.site, cls.mount)
        cls.addClassCleanup(cls.server.stop)


class Scraped(PrometheusCase):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.site.write("tallyman/wrong.token", "wrong\n")

        def job(name, token):
            return {
                "job_name": name,
                "metrics_path": cls.server.mount + "/metrics",
                "authorization": {"credentials_file": f"{cls.site.home}/{token}"},
                "static_configs": [{"targets": [f"127.0.0.1:{cls.server.port}"]}],
            }

        cls.prometheus = Prometheus(
            cls.site,
            [job("tallyman", "scrape.token"), job("stranger", "wrong.token")],
        )
        cls.addClassCleanup(cls.prometheus.stop)

    def diagnostics(self):
        return super().diagnostics() + "\n" + harness.tail(self.prometheus.log)

    def wait_for(self, query, value):
        """Waits until a query has exactly this value; it must never be greater."""
        last = []

        def reached():
            last[:] = [self.prometheus.query(query)]
            if last[0] is not None:
                self.assertLessEqual(last[0], value, query)
            return last[0] == value

        try:
            wait_until(reached, f"{query} to be {value}")
        except RuntimeError as error:
            self.fail(f"{error}; it is {last[0]}")

    def series(self, name, labels):
        pairs = ",".join(f'{k}="{v}"' for k, v in {"job": "tallyman", **labels}.items())
        return f"{name}{{{pairs}}}"

    def test_everything(self):
        """One test, since each step depends on the one before."""
        prometheus = self.prometheus
        chrome = self.series("feature_uses_total", CHROME)
        with self.subTest("series are there, at zero, before any push"):
            for labels in (CHROME, FIREFOX):
                series = self.series("feature_uses_total", labels)
                self.wait_for(f"count_over_time({series}[1m]) > bool 1", 1)
                self.wait_for(series, 0)
            self.wait_for('count(load_seconds_bucket{job="tallyman"})', 12)
            self.wait_for('sum(load_seconds_count{job="tallyman"})', 0)

        with self.subTest("rate sees the first increment"):
            self.assertAccepted(self.push([counter("feature_uses_total", **CHROME)]))
            self.wait_for(chrome, 1)
            self.assertGreater(prometheus.query(f"increase({chrome}[1m])"), 0)
            self.assertGreater(prometheus.query(f"rate({chrome}[1m])"), 0)
            self.assertEqual(prometheus.query(f"changes({chrome}[1m])"), 1)

        with self.subTest("the totals are right"):
            # Within the burst that nginx permits.
            for i in range(10):
                self.assertAccepted(
                    self.push(
                        [
                            counter("feature_uses_total", 2, **CHROME),
                            counter("feature_uses_total", 0.25, **FIREFOX),
                            counter("awkward_values_total", text=AWKWARD),
                            counter("open_values_total", page=f"/{i}?{AWKWARD}"),
                            gauge("queue_depth", i),
                            histogram("load_seconds", 0.05, 0.3, 7, page="home"),
                        ]
                    )
                )
            self.wait_for(chrome, 21)
            self.wait_for(self.series("feature_uses_total", FIREFOX), 2.5)
            self.wait_for('sum(feature_uses_total{job="tallyman"})', 23.5)
            self.wait_for('sum(open_values_total{job="tallyman"})', 10)
            self.wait_for('queue_depth{job="tallyman"}', 9)
            self.assertEqual(prometheus.query(f"resets({chrome}[1m])"), 0)
            # The label value has survived all escaping.
            data = prometheus.api("query", query="awkward_values_total > 0")
            (result,) = data["result"]
            self.assertEqual(result["metric"]["text"], AWKWARD)
            self.assertEqual(float(result["value"][1]), 10)

        with self.subTest("quantiles"):
            home = self.series("load_seconds_bucket", {"page": "home"})
            self.wait_for(self.series("load_seconds_count", {"page": "home"}), 30)
            median = prometheus.query(
                f"histogram_quantile(0.5, sum by (le) (increase({home}[1m])))"
            )
            self.assertGreater(median, 0.1)
            self.assertLess(median, 0.5)
            # Half of 30: the middle of the bucket from 0.1 to 0.5.
            self.assertAlmostEqual(
                prometheus.query(
                    f"histogram_quantile(0.5, sum by (le) ({home}))"
                ),
                0.3,
            )

        with self.subTest("no scrape has failed"):
            self.wait_for('up{job="tallyman"}', 1)
            # Except those that timed out on a busy machine.
            failed = (
                'up{job="tallyman"} == 0'
                ' and scrape_duration_seconds{job="tallyman"} < 0.95'
            )
            self.assertIsNone(prometheus.query(f"count_over_time(({failed})[5m:1s])"))
            # The same query finds the failing scrapes of the other job.
            failed = failed.replace("tallyman", "stranger")
            self.assertGreater(
                prometheus.query(f"count_over_time(({failed})[5m:1s])"), 0
            )
            target = prometheus.targets()["tallyman"]
            self.assertEqual((target["health"], target["lastError"]), ("up", ""))
            log = prometheus.log.read_text()
            for word in ("level=warn", "out-of-order", "Append failed"):
                self.assertNotIn(word, log)

        with self.subTest("it was OpenMetrics"):
            # Only OpenMetrics has units, and counters without _total in TYPE.
            told = {
                entry["metric"]: entry
                for entry in prometheus.api(
                    "targets/metadata", match_target='{job="tallyman"}'
                )
            }
            self.assertEqual(told["load_seconds"]["unit"], "seconds")
            self.assertEqual(told["feature_uses"]["type"], "counter")
            self.assertEqual(told["awkward_help"]["help"], AWKWARD)

        with self.subTest("the wrong token"):
            self.wait_for('up{job="stranger"}', 0)
            target = prometheus.targets()["stranger"]
            self.assertEqual(target["health"], "down")
            self.assertIn("401", target["lastError"])
            self.assertIsNone(
                prometheus.query('count(feature_uses_total{job="stranger"})')
            )


class Formats(PrometheusCase):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        body = [
            counter("awkward_values_total", 2**53, text=AWKWARD),
            counter("awkward_values_total", 0.1, text="\\n"),
            counter("open_values_total", 1e-300, page=AWKWARD),
            counter("open_values_total", page="\u007f\u0001\t"),
            histogram("load_seconds", 0.1, 0.1, 1e9, page="about"),
            histogram("offset_celsius", -20, 3, 100),
            gauge("deepest_queue", -1.5e-9, queue="x"),
            counter("no_such_total"),
        ]
        reply = harness.http(
            "POST",
            cls.server.url + "/record",
            json.dumps(body),
            {"Content-Type": "application/json"},
        )
        if reply.body[:21] != b"OK: 1 of 8 samples re":
            raise RuntimeError(f"the push failed: {reply}")

    def promtool(self, text):
        done = subprocess.run(
            ["promtool", "check", "metrics"],
            input=text.encode(),
            capture_output=True,
            timeout=PATIENCE,
        )
        return done.returncode, (done.stdout + done.stderr).decode()

    def test_promtool_finds_nothing(self):
        text = harness.scrape(self.server).text
        self.assertIn('text="a \\"quote\\", a \\\\ and a\\nnew line', text)
        self.assertEqual(self.promtool(text), (0, ""))

    def test_promtool_can_fail(self):
        status, output = self.promtool("# TYPE x counter\nx 1\n")
        self.assertNotEqual(status, 0)
        self.assertIn("_total", output)

    def test_openmetrics(self):
        text = harness.scrape(self.server, "application/openmetrics-text").text
        families = openmetrics.parse(text)
        for name, kind, unit in (
            ("feature_uses", "counter", None),
            ("load_seconds", "histogram", "seconds"),
            ("small_bytes", "histogram", "bytes"),
            ("queue_depth", "gauge", None),
            ("tallyman_pushes", "counter", None),
            ("tallyman_commit_seconds", "histogram", "seconds"),
            ("tallyman_build_info", "gauge", None),
        ):
            family = families[name]
            self.assertEqual((family.type, family.unit), (kind, unit), name)
        awkward = families["awkward_values"].samples
        for value, text in ((2**53, AWKWARD), (0.1, "\\n"), (0, "plain")):
            self.assertEqual(
                awkward["awkward_values_total", (("text", text),)], value
            )
        self.assertEqual(families["awkward_help"].help, AWKWARD)
        self.assertNotIn("_created", text)

    def test_created_lines_are_optional(self):
        """_created comes on request only, and in OpenMetrics only."""
        accept = "application/openmetrics-text"
        text = harness.scrape(self.server, accept, "?created=1").text
        families = openmetrics.parse(text)
        for family in families.values():
            births = sum(name.endswith("_created") for name, _ in family.samples)
            wanted = family.type in ("counter", "histogram") and family.samples
            self.assertEqual(births > 0, bool(wanted), family.name)
        created = families["awkward_help"].samples["awkward_help_created", ()]
        self.assertLess(abs(created - time.time()), 3600)
        plain = harness.scrape(self.server, None, "?created=1").text
        self.assertNotIn("_created", plain)
        reply = self.request(
            "GET",
            "/metrics?created=yes",
            headers={"Authorization": "Bearer " + self.site.token},
        )
        self.assertEqual(reply.status, 400, reply)

    def test_both_formats_have_the_same_values(self):
        plain = harness.scrape(self.server)
        families = openmetrics.parse(
            harness.scrape(self.server, "application/openmetrics-text").text
        )
        for family in families.values():
            if family.name.startswith(("tallyman_", "metrics_aggregator")):
                continue  # still counting
            for (name, labels), value in family.samples.items():
                labels = {
                    key: text.removesuffix(".0") if key == "le" else text
                    for key, text in labels
                }
                self.assertEqual(plain.value(name, **labels), value, name)


class Reader(unittest.TestCase):
    """The OpenMetrics parser is strict."""

    good = (
        "# HELP a \\\"h\\\" \\\\ \\n\n# TYPE a counter\na_total{x=\"1\"} 1\n"
        "# TYPE s_seconds histogram\n# UNIT s_seconds seconds\n"
        's_seconds_bucket{le="1.0"} 1\ns_seconds_bucket{le="+Inf"} 2\n'
        "s_seconds_sum 3.5\ns_seconds_count 2\ns_seconds_created 1\n"
        "# TYPE g gauge\ng NaN\n# TYPE t summary\nt_sum 1\nt_count 2\n"
        "# TYPE v unknown\nv -1\n# EOF\n"
    )

    def test_valid_texts_are_accepted(self):
        families = openmetrics.parse(self.good)
        self.assertEqual(families["a"].help, '"h" \\ \n')
        self.assertEqual(len(families["s_seconds"].samples), 5)

    def test_invalid_texts_are_refused(self):
        for old, new in (
            ("# EOF\n", ""),
            ("# EOF\n", "# EOF"),
            ("# EOF\n", "# EOF\n\n"),
            ("a_total{", "a{"),
            ("a_total{", "b_total{"),
            ("} 1\n", "} -1\n"),
            ("} 1\n", "} 1 \n"),
            ("} 1\n", "}  1\n"),
            ("} 1\n", "} one\n"),
            ('x="1"', 'x="1",'),
            ('x="1"', 'x="1",x="2"'),
            ('x="1"', 'x="\\t"'),
            ('x="1"', 'x="""'),
            ("# TYPE a counter\n", ""),
            ("# TYPE a counter\n", "# TYPE a count\n"),
            ("# TYPE a counter\n", "# TYPE a counter\n# TYPE a counter\n"),
            ("\\n\n", "\\t\n"),
            ("# UNIT s_seconds seconds", "# UNIT s_seconds bytes"),
            ('le="1.0"', 'le="1"'),
            ('le="1.0"} 1', 'le="1.0"} 3'),
            ('le="1.0"} 1', 'le="1.0"} 0.5'),
            ('s_seconds_bucket{le="+Inf"} 2\n', ""),
            ("s_seconds_count 2", "s_seconds_count 1"),
            ("s_seconds_sum 3.5\n", ""),
            ("s_seconds_count 2\n", ""),
            ("s_seconds_sum 3.5", "s_seconds_sum -3.5"),
            ('le="1.0"', 'le="-1.0"'),
            ("# TYPE g gauge", "# TYPE a gauge"),
            ("g NaN", "g NaN\ng 1"),
            ("# TYPE g gauge\ng", "# TYPE a_total gauge\na_total"),
            ("t_sum 1", "t_sum -1"),
            ("t_count 2\n", ""),
            ("t_count 2", "t_count 2.5"),
            ("t_count 2", 't_count{quantile="1"} 2'),
            ("t_count 2", "t 2"),
            ("v unknown", "v untyped"),
        ):
            with self.subTest(f"{old!r} -> {new!r}"):
                self.assertIn(old, self.good)
                with self.assertRaises(ValueError):
                    openmetrics.parse(self.good.replace(old, new, 1))


if __name__ == "__main__":
    tap.main()
