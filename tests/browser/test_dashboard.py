"""Runs the tests of the dashboard, which print TAP, on nginx with the responder,
after pushes on five simulated days: the page must show these pushes.

    test_dashboard.py [part of a name]

With TALLYMAN_SCREENSHOTS=DIRECTORY it also takes pictures of the page.
"""

import calendar
import json
import os
import pathlib
import sqlite3
import subprocess
import sys

HERE = pathlib.Path(__file__).resolve().parent
sys.path.insert(0, str(HERE.parent / "e2e"))

import faketime  # noqa: E402
import harness  # noqa: E402
import tap  # noqa: E402
import webservers  # noqa: E402

NOW = (2026, 3, 18, 12, 30)  # a Wednesday


def views(page, many):
    return harness.counter("web_page_views_total", many, page=page,
                           navigation="navigate", device="desktop")


def visits(source, many):
    return harness.counter("web_visits_total", many, page="home", source=source,
                           device="desktop")


def calls(status, many, seconds):
    labels = {"route": "orders", "method": "GET", "status": status}
    return [harness.counter("web_requests_total", many, **labels),
            harness.histogram("web_request_seconds", *[seconds] * many, **labels)]


def errors(page, kind, many):
    return harness.counter("web_errors_total", many, page=page, kind=kind)


def lcp(*seconds):
    return harness.histogram("web_lcp_seconds", *seconds, page="home",
                             navigation="navigate", device="desktop")


# A family, a label and a value with the longest names that they are likely to have.
LONG = "team_" * 19 + "total", "label_" * 20, "value-" * 21
UPLOADS = "uploads_bytes_total"

DAYS = {
    (2026, 1, 1, 8, 0): [views("home", 1)],
    (2026, 2, 11, 10, 0): [views("home", 10), views("pricing", 4)],
    (2026, 3, 11, 9, 0): [views("home", 20), errors("home", "TypeError", 1),
                           *calls("2xx", 20, 0.07)],
    (2026, 3, 17, 15, 0): [
        views("home", 30), views("pricing", 6), visits("search", 9),
        visits("direct", 3), errors("home", "TypeError", 3),
        lcp(*[1.0] * 6, 3.2, 3.2, 4.5, 4.5),
        *calls("2xx", 18, 0.07), *calls("5xx", 2, 0.4),
    ],
    (2026, 3, 18, 12, 10): [
        views("home", 5),
        harness.counter("demo_usage_total", 3, browser="firefox", feature="quickQuestion"),
        harness.counter("demo_usage_total", 1, browser="safari", feature="quickQuestion"),
        errors("=1+1", "TypeError", 1),
        harness.counter(LONG[0], 12345, **{LONG[1]: LONG[2]}),
        harness.counter(UPLOADS, 3 * 2 ** 20),
    ],
}


# Tokens for one family each: the first sees no rule, the second only rules without
# alerts, the third only calls.
VIEW_TOKENS = {"without-rules-token": "demo_queue_depth", "one-rule-is-well-token": "web_visits_total",
               "only-calls-token": "web_requests_total"}

# Rules and alerts as `tallyman alert` writes them, evaluated two minutes ago.
RULES = r"""
INSERT INTO alert_rule VALUES
 ('SlowPages', 1, 'histogram_quantile(0.75, sum by (le, page) (increase(web_lcp_seconds_bucket[1h])))',
  '> 2.5', 'p75 of web_lcp_seconds over 1h', 'seconds', '["web_lcp_seconds"]', 3600, 1800, 'critical',
  'Visitors wait too long for the main content.', :now - 120, 0.01, NULL, 0),
 ('FewVisits', 2, '(1 - sum(increase(web_visits_total[1d])) / sum(increase(web_visits_total[1d] offset 1w))) * 100',
  '>= 50', 'increase of web_visits_total over 1d, fall against last week', '%', '["web_visits_total"]', 86400,
  0, 'warning', 'Fewer visits than last week.', :now - 120, 0.01, NULL, 0),
 ('ManyUses', 3, 'rate(demo_usage_total[1h])', '> 0.5', 'rate of demo_usage_total over 1h', 'per second',
  '["demo_usage_total"]', 3600, 1800, 'info', '', :now - 120, 0.01, NULL, 0),
 ('Errors', 4, 'sum(increase(web_errors_total[1h]))', '> 9', 'increase of web_errors_total over 1h', '',
  '["web_errors_total"]', 3600, 0, 'warning', 'Scripts fail.', :now - 120, 0.01, 'the query took longer than a second', 0);
INSERT INTO alert VALUES
 ('SlowPages', '{"page":"home"}', 1, :now - 7260, 4.25),
 ('SlowPages', '{"page":"<b>&\"x"}', 0, :now - 600, 2.75),
 ('SlowPages', '{"page":"pricing"}', 1, :now - 93600, 3),
 ('ManyUses', '{}', 0, :now - 45, 0.75)
"""


# A shop, with two queries that run every second.
SHOP = {"queries": [
    {"name": name, "type": kind, "help": "Of the shop.", "sql": sql, "database": "shop.db",
     "every": 1, "timeout": 0.5, **more}
    for name, kind, sql, more in (
        ("shop_open_orders", "gauge", "SELECT state, count(*) FROM orders GROUP BY state",
         {"labels": ["state"]}),
        ("shop_sales_euros_total", "counter", "SELECT sum(euros) FROM orders", {"unit": "euros"}))]}


class Shop:
    def __init__(self, site):
        self.site = site
        self.db = sqlite3.connect(site.home / "shop.db", isolation_level=None)
        self.db.execute("CREATE TABLE orders (state TEXT, euros INTEGER)")
        site.write("tallyman/metrics.d/shop.json", json.dumps(SHOP))

    def take(self, clock, now, *orders):
        """Replaces the orders. A query runs once per time of the stopped clock, so
        this sets the clock to `now` and waits until both have run."""
        self.db.execute("BEGIN")
        self.db.execute("DELETE FROM orders")
        self.db.executemany("INSERT INTO orders VALUES (?, ?)", orders)
        self.db.execute("COMMIT")
        clock.set(now)
        tallyman = sqlite3.connect(self.site.database, timeout=10)
        values = ("SELECT sum(value) FROM family JOIN series ON family_id = family.id "
                  "JOIN total ON series_id = series.id WHERE name LIKE 'shop_%' "
                  "GROUP BY name ORDER BY name")
        want = [(len(orders),), (sum(euros for _, euros in orders),)]
        harness.wait_until(lambda: tallyman.execute(values).fetchall() == want, "the queries")
        tallyman.close()


def add_rules(database):
    db = sqlite3.connect(database, timeout=10)
    with db:
        for statement in RULES.split(";"):
            db.execute(statement, {"now": moment(*NOW)})
    db.close()


def moment(*when):
    return calendar.timegm((*when, 0))


def push(server, metrics):
    reply = harness.http("POST", server.url + "/record", json.dumps(metrics),
                         {"Content-Type": "application/json", "Origin": harness.ORIGIN})
    if reply.status != 200:
        raise RuntimeError(f"a push is answered with {reply.status}: {reply.text}")


def report(site):
    """Writes a weekly report of the last of these days, after the end of their week."""
    path = site.dir / "run/report.html"
    subprocess.run([harness.ROOT / "build/tallyman", "report", "-c", site.config,
                    "--weekly", "--until", "2026-03-22", "--html", path], check=True)
    return path


def run(server, site, pattern):
    return subprocess.run(
        ["node", HERE / "dashboard.test.mjs", pattern],
        env={**os.environ, "TALLYMAN_URL": server.url + "/",
             "TALLYMAN_TOKEN": site.token, "TALLYMAN_NOW": str(moment(*NOW)),
             "TALLYMAN_REPORT": str(report(site)),
             "TALLYMAN_DATABASE": site.database, "TALLYMAN_VIEW_TOKENS": ",".join(VIEW_TOKENS)},
        stderr=subprocess.STDOUT,
        check=False,
    ).returncode


def main():
    site = harness.Site(view_token_file="view.tokens")
    site.write("tallyman/view.tokens",
               "".join(f"{token} {family}\n" for token, family in VIEW_TOKENS.items()))
    site.write("tallyman/metrics.d/long.json", json.dumps({"allowedMetrics": [
        {"name": LONG[0], "type": "counter", "help": "Long names.", "labels": [{"name": LONG[1], "maxValues": 5}]},
        {"name": UPLOADS, "type": "counter", "help": "Bytes of uploads.", "labels": []}]}))
    shop = Shop(site)
    clock = faketime.Clock(site, moment(2025, 12, 31, 12, 0))
    site.give_away()
    responders = harness.Responders(site, environment=clock.environment)
    try:
        server = webservers.Nginx(site)
        try:
            for when, metrics in DAYS.items():
                clock.set(moment(*when))
                push(server, metrics)
            shop.take(clock, clock.now + 60, ("new", 10), ("new", 20), ("paid", 5))
            shop.take(clock, moment(*NOW), ("paid", 15), ("paid", 25), ("sent", 30), ("sent", 0))
            add_rules(site.database)
            status = run(server, site, *sys.argv[1:2] or [""])
            if status != 0:
                tap.comment(server.diagnostics() + "\n" + responders.diagnostics())
        finally:
            server.stop()
    finally:
        responders.stop()
        site.remove()
    sys.exit(status)


if __name__ == "__main__":
    main()
