"""The Debian package in its life: installed, put behind nginx with one command,
upgraded, removed and purged, on a bare Debian with a real systemd. Only root can
start one; `make package-test` builds the package of this machine first.

A module of tests names its release and takes the rest from here:

    import package_case
    from package_case import *
    package_case.suite = "trixie"
"""

import functools
import json
import os
import pathlib
import re
import shutil
import subprocess
import sys
import tempfile
import unittest

from machine import PLACE, ROOT, Machine, make_root

import tap
from guides import GUIDES, code_blocks, section
from harness import Scrape, wait_until
from release import HERE, Release

__all__ = ["Package", "Install", "FromSource", "Upgrade", "Removal", "tap"]

VERSION = re.search(r'VERSION "(.*)"', (ROOT / "src/base/version.h").read_text())[1]
NEXT = VERSION + "+next"
DATABASE = "/var/lib/tallyman/tallyman.db"
BUILT = ROOT / "build/deb"
PUSH = json.dumps([{
    "metricName": "web_page_views_total", "metricType": "counter", "inc": 3,
    "labels": {"page": "home", "navigation": "navigate", "device": "desktop"},
}])
BUILD = "dh_clean && dpkg-buildpackage -b -nc -us -uc"
STEP = "CREATE VIEW of_the_next_version AS SELECT 1 AS one;\nPRAGMA user_version = {};\n"


def sh(command, **options):
    done = subprocess.run(
        command, shell=True, stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
        text=True, **options,
    )
    if done.returncode != 0:
        raise RuntimeError(f"{command}: {done.returncode}\n{done.stdout}")
    return done.stdout


def commands(document, first, last):
    """The lines of a document's code blocks from one that has `first` to the next
    that has `last`, without sudo."""
    blocks = code_blocks((ROOT / document).read_text())
    lines = [line for block in blocks for line in block.splitlines()]
    begin = next(n for n, line in enumerate(lines) if first in line)
    end = next(n for n, line in enumerate(lines) if n >= begin and last in line)
    return "\n".join(lines[begin : end + 1]).replace("sudo ", "")


def build_next(place, current):
    """A package of a higher version, with one more migration of the database and
    a changed allowlist."""
    source = place / f"tallyman-{NEXT}"
    shutil.copytree(current, source, symlinks=True)
    version = source / "src/base/version.h"
    version.write_text(version.read_text().replace(f'"{VERSION}"', f'"{NEXT}"'))
    listed = source / "fcgi/metrics.d/web.json"
    listed.write_text("// Of the next version.\n" + listed.read_text())
    last = max((source / "sql/migrations").glob("*.sql"))
    number = int(last.name[:4]) + 1
    step = source / f"sql/migrations/{number:04}_next.sql"
    step.write_text(STEP.format(number))
    schema = source / "sql/schema.sql"
    schema.write_text(schema.read_text() + STEP.format(number))
    entry = (source / "debian/changelog").read_text()
    changelog = entry.replace(f"({VERSION})", f"({NEXT})", 1) + "\n" + entry
    (source / "debian/changelog").write_text(changelog)
    build(source)
    return number


def on_release(command, directory):
    """Runs a command in that directory on the release, and returns its output."""
    if suite == HERE:
        environment = {k: v for k, v in os.environ.items() if not k.startswith("M")}
        return sh(command, cwd=directory, env=environment)
    return release().output(f"cd /place\n{command}", {directory: "/place"})


@functools.cache
def release():
    return Release(suite)


def build(source):
    """Builds the packages of a source, in its parent directory."""
    on_release(f"cd {source.name} && {BUILD}", source.parent)


def built_here(place):
    """The source that `make deb` has built, with the package in its parent directory."""
    source = BUILT / f"tallyman-{VERSION}"
    if suite == HERE:
        return source
    copy = place / source.name
    shutil.copytree(source, copy, symlinks=True)
    for path in (copy / "build").iterdir():
        if path.name != "static":
            shutil.rmtree(path) if path.is_dir() else path.unlink()
    build(copy)
    return copy


def install(source, place):
    """Installs a built source below `place`, as CONTRIBUTING.md: Install from source."""
    tree = source.parent / "installed"
    made = " ".join(f"-o build/static/tallyman.{kind}" for kind in ("js", "d.ts"))
    on_release(f'cd {source.name} && make {made} install DESTDIR="$PWD/../installed"',
               source.parent)
    if tree != place:
        shutil.move(tree, place)


def setUpModule():
    """/packages: the package as built, the next one, and a tree of `make install`."""
    global packages, current, next_schema, root
    if os.geteuid() != 0:
        raise RuntimeError("only root can start a machine: sudo make package-test")
    packages = pathlib.Path(tempfile.mkdtemp(prefix="package-"))
    unittest.addModuleCleanup(shutil.rmtree, packages)
    packages.chmod(0o755)
    current = built_here(packages)
    next_schema = build_next(packages, current)
    (built,) = current.parent.glob(f"tallyman_{VERSION}_*.deb")
    (following,) = packages.glob(f"tallyman_{NEXT}_*.deb")
    shutil.copy(built, packages / "tallyman.deb")
    following.rename(packages / "next.deb")
    install(current, packages / "installed")
    root = make_root(suite, packages / "tallyman.deb")


class Package(unittest.TestCase):
    def test_lintian(self):
        (changes,) = current.parent.glob(f"tallyman_{VERSION}_*.changes")
        said = on_release(
            f"lintian --allow-root --fail-on error,warning {changes.name}", changes.parent
        )
        self.assertEqual(said, "")

    def test_guides_are_there_as_files(self):
        """Not compressed, since they link to each other."""
        (built,) = current.parent.glob(f"tallyman_{VERSION}_*.deb")
        listed = re.findall(r"\./usr/share/doc/tallyman/(\S*\.(?:md|png))$",
                            sh(f"dpkg-deb -c {built}"), re.M)
        pictures = (ROOT / "static").glob("*.png")
        self.assertEqual(sorted(listed), sorted(
            str(path.relative_to(ROOT)) for path in (*GUIDES, *pictures)))


class MachineCase(unittest.TestCase):
    """Each test has its own machine."""

    def setUp(self):
        self.machine = Machine(root, packages, PLACE / "machine.log")
        self.addCleanup(self.machine.stop)
        self.journal = ""

    def tearDown(self):
        if self.machine.process:
            self.journal = self.machine.run("journalctl", "-q", "-n", "40").stdout

    def diagnostics(self):
        return self.journal

    def install(self, name="tallyman.deb"):
        return self.machine.run("dpkg", "--force-confold", "-i", f"/packages/{name}").stdout

    def start(self):
        """Boots, installs, and waits for both responders and their database."""
        self.machine.boot()
        self.install()
        wait_until(lambda: len(self.processes()) == 2, "both responders")
        wait_until(
            lambda: self.machine.run("test", "-e", DATABASE, check=False).returncode == 0,
            "the database",
        )

    def serve(self):
        """As README.md, section Install: one more command."""
        self.machine.run("sh", "-ec", commands("README.md", "sites-enabled", "reload"))
        self.wait()

    def serve_by(self, server, samples):
        """The same with another one, by the samples in the package."""
        self.machine.run("systemctl", "disable", "--now", "nginx")
        self.machine.run("sh", "-ec", "cd /usr/share/tallyman\n" + samples)
        self.wait()
        self.assertEqual(
            self.machine.run("systemctl", "is-active", server).stdout, "active\n"
        )

    def wait(self):
        # nginx's old workers, with the old configuration, end later.
        wait_until(
            lambda: all(self.curl("-/ready")[0] == 200 for _ in range(10)),
            "the web server and the responders",
        )

    def curl(self, path, *options):
        """The status and the body of a request to the web server; 0: no reply."""
        done = self.machine.from_here(
            "curl", "-sS", "-w", "\n%{http_code}",
            "--resolve", "metrics.example.org:80:127.0.0.1",
            f"http://metrics.example.org/tallyman/{path}", *options, check=False,
        ).stdout
        body, _, status = done.rpartition("\n")
        return int(status), body

    def push(self):
        self.assertEqual(self.curl("record", "--json", PUSH), (200, "OK\n"))

    def total(self):
        status, body = self.curl("metrics")
        self.assertEqual(status, 200, body)
        return Scrape(body).total("web_page_views_total")

    def active(self):
        names = ("tallyman.socket", "tallyman@1", "tallyman@2")
        return [
            self.machine.run("systemctl", "is-active", name, check=False).stdout.strip()
            for name in names
        ]

    def processes(self):
        """The owner, by number, of each running responder."""
        done = self.machine.run(
            "sh", "-c", "exec 2>/dev/null; for name in $(grep -lx tallyman.fcgi /proc/[0-9]*/comm); do"
            " stat -c '%n %U' ${name%/comm}; done",
        )
        return dict(line.split() for line in done.stdout.splitlines())

    def ask(self, sql):
        return self.machine.run("sqlite3", "-readonly", DATABASE, sql).stdout.strip()

    def files(self):
        """All files, without those of dpkg, its daily backups, and the journal."""
        found = self.machine.run(
            "find", "/", "-xdev", "(",
            "-path", "/var/lib/dpkg", "-o", "-path", "/var/log", "-o",
            "-path", "/var/cache", "-o", "-path", "/var/backups", "-o",
            "-path", "/tmp", "-o", "-path", "/var/tmp",
            ")", "-prune", "-o", "-print",
        ).stdout
        return set(found.splitlines())


class Install(MachineCase):
    def test_behind_nginx_with_one_command(self):
        self.start()
        self.assertEqual(self.active(), ["active"] * 3)
        self.serve()
        self.push()
        self.assertEqual(self.total(), 3)
        status, script = self.curl("static/tallyman.js")
        self.assertEqual(status, 200)
        self.assertEqual(script, (ROOT / "build/static/tallyman.js").read_text())

    def test_demo_is_opt_in(self):
        self.start()
        self.serve()
        self.assertEqual(self.machine.run("ls", "/etc/tallyman/metrics.d").stdout, "web.json\n")
        self.assertEqual(self.curl("static/index.html")[0], 404)
        self.machine.run("sh", "-ec", commands("debian/tallyman.README.Debian",
                                               "demo/metrics.d", "demo/static"))
        status, page = self.curl("static/index.html")
        self.assertEqual(status, 200)
        self.assertNotRegex(page, "data-copy|/usr/local/")
        self.machine.run("dpkg", "--purge", "tallyman")
        self.machine.run("test", "!", "-e", "/usr/share/tallyman")

    def test_behind_apache(self):
        """As apache/README.md, section Apache with mod_proxy_fcgi."""
        self.start()
        samples = commands("apache/README.md", "a2enmod proxy_fcgi alias", "restart apache2")
        self.serve_by("apache2", samples)
        self.push()
        self.assertEqual(self.total(), 3)
        self.assertEqual(self.curl("static/tallyman.js")[0], 200)

    def test_behind_lighttpd_which_starts_responders_itself(self):
        """As lighttpd/README.md, section lighttpd."""
        self.start()
        self.serve()
        self.push()
        own = commands("debian/tallyman.README.Debian", "disable --now", "chown")
        samples = commands("lighttpd/README.md", "cp lighttpd/tallyman.conf", "restart lighttpd")
        self.serve_by("lighttpd", f"{own}\n{samples}")
        self.push()
        self.assertEqual(self.total(), 6)
        self.assertEqual(set(self.processes().values()), {"www-data"})

    def test_runs_as_its_own_user(self):
        self.start()
        entry = self.machine.run("getent", "passwd", "tallyman").stdout.split(":")
        self.assertLess(int(entry[2]), 1000)
        self.assertEqual(entry[5:], ["/var/lib/tallyman", "/usr/sbin/nologin\n"])
        owners = self.machine.run(
            "stat", "-c", "%U %a", "/var/lib/tallyman", DATABASE, "/run/tallyman/tallyman.sock",
        ).stdout
        self.assertEqual(owners, "tallyman 700\ntallyman 600\ntallyman 660\n")
        self.assertEqual(list(self.processes().values()), ["tallyman"] * 2)

    def test_doctor_finds_nothing_wrong(self):
        self.start()
        done = self.machine.run(
            "tallyman", "doctor", "--socket", "/run/tallyman/tallyman.sock", check=False
        )
        self.assertEqual(done.returncode, 0, done.stdout)
        self.assertRegex(done.stdout, r"\n0 of \d+ are wrong\n$")

    def test_without_a_service_manager(self):
        said = self.machine.once(
            "dpkg -i /packages/tallyman.deb; id -un tallyman; tallyman.fcgi -t"
            " -c /etc/tallyman/tallyman.json; dpkg --purge tallyman; ls /etc"
        ).stdout
        self.assertRegex(said, "(?m)^tallyman$")
        # -t notes the missing directory of the database, which systemd would make.
        self.assertRegex(said, "(?m)^/etc/tallyman/tallyman.json: ok$")
        self.assertNotIn("tallyman\n", said.partition("Purging")[2])


class FromSource(MachineCase):
    """The result of `make install`, set up by the guides of the web servers. One machine
    for all of them, because a start takes long."""

    def type(self, block):
        """Runs a guide's commands in the directory of the samples, and returns their
        standard output."""
        path = "PATH=/usr/local/sbin:/usr/local/bin:$PATH"
        return self.machine.run(
            "sh", "-ec", f"{path}\ncd /usr/local/share/tallyman\n{block.replace('sudo ', '')}"
        ).stdout

    def follow(self, guide, title):
        """The section's first block sets up, its second one asks for `ready`."""
        commands, check = code_blocks(section(guide, title), "sh")
        self.type(commands)
        self.wait()
        self.assertEqual(self.type(f"exec 2>/dev/null\n{check}"), "ready\n")
        self.push()
        self.assertEqual(self.total(), 3)
        self.assertEqual(self.curl("static/tallyman.js")[0], 200)

    def forget(self, *units):
        """As if the next guide were the first one."""
        self.machine.run("systemctl", "disable", "--now", *units)
        wait_until(lambda: self.processes() == {}, "the end of the responders")
        self.machine.run("rm", "-rf", "/var/lib/tallyman")

    def test_behind_each_web_server(self):
        self.machine.boot()
        self.machine.run("sh", "-ec", "cp -a /packages/installed/. /;"
                         " echo 127.0.0.1 metrics.example.org >>/etc/hosts")
        self.follow("nginx/README.md", "nginx")
        self.assertEqual(list(self.processes().values()), ["tallyman"] * 2)
        self.assertRegex(self.type("tallyman doctor --socket /run/tallyman/tallyman.sock"),
                         r"\n0 of \d+ are wrong\n$")

        self.forget("tallyman.socket", "tallyman@1", "tallyman@2")
        self.machine.run("userdel", "tallyman")
        self.without_systemd()
        self.machine.run("userdel", "tallyman")

        self.forget("nginx")
        self.follow("apache/README.md", "Apache with mod_fcgid")
        self.assertEqual(set(self.processes().values()), {"www-data"})
        self.forget("apache2")
        self.follow("lighttpd/README.md", "lighttpd")
        self.assertEqual(set(self.processes().values()), {"www-data"})

    def without_systemd(self):
        """The script that a service manager runs, behind the nginx of before."""
        text = section("nginx/README.md", "Without systemd")
        (commands,) = code_blocks(text, "sh")
        self.type(commands)
        self.type(re.search("`(sudo install .*?)`", text)[1])
        script = self.type("/etc/sv/tallyman/run </dev/null >/dev/null 2>&1 & echo $!").strip()
        self.wait()
        self.push()
        self.assertEqual(self.total(), 3)
        self.assertEqual(list(self.processes().values()), ["tallyman"] * 2)
        self.type(f"kill {script}")
        wait_until(lambda: self.processes() == {}, "the end of the responders")


class Upgrade(MachineCase):
    def setUp(self):
        super().setUp()
        self.start()
        self.serve()
        self.push()

    def test_keeps_totals_and_changed_configuration(self):
        site = "/etc/nginx/sites-available/tallyman"
        self.machine.run("sed", "-i", "1i // Mine.", "/etc/tallyman/tallyman.json")
        self.machine.run("sed", "-i", "1i # Mine.", site)
        before = self.processes()
        self.install("next.deb")
        self.assertEqual(self.machine.run("head", "-qn1", "/etc/tallyman/tallyman.json", site,
                                          "/etc/tallyman/metrics.d/web.json").stdout,
                         "// Mine.\n# Mine.\n// Of the next version.\n")
        self.assertEqual(self.active(), ["active"] * 3)
        after = self.processes()
        self.assertEqual((len(after), before.keys() & after.keys()), (2, set()))
        self.assertEqual(self.total(), 3)
        self.push()
        self.assertEqual(self.total(), 6)
        self.assertEqual(json.loads(self.curl("api/v1/status")[1])["data"]["build_information"]
                         ["version"], NEXT)
        self.assertEqual(self.ask("PRAGMA user_version"), str(next_schema))
        self.assertEqual(self.ask("SELECT one FROM of_the_next_version"), "1")

    def test_loses_no_push(self):
        """Requests during a restart wait for the new responders."""
        pusher = subprocess.Popen(
            self.machine.enter(sys.executable, ROOT / "tests/package/pusher.py",
                               namespaces=("-n",)),
            stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True,
        )
        self.addCleanup(pusher.kill)
        self.assertEqual(pusher.stdout.readline(), "pushing\n")
        self.install("next.deb")
        self.install("next.deb")
        acknowledged, _, others = pusher.communicate()[0].strip().partition(" ")
        self.assertEqual(others, "")
        # At 16 per second: within a second.
        self.assertGreater(int(acknowledged), 3)
        self.assertEqual(self.total(), 3 + int(acknowledged))

    def test_disabled_units_stay_disabled(self):
        self.machine.run("systemctl", "disable", "--now", "tallyman.socket")
        self.assertEqual(self.active(), ["inactive"] * 3)
        self.install("next.deb")
        self.assertEqual(self.active(), ["inactive"] * 3)


class Removal(MachineCase):
    def setUp(self):
        super().setUp()
        self.machine.boot()
        self.before = self.files()
        self.install()
        self.serve()
        self.push()

    def test_remove_keeps_totals_and_configuration(self):
        self.machine.run("sed", "-i", "1i // Mine.", "/etc/tallyman/tallyman.json")
        self.machine.run("dpkg", "--remove", "tallyman")
        self.assertEqual(self.active(), ["inactive"] * 3)
        self.assertEqual(self.processes(), {})
        self.install()
        self.assertEqual(self.total(), 3)
        self.assertEqual(self.machine.run("head", "-n1", "/etc/tallyman/tallyman.json").stdout,
                         "// Mine.\n")

    def test_purge_leaves_nothing(self):
        secret = "/etc/tallyman/push.tokens"
        self.machine.run("install", "-o", "tallyman", "-m", "400", "/dev/null", secret)
        self.assertIn(secret, self.files() - self.before)
        self.machine.run("dpkg", "--purge", "tallyman")
        self.assertEqual(self.active(), ["inactive"] * 3)
        self.assertEqual(self.files() - self.before, set())
        self.machine.run("nginx", "-t")
        self.machine.run("systemctl", "restart", "nginx")
        self.assertEqual(self.machine.run("systemctl", "--failed", "--no-legend").stdout, "")
