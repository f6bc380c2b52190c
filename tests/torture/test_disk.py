"""Disks that are full or broken, and databases that somebody deletes, replaces or
damages under responders that have them open. Pushes are refused with 503 and a
line in the log that says why, no total is ever wrong, and all goes on without a
restart once the cause is gone."""

import os
import shutil
import sqlite3

from torture import LONG

import tap
from faults import DOORS, DoorCase, Plain
from harness import Scrape, counter

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


if __name__ == "__main__":
    tap.main()
