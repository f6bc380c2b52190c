"""Programs push with an unmodified OpenTelemetry SDK through nginx to two
responders, which are killed in between. The totals are exact, as far as the
protocol permits."""

import json
import re
import socket
import sqlite3
import threading
import unittest

import tap
import webservers
from harness import PATIENCE, wait_until
from otel_clients import GO, Program, metric, turn
from push_case import PushCase
from responder_case import allowlist, listed

BOUNDS = [0.25, 0.5, 1]
JOB = {"name": "job", "maxValues": 100}
SHIP = {"name": "ship_to", "allowedValues": ["home", "shop"]}
# Families by their exposed names. Each test has jobs of its own.
FAMILIES = allowlist(
    listed("orders_total", labels=[JOB, SHIP]),
    listed("wait_seconds", "histogram", unit="seconds", labels=[JOB], buckets=BOUNDS),
    listed("cart_items", "gauge", labels=[JOB]),
    listed("outside_celsius", "gauge", labels=[JOB]),
    listed("all_orders_total", labels=[JOB, SHIP], temporality="cumulative"),
    listed(
        "all_wait_seconds",
        "histogram",
        labels=[JOB],
        buckets=BOUNDS,
        temporality="cumulative",
    ),
)
ENCODINGS = [
    {"protobuf": protobuf, "gzip": gzip}
    for protobuf in (False, True)
    for gzip in (False, True)
]


def work(prefix="", home=1, waits=(0.25, 0.3), cart=0):
    """Returns the points that a program records in a round."""
    return [
        metric("counter", f"{prefix}orders", home, unit="{order}", ship__to="home"),
        metric("counter", f"{prefix}orders", 0.5, unit="{order}", ship__to="shop"),
        metric("histogram", f"{prefix}wait", *waits, unit="s", bounds=BOUNDS),
        *([metric("upDownCounter", "cart.items", cart, unit="{item}")] if cart else []),
    ]


class Nginx(webservers.Nginx):
    """Logs the status of each reply."""

    def conf(self):
        self.log = self.site.dir / "log/access.log"
        server = f"server {{\n    access_log {self.log} replies;"
        text = super().conf().replace("server {\n", server + "\n", 1)
        text = re.sub(r"rate=\d+r/s", "rate=10000r/s", text)
        return "log_format replies '$status $uri';\n" + text

    def replies(self):
        """Returns the statuses of the pushes so far."""
        return re.findall(r"^(\d+) /tallyman/v1/metrics$", self.log.read_text(), re.M)


class Lossy(threading.Thread):
    """A proxy that loses the first reply and closes the connection instead."""

    def __init__(self, port):
        super().__init__(daemon=True)
        self.port = port
        self.listener = socket.create_server(("127.0.0.1", 0))
        self.url = f"http://127.0.0.1:{self.listener.getsockname()[1]}"
        self.lost = 0
        self.start()

    def run(self):
        while True:
            try:
                client, _ = self.listener.accept()
            except OSError:
                return
            server = socket.create_connection(("127.0.0.1", self.port), PATIENCE)
            threading.Thread(target=self.pass_on, args=(client, server), daemon=True).start()
            self.answer(server, client)

    @staticmethod
    def pass_on(source, target):
        try:
            while data := source.recv(65536):
                target.sendall(data)
        except OSError:
            pass

    def answer(self, server, client):
        with server, client:
            first = server.recv(65536)
            if self.lost == 0 and first:
                self.lost += 1
                client.shutdown(socket.SHUT_RDWR)
                return
            client.sendall(first)
            self.pass_on(server, client)

    def stop(self):
        self.listener.close()


class OtelCase(PushCase):
    server_class = Nginx
    files = {"metrics.d/otel.json": FAMILIES}

    def program(self, *rounds, url=None, **plan):
        program = Program(url or self.server.url + "/v1/metrics", *rounds, **plan)
        self.addCleanup(program.kill)
        return program

    def run_all(self, *rounds, service, plans):
        """Runs a program for each plan at the same time; each must succeed."""
        programs = [self.program(*rounds, service=service, **plan) for plan in plans]
        for program in programs:
            for said in program.finish():
                self.assertEqual(said, {"warnings": [], "errors": []})

    def series(self, job):
        """Returns {(name, other labels): value} of a job in the scrape."""
        found = {}
        for (name, labels), value in self.pushed().items():
            labels = dict(labels)
            if labels.pop("job", None) == job:
                found[(name, *sorted(labels.values()))] = value
        return found

    def assertWork(self, job, prefix, rounds, cart=None):
        """The totals of work() times the number of rounds."""
        name = f"{prefix}wait_seconds"
        want = {
            (f"{prefix}orders_total", "home"): rounds,
            (f"{prefix}orders_total", "shop"): rounds / 2,
            (f"{name}_bucket", "0.25"): rounds,
            (f"{name}_bucket", "0.5"): 2 * rounds,
            (f"{name}_bucket", "1"): 2 * rounds,
            (f"{name}_bucket", "+Inf"): 2 * rounds,
            (f"{name}_count",): 2 * rounds,
            (f"{name}_sum",): 0.55 * rounds,
        }
        if cart is not None:
            want["cart_items",] = cart
        got = self.series(job)
        got[f"{name}_sum",] = round(got[f"{name}_sum",], 6)
        want[f"{name}_sum",] = round(want[f"{name}_sum",], 6)
        self.assertEqual(got, want)
        self.assertEqual(
            self.site.query(
                "SELECT labels->>'ship_to', total FROM counter_totals"
                " WHERE family = ? AND labels->>'job' = ? ORDER BY 1",
                f"{prefix}orders_total",
                job,
            ),
            [("home", rounds), ("shop", rounds / 2)],
        )


class Exact(OtelCase):
    def test_delta(self):
        """In each encoding. An UpDownCounter is cumulative even then."""
        self.run_all(
            turn(*work(cart=3)),
            turn(*work(cart=-1)),
            service="delta",
            plans=[{**encoding, "temporality": "DELTA"} for encoding in ENCODINGS],
        )
        self.assertWork("delta", "", 2 * len(ENCODINGS), cart=2)

    def test_cumulative(self):
        """The SDK's default; each process has its own id."""
        plans = [
            {**encoding, "instance": f"i{number}"}
            for number, encoding in enumerate(ENCODINGS)
        ]
        rounds = [turn(*work("all_"))] * 3
        self.run_all(*rounds, service="cumulative", plans=plans)
        self.assertWork("cumulative", "all_", 3 * len(plans))
        # A new process with the old id continues its total.
        self.run_all(*rounds, service="cumulative", plans=plans[:1])
        self.assertWork("cumulative", "all_", 3 * len(plans) + 3)

    def test_low_memory(self):
        self.run_all(
            *[turn(*work())] * 2,
            service="lowmemory",
            plans=[{"temporality": "LOWMEMORY"}],
        )
        self.assertWork("lowmemory", "", 2)

    def test_exponential_histograms(self):
        """Exact, since the family's bounds are powers of two."""
        self.run_all(
            turn(*work(waits=(0.25, 0.3))),
            service="exponential",
            plans=[
                {**encoding, "temporality": "DELTA", "exponential": True}
                for encoding in ENCODINGS[::3]
            ],
        )
        self.assertWork("exponential", "", 2)

    @unittest.skipUnless(GO[0].exists(), "Debian 12 has no exporter of OTLP for Go")
    def test_go(self):
        self.run_all(
            *[turn(*work(cart=1))] * 2,
            service="go",
            plans=[
                {"command": GO, "temporality": "DELTA", "gzip": gzip}
                for gzip in (False, True)
            ],
        )
        self.assertWork("go", "", 4, cart=2)
        self.run_all(
            *[turn(*work("all_"))] * 3,
            service="go-totals",
            plans=[{"command": GO, "instance": name} for name in ("a", "b")],
        )
        self.assertWork("go-totals", "all_", 6)

    def test_random_instances_make_no_series(self):
        """PHP's SDK has a random instance in each request."""
        rounds = [turn(*work(), fresh=True)] * 50
        self.run_all(
            *rounds,
            service="random",
            plans=[{"temporality": "DELTA", "instance": "random"}],
        )
        self.assertWork("random", "", 50)

    def test_refused_points_are_reported_once(self):
        """The other points count, and the SDK does not resend them."""
        rounds = [turn(*work(), metric("counter", "unlisted", 1))]
        before = len(self.server.replies())
        programs = [
            self.program(*rounds, service=f"partial{n}", temporality="DELTA", **encoding)
            for n, encoding in enumerate(ENCODINGS)
        ]
        for number, program in enumerate(programs):
            ((warning,), errors) = program.finish()[0].values()
            self.assertEqual(errors, [])
            text, _, partial = warning.partition(": ")
            self.assertEqual(text, "Received Partial Success response")
            partial = json.loads(partial)
            self.assertEqual(int(partial["rejectedDataPoints"]), 1)
            for word in ("unlisted_total", "`metrics`", "`open_families`"):
                self.assertIn(word, partial["errorMessage"])
            self.assertWork(f"partial{number}", "", 1)
        self.assertEqual(self.server.replies()[before:], ["200"] * len(programs))


class Lost(OtelCase):
    """The reply to the first push is lost, and the SDK resends it."""

    def push(self, service, **plan):
        lossy = Lossy(self.server.port)
        self.addCleanup(lossy.stop)
        url = f"{lossy.url}{self.server.mount}/v1/metrics"
        program = self.program(
            turn(*work()), url=url, service=service, temporality="DELTA", **plan
        )
        return lossy, program

    def test_a_lost_reply(self):
        """It counts twice: the protocol has no push id. With the header it counts once."""
        keyed = {"headers": {"Idempotency-Key": "4711-of-this-push"}}
        all_pushes = [
            (*self.push("twice", protobuf=True), "twice", 2),
            (*self.push("twice-json"), "twice-json", 2),
            (*self.push("once", protobuf=True, **keyed), "once", 1),
        ]
        for lossy, program, job, times in all_pushes:
            self.assertEqual(program.finish()[0]["errors"], [])
            self.assertEqual(lossy.lost, 1)
            self.assertWork(job, "", times)


class Unavailable(OtelCase):
    def test_locked_database(self):
        """The SDK gets 503 and retries; nothing is lost or counted twice."""
        outsider = sqlite3.connect(
            self.site.database, isolation_level=None, timeout=PATIENCE
        )
        self.addCleanup(outsider.close)
        outsider.execute("BEGIN IMMEDIATE")
        programs = [
            self.program(turn(*work()), service="locked", temporality="DELTA", **encoding)
            for encoding in ENCODINGS[::3]
        ]
        wait_until(
            lambda: self.server.replies().count("503") >= len(programs), "refusals"
        )
        outsider.execute("ROLLBACK")
        for program in programs:
            self.assertEqual(program.finish(), [{"warnings": [], "errors": []}])
        self.assertWork("locked", "", len(programs))


class Kills(OtelCase):
    def test_kill_9_while_programs_push(self):
        """Running totals are exact. A delta counts at least once if acknowledged,
        and at most once more for each lost reply: nginx's 502 in place of a
        responder's reply."""
        deltas = [
            self.program(
                turn(*work()), service="d", temporality="DELTA", repeat=True, **encoding
            )
            for encoding in ENCODINGS[1:3]
        ]
        totals = [
            self.program(
                turn(*work("all_")), service="c", instance=f"i{n}", repeat=True, **encoding
            )
            for n, encoding in enumerate(ENCODINGS[::3])
        ]
        programs = deltas + totals
        for number in (0, 1) * 2:
            before = [len(program.said()) for program in programs]
            wait_until(
                lambda: sum(
                    len(program.said()) > done + 10
                    for program, done in zip(programs, before)
                )
                >= 2,
                "pushes",
            )
            self.responders.kill(number)
            self.responders.restart(number)
        delta_said, total_said = (
            [said for program in some for said in program.finish()]
            for some in (deltas, totals)
        )
        self.assertWork("c", "all_", len(total_said))
        acknowledged = sum(not said["errors"] for said in delta_said)
        lost = self.server.replies().count("502")
        home = self.series("d")["orders_total", "home"]
        self.assertGreaterEqual(home, acknowledged)
        self.assertLessEqual(home, acknowledged + lost)
        self.assertWork("d", "", home)


if __name__ == "__main__":
    tap.main()
