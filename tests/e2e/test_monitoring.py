"""tallyman monitoring: what it writes is what Prometheus, Alertmanager and
Docker Compose take, and each alert fires when it should and only then."""

import contextlib
import json
import re
import shutil
import subprocess

import jsonschema
import yaml

import harness
import tap
from command_case import PLAIN, CommandCase
from harness import ROOT
from responder_case import allowlist, listed
from test_readme import code_blocks, readme_section

RULE_TESTS = sorted((ROOT / "tests/data/monitoring").glob("*.yml"))
SCHEMAS = json.loads((ROOT / "tests/data/monitoring/schemas.json").read_text())
PATIENCE = 60

# The sets of options that are tried, by name.
SETS = {
    "plain": [],
    "nodes": "--nodes a.example.org:443,b.example.org:443,[::1]:8443 --tls"
    " --token-file /etc/tallyman-scrape.token --services web,demo"
    " --environment staging --retention 12w --scrape-interval 30s"
    " --alerting-channels slack,pagerduty,email,webhook,opsgenie"
    " --exporters node,blackbox,postgres,redis --tracing tempo".split(),
    "available": "--high-availability --alerting-channels pagerduty"
    " --tracing jaeger".split(),
    "thanos": "--storage thanos --high-availability".split(),
    "mimir": "--storage mimir --high-availability --tracing tempo".split(),
    "mimir-one": "--storage mimir --tracing none".split(),
    "victoria-storage": "--storage victoria --high-availability".split(),
    "victoria": "--stack victoria --exporters node".split(),
    "victoria-two": "--stack victoria --storage victoria --high-availability"
    " --services web --alerting-channels email".split(),
    # Which are names of teams, too.
    "teams": "--services operations,application,a --alerting-channels slack".split(),
    "one-dashboard": "--dashboard-presets red".split(),
}


def files_of(directory):
    return {
        str(path.relative_to(directory)): path.read_bytes()
        for path in sorted(directory.rglob("*"))
        if path.is_file()
    }


class MonitoringCase(CommandCase):
    def setUp(self):
        super().setUp()
        self.out = self.dir / "out"
        (self.dir / "scrape.token").write_text("secret\n")
        self.configure(scrape_token_file="scrape.token")

    def monitoring(self, *options, status=0, out=None):
        done = self.run_command("monitoring", "--out", out or self.out, *options)
        self.assertEqual(done.returncode, status, done.stdout + done.stderr)
        return done.stdout if status == 0 else done.stderr

    def tool(self, *arguments):
        done = subprocess.run(
            [str(a) for a in arguments],
            capture_output=True,
            text=True,
            timeout=PATIENCE,
        )
        self.assertEqual(done.returncode, 0, done.stdout + done.stderr)
        return done.stdout + done.stderr

    def yaml(self, name):
        return yaml.safe_load((self.out / name).read_text())

    def rules(self, name):
        return [
            rule
            for group in self.yaml(f"rules/{name}.yml")["groups"]
            for rule in group["rules"]
        ]


class Judges(MonitoringCase):
    """The programs that read the files, and schemas for the others."""

    def check_set(self, options):
        listed = self.monitoring(*options)
        written = files_of(self.out)
        self.assertEqual(
            sorted(line for line in listed.splitlines() if "/" in line),
            sorted(f"{self.out}/{name}" for name in written),
        )
        self.assertNotIn(b"secret\n", b"".join(written.values()))
        for name in written:
            if name.endswith(".yml"):
                self.assertIsInstance(self.yaml(name), dict, name)
            elif name.endswith(".json"):
                json.loads(written[name])
        self.check_prometheus()
        self.check_alertmanager()
        self.check_compose()
        self.check_victoria()
        self.check_schemas()
        self.check_runbooks()

    def check_prometheus(self):
        # promtool wants to see the file with the token.
        secrets = self.out / "secrets"
        (secrets / "scrape.token").write_text("secret\n")
        for path in self.out.glob("prometheus*.yml"):
            text = path.read_text()
            self.assertRegex(text, "credentials_file")
            text = text.replace("/etc/tallyman-scrape.token", "secrets/scrape.token")
            judged = self.out / "judged.yml"
            judged.write_text(text)
            found = self.tool("promtool", "check", "config", judged)
            self.assertNotIn("WARNING", found)
            judged.unlink()
        for path in (self.out / "rules").iterdir():
            found = self.tool("promtool", "check", "rules", path)
            self.assertIn("SUCCESS", found)
            self.assertNotIn("duplicate", found)

    def check_alertmanager(self):
        self.tool("amtool", "check-config", self.out / "alertmanager.yml")
        text = (self.out / "alertmanager.yml").read_text()
        # Secrets by file only.
        for line in text.splitlines():
            if re.search(r"(password|key|token|secret|api_url|credentials)\w*:", line):
                self.assertRegex(line, r"_file: /etc/alertmanager/secrets/\w+$")

    def docker_compose(self, path):
        """What docker-compose says of a file, by its own schema, too."""
        done = subprocess.run(
            ["docker-compose", "-f", path, "config", "-q"],
            capture_output=True,
            text=True,
            timeout=PATIENCE,
            # With neither a Docker nor files of its own.
            env={**PLAIN, "HOME": str(self.dir), "DOCKER_HOST": "tcp://127.0.0.1:9"},
        )
        return done.returncode, done.stderr

    def check_victoria(self):
        """VictoriaMetrics and vmalert take what is written for them."""
        if "vmalert" not in self.yaml("docker-compose.yml")["services"]:
            return
        (self.out / "secrets/scrape.token").write_text("secret\n")
        scrape = f"-promscrape.config={self.out}/prometheus.yml"
        self.tool("victoria-metrics", "-dryRun", scrape)
        self.tool("vmalert", "-dryRun", f"-rule={self.out}/rules/*.yml")
        (self.out / "secrets/scrape.token").unlink()

    def check_schemas(self):
        """What no program here reads. A key that we do not know is wrong."""
        for name, schema in SCHEMAS.items():
            for path in sorted(self.out.glob(name)):
                validator = jsonschema.Draft7Validator(schema)
                for error in validator.iter_errors(yaml.safe_load(path.read_text())):
                    self.fail(f"{path}: {list(error.absolute_path)}: {error.message}")

    def check_compose(self):
        # Debian's knows no `name`, which the specification has had since.
        lines = (self.out / "docker-compose.yml").read_text().splitlines(True)
        judged = self.out / "judged.yml"
        judged.write_text("".join(l for l in lines if not l.startswith("name: ")))
        self.assertEqual(self.docker_compose(judged), (0, ""))
        judged.unlink()
        compose = self.yaml("docker-compose.yml")
        self.assertEqual(set(compose), {"name", "services", "secrets", "volumes"})
        volumes = set()
        ports = []
        for name, service in compose["services"].items():
            self.assertLessEqual(
                set(service),
                set(
                    "image restart command ports volumes environment secrets"
                    " extra_hosts pid user".split()
                ),
            )
            self.assertRegex(service["image"], r"^[\w./-]+:v?\d+\.\d+\.\d+$", name)
            for mount in service.get("volumes", ()):
                source, inside, *mode = mount.split(":")
                self.assertTrue(inside.startswith("/"), mount)
                if source.startswith("."):
                    self.assertTrue((self.out / source).exists(), mount)
                    self.assertEqual(mode, ["ro"], mount)
                elif not source.startswith("/"):
                    volumes.add(source)
            for port in service.get("ports", ()):
                self.assertRegex(port, r"^127\.0\.0\.1:\d+:\d+$")
                ports.append(port.split(":")[1])
            for secret in service.get("secrets", ()):
                self.assertIn(secret, compose["secrets"])
            for value in service.get("command", ()):
                self.assertIsInstance(value, str)
            for value in service.get("environment", {}).values():
                self.assertIsInstance(value, str)
        self.assertEqual(volumes, set(compose["volumes"]))
        self.assertEqual(len(ports), len(set(ports)), "each port once")
        # Whoever is named as a host is a service.
        text = "".join(
            (self.out / name).read_text()
            for name in ("docker-compose.yml", "prometheus.yml")
        )
        # A port of this machine is no host.
        for host in re.findall(r"(?:https?://|- |=)([a-z][a-z0-9-]*):\d+\b", text):
            if host != "localhost":
                self.assertIn(host, compose["services"])

    def check_runbooks(self):
        names = {rule["alert"] for rule in self.rules("alerts")}
        written = {path.stem for path in (self.out / "runbooks").iterdir()}
        self.assertEqual(names, written)
        for rule in self.rules("alerts"):
            self.assertEqual(set(rule["labels"]) - {"window"}, {"severity", "team"})
            self.assertIn(rule["labels"]["severity"], ("critical", "warning", "info"))
            annotations = rule["annotations"]
            self.assertEqual(
                set(annotations), {"summary", "description", "runbook_url"}
            )
            self.assertTrue(
                annotations["runbook_url"].endswith(f"/{rule['alert']}.md")
            )
            self.assertNotRegex(str(rule), "LIMIT_|SCRAPE_|LONG_|WAL_")
        for path in (self.out / "runbooks").iterdir():
            text = path.read_text()
            for heading in ("# " + path.stem, "## What to do", "## Where to look"):
                self.assertIn(heading + "\n", text)
            for link in re.findall(r"\]\((.*?)\)", text):
                self.assertTrue((path.parent / link).exists(), link)


class Written(Judges):
    """Each set of options."""


for set_name, set_options in SETS.items():

    def check(self, options=set_options):
        self.check_set(options)

    setattr(Written, "test_" + set_name.replace("-", "_"), check)


class WouldRefuse(Judges):
    """The judges find something."""

    def test_docker_compose(self):
        self.monitoring()
        path = self.out / "docker-compose.yml"
        text = re.sub("^name: .*", "", path.read_text(), flags=re.M)
        path.write_text(text.replace("restart:", "restrat:", 1))
        self.assertIn("restrat", self.docker_compose(path)[1])
        path.write_text(text.replace("- grafana:/var", "- other:/var", 1))
        self.assertIn("other", self.docker_compose(path)[1])

    def test_victoria(self):
        self.monitoring("--stack", "victoria")
        path = self.out / "rules/alerts.yml"
        path.write_text(path.read_text().replace("sum by (", "sum bye (", 1))
        with self.assertRaises(AssertionError):
            self.check_victoria()

    def test_schemas(self):
        for old, new in (
            ("replication_factor", "replication_faktor"),
            ("backend: filesystem", "backend: floppy"),
            ("block_retention: 336h", "block_retention: 2 weeks"),
            ("access: proxy", "access: prox"),
            ("updateIntervalSeconds: 30", "updateIntervalSeconds: soon"),
        ):
            with self.subTest(new):
                self.monitoring("--force", "--storage", "mimir", "--tracing", "tempo")
                self.check_schemas()
                (path,) = [p for p in self.out.rglob("*.yml") if old in p.read_text()][:1]
                path.write_text(path.read_text().replace(old, new, 1))
                with self.assertRaises(AssertionError):
                    self.check_schemas()


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
        # The labels that each name and each pushed job gets.
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
            ("--retention 29d", "error budgets are of 30 days"),
            ("--retention 30d", ""),
            ("--retention 5w", ""),
            ("--retention 1y --stack victoria", ""),
            ("--retention 48h --stack victoria", "error budgets are of 30 days"),
            ("--retention 1d --storage mimir", ""),
        ):
            done = self.run_command(
                "monitoring", "--out", self.out, "--force", *options.split()
            )
            self.assertEqual(done.returncode, 0)
            self.assertEqual(bool(done.stderr), bool(said), options)
            self.assertIn(said, done.stderr)

    def test_mount_and_no_token(self):
        self.configure(mount="/count up")
        self.monitoring()
        job = self.yaml("prometheus.yml")["scrape_configs"][0]
        self.assertEqual(job["metrics_path"], "/count up/metrics")
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
        for name, port in (("jaeger", 16686), ("tempo", 3200)):
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
                f"team={team}",
                f"severity={severity}",
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
                    # As OpenMetrics has it, which Prometheus asks for.
                    series = name.removesuffix("_total") + "_total"
                    self.assertIn(f"rate({series}{{", text)
                elif kind == "histogram":
                    self.assertIn(f"total:{name}:p95", text)


class Inhibition(MonitoringCase):
    """A real Alertmanager, which alerts it keeps to itself."""

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
        """The names of the alerts that nobody is told of."""
        found = json.loads(harness.http("GET", self.url + "/api/v2/alerts").text)
        return {a["labels"]["alertname"] for a in found if a["status"]["inhibitedBy"]}

    def check(self, expected, *alerts):
        kind = {"Content-Type": "application/json"}
        body = [{"labels": {"environment": "staging", **labels}} for labels in alerts]
        reply = harness.http(
            "POST", self.url + "/api/v2/alerts", json.dumps(body), kind
        )
        self.assertEqual(reply.status, 200, reply)
        # The sources of inhibition are taken up a moment later.
        with contextlib.suppress(RuntimeError):
            harness.wait_until(lambda: self.suppressed() == expected, "the alerts")
        self.assertEqual(self.suppressed(), expected)

    def test_node_that_is_down(self):
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

    def test_budget_speaks_for_the_ratio(self):
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


class Rules(MonitoringCase):
    """The unit tests of the rules."""

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
        # The legacy timings are many and all alike.
        (self.dir / "metrics.d/performance_timing.json").unlink()
        self.monitoring()
        self.promtool([p for p in RULE_TESTS if p.stem == "recording"])

    def test_raw_series_to_alert(self):
        """Both files together, from what Tallyman exposes."""
        (self.dir / "metrics.d/performance_timing.json").unlink()
        self.monitoring()
        test = yaml.safe_load((RULE_TESTS[0].parent / "ErrorRatioHigh.yml").read_text())
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
        """The target is the last bound then: a p95 never exceeds that."""
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
            # All in time, below a bound as Prometheus 3 writes it.
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
                "description": "More of x_request_seconds in production than the"
                " objective permits has been slower than the target for 15 minutes.",
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
                for case in yaml.safe_load(path.read_text())["tests"]
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

    def test_files_that_are_there_are_kept(self):
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
        # A directory in the place of one of the last files.
        (self.out / "docker-compose.yml").mkdir(parents=True)
        for options in (["--force"], ["--force", "--dry-run"]):
            error = self.monitoring(*options, status=1)
            self.assertIn("docker-compose.yml", error)
        self.assertEqual(files_of(self.out), {})

    def test_directory_that_cannot_be_made(self):
        (self.dir / "file").write_text("")
        for out in ("file", "file/out", "file/a/b"):
            for options in ([], ["--dry-run"]):
                error = self.monitoring(*options, out=self.dir / out, status=1)
                self.assertIn(f"{self.dir}/file: is no directory", error)

    def test_directory_that_is_there(self):
        self.out.mkdir()
        self.monitoring("--dry-run")
        self.assertEqual(files_of(self.out), {})
        self.monitoring(out=f"{self.out}/")

    def test_bad_configuration(self):
        self.config.write_text('{"database": 1}')
        self.assertIn("database", self.monitoring(status=1))
        self.assertFalse(self.out.exists())


class Readme(MonitoringCase):
    def test_commands(self):
        blocks = code_blocks(readme_section("The whole monitoring set-up"))
        self.assertEqual(len(blocks), 2)
        for block in blocks:
            words = block.replace("\\\n", " ").split()
            self.assertEqual(words[:4], "tallyman monitoring --out monitoring".split())
            self.monitoring("--force", *words[4:])
        self.monitoring("--force")
        recorded = {rule["record"] for rule in self.rules("recording")}
        text = readme_section("The whole monitoring set-up")
        for name in re.findall(r"`((?:total|family):[\w:]+)`", text):
            self.assertIn(name, recorded)


class Misuse(MonitoringCase):
    CASES = [
        (["--stack", "x"], '"x" is not known, must be prometheus or victoria'),
        (["--tracing", "zipkin"], "must be none, jaeger or tempo"),
        (["--storage", "s3"], "must be local, thanos, mimir or victoria"),
        (
            ["--alerting-channels", "slack,fax"],
            '"fax" is not known, must be one or more of slack, pagerduty,'
            " email, webhook or opsgenie",
        ),
        (["--alerting-channels", ""], '"" is not known'),
        (["--exporters", "node,"], '"" is not known, must be one or more of node,'),
        (["--dashboard-presets", "blue"], "red, golden, web-vitals, kpi, slo or"),
        (["--retention", "30"], "12h, 30d, 8w or 1y"),
        (["--retention", "0d"], "12h, 30d, 8w or 1y"),
        (["--retention", "30m"], "12h, 30d, 8w or 1y"),
        (["--retention", "101y"], "must be 100y or less"),
        (["--scrape-interval", "15"], "seconds, from 1s to 120s"),
        (["--scrape-interval", "121s"], "too long"),
        (["--environment", "a b"], "letters, digits, dots"),
        (["--environment", ""], "letters, digits, dots"),
        (["--services", "a,a"], '"a" is there twice'),
        (["--services", "a,1b"], '"1b" is not permitted'),
        (["--services", 'a"'], "is not permitted"),
        (["--services", "a,a-critical"], "do not end in -critical"),
        (["--nodes", "a.example.org"], "a.example.org:443,b.example.org:443"),
        (["--nodes", "a:0"], "hosts with their port"),
        (["--nodes", "a:65536"], "hosts with their port"),
        (["--nodes", "a:80,a:80"], "there twice"),
        (["--nodes", "a/b:80"], "hosts with their port"),
        (["--nodes", "[::1:80"], "hosts with their port"),
        (["--token-file", "a:b"], "without colon"),
        (["--stack", "victoria", "--storage", "mimir"], "must be local or victoria"),
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

    def test_help(self):
        text = self.output("monitoring", "--help")
        for option in re.findall(r'\{"([a-z-]+)", \w+_argument', (
            ROOT / "cli/monitoring_options.c"
        ).read_text()):
            self.assertIn(f"--{option} ", text)


if __name__ == "__main__":
    tap.main()
