"""tallyman itself: which command is meant, and what it prints that cannot be
written."""

import subprocess
import unittest

import tap
from command_case import TALLYMAN, CommandCase
from harness import PATIENCE, RESPONDER


def tallyman(*arguments, **options):
    return subprocess.run([TALLYMAN, *arguments], text=True, timeout=PATIENCE,
                          stderr=subprocess.PIPE, **options)


UNWRITTEN = (
    "tallyman: not all could be written to standard output: is it closed, or"
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
                f"tallyman: there is no command {name}{meant}\n"
                "See tallyman --help.\n",
            )

    def test_help_and_version(self):
        for option in ("--help", "-h", "--version", "-V"):
            done = tallyman(option, stdout=subprocess.PIPE)
            self.assertEqual((done.returncode, done.stderr), (0, ""))
            self.assertIn("tallyman", done.stdout)


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

    def test_a_trailing_comma(self):
        self.config.write_text('{\n  "database": "tallyman.db", // here\n}\n')
        self.assertEqual(
            self.output("check", status=1),
            "tallyman check: the configuration is bad\n"
            f"{self.config}:2:28: not valid JSON: nothing follows this comma; take it"
            " away\n")


class FullDisk(CommandCase):
    """What is cut short must not look as if it were whole."""

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
            ("backup", *config, str(self.dir / "b.db")),
            ("prune", *config, "--dry-run"),
            ("monitoring", *config, "--out", str(self.dir / "m"), "--dry-run"),
            ("completion", "bash"),
            ("totals", "--help"),
            ("--help",),
            ("--version",),
        ):
            self.assertTold(*arguments)

    def test_closed(self):
        done = subprocess.run(["sh", "-c", f"{TALLYMAN} --help >&-"], text=True,
                              capture_output=True, timeout=PATIENCE)
        self.assertEqual((done.returncode, done.stderr),
                         (1, UNWRITTEN))


if __name__ == "__main__":
    tap.main()
