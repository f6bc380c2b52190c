"""The units of systemd: how much they leave open, and that the programs run
with the system calls that they leave. The filter is made from the unit and laid
on the program by the kernel; a call outside of it kills the process, where the
unit would let it fail."""

import os
import re
import signal
import socket
import struct
import subprocess
import unittest

import fastcgi
import grafana
import harness
import tap
from all_endpoints import AllEndpoints
from harness import ROOT
from responder_case import ResponderCase

RESPONDER_UNIT = "nginx/tallyman@.service"
LOGIN_UNIT = "apache/grafana-login.service"

# Runs a program under the filter that is in the file PROGRAM.bpf.
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
    """The system calls of a group of systemd's."""
    if not group.startswith("@"):
        return {group}
    words = re.findall(r"^ +(@?\w[\w-]*)$", run("systemd-analyze", "syscall-filter", group), re.M)
    return set().union(*(members(word) for word in words))


def allowed_calls(unit):
    """Their names. The first line lists what is allowed, which @default is
    always; further lines take away, with ~, or add."""
    allowed = members("@default")
    for line in settings(unit, "SystemCallFilter"):
        calls = set().union(*(members(word) for word in line.lstrip("~").split()))
        allowed = allowed - calls if line.startswith("~") else allowed | calls
    if settings(unit, "RestrictAddressFamilies") == ["none"]:
        allowed -= {"socket", "socketpair"}
    return allowed


def numbers():
    """Of the system calls, by name."""
    text = run("gcc", "-E", "-dM", "-include", "asm/unistd.h", "-xc", "/dev/null")
    return {name: int(n) for name, n in re.findall(r"define __NR_(\w+) (\d+)\n", text)}


def filter_code(names):
    """For the kernel (seccomp(2)): an instruction is a code, two jumps and a
    number. Allowed calls go on, all others end the process."""
    load, equal, answer = 0x20, 0x15, 0x06
    allow, kill_process = 0x7FFF0000, 0x80000000
    known = numbers()
    lines = [(load, 0, 0, 0)]
    for name in sorted(names & known.keys()):
        lines += [(equal, 0, 1, known[name]), (answer, 0, 0, allow)]
    lines.append((answer, 0, 0, kill_process))
    return b"".join(struct.pack("=HBBI", *line) for line in lines)


def wrap(path, unit, program, *arguments):
    """Writes to `path` a program that runs the given one under the filter."""
    path.write_text(WRAPPER.format(program=str(program), arguments=arguments))
    path.chmod(0o755)
    path.with_name(path.name + ".bpf").write_bytes(filter_code(allowed_calls(unit)))
    return path


class Units(unittest.TestCase):
    def exposure(self, unit):
        text = run("systemd-analyze", "security", "--offline=true", "--no-pager", ROOT / unit)
        return float(re.search(r"Overall exposure level.*: ([\d.]+) ", text)[1])

    def test_responder_is_exposed_little(self):
        self.assertLessEqual(self.exposure(RESPONDER_UNIT), 0.3)

    def test_login_is_exposed_little(self):
        """It needs the network."""
        self.assertLessEqual(self.exposure(LOGIN_UNIT), 0.9)


class Responder(AllEndpoints, ResponderCase):
    responders_wanted = 2
    def prepare(self):
        program = self.site.home / "program"
        self.site.responder.rename(program)
        wrap(self.site.responder, RESPONDER_UNIT, program)
        self.site.give_away()

    def test_what_is_not_allowed_kills(self):
        allowed = allowed_calls(RESPONDER_UNIT)
        self.assertGreater(len(allowed), 100)
        for name in ("socket", "chown", "ptrace", "setuid", "mount", "bpf"):
            self.assertNotIn(name, allowed)
        wrapper = wrap(
            self.site.dir / "chown", RESPONDER_UNIT, "/bin/chown", str(os.geteuid())
        )
        done = subprocess.run([wrapper, self.site.config], stderr=subprocess.DEVNULL)
        self.assertEqual(done.returncode, -signal.SIGSYS)

    def test_all_that_a_responder_does(self):
        self.live_through()


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

    def test_it_asks_grafana(self):
        reply = self.ask(HTTP_COOKIE=grafana.COOKIE["Cookie"], REMOTE_ADDR="192.0.2.1")
        self.assertEqual(reply.status, 200, (reply, self.log.read_text()))
        self.assertEqual(self.ask().status, 401)
        self.grafana.server.broken = True
        self.assertEqual(self.ask().status, 503)
        self.assertIn("grafana-login: ", self.log.read_text())


if __name__ == "__main__":
    tap.main()
