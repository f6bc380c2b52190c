"""Debian's prometheus-pushgateway, whose replies ours are compared with."""

import json
from http.client import RemoteDisconnected

from harness import Process, free_port, http, wait_until


class Pushgateway:
    """Debian's, in memory only."""

    def __init__(self, log):
        self.log = log
        port = free_port()
        self.url = f"http://127.0.0.1:{port}"
        self.process = Process(
            [
                "prometheus-pushgateway",
                f"--web.listen-address=127.0.0.1:{port}",
                "--persistence.file=",
                "--web.enable-admin-api",
            ],
            log,
        )
        wait_until(self.ready, "the Pushgateway to answer")

    def ready(self):
        try:
            return http("GET", self.url + "/-/ready").status == 200
        except OSError:
            return False

    def scrape(self):
        # A deletion is answered before it is done, a push after it was.
        self.status(lambda: http("PUT", self.url + "/metrics/job/flush", ""))
        return http("GET", self.url + "/metrics").text

    def status(self, send):
        """The status of a request. Version 1.11 ends the connection where it
        refuses a push: it dies of the line for its log (its issue 766)."""
        panics = self.panics()
        try:
            return send()
        except RemoteDisconnected:
            if self.panics() == panics:
                raise
            return 400

    def panics(self):
        return self.log.read_text(errors="replace").count("pushgateway/handler.Push.func1(")

    def read(self, what):
        """A reply of its API."""
        return json.loads(http("GET", f"{self.url}/api/v1/{what}").text)

    def wipe(self):
        http("PUT", self.url + "/api/v1/admin/wipe")
