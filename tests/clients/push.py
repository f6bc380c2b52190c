"""Pushes the plan on standard input with python3-prometheus-client and prints the
results. ../e2e/push_clients.py describes the plan."""

import functools
import json
import sys

from prometheus_client import (
    REGISTRY,
    CollectorRegistry,
    Counter,
    Gauge,
    Histogram,
    Summary,
    delete_from_gateway,
    push_to_gateway,
    pushadd_to_gateway,
)
from prometheus_client.exposition import basic_auth_handler, default_handler

TYPES = {
    "counter": (Counter, "inc"),
    "gauge": (Gauge, "set"),
    "histogram": (Histogram, "observe"),
    "summary": (Summary, "observe"),
}


def family(metric, registry):
    """Returns the family of a metric; creates it on first use."""
    kind, _ = TYPES[metric["type"]]
    options = {}
    if "buckets" in metric:
        options["buckets"] = metric["buckets"]
    return kind(
        metric["name"],
        metric["help"],
        list(metric["labels"]),
        registry=registry,
        **options,
    )


def record(metric, families, registry):
    name = metric["name"]
    if name not in families:
        families[name] = family(metric, registry)
    series = families[name]
    if metric["labels"]:
        series = series.labels(**metric["labels"])
    for value in metric["values"]:
        getattr(series, TYPES[metric["type"]][1])(value)


def send(plan, action, registry):
    handler = default_handler
    if "password" in plan:
        handler = functools.partial(
            basic_auth_handler, username="push", password=plan["password"]
        )
    where = {"grouping_key": plan["grouping"], "handler": handler}
    if action == "delete":
        delete_from_gateway(plan["url"], plan["job"], **where)
    elif action == "push":
        push_to_gateway(plan["url"], plan["job"], registry, **where)
    else:
        pushadd_to_gateway(plan["url"], plan["job"], registry, **where)


def main():
    plan = json.load(sys.stdin)
    for number, turn in enumerate(plan["rounds"]):
        if number == 0 or turn["fresh"]:
            registry = REGISTRY if plan["defaults"] else CollectorRegistry()
            families = {}
        for metric in turn["metrics"]:
            record(metric, families, registry)
        try:
            send(plan, turn["action"], registry)
            print("done")
        except OSError as error:
            print(error)


main()
