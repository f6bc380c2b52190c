"""Full and broken disks, and databases that are deleted, replaced or damaged while
responders have them open. Pushes are refused with 503 and the reason in the log, no total
is ever wrong, and responders recover without a restart once the cause is gone."""

import errno
import os
import random
import shutil
import signal
import sqlite3
import unittest

import torture  # noqa: F401  (extends sys.path)
import harness
import tap
from faults import (
    ENDPOINTS,
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
    READONLY,
    SEED,
    WRITES,
    EndpointCase,
    FaultCase,
    Plain,
    some,
)
from harness import Scrape, counter, wait_until
from responder_case import serving

NOTHING = {endpoint: 0 for endpoint in ENDPOINTS}
VIEW = [counter("demo_page_views_total")]


class Gone(EndpointCase):
    """The responders have a file open that is no longer the database: they must not
    acknowledge pushes into it."""

    responders_wanted = 2

    def setUp(self):
        super().setUp()
        for _ in range(3):
            self.round()
        self.each = self.connect_to_each()
        for connection in self.each:
            self.assertAccepted(connection.push(VIEW))
            self.assertEqual(self.scraped(connection), 3)
        self.scrapes = 2
        self.settle(*self.each)

    def beside(self, suffix):
        return self.site.database.with_name(self.site.database.name + suffix)

    def copy(self, name):
        """Copies the current database to a file of that name."""
        copy = self.site.home / name
        source, target = sqlite3.connect(self.site.database), sqlite3.connect(copy)
        source.backup(target)
        source.close()
        target.close()
        shutil.chown(copy, *(os.stat(self.site.database)[4:6]))
        return copy

    def scraped(self, connection):
        """The total of plain pushes, None if there is none."""
        reply = connection.get("/metrics", self.site.token)
        if reply.status == 200:
            return Scrape(reply.text).value("plain_total")
        self.assertUnavailable(reply)
        return None

    def assertGoesOn(self, base, by_a_push=False):
        """Replaces the database by a file with that total. A push or a scrape is the
        first to notice."""
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
        self.assertEqual(log.count("while responders had it open"), 2, log)
        self.assertEqual(log.count("can be written again"), 2, log)
        self.open_endpoints()
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
        self.settle(*self.each)
        copy.rename(self.site.database)
        self.assertGoesOn(base, by_a_push=True)

    def test_replaced_and_scraped(self):
        copy = self.copy("copy")
        base = self.counted()
        self.round()
        self.settle(*self.each)
        copy.rename(self.site.database)
        self.assertGoesOn(base)

    def test_moved_away(self):
        """The moved file is complete without the log, which was not moved."""
        before = self.counted()
        moved = self.site.home / "moved.db"
        self.site.database.rename(moved)
        self.assertGoesOn(NOTHING)
        self.site.database = moved
        self.assertEqual(self.counted(), before)
        self.check_database()


class Linked(EndpointCase):
    """The path of the configuration is a symbolic link."""

    config = {**EndpointCase.config, "durability": "power"}

    def prepare(self):
        self.link = self.site.database
        for name in ("first", "second"):
            place = self.site.home / name
            place.mkdir()
            (place / "real.db").touch(0o600)
        self.point_to("first")
        self.site.give_away()

    def point_to(self, name):
        self.link.unlink(missing_ok=True)
        self.link.symlink_to(self.site.home / name / "real.db")

    def test_to_another_file(self):
        self.round()
        self.assertTotals()
        self.settle(self.connect())
        self.point_to("second")
        self.assertUnavailable(self.push(VIEW))
        self.open_endpoints()
        self.round()
        self.assertTotals()


class Broken(FaultCase):
    """Each call of a turn fails once, as on a full or broken disk: the push is refused or
    accepted, and the total agrees."""

    rounds = 3
    short = 40
    results = {
        "db read": (IOERR_READ,),
        "db write": (IOERR_WRITE, FULL, READONLY),
        "db sync": (IOERR_FSYNC,),
        "db truncate": (IOERR_TRUNCATE,),
        "db size": (IOERR_FSTAT,),
        "db lock": (IOERR_LOCK,),
        "wal read": (IOERR_READ,),
        "wal write": (IOERR_WRITE, FULL, READONLY),
        "wal sync": (IOERR_FSYNC,),
        "wal truncate": (IOERR_TRUNCATE,),
        "wal size": (IOERR_FSTAT,),
        "shm map": (IOERR_SHMMAP, IOERR_SHMSIZE),
        "shm lock": (IOERR_SHMLOCK,),
        "store sync": (errno.EIO,),
    }

    lasting = (
        ("wal write", IOERR_WRITE, "disk I/O error"),
        ("wal write", FULL, "database or disk is full"),
        ("wal write", READONLY, "attempt to write a readonly database"),
        ("shm lock", IOERR_SHMLOCK, "disk I/O error"),
        ("wal read", IOERR_READ, "disk I/O error"),
        ("db read", IOERR_READ, "disk I/O error"),
        ("shm map", IOERR_SHMMAP, "disk I/O error"),
    )

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
        """Returns whether the fault was raised."""
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
        refused = sum(endpoint.refused for endpoint in self.endpoints)
        tap.comment(f"{len(cases)} cases, {met} met, {refused} pushes refused")
        self.assertGreater(met, 0.7 * len(cases))
        self.assertGreater(refused, 0)
        self.assertEqual(self.supervisor.statuses, [])
        self.check_database()

    def test_each_for_a_while(self):
        """Every client gets an error, and the responder recovers without help."""
        taken = 0

        def status():
            nonlocal taken
            reply = self.push(VIEW)
            taken += reply.status == 200
            return reply.status

        def restart():
            """One that ends may take a connection without an answer."""
            old = self.responders.processes[0]
            old.signal(signal.SIGTERM)
            wait_until(lambda: self.responders.processes[0] is not old, "its successor")

        for point, result, text in self.lasting:
            with self.subTest(point, result=result):
                told = len(self.responders.stderr())
                self.control.arm(point, FAIL, 1, result, lasting=True)
                # Responders read and map the file at their start. If all of the log was
                # written back before, only the next start reads it, after a push.
                starts = point not in ("wal write", "shm lock")

                def broken(starts=starts):
                    if starts:
                        restart()
                    return status() == 503

                wait_until(broken, "the fault")
                self.assertUnavailable(self.push([counter("plain_total", 100)]))
                # A responder reuses the result of its last commit for a second.
                wait_until(lambda: self.get("/-/ready").status == 503, "each to be unready")
                self.assertEqual(self.get("/-/healthy").status, 200)
                self.assertRegex(
                    self.responders.stderr()[told:],
                    f"error: database .*: {text}; pushes are refused until",
                )
                self.control.disarm()
                wait_until(lambda: status() == 200, "the end of it")
                self.assertEqual(self.views(), taken)
        self.assertEqual(self.scrape().value("plain_total"), 0)
        self.check_database()


class BrokenWithPower(Broken):
    config = {**FaultCase.config, "durability": "power"}

    def test_sync_behind_the_commit(self):
        """The push was counted although its reply is an error; no other push was."""
        for lasting in (False, True):
            self.control.arm("store sync", FAIL, result=errno.EIO, lasting=lasting)
            for _ in range(3):
                reply = self.push(VIEW)
                self.assertIn(reply.status, (200, 500), reply)
                if reply.status == 500:
                    self.assertIn("committed, but a power cut may lose it", reply.text)
                    self.assertEqual(reply.header("Retry-After"), [])
            self.control.disarm()
        self.assertAccepted(self.push(VIEW))
        self.assertEqual(self.views(), 7)
        self.assertIn("Input/output error: committed, but a power cut may lose it",
                      self.responders.stderr())
        wait_until(
            lambda: self.scrape().value(
                "tallyman_pushes_total", door="record", result="accepted"
            )
            == 7,
            "the telemetry",
        )


class BrokenStart(FaultCase):
    """Each call of a starting responder fails once, with the files of a killed one: it
    logs the failure and opens the database with the next push."""

    short = 24
    log_times = 1  # no checkpoint, whose number of calls varies

    def list_cases(self):
        self.round()
        before = self.control.counts()
        self.restart()
        after = self.control.counts()
        cases = [
            (point, FAIL, nth, result)
            for point, results in Broken.results.items()
            for nth in range(1, after[point] - before[point] + 1)
            for result in results
        ]
        return some(cases, lambda case: (case[0], case[3]), self.short)

    def test_each_point(self):
        cases = self.list_cases()
        met = 0
        for case in cases:
            with self.subTest(case=case):
                self.round()
                self.control.arm(*case)
                self.restart()
                met += self.control.hits > 0
                self.control.disarm()
                self.round()
                self.assertTotals()
        tap.comment(f"{len(cases)} cases, {met} met")
        # Some calls depend on the files of the killed responder.
        self.assertGreater(met, 0.5 * len(cases))
        self.check_database()


class BrokenScrape(FaultCase):
    """Each call of a scrape fails once: it has the right totals or fails."""

    log_times = 1  # no checkpoint, whose call it could be

    def scraped(self):
        """None without totals."""
        reply = self.get("/metrics")
        if reply.status != 200:
            self.assertUnavailable(reply)
        return Scrape(reply.text) if reply.status == 200 else None

    def list_cases(self):
        """The calls of a first scrape, which opens the database."""
        self.restart()
        before = self.control.counts()
        want = self.scraped()
        after = self.control.counts()
        cases = [
            (point, FAIL, nth, results[0])
            for point, results in Broken.results.items()
            for nth in range(1, after[point] - before[point] + 1)
        ]
        return want, some(cases, lambda case: case[0], 20)

    def test_each_point(self):
        for _ in range(3):
            self.round()
        want, cases = self.list_cases()
        met = failed = 0
        for case in cases:
            with self.subTest(case=case):
                self.restart()
                self.control.arm(*case)
                scraped = self.scraped()
                met += self.control.hits > 0
                self.control.disarm()
                failed += scraped is None
                for one in (scraped, self.scraped()):
                    if one is not None:
                        self.assertSameTotals(one, want)
        tap.comment(f"{len(cases)} cases, {met} met, {failed} without totals")
        # Some calls depend on the files of the previous responder.
        self.assertGreater(met, 0.5 * len(cases))
        self.assertGreater(failed, 0.5 * met)
        self.assertIn("error: the scrape failed: database", self.responders.stderr())

    def assertSameTotals(self, got, want):
        for key, value in want.samples.items():
            if key[0].startswith(("batched", "plain", "running", "added", "open", "keyed")):
                self.assertEqual(got.samples.get(key), value, key)


class DamageCase(EndpointCase):
    """A damaged file: responders do not add to detectably wrong data, and open a sound
    file in its place without a restart."""

    PAGE = 2048

    def setUp(self):
        super().setUp()
        for _ in range(3):
            self.round()
        self.whole = self.site.home / "whole"
        with sqlite3.connect(self.site.database) as source:
            # Writes the log back, so that the damaged file is the only copy.
            source.execute("PRAGMA wal_checkpoint(TRUNCATE)")
        shutil.copy(self.site.database, self.whole)
        shutil.chown(self.whole, *os.stat(self.site.database)[4:6])
        self.base = self.counted()

    def overwrite(self, offset, data):
        with open(self.site.database, "r+b") as file:
            file.seek(offset)
            file.write(data)

    def assertRefuses(self, text):
        self.assertUnavailable(self.push(VIEW))
        # A responder reuses the result of its last commit for a second.
        wait_until(lambda: self.get("/-/ready").status == 503, "each to be unready")
        self.assertIn(self.get("/metrics").status, (200, 503))
        self.assertRegex(self.responders.stderr(), text)

    def assertRecovers(self):
        self.whole.rename(self.site.database)
        wait_until(lambda: self.push(VIEW).status == 200, "the whole file")
        self.open_endpoints()
        for _ in range(3):
            self.round()
        self.assertTotals(self.base)
        self.check_database()


class Damaged(DamageCase):
    """No responder has read it since the damage."""

    def restart(self):
        """Restarts the responders, which drops all cached pages."""
        self.assertEqual(self.responders.terminate(0), 0)
        self.responders.restart(0)
        wait_until(lambda: serving(self.responders.processes[0]), "a responder")

    def test_header(self):
        self.overwrite(0, bytes(100))
        self.restart()
        self.assertRefuses("file is not a database|belongs to another program")
        self.assertRecovers()

    def test_pages(self):
        size = self.site.database.stat().st_size
        chance = random.Random(SEED)
        self.overwrite(self.PAGE, chance.randbytes(size - self.PAGE))
        self.restart()
        self.assertRefuses("malformed")
        self.assertRecovers()

    def test_cut_off(self):
        os.truncate(self.site.database, 2 * self.PAGE)
        self.restart()
        self.assertRefuses("malformed")
        self.assertRecovers()

    def test_row_of_a_histogram(self):
        """It restarts at zero; other families are unaffected."""
        connection = sqlite3.connect(self.site.database)
        with connection:
            connection.execute(
                "UPDATE total SET buckets = '[1]' WHERE buckets NOT NULL AND"
                " series_id IN (SELECT series.id FROM series JOIN family ON"
                " family.id = family_id WHERE name = 'batched_seconds')"
            )
        connection.close()
        for _ in range(2):
            self.round()
        self.assertEqual([endpoint.refused for endpoint in self.endpoints], [0] * len(ENDPOINTS))
        self.assertRegex(
            self.responders.stderr(), r"batched_seconds\{\}: its buckets .* damaged"
        )
        scraped = self.scrape()
        self.assertEqual(scraped.value("batched_total"), 5)
        self.assertEqual(scraped.value("batched_seconds_count"), 4)
        self.assertEqual(scraped.value("batched_seconds_bucket", le="1"), 2)


class DamagedWhileItRuns(DamageCase):
    """A responder's cached pages are right; pages that it reads again after a change by
    another one are damaged."""

    responders_wanted = 2

    def test_pages(self):
        each = self.connect_to_each()
        size = self.site.database.stat().st_size
        self.overwrite(self.PAGE, bytes(size - self.PAGE))
        self.assertUnavailable(self.get("/metrics"))
        self.assertRegex(self.responders.stderr(), "the scrape failed: .* malformed")
        wait_until(
            lambda: [one.push(VIEW).status for one in each] == [503, 503],
            "both responders to notice",
        )
        self.assertRefuses("malformed; pushes are refused until")
        self.assertRecovers()
        for one in each:
            # No responder was restarted.
            self.assertAccepted(one.push(VIEW))


class LeftBehind(EndpointCase):
    """A log owned by another user, as left by a killed sqlite3 of that user."""

    def setUp(self):
        super().setUp()
        self.round()
        self.responders.kill(0)
        for endpoint in self.endpoints:
            endpoint.close()

    @unittest.skipIf(
        harness.USER is None and os.geteuid() == 0,
        "nothing is forbidden to the only user of a user namespace",
    )
    def test_each_file(self):
        for suffix in ("-wal", "-shm", "-lock"):
            with self.subTest(suffix):
                path = self.site.database.with_name(self.site.database.name + suffix)
                owner = os.stat(path)[4:6]
                if harness.USER is not None:
                    os.chown(path, 0, 0)
                path.chmod(0o400)
                told = len(self.responders.stderr())
                self.responders.restart(0)
                reply = self.push(VIEW)
                os.chown(path, *owner)
                path.chmod(0o600)
                wait_until(lambda: self.push(VIEW).status == 200, "permission")
                self.responders.kill(0)
                self.assertUnavailable(reply)
                self.assertIn(
                    f"{path}: Permission denied", self.responders.stderr()[told:]
                )
        self.responders.restart(0)
        self.round()
        self.assertTotals()
        self.assertEqual(self.views(), 3)
        self.check_database()


if __name__ == "__main__":
    tap.main()
