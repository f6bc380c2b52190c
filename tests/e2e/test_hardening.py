"""The programs are built with the Makefile's HARDENING and LDFLAGS. The linker's
options show in the file, the compiler's in the debugging information, which the
static programs lack."""

import re
import subprocess
import unittest

import tap
from harness import ROOT

RESPONDER = ROOT / "build/tallyman.fcgi"
COMMAND = ROOT / "build/tallyman"


def readelf(option, program):
    return subprocess.run(
        ["readelf", "-W", option, program],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        check=True,
    ).stdout


class Linked:
    """Checks for each program; `program` is its path."""

    def test_position_independent(self):
        self.assertRegex(readelf("-h", self.program), r"Type:\s+DYN \(Position-Ind")
        self.assertRegex(readelf("-d", self.program), r"\(FLAGS_1\)\s.*\bPIE\b")

    def test_relocations_are_read_only(self):
        """Full RELRO: all symbols are bound at the start."""
        self.assertIn("GNU_RELRO", readelf("-l", self.program))
        self.assertRegex(readelf("-d", self.program), r"\(FLAGS_1\)\s.*\bNOW\b")

    def test_nothing_is_writable_and_executable(self):
        headers = readelf("-l", self.program)
        flags = re.findall(r"^ +(LOAD|GNU_STACK) .* ([RWE ]{3}) 0x", headers, re.M)
        self.assertIn(("GNU_STACK", "RW "), flags)
        self.assertGreater(len(flags), 3)
        for kind, flag in flags:
            self.assertNotIn(flag, ("RWE", " WE"), kind)

    def test_no_library_path_is_set(self):
        self.assertNotRegex(readelf("-d", self.program), "RPATH|RUNPATH")


class Compiled(Linked):
    def test_fortified_functions_are_used(self):
        names = readelf("--dyn-syms", self.program)
        self.assertIn("__stack_chk_fail", names)
        for name in ("__vsnprintf_chk", "__memcpy_chk"):
            self.assertIn(name, names)

    def test_all_files_have_the_flags(self):
        wanted = ["-fstack-protector-strong", "-fstack-clash-protection", "-fPIE"]
        if "X86-64" in readelf("-h", self.program):
            wanted.append("-fcf-protection=full")
        units = re.findall(
            r"DW_AT_producer\s*:.*?(GNU C.*)\n", readelf("--debug-dump=info", self.program)
        )
        self.assertGreater(len(units), 50)
        for unit in units:
            for flag in wanted:
                self.assertIn(flag, unit.split())


class Responder(Compiled, unittest.TestCase):
    program = RESPONDER


class Command(Compiled, unittest.TestCase):
    program = COMMAND


class StaticResponder(Linked, unittest.TestCase):
    program = ROOT / "build/tallyman-static.fcgi"


class StaticCommand(Linked, unittest.TestCase):
    program = ROOT / "build/tallyman-static"


if __name__ == "__main__":
    tap.main()
