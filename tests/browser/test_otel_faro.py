"""Runs the tests of the OpenTelemetry and Grafana Faro SDKs in pages, which print
TAP, on nginx with the shipped sample and real responders.

    test_otel_faro.py [part of a name]
"""

import pathlib
import re
import sys
import threading

HERE = pathlib.Path(__file__).resolve().parent
sys.path.insert(0, str(HERE.parent / "e2e"))

import harness  # noqa: E402
import tap  # noqa: E402
import test_client  # noqa: E402
from responder_case import allowlist, listed, stop_now, wait_serving  # noqa: E402

BOUNDS = [0.25, 0.5, 1]
JOB = {"name": "job", "maxValues": 100}
SHIP = {"name": "ship_to", "allowedValues": ["home", "shop"]}
SPAN = [
    {"name": "service_name", "maxValues": 20},
    {"name": "span_name", "maxValues": 10},
    {"name": "span_kind", "maxValues": 5},
    {"name": "status_code", "maxValues": 3},
    {"name": "route", "allowedValues": ["orders", "other", ""]},
]
FAMILIES = allowlist(
    listed("orders_total", labels=[JOB, SHIP]),
    listed("wait_seconds", "histogram", labels=[JOB], buckets=BOUNDS),
    listed("all_orders_total", labels=[JOB, SHIP], temporality="cumulative"),
    listed(
        "all_wait_seconds",
        "histogram",
        labels=[JOB],
        buckets=BOUNDS,
        temporality="cumulative",
    ),
    listed("cart_items", "gauge", labels=[JOB]),
    listed("add_to_cart_total", labels=[{"name": "test", "maxValues": 100}]),
    listed(
        "checkout_duration_seconds",
        "histogram",
        labels=[{"name": "step", "maxValues": 5}],
        buckets=BOUNDS,
    ),
    listed("checkout_items", "histogram", buckets=[1, 10]),
)
SPANS = allowlist(
    listed("traces_span_metrics_calls_total", labels=SPAN),
    listed(
        "traces_span_metrics_duration_seconds", "histogram", labels=SPAN, buckets=BOUNDS
    ),
)
ROUTES = ["GET:/api/orders/*=orders"]
PAGES = ["/*/basket=basket"]
# Parts of texts, URLs and user names that the pages send.
PERSONAL = ("secret", "people.example", "site.example")


def prepare(site, pages_port):
    site.configure(
        origins=[f"http://site.example:{pages_port}"],
        scrape_token_file=None,
        routes=ROUTES,
        pages=PAGES,
        faro={"apps": ["9f31c2=shop"], "require_key": True},
    )
    site.write("tallyman/metrics.d/otel.json", FAMILIES)
    site.write("tallyman/metrics.d/traces.json", SPANS)
    site.give_away()


def restart(responders, number):
    responders.kill(number)
    responders.restart(number)
    process = responders.processes[number]
    wait_serving(process)


def stop_and_kill(responders):
    """A push in the meantime reaches a stopped responder, which is then killed."""
    for process in responders.processes:
        stop_now(process)
    threading.Timer(1, lambda: [restart(responders, n) for n in (0, 1)]).start()


def kept(site, responders):
    """Returns stored or logged personal data: file and word."""
    files = [*site.home.glob("tallyman.db*"), responders.log]
    return [
        (path.name, word)
        for path in files
        for word in PERSONAL
        if re.search(word.encode(), path.read_bytes())
    ]


def main():
    site = harness.Site()
    try:
        server = test_client.Nginx(site)
        prepare(site, server.pages_port)
        responders = harness.Responders(site)
        commands = {
            "kill responder 0": lambda: restart(responders, 0),
            "kill responder 1": lambda: restart(responders, 1),
            "stop and kill responders": lambda: stop_and_kill(responders),
        }
        try:
            passed = test_client.run(
                server, commands, *sys.argv[1:2] or [""], script="otel.test.mjs"
            )
            found = kept(site, responders)
            print("1..1")
            print(f"{'not ' if found else ''}ok 1 - nothing personal is kept")
            if not passed or found:
                tap.comment(f"kept: {found}")
                tap.comment(server.diagnostics() + "\n" + responders.diagnostics())
        finally:
            responders.stop()
            server.stop()
    finally:
        site.remove()
    sys.exit(0 if passed and not found else 1)


if __name__ == "__main__":
    main()
