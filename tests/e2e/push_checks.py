"""Checks of pushes of programs that hold behind every web server. A test module
mixes one of these classes into a test case that names the server to start."""

import base64
import concurrent.futures
import subprocess

from harness import ORIGIN

TOKEN = "a-token-for-programs"
PASSWORD = "a password"
# A program on another machine, as the responder sees it.
FAR = {"X-Forwarded-For": "192.0.2.7"}
ELSEWHERE = "127.0.0.2"
MEGA = 1 << 20


def basic(password, user="me"):
    text = base64.b64encode(f"{user}:{password}".encode()).decode()
    return {"Authorization": "Basic " + text}


def exposition(name, size=0):
    """Returns an exposition of 1, padded with a comment to `size` bytes."""
    text = f"# TYPE {name} counter\n{name} 1\n"
    return text + "#".ljust(max(0, size - len(text) - 1)) + "\n"


class Exposing:
    """Pushes, each to a family of its own."""

    def expose(self, headers=(), job="x", body=None, method="POST", **options):
        self.name = self.id().rpartition(".")[2] + "_total"
        if body is None and method != "DELETE":
            body = exposition(self.name)
        return self.request(
            method, "/metrics/job/" + job, body, dict(headers), **options
        )

    def assertPushed(self, total, **labels):
        labels = labels or {"job": "x"}
        self.assertEqual(self.site.stored(self.name, **labels), total)

    def assertWants(self, reply, status=401):
        self.assertStatus(reply, status)
        self.assertTrue(reply.header("WWW-Authenticate"), reply)


class TokenChecks(Exposing):
    """The token and the client's address reach the responder."""

    config = {"push_token_file": "push.tokens", "open_families": True}
    files = {"push.tokens": TOKEN + "\n"}
    large = 3 * MEGA  # accepted by the server

    def test_token(self):
        ways = (
            {"Authorization": "Bearer " + TOKEN},
            basic(TOKEN),
            {"X-API-Key": TOKEN},
        )
        for headers in ways:
            for method in ("POST", "PUT"):
                with self.subTest(headers, method=method):
                    reply = self.expose({**FAR, **headers}, method=method)
                    self.assertStatus(reply, 200)
        self.assertPushed(6)

    def test_no_token(self):
        for headers in (
            {},
            {"Authorization": "Bearer " + TOKEN + "x"},
            {"X-API-Key": TOKEN + "x"},
            # A password that the server has not verified.
            basic("whatever"),
            basic(""),
        ):
            for method in ("POST", "PUT", "DELETE"):
                with self.subTest(headers, method=method):
                    reply = self.expose({**FAR, **headers}, method=method)
                    self.assertWants(reply)
        self.assertPushed(None)

    def test_this_machine(self):
        self.assertStatus(self.expose(), 200)
        self.assertPushed(1)
        self.assertWants(self.expose(basic("whatever")))
        # A page in a browser on this machine.
        self.assertStatus(self.expose({"Origin": "https://a.example"}), 403)
        self.assertPushed(1)

    def test_encoded_path(self):
        token = {"X-API-Key": TOKEN, **FAR}
        self.assertStatus(self.expose(token, job="a%2Fb%20c/inst/x%2Fy/e/"), 200)
        self.assertPushed(1, job="a/b c", inst="x/y")
        self.assertStatus(self.expose(token, job="a+b/zone/%25+%2B"), 200)
        self.assertPushed(1, job="a b", zone="% +")
        self.assertStatus(self.expose(token, job="x/path@base64/L3Zhci90bXA"), 200)
        self.assertPushed(1, job="x", path="/var/tmp")

    def test_slashes_in_front(self):
        self.expose(method="OPTIONS")
        for slashes in ("//", "///"):
            path = f"{slashes}metrics/job/x"
            reply = self.request("POST", path, exposition(self.name))
            self.assertStatus(reply, 200)
        self.assertPushed(2)

    def test_without_a_job(self):
        self.expose(method="OPTIONS")
        for path in ("/metrics", "/metrics/"):
            reply = self.request("PUT", path, exposition(self.name))
            self.assertStatus(reply, 202)
        self.assertEqual(self.site.stored(self.name), 2)

    def test_delete(self):
        self.assertStatus(self.expose(job="gone"), 200)
        self.assertPushed(1, job="gone")
        self.assertWants(self.expose(FAR, method="DELETE", job="gone"))
        self.assertPushed(1, job="gone")
        token = {"X-API-Key": TOKEN, **FAR}
        reply = self.expose(token, method="DELETE", job="gone")
        self.assertStatus(reply, 202)
        self.assertPushed(None, job="gone")

    def test_large_push(self):
        for chunked in (False, True):
            with self.subTest(chunked=chunked):
                self.expose(method="OPTIONS")
                body = exposition(self.name, self.large)
                token = {"X-API-Key": TOKEN, **FAR}
                reply = self.expose(token, body=body, chunked=chunked)
                self.assertStatus(reply, 200)
                reply = self.expose(FAR, body=body, chunked=chunked)
                self.assertWants(reply)
        self.assertPushed(2)


class OwnAuthenticationChecks(Exposing):
    """The server verifies the passwords of programs and of the dashboard's viewers,
    as its sample says."""

    config = {"open_families": True, "origins": ["*", ORIGIN], "view": "server"}

    @classmethod
    def setUpClass(cls):
        class Authenticating(cls.server_class):
            authenticates = True

            def prepare(self):
                self.site.write("run/htpasswd", "me:" + hashed(PASSWORD) + "\n")
                return super().prepare()

        cls.server_class = Authenticating
        super().setUpClass()

    def test_password(self):
        for source in (None, ELSEWHERE):
            for method in ("POST", "PUT"):
                reply = self.expose(
                    {**FAR, **basic(PASSWORD)}, method=method, source=source
                )
                self.assertStatus(reply, 200)
        self.assertPushed(4)
        reply = self.expose(basic(PASSWORD), method="DELETE", source=ELSEWHERE)
        self.assertStatus(reply, 202)
        self.assertPushed(None)

    def test_page_with_a_password_is_refused(self):
        """A browser adds a stored password to requests of any page."""
        password = {**basic(PASSWORD), "Content-Type": "text/plain"}
        listed = {"Origin": ORIGIN, "Sec-Fetch-Site": "cross-site"}
        for source in (None, ELSEWHERE):
            reply = self.expose({**password, **listed}, source=source)
            self.assertStatus(reply, 200)
        for method in ("POST", "PUT", "DELETE"):
            for headers in (
                {"Origin": "https://evil.example"},
                {"Origin": "null"},
                {"Origin": "*"},
                {"Origin": self.server.root_url, "Sec-Fetch-Site": "same-origin"},
                {"Sec-Fetch-Site": "cross-site"},
            ):
                with self.subTest(headers, method=method):
                    reply = self.expose({**password, **headers}, method=method)
                    self.assertStatus(reply, 403)
                    self.assertEqual(reply.header("WWW-Authenticate"), [])
        self.assertPushed(2)

    def test_no_password(self):
        """All at the same time: a server may delay a refusal by a second on purpose."""
        asked = [
            (headers, method, path)
            for headers in (
                {},
                basic(PASSWORD + "x"),
                basic(PASSWORD, "somebody"),
                basic(""),
                {"Authorization": "Bearer " + TOKEN},
                {"X-API-Key": TOKEN},
            )
            for method in ("POST", "PUT", "DELETE")
            for path in ("/metrics", "/metrics/job/x", "//metrics/job/x")
        ]

        def ask(headers, method, path):
            return self.request(method, path, "", headers, source=ELSEWHERE)

        with concurrent.futures.ThreadPoolExecutor(len(asked)) as threads:
            replies = list(threads.map(lambda one: ask(*one), asked))
        for one, reply in zip(asked, replies):
            with self.subTest(one):
                self.assertWants(reply)
                # The refusal comes from the server.
                self.assertNotIn("push_token_file", reply.text)

    def test_browsers_and_health_checks_need_no_password(self):
        self.assertAccepted(self.push([], source=ELSEWHERE))
        self.scrape()
        self.assertStatus(self.request("GET", "/-/healthy", source=ELSEWHERE), 200)
        reply = self.request("GET", "/metrics", source=ELSEWHERE)
        self.assertStatus(reply, 403)


def hashed(password):
    return subprocess.run(
        ["openssl", "passwd", "-apr1", password],
        capture_output=True,
        text=True,
        check=True,
    ).stdout.strip()
