"""Families for programs only, and gauges with a range: through each endpoint, and
in the checks of the configuration."""

import struct
import subprocess

import fastcgi
import harness
import tap
from command_case import CommandCase
from harness import gauge
from responder_case import allowlist, listed
from test_trust import FAR, LIMITED, TOKEN, TrustCase

PROTOBUF = ("application/vnd.google.protobuf; "
            "proto=io.prometheus.client.MetricFamily; encoding=delimited")
YEAR_2100 = 4102444800


def varint(number):
    out = b""
    while number > 127:
        out += bytes([number & 127 | 128])
        number >>= 7
    return out + bytes([number])


def field(number, content):
    return varint(number << 3 | 2) + varint(len(content)) + content


def protobuf_gauge(name, value):
    """Returns a delimited MetricFamily with one gauge."""
    metric = field(2, b"\x09" + struct.pack("<d", value))
    family = field(1, name.encode()) + b"\x18\x01" + field(4, metric)
    return varint(len(family)) + family


class FromPrograms(TrustCase):
    config = {"push_token_file": "push.tokens"}

    def prepare(self):
        super().prepare()
        self.site.write("tallyman/metrics.d/jobs.json", allowlist(
            listed("push_time_seconds", "gauge", **{"from": "programs"}),
            listed("few_jobs_total", **{"from": "programs"}),
            listed("share", "gauge", min=0, max=1),
            listed("plain_total"),
        ))

    def record(self, *samples, **params):
        return self.ask(fastcgi.push(list(samples), **params)).text

    def test_record(self):
        """Only a trusted push may have them, or a push with a token."""
        sample = gauge("push_time_seconds", YEAR_2100)
        job = harness.counter("few_jobs_total")
        plain = harness.counter("plain_total")
        for params in (
            FAR,
            {**FAR, "HTTP_AUTHORIZATION": "Bearer wrong"},
            {**FAR, "HTTP_X_API_KEY": TOKEN[:-1]},
            {"HTTP_X_FORWARDED_FOR": "192.0.2.7"},
        ):
            answer = self.record(sample, plain, job, **params)
            self.assertRegex(answer, r"\AOK: 2 of 3 samples rejected: programs_only 2 \(.*push_time_seconds.*\)")
        self.assertEqual(self.site.stored("plain_total"), 4)
        self.assertEqual(self.site.stored("push_time_seconds"), 0)
        answer = self.record(sample, job, HTTP_X_API_KEY=LIMITED, **FAR)
        self.assertRegex(answer, r"\AOK: 1 of 2 samples rejected: forbidden 1 \(push_time_seconds.*\)")
        self.assertEqual(self.site.stored("few_jobs_total"), 1)
        for params in ({}, {"HTTP_AUTHORIZATION": "Bearer " + TOKEN, **FAR}):
            self.assertEqual(self.record(job, gauge("push_time_seconds", 5), **params), "OK\n")
        self.assertEqual(self.site.stored("few_jobs_total"), 3)
        self.assertEqual(self.site.stored("push_time_seconds"), 5)
        self.assertCounted("record", "programs_only", 8)
        self.assertCounted("record", "forbidden", 1)

    def assertCounted(self, endpoint, reason, count):
        def counted():
            return self.site.stored("tallyman_samples_rejected_total", door=endpoint,
                                    reason=reason)

        harness.wait_until(lambda: counted() == count, f"{count} {reason}")

    def test_text(self):
        self.assertTaken(self.expose(b"few_jobs_total 2\n", "/metrics"))
        self.assertUntrusted(self.expose(b"few_jobs_total 2\n", "/metrics", **FAR))
        self.assertEqual(self.site.stored("few_jobs_total"), 2)

    def test_value_outside_the_range_is_refused(self):
        """In each format."""
        why = ("share: the value is %s, must be between 0 and 1, the `min` and `max` "
               "of its file; nothing was counted")
        for body, kind, shown in (
            (b"share 1.5\nplain_total 1\n", "text/plain", "1.5"),
            (b"share NaN\n", "text/plain", "nan"),
            (b"# TYPE share gauge\nshare -1\n# EOF\n",
             "application/openmetrics-text; version=1.0.0", "-1"),
            (protobuf_gauge("share", 2), PROTOBUF, "2"),
        ):
            reply = self.expose(body, "/metrics", CONTENT_TYPE=kind)
            self.assertEqual(reply.status, 400, reply)
            self.assertTrue(reply.text.endswith(why % shown + "\n"), reply)
        self.assertEqual(self.site.stored("plain_total"), 0)
        self.assertTaken(self.expose(protobuf_gauge("share", 0.5), "/metrics",
                                     CONTENT_TYPE=PROTOBUF))
        self.assertRegex(self.record(gauge("share", 1e15), harness.counter("plain_total")),
                         r"\AOK: 1 of 2 samples rejected: out_of_range 1 \(share.*\)")
        self.assertEqual(self.site.stored("share"), 0.5)
        self.assertEqual(self.site.stored("plain_total"), 1)
        self.assertCounted("exposition", "out_of_range", 5)
        self.assertCounted("record", "out_of_range", 1)


class Warnings(CommandCase):
    """A configuration that lets untrusted clients set the time of a push is valid,
    with a warning."""

    def write_times(self, **more):
        (self.dir / "metrics.d/times.json").write_text(allowlist(
            listed("push_time_seconds", "gauge", **more)))

    def checks(self):
        """Returns what both checks write to standard error; they must succeed."""
        out = []
        for command in (
            [str(harness.ROOT / "build/tallyman.fcgi"), "-t"],
            [str(harness.ROOT / "build/tallyman"), "check"],
        ):
            done = subprocess.run([*command, "-c", str(self.config)], text=True,
                                  capture_output=True, timeout=harness.PATIENCE)
            self.assertEqual(done.returncode, 0, done)
            out.append(done.stderr)
        return out

    def test_push_time(self):
        place = str(self.dir / "metrics.d/times.json")
        self.write_times()
        warning = (f"warning: {place}:4:4: allowedMetrics[0].name: anybody can push "
                   '"push_time_seconds", even without a token; restrict it to '
                   'programs with "from": "programs"\n')
        self.assertEqual(self.checks(), ["tallyman: " + warning, "tallyman check: " + warning])
        self.write_times(**{"from": "programs"})
        self.assertEqual(self.checks(), ["", ""])


if __name__ == "__main__":
    tap.main()
