#!/usr/bin/python3
"""make bench: the speed of tallyman.fcgi, as ratios within one run.

Everything runs on this machine, on unix sockets and 127.0.0.1, in a
temporary directory. No time is asserted. The exit status is 1 when a total
in a database is not what was acknowledged, or when something does not run.
"""

import argparse
import os
import shutil
import signal
import sys
import tempfile
import time

import browser
import groups
import half_sent
import history
import locks
import machine
import measured
import otlp
import peers
import programs
import sessions
import sized
import year
from load import Failed
from measured import Measured
from report import ms, ratio, say, section, table
from servers import Design, Nginx, OpenTallyman, Tallyman


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
            Tallyman("power", directory, options.tallyman, "power"),
            Tallyman("no-history", directory, options.tallyman, "process",
                     history={"enabled": False})]
        self.process, self.power, self.no_history = self.ours
        self.sized = sized.designs(directory, options.tallyman)
        self.peers = peers.designs(directory)
        self.gateway = peers.Pushgateway("pushgateway", directory)
        self.open = OpenTallyman("open", directory, options.tallyman)
        self.stored = sessions.designs(directory, options.tallyman,
                                       options.stored_sessions)
        self.timed = locks.designs(directory, options.timed_tallyman)
        self.later = self.sized + self.stored + self.timed + self.peers
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

    def judge(self, wrong):
        """Collects errors until the end; None is no error."""
        if wrong:
            self.wrong.append(wrong)
            say(f"WRONG: {wrong}")

    def verdict(self, rows):
        """Checks the totals of these rows."""
        for wrong in measured.check(rows):
            self.judge(wrong)

    def pushes(self):
        section("Pushes of 265 bytes, 3 samples each, over 130 series")
        loop = Measured("no-op event loop x 2", self.loop)
        threads = Measured("no-op 32 threads x 2", self.threads)
        process = Measured("tallyman, process x 2", self.process)
        power = Measured("tallyman, power x 2", self.power)
        no_history = Measured("tallyman, no history x 2", self.no_history)
        # With history and without follow a no-op: a round leaves work behind.
        rows = [loop, process, threads, no_history, power]
        for row in rows:
            row.warm_up()
        measured.interleave(rows, self.options.rounds, self.options.seconds)
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
        kept = ratio(process.median("rate"), no_history.median("rate"))
        say(f"power / process: {durable}. process / no history: {kept}, sought:"
            " 0.97")
        self.verdict(rows)
        base = loop.median("rate"), loop.median("p99")
        self.figures |= {
            "process": process.median("rate") / base[0],
            "power": power.median("rate") / base[0],
            "p99": process.median("p99") / base[1]}

    def compare_peers(self):
        peers.compare(self.process, self.peers, self.options.short_rounds,
                      self.options.short_seconds)

    def text_pushes(self):
        self.judge(groups.compare(self.open, self.gateway,
                                  self.options.short_rounds,
                                  self.options.short_seconds))

    def otlp_pushes(self):
        rows, shares = otlp.compare(
            self.loop, self.process, os.path.join(self.directory, "otlp"),
            self.options.short_rounds, self.options.short_seconds)
        self.verdict(rows)
        self.figures |= {"otlp " + key: shares[key] for key in shares}

    def session_messages(self):
        for design in self.stored:
            design.start()
        sessions.compare(*self.stored, self.options.short_rounds,
                         self.options.short_seconds)
        for design in self.stored:
            design.stop()

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

    def lock_times(self):
        rows, self.figures["loaded commit"] = locks.loaded(
            self.timed, self.options.short_rounds,
            self.options.short_seconds)
        self.verdict(rows)

    def half_sent(self):
        self.verdict(half_sent.compare((self.loop, self.process, self.power),
                                       self.options.short_rounds,
                                       self.options.short_seconds))

    def many_series(self):
        rounds = self.options.short_rounds
        seconds = self.options.short_seconds
        _, *took = sized.scrapes(self.sized, seconds)
        sized.formats(self.sized[1], seconds)
        self.verdict(sized.pushes_during_scrapes(self.sized, rounds, seconds))
        self.figures["memory"] = sized.memory(self.process, self.sized)
        rows = sized.pushes_by_size(self.process, self.sized[-1], rounds,
                                    seconds)
        self.verdict(rows)
        self.figures |= {
            "scrape 10,000": took[0], "scrape 100,000": took[1],
            "many": rows[-1].median("rate") / rows[0].median("rate")}

    def year(self):
        options = self.options
        wrong, figures = year.history(
            options.year, os.path.join(self.directory, "year"),
            options.tallyman, options.quick)
        for one in wrong:
            self.judge(one)
        self.figures |= figures

    def run(self):
        self.programs()
        self.year()
        self.start()
        self.pushes()
        self.lock_times()
        self.compare_peers()
        self.text_pushes()
        self.otlp_pushes()
        self.session_messages()
        self.half_sent()
        self.many_series()


def parse_options():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--tallyman", default="build/tallyman.fcgi")
    parser.add_argument("--noop-loop", default="build/bench/noop_loop")
    parser.add_argument("--noop-threads", default="build/bench/noop_threads")
    parser.add_argument("--parse-text", default="build/bench/parse_text")
    parser.add_argument("--session-store",
                        default="build/bench/session_store")
    parser.add_argument("--commit", default="build/bench/commit")
    parser.add_argument("--year", default="build/bench/year")
    parser.add_argument("--timed-tallyman",
                        default="build/bench/tallyman.fcgi",
                        help="one that says how long its turns hold the lock")
    parser.add_argument("--site", default="build/static",
                        help="where the browser client is")
    parser.add_argument("--only-browser", action="store_true",
                        help="nothing but the cost of the browser client")
    parser.add_argument("--rounds", type=int, default=5,
                        help="interleaved rounds of the main table")
    parser.add_argument("--seconds", type=int, default=3,
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
    options.short_seconds = max(1, options.seconds - 1)
    return options


def main():
    options = parse_options()
    # Without a handler, SIGTERM would leave servers and files behind.
    signal.signal(signal.SIGTERM, lambda *_: sys.exit("bench: stopped"))
    started = time.monotonic()
    if options.only_browser:
        try:
            browser.cost(options.site, options.quick)
        except Failed as failure:
            sys.exit(f"bench: {failure}")
        return
    for program in ("nginx", "wrk", *peers.PROGRAMS,
                    options.noop_loop, options.noop_threads,
                    options.parse_text, options.session_store,
                    options.commit, options.year, options.tallyman,
                    options.timed_tallyman):
        if not shutil.which(program):
            sys.exit(f"bench: {program}: not found")
    machine.describe(options)
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
    if not (failure or bench.wrong or options.quick):
        history.append(bench.figures)
    say()
    say(f"{time.monotonic() - started:.0f} s in all")
    if failure:
        sys.exit(f"bench: {failure}")
    if bench.wrong:
        sys.exit("\n".join(f"bench: {wrong}" for wrong in bench.wrong))
    say("every total is right")


if __name__ == "__main__":
    main()
