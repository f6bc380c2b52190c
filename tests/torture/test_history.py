"""Responders are killed during simulated days: each push is in the history once, in its
day and hour, for any time zone of the server; when the clock jumps, no push is lost or
counted twice."""

import collections
import json
import random
import threading
import time
import urllib.parse

from torture import LONG

import fastcgi
import harness
import tap
from faketime import Clock
from responder_case import ResponderCase, allowlist, label, listed, wait_serving

HOUR, DAY, YEAR = 3600, 86400, 31536000
BEGIN = 1772946000  # 2026-03-08 05:00, on which New York's clocks change
ROUNDS = 1000 if LONG else 40
CLIENTS, PUSHES = 3, 3
PAGES = [f"p{n:02d}" for n in range(40)]
ZONE = "America/New_York"
GOES_ON = [1, 60, 299, *[300] * 8, 600, 900, HOUR, HOUR, 2 * HOUR, DAY // 2, DAY]
JUMPS = [*GOES_ON, -300, -HOUR, -DAY, 10 * YEAR, -10 * YEAR]

BY_PERIOD = {
    DAY: "SELECT family, labels, unixepoch(day), growth FROM counter_by_day"
         " WHERE family = 'uses_total' UNION ALL"
         " SELECT family, labels, unixepoch(day), count FROM histogram_by_day"
         " WHERE family = 'load_seconds'",
    HOUR: "SELECT family, labels, unixepoch(hour), growth FROM counter_by_hour"
          " WHERE family = 'uses_total'",
}


class Periods(ResponderCase):
    responders_wanted = 3
    # Hours and days are kept for as long as the clock jumps.
    config = {"history": {"hour_days": 3660, "day_days": 36600}, "scrape_token_file": None,
              "limits": {"batch_id_hours": 24}}
    metrics = {"own.json": allowlist(
        listed("uses_total", labels=[{"name": "page", "maxValues": len(PAGES)}]),
        listed("load_seconds", "histogram", buckets=[1, 2], labels=[label("page", *PAGES)]))}

    def prepare(self):
        self.chance = random.Random(1)
        self.clock = Clock(self.site, BEGIN, ZONE)
        self.environment = self.clock.environment
        self.lock = threading.Lock()
        self.pushed = collections.Counter()  # family, page, time -> how many
        self.errors = []

    def push_some(self, seed, now):
        """Each push has a batch id and is sent until it is acknowledged."""
        chance = random.Random(seed)
        connection = None
        for _ in range(PUSHES):
            samples, counted = [], collections.Counter()
            for page in chance.choices(PAGES, k=chance.choice((1, 3, 30))):
                many = chance.randint(1, 3)
                samples.append(harness.counter("uses_total", many, page=page))
                counted["uses_total", page, now] += many
                samples.append(harness.histogram("load_seconds", *[1.5] * many, page=page))
                counted["load_seconds", page, now] += many
            data = fastcgi.push({"batch": harness.uuid7(now), "metrics": samples})
            while True:
                try:
                    connection = connection or fastcgi.Connection(self.responders.path)
                    reply = connection.ask(data)
                except fastcgi.Closed:
                    connection = None
                    continue
                if (reply.status, reply.text) == (200, "OK\n"):
                    break
                raise RuntimeError(repr(reply))
            with self.lock:
                self.pushed += counted
        connection.close()

    def push_in_thread(self, *arguments):
        try:
            self.push_some(*arguments)
        except Exception as error:
            self.errors.append(error)

    def round(self, now):
        self.clock.set(now)
        clients = [threading.Thread(target=self.push_in_thread, args=(self.chance.random(), now))
                   for _ in range(CLIENTS)]
        for client in clients:
            client.start()
        time.sleep(self.chance.random() / 50)
        number = self.chance.randrange(self.responders_wanted)
        self.responders.kill(number)
        self.responders.restart(number)
        for client in clients:
            client.join()
        if self.errors:
            raise self.errors[0]

    def live(self, steps):
        now = BEGIN
        for _ in range(ROUNDS):
            now += self.chance.choice(steps)
            self.round(now)
        wait_serving(*self.responders.processes)
        self.now = now

    def by_period(self, length):
        """The pushed growth of each period."""
        found = collections.Counter()
        for (family, page, now), many in self.pushed.items():
            found[family, page, now // length * length] += many
        return found

    def asked(self, length):
        """The pushed growth according to the query API."""
        found = collections.Counter()
        end = self.now // length * length + length
        for family, metric in (("uses_total", "uses_total"),
                               ("load_seconds", "load_seconds_count")):
            query = urllib.parse.urlencode(dict(
                query=f"sum by (page) (increase({metric}[{length}s]))",
                start=BEGIN // length * length + length, end=end, step=length))
            reply = self.get("/api/v1/query_range?" + query, QUERY_STRING=query)
            self.assertEqual(reply.status, 200, reply)
            for series in json.loads(reply.body)["data"]["result"]:
                for at, value in series["values"]:
                    found[family, series["metric"]["page"], at - length] += float(value)
        return found

    def viewed(self, length):
        found = collections.Counter()
        for family, labels, at, growth in self.site.query(BY_PERIOD[length]):
            found[family, json.loads(labels)["page"], at] += growth
        return found

    def test_each_push_is_in_its_period(self):
        self.live(GOES_ON)
        for length in (HOUR, DAY):
            want = self.by_period(length)
            self.assertEqual(+self.asked(length), want)
            if length == HOUR:
                want = collections.Counter(
                    {key: many for key, many in want.items() if key[0] == "uses_total"})
            self.assertEqual(+self.viewed(length), want)

    def test_all_is_there_when_the_clock_jumps(self):
        self.live(JUMPS)
        want, found = collections.Counter(), collections.Counter()
        for (family, page, _), many in self.pushed.items():
            want[family, page] += many
        for (family, page, _), many in self.viewed(DAY).items():
            found[family, page] += many
        self.assertEqual(found, want)


if __name__ == "__main__":
    tap.main()
