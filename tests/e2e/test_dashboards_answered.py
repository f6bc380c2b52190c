"""The dashboards' queries: promtool parses them, and a real Prometheus and a real
VictoriaMetrics answer them with data."""

import json
import math
import re
import subprocess
import threading
import time
import unittest
import urllib.parse

import yaml

import dashboards
import grafana
import harness
import tap
import webservers
from command_case import TALLYMAN
from dashboards_case import ALL, ODD, DashboardCase
from harness import PATIENCE, ROOT, http, wait_until
from monitoring_case import without_new_keys
from responder_case import allowlist
from test_prometheus import Prometheus


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

    def test_bad_query_is_found(self):
        for text in ("sum by (", "rate(x)", 'x{a=~"("}', "$x"):
            self.assertNotEqual(self.check(["up", text])[0], 0, text)


class Pushes(threading.Thread):
    """Pushes every second, so that rates are above 0."""

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
    """Prometheus with the written configuration, rules and features."""

    def __init__(self, site, out):
        config = out / "prometheus.yml"
        config.write_text(without_new_keys(config.read_text()))
        compose = yaml.safe_load((out / "docker-compose.yml").read_text())
        command = compose["services"]["prometheus"]["command"]
        features = re.findall("--enable-feature=(.*)", "\n".join(command))
        self.start(site, config, *features)


class Victoria:
    """VictoriaMetrics and vmalert with the written configuration."""

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
            # By default it hides the last 30 s; the test cannot wait.
            "-search.latencyOffset=1s",
        )
        harness.wait_until(self.answers, "VictoriaMetrics")
        self.start(
            "vmalert",
            f"-rule={out}/rules/*.yml",
            "-evaluationInterval=1s",
            "-remoteWrite.flushInterval=1s",
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
        """Returns the values of the result."""
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
    """Prometheus scrapes a loaded Tallyman and answers each query."""

    # Queries without an answer, and the reason.
    WITHOUT = {
        "Increase per hour, compared with the week before/a week before": "needs a week",
    }

    @classmethod
    def setUpClass(cls):
        cls.site = harness.Site(sessions={"user_labels": True, "variables": ["region"]})
        cls.addClassCleanup(cls.site.remove)
        # Without the families that web.json also lists, and with some of the
        # others.
        odd = [
            family
            for family in json.loads(ODD)["allowedMetrics"]
            # Only programs push summaries.
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
        cls.prometheus = WrittenPrometheus(cls.site, out)
        cls.addClassCleanup(cls.prometheus.stop)
        cls.pushes = Pushes(cls.server.url, families)
        cls.addClassCleanup(cls.pushes.stop)
        cls.pushes.start()
        growing = "sum(rate(tallyman_pushes_total[5s])) > 0"
        wait_until(lambda: cls.prometheus.query(growing), "pushes")

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
        # Objectives are evaluated once a minute; the test cannot wait.
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
        """The result is one or more numbers."""
        data = self.prometheus.api("query", query=query)
        values = [float(series["value"][1]) for series in data["result"]]
        return any(not math.isnan(value) for value in values)

    def test_every_query(self):
        """All dashboards, for shipped and for unusual families."""
        self.assertEqual(sorted(self.boards), ALL)
        left = [
            (name, f"{title}/{legend}", query)
            for name, board in self.boards.items()
            for title, legend, query in dashboards.queries(board)
        ]
        self.assertGreater(len(left), 300)
        end = time.monotonic() + PATIENCE  # rules that depend on the results of other rules
        while time.monotonic() < end:
            left = [one for one in left if not self.answers(one[2])]
            if {what for _, what, _ in left} <= set(self.WITHOUT):
                break
            time.sleep(0.5)
        wrong = [one for one in left if one[1] not in self.WITHOUT]
        self.assertEqual(wrong[:5], [], f"and {len(wrong[5:])} more")
        self.assertEqual({what for _, what, _ in left}, set(self.WITHOUT))

    def test_dashboard_that_was_opened_once(self):
        """Its series begins with 1, which increase() alone misses. With the zero at
        the start, increase() extrapolates to a little more."""
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
        wait_until(lambda: 1 <= (self.prometheus.query(rare) or 0) < 1.5, "the dashboard")

    def test_every_query_of_victoria(self):
        """VictoriaMetrics names counters differently. One recorded series is
        enough: vmalert needs several rounds for rules that depend on others."""
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
        # Results of rules that depend on others take half a minute.
        end = time.monotonic() + 3 * PATIENCE
        while left and time.monotonic() < end:
            left = [
                one for one in left if all(math.isnan(v) for v in victoria.query(one))
            ]
            time.sleep(0.5)
        self.assertEqual(left, [], harness.tail(victoria.log))

    # Own families that are missing on Tallyman's dashboard, and the reason.
    ELSEWHERE = {
        "grafana_analytics_build_info": "always 1, for the panel's own dashboards",
        "grafana_analytics_sessions_active": "on grafana-usage",
        "grafana_analytics_up": "always 1, for the panel's own dashboards",
        "metrics_aggregator_record_total": "tallyman_pushes_total by another name",
    }

    def test_own_families_are_shown(self):
        """Tallyman's dashboard shows all families of the responders."""
        headers = {"Authorization": f"Bearer {self.site.token}"}
        text = http("GET", self.server.url + "/metrics", headers=headers).text
        scraped = set(re.findall(r"^# TYPE (\w+) ", text, re.M))
        pushed = {f["name"] for f in dashboards.allowlists(self.site.home / "metrics.d")}
        pushed -= {"tallyman_client_sample_ratio"}
        queries = " ".join(q for _, _, q in dashboards.queries(self.boards["tallyman.json"]))
        own = {
            name
            for name in scraped - pushed
            if not re.match("grafana_analytics_(sessions?|variables)_", name)
            or name in self.ELSEWHERE
        }
        self.assertGreater(len(own), 12)
        missing = {name for name in own if not re.search(rf"\b{name}", queries)}
        self.assertEqual(missing, set(self.ELSEWHERE))

    def test_variables_have_values(self):
        """Each variable offers at least one value."""
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
        """Good, fair and poor add up to all page views."""
        wanted = "Largest Contentful Paint: good, fair, poor"
        board = self.boards["web-vitals.json"]
        (panel,) = [p for p in board["panels"] if p["title"] == wanted]
        every = [dashboards.expand(t["expr"], board) for t in panel["targets"]]
        whole = "sum(rate(web_lcp_seconds_count[10s]))"
        ratios = [self.prometheus.query(f"({one}) / {whole}") for one in every]
        # Bounds up to 2.5, bounds up to 4, and one above.
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
