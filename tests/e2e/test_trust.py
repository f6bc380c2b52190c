"""Who may push to /metrics and below, and how much: the responder without a web
server, with the parameters that one would send."""

import base64
import fcntl
import sys
import termios
import time

import fastcgi
import tap
from harness import wait_until
from responder_case import ResponderCase

KILO = 1 << 10
MEGA = 1 << 20
FAR = {"REMOTE_ADDR": "192.0.2.1"}
TOKEN = "a-token-for-all-of-it"
LIMITED = "a-token-for-few-families"


def basic(password, user="anybody"):
    return "Basic " + base64.b64encode(f"{user}:{password}".encode()).decode()


def exposition(size=0, name="pushed_total", value=1):
    """A push with comments, to be as long as that."""
    text = f"# TYPE {name} counter\n{name} {value}\n".encode()
    while len(text) < size:
        text += b"#".ljust(min(1000, size - len(text) - 1), b" ") + b"\n"
    return text


def unread(connection):
    """The bytes that were sent and that the other side has not read yet."""
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

    def test_strangers(self):
        for params in (
            FAR,
            {"REMOTE_ADDR": ""},
            {"HTTP_X_FORWARDED_FOR": "192.0.2.7"},
            {"HTTP_AUTHORIZATION": "Bearer " + TOKEN[:-1]},
            {"HTTP_AUTHORIZATION": basic(TOKEN + "x")},
            {"HTTP_X_API_KEY": "x", **FAR},
            # What nginx makes of it, whoever that is.
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

    def test_changed_tokens_are_in_force(self):
        other = {"HTTP_X_API_KEY": "another-token-of-ours", **FAR}
        self.assertUntrusted(self.expose(**other))
        self.write_tokens("another-token-of-ours\n")
        wait_until(
            lambda: self.expose(**other).status == 200, "the token to be known"
        )
        self.assertUntrusted(self.expose(HTTP_X_API_KEY=TOKEN, **FAR))

    def test_bad_tokens_leave_the_old_in_force(self):
        self.write_tokens("too-short\n")
        wait_until(
            lambda: "push.tokens:1:1: " in self.responders.stderr(),
            "the error to be logged",
        )
        self.assertNotIn("too-short", self.responders.stderr())
        self.assertTaken(self.expose(HTTP_X_API_KEY=TOKEN, **FAR))


class Limits(TrustCase):
    """limits.body_bytes holds for everybody, limits.trusted_body_bytes for
    trusted pushes."""

    def send_half(self, count, **params):
        """So many connections with 3 MB of a body each."""
        data = fastcgi.request("POST", "/metrics/job/x", bytes(3 * MEGA), **params)
        data = data[: -fastcgi.HEADER.size]  # its end
        connections = [self.connect() for _ in range(count)]
        for connection in connections:
            connection.send(data)
        return connections

    def memory(self, connections=()):
        """Of the responder, in bytes, once it has read all that was sent."""
        wait_until(lambda: not any(map(unread, connections)), "all to be read")
        time.sleep(0.5)
        with open(f"/proc/{self.responders.processes[0].pid}/status") as status:
            for line in status:
                if line.startswith("RssAnon:"):
                    return int(line.split()[1]) * KILO

    def test_strangers_take_no_more_memory(self):
        count = 40
        before = self.memory()
        connections = self.send_half(count, **FAR)
        # The limit, what records and parameters may take, and room to read.
        self.assertLess(self.memory(connections) - before, count * 600 * KILO)
        for connection in connections:
            connection.send(fastcgi.record(fastcgi.STDIN))
            self.assertUntrusted(connection.reply())
        # So much it would be without the limit, and below that for all together.
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

    def test_strangers_bodies(self):
        for size in (65 * KILO, 3 * MEGA, 5 * MEGA):
            self.assertUntrusted(self.expose(exposition(size), **FAR))

    def test_other_doors(self):
        for size in (65 * KILO, MEGA):
            body = b"[]".ljust(size)
            self.assertEqual(self.push(body, HTTP_X_API_KEY=TOKEN).status, 413)
            self.assertEqual(self.push(body).status, 413)




if __name__ == "__main__":
    tap.main()
