"""Base of the tests of sessions with Grafana's dashboards: a web server with the
sample, and messages of the panel."""

import json
import random

import checks
import grafana
from grafana import COOKIE, LABELS, SCRAPE, WRITE
from harness import Scrape, http

TOTAL = "grafana_analytics_sessions_total"
DURATION = "grafana_analytics_sessions_duration_seconds_total"
FOCUSED = "grafana_analytics_sessions_focused_seconds_total"
ACTIVE = "grafana_analytics_sessions_active"
LENGTHS = "grafana_analytics_session_duration_seconds"
VARIABLES = "grafana_analytics_variables_total"


class SessionCase(checks.ServerCase):
    """Each test has its own dashboard, named after the test."""

    server_class = grafana.Nginx
    mount = ""
    responders_wanted = 2

    def setUp(self):
        self.dashboard = self.id().rpartition(".")[2]
        # Message times lie in the past by the length of the longest session.
        self.base = grafana.now() - 20000

    def write(self, body, headers=COOKIE, path=WRITE, **options):
        """Sends messages of the panel, each from its own address."""
        if not isinstance(body, (str, bytes)):
            body = json.dumps(body)
        options.setdefault("source", "127.0.1.%d" % random.randrange(1, 255))
        headers = {"Content-Type": "text/plain;charset=UTF-8", **headers}
        return self.request("POST", path, body, headers, **options)

    def message(self, kind, session, seconds, **more):
        more.setdefault("dashboard", (self.dashboard, self.dashboard + "-uid"))
        return grafana.message(kind, session, self.base + seconds, **more)

    def send(self, kind, session, seconds, **more):
        self.assertTaken(self.write(self.message(kind, session, seconds, **more)))

    def assertTaken(self, reply):
        self.assertEqual((reply.status, reply.body), (201, b""), reply)

    def scrape(self):
        token = {"Authorization": "Bearer " + self.site.token}
        reply = http("GET", self.server.root_url + SCRAPE, headers=token)
        self.assertStatus(reply, 200)
        return Scrape(reply.text)

    def labels(self, dashboard=None, **more):
        name = dashboard or self.dashboard
        uid = name + "-uid"
        return {**LABELS, "dashboard_name": name, "dashboard_uid": uid, **more}

    def counted(self):
        """Returns sessions, seconds and focused seconds of the dashboard."""
        got = self.scrape()
        names = (TOTAL, DURATION, FOCUSED)
        return tuple(got.value(name, **self.labels()) for name in names)

    def active(self):
        return self.scrape().value(ACTIVE, **self.labels()) or 0
