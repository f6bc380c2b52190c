"""Tokens do not leak. Pushes and scrapes with good and bad tokens go through each
web server with its logs on; no reply, log, database, output or `ps` listing has a
token."""

import base64
import contextlib
import pathlib
import secrets
import subprocess

import checks
import tap
import webservers
from harness import ROOT, http, wait_until

ADDRESS = "192.0.2.7"  # a program on another machine


class Logging:
    """Logs as Debian configures it, plus debug or info messages."""

    def access_log(self):
        return self.site.dir / "log/access.log"


class Nginx(Logging, webservers.Nginx):
    def prepare(self):
        command = super().prepare()
        main = self.site.dir / "run/nginx.conf"
        text = main.read_text()
        for old, new in (
            ("access_log off;", f"access_log {self.access_log()} combined;"),
            (f"error_log {self.errors};", f"error_log {self.errors} info;"),
        ):
            assert old in text
            text = text.replace(old, new)
        main.write_text(text)
        return command


class ApacheLogging(Logging):
    def variant(self):
        form = r'%h %l %u %t \"%r\" %>s %O \"%{Referer}i\" \"%{User-Agent}i\"'
        return f'{super().variant()}\nCustomLog {self.access_log()} "{form}"\nLogLevel debug\n'


class ApacheFcgid(ApacheLogging, webservers.ApacheFcgid):
    pass


class ApacheProxy(ApacheLogging, webservers.ApacheProxy):
    pass


class ApacheHtaccess(ApacheLogging, webservers.ApacheHtaccess):
    pass


class ApacheCgi(ApacheLogging, webservers.ApacheCgi):
    pass


class Lighttpd(Logging, webservers.Lighttpd):
    def prepare(self):
        command = super().prepare()
        main = self.site.dir / "run/lighttpd.conf"
        main.write_text(
            main.read_text()
            + 'server.modules += ( "mod_accesslog" )\n'
            + f'accesslog.filename = "{self.access_log()}"\n'
        )
        return command


def processes_below(pid):
    """Returns the process and its descendants."""
    found = [pid]
    for parent in found:
        children = pathlib.Path(f"/proc/{parent}/task/{parent}/children")
        with contextlib.suppress(FileNotFoundError, ProcessLookupError):  # it has ended
            found += [int(child) for child in children.read_text().split()]
    return found


class Tokens:
    config = {"push_token_file": "push.tokens", "open_families": True}

    @classmethod
    def setUpClass(cls):
        cls.push_token, cls.limited, cls.wrong = (secrets.token_hex(16) for _ in range(3))
        tokens = f"{cls.push_token}\n{cls.limited} few_* other_total\n"
        cls.files = {"push.tokens": tokens}
        super().setUpClass()
        cls.replies = []

    def secrets(self):
        """Yields each encoding of each token."""
        for token in (self.site.token, self.push_token, self.limited, self.wrong):
            yield token.encode()
            # Base64 of me:token without the end, which depends on the bytes after
            # it.
            yield base64.b64encode(f"me:{token}".encode())[:40]

    def assertClean(self, data, what):
        for secret in self.secrets():
            self.assertNotIn(secret, data, what)

    def say(self, method, path, headers, body=None):
        url = self.server.url + path
        reply = http(method, url, body, {"X-Forwarded-For": ADDRESS, **headers})
        self.replies.append(reply)
        return reply.status

    def credentials(self, token):
        basic = base64.b64encode(f"me:{token}".encode()).decode()
        return (
            {"Authorization": "Bearer " + token},
            {"Authorization": "Basic " + basic},
            {"Authorization": "Digest " + token},
            {"X-API-Key": token},
        )

    def push_and_scrape(self):
        """Every path with every token in every form."""
        good = "# TYPE few_total counter\nfew_total 1\n"
        statuses = set()
        for token in (self.site.token, self.push_token, self.limited, self.wrong):
            for headers in self.credentials(token):
                for method, path, body in (
                    ("GET", "/metrics", None),
                    ("GET", "/api/v1/metrics", None),
                    ("GET", "/nowhere", None),
                    ("POST", "/metrics/job/x", good),
                    ("PUT", "/metrics/job/x", good.replace("few", "many")),
                    ("PUT", "/metrics/job/x", "not { an exposition"),
                    ("PUT", "/metrics/job/x/bad-name/y", good),
                    ("DELETE", "/metrics/job/x", None),
                    ("POST", "/record", "[]"),
                    ("POST", "/record", "{broken"),
                    ("POST", "/record", " " * 70000),
                    ("POST", "/write", "{}"),
                    ("PATCH", "/metrics", ""),
                ):
                    statuses.add(self.say(method, path, headers, body))
        # Accepted, unknown, not for this family, malformed.
        self.assertLessEqual({200, 202, 400, 401, 403, 404}, statuses)

    def logs(self):
        return [path for path in self.site.dir.glob("log/*") if path.is_file()]

    def log_text(self):
        return b"".join(path.read_bytes() for path in self.logs())

    def check_processes(self):
        pids = processes_below(self.server.process.pid)
        for responder in self.responders.processes if self.responders else []:
            pids.append(responder.pid)
        names = []
        for pid in pids:
            place = pathlib.Path(f"/proc/{pid}")
            try:
                for name in self.looked_at:
                    self.assertClean((place / name).read_bytes(), f"{name} of {pid}")
                names.append((place / "comm").read_text().strip())
            except (FileNotFoundError, ProcessLookupError):
                continue  # it has ended
        self.assertTrue("tallyman.fcgi" in names or "environ" not in self.looked_at, names)

    looked_at = ("cmdline", "environ")

    def check_stored(self):
        for path in self.site.home.glob("tallyman.db*"):
            self.assertClean(path.read_bytes(), path)

    def check_command(self):
        """The output and the files of the operator's command."""
        out = self.site.dir / "monitoring"
        for arguments in (
            ("check",),
            ("doctor", "--url", self.server.url),
            ("doctor", "--json", "--url", self.server.url),
            ("totals",),
            ("totals", "--json"),
            ("query", "busiest_series"),
            ("prune", "--dry-run"),
            ("monitoring", "--out", str(out)),
            ("backup", str(self.site.home / "backup.db")),
        ):
            done = subprocess.run(
                [ROOT / "build/tallyman", arguments[0], "-c", self.site.config, *arguments[1:]],
                stdout=subprocess.PIPE,
                stderr=subprocess.STDOUT,
                cwd=self.site.home,
            )
            self.assertLessEqual(done.returncode, 1, done.stdout)
            self.assertTrue(done.stdout, arguments)
            self.assertClean(done.stdout, arguments)
        written = [path for path in out.rglob("*") if path.is_file()]
        self.assertGreater(len(written), 10)
        for path in [*written, self.site.home / "backup.db"]:
            self.assertClean(path.read_bytes(), path)

    def test_tokens_do_not_leak(self):
        self.push_and_scrape()
        self.check_processes()
        logged = self.log_text()
        # The logs have these requests, and assertClean can fail.
        self.assertIn(b"/metrics/job/x", logged)
        with self.assertRaises(AssertionError):
            self.assertClean((self.site.home / "push.tokens").read_bytes(), "")
        self.assertClean(logged, "the logs")
        self.assertGreater(len(self.replies), 100)
        for reply in self.replies:
            self.assertClean(bytes(reply.headers) + reply.body, reply)
        self.check_stored()
        self.check_command()


class BehindNginx(Tokens, checks.ServerCase):
    server_class = Nginx
    responders_wanted = 1

    def test_errors_in_the_file(self):
        """A responder reports the error, not the content."""
        path = self.site.home / "push.tokens"
        good = path.read_text()
        for text in (f"{self.push_token} bad-name", self.wrong * 20, self.wrong[:15]):
            before = self.log_text().count(b"push.tokens:1:")
            self.site.write("tallyman/push.tokens", text + "\n")
            self.site.give_away()
            wait_until(
                lambda: self.say("GET", "/-/ready", {})
                and self.log_text().count(b"push.tokens:1:") > before,
                "an error about push.tokens",
            )
        self.assertNotIn(self.wrong[:15].encode(), self.log_text())
        self.site.write("tallyman/push.tokens", good)
        self.site.give_away()


class BehindApacheFcgid(Tokens, checks.ServerCase):
    server_class = ApacheFcgid


class BehindApacheProxy(Tokens, checks.ServerCase):
    server_class = ApacheProxy
    responders_wanted = 1


class BehindApacheHtaccess(Tokens, checks.ServerCase):
    server_class = ApacheHtaccess


class BehindApacheCgi(Tokens, checks.ServerCase):
    # A responder lives for one request, with its headers as environment (RFC 3875),
    # which only its own user can read.
    server_class = ApacheCgi
    looked_at = ("cmdline",)


class BehindLighttpd(Tokens, checks.ServerCase):
    server_class = Lighttpd


if __name__ == "__main__":
    tap.main()
