"""Programs push with unmodified client libraries through nginx: the pushes of many
processes add up."""

import os
import subprocess
import time

import push_clients
import tap
import webservers
from guides import code_blocks, section
from harness import ROOT, wait_until
from push_case import PushCase
from push_clients import Failed, metric, turn
from responder_case import allowlist, listed

BOUNDS = [0.1, 1]
ANY = [{"name": name, "maxValues": 100} for name in ("instance", "job")]


def work(rows, seconds=(), bytes_=(), depth=0.0):
    """Returns the metrics of a program's work."""
    return [
        metric("counter", "rows_total", rows, table="users"),
        metric("histogram", "batch_seconds", *seconds, buckets=BOUNDS),
        metric("summary", "batch_bytes", *bytes_),
        metric("gauge", "queue_depth", depth),
    ]


LISTED = allowlist(
    listed(
        "rows_total",
        labels=[{"name": "table", "allowedValues": ["users", "pages"]}, *ANY],
    ),
    listed("batch_seconds", "histogram", labels=ANY, buckets=BOUNDS),
    listed("batch_bytes", "summary", labels=ANY),
    listed("queue_depth", "gauge", labels=ANY),
    listed("native_seconds", "histogram", labels=ANY, buckets=[-1, 0.5, 1, 2, 4]),
)
DROPPED = {"door": "exposition", "reason": "dropped_family"}
CUMULATIVE = allowlist(
    listed("uptime_rows_total", labels=ANY, temporality="cumulative"),
    listed(
        "uptime_seconds",
        "histogram",
        labels=ANY,
        buckets=BOUNDS,
        temporality="cumulative",
    ),
    listed("uptime_bytes", "summary", labels=ANY, temporality="cumulative"),
    listed("uptime_depth", "gauge", labels=ANY),
    listed("uptime_all_total", temporality="cumulative"),
)


class ClientCase(PushCase):
    client_class = None

    def setUp(self):
        self.client = self.client_class(self.server.url)

    def assertWork(self, job, instance, rows, seconds, bytes_, depth):
        """The totals of work(): seconds by bucket and their sum, bytes_ with count and sum."""
        got = self.scrape()
        place = {"job": job, "instance": instance}
        place = {name: value for name, value in place.items() if value}
        self.assertEqual(got.value("rows_total", table="users", **place), rows)
        *buckets, total = seconds
        counts = [
            got.value("batch_seconds_bucket", le=le, **place)
            for le in ("0.1", "1", "+Inf")
        ]
        self.assertEqual(counts, buckets)
        self.assertEqual(got.value("batch_seconds_count", **place), buckets[-1])
        self.assertAlmostEqual(got.value("batch_seconds_sum", **place), total)
        self.assertEqual(
            (
                got.value("batch_bytes_count", **place),
                got.value("batch_bytes_sum", **place),
            ),
            bytes_,
        )
        self.assertEqual(got.value("queue_depth", **place), depth)


class ClientChecks:
    """Checks for listed families and for open ones."""

    def test_pushes_of_several_processes_add_up(self):
        for number in range(3):
            self.client.run(
                "adds",
                turn("add", *work(2, [0.05, 0.5], [100, 50], depth=7)),
                turn("push", *work(0.5, [3], [1], depth=number)),
                grouping={"instance": "a"},
            )
        self.assertWork("adds", "a", 7.5, (3, 6, 9, 10.65), (9, 453), 2)

    def test_processes_push_at_the_same_time(self):
        rounds = [turn("add", *work(1, [0.5], [2], depth=1))] * 10
        running = [
            self.client.start("at-once", *rounds, grouping={"instance": "a"})
            for _ in range(4)
        ]
        for process in running:
            self.client.finish(process)
        self.assertWork("at-once", "a", 40, (0, 40, 40, 20), (40, 80), 1)

    def test_instances_are_apart(self):
        for instance in ("one", "two"):
            self.client.run(
                "apart",
                turn("push", *work(len(instance))),
                turn("push", *work(1)),
                grouping={"instance": instance},
            )
            self.assertWork("apart", instance, 4, (0, 0, 0, 0), (0, 0), 0)

    def test_any_text_can_be_a_label_of_the_path(self):
        for value in ("a/b", "a b", "a+b", "/", "50%", 'a"b\\c', "Grüße", "a?b#c&d"):
            with self.subTest(value):
                self.client.run(
                    value,
                    turn("add", *work(1)),
                    turn("push", *work(1)),
                    grouping={"instance": value},
                )
                self.assertWork(value, value, 2, (0, 0, 0, 0), (0, 0), 0)

    def test_delete_removes_the_group_only(self):
        for instance in ("keep", "go"):
            self.client.run(
                "removes", turn("add", *work(3)), grouping={"instance": instance}
            )
        self.client.run("removes", turn("delete"), grouping={"instance": "go"})
        left = [
            dict(labels)
            for name, labels in self.pushed()
            if dict(labels).get("job") == "removes"
        ]
        self.assertTrue(left)
        self.assertEqual({labels["instance"] for labels in left}, {"keep"})
        # The counter starts again, and deleting a missing group succeeds.
        self.client.run(
            "removes",
            turn("add", *work(1)),
            turn("delete"),
            turn("delete"),
            turn("add", *work(5)),
            grouping={"instance": "go"},
        )
        self.assertWork("removes", "go", 5, (0, 0, 0, 0), (0, 0), 0)
        self.assertWork("removes", "keep", 3, (0, 0, 0, 0), (0, 0), 0)

    def test_default_metrics_of_the_library_are_dropped(self):
        def dropped():
            return self.scrape().value("tallyman_samples_rejected_total", **DROPPED)

        before = dropped()
        self.client.run(
            "own",
            turn("add", *work(1), fresh=False),
            grouping={"instance": "a"},
            defaults=True,
        )
        self.assertWork("own", "a", 1, (0, 0, 0, 0), (0, 0), 0)
        names = {name for name, _ in self.pushed()}
        for name in names:
            self.assertNotRegex(name, "^(process|go|python|nodejs)_|_created$")

        # The responders write their telemetry a little later.
        wait_until(lambda: dropped() > before, "what was dropped to be counted")

    def test_other_bounds_and_types_are_refused_as_a_whole(self):
        place = {"grouping": {"instance": "a"}}
        self.client.run("refused", turn("add", *work(1, [0.5], [2], 3)), **place)
        before = self.pushed()
        for name, wrong in {
            "bounds": metric("histogram", "batch_seconds", 0.5, buckets=[0.1, 2]),
            "fewer bounds": metric("histogram", "batch_seconds", 0.5, buckets=[1]),
            "type": metric("gauge", "batch_bytes", 1),
            "another type": metric("counter", "rows_total", 1, table="users"),
        }.items():
            good = metric("gauge", "queue_depth", 99)
            if name == "another type":
                wrong["type"] = "gauge"
            with self.subTest(name):
                with self.assertRaisesRegex(Failed, "400"):
                    self.client.run("refused", turn("add", wrong, good), **place)
                self.assertEqual(self.pushed(), before)


class OpenChecks(ClientChecks):
    """With open_families."""

    config = {"open_families": True}

    def test_label_without_a_value_is_omitted(self):
        self.client.run(
            "empty",
            turn("add", *work(1)),
            turn("push", *work(1)),
            grouping={"instance": ""},
        )
        self.assertWork("empty", "", 2, (0, 0, 0, 0), (0, 0), 0)
        self.client.run("empty", turn("add", *work(1)))
        self.assertWork("empty", "", 3, (0, 0, 0, 0), (0, 0), 0)
        self.client.run(
            "empty", turn("add", *work(1)), grouping={"shard": "", "instance": "x"}
        )
        self.assertWork("empty", "x", 1, (0, 0, 0, 0), (0, 0), 0)

    def test_type_and_help_are_kept(self):
        self.client.run("kept", turn("add", *work(1)))
        for name, kind in {
            "rows_total": "counter",
            "batch_seconds": "histogram",
            "batch_bytes": "summary",
            "queue_depth": "gauge",
        }.items():
            self.assertEqual(
                self.metadata(name),
                [f"# HELP {name} A {kind} of a test.", f"# TYPE {name} {kind}"],
            )

    def test_time_of_the_push(self):
        before = time.time()
        self.client.run("timed", turn("add", *work(1)), grouping={"instance": "t"})
        pushed = self.scrape().value("push_time_seconds", job="timed", instance="t")
        self.assertTrue(before - 1 <= pushed <= time.time() + 1, pushed - before)


class ListedChecks(ClientChecks):
    """Only listed families are accepted, with their labels and bounds."""

    files = {
        "metrics.d/work.json": LISTED,
        "metrics.d/cumulative.json": CUMULATIVE,
    }

    def test_one_unlisted_family_refuses_the_push(self):
        before = self.pushed()
        for name, wrong in {
            "family": metric("counter", "unlisted_total", 1),
            "label": metric("counter", "rows_total", 1, table="users", more="x"),
            "value": metric("counter", "rows_total", 1, table="secrets"),
        }.items():
            with self.subTest(name), self.assertRaisesRegex(Failed, "400"):
                self.client.run(
                    "unlisted",
                    turn("add", wrong, metric("gauge", "queue_depth", 99)),
                    grouping={"instance": "a"},
                )
        self.assertEqual(self.pushed(), before)

    def test_registry_that_is_never_reset_counts_once(self):
        def uptime(number):
            return turn(
                "add",
                metric("counter", "uptime_rows_total", 1.5),
                metric("histogram", "uptime_seconds", 0.5, 3, buckets=BOUNDS),
                metric("summary", "uptime_bytes", 10),
                metric("gauge", "uptime_depth", number),
                metric("counter", "uptime_all_total", 0.25),
                fresh=False,
            )

        # Each process pushes five times, restarts, and pushes again.
        for instance, restarts in (("one", (5, 1)), ("two", (5, 2, 3))):
            for rounds in restarts:
                self.client.run(
                    "uptime",
                    *(uptime(number) for number in range(rounds)),
                    grouping={"instance": instance},
                )
        got = self.scrape()
        # The file does not list `instance`, so this is the total of all.
        self.assertEqual(got.value("uptime_all_total"), 0.25 * 16)
        for instance, pushes, last in (("one", 6, 0), ("two", 10, 2)):
            place = {"job": "uptime", "instance": instance}
            for name, want in {
                "uptime_rows_total": 1.5 * pushes,
                "uptime_seconds_sum": 3.5 * pushes,
                "uptime_seconds_count": 2 * pushes,
                "uptime_bytes_sum": 10 * pushes,
                "uptime_bytes_count": pushes,
                "uptime_depth": last,
            }.items():
                self.assertEqual(got.value(name, **place), want, name)
            buckets = [
                got.value("uptime_seconds_bucket", le=le, **place)
                for le in ("0.1", "1", "+Inf")
            ]
            self.assertEqual(buckets, [0, pushes, 2 * pushes])


TOKEN = "every-family-" + "x" * 20
ROWS_TOKEN = "only-some-families-" + "y" * 20


class NginxBehindAnother(webservers.Nginx):
    """nginx behind a proxy: no client is local."""

    def prepare(self):
        arguments = super().prepare()
        path = self.site.dir / "run/tallyman.conf"
        text = path.read_text()
        include = "include /etc/nginx/fastcgi_params;"
        if text.count(include) != 1:
            raise RuntimeError(f"nginx/tallyman.conf: {include!r} is not there once")
        forwarded = "fastcgi_param HTTP_X_FORWARDED_FOR 192.0.2.7;"
        path.write_text(text.replace(include, f"{include}\n{forwarded}"))
        return arguments


class TokenChecks:
    """Behind a proxy a push needs a token, which the libraries can send as a password."""

    server_class = NginxBehindAnother
    config = {"open_families": True, "push_token_file": "push.token"}
    files = {"push.token": f"{TOKEN}\n{ROWS_TOKEN} rows_* batch_*\n"}

    def assertRefused(self, status, *rounds, **more):
        before = self.pushed()
        with self.assertRaisesRegex(Failed, status):
            self.client.run("guarded", *rounds, **more)
        self.assertEqual(self.pushed(), before)

    def test_token_is_needed(self):
        self.client.run("guarded", turn("push", *work(2)), password=TOKEN)
        for more in ({}, {"password": "wrong-" + TOKEN}, {"password": ""}):
            for action in ("add", "push", "delete"):
                with self.subTest(action, **more):
                    self.assertRefused("401", turn(action, *work(1)), **more)
        self.client.run("guarded", turn("add", *work(1)), password=TOKEN)
        self.assertWork("guarded", "", 3, (0, 0, 0, 0), (0, 0), 0)
        self.client.run("guarded", turn("delete"), password=TOKEN)
        for name, labels in self.pushed():
            self.assertNotIn("guarded", dict(labels).values(), name)

    def test_token_for_some_families(self):
        rows, seconds, _, depth = work(1)
        self.client.run("some", turn("add", rows, seconds), password=ROWS_TOKEN)
        self.assertRefused("403", turn("add", rows, depth), password=ROWS_TOKEN)
        self.client.run("some", turn("add", rows, depth), password=TOKEN)
        self.client.run("some", turn("delete"), password=ROWS_TOKEN)
        left = {
            name for name, labels in self.pushed() if ("job", "some") in labels
        }
        self.assertEqual(left - {"push_time_seconds"}, {"queue_depth"})


class Readme(PushCase):
    config = {"open_families": True}

    def test_examples_add_up(self):
        """The examples of the guide, with another URL."""
        curl = code_blocks(section("fcgi/README.md", "A cron job with curl"), "sh")[0]
        libraries = code_blocks(section("fcgi/README.md", "Prometheus client libraries"))
        *others, scraped = libraries
        examples = [curl, *others]
        go = {
            "GO111MODULE": "off",
            "GOPATH": "/usr/share/gocode",
            "GOCACHE": str(ROOT / "build/gocache"),
        }
        modules = {"NODE_PATH": str(ROOT / "static/node_modules")}
        for number, (command, suffix, environment) in enumerate(
            (
                (["sh"], "sh", {}),
                (["/usr/bin/python3"], "py", {}),
                (["node"], "cjs", modules),
                (["go", "run"], "go", go),
            )
        ):
            text = examples[number]
            self.assertIn("http://localhost:8080", text)
            text = text.replace("http://localhost:8080", self.server.url)
            path = self.site.write(f"example.{suffix}", text)
            done = subprocess.run(
                [*command, path],
                env={**os.environ, "no_proxy": "127.0.0.1", **environment},
                capture_output=True,
                text=True,
                timeout=120,
            )
            self.assertEqual(done.returncode, 0, done.stderr)
            name, value = scraped.split(" ")
            got = self.value("backup_files_total", job="backup")
            self.assertEqual(got, float(value) / 4 * (number + 1), name)
        self.assertIn(f"\n{scraped}\n", self.scrape().text)


class PythonOpen(OpenChecks, ClientCase):
    client_class = push_clients.Python


class PythonListed(ListedChecks, ClientCase):
    client_class = push_clients.Python


class PythonToken(TokenChecks, ClientCase):
    client_class = push_clients.Python


class NodeOpen(OpenChecks, ClientCase):
    client_class = push_clients.Node

    def test_slash_at_the_end_of_the_url(self):
        client = self.client_class(self.server.url + "/")
        client.run(
            "slash",
            turn("add", *work(1)),
            turn("delete"),
            turn("push", *work(2)),
        )
        self.assertWork("slash", "", 2, (0, 0, 0, 0), (0, 0), 0)

    def test_empty_label_between_others(self):
        for grouping in ({"e": "", "instance": "x"}, {"instance": "x", "e": ""}):
            self.client.run("between", turn("add", *work(1)), grouping=grouping)
        self.assertWork("between", "x", 2, (0, 0, 0, 0), (0, 0), 0)

    def test_gzip(self):
        rounds = (turn("add", *work(1)), turn("push", *work(1)))
        self.client.run("gzip", *rounds, gzip=True)
        self.assertWork("gzip", "", 2, (0, 0, 0, 0), (0, 0), 0)

    def test_through_a_proxy_a_token_is_needed(self):
        forwarded = {"X-Forwarded-For": "192.0.2.7"}
        for action in ("add", "push", "delete"):
            with self.assertRaisesRegex(Failed, "401.*token"):
                self.client.run("proxied", turn(action), headers=forwarded)

    def test_without_a_job(self):
        self.client.run(None, turn("add", *work(1)), turn("push", *work(1)))
        self.assertWork("", "", 2, (0, 0, 0, 0), (0, 0), 0)

    def test_refusals_name_the_reason(self):
        wrong = metric("histogram", "told_seconds", 1, buckets=[1, 2])
        self.client.run("told", turn("add", wrong))
        wrong["buckets"] = [1, 3]
        with self.assertRaisesRegex(Failed, r"told_seconds.*\b3\b"):
            self.client.run("told", turn("add", wrong))


class NodeListed(ListedChecks, ClientCase):
    client_class = push_clients.Node


class NodeToken(TokenChecks, ClientCase):
    client_class = push_clients.Node


def native(name, *values):
    made = metric("histogram", name, *values)
    made["native"] = 1.1
    return made


class GoOpen(OpenChecks, ClientCase):
    client_class = push_clients.Go

    def test_native_histogram_without_bounds(self):
        with self.assertRaisesRegex(Failed, "400.*native_open.*`metrics` with `buckets`"):
            self.client.run("native", turn("add", native("native_open_seconds", 0.3)))


class GoListed(ListedChecks, ClientCase):
    client_class = push_clients.Go

    def test_native_histogram(self):
        """Each observation is in its bucket, as the bounds are powers of 2."""
        values = (-3, -1.5, 0, 0.3, 0.5, 0.51, 1.5, 3, 4, 4.1)
        for _ in range(2):
            self.client.run(
                "native",
                turn("add", native("native_seconds", *values)),
                grouping={"instance": "a"},
            )
        got = self.scrape()
        place = {"job": "native", "instance": "a"}
        self.assertEqual(
            [
                got.value("native_seconds_bucket", le=le, **place)
                for le in ("-1", "0.5", "1", "2", "4", "+Inf")
            ],
            [4, 10, 12, 14, 18, 20],
        )
        self.assertAlmostEqual(got.value("native_seconds_sum", **place), 2 * sum(values))


class GoToken(TokenChecks, ClientCase):
    client_class = push_clients.Go


class GoTextOpen(OpenChecks, ClientCase):
    client_class = push_clients.GoText


if __name__ == "__main__":
    tap.main()
