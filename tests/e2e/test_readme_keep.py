"""The chapter "Keep, move, merge" of README.md: its commands, one after the
other, print what it shows."""

import re
import subprocess

import tap
from command_case import PLAIN, TALLYMAN, CommandCase
from harness import counter, histogram
from responder_case import allowlist, label, listed
from test_readme import code_blocks, readme_section

METRICS = """\
# TYPE go_goroutines gauge
go_goroutines 14
# TYPE push_time_seconds gauge
push_time_seconds{instance="",job="night"} 1.7e+09
# TYPE usage_total counter
usage_total{browser="chrome",feature="showContent"} 40
usage_total{browser="chrome",feature="quickQuestion"} 2
"""


class Keep(CommandCase):
    def same(self, text):
        """Sizes and times differ."""
        text = re.sub(r"\d+ bytes", "N bytes", text)
        return re.sub(r"\d{8}T\d{6}Z", "TIME", text)

    def run_shown(self, command):
        words = command.split()
        self.assertEqual(words[0], "tallyman")
        done = subprocess.run([TALLYMAN, *words[1:]], cwd=self.dir, env=PLAIN,
                              capture_output=True, text=True)
        self.assertEqual((done.returncode, done.stderr), (0, ""), done)
        return done.stdout

    def make_other(self):
        other = CommandCase()
        other.setUp()
        self.addCleanup(other.doCleanups)
        other.record(counter("demo_page_views_total", 7),
                     histogram("demo_response_seconds", 1),
                     counter("usage_total", 2, browser="chrome",
                             feature="showContent"))
        other.output("backup", self.dir / "other.db")

    def test_commands(self):
        (self.dir / "metrics.d/old.json").write_text(allowlist(
            listed("old_clicks_total", labels=[label("where", "top", "end")])))
        self.record(counter("demo_page_views_total", 3))
        self.make_other()
        (self.dir / "metrics.txt").write_text(METRICS)
        blocks = code_blocks(readme_section("Keep, move, merge"))
        self.assertEqual(len(blocks), 5)
        for block in blocks:
            command, _, answer = block.removeprefix("$ ").partition("\n")
            if "prune" in command:
                (self.dir / "metrics.d/old.json").unlink()
            got = self.run_shown(command)
            self.assertEqual(self.same(got), self.same(answer + "\n"))
        ((views,),) = self.rows(
            "SELECT total FROM counter_totals"
            " WHERE family = 'demo_page_views_total'")
        self.assertEqual(views, 10)


if __name__ == "__main__":
    tap.main()
