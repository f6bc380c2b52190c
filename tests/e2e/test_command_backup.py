"""`tallyman backup` and `tallyman restore` while responders count."""

import os
import pathlib
import re
import shutil
import signal
import sqlite3
import subprocess
import time
import unittest

import harness
import tap
from keep_case import KeepCase, read_all
from harness import counter, histogram, wait_until
from responder_case import allowlist, listed
from test_faults import FileSystem, enter_namespace

PAIR = [counter("left_total"), counter("right_total"), histogram("h", 1)]
PAIRS = allowlist(
    listed("left_total"),
    listed("right_total"),
    listed("h", "histogram", buckets=[1, 2]),
)


NEAR_THE_END = 100_000_000  # bytes of the copy of make_large()'s file


def size(path):
    """Returns the size in bytes; 0 if the file does not exist or is being renamed."""
    try:
        return path.stat().st_size
    except FileNotFoundError:
        return 0


def rows(path, sql):
    connection = sqlite3.connect(f"file:{path}?mode=ro", uri=True)
    try:
        return connection.execute(sql).fetchall()
    finally:
        connection.close()


def totals(path):
    return dict(rows(path, "SELECT family, total FROM counter_totals"))


class Backup(KeepCase):
    metrics = {"pairs.json": PAIRS}

    def setUp(self):
        super().setUp()
        self.file = self.site.home / "backup.db"

    def assertWhole(self, path):
        """Every push is in the database as a whole or not at all."""
        self.assertEqual(rows(path, "PRAGMA integrity_check"), [("ok",)])
        self.assertEqual(rows(path, "PRAGMA foreign_key_check"), [])
        self.assertEqual(rows(path, "PRAGMA journal_mode"), [("delete",)])
        self.assertEqual(path.stat().st_mode & 0o777, 0o600)
        left, right = totals(path)["left_total"], totals(path)["right_total"]
        (observed,) = rows(path, "SELECT count FROM series JOIN total ON series_id = series.id"
                           " WHERE buckets LIKE '[%' AND family_id = (SELECT id FROM family"
                           " WHERE name = 'h')")[0]
        self.assertEqual((right, observed), (left, left))
        # A push has an id, which is stored if the push was counted.
        ((ids,),) = rows(path, "SELECT count(*) FROM batch")
        self.assertEqual(ids, left)
        return left

    def assertNothingLeft(self):
        names = [p.name for p in self.file.parent.iterdir()]
        self.assertEqual([n for n in names if n.startswith("backup.db.")], [])

    def test_under_load(self):
        """Every backup is a state of the database, later than the previous backup."""
        loads = [self.load(PAIR, batches=True) for _ in range(4)]
        wait_until(lambda: loads[0].acknowledged > 20, "pushes")
        last = 0
        for _ in range(10):
            before = sum(load.acknowledged for load in loads)
            done = self.succeed("backup", "--force", self.file)
            size = self.file.stat().st_size
            self.assertEqual(done, f"{self.file}: ok, {size} bytes\n")
            saved = self.assertWhole(self.file)
            self.assertGreaterEqual(saved, max(before, last))
            last = saved
        for load in loads:
            load.stop()
            self.assertPrompt(load)
        self.assertGreater(sum(load.acknowledged for load in loads), last)
        self.assertNothingLeft()

    def test_restore_under_load(self):
        loads = [self.load(PAIR, batches=True) for _ in range(4)]
        wait_until(lambda: loads[0].acknowledged > 20, "pushes")
        self.succeed("backup", self.file)
        saved = self.assertWhole(self.file)
        at_backup = sum(load.acknowledged for load in loads)
        wait_until(lambda: sum(l.acknowledged for l in loads) > at_backup + 50,
                   "more pushes")
        # A label set that was pushed after the backup has a row that the backup
        # lacks.
        self.assertAccepted(self.push([counter("demo_page_views_total")]))
        before = sum(load.acknowledged for load in loads)
        told = self.succeed("restore", "--force", self.file)
        found = re.fullmatch(
            f"{re.escape(str(self.site.database))}: restored from"
            f" {re.escape(str(self.file))}\n"
            r"The previous content is in (\S+\.\d{8}T\d{6}Z)\n", told)
        self.assertTrue(found, told)
        after = sum(load.acknowledged for load in loads)
        wait_until(lambda: sum(l.acknowledged for l in loads) > after + 50,
                   "further pushes")
        for load in loads:
            load.stop()
            self.assertEqual((load.unanswered, load.statuses), (0, []))
        acknowledged = sum(load.acknowledged for load in loads)
        kept = self.assertWhole(pathlib.Path(found[1]))
        self.assertGreaterEqual(kept, before)
        # Pushes before the restore are gone, later ones are counted. A push in a
        # turn that the restore interrupted has been parsed again.
        now = self.site.stored("left_total")
        self.assertEqual(now, saved + acknowledged - kept)
        self.assertEqual(self.site.stored("right_total"), now)
        self.assertEqual(self.scrape().value("left_total"), now)
        self.assertEqual(self.site.query("PRAGMA integrity_check"), [("ok",)])
        self.assertEqual(self.site.query("PRAGMA journal_mode"), [("wal",)])
        self.assertEqual(self.site.stored("demo_page_views_total"), 0)
        self.assertNothingLeft()
        for process in self.responders.processes:
            self.assertTrue(process.alive())

    def test_refusals(self):
        self.assertAccepted(self.push(PAIR))
        database = self.site.database
        self.file.write_text("mine")
        self.assertEqual(
            self.fail_with("backup", self.file),
            f"tallyman backup: {self.file} already exists; --force"
            " overwrites it\n")
        self.assertEqual(self.file.read_text(), "mine")
        self.assertEqual(
            self.fail_with("backup", "--force", database),
            f"tallyman backup: {database} is the database itself\n")
        self.assertIn("must have one argument",
                      self.fail_with("backup", status=2))
        self.assertEqual(
            self.fail_with("backup", self.site.home / "none/b.db"),
            f"tallyman backup: {self.site.home}/none/b.db.tmp: No such file or"
            " directory\n")
        # The error for a file that cannot be restored does not suggest --force.
        for arguments in ((self.file,), ("--force", self.file)):
            self.assertEqual(
                self.fail_with("restore", *arguments),
                f"tallyman restore: database {self.file}: file is not a"
                " database\n")
        missing = self.site.home / "none.db"
        for arguments in ((missing,), ("--force", missing)):
            self.assertEqual(
                self.fail_with("restore", *arguments),
                f"tallyman restore: database {missing}: cannot be opened: No such"
                " file or directory\n")
        self.succeed("backup", "--force", self.file)
        self.assertEqual(
            self.fail_with("restore", self.file),
            f"tallyman restore: {database} already exists: --force replaces its"
            f" content with {self.file} and keeps the previous content in the same directory\n")
        self.file.write_text("mine")
        self.assertEqual(
            self.fail_with("restore", "--force", database),
            f"tallyman restore: {database} is the database itself\n")
        other = sqlite3.connect(self.site.home / "other.db")
        other.execute("CREATE TABLE t (a)")
        other.close()
        self.site.give_away()
        self.assertEqual(
            self.fail_with("restore", "--force", self.site.home / "other.db"),
            f"tallyman restore: {self.site.home}/other.db is not a database of"
            " Tallyman\n")
        self.file.unlink()
        self.succeed("backup", self.file)
        damaged = bytearray(self.file.read_bytes())
        damaged[8192:12288] = bytes(4096)
        self.file.write_bytes(damaged)
        self.assertRegex(self.fail_with("restore", "--force", self.file),
                         r"damaged|malformed")
        newer = sqlite3.connect(self.site.home / "other.db")
        newer.execute("PRAGMA application_id = 0x54616C79")
        newer.execute("PRAGMA user_version = 999")
        newer.close()
        self.assertIn(
            "has schema version 999",
            self.fail_with("restore", "--force", self.site.home / "other.db"))
        self.assertEqual(self.site.stored("left_total"), 1)
        self.assertNothingLeft()

    def test_restore_without_a_database(self):
        self.assertAccepted(self.push(PAIR))
        self.succeed("backup", self.file)
        new = self.site.home / "new"
        new.mkdir()
        self.site.write("tallyman/new.json", '{"database": "new/t.db"}')
        self.site.give_away()
        told = self.succeed("restore", self.file,
                            config=self.site.home / "new.json")
        self.assertEqual(told, f"{new}/t.db: restored from {self.file}\n")
        self.assertEqual(sorted(p.name for p in new.iterdir()),
                         ["t.db", "t.db-lock"])
        self.assertEqual(totals(new / "t.db")["left_total"], 1)
        self.assertEqual((new / "t.db").stat().st_mode & 0o777, 0o600)

    def test_exemplars_keys_and_running_totals(self):
        """Restore brings back exemplars, keys of pushes and running totals."""
        rows = ("SELECT 'e', labels, bucket, value, time FROM exemplar UNION ALL"
                " SELECT 'k', hex(key), seen_at, 0, 0 FROM push_key UNION ALL"
                " SELECT 'p', pusher, value, epoch, 0 FROM pusher ORDER BY 1")
        self.assertAccepted(self.push(PAIR))
        live = sqlite3.connect(self.site.database)
        self.addCleanup(live.close)
        live.executescript(
            "INSERT INTO exemplar SELECT series.id, 0, '{\"t\":\"1\"}', 2, 3"
            " FROM series JOIN family ON family.id = family_id"
            " WHERE name = 'left_total';"
            "INSERT INTO push_key VALUES (zeroblob(16), 4);"
            "INSERT INTO pusher (family_id, labels, pusher, value, sum, count,"
            " epoch, seen_at) SELECT id, '{}', '{\"i\":\"1\"}', 5, 0, 0, 6, 7"
            " FROM family WHERE name = 'left_total'")
        before = self.site.query(rows)
        self.assertEqual(before, [("e", '{"t":"1"}', 0, 2, 3),
                                  ("k", "00" * 16, 4, 0, 0),
                                  ("p", '{"i":"1"}', 5, 6, 0)])
        self.succeed("backup", self.file)
        live.executescript(
            "DELETE FROM exemplar; DELETE FROM push_key; DELETE FROM pusher")
        self.succeed("restore", "--force", "--no-keep", self.file)
        self.assertEqual(self.site.query(rows), before)

    def test_older_version(self):
        """A backup of an earlier version is migrated with its totals."""
        old = sqlite3.connect(self.site.home / "old.db")
        old.executescript(
            (harness.ROOT / "sql/migrations/0010_start.sql").read_text())
        old.executescript(
            "INSERT INTO family (id, name, type, help, unit, bounds) VALUES"
            " (7, 'left_total', 'counter', 'h', '', NULL),"
            " (9, 'h', 'histogram', 'h', '', '[1,2]');"
            "INSERT INTO series (id, family_id, labels, value, sum, count,"
            " buckets, created_at, updated_at) VALUES"
            " (3, 7, '{}', 41, 0, 0, NULL, 10, 20),"
            " (5, 9, '{}', 0, 6, 4, '[3,1,0]', 10, 30)")
        old.close()
        self.site.give_away()
        self.succeed("restore", "--force", "--no-keep", self.site.home / "old.db")
        newest = (harness.ROOT / "sql/schema.sql").read_text()
        self.assertIn("PRAGMA user_version = %d;"
                      % self.site.query("PRAGMA user_version")[0], newest)
        self.assertEqual(
            self.site.query("SELECT name, value, sum, count, buckets, created_at,"
                            " updated_at FROM family"
                            " JOIN series ON family_id = family.id"
                            " JOIN total ON series_id = series.id"
                            " WHERE series.id IN (3, 5) ORDER BY series.id"),
            [("left_total", 41, 0, 0, None, 10, 20),
             ("h", 0, 6, 4, "[3,1,0]", 10, 30)])
        self.assertAccepted(self.push(PAIR))
        self.assertEqual(self.site.stored("left_total"), 42)
        self.assertEqual(self.scrape().value("h_count"), 5)
        self.assertEqual(list(self.site.home.glob("tallyman.db.*")), [])
        self.assertEqual(self.site.query("PRAGMA foreign_key_check"), [])

    def test_version_that_was_never_released(self):
        """It is refused, and nothing changes."""
        self.assertAccepted(self.push(PAIR))
        self.succeed("backup", self.file)
        old = sqlite3.connect(self.file)
        old.execute("PRAGMA user_version = 4")
        old.close()
        self.assertEqual(
            self.fail_with("restore", "--force", self.file),
            f"tallyman restore: database {self.file} has schema version 4, which"
            " no released Tallyman has written\n")
        self.assertEqual(self.site.stored("left_total"), 1)
        self.assertNothingLeft()

    def test_leftovers_of_an_interrupted_backup(self):
        """They do not affect the next backup."""
        self.assertAccepted(self.push(PAIR))
        unfinished = self.site.home / "backup.db.tmp"
        unfinished.write_bytes(b"rubbish" * 1000)
        self.site.give_away()
        self.succeed("backup", self.file)
        self.assertEqual(totals(self.file)["left_total"], 1)
        self.assertNothingLeft()

    def test_foreign_file_is_not_overwritten(self):
        """Backup writes nothing to another program's file: it may be open, a link
        or a hard link."""
        self.assertAccepted(self.push(PAIR))
        unfinished = self.site.home / "backup.db.tmp"
        target = self.site.home / "target"
        for make in (
            lambda: (target.write_text("kept"), os.link(target, unfinished)),
            lambda: (target.write_text("kept"), unfinished.symlink_to(target)),
            lambda: unfinished.symlink_to(self.site.home / "nothing"),
            lambda: os.mkfifo(unfinished),
            lambda: unfinished.mkdir(),
        ):
            make()
            self.site.give_away()
            self.assertRegex(
                self.fail_with("backup", self.file),
                f"^tallyman backup: {unfinished}(: Is a directory| already exists"
                " and was not written by this command; remove it)\n$")
            if target.exists():
                self.assertEqual(target.read_text(), "kept")
                target.unlink()
            self.assertFalse((self.site.home / "nothing").exists())
            self.assertFalse(self.file.exists())
            if unfinished.is_dir():
                unfinished.rmdir()
            else:
                unfinished.unlink()
        # A process that has the old file open sees nothing of the new one.
        unfinished.write_text("left")
        unfinished.chmod(0o666)
        self.site.give_away()
        with open(unfinished, "r+b") as held:
            self.succeed("backup", self.file)
            self.assertEqual(held.read(), b"left")
        self.assertEqual(self.file.stat().st_mode & 0o777, 0o600)
        self.assertEqual(totals(self.file)["left_total"], 1)

    @unittest.skipIf(harness.USER is None, "needs root")
    def test_foreign_file_of_another_user(self):
        self.assertAccepted(self.push(PAIR))
        unfinished = self.site.home / "backup.db.tmp"
        unfinished.write_text("root's")
        unfinished.chmod(0o666)
        self.assertEqual(
            self.fail_with("backup", self.file),
            f"tallyman backup: {unfinished} already exists and was not written by this"
            " command; remove it\n")
        self.assertEqual(unfinished.read_text(), "root's")

    def make_large(self):
        connection = sqlite3.connect(self.site.database, timeout=5)
        with connection:
            connection.execute("CREATE TABLE large (a)")
            connection.execute(
                "WITH RECURSIVE n (i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n"
                " WHERE i < 120) INSERT INTO large SELECT zeroblob(1000000) FROM n")
        connection.close()

    def test_large_under_load(self):
        """The backup ends although others keep writing: SQLite's copy would restart
        at each commit if it had no read transaction."""
        self.make_large()
        loads = [self.load(PAIR, batches=True) for _ in range(4)]
        wait_until(lambda: loads[0].acknowledged > 20, "pushes")
        before = sum(load.acknowledged for load in loads)
        self.succeed("backup", self.file)
        after = sum(load.acknowledged for load in loads)
        for load in loads:
            load.stop()
            self.assertEqual((load.unanswered, load.statuses), (0, []))
        self.assertGreaterEqual(self.assertWhole(self.file), before)
        self.assertGreater(after, before)

    def start_long(self):
        """Starts a backup of a large file and stops it while it copies."""
        self.make_large()
        unfinished = self.site.home / "backup.db.tmp"
        for _ in range(5):
            process, master = self.start_backup()
            wait_until(
                lambda: process.poll() is not None or size(unfinished),
                "the copy to begin",
            )
            if process.poll() is None:
                os.kill(process.pid, signal.SIGSTOP)
                # Waits until it has stopped or, seen by poll(), ended.
                os.waitid(os.P_PID, process.pid,
                          os.WSTOPPED | os.WEXITED | os.WNOWAIT)
            if 0 < size(unfinished) < NEAR_THE_END:
                time.sleep(0.6)
                return process, master
            # It finished before the signal.
            process.send_signal(signal.SIGCONT)
            self.assertEqual(process.wait(harness.PATIENCE), 0)
            self.file.unlink()
        self.fail("no backup could be stopped while it copied")

    def start_backup(self):
        master, slave = harness.open_pty()
        self.addCleanup(os.close, master)
        process = subprocess.Popen(
            [self.program, "backup", "-c", self.site.config, self.file],
            stdout=slave, stderr=slave,
            # The kernel may send SIGHUP to all members of an orphaned process group
            # that has a stopped process.
            start_new_session=True)
        self.addCleanup(process.kill)
        os.close(slave)
        return process, master

    def test_progress_bar(self):
        process, master = self.start_long()
        process.send_signal(signal.SIGCONT)
        self.assertEqual(process.wait(harness.PATIENCE), 0)
        self.assertRegex(
            read_all(master).decode(),
            r"\A(\r\[#* *\] +\d+ %)+\r\x1b\[K\S+: ok, \d+ bytes\r\n\Z")

    def test_killed_while_restoring(self):
        """The old content stays intact, and the next restore works."""
        self.assertAccepted(self.push(PAIR))
        self.make_large()
        self.succeed("backup", self.file)
        log = pathlib.Path(f"{self.site.database}-wal")
        for _ in range(5):
            self.assertAccepted(self.push(PAIR))
            # A restore now makes the file grow again.
            connection = sqlite3.connect(self.site.database)
            connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")
            connection.close()
            load = self.load(PAIR, batches=True, pause=0.001)
            before = size(log)
            process = subprocess.Popen(
                [self.program, "restore", "-c", self.site.config, "--force",
                 "--no-keep", self.file])
            wait_until(lambda: process.poll() is not None
                       or size(log) > before + 20_000_000,
                       "the restore to write")
            process.kill()
            process.wait()
            if (process.returncode == -signal.SIGKILL
                    and size(log) - before < NEAR_THE_END):
                break
            # It finished before the signal.
            load.stop()
            self.succeed("restore", "--force", "--no-keep", self.file)
        else:
            self.fail("no restore could be killed while it wrote")
        wait_until(lambda: load.acknowledged > 20, "further pushes")
        load.stop()
        self.assertEqual((load.unanswered, set(load.statuses) - {503}), (0, set()))
        self.assertEqual(self.site.stored("left_total"), 2 + load.acknowledged)
        self.assertEqual(self.site.query("PRAGMA integrity_check"), [("ok",)])
        self.succeed("restore", "--force", "--no-keep", self.file)
        self.assertEqual(self.site.stored("left_total"), 1)
        self.assertAccepted(self.push(PAIR))
        self.assertEqual(self.site.stored("right_total"), 2)
        self.assertEqual(list(self.site.home.glob("*.tmp*")), [])

    def test_stopped(self):
        for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
            process, master = self.start_long()
            process.send_signal(number)
            process.send_signal(signal.SIGCONT)
            self.assertEqual(process.wait(harness.PATIENCE), 1)
            self.assertIn("tallyman backup: stopped\r\n", read_all(master).decode())
            self.assertNothingLeft()
            self.assertFalse(self.file.exists())
            connection = sqlite3.connect(self.site.database, timeout=5)
            connection.execute("DROP TABLE large")
            connection.close()

    @unittest.skipIf(harness.USER is None, "needs root")
    def test_root_leaves_no_files_of_root(self):
        self.assertAccepted(self.push(PAIR))
        for number in (0, 1):
            self.responders.terminate(number)
        options = {"user": 0, "group": 0}
        self.succeed("backup", "/tmp/" + self.site.dir.name + ".db", **options)
        backup = pathlib.Path("/tmp/" + self.site.dir.name + ".db")
        self.addCleanup(backup.unlink)
        (self.site.home / "tallyman.db-lock").unlink()
        self.succeed("restore", "--force", backup, **options)
        for path in self.site.home.glob("tallyman.db*"):
            self.assertEqual(path.stat().st_uid, harness.USER.pw_uid, path)


class BackupDiskFull(FileSystem):
    """The disk of the database and of the backup is full."""

    responders_wanted = 1

    def test_no_file_is_left(self):
        self.program = self.site.home / "tallyman"
        shutil.copy(harness.ROOT / "build/tallyman", self.program)
        self.assertAccepted(self.count_push())
        self.fill()
        before = sorted(p.name for p in self.place.iterdir())
        done = KeepCase.command(self, "backup", self.place / "b.db")
        self.assertEqual((done.returncode, done.stdout), (1, ""), done)
        self.assertRegex(done.stderr, r"full|No space left")
        done = KeepCase.command(self, "restore", "--force", self.place / "b.db")
        self.assertEqual(done.returncode, 1)
        self.assertEqual(sorted(p.name for p in self.place.iterdir()), before)
        self.filler.unlink()
        done = KeepCase.command(self, "backup", self.place / "b.db")
        self.assertEqual(done.returncode, 0, done)
        # A restore without enough space changes nothing.
        self.fill()
        before = sorted(p.name for p in self.place.iterdir())
        done = KeepCase.command(self, "restore", "--force", self.place / "b.db")
        self.assertEqual(done.returncode, 1, done)
        self.assertEqual(sorted(p.name for p in self.place.iterdir()), before)
        self.filler.unlink()
        self.assertAccepted(self.count_push())
        self.assertEqual(self.views(), self.acknowledged)


if __name__ == "__main__":
    enter_namespace()
    tap.main()
