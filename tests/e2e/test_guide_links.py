"""Each message ends in one link to the guide that helps."""

import json

import tap
from command_case import CommandCase
from guides import LINKS, see


class Replies(CommandCase):
    settings = {"scrape_token_file": "token"}

    def setUp(self):
        super().setUp()
        (self.dir / "token").write_text("a-token-of-the-test\n")
        (self.dir / "token").chmod(0o600)

    def test_refusals(self):
        away = {"REMOTE_ADDR": "192.0.2.1", "CONTENT_TYPE": "text/plain"}
        for name, (method, path, more), status, begins, guide in (
            ("no endpoint", ("GET", "/metric", {}), 404, "no such endpoint: /metric; ", "PROGRAMS"),
            ("no trust", ("PUT", "/metrics", away), 401, "", "TRUST"),
            ("unknown token", ("PUT", "/metrics", {**away, "HTTP_AUTHORIZATION": "Bearer x"}), 401,
             "the token or password is unknown", "TRUST"),
            ("scrape", ("GET", "/metrics", {}), 401, "the scrape needs", "SCRAPE"),
            ("origin", ("POST", "/record", {"HTTP_ORIGIN": "https://other.example"}), 403,
             "origin https://other.example may not push here", "PAGES"),
            ("host", ("POST", "/record", {"HTTP_ORIGIN": "http://a.example",
                                          "HTTP_HOST": "a.example"}), 403,
             'the host "a.example" is not a name of this machine', "TRUST"),
            ("dashboard", ("GET", "/api/v1/labels", {}), 401, "", "DASHBOARD"),
        ):
            with self.subTest(name):
                told, text = self.request(method, path, **more)
                if text.startswith("{"):
                    text = json.loads(text)["error"] + "\n"
                self.assertEqual(told, status, text)
                self.assertTrue(text.startswith(begins), text)
                self.assertTrue(text.endswith(see(guide) + "\n"), text)
                self.assertEqual(text.count("guide: "), 1)

    def test_refused_samples(self):
        sample = {"metricName": "searchs_total", "metricType": "counter", "labels": {}, "inc": 1}
        self.assertEqual(
            self.request("POST", "/record", json.dumps([sample, {**sample, "metricName": "x"}])),
            (200, "OK: 2 of 2 samples rejected: unknown_family 2 (searchs_total, x)"
             f"{see('ALLOWLIST')}\n"))
        self.assertEqual(
            self.request("POST", "/record", "[5]"),
            (200, "OK: 1 of 1 samples rejected: invalid_sample 1\n"))


class Command(CommandCase):
    def test_doctor(self):
        self.config.write_text('{"database": "tallyman.db", "mounts": 1,\n "views": 2}')
        done = self.run_command("doctor")
        lines = [line for line in done.stdout.splitlines() if "-> " in line]
        self.assertEqual([line.endswith(see("CONFIG")) for line in lines], [True, False])
        found = json.loads(self.run_command("doctor", "--json").stdout)
        self.assertEqual([one["guide"] for one in found], [LINKS["CONFIG"]] * 2)

    def test_the_allowlist(self):
        (self.dir / "metrics.d/bad.json").write_text("[]")
        self.assertTrue(self.output("check", status=1).startswith(
            f"tallyman check: the configuration is bad{see('ALLOWLIST')}\n"))

    def test_queries(self):
        (self.dir / "metrics.d/query.json").write_text(json.dumps({"queries": [
            {"name": "n", "type": "gauge", "help": "h", "sql": "SELECT 'x'",
             "database": "tallyman.db"}]}))
        self.request("GET", "/-/ready")
        self.assertTrue(self.output("check", "--queries", status=1).endswith(
            f"\ntallyman check: 1 of 1 queries failed{see('QUERIES')}\n"))

    def test_no_channel(self):
        (self.dir / "alerts.json").write_text('{"notify": [], "alerts": []}')
        self.request("GET", "/-/ready")
        self.assertEqual(self.output("alert", "--test", status=1), (
            f"tallyman alert: `notify` of {self.dir}/alerts.json lists no channel"
            f"{see('ALERTS')}\n"))


if __name__ == "__main__":
    tap.main()
