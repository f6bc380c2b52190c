"""Debian's programs that accept pushes and expose totals to Prometheus, beside
Tallyman. A note below the table lists what each does not do."""

import os
import re
import socket
import time
import urllib.request

from measured import Measured, interleave
from report import ms, ratio, say, section, table
from servers import Design, children, cpu_seconds, free_port

PROGRAMS = ("prometheus-pushgateway", "gunicorn", "collectd")
HTTP_SERVER = """
    upstream {name} {{
        server {address};
        keepalive 32;
        keepalive_requests 10000000;
    }}
    server {{
        listen 127.0.0.1:{port} reuseport;
        location / {{
            proxy_http_version 1.1;
            proxy_set_header Connection "";
            proxy_pass http://{name};
        }}
    }}
"""


class Peer(Design):
    """A process with its own HTTP port."""

    def __init__(self, name, directory, binary):
        super().__init__(name, directory, binary)
        self.own_port = free_port()
        self.address = f"127.0.0.1:{self.own_port}"

    def start(self, count=1):
        super().start(count)

    def answers(self):
        socket.create_connection(("127.0.0.1", self.own_port)).close()
        return True

    def nginx(self):
        return HTTP_SERVER.format(name=self.name, port=self.port,
                                  address=self.address)

    def scraped(self, pattern):
        """Returns the sum of the series whose lines match the pattern at the start."""
        with urllib.request.urlopen(f"http://{self.address}/metrics") as reply:
            return sum(float(value) for value in re.findall(
                rf"^{pattern}[^ ]* (\S+)", reply.read().decode(), re.M))


class Pushgateway(Peer):
    """Debian's prometheus-pushgateway, in memory."""

    def __init__(self, name, directory):
        super().__init__(name, directory, "/usr/bin/prometheus-pushgateway")
        self.url = f"http://127.0.0.1:{self.port}/metrics/job/bench"
        self.direct_url = f"http://{self.address}/metrics/job/bench"

    def command(self):
        return [self.binary, "--persistence.file=", "--log.level=error",
                f"--web.listen-address={self.address}"]


class Gunicorn(Peer):
    """peer_wsgi.py in two processes."""

    def __init__(self, name, directory):
        super().__init__(name, directory, "/usr/bin/gunicorn")
        self.totals = os.path.join(self.directory, "totals")
        os.mkdir(self.totals)

    def command(self):
        return ["env", f"PROMETHEUS_MULTIPROC_DIR={self.totals}", self.binary,
                "--workers", "2", "--threads", "16", "--keep-alive", "60",
                "--log-level", "error", "--bind", self.address, "--chdir",
                os.path.dirname(os.path.abspath(__file__)),
                "peer_wsgi:application"]

    def cpu_seconds(self):
        return sum(cpu_seconds(pid)
                   for process in self.processes
                   for pid in (process.pid, *children(process.pid)))

    def counted(self):
        """Returns the number of pushes in the totals."""
        return self.scraped("uses_total") / 2


class Collectd(Peer):
    """collectd with the plugins statsd and write_prometheus: datagrams without a reply."""

    INTERVAL = 0.5
    CONFIG = """
BaseDir "{directory}"
PIDFile "{directory}/pid"
TypesDB "/usr/share/collectd/types.db"
FQDNLookup false
Interval {interval}
LoadPlugin statsd
LoadPlugin write_prometheus
<Plugin statsd>
  Host "127.0.0.1"
  Port "{port}"
</Plugin>
<Plugin write_prometheus>
  Host "127.0.0.1"
  Port "{own_port}"
</Plugin>
"""

    def __init__(self, name, directory):
        super().__init__(name, directory, "/usr/sbin/collectd")
        self.config = os.path.join(self.directory, "collectd.conf")
        with open(self.config, "w", encoding="utf-8") as out:
            out.write(self.CONFIG.format(
                directory=self.directory, interval=self.INTERVAL,
                port=self.port, own_port=self.own_port))

    def command(self):
        return [self.binary, "-f", "-C", self.config]

    def nginx(self):
        return ""

    def counted(self):
        """Returns the number of pushes in the totals, once it no longer changes."""
        before = None
        while (now := self.scraped('collectd_statsd_derive_total'
                                   '{statsd="uses')) != before:
            before = now
            time.sleep(2.1 * self.INTERVAL)
        return now / 2

    def push(self, url, seconds, *arguments):
        """Sends the samples of pushes as datagrams, as fast as possible."""
        datagrams = [b"uses.p%03d:1|c\nuses.p%03d:1|c\nload.%d:300|ms"
                     % (2 * i, 2 * i + 1, i % 10) for i in range(60)]
        before, sent = self.counted(), 0
        end = time.perf_counter() + seconds
        with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as out:
            out.connect(("127.0.0.1", self.port))
            while time.perf_counter() < end:
                for datagram in datagrams:
                    out.send(datagram)
                sent += len(datagrams)
        counted = round(self.counted() - before)
        return {"acknowledged": counted, "rate": counted / seconds,
                "errors": sent - counted, "p50": 0, "p99": 0, "max": 0}


def designs(directory):
    """The designs that compare() starts and stops."""
    return [Gunicorn("gunicorn", directory), Collectd("collectd", directory)]


def compare(ours, peers, rounds, seconds):
    """Prints the section; Tallyman already runs."""
    section("Peers that are packages of Debian: pushes of three samples")
    gunicorn, collectd = peers
    first = Measured("tallyman, process x 2", ours)
    counting = Measured("python, gunicorn x 2", gunicorn)
    rows = [first, counting, Measured("collectd, statsd, UDP", collectd)]
    for peer in peers:
        peer.start()
    for row in rows:
        row.warm_up()
    before = gunicorn.counted()
    interleave(rows, rounds, seconds)
    counted = gunicorn.counted() - before
    for peer in peers:
        peer.stop()
    table(["", "pushes/s", "tallyman /", "p50 ms", "p99 ms", "cpu us",
           "errors, lost"],
          [[row.name, f"{row.median('rate'):,.0f}",
            ratio(first.median("rate"), row.median("rate")),
            *(ms(row.median(key) / 1e6) if row.longest() else "-"
              for key in ("p50", "p99")),
            f"{row.median('cpu') * 1e6:.1f}", row.errors()] for row in rows])
    say("What they do not do, and Tallyman does. python: prometheus_client"
        " adds to files of its processes; it checks")
    say("no labels, finds no repeats and syncs nothing, and the files must be"
        " deleted before it starts, so that totals")
    say("begin at 0 again. collectd: the sender is not told what is lost; in"
        " memory; no labels, no checks, no buckets.")
    say(f"counted by python: {counted:,.0f} of {counting.acknowledged:,}"
        " acknowledged and the few that were cut off")
