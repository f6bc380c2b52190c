"""The Grafana part of `tallyman monitoring`: valid dashboards, and queries
that a real Prometheus answers with data."""

import json
import math
import pathlib
import re
import shutil
import subprocess
import tempfile
import threading
import time
import unittest
import urllib.parse

import jsonschema
import yaml

import dashboards
import grafana
import harness
import tap
import webservers
from command_case import PLAIN, TALLYMAN
from harness import ROOT, http
from responder_case import allowlist, label, listed
from test_prometheus import PATIENCE, Prometheus, wait_long

SCHEMA = json.loads((ROOT / "tests/data/dashboard/schema.json").read_text())
PRESETS = ["red", "golden", "web-vitals", "kpi", "slo", "grafana-usage"]
ALL = sorted(f"{name}.json" for name in ["tallyman", *PRESETS])

# Whatever a name, a help text or a label may have that means something in
# PromQL, in Grafana or in a regular expression.
ODD = allowlist(
    {**listed("a:b:orders"), "help": 'Orders "$big" \\ {{x}} \u2603\nand lines'},
    listed(
        "_queue_depth",
        "gauge",
        gauge="sum",
        labels=[label("instance", "x", "y"), label("environment", "a.b", "c|d")],
    ),
    listed("lowest_celsius", "gauge", gauge="min", unit="celsius"),
    listed("peak_bytes", "gauge", gauge="max", unit="bytes"),
    listed(
        "billing_requests_total",
        labels=[
            label("status", "200", "404", "503", "(err)"),
            label("job", "$1", "[a-z]+", "c\\d", 'say "x"'),
            label("datasource", "one", "two"),
            label("quantile", "0.5", "1"),
            label("service", "own", "other"),
        ],
    ),
    listed(
        "billing_request_duration_seconds",
        "histogram",
        unit="seconds",
        buckets=[0.001, 1, 1000000],
        labels=[label("job", "$1", "[a-z]+")],
    ),
    listed(
        "web_lcp_seconds",
        "histogram",
        unit="seconds",
        buckets=[1, 3],  # neither limit is a bound
    ),
    listed("offset_latency", "histogram", buckets=[-10, 0, 10.5]),
    listed("wait_duration_ms", "histogram", buckets=[100, 1000, 10000]),
    listed("order_value_bytes", "histogram", buckets=[10, 1e6], labels=[label("x", "1", "2")]),
    listed("page_weight", "summary"),
    listed("one_errors_total", labels=[{"name": "reason", "maxValues": 5}]),
    listed("read_bytes_total", unit="bytes", labels=[label("only", "one")]),
    # More than a panel has room for.
    *(
        listed(f"op{i}_calls_total", labels=[label("result", "ok", "failed")])
        for i in range(30)
    ),
)
LONE_GAUGE = allowlist(listed("temperature", "gauge", gauge="last"))
LONE_VITAL = allowlist(
    listed("web_lcp_seconds", "histogram", unit="seconds", buckets=[2.5, 4])
)
LONE_HISTOGRAM = allowlist(listed("sizes", "histogram", buckets=[1, 2]))


class DashboardCase(unittest.TestCase):
    """A directory with a configuration."""

    def setUp(self):
        self.dir = pathlib.Path(tempfile.mkdtemp(prefix="dashboards-"))
        self.addCleanup(shutil.rmtree, self.dir, ignore_errors=True)
        self.configure()

    def configure(self, *files, **settings):
        """With the given allowlists; without any, those that are shipped."""
        shutil.rmtree(self.dir / "metrics.d", ignore_errors=True)
        if files:
            (self.dir / "metrics.d").mkdir()
        else:
            shutil.copytree(ROOT / "fcgi/metrics.d", self.dir / "metrics.d")
        for i, text in enumerate(files):
            (self.dir / f"metrics.d/{i}.json").write_text(text)
        settings = {"database": "tallyman.db", **settings}
        (self.dir / "tallyman.json").write_text(json.dumps(settings))

    def write(self, *options, out="out"):
        """The directory that was written, and what was said on stderr."""
        shutil.rmtree(self.dir / out, ignore_errors=True)
        arguments = ["monitoring", "-c", self.dir / "tallyman.json"]
        done = subprocess.run(
            [TALLYMAN, *arguments, "--out", self.dir / out, *options],
            capture_output=True,
            text=True,
            timeout=PATIENCE,
            env=PLAIN,
        )
        self.assertEqual(done.returncode, 0, done.stderr)
        return self.dir / out, done.stderr

    def boards(self, *options):
        return dashboards.load(self.write(*options)[0])

    def configurations(self):
        """The dashboards of several configurations, one after the other."""
        for files, settings in (
            ((), {}),
            ((ODD,), {}),
            ((LONE_GAUGE,), {"sessions": {"enabled": False}}),
            ((LONE_HISTOGRAM,), {"limits": {"series": 7000}}),
            ((LONE_VITAL,), {"sessions": {"enabled": False}}),
            (
                (),
                {
                    "sessions": {
                        "user_labels": True,
                        "variables": ["region"],
                        "drop_labels": ["user_role", "dashboard_name"],
                    }
                },
            ),
        ):
            self.configure(*files, **settings)
            for stack in ("prometheus", "victoria"):
                yield self.boards("--stack", stack, "--services", "web")


class Model(DashboardCase):
    """What Grafana wants of a dashboard."""

    def test_schema(self):
        validator = jsonschema.Draft7Validator(SCHEMA)
        for boards in self.configurations():
            for name, board in boards.items():
                for error in validator.iter_errors(board):
                    self.fail(f"{name}: {list(error.absolute_path)}: {error.message}")

    def test_schema_refuses(self):
        """It would find something."""
        validator = jsonschema.Draft7Validator(SCHEMA)
        text = json.dumps(self.boards()["red.json"])
        for old, new in (
            ('"schemaVersion": 42', '"schemaVersion": 41'),
            ('"type": "timeseries"', '"type": "graph"'),
            ('"unit": "cps"', '"unit": "hits"'),
            ('"refId": "A"', '"refId": ""'),
            ('"w": 24', '"w": 25'),
            ('"id": null', '"id": 7'),
            ('"uid": "${datasource}"', '"uid": "tallyman"'),
            ('"instant": false', '"instant": true'),
        ):
            with self.subTest(new):
                self.assertIn(old, text)
                self.assertFalse(validator.is_valid(json.loads(text.replace(old, new, 1))))

    def test_ids_are_unique(self):
        for boards in self.configurations():
            uids = [board["uid"] for board in boards.values()]
            titles = [board["title"] for board in boards.values()]
            self.assertEqual(len(set(uids)), len(boards))
            self.assertEqual(len(set(titles)), len(boards))
            for name, board in boards.items():
                self.assertEqual(board["uid"], "tallyman-" + name[:-5])
                ids = [panel["id"] for panel in board["panels"]]
                self.assertEqual(len(set(ids)), len(ids), name)
                names = [v["name"] for v in board["templating"]["list"]]
                self.assertEqual(len(set(names)), len(names), name)
                for panel in dashboards.panels(board):
                    queries = [target["refId"] for target in panel["targets"]]
                    self.assertEqual(len(set(queries)), len(queries))

    def test_ids_stay(self):
        """A link to a panel holds when other families come."""

        def ids(boards):
            return {
                (name, panel["title"]): panel["id"]
                for name, board in boards.items()
                for panel in board["panels"]
                if panel["type"] == "row"
            }

        first = listed("b_total", labels=[label("x", "1", "2")])
        self.configure(allowlist(first))
        before = ids(self.boards())
        self.configure(allowlist(listed("a_total"), first))
        after = ids(self.boards())
        self.assertEqual({k: after[k] for k in before}, before)
        self.assertGreater(len(after), len(before))

    def test_layout(self):
        """Within the grid, without overlaps, without holes between lines."""
        for boards in self.configurations():
            for name, board in boards.items():
                taken = {}
                for panel in board["panels"]:
                    place = panel["gridPos"]
                    self.assertLessEqual(place["x"] + place["w"], 24)
                    for x in range(place["x"], place["x"] + place["w"]):
                        for y in range(place["y"], place["y"] + place["h"]):
                            self.assertNotIn((x, y), taken, f"{name}: {panel['title']}")
                            taken[x, y] = panel["title"]
                rows = {y for _, y in taken}
                self.assertEqual(rows, set(range(len(rows))), name)

    def test_no_row_is_empty(self):
        for boards in self.configurations():
            for name, board in boards.items():
                kinds = [panel["type"] for panel in board["panels"]]
                self.assertEqual(kinds[0], "row")
                for one, next_one in zip(kinds, [*kinds[1:], "row"]):
                    self.assertFalse(one == next_one == "row", name)

    def test_variables_are_there(self):
        """Each that a query uses, and none that no query uses."""
        for boards in self.configurations():
            for name, board in boards.items():
                used = set()
                for panel in dashboards.panels(board):
                    for target in panel["targets"]:
                        used |= set(re.findall(r"\$(\w+)", target["expr"]))
                have = set(dashboards.variables(board)) - {"datasource"}
                self.assertLessEqual(used - set(dashboards.BUILT_IN), have, name)
                self.assertLessEqual(have, used, name)

    def test_legends(self):
        """Overrides match a query, bands reach to another one, and a legend
        names labels that the query keeps."""
        for boards in self.configurations():
            for name, board in boards.items():
                for panel in dashboards.panels(board):
                    self._check_legends(name, panel)

    def _check_legends(self, name, panel):
        legends = {target["legendFormat"] for target in panel["targets"]}
        self.assertEqual(len(legends), len(panel["targets"]), (name, panel["title"]))
        for override in panel["fieldConfig"]["overrides"]:
            self.assertIn(override["matcher"]["options"], legends)
            for one in override["properties"]:
                if one["id"] == "custom.fillBelowTo":
                    self.assertIn(one["value"], legends)
        for target in panel["targets"]:
            for wanted in re.findall(r"{{(\w+)}}", target["legendFormat"]):
                kept = re.findall(r"by \(([^)]*)\)", target["expr"])
                self.assertTrue(
                    not kept or any(wanted in by.split(", ") for by in kept),
                    (name, target),
                )


class Content(DashboardCase):
    def test_few_variables(self):
        """Of the shipped families, what one wants to choose by."""
        common = ["datasource", "environment", "service", "instance"]
        for name, want in (
            ("golden.json", [*common, "page", "device", "navigation", "kind"]),
            (
                "web-vitals.json",
                [*common, "quantile", "page", "device", "navigation", "kind"],
            ),
            ("kpi.json", [*common, "app", "browser", "feature"]),
            ("slo.json", common[:3]),
            ("tallyman.json", [common[0], common[1], common[3]]),
        ):
            with self.subTest(name):
                self.assertEqual(list(dashboards.variables(self.boards()[name])), want)

    def test_presets(self):
        for preset in PRESETS:
            with self.subTest(preset):
                boards = self.boards("--dashboard-presets", preset)
                self.assertEqual(sorted(boards), sorted(["tallyman.json", preset + ".json"]))
        self.assertEqual(sorted(self.boards()), ALL)

    def test_empty_presets_are_left_out(self):
        for text, sessions, missing in (
            (LONE_GAUGE, True, {"red", "golden", "web-vitals", "slo"}),
            (LONE_HISTOGRAM, False, set(PRESETS) - {"kpi"}),
            (allowlist(), False, set(PRESETS)),
            (ODD, False, {"grafana-usage"}),
        ):
            self.configure(text, sessions={"enabled": sessions})
            out, said = self.write()
            noted = re.findall(r"no dashboard (\S+): the configuration has no ", said)
            self.assertEqual(set(noted), missing)
            self.assertEqual(len(said.splitlines()), len(missing))
            self.assertEqual(
                set(dashboards.load(out)),
                set(ALL) - {name + ".json" for name in missing},
            )

    def test_the_same_each_time(self):
        for files in ((), (ODD,)):
            self.configure(*files)
            texts = []
            for out in ("one", "two"):
                directory, _ = self.write(out=out)
                paths = sorted((directory / "grafana").rglob("*.*"))
                texts.append([path.read_bytes() for path in paths])
            self.assertEqual(texts[0], texts[1])

    def test_every_family_is_somewhere(self):
        """Whatever its type and its name."""
        for files in ((), (ODD,), (LONE_HISTOGRAM,)):
            self.configure(*files)
            boards = self.boards()
            text = "".join(
                q for b in boards.values() for _, _, q in dashboards.queries(b)
            )
            for family in dashboards.allowlists(self.dir / "metrics.d"):
                self.assertRegex(text, rf"\b{family['name']}")

    def test_golden_signals(self):
        """The four of them, each with something in it."""
        board = self.boards()["golden.json"]
        signals = [p["title"] for p in board["panels"] if p["type"] == "row"]
        self.assertEqual(signals, ["Latency", "Traffic", "Errors", "Saturation"])

    def test_help_is_shown(self):
        self.configure(ODD)
        board = self.boards()["kpi.json"]
        shown = {panel["title"]: panel.get("description") for panel in board["panels"]}
        self.assertEqual(
            shown["a:b:orders"], 'Orders "$big" \\ {{x}} \u2603\nand lines'
        )

    def test_units(self):
        self.configure(ODD)
        board = self.boards()["kpi.json"]
        units = {
            panel["title"]: panel["fieldConfig"]["defaults"]["unit"]
            for panel in dashboards.panels(board)
        }
        self.assertEqual(units["lowest_celsius"], "celsius")
        self.assertEqual(units["peak_bytes"], "bytes")
        self.assertEqual(units["read_bytes_total"], "bytes")
        self.assertEqual(units["a:b:orders"], "short")
        self.assertEqual(units["order_value_bytes"], "bytes")
        board = self.boards()["red.json"]
        overview = next(
            p for p in dashboards.panels(board) if p["title"] == "Duration, p95"
        )
        self.assertEqual(overview["fieldConfig"]["defaults"]["unit"], "s")
        units = {
            override["matcher"]["options"]: one["value"]
            for override in overview["fieldConfig"]["overrides"]
            for one in override["properties"]
            if one["id"] == "unit"
        }
        self.assertEqual(units, {"wait_duration_ms": "ms"})

    def test_web_vitals(self):
        """The limits of web.dev, and percentile bands."""
        board = self.boards()["web-vitals.json"]
        first = {p["title"]: p for p in reversed(dashboards.panels(board))}
        steps = first["Largest Contentful Paint"]["fieldConfig"]["defaults"][
            "thresholds"
        ]["steps"]
        self.assertEqual(
            [(s["value"], s["color"]) for s in steps],
            [(None, "green"), (2.5, "orange"), (4, "red")],
        )
        graph = first["Frontend response time"]
        self.assertEqual(
            [target["legendFormat"] for target in graph["targets"]],
            ["p50", "p75", "p95", "p99"],
        )
        self.assertIn('phase="load"', graph["targets"][0]["expr"])
        bands = {
            override["matcher"]["options"]: one["value"]
            for override in graph["fieldConfig"]["overrides"]
            for one in override["properties"]
            if one["id"] == "custom.fillBelowTo"
        }
        self.assertEqual(bands, {"p75": "p50", "p95": "p75", "p99": "p95"})

    def test_other_clients_response_time(self):
        self.configure((ROOT / "fcgi/metrics.d/performance_timing.json").read_text())
        board = self.boards()["web-vitals.json"]
        (graph,) = [
            p for p in board["panels"] if p["title"] == "Frontend response time"
        ]
        self.assertIn(
            "performance_timing_loadEventStart_bucket", graph["targets"][0]["expr"]
        )

    def test_counter_and_histogram_are_one(self):
        board = self.boards()["red.json"]
        rows = [p["title"] for p in board["panels"] if p["type"] == "row"]
        self.assertEqual([r for r in rows if r.startswith("web_request_")], [])
        self.assertEqual(len([r for r in rows if r.startswith("web_requests")]), 1)

    def test_names_by_stack(self):
        """OpenMetrics ends the names of counters with _total."""
        for stack, name in (
            ("prometheus", "app_load_succeeded_total{"),
            ("victoria", "app_load_succeeded{"),
        ):
            board = self.boards("--stack", stack)["kpi.json"]
            texts = [q for _, _, q in dashboards.queries(board)]
            self.assertTrue(any(name in text for text in texts), stack)

    def test_sums_are_over_nodes(self):
        """Only the dashboard of Tallyman itself tells nodes apart."""
        for boards in self.configurations():
            for name, board in boards.items():
                if name == "tallyman.json":
                    continue
                for title, _, query in dashboards.queries(board):
                    if "tallyman_commit_seconds" not in query:
                        self.assertRegex(query, r"sum|max|min|count", title)
                        self.assertNotRegex(query, r"by \((\w+, )*instance\b", title)

    def test_provisioning(self):
        for stack, storage, url, kind in (
            ("prometheus", "local", "http://prometheus:9090", "Prometheus"),
            ("prometheus", "thanos", "http://thanos-query:10902", "Thanos"),
            ("prometheus", "mimir", "http://mimir:9009/prometheus", "Mimir"),
            ("victoria", "victoria", "http://victoria:8428", None),
        ):
            with self.subTest(storage):
                out, _ = self.write(
                    "--stack", stack, "--storage", storage, "--scrape-interval", "5s"
                )
                directory = out / "grafana/provisioning"
                found = yaml.safe_load((directory / "datasources/tallyman.yml").read_text())
                (source,) = found["datasources"]
                self.assertEqual(found["apiVersion"], 1)
                self.assertEqual((source["type"], source["url"]), ("prometheus", url))
                self.assertEqual(source["jsonData"].get("prometheusType"), kind)
                self.assertEqual(source["jsonData"]["timeInterval"], "5s")
                board = dashboards.load(out)["tallyman.json"]
                current = dashboards.variables(board)["datasource"]["current"]
                self.assertEqual(current["value"], source["uid"])
                found = yaml.safe_load((directory / "dashboards/tallyman.yml").read_text())
                (provider,) = found["providers"]
                self.assertEqual(provider["type"], "file")
                compose = (out / "docker-compose.yml").read_text()
                self.assertIn(
                    f"./grafana/dashboards:{provider['options']['path']}:ro", compose
                )


    def test_second_source(self):
        """Of two that know the same the other can be chosen."""
        for options, urls in (
            ([], ["http://prometheus:9090", "http://prometheus-2:9090"]),
            (["--stack", "victoria"], ["http://victoria:8428", "http://victoria-2:8428"]),
            (["--storage", "mimir"], ["http://mimir:9009/prometheus"]),
        ):
            out, _ = self.write("--high-availability", *options)
            path = out / "grafana/provisioning/datasources/tallyman.yml"
            sources = yaml.safe_load(path.read_text())["datasources"]
            self.assertEqual([source["url"] for source in sources], urls)
            self.assertEqual(len({source["uid"] for source in sources}), len(urls))
            defaults = [source["isDefault"] for source in sources]
            self.assertEqual(defaults, [True, False][: len(urls)])


class Promql(DashboardCase):
    """promtool parses every query."""

    def check(self, queries):
        path = self.dir / "rules.yml"
        rules = [{"record": f"q:{i}", "expr": q} for i, q in enumerate(queries)]
        path.write_text(json.dumps({"groups": [{"name": "q", "rules": rules}]}))
        done = subprocess.run(
            ["promtool", "check", "rules", path],
            capture_output=True,
            text=True,
            timeout=PATIENCE,
        )
        return done.returncode, done.stdout + done.stderr

    def test_queries(self):
        for boards in self.configurations():
            queries = [q for b in boards.values() for _, _, q in dashboards.queries(b)]
            for board in boards.values():
                queries += [a["expr"] for a in board["annotations"]["list"]]
                for variable in dashboards.variables(board).values():
                    if variable["type"] == "query":
                        text = dashboards.expand(variable["definition"], board)
                        queries.append(re.match(r"label_values\((.*), \w+\)$", text)[1])
            self.assertGreater(len(queries), 20)
            self.assertEqual(self.check(queries)[0], 0, self.check(queries)[1])

    def test_would_refuse(self):
        for text in ("sum by (", "rate(x)", 'x{a=~"("}', "$x"):
            self.assertNotEqual(self.check(["up", text])[0], 0, text)


class Pushes(threading.Thread):
    """Sends some of everything each second, so that rates are above 0."""

    def __init__(self, url, families):
        super().__init__(daemon=True)
        self.url, self.families = url, families
        self.error = None
        self._stopping = threading.Event()

    def run(self):
        sessions = [grafana.new_session() for _ in range(3)]
        at = grafana.now() - 3600
        try:
            while not self._stopping.is_set():
                for body in dashboards.pushes(self.families):
                    self.post("/record", body, "application/json", b"OK\n")
                self._send_sessions(sessions, at)
                http("POST", self.url + "/record", "[")  # refused and counted
                sessions = [grafana.new_session(), *sessions[:2]]
                at += 60
                self._stopping.wait(1)
        except Exception as error:  # shown by stop()
            self.error = error

    def _send_sessions(self, sessions, at):
        for session, kind in zip(sessions, ("start", "heartbeat", "end")):
            values = {"region": ["eu", "us"]}
            message = grafana.message(kind, session, at, variables=values)
            self.post("/write", message, "text/plain;charset=UTF-8", b"")

    def post(self, path, body, kind, answer):
        headers = {"Content-Type": kind}
        reply = http("POST", self.url + path, json.dumps(body), headers)
        if reply.body != answer:
            raise RuntimeError(f"the push failed: {reply}")

    def stop(self):
        self._stopping.set()
        self.join(PATIENCE)
        if self.error is not None:
            raise self.error


class WrittenPrometheus(Prometheus):
    """With the configuration and the rules that were written."""

    def __init__(self, site, config):
        self.port = harness.free_port()
        self.url = f"http://127.0.0.1:{self.port}"
        self.log = site.dir / "log/prometheus.log"
        storage = site.dir / "prometheus"
        storage.mkdir()
        site.give_away()
        self.process = harness.Process(
            [
                "prometheus",
                f"--config.file={config}",
                f"--storage.tsdb.path={storage}",
                f"--web.listen-address=127.0.0.1:{self.port}",
            ],
            self.log,
            as_user=harness.USER,
        )


class Victoria:
    """VictoriaMetrics and vmalert with what was written for them."""

    def __init__(self, site, out):
        port = harness.free_port()
        self.url = f"http://127.0.0.1:{port}"
        (site.dir / "victoria").mkdir()
        site.give_away()
        self.log = site.dir / "log/victoria.log"
        self.processes = []
        self.start(
            "victoria-metrics",
            f"-storageDataPath={site.dir}/victoria",
            f"-promscrape.config={out}/prometheus.yml",
            f"-httpListenAddr=127.0.0.1:{port}",
            # It shows nothing newer than 30 s; the test cannot wait.
            "-search.latencyOffset=1s",
        )
        harness.wait_until(self.answers, "VictoriaMetrics")
        self.start(
            "vmalert",
            f"-rule={out}/rules/*.yml",
            "-evaluationInterval=1s",
            *(f"-{what}.url={self.url}" for what in ("datasource", "remoteRead")),
            f"-remoteWrite.url={self.url}",
            "-notifier.url=http://127.0.0.1:9",
            f"-httpListenAddr=127.0.0.1:{harness.free_port()}",
        )

    def start(self, *arguments):
        self.processes.append(
            harness.Process(arguments, self.log, as_user=harness.USER)
        )

    def answers(self):
        try:
            return http("GET", self.url + "/health").status == 200
        except OSError:
            return False

    def query(self, query):
        """The values of the result."""
        headers = {"Content-Type": "application/x-www-form-urlencoded"}
        body = urllib.parse.urlencode({"query": query})
        reply = http("POST", self.url + "/api/v1/query", body, headers)
        if reply.status != 200:
            raise RuntimeError(f"{query}: {reply}")
        return [
            float(series["value"][1])
            for series in json.loads(reply.text)["data"]["result"]
        ]

    def stop(self):
        for process in self.processes:
            process.kill()


class Answered(unittest.TestCase):
    """That Prometheus scrapes a loaded Tallyman and has an answer to each
    query."""

    # But to these, and why.
    WITHOUT = {
        "An hour, against the week before/a week before": "needs a week",
    }

    @classmethod
    def setUpClass(cls):
        cls.site = harness.Site(sessions={"user_labels": True, "variables": ["region"]})
        cls.addClassCleanup(cls.site.remove)
        # Without what web.json lists, and with a few of the many.
        odd = [
            family
            for family in json.loads(ODD)["allowedMetrics"]
            # A summary is pushed by programs alone.
            if not re.match(
                r"web_lcp|op[3-9]|op[12][0-9]|page_weight", family["name"]
            )
        ]
        cls.site.write("tallyman/metrics.d/odd.json", allowlist(*odd))
        cls.site.give_away()
        families = dashboards.allowlists(cls.site.home / "metrics.d")
        cls.responders = harness.Responders(cls.site, 2)
        cls.addClassCleanup(cls.responders.stop)
        cls.server = webservers.Nginx(cls.site)
        cls.addClassCleanup(cls.server.stop)
        out = cls.write()
        cls.boards = dashboards.load(out)
        cls.prometheus = WrittenPrometheus(cls.site, out / "prometheus.yml")
        cls.addClassCleanup(cls.prometheus.stop)
        cls.pushes = Pushes(cls.server.url, families)
        cls.addClassCleanup(cls.pushes.stop)
        cls.pushes.start()
        growing = "sum(rate(tallyman_pushes_total[5s])) > 0"
        wait_long(lambda: cls.prometheus.query(growing), "pushes")

    @classmethod
    def write(cls, stack="prometheus"):
        out = cls.site.dir / "run" / stack
        subprocess.run(
            [
                TALLYMAN,
                "monitoring",
                *("-c", cls.site.config, "--out", out, "--stack", stack),
                *("--nodes", f"127.0.0.1:{cls.server.port}"),
                *("--token-file", cls.site.home / "scrape.token"),
                *("--scrape-interval", "1s", "--services", "web,billing"),
            ],
            check=True,
            capture_output=True,
            timeout=PATIENCE,
        )
        # Objectives are looked at once a minute; the test cannot wait.
        rules = out / "rules/recording.yml"
        text = rules.read_text()
        if "    interval: 1m\n" not in text:
            raise RuntimeError(f"{rules}: there is no interval to replace")
        rules.write_text(text.replace("    interval: 1m\n", "    interval: 1s\n"))
        return out

    def diagnostics(self):
        return "\n".join(
            [
                f"the pushes: {self.pushes.error}",
                self.server.diagnostics(),
                self.responders.diagnostics(),
                harness.tail(self.prometheus.log),
            ]
        )

    def answers(self, query):
        """It has a result, and that is a number."""
        data = self.prometheus.api("query", query=query)
        values = [float(series["value"][1]) for series in data["result"]]
        return any(not math.isnan(value) for value in values)

    def test_every_query(self):
        """Of every dashboard, for shipped and for odd families."""
        self.assertEqual(sorted(self.boards), ALL)
        left = [
            (name, f"{title}/{legend}", query)
            for name, board in self.boards.items()
            for title, legend, query in dashboards.queries(board)
        ]
        self.assertGreater(len(left), 300)
        end = time.monotonic() + PATIENCE  # rules look at what rules have made
        while time.monotonic() < end:
            left = [one for one in left if not self.answers(one[2])]
            if {what for _, what, _ in left} <= set(self.WITHOUT):
                break
            time.sleep(0.5)
        wrong = [one for one in left if one[1] not in self.WITHOUT]
        self.assertEqual(wrong[:5], [], f"and {len(wrong[5:])} more")
        self.assertEqual({what for _, what, _ in left}, set(self.WITHOUT))

    def test_dashboard_that_was_opened_once(self):
        """Its series begins with 1, which an increase alone would not see."""
        start = grafana.message(
            "start", grafana.new_session(), grafana.now(), dashboard=("Rare", "rare-uid")
        )
        self.pushes.post("/write", start, "text/plain;charset=UTF-8", b"")
        board = self.boards["grafana-usage.json"]
        (panel,) = [p for p in board["panels"] if p["title"] == "Dashboards"]
        (opened,) = [t for t in panel["targets"] if t["legendFormat"] == "Opened"]
        query = dashboards.expand(opened["expr"], board)
        only = 'label_replace(vector(1), "dashboard_name", "Rare", "", "")'
        rare = f"({query}) and on (dashboard_name) {only}"
        wait_long(lambda: self.prometheus.query(rare) == 1, "the dashboard")

    def test_every_query_of_victoria(self):
        """There counters have other names. Of the recorded series one is enough:
        vmalert needs several rounds for those that are made of others."""
        out = self.write("victoria")
        victoria = Victoria(self.site, out)
        self.addCleanup(victoria.stop)
        boards = dashboards.load(out)
        left = ["family:error_ratio:rate1h", "total:usage_total:sum"]
        for board in boards.values():
            for title, legend, query in dashboards.queries(board):
                recorded = "family:" in query or "total:" in query
                if f"{title}/{legend}" not in self.WITHOUT and not recorded:
                    left.append(query)
        self.assertGreater(len(left), 200)
        end = time.monotonic() + PATIENCE
        while left and time.monotonic() < end:
            left = [
                one for one in left if all(math.isnan(v) for v in victoria.query(one))
            ]
            time.sleep(0.5)
        self.assertEqual(left, [], harness.tail(victoria.log))

    # Families of Tallyman's own that its dashboard does not show, and why.
    ELSEWHERE = {
        "grafana_analytics_build_info": "always 1, for the panel's own dashboards",
        "grafana_analytics_sessions_active": "on grafana-usage",
        "grafana_analytics_up": "always 1, for the panel's own dashboards",
        "metrics_aggregator_record_total": "tallyman_pushes_total by another name",
    }

    def test_own_families_are_shown(self):
        """All that a node says of itself is on the dashboard of Tallyman."""
        headers = {"Authorization": f"Bearer {self.site.token}"}
        text = http("GET", self.server.url + "/metrics", headers=headers).text
        scraped = set(re.findall(r"^# TYPE (\w+) ", text, re.M))
        pushed = {f["name"] for f in dashboards.allowlists(self.site.home / "metrics.d")}
        pushed -= {"tallyman_client_sample_ratio"}
        queries = "".join(q for _, _, q in dashboards.queries(self.boards["tallyman.json"]))
        own = {
            name
            for name in scraped - pushed
            if not re.match("grafana_analytics_(sessions?|variables)_", name)
            or name in self.ELSEWHERE
        }
        self.assertGreater(len(own), 12)
        missing = {name for name in own if not re.search(rf"\b{name}", queries)}
        self.assertEqual(missing, set(self.ELSEWHERE))

    def test_variables(self):
        """Each has a value to choose."""
        for name, board in self.boards.items():
            for variable in dashboards.variables(board).values():
                if variable["type"] != "query":
                    continue
                text = dashboards.expand(variable["definition"], board)
                found = re.match(r"label_values\((.*), (\w+)\)$", text)
                with self.subTest(name, variable=variable["name"]):
                    values = self.prometheus.api(
                        f"label/{found[2]}/values", **{"match[]": found[1]}
                    )
                    self.assertTrue(values)

    def test_shares_add_up(self):
        """Good, fair and poor are all page views."""
        wanted = "Largest Contentful Paint: good, fair, poor"
        board = self.boards["web-vitals.json"]
        (panel,) = [p for p in board["panels"] if p["title"] == wanted]
        every = [dashboards.expand(t["expr"], board) for t in panel["targets"]]
        whole = "sum(rate(web_lcp_seconds_count[10s]))"
        ratios = [self.prometheus.query(f"({one}) / {whole}") for one in every]
        # The bounds up to 2.5, those up to 4, and one beyond the last.
        family = self.lcp()
        bounds = [*family["buckets"], family["buckets"][-1] + 1]
        good = sum(bound <= 2.5 for bound in bounds) / len(bounds)
        fair = sum(2.5 < bound <= 4 for bound in bounds) / len(bounds)
        for ratio, want in zip(ratios, (good, fair, 1 - good - fair)):
            self.assertAlmostEqual(ratio, want, 6)

    def lcp(self):
        families = dashboards.allowlists(ROOT / "fcgi/metrics.d")
        return next(f for f in families if f["name"] == "web_lcp_seconds")


if __name__ == "__main__":
    tap.main()
