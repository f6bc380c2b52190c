"""Follows a guide like a reader, on a site in a temporary directory: saves the files
it shows, runs its commands in order, and compares their output. `sudo`, `install -o`
and `systemctl` do there what an ordinary user can do; addresses and paths are replaced
by the test's."""

import os
import pathlib
import re
import shutil
import subprocess
import tempfile
import unittest

import harness
import webservers
from command_case import TALLYMAN
from guides import BLOCK
from harness import PATIENCE
from harness import http as send
from responder_case import wait_serving

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
SAVE = re.compile(r"[Ss]ave this as `([^`]+)`:\s*\Z")


def steps(text):
    """Returns the fenced blocks of a section: language, text, and the file to save it in, or ""."""
    found = []
    end = 0
    for block in BLOCK.finditer(text):
        if block["fenced"] is not None:
            name = SAVE.search(text[end : block.start()])
            found.append((block["language"], block["fenced"], name[1] if name else ""))
        end = block.end()
    return found


def shown(want):
    """Returns a pattern for output in a guide; `...` matches any text."""
    return ".*".join(re.escape(part) for part in want.strip("\n").split("..."))


def commands(block):
    """Yields the commands of a block `console`, each with the output below it. A
    command continues after `\`, `|` or inside quotes."""
    found = []
    for line in block.rstrip("\n").split("\n"):
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
    """`replaced` maps texts of the guide to the test's; `stubs` are further programs,
    as sh scripts; `saved` is called after each file that the guide tells to save."""

    def __init__(self, case, directory, replaced=(), stubs=(), saved=lambda: None,
                 **environment):
        self.case, self.directory, self.saved = case, directory, saved
        self.variables = ""  # set by earlier blocks
        self.replaced = dict(replaced)
        self.bin = pathlib.Path(tempfile.mkdtemp(prefix="guide-bin-"))
        case.addCleanup(shutil.rmtree, self.bin)
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
            ["sh", "-ec", self.here(command)], cwd=self.directory, env=self.environment,
            capture_output=True, text=True, timeout=PATIENCE,
        )
        self.case.assertEqual((done.returncode, done.stderr), (0, ""),
                              f"{command}\n{done.stdout}")
        return done.stdout

    def compare(self, got, output, same, command):
        """Compares output with the guide's, in which `...` matches any text."""
        pattern = re.compile(r"\A" + shown(same(self.here(output))) + r"\Z", re.S)
        self.case.assertRegex(same(got).rstrip("\n"), pattern, command)

    def follow(self, text, same=lambda text: text, only="", printed=""):
        """Runs all blocks `sh` and `console` of a section in order, with the
        variables of the earlier ones. With `printed` the blocks of that language are
        the output of the block `sh` before them. Returns the number of blocks `sh`
        and commands."""
        count = 0
        last = None
        for language, block, name in steps(text):
            if only not in ("", language):
                continue
            if name:
                (self.directory / self.here(name)).write_text(self.here(block))
                self.saved()
            elif language == "sh":
                last = block, self.sh(self.variables + block)
                self.variables += "".join(re.findall(r"^[A-Z]+=.*\n", block, re.M))
                count += 1
            elif language == "console":
                for command, output in commands(block):
                    self.compare(self.sh(self.variables + command), output, same, command)
                    count += 1
            elif language == printed:
                self.case.assertIsNotNone(last, block)
                self.compare(last[1], block, same, last[0])
                last = None
        return count


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
        wait_serving(*self.responders.processes)
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
