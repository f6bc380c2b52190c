"""Pushes of three lines of text to one group and to many, like programs that push
to a gateway: Tallyman compared with Debian's prometheus-pushgateway."""

import sqlite3

from load import CLIENTS
from measured import Measured
from report import ms, ratio, say, section, table

GROUPS = (1, 120)
TARGETS = {1: 8, 120: 18}


def total(database):
    """Returns the total of all groups."""
    db = sqlite3.connect(f"file:{database}?mode=ro", uri=True, timeout=10)
    try:
        return db.execute(
            "select coalesce(sum(total), 0) from counter_totals"
            " where family = 'bench_jobs_total'").fetchone()[0]
    finally:
        db.close()


def compare(ours, gateway, rounds, seconds):
    """Prints the section; returns the error in Tallyman's total, or None. `ours`
    and `gateway` are running."""
    section("Pushes of three lines of text, adding 1 to one counter")
    rows = []
    for count in GROUPS:
        where = "one group" if count == 1 else f"{count} groups"
        rows += [(count, Measured(f"{name}, {where}", design, url,
                                  ("groups", count)))
                 for name, design, url in (
                     ("tallyman, via nginx", ours, ours.url),
                     ("pushgateway, via nginx", gateway, gateway.url),
                     ("pushgateway, direct", gateway, gateway.direct_url))]
    before = total(ours.totals)
    for _, row in rows:
        row.warm_up()
    warm = total(ours.totals) - before
    for _ in range(rounds):
        for _, row in rows:
            row.run(seconds)
    best = {count: max(row.median("rate") for groups, row in rows
                       if groups == count and row.design is gateway)
            for count in GROUPS}
    table(["", "pushes/s", "/ pushgateway", "p50 ms", "p99 ms", "max ms",
           "errors"],
          [[row.name, f"{row.median('rate'):,.0f}",
            ratio(row.median("rate"), best[count]),
            ms(row.median("p50") / 1e6), ms(row.median("p99") / 1e6),
            ms(row.longest()), row.errors()] for count, row in rows])
    say("/ pushgateway: against the faster of its two rows. Sought: "
        + ", ".join(f"{TARGETS[count]} on {count}" for count in GROUPS))
    acknowledged = sum(row.acknowledged for _, row in rows
                       if row.design is ours)
    added = total(ours.totals) - before - warm
    cut_off = CLIENTS * sum(len(row.runs) for _, row in rows
                            if row.design is ours)
    if acknowledged <= added <= acknowledged + cut_off:
        say(f"total right: {acknowledged:,} acknowledged pushes")
        return None
    return (f"text pushes: the total grew by {added:.0f}, acknowledged were"
            f" {acknowledged}")
