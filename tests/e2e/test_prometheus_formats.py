"""A real Prometheus scrapes two responders in text, OpenMetrics and protobuf, and
gets the same series."""

import http.server
import json
import subprocess
import threading
import time

import harness
import tap
from harness import counter, histogram, wait_until
from responder_case import allowlist, label, listed
from test_prometheus import Prometheus, PrometheusCase

# Pushes to a gateway, with names that differ between the formats.
PUSHED = """\
# TYPE legacy_jobs counter
legacy_jobs 5
# TYPE jobs gauge
jobs 1
# TYPE jobs_total counter
jobs_total 2
# TYPE jobs_finished_total counter
jobs_finished_total 4
# TYPE pause_seconds summary
pause_seconds_sum 1.5
pause_seconds_count 3
# TYPE pause_seconds_total counter
pause_seconds_total 4
# TYPE took_seconds histogram
took_seconds{quantile="0.5"} 0.25
took_seconds_bucket{le="+INF"} 4
took_seconds_bucket{le="10"} 3
took_seconds_bucket{le="0.5"} 1
took_seconds_sum 7
took_seconds_count 4
# TYPE queue_size gaugehistogram
queue_size_bucket{le="+Inf"} 1
queue_size_gcount 1
queue_size_gsum 1
up_since 6
"""


# Prometheus 2.42 requests protobuf for all jobs or none; later versions set it per
# job.
HELP = subprocess.run(["prometheus", "--help"], capture_output=True, check=True)
STARTS = "created-timestamp-zero-ingestion"
BY_JOB = STARTS.encode() in HELP.stderr + HELP.stdout
PROTOCOLS = {
    "text": ("PrometheusText0.0.4", "text/plain;version=0.0.4"),
    "openmetrics": ("OpenMetricsText1.0.0", "application/openmetrics-text"),
    "protobuf": ("PrometheusProto", None),
}


class Asked(http.server.BaseHTTPRequestHandler):
    """A proxy that requests one format only."""

    def do_GET(self):
        reply = harness.http(
            "GET",
            self.server.target + self.path,
            headers={
                "Authorization": self.headers["Authorization"],
                "Accept": self.server.accept,
            },
        )
        self.send_response(reply.status)
        self.send_header("Content-Type", reply.header("Content-Type")[0])
        self.end_headers()
        self.wfile.write(reply.body)

    def log_message(self, *_):
        pass


class Formats(PrometheusCase):
    """Prometheus finds the same series in each format, also after all responders
    have been killed and replaced."""

    config = {"open_families": True, "drop_families": []}
    # peardeck's names without _total, beside names with it.
    metrics = allowlist(
        listed("app_load_succeeded", labels=[label("browser", "chrome", "other")]),
        listed("app_load_failed_total"),
        listed("app_load_failed", "gauge"),
        listed("load_seconds", "histogram", buckets=[0.5, 1]),
        listed("traced_total", exemplars=True),
        listed("traced_seconds", "histogram", buckets=[0.5, 1], exemplars=True),
    )
    names = {
        "app_load_succeeded",
        "app_load_failed_total",
        "app_load_failed",
        "load_seconds_bucket",
        "load_seconds_sum",
        "load_seconds_count",
        "legacy_jobs",
        "jobs",
        "jobs_total",
        "jobs_finished_total",
        "pause_seconds_sum",
        "pause_seconds_count",
        "pause_seconds_total",
        "took_seconds_bucket",
        "took_seconds_sum",
        "took_seconds_count",
        "up_since",
        "traced_total",
        "traced_seconds_bucket",
        "traced_seconds_sum",
        "traced_seconds_count",
        "push_time_seconds",
        "push_failure_time_seconds",
    }
    births = {
        "load_seconds_created",
        "jobs_finished_created",
        "pause_seconds_created",
        "took_seconds_created",
        "traced_created",
        "traced_seconds_created",
    }

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.prometheus = Prometheus(
            cls.site,
            [
                cls.job("protobuf", "protobuf"),
                cls.job("openmetrics", "openmetrics"),
                cls.job("text", "text"),
                cls.job("births", "openmetrics", created=["1"]),
            ],
            "exemplar-storage",
            STARTS if BY_JOB else "native-histograms",
        )
        cls.addClassCleanup(cls.prometheus.stop)

    @classmethod
    def job(cls, name, format, **parameters):
        protocol, accept = PROTOCOLS[format]
        port = cls.server.port
        if accept and not BY_JOB:
            port = cls.proxy(accept)
        return {
            "job_name": name,
            "metrics_path": cls.server.mount + "/metrics",
            "params": parameters,
            "authorization": {"credentials_file": f"{cls.site.home}/scrape.token"},
            "static_configs": [{"targets": [f"127.0.0.1:{port}"]}],
            **({"scrape_protocols": [protocol]} if BY_JOB else {}),
        }

    @classmethod
    def proxy(cls, accept):
        proxy = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Asked)
        proxy.target = f"http://127.0.0.1:{cls.server.port}"
        proxy.accept = accept
        threading.Thread(target=proxy.serve_forever, daemon=True).start()
        cls.addClassCleanup(proxy.server_close)
        cls.addClassCleanup(proxy.shutdown)
        return proxy.server_port

    def diagnostics(self):
        return super().diagnostics() + "\n" + harness.tail(self.prometheus.log)

    def push_text(self, text):
        reply = harness.http(
            "PUT",
            self.server.url + "/metrics/job/x",
            text.encode(),
            {"Content-Type": "text/plain"},
        )
        self.assertEqual(reply.status, 200, reply)

    def push_all(self):
        self.push_text(PUSHED)
        self.assertAccepted(
            self.push(
                [
                    counter("app_load_succeeded", browser="chrome"),
                    counter("app_load_failed_total"),
                    histogram("load_seconds", 0.1),
                ]
            )
        )

    def series(self, job):
        """Returns the current values by series, without the responder's own."""
        data = self.prometheus.api("query", query=f'{{job="{job}"}}')
        found = {}
        for result in data["result"]:
            labels = result["metric"]
            name = labels["__name__"]
            del labels["job"], labels["instance"]
            if "le" in labels:  # Prometheus 2 keeps the format's spelling
                labels["le"] = float(labels["le"])
            own = ("tallyman_", "metrics_aggregator_", "grafana_", "scrape_")
            if name != "up" and not name.startswith(own):
                found[frozenset(labels.items())] = float(result["value"][1])
        return found

    def reached(self, times):
        """Returns whether all jobs have the totals of that many pushes."""
        return all(
            self.prometheus.query(f'{name}{{job="{job}"}}') == times * value
            for name, value in (("legacy_jobs", 5), ("load_seconds_count", 1))
            for job in ("protobuf", "openmetrics", "text", "births")
        )

    def check(self, times):
        wait_until(lambda: self.reached(times), f"{times} pushes")
        openmetrics = self.series("openmetrics")
        self.assertEqual({dict(s)["__name__"] for s in openmetrics}, self.names)
        self.assertEqual(self.series("text"), openmetrics)
        self.assertEqual(self.series("protobuf"), openmetrics)
        born = self.series("births")
        self.assertEqual(
            {s: v for s, v in born.items() if s in openmetrics}, openmetrics
        )
        self.assertEqual(
            {dict(s)["__name__"] for s in born}, self.names | self.births
        )
        value = {dict(s)["__name__"]: v for s, v in openmetrics.items()}
        for name, one in (
            ("jobs_total", 2),
            ("jobs_finished_total", 4),
            ("pause_seconds_sum", 1.5),
            ("took_seconds_sum", 7),
        ):
            self.assertEqual(value[name], times * one, name)
        self.assertEqual(value["jobs"], 1)

    def check_types(self):
        """Only protobuf has counters without _total and bounds with a point."""
        for job, kind, bound in (
            ("text", "counter", "10"),
            ("openmetrics", "unknown", "10.0"),
            ("protobuf", "counter", "10.0"),
        ):
            told = {
                entry["metric"]: entry["type"]
                for entry in self.prometheus.api(
                    "targets/metadata", match_target=f'{{job="{job}"}}'
                )
            }
            self.assertEqual(told["legacy_jobs"], kind, job)
            self.assertEqual(told["took_seconds"], "histogram")
            self.assertEqual(told["pause_seconds"], "summary")
            series = f'took_seconds_bucket{{job="{job}",le="{bound}"}}'
            self.assertEqual(self.prometheus.query(series), 3, job)

    def increase(self, job):
        """The increase of late_total from the first sample to the last."""
        series = f'late_total{{job="{job}"}}'
        data = self.prometheus.api("query", query=series + "[5m]")
        samples = data["result"][0]["values"]
        first, last = (round(samples[i][0] * 1000) for i in (0, -1))
        self.assertEqual(samples[-1][1], "21")
        # One more, where the range no longer includes the beginning.
        data = self.prometheus.api(
            "query",
            query=f"increase({series}[{last - first + 1}ms])",
            time=last / 1000,
        )
        return samples[0], float(data["result"][0]["value"][1])

    def check_start(self):
        """The first value of a new series counts if the scrape has its creation time."""
        jobs = ("protobuf", "openmetrics")
        for total in (7, 14, 21):
            self.push_text("# TYPE late_total counter\nlate_total 7\n")
            for job in jobs:
                wait_until(
                    lambda: self.prometheus.query(f'late_total{{job="{job}"}}')
                    == total,
                    f"{total} in {job}",
                )
        (_, value), increase = self.increase("openmetrics")
        self.assertEqual(value, "7")
        self.assertAlmostEqual(increase, 14, delta=0.1)
        (first, value), increase = self.increase("protobuf")
        if not BY_JOB:
            self.assertEqual(value, "7")
            return
        self.assertEqual(value, "0")
        born = self.site.query(
            "SELECT created_at FROM series JOIN family ON family.id = family_id"
            " WHERE name = 'late_total'"
        )
        self.assertEqual(born, [(first,)])
        self.assertAlmostEqual(increase, 21, delta=0.1)

    def exemplars(self, job):
        data = self.prometheus.api(
            "query_exemplars",
            query=f'{{job="{job}",__name__=~"traced.*"}}',
            start=time.time() - 600,
            end=time.time() + 600,
        )
        return {
            (
                found["seriesLabels"]["__name__"],
                found["seriesLabels"].get("le"),
                exemplar["labels"]["trace_id"],
                exemplar["labels"]["span_id"],
                float(exemplar["value"]),
                exemplar["timestamp"],
            )
            for found in data or ()
            for exemplar in found["exemplars"]
        }

    def push_exemplars(self, at):
        """Pushes exemplars like OpenTelemetry, at Unix seconds."""
        start = {"startTimeUnixNano": f"{at - 1}000000000"}

        def exemplar(value, ids, more="000000000"):
            return {"asDouble": value, "timeUnixNano": f"{at}{more}", **ids}

        counted = {
            "asDouble": 1.5,
            "exemplars": [
                exemplar(1.5, {"traceId": "1" * 32, "spanId": "a" * 16}, "250000000")
            ],
        }
        observed = {
            "count": 3,
            "sum": 21.5,
            "bucketCounts": [0, 2, 1],
            "explicitBounds": [0.5, 1],
            "exemplars": [
                exemplar(0.75, {"traceId": "2" * 32, "spanId": "b" * 16}, "500000000"),
                exemplar(20, {"traceId": "3" * 32, "spanId": "c" * 16}),
            ],
        }
        metrics = [
            {
                "name": "traced",
                "sum": {
                    "dataPoints": [{**start, **counted}],
                    "aggregationTemporality": 1,
                    "isMonotonic": True,
                },
            },
            {
                "name": "traced",
                "unit": "s",
                "histogram": {
                    "dataPoints": [{**start, **observed}],
                    "aggregationTemporality": 1,
                },
            },
        ]
        reply = harness.http(
            "POST",
            self.server.url + "/v1/metrics",
            json.dumps({"resourceMetrics": [{"scopeMetrics": [{"metrics": metrics}]}]}),
            {"Content-Type": "application/json"},
        )
        self.assertEqual((reply.status, reply.body), (200, b"{}"), reply)

    def check_exemplars(self):
        """OpenMetrics and protobuf have them, text does not."""
        at = int(time.time())
        self.push_exemplars(at)
        wanted = {
            ("traced_total", None, "1" * 32, "a" * 16, 1.5, at + 0.25),
            ("traced_seconds_bucket", "1.0", "2" * 32, "b" * 16, 0.75, at + 0.5),
            ("traced_seconds_bucket", "+Inf", "3" * 32, "c" * 16, 20, at),
        }
        for job in ("protobuf", "openmetrics"):
            wait_until(lambda: len(self.exemplars(job)) == 3, f"exemplars in {job}")
            self.assertEqual(self.exemplars(job), wanted)
        self.assertEqual(self.exemplars("text"), set())

    def test_reply(self):
        """A protobuf scrape by GET and by HEAD."""
        kind = (
            "application/vnd.google.protobuf; "
            "proto=io.prometheus.client.MetricFamily; encoding=delimited"
        )
        headers = {"Authorization": f"Bearer {self.site.token}", "Accept": kind}
        url = self.server.url + "/metrics"
        whole = harness.http("GET", url, headers=headers)
        self.assertEqual((whole.status, whole.header("Content-Type")), (200, [kind]))
        self.assertEqual(whole.header("Content-Length"), [str(len(whole.body))])
        self.assertIn(b"app_load_failed_total", whole.body)
        head = harness.http("HEAD", url, headers=headers)
        self.assertEqual((head.status, head.header("Content-Type")), (200, [kind]))
        self.assertGreater(int(head.header("Content-Length")[0]), 1000)
        self.assertEqual(head.body, b"")
        refused = harness.http("GET", url, headers={"Accept": kind})
        self.assertEqual(refused.status, 401)
        self.assertTrue(refused.header("Content-Type")[0].startswith("text/plain"))

    def test_same_series_everywhere(self):
        self.push_all()
        self.check(1)
        self.check_types()
        for number in (0, 1):
            self.responders.kill(number)
        for number in (0, 1):
            self.responders.restart(number)
        self.push_all()
        self.check(2)
        self.check_start()
        self.check_exemplars()
        log = self.prometheus.log.read_text()
        for word in ("level=warn", "out-of-order", "Append failed"):
            self.assertNotIn(word, log)


if __name__ == "__main__":
    tap.main()
