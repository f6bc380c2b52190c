"""What the end-to-end tests stand on: a site in a temporary directory, the
responders, and real web servers that run with the shipped samples.

    site = Site()                  files, configuration, database
    responders = Responders(site)  listening socket and processes
    server = Nginx(site)           started with nginx/tallyman.conf
    http("GET", server.url + "/metrics")

Everything is stopped with stop(), by process id, and removed with
Site.remove(). As root the servers and responders run as an ordinary user, as
they do in production.
"""

import atexit
import gzip
import json
import os
import pathlib
import pwd
import re
import secrets
import shutil
import signal
import socket
import sqlite3
import subprocess
import sys
import tempfile
import time
from http.client import HTTPConnection

ROOT = pathlib.Path(__file__).resolve().parents[2]
RESPONDER = ROOT / os.environ.get("TALLYMAN_FCGI", "build/tallyman.fcgi")
APACHE_MODULES = "/usr/lib/apache2/modules"
ORIGIN = "https://app.example.org"  # the one that the samples allow
# Where Debian has its servers, and an ordinary user no path to.
os.environ["PATH"] += ":/usr/local/sbin:/usr/sbin:/sbin"
PATIENCE = 10  # seconds that anything may take to start or to end


# Whoever ends the tests early ends the servers, too: atexit needs an exit.
signal.signal(signal.SIGTERM, lambda *_: sys.exit(128 + signal.SIGTERM))


def unprivileged_user():
    """The user that everything runs as: when we are root, the first of the
    usual ones that exists; otherwise None, for ourselves. Root in a user
    namespace that has no other user is an ordinary user outside of it."""
    users = pathlib.Path("/proc/self/uid_map").read_text().split()
    if os.geteuid() != 0 or users[2:] == ["1"]:
        return None
    for name in ("www-data", "nobody"):
        try:
            return pwd.getpwnam(name)
        except KeyError:
            continue
    raise RuntimeError("neither the user www-data nor nobody exists")


USER = unprivileged_user()


def wait_until(condition, what):
    """Polls `condition` until it is true and returns its value."""
    end = time.monotonic() + PATIENCE
    while True:
        value = condition()
        if value:
            return value
        if time.monotonic() > end:
            raise RuntimeError(f"waited {PATIENCE} s in vain for {what}")
        time.sleep(0.01)


def free_port():
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


# --- the site ---------------------------------------------------------------


class Site:
    """A temporary directory laid out like a user's home on a shared host:

    tallyman/    the responder, its configuration, tokens and the database
    www/         what is on the web
    static/      the scripts for web pages
    run/ log/    of the servers

    `config` is added to the settings in tallyman.json; None removes one.
    """

    def __init__(self, **config):
        self.dir = pathlib.Path(tempfile.mkdtemp(prefix="e2e-"))
        atexit.register(self.remove)
        self.dir.chmod(0o755)
        self.home = self.dir / "tallyman"
        for name in ("tallyman", "www", "run", "log"):
            (self.dir / name).mkdir()
        shutil.copytree(ROOT / "fcgi/metrics.d", self.home / "metrics.d")
        ignore = shutil.ignore_patterns("node_modules")
        shutil.copytree(ROOT / "static", self.dir / "static", ignore=ignore)
        # Copied, since the user it runs as may not reach the build directory.
        self.responder = self.home / "tallyman.fcgi"
        shutil.copy(RESPONDER, self.responder)
        self.token = secrets.token_hex(16)
        self.write("tallyman/scrape.token", self.token + "\n")
        self.database = self.home / "tallyman.db"
        self.config = self.home / "tallyman.json"
        self.configure(**config)
        self.give_away()

    def configure(self, **config):
        """Writes tallyman.json anew."""
        settings = {
            "database": "tallyman.db",
            "origins": [ORIGIN],
            "scrape_token_file": "scrape.token",
        }
        settings.update(config)
        settings = {k: v for k, v in settings.items() if v is not None}
        self.write("tallyman/tallyman.json", json.dumps(settings, indent=4))

    def write(self, name, text, mode=0o644):
        path = self.dir / name
        path.write_text(text)
        path.chmod(mode)
        return path

    def give_away(self):
        """Makes all files those of the user that the servers run as."""
        if USER is None:
            return
        for path in (self.dir, *self.dir.rglob("*")):
            try:
                os.chown(path, USER.pw_uid, USER.pw_gid)
            except FileNotFoundError:
                pass  # a responder is at work: its journals come and go

    def remove(self):
        shutil.rmtree(self.dir, ignore_errors=True)

    def query(self, sql, *parameters):
        """All rows of a query on the database, as a person would ask it."""
        connection = sqlite3.connect(f"file:{self.database}?mode=ro", uri=True)
        try:
            return connection.execute(sql, parameters).fetchall()
        finally:
            connection.close()

    def stored(self, family, **labels):
        """The stored value of one counter or gauge, or None."""
        for text, value in self.query(
            "SELECT labels, value FROM series"
            " WHERE family_id = (SELECT id FROM family WHERE name = ?)",
            family,
        ):
            if json.loads(text) == labels:
                return value
        return None


def sample(name, changes):
    """The text of a shipped sample, with installed paths and the like
    replaced. All replacements happen at once, longest first; one that does
    not occur is an error, since then the sample is not what the test thinks.
    """
    text = (ROOT / name).read_text()
    if not changes:
        return text
    for old in changes:
        if old not in text:
            raise RuntimeError(f"{name}: there is no {old!r} to replace")
    keys = sorted(changes, key=len, reverse=True)
    pattern = re.compile("|".join(re.escape(key) for key in keys))
    return pattern.sub(lambda found: str(changes[found[0]]), text)


# --- processes --------------------------------------------------------------


class Process:
    """A child process whose output goes to a log file."""

    def __init__(self, arguments, log, as_user=None, **options):
        self.log = log
        if as_user is not None:
            options.update(user=as_user.pw_uid, group=as_user.pw_gid)
            options.update(extra_groups=[])
        with open(log, "ab") as output:
            # A session of its own, so that stop() can reach the children, too.
            self.child = subprocess.Popen(
                [str(a) for a in arguments],
                stdout=output,
                stderr=output,
                start_new_session=True,
                **options,
            )
        atexit.register(self.kill)

    @property
    def pid(self):
        return self.child.pid

    def alive(self):
        return self.child.poll() is None

    def signal(self, number):
        if self.alive():
            self.child.send_signal(number)

    def wait(self):
        """The exit status, once it has ended."""
        return self.child.wait(PATIENCE)

    def kill(self):
        """Ends it at once, with all children it still has."""
        try:
            os.killpg(self.pid, signal.SIGKILL)
        except (ProcessLookupError, PermissionError):
            pass
        self.child.wait(PATIENCE)

    def stop(self):
        """Asks it to end, waits for that, and returns the exit status."""
        self.signal(signal.SIGTERM)
        try:
            return self.wait()
        finally:
            self.kill()


def tail(path, lines=30):
    """The end of a log file, or why there is none."""
    try:
        text = pathlib.Path(path).read_text(errors="replace")
    except OSError as error:
        text = str(error)
    return "\n".join([f"{path}:", *text.splitlines()[-lines:]])


class Responders:
    """A listening unix socket and the responders that share it on descriptor
    0, as systemd and spawn-fcgi give it to them. `listener` is another socket
    to listen on, which is then bound already."""

    def __init__(self, site, count=2, arguments=(), listener=None):
        self.site = site
        self.arguments = arguments
        self.path = site.dir / "run/responder.sock"
        self.log = site.dir / "log/responders.log"
        self.listener = listener or socket.socket(socket.AF_UNIX)
        if listener is None:
            self.listener.bind(str(self.path))
            self.path.chmod(0o666)
        self.listener.listen(1024)
        self.processes = []
        for _ in range(count):
            self.start()

    def start(self):
        """Starts one more and returns its number."""
        self.processes.append(None)
        self.restart(len(self.processes) - 1)
        return len(self.processes) - 1

    def restart(self, number):
        """Starts a new process in place of one that has ended."""
        self.processes[number] = Process(
            [self.site.responder, "-c", self.site.config, *self.arguments],
            self.log,
            as_user=USER,
            stdin=self.listener,
        )

    def kill(self, number):
        """SIGKILL: no chance to finish anything."""
        self.processes[number].signal(signal.SIGKILL)
        self.processes[number].wait()

    def terminate(self, number):
        """SIGTERM; returns the exit status."""
        self.processes[number].signal(signal.SIGTERM)
        return self.processes[number].wait()

    def stderr(self):
        """All that the responders have written to stderr so far."""
        return self.log.read_text(errors="replace")

    def diagnostics(self):
        return tail(self.log)

    def stop(self):
        for process in self.processes:
            process.stop()
        self.listener.close()


# --- web servers ------------------------------------------------------------


class Server:
    """A real web server in the foreground, on a free port of 127.0.0.1, with
    Tallyman below `mount` ("" or "/somewhere")."""

    def __init__(self, site, mount="/tallyman"):
        self.site = site
        self.mount = mount
        self.port = free_port()
        self.root_url = f"http://127.0.0.1:{self.port}"
        self.url = self.root_url + mount
        self.errors = site.dir / "log/server.log"
        self.errors.touch()
        arguments = self.prepare()
        site.give_away()
        self.process = Process(arguments, self.errors)
        try:
            wait_until(self.answers, "the server to answer")
        except Exception:
            self.stop()
            raise

    def answers(self):
        if not self.process.alive():
            raise RuntimeError("the server did not start\n" + self.diagnostics())
        try:
            return http("GET", self.root_url + "/none").status
        except OSError:
            return None

    def prepare(self):
        """Writes the server's configuration and returns its command."""
        raise NotImplementedError

    def diagnostics(self):
        return tail(self.errors)

    def stop(self):
        self.process.stop()


class Nginx(Server):
    """nginx in front of `Responders`."""

    def prepare(self):
        site = self.site
        site.write(
            "run/tallyman.conf",
            sample(
                "nginx/tallyman.conf",
                {
                    "listen 80;": f"listen 127.0.0.1:{self.port};",
                    "server_name metrics.example.org;": "server_name _;",
                    "/usr/local/share/tallyman/static/": f"{site.dir}/static/",
                    "/run/tallyman/tallyman.sock": site.dir / "run/responder.sock",
                    "/tallyman": self.mount,
                },
            ),
        )
        user = "" if USER is None else f"user {USER.pw_name};"
        temporary = "\n".join(
            f"    {kind}_temp_path {site.dir}/run/{kind};"
            for kind in ("client_body", "proxy", "fastcgi", "scgi", "uwsgi")
        )
        # Like Debian's nginx.conf, but for the places that need root.
        main = site.write(
            "run/nginx.conf",
            f"""{user}
daemon off;
worker_processes 2;
pid {site.dir}/run/nginx.pid;
error_log {self.errors};
events {{ worker_connections 512; }}
http {{
    include /etc/nginx/mime.types;
    default_type application/octet-stream;
    access_log off;
{temporary}
    include {site.dir}/run/tallyman.conf;
}}
""",
        )
        return ["nginx", "-c", main, "-e", self.errors]


class Apache(Server):
    """What the variants of Apache share. Apache will not run as root, so
    there it changes to an ordinary user like any other."""

    modules = ()

    def prepare(self):
        site = self.site
        names = ("mpm_event", "authz_core", "authz_host", "alias", "dir", "env")
        names += ("headers", "mime", "rewrite", "setenvif", *self.modules)
        load = "\n".join(
            f"LoadModule {name}_module {APACHE_MODULES}/mod_{name}.so"
            for name in names
        )
        user = ""
        if USER is not None:
            user = f"User {USER.pw_name}\nGroup #{USER.pw_gid}"
        # Like Debian's apache2.conf, but for the places that need root.
        main = site.write(
            "run/apache.conf",
            f"""ServerRoot {site.dir}
ServerName localhost
Listen 127.0.0.1:{self.port}
{load}
{user}
DefaultRuntimeDir {site.dir}/run
PidFile {site.dir}/run/apache.pid
ErrorLog {self.errors}
LogLevel warn
TypesConfig /etc/mime.types
DocumentRoot {site.dir}/www
<Directory />
    Require all denied
</Directory>
<Directory {site.dir}/www>
    Require all granted
</Directory>
{self.variant()}
""",
        )
        return ["apache2", "-f", main, "-D", "FOREGROUND"]

    def variant(self):
        """What a variant adds to the configuration."""
        raise NotImplementedError

    def vhost(self, name, changes):
        """A sample that is a virtual host."""
        changes = {
            "*:80": f"*:{self.port}",
            "/usr/local/share/tallyman/static": self.site.dir / "static",
            '"/tallyman': f'"{self.mount}',
            '"^/tallyman': f'"^{self.mount}',
            **changes,
        }
        return sample(name, changes)


class ApacheFcgid(Apache):
    """mod_fcgid, which starts the responders itself."""

    modules = ("fcgid",)

    def fcgid(self):
        return f"""FcgidIPCDir {self.site.dir}/run
FcgidProcessTableFile {self.site.dir}/run/fcgid_shm
"""

    def variant(self):
        return self.fcgid() + self.vhost(
            "apache/tallyman.conf",
            {
                "/usr/local/sbin/tallyman.fcgi": self.site.responder,
                '"/usr/local/sbin"': f'"{self.site.home}"',
                "/etc/tallyman/tallyman.json": self.site.config,
            },
        )


class ApacheProxy(Apache):
    """mod_proxy_fcgi in front of `Responders`."""

    modules = ("buffer", "proxy", "proxy_fcgi")

    def variant(self):
        return self.vhost(
            "apache/proxy.conf",
            {"/run/tallyman/tallyman.sock": self.site.dir / "run/responder.sock"},
        )


class ApacheHtaccess(ApacheFcgid):
    """A shared host: only an .htaccess and a wrapper script are ours, the
    server's configuration is what such hosts have."""

    changes = {}

    def variant(self):
        place = f"www{self.mount}"
        (self.site.dir / place).mkdir(parents=True, exist_ok=True)
        shutil.copytree(self.site.dir / "static", self.site.dir / place / "static")
        self.site.write(f"{place}/.htaccess", sample("apache/htaccess", self.changes))
        self.site.write(
            f"{place}/tallyman.fcgi",
            sample(
                "apache/tallyman.fcgi.sh",
                {"/home/you/tallyman": self.site.home},
            ),
            mode=0o755,
        )
        return f"""{self.host()}
AccessFileName .htaccess
AllowEncodedSlashes NoDecode
<Directory {self.site.dir}/www>
    AllowOverride AuthConfig FileInfo Limit Options
    Options SymLinksIfOwnerMatch
</Directory>
"""

    def host(self):
        return self.fcgid()


class ApacheCgi(ApacheHtaccess):
    """The same on a host without mod_fcgid: plain CGI."""

    modules = ("cgid",)
    changes = {"AddHandler fcgid-script .fcgi": "AddHandler cgi-script .fcgi"}

    def host(self):
        return f"ScriptSock {self.site.dir}/run/cgid.sock"


class Lighttpd(Server):
    """lighttpd, which starts the responders itself."""

    def prepare(self):
        site = self.site
        site.write(
            "run/tallyman.conf",
            sample(
                "lighttpd/tallyman.conf",
                {
                    "/usr/local/share/tallyman/static/": f"{site.dir}/static/",
                    "/usr/local/sbin/tallyman.fcgi": site.responder,
                    "/etc/tallyman/tallyman.json": site.config,
                    "/run/lighttpd/tallyman.sock": site.dir / "run/lighttpd.sock",
                    '"/tallyman': f'"{self.mount}',
                    '"^/tallyman': f'"^{self.mount}',
                },
            ),
        )
        user = ""
        if USER is not None:
            user = f'server.username = "{USER.pw_name}"\n'
        # Like Debian's lighttpd.conf, but for the places that need root.
        # url-path-2f-decode is what Debian switches on.
        main = site.write(
            "run/lighttpd.conf",
            f"""{user}server.port = {self.port}
server.bind = "127.0.0.1"
server.document-root = "{site.dir}/www"
server.upload-dirs = ( "{site.dir}/run" )
server.errorlog = "{self.errors}"
server.http-parseopts = (
    "header-strict" => "enable",
    "host-strict" => "enable",
    "host-normalize" => "enable",
    "url-normalize-unreserved" => "enable",
    "url-normalize-required" => "enable",
    "url-ctrls-reject" => "enable",
    "url-path-2f-decode" => "enable",
    "url-path-dotseg-remove" => "enable",
)
mimetype.assign = ( ".js" => "text/javascript", ".html" => "text/html" )
include "{site.dir}/run/tallyman.conf"
""",
        )
        return ["lighttpd", "-D", "-f", main]


# --- requests ---------------------------------------------------------------


class Reply:
    """What came back: `status`, `body` as bytes, `headers`."""

    def __init__(self, response, body):
        self.status = response.status
        self.headers = response.headers
        self.body = body

    @property
    def text(self):
        return self.body.decode()

    def header(self, name):
        """All values of a header: [] if it is not there, and more than one if
        somebody has sent it twice."""
        return self.headers.get_all(name, [])

    def __repr__(self):
        return f"{self.status} {dict(self.headers)} {self.body[:500]!r}"


def http(method, url, body=None, headers=(), chunked=False, source=None):
    """Sends one request and returns the `Reply`, whatever its status.

    The path goes out exactly as it stands in `url`. `chunked` sends the body in
    small chunks and without Content-Length. `source` is the address to
    send from: on Linux all of 127.0.0.0/8 is ours.
    """
    found = re.fullmatch(r"http://([^/:]+):(\d+)(/.*)", url)
    if isinstance(body, str):
        body = body.encode()
    connection = HTTPConnection(
        found[1],
        int(found[2]),
        timeout=PATIENCE,
        source_address=None if source is None else (source, 0),
    )
    try:
        connection.putrequest(method, found[3], skip_accept_encoding=True)
        for name, value in dict(headers).items():
            connection.putheader(name, value)
        if chunked:
            connection.putheader("Transfer-Encoding", "chunked")
        elif body is not None:
            connection.putheader("Content-Length", str(len(body)))
        try:
            connection.endheaders()
            if chunked:
                for start in range(0, len(body), 1000):
                    part = body[start : start + 1000]
                    connection.send(b"%x\r\n%s\r\n" % (len(part), part))
                connection.send(b"0\r\n\r\n")
            elif body is not None:
                connection.send(body)
        except (BrokenPipeError, ConnectionResetError):
            pass  # refused before all was sent: the reply says why
        response = connection.getresponse()
        return Reply(response, response.read())
    finally:
        connection.close()


# --- what is sent, and what is read ------------------------------------------


def uuid7():
    """A new batch id: 48 bits of time, then chance (RFC 9562)."""
    number = int(time.time() * 1000) << 80 | secrets.randbits(80)
    number = number & ~(0xF << 76) | 7 << 76
    number = number & ~(3 << 62) | 2 << 62
    text = f"{number:032x}"
    return "-".join((text[:8], text[8:12], text[12:16], text[16:20], text[20:]))


def counter(name, inc=1, **labels):
    return {
        "metricName": name,
        "metricType": "counter",
        "labels": labels,
        "inc": inc,
    }


def histogram(name, *observations, **labels):
    return {
        "metricName": name,
        "metricType": "histogram",
        "labels": labels,
        "observations": list(observations),
    }


def compress(text):
    return gzip.compress(text.encode())


class Scrape:
    """The samples of a scrape, in either format.

    scrape.value("usage_total", browser="chrome", feature="blockStudent")
    """

    LINE = re.compile(r'([a-zA-Z_:][\w:]*)(?:\{(.*)\})? (\S+)(?: \S+)*$')
    LABEL = re.compile(r'([a-zA-Z_]\w*)="((?:[^"\\]|\\.)*)"(?:,|$)')
    ESCAPES = {r"\\": "\\", r"\"": '"', r"\n": "\n"}

    def __init__(self, text):
        self.text = text
        self.samples = {}
        for line in text.splitlines():
            if line.startswith("#") or not line:
                continue
            found = self.LINE.match(line)
            if found is None:
                raise ValueError(f"not a sample: {line!r}")
            key = (found[1], self._labels(found[2] or ""))
            if key in self.samples:
                raise ValueError(f"twice in one scrape: {line!r}")
            self.samples[key] = float(found[3])

    def _labels(self, text):
        labels = {
            name: re.sub(r"\\.", lambda e: self.ESCAPES[e[0]], value)
            for name, value in self.LABEL.findall(text)
        }
        return frozenset(labels.items())

    def value(self, name, **labels):
        """The value of one sample, or None."""
        return self.samples.get((name, frozenset(labels.items())))

    def total(self, name):
        """The sum over all samples of that name."""
        return sum(v for (n, _), v in self.samples.items() if n == name)


def scrape(server, accept=None):
    """Fetches the metrics with the token and returns the `Scrape`."""
    headers = {"Authorization": "Bearer " + server.site.token}
    if accept is not None:
        headers["Accept"] = accept
    reply = http("GET", server.url + "/metrics", headers=headers)
    if reply.status != 200:
        raise RuntimeError(f"the scrape failed: {reply}")
    return Scrape(reply.text)
