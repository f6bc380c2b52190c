"""Disks that are full or broken, and databases that somebody deletes, replaces or
damages under responders that have them open. Pushes are refused with 503 and a
line in the log that says why, no total is ever wrong, and all goes on without a
restart once the cause is gone."""

import errno
import os
import shutil
import sqlite3

import torture  # noqa: F401, for the path of what is imported next
import tap
from faults import (
    DOORS,
    FAIL,
    FAIL_HALF,
    FULL,
    IOERR_FSTAT,
    IOERR_FSYNC,
    IOERR_LOCK,
    IOERR_READ,
    IOERR_SHMLOCK,
    IOERR_SHMMAP,
    IOERR_SHMSIZE,
    IOERR_TRUNCATE,
    IOERR_WRITE,
    WRITES,
    DoorCase,
    FaultCase,
    Plain,
    some,
)
from harness import Scrape, counter, wait_until

NOTHING = {door: 0 for door in DOORS}
VIEW = [counter("demo_page_views_total")]


class Gone(DoorCase):
    """The file of the database is no longer the one that the responders have
    open: what would go into that one is not acknowledged."""

    responders_wanted = 2

    def setUp(self):
        super().setUp()
        for _ in range(3):
            self.round()
        self.each = self.connect_to_each()
        for connection in self.each:
            self.assertAccepted(connection.push(VIEW))
            self.assertEqual(self.scraped(connection), 3)

    def beside(self, suffix):
        return self.site.database.with_name(self.site.database.name + suffix)

    def copy(self, name):
        """The database as it is now, as a file of that name."""
        copy = self.site.home / name
        source, target = sqlite3.connect(self.site.database), sqlite3.connect(copy)
        source.backup(target)
        source.close()
        target.close()
        shutil.chown(copy, *(os.stat(self.site.database)[4:6]))
        return copy

    def scraped(self, connection):
        """The total of plain pushes, None while there is none to be had."""
        reply = connection.get("/metrics", self.site.token)
        if reply.status == 200:
            return Scrape(reply.text).value("plain_total")
        self.assertUnavailable(reply)
        return None

    def assertGoesOn(self, base, by_a_push=False):
        """With a file in which so much is counted already. A push or a scrape is
        the first to notice."""
        for connection in self.each:
            if by_a_push:
                self.assertUnavailable(connection.push(VIEW))
            else:
                self.assertIsNone(self.scraped(connection))
            self.assertIn(self.scraped(connection), (None, base[Plain]))
        for connection in self.each:
            self.assertAccepted(connection.push(VIEW))
            self.assertEqual(self.scraped(connection), base[Plain])
        log = self.responders.stderr()
        self.assertEqual(log.count("was deleted, moved or replaced"), 2, log)
        self.assertEqual(log.count("can be written again"), 2, log)
        self.open_doors()
        for _ in range(3):
            self.round()
        self.assertTotals(base)
        self.check_database()

    def test_deleted(self):
        self.site.database.unlink()
        self.assertGoesOn(NOTHING, by_a_push=True)

    def test_deleted_with_all_beside_it(self):
        for path in self.site.home.glob("tallyman.db*"):
            path.unlink()
        self.assertGoesOn(NOTHING)

    def test_replaced(self):
        copy = self.copy("copy")
        base = self.counted()
        for _ in range(4):
            self.round()
        copy.rename(self.site.database)
        self.assertGoesOn(base, by_a_push=True)

    def test_replaced_and_scraped(self):
        copy = self.copy("copy")
        base = self.counted()
        self.round()
        copy.rename(self.site.database)
        self.assertGoesOn(base)

    def test_moved_away(self):
        """The file is complete, without the log that stayed behind."""
        before = self.counted()
        moved = self.site.home / "moved.db"
        self.site.database.rename(moved)
        self.assertGoesOn(NOTHING)
        self.site.database = moved
        self.assertEqual(self.counted(), before)
        self.check_database()


class Broken(FaultCase):
    """Each call that a turn makes fails once, as on a disk that is full or
    broken: the push is refused or taken, and the total says which."""

    rounds = 3
    short = 40
    results = {
        "db read": (IOERR_READ,),
        "db write": (IOERR_WRITE, FULL),
        "db sync": (IOERR_FSYNC,),
        "db truncate": (IOERR_TRUNCATE,),
        "db size": (IOERR_FSTAT,),
        "db lock": (IOERR_LOCK,),
        "wal read": (IOERR_READ,),
        "wal write": (IOERR_WRITE, FULL),
        "wal sync": (IOERR_FSYNC,),
        "wal truncate": (IOERR_TRUNCATE,),
        "wal size": (IOERR_FSTAT,),
        "shm map": (IOERR_SHMMAP, IOERR_SHMSIZE),
        "shm lock": (IOERR_SHMLOCK,),
        "store sync": (errno.EIO,),
    }

    def count_calls(self):
        for _ in range(2):
            self.round()
        before = self.control.counts()
        for _ in range(self.rounds):
            self.round()
        after = self.control.counts()
        return {point: after[point] - before[point] for point in self.results}

    def list_cases(self):
        cases = [
            (point, nth, action, result)
            for point, count in self.count_calls().items()
            for nth in range(1, count + 1)
            for result in self.results[point]
            for action in (FAIL, FAIL_HALF)
            if action == FAIL or point in WRITES
        ]
        return some(cases, lambda case: (case[0], *case[2:]), self.short)

    def fault(self, point, nth, action, result, **more):
        """Tells whether the fault has been met."""
        self.control.arm(point, action, nth, result, **more)
        for _ in range(2 * self.rounds):
            self.round()
            if self.control.hits > 0:
                break
        self.control.disarm()
        return self.control.hits > 0

    def test_each_point(self):
        cases = self.list_cases()
        met = 0
        for case in cases:
            with self.subTest(case=case):
                met += self.fault(*case)
                self.round()
                self.assertTotals()
        refused = sum(door.refused for door in self.doors)
        tap.comment(f"{len(cases)} cases, {met} met, {refused} pushes refused")
        self.assertGreater(met, 0.9 * len(cases))
        self.assertGreater(refused, 0)
        self.assertEqual(self.supervisor.statuses, [])
        self.check_database()


class BrokenWithPower(Broken):
    config = {**FaultCase.config, "durability": "power"}

    def test_sync_behind_the_commit(self):
        """It was counted, whoever is told so; and only that."""
        for lasting in (False, True):
            self.control.arm("store sync", FAIL, result=errno.EIO, lasting=lasting)
            for _ in range(3):
                reply = self.push(VIEW)
                self.assertIn(reply.status, (200, 500), reply)
                if reply.status == 500:
                    self.assertIn("counted, but a power cut may take it", reply.text)
                    self.assertEqual(reply.header("Retry-After"), [])
            self.control.disarm()
        self.assertAccepted(self.push(VIEW))
        self.assertEqual(self.views(), 7)
        self.assertIn("Input/output error: counted", self.responders.stderr())
        wait_until(
            lambda: self.scrape().value(
                "tallyman_pushes_total", door="record", result="accepted"
            )
            == 7,
            "the telemetry",
        )


if __name__ == "__main__":
    tap.main()
