"""A program with a statsd client sends datagrams, and the relay of the guide pushes
them through nginx to two responders: each is counted exactly once."""

import os
import re
import signal
import socket
import subprocess

import harness
import tap
from guides import code_blocks, guide
from harness import wait_until
from push_case import PushCase
from responder_case import allowlist, listed

CLIENT = """
import statsd, sys
client = statsd.StatsClient("127.0.0.1", int(sys.argv[1]), prefix="shop")
for _ in range(100):
    client.incr("jobs.done")
client.incr("jobs.done", 5)
client.timing("load", 320)
client.gauge("depth", 7)
with client.pipeline() as pipe:  # many lines in a datagram
    pipe.incr("jobs.done", 10)
    pipe.timing("load", 2500)
    pipe.set("users", "ann")
    pipe.incr("not.listed")
"""
LISTED = allowlist(
    listed("shop_jobs_done_total"),
    listed("shop_load_seconds", "histogram", buckets=[0.1, 0.32, 1]),
    listed("shop_depth", "gauge"),
    listed("shop_orders_total", exemplars=True),
    listed("shop_order_seconds", "histogram", buckets=[1, 2], exemplars=True),
)


class Statsd(PushCase):
    files = {"metrics.d/shop.json": LISTED}

    def start_relay(self):
        """Starts the guide's relay with another port and URL."""
        [relay] = [block for block in code_blocks(guide("fcgi/README.md")) if "8125" in block]
        self.port = harness.free_port()
        for old, new in (
            ("127.0.0.1:8125", f"127.0.0.1:{self.port}"),
            ("http://localhost:8080", self.server.url),
            ("sleep 1", "sleep 0.1"),
        ):
            self.assertEqual(relay.count(old), 1, old)
            relay = relay.replace(old, new)
        process = subprocess.Popen(
            ["sh", "-c", relay],
            start_new_session=True,
            stdout=subprocess.DEVNULL,
            env={**os.environ, "no_proxy": "127.0.0.1"},
        )
        self.addCleanup(process.wait)
        self.addCleanup(os.killpg, process.pid, signal.SIGTERM)
        wait_until(self.is_bound, "the relay to listen")

    def is_bound(self):
        with open("/proc/net/udp") as sockets:
            return f":{self.port:04X} " in sockets.read()

    def refused(self, reason):
        return self.value("tallyman_samples_rejected_total", door="statsd", reason=reason)

    def test_client(self):
        self.start_relay()
        subprocess.run(
            ["/usr/bin/python3", "-c", CLIENT, str(self.port)], check=True, timeout=60
        )
        with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as raw:
            for text in (b"\0", b"\n", b"shop.depth:+2|g", b"shop.jobs.done:1|c\n"):
                raw.sendto(text, ("127.0.0.1", self.port))
        wait_until(
            lambda: self.value("shop_jobs_done_total") == 116, "all to be counted"
        )
        wait_until(lambda: self.refused("unknown_family") == 1, "the count of what is refused")
        self.assertEqual(self.refused("unsupported_type"), 1)
        self.assertEqual(self.value("shop_depth"), 9)
        self.assertEqual(
            [self.value("shop_load_seconds_bucket", le=le) for le in ("0.1", "0.32", "1", "+Inf")],
            [0, 1, 1, 2],
        )
        self.assertAlmostEqual(self.value("shop_load_seconds_sum"), 2.82)

    def test_lines(self):
        reply = self.request("POST", "/statsd", b"shop.depth:1|g\nshop.depth:x|g")
        self.assertStatus(reply, 200)
        self.assertEqual(
            reply.text,
            "OK: 1 of 2 lines rejected: invalid_value 1 (shop_depth); line 2: "
            'shop_depth: the value is "x", must be a number\n',
        )
        before = self.value("shop_load_seconds_count")
        for _ in range(3):
            reply = self.request(
                "POST", "/statsd", b"shop.load:1:2|ms|@0.5", [("Idempotency-Key", "one")]
            )
            self.assertEqual(reply.text, "OK\n")
        self.assertEqual(self.value("shop_load_seconds_count"), before + 4)
        reply = self.request("POST", "/statsd", b"{}")
        self.assertStatus(reply, 400)

    def test_exemplars(self):
        """Exemplars of the header, and exemplars of the push itself."""
        trace, span = "4bf92f3577b34da6a3ce929d0e0e4736", "00f067aa0ba902b7"
        parent = [("traceparent", f"00-{trace}-{span}-01")]
        body = b"shop.orders:3|c\nshop.order:500|ms\nshop.load:500|ms"
        self.assertStatus(self.request("POST", "/statsd", body, parent), 200)
        text = (
            "# TYPE shop_order_seconds histogram\n"
            'shop_order_seconds_bucket{le="1"} 0\n'
            'shop_order_seconds_bucket{le="2"} 1 # {trace_id="own"} 1.5 1520879607.789\n'
            "shop_order_seconds_count 1\nshop_order_seconds_sum 1.5\n# EOF\n"
        )
        kind = [("Content-Type", "application/openmetrics-text")]
        reply = self.request("POST", "/metrics", text, parent + kind)
        self.assertStatus(reply, 202)
        shown = harness.scrape(self.server, "application/openmetrics-text").text
        lines = [line for line in shown.splitlines() if " # {" in line]
        ids = f'{{span_id="{span}",trace_id="{trace}"}}'
        self.assertEqual(
            [re.sub(r" 1[0-9.]{9,}$", " TIME", line) for line in lines],
            [
                f'shop_order_seconds_bucket{{le="1.0"}} 1 # {ids} 0.5 TIME',
                'shop_order_seconds_bucket{le="2.0"} 2 # {trace_id="own"} 1.5 TIME',
                f"shop_orders_total 3 # {ids} 3 TIME",
            ],
        )


if __name__ == "__main__":
    tap.main()
