"""Responders with few and many series: scrapes, pushes during scrapes, memory."""

import http.client
import os
import statistics
import time

import fcgi_client
from load import Failed, wrk
from measured import Measured, interleave
from report import MS, ms, ratio, say, section, table
from servers import Tallyman

SIZES = (1000, 10000, 100000)
FORMATS = (
    ("text", "/metrics", "text/plain"),
    ("OpenMetrics", "/metrics", "application/openmetrics-text"),
    ("OpenMetrics, births", "/metrics?created=1",
     "application/openmetrics-text"),
    ("protobuf", "/metrics", "application/vnd.google.protobuf;"
     "proto=io.prometheus.client.MetricFamily;encoding=delimited"),
)


def designs(directory, binary):
    return [Tallyman(f"series{count}", directory, binary, "process", count)
            for count in SIZES]


def scrapes(designs, seconds):
    """Starts the designs. Returns the seconds of a scrape of each."""
    section("Scrapes, half counters, half histograms of 11 bounds;"
            " all filled")
    rows, took = [], []
    for design in designs:
        filled, load_seconds = design.start_filled()
        row, whole = scrape(design, filled, seconds)
        rows.append(row + [f"{load_seconds * MS:.0f}"])
        took.append(whole)
    table(["series", "lines", "MB", "first byte ms", "whole ms",
           "responder cpu ms", "MB/s", "via nginx ms", "load ms"], rows)
    say("first byte, whole: FastCGI on the unix socket, median."
        " load: from an empty database to ready.")
    return took


def scrape(design, filled, seconds):
    """Returns a row, and the median seconds of scrapes of one size."""
    head, body = fcgi_client.get(design.socket, "/metrics")
    if not fcgi_client.answered(head):
        raise Failed(f"{design.name}: GET /metrics: {head}")
    first, whole, cpu = time_scrapes(design, seconds, "/metrics")
    proxied = statistics.median(scrape_by_nginx(design) for _ in range(3))
    return [f"{filled:,}", f"{body.count(10):,}", f"{len(body) / 1e6:.1f}",
            ms(first), ms(whole), ms(cpu), f"{len(body) / 1e6 / whole:,.0f}",
            ms(proxied)], whole


def time_scrapes(design, seconds, url, accept=""):
    """Returns median seconds to the first byte and to the end, and processor time."""
    times, cpu = [], design.cpu_seconds()
    end = time.perf_counter() + seconds
    while len(times) < 3 or time.perf_counter() < end:
        times.append(fcgi_client.time_get(design.socket, url, accept))
    cpu = (design.cpu_seconds() - cpu) / len(times)
    first, whole = (statistics.median(column) for column in zip(*times))
    return first, whole, cpu


def formats(design, seconds):
    """Compares the formats of a scrape."""
    section(f"Scrapes of {design.generated:,} series, by format")
    rows, text = [], None
    for name, url, accept in FORMATS:
        head, body = fcgi_client.get(design.socket, url, accept)
        if not fcgi_client.answered(head) or accept not in head.replace(
                "; ", ";"):
            raise Failed(f"{design.name}: {url}, {accept}: {head}")
        first, whole, cpu = time_scrapes(design, seconds, url, accept)
        text = text or whole
        rows.append([name, f"{len(body) / 1e6:.2f}", ms(first), ms(whole),
                     ratio(whole, text), ms(cpu)])
    table(["", "MB", "first byte ms", "whole ms", "/ text",
           "responder cpu ms"], rows)


def scrape_by_nginx(design):
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


def pushes_during_scrapes(designs, rounds, seconds):
    """Returns the rows whose totals must be checked."""
    section("Pushes while a scrape runs")
    rows = []
    for design in designs[1:]:
        count = f"{design.generated:,}"
        rows += [(Measured(f"{count} series, no scrape", design), None),
                 (Measured(f"{count} series, every second", design), 1.0),
                 (Measured(f"{count} series, back to back", design), 0.0)]
    made = [0] * len(rows)
    for _ in range(rounds):
        for i, (row, pause) in enumerate(rows):
            if pause is None:
                row.run(seconds)
                continue
            with fcgi_client.Scrapes(row.design.socket, pause) as loop:
                row.run(seconds)
            made[i] += loop.count
    alone = [rows[i - i % 3][0] for i in range(len(rows))]
    table(["", "scrapes", "pushes/s", "/ none", "p50 ms", "p99 ms",
           "p99 / none", "max ms"],
          [[row.name, made[i], f"{row.median('rate'):,.0f}",
            ratio(row.median("rate"), alone[i].median("rate")),
            ms(row.median("p50") / 1e6), ms(row.median("p99") / 1e6),
            ratio(row.median("p99"), alone[i].median("p99")),
            ms(row.longest())] for i, (row, _) in enumerate(rows)])
    say("Scrapes and their reader take processor time from the same"
        f" {os.cpu_count()} cores as everything else.")
    return [row for row, _ in rows]


def memory(process, designs):
    """Returns the largest resident MiB of a responder with most series."""
    section("Resident memory of each responder, after pushes and scrapes")
    for design in designs:
        for _ in range(4):
            fcgi_client.time_get(design.socket, "/metrics")
        wrk(design.url, 1)
    found = [(f"{design.name} #{i + 1}", [kib / 1024 for kib in sizes])
             for design in [process, *designs]
             for i, sizes in enumerate(design.memory())]
    table(["", "VmRSS MiB", "VmHWM MiB", "RssAnon MiB"],
          [[name, *(f"{mib:.1f}" for mib in sizes)] for name, sizes in found])
    return max(sizes[0] for name, sizes in found
               if name.startswith(designs[-1].name + " "))


def pushes_by_size(process, large, rounds, seconds):
    """Returns the rows whose totals must be checked: few series, few of many, any of many."""
    section("Pushes with few and many series configured")
    few = Measured("130 series", process)
    rows = [few, Measured(f"{large.generated:,} series, to 130 of them", large),
            Measured(f"{large.generated:,} series, to all of them", large,
                     arguments=("spread", large.generated))]
    interleave(rows, rounds, seconds)
    table(["", "pushes/s", "ratio", "p50 ms", "p99 ms", "cpu us"],
          [[row.name, f"{row.median('rate'):,.0f}",
            ratio(row.median("rate"), few.median("rate")),
            ms(row.median("p50") / 1e6), ms(row.median("p99") / 1e6),
            f"{row.median('cpu') * 1e6:.1f}"] for row in rows])
    return rows
