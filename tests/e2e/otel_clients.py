"""The SDKs of OpenTelemetry for JavaScript and Go, as they are. A plan
lists the records and pushes of a program, and tests/clients/otel.* carry it out:

    url, gzip           where to, and how
    headers             JavaScript only: further headers
    protobuf            JavaScript only: that exporter, and not that of JSON
    temporality         the preference: DELTA, CUMULATIVE, LOWMEMORY or none
    exponential         histograms are exponential ones
    resource            its attributes; `instance` is its service.instance.id, or
                        "random" for a new one in each program
    rounds              what to do, one after the other: `metrics` to record,
                        in a new program if `fresh`, and then a push
    repeat              JavaScript only: the last round comes again and again
                        until standard input ends, and once more then

Each push prints what the SDK says: its `warnings`, and the `errors` that it hands
to the program.
"""

import json
import os
import subprocess
import tempfile

from harness import ROOT

NODE = ("node", ROOT / "tests/clients/otel.mjs")
GO = (ROOT / "build/tests/clients/otel-go",)  # there on Debian 13


def metric(kind, name, *values, unit="", bounds=None, **attributes):
    """An instrument, and what is recorded with it in a round; an attribute's
    name has a dot for each pair of underscores."""
    made = {"kind": kind, "name": name, "unit": unit, "values": values}
    if bounds is not None:
        made["bounds"] = bounds
    made["attributes"] = {
        key.replace("__", "."): value for key, value in attributes.items()
    }
    return made


def turn(*metrics, fresh=False):
    return {"fresh": fresh, "metrics": metrics}


class Program:
    """A process with the SDK that is at work."""

    def __init__(self, url, *rounds, service="shop", command=NODE, **plan):
        plan = {
            "url": url,
            "rounds": rounds,
            "resource": {"service.name": service},
            **plan,
        }
        self.output = tempfile.TemporaryFile()
        self.process = subprocess.Popen(
            command,
            stdin=subprocess.PIPE,
            stdout=self.output,
            stderr=self.output,
            text=True,
            env={**os.environ, "no_proxy": "127.0.0.1"},
        )
        self.process.stdin.write(json.dumps(plan) + "\n")
        self.process.stdin.flush()

    def text(self):
        """The output so far. The process writes on where its file is, so that no
        read may move that."""
        descriptor = self.output.fileno()
        return os.pread(descriptor, os.fstat(descriptor).st_size, 0).decode()

    def said(self):
        """Of each push so far."""
        lines = self.text().splitlines(keepends=True)
        return [json.loads(line) for line in lines if line.endswith("}\n")]

    def finish(self):
        """Ends it, and returns what it said of each push."""
        self.process.stdin.close()
        status = self.process.wait(60)
        if status != 0:
            raise RuntimeError(f"the client ended badly: {self.text()}")
        said = self.said()
        self.output.close()
        return said

    def kill(self):
        self.process.kill()
        self.process.wait()
