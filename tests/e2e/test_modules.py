"""The npm packages that each target installs: `make run` the packages that build
the scripts, the tests and checks all of them."""

import json
import os
import pathlib
import re
import shutil
import subprocess
import tempfile
import unittest

import tap
from guides import GUIDES
from harness import ROOT, without_make

NEEDED = {"esbuild", "marked", "marked-gfm-heading-id", "terser", "uplot", "web-vitals"}
LOCK = json.loads((ROOT / "static/package-lock.json").read_text())["packages"]
SOURCES = ("Makefile", "src", "static")
# Logs its arguments and creates an empty directory in place of a download.
NPM = """#!/bin/sh
echo "$*" >>"$NPM_LOG"
rm -rf static/node_modules/*
mkdir -p static/node_modules
"""


class Case(unittest.TestCase):
    """A copy of the source without npm packages."""

    def setUp(self):
        self.dir = pathlib.Path(tempfile.mkdtemp(prefix="modules-"))
        self.addCleanup(shutil.rmtree, self.dir)
        for name in SOURCES:
            if (ROOT / name).is_dir():
                shutil.copytree(ROOT / name, self.dir / name,
                                ignore=shutil.ignore_patterns("node_modules"))
            else:
                shutil.copy2(ROOT / name, self.dir / name)
        for guide in [*GUIDES, *ROOT.glob("static/*.png")]:
            place = self.dir / guide.relative_to(ROOT)
            place.parent.mkdir(parents=True, exist_ok=True)
            shutil.copy2(guide, place)

    def sh(self, *command, **variables):
        done = subprocess.run(
            [str(part) for part in command], cwd=self.dir, timeout=120, text=True,
            env={**without_make(), **variables},
            stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
        )
        self.assertEqual(done.returncode, 0, done.stdout)
        return done.stdout


class Locked(unittest.TestCase):
    def test_build_needs_six_packages(self):
        package = json.loads((ROOT / "static/package.json").read_text())
        self.assertEqual(set(package["dependencies"]), NEEDED)
        self.assertLessEqual({"axe-core", "eslint", "playwright-core", "typescript"},
                             set(package["devDependencies"]))

    def test_versions_are_exact(self):
        package = json.loads((ROOT / "static/package.json").read_text())
        for kind in ("dependencies", "devDependencies"):
            self.assertEqual(LOCK[""][kind], package[kind])
            for name, version in package[kind].items():
                self.assertRegex(version, r"^\d+\.\d+\.\d+$", name)
                self.assertEqual(LOCK[f"node_modules/{name}"]["version"], version)

    def test_lock_file_names_no_registry(self):
        for path, entry in LOCK.items():
            self.assertNotIn("resolved", entry, path)
        text = (ROOT / "static/package-lock.json").read_text()
        hosts = set(re.findall(r"https?://([^/\"]+)", text))
        self.assertEqual({host for host in hosts if re.search("npm|registry|tgz", host)}, set())


class Build(Case):
    def test_these_packages_build_the_same_files(self):
        """The scripts are the same with only the packages of `make run`."""
        for path, entry in LOCK.items():
            if path and not entry.get("dev") and (ROOT / "static" / path).exists():
                shutil.copytree(ROOT / "static" / path, self.dir / "static" / path,
                                symlinks=True)
        self.assertFalse((self.dir / "static/node_modules/typescript").exists())
        self.sh("node", "static/build.mjs", "out", *(path.relative_to(ROOT) for path in GUIDES))
        out = self.dir / "out"
        for path in filter(pathlib.Path.is_file, out.rglob("*")):
            name = path.relative_to(out)
            self.assertEqual(path.read_bytes(), (ROOT / "build/static" / name).read_bytes(), name)
        self.assertTrue((out / "tallyman.mjs").exists())
        self.assertTrue((out / "dashboard/dashboard.js").exists())


class Install(Case):
    BUILD, ALL = "static/node_modules/.build", "static/node_modules/.all"

    def setUp(self):
        super().setUp()
        self.log = self.dir / "npm.log"
        npm = self.dir / "bin/npm"
        npm.parent.mkdir()
        npm.write_text(NPM)
        npm.chmod(0o755)

    def make(self, *arguments):
        """Runs make; returns the calls of npm, without the options for its output."""
        self.log.write_text("")
        self.sh("make", *arguments, NPM_LOG=str(self.log),
                PATH=f"{self.log.parent}/bin:{os.environ['PATH']}")
        return [" ".join(re.findall("^ci|--omit=dev", line)) or line
                for line in self.log.read_text().splitlines()]

    def test_npm_runs_only_if_packages_are_missing(self):
        self.assertEqual(self.make(self.BUILD), ["ci --omit=dev"])
        self.assertEqual(self.make(self.BUILD), [])
        self.assertEqual(self.make(self.ALL), ["ci"])
        self.assertEqual(self.make(self.ALL), [])
        self.assertEqual(self.make(self.BUILD), [])

    def test_npm_runs_once_for_both_targets(self):
        self.assertEqual(self.make("-j2", self.ALL), ["ci"])
        self.assertEqual(self.make("-j2", self.ALL, self.BUILD), [])

    def test_npm_runs_again_if_the_lock_file_changes(self):
        for first in (self.BUILD, self.ALL):
            self.make(first)
            later = (self.dir / first).stat().st_mtime + 1
            os.utime(self.dir / "static/package-lock.json", (later, later))
            done = self.make(self.BUILD)
            self.assertEqual(done, ["ci --omit=dev"])
            self.assertFalse((self.dir / self.ALL).exists())
            os.utime(self.dir / "static/package-lock.json")

    def test_each_target_installs_its_packages(self):
        makefile = (ROOT / "Makefile").read_text()
        recipe = re.search(r"^run:.*\n((?:\t.*\n)+)", makefile, re.M)[1]
        self.assertIn("MODULES=$(BUILD_MODULES) build/tallyman.fcgi build/tallyman $(SITE)\n", recipe)
        said = self.sh("make", "-n", "MODULES=static/node_modules/.build",
                       "build/static/tallyman.js")
        self.assertRegex(said, r"npm ci [^&]*--omit=dev\n")
        self.assertEqual(said.count("npm ci"), 1)
        said = self.sh("make", "-n", "build/static/tallyman.d.ts")
        self.assertNotIn("--omit", said)
        self.assertEqual(said.count("npm ci"), 1)


if __name__ == "__main__":
    tap.main()
