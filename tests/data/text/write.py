#!/usr/bin/python3
"""Writes what the Python client exposes, as inputs of test_ingest_text."""

import math
import os
import sys
import time

import prometheus_client as client
from prometheus_client import exposition
from prometheus_client.openmetrics import exposition as openmetrics

time.time = lambda: 1700000000.25  # of _created and exemplars
registry = client.CollectorRegistry()
jobs = client.Counter("jobs_processed", 'Jobs by "result",\nper queue \\ day.',
                      ["queue", "result"], registry=registry)
jobs.labels("mail", "ok").inc(12)
jobs.labels("mail", "failed").inc()
jobs.labels('a "quoted" \\ \nvalue', "ok").inc(0.5)
client.Gauge("last_success_unixtime", "When it last worked.",
             registry=registry).set(1700000000.5)
size = client.Summary("request_size", "Bytes.", ["method"], unit="bytes",
                      registry=registry)
for value in 512, 0.1, 0.2:
    size.labels("GET").observe(value)
latency = client.Histogram("request_latency", "Time.", ["method"],
                           unit="seconds", buckets=(0.01, 0.1, 1, 10),
                           registry=registry)
latency.labels("GET").observe(0.05, {"trace_id": "abc"})
latency.labels("GET").observe(0.3)
latency.labels("POST").observe(20)
client.Info("build", "The build.", registry=registry).info(
    {"version": "1.2", "revision": "\u00e4"})
client.Enum("task_state", "The state.", registry=registry,
            states=["starting", "running", "stopped"]).state("running")
client.Gauge("odd", "Odd values.", ["v"], registry=registry).labels(
    "nan").set(math.nan)

for name, write in (("python", exposition.generate_latest),
                    ("python-openmetrics", openmetrics.generate_latest)):
    with open(os.path.join(sys.argv[1], "ok", name + ".txt"), "wb") as file:
        file.write(write(registry))
