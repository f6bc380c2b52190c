"""Pushes while others hold connections with half-sent requests."""

import fcgi_client
from load import CLIENTS, longest_wait
from measured import Measured
from report import ms, ratio, say, section, table

HALF_SENT = 40


def compare(designs, rounds, seconds):
    """Prints the section. Returns the rows whose totals must be checked."""
    section(f"The same while {HALF_SENT} connections hold half-sent"
            " requests")
    plain = [Measured(f"{design.name}, without", design)
             for design in designs]
    held = [Measured(f"{row.design.name}, with {HALF_SENT}", row.design)
            for row in plain]
    reopened = 0
    for _ in range(rounds):
        for before, during in zip(plain, held):
            before.run(seconds)
            with fcgi_client.HalfSent(during.design.socket,
                                      HALF_SENT) as half:
                during.run(seconds)
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
    for design in designs:
        with fcgi_client.HalfSent(design.socket, HALF_SENT):
            answered, longest = longest_wait(design.port,
                                             seconds)
        say(f"{CLIENTS} clients of our own, {design.name}: {answered:,}"
            f" pushes, longest without progress {ms(longest)} ms")
    return rows
