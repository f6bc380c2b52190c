"""`tallyman merge`: the totals of two nodes become their sum."""

import json
import math
import sqlite3
import time

import grafana
import tap
from command_case import CommandCase
from harness import counter, gauge, histogram
from responder_case import allowlist, label, listed

FAMILIES = [
    listed("c_total", labels=[label("l", "a", "b")]),
    listed("o_total", labels=[{"name": "page", "maxValues": 2}]),
    listed("h_seconds", "histogram", buckets=[1, 2]),
    listed("last", "gauge"),
    listed("max", "gauge", gauge="max"),
    listed("min", "gauge", gauge="min"),
    listed("sum", "gauge", gauge="sum"),
    listed("never", "gauge"),
    listed("s_seconds", "summary"),
    listed("run_total", temporality="cumulative"),
]


class Node(CommandCase):
    """One node; `Merge` has two of them."""

    settings = {"open_families": True}

    def configure(self, families=FAMILIES, **settings):
        for path in self.dir.glob("metrics.d/*"):
            path.unlink()
        (self.dir / "metrics.d/all.json").write_text(allowlist(*families))
        super().configure(**settings)

    def totals(self):
        """Returns all totals except the responders' own."""
        return {
            (name, labels): (value, total, count, buckets)
            for name, labels, value, total, count, buckets in self.rows(
                "SELECT name, labels, value, sum, count, buckets FROM series"
                " JOIN total ON series_id = series.id"
                " JOIN family ON family.id = family_id"
                " WHERE name NOT LIKE 'tallyman_%'"
                " AND name NOT LIKE 'metrics_aggregator_%'"
                " AND (count > 0 OR value IS NULL OR value <> 0)"
            )
        }

    def set_updated(self, family, updated):
        self.write(
            "UPDATE total SET updated_at = ? WHERE series_id IN (SELECT series.id"
            " FROM series JOIN family ON family.id = family_id WHERE name = ?)",
            updated, family)

    def insert(self, family, labels, value=0, sum=0, count=0, buckets=None):
        self.write(
            "INSERT INTO series (family_id, labels, created_at)"
            " SELECT id, ?, 1 FROM family WHERE name = ?", labels, family)
        self.write(
            "INSERT INTO total (series_id, value, sum, count, buckets, updated_at)"
            " SELECT max(id), ?, ?, ?, ?, 1 FROM series", value, sum, count, buckets)


class Merge(CommandCase):
    maxDiff = None

    def setUp(self):
        super().setUp()
        self.a, self.b = Node(), Node()
        for node in (self.a, self.b):
            node.setUp()
            self.addCleanup(node.doCleanups)

    def fill(self):
        a, b = self.a, self.b
        a.record(counter("c_total", 3, l="a"), counter("o_total", 1, page="/x"),
                 counter("o_total", 1, page="/y"), histogram("h_seconds", 0.5, 3),
                 gauge("last", 1), gauge("max", 5), gauge("min", 5),
                 gauge("sum", 5))
        b.record(counter("c_total", 4, l="a"), counter("c_total", 0.5, l="b"),
                 counter("o_total", 10, page="/y"),
                 counter("o_total", 20, page="/z"), histogram("h_seconds", 1.5),
                 gauge("last", 2), gauge("max", 7), gauge("min", 7),
                 gauge("sum", 7))
        a.push("# TYPE s_seconds summary\ns_seconds_sum 1\ns_seconds_count 2\n"
               "# TYPE jobs_total counter\njobs_total{job=\"x\"} 1\n"
               "# TYPE depth gauge\ndepth 3\ndepth{side=\"l\"} NaN\nloose 1\n")
        b.push("# TYPE s_seconds summary\ns_seconds_sum 10\ns_seconds_count 20\n"
               "# TYPE jobs_total counter\njobs_total{job=\"x\"} 10\n"
               "jobs_total{job=\"y\"} 0\n"
               "# TYPE took histogram\ntook_bucket{le=\"5\"} 1\n"
               "took_bucket{le=\"+Inf\"} 3\ntook_sum 9\ntook_count 3\n"
               "# TYPE depth gauge\ndepth 4\ndepth{side=\"l\"} 6\n"
               "depth{side=\"r\"} -Inf\nloose 2\n")
        for node, total in ((a, 7), (b, 30)):
            status, answer = node.request(
                "PUT", "/metrics/job/j", f"run_total {total}\n", "text/plain")
            self.assertIn(status, (200, 202), answer)
        # b's gauges are older, except `loose`.
        for name in ("last", "depth"):
            b.set_updated(name, 1000)
        a.set_updated("loose", 1000)

    def test_queries_are_not_merged(self):
        """Values of a query stay with its node."""
        one = {"name": "one", "help": "h", "type": "gauge", "sql": "SELECT 1"}
        path = "metrics.d/queries.json"
        (self.b.dir / path).write_text(json.dumps({"queries": [one]}))
        self.b.record(gauge("last", 2))
        self.assertEqual(self.b.rows("SELECT family, value FROM gauge_values"),
                         [("last", 2.0), ("one", 1.0)])
        self.a.output("merge", self.b.database)
        self.assertEqual(self.a.rows("SELECT family, value FROM gauge_values"),
                         [("last", 2.0)])
        c = Node()
        c.setUp()
        self.addCleanup(c.doCleanups)
        (self.a.dir / path).write_text(json.dumps({"queries": [one, {**one, "name": "two"}]}))
        c.push("# TYPE two gauge\ntwo 5\nthree 3\n")
        self.a.output("merge", c.database)
        self.assertEqual(self.a.rows("SELECT family, value FROM gauge_values"),
                         [("last", 2.0), ("three", 3.0)])

    def test_groups_are_kept(self):
        """Series stay in the groups that they were pushed in."""
        for node, path in ((self.a, "job/x"), (self.b, "job/x"),
                           (self.b, "job/x/instance/i"), (self.b, "job/y")):
            status, _ = node.request(
                "PUT", "/metrics/" + path,
                "# TYPE n_total counter\nn_total 1\n", "text/plain")
            self.assertEqual(status, 200)
        self.a.output("merge", self.b.database)
        self.assertEqual(
            self.a.rows("SELECT push_group.labels, pushed_at > 1e9, value FROM"
                        " push_group JOIN series ON group_id = push_group.id"
                        " JOIN total ON series_id = series.id ORDER BY 1"),
            [('{"instance":"i","job":"x"}', 1, 1.0), ('{"job":"x"}', 1, 2.0),
             ('{"job":"y"}', 1, 1.0)])
        self.assertEqual(
            self.a.request("DELETE", "/metrics/job/x")[1],
            "1 series removed, 0 set to zero\n")

    def test_sum_of_all_types(self):
        self.fill()
        before = self.b.totals()
        told = self.a.output("merge", self.b.database)
        self.assertEqual(
            told, f"{self.b.database}: merged 18 series of 13 families\n")
        got = self.a.totals()
        plain = (0.0, 0, None)
        self.assertEqual(got.pop(("depth", '{"side":"l"}'))[0], None)
        want = {
            ("c_total", '{"l":"a"}'): (7.0, *plain),
            ("c_total", '{"l":"b"}'): (0.5, *plain),
            ("o_total", '{"page":"/x"}'): (1.0, *plain),
            ("o_total", '{"page":"/y"}'): (11.0, *plain),
            # a has no room for a third value.
            ("o_total", '{"page":"other"}'): (20.0, *plain),
            ("h_seconds", "{}"): (0.0, 5.0, 3, "[1,1,1]"),
            ("last", "{}"): (1.0, 0.0, 2, None),
            ("max", "{}"): (7.0, 0.0, 2, None),
            ("min", "{}"): (5.0, 0.0, 2, None),
            ("sum", "{}"): (12.0, 0.0, 2, None),
            ("s_seconds", "{}"): (0.0, 11.0, 22, None),
            ("run_total", "{}"): (37.0, *plain),
            ("jobs_total", '{"job":"x"}'): (11.0, *plain),
            ("took", "{}"): (0.0, 9.0, 3, "[1,2]"),
            ("depth", "{}"): (3.0, 0.0, 2, None),
            ("depth", '{"side":"r"}'): (-math.inf, 0.0, 1, None),
            ("loose", "{}"): (2.0, 0.0, 2, None),
        }
        self.assertEqual(got, want)
        self.assertEqual(self.b.totals(), before)
        ((zero,),) = self.a.rows(
            "SELECT value FROM series JOIN total ON series_id = series.id"
            " WHERE labels = '{\"job\":\"y\"}'")
        self.assertEqual(zero, 0)
        # The time goes with the value, so a merge of a third node compares with it.
        self.assertEqual(
            self.a.rows("SELECT updated_at FROM series"
                        " JOIN total ON series_id = series.id WHERE labels ="
                        " '{\"side\":\"r\"}'"), [(1000,)])
        self.check_meta(self.a)
        # Pushes from now on add to the sum.
        self.a.record(counter("c_total", 1, l="a"))
        self.a.push("# TYPE jobs_total counter\njobs_total{job=\"y\"} 1\n")
        self.assertEqual(self.a.totals()["c_total", '{"l":"a"}'][0], 8)
        self.check_meta(self.a)

    def check_meta(self, node):
        self.assertEqual(
            node.rows("SELECT value FROM meta WHERE key = 'open_series'"),
            node.rows("SELECT count(*) FROM series JOIN family"
                      " ON family.id = family_id WHERE open"))
        self.assertEqual(node.rows("PRAGMA foreign_key_check"), [])

    def test_each_node_once(self):
        self.fill()
        other = self.b.database
        self.a.output("merge", other)
        merged = self.a.totals()
        again = (
            r"^tallyman merge: {}, or an earlier or later state of the same"
            r" node, was merged on \d{{4}}-\d\d-\d\d \d\d:\d\d:\d\d UTC;"
            r" nothing was added\n$")
        self.assertRegex(self.a.output("merge", other, status=1),
                         again.format(other))
        # A later state, a backup, and the node itself.
        self.b.record(counter("c_total", 100, l="a"))
        backup = self.dir / "b-backup.db"
        self.b.output("backup", backup)
        self.assertRegex(self.a.output("merge", backup, status=1),
                         again.format(backup))
        own = self.dir / "a-backup.db"
        self.a.output("backup", own)
        for path in (own, self.a.database):
            self.assertEqual(
                self.a.output("merge", path, status=1),
                f"tallyman merge: {path} is {self.a.database} itself, or a"
                " backup of it; nothing was added\n")
        # a has b's totals, which must not go back to b.
        self.assertEqual(
            self.b.output("merge", self.a.database, status=1),
            f"tallyman merge: {self.a.database} already has the totals of"
            f" {self.b.database}; nothing was added\n")
        self.assertEqual(self.a.totals(), merged)
        # A third node has b's totals from a.
        third = Node()
        third.setUp()
        self.addCleanup(third.doCleanups)
        third.output("merge", self.a.database)
        self.assertRegex(
            third.output("merge", other, status=1), "was merged on")
        # Of several files only the new ones are merged.
        self.assertRegex(
            self.a.output("merge", other, third.database, status=1),
            rf"{other}, or an .*\n.*{third.database} already has the totals of"
            rf" {self.a.database};")
        self.assertEqual(self.a.totals(), merged)

    def refuse(self, message, families=FAMILIES, **settings):
        self.a.configure(families, **settings)
        self.a.record(counter("c_total", 0, l="a"))
        before = self.a.totals()
        self.assertEqual(
            self.a.output("merge", self.b.database, status=1),
            f"tallyman merge: {message}; nothing was added\n")
        self.assertEqual(self.a.totals(), before)
        self.assertEqual(self.a.rows("SELECT * FROM origin"), [])

    def test_differing_types_and_bounds(self):
        self.fill()
        other, own = self.b.database, self.a.database

        def but(name, *instead):
            return [f for f in FAMILIES if f["name"] != name] + list(instead)

        self.refuse(
            f"{other}: last is a gauge in it, but a counter in {own}",
            but("last", listed("last")))
        self.refuse(
            f"{other}: h_seconds is a histogram in it with other bounds, but a"
            f" histogram in {own}",
            but("h_seconds", listed("h_seconds", "histogram", buckets=[1, 3])))
        self.refuse(
            f'{other}: c_total: the label l is "b", which its file does not'
            " list",
            but("c_total", listed("c_total", labels=[label("l", "a")])))
        self.refuse(
            f"{other}: depth is not in the allowlist; list it in a file of"
            " `metrics` or set `open_families` to true",
            open_families=False)
        self.a.configure(FAMILIES, drop_families=["depth", "loose", "jobs_*"])
        self.a.push("# TYPE took gauge\ntook 1\n")
        self.assertEqual(
            self.a.output("merge", other, status=1),
            f"tallyman merge: {other}: took is a histogram in it, but a gauge"
            f" in {own}; nothing was added\n")

    def test_running_totals_continue(self):
        """Processes that pushed to b now push to a: a does not count again what b
        has counted. For processes that a knows, a's count is kept."""
        def run(node, job, total):
            status, answer = node.request(
                "PUT", f"/metrics/job/{job}", f"run_total {total}\n", "text/plain")
            self.assertIn(status, (200, 202), answer)

        def counted():
            return self.a.totals()["run_total", "{}"][0]

        run(self.a, "both", 5)
        run(self.b, "both", 100)
        run(self.b, "one", 40)
        run(self.b, "gone", 7)
        self.a.output("merge", self.b.database)
        self.assertEqual(counted(), 152)
        run(self.a, "one", 42)
        run(self.a, "both", 6)
        self.assertEqual(counted(), 155)
        self.check_meta(self.a)
        self.assertEqual(
            self.a.rows("SELECT value FROM meta WHERE key = 'pushers'"),
            self.a.rows("SELECT count(*) FROM pusher"))

    def test_running_totals_of_any_family(self):
        """Of listed families or open ones, with their start times; exemplars and
        keys of pushes are not merged."""
        def run(node, total, epoch):
            points = [
                {"name": name, "sum": {
                    "aggregationTemporality": 2, "isMonotonic": True,
                    "dataPoints": [{"asInt": str(total), "attributes": labels,
                                    "startTimeUnixNano": str(epoch),
                                    "timeUnixNano": str(epoch + 1)}]}}
                for name, labels in (
                    ("c_total", [{"key": "l", "value": {"stringValue": "a"}}]),
                    ("new_total", []))]
            resource = {"attributes": [
                {"key": "service.name", "value": {"stringValue": "shop"}},
                {"key": "service.instance.id", "value": {"stringValue": "1"}}]}
            status, answer = node.request("POST", "/v1/metrics", json.dumps(
                {"resourceMetrics": [{"resource": resource,
                                      "scopeMetrics": [{"metrics": points}]}]}))
            self.assertEqual((status, answer), (200, "{}"))

        def counted():
            totals = self.a.totals()
            return (totals["c_total", '{"l":"a"}'][0],
                    totals["new_total", '{"job":"shop"}'][0])

        run(self.b, 40, 1000)
        self.b.write("INSERT INTO exemplar SELECT id, 0, '{}', 1, 0 FROM series")
        self.b.write("INSERT INTO push_key VALUES (zeroblob(16), 1)")
        self.a.output("merge", self.b.database)
        self.assertEqual(counted(), (40, 40))
        run(self.a, 42, 1000)
        run(self.a, 41, 1000)  # late
        run(self.a, 50, 999)
        self.assertEqual(counted(), (42, 42))
        run(self.a, 43, 2000)
        self.assertEqual(counted(), (85, 85))
        self.assertEqual(self.a.rows("SELECT value, epoch FROM pusher"),
                         [(43, 2000), (43, 2000)])
        for table in ("exemplar", "push_key"):
            self.assertEqual(self.a.rows(f"SELECT count(*) FROM {table}"), [(0,)])
        self.check_meta(self.a)

    def test_grafana_sessions(self):
        """Their families are added, whatever their labels."""
        sessions = {"sessions": {"enabled": True}}
        for node, value in ((self.a, 2), (self.b, 3)):
            node.configure(**sessions)
            node.record(counter("c_total", 1, l="a"))
            node.insert("grafana_analytics_sessions_total",
                        '{"dashboard_name":"d"}', value=value)
        self.b.insert("grafana_analytics_session_duration_seconds", "{}", sum=7,
                      count=1, buckets="[1,0,0,0,0,0,0,0,0,0,0,0,0]")
        self.a.output("merge", self.b.database)
        totals = self.a.totals()
        self.assertEqual(
            totals["grafana_analytics_sessions_total",
                   '{"dashboard_name":"d"}'], (5.0, 0.0, 0, None))
        self.assertEqual(
            totals["grafana_analytics_session_duration_seconds", "{}"],
            (0.0, 7.0, 1, "[1,0,0,0,0,0,0,0,0,0,0,0,0]"))

    def sit(self, node, *dashboards):
        """Sends sessions with dashboards, of a person with a name."""
        for name in dashboards:
            identity, now = grafana.new_session(), int(time.time())
            for kind, at in (("start", now - 60), ("end", now)):
                message = grafana.message(kind, identity, at, dashboard=(name, name))
                status, answer = node.request("POST", "/write", json.dumps(message))
                self.assertIn(status, (200, 201, 202, 204), answer)

    def sets(self):
        return {
            json.loads(labels).get("dashboard_name")
            for labels, in self.a.rows(
                "SELECT labels FROM counter_totals WHERE family ="
                " 'grafana_analytics_sessions_total'")}

    def test_forbidden_names_are_dropped(self):
        """Names that this node does not permit are not merged."""
        names = {"enabled": True, "user_labels": True}
        self.b.configure(sessions=names)
        self.sit(self.b, "one", "two")
        third = Node()
        third.setUp()
        self.addCleanup(third.doCleanups)
        third.configure(sessions=names)
        self.sit(third, "one")
        self.assertIn(grafana.LOGIN, self.b.rows(
            "SELECT group_concat(labels) FROM series")[0][0])
        self.sit(self.a, "one")
        self.a.output("merge", self.b.database, third.database)
        self.assertNotIn(grafana.LOGIN, self.a.rows(
            "SELECT group_concat(labels) FROM series")[0][0])
        self.assertEqual(
            self.a.rows("SELECT labels ->> 'dashboard_name', total FROM"
                        " counter_totals WHERE family ="
                        " 'grafana_analytics_sessions_total' ORDER BY 1"),
            [("one", 3), ("two", 1)])
        # Sessions continue in the merged series.
        self.sit(self.a, "two")
        self.assertEqual(self.sets(), {"one", "two"})
        self.assertEqual(
            self.a.rows("SELECT labels, dashboard FROM session_label_set"
                        " WHERE labels LIKE '%two%'")[0][1],
            '{"dashboard_name":"two","dashboard_uid":"two"}')
        self.assertEqual(
            self.a.rows("SELECT count(*), sum(count) FROM series"
                        " JOIN total ON series_id = series.id JOIN family ON"
                        " family.id = family_id WHERE name ="
                        " 'grafana_analytics_session_duration_seconds'"), [(2, 5)])

    def test_too_many_sessions(self):
        limit = {"enabled": True, "max_series": 2}
        self.sit(self.b, "x", "y")
        self.a.configure(sessions=limit)
        self.sit(self.a, "x", "z", "rest")
        self.assertEqual(self.sets(), {"x", "z", "other"})
        before = self.a.totals()
        self.assertIn(
            "grafana_analytics_sessions_total would have 4 label sets,"
            " `sessions.max_series` is 2: raise it",
            self.a.output("merge", self.b.database, status=1))
        self.assertEqual(self.a.totals(), before)
        self.assertEqual(self.a.rows("SELECT * FROM origin"), [])
        self.a.configure(sessions={**limit, "max_series": 3})
        self.a.output("merge", self.b.database)
        # Merged sessions count towards the limit.
        self.sit(self.a, "new", "y")
        self.assertEqual(self.sets(), {"x", "y", "z", "other"})

    def test_bad_files(self):
        self.assertIn("must have the database", self.a.output("merge", status=2))
        self.assertIn("/none: cannot be opened: No such file", self.a.output("merge", "/none", status=1))
        self.assertIn("not a database of Tallyman", self.merge_other("CREATE TABLE t (a)"))
        self.fill()
        self.b.write("UPDATE series SET labels = '{\"l\":1}' WHERE labels = '{}'")
        self.assertRegex(
            self.a.output("merge", self.b.database, status=1),
            r'the row of the series \{"l":1\} is damaged')
        self.assertFalse(
            [row for row in self.a.rows("SELECT * FROM origin")])

    def test_no_identity(self):
        self.fill()
        self.b.write("DELETE FROM meta WHERE key = 'identity'")
        self.assertIn("whether the file was merged before is unknown",
                      self.a.output("merge", self.b.database, status=1))

    def merge_other(self, sql):
        other = sqlite3.connect(self.dir / "other.db")
        other.executescript(sql)
        other.close()
        return self.a.output("merge", self.dir / "other.db", status=1)


if __name__ == "__main__":
    tap.main()
