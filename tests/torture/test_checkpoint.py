"""Checkpoints of a slow disk, a full one and a broken one: they hold up no push, what
was counted is in the log until it is in the file, and they are tried again."""

import torture  # noqa: F401, for the path of what is imported next
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
        """At each responder in turn."""

        def pushed():
            for connection in self.each:
                self.view(connection)
            return condition()

        wait_until(pushed, what)

    def log_number(self):
        """Of the checkpoint behind which the log began anew: in its head."""
        with open(f"{self.site.database}-wal", "rb") as log:
            return log.read(16)[12:]

    def hold(self, call):
        """In a checkpoint beside the commits: the log is short before it."""
        number = self.log_number()
        self.push_until(lambda: self.log_number() != number, "the log to begin anew")
        self.control.arm(call, HOLD)
        self.push_until(lambda: self.control.hits > 0, "a checkpoint")

    def assertCounted(self):
        self.assertEqual(self.views(), self.taken)
        self.check_database()


class Slow(CheckpointCase):
    """One that does not come to an end before the test lets it."""

    def test_pushes_meanwhile(self):
        """They are answered by the responder that writes the log back, and by the
        other: all pushes wait for answers here."""
        for call in CALLS:
            with self.subTest(call):
                self.hold(call)
                before = self.taken
                # More than the pages of the log at which a commit would do it.
                self.push_until(lambda: self.taken > before + 60, "pushes")
                self.assertEqual(self.control.hits, 1)
                self.control.disarm()
                self.push_until(lambda: True, "pushes")
                self.assertCounted()

    def test_end_meanwhile(self):
        """A web server kills 3 s after SIGTERM: the disk is not waited for."""
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

    def test_moved_meanwhile(self):
        """The file keeps what was counted, with the log that is set aside for it,
        and what has its name then has nothing of it."""
        self.hold("db write")
        moved = self.site.home / "moved.db"
        path, before = self.site.database, self.views()
        self.assertEqual(before, self.taken)
        path.rename(moved)
        statuses = [connection.push(VIEW).status for connection in self.each]
        self.assertEqual(statuses, [503, 503])
        self.taken = 0
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
    """Where none can be started commits run the checkpoints."""

    threads = False

    def test_log_begins_anew(self):
        before = self.control.counts()["db sync"]
        self.push_until(
            lambda: self.control.counts()["db sync"] > before + 3, "checkpoints"
        )
        self.assertLess(torture.wal_bytes(self.site), torture.MIB)
        self.assertCounted()


if __name__ == "__main__":
    tap.main()
