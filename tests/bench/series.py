"""The bench's allowlists, and the content of its databases.

`pushed` is what push.lua pushes to: 120 counters and 10 histograms.
`generated` is a given number of further series, half counters and half
histograms of 11 bounds, in families of 1,000 permitted combinations.
"""

import json
import os
import random
import sqlite3
import time

BOUNDS = [0.05, 0.1, 0.2, 0.5, 1, 2, 5, 10, 20, 50, 100]
FAMILY_SERIES = 1000
SAMPLES = (2, 1)  # counters and observations per push of push.lua
IN_FLIGHT = 32

TOTALS = """
select coalesce(sum(total.value) filter (where family.name = 'uses_total'
                                             or family.name like 'hits\\_%'
                                                escape '\\'), 0),
       coalesce(sum(total.count) filter (where family.name = 'load_seconds'
                                             or family.name like 'wait\\_%'
                                                escape '\\'), 0)
from series join total on total.series_id = series.id
join family on family.id = series.family_id
"""


def pushed():
    pages = [f"p{n:03d}" for n in range(120)]
    numbers = [str(n) for n in range(10)]
    return [
        {"name": "uses_total", "help": "Uses of a page.", "type": "counter",
         "labels": [{"name": "page", "allowedValues": pages}]},
        {"name": "load_seconds", "help": "Time to load.", "type": "histogram",
         "labels": [{"name": "n", "allowedValues": numbers}],
         "buckets": BOUNDS},
    ]


def generated(count):
    families = []
    for start in range(0, count // 2, FAMILY_SERIES):
        size = min(FAMILY_SERIES, count // 2 - start)
        number = start // FAMILY_SERIES
        labels = [
            {"name": "page",
             "allowedValues": [f"p{n:02d}" for n in range(size // 10)]},
            {"name": "kind", "allowedValues": [f"k{n}" for n in range(10)]},
        ]
        families.append({"name": f"hits_{number:02d}_total",
                         "help": "Generated counter.", "type": "counter",
                         "labels": labels})
        families.append({"name": f"wait_{number:02d}_seconds",
                         "help": "Generated histogram.", "type": "histogram",
                         "labels": labels, "buckets": BOUNDS})
    return families


def write_config(directory, durability, count, **settings):
    """Writes tallyman.json and its allowlists; returns the path of tallyman.json."""
    os.makedirs(os.path.join(directory, "metrics.d"))
    lists = {"pushed": pushed(), "generated": generated(count)}
    for name, families in lists.items():
        if families:
            path = os.path.join(directory, "metrics.d", name + ".json")
            with open(path, "w", encoding="utf-8") as out:
                json.dump({"allowedMetrics": families}, out)
    path = os.path.join(directory, "tallyman.json")
    with open(path, "w", encoding="utf-8") as out:
        json.dump({"database": "tallyman.db", "durability": durability,
                   **settings}, out)
    return path


def fill(database):
    """Gives every series of the allowlists a plausible total."""
    chance = random.Random(1)
    db = sqlite3.connect(database, timeout=10)
    counters = [(chance.randrange(1, 10**6), series) for series, in db.execute(
        "select series.id from series join family on family.id = family_id"
        " where name = 'uses_total' or name like 'hits%'")]
    histograms = []
    for series, in db.execute(
            "select series.id from series join family on family.id = family_id"
            " where name = 'load_seconds' or name like 'wait%'"):
        buckets = [chance.randrange(1, 5000) for _ in range(len(BOUNDS) + 1)]
        count = sum(buckets)
        histograms.append((count * chance.uniform(0.1, 9), count,
                           json.dumps(buckets, separators=(",", ":")), series))
    with db:
        db.executemany("update total set value = ? where series_id = ?", counters)
        db.executemany("update total set sum = ?, count = ?, buckets = ?"
                       " where series_id = ?", histograms)
    db.close()
    return len(counters) + len(histograms)


def totals(database):
    db = sqlite3.connect(f"file:{database}?mode=ro", uri=True, timeout=10)
    try:
        return db.execute(TOTALS).fetchone()
    finally:
        db.close()


def settled_totals(database):
    """Returns the totals once the pushes in progress at the end have finished."""
    before = totals(database)
    while True:
        time.sleep(0.1)
        now = totals(database)
        if now == before:
            return now
        before = now


def check(before, after, acknowledged, samples):
    """Returns the error in a run's totals, or None. wrk drops its 32 connections at
    the end, so up to 32 pushes may be committed without an acknowledgement."""
    for i, (what, each) in enumerate(zip(("counters", "observations"), samples)):
        total = after[i] - before[i]
        least, most = acknowledged * each, (acknowledged + IN_FLIGHT) * each
        if not least <= total <= most:
            return (f"{what} in the database: {total:.0f},"
                    f" expected {least} to {most}")
    return None
