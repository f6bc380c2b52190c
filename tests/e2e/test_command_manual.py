"""The manual page tallyman.1 has every command with every option, and what
README.md shows in "Look and ask" is what the commands print."""

import re
import shutil
import subprocess
import unittest

import tap
from command_case import PLAIN, TALLYMAN, UTF8, CommandCase
from harness import PATIENCE, ROOT

MANUAL = (ROOT / "src/cli/tallyman.1").read_text()
README = (ROOT / "README.md").read_text()
COMMON = {"--config", "--help"}


def commands():
    text = subprocess.run([TALLYMAN, "--help"], capture_output=True, text=True).stdout
    return re.findall(r"^  ([a-z]+) ", text, re.M)


def help_of(name):
    done = subprocess.run([TALLYMAN, name, "--help"], capture_output=True, text=True)
    return done.stdout


class Manual(unittest.TestCase):
    def section(self, name):
        return re.search(rf"^\.Ss {name}\b.*?(?=^\.S[sh] )", MANUAL, re.M | re.S)[0]

    def test_commands(self):
        described = re.findall(r"^\.Ss (\w+)", MANUAL, re.M)
        self.assertEqual(described, commands())

    def test_options(self):
        for name in commands():
            with self.subTest(name):
                listed = re.findall(r"^ +(?:-\w, )?(--[\w-]+)", help_of(name), re.M)
                described = re.findall(
                    r"^\.It .*?Fl -([\w-]+)", self.section(name), re.M
                )
                self.assertEqual(
                    ["--" + option for option in described],
                    [option for option in listed if option not in COMMON],
                )

    def test_help(self):
        for name in commands():
            text = help_of(name)
            self.assertTrue(text.startswith(f"Usage: tallyman {name} [-c FILE]"), text)
            self.assertIn("  -h, --help ", text)
            self.assertLess(max(map(len, text.splitlines())), 82, text)

    def test_is_correct(self):
        done = subprocess.run(
            ["mandoc", "-T", "lint", "-W", "warning", ROOT / "src/cli/tallyman.1"],
            capture_output=True, text=True,
        )
        self.assertEqual((done.returncode, done.stdout), (0, ""))


class LookAndAsk(CommandCase):
    """The chapter of README.md, on the demo's push."""

    def test_as_shown(self):
        section = re.search(r"^## Look and ask\n(.*?)(?=^## )", README, re.S | re.M)[1]
        push = re.search(r"-d '(\s*\[.*?\])'", README, re.S)[1]
        self.assertEqual(self.request("POST", "/record", push), (200, "OK\n"))
        here = self.dir / "sql"
        shutil.copytree(ROOT / "sql/analysis", here / "analysis")
        (self.dir / "build/run").mkdir(parents=True)
        shutil.copy(self.database, self.dir / "build/run")
        blocks = re.findall(r"^    \$ (.*?)\n((?:    .*\n|\n(?=    [^$]))*)", section, re.M)
        self.assertGreater(len(blocks), 3)
        for command, answer in blocks:
            with self.subTest(command):
                done = subprocess.run(
                    command, shell=True, capture_output=True, text=True,
                    cwd=self.dir, timeout=PATIENCE,
                    env={**UTF8, "PATH": f"{TALLYMAN.parent}:{PLAIN['PATH']}"},
                )
                want = "\n".join(line[4:] for line in answer.rstrip().split("\n"))
                got = done.stdout.rstrip()
                if want.endswith("..."):
                    want = want.removesuffix("...").rstrip()
                    got = got[: len(want)]
                self.assertEqual((got, done.stderr), (want, ""))

    def test_every_question_is_listed(self):
        section = re.search(r"^## Look and ask\n(.*?)(?=^## )", README, re.S | re.M)[1]
        names = sorted(path.stem for path in (ROOT / "sql/analysis").glob("*.sql"))
        listed = re.findall(r"^\| `(\w+)` \|", section, re.M)
        self.assertEqual(sorted(listed), names)


if __name__ == "__main__":
    tap.main()
