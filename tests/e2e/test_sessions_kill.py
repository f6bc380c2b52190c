"""1,000 simultaneous sessions with Grafana's dashboards, each with a start, three
heartbeats and an end. Responders are killed at random with SIGKILL and started
again. Each message is sent until acknowledged; the totals are then exact."""

import itertools
import json
import random
import threading
import time

import fastcgi
import grafana
import tap
from responder_case import KillCase

SESSIONS = 1000
DASHBOARDS = 10
SENDERS = 32
SECONDS = 6  # of sending, on a fast machine


class Sender(threading.Thread):
    """Sends messages one after the other on its own connection, each until it is
    acknowledged.

    repeated  messages sent without a reply
    statuses  of the replies other than 201
    """

    def __init__(self, path, messages):
        super().__init__(daemon=True)
        self.path, self.messages = path, messages
        self.pause = SECONDS / len(messages)
        self.connection = None
        self.repeated = 0
        self.statuses = set()
        self.error = None

    def run(self):
        try:
            for message in self.messages:
                data = fastcgi.request(
                    "POST",
                    "/write",
                    json.dumps(message).encode(),
                    CONTENT_TYPE="text/plain;charset=UTF-8",
                )
                while not self.taken(data):
                    pass
                time.sleep(self.pause)
        except Exception as error:  # shown by finish()
            self.error = error
        finally:
            self.disconnect()

    def disconnect(self):
        if self.connection is not None:
            self.connection.close()
        self.connection = None

    def taken(self, data):
        if self.connection is None:
            self.connection = fastcgi.Connection(self.path)
        try:
            reply = self.connection.ask(data)
        except fastcgi.Closed:
            self.repeated += 1
            self.disconnect()
            return False
        if reply.status != 201:
            self.statuses.add(reply.status)
        return reply.status == 201

    def finish(self):
        self.join(60)
        if self.error is not None:
            raise self.error
        if self.is_alive():
            raise RuntimeError("messages are still not acknowledged")


def session_messages(number, base):
    """Returns the messages of a session, and its length. No gap exceeds the
    timeout, so the order of arrival does not change the length."""
    session = grafana.new_session()
    dashboard = number % DASHBOARDS
    length = 181 + number % 60
    steps = [("start", 0), *(("heartbeat", 60 * i) for i in (1, 2, 3))]
    return [
        grafana.message(
            kind,
            session,
            base + seconds,
            dashboard=(f"Dashboard {dashboard}", f"uid-{dashboard}"),
        )
        for kind, seconds in (*steps, ("end", length))
    ], length


class SessionsKill(KillCase):
    def test_totals_are_exact(self):
        base = grafana.now() - 1000
        sessions = [session_messages(number, base) for number in range(SESSIONS)]
        # The n-th messages of all sessions come before the next ones, so all
        # sessions are open at the same time.
        rounds = zip(*(messages for messages, _ in sessions))
        messages = list(itertools.chain.from_iterable(rounds))
        senders = [
            Sender(self.responders.path, messages[number::SENDERS])
            for number in range(SENDERS)
        ]
        for sender in senders:
            sender.start()
        kills, most_active = self.kill_meanwhile(senders)
        for sender in senders:
            sender.finish()
        repeated = sum(sender.repeated for sender in senders)
        tap.comment(
            f"{kills} kills, {repeated} messages repeated, up to {most_active}"
            " sessions at once"
        )
        # The test has killed responders and lost replies.
        self.assertGreater(kills, SECONDS)
        self.assertGreater(repeated, 0)
        self.assertEqual(most_active, SESSIONS)
        statuses = set().union(*(sender.statuses for sender in senders))
        self.assertLessEqual(statuses, {503})
        self.check_totals([length for _, length in sessions])
        self.check_database()

    def kill_meanwhile(self, senders):
        """Returns the number of killed responders and the maximum of open sessions."""
        seed = random.randrange(1 << 30)
        tap.comment(f"seed {seed}")
        chance = random.Random(seed)
        kills = most_active = 0
        while any(sender.is_alive() for sender in senders):
            time.sleep(chance.uniform(0.05, 0.4))
            count = chance.choice((1, 1, 1, 2, self.responders_wanted))
            self.kill(chance.sample(range(self.responders_wanted), count))
            kills += count
            most_active = max(most_active, self.open_sessions())
        return kills, most_active

    def open_sessions(self):
        (row,) = self.site.query(
            "SELECT count(*) FROM session WHERE open_until IS NOT NULL"
        )
        return row[0]

    def check_totals(self, lengths):
        got = self.scrape()
        for dashboard in range(DASHBOARDS):
            own = lengths[dashboard::DASHBOARDS]
            name, uid = f"Dashboard {dashboard}", f"uid-{dashboard}"
            labels = {**grafana.LABELS, "dashboard_name": name, "dashboard_uid": uid}
            short = {"dashboard_name": name, "dashboard_uid": uid}
            for family, labels, want in (
                ("sessions_total", labels, len(own)),
                ("sessions_duration_seconds_total", labels, sum(own)),
                ("sessions_focused_seconds_total", labels, sum(own)),
                ("session_duration_seconds_count", short, len(own)),
            ):
                value = got.value("grafana_analytics_" + family, **labels)
                self.assertEqual(value, want, f"{family} {dashboard}")
        self.assertEqual(got.total("grafana_analytics_sessions_total"), SESSIONS)
        self.assertEqual(got.total("grafana_analytics_sessions_active"), 0)


if __name__ == "__main__":
    tap.main()
