"""The same requests to Debian's prometheus-pushgateway and to Tallyman: statuses,
types and values are equal, except where push_requests.py gives a reason."""

import re

import tap
from harness import Scrape, http
from push_case import PushCase
from push_requests import BODIES, DIFFERENCES, FORMATS, PAIRS, PATHS
from pushgateway import Pushgateway


def shown(text, name):
    """Returns the samples and types of families with this prefix. A label without a
    value is omitted. Of a summary only sum and count are compared: quantiles of
    several programs cannot be added."""
    samples = {}
    for (sample, labels), value in Scrape(text).samples.items():
        labels = {label for label in labels if label[1]}
        if sample.startswith(name) and "quantile" not in dict(labels):
            samples[sample, frozenset(labels)] = str(value)
    types = re.findall(rf"^# TYPE ({name}\S*) (\w+)$", text, re.M)
    return samples, sorted(types)


class Parity(PushCase):
    maxDiff = None
    config = {"open_families": True}

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.gateway = Pushgateway(cls.site.dir / "log/pushgateway.log")
        cls.addClassCleanup(cls.gateway.process.stop)
        cls.cases = 0

    def ours(self):
        return self.scrape().text

    def compare(self, case):
        Parity.cases += 1
        name = f"case{Parity.cases}x"
        self.gateway.wipe()
        theirs = [
            self.gateway.status(lambda: request.send(self.gateway.url, name))
            for request in case.requests
        ]
        ours = [request.send(self.server.url, name) for request in case.requests]
        text = self.gateway.scrape()
        # A label value that is not UTF-8 breaks the Pushgateway's own scrape.
        broken = text.startswith("An error has occurred")
        their_samples, their_types = ({}, []) if broken else shown(text, name)
        our_samples, our_types = shown(self.ours(), name)
        if case.why is None:
            self.assertEqual((ours, our_samples), (theirs, their_samples))
            self.assertEqual(our_types, their_types)
        else:
            want = re.sub("^ *", "", case.samples, flags=re.M).replace("NAME", name)
            self.assertEqual(
                (ours, our_samples), (case.statuses, shown(want, name)[0])
            )
            self.assertNotEqual(
                (ours, our_samples), (theirs, their_samples), "there is no difference"
            )

    def compare_all(self, cases):
        for case in cases:
            with self.subTest(case.name):
                self.compare(case)

    def test_paths(self):
        self.compare_all(PATHS)

    def test_bodies(self):
        self.compare_all(BODIES)

    def test_formats(self):
        self.compare_all(FORMATS)

    def test_pairs_of_requests(self):
        self.compare_all(PAIRS)

    def test_differences(self):
        self.compare_all(DIFFERENCES)

    def test_time_of_the_push(self):
        """Both expose when a push to a group was accepted and when one was refused,
        until the group is deleted."""
        path = "/metrics/job/timed/x/a%22b/instance/"
        families = ("push_time_seconds", "push_failure_time_seconds")

        def times():
            return [
                {
                    key: value
                    for family in families
                    for key, value in shown(scraped, family)[0].items()
                    if ("job", "timed") in key[1]
                }
                for scraped in (self.gateway.scrape(), self.ours())
            ]

        def assert_same(theirs, ours):
            self.assertEqual(sorted(ours, key=str), sorted(theirs, key=str))
            for key, value in ours.items():
                self.assertAlmostEqual(float(value), float(theirs[key]), delta=5)

        def send(method, body):
            return [
                self.gateway.status(
                    lambda: http(method, self.gateway.url + path, body).status
                ),
                http(method, self.server.url + path, body).status,
            ]

        self.gateway.wipe()
        self.assertEqual(times(), [{}, {}])
        for body in ("timed 1\n", ""):
            self.assertEqual(send("PUT", body), [200, 200])
            theirs, ours = times()
            assert_same(theirs, ours)
            self.assertEqual(len(ours), 2)
            self.assertIn("0.0", ours.values())
        before = times()
        # The body is no text at all: neither marks the group as failed.
        self.assertEqual(send("PUT", "timed {\n"), [400, 400])
        self.assertEqual(times(), before)
        self.assertEqual(send("PUT", "timed 1 1\n"), [400, 400])
        theirs, ours = times()
        assert_same(theirs, ours)
        self.assertNotIn("0.0", ours.values())
        self.assertEqual(send("DELETE", None), [202, 202])
        self.assertEqual(times(), [{}, {}])
        for _ in range(2):
            for text in (self.gateway.scrape(), self.ours()):
                for family in families:
                    self.assertEqual(
                        re.findall(rf"^# TYPE {family} (\w+)$", text, re.M)
                        or ["gauge"],
                        ["gauge"],
                    )
            send("POST", "")

    def test_health(self):
        for path in ("/-/healthy", "/-/ready"):
            for method in ("GET", "POST"):
                with self.subTest(f"{method} {path}"):
                    self.assertEqual(
                        http(method, self.server.url + path).status,
                        http(method, self.gateway.url + path).status,
                    )


if __name__ == "__main__":
    tap.main()
