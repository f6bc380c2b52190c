"""Debian's prometheus-pushgateway, the reference for replies of Tallyman."""

import json
from http.client import RemoteDisconnected

from harness import Process, free_port, http, wait_until


class Pushgateway:
    """Debian's Pushgateway; in memory, unless `file` is given for its groups."""

    def __init__(self, log, keep=""):
        self.log = log
        port = free_port()
        self.url = f"http://127.0.0.1:{port}"
        self.command = [
            "prometheus-pushgateway",
            f"--web.listen-address=127.0.0.1:{port}",
            f"--persistence.file={keep}",
            "--web.enable-admin-api",
        ]
        self.start()

    def start(self):
        self.process = Process(self.command, self.log)
        wait_until(self.ready, "the Pushgateway to answer")

    def ready(self):
        try:
            return http("GET", self.url + "/-/ready").status == 200
        except OSError:
            return False

    def scrape(self):
        # It replies to a DELETE before the deletion, and to a push after the
        # change.
        self.status(lambda: http("PUT", self.url + "/metrics/job/flush", ""))
        return http("GET", self.url + "/metrics").text

    def status(self, send):
        """Returns the status of a request. Version 1.11 closes the connection of a
        push it refuses: a panic in its log line (its issue 766)."""
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
        """Returns a reply of its API."""
        return json.loads(http("GET", f"{self.url}/api/v1/{what}").text)

    def wipe(self):
        http("PUT", self.url + "/api/v1/admin/wipe")
