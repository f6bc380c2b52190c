"""The read API behind each web server: replies of GET /api/v1/metrics and
/api/v1/status, and access to them."""

import datetime
import json

import checks
import tap
import webservers
from checks import ELSEWHERE, FEATURE
from harness import ORIGIN, counter, histogram, http
from pushgateway import Pushgateway

# A family of each type.
PUSHED = """\
# HELP pushed_total A counter.
# TYPE pushed_total counter
pushed_total{l="a \\"quote\\""} 3
# HELP pushed_depth A \\\\ and\\na line.
# TYPE pushed_depth gauge
pushed_depth -Inf
# TYPE pushed_seconds histogram
pushed_seconds_bucket{le="0.1"} 1
pushed_seconds_bucket{le="10"} 2
pushed_seconds_bucket{le="+Inf"} 4
pushed_seconds_sum 70.5
pushed_seconds_count 4
# HELP pushed_calls A summary.
# TYPE pushed_calls summary
pushed_calls{quantile="0.5"} 1
pushed_calls_sum 10
pushed_calls_count 3
pushed_untyped NaN
"""
SENT_AS = {"Content-Type": "text/plain"}


def families_of(reply):
    """Returns the pushed families without the times."""
    (group,) = [group for group in reply["data"] if "pushed_total" in group]
    families = {
        name: {key: family[key] for key in set(family) - {"time_stamp"}}
        for name, family in group.items()
        if name.startswith("pushed_")
    }
    for series in families["pushed_calls"]["metrics"]:
        series["quantiles"] = {}  # quantiles of several pushes cannot be added up
    return families


def shape(group):
    """Returns a group with each time replaced by whether it is set."""
    group = dict(group)
    for name, family in group.items():
        if not isinstance(family, dict) or "metrics" not in family:
            continue
        time = datetime.datetime.fromisoformat(family["time_stamp"][:19])
        assert time.year > 2000
        group[name] = sorted(
            (
                sorted(label for label in series["labels"].items() if label[1]),
                float(series.get("value", 0)) > 1e9
                if name.startswith("push_")
                else series.get("value"),
            )
            for series in family["metrics"]
        )
    return group


class Api:
    def read(self, what, **options):
        headers = {"Authorization": "Bearer " + self.site.token}
        return self.request("GET", "/api/v1/" + what, headers=headers, **options)

    def test_metrics(self):
        push = [
            counter("usage_total", 3, **FEATURE),
            histogram("firebase_response_time", 0.07, 70, **checks.HOST),
        ]
        self.assertAccepted(self.push(push, {"Origin": ORIGIN}))
        reply = self.read("metrics")
        self.assertStatus(reply, 200)
        self.assertEqual(reply.header("Content-Type"), ["application/json"])
        *_, group = json.loads(reply.text)["data"]
        self.assertEqual(group["labels"], {})
        self.assertTrue(group["last_push_successful"])
        self.assertIn({"labels": FEATURE, "value": "3"}, group["usage_total"]["metrics"])
        (series,) = [
            series
            for series in group["firebase_response_time"]["metrics"]
            if series["labels"] == checks.HOST
        ]
        self.assertEqual((series["count"], series["sum"]), ("2", "70.07"))
        self.assertEqual(series["buckets"]["+Inf"], "2")
        own = {name for name in group if name.startswith("tallyman_")}
        self.assertEqual(own - {"tallyman_client_sample_ratio"}, set())
        self.assertNotIn("metrics_aggregator_record_total", group)

    def test_status(self):
        reply = self.read("status")
        self.assertStatus(reply, 200)
        self.assertEqual(reply.header("Content-Type"), ["application/json"])
        start = json.loads(reply.text)["data"]["start_time"]
        # Python reads the Z from 3.11 on only.
        start = datetime.datetime.fromisoformat(start.replace("Z", "+00:00"))
        age = datetime.datetime.now(datetime.timezone.utc) - start
        self.assertLess(abs(age.total_seconds()), 3600)

    def test_needs_the_token(self):
        for path in ("/api/v1/metrics", "/api/v1/status"):
            self.assertStatus(self.request("GET", path), 401)
            self.assertStatus(self.request("DELETE", path), 405)

    def test_request_from_another_address_is_refused(self):
        ways = """metrics status /metrics ../v1/metrics ./metrics metrics? %6detrics
            metrics/ metrics%2F metrics; %2e%2e/v1/status"""
        for way in ways.split():
            with self.subTest(way):
                reply = self.read(way, source=ELSEWHERE)
                self.assertIn(reply.status, (400, 403, 404), reply)
        for path in ("//api/v1/metrics", "/api//v1/metrics", "/%61pi/v1/metrics"):
            with self.subTest(path):
                headers = {"Authorization": "Bearer " + self.site.token}
                reply = self.request("GET", path, headers=headers, source=ELSEWHERE)
                self.assertIn(reply.status, (400, 403, 404), reply)
        for what in ("metrics", "status"):
            self.assertStatus(self.read(what, source=ELSEWHERE), 403)


class Nginx(Api, checks.ServerCase):
    server_class = webservers.Nginx
    config = {"open_families": True}
    responders_wanted = 2

    def test_groups_equal_the_pushgateways(self):
        gateway = Pushgateway(self.site.dir / "log/pushgateway.log")
        self.addCleanup(gateway.process.stop)
        http("PUT", gateway.url + "/metrics/job/x", PUSHED, SENT_AS)
        url = self.server.url + "/metrics/job/x"
        self.assertStatus(http("PUT", url, PUSHED, SENT_AS), 200)
        theirs = families_of(gateway.read("metrics"))
        ours = families_of(json.loads(self.read("metrics").text))
        self.assertEqual(len(ours), 5)
        for name in sorted(theirs):
            with self.subTest(name):
                # The Pushgateway adds an empty instance to pushes without one.
                for series in theirs[name]["metrics"]:
                    self.assertEqual(series["labels"].pop("instance"), "")
                self.assertEqual(ours[name], theirs[name])
        self.compare_groups(gateway)
        theirs = gateway.read("status")
        ours = json.loads(self.read("status").text)
        self.assertEqual(set(ours), set(theirs))
        self.assertEqual(set(ours["data"]) - {"refusals"}, set(theirs["data"]))
        self.assertIn("version", theirs["data"]["build_information"])
        self.assertIn("version", ours["data"]["build_information"])

    def compare_groups(self, gateway):
        """Groups with more and with fewer labels; one has a failed push."""
        for path, body in (
            ("job/x/shard/1", "pushed_shard 1\n"),
            ("job/y", "pushed_shard 1\n"),
            ("job/y", "pushed_shard 1 1\n"),
            ("job/z", "pushed_shard 1 1\n"),
        ):
            def push(url):
                return http("PUT", f"{url}/metrics/{path}", body, SENT_AS).status

            theirs = gateway.status(lambda: push(gateway.url))
            self.assertEqual(push(self.server.url), theirs)
        replies = (gateway.read("metrics"), json.loads(self.read("metrics").text))
        theirs, ours = (
            {
                str(sorted(group["labels"].items())): shape(group)
                for group in reply["data"]
                if group["labels"]
            }
            for reply in replies
        )
        self.assertEqual(ours, theirs)
        self.assertEqual(len(ours), 4)


class ApacheFcgid(Api, checks.ServerCase):
    server_class = webservers.ApacheFcgid


class ApacheHtaccess(Api, checks.ServerCase):
    server_class = webservers.ApacheHtaccess
    config = {"mount": "/tallyman"}


class ApacheProxy(Api, checks.ServerCase):
    server_class = webservers.ApacheProxy
    responders_wanted = 1


class Lighttpd(Api, checks.ServerCase):
    server_class = webservers.Lighttpd


if __name__ == "__main__":
    tap.main()
