"""The files of tallyman monitoring are valid for Prometheus, Alertmanager, Docker
Compose and VictoriaMetrics, and by the schemas of the other stacks."""

import json
import re
import subprocess

import jsonschema

import tap
from command_case import PLAIN
from harness import ROOT
from monitoring_case import (
    PATIENCE,
    SETS,
    STACKS,
    MonitoringCase,
    files_of,
    read_yaml,
    without_new_keys,
)

SCHEMAS = json.loads((ROOT / "tests/data/monitoring/schemas.json").read_text())


class Judges(MonitoringCase):
    """Programs that read the files, and schemas for the others."""

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
        # promtool needs the token file.
        secrets = self.out / "secrets"
        (secrets / "scrape.token").write_text("secret\n")
        for path in self.out.glob("prometheus*.yml"):
            text = path.read_text()
            self.assertRegex(text, "credentials_file")
            text = text.replace("/etc/tallyman-scrape.token", "secrets/scrape.token")
            judged = self.out / "judged.yml"
            judged.write_text(without_new_keys(text))
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
        # Secrets come from files only.
        for line in text.splitlines():
            if re.search(r"(password|key|token|secret|api_url|credentials)\w*:", line):
                self.assertRegex(line, r"_file: /etc/alertmanager/secrets/\w+$")

    def docker_compose(self, path):
        """Returns docker-compose's report on a file, which includes its schema check."""
        done = subprocess.run(
            ["docker-compose", "-f", path, "config", "-q"],
            capture_output=True,
            text=True,
            timeout=PATIENCE,
            # Without a Docker daemon and files of its own.
            env={**PLAIN, "HOME": str(self.dir), "DOCKER_HOST": "tcp://127.0.0.1:9"},
        )
        return done.returncode, done.stderr

    def check_victoria(self):
        """VictoriaMetrics and vmalert accept the files written for them."""
        if "vmalert" not in self.yaml("docker-compose.yml")["services"]:
            return
        (self.out / "secrets/scrape.token").write_text("secret\n")
        scrape = f"-promscrape.config={self.out}/prometheus.yml"
        self.tool("victoria-metrics", "-dryRun", scrape)
        self.tool("vmalert", "-dryRun", f"-rule={self.out}/rules/*.yml")
        (self.out / "secrets/scrape.token").unlink()

    def check_schemas(self):
        """For files that no program here reads. An unknown key is an error."""
        for name, schema in SCHEMAS.items():
            for path in sorted(self.out.glob(name)):
                validator = jsonschema.Draft7Validator(schema)
                for error in validator.iter_errors(read_yaml(path)):
                    self.fail(f"{path}: {list(error.absolute_path)}: {error.message}")

    def check_compose(self):
        # Debian's version lacks `name`, which the specification added later.
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
        # Every host name is a service.
        text = "".join(
            (self.out / name).read_text()
            for name in ("docker-compose.yml", "prometheus.yml")
        )
        # A published port is not a host name.
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


class Stacks(Judges):
    """The files for other stacks."""

    OPTIONS = (
        "--nodes a.example.org:443,[::1]:8443 --tls --environment staging"
        " --scrape-interval 30s --token-file"
    ).split()

    def write_stack(self, stack, *options):
        self.monitoring("--force", "--stack", stack, *options)
        self.assertEqual(sorted(files_of(self.out)), STACKS[stack])
        self.check_schemas()
        return read_yaml(self.out / STACKS[stack][1])

    def test_datadog(self):
        found = self.write_stack("datadog", *self.OPTIONS, "/etc/token")
        one, two = found["instances"]
        self.assertEqual(
            one["openmetrics_endpoint"], "https://a.example.org:443/tallyman/metrics"
        )
        self.assertEqual(
            two["openmetrics_endpoint"], "https://[::1]:8443/tallyman/metrics"
        )
        self.assertEqual(one["tags"], ["environment:staging", "node:a.example.org:443"])
        self.assertEqual(one["auth_token"]["reader"]["path"], "/etc/token")
        self.assertEqual(one["min_collection_interval"], 30)

    def test_newrelic(self):
        found = self.write_stack("newrelic", *self.OPTIONS, "secrets/token")
        (write,) = found["remote_write"]
        self.assertTrue(write["url"].startswith("https://metric-api.newrelic.com/"))
        secrets = self.out / "secrets"
        secrets.mkdir()
        for name in ("token", "newrelic_license_key"):
            (secrets / name).write_text("secret\n")
        told = self.tool("promtool", "check", "config", self.out / "prometheus.yml")
        self.assertIn("SUCCESS", told)

    def test_elastic(self):
        (found,) = self.write_stack("elastic", *self.OPTIONS, "/etc/token")
        self.assertEqual(
            found["hosts"], ["https://a.example.org:443", "https://[::1]:8443"]
        )
        self.assertEqual(found["metrics_path"], "/tallyman/metrics")
        self.assertEqual(found["bearer_token_file"], "/etc/token")
        self.assertEqual(found["period"], "30s")

    def test_without_a_token(self):
        self.configure()
        for stack in STACKS:
            with self.subTest(stack):
                self.write_stack(stack)
                text = b"".join(files_of(self.out).values())
                self.assertNotIn(b"scrape token", text)
                (self.out / STACKS[stack][1]).unlink()
                (self.out / "README.md").unlink()


class Written(Judges):
    """Each set of options."""


for set_name, set_options in SETS.items():

    def check(self, options=set_options):
        self.check_set(options)

    setattr(Written, "test_" + set_name.replace("-", "_"), check)


class WouldRefuse(Judges):
    """The checks can fail."""

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


if __name__ == "__main__":
    tap.main()
