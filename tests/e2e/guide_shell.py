"""Runs the commands of a guide on a site in a temporary directory. `sudo`, `install
-o` and `systemctl` do there what an ordinary user can do; addresses and paths are
replaced by the test's."""

import http.server
import os
import re
import subprocess
import threading
import unittest

import harness
import webservers
from command_case import TALLYMAN
from guide_walk import shown
from harness import http as send
from harness import wait_until
from responder_case import serving

PATIENCE = 60
OWNER = f"-o {harness.USER.pw_name}" if harness.USER else ""
STUBS = {
    "sudo": 'while [ "$1" = -u ]; do shift 2; done\nexec "$@"\n',
    # The owner is the responders' user.
    "install": 'for word; do\n  shift\n  [ "$skip" ] && skip= && continue\n'
               '  case $word in -o|-g) skip=1 ;; *) set -- "$@" "$word" ;; esac\n'
               f'done\nexec /usr/bin/install {OWNER} "$@"\n',
    "chown": "",
    "systemctl": "",
}


def commands(block):
    """Yields the commands of a block `console`, each with the output below it. A
    command continues after `\`, `|` or inside quotes."""
    found = []
    for line in block.split("\n"):
        if line.startswith("$ "):
            found.append(([line[2:]], []))
        elif found and goes_on("\n".join(found[-1][0])) and not found[-1][1]:
            found[-1][0].append(line)
        elif found:
            found[-1][1].append(line)
    return [("\n".join(command), "\n".join(output)) for command, output in found]


def goes_on(command):
    return command.endswith(("\\", "|")) or command.count('"') % 2 == 1 or (
        command.count("'") % 2 == 1)


class GuideShell:
    """Mixed into a test case. `replaced` maps texts of the guide to the test's;
    `stubs` are further programs, as sh scripts."""

    def __init__(self, case, directory, replaced=(), stubs=(), **environment):
        self.case, self.directory = case, directory
        self.variables = ""  # set by earlier blocks
        self.replaced = dict(replaced)
        self.bin = directory / "guide-bin"
        self.bin.mkdir()
        for name, text in {**STUBS, **dict(stubs)}.items():
            self.add(name, text)
        os.symlink(TALLYMAN, self.bin / "tallyman")
        self.environment = {
            **os.environ, "LC_ALL": "C.UTF-8", "no_proxy": "127.0.0.1,localhost",
            "PATH": f"{self.bin}:{os.environ['PATH']}", **environment,
        }

    def add(self, name, text):
        """Adds a program, given as an sh script."""
        (self.bin / name).write_text(f"#!/bin/sh\n{text}")
        (self.bin / name).chmod(0o755)

    def here(self, text):
        for old, new in self.replaced.items():
            text = text.replace(old, str(new))
        return text

    def sh(self, command):
        """Returns the output of a command; it must exit with 0 and print nothing to stderr."""
        done = subprocess.run(
            ["sh", "-c", self.here(command)], cwd=self.directory, env=self.environment,
            capture_output=True, text=True, timeout=PATIENCE,
        )
        self.case.assertEqual((done.returncode, done.stderr), (0, ""),
                              f"{command}\n{done.stdout}")
        return done.stdout

    def check(self, command, output, same=lambda text: text):
        """Runs a command and compares its output, in which `...` matches any text."""
        got = same(self.sh(command))
        pattern = re.compile(r"\A" + shown(same(self.here(output))) + r"\Z", re.S)
        self.case.assertRegex(got.rstrip("\n"), pattern, command)

    def follow(self, text, same=lambda text: text, only=""):
        """Runs all blocks `sh` and `console` of a section in order, with the
        variables of the earlier ones. Returns the numbers of blocks and commands."""
        count = 0
        for language, block in blocks(text):
            if only not in ("", language):
                continue
            if language == "sh":
                self.sh(self.variables + block)
                self.variables += "".join(re.findall(r"^[A-Z]+=.*\n", block, re.M))
                count += 1
            for command, output in commands(block) if language == "console" else ():
                self.check(self.variables + command, output, same)
                count += 1
        return count


def blocks(text):
    """Returns language and text of the fenced blocks."""
    return re.findall(r"^```(\w+)\n(.*?)\n```$", text, re.M | re.S)


def exposing(text):
    """Serves this text to every request; yields the address."""

    class Handler(http.server.BaseHTTPRequestHandler):
        def do_GET(self):
            self.send_response(200)
            self.end_headers()
            self.wfile.write(text.encode())

        def do_POST(self):
            self.rfile.read(int(self.headers["Content-Length"]))
            self.do_GET()

        def log_message(self, *_):
            pass

    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    return server, f"127.0.0.1:{server.server_port}"


class GuideCase(unittest.TestCase):
    """A site with an empty allowlist; serve() starts nginx in front of it."""

    url = "not served yet"

    def setUp(self):
        self.site = harness.Site()
        self.addCleanup(self.site.remove)
        for path in self.site.home.glob("metrics.d/*"):
            path.unlink()
        self.configure()
        self.site.write("tallyman/push.tokens", "a-token-of-the-cron-jobs\n")
        self.site.give_away()

    def configure(self, text='{"database": "tallyman.db", "open_families": true}'):
        """Configures the site with a configuration of the guide."""
        text = text.replace("/var/lib/tallyman/", "")
        self.site.write("tallyman/tallyman.json", text)

    def serve(self):
        self.responders = harness.Responders(self.site, 2)
        self.addCleanup(self.responders.stop)
        for process in self.responders.processes:
            wait_until(lambda one=process: serving(one), "a responder to serve")
        self.server = webservers.Nginx(self.site, "/tallyman")
        self.addCleanup(self.server.stop)
        self.url = self.server.url

    def shell(self, replaced=(), stubs=()):
        return GuideShell(self, self.site.dir, {
            "http://metrics.example.org/tallyman": self.url,
            "http://127.0.0.1/tallyman": self.url,
            "/etc/tallyman": self.site.home,
            **dict(replaced),
        }, stubs, TALLYMAN_CONFIG=str(self.site.config))

    def scraped(self):
        token = {"Authorization": f"Bearer {self.site.token}"}
        return harness.Scrape(send("GET", self.server.url + "/metrics", None, token).text)
