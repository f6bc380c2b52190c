"""Changed configuration files take effect on all responders within 2 s, without a
restart or a lost push. Bad files do not take effect."""

import re
import signal
import time

import fastcgi
import harness
import tap
from harness import counter, histogram, wait_until
from responder_case import ResponderCase, allowlist, label, listed, serving, stop_now

RELOADED = "tallyman_config_last_reload_successful"

# The promised time for a change is 2 s; twice that on a busy machine.
RELOAD_SECONDS = 4

CLOSED = listed("colour_total", labels=[label("colour", "red", "green")])


class ReloadCase(ResponderCase):
    responders_wanted = 2
    metrics = {"own.json": allowlist(CLOSED)}

    def setUp(self):
        super().setUp()
        self.each = self.connect_to_each()
        self.assertEqual([self.reloaded(i) for i in (0, 1)], [1, 1])

    def change(self, *metrics, name="own.json"):
        self.write(name, allowlist(*metrics))

    def write(self, name, text):
        """Replaces an allowlist file atomically, like an editor. The temporary name
        does not end in .json."""
        path = self.site.write(f"tallyman/metrics.d/{name}.new", text)
        path.rename(path.with_suffix(""))

    def scrape_of(self, number, **params):
        reply = self.each[number].get("/metrics", self.site.token, **params)
        self.assertEqual(reply.status, 200, reply)
        return harness.Scrape(reply.text)

    def reloaded(self, number):
        return self.scrape_of(number).value(RELOADED)

    def wait_for(self, condition, what):
        """Waits until the condition is true for both responders' numbers."""
        for number in (0, 1):
            wait_until(lambda: condition(number), f"{what} ({number})")

    def knows(self, name, number, **labels):
        reply = self.each[number].push([counter(name, 0, **labels)])
        self.assertEqual(reply.status, 200)
        return reply.body == b"OK\n"


class Reload(ReloadCase):
    def test_new_family(self):
        load = self.load([counter("colour_total", colour="red")], pause=0.002)
        unknown = [counter("new_total", shape="round")]
        for connection in self.each:
            self.assertIn("unknown_family 1", connection.push(unknown).text)
        start = harness.awake()
        self.change(
            CLOSED, listed("new_total", labels=[label("shape", "round", "flat")])
        )
        # The scrape shows it, at zero, before the first push.
        for shape in ("round", "flat"):
            self.wait_for(
                lambda number: self.scrape_of(number).value(
                    "new_total", shape=shape
                )
                == 0,
                "zero rows",
            )
        self.assertLess(harness.awake() - start, RELOAD_SECONDS)
        for connection in self.each:
            self.assertAccepted(connection.push(unknown))
        load.stop()
        self.assertEqual((load.unanswered, load.statuses), (0, []))
        self.assertEqual(
            self.site.stored("colour_total", colour="red"), load.acknowledged
        )
        self.assertEqual(self.site.stored("new_total", shape="round"), 2)
        for process in self.responders.processes:
            self.assertTrue(process.alive())

    def test_new_file_and_removed_file(self):
        self.change(listed("added_total"), name="added.json")
        self.wait_for(lambda n: self.knows("added_total", n), "the new file")
        self.each[0].push([counter("added_total", 5)])
        (self.site.home / "metrics.d/added.json").unlink()
        self.wait_for(
            lambda n: not self.knows("added_total", n), "the removed family to disappear"
        )
        # Not exposed, but still stored.
        for number in (0, 1):
            got = self.scrape_of(number)
            self.assertIsNone(got.value("added_total"))
        self.assertEqual(self.site.stored("added_total"), 5)
        self.change(listed("added_total"), name="added.json")
        self.wait_for(
            lambda n: self.scrape_of(n).value("added_total") == 5, "its return"
        )

    def test_new_value_of_a_label(self):
        wider = listed(
            "colour_total", labels=[label("colour", "green", "blue", "red")]
        )
        self.each[0].push([counter("colour_total", 3, colour="red")])
        self.change(wider)
        self.wait_for(
            lambda n: self.knows("colour_total", n, colour="blue"),
            "the new value",
        )
        for connection in self.each:
            for colour in ("red", "blue"):
                self.assertAccepted(
                    connection.push([counter("colour_total", colour=colour)])
                )
        got = self.scrape()
        for colour, value in (("red", 5), ("green", 0), ("blue", 2)):
            self.assertEqual(got.value("colour_total", colour=colour), value)

    def test_new_token(self):
        self.site.write("tallyman/scrape.token", "another-token-0123456789\n")
        self.wait_for(
            lambda n: self.each[n].get("/metrics", self.site.token).status == 401,
            "the old token to be refused",
        )
        self.site.token = "another-token-0123456789"
        self.assertEqual(self.scrape().value(RELOADED), 1)

    def test_bad_change(self):
        load = self.load([counter("colour_total", colour="red")], pause=0.002)
        self.write(
            "own.json",
            '{"allowedMetrics": [\n'
            '  {"name": "ok_total", "help": "h", "type": "counter"},\n'
            '  {"name": "bad_total", "help": "h", "type": "meter"},\n'
            '  {"name": "9bad", "help": "h", "type": "counter"}\n'
            "]}\n",
        )
        self.wait_for(lambda n: self.reloaded(n) == 0, "the failure to show")
        # The old configuration stays active; no part of the new one is.
        for number, connection in enumerate(self.each):
            self.assertTrue(self.knows("colour_total", number, colour="green"))
            self.assertFalse(self.knows("ok_total", number))
        # Each responder has logged the place of each error and that it keeps the
        # old configuration.
        log = self.responders.stderr()
        path = re.escape(str(self.site.home / "metrics.d/own.json"))
        for line in (3, 4):
            found = re.findall(rf"tallyman: error: {path}:{line}:\d+: \S+: .+", log)
            self.assertEqual(len(found), 2, log)
        self.assertEqual(log.count("the old one stays in force"), 2, log)

        self.change(CLOSED, listed("ok_total"))
        self.wait_for(lambda n: self.reloaded(n) == 1, "the repair to show")
        for number in (0, 1):
            self.assertTrue(self.knows("ok_total", number))
        load.stop()
        self.assertEqual((load.unanswered, load.statuses), (0, []))
        self.assertEqual(
            self.site.stored("colour_total", colour="red"), load.acknowledged
        )

    def test_bad_main_file(self):
        good = self.site.config.read_text()
        for bad in ("{", good.replace("{", '{"databse": "x",', 1)):
            with self.subTest(bad[:20]):
                self.site.write("tallyman/tallyman.json", bad)
                self.wait_for(lambda n: self.reloaded(n) == 0, "the failure")
                self.assertTrue(self.knows("colour_total", 0, colour="red"))
                self.site.write("tallyman/tallyman.json", good)
                self.wait_for(lambda n: self.reloaded(n) == 1, "the repair")

    def test_another_database(self):
        self.each[0].push([counter("colour_total", 7, colour="red")])
        self.site.configure(database="other.db")
        self.wait_for(
            lambda n: self.scrape_of(n).value("colour_total", colour="red") == 0,
            "the other database",
        )
        for connection in self.each:
            self.assertAccepted(
                connection.push([counter("colour_total", colour="red")])
            )
        self.assertEqual(self.site.stored("colour_total", colour="red"), 7)
        self.site.database = self.site.home / "other.db"
        self.assertEqual(self.site.stored("colour_total", colour="red"), 2)


def seconds(*bounds):
    return listed("wait_seconds", "histogram", buckets=list(bounds))


def buckets(scrape):
    """Returns the bounds and cumulative counts of the histogram."""
    return sorted(
        (float(dict(labels)["le"]), value)
        for (name, labels), value in scrape.samples.items()
        if name == "wait_seconds_bucket"
    )


class Bounds(ReloadCase):
    """Two responders notice a change at different times. Counts of new bounds must
    not be mixed with counts of old ones."""

    metrics = {"own.json": allowlist(CLOSED, seconds(1, 2, 4))}
    openmetrics = {"HTTP_ACCEPT": "application/openmetrics-text"}

    def bounds(self, number):
        """Returns the bounds in a scrape, or [None] if it is refused for the moment."""
        reply = self.each[number].get("/metrics", self.site.token)
        if reply.status == 503:
            self.assertUnavailable(reply)
            return [None]
        return [le for le, _ in buckets(harness.Scrape(reply.text))]

    def created(self, number):
        reply = self.each[number].get(
            "/metrics?created=1", self.site.token, **self.openmetrics
        )
        self.assertEqual(reply.status, 200, reply)
        got = harness.Scrape(reply.text)
        return got.value("wait_seconds_created")

    def test_histogram_restarts_at_zero(self):
        for connection in self.each:
            self.assertAccepted(
                connection.push([histogram("wait_seconds", 0.5, 3, 9)])
            )
        born = self.created(0)
        self.assertLessEqual(born, time.time())
        # _created has whole seconds.
        time.sleep(1.1)
        load = self.load([histogram("wait_seconds", 1.5)], pause=0.002)
        self.change(CLOSED, seconds(1, 2, 3, 5))
        self.wait_for(
            lambda n: self.bounds(n) == [1, 2, 3, 5, float("inf")],
            "the new bounds",
        )
        load.stop()
        self.assertEqual((load.unanswered, load.statuses), (0, []))
        # Earlier pushes are gone, later ones counted.
        got = self.scrape()
        count = got.value("wait_seconds_count")
        self.assertLessEqual(count, load.acknowledged)
        self.assertEqual(got.value("wait_seconds_sum"), 1.5 * count)
        for connection in self.each:
            self.assertAccepted(
                connection.push([histogram("wait_seconds", 0.5, 2.5, 4.5, 9)])
            )
        for number in (0, 1):
            got = self.scrape_of(number)
            self.assertEqual(
                buckets(got),
                [
                    (1, 2),
                    (2, 2 + count),
                    (3, 4 + count),
                    (5, 6 + count),
                    (float("inf"), 8 + count),
                ],
            )
            self.assertEqual(got.value("wait_seconds_count"), count + 8)
            self.assertEqual(got.value("wait_seconds_sum"), 1.5 * count + 33)
            self.assertGreater(self.created(number), born)
        self.assertIn("starts again at zero", self.responders.stderr())
        self.assertEqual(
            self.responders.stderr().count("starts again at zero"), 1
        )
        self.assertEqual(self.site.query("PRAGMA integrity_check"), [("ok",)])

    def resume_first(self):
        self.responders.processes[0].signal(signal.SIGCONT)

    def test_push_to_a_responder_with_the_old_bounds(self):
        self.each[0].push([histogram("wait_seconds", 0.5)])
        self.addCleanup(self.resume_first)
        stop_now(self.responders.processes[0])
        self.change(CLOSED, seconds(10, 20, 40))
        wait_until(lambda: self.bounds(1)[0] == 10, "the change")
        self.assertAccepted(
            self.each[1].push([histogram("wait_seconds", 5, 15)])
        )
        self.each[0].send(fastcgi.push([histogram("wait_seconds", 5, 15, 50)]))
        self.resume_first()
        self.assertAccepted(self.each[0].reply())
        for number in (0, 1):
            self.assertEqual(
                buckets(self.scrape_of(number)),
                [(10, 2), (20, 4), (40, 4), (float("inf"), 5)],
            )


class Unnoticed(ReloadCase):
    """One responder checks the files half a second after the other and is scraped in between."""

    responders_wanted = 1
    metrics = {"own.json": allowlist(CLOSED, seconds(1, 2, 4))}

    def connect_to_each(self):
        time.sleep(0.5)
        late = self.responders.processes[self.responders.start()]
        wait_until(lambda: serving(late), "the second responder to serve")
        return super().connect_to_each()

    def seen(self, number):
        """Returns the lowest bound and the count, or None if the scrape has none."""
        reply = self.each[number].get("/metrics", self.site.token)
        if reply.status == 503:
            return None
        got = buckets(harness.Scrape(reply.text))
        return (got[0][0], got[-1][1]) if got else None

    def test_new_counts_never_appear_under_old_bounds(self):
        old = (1, 0)
        for number, bound in enumerate((10, 100, 1000), 1):
            self.change(CLOSED, seconds(bound, 2 * bound, 4 * bound))
            new = {(bound, 0), (bound, number)}
            observed = False
            deadline = time.monotonic() + harness.PATIENCE
            while True:
                self.assertLess(time.monotonic(), deadline)
                seen = [self.seen(0), self.seen(1)]
                self.assertLessEqual(set(seen), {old, None, *new})
                done = [each in new for each in seen]
                if all(done) and observed:
                    break
                if any(done) and not observed:
                    early = self.each[done.index(True)]
                    samples = [histogram("wait_seconds", *[bound] * number)]
                    self.assertAccepted(early.push(samples))
                    observed = True
            old = (bound, number)


if __name__ == "__main__":
    tap.main()
