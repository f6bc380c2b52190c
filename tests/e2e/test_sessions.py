"""Sessions with Grafana's dashboards: totals, exposition, and personal data."""

import contextlib
import hashlib
import hmac
import itertools
import json
import sqlite3

import grafana
import harness
import tap
from grafana import COOKIE, EMAIL, LOGIN, NAME
from harness import wait_until
from session_case import DURATION, LENGTHS, TOTAL, VARIABLES, SessionCase


class Counting(SessionCase):
    def run_session(self, *steps, **more):
        """Sends steps (kind, seconds) or (kind, seconds, focus). Totals never go down."""
        session = grafana.new_session()
        before = (0, 0, 0)
        for kind, seconds, *focus in steps:
            for one in focus:
                more["focus"] = one
            self.send(kind, session, seconds, **more)
            now = tuple(value or 0 for value in self.counted())
            for was, is_now in zip(before, now):
                self.assertGreaterEqual(is_now, was)
            before = now
        return session

    def test_start_and_end(self):
        self.run_session(("start", 0), ("end", 7200))
        self.assertEqual(self.counted(), (1, 7200, 7200))

    def test_two_hours_of_heartbeats(self):
        heartbeats = [("heartbeat", seconds) for seconds in range(60, 7200, 60)]
        self.run_session(("start", 0), *heartbeats, ("end", 7200))
        self.assertEqual(self.counted(), (1, 7200, 7200))

    def test_out_of_order(self):
        self.run_session(
            ("start", 0), ("heartbeat", 1800), ("heartbeat", 600),
            ("heartbeat", 1200), ("end", 2400), interval=600,
        )
        self.assertEqual(self.counted(), (1, 2400, 2400))

    def test_all_orders(self):
        steps = [("start", 0), *(("heartbeat", 60 * i) for i in (1, 2, 3))]
        for count, order in enumerate(itertools.permutations(steps), 1):
            session = grafana.new_session()
            for kind, seconds in (*order, ("end", 210)):
                self.send(kind, session, seconds)
            with self.subTest(order=order):
                self.assertEqual(self.counted(), (count, count * 210, count * 210))

    def test_repeated(self):
        session = self.run_session(
            ("start", 0), ("start", 0), ("heartbeat", 60), ("heartbeat", 60),
            ("heartbeat", 60), ("end", 120), ("end", 120), ("start", 0),
        )
        self.assertEqual(self.counted(), (1, 120, 120))
        self.send("heartbeat", session, 60)
        self.assertEqual(self.counted(), (1, 120, 120))

    def test_end_before_start(self):
        self.run_session(("end", 600), ("start", 0))
        self.assertEqual(self.counted(), (1, 600, 600))

    def test_end_overtakes_heartbeats(self):
        self.run_session(("start", 0), ("end", 3000), ("heartbeat", 60))
        # The end reveals the missing heartbeats, but it has been counted.
        self.assertEqual(self.counted(), (1, 3000, 3000))

    def test_late_message_adds_the_difference(self):
        session = self.run_session(
            ("start", 0), ("heartbeat", 60), ("heartbeat", 240)
        )
        self.assertEqual(self.counted(), (1, 60 + 75, 60 + 75))
        self.send("heartbeat", session, 150)
        self.assertEqual(self.counted(), (1, 60 + 75 + 75, 60 + 75 + 75))

    def test_gap(self):
        self.run_session(
            ("start", 0), ("heartbeat", 60), ("heartbeat", 60 + 14400),
            ("end", 120 + 14400),
        )
        self.assertEqual(self.counted(), (1, 60 + 75 + 60, 60 + 75 + 60))

    def test_focus(self):
        self.run_session(
            ("start", 0, True), ("heartbeat", 60, False), ("heartbeat", 120, True),
            ("end", 150, False),
        )
        self.assertEqual(self.counted(), (1, 150, 90))

    def test_start_alone(self):
        self.run_session(("start", 0))
        # No duration yet, as on the panel's own server.
        self.assertEqual(self.counted(), (1, None, None))

    def test_other_types_are_heartbeats(self):
        self.run_session(("start", 0), ("resumed", 60), ("", 100))
        self.assertEqual(self.counted()[:2], (1, 100))

    def test_flattened(self):
        session = grafana.new_session()
        for kind, seconds in (("start", 0), ("heartbeat", 60), ("end", 90)):
            message = grafana.flat(self.message(kind, session, seconds))
            self.assertIn("host.buildInfo.env", message)
            json_type = {"Content-Type": "application/json", **COOKIE}
            self.assertTaken(self.write(message, json_type))
        self.assertEqual(self.counted(), (1, 90, 90))

    def test_length(self):
        self.run_session(("start", 0), ("end", 100))
        self.run_session(("start", 0), ("end", 4000))
        got = self.scrape()
        labels = {k: v for k, v in self.labels().items() if k in
                  ("dashboard_name", "dashboard_uid")}
        self.assertEqual(got.value(LENGTHS + "_count", **labels), 2)
        self.assertEqual(got.value(LENGTHS + "_sum", **labels), 4100)
        for bound, count in ((60, 0), (120, 1), (3600, 1), (7200, 2)):
            le = str(bound)
            self.assertEqual(got.value(LENGTHS + "_bucket", le=le, **labels), count)

    def test_active(self):
        sessions = [grafana.new_session() for _ in range(3)]
        for count, session in enumerate(sessions, 1):
            self.send("start", session, 20000)
            self.assertEqual(self.active(), count)
        for count, session in enumerate(sessions):
            self.send("end", session, 20000 + count)
            self.assertEqual(self.active(), 2 - count)

    def test_silent_session_is_not_active(self):
        session = grafana.new_session()
        self.send("start", session, 20000)
        self.send("heartbeat", session, 20060)
        self.assertEqual(self.active(), 1)
        self.make_older(session, 3600)
        self.assertEqual(self.active(), 0)
        self.send("heartbeat", session, 20120)
        self.assertEqual(self.active(), 1)
        self.assertEqual(self.counted()[0], 1)

    def make_older(self, session, seconds):
        """Moves the session's last message back by this time."""
        connection = sqlite3.connect(self.site.database, timeout=harness.PATIENCE)
        with contextlib.closing(connection), connection:
            connection.execute(
                "UPDATE session SET seen_at = seen_at - :seconds,"
                " open_until = open_until - :seconds WHERE uuid = :uuid",
                {"seconds": seconds, "uuid": session},
            )

    def test_new_dashboard_is_not_counted(self):
        session = grafana.new_session()
        self.send("start", session, 0, dashboard=(self.dashboard, "new"))
        self.assertNotIn(self.dashboard, self.scrape().text)

    def test_two_responders(self):
        session = grafana.new_session()
        for killed, (kind, seconds) in enumerate(
            (("start", 0), ("heartbeat", 60), ("heartbeat", 120), ("end", 150))
        ):
            self.responders.kill(killed % 2)
            self.send(kind, session, seconds)
            self.responders.restart(killed % 2)
        self.assertEqual(self.counted(), (1, 150, 150))

    def test_exposition_like_the_panels_server(self):
        self.run_session(("start", 0), ("end", 30))
        text = self.scrape().text
        self.assertIn(f"# TYPE {TOTAL} counter\n", text)
        self.assertIn(f"# TYPE {DURATION} counter\n", text)
        self.assertRegex(text, r"(?m)^grafana_analytics_up 1$")
        self.assertRegex(text, r"(?m)^grafana_analytics_build_info\{.*version=\".*\"\} 1$")
        labels = ",".join(f'{k}="{v}"' for k, v in sorted(self.labels().items()))
        self.assertIn(f"\n{TOTAL}{{{labels}}} 1\n", text)
        self.assertIn(f"\n{DURATION}{{{labels}}} 30\n", text)


class Refused(SessionCase):
    def test_malformed(self):
        good = json.dumps(self.message("start", grafana.new_session(), 0))
        for body, why in (
            (good[:-1], "line 1, column"),
            ("", "line 1, column"),
            ("[]", "object"),
            (good.replace('"uuid"', '"guid"'), "uuid: missing"),
        ):
            with self.subTest(why):
                reply = self.write(body)
                self.assertStatus(reply, 400)
                self.assertIn(why, reply.text)
        self.assertEqual(self.counted(), (None, None, None))

    def test_times_far_from_the_servers(self):
        day = 86400
        session = grafana.new_session()
        for seconds in (-day - 100, day + 100, -1e9):
            self.base = grafana.now()
            reply = self.write(self.message("start", session, int(seconds)))
            self.assertStatus(reply, 400)
            self.assertIn("time: ", reply.text)
        self.assertEqual(self.counted(), (None, None, None))
        reason = {"door": "sessions", "reason": "time"}
        wait_until(
            lambda: self.scrape().value("tallyman_pushes_rejected_total", **reason)
            == 3,
            "the refused messages to be counted",
        )
        for seconds in (-day + 100, day - 100):
            self.send("start", grafana.new_session(), seconds)
        self.assertEqual(self.counted()[0], 2)

    def test_wrong_types_of_single_fields(self):
        message = self.message("start", grafana.new_session(), 0)
        message.update(hasFocus="yes", variables=7, timeRange=[], options=None)
        message["user"]["locale"] = 7
        self.assertTaken(self.write(message))
        labels = self.labels()
        del labels["user_locale"]
        self.assertEqual(self.scrape().value(TOTAL, **labels), 1)


class LongTimeout(SessionCase):
    config = {"sessions": {"timeout_seconds": 3600}}

    def test_four_hours_elsewhere(self):
        session = grafana.new_session()
        steps = [("start", 0), *(("heartbeat", 60 * i) for i in range(1, 16))]
        for kind, seconds in (*steps, ("heartbeat", 900 + 14400)):
            self.send(kind, session, seconds)
        self.assertEqual(self.counted()[:2], (1, 900 + 3600))

    def test_end_without_heartbeats(self):
        session = grafana.new_session()
        self.send("start", session, 0)
        self.send("end", session, 7200)
        self.assertEqual(self.counted()[:2], (1, 3600))


class Bounded(SessionCase):
    config = {"sessions": {"max_series": 5}}

    def test_further_dashboards_are_other(self):
        for number in range(9):
            dashboard = (f"dashboard {number}", f"uid-{number}")
            session = grafana.new_session()
            for kind, seconds in (("start", 0), ("end", 60)):
                self.send(kind, session, seconds, dashboard=dashboard)
        got = self.scrape()
        for name, each in ((TOTAL, 1), (DURATION, 60)):
            series = {
                dict(labels)["dashboard_name"]: value
                for (family, labels), value in got.samples.items()
                if family == name
            }
            self.assertEqual(sum(series.values()), 9 * each)
            self.assertLessEqual(len(series), 6)
            self.assertGreaterEqual(series["other"], 4 * each)


class DropLabels(SessionCase):
    config = {"sessions": {"drop_labels": ["user_locale", "grafana_host"]}}

    def test_dropped(self):
        self.send("start", grafana.new_session(), 0)
        labels = self.labels()
        del labels["user_locale"], labels["grafana_host"]
        self.assertEqual(self.scrape().value(TOTAL, **labels), 1)


class Variables(SessionCase):
    config = {"sessions": {"variables": ["region"], "max_variable_values": 3}}

    def test_bounded_values(self):
        for number in range(6):
            variables = {"region": [f"r{number}"], "secret": ["hidden-value"]}
            self.send("start", grafana.new_session(), 0, variables=variables)
        got = self.scrape()
        values = {
            dict(labels)["value"]: value
            for (family, labels), value in got.samples.items()
            if family == VARIABLES
        }
        self.assertEqual(sum(values.values()), 6)
        self.assertEqual(values["other"], 3)
        self.assertNotIn("hidden-value", got.text)


class Private(SessionCase):
    """By default, no output identifies a person."""

    config = {"sessions": {"log": "logfmt"}}
    nowhere = (LOGIN, NAME, EMAIL)

    def test_no_personal_data(self):
        session = grafana.new_session()
        variables = {"region": ["north"]}
        for kind, seconds in (("start", 0), ("heartbeat", 60), ("end", 90)):
            self.send(kind, session, seconds, variables=variables)
        # A refused message can be logged.
        self.write(json.dumps(self.message("start", session, 0))[:-1])
        self.write(self.message("start", session, -1000000))
        self.check_user(session)
        text = self.scrape().text
        places = {"the scrape": text.encode()}
        files = [*self.site.home.glob("tallyman.db*"), *self.site.dir.glob("log/*")]
        places.update((path.name, path.read_bytes()) for path in files)
        self.assertIn("tallyman.db", places)
        together = b"".join(places.values())
        self.assertIn(session.encode(), together)
        self.assertIn(b"Received session data", places["responders.log"])
        for secret in self.nowhere:
            for place, content in places.items():
                with self.subTest(secret, place=place):
                    self.assertNotIn(secret.encode(), content)

    def check_user(self, session):
        self.assertEqual(self.scrape().value(TOTAL, **self.labels()), 1)


class PrivateInJson(Private):
    config = {"sessions": {"log": "json"}}

    def check_user(self, session):
        super().check_user(session)
        lines = [
            json.loads(line)
            for line in self.responders.stderr().splitlines()
            if session in line
        ]
        self.assertEqual([one["type"] for one in lines], ["start", "heartbeat", "end"])
        for one in lines:
            self.assertFalse({"user_login", "user_name", "user_email"} & set(one))


class UserNames(Private):
    config = {"sessions": {"user_labels": True, "log": "logfmt"}}
    nowhere = (EMAIL,)

    def check_user(self, session):
        labels = self.labels(user_login=LOGIN, user_name=NAME)
        self.assertEqual(self.scrape().value(TOTAL, **labels), 1)
        self.assertIn(f'user_login={LOGIN} user_name="{NAME}"', self.responders.stderr())


class UserHashes(Private):
    KEY = "0123456789abcdef0123456789abcdef"
    config = {
        "sessions": {
            "user_labels": "hash", "hash_key_file": "hash.key", "log": "logfmt",
        }
    }
    files = {"hash.key": KEY + "\n"}
    nowhere = (LOGIN, NAME, EMAIL, KEY)

    def check_user(self, session):
        digest = hmac.new(self.KEY.encode(), LOGIN.encode(), hashlib.sha256)
        labels = self.labels(user_login=digest.hexdigest()[:16])
        self.assertEqual(self.scrape().value(TOTAL, **labels), 1)


if __name__ == "__main__":
    tap.main()
