"""Tallyman behind nginx, with nginx/tallyman.conf."""

import pathlib
import subprocess
import tempfile
import unittest

import checks
import harness
import push_checks
import tap
import view_checks
import webservers
from checks import FEATURE
from harness import ORIGIN, counter


class NginxCase(checks.ServerCase):
    server_class = webservers.Nginx
    responders_wanted = 2


class Nginx(checks.Checks, view_checks.ViewChecks, NginxCase):
    server_limit = checks.BODY_BYTES

    def test_two_responders_give_one_total(self):
        usage = self.counting()
        push = [counter("usage_total", **FEATURE)]
        for killed in (0, 1):
            self.responders.kill(killed)
            self.assertAccepted(self.push(push))
            self.responders.restart(killed)
        usage.expect(2)

    def test_slash_is_added_behind_a_proxy(self):
        reply = harness.http("GET", self.server.url, None, {"Host": "shop.example:8443"})
        self.assertEqual((reply.status, reply.header("Location")), (301, ["/tallyman/"]))

    def test_responder_ends_at_sigterm(self):
        self.assertEqual(self.responders.terminate(0), 0)
        self.responders.restart(0)


class NginxAtTheRoot(checks.MountChecks, NginxCase):
    mount = ""


class NginxDeeper(checks.MountChecks, NginxCase):
    mount = "/a/b.c"


class NginxTokens(push_checks.TokenChecks, NginxCase):
    pass


class NginxOwnAuthentication(
    push_checks.OwnAuthenticationChecks, view_checks.PasswordChecks, NginxCase
):
    pass


class NginxErrors(checks.NoResponderChecks, NginxCase):
    """nginx's own errors: a page must be able to read them."""

    no_responder = 502

    def assertOwnError(self, reply, status):
        self.assertStatus(reply, status)
        self.assertReadable(reply)
        self.assertEqual(reply.header("Content-Type"), ["text/plain"])
        self.assertTrue(reply.header("Retry-After"), reply)

    def test_too_many_pushes(self):
        replies = self.until_too_many(lambda: self.push([], {"Origin": ORIGIN}))
        statuses = {reply.status for reply in replies}
        self.assertEqual(statuses, {200, 429})
        for reply in replies:
            if reply.status == 429:
                self.assertOwnError(reply, 429)
        # The limit applies to pushes only.
        self.assertStatus(self.request("GET", "/-/healthy"), 200)

    def test_too_many_health_checks(self):
        for path in ("/-/ready", "/-/healthy"):
            replies = self.until_too_many(
                lambda: self.request("GET", path, source="127.0.0.5")
            )
            self.assertEqual({reply.status for reply in replies} - {200}, {429})
            self.assertTrue(replies[-1].header("Retry-After"))
        # Each address has its own limit, and pushes have another one.
        self.assertStatus(self.request("GET", "/-/ready", source="127.0.0.6"), 200)
        self.assertAccepted(self.push([], source="127.0.0.5"))

    def test_too_many_tokens(self):
        for wrong in ({"X-API-Key": "wrong"}, {"Authorization": "Bearer wrong"}):
            source = "127.0.0.7" if "X-API-Key" in wrong else "127.0.0.8"
            replies = self.until_too_many(
                lambda: self.request("PUT", "/metrics/job/x", "", wrong, source=source)
            )
            self.assertEqual({reply.status for reply in replies}, {401, 429})
            self.assertTrue(replies[-1].header("Retry-After"))
            self.assertAccepted(self.push([], source=source))
        # Requests of this machine are not limited.
        token = {"Authorization": "Bearer " + self.site.token}
        for _ in range(300):
            reply = self.request("PUT", "/metrics/job/x", "")
            self.assertStatus(reply, 200)
            reply = self.request("GET", "/api/v1/status", headers=token)
            self.assertStatus(reply, 200)

    def test_too_many_of_other_pushes(self):
        headers = {"Origin": ORIGIN}
        for path, source in (("/write", "127.0.0.3"), ("/collect", "127.0.0.9")):
            replies = self.until_too_many(
                lambda: self.request("POST", path, "", headers, source=source)
            )
            # The responder has seen some of them; they were empty.
            self.assertEqual({reply.status for reply in replies}, {400, 429})
            for reply in replies:
                if reply.status == 429:
                    self.assertOwnError(reply, 429)

    def test_too_many_pushes_without_a_token(self):
        """Also at the endpoints for programs."""
        for path, source in (
            ("/v1/metrics", "127.0.0.10"),
            ("/v1/traces", "127.0.0.11"),
            ("/statsd", "127.0.0.12"),
        ):
            headers = {"Origin": ORIGIN, "Content-Type": "text/plain"}
            replies = self.until_too_many(
                lambda: self.request("POST", path, "", headers, source=source)
            )
            taken = {reply.status for reply in replies} - {429}
            self.assertEqual(len(taken), 1, path)
            self.assertOwnError(replies[-1], 429)
            # Requests of this machine are not limited.
            self.assertStatus(self.request("POST", path, "", headers), *taken)

    def test_large_other_pushes(self):
        body = b" " * (checks.BODY_BYTES + 1)
        for path in ("/write", "/collect"):
            reply = self.request(
                "POST", path, body, {"Origin": ORIGIN}, source="127.0.0.4"
            )
            self.assertStatus(reply, 413)
            self.assertEqual(reply.header("Content-Type"), ["text/plain"])

    def test_other_origin_gets_no_cors_headers(self):
        headers = {"Origin": checks.STRANGER}
        body = b" " * (checks.BODY_BYTES + 1)
        reply = self.push(body, headers)
        self.assertStatus(reply, 413)
        for name in ("Origin", "Credentials"):
            self.assertEqual(reply.header("Access-Control-Allow-" + name), [])


class SystemdUnits(unittest.TestCase):
    def test_verify(self):
        """systemd accepts the units, with `true` as the responder, which is not installed."""
        with tempfile.TemporaryDirectory() as place:
            place = pathlib.Path(place)
            for name in ("tallyman.socket", "tallyman@.service"):
                text = (harness.ROOT / "nginx" / name).read_text()
                text = text.replace("/usr/local/sbin/tallyman.fcgi", "/bin/true")
                text = text.replace("man:tallyman.fcgi(8)", "man:true(1)")
                (place / name).write_text(text)
            done = subprocess.run(
                [
                    "systemd-analyze",
                    "verify",
                    "--man=no",
                    place / "tallyman.socket",
                    place / "tallyman@1.service",
                ],
                env={"PATH": "/usr/bin:/bin", "SYSTEMD_UNIT_PATH": f"{place}:"},
                capture_output=True,
                text=True,
            )
        self.assertEqual((done.returncode, done.stdout + done.stderr), (0, ""))


if __name__ == "__main__":
    tap.main()
