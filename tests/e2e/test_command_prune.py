"""`tallyman prune` deletes series that are no longer pushed, and nothing else."""

import json
import sqlite3

import fastcgi
import tap
from command_case import CommandCase
from harness import counter, wait_until
from keep_case import KeepCase
from responder_case import allowlist, label, listed

DAY = 86400
OPEN = {"name": "page", "maxValues": 3}
KEPT = listed("kept_total", labels=[OPEN])
CLOSED = listed("closed_total", labels=[label("l", "a", "b")])
GONE = listed("gone_total", labels=[label("l", "a", "b")])
RUN = listed("run_total", temporality="cumulative")


class Prune(CommandCase):
    settings = {"open_families": True}

    def list_families(self, *families):
        for path in self.dir.glob("metrics.d/*"):
            path.unlink()
        (self.dir / "metrics.d/all.json").write_text(allowlist(*families))

    def setUp(self):
        super().setUp()
        self.list_families(KEPT, CLOSED, GONE, RUN)
        self.record(
            counter("kept_total", page="/old"), counter("kept_total", page="/new"),
            counter("closed_total", l="a"), counter("gone_total", l="a"))
        self.push("# TYPE open_total counter\nopen_total{i=\"1\"} 1\n"
                  "open_total{i=\"2\"} 1\n# TYPE quiet gauge\nquiet 1\n")
        for job in ("old", "new"):
            self.request("PUT", f"/metrics/job/{job}", "run_total 1\n", "text/plain")
        self.age("/old", '"1"', '"a"')
        self.write("UPDATE total SET updated_at = updated_at - ? WHERE series_id IN"
                   " (SELECT series.id FROM series JOIN family ON family.id ="
                   " family_id WHERE name = 'quiet')", 100 * DAY)
        self.write("UPDATE pusher SET seen_at = seen_at - ? WHERE pusher LIKE"
                   " '%old%'", 100 * DAY)

    def age(self, *labels):
        for text in labels:
            self.write("UPDATE total SET updated_at = updated_at - ? WHERE"
                       " series_id IN (SELECT id FROM series WHERE labels LIKE ?)",
                       100 * DAY, f"%{text}%")

    def all(self):
        return {
            (name, labels) for name, labels in self.rows(
                "SELECT name, labels FROM series"
                " JOIN family ON family.id = family_id"
                " WHERE name NOT LIKE 'tallyman_%'"
                " AND name NOT LIKE 'metrics_aggregator_%'")
        }

    def check_meta(self):
        self.assertEqual(
            self.rows("SELECT value FROM meta WHERE key IN"
                      " ('open_series', 'pushers') ORDER BY key"),
            self.rows("SELECT count(*) FROM series JOIN family"
                      " ON family.id = family_id WHERE open")
            + self.rows("SELECT count(*) FROM pusher"))
        self.assertEqual(self.rows("PRAGMA foreign_key_check"), [])

    def test_queries(self):
        """Series that no result of a query has had for long are deleted."""
        sql = "SELECT 'a' AS l, 1 UNION ALL SELECT 'b', 2"
        path = self.dir / "metrics.d/queries.json"
        query = {"name": "q", "help": "h", "type": "gauge", "labels": ["l"]}

        def run(sql):
            path.write_text(json.dumps({"queries": [{**query, "sql": sql}]}))
            self.write("UPDATE sql_query SET started_at = 0")
            self.assertEqual(self.request("GET", "/-/ready")[0], 200)
            return self.rows("SELECT labels, count FROM series JOIN total ON series_id = id"
                             " WHERE family_id = (SELECT id FROM family WHERE name = 'q')")

        self.assertEqual(run(sql), [('{"l":"a"}', 1), ('{"l":"b"}', 1)])
        self.assertEqual(run("SELECT 'a' AS l, 1"), [('{"l":"a"}', 2), ('{"l":"b"}', 0)])
        self.output("prune", "--idle", "1")
        self.assertEqual(run("SELECT 'a' AS l, 1"), [('{"l":"a"}', 3), ('{"l":"b"}', 0)])
        self.write("UPDATE total SET updated_at = updated_at - ? WHERE value IS NULL", 2 * DAY)
        self.output("prune", "--idle", "1")
        self.assertEqual(run(sql), [('{"l":"a"}', 4), ('{"l":"b"}', 1)])

    def test_prune_deletes_old_series(self):
        self.list_families(KEPT, CLOSED, RUN)
        before = self.all()
        lines = (
            "gone_total: 2 series, no file lists it\n"
            "kept_total: 1 of 2 series, idle for 90 days\n"
            "open_total: 1 of 2 series, idle for 90 days\n"
            "quiet: 1 of 1 series, idle for 90 days\n"
            "{}: 5 series, 2 families, 1 running total of a process\n")
        self.assertEqual(self.output("prune", "--dry-run"),
                         lines.format("Would be removed"))
        self.assertEqual(self.all(), before)
        self.assertEqual(self.output("prune"), lines.format("Removed"))
        self.assertEqual(self.all(), before - {
            ("gone_total", '{"l":"a"}'), ("gone_total", '{"l":"b"}'),
            ("kept_total", '{"page":"/old"}'), ("open_total", '{"i":"1"}'),
            ("quiet", "{}")})
        self.assertEqual(
            self.rows("SELECT name FROM family WHERE name IN"
                      " ('gone_total', 'quiet')"), [])
        self.assertTrue(self.rows(
            "SELECT 1 FROM family WHERE name = 'tallyman_pushes_total'"))
        self.check_meta()
        self.assertEqual(
            self.output("prune"),
            "Removed: 0 series, 0 families, 0 running totals of a process\n")
        # A family that is listed again starts at zero, with all its series.
        self.list_families(KEPT, CLOSED, GONE, RUN)
        self.record(counter("closed_total", l="b"))
        self.assertIn(("gone_total", '{"l":"b"}'), self.all())
        self.check_meta()

    def test_days(self):
        self.assertEqual(
            self.output("prune", "-n", "--idle", "101"),
            "Would be removed: 0 series, 0 families, 0 running totals of"
            " a process\n")
        for days in ("0", "x", "", "1d", "-3", "99999999999999999999"):
            self.assertIn("must be a number of days from 1 to 36500",
                          self.output("prune", "--idle", days, status=2))
        self.assertIn("unexpected argument", self.output("prune", "x", status=2))

    def test_json(self):
        got = json.loads(self.output("prune", "--json", "-n"))
        self.assertEqual(got, {
            "dry_run": True, "idle_days": 90,
            "families": [
                {"name": "kept_total", "reason": "idle", "series": 2, "removed": 1},
                {"name": "open_total", "reason": "idle", "series": 2, "removed": 1},
                {"name": "quiet", "reason": "idle", "series": 1, "removed": 1},
            ],
            "removed_series": 3, "removed_families": 1,
            "removed_running_totals": 1})

    def test_forbidden_values_are_deleted(self):
        """Otherwise scrapes keep exposing series that no push can reach."""
        fewer = listed("closed_total", labels=[label("l", "b")])
        other = listed("gone_total", labels=[label("m", "a", "b")])
        shut = listed("kept_total", labels=[label("page", "/new", "/old")])
        self.list_families(fewer, other, shut, RUN)
        self.record(counter("closed_total", l="b"))
        self.assertEqual(
            json.loads(self.output("prune", "--json", "-n"))["families"][:2], [
                {"name": "closed_total", "reason": "unpermitted", "series": 2,
                 "removed": 1},
                {"name": "gone_total", "reason": "unpermitted", "series": 4,
                 "removed": 2}])
        self.output("prune")
        left = {one for one in self.all() if "total" in one[0]}
        self.assertLessEqual(
            {("closed_total", '{"l":"b"}'), ("kept_total", '{"page":"/old"}'),
             ("kept_total", '{"page":"/new"}'), ("gone_total", '{"m":"a"}'),
             ("gone_total", '{"m":"b"}')}, left)
        self.assertFalse(
            {("closed_total", '{"l":"a"}'), ("gone_total", '{"l":"a"}')} & left)
        # Permitted again, it starts at zero before the first push.
        self.list_families(KEPT, CLOSED, GONE, RUN)
        self.record(counter("closed_total", l="b"))
        self.assertEqual(
            self.rows("SELECT total FROM counter_totals WHERE family ="
                      " 'closed_total' ORDER BY labels"), [(0,), (2,)])
        self.check_meta()

    def test_family_without_values_is_kept(self):
        """Its file still lists it."""
        self.list_families(listed("closed_total", labels=[label("l", "c")]))
        self.configure(open_families=False)
        self.assertIn(
            "closed_total: 2 of 2 series, with labels that its file no longer"
            " permits\n", self.output("prune"))
        self.record(counter("closed_total", l="c"))
        self.assertEqual(
            self.rows("SELECT labels, total FROM counter_totals WHERE family ="
                      " 'closed_total'"), [('{"l":"c"}', 1)])

    def test_open_families_switched_off(self):
        self.configure(open_families=False)
        self.assertEqual(
            self.output("prune"),
            "kept_total: 1 of 2 series, idle for 90 days\n"
            "open_total: 2 series, no file lists it\n"
            "quiet: 1 series, no file lists it\n"
            "Removed: 4 series, 2 families, 1 running total of a process\n")
        self.check_meta()


class PruneUnderLoad(KeepCase):
    """Responders keep running, and forget the deleted series."""

    config = {"open_families": True}
    metrics = {"own.json": allowlist(KEPT, GONE)}

    def test_pushes_continue(self):
        for page in ("/1", "/2", "/3"):
            self.assertAccepted(self.push([counter("kept_total", page=page)]))
        text = "# TYPE many gauge\n" + "".join(
            f'many{{i="{i}"}} 1\n' for i in range(3000))
        reply = self.ask(fastcgi_post(text))
        self.assertEqual(reply.status, 202, reply)
        self.rewrite(
            "UPDATE total SET updated_at = 1000 WHERE series_id IN (SELECT id"
            " FROM series WHERE labels LIKE '{\"i\":%' OR labels LIKE '%/1%'"
            " OR labels LIKE '%/2%')")
        gone = [counter("gone_total", l="a")]
        loads = [self.load(batches=True), self.load(gone),
                 self.load([counter("kept_total", page="/3")], batches=True)]
        wait_until(lambda: all(l.acknowledged > 20 for l in loads), "pushes")
        told = self.succeed("prune")
        self.assertEqual(
            told,
            "kept_total: 2 of 3 series, idle for 90 days\n"
            "many: 3000 of 3000 series, idle for 90 days\n"
            "Removed: 3002 series, 1 family, 0 running totals of a process\n")
        # A listed family is deleted during pushes, and then created again.
        self.site.write("tallyman/metrics.d/own.json", allowlist(KEPT))
        self.site.give_away()
        wait_until(
            lambda: self.succeed("prune") and not self.site.query(
                "SELECT 1 FROM family WHERE name = 'gone_total'"),
            "it to stay away")
        for load in (loads[0], loads[2]):
            load.stop()
            self.assertPrompt(load)
        self.assertEqual(self.views(), loads[0].acknowledged)
        self.assertEqual(self.site.stored("kept_total", page="/3"),
                         loads[2].acknowledged + 1)

    def test_deleted_values_make_room(self):
        """In each responder that knew other values."""
        connections = self.connect_to_each()
        for connection in connections:
            for page in ("/1", "/2", "/3", "/over"):
                self.assertAccepted(
                    connection.push([counter("kept_total", page=page)]))
        self.assertEqual(self.site.stored("kept_total", page="other"), 2)
        quiet = fastcgi_post("# TYPE quiet_total counter\nquiet_total 1\n")
        for connection in connections:
            self.assertEqual(connection.ask(quiet).status, 202)
        self.rewrite("UPDATE total SET updated_at = 1000 WHERE series_id IN (SELECT"
                     " id FROM series WHERE labels LIKE '{\"page\":\"/%'"
                     " OR labels = '{}')")
        self.succeed("prune")
        for connection in connections:
            for page in ("/4", "/5", "/6"):
                self.assertAccepted(
                    connection.push([counter("kept_total", page=page)]))
        self.assertEqual(self.site.stored("kept_total", page="/5"), 2)
        # A deleted family returns as a new one.
        for connection in connections:
            self.assertEqual(connection.ask(quiet).status, 202)
        self.assertEqual(self.site.stored("quiet_total"), 2)
        self.assertEqual(
            self.site.query("SELECT value FROM meta WHERE key = 'open_series'"),
            [(1,)])
        self.assertEqual(self.site.stored("kept_total", page="other"), 2)

    def rewrite(self, sql):
        connection = sqlite3.connect(self.site.database, timeout=5)
        with connection:
            connection.execute(sql)
        connection.close()


def fastcgi_post(text):
    return fastcgi.request(
        "POST", "/metrics", text.encode(), CONTENT_TYPE="text/plain")


if __name__ == "__main__":
    tap.main()
