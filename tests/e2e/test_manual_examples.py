"""The commands in the section EXAMPLES of tallyman.1 work as described."""

import re
import signal
import subprocess

import tap
from command_case import CommandCase
from guide_shell import GuideShell
from harness import PATIENCE, ROOT, counter

SECTION = re.search(r"^\.Sh EXAMPLES\n(.*?)^\.Sh ", (ROOT / "src/cli/tallyman.1").read_text(),
                    re.S | re.M)[1]
EXAMPLES = [line.replace(r"\(dq", '"') for line in re.findall(r"^\.Dl (.*)$", SECTION, re.M)]


class ManualExamples(CommandCase):
    def setUp(self):
        super().setUp()
        (self.dir / "sql").symlink_to(ROOT / "sql")
        self.shell = GuideShell(self, self.dir)

    def example(self, word):
        """Returns the only example with this text."""
        found = [line for line in EXAMPLES if word in line]
        self.assertEqual(len(found), 1, EXAMPLES)
        return found[0]

    def count(self):
        self.record(counter("usage_total", 3, browser="chrome", feature="quickQuestion"))

    def test_every_example_has_a_test(self):
        self.assertEqual(len(EXAMPLES), 5)

    def test_watch(self):
        self.count()
        with subprocess.Popen(["sh", "-c", "exec " + self.example("--watch")], cwd=self.dir,
                              env=self.shell.environment, stdout=subprocess.PIPE, text=True) as watch:
            self.assertNotEqual(watch.stdout.readline(), "")
            watch.send_signal(signal.SIGINT)
            watch.wait(PATIENCE)

    def test_growth(self):
        self.count()
        self.assertRegex(self.shell.sh(self.example("--compare")),
                         r"(?m)^  \d{4}-\d\d-\d\d  \w{3} +3\b")

    def test_a_question_by_sqlite3(self):
        self.count()
        self.shell.sh(self.example("sqlite3"))

    def test_doctor_from_cron(self):
        """Prints a server that does not answer, and nothing if all is well."""
        command = self.example("doctor").replace("127.0.0.1/", "127.0.0.1:1/")
        self.assertRegex(self.shell.sh(command), r"(?m)^WRONG  responders .*127\.0\.0\.1:1/tallyman: ")

    def test_alerts_from_cron(self):
        line = self.example("*/5")
        self.assertIn(line.split("-c ")[0].split("/bin/")[1], (ROOT / "apache/crontab").read_text())
        (self.dir / "alerts.json").write_text('{"alerts": []}')
        self.count()
        command = line.removeprefix("*/5 * * * * /usr/local/bin/")
        self.shell.sh(command.replace("/etc/tallyman/tallyman.json", str(self.config)))


if __name__ == "__main__":
    tap.main()
