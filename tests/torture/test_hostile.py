"""Hostile clients, through each web server and directly on the FastCGI socket, together
with innocent ones. Measures the waits of innocent clients with and without the attack,
in alternating rounds, and the responders' memory. In the long form the p99 of the
innocent may at most double, in the best of its rounds, since the machine may be busy.
In the short form no client may stall."""

import contextlib
import gzip
import http.client
import json
import multiprocessing
import os
import random
import resource
import selectors
import socket
import time
import unittest

from torture import (
    LONG,
    MIB,
    Attack,
    Waits,
    memory,
    mib,
    ms,
    probe,
    record_push,
    straight,
    text_push,
)

import checks
import fastcgi
import tap
import webservers
from fastcgi import ABORT_REQUEST, PARAMS, STDIN, begin, pairs, record, stream
from harness import counter, wait_until
from responder_case import (
    PROMPT_SECONDS,
    ResponderCase,
    allowlist,
    label,
    listed,
)

ROUNDS = 5 if LONG else 1
SECONDS = 3.0 if LONG else 0.2  # without an attack, and with it
CONNECTIONS = 10000
CROWD = CONNECTIONS if LONG else 1000  # of a web server
# The most connections of a responder, so a socket has that many for each of its
# responders, however many clients connect. The connections that have waited
# longest are closed; others follow from the socket's queue.
CLIENTS_MAX = 900
HELD_MAX = 64 * MIB  # of half-sent requests in a responder
MEMORY_MAX = HELD_MAX + 32 * MIB  # of a responder

VIEW = [counter("demo_page_views_total")]
PUSH = fastcgi.push(VIEW)


def descriptors():
    return resource.getrlimit(resource.RLIMIT_NOFILE)[1]


def allow_descriptors():
    """Raises the descriptor limit to its maximum: a thousand is not enough for an attack."""
    for most in (4 * CONNECTIONS, descriptors()):
        with contextlib.suppress(ValueError, PermissionError):
            resource.setrlimit(resource.RLIMIT_NOFILE, (most, most))
            return


# --- attacks --------------------------------------------------------------------


class Crowd:
    """Many connections at once, independent of each other. Closed ones are reopened."""

    def __init__(self, address, family):
        self.address, self.family = address, family
        self.poll = selectors.DefaultSelector()

    def open(self, data):
        """False if no connection can be opened now."""
        one = socket.socket(self.family)
        one.setblocking(False)
        if one.connect_ex(self.address) not in (0, 115):  # EINPROGRESS
            one.close()
            return False
        self.poll.register(one, selectors.EVENT_READ)
        with contextlib.suppress(OSError):
            one.send(data)
        return True

    def sockets(self):
        return [key.fileobj for key in self.poll.get_map().values()]

    def drop_closed(self):
        for key, _ in self.poll.select(0):
            try:
                closed = key.fileobj.recv(65536) == b""
            except BlockingIOError:
                closed = False
            except OSError:
                closed = True
            if closed:
                self.poll.unregister(key.fileobj)
                key.fileobj.close()

    def __len__(self):
        return len(self.poll.get_map())


def hold(address, family, count, data, trickle=b"", reading=True):
    """Keeps `count` connections open that have sent `data`, or in turn the elements
    of `data` if it is a list, and then sends single bytes. Closed ones are reopened,
    a thousand per second. `run.opened` counts them."""
    opened = multiprocessing.Value("L", 0, lock=False)
    cuts = data if isinstance(data, list) else [data]

    def run(over, ready):
        crowd = Crowd(address, family)
        opened.value, most, step = 0, count, 0
        while not over.is_set():
            while (
                opened.value < most
                and len(crowd) < count
                and crowd.open(cuts[opened.value % len(cuts)])
            ):
                opened.value += 1
                # The server must accept for the handshakes to complete.
                if opened.value % 100 == 0 and family == socket.AF_INET:
                    time.sleep(0.001)
            ready.set()
            most = opened.value + 50
            if reading:
                crowd.drop_closed()
            # Each gets a byte a second.
            step = (step + 1) % 20
            for one in crowd.sockets()[step::20] if trickle else ():
                with contextlib.suppress(OSError):
                    one.send(trickle)
            over.wait(0.05)

    run.opened = opened
    return run


def send_often(connect, requests, each_second):
    """Sends requests, each on its own connection, and never reads the replies."""

    def run(over, ready):
        for number in range(1 << 30):
            if over.is_set():
                return
            with contextlib.suppress(OSError), connect() as one:
                one.sendall(requests[number % len(requests)])
                one.settimeout(0.2)
                one.recv(1024)
            ready.set()
            over.wait(1 / each_second)

    return run


def cuts_of(data, count=50):
    return [data[: 1 + i * (len(data) - 2) // count] for i in range(count)]


# --- requests to the socket -----------------------------------------------------


def lying_records():
    chance = random.Random(7)
    lies = [
        record(PARAMS)[:4] + b"\xff\xff" + bytes(10),
        begin(role=fastcgi.AUTHORIZER) + PUSH[16:],
        begin(role=257) + PUSH[16:],
        begin() + record(77, b"x"),
        begin() + record(ABORT_REQUEST),
        begin() + stream(PARAMS, pairs({"A": "B"})) + record(ABORT_REQUEST),
        PUSH + PUSH,
        begin() + record(PARAMS, b"\xff\xff\xff\xff\x03abc") + record(PARAMS) + record(STDIN),
        begin() + record(PARAMS, b"\x03\xff\xff\xff\xffabc") + record(PARAMS) + record(STDIN),
        os.urandom(1000),
    ]
    for _ in range(50):
        data = bytearray(PUSH)
        for _ in range(3):
            data[chance.randrange(len(data))] = chance.randrange(256)
        lies.append(bytes(data))
    return lies


def header_bombs():
    """Parameters up to the limits of a request, and beyond."""
    many = {f"HTTP_X_{i}": "" for i in range(5000)}
    large = {"HTTP_COOKIE": "c" * 60000}
    beyond = {f"HTTP_X_{i}": "v" * 60000 for i in range(4)}
    return [fastcgi.push(VIEW, **params) for params in (many, large, beyond)]


ZEROS = gzip.compress(bytes(16 * MIB), 9)  # 16 KiB


def gzip_bombs():
    members = gzip.compress(b"") * 3000
    packed = {"HTTP_CONTENT_ENCODING": "gzip"}
    return [fastcgi.push(ZEROS, **packed), fastcgi.push(members, **packed)]


def trusted_bombs():
    packed = {"HTTP_CONTENT_ENCODING": "gzip", "CONTENT_TYPE": "text/plain"}
    return [fastcgi.request("POST", "/metrics", ZEROS, **packed)]


def deep_json():
    return [
        fastcgi.push(b"[" * 65000),
        fastcgi.push(b'{"a":' * 13000),
        fastcgi.push(b'[{"labels":' + b"[" * 60000),
        fastcgi.request("POST", "/write", b'{"uuid":' + b"[" * 60000),
    ]


WIDE = [counter("open_total", **{f"l{i}": "" for i in range(5000)})]
VALUES = [counter("open_total", value=f"{i}" + "v" * 100) for i in range(250)]


def label_floods():
    """More labels and values than the limits permit."""
    names = [counter(f"unknown_{i}_total") for i in range(600)]
    return [record_push(WIDE), record_push(names), record_push(VALUES)]


def series_flood():
    """A trusted program that pushes unlisted families."""
    return [
        text_push(
            "POST",
            "/metrics",
            f"# TYPE flood_{n}_total counter\n"
            + "".join(f'flood_{n}_total{{a="{i}"}} 1\n' for i in range(500)),
        )
        for n in range(100)
    ]


class SideBySide(unittest.TestCase):
    """Compares the waits of innocent clients. An attack with open connections must occupy
    most of the `room` for them."""

    room = 0

    def responder_pids(self):
        raise NotImplementedError

    def most_memory(self):
        return max(memory(pid, "VmHWM") for pid in self.responder_pids())

    def connections(self):
        """Number of connections that the server has open."""
        raise NotImplementedError

    def beside(self, what, client, attack, options):
        """The waits of innocent clients during the attack."""
        with Attack(attack):
            seen = probe(client, SECONDS, **options)
            opened = getattr(attack, "opened", None)
            if opened is not None:
                open_now = self.connections()
                tap.comment(
                    f"{what}: {open_now} connections are open at once,"
                    f" {opened.value} were opened"
                )
                taken = min(opened.value, self.room)
                self.assertGreaterEqual(open_now, (0.9 if LONG else 0.25) * taken, what)
        return seen

    def compare(self, what, client, attack, doubles=True, **options):
        """`doubles`: the p99 may double and no more, in the best of the rounds
        with the attack and the best without."""
        rounds = []
        for _ in range(ROUNDS):
            without = probe(client, SECONDS, **options)
            beside = self.beside(what, client, attack, options)
            rounds.append((without, beside))
            for seen in (without, beside):
                self.assertEqual((seen.refused, seen.lost), (0, 0), what)
                self.assertLess(max(seen.waits), PROMPT_SECONDS, what)
        without, beside = (min(map(Waits.p99, side)) for side in zip(*rounds))
        most = self.most_memory()
        tap.comment(
            f"{what}: p99 {ms(without)} without, {ms(beside)} with it"
            f" ({beside / without:.2f}), longest"
            f" {ms(max(max(seen.waits) for _, seen in rounds))} of"
            f" {sum(len(seen.waits) for _, seen in rounds)}; VmHWM {mib(most)}"
        )
        self.assertLess(most, MEMORY_MAX, what)
        if LONG and doubles:
            self.assertLessEqual(beside, 2 * without, what)


BOMBS = (
    ("header bombs", header_bombs),
    ("gzip bombs", gzip_bombs),
    ("deep JSON", deep_json),
    ("label floods", label_floods),
)
if not LONG:

    def all_bombs():
        return [request for _, make in BOMBS_EACH for request in make()]

    BOMBS_EACH, BOMBS = BOMBS, (("bombs and floods", all_bombs),)


class Straight(SideBySide, ResponderCase):
    """Clients of the FastCGI socket: the web server, or an attacker in control of it."""

    responders_wanted = 2
    room = responders_wanted * CLIENTS_MAX
    config = {"open_families": True}
    metrics = {
        "hostile.json": allowlist(
            listed("open_total", labels=[{"name": "value", "maxValues": 50}]),
            listed(
                "large_total",
                labels=[
                    label("a", *(f"value_{i}" for i in range(100))),
                    label("b", *(f"value_{i}" for i in range(100))),
                ],
            ),
        )
    }

    def responder_pids(self):
        return [process.pid for process in self.responders.processes]

    def connections(self):
        open_now = 0
        for pid in self.responder_pids():
            for number in os.listdir(f"/proc/{pid}/fd"):
                with contextlib.suppress(FileNotFoundError):
                    name = os.readlink(f"/proc/{pid}/fd/{number}")
                    open_now += name.startswith("socket:")
            open_now -= 1  # the one that listens
        return open_now

    def against(self, what, attack, requests_each=20, **options):
        client = straight(self.responders.path, PUSH, requests_each)
        with self.subTest(what):
            self.compare(what, client, attack, **options)

    def hold(self, count, data, **options):
        path = str(self.responders.path)
        return hold(path, socket.AF_UNIX, count, data, **options)

    def send(self, requests, each_second):
        def connect():
            one = socket.socket(socket.AF_UNIX)
            one.settimeout(5)
            one.connect(str(self.responders.path))
            return one

        return send_often(connect, requests, each_second)

    def test_half_sent(self):
        self.against("400 half-sent requests", self.hold(400, cuts_of(PUSH)))
        head = fastcgi.push(b" " * 60000)[:-60000]
        self.against(
            "200 bodies that trickle", self.hold(200, head, trickle=b" ")
        )

    def test_crowd(self):
        """More connections than fit, reopened when closed. A new connection queues after
        those of the crowd."""
        count = min(CONNECTIONS, descriptors() - 200)
        for what, data in (("idle", b""), ("half-sent", cuts_of(PUSH))):
            crowd = self.hold(count, data)
            what = f"{count} {what} connections"
            self.against(what, crowd, requests_each=1 << 30)
            if LONG or data:
                self.against(what + ", beside new ones", crowd, doubles=False)

    def test_slow_readers(self):
        scrape = fastcgi.get("/metrics", self.site.token)
        self.against(
            "30 scrapes that nobody reads", self.hold(30, scrape, reading=False)
        )

    def test_broken(self):
        self.against("records that lie", self.send(lying_records(), 100))

    def test_bombs(self):
        for what, make in BOMBS:
            self.against(what, self.send(make(), 30))
        # Their cost is proportional to their size.
        self.against(
            "a trusted program's bombs and floods of series",
            self.send(trusted_bombs() + series_flood(), 20),
            doubles=False,
        )

    def test_endless(self):
        """An endless body, as fast as possible."""
        piece = record(STDIN, bytes(65528)) * 500
        head = begin() + stream(PARAMS, pairs({"REQUEST_METHOD": "POST"}))

        def run(over, ready):
            while not over.is_set():
                with contextlib.suppress(OSError), socket.socket(socket.AF_UNIX) as one:
                    one.settimeout(1)
                    one.connect(str(self.responders.path))
                    one.sendall(head)
                    ready.set()
                    while not over.is_set():
                        one.sendall(piece)

        self.against("a body without end", run)


# --- through the web servers -----------------------------------------------------


def http_request(method, path, body=b"", length=None, **headers):
    headers = {
        "Host": "metrics.example.org",
        "Content-Type": "application/json",
        "Content-Length": len(body) if length is None else length,
        **headers,
    }
    lines = [f"{method} {path} HTTP/1.1", *(f"{k}: {v}" for k, v in headers.items())]
    return "\r\n".join(lines).encode() + b"\r\n\r\n" + body


def over_http(server):
    """For Probe: browsers of ten addresses."""
    body = json.dumps(VIEW)

    def client(number):
        # nginx lets an address push 20 times a second.
        source = (f"127.0.2.{number + 1}", 0)
        browser = http.client.HTTPConnection(
            "127.0.0.1", server.port, timeout=10, source_address=source
        )

        def push():
            try:
                browser.request(
                    "POST",
                    server.mount + "/record",
                    body,
                    {"Content-Type": "application/json"},
                )
                reply = browser.getresponse()
                reply.read()
                return reply.status
            except (OSError, http.client.HTTPException):
                browser.close()
                return None

        return push

    return client


class Through(SideBySide, checks.ServerCase):
    """A web server with its sample. `crowd` is the number of connections that
    `server_class` configures it for."""

    crowd = 0

    @classmethod
    def setUpClass(cls):
        # lighttpd keeps half of the descriptors for itself.
        cls.crowd = cls.room = min(cls.crowd, descriptors() // 2 - 100)
        super().setUpClass()
        # mod_fcgid starts responders when it needs them.
        probe(over_http(cls.server), 0.2, clients=10)

    def responder_pids(self):
        found = []
        for name in os.listdir("/proc"):
            with contextlib.suppress(OSError):
                if name.isdigit() and os.readlink(f"/proc/{name}/exe") == str(
                    self.site.responder
                ):
                    found.append(int(name))
        return found

    def connections(self):
        """Those in its queue, too."""
        here, established = f":{self.server.port:04X}", "01"
        with open("/proc/net/tcp") as table:
            rows = [line.split() for line in table]
        return sum(row[1].endswith(here) and row[3] == established for row in rows)

    def against(self, what, attack):
        with self.subTest(what):
            self.compare(
                f"{self.server_class.__name__}: {what}",
                over_http(self.server),
                attack,
                clients=10,
                pause=0.055,
            )

    def hold(self, count, data, **options):
        address = ("127.0.0.1", self.server.port)
        return hold(address, socket.AF_INET, count, data, **options)

    def test_half_sent(self):
        whole = http_request("POST", self.mount + "/record", b"[" + b" " * 500)
        self.against(
            f"{self.crowd} half-sent requests", self.hold(self.crowd, cuts_of(whole))
        )
        if not LONG:
            return
        head = http_request("POST", self.mount + "/record", length=60000)
        count = self.crowd // 2
        self.against(
            f"{count} bodies that trickle", self.hold(count, head, trickle=b" ")
        )

    def test_slow_readers(self):
        scrape = http_request(
            "GET", self.mount + "/metrics", Authorization="Bearer " + self.site.token
        )
        self.against(
            "50 scrapes that nobody reads", self.hold(50, scrape, reading=False)
        )

    def test_bombs(self):
        chance = random.Random(3)

        def connect():
            source = (f"127.0.3.{chance.randrange(1, 250)}", 0)
            return socket.create_connection(
                ("127.0.0.1", self.server.port), 5, source_address=source
            )

        path = self.mount + "/record"
        bombs = [
            http_request("POST", path, b"[]", **{"X-Large": "x" * 100000}),
            http_request("POST", path, b"[]", **{f"X-{i}": "x" for i in range(3000)}),
            http_request("POST", path, ZEROS, **{"Content-Encoding": "gzip"}),
            http_request("POST", path, b"[" * 65000),
            http_request("POST", path, json.dumps(WIDE).encode()),
            http_request("POST", path, json.dumps(VALUES).encode()),
        ]
        self.against("bombs and floods", send_often(connect, bombs, 30))


class HalfSentBodies(ResponderCase):
    """Large, incomplete bodies as of trusted programs: at most 64 MiB in all are kept,
    and the longest waiting clients are disconnected."""

    count = 150 if LONG else 75
    size = 3 * MIB

    def test_longest_waiting_is_disconnected(self):
        data = text_push("POST", "/metrics/job/x", "\n" * self.size)
        cut = len(data) - fastcgi.HEADER.size  # the end of its stream
        kept = HELD_MAX // len(data[:cut])
        halves = []
        start = time.monotonic()
        for _ in range(self.count):
            halves.append(self.connect())
            with contextlib.suppress(fastcgi.Closed):
                halves[-1].send(data[:cut])
            if len(halves) % 10 == 0:
                self.assertAccepted(self.push(VIEW))
        took = time.monotonic() - start
        most = memory(self.responders.processes[0].pid, "VmHWM")
        tap.comment(
            f"{self.count} half-sent bodies of {mib(self.size)} in {took:.1f} s:"
            f" VmHWM {mib(most)}"
        )
        self.assertLess(most, MEMORY_MAX)
        for gone in halves[: -kept - 1]:
            self.assertTrue(gone.closed())
        for half in halves[-kept + 1 :]:
            self.assertEqual(half.ask(data[cut:]).status, 200)
        wait_until(
            lambda: self.scrape().value("tallyman_requests_incomplete_total")
            >= self.count - kept - 1,
            "those that gave way to be counted",
        )


class RoomyNginx(webservers.Nginx):
    def prepare(self):
        command = super().prepare()
        main = self.site.dir / "run/nginx.conf"
        text = main.read_text().replace(
            "worker_connections 512", f"worker_connections {descriptors()}"
        )
        main.write_text(text)
        return command


class RoomyLighttpd(webservers.Lighttpd):
    def prepare(self):
        command = super().prepare()
        main = self.site.dir / "run/lighttpd.conf"
        most = descriptors()
        main.write_text(
            f"server.max-fds = {most}\n"
            f"server.max-connections = {most - 100}\n" + main.read_text()
        )
        return command


class RoomyApache:
    """Starts all threads at once, which Apache otherwise adds over seconds. Debian's
    mpm_event.conf permits 150."""

    def prepare(self):
        command = super().prepare()
        with open(self.site.dir / "run/apache.conf", "a") as main:
            main.write(
                "ServerLimit 8\nThreadsPerChild 64\nThreadLimit 64\n"
                "StartServers 8\nMaxRequestWorkers 512\n"
                "MinSpareThreads 512\nMaxSpareThreads 512\n"
            )
        return command


class RoomyApacheProxy(RoomyApache, webservers.ApacheProxy):
    pass


class RoomyApacheFcgid(RoomyApache, webservers.ApacheFcgid):
    pass


class ThroughNginx(Through):
    server_class = RoomyNginx
    responders_wanted = 2
    crowd = CROWD


def only_long(*names):
    """Leaves those tests out of the short form."""

    def mark(case):
        for name in () if LONG else names:
            setattr(case, name, None)
        return case

    return mark


@only_long("test_bombs", "test_slow_readers")
class ThroughLighttpd(Through):
    server_class = RoomyLighttpd
    crowd = CROWD


@only_long("test_bombs", "test_slow_readers")
class ThroughApacheProxy(Through):
    """Apache uses a thread for each request that it reads: beyond MaxRequestWorkers all
    clients wait until mod_reqtimeout ends some, with any backend."""

    server_class = RoomyApacheProxy
    responders_wanted = 2
    crowd = 200


@only_long("test_bombs", "test_slow_readers", "test_half_sent")
class ThroughApacheFcgid(ThroughApacheProxy):
    server_class = RoomyApacheFcgid
    responders_wanted = 0


# Without own attributes they are base classes, not tests.
del Through, SideBySide


if __name__ == "__main__":
    allow_descriptors()
    tap.main()
