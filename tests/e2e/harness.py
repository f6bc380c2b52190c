"""What the end-to-end tests stand on: a site in a temporary directory, the
responders, and what a client sends. The web servers are in webservers.py.

    site = Site()                  files, configuration, database
    responders = Responders(site)  listening socket and processes
    server = Nginx(site)           started with nginx/tallyman.conf
    http("GET", server.url + "/metrics")

Everything is stopped with stop(), by process id, and removed with
Site.remove(). As root the servers and responders run as an ordinary user, as
they do in production.
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
ORIGIN = "https://app.example.org"  # the one that the samples allow
# Where Debian has its servers, and an ordinary user no path to.
os.environ["PATH"] += ":/usr/local/sbin:/usr/sbin:/sbin"
PATIENCE = 10  # seconds that anything may take to start or to end


# Whoever ends the tests early ends the servers, too: atexit needs an exit.
signal.signal(signal.SIGTERM, lambda *_: sys.exit(128 + signal.SIGTERM))


def unprivileged_user():
    """The user that everything runs as: when we are root, the first of the
    usual ones that exists; otherwise None, for ourselves. Root in a user
    namespace that has no other user is an ordinary user outside of it."""
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
    """The two ends of a terminal; the test is skipped where none can be had."""
    try:
        return pty.openpty()
    except OSError as error:
        raise unittest.SkipTest(f"needs a pseudo-terminal: {error}") from None


def unshare(*options, user=None):
    """The beginning of a command line for a program in namespaces of its own,
    as in unshare(1); the test is skipped where none can be had."""
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
            raise RuntimeError(f"waited {PATIENCE} s in vain for {what}")
        time.sleep(0.01)


class Awake(threading.Thread):
    """Tells the seconds in which this machine has run at all: one that stands
    still for a moment is not one that lets a client wait."""

    HICCUP = 0.1  # what a short sleep may take

    def __init__(self):
        super().__init__(daemon=True)
        self.state = time.monotonic(), 0.0  # when it was seen to run; what it missed
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
    """As time.monotonic(), for bounds on what something may take."""
    global _awake
    _awake = _awake or Awake()
    return _awake.seconds()


def _forget_awake():
    global _awake
    _awake = None  # a child process has no such thread


_awake = None
os.register_at_fork(after_in_child=_forget_awake)


_ports = list(range(20000, 32000))
random.shuffle(_ports)


def free_port():
    """Below those that the kernel gives to clients, so that none of the test
    programs beside this one gets it before the server that it is for; never the
    same one twice.
    """
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
    www/         what is on the web
    static/      the scripts for web pages
    run/ log/    of the servers

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
        # Copied, since the user it runs as may not reach the build directory.
        self.responder = self.home / "tallyman.fcgi"
        shutil.copy(RESPONDER, self.responder)
        self.token = secrets.token_hex(16)
        self.write("tallyman/scrape.token", self.token + "\n")
        self.database = self.home / "tallyman.db"
        self.config = self.home / "tallyman.json"
        self.configure(**config)
        self.give_away()

    def configure(self, **config):
        """Writes tallyman.json anew."""
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
        """Makes all files those of the user that the servers run as."""
        if USER is None:
            return
        for path in (self.dir, *self.dir.rglob("*")):
            try:
                os.chown(path, USER.pw_uid, USER.pw_gid)
            except FileNotFoundError:
                pass  # a responder is at work: its journals come and go

    def remove(self):
        shutil.rmtree(self.dir, ignore_errors=True)

    def query(self, sql, *parameters):
        """All rows of a query on the database, as a person would ask it."""
        connection = sqlite3.connect(f"file:{self.database}?mode=ro", uri=True)
        try:
            return connection.execute(sql, parameters).fetchall()
        finally:
            connection.close()

    def stored(self, family, **labels):
        """The stored value of one counter or gauge, or None."""
        for text, value in self.query(
            "SELECT labels, value FROM series JOIN total ON series_id = series.id"
            " WHERE family_id = (SELECT id FROM family WHERE name = ?)",
            family,
        ):
            if json.loads(text) == labels:
                return value
        return None


def of_user(user):
    """The options of subprocess for a program of that user; None is this one."""
    if user is None:
        return {}
    return {"user": user.pw_uid, "group": user.pw_gid, "extra_groups": []}


class Process:
    """A child process whose output goes to a log file."""

    def __init__(self, arguments, log, as_user=None, **options):
        self.log = log
        options.update(of_user(as_user))
        with open(log, "ab") as output:
            # A session of its own, so that stop() can reach the children, too.
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
        """The exit status, once it has ended."""
        return self.child.wait(PATIENCE)

    def kill(self):
        """Ends it at once, with all children it still has."""
        try:
            os.killpg(self.pid, signal.SIGKILL)
        except (ProcessLookupError, PermissionError):
            pass
        self.child.wait(PATIENCE)
        # Its process id may soon be another's.
        atexit.unregister(self.kill)

    def stop(self):
        """Asks it to end, waits for that, and returns the exit status."""
        self.signal(signal.SIGTERM)
        try:
            return self.wait()
        finally:
            self.kill()


def tail(path, lines=30):
    """The end of a log file, or why there is none."""
    try:
        text = pathlib.Path(path).read_text(errors="replace")
    except OSError as error:
        text = str(error)
    return "\n".join([f"{path}:", *text.splitlines()[-lines:]])


class Responders:
    """A listening unix socket and the responders that share it on descriptor
    0, as systemd and spawn-fcgi give it to them. `listener` is another socket
    to listen on, which is then bound already; `environment` is added to ours."""

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
        """Starts one more and returns its number."""
        self.processes.append(None)
        self.restart(len(self.processes) - 1)
        return len(self.processes) - 1

    def restart(self, number):
        """Starts a new process in place of one that has ended."""
        self.processes[number] = Process(
            [self.site.responder, "-c", self.site.config, *self.arguments],
            self.log,
            as_user=USER,
            stdin=self.listener,
            env=self.environment,
        )

    def kill(self, number):
        """SIGKILL: no chance to finish anything."""
        self.processes[number].signal(signal.SIGKILL)
        self.processes[number].wait()

    def terminate(self, number):
        """SIGTERM; returns the exit status."""
        self.processes[number].signal(signal.SIGTERM)
        return self.processes[number].wait()

    def stderr(self):
        """All that the responders have written to stderr so far."""
        return self.log.read_text(errors="replace")

    def diagnostics(self):
        return tail(self.log)

    def stop(self):
        for process in self.processes:
            process.stop()
        self.listener.close()


# --- web servers ------------------------------------------------------------


class Reply:
    """What came back: `status`, `body` as bytes, `headers`."""

    def __init__(self, response, body):
        self.status = response.status
        self.headers = response.headers
        self.body = body

    @property
    def text(self):
        return self.body.decode()

    def header(self, name):
        """All values of a header: [] if it is not there, and more than one if
        somebody has sent it twice."""
        return self.headers.get_all(name, [])

    def __repr__(self):
        return f"{self.status} {dict(self.headers)} {self.body[:500]!r}"


def http(method, url, body=None, headers=(), chunked=False, source=None):
    """Sends one request and returns the `Reply`, whatever its status.

    The path goes out exactly as it stands in `url`. `chunked` sends the body in
    small chunks and without Content-Length. `source` is the address to
    send from: on Linux all of 127.0.0.0/8 is ours.
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
            pass  # refused before all was sent: the reply says why
        response = connection.getresponse()
        return Reply(response, response.read())
    finally:
        connection.close()


# --- what is sent, and what is read ------------------------------------------


def uuid7():
    """A new batch id: 48 bits of time, then chance (RFC 9562)."""
    number = int(time.time() * 1000) << 80 | secrets.randbits(80)
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
        """The value of one sample, or None."""
        return self.samples.get((name, frozenset(labels.items())))

    def total(self, name):
        """The sum over all samples of that name."""
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
