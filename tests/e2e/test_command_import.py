"""`tallyman import`: the exposition of another gateway becomes starting totals."""

import tap
from command_case import CommandCase
from responder_case import allowlist, label, listed

# Like a Pushgateway: its own families, and groups that all have an instance, empty
# if none was pushed.
PUSHGATEWAY = """\
# HELP go_goroutines Number of goroutines that currently exist.
# TYPE go_goroutines gauge
go_goroutines 14
# HELP jobs_total Jobs.
# TYPE jobs_total counter
jobs_total{instance="",job="night",result="ok"} 40
jobs_total{instance="",job="night",result="bad"} 2
# HELP push_time_seconds Last Unix time when changing this group succeeded.
# TYPE push_time_seconds gauge
push_time_seconds{instance="",job="night"} 1.7e+09
# HELP pushgateway_build_info A metric with a constant '1' value.
# TYPE pushgateway_build_info gauge
pushgateway_build_info{version="1.4.2"} 1
# HELP tallyman_pushes_total Of another Tallyman.
# TYPE tallyman_pushes_total counter
tallyman_pushes_total 12
# TYPE took_seconds histogram
took_seconds_bucket{job="night",le="0.5"} 3
took_seconds_bucket{job="night",le="1"} 4
took_seconds_bucket{job="night",le="+Inf"} 6
took_seconds_sum{job="night"} 9.5
took_seconds_count{job="night"} 6
# TYPE wait_seconds summary
wait_seconds{job="night",quantile="0.5"} 3
wait_seconds_sum{job="night"} 8
wait_seconds_count{job="night"} 2
# TYPE size_bytes gauge
size_bytes{job="night"} NaN
run_total{job="night"} 7
"""
FAMILIES = [
    listed("jobs_total", labels=[
        {"name": "job", "maxValues": 5}, label("result", "ok", "bad")]),
    listed("took_seconds", "histogram", buckets=[0.5, 1],
           labels=[label("job", "night")]),
    listed("run_total", temporality="cumulative", labels=[label("job", "night")]),
]


class Import(CommandCase):
    settings = {"open_families": True}

    def setUp(self):
        super().setUp()
        for path in self.dir.glob("metrics.d/*"):
            path.unlink()
        (self.dir / "metrics.d/all.json").write_text(allowlist(*FAMILIES))
        self.file = self.dir / "metrics.txt"
        self.file.write_text(PUSHGATEWAY)

    def totals(self):
        return {
            name + labels: (value, total, count, buckets)
            for name, labels, value, total, count, buckets in self.rows(
                "SELECT name, labels, value, sum, count, buckets FROM series"
                " JOIN total ON series_id = series.id"
                " JOIN family ON family.id = family_id"
                " WHERE name NOT LIKE 'tallyman_%'"
                " AND name NOT LIKE 'metrics_aggregator_%'"
                " AND (count > 0 OR value IS NULL OR value <> 0)")
        }

    def groups(self):
        """Returns the groups with the time of their push and the number of their series."""
        return set(self.rows(
            "SELECT push_group.labels, pushed_at, count(*) FROM push_group"
            " JOIN series ON group_id = push_group.id GROUP BY push_group.id"))

    WANT = {
        'jobs_total{"job":"night","result":"bad"}': (2.0, 0.0, 0, None),
        'jobs_total{"job":"night","result":"ok"}': (40.0, 0.0, 0, None),
        'run_total{"job":"night"}': (7.0, 0.0, 0, None),
        'size_bytes{"job":"night"}': (None, 0.0, 1, None),
        'took_seconds{"job":"night"}': (0.0, 9.5, 6, "[3,1,2]"),
        'wait_seconds{"job":"night"}': (0.0, 8.0, 2, None),
    }

    def test_pushgateway(self):
        self.assertEqual(
            self.output("import", self.file),
            f"{self.file}: added 6 series of 5 families\n"
            "Left out: go_goroutines, push_time_seconds,"
            " pushgateway_build_info, tallyman_pushes_total\n")
        self.assertEqual(self.totals(), self.WANT)
        self.assertEqual(self.groups(), {('{"job":"night"}', 1.7e9, 6)})
        # The total is exposed, and pushes from now on add to it. A program that
        # pushes running totals starts from its own.
        self.push('# TYPE jobs_total counter\njobs_total{job="night",result="ok"} 2\n')
        status, _ = self.request("PUT", "/metrics/job/night",
                                 "run_total 5\n", "text/plain")
        self.assertIn(status, (200, 202))
        _, scraped = self.request("GET", "/metrics")
        self.assertIn('\njobs_total{job="night",result="ok"} 42\n', scraped)
        self.assertIn('\nrun_total{job="night"} 12\n', scraped)

    def test_once(self):
        self.output("import", self.file)
        self.assertEqual(
            self.output("import", self.file, status=1),
            f"tallyman import: {self.file} was imported before; --again"
            " imports it again\n")
        copy = self.dir / "copy.txt"
        copy.write_text(PUSHGATEWAY)
        self.assertIn("was imported before", self.output("import", copy, status=1))
        self.assertEqual(self.totals(), self.WANT)
        self.output("import", "--again", self.file)
        self.assertEqual(
            self.totals()['jobs_total{"job":"night","result":"ok"}'][0], 80)

    def test_standard_input_with_a_job(self):
        self.assertEqual(
            self.output("import", "-", "--job", "old", "--format", "openmetrics",
                        input="# TYPE a counter\na_total 3\n# EOF\n"),
            "-: added 1 series of 1 family\n")
        self.assertEqual(self.totals(), {'a_total{"job":"old"}': (3, 0, 0, None)})
        ((labels, _, count),) = self.groups()
        self.assertEqual((labels, count), ('{"job":"old"}', 1))

    def test_groups(self):
        """A series belongs to the group with the most labels in common."""
        self.file.write_text(
            'a{instance="",job="x"} 1\na{instance="i",job="x"} 2\n'
            'a{instance="i",job="y"} 3\na{instance="k",job="x",l="m"} 4\n'
            'push_time_seconds{instance="",job="x"} 7\n'
            'push_time_seconds{instance="i",job="x"} 8\n'
            'push_failure_time_seconds{instance="i",job="x"} 9\n')
        self.output("import", self.file)
        self.assertEqual(self.groups(), {
            ('{"job":"x"}', 7, 2), ('{"instance":"i","job":"x"}', 8, 1)})
        status, told = self.request("DELETE", "/metrics/job/x")
        self.assertEqual((status, told), (202, "2 series removed, 0 set to zero\n"))
        self.assertEqual(set(self.totals()), {
            'a{"instance":"i","job":"x"}', 'a{"instance":"i","job":"y"}'})

    def refuse(self, text, message, *options):
        self.file.write_text(PUSHGATEWAY + text)
        before = self.totals()
        self.assertEqual(
            self.output("import", *options, self.file, status=1),
            f"tallyman import: {self.file}{message}; nothing was added\n")
        self.assertEqual(self.totals(), before)

    def test_all_or_nothing(self):
        self.push("# TYPE depth gauge\ndepth 1\n")
        lines = PUSHGATEWAY.count("\n")
        self.refuse('jobs_total{job="x",result="late"} 1\n',
                    ': line %d: jobs_total: the label result is "late", which its'
                    " file does not list" % (lines + 1))
        self.refuse("# TYPE depth counter\ndepth 3\n",
                    ": depth: pushed as counter, but an earlier push had it as"
                    " gauge")
        self.configure(open_families=False)
        self.refuse("", ": line 23: wait_seconds is not in the allowlist; list it"
                    " in a file of `metrics` or set `open_families` to true")
        self.file.write_text("a 1 1700000000000\n")
        self.assertRegex(self.output("import", self.file, status=1),
                         rf"^tallyman import: {self.file}:1:5: .*timestamp.*;"
                         r" nothing was added\n$")
        self.assertIn("cannot be opened", self.output("import", "/none", status=1))
        for arguments in ((), ("a", "b"), ("--format", "json", self.file),
                          ("--job", "", self.file)):
            self.assertIn("See tallyman import --help",
                          self.output("import", *arguments, status=2))


if __name__ == "__main__":
    tap.main()
