"""Faults around the responder: a full disk, a locked or read-only database, a
hanging responder, a bad configuration. Pushes get 503 during the fault, no push is
lost or counted in part, and the responder recovers without help.

The tests' own file systems need a private mount namespace, which the program enters
by starting itself again with unshare(1).
"""

import errno
import fcntl
import os
import re
import shutil
import signal
import socket
import sqlite3
import subprocess
import sys
import time
import unittest

import harness
import tap
from harness import counter, histogram, uuid7, wait_until
from responder_case import Load, ResponderCase, stop_now, wait_serving

VIEW = [counter("demo_page_views_total")]
NAMESPACE = "TALLYMAN_TEST_NAMESPACE"
MEGABYTE = 1 << 20

# A push waits at most 3 s for the lock, and as long for the push before it.
REFUSED_SECONDS = 8


def enter_namespace():
    """Starts this program again in a private mount namespace, or goes on without
    one if that is not permitted."""
    if NAMESPACE in os.environ:
        return
    command = ["unshare", "-m"] if os.geteuid() == 0 else ["unshare", "-rm"]
    if shutil.which("unshare"):
        tried = subprocess.run(
            [*command, "mount", "-t", "tmpfs", "none", "/mnt"],
            stderr=subprocess.DEVNULL,
        )
        if tried.returncode == 0:
            environment = {**os.environ, NAMESPACE: "1"}
            os.execvpe(
                "unshare",
                [*command, sys.executable, *sys.argv],
                environment,
            )


class Unavailable(ResponderCase):
    """Checks for every fault."""

    def setUp(self):
        super().setUp()
        self.acknowledged = 0

    def count_push(self, **params):
        reply = self.push(VIEW, **params)
        if reply.status == 200:
            self.acknowledged += 1
        return reply

    def assertRefuses(self):
        """Every push is refused with a reason."""
        start = harness.awake()
        self.assertUnavailable(self.count_push())
        self.assertUnavailable(self.push([histogram("demo_response_seconds", 1)]))
        self.assertEqual(self.get("/-/healthy").status, 200)
        # An empty push commits nothing; a malformed push still gets 400.
        self.assertEqual(self.push(b"[{]").status, 400)
        self.assertLess(harness.awake() - start, 4 * REFUSED_SECONDS)
        self.assertUnavailable(self.wait_for_ready(503))
        self.assertIn("pushes are refused until", self.responders.stderr())

    def wait_for_ready(self, status):
        """Waits for the state of /-/ready. A responder keeps the result of its last
        commit for a second, and on a full disk the log may have room for another
        commit, so this waits for one of several replies."""
        replies = []

        def all_answer():
            replies[:] = [self.get("/-/ready") for _ in range(8)]
            return {reply.status for reply in replies} == {status}

        wait_until(all_answer, f"/-/ready to answer {status}")
        return replies[0]

    def assertRecovers(self):
        """The responder recovers without help, and the total equals the acknowledged pushes."""
        wait_until(
            lambda: self.count_push().status == 200, "pushes to be taken again"
        )
        self.wait_for_ready(200)
        for _ in range(5):
            self.assertAccepted(self.count_push())
        self.assertEqual(self.views(), self.acknowledged)
        self.assertEqual(
            self.scrape().value("demo_page_views_total"), self.acknowledged
        )
        self.assertIn("can be written again", self.responders.stderr())
        for process in self.responders.processes:
            self.assertTrue(process.alive())

    def assertLoopSleeps(self):
        """The loop waits instead of spinning."""
        for process in self.responders.processes:

            def switches():
                with open(f"/proc/{process.pid}/status") as status:
                    return sum(
                        int(line.split()[1])
                        for line in status
                        if "ctxt_switches" in line
                    )

            before = switches()
            time.sleep(1)
            self.assertLess(switches() - before, 100)


@unittest.skipUnless(
    NAMESPACE in os.environ,
    "needs a private mount namespace: root, or unprivileged user namespaces",
)
class FileSystem(Unavailable):
    """The database is on a file system of its own."""

    room = "size=8m"

    def prepare(self):
        self.place = self.site.dir / "disk"
        self.place.mkdir()
        self.filler = self.place / "filler"
        options = f"{self.room},mode=700"
        if harness.USER is not None:
            options += f",uid={harness.USER.pw_uid},gid={harness.USER.pw_gid}"
        subprocess.run(
            ["mount", "-t", "tmpfs", "-o", options, "none", self.place],
            check=True,
        )
        self.addCleanup(subprocess.run, ["umount", "-l", self.place], check=True)
        self.site.database = self.place / "tallyman.db"
        self.site.configure(database=str(self.site.database))

    def fill(self):
        """Fills the file system to the last byte."""
        with open(self.filler, "ab", buffering=0) as filler:
            for size in (MEGABYTE, 4096, 1):
                try:
                    while True:
                        filler.write(bytes(size))
                except OSError as error:
                    if error.errno != errno.ENOSPC:
                        raise

    def restart_all(self):
        for number in range(len(self.responders.processes)):
            if self.responders.processes[number].alive():
                self.assertEqual(self.responders.terminate(number), 0)
        for number, process in enumerate(self.responders.processes):
            self.responders.restart(number)
        wait_serving(*self.responders.processes)


class DiskFull(FileSystem):
    responders_wanted = 2

    def fill_up(self):
        self.fill()
        # The log may have room for a few more pushes.
        wait_until(
            lambda: self.count_push().status == 503, "the disk to be full"
        )

    def test_pushes(self):
        for _ in range(10):
            self.assertAccepted(self.count_push())
        self.fill_up()
        self.assertRefuses()
        self.assertEqual(self.views(), self.acknowledged)
        # Stored totals stay readable.
        self.assertEqual(
            self.scrape().value("demo_page_views_total"), self.acknowledged
        )
        self.assertLoopSleeps()
        self.filler.unlink()
        self.assertRecovers()
        wait_until(
            lambda: self.scrape().value(
                "tallyman_pushes_rejected_total",
                door="record",
                reason="unavailable",
            )
            >= 3,
            "the refused pushes to be counted",
        )

    def test_refused_batch_can_be_repeated(self):
        self.fill_up()
        self.filler.unlink()
        batch = {"batch": uuid7(), "metrics": VIEW}
        wait_until(lambda: self.count_push().status == 200, "room")
        self.fill()
        statuses = [self.push(batch).status for _ in range(5)]
        self.assertIn(503, statuses)
        before = self.acknowledged
        self.filler.unlink()
        wait_until(lambda: self.push(batch).status == 200, "the batch")
        self.assertAccepted(self.push(batch))
        self.assertEqual(self.views(), before + 1)

    def test_under_load(self):
        loads = [self.load(pause=0.001) for _ in range(4)]
        batched = [
            self.load([counter("app_load_succeeded", app="home")], batches=True)
            for _ in range(2)
        ]
        for _ in range(3):
            time.sleep(0.3)
            self.fill()
            time.sleep(0.3)
            self.filler.unlink()
        for load in loads + batched:
            load.stop()
        for load in loads:
            self.assertEqual(load.unanswered, 0)
            self.assertLessEqual(set(load.statuses), {503})
        self.assertEqual(
            self.views(), sum(load.acknowledged for load in loads)
        )
        self.assertEqual(
            self.site.stored("app_load_succeeded", app="home"),
            sum(load.acknowledged for load in batched),
        )
        self.assertEqual(self.site.query("PRAGMA integrity_check"), [("ok",)])

    def test_full_from_the_start(self):
        """The database cannot be created."""
        for number in (0, 1):
            self.responders.terminate(number)
        for path in self.place.iterdir():
            path.unlink()
        self.fill()
        self.restart_all()
        self.assertRefuses()
        self.assertLoopSleeps()
        self.filler.unlink()
        self.assertRecovers()


class NoMoreFiles(FileSystem):
    """The disk has room for the directory but for no file in it."""

    room = "size=8m,nr_inodes=1"

    def make_room(self, files):
        subprocess.run(
            ["mount", "-o", f"remount,nr_inodes={1 + files}", self.place], check=True
        )

    def test_each_file(self):
        for files, want in enumerate(
            (
                "tallyman.db-lock: No space left on device",
                "tallyman.db: No space left on device",
                "tallyman.db: its -wal and -shm cannot be created",
                "tallyman.db: its -wal and -shm cannot be created",
            )
        ):
            with self.subTest(files=files):
                self.make_room(files)
                self.assertRefuses()
                self.assertIn(want, self.responders.stderr().splitlines()[-1])
        self.make_room(10)
        self.assertRecovers()


class ReadOnly(FileSystem):
    def test_file_system(self):
        for _ in range(3):
            self.assertAccepted(self.count_push())
        self.responders.terminate(0)
        subprocess.run(["mount", "-o", "remount,bind,ro", self.place], check=True)
        self.restart_all()
        self.assertRefuses()
        self.assertLoopSleeps()
        subprocess.run(["mount", "-o", "remount,bind,rw", self.place], check=True)
        self.assertRecovers()

    def test_file_system_without_database(self):
        self.responders.terminate(0)
        for path in self.place.iterdir():
            path.unlink()
        subprocess.run(["mount", "-o", "remount,bind,ro", self.place], check=True)
        self.restart_all()
        self.assertRefuses()
        subprocess.run(["mount", "-o", "remount,bind,rw", self.place], check=True)
        self.assertRecovers()


class NotPermitted(Unavailable):
    @unittest.skipIf(
        harness.USER is None and os.geteuid() == 0,
        "nothing is forbidden to the only user of a user namespace",
    )
    def test_file(self):
        for _ in range(3):
            self.assertAccepted(self.count_push())
        self.responders.terminate(0)
        self.site.database.chmod(0o400)
        self.responders.restart(0)
        self.assertRefuses()
        self.site.database.chmod(0o600)
        self.assertRecovers()


class Locked(Unavailable):
    responders_wanted = 2

    def test_lock_of_a_shell(self):
        """Like BEGIN IMMEDIATE in an sqlite3 shell that stays open."""
        load = self.load(pause=0.01)
        outsider = sqlite3.connect(
            self.site.database, isolation_level=None, timeout=harness.PATIENCE
        )
        self.addCleanup(outsider.close)
        wait_until(lambda: load.acknowledged > 0, "the first push")
        outsider.execute("BEGIN IMMEDIATE")
        begun = time.monotonic()
        refused = 0
        while time.monotonic() - begun < 3:
            start = harness.awake()
            reply = self.count_push()
            if self.acknowledged == 0:
                self.assertUnavailable(reply)
                refused += 1
            self.assertLess(harness.awake() - start, REFUSED_SECONDS)
        self.assertGreater(refused, 0)
        self.assertEqual(self.get("/metrics").status, 200)
        outsider.execute("ROLLBACK")
        wait_until(lambda: self.push([]).status == 200, "an empty push")
        load.stop()
        self.assertLessEqual(set(load.statuses), {503})
        self.acknowledged = load.acknowledged
        self.assertRecovers()

    def test_lock_of_a_hanging_responder(self):
        first, second = self.connect_to_each()
        hanging = self.responders.processes[0]
        load = Load(self.responders.path, VIEW)
        load.connection = first
        first.socket.settimeout(4 * REFUSED_SECONDS)
        load.start()
        self.addCleanup(load.stop)
        self.addCleanup(hanging.signal, signal.SIGCONT)
        with open(f"{self.site.database}-lock", "rb+") as lock:

            def held():
                stop_now(hanging)
                try:
                    fcntl.lockf(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
                except BlockingIOError:
                    return True
                fcntl.lockf(lock, fcntl.LOCK_UN)
                hanging.signal(signal.SIGCONT)
                time.sleep(0.001)
                return False

            wait_until(held, "the responder to be stopped with the lock")
        for _ in range(2):
            start = harness.awake()
            self.assertUnavailable(second.push(VIEW))
            self.assertLess(harness.awake() - start, REFUSED_SECONDS)
        self.assertEqual(second.get("/-/healthy").status, 200)
        hanging.signal(signal.SIGCONT)
        load.stop()
        self.assertEqual((load.unanswered, load.statuses), (0, []))
        self.assertAccepted(second.push(VIEW))
        self.acknowledged = load.acknowledged + 1
        self.assertRecovers()


class Redefined(ResponderCase):
    def test_scrape_after_a_restore(self):
        """A responder that only serves scrapes must notice a restore, too."""
        self.assertEqual(self.get("/metrics").status, 200)
        connection = sqlite3.connect(self.site.database)
        with connection:
            connection.execute(
                "UPDATE meta SET value = value + 1 WHERE key = 'generation'"
            )
        connection.close()
        self.assertEqual(self.get("/metrics").status, 200)


class WebRoot(Unavailable):
    def test_database_in_the_web_root(self):
        below = self.push(VIEW, DOCUMENT_ROOT=str(self.site.home))
        self.assertEqual(below.status, 500, below)
        self.assertIn("below the web root", below.text)
        for root in (self.site.dir, self.site.home / "metrics.d/.."):
            self.assertEqual(
                self.push(VIEW, DOCUMENT_ROOT=str(root)).status, 500
            )
        for path in ("/metrics", "/-/ready"):
            reply = self.get(path, DOCUMENT_ROOT=str(self.site.home))
            self.assertEqual(reply.status, 500, reply)
        self.assertRegex(
            self.responders.stderr(),
            f"tallyman: error: database {re.escape(str(self.site.database))} lies"
            f" below the web root {re.escape(str(self.site.home))}, .*;"
            " set `database` to a path outside",
        )
        for root in (self.site.dir / "www", self.site.home / "metrics.d", "", "/no"):
            self.assertAccepted(self.push(VIEW, DOCUMENT_ROOT=str(root)))
        self.assertEqual(self.views(), 4)


class CommandLine(unittest.TestCase):
    def setUp(self):
        self.site = harness.Site()
        self.addCleanup(self.site.remove)

    def run_responder(self, *arguments, listening=False, **environment):
        stdin = subprocess.DEVNULL
        if listening:
            stdin = socket.create_server(("127.0.0.1", 0))
            self.addCleanup(stdin.close)
        return subprocess.run(
            [self.site.responder, *arguments],
            stdin=stdin,
            env={"PATH": "/usr/bin:/bin", **environment},
            capture_output=True,
            text=True,
            timeout=harness.PATIENCE,
            **harness.of_user(harness.USER),
        )

    def assertExits(self, done, status, out, err):
        self.assertEqual(done.returncode, status, done)
        self.assertRegex(done.stdout, out)
        self.assertRegex(done.stderr, err)

    NOTHING = r"\A\Z"

    def break_everything(self):
        """Makes errors in three files; returns the lines that report them."""
        self.site.config.write_text(
            '{\n  "databse": "tallyman.db",\n  "durability": "steel",\n'
            '  "respect_gpc": 1\n}\n'
        )
        own = self.site.home / "metrics.d"
        (own / "a.json").write_text(
            '{"allowedMetrics": [\n'
            '  {"name": "a_total", "help": "h", "type": "meter"},\n'
            '  {"name": "__a", "help": "h", "type": "counter"}\n]}\n'
        )
        (own / "b.json").write_text('{"allowedMetrics": [\n  {]\n')
        return [
            rf"{self.site.config}:2:\d+: databse: ",
            rf"{self.site.config}:3:\d+: durability: ",
            rf"{self.site.config}:4:\d+: respect_gpc: ",
            rf"{own}/a.json:2:\d+: \S*type: ",
            rf"{own}/a.json:3:\d+: \S*name: ",
            rf"{own}/b.json:2:\d+: ",
        ]

    def test_bad_configuration(self):
        wanted = self.break_everything()
        for listening, arguments in (
            (True, ()),
            (False, ("-t",)),
            (False, ("--test",)),
        ):
            done = self.run_responder(
                "-c", self.site.config, *arguments, listening=listening
            )
            self.assertExits(done, 1, self.NOTHING, wanted[0])
            for line in wanted:
                self.assertRegex(done.stderr, line)
        self.assertFalse(self.site.database.exists())

    def test_good_configuration(self):
        for arguments, environment in (
            (("-t", "-c", str(self.site.config)), {}),
            (("--test", f"--config={self.site.config}"), {}),
            (("-t",), {"TALLYMAN_CONFIG": str(self.site.config)}),
            (("-t",), {}),  # found beside the executable
        ):
            done = self.run_responder(*arguments, **environment)
            self.assertExits(done, 0, ": ok\n", self.NOTHING)
        # Checking writes nothing.
        self.assertFalse(self.site.database.exists())

    def test_no_configuration(self):
        for listening, arguments in ((True, ()), (False, ("-t",))):
            done = self.run_responder(
                *arguments, listening=listening, TALLYMAN_CONFIG="/none.json"
            )
            self.assertExits(done, 1, self.NOTHING, r"tallyman: error: /none\.json")

    def test_help_and_version(self):
        for option in ("-h", "--help"):
            done = self.run_responder(option)
            self.assertExits(done, 0, r"\AUsage: tallyman\.fcgi ", self.NOTHING)
            for told in ("--config", "--test", "--version", "TALLYMAN_CONFIG"):
                self.assertIn(told, done.stdout)
        for option in ("-V", "--version"):
            done = self.run_responder(option)
            self.assertExits(
                done, 0, r"\Atallyman\.fcgi \d+\.\d+\S*\n\Z", self.NOTHING
            )

    def test_bad_command_line(self):
        for arguments in (("--none",), ("-x",), ("-c",), ("file",), ("-t", "file")):
            done = self.run_responder(*arguments)
            self.assertExits(done, 2, self.NOTHING, "Usage: ")

    def test_without_a_web_server(self):
        done = self.run_responder("-c", self.site.config)
        self.assertExits(done, 2, self.NOTHING, "a web server must start this program")


if __name__ == "__main__":
    enter_namespace()
    tap.main()
