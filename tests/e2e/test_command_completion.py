"""The output of `tallyman completion` in real shells."""

import os
import re
import subprocess

import tap
from command_case import PLAIN, TALLYMAN, CommandCase
from harness import PATIENCE, counter

# The text typed so far; the last word is to be completed.
BASH = """
source <(tallyman completion bash)
[[ $(complete -p tallyman) == *'-F _tallyman tallyman' ]] || exit 9
COMP_WORDS=("$@") COMP_CWORD=$(($# - 1))
_tallyman
((${#COMPREPLY[@]})) && printf '%s\\n' "${COMPREPLY[@]}"
exit 0
"""
# Functions of the completion system that print their arguments.
ZSH = """
compadd() { shift; print -l -- ${(M)@:#$words[CURRENT]*} }
_describe() {
    local one
    for one in ${(P)2}; do
        [[ $one == $words[CURRENT]* ]] && print -r -- ${one%%:*}
    done
}
_files() { print -l -- $words[CURRENT]*(N) }
words=("$@") CURRENT=$#
source <(tallyman completion zsh) >/dev/null 2>&1
_tallyman
exit 0
"""


class Completion(CommandCase):
    def setUp(self):
        super().setUp()
        self.record(counter("demo_page_views_total"))

    def shell(self, *arguments):
        done = subprocess.run(
            arguments,
            capture_output=True,
            text=True,
            cwd=self.dir,
            timeout=PATIENCE,
            env={**PLAIN, "PATH": f"{TALLYMAN.parent}:{os.environ['PATH']}"},
        )
        self.assertEqual((done.returncode, done.stderr), (0, ""), arguments)
        return sorted(set(done.stdout.split()))

    def both(self, *words):
        """Returns the offers of both shells, which must agree, for the last word."""
        typed = ["tallyman", *words]
        bash = self.shell("bash", "--norc", "-c", BASH, "bash", *typed)
        zsh = self.shell("zsh", "-f", "-c", ZSH, "zsh", *typed)
        self.assertEqual(bash, zsh, words)
        return bash

    def test_commands(self):
        text = subprocess.run(
            [TALLYMAN, "--help"], capture_output=True, text=True
        ).stdout
        names = re.findall(r"^  ([a-z]+) ", text, re.M)
        self.assertGreater(len(names), 5)
        offered = self.shell("bash", "-c", BASH, "bash", "tallyman", "")
        self.assertEqual(offered, sorted([*names, "--help", "--version"]))
        self.assertEqual(self.both("to"), ["totals"])
        self.assertEqual(self.both("qu"), ["query"])

    def test_options(self):
        self.assertEqual(self.both("totals", "--"), [
            "--by", "--compare", "--config", "--csv", "--help", "--json", "--label",
            "--names", "--since", "--until", "--watch"])
        self.assertEqual(self.both("check", "--"), ["--config", "--help", "--queries"])
        self.assertEqual(self.both("alert", "--"),
                         ["--config", "--help", "--json", "--status", "--test"])
        self.assertEqual(self.both("doctor", "--s"), ["--socket"])

    def test_families(self):
        self.assertEqual(self.both("totals", "-c", "tallyman.json", "demo_pa"),
                         ["demo_page_views_total"])
        self.assertEqual(
            self.both("totals", "--json", "--config", str(self.config), "web_n"),
            ["web_navigation_seconds"],
        )

    def test_family_name_is_not_executed(self):
        self.write("INSERT INTO family (name, type, help, unit) VALUES"
                   " ('x$(touch ran)', 'gauge', '', '')")
        self.both("totals", "x")
        self.assertFalse((self.dir / "ran").exists())

    def test_questions(self):
        self.assertEqual(self.both("query", "web_"), ["web_vitals"])
        self.assertEqual(self.both("query", "slow"),
                         ["slowest_pages", "slowest_pages_by_week", "slowest_requests"])

    def test_help(self):
        self.assertEqual(self.both("help", "qu"), ["query"])
        self.assertEqual(self.both("help", "--n"), ["--names"])

    def test_shells(self):
        self.assertEqual(self.both("completion", ""), ["bash", "zsh"])

    def test_files(self):
        self.assertEqual(self.both("check", "-c", "tallyman.j"), ["tallyman.json"])
        self.assertEqual(self.both("backup", "tallyman.j"), ["tallyman.json"])
        self.assertEqual(self.both("doctor", "--socket", "tallyman.j"),
                         ["tallyman.json"])

    def test_other_values(self):
        self.assertEqual(self.both("totals", "--label", ""), [])
        self.assertEqual(self.both("doctor", "--url", ""), [])

    def test_unknown_shell(self):
        for arguments in ([], ["fish"], ["bash", "zsh"]):
            self.assertIn("the shell must be bash or zsh",
                          self.output("completion", *arguments, status=2))


if __name__ == "__main__":
    tap.main()
