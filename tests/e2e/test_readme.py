"""That what README.md and the manual page say is so: the configuration keys
and their defaults, the options, the installed files, the answers of the sample
queries, and the binary for hosts where nothing can be installed."""

import base64
import hashlib
import json
import os
import pathlib
import re
import shutil
import subprocess
import tempfile
import textwrap
import unittest

import tap
from harness import RESPONDER, ROOT

README = (ROOT / "README.md").read_text()
MANUAL_PAGE = ROOT / "build/tallyman.fcgi.8"
MANUAL = MANUAL_PAGE.read_text()


def config_keys():
    """The rows of the table of keys: to each name its kind, its range (text,
    text) if it is a number, and its default as JSON or None."""
    rows = re.findall(r"^([a-z]\S*) (\w+)(?: (?!=)(\S+))?(?: = (.*))?$",
                      (ROOT / "src/config/keys.txt").read_text(), re.M)
    return {
        name: (kind, permitted.split("..") if kind == "count" else None, default or None)
        for name, kind, permitted, default in rows
    }


def readme_section(title):
    return re.search(rf"^## {title}\n(.*?)(?=^## |\Z)", README, re.DOTALL | re.M)[1]


def readme_config_rows():
    """Key to default, as text, of the table of the section Configuration."""
    return dict(
        re.findall(r"^\| `([^`]+)` \| (.*?) \|", readme_section("Configuration"), re.M)
    )


def manual_section(title):
    return re.search(rf"^\.Sh {title}\n(.*?)(?=^\.Sh |\Z)", MANUAL, re.DOTALL | re.M)[1]


def manual_config_entries():
    """Key to description of the list in the section CONFIGURATION."""
    entries = re.split(r"^\.It Cm (\S+)\n", manual_section("CONFIGURATION"), flags=re.M)
    return dict(zip(entries[1::2], entries[2::2]))


def code_blocks(text):
    """The indented blocks, without their indentation."""
    found = re.findall(r"(?:^    .*\n|^\n(?=    ))+", text, re.M)
    return [textwrap.dedent(block).strip("\n") for block in found]


def run(*arguments, **options):
    return subprocess.run(
        [str(a) for a in arguments],
        capture_output=True,
        text=True,
        timeout=120,
        **options,
    )


def make(*arguments):
    """Runs make as a person would, not as a part of the make that tests."""
    environment = {k: v for k, v in os.environ.items() if not k.startswith("MAKE")}
    environment.pop("MFLAGS", None)
    return run("make", "-C", ROOT, *arguments, env=environment)


class TemporaryCase(unittest.TestCase):
    def setUp(self):
        self.dir = pathlib.Path(tempfile.mkdtemp(prefix="readme-"))
        self.addCleanup(shutil.rmtree, self.dir)

    def assertDone(self, done):
        self.assertEqual(done.returncode, 0, done.stdout + done.stderr)
        return done.stdout

    def configure(self, directory):
        """A configuration with the demo's allowlist; returns its path."""
        shutil.copytree(ROOT / "fcgi/metrics.d", directory / "metrics.d")
        config = directory / "tallyman.json"
        config.write_text('{"database": "tallyman.db"}\n')
        return config

    def request(self, responder, config, method, path, body=""):
        """The reply to a CGI request: the status and the body."""
        environment = {
            "TALLYMAN_CONFIG": str(config),
            "GATEWAY_INTERFACE": "CGI/1.1",
            "REQUEST_METHOD": method,
            "REQUEST_URI": path,
            "CONTENT_LENGTH": str(len(body)),
            "CONTENT_TYPE": "application/json",
        }
        reply = self.assertDone(run(responder, input=body, env=environment))
        head, _, body = reply.replace("\r\n", "\n").partition("\n\n")
        return int(re.search(r"^Status: (\d+)", head)[1]), body


class Keys(unittest.TestCase):
    """The documents have the keys of the table, and no others."""

    def test_the_table_is_read(self):
        # Or the comparisons below would be of nothing with nothing.
        keys = config_keys()
        self.assertEqual(keys["database"], ("path", None, None))
        self.assertEqual(keys["limits.body_bytes"], ("count", ["1024", "67108864"], "65536"))
        self.assertGreater(len(keys), 20)

    def test_readme_has_keys_with_their_defaults(self):
        keys = config_keys()
        rows = readme_config_rows()
        self.assertEqual([key for key in keys if key in rows], list(rows))
        for key, default in rows.items():
            with self.subTest(key):
                if keys[key][2] is None:
                    self.assertIn(default, ("required", "from the request", "none", "`[]`"))
                else:
                    self.assertEqual(default, f"`{keys[key][2]}`")

    def test_manual_lists_the_keys(self):
        self.assertEqual(list(manual_config_entries()), list(config_keys()))

    def test_manual_has_ranges_and_defaults(self):
        entries = manual_config_entries()
        for key, (_, bounds, default) in config_keys().items():
            text = ""
            if bounds:
                text = "From {} to {}.\n".format(*bounds)
            if default and '"' in default:
                words = default.strip("[]").replace('"', "").split(",")
                text += "Default:\n.Qq " + " ,\n.Qq ".join(words) + " .\n"
            elif default:
                text += f"Default: {default}.\n"
            with self.subTest(key):
                self.assertIn(text, entries[key])


class Manual(unittest.TestCase):
    def test_options(self):
        help_text = run(RESPONDER, "--help").stdout
        options = re.findall(r"^  -(\w), --([\w-]+)", help_text, re.M)
        self.assertGreater(len(options), 3)
        described = re.findall(
            r"^\.It Fl (\w)(?: Ar \w+)? , Fl -([\w-]+)", MANUAL, re.M
        )
        self.assertEqual(described, options)

    def test_own_families(self):
        reply = subprocess.run(
            'grep -hoE \'"(tallyman_|metrics_aggregator_)[a-z_]+"\' fcgi/*/*.c',
            cwd=ROOT,
            shell=True,
            capture_output=True,
            text=True,
        )
        names = {name.strip('"') for name in reply.stdout.split()}
        self.assertGreater(len(names), 10)
        described = set(re.findall(r"(?:tallyman|metrics_aggregator)_\w+",
                                   manual_section("METRICS")))
        self.assertEqual(described, names)

    def test_views(self):
        sql = (ROOT / "sql/schema.sql").read_text()
        views = set(re.findall(r"^CREATE VIEW (\w+)", sql, re.M))
        self.assertIn("session_list", views)
        described = re.findall(r"^\.It Va (\w+)", manual_section("DATABASE"), re.M)
        self.assertEqual(sorted(described), sorted(views))
        for view in views:
            self.assertIn(f" from {view}", " ".join(README.split()), view)

    def test_is_correct(self):
        done = run("mandoc", "-T", "lint", "-W", "warning", MANUAL_PAGE)
        self.assertEqual((done.returncode, done.stdout), (0, ""))


class Examples(TemporaryCase):
    def test_allowlist_file_is_good(self):
        config = self.configure(self.dir)
        block = next(
            block
            for block in code_blocks(readme_section("Allow your metrics"))
            if "allowedMetrics" in block
        )
        (self.dir / "metrics.d/search.json").write_text(block)
        self.assertDone(run(RESPONDER, "-t", "-c", config))

    def test_token_file_is_good(self):
        config = self.configure(self.dir)
        block = next(
            block
            for block in code_blocks(readme_section("Programs push too"))
            if block.startswith("# ")
        )
        (self.dir / "push.tokens").write_text(block)
        config.write_text(
            '{"database": "tallyman.db", "push_token_file": "push.tokens"}'
        )
        self.assertDone(run(RESPONDER, "-t", "-c", config))

    def test_sessions_configuration_is_good(self):
        config = self.configure(self.dir)
        section = readme_section("Grafana: who uses which dashboard")
        block = next(one for one in code_blocks(section) if one.startswith("{"))
        (self.dir / "hash.key").write_text("0123456789abcdef\n")
        here = block.replace("/var/lib/tallyman/", "")
        self.assertNotEqual(here, block)
        config.write_text(here)
        self.assertDone(run(RESPONDER, "-t", "-c", config))

    def test_session_families(self):
        """The table has those that the source has."""
        source = (ROOT / "src/sessions/families.c").read_text()
        source += "".join(
            path.read_text() for path in sorted((ROOT / "fcgi").rglob("*.c"))
        ) + (ROOT / "src/expose/families.c").read_text()
        names = set(re.findall(r'"(grafana_analytics_\w+)"', source))
        section = readme_section("Grafana: who uses which dashboard")
        rows = re.findall(r"^\| (`grafana_\w+`[^|]*) \|", section, re.M)
        listed = re.findall(r"`(\w+)`", " ".join(rows))
        self.assertGreater(len(names), 5)
        self.assertEqual(set(listed), names)

    def test_queries_answer_as_shown(self):
        home = self.dir / "build/run"
        home.mkdir(parents=True)
        config = self.configure(home)
        push = next(
            block
            for block in code_blocks(readme_section("From programs"))
            if block.startswith("curl ")
        )
        body = re.search(r"-d '(.*)'", push, re.DOTALL)[1]
        self.assertEqual(
            self.request(RESPONDER, config, "POST", "/record", body), (200, "OK\n")
        )
        sessions = [
            block
            for block in code_blocks(readme_section("Query the file"))
            if block.startswith("$ ")
        ]
        self.assertEqual(len(sessions), 6)
        for session in sessions:
            command, _, answer = session[2:].partition('"\n')
            with self.subTest(command):
                done = run("sh", "-c", command + '"', cwd=self.dir)
                self.assertEqual(done.stdout.rstrip("\n"), answer, done.stderr)


class Security(unittest.TestCase):
    """The bounds in SECURITY.md are those of the sources."""

    def bounds(self):
        text = (ROOT / "SECURITY.md").read_text()
        section = re.search(r"^## Bounds\n(.*?)^## ", text, re.DOTALL | re.M)[1]
        return re.findall(r"^\| (.*?) \| (.*?) \| (.*?) ?\|$", section, re.M)[1:]

    def test_settings_have_these_defaults(self):
        keys = config_keys()
        named = {key.strip("`"): value for _, value, key in self.bounds() if key}
        self.assertLess({key for key in keys if key.startswith("limits.")}, named.keys())
        for key, value in named.items():
            self.assertEqual(value, keys[key][2], key)

    def test_constants_are_these(self):
        def constant(file, pattern):
            text = re.search(pattern, (ROOT / file).read_text())[1]
            return str(eval(text, {"__builtins__": {}}))

        rows = {what: value for what, value, key in self.bounds() if not key}
        crowded = constant("fcgi/process/scraper.c", r"SEND_SECONDS_CROWDED = (\d+);")
        self.assertEqual(
            list(rows.values()),
            [
                constant("fcgi/endpoints/points.c", r"KEY_MAX = (\d+)"),
                constant("src/ingest/faro/push.h", r"FARO_ATTRIBUTES_MAX = (\d+)"),
                constant("src/config/routes.h", r"ROUTE_URL_MAX = (\d+)"),
                constant("src/base/json_scan.h", r"JSON_DEPTH_MAX = (\d+)"),
                constant("src/metrics/registry.h", r"FAMILY_LABELS_MAX = (\d+)")
                + ", "
                + constant("src/metrics/histogram.h", r"HISTOGRAM_BOUNDS_MAX = (\d+)"),
                constant("src/metrics/label.h", r"PUSHED_LABELS_MAX = (\d+)")
                + ", "
                + constant("src/ingest/otlp/histogram.c", r"BUCKETS_MAX = (\d+)"),
                constant("src/ingest/unpack.c", r"MEMORY_FACTOR = (\d+)")
                + ", "
                + constant("src/ingest/unpack.c", r"MEMORY_SMALL = ([\d <]+)"),
                re.search(r"METRIC_VALUE_MAX (\S+)",
                          (ROOT / "src/metrics/metric.h").read_text())[1]
                + "; 2^"
                + constant("src/base/number.h", r"NUMBER_EXACT 0x1p(\d+)"),
                constant("fcgi/process/record_walk.c", r"PARAMS_MAX = (\d+)"),
                constant("fcgi/process/clients.h", r"CLIENTS_MAX = (\d+)"),
                constant("fcgi/process/connection.c", r"DROPPED_MAX = ([\d <]+)"),
                constant("fcgi/process/responder.c", r"HELD_MAX = ([\d <]+);"),
                constant("fcgi/process/responder.c", r"RECEIVE_SECONDS = (\d+);"),
                constant("fcgi/process/scraper.c", r"SEND_SECONDS = (\d+);")
                + f", or {crowded} while others wait",
                constant("fcgi/process/scraper.c", r"THREADS_MAX = (\d+)"),
            ],
        )


class Install(TemporaryCase):
    def test_files_are_where_the_readme_says(self):
        self.assertDone(make("install", f"DESTDIR={self.dir}", "PREFIX=/usr"))
        places = re.findall(
            r"^\| [^|]+ \| (`.*`) \|$", readme_section("Install"), re.M
        )
        paths = re.findall(r"`(/[^`]+)`", " ".join(places))
        self.assertEqual(len(paths), 12)
        for path in paths:
            path = self.dir / path.replace("/usr/local/", "/usr/").lstrip("/")
            with self.subTest(path):
                self.assertTrue(path.exists())
        static = self.dir / "usr/share/tallyman/static"
        for name in ("tallyman.js", "tallyman.mjs", "tallyman.d.ts", "aggregatorClient.js"):
            self.assertTrue((static / name).is_file(), name)
        for name in ("nginx", "apache", "lighttpd"):
            samples = self.dir / "usr/share/tallyman" / name
            self.assertTrue(any(samples.glob("*.conf")), name)
        for place in ("share/tallyman/", "share/man/"):
            text = run("grep", "-r", "/usr/local/", self.dir / "usr" / place).stdout
            self.assertEqual(text, "")
        unit = (self.dir / "usr/share/tallyman/nginx/tallyman@.service").read_text()
        self.assertIn("ExecStart=/usr/sbin/tallyman.fcgi", unit)

    def test_installed_configuration_is_good(self):
        self.assertDone(make("install", f"DESTDIR={self.dir}", "PREFIX=/usr"))
        done = run(
            self.dir / "usr/sbin/tallyman.fcgi",
            "-t",
            "-c",
            self.dir / "etc/tallyman/tallyman.json",
        )
        self.assertIn(": ok\n", self.assertDone(done))

    def demo_commands(self, pattern):
        """What the README says about it, for the directory that this was installed in."""
        section = re.search(r"^### The demo on your server\n(.*?)^## ", README, re.DOTALL | re.M)[1]
        block = next(one for one in code_blocks(section) if pattern in one)
        commands = block.replace("sudo ", "").replace("/usr/local/", f"{self.dir}/usr/local/")
        return commands.replace("/etc/", f"{self.dir}/etc/")

    def test_the_demo_comes_when_it_is_asked_for(self):
        self.assertDone(make("install", f"DESTDIR={self.dir}"))
        place = self.dir / "usr/local/share/tallyman"
        listed, served = self.dir / "etc/tallyman/metrics.d", place / "static"
        before = sorted(os.listdir(served))
        self.assertEqual(os.listdir(listed), ["web.json"])
        self.assertEqual(sorted(os.listdir(place / "metrics.d")),
                         ["faro.json", "performance_timing.json", "traces.json", "web.json"])
        self.assertEqual({name for name in before if not re.search(r"\.m?[jt]s$", name)}, set())
        self.assertEqual({name for name in before if "demo" in name}, set())

        self.assertDone(run("sh", "-ec", self.demo_commands("cp demo/")))
        self.assertEqual(sorted(os.listdir(listed)), ["demo.json", "web.json"])
        page = (served / "index.html").read_text()
        self.assertNotIn("data-copy", page)
        for name in re.findall(r'(?:src|href)="([\w.-]+)"', page):
            self.assertTrue((served / name).is_file(), name)
        config = self.dir / "etc/tallyman/tallyman.json"
        done = run(self.dir / "usr/local/sbin/tallyman.fcgi", "-t", "-c", config)
        self.assertIn(": ok\n", self.assertDone(done))

        self.assertDone(run("sh", "-ec", self.demo_commands("rm ")))
        self.assertEqual(sorted(os.listdir(served)), before)
        self.assertEqual(os.listdir(listed), ["web.json"])

    def test_the_demo_lists_only_families_of_its_own(self):
        lines = (ROOT / "fcgi/metrics.d/demo.json").read_text().splitlines()
        text = "\n".join(line for line in lines if not line.strip().startswith("//"))
        families = {one["name"]: one for one in json.loads(text)["allowedMetrics"]}
        self.assertGreater(len(families), 9)
        self.assertEqual([name for name in families if not name.startswith("demo_")], [])
        # The page draws these with those of the real views.
        web = (ROOT / "fcgi/metrics.d/web.json").read_text()
        for vital in ("lcp_seconds", "inp_seconds", "cls_ratio", "fcp_seconds", "ttfb_seconds"):
            found = re.search(rf'"web_{vital}".*?"buckets": (\[.*?\])', web, re.DOTALL)[1]
            self.assertEqual(families[f"demo_{vital}"]["buckets"], json.loads(found), vital)

    def test_a_configuration_is_kept(self):
        config = self.dir / "etc/tallyman/tallyman.json"
        allowlist = self.dir / "etc/tallyman/metrics.d/own.json"
        allowlist.parent.mkdir(parents=True)
        config.write_text("{}")
        allowlist.write_text("{}")
        self.assertDone(make("install", f"DESTDIR={self.dir}", "PREFIX=/usr"))
        self.assertEqual(config.read_text(), "{}")
        self.assertEqual(os.listdir(allowlist.parent), ["own.json"])

    def test_make_works_after_make_run(self):
        # make run leaves a directory build/run/metrics.d, whose name is like
        # that of the lists of headers that make reads.
        place = ROOT / "build/readme/metrics.d"
        place.mkdir(parents=True, exist_ok=True)
        self.addCleanup(shutil.rmtree, place.parent)
        self.assertDone(make("help"))


class Version(unittest.TestCase):
    def test_readme_names_this_one(self):
        version = re.search(r'"(.*)"', (ROOT / "src/base/version.h").read_text())[1]
        named = re.findall(r"[-_](\d+\.\d+\.\d+)(?:_amd64\.deb|\.tar\.gz|\.js)", README)
        self.assertEqual(set(named), {version})
        self.assertGreater(len(named), 4)


class Scripts(unittest.TestCase):
    def test_readme_has_the_hash(self):
        """`make sri` prints it, too."""
        file, said = re.search(
            r'static/(tallyman-[\d.]+\.js)"\s+integrity="(sha384-[^"]+)"', README
        ).groups()
        script = (ROOT / "build/static" / file).read_bytes()
        digest = base64.b64encode(hashlib.sha384(script).digest()).decode()
        self.assertEqual(said, f"sha384-{digest}")
        self.assertIn(f"{said}  {file}\n", make("sri").stdout)


class Static(TemporaryCase):
    """The one binary that needs nothing on its host."""

    def setUp(self):
        super().setUp()
        self.assertDone(make("build/tallyman-static.fcgi", "build/tallyman-static"))
        self.binary = self.dir / "tallyman.fcgi"
        shutil.copy(ROOT / "build/tallyman-static.fcgi", self.binary)
        self.config = self.configure(self.dir)

    def test_asks_for_no_library(self):
        for binary in (self.binary, ROOT / "build/tallyman-static"):
            dynamic = self.assertDone(run("readelf", "-dW", binary))
            self.assertNotIn("(NEEDED)", dynamic)
            headers = self.assertDone(run("readelf", "-lW", binary))
            self.assertIn("LOAD", headers)
            self.assertNotIn("INTERP", headers)

    def test_runs(self):
        version = self.assertDone(run(self.binary, "--version"))
        self.assertEqual(version, run(RESPONDER, "--version").stdout)
        # As on a shared host, it finds the configuration beside itself.
        self.assertIn(": ok\n", self.assertDone(run(self.binary, "-t", env={})))

    def test_answers(self):
        push = '[{"metricName":"demo_page_views_total","metricType":"counter","inc":2}]'
        for _ in range(2):
            reply = self.request(self.binary, self.config, "POST", "/record", push)
            self.assertEqual(reply, (200, "OK\n"))
        status, body = self.request(self.binary, self.config, "GET", "/metrics")
        self.assertEqual(status, 200)
        self.assertIn("\ndemo_page_views_total 4\n", body)


if __name__ == "__main__":
    tap.main()
