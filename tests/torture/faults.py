"""Shared by the tests of crashes and broken disks: the other side of
tests/torture/fault.h, and the endpoints for pushes, each with its expected totals."""

import json
import mmap
import random
import shutil
import sqlite3
import struct

from torture import LONG, Client, Worker, record_push, text_push

import fastcgi
import grafana
import harness
from harness import counter, histogram, uuid7, wait_until
from responder_case import KillCase, allowlist, label, listed, serving

LIBRARY = harness.ROOT / "build/tests/torture/fault_vfs.so"

# As in fault.h.
POINTS = (
    "none",
    "db read",
    "db write",
    "db sync",
    "db truncate",
    "db size",
    "db lock",
    "wal open",
    "wal read",
    "wal write",
    "wal sync",
    "wal truncate",
    "wal size",
    "wal delete",
    "shm map",
    "shm lock",
    "store sync",
    "reply",
    "memory",
)
KILL_BEFORE, KILL_AFTER, KILL_HALF, FAIL, FAIL_HALF, HOLD = range(1, 7)
WRITES = ("db write", "wal write")

# Codes of SQLite.
READONLY, FULL = 8, 13
IOERR_READ, IOERR_WRITE, IOERR_FSYNC = 10 | 1 << 8, 10 | 3 << 8, 10 | 4 << 8
IOERR_TRUNCATE, IOERR_FSTAT = 10 | 6 << 8, 10 | 7 << 8
IOERR_DELETE, IOERR_LOCK = 10 | 10 << 8, 10 | 15 << 8
IOERR_SHMOPEN, IOERR_SHMSIZE = 10 | 18 << 8, 10 | 19 << 8
IOERR_SHMLOCK, IOERR_SHMMAP = 10 | 20 << 8, 10 | 21 << 8
CANTOPEN = 14


SEED = 20240229  # for the random choice of the short form


def some(cases, kind, count):
    """In the short form a sample of them: one of each kind, and others at random."""
    if LONG:
        return cases
    random.Random(SEED).shuffle(cases)
    kinds = list({kind(case): case for case in cases}.values())
    return [*kinds, *(case for case in cases if case not in kinds)][:count]


class Control:
    """The file that tells the responders which fault to raise."""

    # point, action, countdown, result, lasting, hits, counts[]
    HEAD = struct.Struct("=IIiiII")
    COUNTS = struct.Struct(f"={len(POINTS)}I")

    def __init__(self, path):
        path.write_bytes(bytes(self.HEAD.size + self.COUNTS.size))
        with open(path, "r+b") as file:
            self.map = mmap.mmap(file.fileno(), 0)

    def arm(self, point, action, nth=1, result=0, lasting=False):
        """Raises the fault at the nth call of the point from now on, and if `lasting` at
        all later calls."""
        self.disarm()
        number = POINTS.index(point)
        self.HEAD.pack_into(self.map, 0, 0, action, nth, result, lasting, 0)
        struct.pack_into("=I", self.map, 0, number)

    def disarm(self):
        struct.pack_into("=I", self.map, 0, 0)

    @property
    def hits(self):
        """Number of calls since arm()."""
        return self.HEAD.unpack_from(self.map)[5]

    def counts(self):
        """Number of calls of each point."""
        return dict(zip(POINTS, self.COUNTS.unpack_from(self.map, self.HEAD.size)))


# --- the endpoints -------------------------------------------------------------


class Endpoint:
    """Pushes one by one, on its own connection.

    acknowledged  accepted pushes
    uncertain     pushes without a reply, not repeated: they may count
    refused       replies with 503: not counted
    unsynced      replies with 500: counted
    """

    repeatable = True  # a push may be sent twice and counts once
    taken = 200

    def __init__(self, path, number=0):
        self.number = number
        self.client = Client(path)
        self.acknowledged = self.uncertain = self.refused = self.unsynced = 0
        self.next()

    def next(self):
        """Sets `data` to the next push."""
        raise NotImplementedError

    def push(self):
        """True if accepted, False if refused, None without a reply."""
        reply = self.client.ask(self.data)
        if reply is not None and reply.status not in (self.taken, 500, 503):
            raise AssertionError(f"{type(self).__name__}: {reply}")
        unsynced = reply is not None and reply.status == 500
        self.unsynced += unsynced
        taken = reply is not None and (
            reply.status == self.taken or unsynced and not self.repeatable
        )
        self.acknowledged += taken
        self.refused += reply is not None and reply.status == 503
        self.uncertain += reply is None and not self.repeatable
        if taken or not self.repeatable:
            self.next()
        return None if reply is None else taken

    def close(self):
        self.client.close()


class Batches(Endpoint):
    def next(self):
        metrics = [counter("batched_total"), histogram("batched_seconds", 0.5, 3)]
        self.data = record_push({"batch": uuid7(), "metrics": metrics})


class Plain(Endpoint):
    repeatable = False

    def next(self):
        self.data = record_push([counter("plain_total")])


class Sessions(Endpoint):
    """Each session has two messages, in order."""

    taken = 201

    def next(self):
        if self.acknowledged % 2 == 0:
            self.session, self.start = grafana.new_session(), grafana.now() - 60
        kind = ("start", "end")[self.acknowledged % 2]
        at = self.start + 30 * (kind == "end")
        message = grafana.message(kind, self.session, at)
        self.data = fastcgi.request(
            "POST",
            "/write",
            json.dumps(message).encode(),
            CONTENT_TYPE="text/plain;charset=UTF-8",
        )


class Running(Endpoint):
    """A program that pushes its running total, and that of a histogram."""

    def next(self):
        total = self.acknowledged + 1
        self.data = text_push(
            "PUT",
            f"/metrics/job/run/instance/{self.number}",
            "# TYPE running_total counter\n"
            f"running_total {total}\n"
            "# TYPE running_seconds histogram\n"
            f'running_seconds_bucket{{le="1"}} {total}\n'
            f'running_seconds_bucket{{le="+Inf"}} {2 * total}\n'
            f"running_seconds_sum {4 * total}\nrunning_seconds_count {2 * total}\n",
        )


class Added(Endpoint):
    """Increments of a program since its last push, in a listed and an unlisted family."""

    repeatable = False

    def next(self):
        self.data = text_push(
            "POST",
            "/metrics/job/add",
            "# TYPE added_total counter\nadded_total 1\n"
            "# TYPE open_total counter\n"
            f'open_total{{number="{self.number}"}} 1\n',
        )


class Keyed(Endpoint):
    """OpenTelemetry: increments with a key, and an exemplar in each bucket."""

    def next(self):
        counted = [{"asInt": "1"}]
        exemplars = [
            {"asDouble": value, "traceId": f"{1 + self.acknowledged:032x}", "spanId": "1" * 16}
            for value in (0.5, 2)
        ]
        observed = [
            {
                "count": "2",
                "sum": 2.5,
                "explicitBounds": [1],
                "bucketCounts": ["1", "1"],
                "exemplars": exemplars,
            }
        ]
        metrics = [
            {
                "name": "keyed",
                "sum": {
                    "aggregationTemporality": 1,
                    "isMonotonic": True,
                    "dataPoints": counted,
                },
            },
            {
                "name": "keyed",
                "unit": "s",
                "histogram": {"aggregationTemporality": 1, "dataPoints": observed},
            },
        ]
        self.data = fastcgi.request(
            "POST",
            "/v1/metrics",
            json.dumps({"resourceMetrics": [{"scopeMetrics": [{"metrics": metrics}]}]}).encode(),
            CONTENT_TYPE="application/json",
            HTTP_IDEMPOTENCY_KEY=uuid7(),
        )


ENDPOINTS = (Batches, Plain, Sessions, Running, Added, Keyed)
LISTED = allowlist(
    listed("batched_total"),
    listed("batched_seconds", "histogram", buckets=[1, 2]),
    listed("plain_total"),
    listed("running_total", labels=[label("job", "run")], temporality="cumulative"),
    listed(
        "running_seconds",
        "histogram",
        labels=[label("job", "run")],
        buckets=[1],
        temporality="cumulative",
    ),
    listed("added_total", labels=[label("job", "add")]),
    listed("keyed_total", exemplars=True),
    listed("keyed_seconds", "histogram", buckets=[1], exemplars=True),
)

# One row per family with the sums over its series.
TOTALS = """
SELECT family.name, sum(value), sum(count), sum(sum),
       sum(buckets ->> 0), sum(buckets ->> 1), sum(buckets ->> 2)
FROM series JOIN total ON series_id = series.id
JOIN family ON family.id = family_id GROUP BY family.name"""


SCRAPES = """
SELECT total(count) FROM series JOIN total ON series_id = series.id
JOIN family ON family.id = family_id
WHERE family.name = 'tallyman_scrape_seconds'"""


def totals_of(connection):
    """The totals in a database, by family, as (value, count, sum, buckets)."""
    return {
        name: (value, count, total, [b for b in buckets if b is not None])
        for name, value, count, total, *buckets in connection.execute(TOTALS)
    }


def counted(totals):
    """Number of pushes of each endpoint in the totals. A push that is included in part is
    an error."""
    nothing = (0, 0, 0, [])
    got = {endpoint: 0 for endpoint in ENDPOINTS}

    def family(name):
        return totals.get(name, nothing)

    got[Plain] = family("plain_total")[0]
    batches = got[Batches] = family("batched_total")[0]
    expect(
        family("batched_seconds")[1:],
        (2 * batches, 3.5 * batches, [batches, 0, batches]) if batches else None,
    )
    running = got[Running] = family("running_total")[0]
    expect(
        family("running_seconds")[1:],
        (2 * running, 4 * running, [running, running]) if running else None,
    )
    keyed = got[Keyed] = family("keyed_total")[0]
    expect(
        family("keyed_seconds")[1:],
        (2 * keyed, 2.5 * keyed, [keyed, keyed]) if keyed else None,
    )
    got[Added] = family("added_total")[0]
    expect(family("open_total")[0], got[Added])
    begun = family("grafana_analytics_sessions_total")[0]
    ended = family("grafana_analytics_session_duration_seconds")
    expect(ended[2], 30 * ended[1])
    expect(family("grafana_analytics_sessions_duration_seconds_total")[0], ended[2])
    got[Sessions] = begun + ended[1]
    return got


def expect(got, want):
    if want is not None and got != want:
        raise AssertionError(f"a push is stored in part: {got}, not {want}")


class EndpointCase(KillCase):
    """Responders, and clients of all endpoints for pushes."""

    responders_wanted = 1
    config = {"open_families": True}
    metrics = {"torture.json": LISTED}
    scrapes = 0

    def setUp(self):
        super().setUp()
        self.open_endpoints()

    def open_endpoints(self):
        """New endpoints with nothing counted."""
        self.endpoints = [endpoint(self.responders.path) for endpoint in ENDPOINTS]
        for endpoint in self.endpoints:
            self.addCleanup(endpoint.close)

    def round(self):
        """One push to each endpoint, repeated until accepted if the endpoint permits that."""
        for endpoint in self.endpoints:
            before = endpoint.acknowledged
            while True:
                endpoint.push()
                if endpoint.acknowledged > before or not endpoint.repeatable:
                    break

    def settle(self, *connections):
        """Scrapes each responder and waits for its telemetry, so that no later commit of
        telemetry notices a change of the file. `scrapes`: the number before."""
        for connection in connections:
            reply = connection.get("/metrics", self.site.token)
            self.assertEqual(reply.status, 200, reply)
        self.scrapes += len(connections)
        wait_until(
            lambda: self.site.query(SCRAPES) == [(self.scrapes,)],
            "what they count of themselves",
        )

    def counted(self):
        """Number of pushes of each endpoint in the file."""
        connection = self.open_database()
        try:
            got = counted(totals_of(connection))
            for table, kind in (("batch", Batches), ("push_key", Keyed)):
                self.assertEqual(
                    connection.execute(f"SELECT count(*) FROM {table}").fetchone(),
                    (got[kind],),
                )
            self.assertEqual(
                connection.execute("SELECT count(*) FROM exemplar").fetchone(),
                (2 if got[Keyed] else 0,),
            )
        finally:
            connection.close()
        return got

    def assertTotals(self, base=None):
        """The totals have grown by the acknowledged pushes."""
        got = self.counted()
        for endpoint in self.endpoints:
            count = got[type(endpoint)] - (base[type(endpoint)] if base else 0)
            name = type(endpoint).__name__
            self.assertGreaterEqual(count, endpoint.acknowledged, name)
            self.assertLessEqual(count, endpoint.acknowledged + endpoint.uncertain, name)

    def open_database(self):
        return sqlite3.connect(f"file:{self.site.database}?mode=ro", uri=True)


class Supervisor(Worker):
    """Restarts responders that have ended, as systemd does."""

    pause = 0.005

    def __init__(self, case):
        super().__init__()
        self.case = case
        self.statuses = []  # exit statuses of ended responders

    def step(self):
        for number, process in enumerate(self.case.responders.processes):
            if not process.alive():
                self.statuses.append(process.wait())
                self.case.kill([number])


class FaultCase(EndpointCase):
    """A responder that a test can make fail or die at a point."""

    # The factor by which the log seems larger, so that checkpoints are due.
    log_times = 150
    threads = True  # False: a responder can start none, and commits run checkpoints
    trace = False  # writes and syncs are recorded in the file `traced`

    def prepare(self):
        library = self.site.home / LIBRARY.name
        shutil.copy(LIBRARY, library)
        self.control = Control(self.site.home / "control")
        self.environment = {
            "LD_PRELOAD": str(library),
            "FAULT_CONTROL": str(self.site.home / "control"),
            "FAULT_LOG_TIMES": str(self.log_times),
        }
        if not self.threads:
            self.environment["FAULT_NO_THREADS"] = "1"
        if self.trace:
            self.traced = self.site.home / "trace"
            self.traced.touch()
            self.environment["FAULT_TRACE"] = str(self.traced)
        self.site.give_away()

    def setUp(self):
        super().setUp()
        self.supervise()
        self.addCleanup(lambda: self.supervisor.stop())

    def serves(self):
        try:
            return serving(self.responders.processes[0])
        except (FileNotFoundError, ProcessLookupError):
            return False  # it has ended again

    def restart(self):
        """Kills the responder and starts another one."""
        self.supervisor.stop()
        self.responders.processes[0].kill()
        self.supervise()
        wait_until(self.serves, "service")

    def supervise(self):
        self.supervisor = Supervisor(self)
        self.supervisor.start()
