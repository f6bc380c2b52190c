"""A year of history: its size, its cost for pushes, and the time of the dashboard's
queries.

The clock is simulated: year.c commits the pushes of a year to a real store. Of
1,000 series 30 % change in each hour, in families of the allowlist for web
pages.
"""

import json
import os
import shutil
import sqlite3
import statistics
import subprocess
import time
import urllib.parse

import fcgi_client
from load import Failed
from report import ms, say, section, table
from servers import Tallyman

ROOT = os.path.dirname(os.path.dirname(os.path.dirname(
    os.path.abspath(__file__))))
WEB = os.path.join(ROOT, "fcgi", "metrics.d", "web.json")
PAGES = [f"/section-{n % 7}/page-{n:02d}" for n in range(50)]
ROUTES = [f"/api/v1/things/{n:02d}" for n in range(100)]
DEVICES = ("desktop", "mobile", "tablet")
# Typical medians of web pages.
VITALS = {"web_lcp_seconds": 1.6, "web_fcp_seconds": 1, "web_ttfb_seconds": 0.3,
          "web_inp_seconds": 0.1, "web_cls_ratio": 0.05}
QUEUES = {"allowedMetrics": [
    {"name": "app_queue_depth", "help": "Jobs that wait.", "type": "gauge",
     "gauge": "last", "labels": [{"name": "queue", "maxValues": 60}]}]}
DAY = 86400
TARGET_BYTES = 60e6
TARGET_SECONDS = 0.1
TABLES = ("history_step", "history_hour", "history_day", "history_mark",
          "history_due")


def counters(views, kinds):
    """Returns 1,000 series with the browser client's labels, or fewer."""
    for page in PAGES:
        for device in DEVICES:
            for navigation in views:
                yield "web_page_views_total", dict(
                    page=page, device=device, navigation=navigation)
        for kind in kinds:
            yield "web_errors_total", dict(page=page, kind=kind)
    for route in ROUTES:
        for method, status in (("GET", "2xx"), ("GET", "4xx"), ("POST", "2xx")):
            yield "web_requests_total", dict(
                route=route, method=method, status=status)


def only_counters():
    yield from counters(("navigate", "soft"),
                        ("Error", "TypeError", "resource", "other"))
    for page in PAGES:
        for kind in ("Error", "other"):
            yield "web_unhandled_rejections_total", dict(page=page, kind=kind)
        for directive in ("img-src", "script-src"):
            yield "web_csp_violations_total", dict(page=page,
                                                   directive=directive)


def mixed():
    """Mixes in 30 % histograms and 5 % gauges."""
    yield from counters(("navigate",), ("TypeError", "resource", "other"))
    for page in PAGES:
        yield "web_csp_violations_total", dict(page=page, directive="img-src")
    for family in VITALS:
        for page in PAGES[:20]:
            for device in DEVICES:
                yield family, dict(page=page, device=device,
                                   navigation="navigate")
    for number in range(50):
        yield "app_queue_depth", dict(queue=f"queue-{number:02d}")


def line(family, labels):
    """Returns a series as year.c reads it."""
    kind, value = "counter", "inc"
    if family in VITALS:
        kind, value = "histogram", "observations"
    elif family == "app_queue_depth":
        kind, value = "gauge", "value"
    sample = json.dumps({"metricName": family, "metricType": kind,
                         "labels": labels, value: 0}, separators=(",", ":"))
    return f"{kind} {VITALS.get(family, 0)} {sample[:-2]}\n"


class Year(Tallyman):
    """Responders on the database that year.c writes."""

    def __init__(self, name, directory, binary, series, kept=True):
        super().__init__(name, directory, binary, "process",
                         history={"enabled": kept})
        self.series = list(series)
        lists = os.path.join(self.directory, "metrics.d")
        shutil.copy(WEB, lists)
        with open(os.path.join(lists, "queues.json"), "w", encoding="utf-8") as file:
            json.dump(QUEUES, file)

    def write(self, program, begin, end, turns):
        """Commits the pushes; returns the times of commits by kind, in us."""
        run = subprocess.run(
            [program, self.config, str(begin), str(end), str(turns)],
            input="".join(line(*one) for one in self.series), text=True,
            capture_output=True, check=False)
        if run.returncode != 0:
            raise Failed(f"{self.name}: {run.stderr.strip()}")
        rows = (row.split("\t") for row in run.stdout.splitlines())
        return {kind: [float(cell) for cell in cells] for kind, *cells in rows}

    def sizes(self):
        """Returns the bytes of each table of the history, and of the file."""
        db = sqlite3.connect(self.database)
        pages = dict(db.execute(
            "select name, sum(pgsize) from dbstat where name in"
            f" ({', '.join('?' * len(TABLES))}) group by name", TABLES))
        whole, = db.execute("select page_count * page_size from"
                            " pragma_page_count, pragma_page_size").fetchone()
        db.close()
        return [pages.get(name, 0) for name in TABLES] + [whole]

    def grown(self):
        """Returns the error in the history, or None: the sums of its days must
        equal the series' totals."""
        db = sqlite3.connect(self.database)
        wrong = db.execute(WRONG).fetchall()
        db.close()
        return f"{self.name}: the history of {len(wrong)} series is not that" \
            f" of their totals, {wrong[0]}" if wrong else None


# The history of a series ends at its mark.
WRONG = """
with days as (
    select series_id, sum(value) as value, 0 as count
    from history_day where typeof(value) <> 'text' group by series_id
    union all
    select series_id, 0, sum(bucket.value)
    from history_day, json_each(history_day.value) as bucket
    where typeof(history_day.value) = 'text' and bucket.key > 0
    group by series_id)
select series.id, days.value, days.count, mark.value, mark.count
from series join family on family.id = family_id
join history_mark as mark on mark.series_id = series.id
left join days on days.series_id = series.id
where type = 'counter' and abs(mark.value - coalesce(days.value, 0)) > 1e-6
   or type = 'histogram' and mark.count <> coalesce(days.count, 0)
"""


# --- Queries ------------------------------------------------------------------


def buckets(family, window, by):
    return f"sum by ({by}) (increase({family}_bucket[{window}s]))"


def plots(window):
    """Returns the queries of the dashboard's plots, with a value for each step."""
    return [
        f"sum (increase(web_page_views_total[{window}s]))",
        f"sum (increase(web_errors_total[{window}s]))",
        f"sum by (status) (increase(web_requests_total[{window}s]))",
        *(buckets(family, window, "le") for family in VITALS),
        "avg(app_queue_depth)"]


def tables(window):
    """Returns the queries of its tables, with a value for the whole date range."""
    return [
        *(f"sum by ({labels}) (increase({family}[{window}s]))"
          for labels, family in (("page", "web_page_views_total"),
                                 ("page, kind", "web_errors_total"),
                                 ("route, method, status",
                                  "web_requests_total"))),
        *(f"histogram_quantile(0.75, {buckets(family, window, 'page, le')})"
          for family in VITALS)]


def urls(end):
    """Returns the requests of a visit to the dashboard, by date range; each period
    is compared with that of whole weeks before, a sum up to the current hour."""
    for name, days, step in (("12 months", 364, 7 * DAY), ("90 days", 90, DAY),
                             ("30 days", 30, DAY), ("7 days", 7, 3600),
                             ("today", 1, 3600)):
        last = end // DAY * DAY + DAY
        begin = last - days * DAY
        now = -(-end // 3600) * 3600
        shift = -(-days // 7) * 7 * DAY
        for queries, start, until, every in (
                (plots(step), begin + step - shift, last, step),
                (tables(now - begin), now - shift, now, shift)):
            for query in queries:
                yield name, query, "/api/v1/query_range?" \
                    + urllib.parse.urlencode(dict(
                        query=query, start=start, end=until, step=every))


def ask(design, end, rounds):
    """Sends each query; returns rows of range, seconds, query."""
    asked = []
    for name, query, url in urls(end):
        for _ in range(rounds):
            began = time.perf_counter()
            head, body = fcgi_client.get(design.socket, url)
            asked.append((name, time.perf_counter() - began, query))
            if not fcgi_client.answered(head) or b'"result":[{' not in body:
                raise Failed(f"{query}: {head} {body[:300]}")
    return asked


def print_queries(asked):
    rows = []
    for name in dict.fromkeys(row[0] for row in asked):
        took = sorted((seconds, query) for n, seconds, query in asked
                      if n == name)
        seconds = [row[0] for row in took]
        rows.append([name, len(took), ms(statistics.median(seconds)),
                     ms(seconds[len(seconds) * 95 // 100]), ms(seconds[-1]),
                     took[-1][1]])
    table(["range", "queries", "p50 ms", "p95 ms", "max ms", "the slowest"],
          rows)
    seconds = sorted(row[1] for row in asked)
    p95 = seconds[len(seconds) * 95 // 100]
    say(f"p95 of all: {ms(p95)} ms, target: {ms(TARGET_SECONDS)} ms")
    return p95


# --- The section ----------------------------------------------------------------


def print_sizes(rows):
    table(["MB", *(name.removeprefix("history_") for name in TABLES),
           "history", "file"],
          [[name, *(f"{size / 1e6:.1f}" for size in sizes[:-1]),
            f"{sum(sizes[:-1]) / 1e6:.1f}", f"{sizes[-1] / 1e6:.1f}"]
           for name, sizes in rows])
    say(f"target: {TARGET_BYTES / 1e6:.0f} MB a year")


def print_commits(rows):
    table(["commits, ms", "what is pushed", "commits", "median", "p99",
           "longest", "cpu median", "cpu longest"],
          [[name, kind, f"{count:.0f}", *(f"{us / 1e3:.2f}" for us in times)]
           for name, kinds in rows for kind, (count, *times) in kinds.items()])
    say("some: about 25 series in five minutes; all: the 1,000 at the first"
        " step of a period; few: 13 series after that;")
    say("idle: a part of the history, without pushes.")


def history(program, directory, binary, quick):
    """Prints the section; returns the error or None, and figures for HISTORY.md."""
    days = 3 if quick else 365
    section(f"History: {days} days of 1,000 series of which 30 % change each"
            " hour")
    end = int(time.time())
    designs = [Year("only counters", directory, binary, only_counters()),
               Year("mixed", directory, binary, mixed()),
               Year("mixed, no history", directory, binary, mixed(), False)]
    turns = 5 if quick else 200
    # The last week is timed. Its turns change many more series than the year
    # whose size is shown.
    rest = (end // DAY - days // 50) * DAY
    commits = []
    sizes = []
    for design in designs:
        length = days if "no" not in design.name else min(days, 30)
        design.write(program, rest - length * DAY, rest, 0)
        sizes.append((design.name, design.sizes()))
        commits.append((design.name, design.write(program, rest, end, turns)))
    wrong = [design.grown() for design in designs[:2]]
    print_sizes(sizes[:2])
    say()
    print_commits(commits)
    say()
    designs[1].start()
    try:
        p95 = print_queries(ask(designs[1], end, 1 if quick else 5))
    finally:
        designs[1].stop()
    return [one for one in wrong if one], {
        "year size": sum(sizes[1][1][:-1]), "year query": p95,
        "year step": commits[1][1]["all"][4]}
