"""Only Prometheus can read the totals: each web server with its sample refuses
other addresses, in every spelling of a request. No token is set, so that only the
server's rules protect the totals."""

import itertools
import socket

import checks
import grafana
import harness
import tap
import webservers

# A family of the demo, in every reply that has totals.
SECRET = b"demo_page_views_total"

# P is the mount point; METRICS and API must not be readable.
SPELLINGS = """
    PMETRICS PMETRICS/ P/METRICS P//METRICS //PMETRICS PMETRICS?x PMETRICS?
    PMETRICS// P/.METRICS P/./METRICS P/x/..METRICS P/static/..METRICS /.PMETRICS
    /x/..PMETRICS P/recordMETRICS P/record/..METRICS P/-/..METRICS
    P/tallyman.fcgiMETRICS P/tallyman.fcgi//METRICS P/tallyman.fcgi/x/..METRICS
    PMETRICS. PMETRICS.. PMETRICS/. PMETRICS/.. PMETRICS/./ PMETRICS/x/..
    PMETRICS%2e PMETRICS%2E%2F PMETRICS/%2e PMETRICS/%2e%2e/metrics
    P/%2eMETRICS P/x/%2e%2eMETRICS P/static/%2e%2eMETRICS P/static/..%2fMETRICS
    P%2fMETRICS P%2FMETRICS %2fPMETRICS P/%2f%2fMETRICS PMETRICS%2f PMETRICS%2F%2F
    P/record%2f..METRICS P/record%2f%2e%2eMETRICS P/static%2f..METRICS
    PMETRICS; PMETRICS;x P;xMETRICS P/;METRICS PMETRICS%3b PMETRICS%3Fx PMETRICS%23
    PMETRICS# PMETRICS%20 PMETRICS%00 PMETRICS%0a PMETRICS%0d%0a PMETRICS%09
    PMETRICS%00/x PMETRICS%ff PMETRICS%c0%af P%c0%afMETRICS P\\METRICS P%5cMETRICS
    P/..%5cMETRICS PMETRICS\\ PMETRICS%5c PMETRICS~ PMETRICS: PMETRICS::$DATA
    P?METRICS P%3fMETRICS PMETRICS%253Fx PMETRICS%252f P/%252fMETRICS
    http://127.0.0.1PMETRICS http://x/PMETRICS http:PMETRICS //127.0.0.1PMETRICS
""".split()

# Spellings of the paths.
METRICS = ("/metrics", "/%6detrics", "/%6Detrics", "/m%65trics", "/%256detrics", "/Metrics",
           "/METRICS", "/metric%73", "/%u006detrics", "/metrics/../metrics")
API = ("/api/v1/metrics", "/api//v1/metrics", "/api/v1//metrics", "/%61pi/v1/metrics",
       "/api/v1/metrics/", "/api%2fv1%2fmetrics", "/api/v1%2Fmetrics", "/api/./v1/metrics",
       "/API/v1/metrics", "/api/x/../v1/metrics", "/api/v1/%6detrics", "/ap%69/v1/metrics")

METHODS = ("HEAD", "get", "Get", "FOO", "PROPFIND", "OPTIONS", "TRACE", "PATCH",
           "POST", "PUT", "DELETE", "CONNECT", "GET\t", " GET")

# Headers by which a client could claim another address or path.
HEADERS = tuple(
    f"{name}: {value}"
    for name, value in itertools.product(
        ("X-Forwarded-For", "X-Real-IP", "Client-IP", "True-Client-IP", "X-Remote-Addr",
         "Remote-Addr", "REMOTE_ADDR", "X-Originating-IP", "X-Cluster-Client-IP"),
        ("127.0.0.1", "::1"),
    )
) + (
    "Forwarded: for=127.0.0.1", "X-Original-URL: /metrics", "X-Rewrite-URL: /metrics",
    "X-HTTP-Method-Override: GET", "Proxy: 127.0.0.1", "Authorization: Basic eDp4",
    "Authorization: Bearer x", "X-API-Key: x", "Connection: Host", "Range: bytes=0-100",
    "If-Modified-Since: Thu, 01 Jan 1970 00:00:00 GMT", "Expect: 100-continue",
)  # fmt: skip


def send(server, request, source):
    """Returns all bytes of the reply to these bytes."""
    address = ("127.0.0.1", server.port)
    with socket.create_connection(address, harness.PATIENCE, (source, 0)) as client:
        client.sendall(request)
        answer = b""
        try:
            while part := client.recv(1 << 16):
                answer += part
        except ConnectionResetError:
            pass  # the server closed the connection early
        return answer


class Hidden:
    scraped = ("/metrics", "/api/v1/metrics")
    config = {"scrape_token_file": None}

    def ask(self, path, method="GET", headers=(), version="HTTP/1.1", source=checks.ELSEWHERE):
        host = f"Host: 127.0.0.1:{self.server.port}"
        lines = [f"{method} {path} {version}", host, "Connection: close", *headers]
        if method.strip() in ("POST", "PUT", "PATCH"):
            lines.append("Content-Length: 0")
        return send(self.server, "\r\n".join([*lines, "", ""]).encode("latin-1"), source)

    def assertHidden(self, *arguments, **options):
        answer = self.ask(*arguments, **options)
        self.assertNotIn(SECRET, answer)
        return answer

    def test_allowed_address_reads_the_totals(self):
        for path in self.scraped:
            answer = self.ask(self.mount + path, source="127.0.0.1")
            self.assertIn(SECRET, answer)
            answer = self.assertHidden(self.mount + path)
            self.assertIn(b" 403 ", answer.partition(b"\r\n")[0] + b" ")

    def test_spellings(self):
        shown = 0
        for spelling in SPELLINGS:
            for path in (METRICS[0], API[0]):
                path = spelling.replace("P", self.mount, 1).replace("METRICS", path)
                with self.subTest(path):
                    self.assertHidden(path)
                    shown += SECRET in self.ask(path, source="127.0.0.1")
        # Many spellings mean the same path to a server: an allowed address reads
        # it.
        self.assertGreater(shown, 5)

    def test_encodings(self):
        mount = self.mount
        first = mount[1:2]
        mounts = {mount, mount + "/", mount.replace("/", "//"), mount.upper()}
        if first:
            mounts.add(f"/%{ord(first):02x}{mount[2:]}")
            mounts.add(f"/%25{ord(first):02x}{mount[2:]}")
        for prefix, path in itertools.product(sorted(mounts), METRICS + API):
            with self.subTest(prefix + path):
                self.assertHidden(prefix + path)

    def test_methods(self):
        for path, method in itertools.product(self.scraped, METHODS):
            with self.subTest(path, method=method):
                self.assertHidden(self.mount + path, method)

    def test_headers(self):
        for header in HEADERS:
            with self.subTest(header):
                self.assertHidden(self.mount + self.scraped[0], headers=[header])
                self.assertHidden(self.mount + "/-/ready", headers=[header])

    def test_versions(self):
        for version in ("HTTP/1.0", "HTTP/0.9", "HTTP/2.0", "HTTP/9.9", ""):
            with self.subTest(version):
                self.assertHidden(self.mount + self.scraped[0], version=version)

    def test_smuggled(self):
        """A second request in the body of the first one, on the same connection."""
        first = f"POST {self.mount}/record HTTP/1.1\r\nHost: 127.0.0.1\r\n"
        second = f"GET {self.mount}/metrics HTTP/1.1\r\nHost: 127.0.0.1\r\nX: "
        for framing in (
            "Content-Length: 2\r\n\r\n[]",
            "Content-Length: 0\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
            "Transfer-Encoding: chunked\r\nContent-Length: 5\r\n\r\n0\r\n\r\n",
            "Transfer-Encoding: xchunked\r\n\r\n0\r\n\r\n",
            "Transfer-Encoding : chunked\r\n\r\n0\r\n\r\n",
            "Content-Length: 0\r\nContent-Length: 100\r\n\r\n",
        ):
            with self.subTest(framing):
                request = first + framing + second + "\r\nConnection: close\r\n\r\n"
                answer = send(self.server, request.encode(), checks.ELSEWHERE)
                self.assertNotIn(SECRET, answer)


class Nginx(Hidden, checks.ServerCase):
    server_class = webservers.Nginx
    responders_wanted = 1


class NginxAtTheRoot(Nginx):
    mount = ""


class ApacheFcgid(Hidden, checks.ServerCase):
    server_class = webservers.ApacheFcgid


class ApacheFcgidAtTheRoot(ApacheFcgid):
    mount = ""


class ApacheProxy(Hidden, checks.ServerCase):
    server_class = webservers.ApacheProxy
    responders_wanted = 1


class ApacheProxyAtTheRoot(ApacheProxy):
    mount = ""


class ApacheHtaccess(Hidden, checks.ServerCase):
    server_class = webservers.ApacheHtaccess


class ApacheHtaccessMounted(ApacheHtaccess):
    """With the lines for paths that contain %2F, as its comments describe."""

    config = {**Hidden.config, "mount": "/tallyman"}


class Lighttpd(Hidden, checks.ServerCase):
    server_class = webservers.Lighttpd


class LighttpdDeeper(Lighttpd):
    mount = "/a/b.c"


class BesideGrafana(Hidden):
    """Grafana on the same host, with only /metrics of Tallyman."""

    mount = "/analytics-plugin"
    scraped = ("/metrics",)

    @classmethod
    def setUpClass(cls):
        mount, cls.mount = cls.mount, ""  # these servers' URL is Grafana's
        super().setUpClass()
        cls.mount = mount


class GrafanaNginx(BesideGrafana, checks.ServerCase):
    server_class = grafana.Nginx
    responders_wanted = 1


class GrafanaApache(BesideGrafana, checks.ServerCase):
    server_class = grafana.Apache
    responders_wanted = 1


class GrafanaLighttpd(BesideGrafana, checks.ServerCase):
    server_class = grafana.Lighttpd


if __name__ == "__main__":
    tap.main()
