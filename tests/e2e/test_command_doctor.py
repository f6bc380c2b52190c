"""tallyman doctor: a healthy set-up, and each finding about files and database."""

import json
import os
import sqlite3

import tap
from doctor_case import RUNNER, DoctorCase
from guides import LINKS
from harness import counter


class Healthy(DoctorCase):
    def test_text(self):
        self.output("totals")  # creates the journals, like responders
        text = self.output("doctor", env=self.shim(SHIM_NTP="1"))
        lines = [line[:22].rstrip() for line in text.splitlines() if line[:1] != " "]
        self.assertEqual(
            lines,
            [
                "ok     configuration",
                "ok     directory",
                "ok     file system",
                "ok     free space",
                "ok     web root",
                "ok     file",
                "ok     file",
                "ok     WAL size",
                "ok     file",
                "ok     file",
                "note   dashboard",
                "ok     schema",
                "ok     WAL",
                "ok     integrity",
                "ok     references",
                "ok     rows",
                "ok     limit",
                "ok     limit",
                "ok     history",
                "ok     clock",
                "note   responders",
                "",
                f"0 of {len(lines) - 2} are wrong",
            ],
        )
        self.assertIn(f"{self.database}: mode 0600, of {RUNNER}\n", text)

    def test_json(self):
        found = self.findings()
        self.assertIn(
            {
                "check": "file",
                "status": "ok",
                "where": str(self.database),
                "what": f"mode 0600, of {RUNNER}",
                "do": None,
                "guide": None,
            },
            found,
        )

    def test_wal_is_shown(self):
        connection = sqlite3.connect(self.database)
        self.addCleanup(connection.close)
        connection.execute("UPDATE meta SET value = value")
        connection.commit()
        checks = [one["check"] for one in self.findings()]
        self.assertIn("WAL size", checks)
        self.assertEqual(checks.count("file"), 4)


class Configuration(DoctorCase):
    def test_every_error(self):
        self.config.write_text('{"database": 1, "colour": "red"}')
        found = self.wrong()
        self.assertEqual({one["check"] for one in found}, {"configuration"})
        self.assertEqual(len(found), 2)
        self.assertIn("tallyman.json:1:2: database: ", found[0]["what"])

    def test_misuse(self):
        for arguments, want in (
            (["--url", "ftp://x"],
             "--url ftp://x: must begin with http:// or https://"),
            (["x"], "unexpected argument x"),
            (["--document-root=/"] * 17, "--document-root: at most 16"),
        ):
            self.assertIn(want, self.output("doctor", *arguments, status=2))


class Files(DoctorCase):
    def test_no_directory(self):
        self.configure(database="away/tallyman.db")
        first, second = self.wrong()
        self.assertEqual((first["check"], first["what"]),
                         ("directory", "No such file or directory"))
        self.assertEqual(second["check"], "file")

    def test_no_database(self):
        for path in self.dir.glob("tallyman.db*"):
            path.unlink()
        self.assertWrong("file", self.database, "No such file or directory",
                         "start the responders")

    def test_directory_that_others_can_write(self):
        self.dir.chmod(0o777)
        self.assertWrong("directory", self.dir, "mode 0777, every user", "chmod o-w")

    def test_modes(self):
        for ending in ("-lock", "-alert"):
            self.beside(ending).touch(0o600)
        for ending, mode in (
                ("", 0o640), ("-lock", 0o604), ("-alert", 0o604), ("", 0o400)):
            path = self.beside(ending)
            # The journals would get the mode of the database.
            for journal in ("-wal", "-shm"):
                self.beside(journal).unlink(missing_ok=True)
            with self.subTest(path):
                path.chmod(mode)
                whose = "its owner cannot" if mode == 0o400 else "others can"
                self.assertWrong("file", path, f"mode {mode:04o}, {whose}", "chmod 600")
                path.chmod(0o600)

    def test_modes_of_the_journals(self):
        connection = sqlite3.connect(self.database)
        self.addCleanup(connection.close)
        connection.execute("UPDATE meta SET value = value")
        connection.commit()
        for ending in ("-wal", "-shm"):
            path = self.beside(ending)
            path.chmod(0o666)
            self.assertWrong("file", path, "mode 0666, others can", "chmod 600")
            path.chmod(0o600)

    def test_not_a_file(self):
        for path in self.dir.glob("tallyman.db*"):
            path.unlink()
        self.database.mkdir()
        self.assertWrong("file", self.database, "is not a regular file", "a file")

    def test_network_file_system(self):
        self.assertWrong("file system", self.database, "is on NFS", "local disk",
                         env=self.shim(SHIM_TYPE="6969"))

    def test_full_disk(self):
        self.assertWrong("free space", self.dir, "10 MiB; doctor requires 64 MiB",
                         "free some space", env=self.shim(SHIM_MIB="10"))

    def test_no_inodes(self):
        self.assertWrong("free space", self.dir, "; no inodes", "free some space",
                         env=self.shim(SHIM_NO_INODES="1"))

    def test_document_root(self):
        self.assertWrong("web root", self.database, f"lies below {self.dir.parent}",
                         "move it elsewhere", "--document-root", "/nowhere",
                         "--document-root", self.dir.parent)

    def test_named_root(self):
        below = self.dir / "public_html-no/public_html/x"
        below.mkdir(parents=True)
        self.configure(database=str(below / "tallyman.db"))
        self.assertEqual(self.request("GET", "/-/ready")[0], 200)
        self.assertWrong("web root", below / "tallyman.db", "lies below public_html",
                         "--document-root")
        self.assertEqual(
            {one["status"] for one in self.findings("--document-root", self.dir / "metrics.d")},
            {"ok", "note"},
        )

    def test_secrets(self):
        for key, name in (
            ("scrape_token_file", "scrape.token"),
            ("view_token_file", "view.token"),
            ("push_token_file", "push.tokens"),
            ("sessions", "hash.key"),
        ):
            with self.subTest(name):
                path = self.dir / name
                path.write_text("0123456789abcdef\n")
                path.chmod(0o604)
                value = name
                if key == "sessions":
                    value = {"user_labels": "hash", "hash_key_file": name}
                self.configure(**{key: value})
                self.assertWrong("secret", path, "mode 0604, others can", "chmod 400")
                path.chmod(0o440)
                self.findings()

    def test_wal_size(self):
        connection = sqlite3.connect(self.database)
        self.addCleanup(connection.close)
        connection.execute("UPDATE meta SET value = value")
        connection.commit()
        os.truncate(self.beside("-wal"), 100 << 20)
        self.assertWrong("WAL size", self.beside("-wal"), "100 MiB", "fuser -v")


class Owners(DoctorCase):
    """Only root can change owners, so the shim shows another user's files."""

    def test_file_of_another_user(self):
        self.beside("-lock").touch(0o600)
        self.assertWrong(
            "file", self.beside("-lock"),
            f"belongs to 54321, the database to {RUNNER}", "chown",
            env=self.shim(SHIM_STRANGER="-lock"),
        )

    def test_database_of_another_user(self):
        """The other files have the same owner as the directory."""
        beside = {str(path) for path in self.dir.glob("tallyman.db-*")}
        found = self.wrong(env=self.shim(SHIM_STRANGER="tallyman.db"))
        self.assertEqual(found[0]["check"], "directory")
        self.assertIn(f"of {RUNNER}: 54321 cannot write to it", found[0]["what"])
        self.assertEqual({one["check"] for one in found[1:]}, {"file"})
        self.assertEqual({one["where"] for one in found[1:]}, beside)
        self.assertIn(str(self.beside("-lock")), beside)

    def test_access_to_the_dashboard(self):
        (self.dir / "view.token").write_text("a-token-of-the-dashboard\n")
        (self.dir / "view.token").chmod(0o600)
        set_it = "set view_token_file, or change view"
        for keys, status, what, do in (
            ({}, "note", "no token is configured: it opens on this machine only",
             set_it),
            ({"trust_loopback": False}, "note",
             "no token is configured: it does not open", set_it),
            ({"view_token_file": "view.token"}, "ok", "opens with a token", None),
            ({"view": "server"}, "ok", "opens to users that the web server has authenticated",
             None),
            ({"view": "public", "view_families": ["web_*"]}, "ok",
             "shows the families of view_families to everyone", None),
        ):
            with self.subTest(keys):
                self.configure(**keys)
                self.assertEqual(
                    [one for one in self.findings() if one["check"] == "dashboard"],
                    [{"check": "dashboard", "status": status, "where": "view", "what": what,
                      "do": do, "guide": do and LINKS["DASHBOARD"]}])

    def test_secret_that_the_owner_cannot_read(self):
        self.configure(scrape_token_file="scrape.token")
        token = self.dir / "scrape.token"
        token.write_text("x" * 20)
        token.chmod(0o400)
        environment = self.shim(SHIM_STRANGER="scrape.token")
        # Root can read any file.
        if os.geteuid() != 0:
            self.assertWrong("secret", token, f"of 54321: {RUNNER} cannot read it",
                             "chown", env=environment)
        else:
            environment["SHIM_STRANGER"] = "tallyman.db"
            found = self.wrong(env=environment)
            self.assertIn(f"of {RUNNER}: 54321 cannot read it",
                          [one for one in found if one["check"] == "secret"][0]["what"])

    def test_another_user(self):
        (found,) = [
            one for one in self.findings(env=self.shim(SHIM_USER="1"))
            if one["check"] == "user"
        ]
        self.assertEqual(found["status"], "note")
        self.assertEqual(
            found["what"],
            f"belongs to {RUNNER}, doctor runs as 54322: some checks may fail",
        )


class Database(DoctorCase):
    settings = {"open_families": True}

    def test_database_of_another_program(self):
        self.write("PRAGMA application_id = 1")
        self.assertWrong("schema", self.database, "belongs to another program", "another file")

    def test_versions(self):
        (version,) = self.rows("PRAGMA user_version")[0]
        self.write("PRAGMA user_version = 99")
        self.assertWrong("schema", self.database, "version 99; this tallyman has",
                         "of the responders' version")
        self.write("PRAGMA user_version = 10")
        self.assertWrong("schema", self.database,
                         f"version 10; this tallyman has version {version}",
                         "restart the responders")
        self.write("PRAGMA user_version = 9")
        self.assertWrong("schema", self.database, f"version 9; this tallyman has version {version}",
                         "tallyman restore")

    def test_no_wal(self):
        self.rows("PRAGMA journal_mode = DELETE")
        self.assertWrong("WAL", self.database, "the journal mode is delete",
                         "restart the responders")

    def test_not_a_database(self):
        for path in self.dir.glob("tallyman.db-*"):
            path.unlink()
        self.database.write_text("x" * 10000)
        self.assertWrong("schema", self.database, "not a database", "tallyman restore")

    def test_lock(self):
        holder = sqlite3.connect(self.database)
        self.addCleanup(holder.close)
        holder.execute("PRAGMA locking_mode = EXCLUSIVE")
        holder.execute("UPDATE meta SET value = value")
        holder.commit()
        self.assertWrong("schema", self.database, "database is locked",
                         "an open sqlite3 shell")

    def test_damage(self):
        self.rows("PRAGMA wal_checkpoint(TRUNCATE)")
        (root,) = self.rows(
            "SELECT rootpage FROM sqlite_schema WHERE name = 'batch'"
        )[0]
        (size,) = self.rows("PRAGMA page_size")[0]
        with open(self.database, "r+b") as file:
            file.seek((root - 1) * size)
            file.write(b"\xff" * 100)
        found = self.wrong()
        self.assertEqual({one["check"] for one in found}, {"integrity"}, found)
        self.assertIn("tallyman restore", found[0]["do"])

    def test_references(self):
        self.write(
            "INSERT INTO series (family_id, labels, created_at)"
            " VALUES (9999, '{}', 0)"
        )
        self.assertWrong("references", self.database, "in table series",
                         "tallyman restore")

    def test_near_a_limit(self):
        for key, what, limits in (
            ("limits.series", "running totals by process of 200000", None),
            ("sessions.max_series", "label sets of sessions of 10", {"max_series": 10}),
            ("limits.families", "families that no file lists of", None),
        ):
            with self.subTest(what):
                if limits:
                    self.configure(sessions=limits)
                    self.write(
                        "WITH RECURSIVE n (i) AS (VALUES (1) UNION ALL SELECT i + 1"
                        " FROM n WHERE i < 9) INSERT INTO session_label_set"
                        " (labels, dashboard) SELECT json_object('i', '' || i), '{}'"
                        " FROM n"
                    )
                elif key == "limits.families":
                    self.configure()
                    self.write("DELETE FROM session_label_set")
                    self.write(
                        "WITH RECURSIVE n (i) AS (VALUES (1) UNION ALL SELECT i + 1"
                        " FROM n WHERE i < 950) INSERT INTO family"
                        " (name, type, help, unit, open)"
                        " SELECT 'n' || i, 'gauge', '', '', 1 FROM n"
                    )
                else:
                    self.write("UPDATE meta SET value = 190000 WHERE key = 'pushers'")
                self.assertWrong("limit", key, what, "raise the limit")
                self.write("UPDATE meta SET value = 0 WHERE key = 'pushers'")

    def test_open_series(self):
        self.write("UPDATE meta SET value = 199000 WHERE key = 'open_series'")
        self.assertWrong("limit", "limits.series",
                         "199000 series of families that no file lists of",
                         "series_by_family")

    def test_history(self):
        def history():
            return [one["what"] for one in self.findings()
                    if one["check"] == "history"]

        self.write("UPDATE meta SET value = 1700000000 WHERE key = 'history_since'")
        kept = "since 2023-11-14 22:13:20 UTC, about "
        self.assertEqual(history(), [kept + "0.0 of 1024.0 MiB; "
                                            "0 totals not yet written"])
        self.write("UPDATE meta SET value = 1000000000 WHERE key = 'history_bytes'")
        self.assertWrong("history", self.database, kept + "953.7 of 1024.0 MiB",
                         "raise history.max_bytes")
        self.write("UPDATE meta SET value = 0 WHERE key = 'history_since'")
        self.assertEqual(history(), ["starts with the first responder"])
        self.configure(history={"enabled": False})
        self.assertEqual(history(), ["off: history.enabled is false"])

    def test_full_label(self):
        (self.dir / "metrics.d/own.json").write_text(
            json.dumps({"allowedMetrics": [{
                "name": "few_total", "help": "x", "type": "counter",
                "labels": [{"name": "page", "maxValues": 2}]}]})
        )
        self.record(*(counter("few_total", 1, page=page) for page in "abc"))
        (found,) = [
            one for one in self.findings() if one["check"] == "label values"
        ]
        self.assertEqual((found["status"], found["where"]), ("note", "few_total{page}"))
        self.assertIn("has reached its 2 values", found["what"])


class Clock(DoctorCase):
    def clock(self, **environment):
        (found,) = [one for one in self.findings(env=self.shim(**environment))
                    if one["check"] == "clock"]
        return found["status"], found["what"]

    def test_ntp(self):
        self.assertEqual(self.clock(SHIM_NTP="1"), ("ok", "synchronized with NTP"))
        self.assertEqual(self.clock(), ("note", "not known to be synchronized with NTP"))

    def test_time_in_the_future(self):
        self.record(counter("demo_page_views_total"))
        self.write("UPDATE total SET updated_at = updated_at + 1000 WHERE value = 1")
        self.assertWrong("clock", "this machine", " s in the future", "NTP")


if __name__ == "__main__":
    tap.main()
