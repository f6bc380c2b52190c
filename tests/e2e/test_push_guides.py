"""The guides for programs and for the allowlist, followed through nginx: their commands, with
another URL and directory, print the output in the guides."""

import json
import os
import re
import subprocess

import tap
import yaml
from guide_shell import GuideShell
from guides import code_blocks, guide, section
from harness import RESPONDER, ROOT, wait_until
from push_case import PushCase
from responder_case import allowlist, listed


class GuideCase(PushCase):
    config = {"scrape_token_file": None, "open_families": True}
    responders_wanted = 1  # it remembers all refusals, and the log tells when it has read a file

    def setUp(self):
        self.shell = GuideShell(
            self,
            self.site.dir,
            {"http://localhost:8080": self.server.url, "build/run/": f"{self.site.home}/",
             "build/tallyman": "tallyman"},
            # No progress meter, like on a terminal.
            {"curl": 'exec /usr/bin/curl -sS "$@"\n'},
            saved=self.wait_for_reload,
        )
        self.reloads = self.count_reloads()

    def follow(self, text):
        return self.shell.follow(text, printed="text")

    def count_reloads(self):
        return self.responders.log.read_text().count("the changed configuration is in force")

    def wait_for_reload(self):
        wait_until(lambda: self.count_reloads() > self.reloads, "the changed configuration")
        self.reloads = self.count_reloads()


class Allowlist(GuideCase):
    def test_unlisted_family_becomes_a_listed_one(self):
        text = section("fcgi/metrics.d/README.md", "Allow your metrics")
        self.assertEqual(self.follow(text), 4)
        text = section("fcgi/metrics.d/README.md", "Samples are refused")
        self.assertEqual(self.follow(text), 1)


TOKEN = "f2b63ac2d5a4ab2b7b0a8b9fb6d58c01"
ORDERS = [{"name": "job", "maxValues": 5}, {"name": "country", "maxValues": 5}]
# A program of a reader: the SDK takes its settings from the environment.
OTEL_PROGRAM = """
const { OTLPMetricExporter } = require('@opentelemetry/exporter-metrics-otlp-proto');
const { detectResources, envDetector } = require('@opentelemetry/resources');
const { MeterProvider, PeriodicExportingMetricReader } = require('@opentelemetry/sdk-metrics');
const provider = new MeterProvider({
  resource: detectResources({ detectors: [envDetector] }),
  readers: [new PeriodicExportingMetricReader({ exporter: new OTLPMetricExporter() })],
});
provider.getMeter('shop').createCounter('orders', { unit: '{order}' }).add(2, { country: 'fr' });
provider.shutdown();
"""
# The page is hidden a moment later.
PAGE = """
globalThis.document = { visibilityState: 'hidden' };
globalThis.addEventListener = (type, hide) => setTimeout(hide, 0);
"""

SPAN = """
provider.getTracer('shop').startSpan('two exporters').end();
provider.forceFlush().then(() => provider.shutdown());
"""


class Programs(GuideCase):
    config = {**GuideCase.config, "push_token_file": "push.tokens"}
    files = {
        "push.tokens": TOKEN + "\n",
        "metrics.d/orders.json": allowlist(
            listed("orders_total", labels=ORDERS, **{"from": "programs"})
        ),
        "metrics.d/traces.json": (ROOT / "fcgi/metrics.d/traces.json").read_text(),
    }

    def setUp(self):
        super().setUp()
        self.shell.replaced["TOKEN"] = TOKEN

    def test_commands_print_what_is_shown(self):
        for title, commands in (("A cron job with curl", 2), ("JSON", 1), ("Count once", 1)):
            with self.subTest(title):
                self.assertEqual(self.follow(section("fcgi/README.md", title)), commands)
        text = section("fcgi/README.md", "statsd")
        self.assertEqual(self.follow(text[: text.index("Most clients send UDP")]), 1)

    def test_push_with_a_token(self):
        [_, push] = code_blocks(section("fcgi/README.md", "Tokens"), "sh")
        self.assertEqual(self.shell.sh(push), "")
        self.assertIn("token", self.shell.sh(push.replace("TOKEN", TOKEN[::-1])))

    def test_push_with_a_token_from_python(self):
        example = code_blocks(section("fcgi/README.md", "Prometheus client libraries"), "python")[0]
        [push] = code_blocks(section("fcgi/README.md", "Tokens"), "python")
        registry = example[: example.index("push_to_gateway(")]
        push = push.replace('"backup"', '"of python"')  # no other test has this group
        self.assertIn("import CollectorRegistry, Counter, push_to_gateway\n", registry)
        for token, status in ((TOKEN, 0), (TOKEN[::-1], 1)):
            done = subprocess.run(
                ["/usr/bin/python3", "-"],
                input=registry + self.shell.here(push).replace(TOKEN, token),
                env={**os.environ, "no_proxy": "127.0.0.1"},
                capture_output=True,
                text=True,
                timeout=120,
            )
            self.assertEqual(done.returncode, status, done.stderr)
        self.assertIn("HTTP Error 401", done.stderr)
        self.assertEqual(self.value("backup_files_total", job="of python"), 42)

    def test_settings_of_opentelemetry(self):
        [settings] = code_blocks(section("fcgi/README.md", "Metrics of OpenTelemetry"), "sh")
        for old, new in (("https://metrics.example.org/tallyman", self.server.url), ("TOKEN", TOKEN)):
            self.assertEqual(settings.count(old), 1)
            settings = settings.replace(old, new)
        self.node(settings, OTEL_PROGRAM)
        self.assertEqual(self.value("orders_total", job="shop", country="fr"), 2)

    def test_page_with_opentelemetry(self):
        """Its exporter and its counter, in a program that looks like a page to them."""
        [code] = code_blocks(section("fcgi/README.md", "Metrics of OpenTelemetry"), "js")
        url = "url: '/tallyman/v1/metrics',"
        self.assertEqual(code.count(url), 1)
        here = f"url: '{self.server.url}/v1/metrics', headers: {{ 'x-api-key': '{TOKEN}' }},"
        code = code.replace(url, here)
        code = re.sub(r"import (\{[^}]*\})\s+from ('[^']*');", r"const \1 = require(\2);", code)
        self.node("", PAGE + code + "\nsetTimeout(() => provider.shutdown(), 100);")
        [value] = [
            value for (name, labels), value in self.pushed().items()
            if name == "orders_total" and ("country", "de") in labels
        ]
        self.assertEqual(value, 1)

    def test_page_with_two_exporters(self):
        """A span reaches both addresses, here one server twice."""
        [code] = code_blocks(section("fcgi/README.md", "The same spans in Jaeger or Tempo"), "js")
        urls = "['/tallyman/v1/traces', 'https://traces.example.org/v1/traces']"
        self.assertEqual(code.count(urls), 1)
        url = f"{self.server.url}/v1/traces"
        code = code.replace(urls, f"['{url}', '{url}?again']")
        code = re.sub(r"import (\{[^}]*\}) from ('[^']*');", r"const \1 = require(\2);", code)
        code = code.replace("new WebTracerProvider", "const provider = new WebTracerProvider")
        code = code.replace("}).register();", "});\nprovider.register();")
        self.node("", PAGE + code + SPAN)
        values = [
            value for (name, labels), value in self.pushed().items()
            if name == "traces_span_metrics_calls_total" and ("span_name", "two exporters") in labels
        ]
        self.assertEqual(values, [2])

    def node(self, settings, code):
        path = self.site.write("program.cjs", code)
        done = subprocess.run(
            ["sh", "-ec", f"{settings}\nnode {path}"],
            env={**os.environ, "NODE_PATH": str(ROOT / "static/node_modules"),
                 "OTEL_LOG_LEVEL": "warn", "no_proxy": "127.0.0.1"},
            capture_output=True, text=True, timeout=60,
        )
        self.assertEqual((done.returncode, done.stdout, done.stderr), (0, "", ""))


class TokenFile(GuideCase):
    config = {**GuideCase.config, "push_token_file": "push.tokens"}
    files = {"push.tokens": TOKEN + "\n"}

    def test_make_a_token(self):
        """The responders take it from the file that the commands make."""
        [make, push] = code_blocks(section("fcgi/README.md", "Tokens"), "sh")[:2]
        self.shell.replaced["/etc/tallyman/"] = f"{self.site.home}/"
        token = self.shell.sh(make).strip()
        self.assertRegex(token, r"\A[0-9a-f]{32}\Z")
        self.assertEqual((self.site.home / "push.tokens").stat().st_mode & 0o777, 0o400)
        self.wait_for_reload()
        self.assertEqual(self.shell.sh(push.replace("TOKEN", token)), "")


class Samples(GuideCase):
    config = {"scrape_token_file": None, "view": "public", "view_families": ["*"]}

    def test_configurations_are_good(self):
        """Those of both guides, but for the path of the database."""
        blocks = code_blocks(guide("fcgi/README.md"), "json")
        blocks += code_blocks(guide("static/README.md"), "json")
        self.assertEqual(len(blocks), 3)
        config = self.site.home / "example.json"
        for block in blocks:
            config.write_text(json.dumps({**json.loads(block), "database": "example.db"}))
            done = subprocess.run(
                [RESPONDER, "-t", "-c", config], capture_output=True, text=True
            )
            self.assertEqual((done.returncode, done.stdout), (0, f"{config}: ok\n"), done.stderr)

    def test_collector_sends_to_both(self):
        [block] = code_blocks(guide("fcgi/README.md"), "yaml")
        config = yaml.safe_load(block)
        traces = config["service"]["pipelines"]["traces"]
        self.assertEqual(set(traces["exporters"]), set(config["exporters"]))
        # The collector appends /v1/traces.
        self.assertEqual(config["exporters"]["otlphttp/tallyman"],
                         {"endpoint": "https://metrics.example.org/tallyman"})

    def test_queries_for_pages_are_answered(self):
        queries = "\n".join(code_blocks(guide("static/README.md"), "promql")).splitlines()
        self.assertEqual(len(queries), 6)
        for query in queries:
            command = ["curl", "-sS", "--data-urlencode", f"query={query}",
                       f"{self.server.url}/api/v1/query"]
            done = subprocess.run(command, capture_output=True, text=True, check=True,
                                  env={**os.environ, "no_proxy": "127.0.0.1"})
            self.assertEqual(json.loads(done.stdout)["status"], "success", query)


if __name__ == "__main__":
    tap.main()
