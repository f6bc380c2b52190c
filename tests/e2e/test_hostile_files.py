"""Crafted database files: restored, merged, and in place of the database."""

import json
import os
import shutil
import sqlite3

import tap
from command_case import CommandCase
from harness import counter
from responder_case import allowlist, listed

FAMILIES = allowlist(
    listed("c_total", labels=[{"name": "l", "maxValues": 9}]),
    listed("h_seconds", "histogram", buckets=[1, 2]),
)
ENDLESS = (
    "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n)"
    " SELECT count(*) FROM n"
)


def view(name, columns):
    """Returns the schema row of an endless view in place of a table."""
    return (
        f"DELETE FROM sqlite_master WHERE tbl_name = '{name}'",
        "INSERT INTO sqlite_master VALUES ('view', '{0}', '{0}', 0,"
        " 'CREATE VIEW {0} AS SELECT {1} FROM ({2})')".format(
            name, ", ".join(f"1 AS {column}" for column in columns), ENDLESS
        ),
    )


def text(name, old, new):
    return (
        "UPDATE sqlite_master SET sql = replace(sql, '{}', '{}')"
        " WHERE name = '{}'".format(old, new, name),
    )


# The statements that change the schema, and the message.
GRAVE = {
    "a view in the place of series": (
        view("series", ("id", "family_id", "labels", "created_at", "group_id")),
        "table series is missing"),
    "a view in the place of total": (
        view("total", ("series_id", "value", "sum", "count", "buckets",
                       "updated_at")),
        "table total is missing"),
    "a view in the place of meta": (
        view("meta", ("key", "value")), "table meta is missing"),
    "a CHECK": (
        text("total", "value      REAL",
             "value      REAL CHECK (length(hex(randomblob(1000000))) > 0)"),
        "table total differs from Tallyman's schema"),
    "totals that stay behind": (
        text("total", " ON DELETE CASCADE", ""),
        "table total differs from Tallyman's schema"),
    "a generated column": (
        text("batch", "seen_at INTEGER NOT NULL",
             "seen_at INTEGER NOT NULL, x TEXT AS (hex(zeroblob(1000000)))"),
        "table batch differs from Tallyman's schema"),
    "a default": (
        text("pusher", "seen_at   INTEGER NOT NULL",
             "seen_at   INTEGER NOT NULL DEFAULT 7"),
        "table pusher differs from Tallyman's schema"),
    "a table that is not strict": (
        text("origin", "STRICT, ", ""),
        "table origin differs from Tallyman's schema"),
    "no key": (
        text("series", "UNIQUE (family_id, labels)", "CHECK (1)")
        + ("DELETE FROM sqlite_master WHERE name = 'sqlite_autoindex_series_1'",),
        "table series differs from Tallyman's schema"),
}
FOREIGN = {
    "trigger": ("sneak", "CREATE TRIGGER sneak AFTER INSERT ON series BEGIN"
                " UPDATE total SET value = 666; END"),
    "view": ("pragma_application_id", "CREATE VIEW pragma_application_id AS"
             " SELECT 1415670905 AS application_id"),
    "table": ("loot", "CREATE TABLE loot (a CHECK (a > 0), b AS (a + 1))"),
    "index": ("slow", "CREATE INDEX slow ON series (upper(labels))"),
}


class Hostile(CommandCase):
    settings = {"open_families": True}

    def setUp(self):
        super().setUp()
        for path in self.dir.glob("metrics.d/*"):
            path.unlink()
        (self.dir / "metrics.d/all.json").write_text(FAMILIES)
        self.count("a")
        self.file = self.dir / "file.db"
        self.make()

    def configure(self, **settings):
        super().configure(**{**self.settings, **settings})

    def count(self, value):
        self.record(counter("c_total", 1, l=value),
                    {"metricName": "h_seconds", "metricType": "histogram",
                     "labels": {}, "observations": [0.5]})

    def make(self):
        """Makes a good backup, to be damaged by spoil()."""
        self.output("backup", "--force", self.file)

    def spoil(self, *statements, path=None, schema=True):
        connection = sqlite3.connect(path or self.file)
        if schema:
            connection.execute("PRAGMA writable_schema = ON")
        for statement in statements:
            connection.execute(statement)
        connection.commit()
        connection.close()

    def others(self):
        """Gives this node another identity than the file's."""
        self.spoil("UPDATE meta SET value = 'x' WHERE key = 'identity'", schema=False)

    def dump(self):
        return self.rows("SELECT labels, value FROM series JOIN total ON"
                         " series_id = series.id WHERE family_id ="
                         " (SELECT id FROM family WHERE name = 'c_total')")

    def forget(self):
        for path in self.dir.glob("tallyman.db*"):
            path.unlink()

    def put_back(self, kept):
        self.forget()
        self.database.write_bytes(kept)

    def take(self):
        """Puts the file in place of the database."""
        self.forget()
        shutil.copy(self.file, self.database)

    def spoilt_schema(self):
        found = json.loads(self.run_command("doctor", "--json").stdout)
        return [one["what"] for one in found
                if one["check"] == "schema" and one["status"] == "wrong"], {
            one["check"] for one in found}

    def test_damaged_schema_is_refused(self):
        """No program reads or runs such a schema; each command reports it."""
        good = self.dir / "good.db"
        shutil.copy(self.file, good)
        kept = self.database.read_bytes()
        for name, (statements, told) in GRAVE.items():
            with self.subTest(name):
                self.make()
                self.spoil(*statements)
                told += "; the file was altered: use another backup\n"
                before = self.dump()
                for command in (("restore", "--force"), ("merge",)):
                    self.assertEqual(
                        self.output(*command, self.file, status=1),
                        f"tallyman {command[0]}: {self.file}: the {told}")
                self.assertEqual(self.dump(), before)
                self.assertEqual(
                    sorted(p.name for p in self.dir.glob("tallyman.db*")),
                    ["tallyman.db", "tallyman.db-lock"])
                self.take()
                for command in (("totals",), ("query", "series_by_family"),
                                ("prune",), ("import", os.devnull),
                                ("merge", good)):
                    self.assertEqual(
                        self.output(*command, status=1),
                        f"tallyman {command[0]}: {self.database}: the {told}")
                wrong, checks = self.spoilt_schema()
                self.assertIn("the " + told.partition(";")[0], wrong)
                self.assertFalse(checks & {"integrity", "rows", "limit"})
                self.assertEqual(self.request("GET", "/-/ready")[0], 503)
                self.put_back(kept)

    def test_foreign_objects_are_left_alone(self):
        """They are reported and not copied; responders keep working."""
        self.spoil(*(sql for _, sql in FOREIGN.values()), schema=False)
        self.count("b")
        self.assertEqual(
            self.output("restore", "--force", "--no-keep", self.file),
            f"{self.database}: restored from {self.file}\n"
            + "".join(f"The {kind} {FOREIGN[kind][0]} of {self.file} is not"
                      " Tallyman's: it was left out\n"
                      for kind in ("table", "trigger", "view", "index")))
        self.assertEqual(
            self.rows("SELECT name FROM sqlite_schema WHERE name IN (?, ?, ?, ?)",
                      *(name for name, _ in FOREIGN.values())), [])
        self.assertEqual(self.spoilt_schema()[0], [])
        for kind, (name, sql) in FOREIGN.items():
            with self.subTest(kind):
                self.output("backup", "--force", self.file)
                self.spoil(sql, schema=False)
                self.assertEqual(
                    self.output("merge", self.file, status=1),
                    f"tallyman merge: {self.file}: the {kind} {name} is not"
                    " Tallyman's; drop it with sqlite3\n")
        self.take()
        self.count("a")
        self.assertEqual(self.dump()[:1], [('{"l":"a"}', 2)])
        self.assertEqual(self.spoilt_schema()[0],
                         [f"the index {FOREIGN['index'][0]} is not Tallyman's"])

    def test_changed_views_are_replaced(self):
        """Views for people are created again; no program reads them before."""
        self.spoil(
            "UPDATE sqlite_master SET sql = 'CREATE VIEW family_summary AS SELECT"
            f" 1 AS family, 2 AS type, 3 AS series, 4 AS total, 5 AS updated, ({ENDLESS})"
            " AS help' WHERE name = 'family_summary'",
            "UPDATE sqlite_master SET sql = replace(sql, 'old.id', 'old.id + 1')"
            " WHERE name = 'series_gone'")
        self.spoil("DROP VIEW counter_totals", "DROP INDEX pusher_seen_at",
                   schema=False)
        self.assertEqual(
            self.output("restore", "--force", "--no-keep", self.file).splitlines()[1:],
            [f"The trigger series_gone of {self.file} differs from Tallyman's schema:"
             " it was recreated",
             f"The view family_summary of {self.file} differs from Tallyman's schema:"
             " it was recreated",
             f"The index pusher_seen_at of {self.file} is missing: it was recreated",
             f"The view counter_totals of {self.file} is missing: it was recreated"])
        self.assertEqual(self.rows("SELECT total FROM counter_totals"
                                   " WHERE family = 'c_total'"), [(1,)])
        self.assertIn("c_total", self.output("totals"))
        self.assertEqual(self.spoilt_schema()[0], [])
        # A shell, which does not enforce foreign keys, leaves no totals without
        # series.
        self.spoil("DELETE FROM series", path=self.database, schema=False)
        self.assertEqual(self.rows("SELECT * FROM total"), [])
        self.spoil("UPDATE sqlite_master SET sql = replace(sql, 'SELECT', 'SELECT"
                   " DISTINCT') WHERE name = 'family_summary'", path=self.database)
        self.assertIn("the view family_summary differs from Tallyman's schema",
                      self.output("totals", status=1))
        self.count("b")

    def test_views_hide_no_other_program_or_version(self):
        """A view cannot fake the application id or the version."""
        pretends = ("CREATE TABLE notes (a)",
                    "CREATE VIEW pragma_application_id AS SELECT 1415670905 AS"
                    " application_id",
                    "CREATE VIEW pragma_user_version AS SELECT 11 AS user_version")
        other = self.dir / "other.db"
        self.spoil(*pretends, path=other, schema=False)
        for command in (("restore", "--force"), ("merge",)):
            self.assertEqual(
                self.output(*command, other, status=1),
                f"tallyman {command[0]}: {other} is not a database of Tallyman\n")
        for version, told in ((0, "has schema version 0, which no released"),
                              (-5, "has schema version -5, which no released"),
                              (9, "has schema version 9, which no released"),
                              (10, "table family differs from Tallyman's schema"),
                              (2000000000, "this program supports")):
            with self.subTest(version):
                self.make()
                self.spoil(f"PRAGMA user_version = {version}", schema=False)
                self.assertIn(told, self.output("restore", "--force", self.file,
                                                status=1))

    def test_other_encoding_is_refused(self):
        """Responders with the database open could not read it any more."""
        other = self.dir / "utf16.db"
        connection = sqlite3.connect(other)
        connection.execute("PRAGMA encoding = 'UTF-16le'")
        source = sqlite3.connect(self.file)
        connection.executescript("\n".join(source.iterdump()))
        connection.execute("PRAGMA application_id = 0x54616C79")
        connection.execute("PRAGMA user_version = %d"
                           % source.execute("PRAGMA user_version").fetchone())
        connection.close()
        for command in (("restore", "--force"), ("merge",)):
            self.assertEqual(
                self.output(*command, other, status=1),
                f"tallyman {command[0]}: database {other} stores text as UTF-16, "
                "must be UTF-8\n")

    def test_page_size_is_kept(self):
        """A database in use keeps its page size, whatever the backup's is."""
        before = self.rows("SELECT labels, value FROM series"
                           " JOIN total ON series_id = id ORDER BY id")
        for size in (512, 65536):
            connection = sqlite3.connect(self.file, isolation_level=None)
            connection.execute(f"PRAGMA page_size = {size}")
            connection.execute("VACUUM")
            connection.close()
            self.output("restore", "--force", "--no-keep", self.file)
            self.assertEqual(self.rows("PRAGMA page_size"), [(2048,)])
            self.assertEqual(self.rows("PRAGMA journal_mode"), [("wal",)])
            self.assertEqual(before, self.rows(
                "SELECT labels, value FROM series"
                " JOIN total ON series_id = id ORDER BY id"))

    ROWS = {
        "no JSON": ("UPDATE series SET labels = '{' WHERE {c}", "series",
                    "labels"),
        "a number": ("""UPDATE series SET labels = '{"l":1}' WHERE {c}""",
                     "series", "labels"),
        "a label twice": ("""UPDATE series SET labels = '{"l":"a","l":"b"}'"""
                          " WHERE {c}", "series", "labels"),
        "a name": ("""UPDATE series SET labels = '{"__name__":"up"}'"""
                   " WHERE {c}", "series", "labels"),
        "a line": ("""UPDATE series SET labels = '{"l":"\\u000aup 1"}'"""
                   " WHERE {c}", "series", "labels"),
        "no UTF-8": ("UPDATE series SET labels = CAST(x'7b226c223a22ff227d' AS TEXT)"
                     " WHERE {c}", "series", "labels"),
        "few buckets": ("UPDATE total SET buckets = '[1,0]' WHERE {hs}", "series", "buckets"),
        "negative buckets": ("UPDATE total SET buckets = '[1,0,-1]' WHERE {hs}",
                             "series", "buckets"),
        "a large bucket": ("UPDATE total SET buckets = '[1,0,99999999999999999999]'"
                           " WHERE {hs}", "series", "buckets"),
        "no buckets": ("UPDATE total SET buckets = NULL WHERE {hs}", "series", "buckets"),
        "a negative total": ("UPDATE total SET value = -7 WHERE {cs}", "series", "total"),
        "an infinite total": ("UPDATE total SET value = 9e999 WHERE {cs}", "series",
                              "total"),
        "an infinite sum": ("UPDATE total SET sum = -9e999 WHERE {hs}", "series",
                            "total"),
        "a negative count": ("UPDATE total SET count = -1 WHERE {hs}", "series",
                             "total"),
        "no totals": ("DELETE FROM total WHERE {cs}", "series", "total"),
        "bounds": ("UPDATE family SET bounds = '[2,1]' WHERE name = 'h_seconds'",
                   "family", "bounds"),
        "a family": ("UPDATE family SET name = 'a b' WHERE name = 'c_total'", "family",
                     "name"),
        "a pusher": ("INSERT INTO pusher (family_id, labels, pusher, value, sum,"
                     " count, epoch, seen_at) SELECT id, '{}', '[', 1, 1, 1, 1, 1 FROM family"
                     " WHERE name = 'c_total'", "pusher", "labels"),
        "an exemplar": ("INSERT INTO exemplar SELECT id, 1, '{}', 1, 0 FROM series"
                        " WHERE {c}", "exemplar", "exemplar"),
        "labels of an exemplar": ("INSERT INTO exemplar SELECT id, 0,"
                                  " '{\"a\":\"' || hex(zeroblob(64)) || '\"}', 1, 0"
                                  " FROM series WHERE {c}", "exemplar", "128"),
        "a session": ("INSERT INTO session_label_set (labels, dashboard) VALUES"
                      " ('{}', '7')", "session_label_set", "labels"),
        "a group": ("INSERT INTO push_group (labels, pushed_at, failed_at) VALUES"
                    " ('[', 1, 0)", "push_group", "labels"),
        "a time of a group": ("INSERT INTO push_group (labels, pushed_at, failed_at)"
                              " VALUES ('{}', 9e999, 0)", "push_group", "time"),
    }

    def test_damaged_rows(self):
        """The doctor reports them, a scrape stays valid without them, and restore refuses them."""
        for name, (sql, table, column) in self.ROWS.items():
            with self.subTest(name):
                self.make()
                for short, family in (("c", "c_total"), ("h", "h_seconds")):
                    of = f"family_id = (SELECT id FROM family WHERE name = '{family}')"
                    sql = sql.replace("{%s}" % short, of).replace(
                        "{%ss}" % short,
                        f"series_id IN (SELECT id FROM series WHERE {of})")
                self.spoil(sql, schema=False)
                error = self.output("restore", "--force", self.file, status=1)
                self.assertIn(f": a row of {table} cannot be restored: ", error)
                self.assertIn(column, error)
                kept = self.database.read_bytes()
                self.take()
                found = json.loads(self.run_command("doctor", "--json").stdout)
                (row,) = [one for one in found if one["check"] == "rows"]
                self.assertEqual((row["status"], row["what"].split()[0]),
                                 ("wrong", table))
                self.assertIn(column, row["what"])
                status, scrape = self.request("GET", "/metrics")
                self.assertEqual(status, 200)
                self.assertNotIn("\nup 1", scrape)
                self.assertNotIn("__name__", scrape)
                self.put_back(kept)

    LOST = {
        "no totals": (
            "DELETE FROM total WHERE series_id IN (SELECT id FROM series WHERE labels"
            """ = '{"l":"a"}')""",
            ("rows", 'series c_total {"l":"a"}: has no totals: its row in the table'
                     " total is missing"),
            'a row of series cannot be restored: c_total {"l":"a"} has no totals:'
            " its row in the table total is missing; correct or delete it in a copy with"
            " sqlite3",
            'c_total: the series {"l":"a"} has no totals: its row in the table total'
            " is missing"),
        "no series": (
            "INSERT INTO total (series_id, value, updated_at) VALUES (9999, 666, 1)",
            ("references", "1 rows refer to missing rows, the first in table total"),
            "a row of total refers to a missing row; repair or delete it in a "
            "copy with sqlite3", None),
    }

    def test_missing_totals_are_reported(self):
        """Every missing total is reported."""
        kept = self.database.read_bytes()
        for name, (sql, finding, restoring, merging) in self.LOST.items():
            with self.subTest(name):
                self.make()
                self.others()
                self.spoil(sql, schema=False)
                for command, told in (("restore", restoring),
                                      ("merge", merging or restoring)):
                    force = ["--force"] if command == "restore" else []
                    self.assertEqual(
                        self.output(command, *force, self.file, status=1),
                        f"tallyman {command}: {self.file}: {told}\n")
                self.assertEqual(self.dump(), [('{"l":"a"}', 1)])
                self.take()
                found = json.loads(self.run_command("doctor", "--json").stdout)
                self.assertIn((*finding, "wrong"),
                              [(one["check"], one["what"], one["status"])
                               for one in found])
                scrape = self.request("GET", "/metrics")[1]
                self.assertEqual('l="a"' in scrape, name == "no series")
                self.assertNotRegex(scrape, "(?m) 666$")
                self.assertRegex(self.output("totals", "c_total"),
                                 "(?m)^  a +1$" if name == "no series" else "(?m)^  a$")
                self.put_back(kept)

    def test_totals_of_no_series(self):
        """A new series with the next id does not get them."""
        self.spoil("INSERT INTO total (series_id, value, sum, count, updated_at)"
                   " WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n"
                   " WHERE i < 99) SELECT seq + i, 666, 666, 666, 9 FROM n,"
                   " sqlite_sequence WHERE name = 'series'", schema=False)
        self.take()
        self.count("new")
        self.push("# TYPE new_seconds histogram\nnew_seconds_bucket{le=\"1\"} 1\n"
                  "new_seconds_count 1\nnew_seconds_sum 1\n")
        self.assertEqual(self.dump(), [('{"l":"a"}', 1), ('{"l":"new"}', 1)])
        self.assertEqual(
            self.rows("SELECT value, sum, count, buckets FROM series JOIN total ON"
                      " series_id = series.id WHERE family_id = (SELECT id FROM family"
                      " WHERE name = 'new_seconds')"), [(0, 1, 1, "[1,0]")])

    NUMBERS = (
        "UPDATE total SET count = -5",
        "UPDATE total SET count = 9223372036854775807",
        "UPDATE total SET value = -7, sum = -7",
        "UPDATE total SET value = 9e999, sum = 9e999",
        "UPDATE total SET value = 1e308, sum = 1e308",
        "UPDATE total SET updated_at = 9223372036854775807",
        "UPDATE series SET created_at = -9223372036854775808",
        "UPDATE total SET buckets = '[9223372036854775807,9223372036854775807,"
        "9223372036854775807]' WHERE series_id IN (SELECT id FROM series WHERE"
        " family_id = (SELECT id FROM family WHERE name = 'h_seconds'))",
        "UPDATE total SET series_id = series_id + 1000000",
        "DELETE FROM total",
        "UPDATE family SET id = id + 9000000000000000000",
        "UPDATE family SET help = char(10) || 'up 1', unit = char(10)",
        "INSERT INTO pusher (family_id, labels, pusher, series, value, sum, count,"
        " buckets, epoch, seen_at)"
        " SELECT id, '[', ']', '{', -1, 1, -1, '[', -1, -1 FROM family",
        "INSERT INTO exemplar SELECT id, -1, '[', 9e999, -9e999 FROM series",
        "INSERT INTO push_key VALUES (zeroblob(16), -9223372036854775808)",
        "UPDATE meta SET value = 9223372036854775807 WHERE key <> 'identity'",
        "UPDATE meta SET value = 'x' WHERE key <> 'identity'",
        "DELETE FROM meta",
        "DELETE FROM family",
        "DELETE FROM series",
    )

    def test_extreme_numbers(self):
        """After merge or restore, scrapes and pushes work with any numbers."""
        kept = self.database.read_bytes()
        for sql in self.NUMBERS:
            for command in (("merge",), ("restore", "--force", "--no-keep")):
                with self.subTest(sql, command=command[0]):
                    self.make()
                    if command == ("merge",):
                        self.others()
                    self.spoil(sql, schema=False)
                    done = self.run_command(*command, self.file)
                    self.assertIn(done.returncode, (0, 1), done)
                    status, scrape = self.request("GET", "/metrics")
                    self.assertEqual(status, 200, done)
                    self.assertNotIn("\nup 1", scrape)
                    for line in scrape.splitlines():
                        if line.startswith(("h_seconds_count", "h_seconds_bucket",
                                            "c_total")):
                            self.assertRegex(line, r" [0-9.e+]+$")
                    self.assertEqual(
                        self.request("POST", "/record", json.dumps(
                            [counter("c_total", 1, l="a")])), (200, "OK\n"))
                    found = json.loads(self.run_command("doctor", "--json").stdout)
                    self.assertEqual([one["status"] for one in found
                                      if one["check"] == "rows"], ["ok"], found)
                    self.put_back(kept)

    def test_no_file(self):
        pipe = self.dir / "pipe"
        os.mkfifo(pipe)
        for path, told in ((self.dir, "is not a regular file"),
                           (pipe, "is not a regular file"),
                           (self.dir / "none.db",
                            "cannot be opened: No such file or directory")):
            for command in (("restore", "--force"), ("restore",), ("merge",)):
                self.assertEqual(self.output(*command, path, status=1),
                                 f"tallyman {command[0]}: database {path}: {told}\n")

    def test_control_characters_do_not_reach_the_terminal(self):
        self.others()
        self.spoil("""UPDATE family SET name = char(27) || ']0;x' WHERE name ="""
                   " 'c_total'", schema=False)
        for command in (("restore", "--force"), ("merge",)):
            error = self.output(*command, self.file, status=1)
            self.assertIn("\\x1b]0;x", error)
            self.assertNotIn("\x1b", error)


if __name__ == "__main__":
    tap.main()
