"""The archive of `make shared-hosting` on a shared host: unpacked in the web root,
with Apache and mod_fcgid running as an ordinary user. The commands are those of
apache/README.md, section Shared hosting."""

import concurrent.futures
import json
import os
import pathlib
import re
import subprocess
import unittest

import harness
import tap
import webservers
from guides import code_blocks, section
from harness import ROOT, USER, Scrape, counter, http, of_user, without_make
from receiver import Receiver

VERSION = re.search(r'VERSION "(.*)"', (ROOT / "src/base/version.h").read_text())[1]
PACK = ROOT / f"build/tallyman-shared-hosting-{VERSION}.tar.gz"
MAKE, UNPACK, DEMO, UPGRADE = code_blocks(section("apache/README.md", "Shared hosting"), "sh")
SECRET = 0o077  # the permission bits of others
VIEW = {"page": "home", "navigation": "navigate", "device": "desktop"}


def setUpModule():
    done = subprocess.run(
        ["sh", "-ec", MAKE], cwd=ROOT, env=without_make(),
        stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True,
    )
    if done.returncode != 0:
        raise RuntimeError(done.stdout)


class SharedHost(webservers.ApacheFcgid):
    """A home directory: you/, with the web root public_html/."""

    set_variable = "FcgidInitialEnv"

    def __init__(self, site, home=None):
        self.you = site.dir / "you"
        self.home = home or self.you
        self.web = self.you / "public_html"
        super().__init__(site)

    def prepare(self):
        self.web.mkdir(parents=True)
        self.unpack(UNPACK)
        command = super().prepare()
        if USER is None:
            return command
        ids = (f"--reuid={USER.pw_uid}", f"--regid={USER.pw_gid}")
        return ["setpriv", *ids, "--clear-groups", *command]

    def unpack(self, commands):
        """Types commands of the guide, with the archive in the home directory."""
        copy = self.you / PACK.name
        copy.symlink_to(PACK)
        subprocess.run(["sh", "-ec", commands], cwd=self.web, check=True,
                       env={"HOME": str(self.you), "PATH": "/usr/bin:/bin"})
        copy.unlink()
        self.site.give_away()

    def variant(self):
        return f"""{self.fcgid()}{self.set_variable} HOME {self.home}
DocumentRoot {self.web}
AccessFileName .htaccess
<Directory {self.web}>
    Require all granted
    AllowOverride AuthConfig FileInfo Limit Options
    Options SymLinksIfOwnerMatch
</Directory>
"""


class Case(unittest.TestCase):
    home = None
    host = SharedHost

    def setUp(self):
        self.site = harness.Site()
        self.addCleanup(self.site.remove)
        self.log = ""
        self.server = self.host(self.site, self.home)
        self.addCleanup(self.server.stop)
        self.you = self.server.you
        self.web = self.server.web / "tallyman"
        self.place = self.you / "tallyman"

    def tearDown(self):
        self.log = self.server.diagnostics()

    def diagnostics(self):
        return self.log

    def request(self, method, path, body=None, headers=()):
        return http(method, self.server.url + path, body, headers)

    def push(self):
        body = json.dumps([counter("web_page_views_total", 3, **VIEW)])
        reply = self.request("POST", "/record", body, {"Content-Type": "application/json"})
        self.assertEqual((reply.status, reply.text), (200, "OK\n"))

    def total(self):
        token = (self.place / "scrape.token").read_text().strip()
        reply = self.request("GET", "/metrics", headers={"Authorization": f"Bearer {token}"})
        self.assertEqual(reply.status, 200, reply)
        return Scrape(reply.text).total("web_page_views_total")

    def run_as_you(self, *command, status=0, **options):
        options.update(of_user(USER))
        options.setdefault("env", {"HOME": str(self.you), "PATH": "/usr/bin:/bin"})
        done = subprocess.run(
            [str(part) for part in command], stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT, text=True, timeout=harness.PATIENCE, **options,
        )
        self.assertEqual(done.returncode, status, done.stdout)
        return done.stdout

    def set_up(self, *arguments, **options):
        return self.run_as_you("sh", self.web / "setup.sh", *arguments, **options)

    def kept(self):
        """Returns the files that an operator may have changed."""
        files = [*self.place.glob("*.json"), *self.place.glob("metrics.d/*")]
        return {path: path.read_text() for path in [*files, *self.place.glob("*.token")]}


class Unpacked(Case):
    def test_works_after_unpacking(self):
        self.assertEqual(self.request("GET", "/-/ready").status, 200)
        self.push()
        self.assertEqual(self.total(), 3)
        script = self.request("GET", "/static/tallyman.js")
        self.assertEqual(script.body, (ROOT / "build/static/tallyman.js").read_bytes())

    def test_scrape_needs_the_token(self):
        self.push()
        self.assertEqual(self.request("GET", "/metrics").status, 401)
        for token in ("", "Bearer ", "Bearer 0", "Basic Og=="):
            reply = self.request("GET", "/metrics", headers={"Authorization": token})
            self.assertEqual(reply.status, 401, token)

    def test_loopback_is_not_trusted(self):
        text = "# TYPE made_up_total counter\nmade_up_total 1\n"
        self.assertNotIn("/metrics: ", self.set_up())
        for method in ("PUT", "POST", "DELETE"):
            reply = self.request(method, "/metrics/job/x", text)
            self.assertEqual(reply.status, 401, reply)
            self.assertIn("`trust_loopback` is false", reply.text)
        config = self.place / "tallyman.json"
        (self.place / "push.tokens").write_text("a-token-for-programs\n")
        config.write_text(
            config.read_text()
            .replace('// "push_token_file"', '"push_token_file"')
            .replace('// "open_families"', '"open_families"')
        )
        self.site.give_away()
        token = {"X-API-Key": "a-token-for-programs"}
        harness.wait_until(
            lambda: self.request("PUT", "/metrics/job/x", text, token).status == 200,
            "the change to be known",
        )

    def test_many_first_requests_at_once(self):
        with concurrent.futures.ThreadPoolExecutor(8) as pool:
            list(pool.map(lambda _: self.push(), range(8)))
        self.assertEqual(self.total(), 24)
        self.assertEqual([path.name for path in self.place.glob("*.[0-9]*")], [])

    def test_only_the_scripts_are_on_the_web(self):
        self.push()
        for path in self.web.rglob("*"):
            name = path.relative_to(self.web)
            if path.is_dir() or name.parts[0] == "static":
                continue
            with self.subTest(name):
                self.assertIn(self.request("GET", f"/{name}").status, (403, 404))
        for name in ("tallyman.db", "../tallyman/tallyman.db", "static/../place",
                     "static/%2e%2e/place", "program/", "program"):
            with self.subTest(name):
                self.assertNotEqual(self.request("GET", f"/{name}").status, 200)

    def test_other_users_cannot_read_the_database(self):
        self.push()
        self.assertEqual(self.place.stat().st_mode & SECRET, 0)
        names = {path.name for path in self.place.iterdir()}
        self.assertLessEqual({"tallyman.db", "scrape.token", "tallyman.json"}, names)
        for path in self.place.iterdir():
            if not path.is_symlink():
                self.assertEqual(path.stat().st_mode & SECRET, 0, path)

    def test_plain_cgi(self):
        said = self.run_as_you(
            "./tallyman.fcgi", cwd=self.web, stdin=subprocess.DEVNULL,
            env={"GATEWAY_INTERFACE": "CGI/1.1", "REQUEST_METHOD": "GET",
                 "REQUEST_URI": "/-/ready", "HOME": str(self.you), "PATH": "/usr/bin:/bin"},
        )
        self.assertRegex(said, r"(?m)^Status: 200 ")
        self.assertTrue((self.place / "tallyman.db").exists())

    def test_command(self):
        self.push()
        said = self.run_as_you("./tallyman", "doctor", cwd=self.place)
        self.assertRegex(said, r"\n0 of \d+ are wrong\n$")
        said = self.run_as_you("./tallyman", "totals", "web_page_views_total", cwd=self.place)
        self.assertRegex(said, r"desktop +navigate +home +3")
        said = self.run_as_you("./tallyman", "doctor", "--url", self.server.url,
                               cwd=self.place, status=1)
        self.assertIn(f"curl -i {self.server.url}/-/ready", said)

    def test_alerts(self):
        """Like a cron job of the host: a webhook through its curl."""
        self.push()
        receiver = Receiver(self)
        alerts = self.place / "alerts.json"
        alerts.write_text(json.dumps({
            "notify": [{"webhook": receiver.url}],
            "alerts": [{"name": "Views", "expr": "sum(web_page_views_total)", "above": 2,
                        "text": "So many"}]}))
        alerts.chmod(0o600)
        self.site.give_away()
        cron = {"HOME": str(self.you), "PATH": "/usr/bin:/bin",
                "TALLYMAN_CONFIG": str(self.place / "tallyman.json")}
        for _ in range(2):
            self.assertEqual(self.run_as_you(self.place / "tallyman", "alert", env=cron), "")
        ((alert,),) = [body["alerts"] for body in receiver.bodies()]
        self.assertEqual((alert["status"], alert["labels"]["alertname"]), ("firing", "Views"))
        said = self.run_as_you("./tallyman", "doctor", cwd=self.place)
        self.assertRegex(said, r"\n0 of \d+ are wrong\n$")

    def test_examples(self):
        """The archive includes the examples of queries by SQL."""
        self.assertEqual(sorted(os.listdir(self.web / "program/examples")),
                         ["conversion.json", "shop.json", "shop.sql"])

    def test_command_of_a_user_without_an_entry(self):
        """On hosts with users outside /etc/passwd: a static program lacks the
        libraries that look them up."""
        another = harness.unshare(
            "--user", "--map-user=54321", "--map-group=54321", user=USER
        )
        self.push()
        said = self.run_as_you(*another, "./tallyman", "doctor", cwd=self.place)
        self.assertIn("tallyman.db: mode 0600, of 54321\n", said)
        self.assertRegex(said, r"\n0 of \d+ are wrong\n$")

    def test_demo_is_optional(self):
        self.push()
        demo = json.dumps([counter("demo_page_views_total")])
        headers = {"Content-Type": "application/json"}
        self.assertIn("rejected", self.request("POST", "/record", demo, headers).text)
        self.assertEqual(os.listdir(self.place / "metrics.d"), ["web.json"])
        for name in ("index.html", "demo.js"):
            self.assertEqual(self.request("GET", f"/static/{name}").status, 404)
        self.assertIn(DEMO, (self.web / "README").read_text())
        self.run_as_you("sh", "-ec", DEMO)
        for name in ("index.html", "demo.js", "demo.css", "demo-no-script.css", "tallyman.svg"):
            self.assertEqual(self.request("GET", f"/static/{name}").status, 200, name)
        page = self.request("GET", "/static/index.html").text
        for text in ("~/tallyman/metrics.d/mine.json", "~/tallyman/tallyman.db",
                     "cd ~/tallyman; ./tallyman</span> totals"):
            self.assertIn(text, page)
        self.assertNotRegex(page, "data-copy|sudo|/etc/|/var/")
        harness.wait_until(
            lambda: self.request("POST", "/record", demo, headers).text == "OK\n",
            "the changed allowlist")


class PlainHost(SharedHost):
    """Without mod_rewrite: its lines in .htaccess are commented out, as the comment
    at the top describes."""

    without = ("rewrite",)
    changes = {}

    def unpack(self, commands):
        super().unpack(commands)
        htaccess = self.web / "tallyman/.htaccess"
        text = re.sub("(?m)^Rewrite", "#Rewrite", htaccess.read_text())
        for old, new in self.changes.items():
            text = text.replace(old, new)
        htaccess.write_text(text)


class CgiHost(PlainHost):
    """Also without mod_fcgid. Apache runs every file as a program."""

    modules = ("cgi",)
    set_variable = "SetEnv"
    changes = {"AddHandler fcgid-script .fcgi": "SetHandler cgi-script"}

    def fcgid(self):
        return ""


class WithoutRewriting(Case):
    host = PlainHost

    def test_endpoints(self):
        self.assertEqual(self.request("GET", "/tallyman.fcgi/-/ready").status, 200)
        self.assertEqual(self.request("GET", "/tallyman.fcgi/metrics").status, 401)

    def test_only_the_responder_is_on_the_web(self):
        self.assertEqual(self.request("GET", "/tallyman.fcgi/-/ready").status, 200)
        before = self.kept()
        paths = [path for path in self.web.rglob("*") if not path.is_dir()]
        self.assertIn(self.web / "program/tallyman", paths)
        self.assertIn(self.web / "place", paths)
        for path in paths:
            name = path.relative_to(self.web)
            if name.parts[0] == "static" or str(name) == "tallyman.fcgi":
                continue
            for rest in ("", "/", "/metrics", "?-c+/dev/stdin", "?--version", "?prune"):
                for method in ("GET", "POST"):
                    with self.subTest(name, rest=rest, method=method):
                        reply = self.request(method, f"/{name}{rest}", "{}")
                        self.assertEqual(reply.status, 403, reply)
        for name in ("program", "program/", "program/.htaccess", "program//tallyman",
                     "%70rogram/tallyman", "program/x/../tallyman", "program/none"):
            with self.subTest(name):
                self.assertIn(self.request("GET", f"/{name}").status, (301, 403))
        self.assertEqual(self.kept(), before)

    def test_missing_htaccess_is_restored(self):
        """Some ways of copying skip names that begin with a dot."""
        (self.web / "program/.htaccess").unlink()
        self.assertEqual(self.request("GET", "/tallyman.fcgi/-/ready").status, 200)
        self.assertEqual(self.request("GET", "/program/tallyman.json").status, 403)


class WithoutRewritingAsCgi(WithoutRewriting):
    host = CgiHost


class SetUp(Case):
    def test_second_setup_keeps_all(self):
        self.set_up()
        self.push()
        (self.place / "tallyman.json").write_text(
            "// Mine.\n" + (self.place / "tallyman.json").read_text()
        )
        (self.place / "metrics.d/web.json").rename(self.place / "metrics.d/mine.json")
        before = self.kept()
        self.assertEqual(len(before), 4)
        said = self.set_up()
        self.assertIn(f"The configuration and the database are in {self.place}.\n", said)
        self.assertEqual(self.kept(), before)
        self.assertEqual(self.total(), 3)

    def test_upgrade_keeps_all(self):
        self.push()
        htaccess = self.web / ".htaccess"
        htaccess.write_text("# Mine.\n" + htaccess.read_text())
        before = self.kept()
        self.server.unpack(UPGRADE)
        self.assertTrue((self.web / "program/.htaccess").exists())
        self.assertEqual(htaccess.read_text()[:8], "# Mine.\n")
        self.push()
        self.assertEqual(self.kept(), before)
        self.assertEqual(self.total(), 6)

    def test_token_of_the_dashboard_is_shown_once(self):
        """setup.sh prints the token once; it is not in the error log."""
        self.push()
        file = self.place / "view.token"
        token = file.read_text().splitlines()[-1]
        self.assertRegex(token, "^[0-9a-f]{32}$")
        self.assertNotIn(token, self.server.errors.read_text())
        said = self.set_up()
        self.assertIn(f"""The dashboard is at https://your.host/tallyman/ .
The dashboard asks for this token, which is not shown again:
    {token}
Add further tokens to {file}, one per line.
""", said)
        self.assertEqual((file.read_text(), file.stat().st_mode & 0o777), (token + "\n", 0o600))
        said = self.set_up()
        self.assertIn("The dashboard is at https://your.host/tallyman/ .\n", said)
        self.assertNotIn("token", said)
        form = {"Content-Type": "application/x-www-form-urlencoded"}
        for one, status in ((token, 204), ("0" * 32, 401)):
            reply = self.request("POST", "/login", "token=" + one, form)
            self.assertEqual(reply.status, status, reply)
        for headers, status in (({}, 401), ({"Authorization": "Bearer " + token}, 200)):
            reply = self.request("GET", "/api/v1/query?query=1", headers=headers)
            self.assertEqual(reply.status, status, reply)
        self.assertEqual(self.request("GET", "/").status, 200)

    def test_another_directory(self):
        self.place = self.you / "numbers of mine"
        self.set_up(self.place)
        self.push()
        self.assertEqual(self.total(), 3)
        self.assertTrue((self.place / "tallyman.db").exists())
        self.assertFalse((self.you / "tallyman").exists())
        self.set_up()
        self.assertEqual(self.total(), 3)

    def test_directory_in_the_web_root_is_refused(self):
        for place in (self.web, self.web / "data", self.web.parent / "data"):
            with self.subTest(place):
                there = place.exists()
                said = self.set_up(place, status=1)
                self.assertIn(f"{place} is on the web, where anybody could download", said)
                self.assertEqual(place.exists(), there)
                self.assertFalse((self.web / "place").exists())

    def test_without_a_home(self):
        nobody = self.site.write("run/id", "#!/bin/sh\necho nosuchuser\n", mode=0o755)
        said = self.set_up(status=1, env={"PATH": f"{nobody.parent}:/usr/bin:/bin"})
        self.assertIn("nosuchuser has no home; name another directory", said)

    def test_mistake_in_the_configuration(self):
        self.set_up()
        (self.place / "tallyman.json").write_text('{"databse": "tallyman.db"}')
        said = self.set_up(status=1)
        self.assertIn("tallyman.json:1:2: databse: ", said)

    def test_configuration_without_a_token(self):
        self.set_up()
        (self.place / "tallyman.json").write_text('{"database": "tallyman.db"}')
        said = self.set_up()
        self.assertIn("Anybody can read /metrics: ", said)
        self.assertIn("All customers of this host can push to /metrics: ", said)
        self.assertIn('The dashboard has no view token: set "view_token_file" in tallyman.json.', said)
        (self.place / "tallyman.json").write_text(
            '{"database": "tallyman.db",\n'
            ' "scrape_token_file": "scrape.token",\n "trust_loopback": false}'
        )
        self.assertNotIn("/metrics: ", self.set_up())


class Homeless(Case):
    """If the directory cannot be created, the log gives the remedy."""

    home = pathlib.Path("/proc/nowhere")

    def test_error_log(self):
        self.assertIn(self.request("GET", "/-/ready").status, (500, 503))
        said = self.server.errors.read_text()
        self.assertRegex(said, r"cannot make /proc/nowhere/tallyman; name another directory")
        self.assertIn(f"sh {self.web}/setup.sh DIRECTORY", said)


if __name__ == "__main__":
    tap.main()
