"""tallyman itself: which command is meant, and what it prints that cannot be
written."""

import re
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


class Help(unittest.TestCase):
    def told(self, *arguments):
        done = tallyman(*arguments, stdout=subprocess.PIPE)
        return done.returncode, done.stdout, done.stderr

    def test_the_same_as_the_option(self):
        self.assertEqual(self.told("help"), self.told("--help"))
        for name in ("totals", "monitoring", "help"):
            self.assertEqual(self.told("help", name), self.told(name, "--help"))

    def test_whole(self):
        self.assertEqual(self.told("help", "restore"), (0, (
            "Usage: tallyman restore [-c FILE] FILE [--force] [--no-keep]\n"
            "\n"
            "Put a backup in the place of the totals.\n"
            "\n"
            "Responders may be running: they go on with what the file has, and pushes\n"
            "wait meanwhile. A push that was counted since the backup is counted again\n"
            "when it is repeated. What the database had before is written beside it, as\n"
            "DATABASE.TIME.\n"
            "\n"
            "  -f, --force        replace a database that is there\n"
            "      --no-keep      do not keep what it had\n"
            "  -c, --config FILE  the configuration; else the file that\n"
            "                     TALLYMAN_CONFIG names, else tallyman.json here,\n"
            "                     else /etc/tallyman/tallyman.json\n"
            "  -h, --help         print this\n"), ""))

    def test_names(self):
        names = re.findall(r"^  ([a-z]+) ", self.told("help")[1], re.M)
        self.assertEqual(self.told("help", "--names"),
                         (0, "".join(f"{name}\n" for name in names), ""))

    def test_unknown(self):
        self.assertEqual(
            self.told("help", "total"),
            (2, "", "tallyman: there is no command total; did you mean totals?\n"
             "See tallyman --help.\n"))
        self.assertEqual(
            self.told("help", "totals", "query"),
            (2, "", "tallyman help: unexpected argument query\n"
             "See tallyman help --help.\n"))


class Options(unittest.TestCase):
    """Each is read as the table of its command says."""

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

    def test_the_last_of_two(self):
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
