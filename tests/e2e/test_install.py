"""The installation as CONTRIBUTING.md builds it: places of the files, kept configuration,
the demo, hashes of the scripts, and the static binaries."""

import base64
import hashlib
import json
import os
import re
import shutil
import unittest

import tap
from command_case import CommandCase
from document_case import DoneCase, TemporaryCase, make, run
from guides import GUIDES, code_blocks, guide, section
from harness import RESPONDER, ROOT, without_make


GUIDE = "CONTRIBUTING.md"


class Contributing(TemporaryCase):
    def test_try_a_change(self):
        """The first block runs all tests, so only `make help` runs here."""
        first, single = code_blocks(section(GUIDE, "Try a change"), "sh")
        self.assertEqual(first.splitlines()[0], "make help")
        helped = self.assertDone(make("help"))
        for line in first.splitlines():
            self.assertIn(line, helped)
        # Run alone, this program first needs the sanitized objects.
        self.assertDone(run("sh", "-ec", single, cwd=ROOT, env=without_make(), timeout=1200))

    def test_packages_to_build_with(self):
        block = code_blocks(section(GUIDE, "Install from source"), "sh")[0]
        packages = re.match(r"sudo apt install ((?:.*\\\n)*.*)\nmake\nsudo make install$", block)[1]
        wanted = re.search(r'build\) echo ((?:.*\\\n)*.*) ;;', (ROOT / ".ci/packages").read_text())[1]
        self.assertEqual(set(re.findall(r"[\w-]{3,}", packages)),
                         {*re.findall(r"[\w-]{3,}", wanted), "nodejs", "npm"} - {"pkg-config"})


class Install(TemporaryCase):
    def test_files_are_where_the_guide_lists_them(self):
        blocks = code_blocks(section(GUIDE, "Install from source"), "sh")
        words, = [block.split() for block in blocks if "DESTDIR" in block]
        self.assertEqual(words[0], "make")
        self.assertDone(make(*(re.sub("DESTDIR=.*", f"DESTDIR={self.dir}", word)
                               for word in words[1:])))
        places = re.findall(
            r"^\| [^|]+ \| (`.*`) \|$", section(GUIDE, "Install from source"), re.M
        )
        paths = re.findall(r"`(/[^`]+)`", " ".join(places))
        self.assertEqual(len(paths), 15)
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
        for place in ("share/tallyman/", "share/man/", "share/doc/tallyman/"):
            text = run("grep", "-r", "/usr/local/", self.dir / "usr" / place).stdout
            self.assertEqual(text, "")
        guides = self.dir / "usr/share/doc/tallyman"
        self.assertEqual(sorted(guides.rglob("*.md")),
                         sorted(guides / path.relative_to(ROOT) for path in GUIDES))
        self.assertIn("share/doc/tallyman", (guides / "CONTRIBUTING.md").read_text())
        for path in guides.rglob("*.md"):
            for picture in re.findall(r"^!\[[^]]*\]\(([^)]+)\)$", path.read_text(), re.M):
                self.assertTrue((path.parent / picture).is_file(), picture)
        unit = (self.dir / "usr/share/tallyman/nginx/tallyman@.service").read_text()
        self.assertIn("ExecStart=/usr/sbin/tallyman.fcgi", unit)
        for name in ("alert", "report"):
            unit = self.dir / f"usr/share/tallyman/nginx/tallyman-{name}.service"
            self.assertIn(f"ExecStart=/usr/bin/tallyman {name} -c ", unit.read_text())

    def test_installed_configuration_is_good(self):
        self.assertDone(make("install", f"DESTDIR={self.dir}", "PREFIX=/usr"))
        blocks = code_blocks(section(GUIDE, "Install from source"), "sh")
        command, = [block for block in blocks if "fcgi -t" in block]
        command = command.replace("/etc/", f"{self.dir}/etc/")
        done = run("/bin/sh", "-ec", command, env={"PATH": f"{self.dir}/usr/sbin"})
        self.assertIn(": ok\n", self.assertDone(done))

    def here(self, commands):
        """Returns the text with this installation's directory."""
        commands = commands.replace("sudo ", "").replace("/usr/local/", f"{self.dir}/usr/local/")
        return commands.replace("/etc/", f"{self.dir}/etc/")

    def demo_commands(self, pattern):
        text = section("static/README.md", "The demo on your server")
        return self.here(next(one for one in code_blocks(text) if pattern in one))

    def test_spans_are_listed_when_asked_for(self):
        self.assertDone(make("install", f"DESTDIR={self.dir}"))
        command, = code_blocks(section("fcgi/README.md", "Spans of OpenTelemetry"), "sh")[:1]
        self.assertDone(run("sh", "-ec", self.here(command)))
        config = self.dir / "etc/tallyman/tallyman.json"
        self.assertEqual(sorted(os.listdir(config.parent / "metrics.d")), ["traces.json", "web.json"])
        self.assertIn(": ok\n", self.assertDone(run(RESPONDER, "-t", "-c", config)))

    def test_demo_is_optional(self):
        self.assertDone(make("install", f"DESTDIR={self.dir}"))
        place = self.dir / "usr/local/share/tallyman"
        listed, served = self.dir / "etc/tallyman/metrics.d", place / "static"
        before = sorted(os.listdir(served))
        self.assertEqual(os.listdir(listed), ["web.json"])
        self.assertEqual(sorted(os.listdir(place / "metrics.d")),
                         ["faro.json", "performance_timing.json", "traces.json", "web.json"])
        self.assertEqual(sorted(os.listdir(place / "examples")),
                         ["conversion.json", "shop.json", "shop.sql"])
        others = {name for name in before if not re.search(r"\.m?[jt]s$", name)}
        self.assertEqual(others, {"guide"})
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

    def test_demo_lists_only_its_own_families(self):
        lines = (ROOT / "fcgi/metrics.d/demo.json").read_text().splitlines()
        text = "\n".join(line for line in lines if not line.strip().startswith("//"))
        families = {one["name"]: one for one in json.loads(text)["allowedMetrics"]}
        self.assertGreater(len(families), 9)
        self.assertEqual([name for name in families if not name.startswith("demo_")], [])
        # The page draws these with the families of real views.
        web = (ROOT / "fcgi/metrics.d/web.json").read_text()
        for vital in ("lcp_seconds", "inp_seconds", "cls_ratio", "fcp_seconds", "ttfb_seconds"):
            found = re.search(rf'"web_{vital}".*?"buckets": (\[.*?\])', web, re.DOTALL)[1]
            self.assertEqual(families[f"demo_{vital}"]["buckets"], json.loads(found), vital)

    def test_changed_configuration_is_kept(self):
        config = self.dir / "etc/tallyman/tallyman.json"
        allowlist = self.dir / "etc/tallyman/metrics.d/own.json"
        allowlist.parent.mkdir(parents=True)
        config.write_text("{}")
        allowlist.write_text("{}")
        self.assertDone(make("install", f"DESTDIR={self.dir}", "PREFIX=/usr"))
        self.assertEqual(config.read_text(), "{}")
        self.assertEqual(os.listdir(allowlist.parent), ["own.json"])

    def test_make_works_after_make_run(self):
        # make run leaves a directory build/run/metrics.d, which matches the pattern
        # of make's dependency files.
        place = ROOT / "build/readme/metrics.d"
        place.mkdir(parents=True, exist_ok=True)
        self.addCleanup(shutil.rmtree, place.parent)
        self.assertDone(make("help"))


class Version(unittest.TestCase):
    def test_guides_name_this_version(self):
        text = "".join(path.read_text() for path in GUIDES if path.name != "CHANGELOG.md")
        version = re.search(r'"(.*)"', (ROOT / "src/base/version.h").read_text())[1]
        named = re.findall(r"[-_](\d+\.\d+\.\d+)(?:_amd64\.deb|\.tar\.gz|\.js)", text)
        self.assertEqual(set(named), {version})
        self.assertGreater(len(named), 4)


class Scripts(unittest.TestCase):
    def test_guide_has_the_hash(self):
        """`make sri` prints it, too."""
        file, said = re.search(
            r'static/(tallyman-[\d.]+\.js)"\s+integrity="(sha384-[^"]+)"',
            guide("static/README.md"),
        ).groups()
        script = (ROOT / "build/static" / file).read_bytes()
        digest = base64.b64encode(hashlib.sha384(script).digest()).decode()
        self.assertEqual(said, f"sha384-{digest}")
        self.assertIn(f"{said}  {file}\n", make("sri").stdout)


class Static(DoneCase, CommandCase):
    """The static program, which needs nothing on its host."""

    def setUp(self):
        super().setUp()
        self.assertIn("```sh\nmake static\n```", section(GUIDE, "Install from source"))
        self.assertDone(make("build/tallyman-static.fcgi", "build/tallyman-static"))
        self.responder = self.dir / "tallyman.fcgi"
        shutil.copy(ROOT / "build/tallyman-static.fcgi", self.responder)

    def test_needs_no_library(self):
        for binary in (self.responder, ROOT / "build/tallyman-static"):
            dynamic = self.assertDone(run("readelf", "-dW", binary))
            self.assertNotIn("(NEEDED)", dynamic)
            headers = self.assertDone(run("readelf", "-lW", binary))
            self.assertIn("LOAD", headers)
            self.assertNotIn("INTERP", headers)

    def test_runs(self):
        version = self.assertDone(run(self.responder, "--version"))
        self.assertEqual(version, run(RESPONDER, "--version").stdout)
        # As on a shared host, it finds the configuration in its own directory.
        self.assertIn(": ok\n", self.assertDone(run(self.responder, "-t", env={})))

    def test_answers(self):
        push = '[{"metricName":"demo_page_views_total","metricType":"counter","inc":2}]'
        for _ in range(2):
            reply = self.request("POST", "/record", push)
            self.assertEqual(reply, (200, "OK\n"))
        status, body = self.request("GET", "/metrics")
        self.assertEqual(status, 200)
        self.assertIn("\ndemo_page_views_total 4\n", body)


if __name__ == "__main__":
    tap.main()
