"""The command line of tallyman: commands, options, and output that cannot be written."""

import os
import re
import shutil
import subprocess
import unittest

import tap
from command_case import TALLYMAN, CommandCase
from guides import see
from harness import PATIENCE, RESPONDER, USER, of_user


def tallyman(*arguments, **options):
    return subprocess.run([TALLYMAN, *arguments], text=True, timeout=PATIENCE,
                          stderr=subprocess.PIPE, **options)


UNWRITTEN = (
    "tallyman: writing to standard output failed: is it closed, or"
    " the disk full?\n"
)


class Which(unittest.TestCase):
    def test_none(self):
        done = tallyman(stdout=subprocess.PIPE)
        self.assertEqual((done.returncode, done.stdout), (2, ""))
        self.assertTrue(done.stderr.startswith("Usage: tallyman COMMAND"))

    def test_unknown(self):
        for name, meant in (
            ("total", "; did you mean totals?"),
            ("restroe", "; did you mean restore?"),
            ("frobnicate", ""),
        ):
            done = tallyman(name, stdout=subprocess.PIPE)
            self.assertEqual((done.returncode, done.stdout), (2, ""))
            self.assertEqual(
                done.stderr,
                f"tallyman: unknown command {name}{meant}\n"
                "See tallyman --help.\n",
            )

    def test_help_and_version(self):
        for option in ("--help", "-h", "--version", "-V"):
            done = tallyman(option, stdout=subprocess.PIPE)
            self.assertEqual((done.returncode, done.stderr), (0, ""))
            self.assertIn("tallyman", done.stdout)


class Help(unittest.TestCase):
    def told(self, *arguments):
        done = tallyman(*arguments, stdout=subprocess.PIPE)
        return done.returncode, done.stdout, done.stderr

    def test_help_command_equals_the_option(self):
        self.assertEqual(self.told("help"), self.told("--help"))
        for name in ("totals", "monitoring", "help"):
            self.assertEqual(self.told("help", name), self.told(name, "--help"))

    def test_help_of_a_command(self):
        self.assertEqual(self.told("help", "restore"), (0, (
            "Usage: tallyman restore [-c FILE] FILE [--force] [--no-keep]\n"
            "\n"
            "Replace the database with a backup.\n"
            "\n"
            "Responders may be running: pushes wait, then continue with the restored\n"
            "totals. A push that was counted since the backup is counted again if it is\n"
            "repeated. The previous content is kept in the same directory, as\n"
            "DATABASE.TIME.\n"
            "\n"
            "  -f, --force        replace an existing database\n"
            "      --no-keep      do not keep the previous content\n"
            "  -c, --config FILE  the configuration; else the file that\n"
            "                     TALLYMAN_CONFIG names, else ./tallyman.json,\n"
            "                     else /etc/tallyman/tallyman.json\n"
            "  -h, --help         print this\n"), ""))

    def test_names(self):
        names = re.findall(r"^  ([a-z]+) ", self.told("help")[1], re.M)
        self.assertEqual(self.told("help", "--names"),
                         (0, "".join(f"{name}\n" for name in names), ""))

    def test_unknown(self):
        self.assertEqual(
            self.told("help", "total"),
            (2, "", "tallyman: unknown command total; did you mean totals?\n"
             "See tallyman --help.\n"))
        self.assertEqual(
            self.told("help", "totals", "query"),
            (2, "", "tallyman help: unexpected argument query\n"
             "See tallyman help --help.\n"))


class Options(unittest.TestCase):
    """Each option is parsed as its command's table says."""

    def test_refused(self):
        usage = tallyman("check", "--help", stdout=subprocess.PIPE).stdout
        for arguments, told in (
            (("check", "--bogus"), "check: unrecognized option '--bogus'\n" + usage),
            (("check", "-j"), "check: invalid option -- 'j'\n" + usage),
            (("check", "-c"), "check: option requires an argument -- 'c'\n" + usage),
            (("check", "--help=1"),
             "check: option '--help' doesn't allow an argument\n" + usage),
            (("check", "x"), "tallyman check: unexpected argument x\n"
             "See tallyman check --help.\n"),
            (("import",), "tallyman import: must have one argument, a FILE or -\n"
             "See tallyman import --help.\n"),
            (("merge",), "tallyman merge: must have the database of another node as"
             " its argument\nSee tallyman merge --help.\n"),
        ):
            done = tallyman(*arguments, stdout=subprocess.PIPE)
            self.assertEqual((done.returncode, done.stdout, done.stderr),
                             (2, "", told), arguments)

    def test_last_of_two_values_counts(self):
        for arguments, last in ((("--json", "--csv", "-j"), "json"),
                                (("-jj", "--csv"), "csv")):
            done = tallyman("query", *arguments, stdout=subprocess.PIPE)
            self.assertEqual(
                (done.returncode, done.stderr),
                (2, f"tallyman query: --{last} needs the name of a query\n"
                 "See tallyman query --help.\n"))


class Check(CommandCase):
    def test_no_directory(self):
        self.configure(database="none/tallyman.db")
        told = (f"database {self.dir}/none/tallyman.db: its directory is missing; make"
                " it, for the user of the responders: install -d -m 700 -o USER"
                f" {self.dir}/none/\n")
        self.assertEqual(self.output("check", status=1), "tallyman check: " + told)
        done = subprocess.run([RESPONDER, "-t", "-c", self.config],
                              capture_output=True, text=True, timeout=PATIENCE)
        self.assertEqual((done.returncode, done.stdout, done.stderr),
                         (0, f"{self.config}: ok\n", "tallyman: " + told))
        for command in (("prune",), ("restore", self.database),
                        ("merge", self.database)):
            self.assertNotIn("lock file", self.output(*command, status=1))

    def test_without_permission(self):
        token = self.dir / "scrape.token"
        token.write_text("0123456789abcdef\n")
        token.chmod(0)
        self.configure(scrape_token_file="scrape.token")
        self.dir.chmod(0o755)
        column = self.config.read_text().index('"scrape_token_file"') + 1
        # The user may not reach the source.
        program = shutil.copy(TALLYMAN, self.dir / "tallyman")
        done = subprocess.run([program, "check", "-c", self.config], cwd=self.dir, text=True,
                              capture_output=True, timeout=PATIENCE, **of_user(USER))
        self.assertEqual(
            (done.returncode, done.stderr),
            (1, f"tallyman check: the configuration is bad{see('CONFIG')}\n"
                f"{self.config}:1:{column}: scrape_token_file: {token} cannot be opened:"
                " Permission denied\n"
                "tallyman check: run it with sudo, or as the user of the responders\n"))
        token.chmod(0o644)
        for file in (self.config, self.dir / "metrics.d"):
            mode = file.stat().st_mode
            file.chmod(0)
            done = subprocess.run([program, "check", "-c", self.config], cwd=self.dir, text=True,
                                  capture_output=True, timeout=PATIENCE, **of_user(USER))
            file.chmod(mode)
            self.assertRegex(done.stderr, "Permission denied.*\n.*: run it with sudo, or as")

    def test_a_trailing_comma(self):
        self.config.write_text('{\n  "database": "tallyman.db", // here\n}\n')
        self.assertEqual(
            self.output("check", status=1),
            f"tallyman check: the configuration is bad{see('CONFIG')}\n"
            f"{self.config}:2:28: not valid JSON: no value after this comma; "
            "remove the comma\n")

    def test_file_of_alerts(self):
        alerts = self.dir / "alerts.json"
        alerts.write_text('{"alerts": [\n  {"name": "A", "rate": "usage_totl", "over": "1h",'
                          ' "above": 1, "text": "t"}]}\n')
        self.assertEqual(
            self.output("check", status=1),
            f"tallyman check: the alerts file is bad{see('ALERTS')}\n"
            f"{alerts}:2:17: alerts[0].rate: no file lists \"usage_totl\", must be the name"
            " of a family; did you mean usage_total?\n")
        # Families of Grafana sessions are valid, too.
        alerts.write_text('{"notify": [{"mail": ["me@example.org"], "severities": ["x"]}],\n'
                          '"alerts": [{"name": "A", "increase": "grafana_analytics_sessions_total",'
                          ' "over": "1h",\n "below": 1, "severity": "x", "text": "t"}]}\n')
        self.assertEqual(self.output("check").splitlines()[1:], [f"{alerts}: ok, 1 alerts"])


    def test_named_pipes_are_refused(self):
        """A pipe may have no writer, so no command waits for one."""
        self.configure(scrape_token_file="token")
        (self.dir / "token").write_text("secret\n")
        (self.dir / "alerts.json").write_text('{"alerts": []}')
        for name, told in (("metrics.d/pipe.json", "metrics.d/pipe.json: {}"),
                           ("alerts.json", "alerts.json: {}"),
                           ("token", "tallyman.json:1:29: scrape_token_file: token {}"),
                           ("tallyman.json", "tallyman.json: {}")):
            path = self.dir / name
            kept = path.read_text() if path.exists() else None
            path.unlink(missing_ok=True)
            os.mkfifo(path)
            for command in (["check"], ["doctor"], ["alert", "--status"]):
                with self.subTest(name, command=command[0]):
                    done = self.run_command(*command)
                    self.assertEqual(done.returncode, 1)
                    self.assertIn(told.format("is a named pipe, must be a file"),
                                  (done.stdout + done.stderr).replace(f"{self.dir}/", ""))
            path.unlink()
            if kept is not None:
                path.write_text(kept)
        # A shell's pipe has an end, so it is read.
        self.assertIn("/dev/token cannot be opened", self.output(
            "check", "-c", "/dev/stdin", status=1, input=self.config.read_text()))


class FullDisk(CommandCase):
    """Truncated output must not look complete."""

    def assertTold(self, *arguments):
        with open("/dev/full", "w") as full:
            done = tallyman(*arguments, stdout=full)
        self.assertEqual(
            (done.returncode, done.stderr),
            (1, UNWRITTEN),
            arguments,
        )

    def test_each_command(self):
        self.request("GET", "/-/ready")
        (self.dir / "alerts.json").write_text('{"alerts": []}')
        config = ("-c", str(self.config))
        for arguments in (
            ("check", *config),
            ("doctor", *config),
            ("totals", *config),
            ("totals", *config, "--json"),
            ("totals", *config, "usage_total"),
            ("query", *config),
            ("query", *config, "series_by_family"),
            ("query", *config, "series_by_family", "--json"),
            ("alert", *config, "--status"),
            ("backup", *config, str(self.dir / "b.db")),
            ("prune", *config, "--dry-run"),
            ("monitoring", *config, "--out", str(self.dir / "m"), "--dry-run"),
            ("completion", "bash"),
            ("totals", "--help"),
            ("--help",),
            ("--version",),
        ):
            self.assertTold(*arguments)

    def test_closed_output(self):
        done = subprocess.run(["sh", "-c", f"{TALLYMAN} --help >&-"], text=True,
                              capture_output=True, timeout=PATIENCE)
        self.assertEqual((done.returncode, done.stderr),
                         (1, UNWRITTEN))


if __name__ == "__main__":
    tap.main()
