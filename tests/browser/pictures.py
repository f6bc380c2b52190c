#!/usr/bin/python3
"""make pictures: takes the pictures of the guides from the servers of `make run`, with a
stopped clock, so that the example shop has the same numbers each time.

Writes static/*.png. The demo page shows times of this machine."""

import os
import pathlib
import shutil
import subprocess
import sys
import tempfile
import types

HERE = pathlib.Path(__file__).resolve().parent
sys.path.insert(0, str(HERE.parent / "e2e"))

import harness  # noqa: E402
from faketime import Clock  # noqa: E402
from harness import ROOT  # noqa: E402

NOW = 1795694400  # 2026-11-26T12:00:00Z, a Thursday
BYTES_MAX = 200_000
STARTED = "  Ctrl-C ends it; the totals stay.\n"


def copy(place):
    """Copies the files that lighttpd/run.sh needs, so that build/run of the source is kept."""
    for name in ("lighttpd", "sql", "fcgi/metrics.d", "fcgi/examples"):
        shutil.copytree(ROOT / name, place / name)
    (place / "build").mkdir()
    for name in ("static", "tallyman.fcgi", "tallyman"):
        (place / "build" / name).symlink_to(ROOT / "build" / name)
    (place / "run").mkdir()


def take(place, environment):
    """Takes the pictures with Chromium."""
    port = str(harness.free_port())
    server = subprocess.Popen([place / "lighttpd/run.sh", port], env=environment,
                              stdout=subprocess.PIPE, text=True)
    try:
        if not any(line == STARTED for line in server.stdout):
            raise SystemExit("lighttpd/run.sh has ended")
        alerts = f"http://127.0.0.1:{port}/api/v1/rules"
        harness.wait_until(lambda: b'"OrdersWait"' in answer(alerts), "the alerts")
        subprocess.run(
            [place / "build/tallyman", "report", "-c", place / "build/run/tallyman.json",
             "--weekly", "--site", "shop.example.org", "--html", place / "report.html"],
            env=environment, stdout=subprocess.DEVNULL, check=True)
        subprocess.run(["node", HERE / "pictures.mjs", place], check=True, env={
            **os.environ, "TZ": "UTC", "TALLYMAN_NOW": str(NOW),
            "TALLYMAN_URL": f"http://localhost:{port}/demo/"})
    finally:
        server.terminate()
        server.wait()


def answer(url):
    try:
        return harness.http("GET", url).body
    except OSError:
        return b""


def publish(picture):
    """Makes the file small and copies it into the source tree."""
    target = ROOT / "static" / picture.name
    subprocess.run(["pngquant", "--speed", "1", "--strip", "--force", "--output", target, picture],
                   check=True)
    size = target.stat().st_size
    print(f"{target.relative_to(ROOT)}: {size} bytes")
    if size > BYTES_MAX:
        raise SystemExit(f"{target.name} has more than {BYTES_MAX} bytes")


def main():
    with tempfile.TemporaryDirectory(prefix="pictures-") as directory:
        place = pathlib.Path(directory)
        copy(place)
        clock = Clock(types.SimpleNamespace(dir=place), NOW)
        take(place, {**os.environ, **clock.environment})
        for picture in sorted(place.glob("*.png")):
            publish(picture)


if __name__ == "__main__":
    main()
