"""tallyman report: its numbers equal those of the query API, in a text, an HTML
file and a mail."""

import datetime
import email
import email.policy
import glob
import html.parser
import json
import re
import subprocess
import tempfile
import urllib.parse

import tap
from command_case import PLAIN, TALLYMAN, UTF8, CommandCase
from faketime import LIBRARY
from harness import counter, gauge, histogram, wait_until

UTC = datetime.timezone.utc
DAY, WEEK = 86400, 7 * 86400
UNTIL = 1774224000  # Monday, 23 March 2026, 00:00
NOW = UNTIL + 30 * 3600
HOSTILE = '</td><img src=x onerror="alert(1)">\u202e'

SHOP = {
    "allowedMetrics": [
        {"name": "orders_total", "help": "Orders of the shop.", "type": "counter"},
        {"name": "basket_bytes", "help": "Size of a basket.", "type": "histogram",
         "buckets": [100, 1000, 10000]},
        {"name": "queue_depth", "help": "Jobs that wait.", "type": "gauge",
         "gauge": "last"},
        {"name": "never_total", "help": "Nothing yet.", "type": "counter"},
    ],
}


def view(page, many, device="desktop"):
    return counter("web_page_views_total", many, page=page, navigation="navigate",
                   device=device)


def visit(source, many):
    return counter("web_visits_total", many, page="home", source=source,
                   device="desktop")


def lcp(*seconds):
    return histogram("web_lcp_seconds", *seconds, page="home", navigation="navigate",
                     device="desktop")


def error(page, kind, many):
    return counter("web_errors_total", many, page=page, kind=kind)


def call(status, many, seconds):
    labels = {"route": "orders", "method": "GET", "status": status}
    return [counter("web_requests_total", many, **labels),
            histogram("web_request_seconds", *[seconds] * many, **labels)]


# Pushes by day, from the beginning of the week before.
PUSHED = {
    -3: [view("home", 1), visit("direct", 1), error("home", "TypeError", 1),
         lcp(1.0), *call("2xx", 1, 0.1), counter("orders_total", 1), gauge("queue_depth", 9)],
    0: [view("home", 40), view("pricing", 10), visit("search", 20), lcp(*[3.2] * 4)],
    2: [view("home", 20, "mobile"), error("home", "TypeError", 2),
        *call("2xx", 10, 0.07), counter("orders_total", 5),
        histogram("basket_bytes", 500, 500)],
    6: [gauge("queue_depth", 4)],
    7: [view("home", 60), view(HOSTILE, 5), visit("search", 30), visit("direct", 3),
        lcp(*[1.0] * 6, 3.2, 3.2, 4.5, 4.5)],
    9: [view("home", 21, "mobile"), error("home", "TypeError", 3),
        error(HOSTILE, "resource", 1), *call("2xx", 18, 0.07), *call("5xx", 2, 0.4),
        counter("orders_total", 8), histogram("basket_bytes", 500, 5000, 5000)],
    13: [view("pricing", 7), gauge("queue_depth", 6)],
    14: [view("home", 1000), lcp(*[30] * 100)],  # after the week
}
API = [  # query, and caption of the table with its numbers
    ("sum by (page) (increase(web_page_views_total[604800s]))", "Top pages", "page"),
    ("sum by (source) (increase(web_visits_total[604800s]))", "Sources of visits",
     "source"),
    ("sum by (device) (increase(web_page_views_total[604800s]))", "Devices", "device"),
    ("sum by (kind) (increase(web_errors_total[604800s]))", "Errors by kind", "kind"),
]


def clock(now):
    return {"LD_PRELOAD": glob.glob(LIBRARY)[0], "FAKETIME": f"@{stamp(now)}", "TZ": "UTC"}


def stamp(now):
    return datetime.datetime.fromtimestamp(now, UTC).strftime("%Y-%m-%d %H:%M:%S")


class ReportCase(CommandCase):
    settings = {"origins": ["https://shop.example.org"], "trust_loopback": True}

    def setUp(self):
        super().setUp()
        for path in (self.dir / "metrics.d").iterdir():
            if path.name != "web.json":
                path.unlink()
        (self.dir / "metrics.d/shop.json").write_text(json.dumps(SHOP))

    def send(self, now, *samples):
        answer = self.request("POST", "/record", json.dumps(samples), **clock(now))
        self.assertEqual(answer, (200, "OK\n"))

    def fill(self):
        for day, samples in PUSHED.items():
            self.send(UNTIL - 2 * WEEK + day * DAY + 36000, *samples)

    def ask(self, query, **parameters):
        """Returns the results of the query API for both weeks, by label set as JSON."""
        text = urllib.parse.urlencode({
            "query": query, "start": UNTIL - WEEK, "end": UNTIL, "step": WEEK})
        status, answer = self.request("GET", "/api/v1/query_range?" + text,
                                      **clock(NOW), QUERY_STRING=text)
        self.assertEqual(status, 200, answer)
        return {json.dumps(one["metric"]): {at: float(value) for at, value in one["values"]}
                for one in json.loads(answer)["data"]["result"]}

    def report(self, *arguments, now=NOW, env=PLAIN, **options):
        return self.output("report", "--weekly", *arguments,
                           env={**env, **clock(now)}, **options)


class Text(html.parser.HTMLParser):
    """The rows of an HTML file's tables, without styles and plots, by the caption
    or the heading above."""

    def __init__(self, text):
        super().__init__()
        self.tags, self.attributes, self.plots = set(), [], 0
        self.tables, self.open, self.heading, self.text = {}, [], "", ""
        self.hidden = False
        self.feed(text)

    def handle_starttag(self, tag, attrs):
        self.tags.add(tag)
        self.attributes += [name for name, _ in attrs]
        self.hidden |= tag == "svg"
        self.plots += tag == "svg"
        if tag == "table":
            shown = ("role", "presentation") not in attrs
            self.open.append([] if shown else None)
            if shown:
                self.tables.setdefault(self.heading, self.open[-1])
        if tag == "tr" and self.open[-1] is not None:
            self.open[-1].append([])
        if tag in ("td", "th", "h2", "h3"):
            self.text = ""

    def handle_endtag(self, tag):
        self.hidden &= tag != "svg"
        if tag in ("h2", "h3"):
            self.heading = self.text
            if self.open[-1] == []:
                self.tables[self.heading] = self.open[-1]
        if tag in ("td", "th") and self.open[-1] is not None:
            self.open[-1][-1].append(self.text)
        if tag == "table":
            self.open.pop()

    def handle_data(self, data):
        if not self.hidden:
            self.text += data


class Numbers(ReportCase):
    def setUp(self):
        super().setUp()
        self.fill()

    def test_text(self):
        """The whole text, with the pushed numbers."""
        self.assertEqual(self.report(env=UTF8), EXPECTED)

    def test_ascii(self):
        text = self.report()
        self.assertTrue(text.isascii())
        self.assertIn("search      30   91 %      20   +50 %  ####################", text)

    def test_numbers_equal_the_query_api(self):
        path = self.dir / "report.html"
        self.report("--html", path)
        tables = Text(path.read_text()).tables
        for query, caption, label in API:
            with self.subTest(caption):
                answer = self.ask(query)
                want = sorted(
                    (-values.get(UNTIL, 0), str(json.loads(labels)[label]),
                     f"{values.get(UNTIL, 0):.0f}", f"{values.get(UNTIL - WEEK, 0):.0f}")
                    for labels, values in answer.items()
                    if values.get(UNTIL, 0) or values.get(UNTIL - WEEK, 0))
                got = [(row[0].replace("\\u202e", "\u202e"), row[1], row[3])
                       for row in tables[caption][1:]]
                self.assertEqual(got, [one[1:] for one in want])
        p75, = self.ask("histogram_quantile(0.75, sum by (le) "
                        "(increase(web_lcp_seconds_bucket[604800s])))").values()
        row = next(row for rows in tables.values() for row in rows if row[0] == "LCP")
        self.assertEqual((row[1], row[3]), tuple(
            f"{p75[at]:.3g}\u00a0s" for at in (UNTIL, UNTIL - WEEK)))
        days = self.ask_days("sum (increase(web_page_views_total[86400s]))")
        rows = tables["Page views and visits by day"][1:]
        self.assertEqual([row[1] for row in rows], [f"{day:.0f}" for day in days[7:]])
        self.assertEqual([row[3] for row in rows], [f"{day:.0f}" for day in days[:7]])

    def test_query_that_first_ran_after_the_week(self):
        query = {"name": "shop_new_total", "help": "New orders.", "type": "counter",
                 "sql": "SELECT 12"}
        (self.dir / "metrics.d/new.json").write_text(json.dumps({"queries": [query]}))
        wait_until(lambda: "shop_new_total 12\n" in self.request(
            "GET", "/metrics", **clock(NOW))[1], "the query's value")
        text = self.report()
        self.assertNotIn("shop_new_total", text)
        self.assertIn("Business metrics: no SQL query has a value of these weeks",
                      re.sub(r"\s+", " ", text))

    def ask_days(self, query):
        text = urllib.parse.urlencode({
            "query": query, "start": UNTIL - 2 * WEEK + DAY, "end": UNTIL, "step": DAY})
        status, answer = self.request("GET", "/api/v1/query_range?" + text,
                                      **clock(NOW), QUERY_STRING=text)
        found = {at: float(value)
                 for at, value in json.loads(answer)["data"]["result"][0]["values"]}
        return [found.get(UNTIL - 2 * WEEK + DAY * (i + 1), 0) for i in range(14)]

    def test_html_is_one_file_that_needs_no_styles_and_no_plots(self):
        path = self.dir / "report.html"
        self.assertEqual(self.report("--html", path), "")
        text = path.read_text()
        self.assertLess(len(text.encode()), 100000)
        page = Text(text)
        self.assertEqual(page.plots, 2)
        self.assertFalse(page.tags & {"style", "script", "link", "img", "iframe"})
        self.assertFalse({"class", "src", "href"} & set(page.attributes))
        self.assertNotIn("url(", text)
        self.assertEqual(
            page.tables["Top pages"],
            [["Page", "Views", "Share", "Before", "Change"],
             ["home", "81", "87\u00a0%", "60", "+35\u00a0%"],
             ["pricing", "7", "7.5\u00a0%", "10", "\u221230\u00a0%"],
             [HOSTILE.replace("\u202e", "\\u202e"), "5", "5.4\u00a0%", "0", "new"]])
        again = self.dir / "again.html"
        self.report("--html", again, "--text", self.dir / "again.txt")
        self.assertEqual(again.read_text(), text)
        self.assertEqual((self.dir / "again.txt").read_text(), self.report())

    def test_mail(self):
        sent = self.dir / "sent"
        program = self.dir / "sendmail"
        program.write_text(f'#!/bin/sh\necho "$@" >{sent}.args\ncat >{sent}\n')
        program.chmod(0o755)
        (self.dir / "alerts.json").write_text(json.dumps({
            "alerts": [], "sendmail": str(program),
            # Copied from a browser.
            "dashboard": "https://stats.example.org/tallyman/?range=7d#traffic"}))
        path = self.dir / "report.html"
        self.report("--mail", "me@example.org", "--mail", "you@example.org", "--from",
                    "report@example.org", "--html", path)
        message = email.message_from_bytes(sent.read_bytes(), policy=email.policy.default)
        self.assertEqual(message["To"], "me@example.org, you@example.org")
        self.assertEqual(message["From"], "report@example.org")
        self.assertEqual(
            message["Subject"],
            "stats.example.org: Page views: 93, +33 %, 16 Mar – 22 Mar 2026"
            .replace(" %", "\u00a0%"))
        self.assertEqual(message.get_content_type(), "multipart/alternative")
        text, page = message.iter_parts()
        self.assertEqual((text.get_content_type(), page.get_content_type()),
                         ("text/plain", "text/html"))
        self.assertEqual(page.get_content(), path.read_text())
        self.assertIn('href="https://stats.example.org/tallyman/?from=2026-03-16'
                      '&amp;to=2026-03-22"', page.get_content())
        self.assertEqual(text.get_content(), EXPECTED.replace(
            "shop.example.org", "stats.example.org").replace("=" * 53, "=" * 54)
            + "\nMore is on the dashboard:\n"
            "https://stats.example.org/tallyman/?from=2026-03-16&to=2026-03-22\n")
        program.write_text("#!/bin/sh\necho no such user >&2\nexit 67\n")
        self.assertIn("no such user", self.report("--mail", "me@example.org", status=1))
        (self.dir / "alerts.json").write_text('{"sendmail": "mail"}')
        self.assertIn("the alerts file is bad", self.report(
            "--mail", "me@example.org", status=1))
        self.assertEqual(self.report(env=UTF8), EXPECTED)

    def test_one_target_that_fails(self):
        """The others get the report."""
        sent, page, nowhere = self.dir / "sent", self.dir / "page.html", "/no/such/file"
        program = self.dir / "sendmail"
        program.write_text(f"#!/bin/sh\ncat >{sent}\n")
        program.chmod(0o755)
        (self.dir / "alerts.json").write_text(json.dumps(
            {"alerts": [], "sendmail": str(program)}))
        self.assertEqual(
            self.report("--text", nowhere, "--html", page, "--mail", "me@example.org",
                        status=1),
            f"tallyman report: --text {nowhere}: No such file or directory\n")
        self.assertTrue(page.exists())
        self.assertTrue(sent.exists())

    def test_symbolic_link(self):
        """The file that it names is overwritten."""
        (self.dir / "www").mkdir()
        page, link = self.dir / "www/page.html", self.dir / "link.html"
        for old in (None, "old"):
            if old:
                page.write_text(old)
            link.unlink(missing_ok=True)
            link.symlink_to("www/page.html")
            self.report("--html", link)
            self.assertTrue(link.is_symlink())
            self.assertTrue(page.read_text().startswith("<!doctype html>"))
        self.assertEqual([path.name for path in (self.dir / "www").iterdir()], ["page.html"])

    def test_standard_output_as_a_file(self):
        """/dev/stdout is such a link, and must remain one."""
        link = self.dir / "stdout"
        link.symlink_to("/proc/self/fd/1")
        self.assertTrue(self.report("--html", link).startswith("<!doctype html>"))
        with tempfile.TemporaryFile("w+") as deleted:
            subprocess.run([TALLYMAN, "report", "-c", self.config, "--weekly", "--html", link],
                           stdout=deleted, env={**PLAIN, **clock(NOW)}, check=True)
            deleted.seek(0)
            self.assertTrue(deleted.read().startswith("<!doctype html>"))
        self.assertTrue(link.is_symlink())

    def test_other_weeks(self):
        for until in ("2026-03-15", "2026-03-21"):
            text = self.report("--until", until, "--site", "My shop")
            self.assertTrue(text.startswith("Weekly report: My shop, 9 Mar - 15 Mar 2026\n"))
            self.assertIn("The history begins on 6 Mar 2026, 10:00 UTC: the week before is "
                          "incomplete", re.sub(r"\s+", " ", text))
            self.assertIn("Page views              70        +6,900 % from 1", text)
        text = re.sub(r"\s+", " ", self.report("--until", "2026-03-08"))
        self.assertIn("The history begins on 6 Mar 2026, 10:00 UTC: no number of this", text)
        self.assertIn("Page views 1 nothing to compare", text)

    def test_alerts(self):
        rule = ("INSERT INTO alert_rule (name, position, query, condition, measured, unit,"
                " families, every_seconds, for_seconds, severity, text, evaluated_at, seconds)"
                " VALUES (?, 0, 'q', '> 4', 'p75 of web_lcp_seconds over 1h', 'seconds', '[]',"
                " 3600, 0, 'critical', ?, 0, 0)")
        self.write(rule, "SlowPages", "Pages are slow.")
        text = self.report()
        self.assertIn("Active alerts\n-------------\nOn 24 Mar 2026, 06:00 UTC\n"
                      "  No alert is active.\n", text)
        self.write("INSERT INTO alert VALUES ('SlowPages', ?, 1, ?, 4.25)",
                   '{"page":"a<b"}', NOW - 5400)
        self.assertIn("""\
  Alert                 State              Value  Since
  SlowPages page="a<b"  firing, critical  4.25 s  24 Mar 2026, 04:30 UTC
    Pages are slow. (p75 of web_lcp_seconds over 1h > 4)
""", self.report())
        # Of rules without `by`: no labels.
        for name, value in (("Large", 7), ("TooLarge", 8)):
            self.write(rule, name, "")
            self.write("INSERT INTO alert VALUES (?, '{}', 0, ?, ?)", name, NOW, value)
        rows = re.findall(r"\n  (\w+) +pending, critical +(\S+)", self.report())
        self.assertEqual(rows, [("Large", "7"), ("TooLarge", "8")])
        for unit, value, shown in (("bytes", 3072, "3 KiB"), ("per second", 3, "3/s"),
                                   ("%", 3, "3 %"), ("", 3, "3")):
            self.write("UPDATE alert_rule SET unit = ?", unit)
            self.write("UPDATE alert SET value = ?", value)
            self.assertIn(f"firing, critical {shown} 24 Mar 2026",
                          re.sub(r"\s+", " ", self.report()))


class Errors(ReportCase):
    def test_arguments(self):
        def misused(*arguments):
            done = self.run_command("report", *arguments, env={**PLAIN, **clock(NOW)})
            self.assertEqual((done.returncode, done.stdout), (2, ""))
            return re.sub(r"^tallyman report: |\nSee tallyman report --help.\n$", "",
                          done.stderr)
        for arguments, want in (
            ([], "--weekly is missing: it is the only report"),
            (["--weekly", "now"], "unexpected argument now"),
            (["--weekly", "--until", "2026-02-30"],
             "--until 2026-02-30: must be a date, YYYY-MM-DD"),
            (["--weekly", "--until", "2026-03-29"],
             "--until 2026-03-29: this week is not complete; the last complete"
             " one is --until 2026-03-22"),
            (["--weekly", "--mail", "me"],
             "--mail me: must be an address such as me@example.org"),
            (["--weekly", "--mail", "-Xme@example.org"],
             "--mail -Xme@example.org: must be an address such as me@example.org"),
            (["--weekly", "--mail", "me@example.org", "--from", "a b@example.org"],
             "--from a b@example.org: must be an address such as me@example.org"),
            (["--weekly", "--from", "me@example.org"], "--from needs --mail"),
        ):
            self.assertEqual(misused(*arguments), want)

    def test_first_week(self):
        """Cron and timers may be set up before there is a week to report on."""
        self.send(NOW, view("home", 1))
        path = self.dir / "report.html"
        done = self.run_command("report", "--weekly", "--html", path, "--mail",
                                "me@example.org", env={**PLAIN, **clock(NOW)})
        self.assertEqual((done.returncode, done.stdout, done.stderr), (
            0, "", "tallyman report: no report yet: there is no history of 16 Mar – 22 Mar"
            " 2026: it begins on 24 Mar 2026; the first report is due on 30 Mar 2026\n"))
        # With a wrong clock.
        self.assertIn("it begins on 24 Mar 2026; the first report is due on 30 Mar 2026",
                      self.run_command("report", "--weekly", env={
                          **PLAIN, **clock(NOW - 5 * WEEK)}).stderr)
        self.assertFalse(path.exists())

    def test_failures(self):
        self.assertIn("tallyman.db", self.report(status=1))
        self.send(NOW, view("home", 1))
        self.assertEqual(
            self.report("--until", "2026-03-22", status=1),
            "tallyman report: there is no history of 16 Mar – 22 Mar 2026: it begins on"
            " 24 Mar 2026\n")
        later = NOW + WEEK
        for option in ("--text", "--html"):
            path = self.dir / "no/such/report"
            self.assertEqual(
                self.report(option, path, status=1, now=later),
                f"tallyman report: {option} {path}: No such file or directory\n")
        text = re.sub(r"\s+", " ", self.report(now=later))
        self.assertIn("The history begins on 24 Mar 2026, 06:00 UTC: no number of this", text)
        self.assertIn("Web vitals come from the browser client", text)
        self.write("UPDATE meta SET value = 0 WHERE key GLOB 'history_*since'")
        self.assertEqual(
            self.report(status=1, now=later),
            "tallyman report: there is no history: the responder records it with"
            " history.enabled\n")


EXPECTED = """\
Weekly report: shop.example.org, 16 Mar – 22 Mar 2026
=====================================================
UTC, compared with 9 Mar – 15 Mar 2026, a week before

  Page views              93        +33 % from 70
  Visits                  33        +65 % from 20
  LCP p75             3.38 s  fair  0 % from 3.38 s
  Errors / 100 views     4.3        +51 % from 2.86
  Failed calls          10 %        new from 0 %


Traffic
-------

Page views and visits by day
  Day         Page views  Visits  Before  Change
  Mon 16 Mar          65      33      50   +30 %  ████████████████████
  Tue 17 Mar           0       0       0     0 %
  Wed 18 Mar          21       0      20    +5 %  ██████▌
  Thu 19 Mar           0       0       0     0 %
  Fri 20 Mar           0       0       0     0 %
  Sat 21 Mar           0       0       0     0 %
  Sun 22 Mar           7       0       0     new  ██▏

Top pages
  Page                                       Views  Share  Before  Change
  home                                          81   87 %      60   +35 %
  pricing                                        7  7.5 %      10   −30 %
  </td><img src=x onerror="alert(1)">\\u202e      5  5.4 %       0     new

Sources of visits
  Source  Visits  Share  Before  Change
  search      30   91 %      20   +50 %  ████████████████████
  direct       3  9.1 %       0     new  ██

Devices
  Device   Views  Share  Before  Change
  desktop     72   77 %      50   +44 %  ████████████████████
  mobile      21   23 %      20    +5 %  █████▉


Web vitals
----------
75th percentile of page views

  Vital     p75  Rating  Before  Change
  LCP    3.38 s  fair    3.38 s     0 %
    Largest Contentful Paint: good 60 %, fair 20 %, poor 20 %. Good up to 2.5 s,
    poor above 4 s.

By page
  Page                                       Views     LCP  INP  CLS
  home                                          81  3.38 s    –    –
  pricing                                        7       –    –    –
  </td><img src=x onerror="alert(1)">\\u202e      5       –    –    –


Errors
------
Uncaught errors, failed resources and unhandled rejections

Errors by day
  Day         Errors  Per 100 views  Before
  Mon 16 Mar       0              0       0
  Tue 17 Mar       0              –       –
  Wed 18 Mar       4             19      10
  Thu 19 Mar       0              –       –
  Fri 20 Mar       0              –       –
  Sat 21 Mar       0              –       –
  Sun 22 Mar       0              0       –

Errors by kind
  Kind       Errors  Share  Before  Change
  TypeError       3   75 %       2   +50 %  ████████████████████
  resource        1   25 %       0     new  ██████▋

Errors by page
  Page                                       Errors  Per 100 views  Change
  home                                            3            3.7   +11 %
  </td><img src=x onerror="alert(1)">\\u202e       1             20


Slowest API calls
-----------------
As users see them. Failed: status 5xx, or no response

API routes by p95
  Route       Calls  Failed     p95  Change
  GET orders     20    10 %  375 ms  +285 %


Your metrics
------------
Growth in the week; of gauges, the mean of their series at its end

  Metric             This week  Before  Change
  basket_bytes, p75   6.47 KiB   775 B  +755 %
    3 observations, 2 before. Size of a basket.
  orders_total               8       5   +60 %
    Orders of the shop.
  queue_depth                6       4   +50 %
    Jobs that wait.


Not in this report
------------------
  Alerts: write rules to `alerts.json`, and let cron run `tallyman alert` every
  five minutes.
  Business metrics: list SQL queries of your own database as `queries` in an
  allowlist file.
"""


if __name__ == "__main__":
    tap.main()
