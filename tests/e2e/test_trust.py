"""Trust of pushes to /metrics and below, and their size limits: the responder
alone, with the parameters that a web server sends."""

import base64
import fcntl
import socket
import sys
import termios
import time

import fastcgi
import harness
import tap
from harness import counter, wait_until
from responder_case import ResponderCase

KILO = 1 << 10
MEGA = 1 << 20
FAR = {"REMOTE_ADDR": "192.0.2.1"}
TOKEN = "a-token-for-all-of-it"
LIMITED = "a-token-for-few-families"


def basic(password, user="anybody"):
    return "Basic " + base64.b64encode(f"{user}:{password}".encode()).decode()


def exposition(size=0, name="pushed_total", value=1):
    """Returns an exposition padded with a comment."""
    text = f"# TYPE {name} counter\n{name} {value}\n".encode()
    comment = b"#".ljust(1000) + b"\n"
    whole, rest = divmod(max(0, size - len(text)), len(comment))
    return text + comment * whole + (b"#".ljust(rest - 1) + b"\n") * (rest > 0)


def unread(connection):
    """Returns the number of bytes sent that the peer has not read yet."""
    answer = fcntl.ioctl(connection, termios.TIOCOUTQ, bytes(4))
    return int.from_bytes(answer, sys.byteorder)


class TrustCase(ResponderCase):
    config = {"push_token_file": "push.tokens", "open_families": True}

    def prepare(self):
        self.write_tokens(f"# Ours.\n{TOKEN}\n{LIMITED} few_* pushed_few_total\n")

    def write_tokens(self, text):
        self.site.write("tallyman/push.tokens", text)
        self.site.give_away()

    def expose(self, body=None, path="/metrics/job/x", method="POST", **params):
        body = exposition() if body is None else body
        return self.ask(fastcgi.request(method, path, body, **params))

    def assertTaken(self, reply):
        self.assertIn(reply.status, (200, 202), reply)

    def assertUntrusted(self, reply):
        self.assertEqual(reply.status, 401, reply)
        self.assertTrue(reply.header("WWW-Authenticate"), reply)
        self.assertNotIn(TOKEN, reply.text)

    def pushed(self, name="pushed_total"):
        return self.site.stored(name, job="x")


class Trust(TrustCase):
    def test_programs_on_this_machine(self):
        self.assertTaken(self.expose())
        self.assertTaken(self.expose(REMOTE_ADDR="::1"))
        self.assertEqual(self.pushed(), 2)

    def test_other_machines_need_a_token(self):
        for params in (
            FAR,
            {"REMOTE_ADDR": ""},
            {"HTTP_X_FORWARDED_FOR": "192.0.2.7"},
            {"HTTP_AUTHORIZATION": "Bearer " + TOKEN[:-1]},
            {"HTTP_AUTHORIZATION": basic(TOKEN + "x")},
            {"HTTP_X_API_KEY": "x", **FAR},
            # nginx sets REMOTE_USER without a verified password.
            {"HTTP_AUTHORIZATION": basic("x", "me"), "REMOTE_USER": "me", **FAR},
        ):
            for method in ("POST", "PUT", "DELETE"):
                with self.subTest(params, method=method):
                    self.assertUntrusted(self.expose(method=method, **params))
        self.assertIsNone(self.pushed())

    def test_tokens(self):
        for params in (
            {"HTTP_AUTHORIZATION": "Bearer " + TOKEN},
            {"HTTP_AUTHORIZATION": basic(TOKEN)},
            {"HTTP_X_API_KEY": TOKEN},
            {"REMOTE_USER": "me"},
            {
                "REMOTE_USER": "me",
                "AUTH_TYPE": "Basic",
                "HTTP_AUTHORIZATION": basic("x", "me"),
            },
        ):
            with self.subTest(params):
                self.assertTaken(self.expose(**FAR, **params))
        self.assertEqual(self.pushed(), 5)

    def test_token_for_few_families(self):
        params = {"HTTP_AUTHORIZATION": "Bearer " + LIMITED, **FAR}
        for name in ("few_things_total", "pushed_few_total"):
            self.assertTaken(self.expose(exposition(name=name), **params))
            self.assertEqual(self.pushed(name), 1)
        reply = self.expose(exposition(name="pushed_total"), **params)
        self.assertEqual(reply.status, 403, reply)
        self.assertIn("pushed_total", reply.text)
        self.assertIsNone(self.pushed())

    def test_changed_tokens_take_effect(self):
        other = {"HTTP_X_API_KEY": "another-token-of-ours", **FAR}
        self.assertUntrusted(self.expose(**other))
        self.write_tokens("another-token-of-ours\n")
        wait_until(
            lambda: self.expose(**other).status == 200, "the token to be known"
        )
        self.assertUntrusted(self.expose(HTTP_X_API_KEY=TOKEN, **FAR))

    def test_bad_token_file_keeps_the_old_tokens(self):
        self.write_tokens("too-short\n")
        wait_until(
            lambda: "push.tokens:1:1: " in self.responders.stderr(),
            "the error to be logged",
        )
        self.assertNotIn("too-short", self.responders.stderr())
        self.assertTaken(self.expose(HTTP_X_API_KEY=TOKEN, **FAR))


class Pages(TrustCase):
    """A browser on this machine is not a program on it."""

    listed = "https://app.example.org"  # as in harness.Site

    def test_pages(self):
        for params in (
            {"HTTP_ORIGIN": self.listed},
            {"HTTP_ORIGIN": "http://localhost:8080", "HTTP_HOST": "localhost:8080"},
            {"HTTP_SEC_FETCH_SITE": "same-origin"},
            {"HTTP_SEC_FETCH_SITE": "cross-site"},
            {"HTTP_SEC_FETCH_MODE": "cors"},
            {"HTTP_SEC_FETCH_DEST": "empty", "REMOTE_ADDR": "unix:"},
        ):
            for method in ("POST", "PUT", "DELETE"):
                with self.subTest(params, method=method):
                    # Otherwise the host check would refuse it first.
                    params = {"HTTP_HOST": "127.0.0.1", **params}
                    self.assertUntrusted(self.expose(method=method, **params))
        self.assertIsNone(self.pushed())

    def test_requests_through_a_proxy_are_untrusted(self):
        for name in ("CF_CONNECTING_IP", "TRUE_CLIENT_IP", "X_CLIENT_IP",
                     "X_CLUSTER_CLIENT_IP", "X_REAL_IP", "FORWARDED", "VIA"):  # fmt: skip
            with self.subTest(name):
                self.assertUntrusted(self.expose(**{"HTTP_" + name: "127.0.0.1"}))
        self.assertIsNone(self.pushed())

    def test_listed_page_with_a_token(self):
        page = {"HTTP_ORIGIN": self.listed, "HTTP_HOST": "127.0.0.1"}
        for sent in (
            {"HTTP_AUTHORIZATION": "Bearer " + TOKEN},
            {"HTTP_AUTHORIZATION": basic(TOKEN)},
            {"HTTP_X_API_KEY": TOKEN},
        ):
            with self.subTest(sent):
                self.assertTaken(self.expose(**page, **sent))
        self.assertEqual(self.pushed(), 3)


class AnyOrigin(TrustCase):
    """`*` does not list a page by name."""

    config = {**TrustCase.config, "origins": ["*"]}
    page = {"HTTP_ORIGIN": "https://evil.example", **FAR}

    def test_credentials_that_browsers_add_are_refused(self):
        for added in (
            {"REMOTE_USER": "me"},
            {"REMOTE_USER": "me", "AUTH_TYPE": "Basic", "HTTP_AUTHORIZATION": basic("x")},
            {"HTTP_AUTHORIZATION": basic(TOKEN)},
        ):
            for method in ("POST", "PUT", "DELETE"):
                with self.subTest(added, method=method):
                    reply = self.expose(method=method, **self.page, **added)
                    self.assertEqual(reply.status, 403, reply)
                    self.assertEqual(reply.header("WWW-Authenticate"), [])
        self.assertIsNone(self.pushed())
        refused = {"door": "exposition", "reason": "origin"}
        wait_until(
            lambda: self.site.stored("tallyman_pushes_rejected_total", **refused) == 9,
            "the refusals to be counted",
        )

    def test_tokens_that_scripts_send_are_accepted(self):
        self.assertTaken(
            self.expose(HTTP_AUTHORIZATION="Bearer " + TOKEN, **self.page)
        )
        self.assertTaken(self.expose(HTTP_X_API_KEY=TOKEN, **self.page))
        self.assertEqual(self.pushed(), 2)


class LoopbackIsNobody(TrustCase):
    config = {**TrustCase.config, "trust_loopback": False}

    def test_programs_need_a_token(self):
        for address in ("127.0.0.1", "::1", "unix:"):
            reply = self.expose(REMOTE_ADDR=address)
            self.assertUntrusted(reply)
            self.assertIn("`trust_loopback` is false", reply.text)
        self.assertTaken(self.expose(HTTP_X_API_KEY=TOKEN))
        self.assertEqual(self.pushed(), 1)

    def test_changed_setting_takes_effect(self):
        self.site.configure(**TrustCase.config)
        wait_until(lambda: self.expose().status == 200, "the change to be known")


class Hosts(TrustCase):
    """DNS rebinding while no token protects the totals."""

    config = {"scrape_token_file": None}
    browser = {"HTTP_USER_AGENT": "Mozilla/5.0 (X11; Linux x86_64)"}
    paths = ("/metrics", "/api/v1/metrics", "/api/v1/status")

    def prepare(self):
        pass

    def status(self, path, **params):
        return self.ask(fastcgi.get(path, **params)).status

    def test_reads(self):
        for path in self.paths:
            for host, status in (
                ("evil.example:8080", 403),
                ("", 403),
                ("localhost:8080", 200),
                ("[::1]:8080", 200),
                ("app.example.org", 200),
                (socket.gethostname(), 200),
            ):
                with self.subTest(path, host=host):
                    params = {"HTTP_HOST": host, **self.browser}
                    self.assertEqual(self.status(path, **params), status)
                    # A page can add this header as well.
                    params["HTTP_X_FORWARDED_FOR"] = "192.0.2.1"
                    self.assertEqual(self.status(path, **params), status)

    def test_other_clients_may_use_any_host(self):
        evil = {"HTTP_HOST": "evil.example"}
        for path in self.paths:
            self.assertEqual(self.status(path, **evil), 200)
            self.assertEqual(self.status(path, **evil, **self.browser, **FAR), 200)

    def test_token_through_a_proxy(self):
        self.site.configure()
        params = {
            "HTTP_HOST": "www.example.org",
            "HTTP_X_FORWARDED_FOR": "192.0.2.1",
            **self.browser,
        }
        wait_until(lambda: self.status("/metrics") == 401, "the change to be known")
        self.assertEqual(self.get("/metrics", **params).status, 200)
        del params["HTTP_X_FORWARDED_FOR"]
        self.assertEqual(self.get("/metrics", **params).status, 403)

    def test_pushes(self):
        views = [counter("demo_page_views_total")]
        page = {"HTTP_HOST": "evil.example", "HTTP_ORIGIN": "http://evil.example"}
        reply = self.push(views, **page)
        self.assertEqual(reply.status, 403, reply)
        self.assertIn('the host "evil.example" is not a name of this machine', reply.text)
        page = {"HTTP_HOST": "localhost:80", "HTTP_ORIGIN": "http://localhost:80"}
        self.assertEqual(self.push(views, **page).status, 200)
        listed = {"HTTP_HOST": "other.example", "HTTP_ORIGIN": harness.ORIGIN}
        self.assertEqual(self.push(views, **listed).status, 200)
        proxied = {
            "HTTP_HOST": "www.example.org",
            "HTTP_ORIGIN": "http://www.example.org",
            "HTTP_X_FORWARDED_FOR": "192.0.2.1",
        }
        self.assertEqual(self.push(views, **proxied).status, 200)
        self.assertEqual(self.site.stored("demo_page_views_total"), 3)
        # With origins "*" it may push like any page, but not read.
        self.site.configure(scrape_token_file=None, origins=["*"])
        evil = {"HTTP_HOST": "evil.example", "HTTP_ORIGIN": "http://evil.example"}
        wait_until(
            lambda: self.push([], **evil).status == 200, "the change to be known"
        )
        for path in self.paths:
            self.assertEqual(self.status(path, **evil), 403)


class Limits(TrustCase):
    """limits.body_bytes applies to all pushes, limits.trusted_body_bytes to trusted ones."""

    def send_half(self, count, **params):
        """Opens connections that send 3 MB of a body each."""
        data = fastcgi.request("POST", "/metrics/job/x", bytes(3 * MEGA), **params)
        data = data[: -fastcgi.HEADER.size]  # without the end record
        connections = [self.connect() for _ in range(count)]
        for connection in connections:
            connection.send(data)
        return connections

    def memory(self, connections=()):
        """Returns the responder's memory in bytes once it has read everything sent."""
        wait_until(lambda: not any(map(unread, connections)), "all to be read")
        time.sleep(0.5)
        with open(f"/proc/{self.responders.processes[0].pid}/status") as status:
            for line in status:
                if line.startswith("RssAnon:"):
                    return int(line.split()[1]) * KILO

    def test_untrusted_bodies_take_no_more_memory(self):
        count = 40
        before = self.memory()
        connections = self.send_half(count, **FAR)
        # The limit, plus records and parameters, plus read buffers.
        self.assertLess(self.memory(connections) - before, count * 600 * KILO)
        for connection in connections:
            connection.send(fastcgi.record(fastcgi.STDIN))
            self.assertUntrusted(connection.reply())
        # It would be this much without the limits.
        count = 20
        before = self.memory()
        connections = self.send_half(count, HTTP_X_API_KEY=TOKEN)
        self.assertGreater(self.memory(connections) - before, count * 2.9 * MEGA)

    def test_trusted_bodies(self):
        for size, status in (
            (65 * KILO, 200),
            (3 * MEGA, 200),
            (4 * MEGA, 200),
            (4 * MEGA + 1, 413),
            (5 * MEGA, 413),
        ):
            for trusted in (
                {},
                {"HTTP_AUTHORIZATION": basic(TOKEN), **FAR},
                {"REMOTE_USER": "me", **FAR},
            ):
                with self.subTest(size=size, trusted=trusted):
                    reply = self.expose(exposition(size), **trusted)
                    self.assertEqual(reply.status, status, reply)
        self.assertEqual(self.pushed(), 9)

    def test_trusted_body_in_pieces(self):
        data = fastcgi.request("PUT", "/metrics/job/x", exposition(3 * MEGA))
        connection = self.connect()
        for start in range(0, len(data), 100000):
            connection.send(data[start : start + 100000])
            time.sleep(0.005)
        self.assertTaken(connection.reply())
        self.assertEqual(self.pushed(), 1)

    def test_parameters_in_pieces(self):
        """The token is the last of many parameters."""
        params = {f"HTTP_X_{i}": "x" * 1000 for i in range(40)}
        params["HTTP_X_API_KEY"] = TOKEN
        data = fastcgi.request(
            "PUT", "/metrics/job/x", exposition(3 * MEGA), **FAR, **params
        )
        connection = self.connect()
        for start in range(0, 100000, 5000):
            connection.send(data[start : start + 5000])
            time.sleep(0.002)
        connection.send(data[100000:])
        self.assertTaken(connection.reply())

    def test_untrusted_bodies(self):
        for size in (65 * KILO, 3 * MEGA, 5 * MEGA):
            self.assertUntrusted(self.expose(exposition(size), **FAR))

    def test_other_endpoints(self):
        for size in (65 * KILO, MEGA):
            body = b"[]".ljust(size)
            self.assertEqual(self.push(body, HTTP_X_API_KEY=TOKEN).status, 413)
            self.assertEqual(self.push(body).status, 413)




if __name__ == "__main__":
    tap.main()
