"""A receiver of webhooks, which records its requests."""

import http.server
import json
import threading

from harness import PATIENCE

SECRET = "/services/T0SECRET0/B0SECRET0"


class Receiver:
    """It replies with `status`, or not at all."""

    def __init__(self, test):
        self.status = 200
        self.answer = b"ok"
        self.headers = {}
        self.requests = []  # path, content type, body
        self.silent = threading.Event()
        self.silent.set()  # while cleared, requests wait
        receiver = self

        class Handler(http.server.BaseHTTPRequestHandler):
            def do_POST(self):
                body = self.rfile.read(int(self.headers["Content-Length"]))
                receiver.requests.append(
                    (self.path, self.headers["Content-Type"], json.loads(body)))
                receiver.silent.wait(PATIENCE)
                self.send_response(receiver.status)
                for name, value in receiver.headers.items():
                    self.send_header(name, value)
                self.end_headers()
                self.wfile.write(receiver.answer)

            def handle(self):
                try:
                    super().handle()
                except OSError:
                    pass  # the client was killed

            def log_message(self, *arguments):
                pass

        self.server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.server.daemon_threads = True
        threading.Thread(target=self.server.serve_forever, args=(0.02,),
                         daemon=True).start()
        test.addCleanup(self.server.server_close)
        test.addCleanup(self.server.shutdown)
        test.addCleanup(self.silent.set)
        self.host = f"http://127.0.0.1:{self.server.server_port}"
        self.url = self.host + SECRET

    def bodies(self):
        return [body for _, _, body in self.requests]

    def states(self):
        return [[alert["status"] for alert in body["alerts"]]
                for body in self.bodies()]
