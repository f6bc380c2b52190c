#!/usr/bin/python3
"""make bench: how fast tallyman.fcgi is, as ratios from one run.

Everything runs on this machine, on unix sockets and 127.0.0.1, in a
temporary directory. No time is asserted. The exit status is 1 when a total
in a database is not what was acknowledged, or when something does not run.
"""

import argparse
import http.client
import os
import platform
import resource
import shutil
import signal
import statistics
import subprocess
import sys
import tempfile
import time

import browser
import fcgi_client
import groups
import locks
import programs
import series
import sessions
from load import CLIENTS, Failed, longest_wait, wrk
from report import MS, ms, ratio, say, section, table
from servers import Design, Nginx, OpenTallyman, Pushgateway, Tallyman

HALF_SENT = 40
SCRAPE_SIZES = (1000, 10000, 100000)


def first_line(command):
    """What a program says first about its version; some say it on stderr."""
    run = subprocess.run(command, capture_output=True, text=True, check=False)
    lines = (run.stdout + run.stderr).strip().splitlines()
    return lines[0] if lines else "?"


def say_machine(options):
    say("Tallyman bench")
    model = "?"
    with open("/proc/cpuinfo", encoding="utf-8") as file:
        for line in file:
            if line.startswith("model name"):
                model = line.split(":", 1)[1].strip()
    say(f"machine      {os.cpu_count()} cores, {model}, load"
        f" {os.getloadavg()[0]:.2f} at the start")
    say(f"kernel       {platform.system()} {platform.release()}")
    for name, command in (("nginx", ["nginx", "-v"]), ("wrk", ["wrk", "-v"]),
                          ("pushgateway",
                           ["prometheus-pushgateway", "--version"]),
                          ("tallyman", [options.tallyman, "--version"])):
        say(f"{name:<12} {first_line(command)}")
    say(f"load         wrk -t2 -c{CLIENTS}, {options.rounds} interleaved"
        f" rounds of {options.seconds} s, medians")


def load_seconds():
    """Processor time of all wrk runs so far."""
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    return used.ru_utime + used.ru_stime


class Measured:
    """The rounds of one row of a table."""

    nginx = None  # set once it runs

    def __init__(self, name, design, url=None, arguments=None):
        self.name = name
        self.design = design
        self.url = url or design.url
        self.arguments = design.arguments if arguments is None else arguments
        self.runs = []
        self.acknowledged = 0
        self.wrong = []

    def warm_up(self):
        """A second that does not count: connections, caches, the WAL."""
        wrk(self.url, 1, *self.arguments)
        if self.design.database:
            series.settled_totals(self.design.database)

    def run(self, seconds):
        database = self.design.database
        before = series.totals(database) if database else None
        cpu = self.design.cpu_seconds()
        others = self.nginx.cpu_seconds() + load_seconds()
        result = wrk(self.url, seconds, *self.arguments)
        self.design.check_alive()
        cpu = self.design.cpu_seconds() - cpu
        others = self.nginx.cpu_seconds() + load_seconds() - others
        result["cpu"] = cpu / max(1, result["acknowledged"])
        result["all_cpu"] = (cpu + others) / max(1, result["acknowledged"])
        self.runs.append(result)
        self.acknowledged += result["acknowledged"]
        if not result["acknowledged"]:
            raise Failed(f"{self.name}: no push was acknowledged: {result}\n"
                         + self.design.log())
        if database:
            wrong = series.check(before, series.settled_totals(database),
                                 result["acknowledged"])
            if wrong:
                self.wrong.append(wrong)

    def median(self, key):
        return statistics.median(run[key] for run in self.runs)

    def errors(self):
        return sum(run["errors"] for run in self.runs)

    def longest(self):
        return max(run["max"] for run in self.runs) / 1e6


def interleave(rows, rounds, seconds):
    """Runs the rows in turn, so that a noisy moment touches all of them."""
    for _ in range(rounds):
        for row in rows:
            row.run(seconds)


class Bench:
    """One whole run, section by section."""

    def __init__(self, options, directory):
        self.options = options
        self.directory = directory
        self.wrong = []
        self.figures = {}  # for HISTORY.md
        noop = [Design("noop_loop", directory, options.noop_loop),
                Design("noop_threads", directory, options.noop_threads)]
        self.loop, self.threads = noop
        self.ours = [
            Tallyman("process", directory, options.tallyman, "process"),
            Tallyman("power", directory, options.tallyman, "power")]
        self.process, self.power = self.ours
        self.sized = [
            Tallyman(f"series{count}", directory, options.tallyman, "process",
                     count) for count in SCRAPE_SIZES]
        self.gateway = Pushgateway("pushgateway", directory)
        self.open = OpenTallyman("open", directory, options.tallyman)
        self.stored = sessions.designs(directory, options.tallyman,
                                       options.stored_sessions)
        self.timed = locks.designs(directory, options.timed_tallyman)
        self.later = self.sized + self.stored + self.timed
        self.designs = noop + self.ours + self.later + [self.gateway,
                                                        self.open]
        self.nginx = None

    def start(self):
        for design in self.designs:
            if design not in self.later:
                design.start()
        self.nginx = Nginx(os.path.dirname(self.loop.directory), self.designs)
        Measured.nginx = self.nginx

    def stop(self):
        if self.nginx:
            self.nginx.stop()
        for design in self.designs:
            design.stop()
            if design.complaint:
                self.wrong.append(design.complaint)

    def verdict(self, rows):
        """Says whether the totals of these rows are right."""
        for row in rows:
            if not row.design.database:
                continue
            if row.wrong:
                for wrong in row.wrong:
                    self.wrong.append(f"{row.name}: {wrong}")
                    say(f"WRONG: {self.wrong[-1]}")
            else:
                say(f"total right: {row.name}, {row.acknowledged:,}"
                    f" acknowledged pushes in {len(row.runs)} runs")

    def pushes(self):
        section("Pushes of 265 bytes, 3 samples each, over 130 series")
        loop = Measured("no-op event loop x 2", self.loop)
        threads = Measured("no-op 32 threads x 2", self.threads)
        process = Measured("tallyman, process x 2", self.process)
        power = Measured("tallyman, power x 2", self.power)
        rows = [loop, threads, process, power,
                Measured("pushgateway, via nginx", self.gateway),
                Measured("pushgateway, direct", self.gateway,
                         self.gateway.direct_url)]
        for row in rows:
            row.warm_up()
        interleave(rows, self.options.rounds, self.options.seconds)
        table(["", "pushes/s", "/ loop", "/ threads", "p50 ms", "p99 ms",
               "p99/loop", "max ms", "cpu us", "all us", "loop/all",
               "errors"],
              [[row.name, f"{row.median('rate'):,.0f}",
                ratio(row.median("rate"), loop.median("rate")),
                ratio(row.median("rate"), threads.median("rate")),
                ms(row.median("p50") / 1e6), ms(row.median("p99") / 1e6),
                ratio(row.median("p99"), loop.median("p99")),
                ms(row.longest()), f"{row.median('cpu') * 1e6:.1f}",
                f"{row.median('all_cpu') * 1e6:.1f}",
                ratio(loop.median("all_cpu"), row.median("all_cpu")),
                row.errors()] for row in rows])
        say("max: the longest any of the 32 clients waited. cpu us: processor"
            " time of the responders a push;")
        say("all us: with nginx and wrk. loop/all: what / loop would be if"
            " no processor were ever idle;")
        say("it depends less on what else runs on this machine.")
        durable = ratio(power.median("rate"), process.median("rate"))
        say(f"power / process: {durable}")
        say(f"a batch: {process.median('bytes'):.0f} bytes; for the"
            f" pushgateway {rows[-1].median('bytes'):.0f} bytes of text")
        self.verdict(rows)

    def text_pushes(self):
        self.judge(groups.compare(self.open, self.gateway, Measured,
                                  self.options.short_rounds,
                                  self.options.short_seconds))

    def session_messages(self):
        for design in self.stored:
            design.start()
        sessions.compare(*self.stored, Measured, self.options.short_rounds,
                         self.options.short_seconds)
        for design in self.stored:
            design.stop()

    def half_sent(self):
        section(f"The same while {HALF_SENT} connections hold half-sent"
                " requests")
        plain = [Measured(f"{design.name}, without", design)
                 for design in (self.loop, self.process, self.power)]
        held = [Measured(f"{row.design.name}, with {HALF_SENT}", row.design)
                for row in plain]
        reopened = 0
        for _ in range(self.options.short_rounds):
            for before, during in zip(plain, held):
                before.run(self.options.short_seconds)
                with fcgi_client.HalfSent(during.design.socket,
                                          HALF_SENT) as half:
                    during.run(self.options.short_seconds)
                reopened += half.reopened
        rows = [row for both in zip(plain, held) for row in both]
        table(["", "pushes/s", "with / without", "p50 ms", "p99 ms", "max ms",
               "errors"],
              [[row.name, f"{row.median('rate'):,.0f}",
                ratio(row.median("rate"), before.median("rate")),
                ms(row.median("p50") / 1e6), ms(row.median("p99") / 1e6),
                ms(row.longest()), row.errors()]
               for row, before in zip(rows, [row for row in plain
                                             for _ in range(2)])])
        say(f"half-sent requests given up by a responder and sent again:"
            f" {reopened}")
        self.verdict(rows)
        for design in (self.loop, self.process, self.power):
            with fcgi_client.HalfSent(design.socket, HALF_SENT):
                answered, longest = longest_wait(design.port,
                                                 self.options.short_seconds)
            say(f"{CLIENTS} clients of our own, {design.name}: {answered:,}"
                f" pushes, longest without progress {ms(longest)} ms")

    def scrapes(self):
        section("Scrapes, half counters, half histograms of 11 bounds;"
                " all filled")
        rows = []
        for design in self.sized:
            filled, seconds = design.start_filled()
            rows.append(self.scrape(design, filled, seconds))
        table(["series", "lines", "MB", "first byte ms", "whole ms",
               "responder cpu ms", "MB/s", "via nginx ms", "load ms"], rows)
        say("first byte, whole: FastCGI on the unix socket, median."
            " load: from an empty database to ready.")

    def scrape(self, design, filled, load_seconds):
        """One row: the median of some scrapes of one size."""
        head, body = fcgi_client.get(design.socket, "/metrics")
        if not fcgi_client.answered(head):
            raise Failed(f"{design.name}: GET /metrics: {head}")
        times, cpu = [], design.cpu_seconds()
        end = time.perf_counter() + self.options.short_seconds
        while len(times) < 3 or time.perf_counter() < end:
            times.append(fcgi_client.time_get(design.socket, "/metrics"))
        cpu = (design.cpu_seconds() - cpu) / len(times)
        first, whole = (statistics.median(column) for column in zip(*times))
        proxied = statistics.median(self.scrape_by_nginx(design)
                                    for _ in range(3))
        return [f"{filled:,}", f"{body.count(10):,}",
                f"{len(body) / 1e6:.1f}", ms(first), ms(whole), ms(cpu),
                f"{len(body) / 1e6 / whole:,.0f}", ms(proxied),
                f"{load_seconds * MS:.0f}"]

    def scrape_by_nginx(self, design):
        start = time.perf_counter()
        connection = http.client.HTTPConnection("127.0.0.1", design.port)
        connection.request("GET", "/metrics")
        reply = connection.getresponse()
        buffer = bytearray(fcgi_client.READ_BYTES)
        while reply.readinto(buffer):
            pass
        connection.close()
        if reply.status != 200:
            raise Failed(f"{design.name}: GET /metrics: {reply.status}")
        return time.perf_counter() - start

    def pushes_during_scrapes(self):
        section("Pushes while a scrape runs")
        rows = []
        for design in self.sized[1:]:
            count = f"{design.generated:,}"
            rows += [(Measured(f"{count} series, no scrape", design), None),
                     (Measured(f"{count} series, every second", design), 1.0),
                     (Measured(f"{count} series, back to back", design), 0.0)]
        scrapes = [0] * len(rows)
        for _ in range(self.options.short_rounds):
            for i, (row, pause) in enumerate(rows):
                if pause is None:
                    row.run(self.options.short_seconds)
                    continue
                with fcgi_client.Scrapes(row.design.socket, pause) as loop:
                    row.run(self.options.short_seconds)
                scrapes[i] += loop.count
        alone = [rows[i - i % 3][0] for i in range(len(rows))]
        table(["", "scrapes", "pushes/s", "/ none", "p50 ms", "p99 ms",
               "p99 / none", "max ms"],
              [[row.name, scrapes[i], f"{row.median('rate'):,.0f}",
                ratio(row.median("rate"), alone[i].median("rate")),
                ms(row.median("p50") / 1e6), ms(row.median("p99") / 1e6),
                ratio(row.median("p99"), alone[i].median("p99")),
                ms(row.longest())] for i, (row, _) in enumerate(rows)])
        say("Scrapes and their reader take processor time from the same"
            f" {os.cpu_count()} cores as everything else.")
        self.verdict([row for row, _ in rows])

    def memory(self):
        section("Resident memory of each responder, after pushes and scrapes")
        for design in self.sized:
            for _ in range(4):
                fcgi_client.time_get(design.socket, "/metrics")
            wrk(design.url, 1)
        table(["", "VmRSS MiB", "VmHWM MiB", "RssAnon MiB"],
              [[f"{design.name} #{i + 1}"]
               + [f"{kib / 1024:.1f}" for kib in process]
               for design in [self.process, *self.sized]
               for i, process in enumerate(design.memory())])

    def pushes_by_size(self):
        section("Pushes with few and many series configured")
        large = self.sized[-1]
        few = Measured("130 series", self.process)
        rows = [few, Measured(f"{large.generated:,} series, to 130 of them",
                              large),
                Measured(f"{large.generated:,} series, to all of them", large,
                         arguments=("spread", large.generated))]
        interleave(rows, self.options.short_rounds, self.options.short_seconds)
        table(["", "pushes/s", "ratio", "p50 ms", "p99 ms", "cpu us"],
              [[row.name, f"{row.median('rate'):,.0f}",
                ratio(row.median("rate"), few.median("rate")),
                ms(row.median("p50") / 1e6), ms(row.median("p99") / 1e6),
                f"{row.median('cpu') * 1e6:.1f}"] for row in rows])
        self.verdict(rows)

    def programs(self):
        options = self.options
        stored = 100_000 if options.quick else 1_000_000
        turns = 20 if options.quick else 1000
        self.judge(programs.parser(options.parse_text,
                                   options.short_seconds))
        self.judge(programs.sessions(options.session_store, self.directory,
                                     stored))
        wrong, self.figures["commit"] = programs.commit(
            options.commit, self.directory, turns)
        self.judge(wrong)

    def judge(self, wrong):
        if wrong:
            self.wrong.append(wrong)
            say(f"WRONG: {wrong}")

    def lock_times(self):
        rows, self.figures["loaded commit"] = locks.loaded(
            self.timed, Measured, self.options.short_rounds,
            self.options.seconds)
        self.verdict(rows)

    def run(self):
        self.programs()
        self.start()
        self.pushes()
        self.lock_times()
        self.text_pushes()
        self.session_messages()
        self.half_sent()
        self.scrapes()
        self.pushes_during_scrapes()
        self.memory()
        self.pushes_by_size()


def parse_options():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--tallyman", default="build/tallyman.fcgi")
    parser.add_argument("--noop-loop", default="build/bench/noop_loop")
    parser.add_argument("--noop-threads", default="build/bench/noop_threads")
    parser.add_argument("--parse-text", default="build/bench/parse_text")
    parser.add_argument("--session-store",
                        default="build/bench/session_store")
    parser.add_argument("--commit", default="build/bench/commit")
    parser.add_argument("--timed-tallyman",
                        default="build/bench/tallyman.fcgi",
                        help="one that says how long its turns hold the lock")
    parser.add_argument("--site", default="build/static",
                        help="where the browser client is")
    parser.add_argument("--only-browser", action="store_true",
                        help="nothing but the cost of the browser client")
    parser.add_argument("--rounds", type=int, default=5,
                        help="interleaved rounds of the main table")
    parser.add_argument("--seconds", type=int, default=4,
                        help="length of a round")
    parser.add_argument("--quick", action="store_true",
                        help="one round of a second: does it run, are the"
                             " totals right")
    parser.add_argument("--dir", help="where to make the temporary directory"
                        " (fsync costs what its disk costs)")
    options = parser.parse_args()
    if options.quick:
        options.rounds = options.seconds = 1
    options.stored_sessions = 10000 if options.quick else 1000000
    options.short_rounds = max(1, options.rounds - 2)
    options.short_seconds = max(1, options.seconds - 2)
    return options


def main():
    options = parse_options()
    # Without it SIGTERM would leave servers and files behind.
    signal.signal(signal.SIGTERM, lambda *_: sys.exit("bench: stopped"))
    started = time.monotonic()
    if options.only_browser:
        try:
            browser.cost(options.site, options.quick)
        except Failed as failure:
            sys.exit(f"bench: {failure}")
        return
    for program in ("nginx", "wrk", "prometheus-pushgateway",
                    options.noop_loop, options.noop_threads,
                    options.parse_text, options.session_store,
                    options.commit, options.tallyman, options.timed_tallyman):
        if not shutil.which(program):
            sys.exit(f"bench: {program}: not found")
    say_machine(options)
    with tempfile.TemporaryDirectory(prefix="tallyman-bench-",
                                     dir=options.dir) as directory:
        bench = Bench(options, directory)
        failure = None
        try:
            bench.run()
        except (Failed, OSError) as error:
            failure = error
        finally:
            bench.stop()
    if not failure:
        try:
            browser.cost(options.site, options.quick)
        except Failed as error:
            failure = error
    say()
    say(f"{time.monotonic() - started:.0f} s in all")
    if failure:
        sys.exit(f"bench: {failure}")
    if bench.wrong:
        sys.exit("\n".join(f"bench: {wrong}" for wrong in bench.wrong))
    say("every total is right")


if __name__ == "__main__":
    main()
