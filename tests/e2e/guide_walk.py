"""Follows a section of a guide like a reader: saves the files it shows, runs its
commands in order, and compares their output."""

import os
import re
import subprocess

from guides import BLOCK
from harness import ROOT

SAVE = re.compile(r"[Ss]ave this as `([^`]+)`:\s*\Z")


def steps(text):
    """Yields the fenced blocks of a section: language, text, and the file to save it in, or ""."""
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


class Walk:
    """Mixed into a test case: follows sections, with texts replaced in each block."""

    def __init__(self, case, replaced, saved=lambda: None):
        self.case, self.replaced, self.saved = case, replaced, saved

    def here(self, text):
        for old, new in self.replaced.items():
            text = text.replace(old, str(new))
        return text

    def follow(self, text):
        """Returns the number of commands run."""
        commands = 0
        output = None
        for language, block, name in steps(text):
            block = self.here(block)
            if name:
                with open(self.here(name), "w") as file:
                    file.write(block)
                self.saved()
            elif language == "sh":
                output = self.run(block)
                commands += 1
            elif language == "text":
                self.case.assertIsNotNone(output, block)
                self.case.assertRegex(output.strip("\n"), rf"\A{shown(block)}\Z")
                output = None
        return commands

    def run(self, command):
        done = subprocess.run(
            ["sh", "-ec", command],
            cwd=ROOT,
            env={**os.environ, "no_proxy": "127.0.0.1,localhost"},
            capture_output=True,
            text=True,
            timeout=120,
        )
        self.case.assertEqual(done.returncode, 0, f"{command}\n{done.stdout}{done.stderr}")
        return done.stdout
