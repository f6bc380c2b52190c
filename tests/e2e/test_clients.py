"""Misbehaving clients: half requests, slow readers, broken records, hundreds of
connections, oversized bodies. None of them may delay the others."""

import contextlib
import fcntl
import random
import resource
import select
import signal
import socket
import sys
import termios
import threading
import time
import unittest

import fastcgi
import harness
import tap
from fastcgi import (
    ABORT_REQUEST,
    BEGIN_REQUEST,
    GET_VALUES,
    PARAMS,
    STDIN,
    begin,
    pairs,
    record,
    stream,
)
from harness import counter, wait_until
from responder_case import (
    PROMPT_SECONDS,
    ResponderCase,
    allowlist,
    label,
    listed,
    wait_serving,
)

VIEW = [counter("demo_page_views_total")]
INCOMPLETE = "tallyman_requests_incomplete_total"
# Part of a request with a body.
HEAD = begin() + stream(PARAMS, pairs({"REQUEST_METHOD": "POST"}))


class HalfSentRequests(ResponderCase):
    def send_slowly(self, connection, data, stop):
        # Stops before the last byte, however long the test takes.
        for i in range(len(data) - 1):
            connection.send(data[i : i + 1])
            if stop.wait(0.01):
                break

    def test_forty_delay_no_other(self):
        data = fastcgi.push(VIEW)
        stop = threading.Event()
        halves = [self.connect() for _ in range(40)]
        tricklers = []
        for i, half in enumerate(halves):
            if i % 4 == 0:
                slow = threading.Thread(
                    target=self.send_slowly, args=(half, data, stop)
                )
                tricklers.append(slow)
            else:
                half.send(data[: 1 + i * (len(data) - 2) // 40])
        for slow in tricklers:
            slow.start()
        load = self.load()
        try:
            time.sleep(2)
        finally:
            stop.set()
            load.stop()
            for slow in tricklers:
                slow.join()
        self.assertPrompt(load)
        self.assertEqual(self.views(), load.acknowledged)
        for half in halves:
            half.close()
        # Telemetry is committed a little later.
        wait_until(
            lambda: self.scrape().value(INCOMPLETE) == 40,
            "40 incomplete requests to be counted",
        )
        self.assertEqual(self.views(), load.acknowledged)

    def test_rest_of_the_request_is_counted(self):
        data = fastcgi.push(VIEW)
        for cut in range(1, len(data), 7):
            connection = self.connect()
            connection.send(data[:cut])
            self.assertAccepted(self.push(VIEW))
            self.assertAccepted(connection.ask(data[cut:]))
            # The connection can be used again.
            self.assertAccepted(connection.ask(data))
        self.assertEqual(self.views(), 3 * len(range(1, len(data), 7)))
        self.assertEqual(self.scrape().value(INCOMPLETE), 0)

    def test_one_byte_at_a_time(self):
        connection = self.connect()
        data = fastcgi.push(VIEW)
        for i in range(len(data)):
            connection.send(data[i : i + 1])
        self.assertAccepted(connection.reply())


class SlowReaders(ResponderCase):
    """Scrapes of 20,000 series with slow readers."""

    config = {"limits": {"body_bytes": 200000}}
    metrics = {
        "large.json": allowlist(
            listed(
                "large_total",
                labels=[
                    label("a", *(f"value_{i}" for i in range(200))),
                    label("b", *(f"value_{i}" for i in range(100))),
                ],
            )
        )
    }

    def ask_slowly(self):
        connection = self.connect()
        connection.send(fastcgi.get("/metrics", self.site.token))
        return connection

    def length(self):
        """Returns the length of a scrape's reply, including its records."""
        connection = self.connect()
        connection.send(fastcgi.get("/metrics", self.site.token, keep=False))
        total = 0
        while data := connection.socket.recv(1 << 20):
            total += len(data)
        connection.close()
        return total

    def test_length_is_predictable(self):
        """The length is the same in parts, on a kept connection, and under any
        request id of the web server."""
        connection = self.connect()
        for number, accept, query in (
            (1, "text/plain", ""),
            (258, "application/openmetrics-text", ""),
            (65535, "application/openmetrics-text", "?created=1"),
        ):
            with self.subTest(number=number):
                connection.send(
                    fastcgi.get(
                        "/metrics" + query,
                        self.site.token,
                        number=number,
                        HTTP_ACCEPT=accept,
                    )
                )
                reply = connection.reply(number)
                self.assertEqual(reply.status, 200, reply)
                self.assertEqual(
                    reply.header("Content-Length"), [str(len(reply.body))]
                )
                self.assertEqual(reply.body.count(b"\nlarge_total{"), 20000)
                self.assertEqual(
                    reply.body.count(b"\nlarge_created{"), 20000 if query else 0
                )

    def test_others_are_not_delayed(self):
        self.assertEqual(
            sum(1 for name, _ in self.scrape().samples if name == "large_total"),
            20000,
        )
        load = self.load()
        connection = self.ask_slowly()
        start = time.monotonic()
        # On a slow machine once: a reader has 15 s.
        while time.monotonic() - start < 2:
            connection.socket.recv(10000)
            self.scrape()
            time.sleep(0.2)
        load.stop()
        self.assertPrompt(load)
        # The reader gets the whole reply in the end.
        end = b""
        while b"\ntallyman_wal_bytes " not in end:
            more = connection.socket.recv(65536)
            self.assertNotEqual(more, b"", "the end of the reply is missing")
            end = end[-100:] + more

    def test_more_readers_than_threads(self):
        slow = [self.ask_slowly() for _ in range(6)]
        load = self.load()
        time.sleep(1)
        start = harness.awake()
        self.assertEqual(self.get("/-/healthy").status, 200)
        self.assertEqual(self.get("/-/ready").status, 200)
        self.assertLess(harness.awake() - start, PROMPT_SECONDS)
        load.stop()
        self.assertPrompt(load)
        # A slow reader is closed to make room for this scrape.
        self.scrape()
        for connection in slow:
            connection.close()
        self.scrape()


class UnreadReplies(ResponderCase):
    def unread(self, connection):
        """Returns the number of bytes received and left in the socket."""
        answer = fcntl.ioctl(connection, termios.FIONREAD, bytes(4))
        return int.from_bytes(answer, sys.byteorder)

    def push_unread(self, connection):
        """Returns False once the connection is closed."""
        before = self.unread(connection)
        hung_up = select.poll()
        hung_up.register(connection, select.POLLHUP)
        try:
            connection.send(fastcgi.push(VIEW))
        except fastcgi.Closed:
            return False
        wait_until(
            lambda: self.unread(connection) > before or hung_up.poll(0),
            "a reply, or the end",
        )
        return not hung_up.poll(0)

    def test_others_are_not_delayed(self):
        connection = self.connect()
        load = self.load()
        for _ in range(10000):
            if not self.push_unread(connection):
                break
        else:
            self.fail("the connection is still open")
        load.stop()
        self.assertPrompt(load)


class SlowReadersOverTcp(unittest.TestCase):
    def test_last_record_delays_no_other(self):
        """The last record of a reply, which is not full, waits for the reader like
        the others. With TCP's smallest buffers each read lets a little more of the
        reply go, so at some reads only that record is left to send."""
        site = harness.Site()
        self.addCleanup(site.remove)
        listener = socket.create_server(("127.0.0.1", 0))
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, 1)
        responders = harness.Responders(site, 1, listener=listener)
        self.addCleanup(responders.stop)
        address = listener.getsockname()
        pusher = fastcgi.Connection(
            address, family=socket.AF_INET, within=PROMPT_SECONDS
        )
        self.addCleanup(pusher.close)
        # The length of the reply is still the same each time.
        length = 0
        for stopping in (False, True):
            reader = fastcgi.Connection(address, family=socket.AF_INET, buffer=1)
            self.addCleanup(reader.close)
            reader.send(fastcgi.get("/metrics", site.token, keep=False))
            got = 0
            while data := reader.socket.recv(128):
                got += len(data)
                if stopping and got < length - 1000:
                    time.sleep(0.01)
                    self.assertEqual(pusher.push(VIEW).status, 200)
            length = got


def _begin_with(content, number=1):
    return record(BEGIN_REQUEST, content, number)


class BrokenRecords(ResponderCase):
    """The responder closes the connection at once and does nothing else."""

    good = fastcgi.push(VIEW)
    params = pairs({"REQUEST_METHOD": "GET", "REQUEST_URI": "/-/healthy"})
    tail = record(PARAMS) + record(STDIN)
    broken = {
        "version 0": record(BEGIN_REQUEST, bytes(8), version=0),
        "version 2": b"\2" + good[1:],
        "not FastCGI": b"GET /metrics HTTP/1.1\r\nHost: localhost\r\n\r\n",
        "authorizer": begin(role=fastcgi.AUTHORIZER) + good[16:],
        "filter": begin(role=fastcgi.FILTER) + good[16:],
        "role 0": begin(role=0) + good[16:],
        "role 257": begin(role=257) + good[16:],
        "short begin": _begin_with(bytes([0, 1, 1])) + good[16:],
        "empty begin": _begin_with(b"") + good[16:],
        "long begin": _begin_with(bytes([0, 1]) + bytes(100)) + good[16:],
        "begin without id": begin(number=0) + stream(PARAMS, params, 0),
        "begin twice": begin() + good,
        "multiplexing": begin() + begin(number=2) + good[16:],
        "parameters of another request": begin() + stream(PARAMS, params, 7),
        "body of another request": begin()
        + stream(PARAMS, params)
        + record(STDIN, number=2),
        "no begin": stream(PARAMS, params) + record(STDIN),
        "body before parameters": begin() + record(STDIN) + record(PARAMS),
        "body before the end of parameters": begin()
        + record(PARAMS, params)
        + record(STDIN),
        "an output stream": begin() + record(fastcgi.STDOUT, b"x"),
        "unknown type": record(77, b"x"),
        "type 0": record(0, b""),
        "management record": record(GET_VALUES, pairs({"FCGI_MAX_CONNS": ""}), 0),
        "management record in a request": begin() + record(GET_VALUES, b"", 0),
        "abort at once": record(ABORT_REQUEST),
        "abort in the parameters": begin() + record(ABORT_REQUEST),
        "abort in the body": begin()
        + stream(PARAMS, params)
        + record(STDIN, b"[")
        + record(ABORT_REQUEST),
        "abort after the request": fastcgi.get("/-/healthy")
        + record(ABORT_REQUEST),
        "second request before the reply": fastcgi.get("/-/healthy") * 2,
        "bytes after the request": fastcgi.get("/-/healthy") + b"\1",
        "name longer than the record": begin()
        + record(PARAMS, b"\x64\x01abc")
        + tail,
        "value longer than the record": begin()
        + record(PARAMS, b"\x03\x64abcdef")
        + tail,
        "value of 2 GiB": begin()
        + record(PARAMS, b"\x03\xff\xff\xff\xffabcdef")
        + tail,
        "name of 2 GiB": begin()
        + record(PARAMS, b"\xff\xff\xff\xff\x03abcdef")
        + tail,
        "half a length": begin() + record(PARAMS, b"\x80\0") + tail,
        "only a length": begin() + record(PARAMS, b"\x03") + tail,
        "parameters without end": begin() + record(PARAMS, params * 40) * 40,
    }

    def test_only_that_connection_is_closed(self):
        process = self.responders.processes[0]
        innocent = self.connect(within=PROMPT_SECONDS)
        half = self.connect()
        half.send(self.good[:50])
        for pushed, (name, data) in enumerate(self.broken.items()):
            with self.subTest(name):
                broken = self.connect()
                try:
                    broken.send(data)
                except fastcgi.Closed:
                    pass
                # The client's side is still open: the responder does not wait for
                # it.
                self.assertAccepted(innocent.push(VIEW))
                self.assertTrue(broken.closed())
                self.assertEqual(self.views(), pushed + 1)
        self.assertAccepted(half.ask(self.good[50:]))
        self.assertTrue(process.alive())

    def test_random_bytes(self):
        chance = random.Random(1)
        innocent = self.connect(within=PROMPT_SECONDS)
        for number in range(300):
            data = bytearray(fastcgi.push(VIEW))
            for _ in range(chance.randrange(1, 4)):
                # The body may hold any bytes; the records before it are valid.
                data[chance.randrange(len(data) - 150)] = chance.randrange(256)
            with self.connect() as broken:
                broken.send(bytes(data[: chance.randrange(1, len(data))]))
            if number % 10 == 0:
                self.assertAccepted(innocent.push(VIEW))
        self.assertTrue(self.responders.processes[0].alive())

    def test_unusual_but_valid_records(self):
        """Valid by the specification, though no web server sends them."""
        for name, data in {
            "padding": begin()
            + record(PARAMS, self.params, padding=7)
            + record(PARAMS, padding=255)
            + record(STDIN, padding=1),
            "parameters in small pieces": begin()
            + b"".join(record(PARAMS, bytes([byte])) for byte in self.params)
            + self.tail,
            "a long length": begin()
            + stream(
                PARAMS,
                self.params + b"\x80\0\0\x04\x80\0\0\x02NAMEit",
            )
            + record(STDIN),
        }.items():
            with self.subTest(name):
                reply = self.ask(data)
                self.assertEqual((reply.status, reply.body), (200, b"healthy\n"))
        with self.subTest("another id"):
            connection = self.connect()
            for number in (2, 65535):
                connection.send(fastcgi.request("GET", "/-/healthy", number=number))
                self.assertEqual(connection.reply(number).status, 200)


class Connections(ResponderCase):
    def test_three_hundred_at_once(self):
        connections = [self.connect() for _ in range(300)]
        for _ in range(3):
            for connection in connections:
                connection.send(fastcgi.push(VIEW))
            for connection in connections:
                self.assertAccepted(connection.reply())
        self.assertEqual(self.views(), 900)

        def shared():
            got = self.scrape()
            turns = got.value("tallyman_turn_requests_count")
            return got.value("tallyman_turn_requests_sum") > turns

        wait_until(shared, "a turn with more than one request")

    def test_idle_connections_cost_nothing(self):
        for _ in range(300):
            self.connect()
        load = self.load()
        time.sleep(0.5)
        load.stop()
        self.assertPrompt(load)

    def test_oldest_connection_without_a_request_is_closed(self):
        """At the limit of connections, the responder closes the one that has been
        without a whole request for longest."""
        _, most = resource.getrlimit(resource.RLIMIT_NOFILE)
        resource.setrlimit(resource.RLIMIT_NOFILE, (most, most))
        idle = [self.connect(within=PROMPT_SECONDS) for _ in range(3)]
        half = self.connect(within=PROMPT_SECONDS)
        half.send(fastcgi.push(VIEW)[:50])
        self.assertAccepted(idle[0].push(VIEW))
        for _ in range(897):
            connection = self.connect(within=PROMPT_SECONDS)
            self.assertAccepted(connection.push(VIEW))
        self.assertTrue(idle[1].closed())
        self.assertAccepted(half.ask(fastcgi.push(VIEW)[50:]))
        self.assertAccepted(self.push(VIEW))
        self.assertTrue(idle[2].closed())
        self.assertAccepted(idle[0].push(VIEW))
        for _ in range(900):
            self.connect().send(fastcgi.push(VIEW)[:50])
        self.assertTrue(idle[0].closed())
        for _ in range(10):
            self.assertAccepted(self.push(VIEW))
        wait_until(
            lambda: self.scrape().value(INCOMPLETE) > 0,
            "the closed requests to be counted",
        )

    def test_without_keep_alive(self):
        for number in range(50):
            connection = self.connect()
            self.assertAccepted(connection.push(VIEW, keep=False))
            self.assertTrue(connection.closed())
        self.assertEqual(self.views(), 50)

    def test_scrape_without_keep_alive(self):
        connection = self.connect()
        reply = connection.get("/metrics", self.site.token, keep=False)
        self.assertEqual(reply.status, 200)
        self.assertTrue(connection.closed())

    def test_push_follows_scrape_on_one_connection(self):
        connection = self.connect()
        for _ in range(50):
            reply = connection.get("/metrics", self.site.token)
            self.assertEqual(reply.status, 200)
            self.assertAccepted(connection.push(VIEW))

    def test_client_that_closes_before_the_reply(self):
        for _ in range(50):
            with self.connect() as connection:
                connection.send(fastcgi.push(VIEW))
            with self.connect() as connection:
                connection.send(fastcgi.get("/metrics", self.site.token))
        wait_until(lambda: self.views() == 50, "the pushes to be counted")
        self.scrape()


class LargeRequests(ResponderCase):
    """Requests larger than any socket buffer."""

    config = {"limits": {"body_bytes": 2000000}}

    def body(self, size):
        return b'[{"metricName":"demo_page_views_total",' + (
            b'"metricType":"counter","labels":{},"inc":1}]'.rjust(size - 39)
        )

    def test_is_counted(self):
        connection = self.connect()
        for size in (100000, 131072, 250000, 1000000, 2000000):
            with self.subTest(size):
                self.assertAccepted(connection.push(self.body(size)))
                self.assertAccepted(connection.push(VIEW))
        self.assertEqual(self.views(), 10)

    def test_body_in_pieces(self):
        data = fastcgi.push(self.body(700000))
        load = self.load()
        connection = self.connect()
        for start in range(0, len(data), 70000):
            connection.send(data[start : start + 70000])
            time.sleep(0.05)
        self.assertAccepted(connection.reply())
        load.stop()
        self.assertPrompt(load)
        self.assertEqual(self.views(), load.acknowledged + 1)

    def test_over_the_limit(self):
        pusher = self.connect(within=PROMPT_SECONDS)
        for size in (2000001, 2100000, 2140000, 3000000, 12000000):
            with self.subTest(size):
                connection = self.connect()
                reply = connection.ask(fastcgi.push(self.body(size)))
                self.assertEqual(reply.status, 413, reply)
                self.assertAccepted(pusher.push(VIEW))
                self.assertAccepted(connection.push(VIEW))

    def test_body_over_the_limit_not_sent_in_full(self):
        pusher = self.connect(within=PROMPT_SECONDS)
        connection = self.connect()
        data = fastcgi.push(self.body(3000000))
        connection.send(data[:2500000])
        for _ in range(3):
            self.assertAccepted(pusher.push(VIEW))
        connection.send(data[2500000:])
        self.assertEqual(connection.reply().status, 413)
        self.assertAccepted(connection.push(VIEW))
        self.assertEqual(self.views(), 4)

    def test_endless_body(self):
        """The rest of an oversized body is read in small portions, at most two per
        millisecond, so that others get the processor. The connection is closed
        after 256 MiB."""
        pusher = self.connect(within=PROMPT_SECONDS)
        connection = self.connect()
        connection.send(HEAD)
        start = time.monotonic()
        with self.assertRaises(fastcgi.Closed):
            while True:
                connection.send(record(STDIN, bytes(65528)) * 100)
                self.assertAccepted(pusher.push(VIEW))
        # A portion is 128 KiB; the socket buffers more.
        self.assertGreater(time.monotonic() - start, 0.3)

    def test_memory_of_half_sent_bodies_is_limited(self):
        """Half-sent bodies share a limit: above it the oldest is closed."""
        half = fastcgi.push(self.body(1900000))[:-100]
        halves = [self.connect(within=PROMPT_SECONDS) for _ in range(60)]
        for connection in halves:
            connection.send(half)
            self.assertAccepted(self.push(VIEW))
        self.assertTrue(halves[0].closed())
        self.assertAccepted(
            halves[-1].ask(fastcgi.push(self.body(1900000))[-100:])
        )
        with open(f"/proc/{self.responders.processes[0].pid}/status") as status:
            (most,) = (line for line in status if line.startswith("VmHWM"))
        self.assertLess(int(most.split()[1]), 110000)  # out of 114 MB sent

    def test_without_length(self):
        connection = self.connect()
        for params, status in (
            ({"CONTENT_LENGTH": ""}, 200),
            ({"CONTENT_LENGTH": "500001"}, 400),
        ):
            reply = connection.push(self.body(500000), **params)
            self.assertEqual(reply.status, status, reply)


class Stop(ResponderCase):
    responders_wanted = 2

    def test_turn_is_finished(self):
        loads = [self.load() for _ in range(8)]
        for number in (0, 1):
            enough = sum(load.acknowledged for load in loads) + 200
            wait_until(
                lambda: sum(load.acknowledged for load in loads) > enough, "pushes"
            )
            start = harness.awake()
            self.assertEqual(self.responders.terminate(number), 0)
            self.assertLess(harness.awake() - start, 3)
            self.responders.restart(number)
        wait_until(
            lambda: self.push(VIEW).status == 200, "the restarted responder"
        )
        for load in loads:
            load.stop()
        acknowledged = sum(load.acknowledged for load in loads) + 1
        unanswered = sum(load.unanswered for load in loads)
        self.assertGreater(acknowledged, 100)
        self.assertGreaterEqual(self.views(), acknowledged)
        self.assertLessEqual(self.views(), acknowledged + unanswered)

    def test_connection_of_a_killed_responder_is_served(self):
        """The kernel may have woken only the killed responder for the connection."""
        for number in (0, 1) * 5:
            process = self.responders.processes[number]
            process.signal(signal.SIGSTOP)
            connection = self.connect()
            connection.send(fastcgi.push(VIEW))
            self.responders.kill(number)
            self.assertAccepted(connection.reply())
            self.responders.restart(number)
            process = self.responders.processes[number]
            wait_serving(process)

    def send_without_end(self, connection, over):
        connection.send(HEAD)
        with contextlib.suppress(fastcgi.Closed):
            while not over.is_set():
                connection.send(record(STDIN, bytes(65528)) * 100)

    def test_responder_ends_with_unfinished_requests(self):
        half = self.connect()
        half.send(fastcgi.push(VIEW)[:30])
        over = threading.Event()
        self.addCleanup(over.set)
        threading.Thread(
            target=self.send_without_end, args=(self.connect(), over)
        ).start()
        slow = self.connect()
        slow.send(fastcgi.get("/metrics", self.site.token)[:-1])
        for number in (0, 1):
            start = harness.awake()
            self.assertEqual(self.responders.terminate(number), 0)
            self.assertLess(harness.awake() - start, 3)
        self.assertTrue(half.closed())


class UnfinishedRequests(ResponderCase):
    """Requests not sent in full within 30 s are closed, even if a few bytes arrive
    in between. They start with the module, and this class has the last name, so the
    other tests run during most of that time."""

    @classmethod
    def begin(cls):
        cls.old_site = harness.Site()
        cls.old_responders = harness.Responders(cls.old_site, 1)
        data = fastcgi.push(VIEW)
        path = cls.old_responders.path
        cls.halves = [fastcgi.Connection(path, 40) for _ in range(4)]
        cls.idle = fastcgi.Connection(path)
        cls.began = time.monotonic()
        for cut, half in zip((1, 30, len(data) - 1), cls.halves):
            half.send(data[:cut])
        trickle = threading.Thread(
            target=cls.trickle, args=(cls.halves[-1], data), daemon=True
        )
        trickle.start()

    @staticmethod
    def trickle(connection, data):
        """Sends a byte per second: the whole request would take minutes."""
        with contextlib.suppress(fastcgi.Closed, OSError):
            for i in range(len(data)):
                connection.send(data[i : i + 1])
                time.sleep(1)

    @classmethod
    def end(cls):
        cls.old_responders.stop()
        cls.old_site.remove()

    def test_closed_after_the_deadline(self):
        for half in self.halves:
            self.assertTrue(half.closed())
        waited = time.monotonic() - self.began
        self.assertGreater(waited, 29)
        self.site, self.responders = self.old_site, self.old_responders
        wait_until(
            lambda: self.scrape().value(INCOMPLETE) == 4,
            "4 incomplete requests to be counted",
        )
        # A connection without a byte is an idle kept connection.
        self.assertAccepted(self.idle.push(VIEW))


def setUpModule():
    UnfinishedRequests.begin()


def tearDownModule():
    UnfinishedRequests.end()


if __name__ == "__main__":
    tap.main()
