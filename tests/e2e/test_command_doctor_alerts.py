"""tallyman doctor about alerts: the file, the frequency of `tallyman alert`, and
notices that could not be delivered."""

import json
import time

import tap
from doctor_case import DoctorCase

ERRORS = {"name": "Errors", "increase": "web_errors_total", "over": "1d", "above": 9,
          "text": "Many errors"}
SOON = {**ERRORS, "name": "Soon", "over": "5m"}


class Alerts(DoctorCase):
    def setUp(self):
        super().setUp()
        self.file = self.dir / "alerts.json"

    def have(self, *rules, text=None):
        self.file.write_text(
            json.dumps({"notify": [{"command": ["/bin/true"]}], "alerts": rules})
            if text is None else text)
        self.file.chmod(0o600)

    def evaluate(self, ago=0):
        """Stores rules that were evaluated that long ago."""
        self.write("DELETE FROM alert_rule")
        self.write(
            "INSERT INTO alert_rule (name, position, query, condition, measured, unit,"
            " families, every_seconds, for_seconds, severity, text, evaluated_at, seconds)"
            " VALUES ('Errors', 0, 'x', '> 9', 'x', '', '[]', 0, 0, 'warning', 'x', ?, 0)",
            time.time() - ago)

    def about(self, check="alerts"):
        return [(one["status"], one["where"], one["what"]) for one in self.findings()
                if one["check"] == check]

    def test_no_file(self):
        self.assertEqual(self.about(), [])
        self.assertEqual(self.about("notices"), [])

    def test_no_rules(self):
        self.have()
        self.assertEqual(self.about(), [])

    def test_never_evaluated(self):
        self.have(ERRORS, SOON)
        self.assertWrong("alerts", self.file,
                         "2 rules, and `tallyman alert` has never run", "cron")

    def test_evaluated_too_rarely(self):
        for rules, needed in (([ERRORS], 86400), ([ERRORS, SOON], 600)):
            self.have(*rules)
            with self.subTest(needed):
                self.evaluate(needed + 30)
                ((status, where, what),) = self.about()
                self.assertEqual((status, where), ("ok", str(self.file)))
                self.assertRegex(what, f"^{len(rules)} rules, evaluated \\d+ s"
                                 f" ago; they must be evaluated every {needed} s$")
                self.evaluate(1.1 * needed + 30)
                self.assertWrong("alerts", self.file,
                                 f"they must be evaluated every {needed} s", "cron")

    def test_clock_was_set_back(self):
        """Since then, no run has evaluated the rules."""
        self.have(ERRORS)
        self.evaluate(-3600)
        self.assertWrong("alerts", self.file, "set back", "cron")

    def test_rule_without_a_range(self):
        self.have({"name": "Now", "expr": "sum(web_errors_total)", "above": 9, "text": "x"})
        self.evaluate(3630)
        self.assertEqual([one[0] for one in self.about()], ["ok"])
        self.evaluate(4000)
        self.assertWrong("alerts", self.file, "every 3600 s", "cron")

    def test_notices(self):
        self.have(ERRORS)
        self.evaluate()
        self.write("INSERT INTO alert_notice (channel, message, made_at)"
                   " VALUES ('x', '{}', 1)")
        self.assertEqual(self.about("notices"), [])
        self.write("INSERT INTO alert_notice (channel, message, made_at, tries, error)"
                   " VALUES ('x', '{}', 1, 3, 'curl: the server says 500')")
        self.assertWrong("notices", self.file,
                         "1 of 2 pending notifications could not be delivered: curl: the server says 500",
                         "tallyman alert --test")

    def test_mistakes(self):
        self.have(text='{"alert": [], "notify": 1}')
        found = self.wrong()
        self.assertEqual({(one["check"], one["where"]) for one in found},
                         {("alerts", str(self.file))})
        self.assertIn("alerts.json:1:2: alert: ", found[0]["what"])
        self.assertIn("tallyman check", found[0]["do"])

    def test_mode(self):
        self.have()
        for mode in (0o604, 0o644, 0o660):
            self.file.chmod(mode)
            self.assertWrong("secret", self.file, f"mode {mode:04o}, others can", "chmod 400")
        self.file.chmod(0o640)
        self.assertIn(("ok", str(self.file)), [one[:2] for one in self.about("secret")])

    def test_web_root(self):
        below = self.dir / "public_html"
        below.mkdir()
        self.file = below / "alerts.json"
        self.have()
        self.configure(alerts="public_html/alerts.json")
        self.assertWrong("web root", self.file, "lies below public_html", "move it")


if __name__ == "__main__":
    tap.main()
