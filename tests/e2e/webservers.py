"""Real web servers, in the foreground on a free port of 127.0.0.1, with the shipped
samples; only paths, port and user are substituted."""

import re
import shutil

from harness import ROOT, USER, Process, free_port, http, tail, wait_until

APACHE_MODULES = "/usr/lib/apache2/modules"


def sample(name, changes):
    """Returns the text of a shipped sample with texts replaced, all at once and
    longest first. A text that does not occur is an error."""
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


class Server:
    """A real web server in the foreground, on a free port of 127.0.0.1, with
    Tallyman below `mount` ("" or "/somewhere")."""

    # Lets the server verify the passwords of programs, as its sample describes;
    # HTPASSWD is the path of the password file.
    own_authentication = {}
    authenticates = False

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
        """Writes the server's configuration; returns its command."""
        raise NotImplementedError

    def changes(self):
        """Returns the changes to the sample for this test case."""
        if not self.authenticates:
            return {}
        htpasswd = str(self.site.dir / "run/htpasswd")
        return {
            old: new.replace("HTPASSWD", htpasswd)
            for old, new in self.own_authentication.items()
        }

    def diagnostics(self):
        return tail(self.errors)

    def stop(self):
        self.process.stop()


class Nginx(Server):
    """nginx in front of `Responders`."""

    own_authentication = {
        '#auth_basic "Tallyman"': 'auth_basic "Tallyman"',
        "#auth_basic_user_file /etc/nginx/tallyman.htpasswd": "auth_basic_user_file HTPASSWD",
        "#set $tallyman_auth_type": "set $tallyman_auth_type",
    }

    def conf(self):
        """Returns the text of the sample."""
        site = self.site
        return sample(
            "nginx/tallyman.conf",
            {
                "listen 80;": f"listen 127.0.0.1:{self.port};",
                "server_name metrics.example.org;": "server_name _;",
                "/usr/local/share/tallyman/static/": f"{site.dir}/static/",
                "/run/tallyman/tallyman.sock": site.dir / "run/responder.sock",
                "/tallyman": self.mount,
                **self.changes(),
            },
        )

    def prepare(self):
        site = self.site
        site.write("run/tallyman.conf", self.conf())
        user = "" if USER is None else f"user {USER.pw_name};"
        temporary = "\n".join(
            f"    {kind}_temp_path {site.dir}/run/{kind};"
            for kind in ("client_body", "proxy", "fastcgi", "scgi", "uwsgi")
        )
        # Like Debian's nginx.conf, except for paths that need root.
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
    """Common part of the Apache variants. Apache's children cannot run as root, so
    as root they run as the unprivileged user."""

    modules = ()
    without = ()  # modules that are left out
    own_authentication = {
        "\n            Require method POST PUT DELETE\n": "\n",
        "#<RequireAll>": "<RequireAll>",
        "#    Require method POST PUT DELETE": "    Require method POST PUT DELETE",
        "#    Require valid-user": "    Require valid-user",
        "#</RequireAll>": "</RequireAll>",
        "#AuthType": "AuthType",
        "#AuthName": "AuthName",
        '#AuthUserFile "/etc/apache2/tallyman.htpasswd"': 'AuthUserFile "HTPASSWD"',
        "#<LocationMatch": "<LocationMatch",
        "#    AuthType": "AuthType",
        "#    AuthName": "AuthName",
        '#    AuthUserFile "/etc/apache2/tallyman.htpasswd"': 'AuthUserFile "HTPASSWD"',
        "#</LocationMatch>": "</LocationMatch>",
    }

    def prepare(self):
        site = self.site
        names = ("mpm_event", "authz_core", "authz_host", "alias", "dir", "env")
        names += ("auth_basic", "authn_core", "authn_file", "authz_user")
        names += ("headers", "mime", "rewrite", "setenvif", *self.modules)
        load = "\n".join(
            f"LoadModule {name}_module {APACHE_MODULES}/mod_{name}.so"
            for name in names
            if name not in self.without
        )
        user = ""
        if USER is not None:
            user = f"User {USER.pw_name}\nGroup #{USER.pw_gid}"
        # Like Debian's apache2.conf, except for paths that need root.
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
        """Returns the variant's part of the configuration."""
        raise NotImplementedError

    def vhost(self, name, changes):
        """Returns a sample that is a virtual host."""
        changes = {
            "*:80": f"*:{self.port}",
            "/usr/local/share/tallyman/static": self.site.dir / "static",
            '"/tallyman': f'"{self.mount}',
            '"^/tallyman': f'"^{self.mount}',
            **self.changes(),
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
    """A shared host: .htaccess and a wrapper script are the user's, the server's
    configuration is the provider's."""

    sample_changes = {}
    # Prometheus has a fixed address.
    by_address = {
        "#RewriteCond %{REQUEST_METHOD}": "RewriteCond %{REQUEST_METHOD}",
        "#RewriteCond %{REMOTE_ADDR}": "RewriteCond %{REMOTE_ADDR}",
        "#RewriteRule": "RewriteRule",
    }
    own_authentication = {
        "#AuthType": "AuthType",
        "#AuthName": "AuthName",
        '#AuthUserFile "/home/you/tallyman/htpasswd"': 'AuthUserFile "HTPASSWD"',
        "#<RequireAll>": "<RequireAll>",
        "#    <RequireAny>": "<RequireAny>",
        "#        Require": "Require",
        "#    </RequireAny>": "</RequireAny>",
        "#</RequireAll>": "</RequireAll>",
    }

    def variant(self):
        place = f"www{self.mount}"
        (self.site.dir / place).mkdir(parents=True, exist_ok=True)
        shutil.copytree(self.site.dir / "static", self.site.dir / place / "static")
        self.site.write(
            f"{place}/.htaccess",
            sample(
                "apache/htaccess",
                {**self.by_address, **self.sample_changes, **self.changes()},
            ),
        )
        self.site.write(f"{place}/place", f"{self.site.home}\n")
        (self.site.dir / place / "program").mkdir()
        self.site.write(f"{place}/program/.htaccess", "Require all denied\n")
        (self.site.dir / place / "program/tallyman.fcgi").symlink_to(self.site.responder)
        self.site.write(
            f"{place}/tallyman.fcgi", sample("apache/tallyman.fcgi.sh", {}), mode=0o755
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
    """A shared host without mod_fcgid: plain CGI."""

    modules = ("cgid",)
    sample_changes = {"AddHandler fcgid-script .fcgi": "AddHandler cgi-script .fcgi"}

    def host(self):
        return f"ScriptSock {self.site.dir}/run/cgid.sock"


class ApacheScript(Apache):
    """The responder as a CGI program below a ScriptAlias, in the directory of its configuration."""

    modules = ("cgi",)

    def variant(self):
        return f"""<IfModule cgid_module>
    ScriptSock {self.site.dir}/run/cgid.sock
</IfModule>
ScriptAlias {self.mount} {self.site.responder}
<Directory {self.site.home}>
    Require all granted
</Directory>
"""


class Lighttpd(Server):
    """lighttpd, which starts the responders itself."""

    own_authentication = {
        "#server.modules": "server.modules",
        '#$HTTP["url"] =~': '$HTTP["url"] =~',
        '#$HTTP["request-method"]': '$HTTP["request-method"]',
        "#    auth.backend = ": "    auth.backend = ",
        '#    auth.backend.htpasswd.userfile = "/etc/lighttpd/tallyman.htpasswd"': '    auth.backend.htpasswd.userfile = "HTPASSWD"',
        "#    auth.require": "    auth.require",
        '#        "': '        "',
        "#    ))": "    ))",
        "#}": "}",
    }

    def conf(self):
        """Returns the text of the sample."""
        site = self.site
        return sample(
            "lighttpd/tallyman.conf",
            {
                "/usr/local/share/tallyman/static/": f"{site.dir}/static/",
                "/usr/local/sbin/tallyman.fcgi": site.responder,
                "/etc/tallyman/tallyman.json": site.config,
                "/run/lighttpd/tallyman.sock": site.dir / "run/lighttpd.sock",
                '"/tallyman': f'"{self.mount}',
                '"^/tallyman': f'"^{self.mount}',
                **self.changes(),
            },
        )

    def prepare(self):
        site = self.site
        site.write("run/tallyman.conf", self.conf())
        user = ""
        if USER is not None:
            user = f'server.username = "{USER.pw_name}"\n'
        # Like Debian's lighttpd.conf, except for paths that need root.
        # url-path-2f-decode is a default of Debian.
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
