"""tallyman doctor about queries by SQL that fail or do not run."""

import json
import time

import tap
from doctor_case import DoctorCase
from harness import wait_until
from shop import sql


class Queries(DoctorCase):
    def list_queries(self, *queries):
        """Writes the file of queries."""
        (self.dir / "metrics.d/queries.json").write_text(json.dumps({"queries": queries}))

    def run_all(self, *queries):
        """Runs each query once, with the responder as a CGI program."""
        self.list_queries(*queries)
        for _ in queries:
            self.assertEqual(self.request("GET", "/-/ready")[0], 200)
        wait_until(lambda: self.rows("SELECT count(*) FROM sql_query WHERE runs > 0")
                   == [(len(queries),)], "runs of queries")

    def about(self, *arguments, **options):
        return [(one["status"], one["check"], one["where"], one["what"])
                for one in self.findings(*arguments, **options)
                if one["check"] in ("query", "queries")]

    def test_queries(self):
        database = str(self.dir / "tallyman.db")
        self.assertEqual(self.about(), [])
        good, bad = sql("good", "SELECT 1"), sql("bad", "SELECT * FROM no_table")
        self.list_queries(good)
        self.assertEqual(self.about(), [
            ("note", "queries", database, "1 of 1 are not known to the responders yet")])
        self.run_all(good, bad)
        self.assertEqual(self.about(status=1)[1:], [
            ("ok", "queries", database, "1 of 2 have values")])
        self.assertWrong("query", "bad", "the query fails and has no values: ",
                         "tallyman check --queries")
        self.write("UPDATE sql_query SET succeeded_at = ? WHERE name = 'bad'",
                   time.time() - 5000)
        self.assertWrong("query", "bad", " s old: ", "check --queries")
        self.write("UPDATE sql_query SET error = NULL")
        self.assertEqual(self.about(), [("ok", "queries", database, "2 of 2 have values")])
        self.write("UPDATE sql_query SET started_at = ? WHERE name = 'bad'",
                   time.time() - 2 * 60 - 100)
        self.assertEqual(self.about(), [("ok", "queries", database, "2 of 2 have values")])
        self.write("UPDATE sql_query SET started_at = started_at - 100 WHERE name = 'bad'")
        self.assertWrong("query", "bad", " s ago; it should run every 60 s", "responders")
        self.write("UPDATE sql_query SET started_at = ? WHERE name = 'bad'",
                   time.time() + 3600)
        self.assertWrong("query", "bad", "set back", "responders")
        self.write("UPDATE sql_query SET started_at = 0 WHERE name = 'bad'")
        self.assertEqual(self.about()[0], ("note", "query", "bad", "has not run yet"))


if __name__ == "__main__":
    tap.main()
