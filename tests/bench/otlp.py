"""Pushes of OpenTelemetry metrics, and pushes of the same samples to /record."""

import base64
import json
import os
import pathlib
import shutil
import subprocess

from load import Failed
from measured import Measured, interleave
from report import ms, ratio, say, section, table

HERE = pathlib.Path(__file__).resolve().parent
SAMPLES = (6, 3)  # counters and observations per body
# Key of otlp.mjs, name, endpoint, media type.
FORMATS = (
    ("record", "/record", "/record", "application/json"),
    ("json", "OTLP, JSON", "/v1/metrics", "application/json"),
    ("protobuf", "OTLP, protobuf", "/v1/metrics", "application/x-protobuf"),
)


def bodies(directory):
    """Writes the bodies of each format to files 1, 2, ... in its own directory;
    returns their number and their mean size by format."""
    if not shutil.which("node"):
        raise Failed("node: not found")
    run = subprocess.run(["node", HERE / "otlp.mjs"], capture_output=True,
                         text=True, check=False)
    if run.returncode:
        raise Failed(f"otlp.mjs: {run.stderr.strip()}")
    lines = [json.loads(line) for line in run.stdout.splitlines()]
    sizes = {}
    for key, *_ in FORMATS:
        os.makedirs(os.path.join(directory, key))
        made = [base64.b64decode(line[key]) if key == "protobuf"
                else line[key].encode() for line in lines]
        for number, body in enumerate(made, 1):
            pathlib.Path(directory, key, str(number)).write_bytes(body)
        sizes[key] = sum(map(len, made)) / len(made)
    return len(lines), sizes


def compare(loop, process, directory, rounds, seconds):
    """Prints the section. Returns the rows whose totals must be checked, and the
    rates of both OTLP encodings as shares of the no-op's."""
    section("Pushes of nine samples, six counters and three observations,"
            " over 130 series")
    count, sizes = bodies(directory)
    pairs = []
    for key, name, endpoint, media_type in FORMATS:
        arguments = ("bodies", os.path.join(directory, key), count, media_type)
        pairs.append((key, *(
            Measured(f"{who}, {name}", design,
                     design.url.replace("/record", endpoint), arguments,
                     SAMPLES)
            for who, design in (("no-op", loop), ("tallyman", process)))))
    rows = [row for _, *pair in pairs for row in pair]
    for row in rows:
        row.warm_up()
    interleave(rows, rounds, seconds)
    table(["", "bytes", "pushes/s", "/ no-op", "/ record", "p50 ms", "p99 ms",
           "cpu us", "errors"],
          [[row.name, f"{sizes[key]:.0f}", f"{row.median('rate'):,.0f}",
            ratio(row.median("rate"), noop.median("rate")),
            "" if row is noop else ratio(row.median("rate"),
                                         pairs[0][2].median("rate")),
            ms(row.median("p50") / 1e6), ms(row.median("p99") / 1e6),
            f"{row.median('cpu') * 1e6:.1f}", row.errors()]
           for key, noop, ours in pairs for row in (noop, ours)])
    say("/ no-op: against the no-op event loop with the same bodies")
    return rows, {key: ours.median("rate") / noop.median("rate")
                  for key, noop, ours in pairs}
