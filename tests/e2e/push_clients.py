"""Programs with unmodified client libraries. A plan lists the metrics and pushes of a
program, and tests/clients/push.* execute it:

    url, job, grouping  where to
    rounds              in order: `metrics` to count in a registry, a new one if
                        `fresh`, and the `action`: add (POST), push (PUT) or delete
    defaults            the first registry has the library's own metrics, too
    password            for Basic authentication
    headers, gzip       prom-client only: further headers, and a compressed body
    text                client_golang only: the text format; `native` of a histogram
                        is the factor of its native buckets

Each round prints `done`, or the library's error.
"""

import json
import os
import subprocess

from harness import ROOT

CLIENTS = ROOT / "tests/clients"


class Failed(Exception):
    """The library reported a failed push."""


def metric(kind, name, *values, buckets=None, **labels):
    """Returns a metric and its observations in a round."""
    made = {"type": kind, "name": name, "help": f"A {kind} of a test."}
    made.update(labels=labels, values=list(values))
    if buckets is not None:
        made["buckets"] = buckets
    return made


def turn(action, *metrics, fresh=True):
    return {"action": action, "fresh": fresh, "metrics": list(metrics)}


class Client:
    """A program that pushes to `url` as `job`."""

    command = None
    options = {}  # added to every plan

    def __init__(self, url):
        self.url = url

    def start(self, job, *rounds, grouping=None, **more):
        """Starts a process; finish() waits for it."""
        plan = {"url": self.url, "job": job, "grouping": grouping or {}}
        plan.update(defaults=False, rounds=rounds, **self.options)
        plan.update(more)
        process = subprocess.Popen(
            [str(part) for part in self.command],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
            # No proxy of the environment.
            env={**os.environ, "no_proxy": "127.0.0.1"},
        )
        process.stdin.write(json.dumps(plan))
        process.stdin.close()
        process.stdin = None
        return process, len(rounds)

    @staticmethod
    def finish(started):
        """Raises Failed with the message of the library, if any."""
        process, rounds = started
        output, errors = process.communicate(timeout=60)
        if process.returncode != 0:
            raise RuntimeError(f"the client ended badly: {output}{errors}")
        if output != "done\n" * rounds:
            raise Failed(output)

    def run(self, job, *rounds, **more):
        self.finish(self.start(job, *rounds, **more))


class Python(Client):
    """Debian's python3-prometheus-client."""

    # Debian's Python, not another one in PATH.
    command = ["/usr/bin/python3", CLIENTS / "push.py"]


class Node(Client):
    """npm's prom-client, which sends its bodies in chunks."""

    command = ["node", CLIENTS / "push.mjs"]


class Go(Client):
    """Debian's golang-github-prometheus-client-golang-dev: protobuf."""

    command = [ROOT / "build/tests/clients/push-go"]


class GoText(Go):
    options = {"text": True}
