"""Responders that die: killed at random under load, and at named points inside a turn.
After each restart every acknowledged push is included, pushes with a batch id or a
session are counted once, no push is included in part, and the database is sound."""

import collections
import random
import re
import signal
import sqlite3
import time

from torture import LONG, Worker

import fastcgi
import tap
from faults import (
    ENDPOINTS,
    FAIL,
    KILL_AFTER,
    KILL_BEFORE,
    KILL_HALF,
    LISTED,
    POINTS,
    WRITES,
    FaultCase,
    Keyed,
    Plain,
    Running,
    counted,
    some,
    totals_of,
)
from harness import wait_until
from responder_case import KillCase

class Points(FaultCase):
    """Kills at each call of a turn: before it, after it, and halfway through writes."""

    points = POINTS[1:-1]
    wanted = ("wal write", "shm lock", "db write", "db sync", "reply")
    short = 24
    rounds = 3  # number of rounds to try, one of them with a checkpoint

    def do(self):
        """One round, first to count the calls, then to kill at one of them."""
        for _ in range(self.rounds):
            self.round()

    def count_calls(self):
        for _ in range(2):
            self.round()
        before = self.control.counts()

        def called():
            self.do()
            after = self.control.counts()
            counts = {point: after[point] - before[point] for point in self.points}
            calls = {point: count for point, count in counts.items() if count > 0}
            return calls if calls.keys() >= set(self.wanted) else None

        calls = wait_until(called, f"calls of all of {self.wanted}")
        tap.comment("calls: " + ", ".join(f"{n} {p}" for p, n in calls.items()))
        return calls

    def list_cases(self):
        cases = [
            (point, nth, action)
            for point, count in self.count_calls().items()
            for nth in range(1, count + 1)
            for action in (KILL_BEFORE, KILL_AFTER, KILL_HALF)
            if action != KILL_HALF or point in WRITES
        ]
        return some(cases, lambda case: (case[0], case[2]), self.short)

    def die(self, point, nth, action):
        """Returns whether the responder has died."""
        self.control.arm(point, action, nth)
        # The calls of a checkpoint, on a thread, may come with a later push.
        for _ in range(4):
            if self.control.hits == 0:
                self.do()
        self.control.disarm()
        return self.control.hits > 0

    def test_each_point(self):
        cases = self.list_cases()
        deaths = 0
        for case in cases:
            with self.subTest(point=case[0], nth=case[1], action=case[2]):
                deaths += self.die(*case)
                self.round()
                self.assertTotals()
                self.check_database()
        tap.comment(f"{len(cases)} cases, {deaths} deaths")
        self.assertGreater(deaths, 0.9 * len(cases))


class PointsWithoutThread(Points):
    threads = False


class PointsWithPower(Points):
    config = {**FaultCase.config, "durability": "power"}
    wanted = (*Points.wanted, "store sync")


class Recovery(Points):
    """Kills the successor of a killed responder, too, at each call until it serves."""

    wanted = ("wal read", "wal open", "shm map", "db lock", "db read")
    short = 16

    def do(self):
        self.round()
        self.restart()


LIBFCGI_ENDS = "fcgiapp.c:75: Malloc: Assertion"


def crashes_in_json(log):
    return len(re.findall("^fault: crashed in.* \\S*libjson-c.so", log, re.M))


class Memory(FaultCase):
    """Each allocation of a turn fails once. The totals are right. The responder ends only
    after failures in libfcgi, which asserts success, and in json-c, which does not
    check."""

    def count_round(self):
        before = self.control.counts()["memory"]
        self.round()
        return self.control.counts()["memory"] - before

    def test_each_allocation(self):
        for _ in range(2):
            self.round()
        # The fewest: now and then a round has telemetry, too.
        count = min(self.count_round() for _ in range(5))
        self.assertGreater(count, 100)
        cases = some(list(range(1, count + 1)), lambda case: 0, 60)
        hits = 0
        for nth in cases:
            with self.subTest(nth=nth):
                # Otherwise a restarting responder would get the fault.
                wait_until(self.serves, "service")
                self.control.arm("memory", FAIL, nth)
                self.round()
                self.control.disarm()
                hits += self.control.hits
                self.assertTotals()
        refused = sum(endpoint.refused for endpoint in self.endpoints)
        tap.comment(
            f"{hits} of {count} allocations of a round have failed, {refused}"
            f" pushes refused, {len(self.supervisor.statuses)} restarts"
        )
        self.assertGreater(hits, 0.9 * len(cases))
        self.assertGreater(refused, 0)
        log = self.responders.stderr()
        self.assertEqual(
            collections.Counter(self.supervisor.statuses),
            collections.Counter(
                {
                    -signal.SIGABRT: log.count(LIBFCGI_ENDS),
                    -signal.SIGSEGV: crashes_in_json(log),
                    # A responder that was restarting at the next fault.
                    1: len(re.findall(r"error: .*\.json.*: out of memory$", log, re.M)),
                }
            ),
        )
        self.check_database()


class MemoryAtStart(FaultCase):
    """Each allocation of a starting responder fails once: it ends or serves, and its
    successor serves."""

    def test_each_allocation(self):
        self.round()
        before = self.control.counts()["memory"]
        self.restart()
        count = self.control.counts()["memory"] - before
        statuses = collections.Counter()
        hits = 0
        # Most of them are SQLite's, which come last.
        cases = some(list(range(1, 1000)), lambda case: 0, 25)
        cases += some(list(range(1000, count, 10)), lambda case: 0, 10)
        for nth in cases:
            with self.subTest(nth=nth):
                self.control.arm("memory", FAIL, nth)
                self.restart()
                hits += self.control.hits
                self.control.disarm()
                self.round()
                self.assertTotals()
                statuses.update(self.supervisor.statuses[1:])
        self.assertGreater(hits, 0.9 * len(cases))
        told = ", ".join(f"{n} ended with {s}" for s, n in statuses.items())
        tap.comment(f"{len(cases)} of {count} allocations have failed: {told}")
        log = self.responders.stderr()
        self.assertLessEqual(statuses[-signal.SIGSEGV], crashes_in_json(log))
        self.assertEqual(statuses[-signal.SIGABRT], log.count(LIBFCGI_ENDS))
        # 127 is the linker's, and that of the library that makes them fail.
        self.assertLessEqual(
            set(statuses), {1, 127, -signal.SIGSEGV, -signal.SIGABRT}
        )
        self.check_database()


class NoRoom(FaultCase):
    def test_for_a_connection(self):
        """The first connection without memory waits for a second, not forever."""
        self.control.arm("memory", FAIL)
        reply = fastcgi.ask(self.responders.path, fastcgi.get("/-/healthy"))
        self.assertEqual(reply.status, 200)
        self.assertEqual(self.control.hits, 1)


class Load(Worker):
    """Pushes to an endpoint; repeats each push until accepted if the endpoint permits that."""

    def __init__(self, endpoint):
        super().__init__()
        self.endpoint = endpoint

    def step(self):
        self.endpoint.push()

    def finish(self):
        before = self.endpoint.acknowledged
        while self.endpoint.repeatable and self.endpoint.acknowledged == before:
            self.endpoint.push()
        self.endpoint.close()


class Kills(KillCase):
    """SIGKILL at random moments, under load at all endpoints."""

    config = {"open_families": True}
    metrics = {"torture.json": LISTED}
    cycles = 1000 if LONG else 20

    def kill_some(self, chance):
        time.sleep(chance.uniform(0.02, 0.3))
        # Now and then all at once, as when the machine's memory runs out.
        count = chance.choice((1, 1, 1, 1, 2, 3, self.responders_wanted))
        self.kill(chance.sample(range(self.responders_wanted), count))
        return count

    def test_nothing_acknowledged_is_lost(self):
        seed = random.randrange(1 << 30)
        chance = random.Random(seed)
        loads = [Load(endpoint(self.responders.path, i)) for endpoint in ENDPOINTS for i in (0, 1)]
        for load in loads:
            load.start()
        kills = sum(self.kill_some(chance) for _ in range(self.cycles))
        for load in loads:
            load.stop()
        endpoints = [load.endpoint for load in loads]
        got = self.check_totals(endpoints)
        tap.comment(
            f"seed {seed}: {self.cycles} cycles, {kills} kills; "
            + "; ".join(
                f"{kind.__name__.lower()} {got[kind]:.0f} of"
                f" {sum(d.acknowledged for d in endpoints if type(d) is kind)}"
                f" + {sum(d.uncertain for d in endpoints if type(d) is kind)}"
                for kind in ENDPOINTS
            )
        )
        # The load was large enough to find errors.
        self.assertGreater(sum(endpoint.client.unanswered for endpoint in endpoints), 0)
        self.check_database()

    def check_totals(self, endpoints):
        connection = sqlite3.connect(self.site.database)
        try:
            got = counted(totals_of(connection))
        finally:
            connection.close()
        for kind in ENDPOINTS:
            own = [endpoint for endpoint in endpoints if type(endpoint) is kind]
            acknowledged = sum(endpoint.acknowledged for endpoint in own)
            uncertain = sum(endpoint.uncertain for endpoint in own)
            self.assertGreater(acknowledged, 0, kind)
            self.assertGreaterEqual(got[kind], acknowledged, kind)
            self.assertLessEqual(got[kind], acknowledged + uncertain, kind)
        scraped = self.scrape()
        for name, kind in (
            ("plain_total", Plain),
            ("running_total", Running),
            ("keyed_total", Keyed),
        ):
            self.assertEqual(scraped.total(name), got[kind])
        return got


class KillsWithPower(Kills):
    config = {**Kills.config, "durability": "power"}
    cycles = Kills.cycles // 2


if __name__ == "__main__":
    tap.main()
