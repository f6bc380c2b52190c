"""Everything at once for SOAK_SECONDS, 30 minutes in the long form: pushes to all
endpoints, scrapes, reloads, backups and kills. Memory stays flat, the WAL bounded, and
the totals equal the acknowledged pushes."""

import itertools
import json
import os
import random
import time

from torture import (
    LONG,
    MIB,
    Client,
    Worker,
    memory,
    mib,
    ms,
    percentile,
    record_push,
    slope,
    text_push,
    wal_bytes,
)

import fastcgi
import grafana
import tap
from harness import Scrape, counter, histogram, uuid7
from keep_case import KeepCase
from responder_case import KillCase, allowlist, label, listed

SECONDS = float(os.environ.get("SOAK_SECONDS", "1800" if LONG else "8"))
STEADY, KILLED = (0, 1), (2, 3)  # responders that run throughout, and that are killed

# journal_size_limit is 16 MiB; a scrape or a backup that is being read lets
# the log grow beyond it until the next reset.
WAL_MAX = 48 * MIB
# The most growth of a responder in an hour, once its caches are full.
GROWTH_MAX = 4 * MIB

PAGES = 200  # pushed values of a label with 50 permitted ones
DEPTHS = 8  # number of permitted groups

SOAK = (
    listed(
        "soak_clicks_total",
        labels=[label("kind", "a", "b"), {"name": "page", "maxValues": 50}],
    ),
    listed("soak_seconds", "histogram", buckets=[0.25, 0.5, 1]),
    listed(
        "soak_running_total",
        temporality="cumulative",
        labels=[label("job", "running")],
    ),
    listed("soak_added_total", labels=[label("job", "added")]),
    listed(
        "soak_depth",
        "gauge",
        labels=[label("job", "depth"), {"name": "group", "maxValues": DEPTHS}],
    ),
)


class Pusher(Worker):
    """`acknowledged` counts pushes; `waits` are their times, a sample of them."""

    pause = 0.01

    def __init__(self, path, number=0):
        super().__init__()
        self.client = Client(path)
        self.chance = random.Random(number)
        self.number = number
        self.acknowledged = 0
        self.waits = []

    def insist(self, data, status):
        start = time.monotonic()
        reply = self.client.insist(data, status)
        wait = time.monotonic() - start
        if len(self.waits) < 100000:
            self.waits.append(wait)
        else:
            self.waits[self.chance.randrange(len(self.waits))] = wait
        self.acknowledged += 1
        return reply

    def finish(self):
        self.client.close()


class Browser(Pusher):
    """With batch ids: each batch counts once."""

    def step(self):
        page = f"page{self.chance.randrange(PAGES)}"
        metrics = [
            counter("soak_clicks_total", 2, kind="a", page=page),
            histogram("soak_seconds", 0.25, 3),
        ]
        self.insist(record_push({"batch": uuid7(), "metrics": metrics}), 200)


class Panel(Pusher):
    """Whole sessions of Grafana; messages may be repeated."""

    pause = 0.05

    def step(self):
        session, base = grafana.new_session(), grafana.now() - 200
        for kind, at in (("start", 0), ("heartbeat", 60), ("end", 90)):
            body = json.dumps(grafana.message(kind, session, base + at)).encode()
            data = fastcgi.request(
                "POST", "/write", body, CONTENT_TYPE="text/plain;charset=UTF-8"
            )
            self.insist(data, 201)


class Running(Pusher):
    """A program that pushes its running total: it may be pushed twice."""

    def step(self):
        self.insist(
            text_push(
                "PUT",
                f"/metrics/job/running/instance/{self.number}",
                "# TYPE soak_running_total counter\n"
                f"soak_running_total {self.acknowledged + 1}\n",
            ),
            200,
        )


class Adding(Pusher):
    """A program whose pushes have no id: one without an answer may count."""

    def step(self):
        data = text_push(
            "POST",
            "/metrics",
            "# TYPE soak_added_total counter\n"
            'soak_added_total{job="added"} 1\n'
            "# TYPE soak_open_total counter\n"
            f'soak_open_total{{worker="{self.number}"}} 1\n',
        )
        reply = self.client.ask(data)
        if reply is not None and reply.status == 202:
            self.acknowledged += 1
        elif reply is not None:
            self.client.statuses.add((reply.status, reply.body[:200]))


class Depth(Pusher):
    """A group that is set and deleted; `depth` is its current value."""

    depth = None

    def step(self):
        path = f"/metrics/job/depth/group/{self.number}"
        if self.chance.random() < 0.1:
            self.insist(text_push("DELETE", path, ""), 202)
            self.depth = None
        else:
            depth = self.chance.randrange(1, 1000)
            text = f"# TYPE soak_depth gauge\nsoak_depth {depth}\n"
            self.insist(text_push("PUT", path, text), 200)
            self.depth = depth


class Scraper(Worker):
    """No counter is lower than in the previous scrape."""

    pause = 0.5
    counters = ("soak_clicks", "soak_seconds", "soak_running", "soak_added", "soak_open")

    def __init__(self, case):
        super().__init__()
        self.case = case
        self.client = Client(case.responders.path)
        self.last = {}
        self.count = 0

    def step(self):
        token = self.case.site.token
        reply = self.client.insist(fastcgi.get("/metrics", token), 200)
        samples = Scrape(reply.text).samples
        for key, value in self.last.items():
            if value > samples[key]:
                raise AssertionError(f"{key} went from {value} to {samples[key]}")
        self.last = {
            key: value
            for key, value in samples.items()
            if key[0].startswith(self.counters)
        }
        self.client.insist(fastcgi.get("/api/v1/metrics", token), 200)
        self.count += 1


class Reloader(Worker):
    """Adds and removes a family."""

    pause = 3

    def __init__(self, case):
        super().__init__()
        self.case = case
        self.count = 0

    def step(self):
        more = [listed(f"soak_extra_{self.count % 3}_total")]
        text = allowlist(*SOAK, *more)
        new = self.case.site.write("tallyman/metrics.d/soak.json.new", text)
        new.rename(new.with_suffix(""))
        self.count += 1


class Backups(Worker):
    pause = 5

    def __init__(self, case):
        super().__init__()
        self.case = case
        self.count = 0

    def step(self):
        self.case.succeed("backup", "--force", self.case.site.home / "backup.db")
        self.count += 1


class Killer(Worker):
    def __init__(self, case):
        super().__init__()
        self.case = case
        self.chance = random.Random(1)
        self.count = 0

    def step(self):
        number = self.chance.choice(KILLED)
        if self.chance.random() < 0.2:
            self.case.responders.terminate(number)
            self.case.responders.restart(number)
        else:
            self.case.kill([number])
        self.count += 1
        self.over.wait(self.chance.uniform(0.3, 3))


class Watcher(Worker):
    """`resident` has points (second, bytes) of each steady responder."""

    pause = 0.25 if SECONDS < 60 else 1

    def __init__(self, case):
        super().__init__()
        self.case = case
        self.begun = time.monotonic()
        self.resident = {number: [] for number in STEADY}
        self.descriptors = {number: [] for number in STEADY}
        self.wal = 0

    def step(self):
        now = time.monotonic() - self.begun
        for number in STEADY:
            pid = self.case.responders.processes[number].pid
            self.resident[number].append((now, memory(pid)))
            self.descriptors[number].append(len(os.listdir(f"/proc/{pid}/fd")))
        self.wal = max(self.wal, wal_bytes(self.case.site))


class Soak(KillCase, KeepCase):
    responders_wanted = len(STEADY) + len(KILLED)
    config = {"open_families": True}
    metrics = {"soak.json": allowlist(*SOAK)}

    def test_everything_at_once(self):
        path = self.responders.path
        self.pushers = {
            Browser: [Browser(path, n) for n in range(3)],
            Panel: [Panel(path, n) for n in range(2)],
            Running: [Running(path, n) for n in range(2)],
            Adding: [Adding(path, n) for n in range(2)],
            Depth: [Depth(path, n) for n in range(DEPTHS // 4)],
        }
        pushers = list(itertools.chain(*self.pushers.values()))
        scraper, reloader = Scraper(self), Reloader(self)
        backups, killer, watcher = Backups(self), Killer(self), Watcher(self)
        workers = [*pushers, scraper, reloader, backups, killer, watcher]
        begun = time.monotonic()
        for worker in workers:
            worker.start()
        while time.monotonic() - begun < SECONDS:
            time.sleep(0.25)
            if any(worker.error for worker in workers):
                break
        for worker in workers:
            worker.stop()
        tap.comment(
            f"{SECONDS:.0f} s: {sum(p.acknowledged for p in pushers)} pushes"
            f" acknowledged, {sum(p.client.unanswered for p in pushers)} without an"
            f" answer; {scraper.count} scrapes, {reloader.count} reloads,"
            f" {backups.count} backups, {killer.count} kills"
        )
        waits = [wait for pusher in pushers for wait in pusher.waits]
        tap.comment(
            f"waits with kills: p50 {ms(percentile(waits, 0.5))},"
            f" p99 {ms(percentile(waits, 0.99))}, longest {ms(max(waits))}"
        )
        # The load was large enough to find errors.
        for worker in (scraper, reloader, backups, killer):
            self.assertGreater(worker.count, 0)
        if LONG:
            self.assertGreater(sum(p.client.unanswered for p in pushers), 0)
        for pusher in pushers:
            self.assertGreater(pusher.acknowledged, 10)
            # A refused push is not lost: its client got an error.
            self.assertLessEqual({s for s, _ in pusher.client.statuses}, {503},
                                 pusher.client.statuses)
        self.check_totals()
        self.check_resources(watcher)
        self.check_database()

    def check_totals(self):
        counted = {
            kind: sum(pusher.acknowledged for pusher in pushers)
            for kind, pushers in self.pushers.items()
        }
        got = self.scrape()
        browsers = counted[Browser]
        self.assertEqual(got.total("soak_clicks_total"), 2 * browsers)
        self.assertEqual(got.value("soak_seconds_count"), 2 * browsers)
        self.assertEqual(got.value("soak_seconds_sum"), 3.25 * browsers)
        self.assertEqual(got.value("soak_seconds_bucket", le="0.25"), browsers)
        self.assertEqual(
            got.value("soak_running_total", job="running"), counted[Running]
        )
        sessions = counted[Panel] / 3
        for name, want in (("total", sessions), ("duration_seconds_total", 90 * sessions)):
            name = f"grafana_analytics_sessions_{name}"
            self.assertEqual(got.value(name, **grafana.LABELS), want)
        unknown = sum(p.client.unanswered for p in self.pushers[Adding])
        for name in ("soak_added_total", "soak_open_total"):
            total = got.total(name)
            self.assertGreaterEqual(total, counted[Adding])
            self.assertLessEqual(total, counted[Adding] + unknown)
        for pusher in self.pushers[Depth]:
            depth = got.value("soak_depth", job="depth", group=str(pusher.number))
            self.assertEqual(depth or None, pusher.depth)
        tap.comment(f"totals exact: {({k.__name__: n for k, n in counted.items()})}")

    def check_resources(self, watcher):
        tap.comment(f"WAL: at most {mib(watcher.wal)}, now {mib(wal_bytes(self.site))};"
                    f" database {mib(os.stat(self.site.database).st_size)}")
        self.assertLess(watcher.wal, WAL_MAX)
        for number in STEADY:
            points = watcher.resident[number]
            # The first third fills caches.
            later = points[len(points) // 3 :]
            hourly = slope(later) * 3600
            most = memory(self.responders.processes[number].pid, "VmHWM")
            fds = watcher.descriptors[number]
            tap.comment(
                f"responder {number}: resident {mib(points[0][1])} at first,"
                f" {mib(later[0][1])} after a third, {mib(later[-1][1])} in the end"
                + (f" ({mib(hourly)} an hour)" if SECONDS >= 600 else "")
                + f"; at most {mib(most)}, {max(fds)} descriptors"
            )
            self.assertLess(most, 64 * MIB)
            self.assertLess(max(fds), 100)
            # A short run only fills the caches.
            if SECONDS >= 600:
                self.assertLess(hourly, GROWTH_MAX)


if __name__ == "__main__":
    tap.main()
