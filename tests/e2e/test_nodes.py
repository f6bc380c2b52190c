"""Three nodes with databases and responders of their own, scraped by a real
Prometheus with the output of `tallyman monitoring`. One node is killed and started
again during pushes: the sum equals the acknowledged pushes."""

import itertools
import json
import subprocess
import threading
import time
import unittest
from http.client import HTTPException

import harness
import tap
import webservers
from command_case import PLAIN, TALLYMAN
from harness import counter, histogram, http, uuid7, wait_until
from monitoring_case import without_new_keys
from test_prometheus import Prometheus

NODES = 3
PUSHERS = 4
LABELS = {"browser": "chrome", "feature": "blockStudent"}


class Node:
    """One machine: directory, database, responders and web server."""

    def __init__(self, number, token):
        self.number = number
        self.site = harness.Site()
        # The legacy timings are many similar families.
        (self.site.home / "metrics.d/performance_timing.json").unlink()
        self.site.write("tallyman/scrape.token", token + "\n")
        self.site.give_away()
        self.responders = harness.Responders(self.site, 2)
        self.server = webservers.Nginx(self.site, "/tallyman")

    def kill(self):
        """Like a power-off."""
        self.server.process.kill()
        for number in range(len(self.responders.processes)):
            self.responders.kill(number)

    def restart(self):
        for number in range(len(self.responders.processes)):
            self.responders.restart(number)
        self.server.process = harness.Process(
            self.server.prepare(), self.server.errors
        )

    def stop(self):
        self.server.stop()
        self.responders.stop()
        self.site.remove()


class Generated(Prometheus):
    """Uses the written configuration."""

    def __init__(self, site, directory):
        self.port = harness.free_port()
        self.url = f"http://127.0.0.1:{self.port}"
        self.log = site.dir / "log/prometheus.log"
        (site.dir / "prometheus").mkdir()
        site.give_away()
        self.process = harness.Process(
            [
                "prometheus",
                f"--config.file={directory}/prometheus.yml",
                f"--storage.tsdb.path={site.dir}/prometheus",
                f"--web.user-assets={directory}/runbooks",
                f"--web.listen-address=127.0.0.1:{self.port}",
            ],
            self.log,
            as_user=harness.USER,
        )


class Pusher(threading.Thread):
    """Pushes to the nodes in turn. A push without an acknowledgement is repeated to
    the same node under the same batch id."""

    addresses = itertools.count(1)

    def __init__(self, nodes, number):
        super().__init__(daemon=True)
        self.nodes = nodes
        self.turn = number
        self.end = threading.Event()
        self.acknowledged = [0.0] * len(nodes)
        self.repeated = 0

    def send(self, node, body):
        """Returns whether the push was acknowledged."""
        # Each push has a new address: the server limits the rate per address.
        number = next(self.addresses)
        source = f"127.{1 + number // 60000}.{number // 250 % 240}.{1 + number % 250}"
        try:
            reply = http(
                "POST",
                node.server.url + "/record",
                body,
                {"Content-Type": "application/json"},
                source=source,
            )
        except (OSError, HTTPException):
            return False
        return reply.status == 200

    def run(self):
        while not self.end.is_set():
            self.turn += 1
            at = self.turn % len(self.nodes)
            amount = 1 + self.turn % 5
            body = json.dumps(
                {
                    "batch": uuid7(),
                    "metrics": [
                        counter("usage_total", amount, **LABELS),
                        histogram("demo_response_seconds", 0.2),
                    ],
                }
            )
            while not self.send(self.nodes[at], body):
                self.repeated += 1
                time.sleep(0.05)
            self.acknowledged[at] += amount
            time.sleep(0.01)


class Nodes(unittest.TestCase):
    def setUp(self):
        token = "a-token-for-all-nodes"
        self.nodes = []
        for number in range(NODES):
            self.nodes.append(Node(number, token))
            self.addCleanup(self.nodes[-1].stop)
        self.prometheus = self.start_prometheus(token)
        self.addCleanup(self.prometheus.stop)

    def start_prometheus(self, token):
        site = self.nodes[0].site
        out = site.dir / "monitoring"
        subprocess.run(
            [
                TALLYMAN,
                "monitoring",
                *("-c", site.config),
                *("--out", out),
                *("--scrape-interval", "1s"),
                *("--nodes", ",".join(self.instance(node) for node in self.nodes)),
            ],
            check=True,
            capture_output=True,
            env=PLAIN,
        )
        (out / "secrets/scrape.token").write_text(token + "\n")
        config = out / "prometheus.yml"
        config.write_text(without_new_keys(config.read_text()))
        return Generated(site, out)

    def instance(self, node):
        return f"127.0.0.1:{node.server.port}"

    def wait_for(self, query, value):
        last = [None]

        def reached():
            last[0] = self.prometheus.query(query)
            return last[0] == value

        try:
            wait_until(reached, f"{query} to be {value}")
        except RuntimeError as error:
            self.fail(
                f"{error}; it is {last[0]}\n" + harness.tail(self.prometheus.log)
            )

    def test_sum_equals_the_acknowledged_pushes(self):
        up = 'sum(up{job="tallyman"})'
        total = "sum(total:usage_total:sum)"
        self.wait_for(up, NODES)
        pushers = [Pusher(self.nodes, number) for number in range(PUSHERS)]
        for pusher in pushers:
            pusher.start()
        wait_until(lambda: (self.prometheus.query(total) or 0) > 100, "pushes")
        victim = self.nodes[1]
        of_victim = f'sum(usage_total{{instance="{self.instance(victim)}"}})'
        self.wait_for(f"{of_victim} > bool 0", 1)
        victim.kill()
        self.wait_for(up, NODES - 1)
        self.wait_for(f'up{{instance="{self.instance(victim)}"}}', 0)
        # While the node is down, its last scraped share of the total stays. (All
        # pushers soon wait for it, so nothing changes.)
        last = f'last_over_time(usage_total{{instance="{self.instance(victim)}"}}[5m])'
        self.wait_for(f"sum({last}) > bool 0", 1)
        self.wait_for(f"{total} == bool (sum(usage_total) + sum({last}))", 1)
        victim.restart()
        self.wait_for(up, NODES)
        time.sleep(1)
        for pusher in pushers:
            pusher.end.set()
        for pusher in pushers:
            pusher.join(harness.PATIENCE)
            self.assertFalse(pusher.is_alive())
        self.assertGreater(sum(pusher.repeated for pusher in pushers), 0)
        acknowledged = [
            sum(pusher.acknowledged[at] for pusher in pushers) for at in range(NODES)
        ]
        for node, expected in zip(self.nodes, acknowledged):
            self.assertGreater(expected, 0)
            self.assertEqual(node.site.stored("usage_total", **LABELS), expected)
            instance = self.instance(node)
            self.wait_for(
                f'sum(usage_total{{job="tallyman",instance="{instance}"}})', expected
            )
        self.wait_for("sum(usage_total)", sum(acknowledged))
        self.wait_for(total, sum(acknowledged))
        self.check_rules(total)

    def check_rules(self, total):
        # The sum never went down, and the rate had no spike.
        query = self.prometheus.query
        self.assertEqual(query("sum(resets(total:usage_total:sum[5m]))"), 0)
        self.assertEqual(query("sum(resets(usage_total[5m]))"), 0)
        self.assertIsNone(query("total:usage:rate5m < 0"))
        self.assertGreater(query("sum(total:usage:rate5m)"), 0)
        found = query("total:demo_response_seconds:p50")
        self.assertGreater(found, 0.1)
        self.assertLessEqual(found, 0.25)
        data = self.prometheus.api("rules")
        bad = [
            (rule["name"], rule.get("lastError"))
            for group in data["groups"]
            for rule in group["rules"]
            if rule["health"] == "err"
        ]
        self.assertEqual(bad, [])
        # The runbooks exist at the alerts' URLs.
        reply = http("GET", self.prometheus.url + "/user/TallymanDown.md")
        self.assertEqual(reply.status, 200)
        self.assertIn("# TallymanDown", reply.text)


if __name__ == "__main__":
    tap.main()
