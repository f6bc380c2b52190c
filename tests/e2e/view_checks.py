"""Checks of the dashboard behind every web server: page, login and numbers. A test
module mixes one of these classes into a test case that names the server to start."""

import gzip
import json
import urllib.parse

import push_checks
from checks import ELSEWHERE, STRANGER

FORM = {"Content-Type": "application/x-www-form-urlencoded"}
QUERY = urllib.parse.urlencode({"query": "1+1"})


class Viewing:
    """Requests from an address that may not scrape."""

    def view(self, headers=(), source=ELSEWHERE):
        """Sends a query by GET, by HEAD and as a form; their replies must agree."""
        get = self.request("GET", "/api/v1/query?" + QUERY, None, headers, source=source)
        head = self.request("HEAD", "/api/v1/query?" + QUERY, None, headers, source=source)
        post = self.request("POST", "/api/v1/query", QUERY, {**FORM, **dict(headers)},
                            source=source)
        self.assertEqual((head.status, post.status), (get.status,) * 2, (head, post))
        self.assertEqual(head.body, b"")
        return get

    def assertSeen(self, reply):
        self.assertStatus(reply, 200)
        self.assertEqual(json.loads(reply.text)["data"]["result"][1], "2")
        self.assertEqual(reply.header("Cache-Control"), ["no-store"])
        self.assertEqual(reply.header("Access-Control-Allow-Origin"), [])

    def login(self, token, headers=(), source=ELSEWHERE, **fields):
        form = urllib.parse.urlencode({"token": token, **fields})
        return self.request("POST", "/login", form, {**FORM, **dict(headers)}, source=source)

    def cookie_of(self, reply):
        """Checks the attributes of the cookie; returns the header a browser sends back."""
        cookie, = reply.header("Set-Cookie")
        value, *attributes = cookie.split("; ")
        # Without Path, the cookie is limited to /tallyman/, the path of the login.
        self.assertEqual(attributes, ["Max-Age=2592000", "HttpOnly", "SameSite=Strict"])
        self.assertNotIn(self.site.token, value)
        return {"Cookie": "other=1; " + value}


class ViewChecks(Viewing):
    def test_page(self):
        page = self.request("GET", "/", source=ELSEWHERE)
        for path in ("/", "/dashboard.js", "/dashboard.css", "/tallyman.svg"):
            plain = self.request("GET", path, source=ELSEWHERE)
            self.assertStatus(plain, 200)
            packed = self.request("GET", path, None, {"Accept-Encoding": "gzip"},
                                  source=ELSEWHERE)
            self.assertEqual(packed.header("Content-Encoding"), ["gzip"])
            self.assertEqual(gzip.decompress(packed.body), plain.body)
            head = self.request("HEAD", path, source=ELSEWHERE)
            self.assertEqual((head.status, head.body), (200, b""))
            for reply in (plain, packed):
                encoding = ",".join(reply.header("Content-Encoding"))
                known = {"If-None-Match": reply.header("ETag")[0],
                         "Accept-Encoding": encoding or "identity"}
                again = self.request("GET", path, None, known, source=ELSEWHERE)
                self.assertEqual((again.status, again.body), (304, b""), again)
                self.assertEqual(reply.header("Cache-Control"), ["no-cache"])
                self.assertEqual(reply.header("X-Content-Type-Options"), ["nosniff"])
                self.assertEqual(reply.header("Referrer-Policy"), ["no-referrer"])
        self.assertIn(b"dashboard.js", page.body)

    def test_bearer(self):
        self.assertSeen(self.view({"Authorization": "Bearer " + self.site.token}))
        for headers in ({}, {"Authorization": "Bearer wrong"}):
            reply = self.view(headers)
            self.assertStatus(reply, 401)
            self.assertIn("view_token_file", reply.text)
            self.assertEqual(reply.header("WWW-Authenticate"), ['Bearer realm="tallyman"'])

    def test_rules_and_alerts(self):
        for path in ("rules", "alerts"):
            path = "/api/v1/" + path
            self.assertStatus(self.request("GET", path, source=ELSEWHERE), 401)
            reply = self.request("GET", path, None,
                                 {"Authorization": "Bearer " + self.site.token}, source=ELSEWHERE)
            self.assertStatus(reply, 200)
            self.assertEqual(json.loads(reply.text)["status"], "success")
            self.assertEqual(reply.header("Cache-Control"), ["no-store"])

    def test_login(self):
        self.assertStatus(self.login(self.site.token), 204)
        self.assertEqual(self.login(self.site.token).header("Set-Cookie"), [])
        self.assertStatus(self.login("wrong", keep=1), 401)
        reply = self.login(self.site.token, keep=1)
        self.assertStatus(reply, 204)
        cookie = self.cookie_of(reply)
        self.assertSeen(self.view(cookie))
        self.assertStatus(self.view({"Cookie": cookie["Cookie"][:-1]}), 401)
        # A page of another site cannot read the reply, even with the cookie.
        self.assertStatus(self.view({**cookie, "Origin": STRANGER}), 403)
        self.assertStatus(self.view({**cookie, "Sec-Fetch-Site": "same-site"}), 403)
        out = self.request("POST", "/logout", "", cookie, source=ELSEWHERE)
        self.assertStatus(out, 204)
        self.assertIn("Max-Age=0", out.header("Set-Cookie")[0].split("; "))

    def test_login_of_another_site(self):
        for headers in ({"Origin": STRANGER}, {"Sec-Fetch-Site": "cross-site"}):
            reply = self.login(self.site.token, headers, keep=1)
            self.assertStatus(reply, 403)
            self.assertEqual(reply.header("Set-Cookie"), [])


class PasswordChecks(Viewing):
    """Mixed into push_checks.OwnAuthenticationChecks: with "view": "server" the web
    server asks for passwords, except for the page."""

    def test_password_of_the_dashboard(self):
        self.assertSeen(self.view(push_checks.basic(push_checks.PASSWORD)))
        for headers in ({}, push_checks.basic("wrong"),
                        {"Authorization": "Bearer " + self.site.token}):
            reply = self.view(headers)
            self.assertStatus(reply, 401)
            self.assertIn("Basic", reply.header("WWW-Authenticate")[0])
        self.assertStatus(self.request("GET", "/", source=ELSEWHERE), 200)
        self.assertStatus(self.request("GET", "/dashboard.js", source=ELSEWHERE), 200)
        self.assertStatus(self.login(self.site.token), 403)
