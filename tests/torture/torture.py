"""Shared by the torture tests: longer end-to-end tests, which TORTURE=1 in the
environment runs in their long form."""

import contextlib
import json
import multiprocessing
import os
import pathlib
import sys
import threading
import time

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / "e2e"))

import fastcgi  # noqa: E402
import harness  # noqa: E402

LONG = os.environ.get("TORTURE") == "1"
MIB = 1 << 20


def memory(pid, what="VmRSS"):
    """Memory of a process in bytes; VmHWM is its peak."""
    with open(f"/proc/{pid}/status") as status:
        for line in status:
            if line.startswith(what + ":"):
                return int(line.split()[1]) * 1024
    raise RuntimeError(f"no {what} of process {pid}")


def wal_bytes(site):
    try:
        return os.stat(f"{site.database}-wal").st_size
    except FileNotFoundError:
        return 0


def percentile(values, share):
    ordered = sorted(values)
    return ordered[min(len(ordered) - 1, int(share * len(ordered)))]


def mib(size):
    return f"{size / MIB:.1f} MiB"


def ms(seconds):
    return f"{seconds * 1000:.1f} ms"


def slope(points):
    """Slope of the least-squares line through points (x, y)."""
    count = len(points)
    mean_x = sum(x for x, _ in points) / count
    mean_y = sum(y for _, y in points) / count
    over = sum((x - mean_x) * (y - mean_y) for x, y in points)
    return over / sum((x - mean_x) ** 2 for x, _ in points)


class Client:
    """Sends requests one by one on its own connection. Reopens it when closed, and now
    and then to reach other responders.

    unanswered  requests without a reply, which may have been counted
    statuses    of the replies that insist() rejected
    """

    requests_each = 20  # of a connection

    def __init__(self, path):
        self.path = path
        self.connection = None
        self.asked = 0
        self.unanswered = 0
        self.statuses = set()

    def ask(self, data):
        """The reply, or None when the connection was closed instead."""
        self.asked += 1
        if self.asked % self.requests_each == 0:
            self.close()
        try:
            while self.connection is None:
                # The queue of the socket may be full.
                with contextlib.suppress(BlockingIOError):
                    self.connection = fastcgi.Connection(self.path)
            return self.connection.ask(data)
        except (fastcgi.Closed, ConnectionRefusedError):
            self.unanswered += 1
            self.close()
            return None

    def insist(self, data, status):
        """Repeats the request until it gets that status."""
        while True:
            reply = self.ask(data)
            if reply is not None and reply.status == status:
                return reply
            if reply is not None:
                self.statuses.add((reply.status, reply.body[:200]))

    def close(self):
        if self.connection is not None:
            self.connection.close()
        self.connection = None


class Worker(threading.Thread):
    """Repeats step(), with pauses, until stop(), which re-raises an exception of
    step()."""

    pause = 0.0

    def __init__(self):
        super().__init__(daemon=True)
        self.over = threading.Event()
        self.error = None

    def step(self):
        raise NotImplementedError

    def finish(self):
        """Called at the end."""

    def run(self):
        try:
            while not self.over.is_set():
                self.step()
                self.over.wait(self.pause)
            self.finish()
        except Exception as error:  # shown by stop()
            self.error = error

    def stop(self):
        self.over.set()
        self.join(60)
        if self.error is not None:
            raise self.error
        if self.is_alive():
            raise RuntimeError(f"{type(self).__name__} does not end")


def text_push(method, path, text):
    """A request of a program that pushes an exposition."""
    return fastcgi.request(method, path, text.encode(), CONTENT_TYPE="text/plain")


def record_push(body, **params):
    return fastcgi.push(json.dumps(body).encode(), **params)


# --- what the other clients see ---------------------------------------------------


class Waits:
    """The result of a probe: `waits` has the seconds of each answered push, without time
    in which this machine was suspended; `refused` and `lost` count refused and unanswered
    pushes. `rows` also have the monotonic times."""

    def __init__(self, rows):
        self.rows = rows
        self.waits = [wait for _, wait, status in rows if status is not None]
        self.acknowledged = sum(status == 200 for _, _, status in rows)
        self.refused = sum(status not in (200, None) for _, _, status in rows)
        self.lost = sum(status is None for _, _, status in rows)

    def begun_between(self, start, end):
        """The pushes that were sent then."""
        return Waits([row for row in self.rows if start <= row[0] - row[1] < end])

    def p99(self):
        return percentile(self.waits, 0.99)

    def steady_p99(self, clients):
        """In the short form, which has few pushes, without the longest wait of each
        client, since a disk may be busy for a moment."""
        if LONG:
            return self.p99()
        return percentile(sorted(self.waits)[:-clients] or [min(self.waits)], 0.99)

    def __str__(self):
        return (
            f"{len(self.rows)} pushes, p50 {ms(percentile(self.waits, 0.5))},"
            f" p99 {ms(self.p99())}, longest {ms(max(self.waits))}"
            + (f", {self.refused} refused" if self.refused else "")
            + (f", {self.lost} without an answer" if self.lost else "")
        )


class Probe:
    """Innocent clients that push at a steady pace, each in its own process, so that this
    process does not slow them down.

    `client(number)` is called in that process and returns a function that sends a push
    and returns its status, or None without a reply. Each client pushes at least once.
    """

    def __init__(self, client, clients=2, pause=0.005):
        context = multiprocessing.get_context("fork")
        self.over = context.Event()
        self.pipes = []
        self.processes = []
        for number in range(clients):
            ours, theirs = context.Pipe(duplex=False)
            process = context.Process(
                target=self._run, args=(client, number, pause, theirs), daemon=True
            )
            process.start()
            theirs.close()
            self.pipes.append(ours)
            self.processes.append(process)

    def _run(self, client, number, pause, pipe):
        push = client(number)
        rows = []
        while not rows or not self.over.is_set():
            start = harness.awake()
            status = push()
            wait = harness.awake() - start
            rows.append((time.monotonic(), wait, status))
            time.sleep(pause)
        pipe.send(rows)

    def stop(self):
        self.over.set()
        rows = []
        for pipe, process in zip(self.pipes, self.processes):
            rows += pipe.recv()
            process.join(60)
        return Waits(rows)


def probe(client, seconds, **options):
    """Returns the Waits of innocent clients over some seconds."""
    innocent = Probe(client, **options)
    time.sleep(seconds)
    return innocent.stop()


def straight(path, data, requests_each=Client.requests_each):
    """For Probe: pushes on the FastCGI socket."""

    def client(_number):
        pusher = Client(path)
        pusher.requests_each = requests_each

        def push():
            reply = pusher.ask(data)
            return None if reply is None else reply.status

        return push

    return client


class Attack:
    """Runs an attack in a process of its own until it is stopped. The process has a
    low priority: a real attacker's machine would not take processor time from the
    others. `run(over, ready)` is called there, sets ready once the attack has begun,
    and returns soon after over is set."""

    def __init__(self, run):
        context = multiprocessing.get_context("fork")
        self.over, ready = context.Event(), context.Event()
        self.process = context.Process(
            target=self._run, args=(run, ready), daemon=True
        )
        self.process.start()
        if not ready.wait(60):
            self.stop()
            raise RuntimeError("the attack does not begin")

    def _run(self, run, ready):
        os.nice(10)
        run(self.over, ready)

    def stop(self):
        self.over.set()
        self.process.join(30)
        self.process.kill()
        self.process.join()
        if self.process.exitcode != 0:
            raise RuntimeError("the attack has failed")

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.stop()
