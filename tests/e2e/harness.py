"""Base of the end-to-end tests: a site in a temporary directory, responders, and
requests. The web servers are in webservers.py.

    site = Site()                  files, configuration, database
    responders = Responders(site)  listening socket and processes
    server = Nginx(site)           started with nginx/tallyman.conf
    http("GET", server.url + "/metrics")

stop() stops everything by process id, and Site.remove() removes the files. As root
the servers and responders run as an ordinary user, like in production.
"""

import atexit
import contextlib
import gzip
import json
import os
import pathlib
import pty
import pwd
import random
import re
import secrets
import shutil
import signal
import socket
import sqlite3
import subprocess
import sys
import tempfile
import threading
import time
import unittest
from http.client import HTTPConnection

ROOT = pathlib.Path(__file__).resolve().parents[2]
RESPONDER = ROOT / os.environ.get("TALLYMAN_FCGI", "build/tallyman.fcgi")
ORIGIN = "https://app.example.org"  # allowed by the samples
# Debian installs the servers there; an ordinary user's PATH lacks it.
os.environ["PATH"] += ":/usr/local/sbin:/usr/sbin:/sbin"
# Programs in Go run for seconds here: more memory for less garbage collection.
os.environ.setdefault("GOGC", "400")
PATIENCE = 60  # limit in seconds for a start, an end or a change, on a busy machine


# SIGTERM to the tests must end the servers, too: atexit needs a normal exit.
signal.signal(signal.SIGTERM, lambda *_: sys.exit(128 + signal.SIGTERM))


def without_make():
    """Returns the environment without the variables of the make that runs the tests."""
    return {k: v for k, v in os.environ.items() if not k.startswith(("MAKE", "MFLAGS"))}


def unprivileged_user():
    """Returns the user that everything runs as. As root: the first usual one that
    exists. Otherwise None, for the current user; also in a user namespace without
    other users, where root is an ordinary user outside of it."""
    users = pathlib.Path("/proc/self/uid_map").read_text().split()
    if os.geteuid() != 0 or users[2:] == ["1"]:
        return None
    for name in ("www-data", "nobody"):
        try:
            return pwd.getpwnam(name)
        except KeyError:
            continue
    raise RuntimeError("neither the user www-data nor nobody exists")


USER = unprivileged_user()


def open_pty():
    """Returns both ends of a pseudoterminal; skips the test if there is none."""
    try:
        return pty.openpty()
    except OSError as error:
        raise unittest.SkipTest(f"needs a pseudo-terminal: {error}") from None


def unshare(*options, user=None):
    """Returns the start of a command line that runs a program in namespaces of its
    own, see unshare(1); skips the test if that is not permitted."""
    command = ["unshare", *options]
    try:
        done = subprocess.run(
            [*command, "true"], capture_output=True, text=True, **of_user(user)
        )
    except FileNotFoundError:
        raise unittest.SkipTest("needs unshare(1)") from None
    if done.returncode != 0:
        raise unittest.SkipTest(f"needs namespaces: {done.stderr.strip()}")
    return command


def wait_until(condition, what):
    """Polls `condition` until it is true and returns its value."""
    end = time.monotonic() + PATIENCE
    while True:
        value = condition()
        if value:
            return value
        if time.monotonic() > end:
            raise RuntimeError(f"waited {PATIENCE} s for {what}")
        time.sleep(0.01)


class Awake(threading.Thread):
    """Counts the seconds in which this machine ran. A paused machine is no reason
    to fail a test of a time limit."""

    HICCUP = 0.1  # longest oversleep that counts as running

    def __init__(self):
        super().__init__(daemon=True)
        self.state = time.monotonic(), 0.0  # last time it ran; seconds missed
        self.start()

    def run(self):
        while True:
            time.sleep(0.01)
            now = time.monotonic()
            self.state = now, self.missed(now)

    def missed(self, now):
        last, missed = self.state
        return missed + max(0.0, now - last - self.HICCUP)

    def seconds(self):
        now = time.monotonic()
        return now - self.missed(now)


def awake():
    """Like time.monotonic(), but without pauses of the machine; for time limits."""
    global _awake
    _awake = _awake or Awake()
    return _awake.seconds()


def _forget_awake():
    global _awake
    _awake = None  # threads do not survive a fork


_awake = None
os.register_at_fork(after_in_child=_forget_awake)


_ports = list(range(20000, 32000))
random.shuffle(_ports)


def free_port():
    """Returns a port below the ephemeral range, so that no other test program gets
    it before its server does; never the same one twice."""
    while True:
        with socket.socket() as probe:
            port = _ports.pop()
            with contextlib.suppress(OSError):
                probe.bind(("127.0.0.1", port))
                return port


# --- the site ---------------------------------------------------------------


class Site:
    """A temporary directory laid out like a user's home on a shared host:

    tallyman/    the responder, its configuration, tokens and the database
    www/         the web root
    static/      the scripts for web pages
    run/ log/    files of the servers

    `config` is added to the settings in tallyman.json; None removes one.
    """

    def __init__(self, **config):
        self.dir = pathlib.Path(tempfile.mkdtemp(prefix="e2e-"))
        atexit.register(self.remove)
        self.dir.chmod(0o755)
        self.home = self.dir / "tallyman"
        for name in ("tallyman", "www", "run", "log"):
            (self.dir / name).mkdir()
        shutil.copytree(ROOT / "fcgi/metrics.d", self.home / "metrics.d")
        shutil.copytree(ROOT / "build/static", self.dir / "static")
        # A copy: the user may not be able to read the build directory.
        self.responder = self.home / "tallyman.fcgi"
        shutil.copy(RESPONDER, self.responder)
        self.token = secrets.token_hex(16)
        self.write("tallyman/scrape.token", self.token + "\n")
        self.database = self.home / "tallyman.db"
        self.config = self.home / "tallyman.json"
        self.configure(**config)
        self.give_away()

    def configure(self, **config):
        """Writes tallyman.json again."""
        settings = {
            "database": "tallyman.db",
            "origins": [ORIGIN],
            "scrape_token_file": "scrape.token",
        }
        settings.update(config)
        settings = {k: v for k, v in settings.items() if v is not None}
        self.write("tallyman/tallyman.json", json.dumps(settings, indent=4))

    def write(self, name, text, mode=0o644):
        path = self.dir / name
        path.write_text(text)
        path.chmod(mode)
        return path

    def give_away(self):
        """Makes all files the property of the servers' user."""
        if USER is None:
            return
        for path in (self.dir, *self.dir.rglob("*")):
            try:
                os.chown(path, USER.pw_uid, USER.pw_gid)
            except FileNotFoundError:
                pass  # a responder creates and removes its journals

    def remove(self):
        shutil.rmtree(self.dir, ignore_errors=True)

    def query(self, sql, *parameters):
        """Returns all rows of a query on the database."""
        connection = sqlite3.connect(f"file:{self.database}?mode=ro", uri=True)
        try:
            return connection.execute(sql, parameters).fetchall()
        finally:
            connection.close()

    def stored(self, family, **labels):
        """Returns the stored value of a counter or gauge, or None."""
        for text, value in self.query(
            "SELECT labels, value FROM series JOIN total ON series_id = series.id"
            " WHERE family_id = (SELECT id FROM family WHERE name = ?)",
            family,
        ):
            if json.loads(text) == labels:
                return value
        return None


def of_user(user):
    """Returns the options of subprocess that run a program as that user; None is
    the current one."""
    if user is None:
        return {}
    return {"user": user.pw_uid, "group": user.pw_gid, "extra_groups": []}


class Process:
    """A child process with its output in a log file."""

    def __init__(self, arguments, log, as_user=None, **options):
        self.log = log
        options.update(of_user(as_user))
        with open(log, "ab") as output:
            # A session of its own, so that stop() reaches the children, too.
            self.child = subprocess.Popen(
                [str(a) for a in arguments],
                stdout=output,
                stderr=output,
                start_new_session=True,
                **options,
            )
        atexit.register(self.kill)

    @property
    def pid(self):
        return self.child.pid

    def alive(self):
        return self.child.poll() is None

    def signal(self, number):
        if self.alive():
            self.child.send_signal(number)

    def wait(self):
        """Returns the exit status once the process has ended."""
        return self.child.wait(PATIENCE)

    def kill(self):
        """Kills the process and its children."""
        try:
            os.killpg(self.pid, signal.SIGKILL)
        except (ProcessLookupError, PermissionError):
            pass
        self.child.wait(PATIENCE)
        # The kernel may reuse its process id.
        atexit.unregister(self.kill)

    def stop(self):
        """Sends SIGTERM, waits, and returns the exit status."""
        self.signal(signal.SIGTERM)
        try:
            return self.wait()
        finally:
            self.kill()


def tail(path, lines=30):
    """Returns the end of a log file, or the reason why it cannot be read."""
    try:
        text = pathlib.Path(path).read_text(errors="replace")
    except OSError as error:
        text = str(error)
    return "\n".join([f"{path}:", *text.splitlines()[-lines:]])


class Responders:
    """A listening Unix socket and the responders that share it as descriptor 0, as
    systemd and spawn-fcgi pass it. `listener` is another socket, already bound;
    `environment` is added to the test's."""

    def __init__(self, site, count=2, arguments=(), listener=None, environment=None):
        self.site = site
        self.arguments = arguments
        self.environment = {**os.environ, **(environment or {})}
        self.path = site.dir / "run/responder.sock"
        self.log = site.dir / "log/responders.log"
        self.listener = listener or socket.socket(socket.AF_UNIX)
        if listener is None:
            self.listener.bind(str(self.path))
            self.path.chmod(0o666)
        self.listener.listen(1024)
        self.processes = []
        for _ in range(count):
            self.start()

    def start(self):
        """Starts one more responder and returns its number."""
        self.processes.append(None)
        self.restart(len(self.processes) - 1)
        return len(self.processes) - 1

    def restart(self, number):
        """Starts a process in place of one that has ended."""
        self.processes[number] = Process(
            [self.site.responder, "-c", self.site.config, *self.arguments],
            self.log,
            as_user=USER,
            stdin=self.listener,
            env=self.environment,
        )

    def kill(self, number):
        """Sends SIGKILL: nothing in progress is finished."""
        self.processes[number].signal(signal.SIGKILL)
        self.processes[number].wait()

    def terminate(self, number):
        """Sends SIGTERM; returns the exit status."""
        self.processes[number].signal(signal.SIGTERM)
        return self.processes[number].wait()

    def stderr(self):
        """Returns everything that the responders have written to stderr."""
        return self.log.read_text(errors="replace")

    def diagnostics(self):
        return tail(self.log)

    def stop(self):
        for process in self.processes:
            process.stop()
        self.listener.close()


# --- requests -------------------------------------------------------------------


class Reply:
    """A reply: `status`, `body` as bytes, `headers`."""

    def __init__(self, response, body):
        self.status = response.status
        self.headers = response.headers
        self.body = body

    @property
    def text(self):
        return self.body.decode()

    def header(self, name):
        """Returns all values of a header; [] if it is missing."""
        return self.headers.get_all(name, [])

    def __repr__(self):
        return f"{self.status} {dict(self.headers)} {self.body[:500]!r}"


def http(method, url, body=None, headers=(), chunked=False, source=None):
    """Sends one request and returns the `Reply`, whatever its status.

    The path is sent exactly as in `url`. `chunked` sends the body in small chunks
    without Content-Length. `source` is the address to send from: on Linux all of
    127.0.0.0/8 is local.
    """
    found = re.fullmatch(r"http://([^/:]+):(\d+)(/.*)", url)
    if isinstance(body, str):
        body = body.encode()
    connection = HTTPConnection(
        found[1],
        int(found[2]),
        timeout=PATIENCE,
        source_address=None if source is None else (source, 0),
    )
    try:
        connection.putrequest(
            method, found[3], skip_host="Host" in dict(headers), skip_accept_encoding=True
        )
        for name, value in dict(headers).items():
            connection.putheader(name, value)
        if chunked:
            connection.putheader("Transfer-Encoding", "chunked")
        elif body is not None:
            connection.putheader("Content-Length", str(len(body)))
        try:
            connection.endheaders()
            if chunked:
                for start in range(0, len(body), 1000):
                    part = body[start : start + 1000]
                    connection.send(b"%x\r\n%s\r\n" % (len(part), part))
                connection.send(b"0\r\n\r\n")
            elif body is not None:
                connection.send(body)
        except (BrokenPipeError, ConnectionResetError):
            pass  # refused before the end of the request: the reply gives the reason
        response = connection.getresponse()
        return Reply(response, response.read())
    finally:
        connection.close()


# --- bodies and scrapes -----------------------------------------------------------


def uuid7(now=None):
    """Returns a new batch id: 48 bits of time, then random bits (RFC 9562). `now` is in
    Unix seconds."""
    number = int((now or time.time()) * 1000) << 80 | secrets.randbits(80)
    number = number & ~(0xF << 76) | 7 << 76
    number = number & ~(3 << 62) | 2 << 62
    text = f"{number:032x}"
    return "-".join((text[:8], text[8:12], text[12:16], text[16:20], text[20:]))


def counter(name, inc=1, **labels):
    return {
        "metricName": name,
        "metricType": "counter",
        "labels": labels,
        "inc": inc,
    }


def gauge(name, value, **labels):
    return {
        "metricName": name,
        "metricType": "gauge",
        "labels": labels,
        "value": value,
    }


def histogram(name, *observations, **labels):
    return {
        "metricName": name,
        "metricType": "histogram",
        "labels": labels,
        "observations": list(observations),
    }


def compress(text):
    return gzip.compress(text.encode())


class Scrape:
    """The samples of a scrape, in either format.

    scrape.value("usage_total", browser="chrome", feature="blockStudent")
    """

    LINE = re.compile(r'([a-zA-Z_:][\w:]*)(?:\{(.*)\})? (\S+)(?: \S+)*$')
    LABEL = re.compile(r'([a-zA-Z_]\w*)="((?:[^"\\]|\\.)*)"(?:,|$)')
    ESCAPES = {r"\\": "\\", r"\"": '"', r"\n": "\n"}

    def __init__(self, text):
        self.text = text
        self.samples = {}
        for line in text.split("\n"):
            if line.startswith("#") or not line:
                continue
            found = self.LINE.match(line)
            if found is None:
                raise ValueError(f"not a sample: {line!r}")
            key = (found[1], self._labels(found[2] or ""))
            if key in self.samples:
                raise ValueError(f"twice in one scrape: {line!r}")
            self.samples[key] = float(found[3])

    def _labels(self, text):
        labels = {
            name: re.sub(r"\\.", lambda e: self.ESCAPES[e[0]], value)
            for name, value in self.LABEL.findall(text)
        }
        return frozenset(labels.items())

    def value(self, name, **labels):
        """Returns the value of one sample, or None."""
        return self.samples.get((name, frozenset(labels.items())))

    def total(self, name):
        """Returns the sum of all samples with that name."""
        return sum(v for (n, _), v in self.samples.items() if n == name)


def scrape(server, accept=None, query=""):
    """Fetches the metrics with the token and returns the `Scrape`."""
    headers = {"Authorization": "Bearer " + server.site.token}
    if accept is not None:
        headers["Accept"] = accept
    reply = http("GET", server.url + "/metrics" + query, headers=headers)
    if reply.status != 200:
        raise RuntimeError(f"the scrape failed: {reply}")
    return Scrape(reply.text)
