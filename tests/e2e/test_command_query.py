"""tallyman query: every file of sql/analysis on a filled database, through the
command and through sqlite3."""

import csv
import io
import json
import os
import re
import sqlite3
import subprocess
import time

import grafana
import tap
from command_case import PLAIN, TALLYMAN, CommandCase
from harness import PATIENCE, ROOT, counter, histogram, open_pty

ANALYSIS = ROOT / "sql/analysis"
NAMES = sorted(path.stem for path in ANALYSIS.glob("*.sql"))
AT = 1_750_000_000  # 2025-06-15 15:06:40
FAR = 4_102_444_800  # 2100-01-01, never idle
PAGE = {"navigation": "navigate", "device": "mobile"}
DESK = {"navigation": "reload", "device": "desktop"}
HISTORY = [
    ("web_page_views_total", "device", "/", "2025-06-14", 5),
    ("web_page_views_total", "device", "/", "2025-06-08", 20),
    ("web_page_views_total", "device", "/shop", "2025-06-08", 1.5),
    ("web_page_views_total", "device", "/", "2025-05-17", 100),
    ("web_page_views_total", "device", "/shop", "2025-05-16", 7),
    ("web_page_views_total", "device", "/shop", "2025-04-17", 8),
    ("web_page_views_total", "device", "/", "2025-04-16", 1000),
    ("web_errors_total", "kind", "/", "2025-06-14", 1),
    ("web_errors_total", "kind", "/", "2025-06-01", 3),
    ("web_lcp_seconds", "device", "/", "2025-06-08", "[2,0,4]"),
    ("web_lcp_seconds", "device", "/", "2025-06-09", "[9,0,0,0,0,1]"),
    ("web_lcp_seconds", "device", "/shop", "2025-04-07", "[1.5,1]"),
    ("web_lcp_seconds", "device", "/shop", "2025-04-06", "[99,0,0,0,1]"),
]
# The results of the pushes of fill(), in NAME.txt.
WANTED = ROOT / "tests/data/analysis"


def session(name, uid, start, seconds):
    identity = grafana.new_session()
    at = {"dashboard": (name, uid), "interval": 60}
    for kind, time in (("start", start), ("heartbeat", start + seconds)):
        yield grafana.message(kind, identity, time, **at)


class Answers(CommandCase):
    settings = {"open_families": True}

    def fill(self):
        now = int(time.time())
        self.record(
            counter("usage_total", 30, browser="chrome", feature="showContent"),
            counter("usage_total", 10, browser="chrome", feature="blockStudent"),
            counter("usage_total", 7, browser="edge", feature="showContent"),
            counter("web_page_views_total", 40, page="/", **PAGE),
            counter("web_page_views_total", 10, page="/", **DESK),
            counter("web_page_views_total", 4, page="/shop", **PAGE),
            counter("web_page_views_total", 3, page="other", **PAGE),
            counter("web_errors_total", 2, page="/", kind="TypeError"),
            counter("web_errors_total", 1, page="/shop", kind="resource"),
            counter("web_unhandled_rejections_total", 1, page="/shop", kind="other"),
            counter("web_requests_total", 97, route="/api/a", method="GET", status="2xx"),
            counter("web_requests_total", 2, route="/api/a", method="GET", status="5xx"),
            counter("web_requests_total", 1, route="/api/a", method="GET", status="error"),
            counter("web_requests_total", 5, route="/api/b, or \"c\"", method="POST", status="4xx"),
            histogram("web_lcp_seconds", 0.3, 1, 2.5, page="/", **PAGE),
            histogram("web_lcp_seconds", 0.6, page="/", **DESK),
            histogram("web_lcp_seconds", 3, 30, page="/shop", **PAGE),
            histogram("web_cls_ratio", 0, 0.05, 0.2, 1, page="/", **PAGE),
            histogram("web_request_seconds", 0.02, 0.3, route="/api/a", method="GET", status="2xx"),
            histogram("web_request_seconds", 4, route="/api/a", method="GET", status="5xx"),
            histogram("web_request_seconds", 0.002, route="/api/a", method="POST", status="2xx"),
        )
        self.push(
            "# TYPE calls_seconds summary\ncalls_seconds_sum 4\ncalls_seconds_count 9\n"
            "# TYPE depth gauge\ndepth 5\n"
        )
        for message in (
            *session("Sales", "sales-uid", now, 60),
            *session("Sales", "sales-uid", now + 100, 30),
            *session("Old", "old-uid", now - 3600, 6),
        ):
            status, answer = self.request("POST", "/write", json.dumps(message))
            self.assertEqual(status, 201, answer)
        # Fixed times, for the same results on every day.
        self.write("UPDATE session_time SET time = time + ?", (AT - now) * 1000)
        self.write("UPDATE total SET updated_at = ?", AT)
        self.write(
            "UPDATE total SET updated_at = ? WHERE series_id IN (SELECT id FROM series"
            " WHERE labels ->> 'dashboard_name' = 'Old'"
            " OR labels ->> 'feature' = 'blockStudent')",
            AT - 86400,
        )
        self.write(
            "UPDATE total SET updated_at = ? WHERE series_id IN (SELECT series.id"
            " FROM series JOIN family ON family.id = family_id WHERE name = 'depth')",
            FAR,
        )
        self.write_history()

    def write_history(self):
        """Adds days to the history, but not to the totals."""
        for family, label, page, day, value in HISTORY:
            self.write(
                "INSERT INTO history_day SELECT series.id, unixepoch(?), ?"
                " FROM series JOIN family ON family.id = family_id WHERE name = ?"
                " AND labels ->> 'page' = ? AND labels ->> ? IS NOT NULL"
                " ORDER BY labels LIMIT 1",
                day, value, family, page, label,
            )

    def setUp(self):
        super().setUp()
        self.fill()

    def test_answers(self):
        self.assertEqual(NAMES, sorted(path.stem for path in WANTED.glob("*.txt")))
        for name in NAMES:
            with self.subTest(name):
                want = (WANTED / f"{name}.txt").read_text()
                self.assertEqual(self.output("query", name), want)

    def test_sqlite3_answers_the_same(self):
        for name in NAMES:
            with self.subTest(name), open(ANALYSIS / f"{name}.sql") as text:
                done = subprocess.run(
                    ["sqlite3", "-readonly", "-header", "-csv", self.database],
                    stdin=text,
                    capture_output=True,
                    text=True,
                    timeout=PATIENCE,
                )
                self.assertEqual((done.returncode, done.stderr), (0, ""))
                theirs = self.table(done.stdout)
                ours = self.table(self.output("query", name, "--csv"))
                self.assertEqual(ours, theirs)
                self.assertGreater(len(ours), 1)

    def table(self, text):
        """Parses rows of numbers and texts."""

        def cell(value):
            try:
                return float(value)
            except ValueError:
                return value

        return [[cell(value) for value in row] for row in csv.reader(io.StringIO(text))]

    def test_rounding_is_the_same_in_every_version(self):
        """round(0.0095, 3) is 0.01 in SQLite 3.40 and 0.009 in 3.46; with one
        argument the function has not changed."""

        def refuse(*_):
            raise RuntimeError("round() with two arguments")

        connection = sqlite3.connect(self.database)
        self.addCleanup(connection.close)
        connection.create_function("round", 2, refuse)
        for name in NAMES:
            with self.subTest(name):
                connection.execute((ANALYSIS / f"{name}.sql").read_text()).fetchall()

    def test_json_is_the_same(self):
        for name in NAMES:
            with self.subTest(name):
                rows = json.loads(self.output("query", name, "--json"))
                heads, *table = self.table(self.output("query", name, "--csv"))
                self.assertEqual(
                    [["" if row[head] is None else row[head] for head in heads]
                     for row in rows],
                    table,
                )

    def test_json_as_text(self):
        self.assertEqual(
            self.output("query", "failed_requests", "--json"),
            '[{"route":"/api/a","method":"GET","requests":100,"failed":3,"percent":3},\n'
            '{"route":"/api/b, or \\"c\\"","method":"POST","requests":5,"failed":0,'
            '"percent":0}]\n',
        )

    def test_csv_as_text(self):
        self.assertEqual(
            self.output("query", "failed_requests", "--csv"),
            "route,method,requests,failed,percent\n"
            "/api/a,GET,100,3,3\n"
            '"/api/b, or ""c""",POST,5,0,0\n',
        )

    def test_labels_do_not_reach_the_terminal(self):
        self.record(
            counter("usage_total", 99, browser="chrome", feature="showContent")
        )
        self.write(
            """UPDATE series SET labels = json_set(labels, '$.feature', ?)
               WHERE labels ->> 'feature' = 'showContent'""",
            "\x1b[2J\x9b",
        )
        self.assertIn("\\x1b[2J\\u009b  chrome", self.output("query", "top_features"))
        self.assertIn("\\u001b[2J\\u009b",
                      self.output("query", "top_features", "--json"))
        # A program gets them unchanged.
        self.assertIn("\x1b[2J\x9b,chrome",
                      self.output("query", "top_features", "--csv"))
        master, slave = open_pty()
        self.addCleanup(os.close, master)
        subprocess.run(
            [TALLYMAN, "query", "-c", self.config, "top_features", "--csv"],
            stdout=slave, env=PLAIN, timeout=PATIENCE, check=True,
        )
        os.close(slave)
        self.assertIn(b"\\x1b[2J\\u009b,chrome", os.read(master, 5000))


class Reads(CommandCase):
    """Of a file with many histograms only the requested ones are read."""

    def plan(self, sql):
        return [row[3] for row in self.rows("EXPLAIN QUERY PLAN " + sql)]

    def test_families(self):
        self.request("GET", "/-/ready")
        for name in ("slowest_pages", "slowest_requests", "web_vitals",
                     "error_share", "failed_requests", "top_features",
                     "top_pages", "page_views_by_day", "errors_by_day",
                     "slowest_pages_by_week"):
            lines = (ANALYSIS / f"{name}.sql").read_text()
            plan = self.plan(re.sub(r"(?m)^--.*$", "", lines))
            self.assertFalse([line for line in plan if line.startswith("SCAN series")],
                             (name, plan))
            self.assertTrue([line for line in plan if line.startswith("SEARCH series")],
                            (name, plan))


class Alone(CommandCase):
    """Without any pushes."""

    def test_list(self):
        lines = self.output("query").splitlines()
        self.assertEqual(lines[0].split(), ["query", "answers"])
        listed = dict(line.split(maxsplit=1) for line in lines[1:])
        self.assertEqual(
            listed,
            {
                name: (ANALYSIS / f"{name}.sql").read_text().split("\n")[0][3:]
                for name in NAMES
            },
        )
        self.assertEqual(self.output("query", "--names").split(), NAMES)

    def test_an_empty_database(self):
        self.request("GET", "/-/ready")
        for name in NAMES:
            with self.subTest(name):
                self.output("query", name)
                self.assertIn(self.output("query", name, "--json")[:1], "[")

    def test_unknown(self):
        self.assertEqual(
            self.output("query", "web_vital", status=2),
            "tallyman query: unknown query web_vital; did you mean web_vitals?\n"
            "See tallyman query --help.\n",
        )
        self.assertIn("; tallyman query lists them",
                      self.output("query", "nothing", status=2))

    def test_misuse(self):
        for arguments, want in (
            (["a", "b"], "unexpected argument b"),
            (["--json"], "--json needs the name of a query"),
            (["--csv"], "--csv needs the name of a query"),
        ):
            self.assertIn(want, self.output("query", *arguments, status=2))

    def test_no_database(self):
        self.assertIn("cannot be opened: No such file", self.output("query", "web_vitals", status=1))


if __name__ == "__main__":
    tap.main()
