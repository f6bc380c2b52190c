"""tallyman doctor: a healthy set-up, and each finding provoked once."""

import email.utils
import http.server
import json
import os
import pathlib
import pwd
import socket
import sqlite3
import ssl
import subprocess
import threading
import time
import unittest

import command_case
import harness
import tap
import webservers
from command_case import PLAIN, CommandCase
from harness import counter

RUNNER = pwd.getpwuid(os.geteuid()).pw_name
# A disk that is as it is told to be.
SHIM = """\
#define _GNU_SOURCE
#include <dlfcn.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <sys/timex.h>
#include <sys/vfs.h>
#include <unistd.h>
int stat(const char *path, struct stat *out) {
    int (*real)(const char *, struct stat *) = dlsym(RTLD_NEXT, "stat");
    int result = real(path, out);
    const char *of = getenv("SHIM_STRANGER");
    if (of && strlen(path) >= strlen(of)
        && strcmp(path + strlen(path) - strlen(of), of) == 0)
        out->st_uid = 54321;
    return result;
}
uid_t geteuid(void) {
    return getenv("SHIM_USER") ? 54322 : getuid();
}
int adjtimex(struct timex *state) {
    state->status = getenv("SHIM_NTP") ? 0 : STA_UNSYNC;
    return getenv("SHIM_NTP") ? TIME_OK : TIME_ERROR;
}
int statfs(const char *path, struct statfs *out) {
    int (*real)(const char *, struct statfs *) = dlsym(RTLD_NEXT, "statfs");
    int result = real(path, out);
    if (getenv("SHIM_TYPE"))
        out->f_type = strtol(getenv("SHIM_TYPE"), NULL, 16);
    return result;
}
int statvfs(const char *path, struct statvfs *out) {
    int (*real)(const char *, struct statvfs *) = dlsym(RTLD_NEXT, "statvfs");
    int result = real(path, out);
    if (getenv("SHIM_MIB"))
        out->f_bavail = strtoul(getenv("SHIM_MIB"), NULL, 10)
                        * (1048576 / out->f_frsize);
    if (getenv("SHIM_NO_INODES"))
        out->f_favail = 0;
    return result;
}
"""


class DoctorCase(CommandCase):
    def setUp(self):
        super().setUp()
        self.assertEqual(self.request("GET", "/-/ready")[0], 200)

    def findings(self, *arguments, status=0, **options):
        done = self.run_command("doctor", "--json", *arguments, **options)
        self.assertEqual(done.stderr, "")
        self.assertEqual(done.returncode, status, done.stdout)
        return json.loads(done.stdout)

    def wrong(self, *arguments, **options):
        found = self.findings(*arguments, status=1, **options)
        return [one for one in found if one["status"] == "wrong"]

    def assertWrong(self, check, where, what, do, *arguments, **options):
        """That, and nothing else, is wrong; `what` and `do` are parts."""
        found = self.wrong(*arguments, **options)
        self.assertEqual(len(found), 1, found)
        self.assertEqual((found[0]["check"], found[0]["where"]), (check, str(where)))
        self.assertIn(what, found[0]["what"])
        self.assertIn(do, found[0]["do"])

    def shim(self, **environment):
        library = self.dir / "shim.so"
        source = self.dir / "shim.c"
        source.write_text(SHIM)
        subprocess.run(
            ["gcc", "-shared", "-fPIC", "-o", library, source, "-ldl"], check=True
        )
        return {**PLAIN, "LD_PRELOAD": str(library), **environment}

    def beside(self, ending):
        return pathlib.Path(f"{self.database}{ending}")


class Healthy(DoctorCase):
    def test_text(self):
        self.output("totals")  # makes the journals, as responders do
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
                "ok     schema",
                "ok     WAL",
                "ok     integrity",
                "ok     references",
                "ok     limit",
                "ok     limit",
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
            },
            found,
        )

    def test_the_wal_is_shown(self):
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

    def test_directory_for_everybody(self):
        self.dir.chmod(0o777)
        self.assertWrong("directory", self.dir, "mode 0777, everybody", "chmod o-w")

    def test_modes(self):
        self.beside("-lock").touch(0o600)
        for ending, mode in (("", 0o640), ("-lock", 0o604), ("", 0o400)):
            path = self.beside(ending)
            # Journals would get the mode of the database.
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

    def test_network(self):
        self.assertWrong("file system", self.database, "is on NFS", "local disk",
                         env=self.shim(SHIM_TYPE="6969"))

    def test_full(self):
        self.assertWrong("free space", self.dir, "10 MiB, wanted are 64 MiB",
                         "make room", env=self.shim(SHIM_MIB="10"))

    def test_no_inodes(self):
        self.assertWrong("free space", self.dir, "; no inodes", "make room",
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
    """Only root can give files away; here they seem to be a stranger's."""

    def test_a_file_of_another(self):
        self.beside("-lock").touch(0o600)
        self.assertWrong(
            "file", self.beside("-lock"),
            f"belongs to 54321, the database to {RUNNER}", "chown",
            env=self.shim(SHIM_STRANGER="-lock"),
        )

    def test_a_database_of_another(self):
        """The others are the owner's, and so is the directory."""
        beside = {str(path) for path in self.dir.glob("tallyman.db-*")}
        found = self.wrong(env=self.shim(SHIM_STRANGER="tallyman.db"))
        self.assertEqual(found[0]["check"], "directory")
        self.assertIn(f"of {RUNNER}: 54321 cannot write there", found[0]["what"])
        self.assertEqual({one["check"] for one in found[1:]}, {"file"})
        self.assertEqual({one["where"] for one in found[1:]}, beside)
        self.assertIn(str(self.beside("-lock")), beside)

    def test_a_secret_that_the_owner_cannot_read(self):
        self.configure(scrape_token_file="scrape.token")
        token = self.dir / "scrape.token"
        token.write_text("x" * 20)
        token.chmod(0o400)
        environment = self.shim(SHIM_STRANGER="scrape.token")
        # Root would read it in any case.
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
            f"belongs to {RUNNER}, this is 54322: not everything can be seen",
        )


class Database(DoctorCase):
    settings = {"open_families": True}

    def test_another_program(self):
        self.write("PRAGMA application_id = 1")
        self.assertWrong("schema", self.database, "another program", "another file")

    def test_versions(self):
        (version,) = self.rows("PRAGMA user_version")[0]
        self.write("PRAGMA user_version = 99")
        self.assertWrong("schema", self.database, "version 99, this is",
                         "belongs to the responders")
        self.write("PRAGMA user_version = 1")
        self.assertWrong("schema", self.database, f"version 1, this is {version}",
                         "restart the responders")

    def test_no_wal(self):
        self.rows("PRAGMA journal_mode = DELETE")
        self.assertWrong("WAL", self.database, "the journal mode is delete",
                         "restart the responders")

    def test_not_a_database(self):
        for path in self.dir.glob("tallyman.db-*"):
            path.unlink()
        self.database.write_text("x" * 10000)
        self.assertWrong("schema", self.database, "not a database", "tallyman restore")

    def test_a_lock(self):
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
            "INSERT INTO series (family_id, labels, created_at, updated_at)"
            " VALUES (9999, '{}', 0, 0)"
        )
        self.assertWrong("references", self.database, "in the table series",
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
                        " (labels, dashboard) SELECT i, i FROM n"
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
                self.assertWrong("limit", key, what, "raise it")
                self.write("UPDATE meta SET value = 0 WHERE key = 'pushers'")

    def test_open_series(self):
        self.write("UPDATE meta SET value = 199000 WHERE key = 'open_series'")
        self.assertWrong("limit", "limits.series",
                         "199000 series of families that no file lists of",
                         "series_by_family")

    def test_a_full_label(self):
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
        self.assertIn("all of its 2 values", found["what"])


class Clock(DoctorCase):
    def clock(self, **environment):
        (found,) = [one for one in self.findings(env=self.shim(**environment))
                    if one["check"] == "clock"]
        return found["status"], found["what"]

    def test_ntp(self):
        self.assertEqual(self.clock(SHIM_NTP="1"), ("ok", "kept by NTP"))
        self.assertEqual(self.clock(), ("note", "no NTP is known to keep it"))

    def test_the_future(self):
        self.record(counter("demo_page_views_total"))
        self.write("UPDATE series SET updated_at = updated_at + 1000 WHERE value = 1")
        self.assertWrong("clock", "this machine", " s ahead of it", "NTP")


class Stranger(http.server.BaseHTTPRequestHandler):
    """What answers at the URL, and when it thinks it is."""

    def do_GET(self):
        answer = self.server.answers.get(self.path, (404, "nothing here\n"))
        if answer is None:
            self.close_connection = True
            return
        status, text = answer
        if self.headers.get("Authorization") != self.server.wanted:
            status, text = 401, "who are you?\n"
        self.send_response_only(status)
        date = time.time() + self.server.ahead
        if self.server.sends_to:
            self.send_header("Location", self.server.sends_to)
        self.send_header("Date", email.utils.formatdate(date, usegmt=True))
        self.end_headers()
        self.wfile.write(text.encode())

    def log_message(self, *_):
        pass


class Answering(DoctorCase):
    """At the URL is what a responder says, and the test may change."""

    def setUp(self):
        super().setUp()
        self.server = http.server.HTTPServer(("127.0.0.1", 0), Stranger)
        self.server.ahead, self.server.wanted, self.server.sends_to = 0, None, None
        self.secure()
        status, self.metrics = self.request("GET", "/metrics")
        self.server.answers = {
            "/t/-/ready": (200, "ready\n"),
            "/t/metrics": (status, self.metrics),
        }
        threading.Thread(target=self.server.serve_forever, daemon=True).start()
        self.addCleanup(self.server.server_close)
        self.addCleanup(self.server.shutdown)
        self.url = f"http://127.0.0.1:{self.server.server_port}/t"

    def secure(self):
        """Not here."""

    def assertAnswered(self, check, what, do, url=None):
        self.assertWrong(check, url or self.url, what, do, "--url", url or self.url)


class Strange(Answering):
    """Answers that responders would not give, or give in trouble."""

    def test_good(self):
        found = self.findings("--url", self.url + "/")
        asked = [(one["check"], one["what"]) for one in found if one["where"] == self.url]
        self.assertEqual(asked[0], ("responders", "ready"))
        self.assertRegex(asked[1][1], r"^[01] s (ahead of|behind) this machine's$")
        self.assertEqual(asked[2][0], "version")
        self.assertEqual(asked[3:], [
            ("configuration", "the responders have this one, and its allowlist")])

    def test_nobody(self):
        url = f"http://127.0.0.1:{harness.free_port()}"
        self.assertAnswered("responders", "connect: Connection refused",
                            "start the responders", url)

    def test_no_such_host(self):
        self.assertAnswered("responders", "Could not resolve host: host.invalid", "start", "http://host.invalid")

    def test_no_url(self):
        self.assertAnswered("responders", "URL", "start", "http://:80")

    def test_not_http(self):
        with socket.create_server(("127.0.0.1", 0)) as listener:
            def answer():
                with listener.accept()[0] as connection:
                    connection.recv(1000)
                    connection.sendall(b"220 mail\r\n")
            threading.Thread(target=answer, daemon=True).start()
            self.assertAnswered("responders", "HTTP/0.9", "start",
                                f"http://127.0.0.1:{listener.getsockname()[1]}")

    def test_not_ready(self):
        self.server.answers["/t/-/ready"] = (503, "not ready: disk full\x1b[2J\n")
        self.assertAnswered("responders", "answered with 503, not ready: disk full",
                            "the responders' log")
        text = self.run_command("doctor", "--url", self.url).stdout
        self.assertIn("disk full\\x1b[2J\n", text)

    def test_elsewhere(self):
        found = self.wrong("--url", self.url + "/x")
        self.assertEqual([one["check"] for one in found], ["responders", "scrape"])
        self.assertIn("answered with 404, nothing here", found[0]["what"])

    def test_clock(self):
        self.server.ahead = 60
        self.assertAnswered("clock", " s ahead of this machine's", "NTP")
        self.server.ahead = -60
        self.assertAnswered("clock", " s behind this machine's", "NTP")

    def test_reload_failed(self):
        self.changed("tallyman_config_last_reload_successful 1",
                     "tallyman_config_last_reload_successful 0")
        self.assertAnswered("configuration", "an older one is in force", "tallyman check")

    def changed(self, old, new):
        text = self.metrics.replace(old, new)
        self.assertNotEqual(text, self.metrics)
        self.server.answers["/t/metrics"] = (200, text)

    def test_another_configuration(self):
        """The file, or one of its allowlist, is not what they have loaded."""
        told = "other files in force than this one and its allowlist"
        self.configure(respect_gpc=False)
        self.assertAnswered("configuration", told, "--config")
        self.configure()
        self.findings("--url", self.url)
        (self.dir / "metrics.d/more.json").write_text('{"allowedMetrics": []}')
        self.assertAnswered("configuration", told, "--config")

    def test_another_version(self):
        self.changed('tallyman_build_info{version="', 'tallyman_build_info{version="9')
        self.assertAnswered("version", "the responders are 9", "restart the responders")

    def test_redirected(self):
        self.server.sends_to = "https://example.org/t/-/ready"
        self.server.answers["/t/-/ready"] = (308, "")
        self.assertAnswered(
            "responders", "answered with 308 and sends to https://example.org/t/-/ready",
            "name that place")

    def test_no_end(self):
        """Neither a proxy of the environment is asked, nor is waited for long."""
        with socket.create_server(("127.0.0.1", 0)) as listener:
            url = f"http://127.0.0.1:{listener.getsockname()[1]}"
            self.assertWrong("responders", url, "timed out", "start", "--url", url,
                             env={**PLAIN, "http_proxy": self.url})

    def test_another_scrape(self):
        self.server.answers["/t/metrics"] = (200, "go_goroutines 1\n")
        self.assertAnswered("version", "not that of a responder", "name the place")

    def test_no_scrape(self):
        self.server.answers["/t/metrics"] = None
        self.assertAnswered("scrape", "Empty reply", "the responders' log")

    def test_scrape_refused(self):
        self.server.answers["/t/metrics"] = (403, "forbidden\n")
        self.assertAnswered("scrape", "answered with 403, forbidden", "let this machine")
        self.server.answers["/t/metrics"] = (401, "token\n")
        self.assertAnswered("scrape", "answered with 401", "scrape_token_file")

    def test_the_token_is_sent(self):
        self.server.wanted = "Bearer " + "t" * 20
        self.configure(scrape_token_file="scrape.token")
        token = self.dir / "scrape.token"
        token.write_text("t" * 20 + "\n")
        token.chmod(0o600)
        self.server.answers["/t/metrics"] = self.request(
            "GET", "/metrics", HTTP_AUTHORIZATION=self.server.wanted)
        self.findings("--url", self.url)


class Secure(Answering):
    """Behind https, with a certificate that we have signed."""

    def setUp(self):
        super().setUp()
        self.url = self.url.replace("http:", "https:")

    def secure(self):
        self.certificate = self.dir / "certificate.pem"
        key = self.dir / "key.pem"
        subprocess.run(
            ["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt",
             "ec_paramgen_curve:P-256", "-nodes", "-days", "2", "-subj", "/CN=t",
             "-addext", "subjectAltName=IP:127.0.0.1", "-keyout", key,
             "-out", self.certificate],
            check=True, capture_output=True)
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(self.certificate, key)
        self.server.socket = context.wrap_socket(self.server.socket, server_side=True)

    def test_known(self):
        self.findings("--url", self.url, "--cacert", self.certificate)

    def test_unknown(self):
        self.assertAnswered("responders", "certificate", "--cacert")

    def test_another_host(self):
        url = self.url.replace("127.0.0.1", "localhost")
        self.assertWrong("responders", url, "localhost", "--cacert", "--url", url,
                         "--cacert", self.certificate)

    def test_no_file(self):
        self.assertWrong("responders", self.url, "/nowhere.pem", "--cacert",
                         "--url", self.url, "--cacert", "/nowhere.pem")


class Real(unittest.TestCase):
    """Responders behind nginx, asked both ways."""

    def setUp(self):
        self.site = harness.Site()
        self.addCleanup(self.site.remove)
        for name in ("scrape.token",):
            (self.site.home / name).chmod(0o400)
        self.responders = harness.Responders(self.site)
        self.addCleanup(self.responders.stop)
        self.nginx = webservers.Nginx(self.site)
        self.addCleanup(self.nginx.stop)
        harness.scrape(self.nginx)

    def doctor(self, *arguments):
        done = subprocess.run(
            [command_case.TALLYMAN, "doctor", "--json", "-c", self.site.config, *arguments],
            capture_output=True, text=True, env=PLAIN, timeout=harness.PATIENCE,
        )
        return done.returncode, {
            (one["check"], one["where"]): one["what"] for one in json.loads(done.stdout)
        }

    def test_both_ways(self):
        path = str(self.responders.path)
        status, found = self.doctor("--url", self.nginx.url, "--socket", path)
        self.assertEqual(status, 0, found)
        for where in (self.nginx.url, path):
            self.assertEqual(found["responders", where], "ready")
            self.assertEqual(found["configuration", where],
                             "the responders have this one, and its allowlist")

    def test_nobody_behind_the_socket(self):
        self.responders.stop()
        path = str(self.responders.path)
        status, found = self.doctor("--url", self.nginx.url, "--socket", path)
        self.assertEqual(status, 1)
        self.assertEqual(found["responders", path], "connect: Connection refused")
        self.assertIn("/-/ready is answered with 50", found["responders", self.nginx.url])

    def test_a_socket_of_another_kind(self):
        path = self.site.dir / "run/other.sock"
        with socket.socket(socket.AF_UNIX) as listener:
            listener.bind(str(path))
            listener.listen()

            def answer():
                with listener.accept()[0] as connection:
                    connection.recv(1000)
                    connection.sendall(b"hello\n")

            threading.Thread(target=answer, daemon=True).start()
            status, found = self.doctor("--socket", path)
        self.assertEqual(status, 1)
        self.assertEqual(found["responders", str(path)], "the reply is no FastCGI")


if __name__ == "__main__":
    tap.main()
