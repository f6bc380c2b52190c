"""A push that cannot be stored does not fail the other pushes of its turn, no push
overflows a total, and open labels keep their maximum."""

import contextlib
import json
import signal
import sqlite3

import fastcgi
import tap
from harness import counter, histogram, uuid7, wait_until
from responder_case import ResponderCase, allowlist, label, listed, stop_now

END = 2**53


class BatchCase(ResponderCase):
    metrics = {"batches.json": allowlist(
        listed("good_total", labels=[label("n", *map(str, range(20)))]),
        listed("bad_seconds", "histogram", buckets=[1]),
        listed("open_total", labels=[{"name": "page", "maxValues": 2}]),
        listed("open_seconds", "histogram", buckets=[1],
               labels=[{"name": "page", "maxValues": 2}]),
        listed("job_total", labels=[{"name": "job", "maxValues": 2}]),
    )}

    def write(self, sql):
        connection = sqlite3.connect(self.site.database)
        with contextlib.closing(connection), connection:
            connection.executescript(sql)

    def in_one_turn(self, requests):
        """Returns the replies to requests that arrive before the responder's next turn."""
        connections = [self.connect() for _ in requests]
        for connection in connections:  # the responder has accepted each connection
            self.assertEqual(connection.get("/-/healthy").status, 200)
        responder = self.responders.processes[0]
        stop_now(responder)
        try:
            for connection, request in zip(connections, requests):
                connection.send(request)
        finally:
            responder.signal(signal.SIGCONT)
        return [connection.reply() for connection in connections]

    def expose(self, body, path="/metrics/job/x"):
        return fastcgi.request("POST", path, body)

    def largest_turn(self):
        """Returns the upper bound of the largest turn's bucket."""
        buckets = json.loads(self.site.query(
            "SELECT buckets FROM series JOIN total ON series_id = series.id "
            "JOIN family ON family.id = family_id WHERE name = 'tallyman_turn_requests'")[0][0])
        return max((n for n, count in enumerate(buckets) if count), default=-1)


class OneTurn(BatchCase):
    def poison(self):
        """Makes the database refuse observations of bad_seconds."""
        self.write("ALTER TABLE total ADD COLUMN poison INTEGER CHECK (count = 0 OR "
                   "series_id <> %d)" % self.site.query(
                       "SELECT series.id FROM series JOIN family ON family.id = "
                       "family_id WHERE name = 'bad_seconds'")[0][0])

    def test_bad_batches(self):
        """Of many pushes in one turn only those that cannot be stored are refused;
        the others are counted."""
        self.poison()
        batch, bad_batch = uuid7(), uuid7()
        bad_text = (b"# TYPE bad_seconds histogram\nbad_seconds_bucket{le=\"1\"} 1\n"
                    b"bad_seconds_count 1\nbad_seconds_sum 1\n")
        good = [fastcgi.push([counter("good_total", n=str(n))]) for n in range(8)]
        good.append(fastcgi.push({"batch": batch, "metrics": [counter("good_total", n="8")]}))
        good.append(fastcgi.push([counter("open_total", page="/kept")]))
        good.append(self.expose(b"job_total 1\n", "/metrics/job/x"))
        bad = [
            fastcgi.push([histogram("bad_seconds", 0.5)]),
            fastcgi.push({"batch": bad_batch, "metrics": [
                counter("open_total", page="/lost"), histogram("bad_seconds", 0.5)]}),
            self.expose(bad_text, "/metrics"),
        ]
        requests = [*good[:5], *bad, *good[5:]]
        before = self.site.stored("tallyman_samples_rejected_total", door="record",
                                  reason="not_stored")
        self.assertEqual(before, 0)
        replies = self.in_one_turn(requests)
        for request, reply in zip(requests, replies):
            if request in good:
                self.assertIn(reply.status, (200, 202), reply)
            else:
                self.assertEqual(reply.status, 500, reply)
                self.assertIn("CHECK constraint failed", reply.text)
                self.assertIn("nothing was counted", reply.text)
        for n in range(9):
            self.assertEqual(self.site.stored("good_total", n=str(n)), 1)
        self.assertEqual(self.site.stored("job_total", job="x"), 1)
        self.assertEqual(self.pages("open_total"), ["/kept"])
        self.assertEqual(self.site.query("SELECT sum(count) FROM series "
                                         "JOIN total ON series_id = series.id "
                                         "JOIN family ON family.id = family_id WHERE name = "
                                         "'bad_seconds'")[0][0], 0)
        self.assertIn("one push was refused, the others in the same commit were accepted: ",
                      self.responders.stderr())
        self.assertNotIn("pushes are refused until", self.responders.stderr())

        def told():
            return (self.rejected("record"), self.rejected("exposition"),
                    self.site.stored("tallyman_pushes_rejected_total", door="record",
                                     reason="refused"))

        wait_until(lambda: told() == (3, 1, 2), "the refused samples to be counted")
        # The bounds are 1, 2, 4, 8, 16: the pushes shared one turn.
        self.assertGreaterEqual(self.largest_turn(), 4)
        # After the repair a push is counted under the id that was refused.
        self.write("ALTER TABLE total DROP COLUMN poison")
        self.assertAccepted(self.ask(bad[1]))
        self.assertEqual(self.pages("open_total"), ["/kept", "/lost"])
        self.assertAccepted(self.ask(bad[1]))
        self.assertEqual(self.site.stored("open_total", page="/lost"), 1)

    def rejected(self, endpoint):
        return self.site.stored("tallyman_samples_rejected_total", door=endpoint,
                                reason="not_stored")

    def pages(self, family):
        return [row[0] for row in self.site.query(
            "SELECT DISTINCT labels ->> 'page' FROM series JOIN family ON family.id = "
            "family_id WHERE name = ? AND labels ->> 'page' <> 'other' ORDER BY 1", family)]


class Ends(BatchCase):
    def test_total_at_its_maximum(self):
        """A count at its maximum delays no push, and the scrape stays valid."""
        self.push([histogram("bad_seconds", 0.5)])
        self.write(f"UPDATE total SET count = {END} - 1, sum = 1e100, buckets = "
                   f"'[{END - 1},0]' WHERE buckets NOT NULL AND count > 0 AND series_id IN "
                   "(SELECT series.id FROM series JOIN family ON family.id = family_id "
                   "WHERE name = 'bad_seconds')")
        more = (b"# TYPE bad_seconds histogram\nbad_seconds_bucket{le=\"1\"} %d\n"
                b"bad_seconds_count %d\nbad_seconds_sum 1e100\n" % (2**40, 2**40))
        for _ in range(3):
            requests = [
                self.expose(more, "/metrics"),
                fastcgi.push([histogram("bad_seconds", 0.5)]),
                fastcgi.push([counter("good_total", n="1")]),
            ]
            for reply in self.in_one_turn(requests):
                self.assertIn(reply.status, (200, 202), reply)
        self.assertEqual(self.site.stored("good_total", n="1"), 3)
        scrape = self.scrape()
        for name, want in (("bad_seconds_count", END), ("bad_seconds_sum", 1e100)):
            self.assertEqual(scrape.value(name), want)
        self.assertEqual(scrape.value("bad_seconds_bucket", le="1"), END)


class Gone(BatchCase):
    config = {"open_families": True}
    FAMILIES = ("good_total", "loose_total", "open_total")

    def push_each(self):
        self.assertAccepted(self.push([counter("good_total", n="1"),
                                       counter("open_total", page="/a")]))
        text = b"# TYPE loose_total counter\nloose_total 1\n"
        self.assertEqual(self.ask(self.expose(text)).status, 200)

    def rows(self):
        return self.site.query(
            "SELECT name, labels, total.value, created_at > 7, meta.value FROM series"
            " JOIN total ON series_id = series.id JOIN family ON family.id = family_id"
            " JOIN meta ON key = 'open_series' WHERE name IN (?, ?, ?)"
            " AND total.value > 0 ORDER BY name", *self.FAMILIES)

    def test_missing_totals_restart_at_zero(self):
        """A series without a total restarts at zero with the next push, and a
        message is logged."""
        self.push_each()
        before = self.rows()
        self.assertEqual(before, [
            ("good_total", '{"n":"1"}', 1, 1, 1),
            ("loose_total", '{"job":"x"}', 1, 1, 1),
            ("open_total", '{"page":"/a"}', 1, 1, 1)])
        self.push_each()
        self.write("UPDATE series SET created_at = 7; DELETE FROM total"
                   " WHERE series_id IN (SELECT series.id FROM series"
                   " JOIN family ON family.id = family_id WHERE name IN "
                   f"{self.FAMILIES})")
        self.push_each()
        self.assertEqual(self.rows(), before)
        for name, labels, *_ in before:
            self.assertIn(f"{name}{labels}: its row in the table total was missing: the"
                          " series starts again at zero", self.responders.stderr())


class Values(BatchCase):
    """maxValues holds across restarts, failures, removals and several responders."""

    responders_wanted = 2

    def pages(self, family, name="page"):
        return self.site.query(
            "SELECT count(DISTINCT labels ->> ?) FROM series JOIN family ON family.id "
            "= family_id WHERE name = ? AND labels ->> ? <> 'other'",
            name, family, name)[0][0]

    def test_restarts(self):
        """A new responder learns all values, also of series with equal totals."""
        for page in ("/0", "/1"):
            self.assertAccepted(self.push([counter("open_total", page=page),
                                           histogram("open_seconds", 1, page=page)]))
        for number in range(2):
            self.responders.terminate(number)
            self.responders.restart(number)
        for page in ("/2", "/3", "/1", "/0"):
            for connection in self.connect_to_each():
                self.assertAccepted(connection.push([
                    counter("open_total", page=page),
                    histogram("open_seconds", 1, page=page)]))
        self.assertEqual((self.pages("open_total"), self.pages("open_seconds")), (2, 2))
        self.assertEqual(self.site.stored("open_total", page="other"), 4)

    def test_removed_values_are_forgotten(self):
        """Responders forget values that another process has removed."""
        for job in ("a", "b"):
            for connection in self.connect_to_each():
                reply = connection.ask(self.expose(b"job_total 1\n", f"/metrics/job/{job}"))
                self.assertEqual(reply.status, 200, reply)
        first, second = self.connect_to_each()
        self.assertEqual(first.ask(fastcgi.request("DELETE", "/metrics/job/b")).status, 202)
        for connection, job in ((first, "c"), (second, "b"), (second, "d"), (first, "a")):
            reply = connection.ask(self.expose(b"job_total 1\n", f"/metrics/job/{job}"))
            self.assertEqual(reply.status, 200, reply)
        self.assertEqual(self.pages("job_total", "job"), 2)
        for job, total in (("a", 3), ("c", 1), ("other", 2)):
            self.assertEqual(self.site.stored("job_total", job=job), total)


if __name__ == "__main__":
    tap.main()
