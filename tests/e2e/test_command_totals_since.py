"""tallyman totals --since: the history as a table, as JSON and as CSV."""

import datetime
import json
import re

import tap
from command_case import UTF8, CommandCase
from harness import counter, histogram

UTC = datetime.timezone.utc
# Content of the history: (family, labels, time, value).
COUNTED = [
    ("usage_total", "chrome", "2025-06-02 10:00", 8),
    ("usage_total", "chrome", "2025-06-03 10:00", 1),
    ("usage_total", "chrome", "2025-06-09 09:05", 4),
    ("usage_total", "chrome", "2025-06-09 09:55", 12),
    ("usage_total", "chrome", "2025-06-11 23:55", 1),
    ("usage_total", "edge", "2025-06-09 10:00", 0.5),
    ("usage_total", "edge", "2025-05-31 10:00", 3),
]
OBSERVED = [
    ("demo_response_seconds", "2025-06-09 09:05", [1.6, 0, 0, 4, 4]),
    ("demo_response_seconds", "2025-06-10 09:05", [90, 0, 0, 0, 0, 0, 0, 0, 3]),
    ("demo_response_seconds", "2025-06-02 09:05", [0.5, 0, 2]),
]
SET = [("demo_queue_depth", "2025-06-08 12:00", 7),
       ("demo_queue_depth", "2025-06-10 12:00", 3.5)]


def seconds(text):
    return int(datetime.datetime.fromisoformat(text).replace(tzinfo=UTC).timestamp())


class SinceCase(CommandCase):
    def setUp(self):
        super().setUp()
        self.assertEqual(self.request("GET", "/-/ready")[0], 200)
        # The tests' days are old: pretend that nothing has been deleted yet.
        self.write("UPDATE meta SET value = ? WHERE key GLOB 'history_*since'",
                   seconds("2025-05-20 12:00"))
        for family, browser, time, value in COUNTED:
            self.keep(family, time, value, "browser", browser)
        for family, time, value in OBSERVED:
            self.keep(family, time, json.dumps(value, separators=(",", ":")))
        for family, time, value in SET:
            self.keep(family, time, value)

    def keep(self, family, time, value, label=None, wanted=None):
        """Adds to a step, and to its hour and day."""
        at = seconds(time)
        ids = self.rows(
            "SELECT series.id, labels FROM series JOIN family ON family.id = family_id"
            " WHERE name = ? ORDER BY labels", family)
        series = next(row for row, labels in ids
                      if label is None or json.loads(labels)[label] == wanted)
        self.write("INSERT INTO history_step VALUES (?, ?, ?)", series, at, value)
        day = at - at % 86400
        hour = at % 86400 // 3600
        old = self.rows("SELECT hours FROM history_hour WHERE series_id = ? AND day = ?",
                        series, day)
        hours = json.loads(old[0][0]) if old else []
        hours += [None if family in dict((row[0], 0) for row in SET) else 0] * (
            hour + 1 - len(hours))
        new = json.loads(value) if isinstance(value, str) else value
        hours[hour] = hours[hour] + new if hours[hour] else new
        total = sum(each for each in hours if isinstance(each, (int, float)))
        self.write("REPLACE INTO history_hour VALUES (?, ?, ?)", series, day,
                   json.dumps(hours, separators=(",", ":")))
        self.write("REPLACE INTO history_day VALUES (?, ?, ?)", series, day,
                   value if isinstance(value, str) else total)

    def totals(self, *arguments, **options):
        return self.output("totals", *arguments, **options)

    def week(self, family, *arguments, **options):
        return self.totals(family, "--since", "2025-06-08", "--until", "2025-06-11",
                           *arguments, **options)


class Tables(SinceCase):
    def test_counter(self):
        self.assertEqual(
            self.week("usage_total"),
            """\
usage_total, counter: How often a feature was used.
  day              growth
  2025-06-08  Sun       0
  2025-06-09  Mon    16.5  ####################
  2025-06-10  Tue       0
  2025-06-11  Wed       1  ##
""",
        )

    def test_blocks(self):
        self.assertEqual(
            self.week("usage_total", "--label", "browser=chrome", "-b", "day",
                      env=UTF8),
            """\
usage_total, counter: How often a feature was used.
  day              growth
  2025-06-08  Sun       0
  2025-06-09  Mon      16  ████████████████████
  2025-06-10  Tue       0
  2025-06-11  Wed       1  █▎
""",
        )

    def test_days_are_compared_with_the_same_weekdays(self):
        self.assertEqual(
            self.week("usage_total", "--compare"),
            """\
usage_total, counter: How often a feature was used.
  day              growth  before  change %
  2025-06-08  Sun       0       0
  2025-06-09  Mon    16.5       8     106.2  ####################
  2025-06-10  Tue       0       1      -100
  2025-06-11  Wed       1       0            ##
""",
        )

    def test_before_the_history(self):
        """The table starts with the first period of the history; earlier values are unknown."""
        self.assertEqual(
            self.totals("usage_total", "--since", "2025-05-01", "--until",
                        "2025-06-11", "--by", "week", "--compare"),
            """\
usage_total, counter: How often a feature was used.
  week        growth  before  change %
  2025-05-19       0
  2025-05-26       3                    ####
  2025-06-02       9                    ###########
  2025-06-09    17.5                    ####################
""",
        )
        self.assertEqual(
            self.totals("usage_total", "--since", "2025-06-01", "--until",
                        "2025-06-11", "--by", "month", "--compare"),
            """\
usage_total, counter: How often a feature was used.
  month    growth  before  change %
  2025-06    26.5       3            ####################
""",
            "Of May, the history has only the last days.",
        )

    def test_hours_and_steps(self):
        self.assertEqual(
            self.totals("usage_total", "--since", "3h", "--until", "2025-06-11"),
            """\
usage_total, counter: How often a feature was used.
  (UTC)             growth
  2025-06-11 21:00       0
  2025-06-11 22:00       0
  2025-06-11 23:00       1  ####################
""",
        )
        self.assertEqual(
            self.totals("usage_total", "--since", "10m", "--until", "2025-06-11",
                        "--by", "step", "--compare"),
            """\
usage_total, counter: How often a feature was used.
  (UTC)             growth  before  change %
  2025-06-11 23:50       0       0
  2025-06-11 23:55       1       0            ####################
""",
        )

    def test_no_series(self):
        """A misspelt label does not look like a family without growth."""
        wrong = "usage_total", "--label", "browser=crhome", "--compare"
        self.assertEqual(
            self.week(*wrong),
            "usage_total, counter: How often a feature was used.\n  no series\n")
        self.assertEqual(self.week(*wrong, "--json"), "[]\n")
        self.assertEqual(self.week(*wrong, "--csv"), "day,growth,before,change_percent\n")

    def test_histogram(self):
        self.assertEqual(
            self.week("demo_response_seconds", "--compare"),
            """\
demo_response_seconds, histogram: Timings that the demo page has observed.
  day              count  mean   p50    p75    p95  before  change %  p75 before
  2025-06-08  Sun      0                                 0
  2025-06-09  Mon      8   0.2  0.25  0.375  0.475       2       300      0.0875  ####################
  2025-06-10  Tue      3    30     5      5      5       0                        ########
  2025-06-11  Wed      0                                 0
""",
        )

    def test_gauge(self):
        """A gauge keeps its value, even one from before the first period."""
        self.assertEqual(
            self.totals("demo_queue_depth", "--since", "2025-06-09", "--until",
                        "2025-06-11", "--compare"),
            """\
demo_queue_depth, gauge: The last depth that the demo page has set.
  day              value  before  change %
  2025-06-09  Mon      7                    ####################
  2025-06-10  Tue    3.5                    ##########
  2025-06-11  Wed    3.5                    ##########
""",
        )


class ForPrograms(SinceCase):
    def test_json(self):
        self.assertEqual(
            self.week("usage_total", "--json", "--compare"),
            '[{"day":"2025-06-08","growth":0,"before":0,"change_percent":null},\n'
            '{"day":"2025-06-09","growth":16.5,"before":8,"change_percent":106.25},\n'
            '{"day":"2025-06-10","growth":0,"before":1,"change_percent":-100},\n'
            '{"day":"2025-06-11","growth":1,"before":0,"change_percent":null}]\n',
        )

    def test_csv(self):
        self.assertEqual(
            self.totals("demo_response_seconds", "--since", "2025-06-09", "--until",
                        "2025-06-10", "--csv"),
            "day,count,mean,p50,p75,p95\n"
            "2025-06-09,8,0.2,0.25,0.375,0.475\n"
            "2025-06-10,3,30,5,5,5\n",
        )
        self.assertEqual(
            self.totals("usage_total", "--since", "2025-06-01", "--until",
                        "2025-06-10", "--csv", "--by", "month"),
            "month,growth\n2025-06,26.5\n",
        )


class Now(CommandCase):
    """A push made now is in the last period."""

    def test_today(self):
        self.record(counter("usage_total", 3, browser="chrome", feature="showContent"),
                    histogram("demo_response_seconds", 0.02))
        for by, size in (("step", 16), ("hour", 16), ("day", 10), ("week", 10),
                         ("month", 7)):
            rows = json.loads(self.output("totals", "usage_total", "--since", "1h",
                                          "--by", by, "--json"))
            self.assertEqual(sum(row["growth"] for row in rows), 3, (by, rows))
            self.assertEqual({len(row[by]) for row in rows}, {size})
        rows = json.loads(self.output("totals", "demo_response_seconds", "--since",
                                      "2d", "--json"))
        self.assertEqual(sum(row["count"] for row in rows), 1)


class Unfinished(SinceCase):
    def test_no_change(self):
        """A day that is not over is not compared with a whole one."""
        today = datetime.datetime.now(UTC).date()
        for days, value in ((14, 2), (8, 4), (7, 8), (1, 6)):
            self.keep("usage_total", f"{today - datetime.timedelta(days=days)} 00:00",
                      value, "browser", "chrome")
        self.record(counter("usage_total", 3, browser="chrome", feature="showContent"))
        rows = json.loads(self.totals(
            "usage_total", "--since", str(today - datetime.timedelta(days=1)), "--by",
            "day", "--compare", "--json"))
        self.assertEqual(
            [(row["growth"], row["before"], row["change_percent"]) for row in rows],
            [(6, 4, 50), (3, 8, None)])


class Errors(SinceCase):
    def misused(self, *arguments):
        text = self.output("totals", *arguments, status=2)
        return re.sub(r"^tallyman totals: |\nSee tallyman totals --help.\n$", "", text)

    def test_arguments(self):
        for arguments, want in (
            (["--since", "1d"], "--since needs the name of a family"),
            (["usage_total", "--by", "day"], "--by needs --since"),
            (["usage_total", "--compare"], "--compare needs --since"),
            (["usage_total", "--csv"], "--csv needs --since"),
            (["usage_total", "--until", "2025-06-01"], "--until needs --since"),
            (["usage_total", "--since", "1d", "--watch"],
             "--since and --watch cannot be combined"),
            (["usage_total", "--since", "1d", "--json", "--csv"],
             "--json and --csv cannot be combined"),
            (["usage_total", "--since", "1d", "--by", "year"],
             "--by year: must be step, hour, day, week or month"),
            (["usage_total", "--since", "2999-01-01"],
             "--since 2999-01-01: is in the future"),
            (["usage_total", "--since", "1d", "--until", "2999-01-01"],
             "--until 2999-01-01: is in the future"),
            (["usage_total", "--since", "1d", "--until", "1d"],
             "--until 1d: must be a date, YYYY-MM-DD"),
            (["usage_total", "--since", "2025-06-02", "--until", "2025-06-01"],
             "--since 2025-06-02: is after --until 2025-06-01"),
        ):
            self.assertEqual(self.misused(*arguments), want)
        for since in ("", "30", "d", "0d", "1x", "1dd", "-1d", "1.5d", "101y",
                      "9999999999d", "2025-02-30", "2025-13-01", "2025-6-1",
                      "2025-06-01x", "yesterday"):
            self.assertEqual(
                self.misused("usage_total", f"--since={since}"),
                f"--since {since}: must be a date, YYYY-MM-DD, or a duration such as"
                " 30d, of m, h, d, w or y")

    def failed(self, *arguments):
        return self.output("totals", *arguments, status=1)

    def test_failures(self):
        self.assertIn(
            "unknown family usage_totl; did you mean usage_total?",
            self.failed("usage_totl", "--since", "1d"))
        self.assertEqual(
            self.failed("usage_total", "--since", "2025-05-25", "--by", "step"),
            "tallyman totals: more than 10000 rows; use a longer period"
            " with --by, or a later --since\n")
        self.write("UPDATE meta SET value = ? WHERE key = 'history_hour_since'",
                   seconds("2025-06-12 12:00"))
        self.assertEqual(
            self.failed("usage_total", "--since", "2025-05-25", "--until",
                        "2025-06-11", "--by", "hour"),
            "tallyman totals: the history by hour begins on 2025-06-12; use a longer"
            " period with --by, or a later time\n")
        self.write("UPDATE meta SET value = 0 WHERE key = 'history_since'")
        self.assertEqual(
            self.failed("usage_total", "--since", "1d"),
            "tallyman totals: there is no history: the responder records it with"
            " history.enabled\n")


if __name__ == "__main__":
    tap.main()
