"""The machine and the versions of the programs in the bench."""

import os
import platform
import subprocess

from load import CLIENTS
from report import say


def first_line(command):
    """Returns the first line of a program's version; some print it to stderr."""
    run = subprocess.run(command, capture_output=True, text=True, check=False)
    lines = (run.stdout + run.stderr).strip().splitlines()
    return lines[0] if lines else "?"


def name():
    model = "?"
    with open("/proc/cpuinfo", encoding="utf-8") as file:
        for line in file:
            if line.startswith("model name"):
                model = line.split(":", 1)[1].strip()
    return f"{os.cpu_count()} cores, {model}"


def describe(options):
    say("Tallyman bench")
    say(f"machine      {name()}, load {os.getloadavg()[0]:.2f} at the start")
    say(f"kernel       {platform.system()} {platform.release()}")
    for program, command in (
            ("nginx", ["nginx", "-v"]), ("wrk", ["wrk", "-v"]),
            ("pushgateway", ["prometheus-pushgateway", "--version"]),
            ("gunicorn", ["gunicorn", "--version"]),
            ("tallyman", [options.tallyman, "--version"])):
        say(f"{program:<12} {first_line(command)}")
    say(f"load         wrk -t2 -c{CLIENTS}, {options.rounds} interleaved"
        f" rounds of {options.seconds} s, medians")
