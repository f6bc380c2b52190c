"""The parts of the bench that are C programs: each prints the rows of its tables
and exits with 1 if its result is wrong."""

import subprocess

import locks
from report import say, section, table


def rows_of(*command):
    """Returns the output of a program in cells, and its error or None."""
    run = subprocess.run([str(word) for word in command], capture_output=True,
                         text=True, check=False)
    wrong = run.stderr.strip() or f"{command[0]}: status {run.returncode}"
    return ([line.split("\t") for line in run.stdout.splitlines()],
            wrong if run.returncode else None)


def parser(program, seconds):
    """Prints the section; returns the error or None."""
    section("Text exposition parser, one thread, against memchr for line"
            " ends over the same bytes")
    rows, wrong = rows_of(program, seconds)
    table(["", "MB", "lines", "series", "memchr MB/s", "parser MB/s",
           "ratio"], rows)
    return wrong


def sessions(program, directory, stored):
    """Prints the section; returns the error or None."""
    section(f"Session messages in the store, with {stored:,} stored"
            " sessions against 1,000")
    rows, wrong = rows_of(program, directory, stored)
    table(["stored", "sent to", "messages a turn", "us a message", "ratio",
           "turn p50 ms", "p99 ms", "longest ms"],
          [row[1:] for row in rows if row[0] == "cost"])
    say("While all of them are forgotten, a few in each turn:")
    table(["messages a turn", "turns", "turn p50 ms", "p99.9 ms",
           "longest ms", "longest cpu ms"],
          [row[1:] for row in rows if row[0] == "forget"])
    return wrong


def commit(program, directory, turns):
    """Prints the section; returns the error or None, and the lock time in us of a
    turn of 13 series of 130, alone."""
    section("Lock time of a commit in the store, by series in the database"
            " and in the turn; us")
    rows, wrong = rows_of(program, directory, turns)
    rows = [(row[:3], locks.cells("\t".join(row[3:]))[2]) for row in rows]
    table(["series", "turn", "processes",
           *(name for i, name in enumerate(locks.HEADER) if i != locks.USUAL)],
          [site + [cell for i, cell in enumerate(times) if i != locks.USUAL]
           for site, times in rows])
    say("Half counters, half histograms of 11 bounds, at random.")
    locks.explain()
    return wrong, next((float(times[locks.USUAL]) for site, times in rows
                        if site == ["130", "13", "one"]), None)
