"""The log of the bench, HISTORY.md, with a row for each whole run."""

import datetime
import os
import subprocess

import machine
from report import say, section, table

DIRECTORY = os.path.dirname(os.path.abspath(__file__))
FILE = os.path.join(DIRECTORY, "HISTORY.md")
NOTABLE = 1.1

# Key in the bench's figures, column of the file, format, factor of the unit, and
# whether more is better.
COLUMNS = (
    ("process", "process / no-op", "{:.2f}", 1, True),
    ("power", "power / no-op", "{:.2f}", 1, True),
    ("p99", "p99 / no-op", "{:.2f}", 1, False),
    ("commit", "commit us", "{:.0f}", 1, False),
    ("loaded commit", "loaded us", "{:.0f}", 1, False),
    ("scrape 10,000", "scrape 10,000 ms", "{:.1f}", 1e3, False),
    ("scrape 100,000", "scrape 100,000 ms", "{:.0f}", 1e3, False),
    ("many", "100,000 / 130", "{:.2f}", 1, True),
    ("memory", "RSS MiB", "{:.1f}", 1, False),
    ("otlp json", "OTLP JSON / no-op", "{:.2f}", 1, True),
    ("otlp protobuf", "OTLP protobuf / no-op", "{:.2f}", 1, True),
    ("year size", "a year MB", "{:.1f}", 1e-6, False),
    ("year query", "query p95 ms", "{:.1f}", 1e3, False),
    ("year step", "new step ms", "{:.1f}", 1e-3, False),
)
NAMES = ("date", "commit", "machine")


def git(*command):
    run = subprocess.run(["git", "-C", DIRECTORY, *command],
                         capture_output=True, text=True, check=False)
    return run.stdout.strip() if run.returncode == 0 else None


def commit():
    """Returns the measured commit, with + if there are uncommitted changes."""
    name = git("rev-parse", "--short", "HEAD")
    if not name:
        return "?"
    changed = git("status", "--porcelain", "--", ":/",
                  ":(top,exclude)tests/bench/HISTORY.md")
    return name + ("+" if changed else "")


def last():
    """Returns the cells of the last row, or None."""
    with open(FILE, encoding="utf-8") as file:
        rows = [line for line in file if line.startswith("| 2")]
    return [cell.strip() for cell in rows[-1].strip()[1:-1].split("|")] \
        if rows else None


def change(before, now, more):
    """Describes by what factor a figure is better or worse."""
    if not float(before) or not float(now):
        return ""
    better = float(now) / float(before) if more \
        else float(before) / float(now)
    if max(better, 1 / better) < NOTABLE:
        return "same"
    return f"{better:.2f} x better" if better > 1 else f"{1 / better:.2f} x WORSE"


def append(figures):
    """Appends the row of this run and prints it next to the previous one."""
    before = last()
    cells = [datetime.date.today().isoformat(), commit(), machine.name()]
    cells += [text.format(figures[key] * factor)
              for key, _, text, factor, _ in COLUMNS]
    with open(FILE, "a", encoding="utf-8") as file:
        file.write("| " + " | ".join(cells) + " |\n")
    section("This run and the last one in tests/bench/HISTORY.md")
    if not before:
        before = [""] * len(cells)
    rows = [[name, *pair, ""] for name, *pair in zip(NAMES, before, cells)]
    for (_, name, _, _, more), *pair in zip(COLUMNS, before[len(NAMES):],
                                            cells[len(NAMES):]):
        rows.append([name, *pair, change(*pair, more) if pair[0] else ""])
    table(["", "last", "this", ""], rows)
    say(f"less than {NOTABLE} x is called the same")
