"""Three simulated days on a shared host: the dashboard shows the numbers that a
real Prometheus computes from scrapes of the same days, and nothing is lost at
midnight. Daylight saving time begins in Europe in between."""

import json
import math
import shutil
import urllib.parse

import harness
import tap
import test_shared_hosting
from faketime import Clock
from harness import counter, gauge, histogram, wait_until
from test_prometheus import Prometheus
from test_shared_hosting import Case, SharedHost

HOUR, DAY = 3600, 86400
BEGIN = 1774656000  # 2026-03-28, a Saturday; the clocks change on Sunday
END = BEGIN + 3 * DAY
INTERVAL = HOUR  # between scrapes
ALLOWLIST = {"allowedMetrics": [
    {"name": "queue_depth", "help": "Jobs that wait.", "type": "gauge", "gauge": "last"}]}

# Pushes by page, with hours and minutes from the beginning: views, errors and LCP
# in seconds. All series but one exist before.
BEFORE = [("home", 1, 1, [1.0]), ("about", 1, 1, [3.0])]
PUSHED = {
    (0, 0): [("home", 2, 0, [0.9, 1.1])],
    (0, 10): [("home", 3, 1, [1.9, 2.1, 4.5]), ("about", 1, 0, [0.4])],
    (9, 59): [("home", 20, 2, [2.2] * 20)],
    (10, 0): [("about", 4, 0, [0.7, 0.9, 6.0, 30.0])],
    (23, 59): [("home", 1, 0, [1.2])],
    (24, 0): [("home", 1, 0, [8.0])],
    (25, 30): [("about", 7, 3, [1.5] * 7)],  # the hour that Berlin skips
    (26, 30): [("about", 2, 1, [1.7, 1.8])],
    (47, 1): [("home", 40, 0, [1.1] * 30 + [2.6] * 10)],
    (49, 15): [("docs", 5, 0, [0.5] * 5)],
    (63, 20): [("home", 11, 1, [0.3] * 11), ("docs", 6, 0, [3.3] * 6)],
    (71, 55): [("about", 3, 0, [2.4, 2.5, 2.6])],
}
QUEUE = {(0, 30): 4, (30, 5): 9, (30, 20): 7, (70, 5): 2}

VIEWS = "increase(web_page_views_total[%s])"
VITAL = "increase(web_lcp_seconds_bucket[%s])"


def setUpModule():
    test_shared_hosting.setUpModule()


class ClockedHost(SharedHost):
    """Uses a responder that libfaketime can change: the package's is static."""

    def prepare(self):
        self.clock = Clock(self.site, BEGIN - HOUR, "Europe/Berlin")
        return super().prepare()

    def unpack(self, commands):
        super().unpack(commands)
        mine = self.web / "tallyman/program/tallyman.fcgi"
        mine.unlink()
        shutil.copy(harness.ROOT / "build/tallyman.fcgi", mine)
        self.site.give_away()

    def variant(self):
        clock = "".join(
            f"{self.set_variable} {name} {value}\n"
            for name, value in self.clock.environment.items()
        )
        return clock + super().variant()


class ScrapedDays(Prometheus):
    """A Prometheus with the scrapes, at the simulated times."""

    arguments = (f"--query.lookback-delta={INTERVAL}s",
                 "--storage.tsdb.retention.time=100y")


def timed(text, now):
    """Returns the samples of the scrape with their time."""
    return "".join(
        f"{line} {now}\n" for line in text.splitlines() if line and line[0] != "#"
    )


def numbers(data):
    """Returns (label set, time) -> value of a query's answer."""
    found = {}
    for series in data["result"]:
        labels = frozenset(series["metric"].items())
        for at, value in series.get("values") or [series["value"]]:
            found[labels, at] = float(value)
    return found


class ThreeDays(Case):
    host = ClockedHost

    def setUp(self):
        super().setUp()
        self.set_up()
        (self.place / "metrics.d/mine.json").write_text(json.dumps(ALLOWLIST))
        self.site.give_away()
        harness.wait_until(self.takes_the_gauge, "the changed allowlist")
        token = (self.place / "scrape.token").read_text().strip()
        self.reader = {"Authorization": f"Bearer {token}"}
        for page in BEFORE:
            self.push_page(*page)
        self.prometheus = ScrapedDays(self.site, [], samples=self.live())
        self.addCleanup(self.prometheus.stop)
        wait_until(lambda: self.prometheus.api("status/buildinfo"), "Prometheus")

    def send(self, *samples):
        return self.request("POST", "/record", json.dumps(samples),
                            {"Content-Type": "application/json"})

    def push(self, *samples):
        reply = self.send(*samples)
        self.assertEqual((reply.status, reply.text), (200, "OK\n"))

    def push_page(self, page, views, errors, lcp):
        view = {"page": page, "navigation": "navigate", "device": "desktop"}
        self.push(
            counter("web_page_views_total", views, **view),
            counter("web_errors_total", errors, page=page, kind="TypeError"),
            histogram("web_lcp_seconds", *lcp, **view),
        )

    def queue(self, depth):
        return gauge("queue_depth", depth)

    def takes_the_gauge(self):
        return self.send(self.queue(1)).text == "OK\n"

    def live(self):
        """Lives through the three days minute by minute; returns the scrapes. A
        scrape at the end of a period precedes its pushes."""
        scraped = []
        for minute in range(3 * 24 * 60 + 1):
            at = divmod(minute, 60)
            now = BEGIN + minute * 60
            if at[1] == 0 or at in PUSHED or at in QUEUE:
                self.server.clock.set(now)
            if at[1] == 0:
                reply = self.request("GET", "/metrics", headers=self.reader)
                self.assertEqual(reply.status, 200, reply)
                scraped.append(timed(reply.text, now))
            for page in PUSHED.get(at, ()):
                self.push_page(*page)
            if at in QUEUE:
                self.push(self.queue(QUEUE[at]))
        return "".join(scraped) + "# EOF\n"

    def ask(self, path, **parameters):
        reply = self.request("GET", f"/api/v1/{path}?" + urllib.parse.urlencode(parameters),
                             headers=self.reader)
        self.assertEqual(reply.status, 200, reply)
        answer = json.loads(reply.body)
        self.assertEqual(answer["status"], "success", answer)
        return answer["data"]

    def both(self, path, **parameters):
        """Returns the answers of Tallyman and of Prometheus."""
        return (numbers(self.ask(path, **parameters)),
                numbers(self.prometheus.api(path, **parameters)))

    def by(self, step, query):
        return self.both("query_range", query=query, start=BEGIN + step, end=END, step=step)

    def at_the_end(self, query):
        return self.both("query", query=query, time=END)

    def assert_same(self, found, count):
        """Both have the same series, the same number of points and the same values."""
        ours, theirs = found
        self.assertEqual(set(ours), set(theirs))
        self.assertEqual(len(ours), count)
        for key, value in ours.items():
            same = math.isclose(value, theirs[key], rel_tol=1e-9)
            nothing = math.isnan(value) and math.isnan(theirs[key])
            self.assertTrue(same or nothing, (key, value, theirs[key]))

    def check_days(self):
        """Plots by day and by hour, without new series: Prometheus does not count
        their first value."""
        old = '{page!="docs"}'
        views = f"web_page_views_total{old}"
        errors = f"web_errors_total{old}"
        buckets = f"web_lcp_seconds_bucket{old}"
        for step, unit, count in ((DAY, "1d", 3), (HOUR, "1h", 72)):
            self.assert_same(self.by(step, f"sum(increase({views}[{unit}]))"), count)
            self.assert_same(
                self.by(step, f"sum by (page) (increase({views}[{unit}]))"), 2 * count)
            self.assert_same(
                self.by(step, f"histogram_quantile(0.75, sum by (le)"
                        f" (increase({buckets}[{unit}])))"), count)
            self.assert_same(
                self.by(step, f"sum(increase({errors}[{unit}]))"
                        f" / sum(increase({views}[{unit}]))"), count)
            self.assert_same(self.by(step, f"sum(rate({views}[{unit}]))"), count)
            self.assert_same(self.by(step, "queue_depth"), count)

    def check_tables(self):
        views = 'web_page_views_total{page!="docs"}'
        buckets = 'web_lcp_seconds_bucket{page!="docs"}'
        self.assert_same(
            self.at_the_end(f"sum by (page) (increase({views}[3d]))"), 2)
        self.assert_same(
            self.at_the_end(f"histogram_quantile(0.75, sum by (le, page)"
                            f" (increase({buckets}[3d])))"), 2)
        self.assert_same(self.at_the_end("web_page_views_total"), 3)
        self.assert_same(self.at_the_end("web_lcp_seconds_count"), 3)
        self.assert_same(self.at_the_end("web_lcp_seconds_sum"), 3)

    def check_new_series(self):
        """Tallyman counts a new series from its first view on."""
        ours, theirs = self.by(DAY, 'sum(increase(web_page_views_total{page="docs"}[1d]))')
        key = frozenset(), END
        self.assertEqual(ours[key], 11)
        self.assertLess(theirs[key], 11)

    def check_within_a_scrape_interval(self):
        """Between two scrapes, the total lies between theirs."""
        text = 'web_page_views_total{page="home"}'
        asked = dict(query=text, step=HOUR)
        before = self.prometheus.api("query_range", start=BEGIN, end=END - HOUR, **asked)
        after = self.prometheus.api("query_range", start=BEGIN + HOUR, end=END, **asked)
        ours = self.ask("query_range", start=BEGIN + HOUR // 2, end=END - HOUR // 2, **asked)
        rows = [data["result"][0]["values"] for data in (before, ours, after)]
        self.assertEqual([len(row) for row in rows], [72] * 3)
        for least, total, most in zip(*rows):
            self.assertLessEqual(float(least[1]), float(total[1]))
            self.assertLessEqual(float(total[1]), float(most[1]))

    def check_all_is_there(self):
        """The days have every push."""
        views = {}
        for (hour, _), pages in PUSHED.items():
            for page, count, *_ in pages:
                views[page, hour // 24] = views.get((page, hour // 24), 0) + count
        ours, _ = self.by(DAY, "sum by (page) (increase(web_page_views_total[1d]))")
        found = {(dict(labels)["page"], (at - BEGIN) // DAY - 1): value
                 for (labels, at), value in ours.items() if value}
        self.assertEqual(found, views)

    def test_numbers(self):
        self.check_days()
        self.check_tables()
        self.check_new_series()
        self.check_within_a_scrape_interval()
        self.check_all_is_there()


if __name__ == "__main__":
    tap.main()
