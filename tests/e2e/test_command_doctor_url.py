"""tallyman doctor about the server at a URL, over http and https."""

import email.utils
import http.server
import json
import socket
import ssl
import subprocess
import threading
import time
import unittest

import command_case
import harness
import tap
import webservers
from command_case import PLAIN
from doctor_case import DoctorCase


class Stranger(http.server.BaseHTTPRequestHandler):
    """A server at the URL with any reply, and any time in Date."""

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
        # With TLS the end of the connection does not end a body.
        self.send_header("Content-Length", str(len(text.encode())))
        self.end_headers()
        self.wfile.write(text.encode())

    def log_message(self, *_):
        pass


class Answering(DoctorCase):
    """The server replies like a responder; tests change the reply."""

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
        """Overridden for https."""

    def assertAnswered(self, check, what, do, url=None):
        self.assertWrong(check, url or self.url, what, do, "--url", url or self.url)


class Strange(Answering):
    """Replies that a responder does not give, or only in trouble."""

    def test_good(self):
        found = self.findings("--url", self.url + "/")
        asked = [(one["check"], one["what"]) for one in found if one["where"] == self.url]
        self.assertEqual(asked[0], ("responders", "ready"))
        self.assertRegex(asked[1][1], r"^[0-5] s (ahead of|behind) this machine's$")
        self.assertEqual(asked[2][0], "version")
        self.assertEqual(asked[3:], [
            ("configuration", "the responders use this configuration and its allowlist")])

    def test_refusals(self):
        """The last refusals are listed with family and reason, whatever else the reply has."""
        good = {"reason": "label_value", "family": "usage_total", "label": "page",
                "pushes": 3, "time": 1700000000}
        other = {**good, "reason": "unknown_family", "family": "searchs_total",
                 "label": "", "pushes": 1}
        nameless = {**other, "reason": "invalid_labels", "family": ""}
        strange = [5, {}, {**good, "time": "x"}, {**good, "pushes": None}]
        self.server.answers["/t/api/v1/status"] = (200, json.dumps(
            {"data": {"refusals": [good, other, nameless, *strange]}}))
        told = [(one["what"], one["do"]) for one in self.findings("--url", self.url)
                if one["check"] == "refusals"]
        when = "last at 2023-11-14 22:13:20 UTC"
        self.assertEqual(told, [
            (f"label_value: usage_total page, in 3 pushes, {when}",
             "list the value in its allowlist file, or correct the client"),
            (f"unknown_family: searchs_total, in 1 push, {when}",
             "list it in an allowlist file, or remove it from the client"),
            (f"invalid_labels: no valid name, in 1 push, {when}",
             "correct the client, so that the push fits the allowlist file")])
        for text in ("[]", "{", '{"data": 5}', '{"data": {"refusals": {}}}', ""):
            self.server.answers["/t/api/v1/status"] = (200, text)
            self.assertNotIn("refusals", [
                one["check"] for one in self.findings("--url", self.url)])

    def test_no_server(self):
        url = f"http://127.0.0.1:{harness.free_port()}"
        self.assertAnswered("responders", "connect: Connection refused",
                            "start the responders", url)

    def test_no_such_host(self):
        host = "x" * 64  # too long for a DNS label: no name server is asked
        self.assertAnswered("responders", f"Could not resolve host: {host}", "start", f"http://{host}")

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
        self.assertAnswered("responders", "the reply to /-/ready is 503, not ready: disk full",
                            "the responders' log")
        text = self.run_command("doctor", "--url", self.url).stdout
        self.assertIn("disk full\\x1b[2J\n", text)

    def test_other_server(self):
        """Only the place is wrong: scrapes are not mentioned."""
        self.server.answers["/a/-/ready"] = (200, "<!doctype html>\n")
        self.server.answers["/a/metrics"] = (200, "<!doctype html>\n")
        self.server.answers["/f/-/ready"] = (403, "forbidden\n")
        for path, told in (("/t/x", "404, nothing here"), ("/a", "200, <!doctype"),
                           ("/f", "403, forbidden")):
            url = self.url.removesuffix("/t") + path
            with self.subTest(url):
                self.assertAnswered("responders", "no Tallyman at this address: the reply to"
                                    f" /-/ready is {told}", "give the address", url)

    def test_no_responder(self):
        self.server.answers["/t/-/ready"] = (502, "<html>\n")
        self.assertAnswered("responders", "no responder answers: the reply to"
                            " /-/ready is 502, <html>", "start the responders")

    def test_clock(self):
        self.server.ahead = 60
        self.assertAnswered("clock", " s ahead of this machine's", "NTP")
        self.server.ahead = -60
        self.assertAnswered("clock", " s behind this machine's", "NTP")

    def test_reload_failed(self):
        self.changed("tallyman_config_last_reload_successful 1",
                     "tallyman_config_last_reload_successful 0")
        self.assertAnswered("configuration", "the previous version is in force", "tallyman check")

    def changed(self, old, new):
        text = self.metrics.replace(old, new)
        self.assertNotEqual(text, self.metrics)
        self.server.answers["/t/metrics"] = (200, text)

    def test_other_configuration(self):
        """The configuration, or one of its allowlist files, differs from the loaded one."""
        told = "the responders use another configuration or allowlist"
        self.configure(respect_gpc=False)
        self.assertAnswered("configuration", told, "--config")
        self.configure()
        self.findings("--url", self.url)
        (self.dir / "metrics.d/more.json").write_text('{"allowedMetrics": []}')
        self.assertAnswered("configuration", told, "--config")

    def test_other_version(self):
        self.changed('tallyman_build_info{version="', 'tallyman_build_info{version="9')
        self.assertAnswered("version", "the responders have 9", "restart the responders")

    def test_redirected(self):
        self.server.sends_to = "https://example.org/t/-/ready"
        self.server.answers["/t/-/ready"] = (308, "")
        self.assertAnswered(
            "responders", "/-/ready redirects with 308 to https://example.org/t/-/ready",
            "use that address")

    def test_endless_reply(self):
        """No proxy of the environment is used, and the wait is short."""
        with socket.create_server(("127.0.0.1", 0)) as listener:
            url = f"http://127.0.0.1:{listener.getsockname()[1]}"
            self.assertWrong("responders", url, "timed out", "start", "--url", url,
                             env={**PLAIN, "http_proxy": self.url})

    def test_scrape_of_another_program(self):
        self.server.answers["/t/metrics"] = (200, "go_goroutines 1\n")
        self.assertAnswered("version", "does not come from a responder", "give the address")

    def test_no_scrape(self):
        self.server.answers["/t/metrics"] = None
        self.assertAnswered("scrape", "Empty reply", "the responders' log")

    def test_scrape_refused(self):
        self.server.answers["/t/metrics"] = (403, "forbidden\n")
        self.assertAnswered("scrape", "the reply to /metrics is 403, forbidden",
                            "allow scrapes from this machine")
        self.server.answers["/t/metrics"] = (401, "token\n")
        self.assertAnswered("scrape", "the reply to /metrics is 401", "scrape_token_file")

    def test_token_is_sent(self):
        self.server.wanted = "Bearer " + "t" * 20
        self.configure(scrape_token_file="scrape.token")
        token = self.dir / "scrape.token"
        token.write_text("t" * 20 + "\n")
        token.chmod(0o600)
        self.server.answers["/t/metrics"] = self.request(
            "GET", "/metrics", HTTP_AUTHORIZATION=self.server.wanted)
        self.findings("--url", self.url)


class Secure(Answering):
    """https with a certificate signed by the test."""

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

    def test_certificate_of_another_host(self):
        url = self.url.replace("127.0.0.1", "localhost")
        self.assertWrong("responders", url, "localhost", "--cacert", "--url", url,
                         "--cacert", self.certificate)

    def test_no_file(self):
        self.assertWrong("responders", self.url, "/nowhere.pem", "--cacert",
                         "--url", self.url, "--cacert", "/nowhere.pem")


class Real(unittest.TestCase):
    """Responders behind nginx, checked through http and through the socket."""

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

    def test_url_and_socket(self):
        path = str(self.responders.path)
        status, found = self.doctor("--url", self.nginx.url, "--socket", path)
        self.assertEqual(status, 0, found)
        for where in (self.nginx.url, path):
            self.assertEqual(found["responders", where], "ready")
            self.assertEqual(found["configuration", where],
                             "the responders use this configuration and its allowlist")

    def test_no_process_behind_the_socket(self):
        self.responders.stop()
        path = str(self.responders.path)
        status, found = self.doctor("--url", self.nginx.url, "--socket", path)
        self.assertEqual(status, 1)
        self.assertEqual(found["responders", path], "connect: Connection refused")
        self.assertIn("no responder answers: the reply to /-/ready is 50",
                      found["responders", self.nginx.url])

    def test_socket_of_another_protocol(self):
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
        self.assertEqual(found["responders", str(path)], "the reply is not FastCGI")


if __name__ == "__main__":
    tap.main()
