"""The query API behind nginx: promtool and the requests of Grafana's data source
work, and a real Prometheus with the same data returns the same results."""

import json
import sqlite3
import subprocess
import time
import urllib.parse

import checks
import harness
import tap
import webservers
from harness import wait_until
from responder_case import allowlist, label, listed
from test_prometheus import Prometheus

METRICS = allowlist(
    listed("views_total", labels=[label("page", "home", "shop"), label("from", "a", "b")]),
    listed("errors_total", labels=[label("page", "home", "shop"), label("from", "a", "b")]),
    listed("load_seconds", "histogram", buckets=[0.1, 0.5, 1], labels=[label("page", "home", "shop")]),
    listed("queue_depth", "gauge"),
)
STEP, HOUR, DAY = 300, 3600, 86400
FORM = {"Content-Type": "application/x-www-form-urlencoded"}


def growth(seed, step):
    """Returns the growth of a series in a step, often zero."""
    return max(0, (seed * 7 + step * 13) % 11 - 6)


def compact(value):
    return json.dumps(value, separators=(",", ":"))


class History:
    """Eight hours of growth that end an hour ago, as rows of the history and as
    samples for Prometheus."""

    def __init__(self):
        self.end = int(time.time()) // HOUR * HOUR - HOUR
        self.start = self.end - 8 * HOUR
        self.steps = range(self.start, self.end, STEP)
        self.samples = {}  # (metric, labels) -> lines

    def write(self, database):
        db = sqlite3.connect(database, isolation_level=None)
        db.execute("PRAGMA busy_timeout = 10000")
        db.execute("BEGIN IMMEDIATE")
        db.execute("UPDATE meta SET value = ? WHERE key = 'history_since'", (self.start,))
        db.execute("UPDATE series SET created_at = ?", (self.start - 1,))
        for series, kind, name, labels in db.execute(
            "SELECT series.id, type, name, labels FROM series JOIN family ON "
            "family.id = family_id WHERE name IN ('views_total', 'errors_total', 'load_seconds') "
            "ORDER BY name, labels"
        ).fetchall():
            self.write_series(db, series, kind, name, json.loads(labels))
        db.execute("COMMIT")
        db.close()

    def write_series(self, db, series, kind, name, labels):
        width = 5 if kind == "histogram" else 1  # the sum and four buckets
        total = [0] * width
        days, hours = {}, {}
        self.sample(name, kind, labels, total, self.start)
        for place, at in enumerate(self.steps):
            grown = [growth(series + part, place) for part in range(width)]
            if any(grown[-4:]):
                value = compact(grown) if width > 1 else grown[0]
                db.execute("INSERT INTO history_step VALUES (?, ?, ?)", (series, at, value))
                day = days.setdefault(at // DAY * DAY, [0] * width)
                hour = hours.setdefault(at // HOUR * HOUR, [0] * width)
                for part, more in enumerate(grown):
                    total[part] += more
                    day[part] += more
                    hour[part] += more
            self.sample(name, kind, labels, total, at + STEP)
        for at, day in days.items():
            line = [hours.get(at + hour * HOUR, [0] * width) for hour in range(24)]
            value = compact(day) if width > 1 else day[0]
            text = compact(line if width > 1 else [hour[0] for hour in line])
            db.execute("INSERT INTO history_day VALUES (?, ?, ?)", (series, at, value))
            db.execute("INSERT INTO history_hour VALUES (?, ?, ?)", (series, at, text))
        row = (total[0], 0, 0, None)
        if width > 1:
            row = (0, total[0], sum(total[1:]), compact(total[1:]))
        db.execute(
            "UPDATE total SET value = ?, sum = ?, count = ?, buckets = ?, updated_at = ? "
            "WHERE series_id = ?",
            (*row, self.end - 1, series),
        )
        db.execute("INSERT OR REPLACE INTO history_mark VALUES (?, ?, ?, ?, ?)", (series, *row))

    def sample(self, name, kind, labels, total, at):
        def add(metric, value, **more):
            pairs = ",".join(f'{k}="{v}"' for k, v in {**labels, **more}.items())
            lines = self.samples.setdefault((name, kind), {})
            lines.setdefault((metric, pairs), []).append(f"{metric}{{{pairs}}} {value} {at}")

        if kind != "histogram":
            add(name, total[0])
            return
        count = 0
        for bound, more in zip(("0.1", "0.5", "1.0", "+Inf"), total[1:]):
            count += more
            add(name + "_bucket", count, le=bound)
        add(name + "_sum", total[0])
        add(name + "_count", count)

    def openmetrics(self):
        lines = []
        for (name, kind), series in self.samples.items():
            base = name.removesuffix("_total")
            lines.append(f"# TYPE {base} {kind}")
            for part in series.values():
                lines.extend(part)
        return "\n".join(lines) + "\n# EOF\n"


# Name, expression, limit, seconds of `for`, and the resulting alerts: state and
# value.
RULES = (
    ("Firing", 'label_replace(vector(1250), "page", "/a\\"b", "", "")', "> 1", 0, ("firing", 1250)),
    ("Pending", "vector(-0.5)", "< 1", 3600, ("pending", -0.5)),
    ("Inactive", "vector(0)", "> 1", 60, None),
)


def write_rules(database):
    """Writes the rules like `tallyman alert`, evaluated at this time."""
    now = time.time()
    db = sqlite3.connect(database, timeout=10)
    with db:
        for place, (name, expression, limit, seconds, alert) in enumerate(RULES):
            db.execute(
                "INSERT INTO alert_rule VALUES (?, ?, ?, ?, 'a number', '', '[\"views_total\"]', 3600, ?, 'warning', "
                "'As it is.', ?, 0.001, NULL, 0)",
                (name, place, expression, limit, seconds, now),
            )
            if alert:
                labels = '{"page":"/a\\"b"}' if name == "Firing" else "{}"
                db.execute("INSERT INTO alert VALUES (?, ?, ?, ?, ?)",
                           (name, labels, alert[0] == "firing", now, alert[1]))
    db.close()


class Stored(Prometheus):
    """A Prometheus with the samples of a history and with rules."""

    def __init__(self, site, history):
        rules = [{"alert": name, "expr": f"{expression} {limit}", "for": f"{seconds}s",
                  "labels": {"severity": "warning"},
                  "annotations": {"condition": limit, "measured": "a number", "summary": "As it is."}}
                 for name, expression, limit, seconds, _ in RULES]
        groups = [{"name": "alerts", "interval": "1s", "rules": rules}]
        self.more = {"rule_files": [str(site.write("run/alerts.json", json.dumps({"groups": groups})))]}
        super().__init__(site, [], samples=history.openmetrics())


class Query(checks.ServerCase):
    server_class = webservers.Nginx
    responders_wanted = 1
    config = {"view": "public", "view_families": ["*"]}
    files = {"metrics.d/own.json": METRICS}

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        harness.wait_until(cls.has_series, "the series of the allowlist")
        cls.history = History()
        cls.history.write(cls.site.database)

    @classmethod
    def has_series(cls):
        reply = harness.http("GET", cls.server.url + "/api/v1/series?match[]=views_total")
        return reply.status == 200 and len(json.loads(reply.text)["data"]) == 4

    def ask(self, path, method="GET", status=200, **parameters):
        """Returns the data of a reply, or the error."""
        text = urllib.parse.urlencode(parameters, doseq=True)
        if method == "POST":
            reply = self.request("POST", "/api/v1/" + path, text, FORM)
        else:
            reply = self.request(method, f"/api/v1/{path}?{text}")
        self.assertEqual(reply.status, status, reply)
        self.assertEqual(reply.headers["Content-Type"], "application/json")
        if method == "HEAD":
            return None
        answer = json.loads(reply.text)
        self.assertEqual(answer["status"], "success" if status == 200 else "error")
        return answer["data"] if status == 200 else (answer["errorType"], answer["error"])

    def promtool(self, *arguments):
        done = subprocess.run(
            ["promtool", "query", *arguments], capture_output=True, text=True, timeout=60
        )
        self.assertEqual(done.returncode, 0, done.stderr)
        return done.stdout.splitlines()

    def test_promtool(self):
        url, end = self.server.url, str(self.history.end)
        query = "sum by (page) (increase(views_total[8h]))"
        instant = self.promtool("instant", "--time=" + end, url, query)
        self.assertEqual(len(instant), 2)
        self.assertRegex(instant[0], r'^\{page="home"\} => [1-9][0-9]* @\[' + end)
        ranged = self.promtool(
            "range", f"--start={self.history.start}", "--end=" + end, "--step=1h", url, query
        )
        self.assertEqual(len(ranged), 2 * 9)  # none at the beginning of the history
        self.assertEqual(
            self.promtool("labels", url, "page"), ["home", "shop"]
        )
        series = self.promtool("series", '--match=views_total{page="home"}', url)
        self.assertEqual(
            series,
            [
                f'{{__name__="views_total", from="{source}", page="home"}}'
                for source in ("a", "b")
            ],
        )

    def test_requests_of_grafana(self):
        end = self.history.end
        span = {"start": self.history.start, "end": end}
        check = self.ask("query", "POST", query="1+1", time=end)
        self.assertEqual(check, {"resultType": "scalar", "result": [end, "2"]})
        self.assertEqual(self.ask("status/buildinfo")["version"], "2.42.0")
        names = self.ask("label/__name__/values", limit=40000, **span)
        self.assertIn("load_seconds_bucket", names)
        self.assertEqual(
            self.ask("labels", "POST", **{"match[]": 'views_total{page="home"}'}, **span),
            ["__name__", "from", "page"],
        )
        self.assertEqual(
            self.ask("label/from/values", **{"match[]": "views_total"}, **span), ["a", "b"]
        )
        self.assertEqual(
            self.ask("label/__name__/values", **{"match[]": '{__name__=~"view.+"}'}),
            ["views_total"],
        )
        self.assertEqual(
            len(self.ask("series", "POST", **{"match[]": ["views_total", "errors_total"]}, **span)), 8
        )
        self.assertEqual(
            self.ask("metadata", limit=5000)["load_seconds"],
            [{"type": "histogram", "help": "Made for a test.", "unit": ""}],
        )
        self.ask("query", "HEAD", query="1+1")
        for function in ("rate", "increase"):
            # $__rate_interval with the scrape interval that the manual page
            # recommends
            matrix = self.ask(
                "query_range", "POST", query=f"sum({function}(views_total[20m0s]))", step="300", **span
            )
            self.assertEqual(matrix["resultType"], "matrix")
            self.assertEqual(len(matrix["result"][0]["values"]), 8 * 12)

    def test_unsupported_queries_are_refused(self):
        end = self.history.end
        for query, what in (
            ("topk(3, views_total)", "topk is not supported"),
            ("rate(views_total[5m:1m])", "subqueries are not supported"),
            ('views_total{page=~"[a-z]+"}', "`[` is not supported"),
            ("views_total offset -1h", "the future is not known"),
            ("views_total > 1", "> is not supported"),
            ("sum(", "the query ends"),
        ):
            with self.subTest(query):
                kind, error = self.ask("query", status=400, query=query, time=end)
                self.assertEqual(kind, "bad_data")
                self.assertIn(what, error)
                self.assertRegex(error, r"1:\d+: parse error: ")
        for path, parameters, what in (
            ("query_range", {"query": "1", "start": 0, "end": 11000, "step": 1}, "11000 points"),
            ("query_range", {"query": "1", "start": 2, "end": 1, "step": 1}, "before `start`"),
            ("query_range", {"query": "1", "start": 2, "end": 1, "step": 0}, "above 0"),
            ("query", {"query": "1", "time": "yesterday"}, "Unix seconds"),
            ("query", {}, "query"),
            ("series", {}, "match[]"),
            ("label/a-b/values", {}, "label"),
        ):
            with self.subTest(path):
                kind, error = self.ask(path, status=400, **parameters)
                self.assertEqual(kind, "bad_data")
                self.assertIn(what, error)
        kind, error = self.ask("query", status=422, query="rate(queue_depth[5m])")
        self.assertEqual(kind, "execution")
        self.assertIn("of type gauge", error)
        self.assertEqual(self.ask("label/page", status=404)[0], "not_found")
        self.assertEqual(self.ask("query", "PUT", status=405)[0], "bad_data")
        reply = self.request("POST", "/api/v1/query", "{}", {"Content-Type": "application/json"})
        self.assertEqual((reply.status, json.loads(reply.text)["errorType"]), (415, "bad_data"))

    def same(self, prometheus, path, **parameters):
        """Prometheus returns the same, up to the last digit."""
        ours = self.ask(path, **parameters)
        theirs = wait_until(lambda: prometheus.api(path, **parameters), "Prometheus")
        self.assertEqual(ours["resultType"], theirs["resultType"])

        def rows(data):
            return {
                json.dumps(row["metric"], sort_keys=True): row.get("values") or [row["value"]]
                for row in data["result"]
            }

        ours, theirs = rows(ours), rows(theirs)
        self.assertTrue(theirs)
        self.assertEqual(set(ours), set(theirs))
        for metric, values in theirs.items():
            self.assertEqual([at for at, _ in ours[metric]], [at for at, _ in values])
            for (_, one), (_, other) in zip(ours[metric], values):
                if one != other:
                    self.assertAlmostEqual(float(one), float(other), 12)

    def test_prometheus_returns_the_same(self):
        """A range has samples at both ends, so Prometheus extrapolates nothing."""
        prometheus = Stored(self.site, self.history)
        self.addCleanup(prometheus.stop)
        end = self.history.end
        ranged = {"start": self.history.start + 2 * HOUR, "end": end, "step": 600}
        for query in (
            "views_total",
            "sum by (page) (views_total)",
            "sum without (page) (views_total)",
            "rate(views_total[1h])",
            "sum by (page) (rate(views_total[25m]))",
            "increase(views_total[2h])",
            "avg(increase(views_total[1h] offset 30m)) * 60",
            "max by (from) (views_total) - min by (from) (views_total)",
            "count(views_total{page!~'ho.*'})",
            "sum by (page) (rate(errors_total[1h])) / sum by (page) (rate(views_total[1h]))",
            "histogram_quantile(0.75, sum by (le) (rate(load_seconds_bucket[1h])))",
            "histogram_quantile(0.5, sum by (le, page) (increase(load_seconds_bucket[2h])))",
            "histogram_quantile(0.99, load_seconds_bucket)",
            "rate(load_seconds_sum[1h]) / rate(load_seconds_count[1h])",
            "-sum(views_total) / 3 + 1",
            "1 / 3 - 2 * (1e-7 + 5)",
        ):
            with self.subTest(query):
                self.same(prometheus, "query_range", query=query, **ranged)
                if not query.startswith("1"):
                    self.same(prometheus, "query", query=query, time=end)
        with self.subTest("rules"):
            self.same_rules(prometheus)

    def same_rules(self, prometheus):
        """Prometheus's reply has the same keys and, apart from times, the same values."""
        write_rules(self.site.database)

        def evaluated():
            data = prometheus.api("rules", type="alert")
            known = data and data["groups"] and all(
                rule["health"] == "ok" for rule in data["groups"][0]["rules"])
            return data if known else None

        theirs = wait_until(evaluated, "the rules")
        ours = self.ask("rules", type="alert")
        moment = r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?(Z|[+-]\d\d:\d\d)"

        def settle(data):
            """Replaces values that differ between runs by their format."""
            if isinstance(data, list):
                return [settle(one) for one in data]
            if not isinstance(data, dict):
                return data
            for key in data.keys() & {"activeAt", "lastEvaluation"}:
                self.assertRegex(data.pop(key), f"^{moment}$")
                data[key] = "a time"
            for key in data.keys() & {"evaluationTime", "interval"}:
                data[key] = isinstance(data[key], (int, float))
            if "file" in data:
                data["file"] = data["file"].rpartition("/")[2]
            return {key: settle(value) for key, value in data.items()}

        self.assertEqual(settle(ours), settle(theirs))
        self.assertEqual(settle(self.ask("alerts")),
                         settle(wait_until(lambda: prometheus.api("alerts"), "the alerts")))


if __name__ == "__main__":
    tap.main()
