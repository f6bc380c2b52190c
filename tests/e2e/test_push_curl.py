"""Pushes with curl through nginx: the command lines of the READMEs of the
Pushgateway and of the aggregation gateway, unchanged, and refused requests."""

import subprocess

import checks
import tap
from harness import compress
from push_case import PushCase
from responder_case import allowlist, label, listed

GROUP = "/metrics/job/some_job/instance/some_instance"
TALLY = allowlist(
    listed("tally_total", labels=[label("kind", "a", "b")]),
    listed("tally_seconds", "histogram", buckets=[0.5, 2]),
    listed("tally_bytes", "summary"),
    listed("tally_depth", "gauge"),
    listed("tally_peak", "gauge", gauge="max"),
    listed("tally_low", "gauge", gauge="min"),
    listed("tally_sum", "gauge", gauge="sum"),
)


class Curl(PushCase):
    """Each test has its own family names, except those of the READMEs, which it deletes."""

    config = {"open_families": True}

    def shell(self, command):
        """Returns the status and the body of the reply to curl."""
        quiet = r"curl -sS --noproxy '*' -w '\n%{http_code}' "
        command = command.replace("curl ", quiet).replace("URL", self.server.url)
        done = subprocess.run(
            ["sh", "-c", command],
            capture_output=True,
            text=True,
            timeout=60,
        )
        self.assertEqual((done.returncode, done.stderr), (0, ""))
        body, _, status = done.stdout.rpartition("\n")
        return int(status), body

    def names(self):
        return {name for name, _ in self.pushed()}

    def test_pushgateway_single_sample(self):
        for _ in range(2):
            got = self.shell(
                'echo "some_metric 3.14" |'
                " curl --data-binary @- URL/metrics/job/some_job"
            )
            self.assertEqual(got, (200, ""))
        self.assertEqual(self.value("some_metric", job="some_job"), 3.14)
        self.assertIn("# TYPE some_metric untyped", self.metadata("some_metric"))
        got = self.shell("curl -X DELETE URL/metrics/job/some_job")
        self.assertEqual(got, (202, "1 series removed, 0 set to zero\n"))
        self.assertNotIn("some_metric", self.names())

    def test_pushgateway_several_with_types(self):
        command = f"""cat <<EOF | curl --data-binary @- URL{GROUP}
# TYPE some_metric counter
some_metric{{label="val1"}} 42
# TYPE another_metric gauge
# HELP another_metric Just an example.
another_metric 2398.283
EOF
"""
        for _ in range(3):
            self.assertEqual(self.shell(command), (200, ""))
        place = {"job": "some_job", "instance": "some_instance"}
        self.assertEqual(self.value("some_metric", label="val1", **place), 3 * 42)
        self.assertEqual(self.value("another_metric", **place), 2398.283)
        self.assertIn("# TYPE some_metric counter", self.metadata("some_metric"))
        self.assertEqual(
            self.metadata("another_metric"),
            [
                "# HELP another_metric Just an example.",
                "# TYPE another_metric gauge",
            ],
        )
        self.assertEqual(
            self.shell(f"curl -X DELETE URL{GROUP}"),
            (202, "2 series removed, 0 set to zero\n"),
        )
        for name in ("some_metric", "another_metric"):
            self.assertNotIn(name, self.names())
            self.assertEqual(self.metadata(name), [])

    def test_pushgateway_base64(self):
        got = self.shell(
            """echo 'b64_metric{foo="bar"} 3.14' | curl --data-binary @- """
            "URL/metrics/job/directory_cleaner/path@base64/"
            "$(printf %s /var/tmp | base64 | tr +/ -_)"
        )
        self.assertEqual(got, (200, ""))
        place = {"job": "directory_cleaner", "foo": "bar", "path": "/var/tmp"}
        self.assertEqual(self.value("b64_metric", **place), 3.14)

    def test_pushgateway_utf8_label(self):
        for number, path in enumerate(
            (
                "name/%CE%A0%CF%81%CE%BF%CE%BC%CE%B7%CE%B8%CE%B5%CF%8D%CF%82",
                "name@base64/zqDPgc6_zrzOt864zrXPjc-C",
            ),
            1,
        ):
            got = self.shell(
                'printf "# TYPE fires_total counter\\nfires_total 1\\n" |'
                f" curl --data-binary @- URL/metrics/job/titan/{path}"
            )
            self.assertEqual(got, (200, ""))
            labels = frozenset({("job", "titan"), ("name", "Προμηθεύς")})
            self.assertEqual(self.pushed()["fires_total", labels], number)

    def test_pushgateway_empty_label_is_omitted(self):
        for path in (
            "first_label@base64/=/second_label/foobar",
            "first_label//second_label/foobar",
        ):
            got = self.shell(
                "echo 'empty_label 1' |"
                f" curl --data-binary @- URL/metrics/job/example/{path}"
            )
            self.assertEqual(got, (200, ""))
        samples = [key for key in self.pushed() if key[0] == "empty_label"]
        labels = {("job", "example"), ("second_label", "foobar")}
        self.assertEqual(samples, [("empty_label", frozenset(labels))])

    def test_put(self):
        push = (
            'printf "# TYPE put_total counter\\nput_total 2\\n" |'
            " curl -X PUT --data-binary @- URL/metrics/job/put"
        )
        for _ in range(2):
            self.assertEqual(self.shell(push), (200, ""))
        self.assertEqual(self.value("put_total", job="put"), 4)
        # An empty PUT, with a length and without.
        for empty in ("curl -X PUT -d '' ", "curl -X PUT "):
            self.assertEqual(self.shell(empty + "URL/metrics/job/put"), (200, ""))
        self.assertEqual(self.value("put_total", job="put"), 4)

    def test_gzip_and_chunks(self):
        for options in (
            "-H 'Content-Encoding: gzip'",
            "-H 'Content-Encoding: gzip' -H 'Transfer-Encoding: chunked'",
        ):
            got = self.shell(
                'printf "# TYPE packed_total counter\\npacked_total 2\\n" | gzip |'
                f" curl {options} --data-binary @- URL/metrics/job/packed"
            )
            self.assertEqual(got, (200, ""))
        self.assertEqual(self.value("packed_total", job="packed"), 4)

    def test_data_without_its_newlines(self):
        # -d removes the newline at the end.
        got = self.shell("echo 'no_newline 1' | curl -d @- URL/metrics/job/d")
        self.assertEqual(got, (200, ""))
        self.assertEqual(self.value("no_newline", job="d"), 1)

    def test_upload(self):
        got = self.shell("echo 'uploaded 1' | curl -T - URL/metrics/job/upload")
        self.assertEqual(got, (200, ""))
        self.assertEqual(self.value("uploaded", job="upload"), 1)

    def test_aggregation_gateway(self):
        for url in ("URL/metrics/", "URL/metrics"):
            got = self.shell(
                """echo 'http_requests_total{method="post",code="200"} 1027' |"""
                f" curl --data-binary @- {url}"
            )
            self.assertEqual(got, (202, ""))
        # Without a type it is no counter; the aggregation gateway makes it one.
        got = self.value("http_requests_total", method="post", code="200")
        self.assertEqual(got, 1027)

    def test_aggregation_gateway_with_labels(self):
        command = """echo '
# TYPE http_responses_total counter
http_responses_total{method="post",code="200"} 1027
# TYPE http_errors_total counter
http_errors_total{method="post",code="500"} 6
' | curl --data-binary @- URL/metrics/domain/sometest.com/instance/nginx-1"""
        for _ in range(2):
            self.assertEqual(self.shell(command), (202, ""))
        place = {"domain": "sometest.com", "instance": "nginx-1", "method": "post"}
        self.assertEqual(self.value("http_responses_total", code="200", **place), 2054)
        self.assertEqual(self.value("http_errors_total", code="500", **place), 12)
        status, error = self.shell(
            """echo 'http_responses_total{domain="x"} 1' |"""
            " curl --data-binary @- URL/metrics/domain/sometest.com"
        )
        self.assertEqual(status, 400)
        self.assertIn("domain", error)

    def test_only_the_exact_group_is_deleted(self):
        for path in ("job/part", "job/part/shard/1", "job/parts"):
            self.shell(
                f"echo 'part_gauge 1' | curl --data-binary @- URL/metrics/{path}"
            )
        got = self.shell("curl -X DELETE URL/metrics/job/part")
        self.assertEqual(got, (202, "1 series removed, 0 set to zero\n"))
        left = {labels for name, labels in self.pushed() if name == "part_gauge"}
        shard = frozenset({("job", "part"), ("shard", "1")})
        self.assertEqual(left, {shard, frozenset({("job", "parts")})})
        got = self.shell("curl -X DELETE URL/metrics/job/part")
        self.assertEqual(got, (202, "0 series removed, 0 set to zero\n"))


SECONDS = """# TYPE tally_seconds histogram
tally_seconds_bucket{le="0.5"} 1
tally_seconds_bucket{le="%s"} 2
tally_seconds_bucket{le="+Inf"} 4
tally_seconds_sum %s
tally_seconds_count 4
"""


class Listed(PushCase):
    """Families of an allowlist file without labels job and instance."""

    files = {"metrics.d/tally.json": TALLY}

    def push_text(self, text, path="/metrics", method="POST", **headers):
        if not isinstance(text, bytes):
            text = text.encode()
        return self.request(method, path, text, headers)

    def assertTaken(self, reply):
        self.assertEqual((reply.status, reply.body), (202, b""), reply)

    def test_everything_adds_up(self):
        text = """# TYPE tally_total counter
tally_total{kind="a"} 2
tally_total{kind="b"} 0.5
# TYPE tally_bytes summary
tally_bytes{quantile="0.9"} 7
tally_bytes_sum 100
tally_bytes_count 3
""" + SECONDS % (2, 6.5)
        before = self.scrape()
        for method in ("POST", "PUT"):
            self.assertTaken(self.push_text(text, method=method))
        got = self.scrape()
        for name, labels, growth in (
            ("tally_total", {"kind": "a"}, 4),
            ("tally_total", {"kind": "b"}, 1),
            ("tally_bytes_sum", {}, 200),
            ("tally_bytes_count", {}, 6),
            ("tally_seconds_bucket", {"le": "0.5"}, 2),
            ("tally_seconds_bucket", {"le": "2"}, 4),
            ("tally_seconds_bucket", {"le": "+Inf"}, 8),
            ("tally_seconds_sum", {}, 13),
            ("tally_seconds_count", {}, 8),
        ):
            was = before.value(name, **labels)
            self.assertEqual(got.value(name, **labels) - was, growth, name)
        for name, labels in got.samples:
            self.assertNotIn("quantile", dict(labels), name)

    def test_gauges_follow_their_mode(self):
        for value in (3, 9, -2, 4):
            reply = self.push_text(
                "".join(
                    f"# TYPE tally_{name} gauge\ntally_{name} {value}\n"
                    for name in ("depth", "peak", "low", "sum")
                )
            )
            self.assertTaken(reply)
        got = {
            name: self.value("tally_" + name)
            for name in ("depth", "peak", "low", "sum")
        }
        self.assertEqual(got, {"depth": 4, "peak": 9, "low": -2, "sum": 14})

    def test_samples_without_a_type_get_the_listed_type(self):
        before = self.value("tally_total", kind="a")
        for _ in range(2):
            self.assertTaken(
                self.push_text('tally_total{kind="a"} 2\ntally_depth 5\n')
            )
        self.assertEqual(self.value("tally_total", kind="a"), before + 4)
        self.assertEqual(self.value("tally_depth"), 5)

    def test_one_bad_sample_refuses_the_push(self):
        good = '# TYPE tally_total counter\ntally_total{kind="a"} 1\n'
        self.assertTaken(self.push_text(good + SECONDS % (2, 1)))
        before = self.pushed()
        for name, wrong, says in (
            ("bounds", SECONDS % (3, 1), "tally_seconds"),
            ("type", "# TYPE tally_depth counter\ntally_depth 1\n", "tally_depth"),
            ("family", "unlisted 1\n", "unlisted"),
            ("label value", 'tally_total{kind="z"} 1\n', "kind"),
            ("label", 'tally_depth{x="y"} 1\n', "tally_depth"),
            ("timestamp", "tally_depth 1 1600000000000\n", "line 3"),
            ("half a line", "tally_depth{", "line 3"),
            ("series twice", 'tally_total{kind="a"} 1\n', "line 3"),
            ("negative", 'tally_total{kind="b"} -1\n', "line 3"),
            ("not UTF-8", b'tally_depth{x="\xff"} 1\n', "line 3"),
        ):
            with self.subTest(name):
                if isinstance(wrong, str):
                    wrong = wrong.encode()
                reply = self.push_text(good.encode() + wrong)
                self.assertStatus(reply, 400)
                self.assertIn(says, reply.text)
                self.assertEqual(self.pushed(), before)

    def test_malformed_bodies_are_refused(self):
        before = self.pushed()
        good = '# TYPE tally_total counter\ntally_total{kind="a"} 1\n'
        for name, body, headers, status in (
            ("cut gzip", compress(good)[:-9], {"Content-Encoding": "gzip"}, 400),
            ("no gzip", good, {"Content-Encoding": "gzip"}, 400),
            ("brotli", good, {"Content-Encoding": "br"}, 415),
            ("JSON", "{}", {"Content-Type": "application/json"}, 415),
        ):
            with self.subTest(name):
                reply = self.push_text(body, **headers)
                self.assertStatus(reply, status)
                self.assertEqual(self.pushed(), before)

    def test_size_limit(self):
        good = '# TYPE tally_total counter\ntally_total{kind="a"} 1\n'
        before = self.value("tally_total", kind="a")
        limit = checks.TRUSTED_BODY_BYTES
        filled = good + "#" + "x" * (limit - len(good) - 2) + "\n"
        self.assertEqual(len(filled), limit)
        self.assertTaken(self.push_text(filled))
        self.assertTaken(
            self.push_text(compress(filled), **{"Content-Encoding": "gzip"})
        )
        reply = self.push_text(
            compress(filled + "\n"), **{"Content-Encoding": "gzip"}
        )
        self.assertStatus(reply, 413)
        self.assertStatus(self.push_text(filled + "\n"), 413)
        self.assertEqual(self.value("tally_total", kind="a"), before + 2)

    def test_delete_sets_listed_series_to_zero(self):
        good = '# TYPE tally_total counter\ntally_total{kind="%s"} 1\n'
        for kind in "ab":
            self.assertTaken(
                self.request("PUT", f"/metrics/kind/{kind}", "tally_total 1\n")
            )
        other = self.value("tally_total", kind="b")
        reply = self.request("DELETE", "/metrics/kind/a")
        self.assertStatus(reply, 202)
        self.assertEqual(reply.body, b"0 series removed, 1 set to zero\n")
        self.assertEqual(self.value("tally_total", kind="a"), 0)
        self.assertEqual(self.value("tally_total", kind="b"), other)
        self.assertTaken(self.push_text(good % "a"))
        self.assertEqual(self.value("tally_total", kind="a"), 1)


if __name__ == "__main__":
    tap.main()
