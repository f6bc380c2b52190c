"""Checkpoints on a slow, a full and a broken disk: pushes do not wait, counts stay in the
log until they are in the file, and failed checkpoints are retried."""

import torture  # noqa: F401  (extends sys.path)
import harness
import tap
from faults import FAIL, FULL, HOLD, IOERR_FSYNC, IOERR_WRITE, FaultCase
from harness import counter, wait_until

VIEW = [counter("demo_page_views_total")]
# Calls that only a checkpoint makes: after a sync of the log, in this order.
CALLS = ("db write", "db sync")


class CheckpointCase(FaultCase):
    responders_wanted = 2

    def setUp(self):
        super().setUp()
        self.each = self.connect_to_each()
        self.taken = 0

    def view(self, connection):
        self.assertAccepted(connection.push(VIEW))
        self.taken += 1

    def push_until(self, condition, what):
        """At each responder in turn, by connection."""

        def pushed():
            for connection in self.each:
                self.view(connection)
            return condition()

        wait_until(pushed, what)

    def log_number(self):
        """The checkpoint sequence number in the log's header."""
        with open(f"{self.site.database}-wal", "rb") as log:
            return log.read(16)[12:]

    def hold(self, call):
        """Starts a checkpoint on the side thread; the log is short before it."""
        number = self.log_number()
        self.push_until(lambda: self.log_number() != number, "the log to restart")
        self.control.arm(call, HOLD)
        self.push_until(lambda: self.control.hits > 0, "a checkpoint")

    def assertCounted(self):
        self.assertEqual(self.views(), self.taken)
        self.check_database()


class Slow(CheckpointCase):
    """A checkpoint that does not end before the test permits it."""

    def test_pushes_during_a_checkpoint(self):
        """Both the responder with the checkpoint and the other one answer; each push here
        waits for its reply."""
        for call in CALLS:
            with self.subTest(call):
                self.hold(call)
                before = self.taken
                # More pages than the limit at which a commit runs the checkpoint.
                self.push_until(lambda: self.taken > before + 60, "pushes")
                self.assertEqual(self.control.hits, 1)
                self.control.disarm()
                self.push_until(lambda: True, "pushes")
                self.assertCounted()

    def test_sigterm_during_a_checkpoint(self):
        """The responder does not wait for the disk: a web server kills it 3 s after SIGTERM."""
        self.hold("db sync")
        self.supervisor.stop()
        start = harness.awake()
        for number in range(self.responders_wanted):
            self.assertEqual(self.responders.terminate(number), 0)
        self.assertLess(harness.awake() - start, 3)
        self.control.disarm()
        self.assertCounted()
        self.responders.restart(0)
        self.assertAccepted(self.push(VIEW))
        self.taken += 1
        self.assertCounted()

    def test_file_moved_during_a_checkpoint(self):
        """The moved file keeps its totals, with its log set aside; the new file of that
        name has none of them."""
        self.hold("db write")
        moved = self.site.home / "moved.db"
        path, before = self.site.database, self.views()
        self.assertEqual(before, self.taken)
        path.rename(moved)
        statuses = [connection.push(VIEW).status for connection in self.each]
        # On a slow machine a responder may have noticed and recovered before its push.
        self.assertLessEqual(set(statuses), {200, 503})
        self.assertIn("was deleted, moved or replaced", self.responders.stderr())
        self.taken = statuses.count(200)
        self.push_until(lambda: self.taken > 20, "pushes")
        self.control.disarm()
        self.push_until(lambda: self.taken > 40, "pushes")
        self.assertCounted()
        (left,) = self.site.home.glob("tallyman.db-wal-left-*")
        left.rename(self.site.home / "moved.db-wal")
        self.site.database, self.taken = moved, before
        self.assertCounted()


class SlowWithPower(Slow):
    config = {**Slow.config, "durability": "power"}


class Failing(CheckpointCase):
    def test_each_call(self):
        failures = (
            ("db write", FULL, "database or disk is full"),
            ("db write", IOERR_WRITE, "disk I/O error"),
            ("db sync", IOERR_FSYNC, "disk I/O error"),
        )
        for call, result, text in failures:
            with self.subTest(call, result=result):
                told = len(self.responders.stderr())
                line = f"cannot be written back: database {self.site.database}: {text};"

                def log():
                    return self.responders.stderr()[told:]

                self.control.arm(call, FAIL, result=result, lasting=True)
                self.push_until(lambda: log().count(line) == 2, "both to tell")
                hits = self.control.hits
                self.push_until(lambda: self.control.hits > hits + 4, "other tries")
                self.assertEqual(log().count(line), 2)
                self.control.disarm()
                self.push_until(
                    lambda: log().count("can be written back again") == 2, "the end of it"
                )
                self.assertCounted()


class WithoutThread(CheckpointCase):
    """If no thread can be started, commits run the checkpoints."""

    threads = False

    def test_log_restarts(self):
        before = self.control.counts()["db sync"]
        self.push_until(
            lambda: self.control.counts()["db sync"] > before + 3, "checkpoints"
        )
        self.assertLess(torture.wal_bytes(self.site), torture.MIB)
        self.assertCounted()


if __name__ == "__main__":
    tap.main()
