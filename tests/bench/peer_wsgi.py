"""A WSGI application from Debian packages that does Tallyman's job: it counts the
same pushes with prometheus_client, whose processes share files in
PROMETHEUS_MULTIPROC_DIR. It does not check labels and values."""

import json

from prometheus_client import (CollectorRegistry, Counter, Histogram,
                               generate_latest, multiprocess)

from series import BOUNDS

USES = Counter("uses", "Uses of a page.", ["page"])
LOAD = Histogram("load_seconds", "Time to load.", ["n"], buckets=BOUNDS)


def count(body):
    for sample in json.loads(body):
        if sample["metricType"] == "counter":
            USES.labels(**sample["labels"]).inc(sample["inc"])
        else:
            series = LOAD.labels(**sample["labels"])
            for observation in sample["observations"]:
                series.observe(observation)


def application(environ, start_response):
    body = b"OK\n"
    if environ["REQUEST_METHOD"] == "POST":
        count(environ["wsgi.input"].read())
    else:
        registry = CollectorRegistry()
        multiprocess.MultiProcessCollector(registry)
        body = generate_latest(registry)
    start_response("200 OK", [("Content-Type", "text/plain"),
                              ("Content-Length", str(len(body)))])
    return [body]
