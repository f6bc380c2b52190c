"""Base of the tests of Grafana's analytics panel: a fake Grafana that knows one
session cookie, the panel's messages, and web servers with the samples that serve
both on one host."""

import http.server
import json
import socket
import threading
import time
import uuid

import harness
import webservers

COOKIE = {"Cookie": "theme=dark; grafana_session=a-good-session"}
WRITE = "/analytics-plugin/write"
SCRAPE = "/analytics-plugin/metrics"

# Data of a person, with letters and digits that occur nowhere else by chance.
LOGIN, NAME, EMAIL = "jdoe-login", "Jane Q. Doe", "jane.doe@people.example"


class _Handler(http.server.BaseHTTPRequestHandler):
    def reply(self, status, text):
        body = text.encode()
        self.send_response(status)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def signed_in(self):
        cookies = self.headers.get("Cookie", "").split("; ")
        return COOKIE["Cookie"].split("; ")[1] in cookies

    def do_GET(self):
        # A body that has arrived together with the head.
        self.connection.settimeout(0)
        self.rest = self.rfile.peek()
        self.connection.settimeout(harness.PATIENCE)
        self.server.asked.append(self)
        if self.path == "/api/user" and self.server.broken:
            self.reply(500, "{}")
        elif self.path == "/api/user" and not self.signed_in():
            self.reply(401, '{"message":"Unauthorized"}')
        elif self.path == "/api/user":
            self.reply(200, json.dumps({"login": LOGIN, "email": EMAIL}))
        elif self.path.startswith("/d/"):
            self.send_response(200)
            page = self.server.page.encode()
            self.send_header("Content-Type", "text/html; charset=utf-8")
            self.send_header("Content-Length", str(len(page)))
            cookie = COOKIE["Cookie"].split("; ")[1]
            self.send_header("Set-Cookie", cookie + "; Path=/; HttpOnly; SameSite=Lax")
            self.end_headers()
            self.wfile.write(page)
        else:
            self.reply(200, json.dumps({"grafana": self.path}))

    do_POST = do_GET

    def log_message(self, *_):
        pass


class Grafana:
    """Answers /api/user like Grafana; any other path gets a page of its own.

    asked   its requests: path, headers, command
    broken  replies with an error, as without its database
    page    the content of its dashboards below /d/
    """

    def __init__(self):
        self.server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), _Handler)
        self.server.asked = self.asked = []
        self.server.broken = False
        self.server.page = "<!doctype html><title>A dashboard</title>"
        self.port = self.server.server_address[1]
        threading.Thread(target=self.server.serve_forever, daemon=True).start()

    def stop(self):
        self.server.shutdown()
        self.server.server_close()


# --- messages of the panel --------------------------------------------------------


def message(kind, session, at, **more):
    """Returns a message as the panel's source builds it, of a named person. `more`:
    focus, interval (seconds), dashboard (name, uid), variables."""
    name, uid = more.get("dashboard", ("Sales", "sales-uid"))
    return {
        "uuid": session,
        "type": kind,
        "hasFocus": more.get("focus", True),
        "options": {
            "server": WRITE,
            "dashboard": "$__dashboard",
            "showDetails": False,
            "postStart": True,
            "postHeartbeat": True,
            "heartbeatInterval": more.get("interval", 60),
            "heartbeatAlways": False,
            "postEnd": True,
            "flatten": False,
        },
        "host": {
            "hostname": "grafana.example.org",
            "port": "",
            "protocol": "https:",
            "buildInfo": {
                "version": "10.4.1",
                "commit": "d94d597d84",
                "env": "production",
                "edition": "Open Source",
            },
            "licenseInfo": {"hasLicense": False, "expiry": 0, "stateInfo": ""},
        },
        "dashboard": {"name": name, "uid": uid},
        "user": {
            "isSignedIn": True,
            "id": 7,
            "login": LOGIN,
            "email": EMAIL,
            "name": NAME,
            "lightTheme": False,
            "orgCount": 1,
            "orgId": 1,
            "orgName": "Main Org.",
            "orgRole": "Editor",
            "isGrafanaAdmin": False,
            "timezone": "browser",
            "locale": "en-GB",
            "hasEditPermissionInFolders": True,
        },
        "variables": [
            {
                "name": variable,
                "label": "",
                "type": "custom",
                "multi": len(values) > 1,
                "values": list(values),
            }
            for variable, values in more.get("variables", {}).items()
        ],
        "timeRange": {
            "from": at - 21600,
            "to": at,
            "raw": {"from": "now-6h", "to": "now"},
        },
        "timeZone": "utc",
        "timeOrigin": at - 5,
        "time": at,
    }


# The families of sessions with these settings.
LABELS = {
    "dashboard_name": "Sales",
    "dashboard_timezone": "utc",
    "dashboard_uid": "sales-uid",
    "grafana_env": "production",
    "grafana_host": "grafana.example.org:",
    "user_locale": "en-GB",
    "user_role": "editor",
    "user_theme": "dark",
    "user_timezone": "browser",
}


def flat(value, path=""):
    """Returns a message as the panel's option `flatten` changes it."""
    found = {}
    pairs = value.items() if isinstance(value, dict) else enumerate(value)
    for key, one in pairs:
        whole = f"{path}.{key}" if path else str(key)
        if isinstance(one, (dict, list)) and one:
            found.update(flat(one, whole))
        else:
            found[whole] = one
    return found


def new_session():
    return str(uuid.uuid4())


def now():
    return int(time.time())


# --- web servers -----------------------------------------------------------------


class Behind:
    """A web server with a sample for Grafana, with `grafana` as its upstream. Its
    URL is Grafana's."""

    def __init__(self, site, mount=""):
        self.grafana = Grafana()
        super().__init__(site, mount)

    def address(self):
        return f"127.0.0.1:{self.grafana.port}"

    def stop(self):
        super().stop()
        self.grafana.stop()


def login_program(site):
    """A copy of the program: its user may not be able to read the source tree."""
    text = (harness.ROOT / "apache/grafana-login.pl").read_text()
    return site.write("run/grafana-login.pl", text)


class Nginx(Behind, webservers.Nginx):
    def conf(self):
        return webservers.sample(
            "nginx/grafana.conf",
            {
                "listen 80;": f"listen 127.0.0.1:{self.port};",
                "server_name grafana.example.org;": "server_name _;",
                "/run/tallyman/tallyman.sock": self.site.dir / "run/responder.sock",
                "127.0.0.1:3000": self.address(),
            },
        )


class Lighttpd(Behind, webservers.Lighttpd):
    def conf(self):
        program = login_program(self.site)
        return webservers.sample(
            "lighttpd/grafana.conf",
            {
                '"^grafana\\.example\\.org(:|$)"': '"^127\\.0\\.0\\.1:"',
                '"port" => 3000': f'"port" => {self.grafana.port}',
                "127.0.0.1:3000": self.address(),
                "/usr/local/share/tallyman/apache/grafana-login.pl": program,
                "/usr/local/sbin/tallyman.fcgi": self.site.responder,
                "/etc/tallyman/tallyman.json": self.site.config,
                "/run/lighttpd/": f"{self.site.dir}/run/",
            },
        )


class Apache(Behind, webservers.Apache):
    modules = ("buffer", "proxy", "proxy_fcgi", "proxy_http", "authnz_fcgi")

    def variant(self):
        listener = socket.create_server(("127.0.0.1", 0))
        self.login = harness.Process(
            ["perl", login_program(self.site)],
            self.errors,
            as_user=harness.USER,
            stdin=listener,
            env={"GRAFANA_LOGIN": f"http://{self.address()}/api/user"},
        )
        login_port = listener.getsockname()[1]
        listener.close()
        return webservers.sample(
            "apache/grafana.conf",
            {
                "*:80": f"*:{self.port}",
                "127.0.0.1:3000": self.address(),
                "127.0.0.1:9002": f"127.0.0.1:{login_port}",
                "/run/tallyman/tallyman.sock": self.site.dir / "run/responder.sock",
                **self.changes(),
            },
        )

    def stop(self):
        super().stop()
        self.login.stop()
