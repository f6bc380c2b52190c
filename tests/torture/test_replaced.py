"""The database is renamed, or its name gets another file, while another process has it
open: no count is lost, and none is added to the wrong file."""

import contextlib
import os
import shutil
import sqlite3
import subprocess
import time

import torture  # noqa: F401  (extends sys.path)
import harness
import tap
from faults import EndpointCase, Plain
from harness import Scrape, counter, wait_until
from responder_case import serving

VIEW = [counter("demo_page_views_total")]


def has_open(process, path):
    for number in os.listdir(f"/proc/{process.pid}/fd"):
        with contextlib.suppress(FileNotFoundError):
            if os.readlink(f"/proc/{process.pid}/fd/{number}") == str(path):
                return True
    return False


class ReplacedCase(EndpointCase):
    responders_wanted = 2

    def shell(self, text, answers=True):
        """A sqlite3 shell during that statement, killed with the test."""
        shell = subprocess.Popen(
            ["sqlite3", self.site.database],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
            bufsize=1,
            **harness.of_user(harness.USER),
        )
        self.addCleanup(self.end, shell)
        shell.stdin.write(text + "\n")
        shell.stdin.flush()
        if answers:
            shell.stdout.readline()
        return shell

    @staticmethod
    def end(shell):
        shell.kill()
        shell.communicate()

    def beside(self, suffix):
        return self.site.database.with_name(self.site.database.name + suffix)

    def read_on(self):
        """Another process reads a snapshot, so the log cannot be written back."""
        for _ in range(3):
            self.round()
        reader = self.shell("BEGIN; SELECT count(*) FROM series;")
        for _ in range(10):
            self.round()
        return reader

    def notice(self):
        """With a push, or earlier with a commit of telemetry."""
        statuses = {self.push(VIEW).status for _ in range(4)}
        self.assertLessEqual(statuses, {200, 503})
        self.assertIn("while responders had it open", self.responders.stderr())


class Moved(ReplacedCase):
    def move(self):
        self.moved = self.site.home / "moved.db"
        self.site.database.rename(self.moved)

    def assertKept(self, before):
        """In the file with the rest of its log, which the responders have renamed."""
        (left,) = self.site.home.glob("tallyman.db-wal-left-*")
        self.assertIn(f"are in {left}, which must be renamed", self.responders.stderr())
        left.rename(self.site.home / "moved.db-wal")
        self.site.database = self.moved
        self.assertEqual(self.counted(), before)
        self.check_database()

    def test_with_an_open_snapshot(self):
        reader = self.read_on()
        before = self.counted()
        self.move()
        self.notice()
        self.end(reader)
        self.assertKept(before)

    def test_with_a_waiting_checkpoint(self):
        reader = self.read_on()
        before = self.counted()
        waiting = self.shell(
            ".timeout 60000\nPRAGMA wal_checkpoint(TRUNCATE);", answers=False
        )
        wait_until(
            lambda: has_open(waiting, self.beside("-wal")), "the shell to open the log"
        )
        time.sleep(0.3)
        self.move()
        self.notice()
        self.end(waiting)
        self.end(reader)
        self.assertKept(before)


class Linked(ReplacedCase):
    """The path of the configuration is a symbolic link."""

    def prepare(self):
        self.link = self.site.database
        for name in ("first", "second"):
            (self.site.home / name).mkdir()
            (self.site.home / name / "real.db").touch(0o600)
        self.link.symlink_to(self.site.home / "first/real.db")
        self.site.give_away()

    def test_new_target_with_an_open_snapshot(self):
        first = self.site.home / "first/real.db"
        reader = self.read_on()
        before = self.counted()
        self.link.unlink()
        self.link.symlink_to(self.site.home / "second/real.db")
        self.notice()
        self.end(reader)
        self.site.database = first
        self.assertEqual(self.counted(), before)
        self.check_database()


class Restarted(ReplacedCase):
    """The responders end before they notice."""

    def prepare_files(self):
        """Returns the path of a copy and its totals; the log has more."""
        for _ in range(3):
            self.round()
        copy = self.site.home / "copy"
        source, target = sqlite3.connect(self.site.database), sqlite3.connect(copy)
        source.backup(target)
        source.close()
        target.close()
        shutil.chown(copy, *os.stat(self.site.database)[4:6])
        base = self.counted()
        self.end(self.shell("PRAGMA wal_checkpoint(TRUNCATE);"))
        for _ in range(6):
            self.round()
        for endpoint in self.endpoints:
            endpoint.close()
        # They have nothing more to write, and so no occasion to notice.
        time.sleep(1)
        return copy, base

    def start_again(self):
        for number in range(self.responders_wanted):
            self.responders.restart(number)
        for process in self.responders.processes:
            wait_until(lambda process=process: serving(process), "the responder")

    def kill(self):
        for number in range(self.responders_wanted):
            self.responders.kill(number)

    def assertGoesOn(self, base):
        for _ in range(5):
            self.assertAccepted(self.push([counter("plain_total")]))
        scrape = Scrape(self.get("/metrics").text)
        self.assertEqual(scrape.value("plain_total"), base[Plain] + 5)
        self.check_database()

    def test_replaced(self):
        copy, base = self.prepare_files()
        copy.rename(self.site.database)
        for number in range(self.responders_wanted):
            self.assertEqual(self.responders.terminate(number), 0)
        self.start_again()
        self.assertGoesOn(base)

    def test_replaced_after_kills(self):
        """The remaining log does not belong to the copy."""
        born = subprocess.check_output(["stat", "-c", "%W", self.site.database])
        if int(born) == 0:
            self.skipTest("this file system does not know when a file was made")
        copy, base = self.prepare_files()
        self.kill()
        copy.rename(self.site.database)
        self.start_again()
        self.assertGoesOn(base)
        self.assertEqual(
            self.responders.stderr().count("was the log of an earlier database"), 1
        )
        (left,) = self.site.home.glob("tallyman.db-wal-left-*")
        self.assertGreater(left.stat().st_size, 0)

    def test_all_copied_after_kills(self):
        """With its log, as to another disk."""
        self.prepare_files()
        base = self.counted()
        self.kill()
        paths = list(self.site.home.glob("tallyman.db*"))
        self.assertIn(self.beside("-wal"), paths)
        for path in paths:
            copy = path.with_name("another")
            shutil.copy(path, copy)
            shutil.chown(copy, *path.stat()[4:6])
            copy.rename(path)
        self.start_again()
        self.assertGoesOn(base)
        self.assertEqual(list(self.site.home.glob("*-left-*")), [])


if __name__ == "__main__":
    tap.main()
