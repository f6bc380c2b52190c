"""Runs the tests of Grafana's analytics panel, which print TAP, on nginx with the
sample for Grafana, real responders and a fake Grafana whose dashboards are
panel-page.js.

    test_panel.py [part of a name]
"""

import os
import pathlib
import subprocess
import sys

HERE = pathlib.Path(__file__).resolve().parent
sys.path.insert(0, str(HERE.parent / "e2e"))

import grafana  # noqa: E402
import harness  # noqa: E402
import tap  # noqa: E402

PAGE = """<!doctype html><title>Sales - Dashboards - Grafana</title>
<link rel="icon" href="data:,">
<script>{}</script>
<p>A dashboard</p>"""


def run(server, pattern):
    server.grafana.server.page = PAGE.format((HERE / "panel-page.js").read_text())
    url = server.root_url + grafana.SCRAPE.replace("metrics", "static/page.html")
    return subprocess.run(
        ["node", HERE / "panel.test.mjs", pattern],
        env={**os.environ, "TALLYMAN_URL": url},
        stderr=subprocess.STDOUT,
        check=False,
    ).returncode


def main():
    # A heartbeat each second may skip a second, which would be a gap.
    sessions = {"variables": ["region"], "timeout_seconds": 60}
    site = harness.Site(scrape_token_file=None, sessions=sessions)
    responders = harness.Responders(site)
    try:
        server = grafana.Nginx(site)
        try:
            status = run(server, *sys.argv[1:2] or [""])
            if status != 0:
                tap.comment(server.diagnostics() + "\n" + responders.diagnostics())
        finally:
            server.stop()
    finally:
        responders.stop()
        site.remove()
    sys.exit(status)


if __name__ == "__main__":
    main()
