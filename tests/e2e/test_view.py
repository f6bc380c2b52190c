"""Access to the dashboard's numbers: responders behind nginx, with real logins,
guessed tokens and changes of the configuration."""

import json
import sqlite3

import checks
import tap
import view_checks
import webservers
from harness import awake, wait_until

USER = "192.0.2.7"
VIEW_TOKEN = "a-token-of-somebody"
WEB_TOKEN = "a-token-for-few-families"
FIREFOX = {"User-Agent": "Mozilla/5.0"}


class ViewCase(view_checks.Viewing, checks.ServerCase):
    server_class = webservers.Nginx
    responders_wanted = 1  # two would notice a change at different times

    def reload(self, condition, what, **config):
        self.site.configure(**{**self.config, **config})
        self.site.give_away()
        wait_until(condition, what)

    def bearer(self, token):
        return {"Authorization": "Bearer " + token}

    def sees(self, headers=()):
        path = "/api/v1/query?" + view_checks.QUERY
        return self.request("GET", path, None, headers, source=checks.ELSEWHERE).status == 200

    def assertOnlyWeb(self, headers=()):
        """Only the web_ families are visible, and the rules that read no others."""
        names = self.data("label/__name__/values", headers)
        self.assertTrue(names)
        self.assertEqual([name for name in names if not name.startswith("web_")], [])
        self.write_rules()
        (group,) = self.data("rules", headers)["groups"]
        self.assertEqual([rule["name"] for rule in group["rules"]], ["Web"])
        self.assertEqual([alert["labels"] for alert in self.data("alerts", headers)["alerts"]],
                         [{"alertname": "Web", "page": "home", "severity": "page"}])

    def data(self, path, headers):
        reply = self.request("GET", "/api/v1/" + path, None, headers, source=checks.ELSEWHERE)
        self.assertStatus(reply, 200)
        return json.loads(reply.text)["data"]

    def write_rules(self):
        """Writes rules with an alert each, like `tallyman alert`."""
        database = sqlite3.connect(self.site.database, timeout=10)
        with database:
            for name, families in (("Web", ["web_page_views_total"]),
                                   ("Both", ["web_page_views_total", "usage_total"]),
                                   ("Usage", ["usage_total"])):
                database.execute(
                    "REPLACE INTO alert_rule VALUES (?, 1, 'q', '> 1', 'm', '', ?, 600, 0, 'page', 't', 1, "
                    "0, NULL, 0)", (name, json.dumps(families)))
                database.execute(
                    "REPLACE INTO alert VALUES (?, '{\"page\":\"home\"}', 1, 1, 2)", (name,))
        database.close()


class TokenCase(ViewCase):
    config = {"view_token_file": "view.tokens"}
    files = {"view.tokens": f"# Ours.\n{VIEW_TOKEN}\n{WEB_TOKEN} web_*\n"}


class Guesses(TokenCase):
    responders_wanted = 2
    guesses = 0

    def guess(self, count, source, headers=()):
        """Logs in with a new wrong token each time."""
        replies = []
        for _ in range(count):
            Guesses.guesses += 1
            replies.append(self.login(f"guess-{Guesses.guesses}", headers, source=source))
        return replies

    def test_guesses_are_limited(self):
        """Per address, by both responders together, also after a kill."""
        attacker, user = "127.0.0.21", "127.0.0.22"
        cookie = self.cookie_of(self.login(VIEW_TOKEN, keep=1, source=attacker))
        self.assertSeen(self.view(cookie, source=attacker))
        began = awake()
        replies = self.guess(20, attacker)
        for number in (0, 1):
            self.responders.kill(number)
            self.responders.restart(number)
        replies += self.guess(20, attacker)
        compared = [reply for reply in replies if reply.status == 401]
        most = 10 + (awake() - began) // 10
        self.assertIn(len(compared), range(10, int(most) + 1))
        for reply in replies:
            if reply.status == 401:
                continue
            self.assertStatus(reply, 429)
            self.assertIn("too many wrong tokens", reply.text)
            self.assertIn(int(reply.header("Retry-After")[0]), range(1, 11))
        # A right guess gets the same reply.
        self.assertStatus(self.login(WEB_TOKEN, source=attacker), 429)
        self.assertStatus(self.view(self.bearer(self.site.token), source=attacker), 429)
        # Other users are not locked out, and neither is a known cookie or token of
        # that address.
        self.assertSeen(self.view(self.bearer(WEB_TOKEN), source=user))
        for headers in (cookie, self.bearer(VIEW_TOKEN)):
            self.assertSeen(self.view(headers, source=attacker))

    def test_repeated_old_token_counts_once(self):
        """A program keeps sending a token that was replaced."""
        for _ in range(15):
            self.assertStatus(self.view(self.bearer("an old one"), source="127.0.0.23"), 401)
        self.assertSeen(self.view(self.bearer(VIEW_TOKEN), source="127.0.0.23"))


class Tokens(TokenCase):
    def setUp(self):
        self.write_tokens(self.files["view.tokens"])
        wait_until(lambda: self.sees(self.bearer(VIEW_TOKEN)), "the tokens")

    def write_tokens(self, text):
        self.site.write("tallyman/view.tokens", text)
        self.site.give_away()

    def test_each_token(self):
        for token in (self.site.token, VIEW_TOKEN, WEB_TOKEN):
            self.assertSeen(self.view(self.bearer(token)))
            cookie = self.cookie_of(self.login(token, keep=1))
            self.assertNotIn(token, cookie["Cookie"])
            self.assertSeen(self.view(cookie))
        self.assertOnlyWeb(self.bearer(WEB_TOKEN))
        self.assertOnlyWeb(cookie)
        (group,) = self.data("rules", self.bearer(VIEW_TOKEN))["groups"]
        self.assertEqual({rule["name"] for rule in group["rules"]}, {"Web", "Both", "Usage"})

    def test_cookie_expires_with_its_token(self):
        kept = self.cookie_of(self.login(WEB_TOKEN, keep=1))
        gone = self.cookie_of(self.login(VIEW_TOKEN, keep=1))
        self.write_tokens(WEB_TOKEN + "\n")
        wait_until(lambda: not self.sees(gone), "the cookie to end")
        self.assertStatus(self.view(gone), 401)
        self.assertStatus(self.view(self.bearer(VIEW_TOKEN)), 401)
        self.assertSeen(self.view(kept))


class NoToken(ViewCase):
    """Without tokens the page is for this machine only."""

    config = {"scrape_token_file": None}

    def test_this_machine(self):
        self.assertSeen(self.view())
        own = {**FIREFOX, "Sec-Fetch-Site": "same-origin"}
        self.assertSeen(self.view(own))
        self.assertSeen(self.view({**own, "Origin": self.server.root_url}))
        self.assertStatus(self.login("anything"), 403)

    def test_other_clients_are_refused(self):
        for headers in (
            {"X-Forwarded-For": USER},
            {"Sec-Fetch-Site": "cross-site"},
            {"Origin": checks.STRANGER},
            {**FIREFOX, "Host": "rebound.example"},
        ):
            with self.subTest(headers):
                reply = self.view(headers)
                self.assertStatus(reply, 403)
                self.assertEqual(reply.header("Access-Control-Allow-Origin"), [])

    def test_shared_host(self):
        self.reload(lambda: not self.sees(), "the new rule", trust_loopback=False)
        self.assertStatus(self.view(), 403)
        self.reload(self.sees, "the old rule")


class Public(ViewCase):
    config = {"view": "public", "view_families": ["web_*"]}

    def test_only_the_listed_families_are_visible(self):
        self.assertSeen(self.view())
        self.assertSeen(self.view({"X-Forwarded-For": USER}))
        self.assertOnlyWeb()
        self.assertStatus(self.login(self.site.token), 403)
        # Not even with the scrape's token.
        reply = self.request("GET", "/metrics", None, self.bearer(self.site.token),
                             source=checks.ELSEWHERE)
        self.assertStatus(reply, 403)


class Renewed(ViewCase):
    """A query can be the first request after a change of the configuration."""

    config = {"view": "public", "view_families": ["web_*"]}

    def test_query_uses_the_new_configuration(self):
        wait_until(self.sees, "the database")
        for number in range(10):
            name = ("web_page_views_total", "web_resource_seconds")[number % 2]
            self.site.configure(**{**self.config, "view_families": [name]})
            self.site.give_away()
            # Like a merge.
            database = sqlite3.connect(self.site.database, timeout=10)
            with database:
                database.execute("UPDATE meta SET value = value + 1 WHERE key = 'generation'")
            database.close()
            reply = self.request("GET", "/api/v1/metadata", None, source=checks.ELSEWHERE)
            self.assertStatus(reply, 200)
            self.assertEqual(list(json.loads(reply.text)["data"]), [name])


if __name__ == "__main__":
    tap.main()
