"""Runs the tests of the demo page on real servers and reports them as TAP: all
tests on lighttpd as "make run" starts it, and two on nginx below a mount point,
where the page must find its endpoints: as built and as installed.

As `test_demo.py FILTER` only the tests on lighttpd whose names contain FILTER.
"""

import os
import pathlib
import re
import shutil
import subprocess
import sys

HERE = pathlib.Path(__file__).resolve().parent
sys.path.insert(0, str(HERE.parent / "e2e"))

import harness  # noqa: E402
import tap  # noqa: E402
import webservers  # noqa: E402


class Demo(webservers.Server):
    """lighttpd with run.conf, the only addition of "make run"."""

    def __init__(self, site):
        super().__init__(site, mount="")

    def prepare(self):
        site = self.site
        user = ""
        if harness.USER is not None:
            user = f'server.username = "{harness.USER.pw_name}"\n'
        shipped = harness.ROOT / "lighttpd/run.conf"
        main = site.write("run/demo.conf", f'{user}include "{shipped}"\n')
        environment = {
            "TALLYMAN_PORT": self.port,
            "TALLYMAN_STATIC": site.dir / "static",
            "TALLYMAN_FCGI": site.responder,
            "TALLYMAN_CONFIG": site.config,
            "TALLYMAN_RUN": site.dir / "run",
        }
        values = [f"{name}={value}" for name, value in environment.items()]
        return ["env", *values, "lighttpd", "-D", "-f", main]


class Report:
    """Joins the reports of several programs."""

    def __init__(self):
        self.count = 0
        self.failed = False

    def line(self, passed, name):
        self.count += 1
        self.failed = self.failed or not passed
        print(f"{'ok' if passed else 'not ok'} {self.count} - {name}", flush=True)

    def run(self, where, url, pattern, **variables):
        """Runs the browser tests and renumbers their results."""
        planned, seen = 1, 0
        child = subprocess.Popen(
            ["node", HERE / "demo.test.mjs", pattern],
            env={**os.environ, "TALLYMAN_URL": url, **variables},
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
        )
        for text in child.stdout:
            plan = re.fullmatch(r"1\.\.(\d+)\n", text)
            found = re.fullmatch(r"(not )?ok \d+ - (.*)\n", text)
            if plan:
                planned = int(plan[1])
            elif found:
                seen += 1
                self.line(found[1] is None, f"{where}: {found[2]}")
            else:
                print(text if text.startswith("#") else f"# {text}", end="")
        status = child.wait()
        if seen != planned or planned == 0:
            self.line(False, f"{where}: {seen} of {planned} tests have run")
        elif status != 0 and not self.failed:
            self.line(False, f"{where}: node ended with status {status}")

    def end(self):
        print(f"1..{self.count}")
        sys.exit(1 if self.failed or self.count == 0 else 0)


def on_lighttpd(report, pattern):
    site = harness.Site(scrape_token_file=None, origins=None)
    server = Demo(site)
    try:
        report.run("lighttpd", server.url + "/demo/", pattern)
        hidden = ("/demo/package.json", "/static/package.json", "/demo/.npmrc",
                  "/static/src/start.ts", "/package.json", "/index.html")
        refused = all(
            harness.http("GET", server.url + path).status == 404 for path in hidden
        )
        report.line(refused, "lighttpd: what builds the scripts is not served")
        served = harness.http("GET", server.url + "/static/aggregatorClient.js")
        same = served.body == (harness.ROOT / "build/static/tallyman.js").read_bytes()
        report.line(same, "lighttpd: aggregatorClient.js is tallyman.js")
    finally:
        if report.failed:
            tap.comment(server.diagnostics())
        server.stop()
        site.remove()


def install_demo(site):
    """Installs the page as `make install` does on request."""
    subprocess.run(
        ["make", "-C", harness.ROOT, "install", f"DESTDIR={site.dir}/installed"],
        env=harness.without_make(), stdout=subprocess.PIPE, stderr=subprocess.STDOUT, check=True,
    )
    shutil.copytree(site.dir / "installed/usr/local/share/tallyman/demo/static",
                    site.dir / "static", dirs_exist_ok=True)


def on_nginx(report):
    site = harness.Site(scrape_token_file=None, origins=None)
    responders = harness.Responders(site)
    try:
        server = webservers.Nginx(site, mount="/some/where")
        try:
            page = server.url + "/static/index.html"
            report.run("nginx", page, "demo: API")
            install_demo(site)
            report.run("nginx", page, "installed:", TALLYMAN_INSTALLED="1")
        finally:
            if report.failed:
                tap.comment(server.diagnostics() + "\n" + responders.diagnostics())
            server.stop()
    finally:
        responders.stop()
        site.remove()


def main():
    report = Report()
    pattern = sys.argv[1] if len(sys.argv) > 1 else ""
    try:
        on_lighttpd(report, pattern)
        if not pattern:
            on_nginx(report)
    except (OSError, RuntimeError) as error:
        report.line(False, "the servers start")
        tap.comment(str(error))
    report.end()


if __name__ == "__main__":
    main()
