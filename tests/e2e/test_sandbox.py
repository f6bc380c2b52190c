"""The systemd units: their exposure, and that the programs run with the permitted
system calls. The kernel applies the unit's filter to the program; here another call
kills the process, while the unit makes it fail."""

import json
import os
import pathlib
import re
import signal
import socket
import struct
import subprocess
import tempfile
import unittest

import fastcgi
import grafana
import harness
import tap
from all_endpoints import AllEndpoints
from harness import ROOT, wait_until
from responder_case import ResponderCase
from shop import ORDERS, ShopCase, sql

RESPONDER_UNIT = "nginx/tallyman@.service"
LOGIN_UNIT = "apache/grafana-login.service"

# Runs a program under the filter in the file PROGRAM.bpf.
WRAPPER = """#!/usr/bin/python3 -IS
import ctypes, os, sys
class Filter(ctypes.Structure):
    _fields_ = [("length", ctypes.c_ushort), ("code", ctypes.c_void_p)]
code = open(__file__ + ".bpf", "rb").read()
libc = ctypes.CDLL(None)
filter = Filter(len(code) // 8, ctypes.cast(code, ctypes.c_void_p))
PR_SET_NO_NEW_PRIVS, PR_SET_SECCOMP, MODE_FILTER = 38, 22, 2
if libc.prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) or libc.prctl(
        PR_SET_SECCOMP, MODE_FILTER, ctypes.byref(filter), 0, 0):
    sys.exit("no filter")
os.execv({program!r}, [{program!r}, *{arguments!r}, *sys.argv[1:]])
"""


def run(*arguments):
    return subprocess.run(
        arguments, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, text=True, check=True
    ).stdout


def settings(unit, name):
    text = (ROOT / unit).read_text()
    return re.findall(rf"^{name}=(.*)$", text, re.M)


def members(group):
    """Returns the system calls of a systemd group."""
    if not group.startswith("@"):
        return {group}
    words = re.findall(r"^ +(@?\w[\w-]*)$", run("systemd-analyze", "syscall-filter", group), re.M)
    return set().union(*(members(word) for word in words))


def allowed_calls(unit):
    """Returns names. The first line lists permitted calls, to which systemd adds
    @default; further lines add, or remove with ~."""
    allowed = members("@default")
    for line in settings(unit, "SystemCallFilter"):
        calls = set().union(*(members(word) for word in line.lstrip("~").split()))
        allowed = allowed - calls if line.startswith("~") else allowed | calls
    if settings(unit, "RestrictAddressFamilies") == ["none"]:
        allowed -= {"socket", "socketpair"}
    return allowed


def numbers():
    """Returns the numbers of system calls by name."""
    text = run("gcc", "-E", "-dM", "-include", "asm/unistd.h", "-xc", "/dev/null")
    return {name: int(n) for name, n in re.findall(r"define __NR_(\w+) (\d+)\n", text)}


def filter_code(names):
    """Returns the filter for the kernel, see seccomp(2): an instruction is a code,
    two jumps and a number. Permitted calls continue, all others kill the process."""
    load, equal, answer = 0x20, 0x15, 0x06
    allow, kill_process = 0x7FFF0000, 0x80000000
    known = numbers()
    lines = [(load, 0, 0, 0)]
    for name in sorted(names & known.keys()):
        lines += [(equal, 0, 1, known[name]), (answer, 0, 0, allow)]
    lines.append((answer, 0, 0, kill_process))
    return b"".join(struct.pack("=HBBI", *line) for line in lines)


def wrap(path, unit, program, *arguments):
    """Writes a program to `path` that runs the given one under the filter."""
    path.write_text(WRAPPER.format(program=str(program), arguments=arguments))
    path.chmod(0o755)
    path.with_name(path.name + ".bpf").write_bytes(filter_code(allowed_calls(unit)))
    return path


class Units(unittest.TestCase):
    def exposure(self, unit):
        text = run("systemd-analyze", "security", "--offline=true", "--no-pager", ROOT / unit)
        return float(re.search(r"Overall exposure level.*: ([\d.]+) ", text)[1])

    def test_exposure_of_the_responder(self):
        self.assertLessEqual(self.exposure(RESPONDER_UNIT), 0.3)

    def test_exposure_of_the_login_program(self):
        """It needs the network."""
        self.assertLessEqual(self.exposure(LOGIN_UNIT), 0.9)

    def test_timers(self):
        """The host's sendmail program may change its user; the unit's optional part forbids it."""
        for name in ("alert", "report"):
            unit = f"nginx/tallyman-{name}.service"
            with self.subTest(unit), tempfile.TemporaryDirectory() as directory:
                self.assertLessEqual(self.exposure(unit), 6.3)
                strict = pathlib.Path(directory) / f"tallyman-{name}.service"
                strict.write_text(re.sub(r"^#(?=\w+=)", "", (ROOT / unit).read_text(),
                                         flags=re.M))
                self.assertLessEqual(self.exposure(strict), 1.2)
                timer = f"nginx/tallyman-{name}.timer"
                self.assertIn("Next elapse",
                              run("systemd-analyze", "calendar", *settings(timer, "OnCalendar")))


class Responder(AllEndpoints, ResponderCase):
    responders_wanted = 2
    # A query runs in a thread of its own.
    metrics = {"views.json": json.dumps({"queries": [
        sql("counters", "SELECT count(*) FROM counter_totals", every=1, timeout=0.9)]})}

    def prepare(self):
        program = self.site.home / "program"
        self.site.responder.rename(program)
        wrap(self.site.responder, RESPONDER_UNIT, program)
        self.site.give_away()

    def test_forbidden_call_kills(self):
        allowed = allowed_calls(RESPONDER_UNIT)
        self.assertGreater(len(allowed), 100)
        for name in ("socket", "chown", "ptrace", "setuid", "mount", "bpf"):
            self.assertNotIn(name, allowed)
        wrapper = wrap(
            self.site.dir / "chown", RESPONDER_UNIT, "/bin/chown", str(os.geteuid())
        )
        done = subprocess.run([wrapper, self.site.config], stderr=subprocess.DEVNULL)
        self.assertEqual(done.returncode, -signal.SIGSYS)

    def test_all_endpoints(self):
        wait_until(lambda: self.scrape().value("counters"), "a query's value")
        self.live_through()


class AnotherDatabase(ShopCase):
    """A shop's database where the unit does not let a responder write: everything
    else is read-only (ProtectSystem=strict)."""

    queries = ({**ORDERS, "every": 1, "timeout": 0.9},)
    environment = {}

    def prepare(self):
        super().prepare()
        self.assertEqual(settings(RESPONDER_UNIT, "ProtectSystem"), ["strict"])
        self.shop.order("open")
        self.start_with(self.shop.dir)

    def start_with(self, *read_only):
        """Makes these directories read-only for the responders."""
        program = self.site.home / "program"
        if not program.exists():
            self.site.responder.rename(program)
        command = harness.unshare("--user", "--map-root-user", "--mount", user=harness.USER)
        lines = [f"mount --bind {place} {place}; mount -o remount,bind,ro {place}"
                 for place in read_only]
        self.site.responder.write_text("\n".join(
            ["#!/bin/sh", f"[ $# = 0 ] || [ \"$1\" = inside ] || exec {' '.join(command)}"
             ' "$0" inside "$@"', "set -e; shift", *lines, f'exec {program} "$@"', ""]))
        self.site.responder.chmod(0o755)
        self.site.give_away()

    def error(self):
        return wait_until(lambda: self.row("shop_orders", "error"), "an error")

    def test_read_only_directory(self):
        """While the shop is open, its journals exist. They are deleted when it closes."""
        self.shop.open()
        wait_until(lambda: self.by_state().get("open"), "the values of an open shop")
        self.assertIsNone(self.row("shop_orders", "error"))
        self.shop.close()
        self.assertEqual(list(self.shop.dir.iterdir()), [self.shop.file])
        error = self.error()
        for says in (str(self.shop.dir), "ReadWritePaths=", "PRAGMA journal_mode = DELETE"):
            self.assertIn(says, error)
        # The message and the guide recommend the directory in a drop-in.
        self.start_with()
        self.responders.kill(0)
        self.responders.restart(0)
        wait_until(lambda: self.row("shop_orders", "error") is None
                   and self.by_state() == self.shop.states(), "the values of a closed shop")

    def test_journal_mode_delete(self):
        """The other remedy."""
        self.error()
        self.shop.write("PRAGMA journal_mode = DELETE")
        wait_until(lambda: self.row("shop_orders", "error") is None
                   and self.by_state() == {"open": 1}, "the values")


class Login(unittest.TestCase):
    def setUp(self):
        self.site = harness.Site()
        self.addCleanup(self.site.remove)
        self.grafana = grafana.Grafana()
        self.addCleanup(self.grafana.stop)
        program = grafana.login_program(self.site)
        wrapper = wrap(self.site.dir / "login", LOGIN_UNIT, "/usr/bin/perl", str(program))
        self.site.give_away()
        self.path = self.site.dir / "run/login.sock"
        listener = socket.socket(socket.AF_UNIX)
        listener.bind(str(self.path))
        listener.listen()
        self.log = self.site.dir / "log/login.log"
        login = harness.Process(
            [wrapper],
            self.log,
            as_user=harness.USER,
            stdin=listener,
            env={"GRAFANA_LOGIN": f"http://127.0.0.1:{self.grafana.port}/api/user"},
        )
        listener.close()
        self.addCleanup(login.stop)

    def ask(self, **params):
        begin = fastcgi.begin(fastcgi.AUTHORIZER, keep=False)
        names = fastcgi.stream(fastcgi.PARAMS, fastcgi.pairs(params))
        with fastcgi.Connection(self.path) as connection:
            return connection.ask(begin + names)

    def test_grafana_is_asked(self):
        reply = self.ask(HTTP_COOKIE=grafana.COOKIE["Cookie"], REMOTE_ADDR="192.0.2.1")
        self.assertEqual(reply.status, 200, (reply, self.log.read_text()))
        self.assertEqual(self.ask().status, 401)
        self.grafana.server.broken = True
        self.assertEqual(self.ask().status, 503)
        self.assertIn("grafana-login: ", self.log.read_text())


if __name__ == "__main__":
    tap.main()
