"""Runs `tallyman alert` every hour of three simulated weeks of a shop, like cron.
Every kind of alert starts once and ends once in the messages of a command, although
the command is killed twice and the mail program is missing at first."""

import json
import os

import tap
from faketime import Clock
from harness import counter, gauge, histogram
from keep_case import KeepCase
from responder_case import allowlist, listed

HOUR, DAY, WEEK = 3600, 24, 168  # HOUR in seconds, DAY and WEEK in hours
BEGIN = 1772409600  # 2026-03-02, a Monday
END = 3 * WEEK
PUSH, RUN = 1800, 120  # seconds after the full hour
# First run in which rules can compare a day with the same day of the week before.
FIRST_RUN = WEEK + DAY

PAGE = [{"name": "page", "maxValues": 10}]
METRICS = allowlist(
    listed("views_total", labels=PAGE),
    listed("errors_total", labels=PAGE),
    listed("orders_total"),
    listed("uploads_total"),
    listed("load_seconds", "histogram", unit="seconds", buckets=[0.1, 0.5, 1, 5]),
    listed("queue_depth", "gauge", gauge="last"),
    listed("stock", "gauge", gauge="last"),
)

# The hours of trouble. Those of one day are compared with a week before.
ERRORS = WEEK + 40
UPLOADS = WEEK + 52
RATIO = WEEK + 64
SLOW = WEEK + 76
TAIL = WEEK + 88
QUEUE, SPIKE = WEEK + 100, WEEK + 112
STOCK = WEEK + 124
EXPRESSION = WEEK + 136
CLOSED = 2 * WEEK + 30
BUSY = 2 * WEEK + 72

RULES = [
    {"name": "ManyErrors", "increase": "errors_total", "labels": {"page": "home"},
     "over": "1h", "above": 20},
    {"name": "NoOrders", "increase": "orders_total", "over": "6h", "below": 1,
     "severity": "critical"},
    {"name": "Uploads", "rate": "uploads_total", "over": "1h", "above": 0.01},
    {"name": "ErrorRatio", "ratio": ["errors_total", "views_total"], "by": ["page"],
     "over": "1h", "above": 0.5, "minimum": 20},
    {"name": "Slow", "p75": "load_seconds", "over": "1h", "above": 1, "minimum": 10},
    {"name": "SlowTail", "p95": "load_seconds", "over": "1h", "above": 1},
    {"name": "Queue", "value": "queue_depth", "above": 10, "for": "2h"},
    {"name": "Stock", "value": "stock", "below": 5},
    {"name": "Expression", "expr": "sum(increase(uploads_total[1h])) * 2", "above": 100},
    {"name": "Busier", "increase": "views_total", "over": "1d", "rises_percent": 55},
    {"name": "FewerOrders", "increase": "orders_total", "over": "1d",
     "falls_percent": 30},
]

# The hour of the run that reports it, the rule, and the page. A push is half an
# hour before the next run, so trouble of one hour is reported in the next.
WANTED = sorted([
    (ERRORS + 1, "ManyErrors", "firing"), (ERRORS + 2, "ManyErrors", "resolved"),
    # The command is killed before it writes the message: the next run delivers
    # both.
    (UPLOADS + 2, "Uploads", "firing"), (UPLOADS + 2, "Uploads", "resolved"),
    (RATIO + 1, "ErrorRatio docs", "firing"), (RATIO + 2, "ErrorRatio docs", "resolved"),
    # The command is killed after it has written the message: the message is
    # repeated.
    (SLOW + 1, "Slow", "firing"), (SLOW + 2, "Slow", "firing"),
    (SLOW + 2, "Slow", "resolved"),
    (SLOW + 1, "SlowTail", "firing"), (SLOW + 2, "SlowTail", "firing"),
    (SLOW + 2, "SlowTail", "resolved"),
    (TAIL + 1, "SlowTail", "firing"), (TAIL + 2, "SlowTail", "resolved"),
    (QUEUE + 3, "Queue", "firing"), (QUEUE + 5, "Queue", "resolved"),
    (STOCK + 1, "Stock", "firing"), (STOCK + 3, "Stock", "resolved"),
    (EXPRESSION + 1, "Uploads", "firing"), (EXPRESSION + 2, "Uploads", "resolved"),
    (EXPRESSION + 1, "Expression", "firing"), (EXPRESSION + 2, "Expression", "resolved"),
    # Ten hours without orders: NoOrders looks at six hours, and eight hours are
    # more than 30 percent of a day.
    (CLOSED + 6, "NoOrders", "firing"), (CLOSED + 11, "NoOrders", "resolved"),
    (CLOSED + 8, "FewerOrders", "firing"), (CLOSED + 27, "FewerOrders", "resolved"),
    # Twice as many views for a day: 14 hours of it are more than 55 percent.
    (BUSY + 14, "Busier", "firing"), (BUSY + 35, "Busier", "resolved"),
])


def hourly(hour):
    """Returns the samples pushed in that hour."""
    busy = 2 if BUSY <= hour < BUSY + 24 else 1
    slow = {SLOW: 20, TAIL: 2}.get(hour, 0)
    samples = [
        counter("views_total", 60 * busy, page="home"),
        counter("views_total", 40 * busy, page="docs"),
        # Below the rules' `minimum`.
        counter("views_total", 2, page="tiny"),
        counter("errors_total", 2, page="tiny"),
        counter("errors_total", 30 if hour == ERRORS else 1, page="home"),
        counter("errors_total", 30 if hour == RATIO else 1, page="docs"),
        counter("orders_total", 0 if CLOSED <= hour < CLOSED + 10 else 5),
        counter("uploads_total", {UPLOADS: 40, EXPRESSION: 60}.get(hour, 1)),
        histogram("load_seconds", *[0.3] * (20 - slow), *[3] * slow),
    ]
    for name, value in (("queue_depth", {QUEUE: 20, QUEUE + 4: 3, SPIKE: 20, SPIKE + 1: 3}),
                        ("stock", {STOCK: 2, STOCK + 2: 9})):
        if hour == 0 or hour in value:
            samples.append(gauge(name, value.get(hour, 9)))
    return samples


# Writes each message as a line. A file makes it kill itself before or after that.
COMMAND = """#!/bin/sh
cd {place}
if [ -e kill-before ]; then rm kill-before; kill -9 $PPID; exit 1; fi
cat >>messages
if [ -e kill-after ]; then rm kill-after; kill -9 $PPID; fi
"""
SENDMAIL = """#!/bin/sh
cat >>{place}/mails
"""


class Weeks(KeepCase):
    responders_wanted = 1
    metrics = {"own.json": METRICS}

    def prepare(self):
        self.clock = Clock(self.site, BEGIN)
        self.environment = self.clock.environment
        self.place = self.site.dir / "run/alerts"
        self.place.mkdir()
        self.sendmail = self.place / "sendmail"
        command = self.site.write("run/command", COMMAND.format(place=self.place), 0o755)
        self.site.write("tallyman/alerts.json", json.dumps({
            "sendmail": str(self.sendmail),
            "notify": [{"command": [str(command)]},
                       {"mail": ["shop@example.org"], "severities": ["critical"]}],
            "alerts": [{"text": f"{rule['name']} is wrong", **rule} for rule in RULES],
        }), 0o600)
        self.site.give_away()

    def mend_mail(self):
        self.sendmail.write_text(SENDMAIL.format(place=self.place))
        self.sendmail.chmod(0o755)

    def told(self):
        """Returns the messages since the last call: alert and status of each."""
        path = self.place / "messages"
        if not path.exists():
            return []
        text = path.read_text()
        path.unlink()
        found = []
        decoder = json.JSONDecoder()
        while text.strip():
            message, end = decoder.raw_decode(text.lstrip())
            text = text.lstrip()[end:]
            for alert in message["alerts"]:
                labels = alert["labels"]
                name = " ".join(labels[key] for key in ("alertname", "page") if key in labels)
                found.append((name, alert["status"]))
        return found

    def run_alert(self):
        return self.command("alert", env={**os.environ, **self.clock.environment})

    def live(self):
        """Lives through the weeks; returns the messages and the runs that failed."""
        told, failed = [], []
        connection = self.connect()
        for hour in range(END):
            if hour >= FIRST_RUN:
                for name, when in (("kill-before", UPLOADS + 1), ("kill-after", SLOW + 1)):
                    if hour == when:
                        (self.place / name).touch()
                        self.site.give_away()
                if hour == CLOSED + 8:
                    self.mend_mail()
                self.clock.set(BEGIN + hour * HOUR + RUN)
                done = self.run_alert()
                if done.returncode != 0:
                    failed.append((hour, done.returncode, done.stderr))
                told += [(hour, *one) for one in self.told()]
            self.clock.set(BEGIN + hour * HOUR + PUSH)
            self.assertAccepted(connection.push(hourly(hour)))
        return told, failed

    def test_each_starts_once_and_ends_once(self):
        told, failed = self.live()
        self.assertEqual(sorted(told), WANTED)
        # The order within a run is the order of the events.
        self.assertEqual([one[2] for one in told if one[0] == UPLOADS + 2],
                         ["firing", "resolved"])
        self.assertEqual([(hour, status) for hour, status, _ in failed],
                         [(UPLOADS + 1, -9), (SLOW + 1, -9),
                          (CLOSED + 6, 1), (CLOSED + 7, 1)])
        for _, _, error in failed[2:]:
            self.assertIn(str(self.sendmail), error)
            self.assertIn("No such file or directory", error)
        mails = (self.place / "mails").read_text()
        self.assertEqual(mails.count("To: shop@example.org\n"), 2)
        self.assertEqual(self.site.query("SELECT count(*) FROM alert"), [(0,)])
        self.assertEqual(self.site.query("SELECT count(*) FROM alert_notice"), [(0,)])


class Active(KeepCase):
    """The responders show the alerts of the last run."""

    metrics = {"own.json": allowlist(listed(
        "queue_depth", "gauge", gauge="last", labels=[{"name": "queue", "maxValues": 9}]))}

    def prepare(self):
        self.clock = Clock(self.site, BEGIN)
        self.environment = self.clock.environment
        self.site.write("tallyman/alerts.json", json.dumps({"alerts": [
            {"name": "LongQueue", "value": "queue_depth", "by": ["queue"], "above": 5,
             "severity": "critical", "text": "Are the workers running?"}]}), 0o600)
        self.site.give_away()

    def depth(self, value):
        self.clock.set(self.clock.now + 60)
        self.assertAccepted(self.push([gauge("queue_depth", value, queue="<mail>")]))
        self.clock.set(self.clock.now + 60)
        self.succeed("alert", env={**os.environ, **self.clock.environment})

    def shown(self):
        """Returns the answers of all responders: the alerts and the state of the rule."""
        answers = []
        for connection in self.connect_to_each():
            data = [json.loads(connection.get("/api/v1/" + path, self.site.token).body)["data"]
                    for path in ("alerts", "rules")]
            rule, = data[1]["groups"][0]["rules"]
            self.assertEqual(rule["alerts"], data[0]["alerts"])
            answers.append((data[0]["alerts"], rule["state"], rule["health"]))
        self.assertEqual(answers[0], answers[1])
        return answers[0]

    def test_shown(self):
        self.depth(2)
        self.assertEqual(self.shown(), ([], "inactive", "ok"))
        self.depth(9)
        (alert,), *rule = self.shown()
        self.assertEqual(rule, ["firing", "ok"])
        self.assertEqual(alert, {
            "labels": {"alertname": "LongQueue", "queue": "<mail>", "severity": "critical"},
            "annotations": {"condition": "> 5", "measured": "value of queue_depth",
                            "summary": "Are the workers running?"},
            "state": "firing", "activeAt": "2026-03-02T00:04:00.000Z", "value": "9e+00"})
        self.depth(2)
        self.assertEqual(self.shown(), ([], "inactive", "ok"))


if __name__ == "__main__":
    tap.main()
