"""A clock for responders: libfaketime gives them the time in a file.

    clock = Clock(site, 1774656000)        Unix seconds
    Responders(site, environment=clock.environment)
    clock.set(1774659600)                  stopped in between

Only the time of day is faked; sleeps and time-outs are real. It uses LD_PRELOAD,
so it does not work with the static programs.
"""

import glob
import os

LIBRARY = "/usr/lib/*/faketime/libfaketime.so.1"


class Clock:
    def __init__(self, site, now, zone="UTC"):
        found = glob.glob(LIBRARY)
        if not found:
            raise RuntimeError(f"{LIBRARY}: no such file; the package is faketime")
        self.file = site.dir / "run/clock"
        self.environment = {
            "LD_PRELOAD": found[0],
            "FAKETIME_TIMESTAMP_FILE": str(self.file),
            "FAKETIME_FMT": "%s",
            "FAKETIME_NO_CACHE": "1",
            "FAKETIME_DONT_FAKE_MONOTONIC": "1",
            "NO_FAKE_STAT": "1",
            "TZ": zone,
        }
        self.set(now)

    def set(self, now):
        self.now = now
        new = self.file.with_suffix(".new")
        new.write_text(f"{now}\n")
        new.chmod(0o644)
        os.replace(new, self.file)
