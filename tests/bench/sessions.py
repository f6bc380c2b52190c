"""Messages of Grafana sessions through /write: with few and with many stored
sessions, and during the deletion of many."""

import re
import sqlite3
import time

import fcgi_client
from measured import Measured
from report import ms, ratio, say, section, table
from servers import Tallyman

FEW = 1000
FORGET_BOUND = "0.02"
COMMITS = re.compile(rb'^tallyman_commit_seconds_bucket\{le="([^"]+)"\} (\d+)$',
                     re.MULTILINE)


def fill(database, count, age):
    """Stores `count` sessions of three messages, with the last message `age` seconds ago."""
    now = int(time.time())
    heard = now - age
    db = sqlite3.connect(database, timeout=10)
    with db:
        db.execute("insert into session_label_set (id, labels, dashboard)"
                   " values (1, '{\"dashboard_uid\":\"d\"}',"
                   " '{\"dashboard_uid\":\"d\"}')")
        db.executemany(
            "insert into session (id, uuid, label_set_id, timeout_ms, capped,"
            " heartbeat, ended, measured, sum_ms, focused_ms, counted_ms,"
            " counted_focused_ms, seen_at, open_until)"
            " values (?, ?, 1, 75000, 1, 1, ?, ?, 120000, 0, 120000, 0, ?, ?)",
            ((i, f"s{i:07d}", age > 0, age > 0, heard,
              None if age else now + 86400) for i in range(1, count + 1)))
        db.executemany(
            "insert into session_time (session_id, time, focused)"
            " values (?, ?, 0)",
            ((i, (heard - 60 * n) * 1000) for i in range(1, count + 1)
             for n in (3, 2, 1)))
    db.close()


def stored(database):
    db = sqlite3.connect(f"file:{database}?mode=ro", uri=True, timeout=10)
    try:
        return db.execute("select count(*) from session").fetchone()[0]
    finally:
        db.close()


def commits(design):
    """Returns the number of commits up to each bound of the histogram."""
    _, body = fcgi_client.get(design.socket, "/metrics")
    return {bound.decode(): int(count) for bound, count in COMMITS.findall(body)}


class SessionTallyman(Tallyman):
    """A responder with this number of stored sessions."""

    def __init__(self, name, directory, binary, count, age=0):
        super().__init__(name, directory, binary, "process")
        self.count = count
        self.age = age
        self.url = f"http://127.0.0.1:{self.port}/write"

    def start(self, count=2):
        if not self.processes and not self.filled():
            super().start(1)
            self.stop()
            fill(self.database, self.count, self.age)
        super().start(count)
        self.checked, self.database = self.database, None

    def filled(self):
        try:
            return stored(self.database) > 0
        except sqlite3.Error:
            return False


def designs(directory, binary, many):
    return [SessionTallyman("sessions-few", directory, binary, FEW),
            SessionTallyman("sessions-many", directory, binary, many),
            SessionTallyman("sessions-old", directory, binary, many,
                            age=2 * 86400)]


def compare(few, many, old, rounds, seconds):
    """Prints the section; the designs already run."""
    section(f"Session messages through /write, {many.count:,} stored sessions"
            f" beside {few.count:,}")
    rows = [Measured(f"{few.count:,} stored, to any", few, None,
                     ("sessions", few.count)),
            Measured(f"{many.count:,} stored, to the newest {few.count:,}",
                     many, None,
                     ("sessions", many.count, many.count - few.count + 1)),
            Measured(f"{many.count:,} stored, to any", many, None,
                     ("sessions", many.count))]
    for row in rows:
        row.warm_up()
    for _ in range(rounds):
        for row in rows:
            row.run(seconds)
    table(["", "messages/s", "cost", "cpu us", "cost", "p50 ms", "p99 ms",
           "errors"],
          [[row.name, f"{row.median('rate'):,.0f}",
            ratio(rows[0].median("rate"), row.median("rate")),
            f"{row.median('cpu') * 1e6:.1f}",
            ratio(row.median("cpu"), rows[0].median("cpu")),
            ms(row.median("p50") / 1e6), ms(row.median("p99") / 1e6),
            row.errors()] for row in rows])
    say("cost: against the first row, by time and by processor time of the"
        " responders. Sought: at most 2.")
    say("People have the newest sessions open; to any of them is the worst"
        " case: each message has pages of its own.")
    before, began = commits(old), stored(old.checked)
    forgetting = Measured("forgetting", old, None, ("sessions", 0))
    forgetting.run(max(seconds, 4))
    after = commits(old)
    count = after["+Inf"] - before["+Inf"]
    slow = count - (after[FORGET_BOUND] - before[FORGET_BOUND])
    begun = forgetting.acknowledged
    forgotten = began + begun - stored(old.checked)
    say(f"While old sessions are forgotten: {begun:,} new ones,"
        f" about {forgotten:,} forgotten,")
    say(f"{count:,} commits, of them {slow} longer than {FORGET_BOUND} s"
        " (tallyman_commit_seconds)")
