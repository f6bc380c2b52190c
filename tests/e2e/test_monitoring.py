"""tallyman monitoring: the content of the files, the set of files, and refused arguments."""

import json
import re

import tap
from guides import code_blocks, section
from monitoring_case import SETS, MonitoringCase, files_of
from responder_case import allowlist, listed


class Contents(MonitoringCase):
    def test_scrape_of_several_nodes(self):
        self.monitoring(*SETS["nodes"])
        config = self.yaml("prometheus.yml")
        job = config["scrape_configs"][0]
        self.assertEqual(job["job_name"], "tallyman")
        self.assertEqual(job["scheme"], "https")
        self.assertEqual(job["metrics_path"], "/tallyman/metrics")
        self.assertEqual(
            job["authorization"]["credentials_file"], "/etc/tallyman-scrape.token"
        )
        (static,) = job["static_configs"]
        self.assertEqual(
            static["targets"],
            ["a.example.org:443", "b.example.org:443", "[::1]:8443"],
        )
        self.assertEqual(static["labels"], {"environment": "staging"})
        self.assertEqual(config["global"]["scrape_interval"], "30s")
        # The labels of each host and of each pushed job.
        for name, pushed, service in (
            ("web_requests_total", "", "web"),
            ("webs_total", "", None),
            ("demo_x", "", "demo"),
            ("other_total", "web", "web"),
            ("other_total", "webs", None),
        ):
            found = None
            for rule in job["metric_relabel_configs"]:
                text = ";".join((found or "", pushed, name))
                if re.fullmatch(rule["regex"], text):
                    found = rule["replacement"]
            self.assertEqual(found, service, (name, pushed))
        compose = self.yaml("docker-compose.yml")
        command = compose["services"]["prometheus"]["command"]
        self.assertIn("--storage.tsdb.retention.time=12w", command)

    def test_longest_service(self):
        for services in ("shop,shop_admin", "shop_admin,shop"):
            self.monitoring("--force", "--services", services)
            job = self.yaml("prometheus.yml")["scrape_configs"][0]
            service = ""
            for rule in job["metric_relabel_configs"]:
                if re.fullmatch(rule["regex"], f"{service};;shop_admin_logins_total"):
                    service = rule["replacement"]
            self.assertEqual(service, "shop_admin")

    def test_short_retention(self):
        for options, said in (
            ("--retention 29d", "error budgets cover 30 days"),
            ("--retention 30d", ""),
            ("--retention 5w", ""),
            ("--retention 1y --stack victoria", ""),
            ("--retention 48h --stack victoria", "error budgets cover 30 days"),
            ("--retention 1d --storage mimir", ""),
        ):
            done = self.run_command(
                "monitoring", "--out", self.out, "--force", *options.split()
            )
            self.assertEqual(done.returncode, 0)
            self.assertEqual(bool(done.stderr), bool(said), options)
            self.assertIn(said, done.stderr)

    def test_mount_and_no_token(self):
        for mount, path in (("/count up/", "/count up/metrics"), ("/", "/metrics")):
            self.configure(mount=mount)
            self.monitoring("--force")
            job = self.yaml("prometheus.yml")["scrape_configs"][0]
            self.assertEqual(job["metrics_path"], path)
            self.assertNotIn("authorization", job)

    def test_limits_of_the_configuration(self):
        self.configure(limits={"series": 123456, "wal_bytes": 4000000})
        self.monitoring()
        text = (self.out / "rules/alerts.yml").read_text()
        self.assertIn("0.8 * 123456", text)
        self.assertIn("> 2000000\n", text)

    def test_high_availability(self):
        self.monitoring(*SETS["thanos"])
        labels = []
        for name in ("prometheus.yml", "prometheus-2.yml"):
            config = self.yaml(name)
            labels.append(config["global"]["external_labels"].pop("replica"))
            managers = config["alerting"]["alertmanagers"][0]["static_configs"]
            self.assertEqual(
                managers[0]["targets"], ["alertmanager:9093", "alertmanager-2:9093"]
            )
            self.assertIn("thanos-receive", config["remote_write"][0]["url"])
        self.assertEqual(labels, ["1", "2"])
        self.assertEqual(config, {**self.yaml("prometheus.yml"), "global": config["global"]})

    def test_traces(self):
        for name, port in (("jaeger", 16686), ("tempo", 3200), ("zipkin", 9411)):
            self.monitoring("--force", "--tracing", name)
            (source,) = self.yaml("grafana/provisioning/datasources/traces.yml")[
                "datasources"
            ]
            self.assertEqual(source["type"], name)
            self.assertEqual(source["url"], f"http://{name}:{port}")
            self.assertIn(name, self.yaml("docker-compose.yml")["services"])

    def test_routes(self):
        self.monitoring(*SETS["nodes"])
        for team, severity, receiver in (
            ("operations", "critical", "operations-critical"),
            ("operations", "warning", "operations"),
            ("web", "critical", "web-critical"),
            ("web", "info", "web"),
            ("demo", "warning", "demo"),
            ("application", "critical", "application-critical"),
            ("", "", "application"),
        ):
            found = self.tool(
                "amtool",
                "config",
                "routes",
                "test",
                f"--config.file={self.out}/alertmanager.yml",
                # Quoted: newer amtool versions warn about unquoted matchers, on
                # stdout.
                f'team="{team}"',
                f'severity="{severity}"',
            )
            self.assertEqual(found.splitlines()[0], receiver)
        receivers = {r["name"]: r for r in self.yaml("alertmanager.yml")["receivers"]}
        self.assertIn("pagerduty_configs", receivers["web-critical"])
        self.assertNotIn("pagerduty_configs", receivers["web"])
        self.assertIn("slack_configs", receivers["web"])

    def test_every_family_is_recorded(self):
        self.monitoring()
        text = (self.out / "rules/recording.yml").read_text()
        for path in (self.dir / "metrics.d").iterdir():
            for name, kind in re.findall(
                r'"name": "(\w+)",\s+"help": .*\n\s+"type": "(\w+)"', path.read_text()
            ):
                if kind == "counter":
                    self.assertIn(f"rate({name}{{", text)
                elif kind == "histogram":
                    self.assertIn(f"total:{name}:p95", text)


    def job(self):
        """Returns the scrape job, and the features of Prometheus."""
        compose = self.yaml("docker-compose.yml")["services"]
        command = compose.get("prometheus", {}).get("command", [])
        job = self.yaml("prometheus.yml")["scrape_configs"][0]
        known = ("job_name", "metrics_path", "scheme", "authorization", "static_configs")
        return (
            {key: value for key, value in job.items() if key not in known},
            [one for one in command if one.startswith("--enable-feature")],
        )

    # The formats of a scrape; the first has the creation time of a series.
    BEGINNINGS = {
        "scrape_protocols": [
            "PrometheusProto",
            "OpenMetricsText1.0.0",
            "OpenMetricsText0.0.1",
            "PrometheusText0.0.4",
        ],
        "params": {"created": ["1"]},
    }
    ZEROS = "--enable-feature=created-timestamp-zero-ingestion"

    def test_created_lines_are_requested(self):
        """By Prometheus only: VictoriaMetrics counts the first value."""
        for options in ("", "--storage mimir", "--storage victoria"):
            self.monitoring("--force", *options.split())
            self.assertEqual(self.job(), (self.BEGINNINGS, [self.ZEROS]), options)
        self.monitoring("--force", "--stack", "victoria")
        self.assertEqual(self.job(), ({}, []))

    def test_native_histograms(self):
        self.monitoring("--native-histograms")
        native = {"convert_classic_histograms_to_nhcb": True}
        self.assertEqual(self.job(), ({**self.BEGINNINGS, **native}, [self.ZEROS]))
        # No file uses another name for it.
        for name, text in files_of(self.out).items():
            self.assertNotRegex(text.decode(), r"_bucket\b|\ble\b|_(count|sum)\{", name)

    def test_rules_of_native_histograms(self):
        """All recording rules of a native histogram, and of a family that has none."""
        for path in (self.dir / "metrics.d").iterdir():
            path.unlink()
        (self.dir / "metrics.d/own.json").write_text(
            allowlist(
                listed("wait_duration_seconds", "histogram", buckets=[0.5, 2.5]),
                listed("sizes", "summary"),
            )
        )
        self.monitoring("--native-histograms")
        rules = {
            rule["record"]: rule["expr"]
            for rule in self.rules("recording")
            if not re.search("30m|1h|2h|6h|1d|3d|remaining", rule["record"])
        }
        rate = 'rate(wait_duration_seconds{job="tallyman"}[5m])'
        summed = f"sum by (service, environment) ({rate})"
        total = "total:wait_duration_seconds"
        events = 'family:events:rate5m{family="wait_duration_seconds"}'
        quantiles = {"p50": 0.5, "p75": 0.75, "p95": 0.95, "p99": 0.99}
        self.assertEqual(
            rules,
            {
                f"{total}_count:rate5m": f"sum without (instance) (histogram_count({rate}))",
                f"{total}_sum:rate5m": f"sum without (instance) (histogram_sum({rate}))",
                f"{total}:rate5m": f"sum without (instance) ({rate})",
                **{
                    f"{total}:{name}": f"histogram_quantile({q}, {total}:rate5m)"
                    for name, q in quantiles.items()
                },
                "family:events:rate5m": "sum by (service, environment)"
                f" (histogram_count({rate}))",
                **{
                    f"family:latency:{name}": f"histogram_quantile({q}, {summed})"
                    for name, q in quantiles.items()
                },
                "family:latency:target": f"{events} * 0 + 2.5",
                "family:latency:objective": f"{events} * 0 + 0.95",
                "family:slow:rate5m": f"(histogram_fraction(2.5, +Inf, {summed}) >= 0)"
                f" * histogram_count({summed}) or histogram_count({summed})",
                "family:slow_ratio:rate5m": 'family:slow:rate5m{family="wait_duration_seconds"}'
                f" / ({events} > 0)",
                **{
                    f"total:sizes_{part}:rate5m": "sum without (instance)"
                    f' (rate(sizes_{part}{{job="tallyman"}}[5m]))'
                    for part in ("count", "sum")
                },
            },
        )

    def test_exemplars(self):
        """Points on graphs link to traces if tracing is configured."""
        (self.dir / "metrics.d/exemplars.json").write_text(
            allowlist(
                {**listed("paid_total"), "exemplars": True},
                listed("paid_not_total"),
            )
        )
        leads = [{"name": "trace_id", "datasourceUid": "tallyman-traces"}]
        storage = "--enable-feature=exemplar-storage"
        for options, wanted in (
            ("", False),
            ("--tracing tempo", True),
            ("--tracing jaeger --high-availability", True),
            ("--tracing tempo --storage mimir", False),
            ("--tracing tempo --storage victoria", False),
            ("--tracing tempo --stack victoria", False),
        ):
            with self.subTest(options):
                self.monitoring("--force", *options.split())
                sources = self.yaml("grafana/provisioning/datasources/tallyman.yml")
                for source in sources["datasources"]:
                    self.assertEqual(
                        source["jsonData"].get("exemplarTraceIdDestinations"),
                        leads if wanted else None,
                    )
                self.assertEqual(storage in self.job()[1], wanted)
                asked = {
                    (name, target["exemplar"])
                    for target in self.targets("kpi")
                    for name in re.findall(r"\b(paid\w*_total)\{", target["expr"])
                    if "exemplar" in target
                }
                self.assertEqual(asked, {("paid_total", True)} if wanted else set())

    def targets(self, board):
        """Returns the range queries of a dashboard."""
        path = self.out / f"grafana/dashboards/{board}.json"
        panels = json.loads(path.read_text())["panels"]
        panels = [p for panel in panels for p in [panel, *panel.get("panels", [])]]
        targets = [t for panel in panels for t in panel.get("targets", [])]
        return [target for target in targets if target.get("range")]

    def test_no_series_is_recorded_twice(self):
        """Names that differ by a suffix, such as x and x_total, are two families."""
        (self.dir / "metrics.d/names.json").write_text(
            allowlist(
                listed("took", "histogram", buckets=[1]),
                listed("took_total"),
                listed("done"),
                listed("done_total"),
                listed("left", "gauge", gauge="sum"),
                listed("left_total"),
                listed("offset", "histogram", buckets=[-1, 0, 1]),
            )
        )
        self.monitoring()
        rules = [
            (rule["record"], rule.get("labels", {}).get("family"))
            for rule in self.rules("recording")
        ]
        self.assertEqual(len(rules), len(set(rules)))
        records = {record for record, _ in rules}
        for name in ("took_total", "took_count", "done", "done_total", "left_total"):
            self.assertIn(f"total:{name}:rate5m", records)
        # Only its buckets are scraped.
        self.assertIn("total:offset_bucket:rate5m", records)
        self.assertNotIn("total:offset_count:rate5m", records)
        text = (self.out / "rules/recording.yml").read_text()
        self.assertIn('offset_bucket{job="tallyman",le="+Inf"}', text)
        self.assertNotIn("offset_count", text)


class Files(MonitoringCase):
    def test_same_every_time(self):
        other = self.dir / "other"
        self.monitoring(*SETS["nodes"])
        self.monitoring(*SETS["nodes"], out=other)
        self.assertEqual(files_of(self.out), files_of(other))

    def test_dry_run_writes_nothing(self):
        would = self.monitoring("--dry-run")
        self.assertFalse(self.out.exists())
        wrote = self.monitoring()
        self.assertEqual(would.splitlines()[:-1], wrote.splitlines()[:-1])
        self.assertTrue(would.splitlines()[-1].startswith("would write "))

    def test_existing_files_are_kept(self):
        self.monitoring()
        before = files_of(self.out)
        kept = self.out / "alertmanager.yml"
        kept.write_text("mine\n")
        (self.out / "prometheus.yml").unlink()
        error = self.monitoring("--environment", "other", status=1)
        self.assertIn("--force", error)
        self.assertFalse((self.out / "prometheus.yml").exists())
        self.assertEqual(kept.read_text(), "mine\n")
        error = self.monitoring("--dry-run", status=1)
        self.assertIn("would be overwritten", error)
        self.monitoring("--force")
        self.assertEqual(files_of(self.out), before)

    def test_all_or_nothing(self):
        # A directory in place of one of the last files.
        (self.out / "docker-compose.yml").mkdir(parents=True)
        for options in (["--force"], ["--force", "--dry-run"]):
            error = self.monitoring(*options, status=1)
            self.assertIn("docker-compose.yml", error)
        self.assertEqual(files_of(self.out), {})

    def test_directory_that_cannot_be_created(self):
        (self.dir / "file").write_text("")
        for out in ("file", "file/out", "file/a/b"):
            for options in ([], ["--dry-run"]):
                error = self.monitoring(*options, out=self.dir / out, status=1)
                self.assertIn(f"{self.dir}/file: is not a directory", error)

    def test_existing_directory(self):
        self.out.mkdir()
        self.monitoring("--dry-run")
        self.assertEqual(files_of(self.out), {})
        self.monitoring(out=f"{self.out}/")

    def test_bad_configuration(self):
        self.config.write_text('{"database": 1}')
        self.assertIn("database", self.monitoring(status=1))
        self.assertFalse(self.out.exists())


class Guide(MonitoringCase):
    def test_commands(self):
        text = (section("src/cli/README.md", "Monitoring set-up")
                + section("src/cli/README.md", "Several nodes"))
        blocks = code_blocks(text, "sh")
        self.assertEqual(len(blocks), 2)
        for block in blocks:
            words = block.replace("\\\n", " ").split()
            self.assertEqual(words[:4], "tallyman monitoring --out monitoring".split())
            self.monitoring("--force", *words[4:])
        self.monitoring("--force")
        recorded = {rule["record"] for rule in self.rules("recording")}
        for name in re.findall(r"`((?:total|family):[\w:]+)`", text):
            self.assertIn(name, recorded)


class Misuse(MonitoringCase):
    CASES = [
        (["--stack", "x"], '"x" is unknown, must be prometheus, victoria, datadog, newrelic or elastic'),
        (["--tracing", "x"], "must be none, jaeger, tempo or zipkin"),
        (["--storage", "s3"], "must be local, thanos, mimir, victoria or cortex"),
        (
            ["--alerting-channels", "slack,fax"],
            '"fax" is unknown, must be one or more of slack, pagerduty,'
            " email, webhook or opsgenie",
        ),
        (["--alerting-channels", ""], '"" is unknown'),
        (["--exporters", "node,"], '"" is unknown, must be one or more of node,'),
        (["--dashboard-presets", "blue"], "red, golden, web-vitals, kpi, slo, grafana-usage or security"),
        (["--retention", "30"], "12h, 30d, 8w or 1y"),
        (["--retention", "0d"], "12h, 30d, 8w or 1y"),
        (["--retention", "30m"], "12h, 30d, 8w or 1y"),
        (["--retention", "101y"], "must be 100y or less"),
        (["--scrape-interval", "15"], "seconds, from 1s to 120s"),
        (["--scrape-interval", "121s"], "too long"),
        (["--environment", "a b"], "letters, digits, dots"),
        (["--environment", ""], "letters, digits, dots"),
        (["--services", "a,a"], '"a" is listed twice'),
        (["--services", "a,1b"], '"1b" is not permitted'),
        (["--services", 'a"'], "is not permitted"),
        (["--services", "a,a-critical"], "do not end in -critical"),
        (["--nodes", "a.example.org"], "a.example.org:443,b.example.org:443"),
        (["--nodes", "a:0"], "hosts with their port"),
        (["--nodes", "a:65536"], "hosts with their port"),
        (["--nodes", "a:80,a:80"], "listed twice"),
        (["--nodes", "a/b:80"], "hosts with their port"),
        (["--nodes", "[::1:80"], "hosts with their port"),
        (["--token-file", "a:b"], "without colon"),
        (
            ["--stack", "victoria", "--storage", "mimir"],
            "--storage: mimir requires --stack prometheus",
        ),
        (
            ["--stack", "datadog", "--tracing", "tempo"],
            "--tracing: tempo requires --stack prometheus or victoria",
        ),
        (
            ["--stack", "elastic", "--alerting-channels", "slack"],
            "--alerting-channels: slack requires --stack prometheus or victoria",
        ),
        (
            ["--stack", "newrelic", "--dashboard-presets", "red"],
            "--dashboard-presets: red requires --stack prometheus or victoria",
        ),
        (
            ["--stack", "newrelic", "--high-availability"],
            "--high-availability: requires --stack prometheus or victoria",
        ),
        (
            ["--stack", "datadog", "--services", "web"],
            "--services: requires --stack prometheus or victoria",
        ),
        (
            ["--stack", "elastic", "--retention", "30d"],
            "--retention: requires --stack prometheus or victoria",
        ),
        (
            ["--stack", "victoria", "--native-histograms"],
            "--native-histograms: requires --stack prometheus",
        ),
        (
            ["--storage", "mimir", "--native-histograms"],
            "--native-histograms: requires --storage local, because"
            " Prometheus does not write native histograms with custom bounds to other stores",
        ),
        (["--token-file", "a\x01b"], "control characters"),
        (["--stack", "victoria", "--retention", "23h"], "must be a day or more"),
        (["--storage", "victoria", "--retention", "1h"], "must be a day or more"),
        (["more"], "unexpected argument more"),
        (["--colour"], ""),
    ]

    def test_cases(self):
        for options, message in self.CASES:
            with self.subTest(options):
                self.assertIn(message, self.monitoring(*options, status=2))
                self.assertFalse(self.out.exists())

    def test_out_is_missing(self):
        done = self.run_command("monitoring")
        self.assertEqual(done.returncode, 2)
        self.assertIn("--out is missing, must be", done.stderr)


if __name__ == "__main__":
    tap.main()
