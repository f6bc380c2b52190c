"""tallyman totals: tables, bars, rates, JSON, and text that must not reach a terminal."""

import json
import os
import re
import signal
import subprocess

import tap
from command_case import PLAIN, TALLYMAN, UTF8, CommandCase
from harness import PATIENCE, counter, histogram, open_pty

PUSHED = """\
# HELP pushed_depth Depth of\\nthings.
# TYPE pushed_depth gauge
pushed_depth NaN
pushed_depth{side="left"} -Inf
pushed_depth{side="right"} 1.5
# TYPE calls_seconds summary
calls_seconds{route="a"} 1
calls_seconds_sum{route="a"} 10
calls_seconds_count{route="a"} 3
# TYPE runs_total counter
runs_total{who="x"} 1234567.25
runs_total{where="here",who="y"} 2
# TYPE whole_seconds histogram
whole_seconds_bucket{le="+Inf"} 4
whole_seconds_sum 2
whole_seconds_count 4
# TYPE loose untyped
loose 12
""".replace('calls_seconds{route="a"} 1\n', "")
UPDATED = re.compile(r"\d{4}-\d\d-\d\d \d\d:\d\d:\d\d")
# Printed only with escapes: escape sequences, a bell, C1 controls, and
# right-to-left overrides.
AWKWARD = "/a\x1b[31m\x07\n\x9b2J\u202e\u00e9\u4e2d"


class TotalsCase(CommandCase):
    settings = {"open_families": True}

    def setUp(self):
        super().setUp()
        self.record(
            counter("usage_total", 3, browser="chrome", feature="showContent"),
            counter("usage_total", 1, browser="edge", feature="showContent"),
            histogram("demo_response_seconds", 0.02, 0.2, 0.21, 0.7, 9),
        )
        self.push(PUSHED)

    def totals(self, *arguments, **options):
        text = self.output("totals", *arguments, **options)
        return UPDATED.sub("(time)", text)


class Tables(TotalsCase):
    def test_counter(self):
        self.assertEqual(
            self.totals("usage_total", "--label", "feature=showContent"),
            """\
usage_total, counter: How often a feature was used.
  browser  feature      total
  chrome   showContent      3
  edge     showContent      1
  firefox  showContent      0
  other    showContent      0
  safari   showContent      0
""",
        )

    def test_several_labels(self):
        self.assertEqual(
            self.totals(
                "-l", "browser=chrome", "usage_total", "-lfeature=showContent"
            ),
            """\
usage_total, counter: How often a feature was used.
  browser  feature      total
  chrome   showContent      3
""",
        )

    def test_label_that_only_some_series_have(self):
        self.assertEqual(
            self.totals("runs_total"),
            """\
runs_total, counter
  where  who       total
  here   y             2
         x    1234567.25
""",
        )
        self.assertEqual(
            self.totals("runs_total", "--label", "where="),
            "runs_total, counter\n  who       total\n  x    1234567.25\n",
        )

    def test_no_such_value(self):
        self.assertEqual(
            self.totals("runs_total", "--label", "where=there"),
            "runs_total, counter\n  no series\n",
        )

    def test_gauge(self):
        self.assertEqual(
            self.totals("pushed_depth"),
            """\
pushed_depth, gauge: Depth of\\nthings.
  side   value
  left    -Inf
  right    1.5
           NaN
""",
        )

    def test_untyped(self):
        self.assertEqual(self.totals("loose"), "loose, untyped\n  value\n     12\n")

    def test_gauge_that_was_never_set(self):
        self.assertIn("  no series\n", self.totals("demo_queue_depth"))

    def test_summary(self):
        self.assertEqual(
            self.totals("calls_seconds"),
            "calls_seconds, summary\n"
            "  route  count   mean\n"
            "  a          3  3.333\n",
        )

    def test_histogram_in_blocks(self):
        self.assertEqual(
            self.totals("demo_response_seconds", env=UTF8),
            """\
demo_response_seconds, histogram: Timings that the demo page has observed.
  count   mean     p50    p75  p95  p99
      5  2.026  0.2125  0.875    5    5

demo_response_seconds
  up to  count
   0.05      1  ████████████████████
    0.1      0
   0.25      2  ████████████████████████████████████████
    0.5      0
      1      1  ████████████████████
    2.5      0
      5      0
   +Inf      1  ████████████████████
""",
        )

    def test_histogram_elsewhere(self):
        text = self.totals("demo_response_seconds")
        self.assertIn("\n   0.25      2  " + 40 * "#" + "\n", text)
        self.assertTrue(text.isascii())

    def test_bars_in_eighths(self):
        self.record(
            histogram("demo_response_seconds", *[0.01] * 63, *[0.08] * 3)
        )
        text = self.totals("demo_response_seconds", env=UTF8)
        # 3 of 64 are 1.875 columns of 40.
        self.assertIn("\n    0.1      3  █▉\n", text)

    def test_histogram_without_bounds(self):
        self.assertEqual(
            self.totals("whole_seconds"),
            """\
whole_seconds, histogram
  count  mean  p50  p75  p95  p99
      4   0.5

whole_seconds
  up to  count
   +Inf      4  ########################################
""",
        )

    def test_quantiles_equal_the_view(self):
        self.record(
            *(
                histogram("web_request_seconds", *values, route=route,
                          method="GET", status="2xx")
                for route, values in (
                    ("/a", [0.001, 0.02, 0.3, 0.31, 4, 4, 4]),
                    ("/b", [100, 101]),
                    ("/c", [0.005] * 9 + [59]),
                )
            )
        )
        names = ("p50", "p75", "p95", "p99")
        stored = self.rows(
            f"SELECT labels->>'route', {', '.join(names)} FROM"
            " histogram_quantiles WHERE family = 'web_request_seconds'"
        )
        self.assertEqual(len(stored), 3)
        shown = {
            one["labels"]["route"]: one
            for one in json.loads(self.totals("web_request_seconds", "--json"))
        }
        for route, *values in stored:
            for name, value in zip(names, values):
                self.assertAlmostEqual(shown[route][name], value)

    def test_overview(self):
        lines = self.totals().splitlines()
        self.assertEqual(
            lines[0].split(), ["family", "type", "series", "total", "updated", "(UTC)"]
        )
        names = [line.split()[0] for line in lines[1:]]
        self.assertEqual(names, sorted(names))
        self.assertEqual(self.totals("--names").split(), names)
        by_name = dict(zip(names, lines[1:]))
        for name, want in (
            ("usage_total", ["counter", "20", "4", "(time)"]),
            ("pushed_depth", ["gauge", "3", "(time)"]),
            ("calls_seconds", ["summary", "1", "3", "(time)"]),
            ("demo_response_seconds", ["histogram", "1", "5", "(time)"]),
            ("web_errors_total", ["counter", "0"]),
        ):
            self.assertEqual(by_name[name].split()[1:], want)
        ends = {len(line) for line in lines[1:] if line.endswith("(time)")}
        self.assertEqual(len(ends), 1, "the columns are aligned")


class Json(TotalsCase):
    def families(self, *arguments):
        return json.loads(self.totals(*arguments, "--json"))

    def test_overview(self):
        found = {one["family"]: one for one in self.families()}
        self.assertEqual(
            found["usage_total"],
            {
                "family": "usage_total",
                "type": "counter",
                "series": 20,
                "total": 4,
                "updated": "(time)",
                "help": "How often a feature was used.",
            },
        )
        self.assertIsNone(found["pushed_depth"]["total"])
        self.assertEqual(found["pushed_depth"]["help"], "Depth of\nthings.")

    def test_series(self):
        common = {"family": "pushed_depth", "type": "gauge", "updated": "(time)"}
        self.assertEqual(
            self.families("pushed_depth"),
            [
                {**common, "labels": {"side": "left"}, "value": "-Inf"},
                {**common, "labels": {"side": "right"}, "value": 1.5},
                {**common, "labels": {}, "value": "NaN"},
            ],
        )

    def test_histogram(self):
        (series,) = self.families("whole_seconds")
        self.assertEqual(
            series,
            {
                "family": "whole_seconds",
                "type": "histogram",
                "labels": {},
                "count": 4,
                "sum": 2,
                "mean": 0.5,
                "p50": None,
                "p75": None,
                "p95": None,
                "p99": None,
                "buckets": [{"le": "+Inf", "count": 4}],
                "updated": "(time)",
            },
        )

    def test_nothing(self):
        self.assertEqual(self.families("runs_total", "-lwho=nobody"), [])


class Terminal(TotalsCase):
    """Labels are shown, and a terminal does not interpret them."""

    def setUp(self):
        super().setUp()
        self.record(
            counter("web_page_views_total", page=AWKWARD, navigation="navigate",
                    device="mobile"),
            histogram("web_lcp_seconds", 1, page=AWKWARD, navigation="navigate",
                      device="mobile"),
        )

    def assertHarmless(self, text):
        for character in text:
            self.assertFalse(
                character != "\n"
                and (ord(character) < 32 or 0x7F <= ord(character) < 0xA0
                     or character == "\u202e"),
                ascii(text),
            )

    def test_utf8(self):
        text = self.totals("web_page_views_total", env=UTF8)
        self.assertIn(r"/a\x1b[31m\x07\n\u009b2J\u202eé中      1", text)
        self.assertHarmless(text)

    def test_width_of_the_terminal(self):
        lines = self.totals("web_page_views_total", env=UTF8).splitlines()
        # The last character is two columns wide.
        self.assertEqual(len(lines[1]), len(lines[2]) + 1)

    def test_ascii(self):
        text = self.totals("web_page_views_total", env=PLAIN)
        self.assertIn(r"\u202e\u00e9\u4e2d      1", text)
        self.assertTrue(text.isascii())
        self.assertHarmless(text)

    def test_labels_above_the_bars(self):
        text = self.totals("web_lcp_seconds", env=UTF8)
        self.assertIn('navigation="navigate", page="/a', text)
        self.assertHarmless(text)

    def test_json(self):
        text = self.totals("web_page_views_total", "--json")
        self.assertTrue(text.isascii())
        self.assertHarmless(text)
        self.assertEqual(json.loads(text)[0]["labels"]["page"], AWKWARD)


class Watch(TotalsCase):
    def start(self, *arguments, **options):
        child = subprocess.Popen(
            [TALLYMAN, "totals", "-c", self.config, *arguments],
            env=PLAIN,
            **{"stdout": subprocess.PIPE, "text": True, **options},
        )
        self.addCleanup(child.wait)
        self.addCleanup(child.kill)
        return child

    def test_rates(self):
        child = self.start("usage_total", "-lbrowser=edge", "--watch", "0.5",
                           "-lfeature=showContent", "--json")
        (first,) = json.loads(child.stdout.readline())
        self.assertEqual((first["total"], first["per_second"]), (1, None))
        self.record(counter("usage_total", 1000, browser="edge", feature="showContent"))
        second = first
        while second["total"] == 1:
            (second,) = json.loads(child.stdout.readline())
        self.assertEqual(second["total"], 1001)
        # At least half a second passes, and rarely one.
        self.assertTrue(0 < second["per_second"] <= 2000, second)
        self.assertNotEqual(second["per_second"], 1000)
        child.send_signal(signal.SIGINT)
        self.assertEqual(child.wait(PATIENCE), 0)

    def test_readings_are_appended(self):
        child = self.start("calls_seconds", "--watch=0.1")
        text = "".join(child.stdout.readline() for _ in range(9))
        child.send_signal(signal.SIGINT)
        self.assertEqual(child.wait(PATIENCE), 0)
        self.assertEqual(
            UPDATED.sub("(time)", text),
            """\
(time)
calls_seconds, summary
  route  count   mean  per second
  a          3  3.333

(time)
calls_seconds, summary
  route  count   mean  per second
  a          3  3.333           0
""",
        )
        child.stdout.close()

    def test_terminal_is_cleared(self):
        master, slave = open_pty()
        child = self.start("calls_seconds", "-w", "0.1", stdout=slave)
        os.close(slave)
        text = ""
        while text.count("\x1b[H\x1b[2J") < 2:
            text += os.read(master, 1000).decode()
        child.send_signal(signal.SIGINT)
        self.assertEqual(child.wait(PATIENCE), 0)
        os.close(master)
        self.assertRegex(text, r"^\x1b\[H\x1b\[2J\S+ \S+, every 0.1 s\r\n")

    def test_overview_as_json(self):
        child = self.start("--watch", "0.1", "--json")
        child.stdout.readline()
        text = ""
        while not text.endswith("]\n"):
            text += child.stdout.readline()
        while not (line := child.stdout.readline()).startswith("["):
            pass
        child.send_signal(signal.SIGTERM)
        self.assertEqual(child.wait(PATIENCE), 0)
        child.stdout.close()
        self.assertIn('"per_second":0,', line)

    def test_no_interval(self):
        for text in ("0", "0.01", "1x", "1e9"):
            self.assertEqual(
                self.output("totals", "--watch", text, status=2),
                f"tallyman totals: --watch {text}: must be seconds, 0.1 to"
                " 86400\nSee tallyman totals --help.\n",
            )


class Errors(TotalsCase):
    def test_suggestions(self):
        for asked, meant in (
            ("usage_totals", "; did you mean usage_total?"),
            ("lcp", "; did you mean demo_lcp_seconds, web_lcp_seconds?"),
            ("nothing_like_it", "; tallyman totals lists them"),
            ("runs", "; did you mean runs_total?"),
        ):
            self.assertEqual(
                self.output("totals", asked, status=1),
                f"tallyman totals: unknown family {asked}{meant}\n",
            )

    def test_label(self):
        for text in ("page", "=x", "a-b=c", ""):
            self.assertEqual(
                self.output("totals", "runs_total", "--label", text, status=2),
                f"tallyman totals: --label {text}: must be NAME=VALUE\n"
                "See tallyman totals --help.\n",
            )

    def test_repeated_label(self):
        for since in ((), ("--since", "7d")):
            self.assertIn(
                "--label a=c: repeats the label a, must differ\n",
                self.output("totals", "runs_total", "-l", "a=b", "-l", "aa=b", "-l", "a=c", *since, status=2),
            )

    def test_label_without_family(self):
        self.assertIn(
            "--label needs the name of a family",
            self.output("totals", "--label", "a=b", status=2),
        )

    def test_two_families(self):
        self.assertIn(
            "unexpected argument b", self.output("totals", "a", "b", status=2)
        )

    def test_no_database(self):
        self.database.unlink()
        self.assertEqual(
            self.output("totals", status=1),
            f"tallyman totals: database {self.database}: cannot be opened:"
            " No such file or directory\n",
        )

    def test_another_version(self):
        self.write("PRAGMA user_version = 99")
        self.assertIn(
            "has schema version 99, this program supports",
            self.output("totals", status=1),
        )

    def test_another_program(self):
        self.write("PRAGMA application_id = 1")
        self.assertIn("belongs to another program", self.output("totals", status=1))

    def test_damaged_rows(self):
        self.write("UPDATE total SET buckets = '[1]' WHERE series_id IN (SELECT"
                   " series.id FROM series JOIN family ON family.id = family_id"
                   " WHERE name = 'demo_response_seconds')")
        self.write("UPDATE series SET labels = 'x' || id"
                   " WHERE family_id = (SELECT id FROM family"
                   " WHERE name = 'demo_response_seconds')")
        self.assertIn("  count   mean  p50  p75  p95  p99\n      5  2.026\n",
                      self.totals("demo_response_seconds"))

    def test_missing_totals(self):
        """A missing total is not shown as zero."""
        self.write("DELETE FROM total WHERE series_id IN (SELECT series.id FROM series"
                   " JOIN family ON family.id = family_id WHERE name IN"
                   " ('demo_page_views_total', 'demo_queue_depth',"
                   " 'demo_response_seconds'))")
        for family, head in (("demo_page_views_total", "total"),
                             ("demo_queue_depth", "value"),
                             ("demo_response_seconds", "count  mean  p50  p75  p95  p99")):
            text = self.totals(family)
            self.assertEqual([line.strip() for line in text.splitlines()[1:]],
                             [head, ""])
            (row,) = json.loads(self.totals(family, "--json"))
            self.assertEqual(
                {value for key, value in row.items()
                 if key not in ("family", "type", "labels")}, {None})
        self.assertIn("  chrome   blockStudent", self.totals("usage_total"))
        self.write("DELETE FROM total WHERE series_id IN (SELECT id FROM series WHERE"
                   " labels ->> 'feature' = 'blockStudent')")
        self.assertRegex(self.totals("usage_total"), "(?m)^  chrome   blockStudent$")

    def test_nothing_is_written(self):
        before = self.database.read_bytes()
        self.totals()
        self.totals("usage_total")
        self.assertEqual(self.database.read_bytes(), before)


if __name__ == "__main__":
    tap.main()
