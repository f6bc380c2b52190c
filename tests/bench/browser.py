"""The cost of the browser client in a page, measured by browser.mjs."""

import json
import os
import pathlib
import shutil
import statistics
import subprocess

from load import Failed
from report import ratio, say, section, table

SECONDS = 18
TIMEOUT = 120
HERE = pathlib.Path(__file__).resolve().parent
CHROMIUM = os.environ.get("TALLYMAN_CHROMIUM", "/usr/bin/chromium")


def visits(site, quick):
    """Returns the output of browser.mjs, or None and the missing requirement."""
    modules = HERE.parent.parent / "static/node_modules/playwright-core"
    clients = [os.path.join(site, name)
               for name in ("tallyman.js", "tallyman-core.js")]
    for needed in ("node", CHROMIUM):
        if not shutil.which(needed):
            return None, needed
    for needed in (modules, *clients):
        if not os.path.exists(needed):
            return None, needed
    command = ["node", HERE / "browser.mjs", site,
               "0" if quick else str(SECONDS)]
    try:
        run = subprocess.run(command, capture_output=True, text=True,
                             check=False, timeout=TIMEOUT)
    except subprocess.TimeoutExpired:
        raise Failed(f"browser.mjs: more than {TIMEOUT} s") from None
    if run.returncode:
        raise Failed(f"browser.mjs: {run.stderr.strip()}")
    return json.loads(run.stdout), None


def medians(found, client, slowdown):
    """Returns the medians of one client's visits, in ms."""
    def chosen(name):
        return [visit for visit in found["visits"]
                if (visit["client"], visit["slowdown"]) == (name, slowdown)]

    def median(times, key="ran"):
        return statistics.median(time[key] for time in times)

    mine = chosen(client)
    page = f"{median(visit['page'] for visit in mine):.1f}"
    without = median(visit["page"] for visit in chosen(""))
    row = [(client or "no script") + (f", {slowdown} x slower"
                                      if slowdown > 1 else "")]
    if not client:
        return row + ["-"] * 5 + [page] + ["-"] * 4
    start = [visit["startUp"] for visit in mine]
    first = [visit["flushes"][0] for visit in mine]
    later = [time for visit in mine for time in visit["flushes"][1:]]
    fills = [time for visit in mine for time in visit["fills"]]
    calls = found["series"] * found["observations"]
    return row + [
        f"{found['gzip'][client]:,}",
        f"{median(visit['evaluate'] for visit in mine):.2f}",
        f"{median(start):.2f}", f"{median(start, 'passed'):.2f}",
        ratio(median(start), without), page,
        f"{median(fills) * 1000 / calls:.1f}", f"{median(first):.2f}",
        f"{median(first, 'passed'):.2f}", f"{median(later):.2f}"]


def cost(site, quick):
    """Prints the section; `quick` runs one round."""
    section("Main-thread cost of the browser client")
    found, missing = visits(site, quick)
    if missing:
        say(f"not measured: {missing} is missing")
        return
    rows = dict.fromkeys((visit["client"], visit["slowdown"])
                         for visit in found["visits"])
    say(f"Chromium {found['browser']}, headless; visits a row, nothing"
        f" cached: {len(found['visits']) // len(rows)}; medians")
    table(["ms", "gzip -9", "evaluate", "start-up", "(passed)", "/ page",
           "page", "call us", "flush", "(passed)", "later"],
          [medians(found, *row) for row in rows])
    say("From the browser's trace: processor time of the main thread;"
        " (passed) is time by the clock.")
    say("evaluate: compile and run the script. start-up: with its callbacks"
        " until the page is at rest.")
    say("page: all the main thread did until then. / page: start-up as a"
        " share of the page without the script.")
    say(f"call: one observe. flush: the first of {found['series']} series with"
        f" {found['observations']} observations each, until it returns;")
    say("later: the flushes after it, whose code is warm.")
