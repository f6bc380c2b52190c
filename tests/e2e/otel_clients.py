"""Programs with unmodified OpenTelemetry SDKs for JavaScript and Go. A plan lists the
observations and pushes of a program, and tests/clients/otel.* execute it:

    url, gzip           where to, and how
    headers             JavaScript only: further headers
    protobuf            JavaScript only: the protobuf exporter, not the JSON one
    temporality         the preference: DELTA, CUMULATIVE, LOWMEMORY or none
    exponential         histograms are exponential ones
    resource            its attributes; `instance` is its service.instance.id, or
                        "random" for a new one in each program
    rounds              in order: `metrics` to record, in a new program if `fresh`,
                        and then a push
    repeat              JavaScript only: repeats the last round until standard
                        input ends, and once after that

Each push prints the SDK's `warnings`, and the `errors` that it passes to the program.
"""

import json
import os
import subprocess
import tempfile

from harness import ROOT

NODE = ("node", ROOT / "tests/clients/otel.mjs")
GO = (ROOT / "build/tests/clients/otel-go",)  # there on Debian 13


def metric(kind, name, *values, unit="", bounds=None, **attributes):
    """Returns an instrument and its observations in a round. A pair of underscores
    in an attribute's name means a dot."""
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
    """A running process with the SDK."""

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
        """Returns the output so far. The process shares the file offset, so this
        must not move it."""
        descriptor = self.output.fileno()
        return os.pread(descriptor, os.fstat(descriptor).st_size, 0).decode()

    def said(self):
        """Returns the SDK's report on each push so far."""
        lines = self.text().splitlines(keepends=True)
        return [json.loads(line) for line in lines if line.endswith("}\n")]

    def finish(self):
        """Ends the process; returns the SDK's report on each push."""
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
