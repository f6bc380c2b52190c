"""Runs the tests of the browser client, which print TAP, on nginx with the shipped
sample and real responders.

    test_client.py [part of a name]

nginx passes all requests except those for the endpoints to node, which serves the
pages of the tests, and it speaks TLS on a second port. A line "!command" that node
prints is executed here, and answered on its standard input afterwards.
"""

import os
import pathlib
import re
import subprocess
import sys

HERE = pathlib.Path(__file__).resolve().parent
sys.path.insert(0, str(HERE.parent / "e2e"))

import harness  # noqa: E402
import tap  # noqa: E402
import webservers  # noqa: E402
from guides import code_blocks, section  # noqa: E402

# Each test counts with labels of its own, so tests do not affect each other.
FAMILIES = """{"allowedMetrics": [
    {"name": "test_calls_total", "help": "Calls of a test.", "type": "counter",
     "labels": [{"name": "test", "maxValues": 500}]},
    {"name": "test_wait_seconds", "help": "Waits of a test.",
     "type": "histogram", "unit": "seconds", "buckets": [0.1, 1],
     "labels": [{"name": "test", "maxValues": 500}]},
    {"name": "test_depth", "help": "A depth of a test.", "type": "gauge",
     "labels": [{"name": "test", "maxValues": 500}]}]}"""


class Nginx(webservers.Nginx):
    """nginx that also serves the pages, and that tests can stop and start."""

    def prepare(self):
        self.tls_port = harness.free_port()
        self.pages_port = harness.free_port()
        self.arguments = super().prepare()
        certificate = self.certificate()
        path = self.site.dir / "run/tallyman.conf"
        text = path.read_text()
        # All visitors have one address here.
        zone = "zone=tallyman_record:10m rate="
        text = self.replaced(text, f"{zone}20r/s", f"{zone}10000r/s")
        text = self.replaced(
            text,
            "server {",
            f"""server {{
    listen 127.0.0.1:{self.tls_port} ssl;
    ssl_certificate {certificate}.crt;
    ssl_certificate_key {certificate}.key;

    location / {{
        proxy_pass http://127.0.0.1:{self.pages_port};
        proxy_set_header Host $http_host;
        proxy_buffering off;
    }}
    # Ends the connection without a reply.
    location /api/cut {{ return 444; }}
""",
        )
        path.write_text(text)
        return self.arguments

    @staticmethod
    def replaced(text, old, new):
        if text.count(old) != 1:
            raise RuntimeError(f"nginx/tallyman.conf: {old!r} is not there once")
        return text.replace(old, new)

    def certificate(self):
        path = self.site.dir / "run/site"
        command = "openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256"
        command += " -nodes -days 2 -subj /CN=site.example"
        command = [*command.split(), "-keyout", f"{path}.key", "-out", f"{path}.crt"]
        subprocess.run(command, check=True, stderr=subprocess.DEVNULL)
        return path

    def start(self):
        self.process = harness.Process(self.arguments, self.errors)
        harness.wait_until(self.answers, "the server to answer")


def prepare_site():
    site = harness.Site(
        scrape_token_file=None, origins=["*"], limits={"series": 400000}
    )
    site.write("tallyman/metrics.d/test.json", FAMILIES)
    [search] = code_blocks(section("fcgi/metrics.d/README.md", "Allow your metrics"), "json")
    site.write("tallyman/metrics.d/search.json", search)
    web = site.home / "metrics.d/web.json"
    text, changes = re.subn(
        r'("maxValues":) (50|100)\b', r"\1 500", web.read_text()
    )
    if changes == 0:
        raise RuntimeError("web.json has no open label")
    web.write_text(text)
    return site


def run(server, commands, pattern, script="client.test.mjs"):
    """Runs the tests; returns whether they have passed."""
    child = subprocess.Popen(
        ["node", HERE / script, pattern],
        env={
            **os.environ,
            "TALLYMAN_URL": server.url + "/static/index.html",
            "TALLYMAN_TLS_PORT": str(server.tls_port),
            "TALLYMAN_PAGES_PORT": str(server.pages_port),
        },
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    )
    try:
        for line in child.stdout:
            if line.startswith("!"):
                commands[line[1:].strip()]()
                child.stdin.write("done\n")
                child.stdin.flush()
            else:
                known = re.match(r"1\.\.|#|(not )?ok ", line)
                print(line if known else f"# {line}", end="", flush=True)
        return child.wait() == 0
    finally:
        child.kill()


def main():
    site = prepare_site()
    responders = harness.Responders(site)
    try:
        server = Nginx(site)
        commands = {
            "kill responders": lambda: [responders.kill(n) for n in (0, 1)],
            "start responders": lambda: [responders.restart(n) for n in (0, 1)],
            "stop server": lambda: server.process.stop(),
            "start server": server.start,
        }
        try:
            passed = run(server, commands, *sys.argv[1:2] or [""])
            if not passed:
                tap.comment(server.diagnostics() + "\n" + responders.diagnostics())
        finally:
            server.stop()
    finally:
        responders.stop()
        site.remove()
    sys.exit(0 if passed else 1)


if __name__ == "__main__":
    main()
