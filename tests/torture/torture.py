"""What the torture tests share: they are end-to-end tests that run for longer,
with TORTURE=1 in the environment for as long as it takes."""

import json
import os
import pathlib
import sys
import threading

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / "e2e"))

import fastcgi  # noqa: E402

LONG = os.environ.get("TORTURE") == "1"
MIB = 1 << 20


def memory(pid, what="VmRSS"):
    """Of a process, in bytes; VmHWM is the most that it has had."""
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
    """Of the straight line nearest to points (x, y): y per x."""
    count = len(points)
    mean_x = sum(x for x, _ in points) / count
    mean_y = sum(y for _, y in points) / count
    over = sum((x - mean_x) * (y - mean_y) for x, y in points)
    return over / sum((x - mean_x) ** 2 for x, _ in points)


class Client:
    """Sends requests one after the other on a connection of its own, which it
    opens again when it is closed, and now and then to meet other responders.

    unanswered  how many got no answer: they may have been counted or not
    statuses    of the answers that insist() did not want
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
            if self.connection is None:
                self.connection = fastcgi.Connection(self.path)
            return self.connection.ask(data)
        except (fastcgi.Closed, ConnectionRefusedError):
            self.unanswered += 1
            self.close()
            return None

    def insist(self, data, status):
        """Sends it until it gets that status."""
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
    """Does step() again and again, with a pause in between, until stop(), which
    raises what step() has raised."""

    pause = 0.0

    def __init__(self):
        super().__init__(daemon=True)
        self.over = threading.Event()
        self.error = None

    def step(self):
        raise NotImplementedError

    def finish(self):
        """What is left to be done in the end."""

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
