"""The time that turns hold the lock between responders under load, measured by
lock_time.c in the responders."""

import os
import statistics

from load import Failed
from measured import Measured, interleave
from report import say, section, table
from servers import Tallyman

SAID = "lock time\t"
HEADER = ["rows", "waiting", "held mean", "COMMIT mean", "13 rows p50",
          "held p50", "BEGIN", "statements", "COMMIT", "between"]
USUAL = HEADER.index("13 rows p50")


def cells(line):
    """Parses a line of lock_time_report: turns, pushes per turn, and the cells of HEADER."""
    turns, pushes, *times = line.split("\t")
    return int(turns), pushes, times


def explain():
    """Explains the columns."""
    say("rows: changed in a turn. waiting: for the lock, mean. The last four"
        " are medians, and parts of held p50.")
    say("COMMIT writes the WAL; its mean has the checkpoints, too. BEGIN +"
        " statements: SQLite; between: our own code.")


class TimedTallyman(Tallyman):
    """A responder that prints at its end how long its turns held the lock."""

    def lock_times(self):
        """Returns the lines of each process, after stop()."""
        with open(os.path.join(self.directory, "log"), encoding="utf-8") as log:
            times = [cells(line[len(SAID):].strip()) for line in log
                     if line.startswith(SAID)]
        if not times:
            raise Failed(f"{self.name}: no lock times\n{self.log()}")
        return times


def designs(directory, binary):
    return [TimedTallyman(f"timed-{durability}", directory, binary, durability)
            for durability in ("process", "power")]


def loaded(timed, rounds, seconds):
    """Prints the section. Returns the rows whose totals must be checked, and the
    lock time in us of a turn of about 13 rows, with durability "process"."""
    section("Lock time of a commit under that load, by process; us")
    rows = [Measured(f"tallyman, {design.name}", design) for design in timed]
    for design in timed:
        design.start()
    interleave(rows, rounds, seconds)
    for design in timed:
        design.stop()
    table(["", "pushes/s", "turns", "pushes a turn", *HEADER],
          [[f"{design.durability} #{i + 1}", f"{row.median('rate'):,.0f}",
            f"{turns:,}", pushes, *times]
           for row, design in zip(rows, timed)
           for i, (turns, pushes, times) in enumerate(design.lock_times())])
    explain()
    return rows, statistics.mean(float(times[USUAL]) for _, _, times
                                 in timed[0].lock_times())
