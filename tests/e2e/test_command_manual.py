"""The manual page tallyman.1 has every command with every option, and
sql/README.md every question."""

import re
import subprocess
import unittest

import tap
from command_case import TALLYMAN
from guides import section
from harness import ROOT

MANUAL = (ROOT / "src/cli/tallyman.1").read_text()
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

    def test_mandoc_finds_nothing(self):
        done = subprocess.run(
            ["mandoc", "-T", "lint", "-W", "warning", ROOT / "src/cli/tallyman.1"],
            capture_output=True, text=True,
        )
        self.assertEqual((done.returncode, done.stdout), (0, ""))


class Questions(unittest.TestCase):
    def test_every_question_is_listed(self):
        text = section("sql/README.md", "Questions")
        names = sorted(path.stem for path in (ROOT / "sql/analysis").glob("*.sql"))
        listed = re.findall(r"^\| `(\w+)` \|", text, re.M)
        self.assertEqual(sorted(listed), names)
        counted = re.search(r"(\d+) questions", section("src/cli/README.md", "Totals"))
        self.assertEqual(int(counted[1]), len(names))


if __name__ == "__main__":
    tap.main()
