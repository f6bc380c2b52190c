"""The rounds of a table's row: load, and the check of its totals."""

import resource
import statistics

import series
from load import Failed
from report import say


def load_seconds():
    """total processor time of wrk so far"""
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    return used.ru_utime + used.ru_stime


class Measured:
    """The rounds of one row of a table."""

    nginx = None  # set at the start

    def __init__(self, name, design, url=None, arguments=None,
                 samples=series.SAMPLES):
        self.name = name
        self.design = design
        self.url = url or design.url
        self.arguments = design.arguments if arguments is None else arguments
        self.samples = samples
        self.runs = []
        self.acknowledged = 0
        self.wrong = []

    def warm_up(self):
        """One unmeasured second fills caches, connections and the WAL."""
        self.design.push(self.url, 1, *self.arguments)
        if self.design.database:
            series.settled_totals(self.design.database)

    def run(self, seconds):
        database = self.design.database
        before = series.totals(database) if database else None
        cpu = self.design.cpu_seconds()
        others = self.nginx.cpu_seconds() + load_seconds()
        result = self.design.push(self.url, seconds, *self.arguments)
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
                                 result["acknowledged"], self.samples)
            if wrong:
                self.wrong.append(wrong)

    def median(self, key):
        return statistics.median(run[key] for run in self.runs)

    def errors(self):
        return sum(run["errors"] for run in self.runs)

    def longest(self):
        return max(run["max"] for run in self.runs) / 1e6


def interleave(rows, rounds, seconds):
    """Runs the rows in turn, so that a disturbance affects all of them."""
    for _ in range(rounds):
        for row in rows:
            row.run(seconds)


def check(rows):
    """Checks the totals of these rows; returns the error or None."""
    found = []
    for row in rows:
        if not row.design.database:
            continue
        found += [f"{row.name}: {wrong}" for wrong in row.wrong]
        if not row.wrong:
            say(f"total right: {row.name}, {row.acknowledged:,}"
                f" acknowledged pushes in {len(row.runs)} runs")
    return found
