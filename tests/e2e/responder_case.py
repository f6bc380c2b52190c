"""Base of the tests of responders without a web server: a site, fastcgi.Connection,
and a load of pushes."""

import atexit
import json
import signal
import sqlite3
import threading
import unittest

import fastcgi
import harness
from harness import Scrape, counter, uuid7, wait_until

# The longest time of an undisturbed push on a busy machine, in seconds. A stalled
# loop takes longer: libfcgi lingers for 2 s, the deadlines are 15 and 30 s.
PROMPT_SECONDS = 1.5


def allowlist(*metrics):
    """Returns the text of an allowlist file."""
    return json.dumps({"allowedMetrics": metrics}, indent=1)


def listed(name, kind="counter", **more):
    """Returns one metric of an allowlist."""
    return {"name": name, "help": "Made for a test.", "type": kind, **more}


def label(name, *values):
    return {"name": name, "allowedValues": list(values)}


class Load(threading.Thread):
    """Sends pushes one after the other on its own connection, and opens a new one when
    that is closed.

    acknowledged  pushes with the reply 200
    unanswered    pushes sent in full or in part without a reply: they may have
                  been counted or not
    statuses      of the other replies
    slowest       the longest time from sending to the reply, in seconds

    With `batches` each push has a batch id and is repeated until acknowledged; it must
    then count once.
    """

    def __init__(self, path, samples, batches=False, pause=0.0):
        super().__init__(daemon=True)
        self.path, self.samples = path, samples
        self.batches, self.pause = batches, pause
        self.acknowledged = self.unanswered = 0
        self.statuses = []
        self.slowest = 0.0
        self.error = None
        self._stopping = threading.Event()
        self.connection = None

    def run(self):
        try:
            while not self._stopping.is_set():
                self._push_one()
                if self.pause:
                    self._stopping.wait(self.pause)
        except Exception as error:  # shown by stop()
            self.error = error
        finally:
            self._disconnect()

    def _disconnect(self):
        if self.connection is not None:
            self.connection.close()
        self.connection = None

    def _push_one(self):
        body = self.samples
        if self.batches:
            body = {"batch": uuid7(), "metrics": self.samples}
        data = fastcgi.push(body)
        while not self._send(data):
            if not self.batches:
                return

    def _send(self, data):
        """Returns whether the push was acknowledged."""
        if self.connection is None:
            self.connection = fastcgi.Connection(self.path)
        start = harness.awake()
        try:
            reply = self.connection.ask(data)
        except fastcgi.Closed:
            self.unanswered += 1
            self._disconnect()
            return False
        self.slowest = max(self.slowest, harness.awake() - start)
        if reply.status == 200:
            self.acknowledged += 1
            return True
        self.statuses.append(reply.status)
        return False

    def stop(self):
        self._stopping.set()
        self.join(4 * harness.PATIENCE)
        if self.error is not None:
            raise self.error
        if self.is_alive():
            raise RuntimeError("a push is still without an answer")


def serving(process):
    """Returns whether the responder has opened its database and handles SIGTERM."""
    with open(f"/proc/{process.pid}/status") as status:
        for line in status:
            if line.startswith("SigCgt:"):
                return int(line.split()[1], 16) >> signal.SIGTERM - 1 & 1
    return False


def wait_serving(*processes):
    for process in processes:
        wait_until(lambda: serving(process), "a responder to serve")


def stop_now(process):
    """Sends SIGSTOP and waits until the process has stopped."""
    process.signal(signal.SIGSTOP)

    def stopped():
        with open(f"/proc/{process.pid}/stat") as stat:
            return stat.read().rpartition(")")[2].split()[0] == "T"

    wait_until(stopped, "a responder to stop")


class ResponderCase(unittest.TestCase):
    """Starts a site and responders for each test."""

    config = {}  # written to tallyman.json
    responders_wanted = 1
    metrics = {}  # further allowlist files beside the demo's: name -> text
    environment = {}  # added to the test's for the responders

    def setUp(self):
        self.site = harness.Site(**self.config)
        self.addCleanup(self.site.remove)
        for name, text in self.metrics.items():
            self.site.write("tallyman/metrics.d/" + name, text)
        self.site.give_away()
        self.log = ""
        self.prepare()
        self.responders = harness.Responders(
            self.site, self.responders_wanted, environment=self.environment
        )
        self.addCleanup(self.responders.stop)
        self.addCleanup(self.keep_log)
        wait_serving(*self.responders.processes)

    def prepare(self):
        """Called before the responders start."""

    def keep_log(self):
        self.log = self.responders.diagnostics()

    def diagnostics(self):
        return self.log

    def connect(self, timeout=harness.PATIENCE, **options):
        connection = fastcgi.Connection(self.responders.path, timeout, **options)
        self.addCleanup(connection.close)
        return connection

    def ask(self, data, **options):
        return fastcgi.ask(self.responders.path, data, **options)

    def push(self, samples, **params):
        return self.ask(fastcgi.push(samples, **params))

    def get(self, path, **params):
        return self.ask(fastcgi.get(path, self.site.token, **params))

    def scrape(self, **params):
        reply = self.get("/metrics", **params)
        self.assertEqual(reply.status, 200, reply)
        return Scrape(reply.text)

    def load(self, samples=None, **options):
        """Starts a load, which the caller stops."""
        samples = samples or [counter("demo_page_views_total")]
        load = Load(self.responders.path, samples, **options)
        load.start()
        self.addCleanup(load.stop)
        return load

    def connect_to_each(self):
        """Returns a connection to each of two responders. It stops one of them so
        that the other accepts."""
        connections = []
        for other in reversed(self.responders.processes):
            stop_now(other)
            try:
                connection = self.connect()
                self.assertEqual(connection.get("/-/healthy").status, 200)
            finally:
                other.signal(signal.SIGCONT)
            connections.append(connection)
        return connections

    def assertAccepted(self, reply):
        self.assertEqual((reply.status, reply.body), (200, b"OK\n"), reply)

    def assertUnavailable(self, reply):
        self.assertEqual(reply.status, 503, reply)
        self.assertTrue(reply.header("Retry-After"), reply)

    def assertPrompt(self, load):
        """The load has run without a delay."""
        self.assertEqual(load.statuses, [])
        self.assertGreater(load.acknowledged, 0)
        self.assertLess(load.slowest, PROMPT_SECONDS)

    def views(self):
        """Returns the total of the load's counter, from the database."""
        return self.site.stored("demo_page_views_total") or 0


class KillCase(ResponderCase):
    """Four responders that are killed and started again."""

    responders_wanted = 4

    def kill(self, numbers):
        for number in numbers:
            process = self.responders.processes[number]
            self.responders.kill(number)
            # It has ended, and the kernel may reuse its process id.
            atexit.unregister(process.kill)
        for number in numbers:
            self.responders.restart(number)

    def check_database(self):
        connection = sqlite3.connect(self.site.database)
        try:
            for pragma, want in (
                ("integrity_check", [("ok",)]),
                ("foreign_key_check", []),
            ):
                got = connection.execute("PRAGMA " + pragma).fetchall()
                self.assertEqual(got, want)
        finally:
            connection.close()
