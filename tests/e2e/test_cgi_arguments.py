"""A query string without = becomes the command line of a CGI program (RFC 3875,
section 4.4). It must not act like an operator's command line."""

import json
import subprocess
import unittest

import checks
import harness
import tap
import webservers
from command_case import TALLYMAN
from harness import counter

FAR = {"X-Forwarded-For": "192.0.2.7"}
VIEWS = [counter("demo_page_views_total")]
ARGUMENTS = (
    ["-c", "/dev/stdin"], ["-c/dev/stdin"], ["--config", "/dev/stdin"],
    ["--config", "/dev/stdin", "-t"], ["--co", "/dev/stdin"], ["-tc", "/dev/stdin"],
    ["-c", "/dev/stdin", "--"], ["--", "-c", "/dev/stdin"],
    ["-c", "/dev/fd/0"], ["-c", "/proc/self/fd/0"], ["-c", "/etc/passwd"], ["-c"],
    ["-t"], ["--test"], ["-t", "-c", "/etc/passwd"], ["-V"], ["--version"],
    ["-h"], ["--help"], ["-x"], ["nonsense"], ["--"], ["-"], [""],
)  # fmt: skip


class Through:
    """The responder as a CGI program of a real Apache."""

    config = {"push_token_file": "push.tokens", "open_families": True}
    files = {"push.tokens": "a-token-for-programs\n"}

    def queries(self):
        for arguments in ARGUMENTS:
            yield "?" + "+".join(arguments)
        yield "?%2Dc+%2Fdev%2Fstdin"
        yield "?-c+%2Fdev%2Fstdin"
        yield "?-c%20/dev/stdin"

    def settings(self):
        """An open configuration with a database of another name."""
        return json.dumps(
            {
                "database": str(self.site.home / "chosen.db"),
                "metrics": str(self.site.home / "metrics.d"),
                "origins": ["*"],
                "open_families": True,
            }
        )

    def assertAlike(self, method, path, status, headers=FAR):
        """Every command line gets the same reply and leaves the files and the error log alone."""
        plain = self.request(method, path, self.settings(), headers)
        self.assertStatus(plain, status)
        files = sorted(self.site.home.rglob("*"))
        for query in self.queries():
            with self.subTest(method, query=query):
                reply = self.request(method, path + query, self.settings(), headers)
                self.assertEqual((reply.status, reply.body), (status, plain.body))
        self.assertEqual(sorted(self.site.home.rglob("*")), files)
        log = self.server.errors.read_text().splitlines()
        self.assertEqual([line for line in log if ":notice] " not in line], [])

    def test_totals_need_the_token(self):
        self.assertAccepted(self.push(VIEWS))
        for path in ("/metrics", "/api/v1/metrics", "/api/v1/status"):
            self.assertAlike("GET", path, 401)

    def test_series_are_not_changed(self):
        name = "kept_total"
        text = f"# TYPE {name} counter\n{name} 3\n"
        self.assertStatus(self.request("PUT", "/metrics/job/x", text), 200)
        for method in ("DELETE", "PUT", "POST"):
            self.assertAlike(method, "/metrics/job/x", 401)
        self.assertEqual(self.site.stored(name, job="x"), 3)

    def test_replies_do_not_change(self):
        for path, status in (("/-/healthy", 200), ("/-/ready", 200), ("/none", 404)):
            self.assertAlike("GET", path, status)

    def test_pushes_go_to_the_configured_database(self):
        before = self.site.stored("demo_page_views_total") or 0
        body = json.dumps(VIEWS)
        headers = {"Content-Type": "application/json"}
        queries = list(self.queries())
        for query in queries:
            reply = self.request("POST", "/record" + query, body, headers)
            self.assertAccepted(reply)
        self.assertEqual(
            self.site.stored("demo_page_views_total"), before + len(queries)
        )

    def test_no_header_chooses_the_configuration(self):
        """A request header becomes a variable with the prefix HTTP_, like `Proxy`."""
        path = str(self.site.write("run/chosen.json", self.settings(), mode=0o644))
        plain = self.request("GET", "/metrics", headers=FAR)
        self.assertStatus(plain, 401)
        for name in ("TALLYMAN_CONFIG", "Tallyman-Config", "HTTP_TALLYMAN_CONFIG",
                     "REDIRECT_TALLYMAN_CONFIG", "Proxy", "Config", "-c", "c"):  # fmt: skip
            with self.subTest(name):
                reply = self.request("GET", "/metrics", headers={**FAR, name: path})
                self.assertIn(reply.status, (400, 401), reply)
        self.assertFalse((self.site.home / "chosen.db").exists())


class ModCgi(Through, checks.ServerCase):
    server_class = webservers.ApacheScript


class ModCgid(Through, checks.ServerCase):
    class server_class(webservers.ApacheScript):
        modules = ("cgid",)


class Alone(unittest.TestCase):
    """Without a web server: the variables that mark the command line as a client's."""

    def setUp(self):
        self.site = harness.Site(scrape_token_file=None)
        self.addCleanup(self.site.remove)
        self.chosen = self.site.write("run/chosen.json", "{}")

    def run_responder(self, *arguments, **variables):
        return subprocess.run(
            [str(self.site.responder), *arguments],
            input=b"{}",
            env={"PATH": "/usr/bin:/bin", **variables},
            capture_output=True,
            timeout=harness.PATIENCE,
            **harness.of_user(harness.USER),
        )

    def test_command_line_of_a_client_is_ignored(self):
        request = {"REQUEST_URI": "/-/ready", "PATH_INFO": "/-/ready"}
        for variables in (
            {"GATEWAY_INTERFACE": "CGI/1.1", "REQUEST_METHOD": "GET"},
            {"REQUEST_METHOD": "GET"},
            {"GATEWAY_INTERFACE": "CGI/1.1"},
            {"GATEWAY_INTERFACE": "", "REQUEST_METHOD": ""},
            # An empty TALLYMAN_CONFIG names no file.
            {"REQUEST_METHOD": "GET", "TALLYMAN_CONFIG": ""},
        ):
            plain = self.run_responder(**request, **variables)
            self.assertEqual(plain.returncode, 0, plain)
            self.assertRegex(plain.stdout, rb"^Status: (200|405) ")
            for arguments in (*ARGUMENTS, ["-c", str(self.chosen)]):
                with self.subTest(variables, arguments=arguments):
                    done = self.run_responder(*arguments, **request, **variables)
                    self.assertEqual(
                        (done.returncode, done.stdout, done.stderr),
                        (0, plain.stdout, b""),
                    )

    def test_command_line_of_an_operator(self):
        done = self.run_responder("-t", "-c", str(self.site.config))
        self.assertEqual((done.returncode, done.stderr), (0, b""))
        self.assertEqual(done.stdout.decode(), f"{self.site.config}: ok\n")
        done = self.run_responder("-t", "-c", str(self.chosen))
        self.assertEqual((done.returncode, done.stdout), (1, b""))
        self.assertIn(b"database: missing", done.stderr)


class Command(unittest.TestCase):
    """The operator's command refuses to run as a CGI program, in any directory."""

    def test_refuses_to_run(self):
        for name in ("GATEWAY_INTERFACE", "REQUEST_METHOD"):
            for arguments in (["--version"], ["--help"], ["check"], ["prune"], []):
                with self.subTest(name, arguments=arguments):
                    done = subprocess.run(
                        [str(TALLYMAN), *arguments],
                        env={"PATH": "/usr/bin:/bin", name: "CGI/1.1"},
                        stdin=subprocess.DEVNULL,
                        capture_output=True,
                        text=True,
                        timeout=harness.PATIENCE,
                    )
                    self.assertEqual((done.returncode, done.stdout), (2, ""))
                    self.assertEqual(
                        done.stderr,
                        f"tallyman: {name} is set: this command must not run as a CGI "
                        "program; keep it out of the directories of the web server; a "
                        "script that calls it must unset GATEWAY_INTERFACE and "
                        "REQUEST_METHOD\n",
                    )


if __name__ == "__main__":
    tap.main()
