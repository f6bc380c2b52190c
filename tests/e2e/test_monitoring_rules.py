"""The rules of tallyman monitoring: each alert fires only in its condition, and
Alertmanager suppresses an alert if another one covers it."""

import contextlib
import json
import shutil

import yaml

import harness
import tap
from harness import ROOT
from monitoring_case import SETS, MonitoringCase, read_yaml
from responder_case import allowlist, listed

RULE_TESTS = sorted((ROOT / "tests/data/monitoring").glob("*.yml"))


class Rules(MonitoringCase):
    """The rules' unit tests."""

    def promtool(self, names):
        for name in names:
            path = self.out / name.name
            shutil.copy(name, path)
        return self.tool(
            "promtool", "test", "rules", *(self.out / name.name for name in names)
        )

    def test_alerts(self):
        self.monitoring("--exporters", "node,blackbox,postgres,redis")
        self.promtool(
            [
                p
                for p in RULE_TESTS
                if p.stem not in ("recording", "TallymanFamiliesNearLimit")
            ]
        )

    def test_families_near_limit(self):
        shutil.rmtree(self.dir / "metrics.d")
        (self.dir / "metrics.d").mkdir()
        self.configure(limits={"families": 10})
        self.monitoring()
        self.promtool([p for p in RULE_TESTS if p.stem == "TallymanFamiliesNearLimit"])

    def test_recording(self):
        # The legacy timings are many similar families.
        (self.dir / "metrics.d/performance_timing.json").unlink()
        self.monitoring()
        self.promtool([p for p in RULE_TESTS if p.stem == "recording"])

    def test_raw_series_to_alert(self):
        """Both files together, on an exposition of Tallyman."""
        (self.dir / "metrics.d/performance_timing.json").unlink()
        self.monitoring()
        test = read_yaml(RULE_TESTS[0].parent / "ErrorRatioHigh.yml")
        case = test["tests"][0]
        case["input_series"] = [
            {
                "series": 'web_requests_total{job="tallyman", instance="a:80",'
                f' environment="production", status="{status}"}}',
                "values": values,
            }
            for status, values in (("2xx", "0+94x60"), ("5xx", "0+6x60"))
        ]
        case["alert_rule_test"][0]["eval_time"] = "25m"
        test["tests"] = [case]
        test["rule_files"].append("rules/recording.yml")
        path = self.dir / "raw.yml"
        path.write_text(yaml.dump(test))
        self.promtool([path])

    def test_slower_than_every_bound(self):
        """The target is then the last bound: a p95 never exceeds it."""
        shutil.rmtree(self.dir / "metrics.d")
        (self.dir / "metrics.d").mkdir()
        for name, buckets in (("x", [0.1, 0.5]), ("y", [0.1, 5e6])):
            family = listed(f"{name}_request_seconds", "histogram", buckets=buckets)
            (self.dir / f"metrics.d/{name}.json").write_text(allowlist(family))
        self.monitoring()
        series = []
        for part, values in (
            ('x_request_seconds_bucket{%s,le="0.5"}', "0x60"),
            ('x_request_seconds_bucket{%s,le="+Inf"}', "0+60x60"),
            ("x_request_seconds_count{%s}", "0+60x60"),
            # All within the target, with a bound as Prometheus 3 writes it.
            ('y_request_seconds_bucket{%s,le="5e+06"}', "0+60x60"),
            ('y_request_seconds_bucket{%s,le="+Inf"}', "0+60x60"),
            ("y_request_seconds_count{%s}", "0+60x60"),
        ):
            labels = 'job="tallyman",instance="a:80",environment="production"'
            series.append({"series": part % labels, "values": values})
        expected = {
            "exp_labels": {
                "environment": "production",
                "family": "x_request_seconds",
                "severity": "warning",
                "team": "application",
            },
            "exp_annotations": {
                "summary": "x_request_seconds: 100% are slow",
                "description": "The share of slow x_request_seconds in production has"
                " exceeded the objective for 15 minutes.",
                "runbook_url": "/user/LatencyHigh.md",
            },
        }
        ratio = 'family:slow_ratio:rate5m{family="y_request_seconds"}'
        case = {
            "interval": "1m",
            "input_series": series,
            "alert_rule_test": [
                {
                    "eval_time": "30m",
                    "alertname": "LatencyHigh",
                    "exp_alerts": [expected],
                }
            ],
            "promql_expr_test": [
                {
                    "expr": f"{ratio} == bool 0",
                    "eval_time": "30m",
                    "exp_samples": [
                        {
                            "labels": '{environment="production",'
                            ' family="y_request_seconds"}',
                            "value": 1,
                        }
                    ],
                }
            ],
        }
        path = self.dir / "slow.yml"
        files = ["rules/recording.yml", "rules/alerts.yml"]
        path.write_text(yaml.dump({"rule_files": files, "tests": [case]}))
        self.promtool([path])

    def test_every_alert_has_tests(self):
        self.monitoring("--exporters", "node,blackbox,postgres,redis")
        for rule in self.rules("alerts"):
            path = RULE_TESTS[0].parent / f"{rule['alert']}.yml"
            expected = [
                bool(check["exp_alerts"])
                for case in read_yaml(path)["tests"]
                for check in case["alert_rule_test"]
                if check["alertname"] == rule["alert"]
            ]
            self.assertEqual(set(expected), {True, False}, path)

    def test_a_wrong_rule_is_found(self):
        self.monitoring()
        path = self.out / "rules/alerts.yml"
        text = path.read_text()
        path.write_text(text.replace("rate5m > 0.05", "rate5m > 0.07"))
        self.assertNotEqual(text, path.read_text())
        with self.assertRaises(AssertionError):
            self.promtool([RULE_TESTS[0].parent / "ErrorRatioHigh.yml"])


class Inhibition(MonitoringCase):
    """A real Alertmanager and the alerts it suppresses."""

    def setUp(self):
        super().setUp()
        self.monitoring(*SETS["nodes"])
        port = harness.free_port()
        self.url = f"http://127.0.0.1:{port}"
        self.process = harness.Process(
            [
                "prometheus-alertmanager",
                f"--config.file={self.out}/alertmanager.yml",
                f"--storage.path={self.dir}/alertmanager",
                f"--web.listen-address=127.0.0.1:{port}",
                "--cluster.listen-address=",
            ],
            self.dir / "alertmanager.log",
        )
        self.addCleanup(self.process.kill)
        harness.wait_until(self.is_ready, "Alertmanager")

    def is_ready(self):
        try:
            return harness.http("GET", self.url + "/-/ready").status == 200
        except OSError:
            return False

    def suppressed(self):
        """Returns the names of the suppressed alerts."""
        found = json.loads(harness.http("GET", self.url + "/api/v2/alerts").text)
        return {a["labels"]["alertname"] for a in found if a["status"]["inhibitedBy"]}

    def check(self, expected, *alerts):
        kind = {"Content-Type": "application/json"}
        body = [{"labels": {"environment": "staging", **labels}} for labels in alerts]
        reply = harness.http(
            "POST", self.url + "/api/v2/alerts", json.dumps(body), kind
        )
        self.assertEqual(reply.status, 200, reply)
        # Alertmanager applies the sources of inhibition a moment later.
        with contextlib.suppress(RuntimeError):
            harness.wait_until(lambda: self.suppressed() == expected, "the alerts")
        self.assertEqual(self.suppressed(), expected)

    def test_one_node_is_down(self):
        on_a = {"instance": "a:80"}
        self.check(
            {"TallymanWalGrowing"},
            {"alertname": "TallymanNodeDown", "severity": "critical", **on_a},
            {"alertname": "TallymanWalGrowing", "severity": "warning", **on_a},
            {"alertname": "TallymanScrapeSlow", "instance": "b:80"},
            {"alertname": "UsageStopped", "family": "web_requests"},
        )

    def test_all_nodes_are_down(self):
        self.check(
            {"TallymanNodeDown", "UsageStopped", "ProbeFailed"},
            {"alertname": "TallymanDown", "severity": "critical"},
            {"alertname": "TallymanNodeDown", "instance": "a:80"},
            {"alertname": "UsageStopped", "family": "x"},
            {"alertname": "ProbeFailed", "instance": "https://a/-/healthy"},
            {"alertname": "DiskAlmostFull", "instance": "n:9100"},
            {"alertname": "MonitoringTargetDown", "instance": "n:9100"},
        )

    def test_budget_alert_covers_the_ratio(self):
        web = {"family": "web_requests", "service": "web"}
        self.check(
            {"ErrorRatioHigh"},
            {"alertname": "ErrorBudgetBurn", "severity": "critical", **web},
            {"alertname": "ErrorRatioHigh", "severity": "warning", **web},
            {"alertname": "LatencyHigh", "severity": "warning", **web},
        )

    def test_worst_severity(self):
        web = {"alertname": "ErrorBudgetBurn", "family": "web_requests"}
        self.check(
            set(),
            {**web, "severity": "critical", "window": "1h"},
            {**web, "alertname": "LatencyBudgetBurn", "severity": "warning"},
        )
        self.check(
            {"ErrorBudgetBurn"},
            {**web, "severity": "critical", "window": "1h"},
            {**web, "alertname": "LatencyBudgetBurn", "severity": "warning"},
            {**web, "severity": "warning", "window": "3d"},
        )


if __name__ == "__main__":
    tap.main()
